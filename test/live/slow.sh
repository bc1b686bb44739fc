#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# long
# time: 240
#
# doc/slow-cluster.md: each cause of a slow cluster is planted, and the reports must name it; on the healthy cluster they must not.
# Other load may run beside it: what is checked is large, or is one OSD compared with the others, which have the same beside them.
# shellcheck disable=SC2086 # $only is several words
. "$TOP/test/live/lib-live.sh"
groups=   # control groups that were made here
loader=   # what makes ops meanwhile
hog=
stopped=

check() { # NAME FILE CONDITION...: when it fails, the end of the report says why
	local name=$1 file=$2
	shift 2
	if "$@"; then echo "ok $name"; else echo "not ok $name - $* ($(tail -n 12 "$TMP/$file" | tr '\n' '|') $(tail -n 2 "$TMP/$file.err" | tr '\n' ' '))"; fi
}

clean_up() {
	[ -z "$stopped" ] || kill -CONT "$stopped" 2>/dev/null
	[ -z "$tracers$watcher$loader$hog" ] || kill -KILL $tracers $watcher $loader $hog 2>/dev/null
	clusters down "$cluster"
	for group in $groups; do
		wait_for 10 rmdir "$group" 2>/dev/null # its last process may be on its way out
	done
}

# ---- load and reports

in_cluster() { (eval "$(clusters env "$cluster")" && exec "$@"); }
start_load() { # COMMAND...: returns when it has written
	local before
	before=$(written)
	(eval "$(clusters env "$cluster")" && exec "$@") >"$TMP/load" 2>&1 &
	loader=$!
	wait_for 30 has_written "$before" 16 || give_up "the load does not begin: $(tail -n 1 "$TMP/load")"
}
end_load() {
	kill -KILL "$loader" 2>/dev/null
	wait "$loader" 2>/dev/null
	loader=
}
start_report() { # NAME OPTION...: in the background; its text is in $TMP/NAME
	local name=$1
	"$CEPHTAP" report "$@" $only >"$TMP/$name" 2>"$TMP/$name.err" &
	reporter=$!
	tracers="$tracers $reporter"
}
end_reports() {
	local name
	wait $tracers || give_up "a report failed: $(cat "$TMP"/*.err | tail -n 3)"
	tracers=
	for name in osd sched offcpu bluestore slow-ops op; do
		[ ! -e "$TMP/$name" ] || plain_names "$TMP/$name"
	done
}
reports() { # NAME...: at the same time, of the same 4 s
	for name in "$@"; do start_report "$name" --seconds 4; done
	end_reports
}
write_4k() { start_load rados bench -p demo 100 write -b 4096 -t 16 --no-cleanup; }

# ---- what reports say

# The sentence at the end of report osd: at least 60 % of all time is this cause of this OSD.
named() { awk -v cause="$1" -v osd="$2" '$2 == "%" && $3 == "is" && index($0, " is " cause " of osd.") && $0 ~ (" of " osd ": ") && $1 >= 60 { found = 1 } END { exit !found }' "$TMP/osd"; }
share() { awk -v osd="$1" '/^WHERE TIME WENT/ { on = 1 } on && $1 == osd { printf "%d", $2; found = 1 } END { if (!found) print 0 }' "$TMP/osd"; }
# The columns of bstore_kv_sync of osd.2 in report sched, in % of the time.
kv_thread() { awk -v column="$1" '/^WHO/ { on = 1 } on && $1 == "osd.2" && $2 == "bstore_kv_sync" { at = column == "wait" ? 6 : 8; printf "%d", $at; found = 1; exit } END { if (!found) print 0 }' "$TMP/sched"; }
# How much longer osd.2 waited for a processor than the other two, in tenths.
wait_ratio() { awk '/^DAEMON/ { on = 1; next } /^$/ { on = 0 } on && $1 == "osd.2" { mine = $4 } on && $1 ~ /^osd\.[01]$/ && $4 > most { most = $4 } END { printf "%d", most ? 10 * mine / most : 0 }' "$TMP/sched"; }
# The same of the mean time of its flushes.
flush_ratio() { awk '/FLUSHES/ { on = 1; next } /DEVICE  / { on = 0 } on && $1 == "osd.2" { mine = $3 } on && $1 ~ /^osd\.[01]$/ && $3 > most { most = $3 } END { printf "%d", most ? 10 * mine / most : 0 }' "$TMP/bluestore"; }
# How long bstore_kv_sync of osd.2 was blocked, by a disk or a lock, in % of the time.
blocked() { awk '/^IDLE/ { exit } /^osd\.2 bstore_kv_sync: / { sub(/.*\(/, ""); sum += $1 } END { printf "%d", sum }' "$TMP/offcpu"; }
# A signal has stopped threads of this OSD.
stood_still() { awk -v osd="^$1 " '/^[a-z]/ { of = $0 ~ osd } of && $1 == "do_signal_stop" { found = 1 } END { exit !found }' "$TMP/offcpu"; }
one_pg() { grep -q '^[0-9]* % of that for one placement group, ' "$TMP/osd"; }

# ---- control groups, of version 1 or 2

controller() { # io or cpu: a new group that limits it, in $group
	local old=/sys/fs/cgroup/${1/io/blkio} new=/sys/fs/cgroup
	if [ -d "$old" ]; then
		version=1
		group=$old/cephtap-slow-$$
	else
		version=2
		group=$new/cephtap-slow-$$-$1
		grep -qsw "$1" $new/cgroup.controllers && echo "+$1" >$new/cgroup.subtree_control || return
	fi
	mkdir "$group" && groups="$groups $group"
}
leave_group() { echo "$1" >"${group%/*}/cgroup.procs"; }
limit_io() { # DEVICE IOPS; 0: no limit
	if [ $version = 1 ]; then echo "$1 $2" >"$group/blkio.throttle.write_iops_device"; else echo "$1 wiops=$([ "$2" = 0 ] && echo max || echo "$2")" >"$group/io.max"; fi
}
limit_cpu() { # PERCENT of one processor
	if [ $version = 1 ]; then echo 100000 >"$group/cpu.cfs_period_us" && echo "${1}000" >"$group/cpu.cfs_quota_us"; else echo "${1}000 100000" >"$group/cpu.max"; fi
}
device_of() { # FOLDER: MAJOR:MINOR of the whole disk below it
	local device
	device=$(findmnt -n -o MAJ:MIN -T "$1" | tr -d ' ')
	[ -e "/sys/dev/block/$device" ] || return
	if [ -e "/sys/dev/block/$device/partition" ]; then cat "/sys/dev/block/$device/../dev"; else echo "$device"; fi
}

cluster_up --size 3
victim=$(clusters pids "$cluster" | sed -n 's/^osd\.2 //p')

# ---- healthy: nothing of what follows is named
write_4k
reports osd sched bluestore offcpu
end_load
healthy_blocked=$(blocked)
check healthy-osd osd grep -q '^WHERE TIME WENT' "$TMP/osd"
check healthy-no-kv osd fails named kv 'osd[.]2'
check healthy-no-prepare osd fails named prepare 'osd[.][0-2]'
check healthy-share osd test "$(share osd.2)" -lt 75
check healthy-flushes bluestore test "$(flush_ratio)" -lt 40
check healthy-processor sched test "$(wait_ratio)" -lt 20
check healthy-not-stopped offcpu not stood_still 'osd[.][0-2]'

# ---- a slow device
device=$(device_of "$cluster")
if [ -z "$device" ] || ! controller io || ! limit_io "$device" 40; then
	echo "skip device - the control groups of this host cannot limit the device under $cluster"
else
	echo "$victim" >"$group/cgroup.procs"
	write_4k
	reports osd bluestore offcpu
	limit_io "$device" 0
	end_load
	leave_group "$victim"
	check device-osd osd named kv 'osd[.]2'
	check device-share osd test "$(share osd.2)" -ge 75
	check device-sums osd awk '/^WHERE TIME WENT/ { on = 1; next } on && $3 == "%" { if ($4 < 0 || $6 < 0 || $2 - $4 - $6 > 0.2) bad++; sum += $2 } END { exit bad || sum < 99 || sum > 101 }' "$TMP/osd"
	check device-others-wait osd grep -q '^  waited for osd\.2 [0-9]* %' "$TMP/osd"
	check device-blocked offcpu test "$(blocked)" -gt $((healthy_blocked + 20))
	check device-where offcpu grep -q 'KernelDevice::flush$' "$TMP/offcpu"
	check device-flushes bluestore test "$(flush_ratio)" -ge 40
	sleep 1
fi

# ---- a busy processor: a limit, and another program under the same limit
if ! controller cpu || ! limit_cpu 20; then
	echo "skip processor - the control groups of this host cannot limit processors"
else
	bash -c 'printf hog >/proc/self/comm; while :; do :; done' &
	hog=$!
	echo "$hog" >"$group/cgroup.procs"
	echo "$victim" >"$group/cgroup.procs"
	write_4k
	healthy_only=$only
	only="$only -p $hog"
	reports osd sched
	only=$healthy_only
	leave_group "$victim"
	end_load
	kill -KILL $hog
	wait $hog 2>/dev/null
	hog=
	check processor-osd osd test "$(share osd.2)" -ge 50
	check processor-waits sched test "$(wait_ratio)" -ge 20
	check processor-kv-thread sched test "$(kv_thread wait)" -gt "$(kv_thread blocked)"
	check processor-who sched test "$(awk '/^ON A PROC/ { on = 1 } /^DAEMON/ { on = 0 } on && $1 == "hog" { printf "%d", $2 }' "$TMP/sched")" -gt 50
	sleep 1
fi

# ---- a peer that stands still for 2 s
write_4k
for name in slow-ops op offcpu; do
	start_report "$name" --seconds 60 $([ "$name" = slow-ops ] && echo --over 1500ms)
done
for reporter in $tracers; do await_begin "$reporter"; done
stopped=$victim
kill -STOP "$victim"
sleep 2 # for so long it stands still: that is what is tested
kill -CONT "$victim"
stopped=
wait_for 60 has_written "$(written)" 64
kill -INT $tracers
end_reports
end_load
check stopped-peer slow-ops awk '/of osd\.[01] waited for osd\.2 / { n += $1 } END { exit n < 2 }' "$TMP/slow-ops"
check stopped-no-other slow-ops not grep -q 'of osd\.[01] waited for osd\.[01] after' "$TMP/slow-ops"
check stopped-op op awk '/^ +AT ms/ { on = 1; next } on && $2 + 0 > most { most = $2 + 0; where = $3 } END { exit !(most > 1000 && where == "osd.2") }' "$TMP/op"
check stopped-threads offcpu stood_still 'osd[.]2'
check stopped-only-that offcpu not stood_still 'osd[.][01]'

# ---- a hot object
if ! /usr/bin/python3 -c 'import rados' 2>/dev/null; then
	echo "skip object - no python3-rados"
else
	start_load /usr/bin/python3 "$TOP/test/live/hot.py" "$cluster/ceph.conf" 100 hot
	start_report slow-ops --over 20ms --seconds 4
	reports osd
	"$CEPHTAP" top --once -d 2 --panel objects $only >"$TMP/top" 2>"$TMP/top.err"
	end_load
	check object-osd osd named prepare 'osd[.][0-2]'
	check object-next osd grep -q '^next: cephtap top --once --panel objects --daemon osd\.' "$TMP/osd"
	check object-top top test "$(awk '/^Objects/ { on = 1; next } on && $1 + 0 > 0 { print $NF; exit }' "$TMP/top")" = hot
	check object-waits slow-ops awk '$2 ~ /^osd\./ && $9 > $7 / 2 { n++ } $2 ~ /^osd\./ { all++ } END { exit !(all > 20 && n > all / 2) }' "$TMP/slow-ops"
fi

# ---- a pool of one placement group; the same reads of a pool of 32 do not wait for one
in_cluster ceph osd pool create one 1 1 >/dev/null 2>&1
for pool in demo one; do
	in_cluster rados -p $pool bench 1 write -b 4096 -t 16 --no-cleanup >"$TMP/load" 2>&1 || give_up "no objects in pool $pool: $(tail -n 1 "$TMP/load")"
	start_load rados -p $pool bench 100 rand -t 64
	reports osd
	end_load
	if [ $pool = demo ]; then
		check healthy-placement osd fails one_pg
	else
		check placement-queue osd named queue 'osd[.][0-2]'
		check placement-one osd one_pg
		check placement-next osd grep -q '^next: ceph osd pool ls detail' "$TMP/osd"
	fi
done
