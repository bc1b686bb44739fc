#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Processes that come and go: chosen ones that restart, programs that start later, control groups, programs on an overlay.
. "$(dirname "$0")/lib.sh"

# ---- a control group whose process restarts
group=/sys/fs/cgroup/cephtap-test
if mkdir $group 2>/dev/null; then
	in_group() { (echo $BASHPID >$group/cgroup.procs && exec "$PROGS/loop_target" 100000) >/dev/null 2>&1 & pid=$!; }
	in_group; first=$pid
	await grep -q . $group/cgroup.procs
	background "$PROGS/loop_target" 100000; outsider=$pid
	start --cgroup cephtap-test -n 'BEGIN { printf("begun\n"); } loop:::turn { @[pid] = count(); } tick-100ms { printa("hits %d %@u\n", @); }'
	await has_line "$TMP/out" "^hits $first [1-9]"
	kill "$first"; wait "$first" 2>/dev/null
	in_group; second=$pid
	await has_line "$TMP/out" "^hits $second [1-9]"
	check group grep -q "^hits $first [1-9]" "$TMP/out"
	check group-restarted grep -q "^hits $second [1-9]" "$TMP/out"
	stop
	check group-outsider test -z "$(grep "^hits $outsider " "$TMP/out")"
	kill "$second" "$outsider"; wait 2>/dev/null
	rmdir $group
else
	echo "skip group - this kernel has no control groups of version 2"
fi

# ---- a marker that is not there yet (-Z)
start -Z -n 'BEGIN { printf("begun\n"); n = 41; } guarded:::hit { @ = count(); n++; } tick-100ms { printa("count %@u\n", @); } END { printf("n %d\n", n); }'
background "$PROGS/marker_sem" 100000000 1000
late=$pid
await has_line "$TMP/out" 'count [0-9][0-9]'
check late grep -q 'count [0-9][0-9]' "$TMP/out"
stop
check late-variables awk '/^n / { exit !($2 > 50) }' "$TMP/out"
kill "$late"; wait 2>/dev/null

# ---- a program of a container: its file lies on an overlay
mkdir -p /var/tmp/lower /run/upper /run/work /run/merged
cp "$PROGS/lang_target" /var/tmp/lower/ && cp "$PROGS/loop_target" "$PROGS/stack_target" "$PROGS/pid_target" /var/tmp/lower/
if mount -t overlay none -o lowerdir=/var/tmp/lower,upperdir=/run/upper,workdir=/run/work /run/merged 2>"$TMP/err"; then
	for option in "" --no-multi; do
		got=$(tap $option -n 'lang:::hit { @ = count(); } END { printa("%@u", @); }' -c '/run/merged/lang_target 1000')
		equal "overlay$option" 1000 "$got"
		got=$(tap $option -n 'pid$target:a.out:leaf:entry { @ = count(); } pid$target:a.out:leaf:return { @r = sum(arg1); } END { printa("%@u", @); printa(" %@u", @r); }' \
			-c /run/merged/pid_target | tail -n 1)
		equal "overlay-function$option" "10 100" "$got"
		background /run/merged/loop_target 100000
		start $option -p "$pid" -n 'BEGIN { printf("begun\n"); } loop:::turn { n++; } loop:::turn /n == 20/ { exit(0); }'
		await test ! -d /proc/$tapper || kill -INT $tapper
		wait $tapper
		equal "overlay-process$option" 0 $?
		start $option -n 'BEGIN { printf("begun\n"); } loop:::turn { n++; } loop:::turn /n == 20/ { exit(0); }'
		await test ! -d /proc/$tapper || kill -INT $tapper
		wait $tapper
		equal "overlay-everybody$option" 0 $?
		kill "$pid"; wait 2>/dev/null
	done
	tap -n 'pid$target:a.out:mark:entry { @[ustack()] = count(); }' -c '/run/merged/stack_target 3' >"$TMP/out"
	grep -q 'Linux 5.17' "$TMP/err" && echo "skip overlay-stack - no user stacks on this kernel" ||
		check overlay-stack grep -q '`main' "$TMP/out"
	# The same in a mount namespace of its own, as a container has it: its path is another one there.
	unshare -m bash -c 'mount --make-rprivate / && mkdir -p /run/inner && mount --move /run/merged /run/inner 2>/dev/null || mount --bind /run/merged /run/inner
		exec /run/inner/loop_target 100000' >/dev/null 2>&1 &
	inner=$!
	await grep -q loop_target /proc/$inner/comm
	start -n 'BEGIN { printf("begun\n"); } loop:::turn /pid == $1/ { n++; } loop:::turn /n == 20/ { exit(0); }' $inner
	await test ! -d /proc/$tapper || kill -INT $tapper
	wait $tapper
	equal container 0 $?
	kill $inner; wait 2>/dev/null
else
	echo "skip overlay - $(head -n 1 "$TMP/err")"
fi
