#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# --openmetrics, as Prometheus's own reader in Python reads it.
. "$TOP/test/lib.sh"
. "$TOP/test/e2e/lib-formats.sh"

"$python" -c 'import prometheus_client.openmetrics.parser' 2>/dev/null || skip openmetrics "python3-prometheus-client is not installed"
cat >"$TMP/families.py" <<'PY'
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
def families(path): return {f.name: f for f in parse(open(path).read())}
def values(family): return [(s.name, s.labels, s.value) for s in family.samples]
PY
export PYTHONPATH=$TMP

trace --openmetrics -o "$TMP/all.prom" -c "$hits" -n 'lang:::hit { @c = count(); @keyed[arg0 % 2 ? "odd" : "even", execname] = count();
	@signed = sum(-arg0); @u_total = sum((uint64_t)arg0); @m = max(arg1); @a = avg(arg0); @q[args[0] % 2] = quantize(arg0);
	@l = lquantize(arg0 * 1000000, 0, 10000000, 1000000); @["a\"\\\n\377,}"] = min(arg0); @le[arg0 > 4 ? 1 : 0, arg0 > 7] = count(); printf("x"); }'
judge types "$TMP/all.prom" <<'PY'
import sys
from families import *
got = {n: f.type for n, f in families(sys.argv[1]).items()}
want = dict(cephtap_c='counter', cephtap_keyed='counter', cephtap_signed='gauge', cephtap_u='counter', cephtap_m='gauge', cephtap_a='gauge',
	cephtap_q='histogram', cephtap_l='histogram', cephtap_aggregation='gauge', cephtap_le='counter', cephtap_tracer_lost='counter',
	cephtap_tracer_errors='counter')
assert got == want, got
PY
judge values "$TMP/all.prom" <<'PY'
import sys
from families import *
f = families(sys.argv[1])
assert values(f['cephtap_c']) == [('cephtap_c_total', {}, 10)], f['cephtap_c']
assert sorted((l['key1'], l['execname'], v) for n, l, v in values(f['cephtap_keyed'])) == [('even', 'lang_target', 5), ('odd', 'lang_target', 5)]
assert [values(f['cephtap_' + n])[0][2] for n in ('signed', 'u', 'm', 'a')] == [-45, 45, 81, 4]
assert values(f['cephtap_aggregation']) == [('cephtap_aggregation', {'key1': 'a"\\\n\\377,}'}, 0)], values(f['cephtap_aggregation'])
assert all(v == 0 for n, l, v in values(f['cephtap_tracer_lost']))
PY
judge histogram "$TMP/all.prom" <<'PY'
import sys
from families import *
f = families(sys.argv[1])
even = {l['le']: v for n, l, v in values(f['cephtap_q']) if l['key1'] == '0'}
odd = {l['le']: v for n, l, v in values(f['cephtap_q']) if l['key1'] == '1'}
assert even == {'0.0': 1, '1.0': 1, '3.0': 2, '7.0': 4, '15.0': 5, '+Inf': 5}, even
assert odd == {'0.0': 0, '1.0': 1, '3.0': 2, '7.0': 4, '15.0': 5, '+Inf': 5}, odd
assert [v for n, l, v in values(f['cephtap_l'])] == list(range(1, 11)) + [10], values(f['cephtap_l'])
PY
grep -q '10 lines or values of other actions were left out' "$TMP/err" && echo "ok left-out" || echo "not ok left-out - $(cat "$TMP/err")"

# ---- a file that is replaced: whoever reads it sees all of it
trace --openmetrics --every 1 -o "$TMP/live.prom" --seconds 4 -n 'profile:::tick-10ms { @ticks = count(); }' &
tracer=$!
wait_for 10 test -s "$TMP/live.prom"
judge live "$TMP/live.prom" <<'PY'
import sys, time
from families import *
seen, parts = set(), 0
for i in range(25):
    text = open(sys.argv[1]).read()
    parts += not text.endswith('# EOF\n')
    seen.add(values(families(sys.argv[1])['cephtap_ticks'])[0][2])
    time.sleep(0.1)
assert not parts and len(seen) >= 2, (parts, seen)
PY
wait $tracer
[ ! -e "$TMP/live.prom.new" ] && echo "ok nothing-left" || echo "not ok nothing-left - live.prom.new is still there"

# ---- printa() is an interval of the script's own; each text ends by itself
trace --openmetrics -n 'profile:::tick-100ms { @n = count(); } profile:::tick-300ms { printa(@n); } profile:::tick-1s { exit(0); }' >"$TMP/stream"
[ "$(grep -c '^# EOF$' "$TMP/stream")" -ge 3 ] && echo "ok printa" || echo "not ok printa - $(head -c 300 "$TMP/stream" | tr '\n' '|')"

# ---- a file that cannot be written
trace --openmetrics -o /nowhere/x.prom -n 'BEGIN { @ = count(); exit(0); }'
[ $? = 1 ] && grep -q 'cannot write to /nowhere/x.prom: No such file' "$TMP/err" && echo "ok no-folder" || echo "not ok no-folder - $(cat "$TMP/err")"
trace --openmetrics -n 'BEGIN { @ = count(); exit(0); }' >/dev/full
[ $? = 1 ] && grep -q 'the disk is full' "$TMP/err" && echo "ok full" || echo "not ok full - $(cat "$TMP/err")"
trace --openmetrics -o "$TMP/none.prom" -n 'no_such_provider:::x { @ = count(); }'
[ ! -e "$TMP/none.prom.new" ] && [ ! -e "$TMP/none.prom" ] && echo "ok untouched" || echo "not ok untouched - a file is there"
trace --openmetrics --json -n 'BEGIN { exit(0); }'
[ $? = 2 ] && grep -q 'exclude each other' "$TMP/err" && echo "ok two" || echo "not ok two - $(cat "$TMP/err")"
exit 0
