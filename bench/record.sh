#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# From the ring to a file: how many records a second of the recorder's own CPU time takes in, and whether any was lost.
# bench/record.sh [--rounds N] (3); as root. A program makes 3 million system calls as fast as it can, each one is a record.
# The same with text printed instead.
set -u
export LC_ALL=C
cd "$(dirname "$0")/.." || exit 1
CEPHTAP=${CEPHTAP:-$PWD/cephtap} rounds=3 calls=3000000
[ "${1:-}" != --rounds ] || rounds=$2
[ "$(id -u)" = 0 ] || { echo "bench/record.sh: tracing needs root" >&2; exit 1; }
dir=$(mktemp -d -p /dev/shm) || exit 1
status=0
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$dir"' EXIT
cat >"$dir/calls.c" <<'C'
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	(void)argc;
again:
	if (read(0, argv[0], 1) != 1)
		return 0;
	for (long i = atol(argv[1]); i; i--)
		syscall(SYS_getppid);
	goto again;
}
C
gcc -O2 -o "$dir/calls" "$dir/calls.c" || exit 1
median() { sort -n | awk '{ v[NR] = $1 } END { print NR ? (NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2) : "-" }'; }

run() { # CASE COMMAND...: "CASE CPU-seconds records bytes"
	local case=$1 ticks seen
	shift
	mkfifo "$dir/go"
	"$dir/calls" $calls <"$dir/go" &
	local loop=$!
	exec 6>"$dir/go"
	/usr/bin/time -o "$dir/time" -f '%U %S' timeout -k 10 180 "${@//LOOP/$loop}" >"$dir/out" 2>"$dir/err" 6>&- &
	local tracer=$!
	sleep 3
	echo >&6
	exec 6>&-
	wait $loop
	wait $tracer
	if [ $? -ge 124 ]; then
		echo "bench/record.sh: $case: left out: it has not ended after 180 s" >&2
		status=1
		rm -f "$dir/go" "$dir/r.rec"
		return
	fi
	ticks=$(tail -n 1 "$dir/time" | awk '{ print ($1 + $2) * 100 }')
	case $case in
	record) seen=$(sed -n 's/.*recorded \([0-9]*\) records.*/\1/p' "$dir/err") ;;
	*) seen=$(grep -c '[0-9]' "$dir/out") ;;
	esac
	echo "$case $ticks ${seen:-0} $(stat -c %s "$dir/$([ $case = record ] && echo r.rec || echo out)")" >>"$dir/results"
	rm -f "$dir/go" "$dir/r.rec"
}
hz=100
for ((round = 1; round <= rounds; round++)); do
	run record "$CEPHTAP" record -o "$dir/r.rec" -x bufsize=64m -q -p LOOP -n 'syscall::getppid:entry { trace(arg0); }'
	run print "$CEPHTAP" -x bufsize=64m -q -p LOOP -n 'syscall::getppid:entry { printf("%d\n", arg0); }'
done
printf '  %-10s %14s %26s %14s\n' '' 'records' 'million per CPU second' 'bytes each'
for case in record print; do
	grep -q "^$case " "$dir/results" || continue
	printf '  %-10s %14s %26s %14s\n' $case "$(awk -v c=$case '$1 == c { print $3 }' "$dir/results" | median) of $calls" \
		"$(awk -v c=$case -v hz="$hz" '$1 == c && $2 { printf "%.2f\n", $3 / 1e6 / ($2 / hz) }' "$dir/results" | median)" \
		"$(awk -v c=$case '$1 == c && $3 { printf "%.0f\n", $4 / $3 }' "$dir/results" | median)"
done
exit $status
