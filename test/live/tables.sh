#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# time: 90
#
# Reports as programs read them: named fields in base units in JSON, CSV and OpenMetrics, the same live and replayed, and as many ops
# as the client has made.
# shellcheck disable=SC2086 # $only is several words
. "$TOP/test/live/lib-live.sh"
. "$TOP/test/e2e/lib-formats.sh"
check() { # NAME CONDITION...
	local name=$1
	shift
	if "$@"; then echo "ok $name"; else echo "not ok $name - $* ($(tail -n 3 "$TMP/report" | tr '\n' '|') $(tail -n 2 "$TMP/err" 2>/dev/null | tr '\n' ' '))"; fi
}
cluster_up --size 3

# ---- each report in each form, replayed of one recording; what a recording says is what was seen live
start_bench() { # until it is ended: in $bench
	(eval "$(clusters env "$cluster")" && exec rados bench -p demo 600 write -b 4096 -t 4 --no-cleanup) >"$TMP/bench" 2>&1 &
	bench=$!
	tracers="$tracers $bench"
	wait_for 30 has_written "$(written)" 1
}
record() { # REPORT OPTION...: as long as it takes for 100 writes; live JSON in $TMP/REPORT.live
	local before reporter
	"$CEPHTAP" record -o "$TMP/$1.ctr" --tee --json "$@" --seconds 3600 >"$TMP/$1.live" 2>"$TMP/$1.err" &
	reporter=$!
	tracers="$tracers $reporter"
	await_begin $reporter
	before=$(written)
	wait_for 60 has_written "$before" 100
	detach $reporter || give_up "record $1: $(tail -n 2 "$TMP/$1.err")"
}
start_bench
for report in client bluestore io "slow-ops --over 1us" osd; do
	name=${report%% *}
	case $name in client) record client -p $bench ;; *) record $report $only ;; esac
	for form in json csv openmetrics; do
		"$CEPHTAP" report "$name" --$form "$TMP/$name.ctr" >"$TMP/$name.$form" 2>"$TMP/err" || give_up "$name --$form: $(cat "$TMP/err")"
	done
	check "$name-same" cmp "$TMP/$name.live" "$TMP/$name.json"
	judge "$name-named" "$TMP/$name" "$name" <<'PY'
import csv, json, sys
path, name = sys.argv[1:3]
lines = [json.loads(line) for line in open(path + '.json')]
assert lines and all(isinstance(x, dict) and 'type' in x for x in lines), lines[:2]
for x in lines: assert not any(k.endswith(('_us', '_ms')) or k in ('values', 'keys', 'value') for k in x), x
rows = list(csv.DictReader(open(path + '.csv', newline=''), strict=True))
own = {'client': 'process', 'bluestore': 'state', 'io': 'device', 'slow-ops': 'op', 'osd': 'stages'}[name]
mine = [x for x in lines if x['type'] == own]
assert mine, name
if name == 'osd': sys.exit()
assert len(rows) == len(lines), (len(rows), len(lines))
for x, row in zip(lines, rows):
    for k, v in x.items():
        if k not in ('time',) and v is not None and v is not True and v is not False: assert row[k] == str(v), (k, v, row)
if name == 'slow-ops':
    for x in mine:
        parts = sum(x[k + '_ns'] for k in ('queue', 'wait', 'work', 'own', 'others', 'finish'))
        assert x['was_under_way'] or abs(parts - x['total_ns']) <= 1000, x
    assert sum(x['count'] for x in lines if x['type'] == 'sum') >= len(mine)
PY
done
kill -KILL $bench
wait $bench 2>/dev/null
tracers=${tracers/ $bench/}

# ---- histograms by pool and OSD: as many as there were ops, and a sum that fits
if "$python" -c 'import prometheus_client.openmetrics.parser' 2>/dev/null; then
	for name in client slow-ops; do
		judge "$name-histograms" "$TMP/$name" "$name" <<'PY'
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
path, name = sys.argv[1:3]
families = {f.name: f for f in parse(open(path + '.openmetrics').read())}
lines = [json.loads(line) for line in open(path + '.json')]
family = families['cephtap_client_round_latency_seconds' if name == 'client' else 'cephtap_slow_ops_latency_seconds']
assert family.type == 'histogram' and family.unit == 'seconds', family
labels = {'pool', 'osd'} if name == 'client' else {'pool', 'daemon'}
assert all(labels == set(s.labels) - {'le'} for s in family.samples), family.samples[:3]
count = sum(s.value for s in family.samples if s.name.endswith('_count'))
total = sum(s.value for s in family.samples if s.name.endswith('_sum'))
wanted = sum(x['replies'] for x in lines if x['type'] == 'osd') if name == 'client' else sum(x['of'] for x in lines if x['type'] == 'sum')
assert count == wanted and 0 < total / count < 10, (count, wanted, total)
assert len({s.labels['osd' if name == 'client' else 'daemon'] for s in family.samples}) == 3
PY
	done
	# Counters grow, though the script clears its tables at each interval.
	start_bench
	"$CEPHTAP" report client --openmetrics -i 1 -o "$TMP/live.prom" -p $bench 2>"$TMP/err" &
	reporter=$!
	tracers="$tracers $reporter"
	ops() { sed -n 's/^cephtap_client_process_ops_total{.*} //p' "$TMP/live.prom" 2>/dev/null; }
	has_ops() { [ "$(ops)" -gt "$1" ] 2>/dev/null; }
	wait_for 30 has_ops 0
	wait_for 30 has_ops "$((3 * $(ops)))"
	check counters-grow test $? = 0
	detach $reporter
else
	echo "skip histograms - python3-prometheus-client is not installed"
fi
"$CEPHTAP" report slow-ops -i 1 $only >"$TMP/report" 2>"$TMP/err"
check no-interval test $? = 2
exit 0
