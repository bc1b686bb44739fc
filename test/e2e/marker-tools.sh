#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Other tools see the markers of include/cephtap/marker.h, with the right values: gdb, bpftrace, perf.
# time: 90
cd "$TMP" || exit 1
have() { command -v "$1" >/dev/null; }
same() { # NAME EXPECTED GOT
	if [ "$2" = "$3" ]; then echo "ok $1"; else diff <(echo "$2") <(echo "$3"); echo "not ok $1 - it sees something else"; fi
}

for compiler in gcc clang; do
	have $compiler || continue
	$compiler -O2 -I"$TOP/include" -o prog "$TOP/test/marker/args.c" "$TOP/test/marker/other.c" || exit 1
	if have gdb; then
		same "gdb, $compiler" $'$1 = -2\n$2 = 4000000000\n$3 = -4\n$4 = -77' "$(gdb -batch -ex 'set debuginfod enabled off' \
			-ex 'break -probe-stap fixture:memory' -ex run -ex 'print $_probe_arg0' -ex 'print $_probe_arg1' \
			-ex 'print $_probe_arg2' -ex 'print $_probe_arg3' ./prog 2>/dev/null | grep '^\$')"
		# The semaphore is raised by gdb as well: a marker that is asked for only then is reached.
		same "gdb raises the semaphore, $compiler" '$1 = 1000' "$(gdb -batch -ex 'set debuginfod enabled off' \
			-ex 'break -probe-stap fixture:enabled' -ex run -ex 'print $_probe_arg0' ./prog 2>/dev/null | grep '^\$')"
	fi
	if have bpftrace; then
		same "bpftrace, $compiler" $'memory -2 4000000000 -4 -77 9\nmany 43 -39\nenabled 1000' "$(timeout 30 bpftrace -e '
			usdt:./prog:fixture:memory { printf("memory %d %u %d %d %d\n", arg0, arg1, arg2, arg3, arg4); }
			usdt:./prog:fixture:many { printf("many %d %d\n", arg4, arg5); }
			usdt:./prog:fixture:enabled { printf("enabled %d\n", arg0); }' -c ./prog 2>/dev/null | grep -v '^Attaching' | grep .)"
	fi
done
have gdb || echo "skip gdb - it is missing: scripts/install-deps.sh test"
have bpftrace || echo "skip bpftrace - it is missing: scripts/install-deps.sh bench"
if have perf; then
	export HOME=$TMP
	perf buildid-cache --add ./prog 2>/dev/null
	same "perf lists them" 12 "$(perf list sdt 2>/dev/null | grep -c 'sdt_fixture:')"
else
	echo "skip perf - it is missing: scripts/install-deps.sh bench"
fi
