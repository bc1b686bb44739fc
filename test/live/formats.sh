#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# long
# time: 120
#
# Formats of the reports on a cluster: OpenMetrics and CSV of `report osd`, trace events of `report op`.
. "$TOP/test/live/lib-live.sh"
. "$TOP/test/e2e/lib-formats.sh"

# A report in the background while OSDs are written to; `ops` is how many writes rados bench has made.
during_writes() { # REPORT OPTIONS...
	begin_report "$@" $only
	load write-4k 2 >"$TMP/load"
	(eval "$(clusters env "$cluster")" && rados -p demo stat nothing) >/dev/null 2>&1 # an error
	ops=$(sed -n 's/.* op_w=\([0-9]*\).*/\1/p' "$TMP/load")
	wait_for 30 ops_are_done
	end_report
}

cluster_up --size 3

during_writes osd --csv
judge osd-csv "$TMP/report" "$ops" <<'PY'
import csv, sys
with open(sys.argv[1], newline='') as file: r = list(csv.DictReader(file, strict=True))
whole = [x for x in r if x['type'] == 'stage' and x['class'] == 'write' and x['stage'] == 'whole']
assert 0.98 * int(sys.argv[2]) <= sum(int(x['count']) for x in whole) <= int(sys.argv[2]), (whole, sys.argv[2]) # the first may be missed
for w in whole:
    stages = [x for x in r if (x['daemon'], x['class'], x['is_part']) == (w['daemon'], 'write', 'false') and x['stage'] != 'whole']
    assert 0.9 < sum(int(x['total_ns']) for x in stages) / int(w['total_ns']) <= 1.001, (w, stages)
waited = [x for x in r if x['type'] == 'waited_for' and x['class'] == 'write']
assert 0.9 * int(sys.argv[2]) <= sum(int(x['count']) for x in waited) <= int(sys.argv[2]), waited
ended = [x for x in r if x['type'] == 'ended' and x['class'] == 'error']
assert sum(int(x['count']) for x in ended if (x['result'], x['errno'], x['last_operation']) == ('-2', 'ENOENT', 'stat')) == 1, ended
PY

if "$python" -c 'import prometheus_client.openmetrics.parser' 2>/dev/null; then
	during_writes osd --openmetrics -o "$TMP/osd.prom"
	judge osd-openmetrics "$TMP/osd.prom" "$ops" <<'PY'
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
f = {x.name: x for x in parse(open(sys.argv[1]).read())}
assert {n: (x.type, x.unit) for n, x in f.items()} == {'cephtap_osd_stage_seconds': ('histogram', 'seconds'),
    'cephtap_osd_stage_max_seconds': ('gauge', 'seconds'), 'cephtap_osd_waited': ('counter', ''),
    'cephtap_osd_waited_seconds': ('counter', 'seconds'), 'cephtap_osd_not_counted': ('counter', '')}, f.keys()
def sums(end, **labels):
    return sum(s.value for s in f['cephtap_osd_stage_seconds'].samples if s.name.endswith(end) and labels.items() <= s.labels.items())
ops = int(sys.argv[2])
write = {'class': 'write', 'level': 'whole'}
assert sums('_count', **write) == sums('_bucket', le='+Inf', **write)
assert 0.98 * ops <= sums('_count', **write) <= ops, (sums('_count', **write), ops)
whole, stages = sums('_sum', **write), sums('_sum', **{'class': 'write', 'level': 'stage'})
assert 0.9 < stages / whole < 1.001 and 0 < whole < 1000, (stages, whole)
les = {s.labels['le'] for s in f['cephtap_osd_stage_seconds'].samples if 'le' in s.labels}
assert len(les) == 29, les
waited = sum(s.value for s in f['cephtap_osd_waited'].samples)
assert 0.9 * ops <= waited <= ops, (waited, ops)
PY
else
	echo "skip osd-openmetrics - python3-prometheus-client is not installed"
fi

only= # the client is not one of the OSDs
during_writes op --slowest 8 --json --chrome "$TMP/trace"
if "$python" "$TOP/test/live/op_chrome.py" "$TMP/trace" "$TMP/report" >"$TMP/why" 2>&1; then
	echo "ok op-chrome"
else
	echo "not ok op-chrome - $(tail -n 1 "$TMP/why" | cut -c 1-300)"
fi
exit 0
