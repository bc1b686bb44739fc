#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# long
# time: 120
#
# A cluster's report from one recording of each OSD, as if each were a host, against a live report of all that ran at the same time.
. "$TOP/test/live/lib-live.sh"

check() { # NAME CONDITION...
	local name=$1
	shift
	if "$@"; then echo "ok $name"; else echo "not ok $name - $* ($(tail -n 4 "$TMP/err" | tr '\n' ' '))"; fi
}
# osd.0 write whole 123: of each daemon, class and stage how many ops there were.
counts() { # FILE
	python3 -c '
import json, sys
for line in open(sys.argv[1]):
    row = json.loads(line)
    for stage in row["stages"]:
        print(row["daemon"], row["class"], stage["stage"].replace(" ", "-"), stage["count"])' "$1" | sort
}

cluster_up --size 3
recorders=
for osd in 0 1 2; do
	"$CEPHTAP" record -o "$TMP/$osd.rec" osd --seconds 3600 --json -p "$(clusters pids "$cluster" | sed -n "s/^osd\.$osd //p")" \
		>"$TMP/out" 2>"$TMP/err.$osd" &
	tracers="$tracers $!"
	recorders="$recorders $!"
done
"$CEPHTAP" record -o "$TMP/all.rec" --tee osd --seconds 3600 --json $only >"$TMP/live" 2>"$TMP/err" &
tracers="$tracers $!"
recorders="$recorders $!"
for recorder in $recorders; do await_begin "$recorder"; done
load write-4k 2 >"$TMP/load"
wait_for 30 ops_are_done
for recorder in $recorders; do detach "$recorder"; done

"$CEPHTAP" report osd --json "$TMP/all.rec" >"$TMP/again" 2>"$TMP/err"
check record-as-live cmp "$TMP/live" "$TMP/again"
"$CEPHTAP" report osd --json "$TMP"/[012].rec >"$TMP/three" 2>"$TMP/err"
check record-no-complaint test -z "$(complaints "$TMP/err")"
counts "$TMP/live" >"$TMP/live.counts"
counts "$TMP/three" >"$TMP/three.counts"
ops=$(sed -n 's/.* op_w=\([0-9]*\).*/\1/p' "$TMP/load")
check record-ops test "$(awk '$2 == "write" && $3 == "whole" { n += $4 } END { print n + 0 }' "$TMP/three.counts")" -ge "$ops"
check record-osds test "$(cut -d' ' -f1 "$TMP/three.counts" | sort -u | wc -l)" = 3
cmp "$TMP/live.counts" "$TMP/three.counts" >/dev/null && echo "ok record-three-as-one" ||
	echo "not ok record-three-as-one - $(diff "$TMP/live.counts" "$TMP/three.counts" | head -n 6 | tr '\n' '|')"
"$CEPHTAP" report osd "$TMP"/[012].rec >"$TMP/text" 2>"$TMP/err"
check record-text test "$(grep -c ' write  *count' "$TMP/text")" = 3
check record-waited-for grep -q 'waited for .*osd\.' "$TMP/text"
