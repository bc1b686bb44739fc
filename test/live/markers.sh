#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# time: 150
#
# Every marker of ceph-osd fires on a live cluster, under writes, reads, small ops, recovery and scrubs, and its arguments
# are what they say: numbers in the range that they can have, texts that are texts, and the same clients' ops at each marker
# that Ceph's own op tracker lists. markers.py makes the script from `cephtap list`, and judges.
. "$TOP/test/live/lib-live.sh"
judge() { python3 -I "$TOP/test/live/markers.py" "$@"; }
pgs=8

wall() { date +%s%N; }
monotonic() { awk '{ printf "%d000000\n", $1 * 1000 }' /proc/uptime; }

ask() { clusters ask "$cluster" "$@"; }

admin() {
	(eval "$(clusters env "$cluster")" && ceph "$@") >"$TMP/admin" 2>&1 || give_up "ceph $*: $(tail -n 1 "$TMP/admin")"
}

await_words() { # WORD... that the script prints
	local word
	for word in "$@"; do
		wait_for 40 grep -q "$word" "$TMP/moving.out"
	done
}
deferred() { clusters perf "$cluster" all bluestore.deferred_write_ops bluestore.deferred_write_bytes; }

wall_from=$(wall) mono_from=$(monotonic) # transactions of before the script show up in it
# The op tracker must keep all ops, and scrubs must not wait for a quiet machine.
cluster_up --size 2 --pg $pgs --set 'osd op history size = 100000' --set 'osd op history duration = 600' \
	--set 'osd scrub load threshold = 1000' --set 'osd scrub backoff ratio = 0'
# shellcheck disable=SC2086 # another Ceph may be installed than the one that runs
"$CEPHTAP" list --json $only 'ceph_*:::' >"$TMP/list" || give_up "list"
judge script "$TMP/list" >"$TMP/markers.d"

# shellcheck disable=SC2086
attach steady -q --json -s "$TMP/markers.d" $only
load write-4k 1
load read-4k 1
load write-4m 1 --concurrent 4
load read-4m 1 --concurrent 4
small_ops
wait_still 4 deferred # these writes come every 3 s
detach "$tracer" || give_up "cephtap: $(cat "$TMP/steady.err")"
for osd in 0 1 2; do
	ask $osd dump_historic_ops >"$TMP/ops.$osd"
done

# shellcheck disable=SC2086
attach moving -q --json -s "$TMP/markers.d" $only
admin osd unset noscrub
admin osd unset nodeep-scrub
for pg in $(seq 0 $((pgs - 1))); do
	for osd in 0 1 2; do # the primary takes it, the others say that they are not
		ask $osd "$([ $((pg % 2)) = 0 ] && echo scrub || echo deep_scrub)" pgid=1."$pg" >/dev/null 2>&1
	done
done
await_words scrub-done
admin osd set noscrub
admin osd set nodeep-scrub
admin osd pool set demo size 3
await_words push-ack recovery-op-done
# A PG with fewer replicas than it must have sends clients away until it has them again.
admin osd pool set demo min_size 3
admin osd set noup
admin osd down 2
load write-4k 1 >"$TMP/held" 2>&1 &
held=$!
await_words backoff-start
admin osd unset noup
wait $held || give_up "ops that were held off do not end: $(tail -n 1 "$TMP/held")"
for osd in 0 1 2; do
	ask $osd dump_historic_ops >"$TMP/late.$osd"
done
detach "$tracer" || give_up "cephtap: $(cat "$TMP/moving.err")"

judge facts "$TMP/facts" 1 $pgs 1 "$wall_from" "$(wall)" "$mono_from" "$(monotonic)" "$TMP"/ops.[0-9] "$TMP"/late.[0-9] || give_up "the facts"
judge judge "$TMP/list" "$TMP/facts" "$TMP/steady.out" "$TMP/moving.out" || give_up "the judge"
if complaints "$TMP/steady.err" "$TMP/moving.err" >"$TMP/complaints"; then
	echo "not ok no-errors - $(head -n 3 "$TMP/complaints")"
else
	echo "ok no-errors"
fi
