#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# time: 240
#
# The reports account for all of the time and all of the ops: of each class of op, on replicated and erasure-coded pools, the stages
# of report osd add up to the whole; counts are those of Ceph's counters; ops that no counter counts have their lines; causes that were
# planted in erasure-coded pools are named; and of what is done nothing is kept. LONG=1: longer loads, a 4+2 pool beside the 2+1.
# shellcheck disable=SC2016,SC2086 # $ of awk; $only is several words
. "$TOP/test/live/lib-live.sh"
stages() { python3 -I "$TOP/test/live/stages.py" "$@"; }
check() { # NAME CONDITION...
	local name=$1 said
	shift
	if said=$("$@" 2>&1); then echo "ok $name"; else echo "not ok $name - $* ($said)"; fi
}
in_cluster() { (eval "$(clusters env "$cluster")" && exec "$@"); }
admin() { in_cluster timeout 60 ceph "$@" >"$TMP/admin" 2>&1 || give_up "ceph $*: $(tail -n 1 "$TMP/admin")"; }
bench() { # POOL SECONDS MODE OPTION...
	in_cluster rados -p "$1" bench "$2" "${@:3}" >"$TMP/bench" 2>&1 || give_up "rados bench $*: $(tail -n 1 "$TMP/bench")"
}
counter() { clusters perf "$cluster" all "$1" | awk '{ print $2 }'; }
start() { # NAME OPTION...: a report that goes on until `finish`
	"$CEPHTAP" report "$@" --seconds 600 $only >"$TMP/$1" 2>"$TMP/$1.err" &
	tracer=$!
	tracers="$tracers $tracer"
	await_begin "$tracer"
}
finish() { detach "$1" || give_up "a report failed: $(cat "$TMP"/*.err | tail -n 3)"; }
seconds=${LONG:+10}
seconds=${seconds:-2}
osds=3
[ -z "${LONG:-}" ] || osds=6

cluster_up --osds $osds --size 3 --set 'osd scrub load threshold = 1000' --set 'osd scrub backoff ratio = 0' --set 'osd snap trim sleep = 0' \
	--set 'osd snap trim sleep hdd = 0' --set 'osd snap trim sleep ssd = 0' --set 'osd snap trim sleep hybrid = 0'
coded=ec
admin osd erasure-code-profile set ec21 k=2 m=1 crush-failure-domain=osd
admin osd pool create ec 8 8 erasure ec21
admin osd pool set ec allow_ec_overwrites true
if [ -n "${LONG:-}" ]; then
	admin osd erasure-code-profile set ec42 k=4 m=2 crush-failure-domain=osd
	admin osd pool create ec42 8 8 erasure ec42
	admin osd pool set ec42 allow_ec_overwrites true
	coded="ec ec42"
fi
bench demo 1 write -b 4096 -t 8 --no-cleanup
for pool in $coded; do bench $pool 1 write -b 65536 -t 8 --no-cleanup; done
sleep 1

# ---- all of it at once: reads, writes, both, of both kinds of pools; snapshots, scrub, errors, lists
start osd --json
report=$tracer
before="$(counter osd.op_r) $(counter osd.op_w) $(counter osd.op_rw) $(counter osd.subop_w)"
bench demo $seconds write -b 4096 -t 8 --no-cleanup --run-name snapped
bench demo $seconds rand -t 8
for pool in $coded; do
	bench $pool $seconds write -b 65536 -t 8 --no-cleanup
	bench $pool $seconds rand -t 8
	# Parts of stripes: what is beside them is read first.
	in_cluster sh -c "head -c 300000 /dev/zero >$TMP/object && rados -p $pool put it $TMP/object && for at in 5 70000 140001 200003; do
		head -c 700 /dev/zero >$TMP/piece && rados -p $pool put it $TMP/piece --offset \$at; done" || give_up "no overwrites in $pool"
done
small_ops # reads and writes: a lock
in_cluster rados -p demo mksnap snap >/dev/null
bench demo 1 write -b 4096 -t 8 --no-cleanup --run-name snapped
trimmed=$(in_cluster rados -p demo ls | grep -c snapped)
in_cluster rados -p demo rmsnap snap >/dev/null
for _ in 1 2 3; do in_cluster rados -p ec stat nothing; in_cluster rados -p demo rm nothing; done >/dev/null 2>&1
in_cluster rados -p ec ls >/dev/null
admin osd unset noscrub
for pg in 0 1 2 3; do for osd in 0 1 2; do clusters ask "$cluster" $osd scrub pgid=1.$pg >/dev/null 2>&1; done; done
sleep 5
after="$(counter osd.op_r) $(counter osd.op_w) $(counter osd.op_rw) $(counter osd.subop_w)"
if command -v bpftool >/dev/null; then
	for _ in $(seq 40); do # until nothing is under way
		kept=$(stages kept "$report")
		[ -n "$kept" ] || break
		sleep 0.5
	done
	check nothing-kept test -z "$kept"
else
	echo "skip nothing-kept - no bpftool"
fi
finish "$report"
check sums stages sums "$TMP/osd"
equals() { # NAME POSITION CLASS...
	local is was
	was=$(echo "$before" | cut -d ' ' -f "$2")
	is=$(echo "$after" | cut -d ' ' -f "$2")
	check "$1" test "$(stages count "$TMP/osd" "${@:3}")" = $((is - was))
}
equals count-read 1 read "ec read"
equals count-write 2 write "ec write"
equals count-rw 3 rw "ec rw"
equals count-replica 4 replica
check ec-read stages has "$TMP/osd" "ec read" receive queue prepare execute "own shard" "other shards" decode reply
check ec-write stages has "$TMP/osd" "ec write" receive queue prepare execute store "old data" encode send build "kv queue" "kv commit" callback "other shards" reply
check shard-read stages has "$TMP/osd" "shard read" receive queue execute "store read"
check shard-write stages has "$TMP/osd" "shard write" receive queue store build "kv queue" "kv commit" callback
check write stages has "$TMP/osd" write receive queue prepare execute store send build "kv queue" "kv commit" callback replicas reply
check read stages has "$TMP/osd" read receive queue prepare execute "store read"
check scrub stages has "$TMP/osd" any:scrub execute
check trim stages has "$TMP/osd" any:trim execute store replicas "kv commit"
check trim-count test "$(stages count "$TMP/osd" trim)" -ge $((trimmed / 2))
check error test "$(stages ended "$TMP/osd" error ENOENT)" -ge 6
check list test "$(stages ended "$TMP/osd" other -)" -ge 8
check unknown-nothing test "$(stages ended "$TMP/osd" dropped -)" = 0

# ---- an OSD that stands still: reads and writes of an erasure-coded pool wait for it, and every report says so
# Which OSDs a read needs is a matter of where its shards are: the one is taken that reads waited for most.
cp "$TMP/osd" "$TMP/before"
planted() { # NAME MODE OPTION...
	local name=$1 reports='' number victim
	number=$(stages most "$TMP/before" "ec $name")
	victim=$(clusters pids "$cluster" | sed -n "s/^osd\.$number //p")
	for report in osd slow-ops op; do
		case $report in
		osd) start osd --json ;;
		slow-ops) start slow-ops --over 1500ms ;;
		op) start op --slowest 3 ;;
		esac
		reports="$reports $tracer"
	done
	(sleep 1; kill -STOP "$victim"; sleep 2; kill -CONT "$victim") &
	bench ec 5 "${@:2}"
	for report in $reports; do finish "$report"; done
	check "$name-sums" stages sums "$TMP/osd"
	check "$name-waited" test "$(stages waited "$TMP/osd" "ec $name" "$number")" -ge 3000 # two ops or more, nearly 2 s each
	check "$name-slow-ops" awk -v osd="osd.$number" '$2 ~ /^osd\./ && $2 != osd { for (i = 3; i <= NF; i++) if ($i == osd) n++ } END { exit n < 2 }' "$TMP/slow-ops"
	# When it runs again, all that has waited comes at once, and beside other tests some of that waits for others.
	check "$name-no-other" awk -v osd="osd.$number" '/ waited for osd\.[0-9]+ after/ && $3 != osd { if ($6 == osd) m += $1; else n += $1 } END { exit !(4 * m > n) }' "$TMP/slow-ops"
	check "$name-op" awk -v osd="osd.$number" '$2 + 0 > 300 && index($0, osd) { found = 1 } END { exit !found }' "$TMP/op"
}
planted write write -b 65536 -t 32 --no-cleanup
planted read rand -t 32
