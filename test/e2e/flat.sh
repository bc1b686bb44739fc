#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Processes that end and start again for as long as one likes: memory, descriptors, mappings and helpers of cephtap stay what they
# were. RESTARTS= says how often at least (15), FLAT_SECONDS= for how long at least (0; `make test-flat`: two hours).
# time: 150
set -u
. "$TOP/test/lib.sh"
restarts=${RESTARTS:-15}
span=${FLAT_SECONDS:-0}

[ "$(id -u)" = 0 ] || { echo "skip flat - needs root"; exit 0; }
tracer=
target=
finish() { [ -z "$target" ] || kill "$target" 2>/dev/null; [ -z "$tracer" ] || kill -9 "$tracer" 2>/dev/null; }
trap finish EXIT
check() { # NAME COMMAND...
	local name=$1
	shift
	if "$@"; then echo "ok $name"; else echo "not ok $name - $(tail -n 3 "$TMP/err" | tr '\n' ' ')"; fi
}
measure() { # sets rss (KiB), fds, maps, helpers
	rss=$(awk '/^VmRSS/ { print $2 }' /proc/$tracer/status)
	fds=$(find /proc/$tracer/fd -mindepth 1 | wc -l)
	maps=$(wc -l </proc/$tracer/maps)
	helpers=$(pgrep -c -P $tracer)
}
name=flat$$
cp "$PROGS/loop_target" "$TMP/$name"
is_traced() { naps $target || return; "$PROGS/text_same" $target >/dev/null; [ $? = 1 ]; } # 2: it cannot be looked into
start_target() { "$TMP/$name" 100000 >/dev/null & target=$!; }
"$CEPHTAP" -q -W "$name" -n 'loop:'"$name"'::turn { @ = count(); @s[ustack(3)] = count(); }' >"$TMP/out" 2>"$TMP/err" & tracer=$!
wait_for 60 grep -q "waiting for a process" "$TMP/err"
start_target
check traced wait_for 30 is_traced # asked once, it may be awake
lost=0
for ((i = 1; i <= restarts || SECONDS < span; i++)); do
	kill $target
	wait $target
	start_target
	wait_for 10 is_traced || lost=$((lost + 1))
	if [ $i = 10 ]; then
		measure
		first="$rss KiB, $fds descriptors, $maps mappings, $helpers helpers"
		rss_first=$rss fds_first=$fds maps_first=$maps helpers_first=$helpers
	fi
	[ $((i % 100)) != 0 ] || { measure; echo "after $i: $rss KiB, $fds descriptors, $maps mappings, $helpers helpers"; }
done
measure
echo "after 10 restarts: $first; after $((i - 1)): $rss KiB, $fds descriptors, $maps mappings, $helpers helpers"
check "each of them was traced" test $lost = 0
check "memory" test "$rss" -le $((rss_first + 2048))
check "descriptors" test "$fds" -le $((fds_first + 2))
check "mappings" test "$maps" -le $((maps_first + 4))
check "helpers" test "$helpers" -le $((helpers_first + 2))
kill -INT $tracer
wait $tracer
check "it ends well" test $? = 0
tracer=
