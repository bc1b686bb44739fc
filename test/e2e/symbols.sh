#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# time: 120
#
# Addresses as names: usym, ufunc, umod, uaddr of the process, sym, func, mod of the kernel; as keys, values and actions. Different
# addresses of a function are one key. Symbols out of .gnu_debugdata; files that only the process sees.
set -u
. "$TOP/test/lib.sh"
[ "$(uname -m)" = x86_64 ] || { echo "skip symbols - not x86_64"; exit 0; }
"$CEPHTAP" -q -n 'BEGIN { exit(0); }' >/dev/null 2>"$TMP/err" || { echo "skip symbols - $(head -n 1 "$TMP/err")"; exit 0; }
target=$BUILD/test/prog/inline_target

check() { # NAME CONDITION...
	local name=$1
	shift
	if "$@"; then echo "ok $name"; else echo "not ok $name - $* ($(head -n 5 "$TMP/err" | tr '\n' '|'))"; fi
}

# ---- the process's: arg0 of probe() is its own address
"$CEPHTAP" -q -n '
	pid$target:a.out:probe:entry {
		@f[usym(arg0)] = count(); @f2[ufunc(arg0 + 1)] = count(); @m[umod(arg0)] = count();
		@a[uaddr(arg0 + 1)] = count(); @n[usym(1)] = count();
	}
	END {
		printa("f %A %@d\n", @f); printa("f2 %A %@d\n", @f2); printa("m %A %@d\n", @m); printa("a %A %@d\n", @a);
		printa("n %A %@d\n", @n);
	}' -c "$target 20" >"$TMP/out" 2>"$TMP/err"
sort "$TMP/out" | grep . >"$TMP/got"
sort >"$TMP/want" <<'EOT'
f inline_target`probe 40
f2 inline_target`probe 40
m inline_target 40
a inline_target`probe+0x1 40
n 0x1 40
EOT
check symbols-process diff "$TMP/want" "$TMP/got"

# ---- different addresses of a function are one key; clear() and trunc() are of the whole key; min() too, which is reset in place
"$CEPHTAP" -q -n '
	int64_t n, phase;
	pid$target:a.out:probe:entry /phase == 0 && n < 10/ { n++; @c[usym(arg0 + n % 4)] = count(); @s[umod(arg0 + n)] = min(n); }
	tick-100ms /phase == 0 && n == 10/ { phase = 1; printa("one %A %@d\n", @c); printa("min %A %@d\n", @s); clear(@c); clear(@s); }
	tick-4s /phase == 1/ { phase = 2; } /* the reader has cleared them by then */
	pid$target:a.out:probe:entry /phase == 2 && n < 12/ { n++; @c[usym(arg0 + 3)] = count(); @s[umod(arg0 + 5)] = min(77); }
	tick-100ms /n == 12/ { exit(0); }
	END { printa("two %A %@d\n", @c); printa("min2 %A %@d\n", @s); trunc(@c); printa("three %A %@d\n", @c); trunc(@s); }' \
	-c "$target 10 30" >"$TMP/out" 2>"$TMP/err"
grep . "$TMP/out" >"$TMP/got"
cat >"$TMP/want" <<'EOT'
one inline_target`probe 10
min inline_target 1
two inline_target`probe 2
min2 inline_target 77
EOT
check symbols-merge diff "$TMP/want" "$TMP/got"

# ---- two aggregations side by side have the same keys
"$CEPHTAP" -q -n '
	pid$target:a.out:probe:entry { @a[usym(arg0)] = count(); @b[usym(arg0 + 1)] = sum(2); }
	END { printa("%A %@d %@d\n", @a, @b); }' -c "$target 20" >"$TMP/out" 2>"$TMP/err"
check symbols-join grep -qx 'inline_target`probe 40 80' "$TMP/out"

# ---- values: actions, printf with a width, a variable, the table, JSON; the process has ended when keys are printed
"$CEPHTAP" -q -n 'pid$target:a.out:probe:entry { usym(arg0); printf(" %30A|%-30s|", uaddr(arg0 + 2), umod(arg0)); @[usym(arg0)] = count(); exit(0); }' \
	-c "$target 1" >"$TMP/out" 2>"$TMP/err"
check symbols-action grep -q '^inline_target`probe        inline_target`probe+0x2|inline_target                 |' "$TMP/out"
check symbols-table grep -q '^  inline_target`probe  *1$' "$TMP/out"
"$CEPHTAP" -q -n 'pid$target:a.out:probe:entry { self->at = usym(arg0); } pid$target:a.out:probe:return { @[self->at] = count(); self->at = 0; }' \
	-c "$target 20" >"$TMP/out" 2>"$TMP/err"
check symbols-variable grep -q '^  inline_target`probe  *40$' "$TMP/out"
"$CEPHTAP" --json -n 'pid$target:a.out:probe:entry { printf("%A", usym(arg0)); @[umod(arg0)] = count(); }' -c "$target 1" >"$TMP/out" 2>"$TMP/err"
check symbols-json grep -q '"values":\["inline_target`probe"\]' "$TMP/out"
check symbols-json-key grep -q '\["inline_target"\]' "$TMP/out"

# ---- samples: the program counters of many instructions, few functions, fewer files; of a process that came later and has ended
"$CEPHTAP" -q --seconds 4 -n '
	BEGIN { printf("begun\n"); }
	profile-997 /arg1 && execname == "inline_target"/ { @f[usym(arg1)] = count(); @a[uaddr(arg1)] = count(); @m[umod(arg1)] = count(); @all = count(); }
	END { printa("f %A %@d\n", @f); printa("a %A %@d\n", @a); printa("m %A %@d\n", @m); printa("all %@d\n", @all); }' >"$TMP/out" 2>"$TMP/err" &
tracer=$!
wait_for 20 grep -q begun "$TMP/out"
"$target" 100 1
wait $tracer
check symbols-samples grep -q '^f inline_target`store::words ' "$TMP/out"
check symbols-samples-once test "$(sed -n 's/^f \(.*\) [0-9]*$/\1/p' "$TMP/out" | sort | uniq -d | wc -l)" = 0
check symbols-samples-fewer test "$(grep -c '^m ' "$TMP/out")" -lt "$(grep -c '^f ' "$TMP/out")"
check symbols-samples-more test "$(grep -c '^a ' "$TMP/out")" -gt "$(grep -c '^f ' "$TMP/out")"
check symbols-samples-all test "$(awk '$1 == "m" { sum += $NF } END { print sum }' "$TMP/out")" = "$(awk '$1 == "all" { print $2 }' "$TMP/out")"

# ---- the kernel's
address=$(awk '$3 == "vfs_read" && $1 !~ /^0*$/ { print "0x" $1 }' /proc/kallsyms)
if [ -n "$address" ]; then
	"$CEPHTAP" -q -n "BEGIN { @[sym($address + 1)] = count(); @[func($address)] = count(); @m[mod($address)] = count();
		printf(\"%a %A\", $address + 4, sym($address)); exit(0); }" >"$TMP/out" 2>"$TMP/err"
	check symbols-kernel-printf grep -q '^vmlinux`vfs_read+0x4 vmlinux`vfs_read' "$TMP/out"
	check symbols-kernel-key grep -q '^  vmlinux`vfs_read  *2$' "$TMP/out"
	check symbols-kernel-mod grep -q '^  vmlinux  *1$' "$TMP/out"
else
	echo "skip symbols-kernel - /proc/kallsyms hides addresses"
fi
"$CEPHTAP" -q --seconds 2 -n 'profile-997 /arg0/ { @[func(arg0)] = count(); }' >"$TMP/out" 2>"$TMP/err"
check symbols-kernel-samples grep -q '^  vmlinux`' "$TMP/out"
check symbols-kernel-once test "$(awk 'NF { print $1 }' "$TMP/out" | sort | uniq -d | wc -l)" = 0

# ---- what is wrong is said
"$CEPHTAP" -e -n 'BEGIN { trace(usym(1) + 1); }' >/dev/null 2>"$TMP/err"
check symbols-no-sum test $? != 0
"$CEPHTAP" -e -n 'BEGIN { printf("%d", usym(1)); }' >/dev/null 2>"$TMP/err"
check symbols-no-number grep -q '%A prints a symbol' "$TMP/err"
"$CEPHTAP" -e -n 'BEGIN { @[usym(1)] = count(); @[umod(1)] = count(); }' >/dev/null 2>"$TMP/err"
check symbols-one-kind test $? != 0

# ---- a stripped program whose symbols are in .gnu_debugdata, as Fedora has them
if command -v xz >/dev/null && command -v objcopy >/dev/null; then
	objcopy --strip-all "$target" "$TMP/mini"
	objcopy --only-keep-debug --remove-section .debug_info --remove-section '.debug_*' "$target" "$TMP/symbols-only"
	xz -k "$TMP/symbols-only"
	"$CEPHTAP" -q -n 'profile-997 /pid == $target && arg1/ { @[usym(arg1)] = count(); }' -c "$TMP/mini 100 1" >"$TMP/out" 2>"$TMP/err"
	check symbols-stripped test "$(grep -c 'mini`store::words' "$TMP/out")" = 0
	objcopy --add-section .gnu_debugdata="$TMP/symbols-only.xz" "$TMP/mini"
	"$CEPHTAP" -q -n 'profile-997 /pid == $target && arg1/ { @[usym(arg1)] = count(); }' -c "$TMP/mini 100 1" >"$TMP/out" 2>"$TMP/err"
	check symbols-debugdata grep -q 'mini`store::words' "$TMP/out"
else
	echo "skip symbols-debugdata - no xz or objcopy"
fi

# ---- a file that only the process sees: another mount namespace, and its own debug file in its own /usr/lib/debug
if unshare -m true 2>/dev/null && command -v objcopy >/dev/null; then
	mkdir -p "$TMP/box"
	cat >"$TMP/boxed.sh" <<-EOT
		mount -t tmpfs none "$TMP/box" && mkdir -p "$TMP/box/.debug" && cp "$target" "$TMP/box/boxed" &&
		objcopy --only-keep-debug "$TMP/box/boxed" "$TMP/box/.debug/boxed.debug" && objcopy --strip-all "$TMP/box/boxed" &&
		(cd "$TMP/box/.debug" && objcopy --add-gnu-debuglink=boxed.debug ../boxed)
		exec "$TMP/box/boxed" 100 8
	EOT
	unshare -m bash "$TMP/boxed.sh" 2>"$TMP/box.err" &
	boxed=$!
	wait_for 10 grep -qsx boxed /proc/$boxed/comm
	"$CEPHTAP" -q --seconds 2 -p $boxed -n 'profile-997 /pid == $target && arg1/ { @[usym(arg1)] = count(); }' >"$TMP/out" 2>"$TMP/err"
	check symbols-other-mounts grep -q 'boxed`' "$TMP/out"
	kill $boxed 2>/dev/null
	wait $boxed 2>/dev/null || true
else
	echo "skip symbols-other-mounts - no unshare or objcopy"
fi
