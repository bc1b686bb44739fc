#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# `report profile --pprof`, as protobuf reads it, against the folded stacks of the same run.
. "$TOP/test/e2e/lib-formats.sh"

[ "$(id -u)" = 0 ] || skip pprof "needs root"
command -v protoc >/dev/null || skip pprof "protobuf-compiler is not installed"
"$python" -c 'import google.protobuf' 2>/dev/null || skip pprof "python3-protobuf is not installed"
protoc -I "$TOP/test/e2e" --python_out="$TMP" profile.proto || { echo "not ok protoc - see its log"; exit 1; }
export PYTHONPATH=$TMP

# A little work that is certain to be seen, in a program and in the kernel.
"$python" -c 'import os, time
end = time.time() + 4
while time.time() < end: os.stat("/"); sum(range(1000))' &
worker=$!
"$CEPHTAP" report profile --hz 200 --seconds 2 --folded --pprof "$TMP/p.gz" >"$TMP/folded" 2>"$TMP/err"
status=$?
kill $worker 2>/dev/null
[ $status = 0 ] && echo "ok status" || echo "not ok status - $(head -n 3 "$TMP/err")"

judge same "$TMP/p.gz" "$TMP/folded" <<'PY'
import collections, gzip, os, re, sys
import profile_pb2
p = profile_pb2.Profile()
p.ParseFromString(gzip.open(sys.argv[1]).read())
text = p.string_table
functions = {f.id: text[f.name] for f in p.function}
mappings = {m.id: m for m in p.mapping}
locations = {l.id: l for l in p.location}
def name(l):
    module = os.path.basename(text[mappings[l.mapping_id].filename]) + '`' if l.mapping_id else ''
    return module + (functions[l.line[0].function_id] if l.line else '?')
plain = lambda frame: re.sub('0x[0-9a-f]+$', '?', frame.replace('_[k]', '')).replace(';', ':')
got, want = collections.Counter(), collections.Counter()
for s in p.sample:
    labels = {text[l.key]: text[l.str] for l in s.label}
    frames = [plain(name(locations[i])) for i in reversed(s.location_id)]
    got[';'.join([labels['process'], labels['thread']] + frames)] += s.value[0]
    assert s.value[1] == s.value[0] * 5000000
for line in open(sys.argv[2]):
    stack, count = line.rsplit(' ', 1)
    who, thread, *frames = stack.split(';')
    want[';'.join([who, thread] + [plain(f) for f in frames])] += int(count)
assert sum(want.values()) > 50, want
assert got == want, list(((got - want) + (want - got)).items())[:3]
PY
judge sound "$TMP/p.gz" <<'PY'
import gzip, subprocess, sys, time
import profile_pb2
p = profile_pb2.Profile()
p.ParseFromString(gzip.open(sys.argv[1]).read())
text = p.string_table
assert text[0] == '' and [(text[t.type], text[t.unit]) for t in p.sample_type] == [('samples', 'count'), ('cpu', 'nanoseconds')]
assert p.period == 5000000 and (text[p.period_type.type], text[p.period_type.unit]) == ('cpu', 'nanoseconds')
assert 1.5e9 < p.duration_nanos < 1e10 and abs(p.time_nanos + p.duration_nanos - time.time_ns()) < 60e9
for things in (p.mapping, p.location, p.function): assert [t.id for t in things] == list(range(1, len(things) + 1))
mappings = {m.id: m for m in p.mapping}
assert all(l.mapping_id == 0 or mappings[l.mapping_id].memory_start <= l.address < mappings[l.mapping_id].memory_limit for l in p.location)
files = {text[m.filename]: text[m.build_id] for m in p.mapping}
assert len(files['vmlinux']) == 40, files
checked = 0
for path, build_id in files.items():
    if path.startswith('/usr/bin/python') or path.endswith('libc.so.6'):
        notes = subprocess.run(['readelf', '-n', path], capture_output=True, text=True).stdout
        assert not build_id or 'Build ID: ' + build_id in notes, (path, build_id, notes)
        checked += 1
assert checked, files
PY
# Go's own reader, where it is: `go tool pprof`, or pprof
reader=
command -v pprof >/dev/null && reader=pprof
command -v go >/dev/null && go tool pprof -h >/dev/null 2>&1 && reader="go tool pprof"
if [ -n "$reader" ]; then
	$reader -raw "$TMP/p.gz" >"$TMP/raw" 2>"$TMP/err" && grep -q 'samples/count cpu/nanoseconds' "$TMP/raw" && echo "ok go" || echo "not ok go - $(head -n 2 "$TMP/err")"
else
	echo "skip go - neither pprof nor go is installed"
fi

"$CEPHTAP" report profile --seconds 1 --pprof /nowhere/p >"$TMP/out" 2>"$TMP/err"
[ $? = 1 ] && grep -q 'cannot write to /nowhere/p: No such file' "$TMP/err" && echo "ok no-folder" || echo "not ok no-folder - $(cat "$TMP/err")"
"$CEPHTAP" report osd --seconds 1 --pprof "$TMP/p" >"$TMP/out" 2>"$TMP/err"
[ $? = 2 ] && grep -q '`osd` has no --pprof' "$TMP/err" && echo "ok no-pprof" || echo "not ok no-pprof - $(cat "$TMP/err")"
exit 0
