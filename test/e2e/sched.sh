#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# time: 150
#
# `cephtap report sched` and `offcpu` against the kernel's own account (schedstat) of programs that compete for one processor, sleep,
# and wake each other. What is compared is what the programs did between two marks of their own, so that nothing depends on how busy
# the machine is.
set -u
. "$TOP/test/lib.sh"

[ "$(id -u)" = 0 ] || { echo "skip sched - needs root"; exit 0; }
[ -r /proc/self/schedstat ] || { echo "skip sched - this kernel keeps no schedstat"; exit 0; }
"$CEPHTAP" -q -n 'sched:::off-cpu { } BEGIN { exit(0); }' >"$TMP/out" 2>&1 || { echo "skip sched - $(head -n 1 "$TMP/out")"; exit 0; }

players=
tracer=
clean_up() {
	[ -z "$tracer" ] || kill -KILL "$tracer" 2>/dev/null
	[ -z "$players" ] || kill -KILL -- "-$players" 2>/dev/null
}
trap clean_up EXIT

# Each player waits for a byte, does its part, writes what it says of itself, and waits again: all that it does in the meantime is seen.
cat >"$TMP/players.py" <<'PY'
import json, os, sys, time
folder = sys.argv[1]
os.setpgid(0, 0)
def stat():
    cpu, wait, n = map(int, open('/proc/thread-self/schedstat').read().split())
    return cpu, wait
def burn(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end: pass
def busy():
    burn(0.5)
def sleeper():
    said['slept'] = 0
    for i in range(20):
        begin = time.monotonic_ns()
        time.sleep(0.05)
        said['slept'] += time.monotonic_ns() - begin
def ping():
    state = '/proc/%d/stat' % pids['ct-pong']
    for i in range(100):
        while open(state).read().rsplit(')')[1].split()[0] != 'S': time.sleep(0.001)
        os.write(ball[1], b'x')
        os.read(back[0], 1)
def pong():
    for i in range(100):
        os.read(ball[0], 1)
        os.write(back[1], b'x')
parts = {'ct-busy1': busy, 'ct-busy2': busy, 'ct-other': busy, 'ct-sleeper': sleeper, 'ct-pong': pong, 'ct-ping': ping}
ball, back, done = os.pipe(), os.pipe(), os.pipe()
pids, starts = {}, {}
for name, part in parts.items():
    start = os.pipe()
    pid = os.fork()
    if not pid:
        open('/proc/self/comm', 'w').write(name)
        if 'busy' in name or 'other' in name: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        said = {}
        os.read(start[0], 1)
        before = stat()
        part()
        after = stat()
        said['cpu'], said['wait'] = after[0] - before[0], after[1] - before[1]
        open('%s/said.%s' % (folder, name), 'w').write(json.dumps(said))
        os.write(done[1], b'x')
        os.read(start[0], 1)
        os._exit(0)
    pids[name], starts[name] = pid, start
open(folder + '/pids', 'w').write(''.join('%s %d\n' % item for item in pids.items()))
open(folder + '/go').read()
for start in starts.values(): os.write(start[1], b'x')
for i in parts: os.read(done[0], 1)
open(folder + '/done', 'w').close()
time.sleep(100)
PY

# They play while a report looks at those that are chosen ($only), or at all.
play() { # REPORT OPTION...: the report in $TMP/report
	rm -f "$TMP/err" "$TMP"/said.* "$TMP/go" "$TMP/done" "$TMP/pids"
	mkfifo "$TMP/go"
	python3 "$TMP/players.py" "$TMP" &
	players=$!
	await "$TMP/pids"
	# shellcheck disable=SC2046
	"$CEPHTAP" report "$1" -v --json -i 1000 $(chosen "${@:2}") >"$TMP/report" 2>"$TMP/err" &
	tracer=$!
	await_attached
	echo >"$TMP/go"
	await "$TMP/done"
	wait_for 30 all_asleep $players
	kill -INT $tracer
	wait $tracer || echo "not ok $1 status - $(head -n 3 "$TMP/err")"
	tracer=
	kill -KILL -- -$players
	wait $players 2>/dev/null
	players=
}
# The one that did something last sleeps again, too.
all_asleep() { # GROUP
	local pid
	for pid in $(pgrep -g "$1"); do sleeps "$pid" || return 1; done
}
there() { [ -s "$1" ] || { [ -e "$1" ] && [ "$1" = "$TMP/done" ]; }; } # FILE
await() { # FILE
	wait_for 60 there "$1" && return
	echo "not ok players - no $1"
	exit 1
}
await_attached() {
	wait_for 60 grep -qs gathering "$TMP/err" && return
	echo "not ok attach - $(head -n 3 "$TMP/err")"
	exit 1
}
chosen() { # NAME...: options for these
	for name in "$@"; do
		sed -n "s/^$name /-p /p" "$TMP/pids"
	done
}
# A condition in Python over the report's last line `r`: row(name), said(name), blocked(name, syscall), woken(waker, name).
check() { # NAME CONDITION SHOWN
	python3 - "$TMP" "$2" "$3" >"$TMP/why" 2>&1 <<'PY' && echo "ok $1" || echo "not ok $1 - $2: $(tr '\n' ' ' <"$TMP/why") $(head -n 2 "$TMP/err")"
import json, sys
folder, condition, shown = sys.argv[1:]
r = json.loads(open(folder + '/report').readlines()[-1])
def row(name): return next((t for t in r['threads'] if t['who'] == name), {'cpu_ns': 0, 'wait_ns': 0, 'blocked_ns': 0, 'switches': 0})
def said(name): return json.load(open('%s/said.%s' % (folder, name)))
def blocked(name, call): return [p for p in r['blocked_on'] if p['who'] == name and p['syscall'] == call]
def woken(waker, name): return [w for w in r['wakeups'] if w['who'] == name and w['waker'] == waker]
def near(a, b, part, ns): return abs(a - b) <= part * b + ns
print(eval(shown))
sys.exit(not eval(condition))
PY
}

play sched ct-busy1 ct-busy2 ct-sleeper ct-ping ct-pong
for name in ct-busy1 ct-busy2; do
	# 12 ms: it may lie between two samples when it is seen first
	check "$name cpu" "near(row('$name')['cpu_ns'], said('$name')['cpu'], 0.03, 12e6)" "row('$name'), said('$name')"
	check "$name wait" "near(row('$name')['wait_ns'], said('$name')['wait'], 0.05, 12e6)" "row('$name'), said('$name')"
done
# Three want one processor: each waits about twice as long as it runs, were nobody else there.
check waited "said('ct-busy1')['wait'] > 3e8 and row('ct-busy1')['wait_ns'] > 3e8" "said('ct-busy1')"
check sleeper "20 <= blocked('ct-sleeper', 'clock_nanosleep')[0]['count'] <= 21" "r['blocked_on']"
check sleeper-time "0.999e9 <= blocked('ct-sleeper', 'clock_nanosleep')[0]['total_ns'] <= 1.03 * said('ct-sleeper')['slept']" \
	"blocked('ct-sleeper', 'clock_nanosleep'), said('ct-sleeper')"
check sleeper-row "row('ct-sleeper')['blocked_ns'] >= 0.999e9 and row('ct-sleeper')['cpu_ns'] < 1e8" "row('ct-sleeper')"
check sleeper-place "'nanosleep' in blocked('ct-sleeper', 'clock_nanosleep')[0]['function']" "r['blocked_on']"
check within "all(t['cpu_ns'] + t['wait_ns'] + t['blocked_ns'] <= 1.02 * r['elapsed_ns'] for t in r['threads'])" "r['threads'], r['elapsed_ns']"
check chain "90 <= woken('ct-ping', 'ct-pong')[0]['count'] <= 101" "r['wakeups']"
check chosen "{t['who'] for t in r['threads']} <= {'ct-busy1', 'ct-busy2', 'ct-sleeper', 'ct-ping', 'ct-pong'}" "[t['who'] for t in r['threads']]"
check histogram "sum(b['count'] for b in r['wait_buckets']) == sum(t['waits'] for t in r['threads']) > 100" "r['wait_buckets']"
check sorted "[t['wait_ns'] for t in r['threads']] == sorted([t['wait_ns'] for t in r['threads']], reverse=True)" "r['threads']"

play sched
check all-others "near(row('ct-other')['cpu_ns'], said('ct-other')['cpu'], 0.03, 12e6)" "row('ct-other'), said('ct-other')"
check all-busy "r['host']['busy'] > 0.2 and r['queue_max'] >= 3" "r['host'], r['queue_max']"

play offcpu ct-sleeper
check offcpu-time "0.999e9 <= sum(s['blocked_ns'] for s in r['stacks'] if 'do_nanosleep' in s['kernel'][0] and
	'clock_nanosleep' in ' '.join(s['user'])) <= 1.03 * said('ct-sleeper')['slept']" "r['stacks']"
check offcpu-chosen "{s['who'] for s in r['stacks']} == {'ct-sleeper'}" "r['stacks']"

# ---- the tables: at most 20 threads, those that waited most on top
"$CEPHTAP" report sched --seconds 2 >"$TMP/text" 2>"$TMP/err"
awk '/^WHO/ { on = 1; column = index($0, "WAIT ms"); next } /^\(and|^$/ { on = 0 }
	on { wait = substr($0, column - 4, 11) + 0; if (n++ && wait > last) bad++; last = wait } END { exit !(n && n <= 20 && !bad) }' "$TMP/text" &&
	echo "ok table" || echo "not ok table - $(grep -A 25 ^WHO "$TMP/text" | tr '\n' '|') $(head -n 2 "$TMP/err")"
"$CEPHTAP" report sched -i 1 >"$TMP/text" 2>"$TMP/err" &
tracer=$!
two_tables() { [ "$(grep -c 'the last ' "$TMP/text")" -ge 2 ]; }
wait_for 30 two_tables
kill -INT $tracer
wait $tracer
tracer=
[ "$(grep -c 'the last 1\.[0-9] s' "$TMP/text")" -ge 2 ] && echo "ok intervals" || echo "not ok intervals - $(grep last "$TMP/text" | tr '\n' '|')"
