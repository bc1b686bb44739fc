#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Processes that are chosen by what they are: control groups, containers, names; that restart, and that start later.
set -u
. "$TOP/test/lib.sh"

[ "$(id -u)" = 0 ] || { echo "skip processes - needs root"; exit 0; }
target=$PROGS/loop_target
rounds=60 # seconds; it is killed before
tapper=
check() { # NAME CONDITION...
	local name=$1
	shift
	if "$@"; then echo "ok $name"; else echo "not ok $name - $(tr '\n' ' ' <"$TMP/out") $(tr '\n' ' ' <"$TMP/err")"; fi
}
refused() { # NAME STATUS TEXT OPTIONS...
	local name=$1 status=$2 text=$3
	shift 3
	timeout 20 "$CEPHTAP" -q "$@" -n 'BEGIN { exit(0); }' >"$TMP/out" 2>"$TMP/err"
	check "$name" test $? = "$status"
	check "$name said" grep -qF -- "$text" "$TMP/err"
}
# A script that counts hits by process, in the background, until it is told to end.
start() { # OPTIONS...
	: >"$TMP/out"
	"$CEPHTAP" -q "$@" -n 'loop:::turn { @[pid] = count(); } loop:::turn /!fired[pid]++/ { printf("fired %d\n", pid); } syscall::nanosleep:entry, syscall::clock_nanosleep:entry /!slept[execname]++/ { printf("slept %s\n", execname); }
		BEGIN { printf("begun\n"); } END { printa("hits %d %@u\n", @); }' >"$TMP/out" 2>"$TMP/err" &
	tapper=$!
	wait_for 30 grep -q begun "$TMP/out"
}
hit() { wait_for 30 grep -qx "fired $1" "$TMP/out"; } # PID: its marker has been seen
stop() { kill -INT $tapper; wait $tapper; }
# A process in this control group. Its number goes to $pid.
in_group() { # DIR COMMAND...
	local dir=$1
	shift
	(echo $BASHPID >"$dir/cgroup.procs" && exec "$@") >/dev/null 2>&1 &
	pid=$!
	wait_for 10 past_exec $pid
}

groups=
for dir in /sys/fs/cgroup/unified /sys/fs/cgroup /sys/fs/cgroup/pids /sys/fs/cgroup/systemd; do
	[ -e "$dir/cgroup.procs" ] && mkdir "$dir/cephtap-test-$$" 2>/dev/null && groups=$dir/cephtap-test-$$ && break
done
if [ -z "$groups" ]; then
	echo "skip groups - no control group can be made here"
else
	id=$(printf '%064d' 0 | sed 's/^/0123456789ab/' | cut -c 1-64)
	mkdir "$groups/inner" "$groups/docker-$id.scope" "$groups/ceph-1234@osd.7.service"
	in_group "$groups/inner" "$target" $rounds; first=$pid
	"$target" $rounds >/dev/null & outsider=$!
	start --cgroup "cephtap-test-$$"
	hit $first
	kill $first; wait $first 2>/dev/null
	in_group "$groups/inner" "$target" $rounds; second=$pid
	hit $second
	kill $second; wait $second 2>/dev/null
	stop
	check group-first grep -q "^hits $first [1-9]" "$TMP/out"
	check group-second grep -q "^hits $second [1-9]" "$TMP/out"
	check group-outsider test -z "$(grep "^hits $outsider " "$TMP/out")"
	check group-ended grep -q "loop_target has ended (process $first)" "$TMP/err"
	check group-restarted grep -q "loop_target has restarted: process $first is now $second" "$TMP/err"

	in_group "$groups/docker-$id.scope" "$target" $rounds; first=$pid
	start --container 0123456789ab
	in_group "$groups/docker-$id.scope" sleep 0.01 # other programs in it: no markers, but system calls
	in_group "$groups/docker-$id.scope" python3 -c 'import time
while True: time.sleep(0.1)'
	check container-calls wait_for 30 grep -q '^slept python3' "$TMP/out"
	kill $pid; wait $pid 2>/dev/null
	hit $first
	kill $first; wait $first 2>/dev/null
	stop
	check container grep -q "^hits $first [1-9]" "$TMP/out"
	check container-alone test "$(grep -c '^hits' "$TMP/out")" = 1
	in_group "$groups/ceph-1234@osd.7.service" "$target" $rounds; first=$pid
	start --container 'ceph-*@osd.7.service'
	hit $first
	kill $first; wait $first 2>/dev/null
	stop
	check service grep -q "^hits $first [1-9]" "$TMP/out"
	check service-alone test "$(grep -c '^hits' "$TMP/out")" = 1
	kill $outsider; wait $outsider 2>/dev/null
	refused empty-group 1 "no process is in the control group" --cgroup "cephtap-test-$$"
	wait_for 10 rmdir "$groups"/*/ 2>/dev/null
	rmdir "$groups"
fi

# ---- namespaces of its own, and a file of its own, as in a container
root=$TMP/root
mkdir -p "$root/proc" "$root/opt"
cp "$target" "$root/opt/contained"
for lib in $(ldd "$target" | grep -o '/[^ ]*'); do mkdir -p "$root${lib%/*}" && cp "$lib" "$root$lib"; done
if unshare -m -p -f chroot "$root" /opt/contained 1 >/dev/null 2>&1; then
	unshare -m -p -f chroot "$root" /opt/contained $rounds >/dev/null 2>&1 &
	holder=$!
	wait_for 10 pgrep -P $holder >/dev/null
	inside=$(pgrep -P $holder)
	wait_for 10 naps "$inside"
	start -p "$inside"
	hit "$inside"
	stop
	check namespace grep -q "^hits $inside [1-9]" "$TMP/out"
	"$CEPHTAP" list -p "$inside" 'loop:contained::turn' >"$TMP/out" 2>"$TMP/err"
	check namespace-module grep -q "contained" "$TMP/out"
	kill -9 "$inside"; wait $holder 2>/dev/null
else
	echo "skip namespaces - unshare is not allowed here"
fi

# ---- -W
cp "$target" "$TMP/awaited-one"
"$CEPHTAP" -q -W awaited-one -n 'loop$target:::turn { @ = count(); } END { printa("%@u\n", @); }' >"$TMP/out" 2>"$TMP/err" &
tapper=$!
wait_for 60 grep -q "waiting for a process" "$TMP/err"
"$TMP/awaited-one" 1 >/dev/null 2>&1
kill -INT $tapper
wait $tapper
check wait-for test "$(tail -n 1 "$TMP/out")" -gt 100
timeout -s INT 1 "$CEPHTAP" -q -W never-comes -n 'BEGIN { }' >"$TMP/out" 2>"$TMP/err"
check wait-interrupted grep -q 'no process `never-comes` has started' "$TMP/err"

refused no-group 1 "there is no control group" --cgroup no/such/group
refused no-container 1 "no process is in a container" --container feedfacefeed
refused no-daemon 1 'there is no daemon `osd.99999`' --osd 99999
