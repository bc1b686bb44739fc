#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# time: 280
#
# OSDs that end and start again for as long as one likes, on a cluster under writes: memory, descriptors, mappings and helpers of a
# report and of a heavy script stay what they were, and each new OSD is traced under its name. RESTARTS= says how often at least (8),
# FLAT_SECONDS= for how long at least (0), EVERY= how many seconds lie between two (10; `make test-flat`: two hours, 60).
. "$TOP/test/live/lib-live.sh"
restarts=${RESTARTS:-8}
span=${FLAT_SECONDS:-0}
every=${EVERY:-10}
warm=5 # restarts after which nothing may grow any more
group=
writer=

check() { # NAME CONDITION...
	local name=$1
	shift
	if "$@"; then echo "ok $name"; else echo "not ok $name - $*"; fi
}

# ---- a cluster in a control group of its own, which is what is traced: other tests have clusters too

for dir in /sys/fs/cgroup/unified /sys/fs/cgroup /sys/fs/cgroup/pids /sys/fs/cgroup/systemd; do
	[ -e "$dir/cgroup.procs" ] && mkdir "$dir/cephtap-flat-$$" 2>/dev/null && group=$dir/cephtap-flat-$$ && break
done
[ -n "$group" ] || { echo "skip flat - no control group can be made here"; exit 0; }
end_all() {
	touch "$TMP/end"
	[ -z "$writer" ] || wait "$writer" # without a cluster it would wait for one
	clean_up
	wait
	wait_for 10 rmdir "$group" 2>/dev/null
}
join_group() { echo $BASHPID >"$group/cgroup.procs"; }
leave_group() { echo "$1" >"${group%/*}/cgroup.procs"; }

join_group
cluster_up --osds 2 --pg 16
trap end_all EXIT
leave_group $$
leave_group "$watcher"

osd_pid() { cat "$cluster/run/osd.$1.pid"; }
mapfile -d '' -t command <"/proc/$(osd_pid 0)/cmdline"
start_osd() { # NUMBER
	(join_group && exec setsid "${command[0]}" -f --id "$1" -c "$cluster/ceph.conf") >>"$TMP/osd.log" 2>&1 </dev/null &
	echo $! >"$cluster/run/osd.$1.pid"
	echo "$! osd.$1" >>"$TMP/born"
}
keep_writing() {
	local n=0
	while [ ! -e "$TMP/end" ]; do
		clusters load "$cluster" write-4k 5 --concurrent 4
		n=$((n + 1))
		[ $((n % 8)) != 0 ] || clusters load "$cluster" clean
	done
} >>"$TMP/load.log" 2>&1

# ---- what is traced

cat >"$TMP/heavy.d" <<'D'
self int64_t last;
BEGIN { printf("attached\n"); }
ceph_*:::*
{
	@a[probeprov, probename, execname, tid] = count();
	@b[probename] = quantize(timestamp - self->last);
	self->last = timestamp;
}
ceph_osd:::op-* { @s[daemon, ustack(8)] = count(); }
ceph_store:::txn-done { @n[daemon, pid] = count(); all[pid]++; }
ceph_store:::txn-done /all[pid] % 100 == 0/ { printf("%s %s %d\n", daemon, probename, tid); }
tick-2s { printa("named %s %d %@d\n", @n); printa(@a); printa(@b); printa(@s); trunc(@a); trunc(@b); trunc(@s); trunc(@n); }
D
"$CEPHTAP" report osd --cgroup "cephtap-flat-$$" -i 5 >"$TMP/report" 2>"$TMP/err" & report=$!
tracers="$tracers $report"
await_begin $report
attach heavy -q --cgroup "cephtap-flat-$$" -s "$TMP/heavy.d"
heavy=$tracer
keep_writing & writer=$!

measure() { # PID: resident KiB, descriptors, mappings, helpers
	echo "$(awk '/^VmRSS/ { print $2 }' "/proc/$1/status") $(find "/proc/$1/fd" -mindepth 1 | wc -l) $(wc -l <"/proc/$1/maps")" \
		"$(pgrep -c -P "$1")"
}
is_active() { clusters ask "$cluster" "$1" status 2>/dev/null | grep -q '"state": "active"'; }
is_named() { grep -Eq "^named osd\.$1(#[0-9]*)? $2 [1-9]" "$TMP/heavy.out"; } # NUMBER PID
restart() { # NUMBER SIGNAL
	local pid
	pid=$(osd_pid "$1")
	kill "-$2" "$pid"
	wait_for 60 has_ended "$pid"
	start_osd "$1"
	wait_for 90 is_active "$1" || echo "osd.$1 is not active after 90 s"
}

# ---- rounds

lost=0
signals=(TERM KILL KILL TERM)
for ((i = 1; i <= restarts || SECONDS < span; i++)); do
	next=$((SECONDS + every))
	restart $((i % 2)) "${signals[i % 4]}"
	wait_for 60 is_named $((i % 2)) "$(osd_pid $((i % 2)))" || { lost=$((lost + 1)); echo "restart $i: process $(osd_pid $((i % 2))) has no name"; }
	[ $i != $warm ] || { first_report=$(measure $report); first_heavy=$(measure $heavy); }
	echo "after $i restarts in $SECONDS s: report $(measure $report), heavy $(measure $heavy)"
	until [ $SECONDS -ge $next ]; do sleep 0.5; done
done
last_report=$(measure $report)
last_heavy=$(measure $heavy)

# ---- verdicts

flat() { # NAME FIRST LAST
	local what
	# shellcheck disable=SC2086
	set -- "$1" $2 $3
	echo "$1: after $warm restarts $2 KiB, $3 descriptors, $4 mappings, $5 helpers; after $((i - 1)): $6 KiB, $7, $8, $9"
	# A neighbour with 60,000 mappings, which is looked at once, costs 6 MiB that malloc() keeps; the stacks that were seen fill a store.
	check "$1 memory" test "$6" -le $(($2 + 12288))
	check "$1 descriptors" test "$7" -le $(($3 + 24)) # some are open while one restarts
	check "$1 mappings" test "$8" -le $(($4 + 4))
	check "$1 helpers" test "$9" -le $(($5 + 2))
}
# All lines that name a process name it as what it was.
wrong_names() {
	awk 'NR == FNR { is[$1] = $2; next } $1 == "named" { name = NF < 4 ? "none" : $2; pid = NF < 4 ? $2 : $3; sub(/#.*/, "", name) }
		$1 == "named" && pid in is && name != is[pid]' "$TMP/born" "$TMP/heavy.out"
}
check "each OSD that was started was traced under its name" test $lost = 0
wrong=$(wrong_names | head -n 3)
check "and under no other" test -z "$wrong"
flat report "$first_report" "$last_report"
flat heavy "$first_heavy" "$last_heavy"
detach $report
check "the report ends well" test $? = 0
detach $heavy
check "the script ends well" test $? = 0
plain_names "$TMP/report"
names=$(grep -oE '^osd[^ ]*' "$TMP/report" | sort -u | tr '\n' ' ')
check "the report names both, and nobody else" test "$names" = "osd.0 osd.1 "
complaints "$TMP/err" "$TMP/heavy.err" | sort | uniq -c | sort -rn | head -n 20
