#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# time: 240
# apart: files
#
# Notes that say what cannot be: an address that is no code, a semaphore that is none, tens of thousands of them. What does not
# fit is left out with the marker's and the file's name, in one line for each file, and the rest is traced.
set -u

[ "$(id -u)" = 0 ] || { echo "skip forged-notes - needs root"; exit 0; }
. "$TOP/test/e2e/lib-files.sh"
mkdir -p "$TMP/good" "$TMP/bad"
chmod 755 "$TMP"
cp "$PROGS/hostile" "$TMP/good/hostile"
address() { nm "$PROGS/hostile" | awk -v n="$1" '$3 == n { print $1 }'; }
section() { readelf -SW "$PROGS/hostile" | sed 's/^ *\[ *[0-9]*\] //' | awk -v n="$1" '$1 == n { print $3 }'; }
start() { # FILE
	rm -f "$TMP/ready"
	"$1" >"$TMP/ready" &
	pid=$!
	children="$children $pid"
	await grep -qs ready "$TMP/ready"
}
stop() {
	kill -KILL "$@" 2>/dev/null
	wait "$@" 2>/dev/null
}
start "$TMP/good/hostile"
good=$pid
run() { timeout 60 "$CEPHTAP" "$@" >"$TMP/out" 2>"$TMP/err"; status=$?; }
not_code="its address is not in the file's code"
no_semaphore="its semaphore is not in data that the file can write"

# ---- one note that is wrong: alone, and beside a file of the same name in which it is right
forged() { # NAME WHY ADDRESS [SEMAPHORE]
	local name=$1 why=$2
	shift 2
	cp "$PROGS/hostile" "$TMP/bad/hostile"
	python3 "$TOP/test/e2e/forge.py" patch "$TMP/bad/hostile" "$@"
	start "$TMP/bad/hostile"
	run -q --seconds 1 -p $pid -n 'hostile:::hit { @ = count(); }'
	check "$name-alone" test $status = 1
	check "$name-alone-said" grep -q "hostile:hostile::hit cannot be traced: its note in $TMP/bad/hostile is wrong: $why" "$TMP/err"
	run -q --seconds 1 -n 'hostile:hostile::hit { @[pid] = count(); }'
	check "$name" test $status = 0
	check "$name-other" grep -qw "$good" "$TMP/out"
	check "$name-not" test "$(grep -cw $pid "$TMP/out")" = 0
	check "$name-said" grep -q "a place of hostile:::hit in $TMP/bad/hostile is left out: $why" "$TMP/err"
	check "$name-once" test "$(grep -c 'left out' "$TMP/err")" = 1
	run list 'hostile:hostile::hit'
	check "$name-list" grep -q "a place of hostile:::hit in $TMP/bad/hostile is left out: $why" "$TMP/err"
	kill -0 $pid || echo "not ok $name-alive - the process has ended"
	stop $pid
}
code=$(address mark)
forged data "$not_code" "$(address room)"
forged outside "$not_code" 7fffffff0000
forged not-in-the-file "$not_code" "$(section .bss)"
forged semaphore-in-code "$no_semaphore" "$code" "$(address main)"
forged semaphore-in-constants "$no_semaphore" "$code" "$(section .rodata)"
forged semaphore-not-in-the-file "$no_semaphore" "$code" "$(section .bss)"
forged semaphore-outside "$no_semaphore" "$code" 7fffffff0000
forged semaphore-odd "$no_semaphore" "$code" "$(printf '%x' $((0x$(address room) | 1)))"

# ---- an honest one
"$PROGS/marker_sem" 1000000 100 >/dev/null &
pid=$!
children="$children $pid"
await grep -q marker_sem /proc/$pid/maps
run -q --seconds 1 -n 'guarded:marker_sem::hit { @ = count(); }'
check semaphore grep -q '[0-9]' "$TMP/out"
stop $pid

# ---- very many: of markers of their own, of one that is right elsewhere, all in order
flooded() { # NAME ADDRESS [MARKER]
	local name=$1
	shift
	cp "$PROGS/hostile" "$TMP/bad/hostile"
	python3 "$TOP/test/e2e/forge.py" flood "$TMP/bad/hostile" 60000 "$@"
	start "$TMP/bad/hostile"
	before=$SECONDS
	run -q --seconds 1 -n 'hostile:hostile::hit { @[pid] = count(); }'
	check "$name" test $status = 0
	check "$name-other" grep -qw "$good" "$TMP/out"
	check "$name-in-time" test $((SECONDS - before)) -lt 40
	check "$name-lines" test "$(wc -l <"$TMP/err")" -le 3
}
flooded flood "$(address room)"
check flood-itself grep -qw $pid "$TMP/out"
run -q --seconds 1 -n 'hostile:hostile::m* { @[pid] = count(); }'
check flood-asked test $status = 1
check flood-asked-lines test "$(wc -l <"$TMP/err")" -le 10
stop $pid
flooded flood-of-one "$(address room)" hit
check flood-of-one-itself test "$(grep -cw $pid "$TMP/out")" = 0
check flood-of-one-said grep -q "in $TMP/bad/hostile.* is left out: the file claims 60001 places for it, and more than 5000 are not believed" "$TMP/err"
stop $pid
flooded flood-good "$code"
check flood-good-itself grep -qw $pid "$TMP/out"
stop $pid "$good"
exit 0
