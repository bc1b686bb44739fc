#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The check by the data: with a right layout that is not from debug information of the build no marker is switched off, and
# the report says on what it stands; with one member in a wrong place the marker that reads it is switched off, with a sentence, and
# nothing wrong is gathered.
. "$TOP/test/live/lib-live.sh"
name=doubts
osd=$(command -v "${CEPH_BIN_DIR:-/usr/bin}/ceph-osd")
id=$(readelf -n "$osd" 2>/dev/null | sed -n 's/.*Build ID: //p')
exact=$TOP/cards/$id.card
[ -f "$exact" ] || { echo "skip $name - no layout card of this build"; exit 0; }
mkdir "$TMP/cards"
export CEPHTAP_CARDS="$TMP/cards"

# The exact card, as if its figures were of another build; with a member BY bytes away.
card_with() { # [TYPE MEMBER BY]
	awk -v type="${1-}" -v member="${2-}" -v by="${3:-0}" '
		/^type/ && !n++ { print "from family" }
		/^type/ { at = $0; sub(/^type [0-9]* /, "", at) }
		$1 == "member" && at == type && $NF == member { $2 += by; changed = 1 }
		{ print }
		END { exit member != "" && !changed }' "$exact" >"$CEPHTAP_CARDS/$id.card" ||
		give_up "no member $2 of $1 in the card"
}

# Runs a script while clients write and read.
trace() { # NAME CLAUSES

	# shellcheck disable=SC2086 # one -p for each process
	attach "$1" $only -q -n 'BEGIN { printf("attached\n"); }' -n "$2"
	load mixed 2
	detach "$tracer" || give_up "cephtap: $(cat "$TMP/$1.err")"
}


cluster_up --osds 3

card_with
trace right 'ceph_osd:::,ceph_pg:::,ceph_repl:::,ceph_store:::,ceph_msgr::: { @[probename] = count(); }'
grep -q 'switched off' "$TMP/right.err" && give_up "right figures are called wrong: $(grep -m 1 'switched off' "$TMP/right.err")"
grep -q 'no debug information of this build' "$TMP/right.err" || give_up "nothing is said of the evidence: $(cat "$TMP/right.err")"
awk '$1 == "op-done" && $2 > 300 { ok = 1 } END { exit !ok }' "$TMP/right.out" || give_up "too few ops were seen: $(grep op- "$TMP/right.out")"

# One of each kind of check: a key read in two ways, a number that is small, a time, a length.
wrong() { # TYPE MEMBER BY MARKER ARGUMENT
	card_with "$1" "$2" "$3"
	trace wrong "$4 { @n = count(); }"
	grep -q "${4} is switched off, after [0-9]* firings*: its argument .$5. " "$TMP/wrong.err" ||
		give_up "$2 of $1 is $3 bytes away, and $4 goes on: $(cat "$TMP/wrong.err" "$TMP/wrong.out")"
	grep -q '[0-9]' "$TMP/wrong.out" && give_up "$4 was switched off after it had fired $(cat "$TMP/wrong.out")"
}
wrong OpRequest reqid.tid 8 ceph_osd:::op-done tid
wrong OpRequest reqid.name._num 8 ceph_osd:::op-done client
wrong PG pg_id.pgid.m_pool -8 ceph_osd:::op-done pool
wrong Message recv_stamp 4 ceph_osd:::op-enqueue recv_stamp
wrong ObjectContext obs.oi.soid.oid.name 8 ceph_osd:::op-start oid

# A member that is not known takes its marker along, and with it what a report would have of it; the rest goes on.
lacking() { # TYPE MEMBER REPORT MARKER
	awk -v type="$1" -v member="$2" '
		/^type/ { at = $0; sub(/^type [0-9]* /, "", at) }
		!($1 == "member" && at == type && $NF == member)' "$exact" >"$CEPHTAP_CARDS/$id.card"
	# shellcheck disable=SC2086
	begin_report "$3" $only
	load mixed 2
	end_report
	grep -q "$4 is missing here, and with it the report lacks " "$TMP/err" ||
		give_up "report $3 does not say that $4 is missing: $(cat "$TMP/err")"
}
lacking MOSDRepOpReply header.src.num osd ceph_repl:::subop-reply
grep -q '^  replicas ' "$TMP/report" || give_up "report osd lost more than the missing marker: $(cat "$TMP/report")"
grep -q 'waited for' "$TMP/report" && give_up "report osd names OSDs that nobody has seen: $(cat "$TMP/report")"
lacking ReplicatedBackend::InProgressOp op osd ceph_repl:::local-commit
grep -q '^  unknown ' "$TMP/report" || give_up "the time of unknown stages is not shown: $(cat "$TMP/report")"
echo "ok $name"
