#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What stacks cost, against bpftrace and perf in the same run: bench/stacks.sh [--rounds N] (3); as root, about two minutes.
#
# cost     ns of CPU that an event costs the traced program, by depth of its stack: without the stack, and with it as a key.
#          bpftrace and perf's `fp` follow frame pointers: of the program built with them; cephtap and perf's `dwarf` need none.
# profile  two programs that spin for 5 s at a depth of 25, sampled 997 times a second on each processor: samples that were got of
#          those that were due, the profiler's own CPU time (until its stacks have names), its peak memory, bytes it wrote before that,
#          and how many stacks reach main. The profilers alternate.
set -u
export LC_ALL=C
cd "$(dirname "$0")/.." || exit 1
BUILD=${BUILD:-build} CEPHTAP=${CEPHTAP:-$PWD/cephtap} rounds=3 seconds=${SECONDS_EACH:-5} hz=997
[ "${1:-}" != --rounds ] || rounds=$2
[ "$(id -u)" = 0 ] || { echo "bench/stacks.sh: uprobes need root" >&2; exit 1; }
for tool in bpftrace perf /usr/bin/time; do
	command -v $tool >/dev/null || { echo "bench/stacks.sh: $tool is missing: scripts/install-deps.sh bench" >&2; exit 1; }
done
dir=$(mktemp -d) && mkdir -p "$BUILD/bench" && : >"$dir/left_out" || exit 1
status=0
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$dir"' EXIT
cc -O2 -g -fomit-frame-pointer -fno-optimize-sibling-calls -o "$BUILD/bench/deep" bench/deep.c || exit 1
cc -O2 -g -fno-omit-frame-pointer -fno-optimize-sibling-calls -o "$BUILD/bench/deep-fp" bench/deep.c || exit 1

median() { sort -n | awk '{ v[NR] = $1 } END { print NR ? (NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2) : "-" }'; }

# bpftrace may miss an interrupt
stop() { # PID
	kill -INT "$1"
	for ((i = 0; i < 50; i++)); do kill -0 "$1" 2>/dev/null || break; sleep 0.1; done
	kill -KILL "$1" 2>/dev/null
	wait "$1"
} 2>/dev/null

# ---- cost
cost() { # CASE PROGRAM COMMAND...: appends "CASE DEPTH NS" to $dir/cost
	local case=$1 program=$2 depth ns is_attached=1
	shift 2
	! grep -qx "$case" "$dir/left_out" || return
	mkfifo "$dir/in" "$dir/out"
	"$program" <"$dir/in" >"$dir/out" &
	local loop=$!
	exec 6>"$dir/in" 7<"$dir/out"
	if [ $# -gt 0 ]; then
		"${@//LOOP/$loop}" >"$dir/tracer" 2>&1 &
		local tracer=$!
		is_attached=
		for ((i = 0; i < 200; i++)); do # until an event costs what a breakpoint costs
			echo "1 2000" >&6; read -t 60 -r ns <&7
			[ "${ns%.*}" -lt 150 ] || { is_attached=1; break; }
			sleep 0.1
		done
		sleep 0.3
	fi
	if [ -n "$is_attached" ]; then
		for depth in 5 25 100; do
			echo "$depth 30000" >&6; read -t 60 -r ns <&7
			echo "$case $depth $ns" >>"$dir/cost"
		done
	else
		echo "bench/stacks.sh: $case: left out: not attached after 20 s; the end of what it said:" >&2
		tail -n 3 "$dir/tracer" | cut -c 1-200 | sed 's/^/  /' >&2
		echo "$case" >>"$dir/left_out"
		case $case in bpftrace*) ;; *) status=1 ;; esac
	fi
	[ $# = 0 ] || stop $tracer
	exec 6>&- 7<&-
	wait $loop
	rm -f "$dir/in" "$dir/out"
}
for ((round = 1; round <= rounds; round++)); do
	cost off "$BUILD/bench/deep"
	cost cephtap-count "$BUILD/bench/deep" "$CEPHTAP" -q -p LOOP -n 'bench_deep:::hit { @ = count(); }'
	cost cephtap-ustack "$BUILD/bench/deep" "$CEPHTAP" -q -p LOOP -n 'bench_deep:::hit { @[ustack(127)] = count(); }'
	cost bpftrace-count "$BUILD/bench/deep-fp" bpftrace -p LOOP -e "usdt:$PWD/$BUILD/bench/deep-fp:bench_deep:hit { @ = count(); }"
	cost bpftrace-ustack "$BUILD/bench/deep-fp" bpftrace -p LOOP -e "usdt:$PWD/$BUILD/bench/deep-fp:bench_deep:hit { @[ustack(127)] = count(); }"
done
echo "Cost of an event, CPU ns of the traced program, by depth of its stack (medians of $rounds)"
printf '  %-38s %10s %10s %10s\n' '' 5 25 100
for case in off cephtap-count cephtap-ustack bpftrace-count bpftrace-ustack; do
	printf '  %-38s' "$case$([[ $case == bpftrace* ]] && echo ', frame pointers')"
	for depth in 5 25 100; do printf ' %10s' "$(awk -v c=$case -v d=$depth '$1 == c && $2 == d { print $3 }' "$dir/cost" | median)"; done
	echo
done

# ---- profile
profile() { # CASE PROGRAM SHELL-COMMAND: "CASE samples cpu_ms KiB bytes whole"
	local case=$1 program=$2 samples whole bytes
	"$program" spin $((seconds + 3)) 25 & "$program" spin $((seconds + 3)) 25 &
	sleep 0.5
	/usr/bin/time -o "$dir/time" -f '%U %S %M' timeout -k 10 $((10 * seconds + 60)) sh -c "$3" >"$dir/out" 2>"$dir/err" ||
		echo "bench/stacks.sh: $case: it failed: $(tail -n 1 "$dir/err" | cut -c 1-200)" >&2
	wait
	read -r user system kib < <(tail -n 1 "$dir/time")
	case $case in
	cephtap) samples=$(awk '/;deep/ { n += $NF } END { print n + 0 }' "$dir/out"); whole=$(awk '/;deep.*`main;/ { n += $NF } END { print n + 0 }' "$dir/out") bytes=0 ;;
	perf*) samples=$(grep -c '^deep' "$dir/out"); whole=$(awk '/^deep/ { m = 0 } / main(\+| |$)/ { if (!m) n++; m = 1 } END { print n + 0 }' "$dir/out"); bytes=$(stat -c %s "$dir/data") ;;
	bpftrace) samples=$(awk -F ': ' '/\]: [0-9]+$/ { n += $NF } END { print n + 0 }' "$dir/out"); whole=$(awk '/^@\[/ { m = 0 } / main(\+|$)/ { m = 1 } /\]: [0-9]+$/ { if (m) { sub(/.*: /, ""); n += $0 } } END { print n + 0 }' "$dir/out"); bytes=0 ;;
	esac
	echo "$case $samples $(awk "BEGIN { print ($user + $system) * 1000 }") $kib $bytes $whole" >>"$dir/profile"
}
for ((round = 1; round <= rounds; round++)); do
	profile cephtap "$BUILD/bench/deep" "$CEPHTAP report profile --folded --hz $hz --seconds $seconds"
	profile perf-dwarf "$BUILD/bench/deep" "perf record -q -e cpu-clock -F $hz -a --call-graph dwarf -o $dir/data -- sleep $seconds; perf script -i $dir/data --comm deep -F comm,ip,sym"
	profile perf-fp "$BUILD/bench/deep-fp" "perf record -q -e cpu-clock -F $hz -a --call-graph fp -o $dir/data -- sleep $seconds; perf script -i $dir/data --comm deep-fp -F comm,ip,sym"
	profile bpftrace "$BUILD/bench/deep-fp" "timeout -s INT $((seconds + 1)) bpftrace -e 'profile:hz:$hz /comm == \"deep-fp\"/ { @[ustack(127)] = count(); } interval:s:$seconds { exit(); }'"
done
echo
echo "Sampling for $seconds s, $hz times a second and processor (medians of $rounds)"
printf '  %-12s %10s %14s %12s %14s %12s\n' '' samples 'its CPU, ms' 'memory, KiB' 'bytes written' 'whole, %'
for case in cephtap perf-dwarf perf-fp bpftrace; do
	printf '  %-12s' $case
	for column in 2 3 4 5; do printf " %$((column == 2 ? 10 : column == 3 ? 14 : column == 4 ? 12 : 14))s" "$(awk -v c=$case -v n=$column '$1 == c { print $n }' "$dir/profile" | median)"; done
	printf ' %12s\n' "$(awk -v c=$case '$1 == c { print ($2 ? int(1000 * $6 / $2) / 10 : 0) }' "$dir/profile" | median)"
done
exit $status
