#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# long
# time: 300
#
# report io: what the OSDs use their devices for, against BlueStore's and BlueFS's own counters of the same time.
. "$TOP/test/live/lib-live.sh"

check() { # NAME CONDITION...
	local name=$1
	shift
	if "$@"; then echo "ok $name"; else echo "not ok $name - $* ($(tail -n 16 "$TMP/report" | tr -s ' ' | tr '\n' '|') $(tail -n 2 "$TMP/err" | tr '\n' ' '))"; fi
}
# Within two in a hundred: between the counters and the report's end the OSDs write a little of their own.
near() { awk -v a="$2" -v b="$3" 'BEGIN { exit !(b > 0 && a >= 0.98 * b && a <= 1.02 * b) }'; }
check_near() { # NAME GOT EXPECTED
	check "$1" near of "$2" "$3"
}

start() {
	# shellcheck disable=SC2086
	"$CEPHTAP" report io -i 100000 $only >"$TMP/report" 2>"$TMP/err" &
	reporter=$!
	tracers="$tracers $reporter"
	await_begin $reporter
	counters >"$TMP/before"
}
stop() {
	counters >"$TMP/after"
	detach $reporter || give_up "report io: $(tail -n 3 "$TMP/err")"
	plain_names "$TMP/report"
}
counters() {
	clusters perf "$cluster" all bluestore.bluestore_write_big_bytes bluestore.bluestore_write_small_bytes bluestore.write_pad_bytes \
		bluestore.bluestore_write_deferred_bytes bluefs.bytes_written_wal bluefs.logged_bytes bluefs.bytes_written_sst
}
grown() { # COUNTER...: the sum of what they have grown by
	cat "$TMP/before" - "$TMP/after" <<<- | awk -v names="$*" '$1 == "-" { after = 1 }
		NF == 2 && index(" " names " ", " " substr($1, index($1, ".") + 1) " ") { sum += after ? $2 : -$2 } END { print sum + 0 }'
}
# Bytes of a class, with a direction or both, of all OSDs.
class() { # CLASS [read|write]
	awk -v class="$1" -v way="${2:-}" '/^OSD / { on = 1; next } on && /^osd\./ {
		name = $2; for (i = 3; $i != "read" && $i != "write"; i++) name = name " " $i
		if (name == class && (way == "" || $i == way)) sum += $(i + 3) } END { print sum + 0 }' "$TMP/report"
}
admin() { (eval "$(clusters env "$cluster")" && timeout 30 ceph "$@") >/dev/null 2>&1; }
bench() { # SIZE
	(eval "$(clusters env "$cluster")" && rados bench -p demo 3 write -b "$1" -t 8 --no-cleanup) >"$TMP/bench" 2>&1 || give_up "rados bench"
	sed -n 's/^Total writes made: *//p' "$TMP/bench"
}

# Scrubs must not wait for a quiet machine.
cluster_up --size 3 --pg 8 --set 'osd scrub load threshold = 1000' --set 'osd scrub backoff ratio = 0' \
	--set 'osd recovery sleep hdd = 0' --set 'osd recovery sleep hybrid = 0'

# ---- clients: 4 KiB (deferred on a disk that turns, else written at once), then 64 KiB
start
small=$(bench 4096)
large=$(bench 65536)
wait_still 4 counters # deferred writes come every 3 s
stop
data=$((3 * (small * 4096 + large * 65536)))
stored=$(grown bluestore_write_big_bytes bluestore_write_small_bytes write_pad_bytes)
deferred=$(grown bluestore_write_deferred_bytes)
check_near bench "$(($(class client write) + $(class deferred)))" $data
check_near client "$(class client write)" $((stored - deferred))
[ "$deferred" = 0 ] || check_near deferred "$(class deferred)" "$deferred"
check_near wal "$(class wal)" "$(grown bytes_written_wal logged_bytes)"
check no-scrub test "$(class scrub)" = 0
check no-recovery test "$(class recovery)" = 0
check shares test "$(awk '/^OSD / { on = 1; next } on && /^osd\./ { sub("%", "", $NF); sum[$1] += $NF } END { for (o in sum) if (sum[o] < 97 || sum[o] > 103) bad++; print length(sum), bad + 0 }' "$TMP/report")" = "3 0"
check threads grep -q '^osd\.0 .* bstore_kv_sync  *write' "$TMP/report"

# ---- compaction: the threads of RocksDB write its tables
start
for osd in 0 1 2; do clusters ask "$cluster" $osd compact >/dev/null; done
stop
# Tables, and RocksDB's and BlueFS's notes of them, in whole blocks.
tables=$(grown bytes_written_sst)
written=$(($(class 'kv compaction' write) + $(class 'kv flush' write)))
check compaction test "$tables" -gt 0 -a "$written" -ge "$tables" -a "$written" -le $((tables * 3 / 2 + 2000000))
check compaction-reads test "$(class 'kv compaction' read)" -gt 0

# ---- a deep scrub reads every copy
# shellcheck disable=SC2086
attach scrubs -q -n 'BEGIN { printf("attached\n"); } ceph_pg:::scrub-done { printf("scrub-done\n"); }' $only
scrubs=$tracer
start
admin osd unset noscrub
admin osd unset nodeep-scrub
for pg in $(seq 0 7); do
	for osd in 0 1 2; do # the primary takes it, the others say that they are not; a scrub that is due is deep if that is due, too
		clusters ask "$cluster" $osd deep_scrub pgid=1."$pg" >/dev/null 2>&1 &&
			clusters ask "$cluster" $osd scrub pgid=1."$pg" >/dev/null 2>&1
	done
done
two_scrubs() { [ "$(grep -c scrub-done "$TMP/scrubs.out")" -ge 2 ]; }
wait_for 40 two_scrubs
admin osd set noscrub
admin osd set nodeep-scrub
stop
detach "$scrubs"
check scrubbed test "$(grep -c scrub-done "$TMP/scrubs.out")" -ge 1
check scrub-reads test "$(class scrub read)" -gt $((64 * 1024 * 16))
check scrub-alone test "$(class client read)" -le $(($(class scrub read) / 20))
check scrub-writes test "$(class scrub write)" = 0

# ---- recovery: the third copy of what was written while there were two
recovered() { clusters perf "$cluster" all osd.recovery_ops | awk '{ print $2 }'; }
admin osd pool set demo size 2
wait_for 60 all_clean
bench 65536 >/dev/null
start
admin osd pool set demo size 3
has_recovered() { [ "$(recovered)" -gt 0 ]; }
wait_for 60 has_recovered
wait_for 60 all_clean
wait_still 4 counters # deferred writes come every 3 s
stop
check_near recovery "$(($(class recovery write) + $(class deferred)))" "$(grown bluestore_write_big_bytes bluestore_write_small_bytes write_pad_bytes)"
check recovery-writes test "$(class recovery write)" -gt $((64 * 1024 * 16))
check recovery-reads test "$(class recovery read)" -gt 0
