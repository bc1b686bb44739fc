#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What goes wrong while tracing: output that cannot be written, targets that end, signals. END clauses run, what was gathered
# is printed, and nothing stays behind.
# time: 180
. "$TOP/test/e2e/lib-bad.sh"
cd "$TMP" || exit 1
target=$PROGS/marker_sem
count="guarded:::hit { @$map = count(); } guarded:::hit /!fired++/ { printf(\"fired\n\"); } END { printf(\"end\\n\"); }"
trap 'kill $(jobs -p) 2>/dev/null' EXIT

number() { grep -qxE ' +[1-9][0-9]*' "$out"; }       # the aggregation
one_target() { # until it runs its own file: a moment earlier it is still a shell
	"$target" "${1:-100000}" 1000 >hits & pid=$!
	wait_for 5 test "/proc/$pid/exe" -ef "$target"
}
fired() { grep -q 'fired$' "$out"; } # the probe of $count has been hit
start() { "$CEPHTAP" "$@" >"$out" 2>"$err" </dev/null & tracer=$!; wait_for 20 fired; }
took() { ! grep -qs '^ShdPnd:.*[1-9a-f]' "/proc/$1/status"; } # PID: no signal waits for it any more
finish() { wait $tracer; status=$?; }
gone() { ! kill -0 "$tracer" 2>/dev/null; }
end_target() { kill -9 "$pid" 2>/dev/null; wait "$pid" 2>/dev/null; }
all_is_well() { # NAME STATUS: END ran, the aggregation is there, nothing is left
	if [ "$status" != "$2" ]; then bad "$1" "exit status $status, not $2"
	elif ! grep -q '^end$' "$out" && ! grep -q ':END end$' "$out"; then bad "$1" "END did not run"
	elif ! number; then bad "$1" "the aggregation is not printed"
	elif ! is_clean; then bad "$1" "stderr shows what is behind"
	elif ! wait_for 5 nothing_left; then bad "$1" "left behind: $("$PROGS/bpf_count" "agg_$map")"
	else good "$1"; fi
}

# ---- output ----

endless='tick-1ms { printf("%d: a line of some length, so that what it is written to is full soon enough\n", n++); }'
if mkdir tiny && mount -t tmpfs -o size=64k none tiny 2>/dev/null; then
	run "$CEPHTAP" -q -o tiny/report -n "$endless"
	judge "a full disk" 1 'cephtap: cannot write to tiny/report: No space left on device; tracing stopped, and the rest of the report is on standard output'
	[ "$(tail -n 2 tiny/report | head -n 1 | cut -c1-40 | grep -c 'a line of some length')" = 1 ]
	verdict "what has fitted is there" $? "$(tail -n 2 tiny/report)"
	# What did not fit goes on there, without a line missing; one may be cut at the end of the file.
	whole=$(cat tiny/report "$out" | sed -n 's/^\([0-9]*\): a line of .* soon enough$/\1/p' | sort -un |
		awk '$1 != NR - 1 { print "line " NR - 1 " is missing"; exit }')
	[ -z "$whole" ] && [ -s "$out" ] && [ "$(head -c 1 "$out" | tr -d 0-9)" = "" ]
	verdict "what has not is on standard output, all of it" $? "$whole $(head -n 1 "$out")"
	run "$CEPHTAP" -q -o tiny/report -n 'BEGIN { @n = count(); exit(0); } END { printf("end\n"); printa("gathered %@d\n", @n); }'
	[ $status = 1 ] && [ "$(tr '\n' ' ' <"$out")" = "end gathered 1 " ]
	verdict "so is what was gathered, where nothing fits any more" $? "$status $(cat "$out" "$err")"
	: >tiny/r.rec
	run "$CEPHTAP" record -o tiny/r.rec --tee -q -n 'BEGIN { @n = count(); exit(0); } END { printa("gathered %@d\n", @n); }'
	[ $status = 1 ] && grep -q '^gathered 1$' "$out" && grep -q 'the disk is full: the recording ends here' "$err"
	verdict "so is what is printed beside a recording that does not fit" $? "$status $(cat "$out" "$err")"
	run "$CEPHTAP" --openmetrics -o tiny/m.prom -n 'BEGIN { @n = count(); exit(0); }'
	[ $status = 1 ] && grep -q '^# EOF$' "$out" && [ ! -e tiny/m.prom ]
	verdict "so are metrics" $? "$status $(cat "$out" "$err")"
	TMPDIR=$PWD run "$CEPHTAP" report profile --seconds 1 --html tiny/x.html
	kept=$(sed -n 's/.*cannot write to tiny.x.html: No space left on device; it is in \(.*\) instead/\1/p' "$err")
	[ $status = 1 ] && grep -q '</html>' "$kept" && [ "$(stat -c %a "$kept")" = 600 ]
	verdict "a picture is kept in another folder" $? "$status $(cat "$err")"
	[ "$(ls -A tiny)" = "$(printf 'r.rec\nreport')" ]
	verdict "and nothing half written is left" $? "$(ls -A tiny)"
	umount tiny
else
	echo "skip a full disk - no tmpfs may be mounted here"
fi
timeout 10 "$CEPHTAP" -q -n "BEGIN { @ = count(); exit(0); }" >/dev/full 2>"$err"
status=$?
judge "/dev/full" 1 'cephtap: the disk is full: .*'
for command in list --help '-x help' 'list --help'; do
	# shellcheck disable=SC2086
	timeout 10 "$CEPHTAP" $command >/dev/full 2>"$err"
	status=$?
	judge "$command > /dev/full" 1 'cephtap: the output cannot be written: is the disk full\?'
done
timeout 10 "$CEPHTAP" -q -n "$endless" 2>"$err" | head -n 1 >first
status=${PIPESTATUS[0]}
judge "a closed pipe" 1 'cephtap: the output was closed; tracing stopped'
timeout 10 "$CEPHTAP" --json -n "$endless" 2>"$err" | head -n 1 >first
status=${PIPESTATUS[0]}
judge "a closed pipe, --json" 1 'cephtap: the output was closed; tracing stopped'
timeout 10 "$CEPHTAP" -q -n 'BEGIN { printf("x\n"); exit(0); }' >&- 2>"$err"
status=$?
judge "standard output is not there" 0 ''

# ---- targets ----

one_target
start -p $pid -n "$count"
end_target
wait_for 5 gone
finish
all_is_well "-p: the process is killed" 0
grep -qx "cephtap: process $pid has ended" "$err"
verdict "and it is said" $? "not said"
bash -c 'true & echo $! >zombie; exec sleep 60' &
is_zombie() { [ -s zombie ] && grep -q '^State:.Z' "/proc/$(cat zombie)/status"; }
wait_for 10 is_zombie
run "$CEPHTAP" -q -p "$(cat zombie)" -n 'BEGIN { @ = count(); }'
judge "-p: a zombie" 1 'cephtap: there is no process [0-9]+'
run "$CEPHTAP" -q -c "$target 300 1000" -n "$count"
all_is_well "-c: to its end" 0
run "$CEPHTAP" -q -c /bin/false -n "BEGIN { @$map = count(); } END { printf(\"end\\n\"); }"
all_is_well "-c: ends at once" 0
run "$CEPHTAP" -c /bin/false -n "BEGIN { @$map = count(); }"
judge "-c: its status is said" 0 'cephtap: process [0-9]+ has exited with status 1'
run "$CEPHTAP" -q -c 'sh -c "kill -SEGV \$\$"' -n "BEGIN { @$map = count(); } END { printf(\"end\\n\"); }"
all_is_well "-c: crashes" 0
grep -qxE 'cephtap: process [0-9]+ was killed by signal 11 \(Segmentation fault\)' "$err"
verdict "and it is said, also when quiet" $? "not said"
for _ in 1 2 3 4 5 6 7 8; do # the process ends at any moment of this
	"$target" 1 "$((RANDOM % 8000))" >/dev/null &
	run "$CEPHTAP" -q -p $! --seconds 2 -n "guarded:::hit { @$map = count(); }"
	[ "$status" -le 1 ] && is_clean || break
done
[ "$status" -le 1 ] && is_clean
verdict "-p: ends meanwhile" $? "status $status"

# ---- signals ----

for signal in INT TERM HUP; do
	one_target
	start -q -p $pid -n "$count"
	kill -$signal $tracer
	wait_for 5 gone
	finish
	all_is_well "SIG$signal" 0
	kill -0 $pid
	verdict "SIG$signal: the target lives on" $? "it has ended"
	end_target
done
one_target
start -q -p $pid -n "$count"
kill -INT $tracer
kill -INT $tracer
finish
all_is_well "two SIGINTs" 0
mkfifo pipe
exec 3<>pipe # nobody reads
"$CEPHTAP" -q -n "BEGIN { @$map = count(); } $endless" >pipe 2>"$err" & tracer=$!
wait_for 10 grep -q pipe_write /proc/$tracer/wchan # it cannot go on
for _ in 1 2 3; do kill -INT $tracer; wait_for 5 took $tracer; done
wait_for 5 gone
verdict "three SIGINTs end it also when the output is stuck" $? "still there"
kill -9 $tracer 2>/dev/null
exec 3>&-
run "$CEPHTAP" -q -p $pid --seconds 1 -n "$count"
all_is_well "--seconds" 0
run bash -c "echo '$count' | sed 's/(\\\\\"/(\"/' | '$CEPHTAP' -q -p $pid --seconds 1 -s -"
all_is_well "a script from standard input" 0

one_target
trap '' HUP # as nohup does
"$CEPHTAP" -q -p $pid --seconds 2 -n "$count" >"$out" 2>"$err" </dev/null & tracer=$!
trap - HUP
wait_for 10 attached
kill -HUP $tracer
not wait_for 1 gone
verdict "nohup: a hangup does not end it" $? "it has ended"
finish
all_is_well "nohup" 0
run "$CEPHTAP" -q -n 'BEGIN { }' -c 'sh -c "yes | head -n 1"'
[ "$(cat "$out" "$err")" = y ]
verdict "-c: the command does not ignore SIGPIPE" $? "$(cat "$err")"

if unshare -pf --mount-proc true 2>/dev/null; then # as in a container: processes have other numbers there
	# shellcheck disable=SC2016
	run unshare -pf --mount-proc "$CEPHTAP" -q -n 'guarded:::hit { @[pid == $target] = count(); }' -c "$target 300 1000"
	grep -qE '^ +1 +[1-9]' "$out" && ! grep -qE '^ +0 +[1-9]' "$out"
	verdict "a namespace of process ids" $? "$(cat "$out" "$err")"
else
	echo "skip a namespace of process ids - none may be made here"
fi

# ---- kill -9 ----

start -q -p $pid -n "$count"
kill -9 "$(pgrep -P $tracer)"
wait_for 5 gone
finish
all_is_well "kill -9 of what holds the links" 1
grep -qxE 'cephtap: a process ct-links, which holds the probes, was killed: .*; tracing stopped' "$err"
verdict "and it is said" $? "not said"
wait_for 5 "$PROGS/text_same" $pid >/dev/null
verdict "and no breakpoint is left" $? "$("$PROGS/text_same" $pid)"
# Whoever ignores SIGCHLD hands that on; the kernel then tells nobody how a child has ended.
python3 -c 'import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])' \
	"$CEPHTAP" -q -p $pid -n "$count" >"$out" 2>"$err" </dev/null & tracer=$!
wait_for 20 fired
kill -9 "$(pgrep -P $tracer)"
wait_for 5 gone
finish
all_is_well "the same where SIGCHLD is ignored" 1
# The fewest descriptors with which everything is loaded: attaching then fails.
for ((i = 12; i < 30; i++)); do
	# shellcheck disable=SC2016
	run bash -c "ulimit -n $i; "'exec "$0" "$@"' "$CEPHTAP" -q -n "$count" -c "$target 3 1000"
	grep -q 'cannot attach' "$err" && break
done
grep -q 'cannot attach' "$err" && [ ! -s "$out" ]
verdict "-c: what cannot be attached to is not run" $? "$(cat "$err" "$out")"

start -q -p $pid -n "$count"
kill -9 $tracer
finish 2>/dev/null
wait_for 5 nothing_left
verdict "kill -9: nothing is left" $? "$("$PROGS/bpf_count" "agg_$map")"
wait_for 5 "$PROGS/text_same" $pid >/dev/null
verdict "kill -9: no breakpoint is left" $? "$("$PROGS/text_same" $pid)"
end_target
one_target 3000
for mode in '' --no-multi; do # the program counts how often its semaphore was up
	# shellcheck disable=SC2086
	start -q $mode -p $pid -n "$count"
	kill -9 $tracer
	finish 2>/dev/null
	wait_for 5 nothing_left
done
wait $pid
[ "$(cat hits)" -gt 0 ] && [ "$(cat hits)" -lt 2500 ]
verdict "kill -9: the semaphore is down again" $? "it was up for $(cat hits) of 3000 rounds"
"$CEPHTAP" -q -c "$target 1000 1000" -n "$count" >hits 2>"$err" & tracer=$!
wait_for 10 attached
kill -9 $tracer
wait $tracer 2>/dev/null
ended() { grep -qxE '[0-9]+' hits; }
wait_for 10 ended
verdict "kill -9: the program of -c goes on to its end" $? "$(cat hits)"

# ---- two of each ----

one_target
other=$pid
one_target
start -q -p $pid -n "$count"
timeout 10 "$CEPHTAP" -q -p $pid --seconds 1 -n 'guarded:::hit { @ = count(); }' >second 2>&1
grep -qxE ' +[1-9][0-9]*' second
verdict "two cephtaps on one process: the second" $? "$(cat second)"
kill -INT $tracer
finish
all_is_well "two cephtaps on one process: the first" 0
for mode in '' --no-multi; do
	# shellcheck disable=SC2086
	run "$CEPHTAP" -q $mode --seconds 1 -n "guarded$pid:::hit { @$map[pid] = count(); } guarded*:::hit { @all[pid] = count(); }"
	[ "$(grep -cE "^ +$pid +[1-9]" "$out")" = 2 ] && [ "$(grep -cE "^ +$other +[1-9]" "$out")" = 1 ]
	verdict "a probe of one of two processes ${mode:-by multi-uprobe link}" $? "not as often as it should"
done
run "$CEPHTAP" -q --seconds 1 -n "guarded$pid:::hit { @$map[pid] = count(); }"
[ "$(grep -cE "^ +[0-9]+ +[1-9]" "$out")" = 1 ] && grep -qE "^ +$pid +" "$out"
verdict "a probe of one process alone" $? "not as often as it should"
# shellcheck disable=SC2016
run "$CEPHTAP" -q -n 'BEGIN { printf("%d %d %d %d %d %d", pid == $pid, $ppid > 0, $uid, $euid, $gid, $egid); exit(0); }'
[ "$(cat "$out")" = "1 1 $(id -ru) $(id -u) $(id -rg) $(id -g)" ]
verdict "macros of the tracer itself" $? "$(cat "$out")"
