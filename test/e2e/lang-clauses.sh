#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Clauses: predicates, order, this-> and self->, BEGIN, END, ERROR, exit(), timers, macro arguments, options, drops.
# time: 180
. "$TOP/test/e2e/lib-lang.sh"

# --- Clauses and variables ---
same "clauses of one probe run in the script's order" 'abcd' -n 'BEGIN { printf("a"); } BEGIN { printf("b"); } BEGIN { printf("c"); }
	BEGIN { printf("d"); exit(0); }'
same "this-> lives through the clauses of one firing" '7 8 x' -n 'BEGIN { this->n = 7; this->s = "x"; } BEGIN { printf("%d ", this->n++); }
	BEGIN { printf("%d %s", this->n, this->s); exit(0); }'
same "this-> is zero in the next firing" '0 0 0 ' -c "$target 3" -n 'this int n; lang:::hit { printf("%d ", this->n); this->n = 5; }'
same "predicates" '2 3 ' -c "$target 5" -n 'lang:::hit /arg0 > 1 && arg0 < 4/ { printf("%d ", arg0); }'
same "a predicate that changes a variable" '0 2 4 ' -c "$target 6" -n 'lang:::hit /n++ % 2 == 0/ { printf("%d ", arg0); }'
same "a predicate of a string" '1' -c "$target" -n 'lang:::texts /copyinstr(arg0) == "hello, world"/ { printf("1"); }
	lang:::texts /copyinstr(arg0) == "hello"/ { printf("2"); }'
same "self-> lives from one marker to the next" '0 1 4 9 ' -c "$target 4" -n 'lang:::round-start { self->n = arg0; self->in = 1; }
	lang:::hit /self->in/ { self->sq = arg1; } lang:::round-done /self->in && self->n == arg0/ { printf("%d ", self->sq);
	self->in = 0; self->n = 0; self->sq = 0; }'
same "each thread has its own self->" '4000 4000 0' -c "$target 1000 3" -n 'lang:::round-start { self->n = arg0 + 1; }
	lang:::hit { hits++; } lang:::round-done /self->n == arg0 + 1/ { good++; } lang:::round-done /self->n != arg0 + 1/ { bad++; }
	END { printf("%d %d %d", hits, good, bad); }'
same "global counts lose nothing between threads" '32000 32000' -c "$target 4000 7" -n 'int64_t n; int m; lang:::hit { n++; m += 1; }
	END { printf("%d %d", n, m); }'
same "1000 markers are 1000" '1000 1000 332833500' -c "$target 1000" -n 'int64_t s; lang:::hit { @ = count(); n++; s += arg1; } lang:::hit { @s = sum(arg1); }
	END { printa("%@d ", @); printf("%d %d", n, s); trunc(@s); }'
same "several descriptions in one clause" 'round-start hit round-done ' -c "$target" -n 'lang:::round-start, lang:::hit, lang:::round-done
	{ printf("%s ", probename); }'
same "globs" 'round-start round-done ' -c "$target" -n 'lang:::round-* { printf("%s ", probename); }'
same "a clause without a body prints a line" '' -c "$target" -n 'lang:::none-such' -Z

# --- BEGIN, END, ERROR, exit ---
same "BEGIN comes first and END last" 'begin hit hit end' -c "$target 2" -n 'END { printf("end"); } lang:::hit { printf("hit "); } BEGIN { printf("begin "); }'
same "exit stops the clauses that follow" 'ab' -n 'BEGIN { printf("a"); } BEGIN { exit(0); printf("b"); } BEGIN { printf("c"); }'
same "END runs after exit, with all its clauses" 'one two' -n 'BEGIN { exit(0); } END { printf("one "); } END { printf("two"); }'
"$CEPHTAP" -q -n 'BEGIN { exit(7); }'
report "exit's number is the status" 7 $?
"$CEPHTAP" -q -n 'BEGIN { exit(0); } END { exit(3); }'
report "exit in END" 3 $?
same "probes do nothing after exit" '1' -c "$target 100" -n 'lang:::hit { n++; exit(0); } END { printf("%d", n); }'

# DTrace: arg1 epid, arg2 action, arg3 offset, arg4 fault, arg5 address. Faults: 1 bad address, 4 division by zero.
same "ERROR" 'error 1 8 after' -c "$target" -n 'lang:::texts { printf("%s", copyinstr(arg3)); printf("not this"); }
	ERROR { printf("error %d %d ", arg4, arg5); } lang:::texts { printf("after"); }'
same "ERROR is told which clause and action" '1 3 1 8' -n 'int64_t e; ERROR { printf("%d %d %d %d", arg1 == e, arg2, arg4, arg5); }
	BEGIN { e = epid; n = 1; x = *(int *)8; } BEGIN { exit(0); }'
same "ERROR is told of predicates" '0 4' -n 'ERROR { printf("%d %d", arg2, arg4); } BEGIN { z = 0; } BEGIN / 1 / z / { x = 1; } BEGIN { exit(0); }'
same "a fault ends its clause only" 'before next' -n 'BEGIN { printf("before "); } BEGIN { printf("never"); x = *(int *)8; }
	BEGIN { printf("next"); exit(0); }'
report "a fault is reported" 1 "$(grep -c 'invalid address (0x8)' "$err")"
same "division by zero is a fault" 'E4 0 ' -n 'ERROR { printf("E%d %d ", arg4, arg5); } BEGIN { z = 0; printf("%d", 5 / z); } BEGIN { exit(0); }'
same "a fault in a predicate" 'E1 end' -n 'ERROR { printf("E%d ", arg4); } BEGIN / *(int *)16 == 1/ { printf("never"); } BEGIN { exit(0); } END { printf("end"); }'
same "what a clause did before its fault stays" '5 5' -n 'BEGIN { x = 5; @ = sum(5); y = *(int *)8; x = 6; } BEGIN { exit(0); }
	END { printf("%d ", x); printa("%@d", @); }'
same "exit in ERROR" 'bad' -n 'ERROR { printf("bad"); exit(0); } BEGIN { x = *(int *)8; } BEGIN { printf("never"); }'
same "an ERROR clause has strings and arrays" '2 prefix-ERROR' -n 'ERROR { a[strjoin("prefix-", probename)]++; n++; s = strjoin("prefix-", probename); }
	BEGIN { x = *(int *)8; } BEGIN { x = *(int *)24; } BEGIN { printf("%d %s", a["prefix-ERROR"], s); exit(0); }'

# As dtrace: a sentence for each program, and a probe is counted once for each clause that it is in.
matched=$("$CEPHTAP" -n 'BEGIN { } BEGIN { exit(0); } END { }' -n 'END { }' 2>&1 >/dev/null)
report "what was matched" "cephtap: description 'BEGIN { } BEGIN { exit(0); } END { }' matched 3 probes
cephtap: description 'END { }' matched 1 probe" "$matched"
matched=$("$CEPHTAP" -Z -n 'lang:::none-such' -n 'BEGIN { exit(0); }' 2>&1 >/dev/null)
report "nothing was matched" "cephtap: description 'lang:::none-such' matched 0 probes
cephtap: description 'BEGIN { exit(0); }' matched 1 probe" "$matched"

# --- Timers ---
same "tick" '1 2 3 ' -n 'tick-10ms { printf("%d ", ++n); } tick-10ms /n == 3/ { exit(0); }'
same "tick in hertz, and seconds" 'done' -n 'tick-100hz { n++; } tick-1s { printf("%s", n > 50 && n < 150 ? "done" : "no"); exit(0); }' 
same "profile fires on every processor" 'yes' -n 'profile-97 { @[cpu] = count(); n++; } tick-500ms { printf("%s", n >= 40 ? "yes" : "no"); exit(0); } END { clear(@); trunc(@); }'
same "timestamps" '1 1 1 1' -n 'BEGIN { self->t = timestamp; t0 = timestamp; this->same = timestamp == self->t; w = walltimestamp; printf("%d %d ", this->same, w > 1600000000000000000); }
	tick-20ms { printf("%d %d", timestamp - t0 > 0, walltimestamp - w > 1000000 && walltimestamp - w < 5000000000); exit(0); }'

# --- Macro arguments, options ---
same "macro arguments" '42 -7 text 3 cephtap' -n 'BEGIN { printf("%d %d %s %d %s", $1, $2, $$3, strlen($$3) - 1, $$0); exit(0); }' 42 -7 text
same "the target of -c" '1 1' -c "$target" -n 'BEGIN { printf("%d ", $target > 1); } lang:::texts { printf("%d", pid == $target); }'
"$target" 1 & wait
sleep 30 & sleeper=$!
same "the target of -p" "$sleeper" -p $sleeper -n 'BEGIN { printf("%d", $target); exit(0); }'
kill $sleeper
wait $sleeper 2>/dev/null
same "defaultargs" '0 []' -x defaultargs -n 'BEGIN { printf("%d [%s]", $1, $$2); exit(0); }'
same "pragmas" '1234567 7' -n '#pragma D option strsize=8
#pragma D option quiet
BEGIN { s = "123456789"; printf("%s %d", s, strlen(s)); exit(0); }'
report "quiet is off by default" 1 "$("$CEPHTAP" -n 'BEGIN { exit(0); }' 2>&1 | grep -c ':BEGIN')"
same "ids" '1 1 1 0' -n 'BEGIN { printf("%d %d %d %d", pid > 0, tid > 0, ppid > 0, uid); exit(0); }'
same "daemon is empty in other programs" '[]' -n 'BEGIN { printf("[%s]", daemon); exit(0); }'
same "execname" 'lang_target' -c "$target" -n 'lang:::texts { printf("%s", execname); }'

# --- Drops are said ---
"$CEPHTAP" -q -x bufsize=64k -x switchrate=10s -c "$target 20000" -n 'lang:::hit { printf("%d\n", arg0); }' >"$TMP/rows" 2>"$err"
rows=$(wc -l <"$TMP/rows")
drops=$(sed -n 's/.*: \([0-9]*\) records were lost: the ring.*/\1/p' "$err" | awk '{ n += $1 } END { print n + 0 }')
cat "$err"
report "every record that is lost is counted" 20000 $((rows + drops))
"$CEPHTAP" -q -x dynvarsize=4k -c "$target 1000" -n 'lang:::hit { a[arg0] = 1; }' 2>"$err"
report "an array that is full is said" 1 "$(grep -c -i 'assignments were lost' "$err")"
cat "$err"
"$CEPHTAP" -q -x aggsize=4k -c "$target 1000" -n 'lang:::hit { @[arg0] = count(); }' 2>"$err" >"$TMP/rows"
report "an aggregation that is full is said" 1 "$(grep -c -i 'updates were lost' "$err")"
cat "$err"
exit 0

# --- Length: jumps over a long clause go in hops ---
many() { for ((i = 0; i < $1; i++)); do printf '%s ' "$2"; done; }
same "500 statements with a thread-local variable" '500' -n "self int64_t x; BEGIN { $(many 500 'self->x = self->x + 1;') printf(\"%d\", self->x); exit(0); }"
same "600 statements with an array" '1' -n "BEGIN { $(many 600 'a[1,2] = 1;') printf(\"%d\", a[1,2]); exit(0); }"
same "a long clause with errors in it" '400' -n "int64_t x; BEGIN { $(many 400 'x = x + 1;') printf(\"%d\", x); } BEGIN { $(many 300 'y = *(int *)x;') printf(\"no\"); } BEGIN { exit(0); }"
