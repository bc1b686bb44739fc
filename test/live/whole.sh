#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# time: 400
#
# Ceph does something, and its markers are counted against what Ceph itself says: erasure coding, commands and Paxos of the
# monitor, OSD maps, peering, recovery, backfill, scrub, an RBD image, callbacks of a client; CephFS and the object gateway
# where their daemons are installed.
. "$TOP/test/live/lib-live.sh"
pgs=8

check() { # NAME CONDITION...
	local name=$1
	shift
	if "$@"; then echo "ok $name"; else echo "not ok $name - $* ($(tr '\n' ' ' <"$TMP/counts"))"; fi
}
# A counter of Ceph's cannot be read at the moment at which markers begin to count: it was read before and after.
between() { # NAME BEFORE-ATTACH AFTER-ATTACH BEFORE-DETACH AFTER-DETACH GOT
	if [ "$6" -ge $(($4 - $3)) ] && [ "$6" -le $(($5 - $2)) ]; then echo "ok $1"; else
		echo "not ok $1 - Ceph says $(($4 - $3)) to $(($5 - $2)), markers $6 ($(tr '\n' ' ' <"$TMP/counts"))"
	fi
}
equal() { # NAME EXPECTED GOT
	if [ "$2" = "$3" ]; then echo "ok $1"; else echo "not ok $1 - Ceph says $2, markers $3 ($(tr '\n' ' ' <"$TMP/counts"))"; fi
}
admin() { (eval "$(clusters env "$cluster")" && timeout 60 ceph "$@") >"$TMP/admin" 2>&1 || give_up "ceph $*: $(tail -n 1 "$TMP/admin")"; }
# Counts hits by marker while something is done: `count NAME`, then the number is `n NAME`.
begin() { # NAME OPTIONS...: for the clauses in $TMP/count.d
	attach "$1" -q -s "$TMP/count.d" "${@:2}"
	counting=$tracer counted=$1
}
finish() {
	detach "$counting" || give_up "cephtap: $(cat "$TMP/$counted.err")"
	sed -n 's/^count //p' "$TMP/$counted.out" >"$TMP/counts"
}
n() { awk -v name="$1" '$1 == name { n += $2 } END { print n + 0 }' "$TMP/counts"; }
perf() { clusters perf "$cluster" "$@" | awk '{ print $2 }'; }
wait_quiet() { # until a counter of all OSDs has stood still for two seconds
	local before now=- i
	for i in $(seq 40); do
		before=$now
		now=$(perf all osd.recovery_ops)
		[ "$i" -gt 3 ] && [ "$before" = "$now" ] && return
		sleep 1
	done
}

cat >"$TMP/count.d" <<'D'
#pragma D option zdefs
BEGIN { printf("attached\n"); }
ceph_mon:::, ceph_repl:::ec-*, ceph_pg:::, ceph_osd:::osdmap-recv, ceph_rbd:::, ceph_client:::, ceph_mds:::, ceph_rgw::: { @[probename] = count(); }
ceph_rgw:::request-done /arg0/ { @["with-id"] = count(); }
ceph_pg:::scrub-done { printf("scrubbed\n"); }
END { printa("count %s %@u\n", @); }
D

cluster_up --auth --size 2 --pg $pgs --set 'osd scrub load threshold = 1000' --set 'osd scrub backoff ratio = 0' --set 'osd recovery sleep = 0' \
	--set 'osd recovery sleep hdd = 0' --set 'osd recovery max active = 10' --set 'osd max backfills = 4' \
	--set 'osd max pg log entries = 10' --set 'osd min pg log entries = 5' --set 'osd pg log trim min = 1'
mon=$(clusters pids "$cluster" | sed -n 's/^mon\.[^ ]* //p')
daemons="$only -p $mon"

# ---- the monitor
paxos_begin=$(perf mon paxos.begin) paxos_commit=$(perf mon paxos.commit)
# shellcheck disable=SC2086
begin monitor $daemons
paxos_begin="$paxos_begin $(perf mon paxos.begin)" paxos_commit="$paxos_commit $(perf mon paxos.commit)"
admin osd set noout
admin osd unset noout
admin osd erasure-code-profile set ec k=2 m=1 crush-failure-domain=osd
admin osd pool create ecpool $pgs $pgs erasure ec
sleep 3
paxos_begin="$paxos_begin $(perf mon paxos.begin)" paxos_commit="$paxos_commit $(perf mon paxos.commit)"
finish
# shellcheck disable=SC2086
between paxos-begin $paxos_begin "$(perf mon paxos.begin)" "$(n paxos-begin)"
# shellcheck disable=SC2086
between paxos-commit $paxos_commit "$(perf mon paxos.commit)" "$(n paxos-commit-done)"
open=$(($(n paxos-commit-done) - $(n paxos-commit-start)))
check paxos-commit-start test "${open#-}" -le 1 # one may have been under way when markers began to count
check command test "$(n command)" -ge 4
check propose test "$(n propose)" -ge 4
check dispatch test "$(n dispatch)" -ge 4
check osd-update test "$(n osd-update)" -ge 2
check osd-query test "$(n osd-query)" -ge "$(n osd-update)"
check store-apply test "$(n store-apply)" -ge "$(n paxos-commit-done)"
check osdmap-recv test "$(n osdmap-recv)" -ge 3
check interval-new test "$(n interval-new)" -ge $pgs
check activate test "$(n activate)" -ge $pgs

# ---- scrub: each PG once, by the admin socket of its primary
# shellcheck disable=SC2086
begin scrubs $only
admin osd unset noscrub
admin osd unset nodeep-scrub
for pg in $(seq 0 $((pgs - 1))); do
	for osd in 0 1 2; do
		clusters ask "$cluster" $osd scrub pgid=1."$pg" >/dev/null 2>&1
	done
done
for _ in $(seq 90); do
	[ "$(grep -c scrubbed "$TMP/scrubs.out")" -ge $pgs ] && break
	sleep 1
done
finish
check scrub-start test "$(n scrub-start)" -ge $pgs
equal scrub-done "$(n scrub-start)" "$(n scrub-done)"

# ---- erasure coding: three shards of each write, and of each read what is needed
# shellcheck disable=SC2086
begin erasure $only
(eval "$(clusters env "$cluster")" && rados bench -p ecpool 3 write -b 4096 -t 4 --no-cleanup) >"$TMP/bench" 2>&1 || give_up "rados bench: $(tail -n 1 "$TMP/bench")"
writes=$(sed -n 's/^Total writes made: *//p' "$TMP/bench")
sleep 1
finish
equal ec-write $((writes + 1)) "$(n ec-write-start)" # and bench's own object
check ec-subwrite test "$(n ec-subwrite-start)" -ge $((3 * (writes + 1))) # more when the log is rolled forward
equal ec-subwrite-shards 0 $(($(n ec-subwrite-start) % 3))
equal ec-subwrite-commit "$(n ec-subwrite-start)" "$(n ec-subwrite-commit)"
equal ec-subwrite-reply "$(n ec-subwrite-start)" "$(n ec-subwrite-reply)"
# shellcheck disable=SC2086
begin reading $only
(eval "$(clusters env "$cluster")" && rados bench -p ecpool 2 rand -t 4) >"$TMP/bench" 2>&1 || give_up "rados bench: $(tail -n 1 "$TMP/bench")"
reads=$(sed -n 's/^Total reads made: *//p' "$TMP/bench")
sleep 1
finish
equal ec-read $((reads + 1)) "$(n ec-read-start)"
equal ec-read-done "$(n ec-read-start)" "$(n ec-read-done)"
check ec-subread test "$(n ec-subread-start)" -ge $((2 * reads))
equal ec-subread-reply "$(n ec-subread-start)" "$(n ec-subread-reply)"

# ---- recovery: from two copies to three
load write-4k 2
recovery_ops=$(perf all osd.recovery_ops)
# shellcheck disable=SC2086
begin recovery $only
admin osd pool set demo size 3
wait_quiet
finish
recovered=$(($(perf all osd.recovery_ops) - recovery_ops - $(n recovery-op-done)))
check recovery-op test $((50 * ${recovered#-})) -le "$(n recovery-op-done)" # within 2 %: Ceph counts at another moment of an object
check recovery-op-start test "$(n recovery-op-start)" -ge "$(n recovery-op-done)"
check recovered test "$(n recovery-op-done)" -gt 50
check peering test "$(n peering-event)" -gt $pgs

# ---- backfill: an OSD that is out and comes back has lost more than the log tells
admin osd pool set demo size 2
wait_quiet
# shellcheck disable=SC2086
begin backfill $only
admin osd out 2
wait_quiet
admin osd in 2
wait_quiet
finish
check backfill test "$(n backfill-start)" -gt 0
equal backfill-done "$(n backfill-start)" "$(n backfill-done)"

# ---- a client: an image, and callbacks
export_env=$(clusters env "$cluster")
eval "$export_env"
rbd create --size 64M demo/image >"$TMP/rbd" 2>&1 || give_up "rbd create: $(tail -n 1 "$TMP/rbd")"
image() { # NAME BENCH...
	timeout 100 "$CEPHTAP" -q -s "$TMP/count.d" -c "rbd bench $2 demo/image" >"$TMP/$1.out" 2>"$TMP/$1.err"
	sed -n 's/^count //p' "$TMP/$1.out" >"$TMP/counts"
}
image image-write "--io-type write --io-size 4096 --io-total 2M --io-threads 4"
equal rbd-write 512 "$(n write-start)"
check rbd-flush test "$(n flush-start)" -ge 1
check rbd-done test "$(n io-done)" -ge $((512 + $(n flush-start)))
check client-callback test "$(n callback)" -ge 1
equal client-finish "$(n op-submit)" "$(n op-finish)"
check client-send test "$(n op-send)" -ge "$(n op-submit)"
image image-read "--io-type read --io-size 4096 --io-total 1M --io-threads 4"
equal rbd-read 256 "$(n read-start)"
timeout 60 "$CEPHTAP" -q -s "$TMP/count.d" -c "/usr/bin/python3 $TOP/test/live/clients.py discard image" >"$TMP/discard.out" 2>"$TMP/discard.err"
sed -n 's/^count //p' "$TMP/discard.out" >"$TMP/counts"
if grep -q "^skip" "$TMP/discard.out"; then grep "^skip" "$TMP/discard.out"; else equal rbd-discard 5 "$(n discard-start)"; fi

# ---- CephFS
if ! command -v ceph-mds >/dev/null; then
	echo "skip mds - ceph-mds is not installed"
else
	mkdir "$cluster/mds.a"
	admin osd pool create fsmeta 8
	admin osd pool create fsdata 8
	admin fs new fs fsmeta fsdata
	ceph-mds -f -i a -c "$CEPH_CONF" --mds-data "$cluster/mds.a" --log-file "$cluster/log/mds.a.log" >/dev/null 2>&1 &
	mds=$!
	tracers="$tracers $mds"
	for _ in $(seq 60); do ceph mds stat 2>/dev/null | grep -q up:active && break; sleep 0.5; done
	begin mds -p $mds
	/usr/bin/python3 "$TOP/test/live/clients.py" directories "$CEPH_CONF" >"$TMP/fs" 2>&1
	sleep 1
	finish
	if grep -q ^skip "$TMP/fs"; then grep ^skip "$TMP/fs"; else
		check mds-requests test "$(n request-recv)" -ge 40 # 20 directories are made and removed
		equal mds-replies "$(n request-recv)" "$(n request-reply)"
		check mds-start test "$(n request-start)" -ge "$(n request-reply)"
		check mds-journal test "$(n journal-flush)" -ge 1
	fi
	kill $mds
	wait $mds 2>/dev/null
fi

# ---- the object gateway: requests of S3, one after the other and many at a time
burst=${GATEWAY_BURST:-200}
requests() { /usr/bin/python3 "$TOP/test/live/gateway.py" $gateway "$@" >"$TMP/requests" 2>&1; }
sent() { sed -n 's/^sent //p' "$TMP/requests"; }
count_requests() { # NAME MODE NUMBER: its requests, as markers and as Ceph count them
	local before after
	before=$(perf gateway rgw.req)
	begin "rgw-$1" -p $rgw
	requests "$2" "$3" || echo "not ok rgw-$1-requests - $(tail -n 1 "$TMP/requests")"
	sleep 0.5
	finish
	after=$(perf gateway rgw.req)
	equal "rgw-$1-sent" "$(sent)" $((after - before))
	equal "rgw-$1-start" "$(sent)" "$(n request-start)"
	equal "rgw-$1-run" "$(sent)" "$(n request-run)"
	equal "rgw-$1-done" "$(sent)" "$(n request-done)"
	equal "rgw-$1-id" "$(sent)" "$(n with-id)" # a coroutine that returns on another thread has its number too
}
if ! command -v radosgw >/dev/null || ! command -v radosgw-admin >/dev/null; then
	echo "skip rgw - radosgw is not installed"
else
	gateway=$(clusters gateway "$cluster") || give_up "no gateway"
	rgw=$(clusters pids "$cluster" | sed -n 's/^rgw\.a //p')
	count_requests each each 20
	count_requests burst burst "$burst"
	# The tracer is killed while requests are under way: each is answered, and the gateway lives.
	begin rgw-killed -p $rgw
	requests burst "$burst" &
	client=$!
	sleep 0.7
	kill -KILL "$counting"
	wait "$counting" 2>/dev/null
	tracers=${tracers/ $counting/}
	wait $client
	equal rgw-killed-tracer "$burst" "$(sed -n 's/^status [245][0-9]* //p' "$TMP/requests" | awk '{ n += $1 } END { print n + 0 }')"
	requests each 3
	equal rgw-alive "status 200 7 status 204 3" "$(sed -n '/^status/p' "$TMP/requests" | paste -sd ' ')"
fi

true # what was killed last is no failure
