#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# --ctf, as babeltrace2 reads it, against --json of the same run.
. "$TOP/test/e2e/lib-formats.sh"

command -v babeltrace2 >/dev/null || skip ctf "babeltrace2 is not installed"
"$python" -c 'import bt2' 2>/dev/null || skip ctf "python3-bt2 is not installed"

# Eight threads, so that records come from all processors; each width and sign; texts with what must be kept apart.
trace --json --ctf "$TMP/trace" -c "$PROGS/lang_target 300 7" -n 'lang:::hit { printf("a \"%d\" %s\n", -arg0, execname); trace((uint8_t)arg0); }
	lang:::hit /arg0 % 100 == 7/ { trace((int16_t)-arg0); trace(arg1); printf("only a text"); }
	lang:::ints { printf("%d %d %d %d %d %d %d %d", args[0], args[1], args[2], args[3], args[4], args[5], args[6], args[7]); }
	lang:::hit,BEGIN { trace("k\377\\x"); } BEGIN { x = *(int *)8; } END { printf("%s", ""); @n = count(); printa(@n); }' >"$TMP/json"
[ $? = 0 ] && echo "ok status" || echo "not ok status - $(cat "$TMP/err")"
judge same "$TMP/trace" "$TMP/json" <<'PY'
import bt2, collections, json, sys
def plain(value):
    return int(value) if isinstance(value, bt2._IntegerFieldConst) else str(value)
got, last, times = collections.defaultdict(list), 0, []
for message in bt2.TraceCollectionMessageIterator(sys.argv[1]):
    if type(message) is not bt2._EventMessageConst: continue
    event = message.event
    times.append(message.default_clock_snapshot.ns_from_origin)
    fields = {k: plain(v) for k, v in event.payload_field.items()}
    values = [fields[k] for k in fields if k.startswith('value')]
    kind = event.name.split()[-2] if '#' in event.name else event.name.split()[-1]
    got[str(event.common_context_field['probe']), int(event.common_context_field['cpu'])].append(
        ('error', fields['fault'], fields['address'], fields['line']) if event.name == 'cephtap:error' else
        (kind, fields.get('text'), values))
want = collections.defaultdict(list)
cpu_of_errors = [cpu for (probe, cpu), events in got.items() for e in events if e[0] == 'error']
for line in open(sys.argv[2]):
    record = json.loads(line)
    if record['type'] == 'error':
        want[record['probe'], cpu_of_errors[0]].append(('error', 1, record['address'], record['line']))
    for action in record.get('data', []):
        values = action['values'] if 'values' in action else [action['value']]
        want[record['probe'], record['cpu']].append((action['action'], action.get('text'), values))
assert sum(map(len, got.values())) == sum(map(len, want.values())) > 8 * 300 * 3, (len(got), len(want))
for key in want: assert got[key] == want[key], [x for x in zip(got[key], want[key]) if x[0] != x[1]][:1]
assert got.keys() == want.keys() and times == sorted(times)
PY
judge types "$TMP/trace" <<'PY'
import bt2, sys
widths = None
for message in bt2.TraceCollectionMessageIterator(sys.argv[1]):
    if type(message) is bt2._EventMessageConst and message.event.name.startswith('lang:::ints'):
        widths = [(type(v) is bt2._SignedIntegerFieldConst, v.cls.field_value_range) for k, v in message.event.payload_field.items() if k != 'text']
assert widths == [(s, w) for w in (8, 16, 32, 64) for s in (True, False)], widths
PY
babeltrace2 "$TMP/trace" >"$TMP/text" 2>"$TMP/why"
[ "$(wc -l <"$TMP/text")" -gt 7000 ] && [ ! -s "$TMP/why" ] && echo "ok text" || echo "not ok text - $(wc -l <"$TMP/text") lines, $(head -n 1 "$TMP/why")"

# ---- the time is that of the probe, by the host's clock
trace --ctf "$TMP/timed" -n 'BEGIN { printf("%d", walltimestamp); } profile:::tick-200ms { printf("%d", walltimestamp); } profile:::tick-1s { exit(0); }' >"$TMP/out"
judge time "$TMP/timed" <<'PY'
import bt2, sys
pairs = [(m.default_clock_snapshot.ns_from_origin, int(m.event.payload_field['value1']))
    for m in bt2.TraceCollectionMessageIterator(sys.argv[1]) if type(m) is bt2._EventMessageConst]
assert len(pairs) >= 4 and all(abs(a - b) < 1000000 for a, b in pairs), pairs
assert pairs[-1][0] - pairs[0][0] > 500000000, pairs
PY

# ---- losses are events too
timeout 30 "$CEPHTAP" -q -x bufsize=64k -x switchrate=500ms --ctf "$TMP/lossy" -c "$PROGS/lang_target 3000 7" -n 'lang:::hit { printf("%s", "x"); }' >"$TMP/out" 2>"$TMP/err"
judge lost "$TMP/lossy" "$TMP/err" <<'PY'
import bt2, re, sys
said = sum(map(int, re.findall(r'(\d+) records? w\w+ lost', open(sys.argv[2]).read())))
lost = sum(int(m.event.payload_field['count']) for m in bt2.TraceCollectionMessageIterator(sys.argv[1])
    if type(m) is bt2._EventMessageConst and m.event.name == 'cephtap:lost')
assert lost == said, (lost, said)
PY

trace --ctf "$TMP/trace" -n 'BEGIN { exit(0); }'
[ $? = 1 ] && grep -q 'cannot write .*/metadata: File exists' "$TMP/err" && echo "ok twice" || echo "not ok twice - $(cat "$TMP/err")"
trace --ctf /nowhere/x -n 'BEGIN { exit(0); }'
[ $? = 1 ] && grep -q 'cannot write to /nowhere/x: No such file' "$TMP/err" && echo "ok no-folder" || echo "not ok no-folder - $(cat "$TMP/err")"
exit 0
