#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# long
# time: 180
#
# cephtap top in a terminal: what it shows against Ceph's counters, every key, the size of the window, every way to end.
# shellcheck disable=SC2086 # $only is several words
. "$TOP/test/live/lib-live.sh"

check() { # NAME CONDITION...
	local name=$1
	shift
	if "$@"; then echo "ok $name"; else echo "not ok $name - $* ($(tail -n 24 "$TMP/out" | tr '\n' '|'))"; fi
}

python=
for one in python3 /usr/bin/python3; do # the one of Debian's packages may not be the first
	[ -n "$python" ] || ! "$one" -c 'import pyte' 2>/dev/null || python=$one
done
[ -n "$python" ] || { echo "skip ${0##*/} - python3-pyte is not installed"; exit 0; }
in_terminal() { PYTHONPATH=$TOP/test/live PYTHONDONTWRITEBYTECODE=1 "$python" "$TOP/test/live/top.py" "$CEPHTAP" "$@"; }

cluster_up --size 3
written() { clusters perf "$cluster" all osd.op_w | awk '{ print $2 }'; }

# ---- where there is no terminal
"$CEPHTAP" top $only >"$TMP/out" 2>&1
check no-terminal-status test $? = 2
check no-terminal-says grep -q 'cephtap report osd' "$TMP/out"
check no-terminal-one-sentence test "$(wc -l <"$TMP/out")" = 1
"$CEPHTAP" top --once -p $$ >"$TMP/out" 2>&1
check no-osd-status test $? = 1
check no-osd-says grep -q 'there is no OSD to look at among the chosen processes' "$TMP/out"
"$CEPHTAP" top -d soon >"$TMP/out" 2>&1 </dev/null
check bad-interval test $? = 2

# ---- the numbers of all screens, against the counter of Ceph
in_terminal counts $only >"$TMP/counts" &
counter=$!
tracers="$tracers $counter"
wait_for 40 said_or_ended attached "$TMP/counts" $counter
before=$(written)
load write-4k 6 >"$TMP/load"
sleep 3 # the last interval is over
touch "$TMP/over"
wait $counter
grep '^\(not \)\?ok ' "$TMP/counts"
made=$(($(written) - before))
counted=$(sed -n 's/^counted //p' "$TMP/counts")
cp "$TMP/counts" "$TMP/out"
check counts-of-ceph test "${counted:-0}" -gt $((made * 9 / 10)) -a "${counted:-0}" -lt $((made * 11 / 10))

# ---- as text, and at a terminal, under load
load write-4k 60 >"$TMP/load" &
loader=$!
"$CEPHTAP" top --once -d 1 --panel slow $only >"$TMP/out" 2>"$TMP/err"
check once-status test $? = 0
check once-osds test "$(grep -c '^osd\.' "$TMP/out")" -eq 3
check once-slow grep -q '^Slowest ops' "$TMP/out"
check once-width test "$(awk 'length > 80' "$TMP/out" | wc -l)" = 0
check once-silent test -z "$(complaints "$TMP/err")"
in_terminal keys $only
in_terminal ends $only
kill $loader 2>/dev/null # its cluster is about to die
wait $loader 2>/dev/null
in_terminal deaths $only
