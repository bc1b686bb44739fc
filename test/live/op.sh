#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# time: 120
#
# Ops from end to end: every daemon that an op crosses is there, in order; a replica that stands still is where the time goes.
. "$TOP/test/live/lib-live.sh"

check() { # NAME CONDITION...
	local name=$1
	shift
	if "$@"; then echo "ok $name"; else echo "not ok $name - $* ($(head -n 30 "$TMP/report" | tr '\n' '|') $(tail -n 2 "$TMP/err" | tr '\n' ' '))"; fi
}
# A report in the background while a load runs; it says when it has begun.
during() { # SECONDS OPTIONS...
	local seconds=$1
	shift
	"$CEPHTAP" report op "$@" $only --seconds "$seconds" >"$TMP/report" 2>"$TMP/err" &
	reporter=$!
	tracers="$tracers $reporter"
	sleep 2
	kill -0 $reporter 2>/dev/null || give_up "report op: $(tail -n 3 "$TMP/err")"
}

cluster_up --size 3

during 7 --slowest 20 --json --html "$TMP/op.html"
load write-4k 3 >"$TMP/load"
wait $reporter
cat >"$TMP/judge.py" <<'PYTHON'
import json, sys
ops = [json.loads(line) for line in open(sys.argv[1])]
ops = [op for op in ops if op["type"] == "op"]
what = sys.argv[2]
for op in ops:
    steps = op["steps"]
    names = [step["marker"] for step in steps]
    if what == "some":
        continue
    if what == "order":
        assert all(a["time_ns"] <= b["time_ns"] for a, b in zip(steps, steps[1:])), names
        assert names.index("op-recv") < names.index("op-start") < names.index("repop-issue") < names.index("op-done"), names
    if what == "replicas":
        commits = {step["daemon"] for step in steps if step["marker"] == "subop-commit"}
        assert len(commits) == 2 and op["osd"] not in commits, (op["osd"], commits)
        assert names.count("txn-committed") == 3, names
    if what == "latency":
        done = [step["time_ns"] for step in steps if step["marker"] == "op-done"][0]
        received = [step["time_ns"] for step in steps if step["marker"] == "op-recv"][0]
        assert 0 <= op["latency_ns"] - (done - received) < 500000000, op["latency_ns"]
assert len(ops) >= int(sys.argv[3]), len(ops)
assert all(a["latency_ns"] >= b["latency_ns"] for a, b in zip(ops, ops[1:]))
PYTHON
for what in some order replicas latency; do
	check op-$what python3 "$TMP/judge.py" "$TMP/report" $what 20
done
check op-object grep -q '"object":"[^"?]' "$TMP/report"
check op-picture grep -q 'subop-reply' "$TMP/op.html"

# ---- an OSD that stands still is where the slowest op's time is
stopped=$(clusters pids "$cluster" | sed -n 's/^osd\.2 //p')
during 8 --slowest 1
(sleep 1; kill -STOP "$stopped"; sleep 1.5; kill -CONT "$stopped") &
load write-4k 3 >"$TMP/load"
wait $reporter
longest=$(awk '$1 ~ /^[0-9.]+$/ && $2 ~ /^[0-9.]+$/ && $2 > most { most = $2; line = $0 } END { print line }' "$TMP/report")
check op-stopped grep -q 'osd\.2' <<<"$longest"
check op-stopped-long test "$(awk '{ print ($2 > 500) }' <<<"$longest")" = 1

# ---- latencies over time: the heat map has as many ops as the table
"$CEPHTAP" report osd --html "$TMP/heat.html" $only --seconds 7 >"$TMP/report" 2>"$TMP/err" &
reporter=$!
tracers="$tracers $reporter"
sleep 1
load write-4k 3 >"$TMP/load"
wait $reporter
told=$(awk '$3 == "count" { class = $2 } $1 == "whole" && class != "replica" { n += $2 } END { print n + 0 }' "$TMP/report")
drawn=$(python3 - "$TMP/heat.html" <<'PYTHON'
import re, sys
page = open(sys.argv[1]).read()
columns = re.search(r'"columns":\[(.*?)\]\]', page, re.S).group(1)
print(sum(int(n) for n in re.findall(r"\d+", columns)))
PYTHON
)
check op-heat-some test "${told:-0}" -gt 50
check op-heat-all test "${drawn:-0}" = "$told"

# ---- what cannot be is said
"$CEPHTAP" report op --tid x >"$TMP/report" 2>"$TMP/err"
check op-usage test $? = 2
"$CEPHTAP" report sched --html "$TMP/x.html" --seconds 1 >"$TMP/report" 2>"$TMP/err"
check op-no-picture grep -q 'sched. has no --html' "$TMP/err"
