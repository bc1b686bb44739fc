#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# --csv, as Python's csv module reads it.
. "$TOP/test/e2e/lib-formats.sh"

cat >"$TMP/rows.py" <<'PY'
import csv, sys
def rows(path):
    with open(path, newline='', encoding='utf-8') as file:
        lines = list(csv.reader(file, strict=True))
    assert all(len(line) == len(lines[0]) for line in lines), 'rows of different lengths'
    return [dict(zip(lines[0], line)) for line in lines[1:]]
PY
export PYTHONPATH=$TMP

trace --csv -c "$hits" -n 'lang:::hit { @c = count(); @k[execname, arg0 % 2] = sum(-arg0); @t["a,\"b\"\r\nc\377", 1] = max(arg1); @q[execname] = quantize(arg0);
	printf("x"); }' >"$TMP/all.csv"
judge aggregations "$TMP/all.csv" <<'PY'
import sys
from rows import rows
r = rows(sys.argv[1])
assert list(r[0]) == ['time_ns', 'aggregation', 'function', 'key1', 'key2', 'low', 'high', 'value', 'updates'], list(r[0])
of = lambda name: [row for row in r if row['aggregation'] == name]
assert [(x['function'], x['key1'], x['value'], x['updates']) for x in of('c')] == [('count', '', '10', '10')]
assert sorted((x['key1'], x['key2'], x['value']) for x in of('k')) == [('lang_target', '0', '-20'), ('lang_target', '1', '-25')]
assert [(x['key1'], x['value']) for x in of('t')] == [('a,"b"\r\nc\\377', '81')], of('t')
assert [(x['low'], x['high'], x['value'], x['updates']) for x in of('q')] == [('0', '0', '1', '10'), ('1', '1', '1', '10'), ('2', '3', '2', '10'),
	('4', '7', '4', '10'), ('8', '15', '2', '10')], of('q')
PY
trace --csv -c "$hits" -n 'lang:::hit { @c[execname] = count(); @s[execname, arg0] = sum(arg0); }' >"$TMP/names.csv"
judge names "$TMP/names.csv" <<'PY'
import sys
from rows import rows
r = rows(sys.argv[1])
assert list(r[0]) == ['time_ns', 'aggregation', 'function', 'execname', 'arg0', 'value', 'updates'], list(r[0])
assert len(r) == 11 and sum(int(x['value']) for x in r if x['aggregation'] == 's') == 45
PY
trace --csv --every 1 --seconds 3 -n 'profile:::tick-100ms { @n = count(); }' >"$TMP/every.csv"
judge every "$TMP/every.csv" <<'PY'
import sys
from rows import rows
r = rows(sys.argv[1])
counts = [int(x['value']) for x in r]
times = [int(x['time_ns']) for x in r]
assert len(r) >= 3 and counts == sorted(counts) and counts[-1] > counts[0] and times == sorted(times), r
PY

"$CEPHTAP" report sched --csv --seconds 1 >"$TMP/sched.csv" 2>"$TMP/err"
judge sched "$TMP/sched.csv" <<'PY'
import sys
from rows import rows
r = rows(sys.argv[1])
assert {'threads', 'blocked_on', 'wakeups'} <= {x['table'] for x in r}, {x['table'] for x in r}
assert all(int(x['cpu_ns']) >= 0 and x['waker'] == '' for x in r if x['table'] == 'threads')
assert all(int(x['count']) > 0 and x['cpu_ns'] == '' for x in r if x['table'] == 'wakeups')
PY
timeout 20 sh -c 'while :; do :; done' & # a machine that does nothing has no samples
busy=$!
"$CEPHTAP" report profile --csv --seconds 1 --hz 100 -o "$TMP/profile.csv" 2>"$TMP/err"
kill $busy
judge profile "$TMP/profile.csv" <<'PY'
import sys
from rows import rows
r = rows(sys.argv[1])
assert all(int(x['cpu_ns']) == int(x['samples']) * 10000000 for x in r) and sum(int(x['samples']) for x in r) > 0
assert all(x['stack'].split(';')[-1] == x['function'] for x in r)
PY
trace --csv -n 'BEGIN { @ = count(); exit(0); }' >/dev/full
[ $? = 1 ] && grep -q 'the disk is full' "$TMP/err" && echo "ok full" || echo "not ok full - $(cat "$TMP/err")"
"$CEPHTAP" report calls --csv 2>"$TMP/err"
[ $? = 2 ] && grep -q '`calls` cannot be written as --csv' "$TMP/err" && echo "ok no-form" || echo "not ok no-form - $(cat "$TMP/err")"
exit 0
