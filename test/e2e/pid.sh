#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Functions as probes: entry, return, offsets, C++ names, parameters with types; symbols from wherever they may be.
set -u
. "$TOP/test/lib.sh"

[ "$(id -u)" = 0 ] || { echo "skip pid - needs root"; exit 0; }
target=$PROGS/pid_target
tap() { timeout 60 "$CEPHTAP" -q "$@" 2>"$TMP/err" | grep -v '^caught' | tr -d '\n'; }
equal() { # NAME EXPECTED GOT
	if [ "$2" = "$3" ]; then echo "ok $1"; else echo "not ok $1 - expected $2, got $3; $(head -n 3 "$TMP/err" | tr '\n' ' ')"; fi
}
refused() { # NAME TEXT CLAUSE [COMMAND]
	timeout 60 "$CEPHTAP" -q -n "$3" -c "${4:-$target}" >"$TMP/out" 2>"$TMP/err"
	equal "$1 status" 1 $?
	grep -qF "$2" "$TMP/err" && echo "ok $1" || echo "not ok $1 - $(head -n 2 "$TMP/err" | tr '\n' ' ')"
}

# ---- names
got=$(tap -n 'pid$target:pid_target:shop::cart::add:entry { @[probefunc] = count(); } END { printa("%s=%@u ", @); }' -c "$target")
equal overloads "shop::cart::add(double, char)=10 shop::cart::add(int, inner const&, big, char const*)=10 " "$got"
got=$(tap -n 'pid$target:a.out:twice*:entry { @[probefunc, arg0 % 2] = count(); } END { printa("%s %d=%@u ", @); }' -c "$target")
equal templates "twice<int>(int) 0=5 twice<int>(int) 1=5 twice<long>(long) 0=5 twice<long>(long) 1=5 " "$got"
got=$(tap -n 'pid$target::shop::cart::add(double, char):entry { @ = count(); } END { printa("%@u", @); }' -c "$target")
equal one-overload 10 "$got"
got=$(tap -n 'pid$target::_ZN4shop4cart3addEdc:entry { @ = count(); } END { printa("%@u", @); }' -c "$target")
equal mangled 10 "$got"
got=$(tap -n 'pid$target:libc:write:entry /arg0 == 1/ { printf("%d ", arg2); } pid$target:libc.so.6:write:return /arg1 == 9/ { printf("%d", arg1); }' -c "$target")
equal library '9 9' "$got"

# ---- values
got=$(tap -n 'pid$target::negative:entry { printf("%d %d %d,", args[0], args[1], args[2]->id); }
	pid$target::negative:return { printf("%d=%d,", args[1], (short)arg1); @at[arg0] = count(); } END { printa("@%@u", @at); }' -c "$target")
equal scalars "0 200 0,0=0,1 201 7,-1=-1,2 202 14,-2=-2,3 203 21,-3=-3,4 204 28,-4=-4,5 205 35,-5=-5,6 206 42,-6=-6,7 207 49,-7=-7,8 208 56,-8=-8,9 209 63,-9=-9,@10" "$got"
got=$(tap -n 'pid$target::shop::cart::add(int*:entry /args[1] == 4/ { printf("%d %d %d %s|%d %d %d %s|%d %d %s", args[0]->n > 3, args[2]->x, args[2]->y,
	copyinstr((uintptr_t)args[2]->name), args[3]->id, args[3]->base.id, args[3]->in.y, copyinstr((uintptr_t)args[3]->s._M_dataplus._M_p),
	args[3]->bits, args[3]->more, stringof(args[4])); }' -c "$target")
equal structures "1 4 104 inn|28 28 104 hello|5 99 text" "$got"
got=$(tap -n 'pid$target::on_stack:entry { @[args[0]->c, args[1], args[7] + args[8]->b - 2] = count(); } END { printa("%d %d %d=%@u,", @); }' -c "$target")
equal stack "30 1 7=1,31 1 7=1,32 1 7=1,33 1 7=1,34 1 7=1,35 1 7=1,36 1 7=1,37 1 7=1,38 1 7=1,39 1 7=1," "$got"
got=$(tap -n 'pid$target::returns_big:entry { @e[args[0]] = count(); } pid$target::returns_big:return { @r[args[1]->id] = count(); }
	END { printa("%d ", @e); printa("%d ", @r); }' -c "$target")
equal result "0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 " "$got"
got=$(tap -n 'pid$target::virtually:entry { @[args[0]->v, args[2]] = count(); } END { printa("%d:%d ", @); }' -c "$target")
equal virtual "77:0 77:1 77:2 77:3 77:4 77:5 77:6 77:7 77:8 77:9 " "$got"
got=$(tap -n 'pid$target::virtually:entry { @[probefunc] = count(); } pid$target::[v]irtually:return { @[probefunc] = count(); }
	END { printa("%s=%@u ", @); }' -c "$target")
equal one-text "virtually=20 " "$got"
got=$(tap -n 'pid$target::in_registers:entry { printf("%d %d %d,", args[0].a, args[0]->b, args[1]); }' -c "$target")
equal in-registers "0 2 3,1 2 3,2 2 3,3 2 3,4 2 3,5 2 3,6 2 3,7 2 3,8 2 3,9 2 3," "$got"
got=$(tap -n 'pid$target::thrower:entry { @e = count(); } pid$target::thrower:return { @r = count(); } END { printa("%@u ", @e); printa("%@u", @r); }' -c "$target")
equal exceptions "10 5" "$got"
timeout 60 "$CEPHTAP" -q -n 'pid$target::*:return { @ = count(); }' -c "$target" 2>/dev/null | grep -q "caught 5" &&
	echo "ok unharmed" || echo "not ok unharmed - the program's exceptions did not arrive"
got=$(tap -n 'pid$target::tail:return { @t = count(); } pid$target::leaf:return { @l = sum(arg1); } END { printa("%@u ", @t); printa("%@u", @l); }' -c "$target")
equal tail-call "10 100" "$got"

# ---- a function that returns an array, as other languages have them: a structure's, by changed debug information
if ! command -v gcc >/dev/null; then
	echo "skip array - no gcc"
else
	cat >"$TMP/array.c" <<'C'
struct s { long a[4]; };
__attribute__((noinline)) struct s made(long n) { struct s s = {{n, n + 1, n + 2, n + 3}}; return s; }
int main(void) { return made(10).a[0] != 10; }
C
	gcc -g -O1 -gdwarf-4 -S -dA -o "$TMP/array.s" "$TMP/array.c"
	die() { sed -n "s/.*DIE (\(0x[0-9a-f]*\)) DW_TAG_$1_type.*/\1/p" "$TMP/array.s"; }
	sed -i "/\"made.0\"\|: \"made\"/,/DW_AT_type/s/\.long\t$(die structure)/.long\t$(die array)/" "$TMP/array.s"
	gcc -o "$TMP/array" "$TMP/array.s"
	got=$(tap -n 'pid$target:a.out:made:return { printf("%d %d", args[1][0], args[1][3]); }' -c "$TMP/array")
	equal array "10 13" "$got"
fi

# ---- offsets: at each instruction of a function, and nowhere else
offsets=$(objdump -d --no-show-raw-insn --disassemble=_Z4leafi "$target" | sed -n 's/^ *\([0-9a-f]*\):.*/\1/p')
entry=$(echo "$offsets" | head -n 1)
clause=$(for at in $offsets; do printf 'pid$target::leaf:%x { @[probename] = count(); } ' $((0x$at - 0x$entry)); done)
expected=$(for at in $offsets; do printf '%x\n' $((0x$at - 0x$entry)); done | sort | sed 's/$/=10/' | tr '\n' ' ')
got=$(tap -n "$clause END { printa(\"%s=%@u \", @); }" -c "$target" | tr ' ' '\n' | sort | tr '\n' ' ' | sed 's/^ *//')
equal offsets "$expected" "$got"
refused inside-an-instruction "no instruction begins at its byte 0x1" 'pid$target::leaf:1 { }'
refused behind-the-end "the function has 0x" 'pid$target::leaf:fff { }'

# ---- symbols and debug information from elsewhere
mkdir -p "$TMP/sym/.debug"
cp "$target" "$TMP/sym/linked"
objcopy --only-keep-debug "$target" "$TMP/sym/.debug/linked.debug"
strip "$TMP/sym/linked" && objcopy -R .note.gnu.build-id --add-gnu-debuglink="$TMP/sym/.debug/linked.debug" "$TMP/sym/linked"
got=$(tap -n 'pid$target::virtually:entry { @ = sum(args[2]); } END { printa("%@u", @); }' -c "$TMP/sym/linked")
equal debuglink 45 "$got"
printf 'X' | dd of="$TMP/sym/.debug/linked.debug" bs=1 seek=3000 conv=notrunc status=none # another checksum
refused debuglink-checksum "has no symbols" 'pid$target:linked:virtually:entry { }' "$TMP/sym/linked"
if command -v xz >/dev/null; then
	strip -o "$TMP/sym/mini" -R .note.gnu.build-id "$target"
	nm "$target" --format=posix --defined-only | awk '{ print $1 }' >"$TMP/sym/keep"
	objcopy -S --keep-symbols="$TMP/sym/keep" "$target" "$TMP/sym/mini.debug"
	xz -k "$TMP/sym/mini.debug" && objcopy --add-section .gnu_debugdata="$TMP/sym/mini.debug.xz" "$TMP/sym/mini"
	got=$(tap -n 'pid$target:mini:virtually:entry { @ = sum(arg1); } END { printa("%@u", @); }' -c "$TMP/sym/mini")
	equal gnu_debugdata 45 "$got"
	refused no-dwarf "has no debug information here" 'pid$target:mini:virtually:entry { trace(args[0]); }' "$TMP/sym/mini"
fi
strip -R .note.gnu.build-id -o "$TMP/sym/bare" "$target"
refused stripped "stripped" 'pid$target:bare:virtually:entry { }' "$TMP/sym/bare"
for size in 64 1000 5000 20000; do # a file that was cut, or spoilt while its process runs from another copy
	cp "$target" "$TMP/sym/spoilt"
	head -c $size /dev/urandom | dd of="$TMP/sym/spoilt" bs=1 seek=$((size * 2)) conv=notrunc status=none
	timeout 20 "$CEPHTAP" list "pid$$:spoilt:*:entry" >/dev/null 2>&1
	[ $? -le 1 ] && echo "ok spoilt-$size" || echo "not ok spoilt-$size - status $?"
done

# ---- a program whose file was replaced while it runs is still a.out, with its own functions
printf 'void leafy(void) { }\nint pause(void);\nint main(void) { pause(); leafy(); }\n' >"$TMP/sym/gone.c"
if ${CC:-cc} -o "$TMP/sym/gone" "$TMP/sym/gone.c"; then
	"$TMP/sym/gone" &
	gone=$!
	wait_for 10 sleeps $gone
	timeout 20 "$CEPHTAP" list "pid$gone:a.out:leafy:entry" >"$TMP/out" 2>"$TMP/err"
	equal a.out 0 $?
	rm "$TMP/sym/gone" && cp "$(command -v sleep)" "$TMP/sym/gone"
	timeout 20 "$CEPHTAP" list "pid$gone:a.out:leafy:entry" >"$TMP/out" 2>"$TMP/err"
	equal a.out-replaced 0 $?
	kill $gone
fi

# ---- what cannot be
refused float "it is in a floating-point register" 'pid$target::virtually:entry { trace(args[1]); }'
refused no-parameter "has args[0] to args[2]: w, f, k" 'pid$target::virtually:entry { trace(args[3]); }'
refused no-function 'did you mean `leaf`' 'pid$target::leav:entry { }'
refused no-module 'runs no code of a file' 'pid$target:libnothing:leaf:entry { }'
refused no-name 'has the probes `entry`, `return`' 'pid$target::leaf:entri { }'
refused no-process 'there is no process 999999999' 'pid999999999::leaf:entry { }'
refused any-process 'functions are probed in one process' 'pid*::leaf:entry { }'

# ---- many: all functions of a large program, of this process and no other
sleep 60 &
victim=$!
wait_for 10 naps $victim
n=$(timeout 20 "$CEPHTAP" list "pid$victim:libc:*:entry" 2>/dev/null | wc -l)
[ "$n" -gt 1000 ] && echo "ok many" || echo "not ok many - $n functions of libc"
timeout 30 "$CEPHTAP" -q -n "pid$victim:libc:*:entry { @ = count(); } tick-1s { exit(0); }" >"$TMP/out" 2>"$TMP/err"
equal many-attached 0 $?
kill $victim 2>/dev/null
wait 2>/dev/null
