#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# time: 60
#
# report profile on programs of which it is known where their time goes: shares, threads, stacks, comparison, the picture.
set -u
[ "$(uname -m)" = x86_64 ] || { echo "skip profile - not x86_64"; exit 0; }
"$CEPHTAP" -q -n 'BEGIN { exit(0); }' >/dev/null 2>"$TMP/err" || { echo "skip profile - $(head -n 1 "$TMP/err")"; exit 0; }

check() { # NAME CONDITION...
	local name=$1
	shift
	if "$@"; then echo "ok $name"; else echo "not ok $name - $* ($(head -n 12 "$TMP/out" | tr '\n' '|') $(head -n 2 "$TMP/err" | tr '\n' '|'))"; fi
}

cat >"$TMP/busy.c" <<'C'
#include <stdlib.h>
#include <time.h>
static volatile unsigned long sink;
__attribute__((noinline, noipa)) void three(void) { for (int i = 0; i < 30000; i++) sink += i; }
__attribute__((noinline, noipa)) void one(void) { for (int i = 0; i < 10000; i++) sink += i; }
__attribute__((noinline, noipa)) void caller(int swap) { if (swap) { one(); one(); one(); sink++; } else { three(); one(); } sink++; }
int main(int argc, char **argv)
{
	for (time_t end = time(NULL) + atoi(argv[1]); time(NULL) < end;)
		caller(argc > 2);
	return 0;
}
C
gcc -O2 -fomit-frame-pointer -o "$TMP/busy" "$TMP/busy.c" || exit 1

sample() { # OUTPUT BUSY-ARGUMENTS -- OPTIONS
	local output=$1 arguments=() pid
	shift
	while [ "$1" != -- ]; do arguments+=("$1"); shift; done
	shift
	"$TMP/busy" "${arguments[@]}" &
	pid=$!
	"$CEPHTAP" report profile -p $pid --hz 499 --seconds 2 "$@" >"$output" 2>"$TMP/err"
	kill $pid
	wait $pid 2>/dev/null
}
self() { awk -v f="$1" '$NF ~ f "$" && $2 == "%" { print int($1 + 0.5); exit }' "$TMP/out"; }

sample "$TMP/out" 30 -- --html "$TMP/flame.html"
check profile-samples test "$(sed -n '1s/ samples in .*//p' "$TMP/out")" -gt 100
three=$(self '`three') one=$(self '`one')
check profile-shares test "${three:-0}" -ge 60 -a "${three:-0}" -le 85 -a "${one:-0}" -ge 12 -a "${one:-0}" -le 38
total=$(awk '/`caller$/ { print int($3 + 0.5) }' "$TMP/out")
check profile-total test "${total:-0}" -ge 85
check profile-thread grep -q '^ *[0-9.]* % .* busy busy$' "$TMP/out"
check profile-picture grep -q 'caller' "$TMP/flame.html"

sample "$TMP/before" 30 -- --folded
check profile-folded grep -qE '^busy;busy;busy`_start;.*busy`main;busy`caller;busy`three [0-9]+$' "$TMP/before"
folded=$(awk '{ n += $NF } END { print n }' "$TMP/before")
check profile-folded-sum test "${folded:-0}" -gt 100
sample "$TMP/out" 30 swap -- --before "$TMP/before"
change=$(awk '$NF ~ /`three$/ { sub(/\..*/, "", $5); print $5 }' "$TMP/out")
check profile-change test "${change:-0}" -le -50

sample "$TMP/out" 30 -- --json
check profile-json python3 -c '
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
assert sum(row["count"] for row in rows if row["type"] == "samples") > 100
assert any(row["frames"][-1] == "busy`three" for row in rows)' "$TMP/out"

# ---- wrong usage
"$CEPHTAP" report profile --hz 0 >"$TMP/out" 2>"$TMP/err"
check profile-hz test $? = 2
"$CEPHTAP" report profile --by color >"$TMP/out" 2>"$TMP/err"
check profile-by test $? = 2
"$CEPHTAP" report profile --seconds 1 --html /nowhere/x.html >"$TMP/out" 2>"$TMP/err"
check profile-html-status test $? = 1
check profile-html-said grep -q 'cannot write to /nowhere/x.html: No such file' "$TMP/err"
