# SPDX-License-Identifier: LGPL-2.1-or-later
"""Chrome's trace events of ops against the JSON of the same run: op_chrome.py TRACE JSON"""
import collections
import json
import sys

trace = json.load(open(sys.argv[1]))
events = trace['traceEvents']
ops = [json.loads(line) for line in open(sys.argv[2])]
spans = [e for e in events if e['ph'] == 'X']
processes = {e['pid']: e['args']['name'] for e in events if e['ph'] == 'M' and e['name'] == 'process_name'}
threads = {(e['pid'], e['tid']) for e in events if e['ph'] == 'M' and e['name'] == 'thread_name'}

for e in events:
    assert e['ph'] in 'XMsf' and isinstance(e['pid'], int) and isinstance(e['tid'], int), e
    assert e['ph'] == 'M' or e['ts'] >= 0, e
    assert e['ph'] != 'X' or (e['dur'] >= 0 and e['name'] and (e['pid'], e['tid']) in threads), e

# One span for each step; of each daemon of an op they add up to the time from its first step to its last.
assert len(spans) == sum(len(op['steps']) for op in ops) > 0
sums, want = collections.Counter(), {}
for e in spans:
    sums[e['args']['client'], e['args']['tid'], processes[e['pid']]] += round(e['dur'] * 1000)
for op in ops:
    for daemon in {s['daemon'] for s in op['steps']}:
        times = [s['time_ns'] for s in op['steps'] if s['daemon'] == daemon]
        want[op['client'], op['tid'], daemon] = max(times) - min(times)
assert sums == collections.Counter(want), (sums, want)
begin = int(trace['otherData']['begin_wall_ns'])
assert begin == min(s['time_ns'] for op in ops for s in op['steps'])
assert sorted(round(e['ts'] * 1000) + begin for e in spans) == sorted(s['time_ns'] for op in ops for s in op['steps'])

# On one track no span begins before another one has ended.
tracks = collections.defaultdict(list)
for e in spans:
    tracks[e['pid'], e['tid']].append((round(e['ts'] * 1000), round((e['ts'] + e['dur']) * 1000)))
for track in tracks.values():
    track.sort()
    assert all(a[1] <= b[0] + 1 for a, b in zip(track, track[1:])), track

# Arrows: both ends, within a span, from the primary to each of its replicas.
ends = {kind: {e['id']: e for e in events if e['ph'] == kind} for kind in 'sf'}
assert ends['s'].keys() == ends['f'].keys()
for e in list(ends['s'].values()) + list(ends['f'].values()):
    assert any(x['pid'] == e['pid'] and x['tid'] == e['tid'] and x['ts'] <= e['ts'] <= x['ts'] + x['dur'] for x in spans), e
parts = [(processes[ends['s'][i]['pid']], processes[ends['f'][i]['pid']]) for i in ends['s'] if ends['s'][i]['name'] == "replica's part"]
sent = [(s['daemon'], s['what'].split()[-1]) for op in ops for s in op['steps'] if s['marker'] == 'subop-send']
assert sorted(parts) == sorted(sent) and sent, (parts, sent)
