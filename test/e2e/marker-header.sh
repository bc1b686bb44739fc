#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# include/cephtap/marker.h: the programs of test/marker built in many ways; each compiles without a warning, says the same to
# a tracer, and knows by itself whether one looks.
# time: 240
M=$TOP/test/marker
warnings="-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror"
cd "$TMP" || exit 1

# One line for each firing. text: what a pointer to characters points to.
c_script='fixture:::integers { printf("integers %d %d %d %d %d %d %d %u\n", arg0, arg1, arg2, arg3, arg4, arg5, arg6, arg7); }
fixture:::others { printf("others %d %c %d %d %d %d\n", arg0, (char)arg1, arg2, arg3 != 0, arg4, arg5); }
fixture:::constants { printf("constants %d %d %d %d %d %d %d\n", arg0, arg1, arg2, arg3, arg4, arg5, arg6); }
fixture:::texts { printf("texts %s|%s|%s|%s|%s\n", args[0], args[1], copyinstr(arg2), args[3], args[4]); }
fixture:::memory { printf("memory %d %u %d %d %d %d\n", args[0], args[1], args[2], args[3], args[4], args[5]); }
fixture:::expressions { printf("expressions %d %d %d %d %d\n", arg0, arg1, arg2, arg3, arg4); }
fixture:::many { printf("many %d %d %d %d %d %d %d %d %d %d\n", arg0, arg1, arg2, arg3, arg4, arg5, arg6, arg7, arg8, arg9);
	printf("and %d %d\n", args[10], args[11]); }
fixture:::inlined { printf("inlined %d\n", args[0]); }
fixture:::elsewhere { printf("elsewhere %d\n", arg0); }
fixture:::enabled { printf("enabled %d\n", arg0); }
fixture:::no-arguments { printf("no-arguments\n"); }'
c_expected='integers -8 200 -1600 60000 -320000 3200000000 -6400000000000 18000000000000000000
others 1 x 200 1 -123 1
constants 5 -5 140737488355327 -1 4000000000 65535 200
texts b local text|a literal|an item'\''s text|n|in memory
memory -2 4000000000 -4 -77 9 0
expressions 128 -358 393 82 1
many 41 -41 42 -40 43 -39 44 -38 45 -37
and 46 -36
inlined 41
inlined 82
inlined -3
elsewhere 41
enabled 1000
no-arguments'
cxx_script='fixcxx:::twice { printf("twice %d %d\n", arg0, args[1]); }
fixcxx:::twice-enabled { printf("looked at %d\n", arg0); }
fixcxx:::run { printf("run %s %d %d %d %d %d %d %d\n", args[0], args[1], args[2], args[3], args[4], args[5], args[6], arg7 != 0); }
fixcxx:::in-class { printf("in-class %d %d %d %d %d %d %d\n", arg0, arg1, arg2, arg3, arg4, arg5, arg6); }
fixcxx:::lambda { printf("lambda %d %s %d\n", arg0, args[1], arg2); }
fixcxx:::destructor { printf("destructor %d\n", arg0); }'
cxx_expected='twice -21 4
looked at -21
twice 1099511627776 8
looked at 1099511627776
twice 255 1
looked at 255
run worker 3 7 8 200 1 7 1
in-class 5 -5000000000 0 5 5 119 117
twice -21 4
looked at -21
in-class 5 -5000000000 0 5 5 119 117
lambda -9 captured 7
destructor 4'

# Alone it exits with 0, as nothing is enabled.
traced() { # NAME SCRIPT EXPECTED
	local got
	./prog || { echo "not ok $1 - alone, it exits with $?: _ENABLED() is true, or an argument is evaluated twice"; return; }
	got=$(timeout 20 "$CEPHTAP" -q -n "$2" -c ./prog 2>stderr)
	if [ "$got" = "$3" ]; then
		echo "ok $1"
	else
		diff <(echo "$3") <(echo "$got")
		cat stderr
		readelf -nW prog | grep -E 'Name:|Arguments'
		echo "not ok $1 - the traced values differ"
	fi
}

build() { # NAME COMMAND...
	local name=$1
	shift
	rm -f prog
	echo "+ $*"
	"$@" >log 2>&1 && [ ! -s log ] && return
	head -n 20 log
	echo "not ok $name - does not compile, or not without warnings"
	return 1
}

c() { # COMPILER FLAGS...
	local name="C: $*" compiler=$1
	shift
	# shellcheck disable=SC2086
	build "$name" "$compiler" $warnings -I"$TOP/include" "$@" -o prog "$M/args.c" "$M/other.c" &&
		traced "$name" "$c_script" "$c_expected"
}

cxx() { # COMPILER FLAGS..., and in LINK those of the linker
	local name="C++: $*" compiler=$1
	shift
	# shellcheck disable=SC2086
	build "$name" "$compiler" $warnings -I"$TOP/include" "$@" -c -o one.o "$M/cxx.cc" &&
		build "$name" "$compiler" $warnings -I"$TOP/include" "$@" -DOTHER -c -o two.o "$M/cxx.cc" &&
		build "$name" "$compiler" "$@" $LINK -o prog one.o two.o && traced "$name" "$cxx_script" "$cxx_expected"
}

have() { command -v "$1" >/dev/null; }

c gcc -std=c11 -O0
c gcc -std=gnu11 -O1
c gcc -std=c17 -O2
c gcc -std=gnu2x -O3
c gcc -Os
c gcc -O2 -fPIE -pie
c gcc -O2 -no-pie -fno-pie
c gcc -O0 -static
c gcc -O2 -static-pie
c gcc -O2 -flto
c gcc -O0 -flto
c gcc -O2 -fno-omit-frame-pointer -fPIC
c gcc -O2 -ffunction-sections -fdata-sections -Wl,--gc-sections
c gcc -O1 -fsanitize=address,undefined
c gcc -O2 '-DCEPHTAP_MARKER_CONSTRAINT="nr"' -s
c g++ -x c++ -std=c++11 -O0
c g++ -x c++ -std=c++20 -O2
cxx g++ -std=c++11 -O0
cxx g++ -std=c++14 -O1
cxx g++ -std=c++17 -O2
cxx g++ -std=c++20 -O3
cxx g++ -std=c++23 -O2 -flto
LINK=-Wl,--gc-sections cxx g++ -std=c++17 -O2 -ffunction-sections
cxx g++ -std=c++17 -O2 -static
if have clang && have clang++; then
	c clang -std=c11 -O0
	c clang -std=gnu11 -O1
	c clang -std=c17 -O2
	c clang -std=gnu2x -O3
	c clang -O2 -no-pie -fno-pie
	c clang -O2 -static
	c clang -O2 -fPIC -ffunction-sections -Wl,--gc-sections
	c clang++ -x c++ -std=c++11 -O0
	c clang++ -x c++ -std=c++20 -O2
	cxx clang++ -std=c++11 -O0
	cxx clang++ -std=c++17 -O2
	cxx clang++ -std=c++20 -O3
	if have ld.lld; then
		c clang -O2 -flto -fuse-ld=lld
		c clang -O0 -fuse-ld=lld -ffunction-sections -Wl,--gc-sections
		LINK=-fuse-ld=lld cxx clang++ -std=c++17 -O2 -flto=thin
		LINK='-fuse-ld=lld -Wl,--gc-sections' cxx clang++ -std=c++17 -O1 -ffunction-sections
	else
		echo "skip C: clang with lld - ld.lld is missing"
	fi
else
	echo "skip C: clang - clang is missing: scripts/install-deps.sh ci"
fi

# --- Markers in a library, and a semaphore for each file ---
in_library() {
	local name="markers in a library and in the program"
	build "$name" gcc -O2 -fPIC -shared -I"$TOP/include" -o libother.so "$M/other.c" &&
		build "$name" gcc -O2 -I"$TOP/include" -o prog "$M/args.c" ./libother.so &&
		traced "$name" "$c_script" "$c_expected"
}
in_library

# --- The notes, as binutils reads them; the probed instruction and what follows it ---
notes() {
	gcc -O2 -no-pie -fno-pie -I"$TOP/include" -o prog "$M/args.c" "$M/other.c" || return
	readelf -nW prog >notes
	[ "$(grep -c 'stapsdt.*NT_STAPSDT' notes)" = 14 ] || return
	grep -A2 'Name: elsewhere' notes | grep -q 'Semaphore: 0x0*[1-9a-f]' || return
	grep -A3 'Name: integers' notes | grep -q 'Arguments: -1@%dil 1@%sil -2@%dx 2@%cx -4@%r8d 4@%r9d -8@%r[a-z0-9]* 8@%r' || return
	grep -A3 'Name: no__arguments' notes | grep -q 'Arguments: $' || return
	# An address of every note holds the one-byte nop, and the ten-byte one behind it.
	objdump -d --no-show-raw-insn prog | sed -n 's/^ *\([0-9a-f]*\):[[:space:]]*/\1 /p' >code
	sed -n 's/.*Location: 0x0*\([0-9a-f]*\),.*/\1/p' notes | while read -r address; do
		grep -A1 "^$address nop$" code | grep -qE 'nopw +%?cs:0x0\(%rax,%rax,1\)|cs nopw 0x0\(%rax,%rax,1\)' || exit 1
	done
}
if notes; then echo "ok the notes, as readelf has them"; else cat notes; echo "not ok the notes, as readelf has them"; fi

gone() {
	gcc -O2 -ffunction-sections -fuse-ld="$1" -Wl,--gc-sections -I"$TOP/include" -o prog "$M/args.c" "$M/other.c" || return
	! timeout 20 "$CEPHTAP" -q -l -n 'fixture:::unused' -c ./prog 2>/dev/null | grep -q unused
}
if have ld.lld; then
	name="a function that lld dropped has no marker"
	if gone lld; then echo "ok $name"; else echo "not ok $name"; fi
fi

# --- The ten bytes behind the probed nop, taken over from inside ---
for compiler in gcc clang; do
	have $compiler && [ "$(uname -m)" = x86_64 ] || continue
	for level in -O0 -O2 -O3; do
		name="a jump from inside the process: $compiler $level"
		build "$name" $compiler -D_GNU_SOURCE $level -Wall -Wextra -Werror -I"$TOP/include" -o prog "$M/jump.c" || continue
		if ./prog; then echo "ok $name"; else echo "not ok $name - exit status $?"; fi
	done
done

# --- Switched off: as if it were not there ---
code_of() { objdump -d -j .text --no-show-raw-insn "$1" | sed 1,3d; size -A "$1" | awk '$2 && !/Total|section|comment|:/ { print $1, $2 }'; }
disabled() { # COMPILER SOURCE FLAGS...
	local name="disabled: $1 $2 ${*:3}"
	# shellcheck disable=SC2086
	build "$name" "$1" $warnings -DCEPHTAP_MARKERS=0 -I"$TOP/include" "${@:3}" -c -o off.o "$M/$2" || return
	"$1" -w -DBARE "${@:3}" -c -o bare.o "$M/$2"
	if diff <(code_of off.o) <(code_of bare.o); then
		echo "ok $name"
	else
		echo "not ok $name - the code differs from that without markers"
	fi
}
for level in -O0 -O2; do
	disabled gcc args.c -std=c11 $level
	disabled g++ cxx.cc -std=c++11 $level
	have clang && disabled clang args.c -std=c11 $level
	have clang++ && disabled clang++ cxx.cc -std=c++20 $level
done

# --- Another machine: nothing, and no error ---
elsewhere() { # COMPILER...
	local name="no markers on another machine: $*"
	# shellcheck disable=SC2086
	build "$name" "$@" $warnings -O2 -ffreestanding -I"$TOP/include" -c -o other.o "$M/freestanding.c" || return
	if readelf -SW other.o | grep -q 'note.stapsdt'; then echo "not ok $name - there are notes"; else echo "ok $name"; fi
}
elsewhere gcc -m32
! have clang || elsewhere clang -m32

# --- What is refused, also when markers are off ---
refused() { # COMPILER STANDARD VALUE SENTENCE
	local on name="refused: $1 $3"
	for on in 0 1; do
		printf '#include <cephtap/marker.h>\nstruct pair { int a, b; } pair; double d;\nvoid f(void);\nvoid f(void)\n{\n\t%s;\n}\n' \
			"CEPHTAP_MARKER($3)" >bad.c
		if "$1" -DCEPHTAP_MARKERS=$on -x "${2%% *}" "-std=${2##* }" -I"$TOP/include" -c -o bad.o bad.c >log 2>&1; then
			echo "not ok $name - it is accepted with CEPHTAP_MARKERS=$on"
		elif ! grep -q "$4" log; then
			cat log
			echo "not ok $name - not with \`$4\`"
		else
			continue
		fi
		return
	done
	echo "ok $name"
}
for compiler in gcc clang; do
	have $compiler || continue
	for language in "c c11" "c++ c++11"; do
		refused $compiler "$language" "p, n, 1, d" "an argument of a marker is an integer"
		refused $compiler "$language" "p, n, pair" "an argument of a marker is an integer"
		refused $compiler "$language" "p, n, (__int128)1" "an argument of a marker is an integer"
		refused $compiler "$language" "p, n, missing" "missing"
		refused $compiler "$language" "p, n, 1,2,3,4,5,6,7,8,9,10,11,12,13" "at most 12 arguments"
	done
done

# --- aarch64: cross-compiled, and the notes read ---
aarch64() { # COMPILER...
	local name="aarch64: $*"
	# shellcheck disable=SC2086
	for level in -O0 -O2; do
		build "$name" "$@" $warnings $level -ffreestanding -I"$TOP/include" -I. -c -o arm.o "$M/freestanding.c" || return
		readelf -nW arm.o 2>/dev/null >notes
		objdump -s -j .note.stapsdt arm.o >dump
		if [ "$(grep -c 'Name: ' notes)" != 4 ] || ! grep -A3 'Name: integers' notes | grep -qE \
			'Arguments: -1@x[0-9]+ 1@x[0-9]+ -2@x[0-9]+ 2@x[0-9]+ -4@x[0-9]+ 4@x[0-9]+ -8@x[0-9]+ 8@x[0-9]+$' ||
			! grep -A3 'Name: constants' notes | grep -qE 'Arguments: -4@(5|x[0-9]+) -4@(-5|x[0-9]+) -1@(-1|x[0-9]+) 8@x[0-9]+$'; then
			cat notes
			echo "not ok $name - the notes are not what they should be"
			return
		fi
	done
	echo "ok $name"
}
if have clang && clang --print-targets 2>/dev/null | grep -q aarch64; then
	aarch64 clang --target=aarch64-linux-gnu
else
	echo "skip aarch64: clang - clang is missing, or does not know aarch64"
fi
if have aarch64-linux-gnu-gcc; then
	aarch64 aarch64-linux-gnu-gcc -std=c11
else
	echo "skip aarch64: gcc - the cross-compiler is missing: scripts/install-deps.sh cross"
fi
