#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# long
# time: 400
#
# Ceph does something, and its markers are counted against what Ceph itself says: erasure coding, commands and Paxos of the
# monitor, OSD maps, peering, recovery, backfill, scrub, an RBD image, callbacks of a client.
. "$TOP/test/live/lib-live.sh"
. "$TOP/test/live/lib-count.sh"
pgs=8

# A counter of Ceph's cannot be read at the moment at which markers begin to count: it was read before and after.
between() { # NAME BEFORE-ATTACH AFTER-ATTACH BEFORE-DETACH AFTER-DETACH GOT
	if [ "$6" -ge $(($4 - $3)) ] && [ "$6" -le $(($5 - $2)) ]; then echo "ok $1"; else
		echo "not ok $1 - Ceph says $(($4 - $3)) to $(($5 - $2)), markers $6 ($(tr '\n' ' ' <"$TMP/counts"))"
	fi
}
wait_quiet() { wait_for 60 all_clean && wait_still 2 perf all osd.recovery_ops; }

cluster_up --size 2 --pg $pgs --set 'osd scrub load threshold = 1000' --set 'osd scrub backoff ratio = 0' --set 'osd recovery sleep = 0' \
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
wait_for 60 all_clean
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
all_scrubbed() { [ "$(grep -c scrubbed "$TMP/scrubs.out")" -ge $pgs ]; }
wait_for 90 all_scrubbed
finish
check scrub-start test "$(n scrub-start)" -ge $pgs
equal scrub-done "$(n scrub-start)" "$(n scrub-done)"

# ---- erasure coding: three shards of each write, and of each read what is needed
# shellcheck disable=SC2086
begin erasure $only
(eval "$(clusters env "$cluster")" && rados bench -p ecpool 3 write -b 4096 -t 4 --no-cleanup) >"$TMP/bench" 2>&1 || give_up "rados bench: $(tail -n 1 "$TMP/bench")"
writes=$(sed -n 's/^Total writes made: *//p' "$TMP/bench")
wait_for 30 ops_are_done
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
wait_for 30 ops_are_done
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
