#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# time: 180
#
# What probes cost: told at the end, warned of, limited by maxcost; what is taken away is told with its time, and stays away.
set -u
. "$TOP/test/lib.sh"

[ "$(id -u)" = 0 ] || { echo "skip guard - needs root"; exit 0; }
target=$PROGS/busy_target
pids=
trap 'kill $pids 2>/dev/null' EXIT
check() { # NAME CONDITION...
	local name=$1
	shift
	if "$@"; then echo "ok $name"; else echo "not ok $name - $(tail -n 3 "$TMP/out" | tr '\n' ' ') $(tr '\n' ' ' <"$TMP/err")"; fi
}
said() { grep -qE -- "$1" "$TMP/err"; }
silent() { ! said "$1"; }
silent_out() { ! grep -qE -- "$1" "$TMP/out"; }
runs() { [ "$(readlink "/proc/$1/exe")" = "$(readlink -f "$target")" ]; }
busy() { "$target" 120 "$@" & pids="$pids $!"; pid=$!; wait_for 30 runs $pid; }
# Counts both markers of $pid in the background, a line each second.
script='busy:::busy { n++; } busy:::rare { r++; } tick-4hz { printf("%d %d\n", n, r); }'
start() { # OPTIONS...
	: >"$TMP/out"
	"$CEPHTAP" -q "$@" >"$TMP/out" 2>"$TMP/err" &
	tapper=$!
	wait_for 30 test -s "$TMP/out"
}
stop() { kill -INT $tapper; wait $tapper; status=$?; }
# `busy` is counted no more, `rare` is.
has_stopped() {
	tail -n 2 "$TMP/out" | awk 'NR == 1 { n = $1; r = $2 } END { exit !(NR == 2 && n > 0 && $1 == n && $2 > r) }'
}
counts() { tail -n 2 "$TMP/out" | awk 'NR == 1 { n = $1 } END { exit !(NR == 2 && $1 > n) }'; }
gone='from [0-9:]{8} on \([0-9.]+ s after the start\) busy:busy_target::busy is taken away: it took about [0-9.]+ % of the processor time of process PID \(busy_target\), all probes about [0-9.]+ %, and the limit is 5 %; figures that depend on it end there$'
rest='busy:busy_target::busy: probed for the first [0-9.]+ s of [0-9.]+ s only \(maxcost\); figures that depend on it end there$'

for how in "" --no-multi; do
	busy 1000
	start $how -x maxcost=5 -p $pid -n "$script"
	check "limit $how said" wait_for 30 said "${gone/PID/$pid}"
	check "limit $how gone" wait_for 30 has_stopped
	stop
	check "limit $how status" test $status = 0
	check "limit $how at the end" said "$rest"
	check "limit $how share" said "the probes took about [1-9][0-9.]* % of the processor time of process $pid \(busy_target\): [0-9.]+ of [0-9.]+ s$"
	check "limit $how only once" test "$(grep -c 'is taken away' "$TMP/err")" = 1
	check "limit $how rare stays" silent 'busy:rare.* taken away|::rare.*taken away'
	check "limit $how goes on" kill -0 $pid
	kill $pid
done

# The share is about right: a limit above it is none. `work` is such that probes take a few percent, however slow this host is.
busy 200000
start --max-cost 60 -p $pid -n "$script"
check "below" wait_for 30 eval '[ "$(wc -l <"$TMP/out")" -ge 16 ] && counts'
stop
check "below silent" silent 'taken away|end there'
check "below share" said "the probes took about [0-9.]+ % of the processor time of process $pid \(busy_target\)"
kill $pid

# Without a limit: nothing goes, but it is said when it is seen, and at the end.
busy 1000
start -p $pid -n "$script"
check "warning" wait_for 30 said "the probes take about [0-9]+ % of the processor time of process $pid \(busy_target\), seen [0-9.]+ s after the start; choose fewer, or give a limit: --max-cost 10$"
check "warning counts on" wait_for 30 counts
stop
check "warning at the end" said "the probes took about [0-9]+ % of the processor time of process $pid"
check "warning nothing gone" silent 'taken away'
kill $pid

# A process that hardly runs is left alone, whatever part of its little time that is.
busy 1000 1
start -x maxcost=5 -p $pid -n "$script"
check "idle" wait_for 30 eval '[ "$(wc -l <"$TMP/out")" -ge 16 ]'
stop
check "idle silent" silent 'taken away'
check "idle said" said 'it hardly ran$'
kill $pid

# For programs: a line for what was taken away, and one for each process.
busy 1000
: >"$TMP/out"
"$CEPHTAP" --json -x maxcost=5 -p $pid -n "$script" >"$TMP/out" 2>"$TMP/err" & tapper=$!
wait_for 30 said 'is taken away'
stop
tail -n 2 "$TMP/out" >"$TMP/json"
check "json" python3 - "$TMP/json" $pid <<'PY'
import json
import sys
gone, cost = [json.loads(line) for line in open(sys.argv[1])]
assert gone["type"] == "taken_away" and gone["probes"] == "busy:busy_target::busy" and 0 < gone["after_ns"] < gone["elapsed_ns"], gone
assert cost["type"] == "cost" and cost["pid"] == int(sys.argv[2]) and cost["process"] == "busy_target", cost
assert 0.01 < cost["probes_ns"] / cost["processor_ns"] < 1 and not cost["is_idle"] and cost["has_programs"], cost
PY
kill $pid

# A recording says the same, and so does what reads it.
busy 1000
"$CEPHTAP" record -o "$TMP/guard.rec" -x maxcost=5 -p $pid -n "$script" >"$TMP/out" 2>"$TMP/err" & tapper=$!
wait_for 30 said 'is taken away'
stop
grep -oE "(from [0-9:]{8} on|busy:busy_target::busy: probed|the probes took).*" "$TMP/err" >"$TMP/told"
"$CEPHTAP" replay "$TMP/guard.rec" >"$TMP/out" 2>"$TMP/err"
check "replay tells all" test "$(grep -cFf "$TMP/told" "$TMP/err")" = 3
kill $pid

# What is gone stays away when other markers come: the script goes over to new programs then.
busy 1000
start -Z -x maxcost=5 -n "$script"' loop:::turn { l++; } tick-4hz /l/ { printf("turns\n"); }'
wait_for 30 said 'is taken away'
"$PROGS/loop_target" 120 >/dev/null & pids="$pids $!"
check "late" wait_for 30 grep -q turns "$TMP/out"
check "late stays away" wait_for 30 eval 'grep "[0-9] [0-9]" "$TMP/out" >"$TMP/numbers"; tail -n 2 "$TMP/numbers" | awk "NR == 1 { n = \$1; r = \$2 } END { exit !(NR == 2 && n > 0 && \$1 == n && \$2 > r) }"'
stop
kill $pid

# And for a process that comes later.
group=
for dir in /sys/fs/cgroup/unified /sys/fs/cgroup /sys/fs/cgroup/pids /sys/fs/cgroup/systemd; do
	[ -e "$dir/cgroup.procs" ] && mkdir "$dir/cephtap-guard-$$" 2>/dev/null && group=$dir/cephtap-guard-$$ && break
done
if [ -z "$group" ]; then
	echo "skip newcomer - no control group can be made here"
else
	busy 1000
	echo "$pid" >"$group/cgroup.procs"
	start -x maxcost=5 --cgroup "cephtap-guard-$$" -n 'busy:::busy { @b[pid] = count(); } busy:::rare { @r[pid] = count(); }
		tick-4hz { printf("-\n"); printa("busy %d %@u\n", @b); printa("rare %d %@u\n", @r); }'
	wait_for 30 said 'is taken away'
	first=$pid
	busy 1000
	echo "$pid" >"$group/cgroup.procs"
	check "newcomer" wait_for 30 grep -q "^rare $pid [1-9]" "$TMP/out"
	stop
	check "newcomer lacks it too" silent_out "^busy $pid "
	check "newcomer was not first" grep -q "^busy $first [1-9]" "$TMP/out"
	kill $first $pid
	wait $first $pid 2>/dev/null
	wait_for 30 rmdir "$group" 2>/dev/null
fi

for bad in x -1 91 1.5 ''; do
	"$CEPHTAP" --max-cost "$bad" -n 'BEGIN { exit(0); }' >"$TMP/out" 2>"$TMP/err"
	check "refused '$bad'" test $? = 2
	check "refused '$bad' said" said 'maxcost must be a number, from 0 to 90'
done
"$CEPHTAP" -q -n '#pragma D option maxcost=5
BEGIN { exit(0); }' >"$TMP/out" 2>"$TMP/err"
check "pragma" test $? = 0
