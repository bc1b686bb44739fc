#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# One cephtap watches another by its own markers (doc/own-markers.md): what they say is what the other one says, prints and
# does, exactly. And a cephtap that watches all of them does not see itself.
# time: 180
. "$TOP/test/e2e/lib-lang.sh"
. "$TOP/test/lib.sh"
cd "$TMP" || exit 1
trap 'kill $(jobs -p) 2>/dev/null' EXIT

# `watch SCRIPT WORDS...`: the second cephtap's report is in ./seen, what the first one prints in ./out and $err. The words go
# through a shell's hands: quoted ones come out as they were.
watch() {
	local script=$1 words
	shift
	printf -v words ' %q' "$@"
	rm -f seen
	timeout 30 "$CEPHTAP" -q -o seen -n "$script" -c "$CEPHTAP$words" >out 2>"$err"
}
sums() { awk '{ n += $1 } END { print n + 0 }' seen; }

# --- Stages: in order, each with its end ---
stages='cephtap:::*-start, cephtap:::*-done { printf("%s\n", probename); }'
compiled='run-start parse-start parse-done check-start scan-start scan-done check-done compile-start compile-done'
traced='load-start load-done attach-start attach-done trace-start trace-done detach-start detach-done run-done'
in_order() { grep -vE '^(batch|print|snapshot)-' seen | tr '\n' ' ' | sed 's/ $//'; }
# Pairs lie one inside the other, and a run is around all of them.
balance() {
	awk '{ name = $1; sub(/-[a-z]*$/, "", name) }
		/-start$/ { open[++n] = name; next }
		n && open[n] == name { n--; next }
		{ print "line " NR ": " $1 " inside of " open[n]; bad = 1 }
		END { if (n) print open[n] " has no end"; else if (!bad) print "balanced" }' seen
}
watch "$stages" -q -n 'lang:::hit { @[arg0] = count(); printf("%d\n", arg0); }' -c "$target 100"
report "the stages of a run, in order" "$compiled $traced" "$(in_order)"
report "a stage that began has ended" balanced "$(balance)"
report "it has read, printed, and looked at its aggregation" 3 "$(grep -cE '^(batch|print|snapshot)-done$' <(sort -u seen))"
watch "$stages" -q -n 'BEGIN { exit(0); }' -n 'END { }'
report "each source is parsed, and nothing looked for or attached" \
	'run-start parse-start parse-done parse-start parse-done check-start check-done compile-start compile-done load-start load-done attach-start attach-done trace-start trace-done run-done' "$(in_order)"
watch "$stages" -e -n 'lang:::hit' -c "$target"
report "-e" "$compiled run-done" "$(in_order)"
watch "$stages" -n 'BEGIN { x = ; }'
report "a syntax error" 'run-start parse-start parse-done run-done' "$(in_order)"
watch "$stages" -n 'BEGIN { x = 1; x = "a"; }'
report "an error of types" 'run-start parse-start parse-done check-start check-done run-done' "$(in_order)"
watch "$stages" -q -n 'lang:::hit { printf("%d\n", arg0); }' -c "$target 20000" --no-multi
report "a stage that began has ended, --no-multi" balanced "$(balance)"

# --- Status, and what ends a run ---
ends='cephtap:::run-done { printf("%d\n", args[0]); } cephtap:::trace-done { printf("%s ", args[0]); }'
watch "$ends" -q -n 'BEGIN { exit(7); }'
report "exit's status" 'exit 7' "$(cat seen)"
watch "$ends" -q -n 'BEGIN { x = ; }'
report "the status of an error" 1 "$(cat seen)"
watch "$ends" --no-such-option
report "the status of wrong usage" 2 "$(cat seen)"
watch "$ends" -q -n 'lang:::hit { }' -c "$target"
report "the target ends it" 'target 0' "$(cat seen)"
watch "$ends" -q --seconds 1 -n 'BEGIN { }'
report "the time ends it" 'time 0' "$(cat seen)"
watch "$ends" -q -n 'tick-10ms { printf("x"); }' -o /dev/full
report "an output that cannot be written ends it" 'error 1' "$(cat seen)"

# --- Mistakes and numbers of the script ---
watch 'cephtap:::parse-done { printf("%s %d %d\n", args[0], args[1], args[2]); }' -q -n 'BEGIN { } END { }' -n 'tick-1s { exit(0); }'
report "clauses of each source" $'-n argument 1 2 0\n-n argument 2 3 0' "$(cat seen)"
watch 'cephtap:::parse-done { printf("%d %d\n", args[1], args[2]); }' -n 'BEGIN { x = ; } BEGIN { y = ; } END { }'
report "mistakes are counted" "1 $(grep -c ': error: ' "$err")" "$(cat seen)"
watch 'cephtap:::check-done { printf("%d %d %d %d\n", args[0], args[1], args[2], args[3]); }' -q -n 'BEGIN { a = 1; b[a] = 2; @ = count(); } BEGIN, END { @b = sum(a); exit(0); }'
report "probes, variables, aggregations" '2 2 2 0' "$(cat seen)"

# --- Probes: as many as are matched, attached once each ---
cat >many.d <<'END'
BEGIN { } END { } ERROR { } tick-1s { } lang:::hit { } lang:::round-* { } profile-7 { }
END
probes='cephtap:::probe-attached { printf("%s %d %d\n", args[0], args[2], args[3]); }'
watch "$probes" -s many.d -c "$target 5"
report "as many probes are attached as are matched" "$(sed -n "s/^cephtap: script 'many.d' matched \([0-9]*\) probes$/\1/p" "$err")" "$(wc -l <seen)"
report "these" 'dtrace:::BEGIN 0 0
dtrace:::END 0 0
dtrace:::ERROR 0 0
lang:lang_target::hit 1 0
lang:lang_target::round-done 1 0
lang:lang_target::round-start 1 0
profile:::profile-7 0 0
profile:::tick-1s 0 0' "$(sort seen)"
watch "$probes" -n 'lang:::hit { }' -n 'lang:::hit { } lang:::h*, BEGIN { }' -c "$target 5"
report "a probe of several clauses is attached once" $'dtrace:::BEGIN\nlang:lang_target::hit' "$(sort seen | cut -d' ' -f1)"
watch 'cephtap:::probe-attached { printf("%d %s\n", args[1], args[0]); }' -q -s many.d -c "$target 5"
report "a probe's number is the one that -l shows" "$("$CEPHTAP" -l -s many.d -c "$target 5" | awk 'NR > 1 { print $1, $NF }' | sort)" \
	"$(sed 's/ .*:/ /' seen | sort)"
watch 'cephtap:::attach-start, cephtap:::attach-done { printf("%s %d %d\n", probename, arg0, arg1); }' -q -n 'BEGIN { } lang:::hit { } lang:::round-* { } tick-1s { }' -c "$target 5"
report "three sites on one link, and a timer" $'attach-start 5 3\nattach-done 2 0' "$(cat seen)"
watch 'cephtap:::link-made { printf("%d %d\n", args[1], args[2] > 0); }' -q --no-multi -n 'lang:::hit { } lang:::round-* { }' -c "$target 5"
report "a link for each site, --no-multi" $'1 1\n1 1\n1 1' "$(cat seen)"
if [ "$(uname -m)" = x86_64 ]; then
	watch "$probes cephtap:::probe-refused { printf(\"%s: %s\\n\", args[0], args[2]); }
		cephtap:::site-refused { printf(\"%s at %s: %d %s\\n\", args[0], args[1], args[3], args[4]); }" -n 'refused:::' -c "$PROGS/refused"
	report "what is refused, and why" "refused:refused::nowhere: its note in $PROGS/refused is wrong: its address is not in the file's code
refused:refused::partly at $PROGS/refused: -524 the first instruction there cannot be probed
refused:refused::bad at $PROGS/refused: -524 the first instruction there cannot be probed
refused:refused::good 1 0
refused:refused::partly 1 1
refused:refused::bad: the first instruction there cannot be probed" "$(cat seen)"
	report "as many as it warns of" "$(grep -c 'is left out' "$err")" "$(grep -c ': ' seen | awk '{ print $1 - 1 }')"
	watch "cephtap:::probe-refused { printf(\"%s\", args[0]); } cephtap:::attach-done { printf(\" %d %d\", args[0], args[1]); }" -n 'refused:::bad' -c "$PROGS/refused"
	report "all of it is refused" 'refused:refused::bad 0 -95' "$(cat seen)"
else
	echo "skip what is refused, and why - knows instructions of x86_64"
fi

# --- Programs: those that --dump ebpf shows ---
cat >programs.d <<'END'
BEGIN { x = 1; }
lang:::hit /arg0 > 3/ { @[arg0] = quantize(arg1); s = strjoin("a", "b"); }
lang:::texts { printf("%s", copyinstr(arg0)); }
tick-1s { exit(0); }
END
dumped=$("$CEPHTAP" --dump ebpf -s programs.d -c "$target 5" | sed -n 's/^program [0-9]* \([^:]*\): .*, \([0-9]*\) instructions$/\1 \2/p' | sort)
watch 'cephtap:::program-loaded { printf("%s %d\n", args[0], args[1]); }' -q -s programs.d -c "$target 5"
report "programs and their instructions" "$dumped" "$(grep -v '^ct_' seen | sort)"
watch 'cephtap:::compile-done { printf("%d %d\n", args[0], args[2]); }' -q -s programs.d -c "$target 5"
report "and all of them together" "$(echo "$dumped" | awk '{ n += $2 } END { print NR, n }')" "$(cat seen)"
watch 'cephtap:::program-loaded { printf("%d %s\n", args[2], args[2] && args[3] >= args[1] / 4 && args[4] ? "good" : "bad"); }' -q -s programs.d -c "$target 5"
report "each has a number of its own, and was verified" "$(wc -l <seen) good" "$(sort -u seen | cut -d' ' -f2 | uniq -c | awk '{ print $1, $2 }')"
dumped=$("$CEPHTAP" --dump ebpf -s programs.d -c "$target 5" | sed -n 's/^map [0-9]* \([^:]*\): .*/\1/p')
watch 'cephtap:::map-created { printf("%s\n", args[0]); }' -q -s programs.d -c "$target 5"
report "maps" "$dumped" "$(cat seen)"

# --- Records: as many as lines are printed, and what is lost ---
watch 'cephtap:::batch-done { printf("%d\n", args[0]); }' -q -n 'lang:::hit { printf("%d\n", arg0); }' -c "$target 20000"
report "as many records are read as lines are printed" "$(wc -l <out)" "$(sums)"
report "and that is all of them" 20000 "$(sums)"
watch 'cephtap:::print-done { printf("%d\n", args[0]); }' -q -n 'lang:::hit { printf("%d\n", arg0); } lang:::round-done { @[arg0 & 63] = count(); }' -c "$target 20000"
report "as many bytes are written as there are" "$(wc -c <out)" "$(sums)"
watch 'cephtap:::batch-done { printf("%d\n", args[0]); } cephtap:::events-dropped { printf("%d %s\n", args[1], args[0]); }' \
	-q -x bufsize=64k -x switchrate=10s -n 'lang:::hit { printf("%d\n", arg0); }' -c "$target 20000"
report "what is not read is dropped" 20000 "$(sums)"
report "as it says" "$(sed -n 's/.*: \([0-9]*\) records were lost: the ring.*/\1/p' "$err" | awk '{ n += $1 } END { print n + 0 }')" \
	"$(awk '$2 == "record" { n += $1 } END { print n + 0 }' seen)"
watch 'cephtap:::snapshot-done { printf("%s %d %d\n", args[0], args[2], args[1] >= args[2]); }' -q -n 'lang:::hit { @keys[arg0 % 50] = count(); @all = count(); }' -c "$target 1000"
report "aggregations, and the keys that are printed" $'keys 50 1\nall 1 1' "$(cat seen)"
report "50 keys and one without" 51 "$(grep -c . out)"

# --- Links that are taken away ---
"$CEPHTAP" -q -o lost -n 'cephtap:::trace-start { printf("%d\n", pid); } cephtap:::keeper-lost { printf("signal %d\n", args[1]); }
	cephtap:::trace-done { printf("%s\n", args[0]); } cephtap:::run-done { printf("%d\n", args[0]); }' \
	-c "$CEPHTAP -q -n guarded:::hit -c '$PROGS/marker_sem 100000 1000'" >out 2>"$err" & watcher=$!
wait_for 10 grep -qs . lost
first=$(head -n 1 lost)
child=$(pgrep -P "$first" marker_sem)
kill -9 "$(pgrep -P "$first" ct-links)"
wait $watcher
kill -9 "$child"
report "a process that holds links is killed" $'signal 9\nkeeper\n1' "$(tail -n +2 lost)"

# --- All of them: not itself ---
# Its own markers, of which there are some for each reading, must not fire for it, nor those of its children.
not_itself() { # NAME COMMAND...
	local name=$1
	shift
	rm -f own
	"$@" -q -o own --seconds 2 -n 'cephtap:::/pid == $pid || ppid == $pid/ { n++; } cephtap:::run-start { m++; }
		BEGIN { printf("ready\n"); } END { printf("%d %d\n", n, m > 0); }' 2>"$err" & watcher=$!
	wait_for 10 grep -qs ready own
	"$CEPHTAP" -q -n 'BEGIN { exit(0); }'
	wait $watcher
	report "others are seen, and it does not see itself: $name" '0 1' "$(tail -n 1 own)"
}
not_itself "multi-uprobe link" "$CEPHTAP"
not_itself --no-multi "$CEPHTAP" --no-multi
if unshare -pf --mount-proc true 2>/dev/null; then # its number is another one there
	not_itself "in a namespace of process ids" unshare -pf --mount-proc "$CEPHTAP"
else
	echo "skip in a namespace of process ids - none may be made here"
fi
# Each reading of one makes a record for the other: a few for each switchrate, not an avalanche.
for one in 1 2; do
	"$CEPHTAP" -q --seconds 3 -n 'cephtap:::batch-done { printf("%d\n", pid); } BEGIN { printf("first\n"); }' >watcher.$one 2>"$err" & watchers[one]=$!
done
wait "${watchers[@]}"
for one in 1 2; do
	got=$(grep -cx "${watchers[3 - one]}" watcher.$one)
	report "two that watch each other: the $one. sees a few readings" yes "$( ((got > 2 && got < 300)) && echo yes || echo "$got")"
done
