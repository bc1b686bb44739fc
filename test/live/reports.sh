#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# time: 150
#
# The reports against what Ceph and rados bench say of the same ops, and against a cause that was planted.
. "$TOP/test/live/lib-live.sh"

check() { # NAME CONDITION...
	local name=$1
	shift
	if "$@"; then echo "ok $name"; else echo "not ok $name - $* ($(tail -n 12 "$TMP/report" | tr '\n' '|') $(tail -n 2 "$TMP/err" | tr '\n' ' '))"; fi
}
report() { "$CEPHTAP" report "$@" >"$TMP/report" 2>"$TMP/err"; } # its exit status is looked at
grown() { # NUMBER BY COUNTER...: Ceph's counters, of all OSDs together
	[ "$(clusters perf "$cluster" all "${@:3}" | awk '{ n += $2 } END { print n + 0 }')" -ge $(($1 + $2)) ]
}

cluster_up --size 3

# ---- an OSD that stands still: it is who was waited for
begin_report slow-ops --over 300ms $only
stopped=$(clusters pids "$cluster" | sed -n 's/^osd\.2 //p')
before=$(written)
load write-4k 4 >"$TMP/load" & loader=$!
wait_for 30 has_written "$before" 20
kill -STOP "$stopped"
sleep 1 # for so long it stands still: that is what is tested
kill -CONT "$stopped"
wait $loader
end_report
check slow-ops-some test "$(grep -c '^[0-9:.]* osd\.' "$TMP/report")" -gt 2
check slow-ops-peer grep -q 'waited for osd\.2 after their own disk' "$TMP/report"
check slow-ops-no-other test -z "$(grep 'of osd\.[01] waited for osd\.[01] after' "$TMP/report")"
awk '$2 ~ /^osd\./ && $6 ~ /^[0-9]+$/ { sum = $8 + $9 + $10 + $11 + $12 + $13; if (sum < $7 - 0.6 || sum > $7 + 0.6) bad++; n++ } END { exit !(n && !bad) }' "$TMP/report" &&
	echo "ok slow-ops-stages" || echo "not ok slow-ops-stages - they do not add up: $(grep -m 3 osd "$TMP/report" | tr '\n' '|')"
ops=$(sed -n 's/.* op_w=\([0-9]*\).*/\1/p' "$TMP/load")
check slow-ops-seen test "$(sed -n 's/^[0-9]* of \([0-9]*\) ops took.*/\1/p' "$TMP/report")" -ge "$ops"
report slow-ops --over 100s --seconds 1 $only
check slow-ops-none grep -q '^0 of [0-9]* ops took longer than 100000.0 ms' "$TMP/report"

# ---- clients: as many ops as rados bench has made
(eval "$(clusters env "$cluster")" && exec rados bench -p demo 600 write -b 4096 -t 4 --no-cleanup) >"$TMP/bench" 2>&1 &
bench=$!
tracers="$tracers $bench"
first=$(written)
wait_for 30 has_written "$first" 1
before=$(written)
begin_report client -p $bench
attached=$(written)
wait_for 60 has_written "$attached" 500
after=$(written)
end_report
made=$(($(written) - before))
kill -KILL $bench
wait $bench 2>/dev/null
got=$(awk '$1 == "rados" && NF == 7 { print $4 }' "$TMP/report")
check client-process test -n "$got"
check client-ops test "${got:-0}" -ge $((after - attached - 4)) -a "${got:-0}" -le $((made + 4)) # of four that are under way, the client may know later
check client-osds test "$(grep -c '^osd\.' "$TMP/report")" = 3
check client-object grep -q 'benchmark_data' "$TMP/report"

# ---- BlueStore: batches and flushes as its counters have them
prepared_by_ceph() { clusters perf "$cluster" all bluestore.state_prepare_lat.avgcount | awk '{ print $2 }'; }
before=$(prepared_by_ceph)
begin_report bluestore $only
attached=$(prepared_by_ceph)
load write-4k 2 >"$TMP/load"
wait_for 30 ops_are_done
end_report
after=$(prepared_by_ceph)
ops=$(sed -n 's/.* op_w=\([0-9]*\).*/\1/p' "$TMP/load")
prepared=$(awk '$3 == "prepare" { n += $4 } END { print n }' "$TMP/report")
check bluestore-transactions test "$prepared" -ge $((3 * ops)) # one for each copy
check bluestore-of-ceph test "$prepared" -ge $((after - attached)) -a "$prepared" -le $((after - before))
check bluestore-states test "$(grep -c kv_committing "$TMP/report")" = 3
check bluestore-batches test "$(awk '/BATCHES/ { on = 1; next } /FLUSHES/ { on = 0 } on { n++ } END { print n }' "$TMP/report")" = 3
check bluestore-device grep -q 'transactions' "$TMP/report"

# ---- the scheduler: no more than the kernel's own account of the OSDs from before to after, no less than of a part of it
account() { # ns on a processor, ns waiting for one
	local pid
	for pid in $pids; do cat "/proc/$pid"/task/*/schedstat; done | awk '{ cpu += $1; wait += $2 } END { printf "%.0f %.0f\n", cpu, wait }'
}
ms_of_daemons() { awk '/^DAEMON/ { on = 1; next } /^$/ { on = 0 } on { cpu += $2; wait += $4 } END { printf "%.0f %.0f\n", 1e6 * cpu, 1e6 * wait }' "$TMP/report"; }
between() { # LOW HIGH: what the report says, within 5 % of either
	awk -v low="$1" -v high="$2" -v said="$(ms_of_daemons)" 'BEGIN { split(low, l); split(high, h); split(said, s)
		for (i = 1; i <= 2; i++) if (s[i] < 0.95 * l[i] || s[i] > 1.05 * h[i]) bad++
		exit !(s[1] > 0 && !bad) }'
}
minus() { awk -v a="$1" -v b="$2" 'BEGIN { split(a, x); split(b, y); print x[1] - y[1], x[2] - y[2] }'; }
outer=$(account)
begin_report sched $only
load write-4k 1 >/dev/null # a thread that slept when the report began counts from its next sleep on
inner=$(account)
load write-4k 2 >"$TMP/load"
inner=$(minus "$(account)" "$inner")
end_report
echo "the report says $(ms_of_daemons), the kernel $inner for a part of it"
check sched-account between "$inner" "$(minus "$(account)" "$outer")"
check sched-daemons test "$(awk '/^DAEMON/ { on = 1; next } /^$/ { on = 0 } on && /^osd\.[0-2] / { n++ } END { print n }' "$TMP/report")" = 3
check sched-threads grep -q '^osd\.[0-2] *tp_osd_tp ' "$TMP/report"
check sched-chain grep -q '^osd\.[0-2] *msgr-worker-[0-9]* *-> osd\.[0-2] *tp_osd_tp ' "$TMP/report"
begin_report offcpu $only
load write-4k 2 >"$TMP/load"
end_report
check offcpu-frames grep -q 'ceph-osd`BlueStore::_kv_sync_thread$' "$TMP/report"

# ---- recovery: each object once
recovered() { clusters perf "$cluster" all osd.recovery_ops | awk '{ print $2 }'; }
(eval "$(clusters env "$cluster")" && ceph osd pool set demo size 2) >/dev/null 2>&1
wait_for 60 all_clean
load write-4k 1 >/dev/null
wait_for 60 all_clean
before=$(recovered)
begin_report recovery $only
(eval "$(clusters env "$cluster")" && ceph osd pool set demo size 3) >/dev/null 2>&1
wait_for 60 grown "$before" 50 osd.recovery_ops
wait_for 60 all_clean
end_report
objects=$(awk '/^PRIMARY/ { on = 1; next } /^FROM/ { on = 0 } on { n += $3 } END { print n }' "$TMP/report")
check recovery-objects test "$objects" -gt 50
check recovery-of-ceph test "$objects" -le $((($(recovered) - before) * 102 / 100 + 2)) # Ceph counts at another moment of an object
check recovery-peers test "$(awk '/^FROM/ { on = 1; next } /^OSD/ { on = 0 } on && $4 > 0 { n++ } END { print n + 0 }' "$TMP/report")" -ge 2

report nonsense
check no-report test $? = 2
report slow-ops --over soon
check no-time test $? = 2
report client --json --seconds 1
check json python3 -c "import json; [json.loads(line) for line in open('$TMP/report')]"
