#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What is recorded is replayed, to the letter; on a host that shows nothing of its kernel too.
. "$(dirname "$0")/lib.sh"

cat >"$TMP/all.d" <<'D'
pid$target:a.out:mark:entry { @calls = count(); @by[arg0 % 3] = quantize(arg0); last = arg0; }
pid$target:a.out:mark:entry /arg0 % 10 == 0/ { printf("mark %d %s\n", (int)arg0, execname); }
pid$target:a.out:mark:entry /arg0 == 5/ { trace(*(int *)0); }
BEGIN { printf("%s\n", stringof(curthread->comm)); trace("begin"); }
tick-20ms { n++; @max[n % 2] = max(n); }
END { printa(@calls, @calls); printf("end\n"); }
D
for format in text json; do
	option=; [ $format = text ] || option=--json
	timeout $LIMIT "$CEPHTAP" record -o "$TMP/$format.rec" --tee $option -s "$TMP/all.d" -c "$PROGS/stack_target 100" >"$TMP/live" 2>"$TMP/err"
	timeout $LIMIT "$CEPHTAP" replay $option "$TMP/$format.rec" >"$TMP/again" 2>"$TMP/err"
	check $format cmp "$TMP/live" "$TMP/again"
	check $format-is-something test "$(grep -c 'mark' "$TMP/live")" -ge 10
done
"$CEPHTAP" record -o "$TMP/killed.rec" -n 'loop:::turn { printf("%d\n", args[0]); } BEGIN { printf("begun\n"); }' -c "$PROGS/loop_target 100000" >"$TMP/out" 2>"$TMP/err" &
tapper=$!
grown() { timeout $LIMIT "$CEPHTAP" replay "$TMP/killed.rec" 2>/dev/null | grep -q '[0-9]\{5\}'; }
await grown
kill -9 $tapper
wait $tapper 2>/dev/null
check killed grown
kill $(pgrep -x loop_target)
