#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Report inflight names what planted ops wait for: a stopped replica, another op on the object, a PG with too few OSDs, an object
# that is to be recovered; ops that began before it came, from OSDs' own words; nothing once they are over.
. "$TOP/test/live/lib-live.sh"
command -v jq >/dev/null || { echo "skip inflight - no jq"; exit 0; }

# Else an OSD that lacks much may be given it beside writes that do not wait for it.
cluster_up --size 3 --pg 8 --set 'osd async recovery min cost = 100000000'
victim=$(clusters pids "$cluster" | sed -n 's/^osd\.2 //p')
stopped=
clients=
end_all() {
	[ -z "$stopped" ] || kill -CONT "$stopped"
	# shellcheck disable=SC2086 # children of ours
	kill_own KILL $clients
	clean_up
}
trap end_all EXIT
eval "$(clusters env "$cluster")"

stop() { kill -STOP "$victim" && stopped=$victim; }
go_on() { kill -CONT "$victim" && stopped=; }
client() { # a command that will wait
	"$@" >"$TMP/client" 2>&1 &
	clients="$clients $!"
}
clients_end() { # shellcheck disable=SC2086
	wait $clients
	clients=
}
# Tables come each second, as JSON; the last one is looked at.
table() { tail -n 1 "$TMP/table" | jq -e "$@" >/dev/null 2>&1; }
watch_on() {
	"$CEPHTAP" report inflight $only --interval 1 --json >"$TMP/table" 2>"$TMP/err" &
	reporter=$!
	tracers="$tracers $reporter"
	await_begin $reporter
}
has_more() { [ "$(grep -c . "$TMP/table")" -gt "$1" ]; }
watch_off() { detach "$reporter" || give_up "report inflight: $(tail -n 3 "$TMP/err")"; }
sees() { # NAME JQ-EXPRESSION
	local n
	n=$(grep -c . "$TMP/table") # nothing of what was printed before
	wait_for 30 has_more "$n"
	if wait_for 30 table "$2"; then echo "ok $1"; else
		echo "not ok $1 - $(tail -n 1 "$TMP/table" | cut -c 1-2000) $(tail -n 2 "$TMP/err")"
	fi
}

echo data >"$TMP/data"
rados -p demo put first "$TMP/data" || give_up "no object"

# ---- a replica that stands still, and a read of the object that is being written
watch_on
sees quiet '.ops == [] and (.osds | length) == 3'
stop
for object in a b c d e f; do client rados -p demo put "$object" "$TMP/data"; done
sees replica '[.ops[] | select(.kind == "op" and .waits_for == "replicas" and .waits_for_osds == [2] and .began_before == false and .age_ns > 100000000)] | length > 0'
sees replica-object '[.ops[] | select(.waits_for == "replicas") | .object] | inside(["a", "b", "c", "d", "e", "f"]) and (. | length) > 0'
sees replica-stopped '(.osds[] | select(.daemon | startswith("osd.2"))).not_told == "the process is stopped"'
for object in a b c d e f; do client rados -p demo get "$object" "$TMP/read.$object"; done
sees lock '[.ops[] | select(.waits_for == "lock" and .began_before == false and (.operations | startswith("read")))] | length > 3'

# ---- a report that comes later: from what the OSDs tell
"$CEPHTAP" report inflight $only --seconds 1 --json >"$TMP/later" 2>"$TMP/later.err"
"$CEPHTAP" report inflight $only --seconds 1 >"$TMP/text" 2>"$TMP/later.err"
"$CEPHTAP" report inflight $only --seconds 1 --csv >"$TMP/csv" 2>"$TMP/later.err"
check() { # NAME COMMAND...
	local name=$1
	shift
	if "$@" >/dev/null 2>&1; then echo "ok $name"; else echo "not ok $name - $(head -n 12 "$TMP/later" "$TMP/text" "$TMP/csv" | cut -c 1-1500)"; fi
}
check before jq -e '[.ops[] | select(.began_before and .waits_for == "replicas" and (.waits_for_osds | index(2)))] | length > 0' "$TMP/later"
check before-lock jq -e '[.ops[] | select(.began_before and .waits_for == "lock" and (.operations | startswith("read")))] | length > 3' "$TMP/later"
check before-text grep -q 'osd\.2 (the process is stopped)' "$TMP/text"
check before-marked grep -q '^[ 0-9.]* m\?s\* osd' "$TMP/text"
check before-not-known grep -q 'osd\.2.*are not known: the process is stopped' "$TMP/text"
check csv test "$(grep -c ',replicas,' "$TMP/csv")" -gt 0
go_on
clients_end
sees over '.ops_in_flight == 0 and (.osds | map(has("not_told")) | any | not)'

watch_off

# ---- a PG that has fewer OSDs than it needs, and a client that is told to wait
client rados -p demo bench 3600 write -b 4096 -t 4 --no-cleanup
bench=${clients##* }
only_osds=$only
only="$only -p $bench"
watch_on
ceph osd pool set demo min_size 3 >/dev/null 2>&1
ceph osd set noup >/dev/null 2>&1
ceph osd set norecover >/dev/null 2>&1
ceph osd down 2 >/dev/null 2>&1
sees peering '[.ops[] | select(.kind == "held-off" and .waits_for == "peering" and .began_before == false and (.pg | startswith("1.")))] | length > 0'
sees client '[.ops[] | select(.kind == "client" and .daemon == "rados" and .waits_for == "answer" and (.waits_text | endswith("whose PG is not active and has told the client to wait")))] | length > 0'
ceph osd pool set demo min_size 1 >/dev/null 2>&1
sees goes-on '[.ops[] | select(.kind == "held-off")] == []'
kill_own KILL "$bench"
sees client-ended '[.ops[] | select(.kind == "client")] == []'
watch_off
only=$only_osds
clients=

# ---- an object that osd.2 lacks, and cannot be given
rados -p demo put first "$TMP/data" || give_up "no object"
ceph osd unset noup >/dev/null 2>&1
# Where osd.2 is up again its PGs are active, and degraded.
degraded() { ! clusters ask "$cluster" 2 dump_pgstate_history 2>/dev/null | grep '"currently": "' | grep -vq 'Started/\(ReplicaActive\|Primary/Active\)' && clusters ask "$cluster" 2 status | grep -q '"state": "active"'; }
wait_for 30 degraded
watch_on
stop
client rados -p demo put first "$TMP/data"
sees degraded '[.ops[] | select((.waits_for == "degraded" or .waits_for == "missing") and .began_before == false)] | length > 0'
go_on
ceph osd unset norecover >/dev/null 2>&1
clients_end
sees recovered '.ops_in_flight == 0'
watch_off

# ---- as recorded
"$CEPHTAP" record -o "$TMP/recorded" inflight $only --seconds 1 >/dev/null 2>"$TMP/err" || give_up "record: $(cat "$TMP/err")"
check replayed "$CEPHTAP" report inflight "$TMP/recorded"
