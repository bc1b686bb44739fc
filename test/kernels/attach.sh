#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Markers and functions, counted exactly: by links of many probes and one by one, of a command, of a process, of everybody.
. "$(dirname "$0")/lib.sh"

counts() { # SUFFIX OPTIONS...
	local suffix=$1 got
	shift
	got=$(tap "$@" -n 'lang:::hit { @ = count(); @sum = sum(args[0]); } END { printa("%@u", @); printa(" %@u", @sum); }' -c "$PROGS/lang_target 1000")
	equal "markers$suffix" "1000 499500" "$got"
	got=$(tap "$@" -n 'lang:::hit { @ = count(); } END { printa("%@u", @); }' -c "$PROGS/lang_target 500 8")
	equal "threads$suffix" 4500 "$got"
	got=$(tap "$@" -n 'lang:::round-start { self->t = args[0] + 1; } lang:::round-done /self->t == args[0] + 1/ { @ = count(); self->t = 0; }
		END { printa("%@u", @); }' -c "$PROGS/lang_target 300 4")
	equal "pairs$suffix" 1500 "$got"
	got=$(tap "$@" -n 'pid$target:a.out:leaf:entry { @e = sum(arg0); } pid$target:a.out:leaf:return { @r = sum(arg1); }
		pid$target:a.out:thrower*:entry { @t = count(); } END { printa("%@d", @e); printa(" %@d", @r); printa(" %@d", @t); }' \
		-c "$PROGS/pid_target" | tail -n 1)
	equal "functions$suffix" "90 100 10" "$got"
	got=$(tap "$@" -n 'pid$target:a.out::entry { @[probefunc] = count(); } END { printa("%s=%@u\n", @); }' -c "$PROGS/pid_target" |
		grep -c '^leaf\|^tail\|^main\|^thrower\|^negative')
	equal "glob$suffix" 5 "$got"
	got=$(tap "$@" -n 'guarded:::hit { @ = count(); } END { printa("%@u", @); }' -c "$PROGS/marker_sem 200 100" | tail -n 1)
	check "semaphore$suffix" grep -q '200$' <<<"$got"
}
counts ""
counts "-one-by-one" --no-multi

# ---- a process that runs already, alone; then everybody's
background "$PROGS/loop_target" 100000
one=$pid
background "$PROGS/loop_target" 100000
two=$pid
for option in "" --no-multi; do
	start $option -p "$one" -n 'BEGIN { printf("begun\n"); } loop:::turn { @[pid] = count(); n++; } loop:::turn /n == 50/ { exit(0); }
		END { printa("%d\n", @); }'
	await test ! -d /proc/$tapper || kill -INT $tapper
	wait $tapper
	equal "process$option" "$one" "$(grep -v begun "$TMP/out" | tr '\n' ' ' | tr -d ' ')"
	start $option -n 'BEGIN { printf("begun\n"); } loop:::turn { @[pid] = count(); a += pid == $1; b += pid == $2; }
		loop:::turn /a > 20 && b > 20/ { exit(0); } END { printa("%d\n", @); }' "$one" "$two"
	await test ! -d /proc/$tapper || kill -INT $tapper
	wait $tapper
	equal "everybody$option" "$(printf '%s\n' "$one" "$two" | sort | tr '\n' ' ')" "$(grep '[0-9]' "$TMP/out" | sort | tr '\n' ' ')"
done
kill "$one" "$two"
wait
