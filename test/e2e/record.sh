#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# time: 120
#
# Recordings: the same text and JSON as live, read by nobody in particular on a host without types and symbols; two files as one;
# a file that is cut; a recorder that is killed; a full disk; a layout of our own.
set -u
. "$TOP/test/lib.sh"
"$CEPHTAP" -q -n 'BEGIN { exit(0); }' >/dev/null 2>"$TMP/err" || { echo "skip record - $(head -n 1 "$TMP/err")"; exit 0; }
target=$BUILD/test/prog/stack_target
cd "$TMP" || exit 1
chmod 755 .

check() { # NAME CONDITION...
	local name=$1
	shift
	if "$@"; then echo "ok $name"; else echo "not ok $name - $* ($(head -n 3 err | tr '\n' '|'))"; fi
}

# As nobody, with a copy of the binary that nobody can run, and with nothing to be seen of the kernel's types and symbols.
cp "$CEPHTAP" cephtap && chmod 755 cephtap
elsewhere() { # ARGUMENTS OF CEPHTAP
	unshare -m sh -c 'mount --make-rprivate / && mount -t tmpfs none /sys/kernel && mount --bind /dev/null /proc/kallsyms &&
		[ ! -e /sys/kernel/btf/vmlinux ] && exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"' sh "$TMP/cephtap" "$@"
}

# ---- the same as live: printf, trace, aggregations that are printed, cleared and truncated, stacks, errors, text of a kernel's structure
cat >all.d <<'D'
#pragma D option switchrate=10ms
int64_t n;
pid$target:a.out:mark:entry { @calls = count(); @by[arg0 % 3] = quantize(arg0); @stacks[ustack(4)] = count(); last = arg0; }
pid$target:a.out:mark:entry /arg0 % 10 == 0/ { printf("mark %d %s\n", (int)arg0, execname); ustack(3); }
pid$target:a.out:mark:entry /arg0 == 5/ { trace(*(int *)0); }
BEGIN { printf("%s %d\n", stringof(curthread->group_leader->comm), curthread->group_leader->pid > 0); trace("begin"); }
tick-20ms { n++; @max[n % 2] = max(n); @sum["x"] = sum(n); }
tick-50ms { printa(@max); printa("%s %@d\n", @sum); trunc(@max); clear(@sum); }
END { printa(@calls, @calls); normalize(@sum, 3); printf("end\n"); }
D
for format in text json; do
	option=; [ $format = text ] || option=--json
	"$CEPHTAP" record -o $format.rec --tee $option -s all.d -c "$target 200 1" >$format.live 2>$format.live.err
	chmod 644 $format.rec
	elsewhere replay $option $format.rec >$format.again 2>err
	check record-$format-status test $? = 0
	check record-$format-same cmp $format.live $format.again
	check record-$format-is-something test "$(wc -c <$format.live)" -gt 2000
done
grep -v '^cephtap: script\|^cephtap record:' text.live.err >live.err
elsewhere replay text.rec >/dev/null 2>err
grep -v 'the probes took' err >again.err # of the live run it is among what is cut above
check record-errors-same cmp live.err again.err
check record-errors-said grep -q 'error on enabled probe.*invalid address (0x0) in action #1 at all.d:5' live.err
check record-stack-names grep -q '`mark' text.again
check record-other-format test "$(elsewhere replay --json text.rec | grep -c '"action":"printf"')" -ge 20
check record-not-the-pipeline test "$(grep -c . text.again)" -gt 30

# Nothing of it needs the traced host: the names are in the file.
check record-needs-no-host elsewhere replay --about text.rec
elsewhere replay --script text.rec >script.again
check record-script cmp all.d script.again
check record-cannot-trace-there sh -c '! "$@" 2>/dev/null' sh setpriv --reuid 65534 --regid 65534 --clear-groups "$TMP/cephtap" -n BEGIN

# ---- without --tee nothing is printed, and the status is the script's
"$CEPHTAP" record -o exit.rec -n 'BEGIN { printf("hello"); exit(7); }' >out 2>err
check record-status test $? = 7
check record-quiet test ! -s out
check record-quiet-kept test "$("$CEPHTAP" replay exit.rec | grep -c hello)" = 1

# ---- two files are one: sums of sums, one table where each host printed one
for host in a b; do
	"$CEPHTAP" record -o $host.rec -q -n 'pid$target:a.out:mark:entry { @n[arg0 % 2] = count(); @all = count(); }
		END { printa("%d %@d\n", @n); printa("all %@d\n", @all); }' -c "$target 100" >out 2>err
	"$CEPHTAP" replay $host.rec >$host.out
done
check record-one test "$(cat a.out)" = "0 50
1 50
all 100"
"$CEPHTAP" replay a.rec b.rec >both 2>err
check record-two test "$(cat both)" = "0 100
1 100
all 200"
"$CEPHTAP" replay a.rec b.rec a.rec b.rec >four 2>err
check record-four grep -q '^all 400$' four
"$CEPHTAP" replay a.rec exit.rec >out 2>err
check record-other-script test $? = 1
check record-other-script-said grep -q 'a.rec and exit.rec cannot be one report: the second is a recording of another script' err

# ---- a report: live, recorded, on its own layout
"$target" 1 7 &
busy=$!
"$CEPHTAP" record -o profile.rec --tee --folded profile -p $busy --seconds 2 >profile.live 2>err
wait $busy # the names must be in the file
chmod 644 profile.rec
elsewhere replay --folded profile.rec >profile.again 2>err
check record-profile cmp profile.live profile.again
check record-profile-stacks grep -q '`main;' profile.again
elsewhere report profile profile.rec >out 2>err
check record-profile-heading grep -q '^[0-9]* samples in [0-9]*[.][0-9] s, 97 per second' out
sum=$(awk '{ sum += $NF } END { print sum + 0 }' profile.again)
twice=$(elsewhere report profile --folded profile.rec profile.rec | awk '{ sum += $NF } END { print sum + 0 }')
check record-profile-twice test "$sum" -gt 20 -a "$twice" = $((2 * sum))
check record-profile-merged test "$(elsewhere report profile --folded profile.rec profile.rec | wc -l)" = "$(wc -l <profile.again)"
"$CEPHTAP" report osd profile.rec >out 2>err
check record-wrong-report test $? = 1
check record-wrong-report-said grep -q 'profile.rec is a recording of report `profile`, not of `osd`' err

# ---- cut, damaged, of another version, none at all
size=$(stat -c %s text.rec)
head -c $((size * 2 / 3)) text.rec >cut.rec
"$CEPHTAP" replay cut.rec >out 2>err
check record-cut test $? = 0
check record-cut-said test "$(grep -c 'cephtap replay: cut.rec ends early, at .*: its recorder was killed, or the disk was full' err)" = 1
check record-cut-has-events grep -q 'mark ' out
cp text.rec bad.rec
printf '\377\377\377' | dd of=bad.rec bs=1 seek=$((size * 2 / 3)) conv=notrunc 2>/dev/null
"$CEPHTAP" replay bad.rec >out 2>err
check record-damaged test $? = 0
check record-damaged-said grep -q 'bad.rec is damaged at byte [0-9]*: the report is of what comes before' err
cp text.rec version.rec
printf '\011' | dd of=version.rec bs=1 seek=12 conv=notrunc 2>/dev/null
"$CEPHTAP" replay version.rec >out 2>err
check record-version test $? = 1
check record-version-said grep -q 'version.rec is a recording in version 9 of the format; this cephtap (.*) reads version 3' err
for file in all.d /dev/null; do
	"$CEPHTAP" replay $file >out 2>err
	check record-none-"${file##*/}" test $? = 1
	check record-none-said-"${file##*/}" grep -q "$file is not a recording of cephtap" err
done
"$CEPHTAP" replay not-there >out 2>err
check record-not-there test $? = 1
"$CEPHTAP" record -o not-there/x.rec -n 'BEGIN { exit(0); }' >out 2>err
check record-nowhere test $? = 1

# ---- kill -9 of the recorder: all but the last second
"$CEPHTAP" record -o killed.rec -n 'int64_t n; tick-100ms { printf("%d\n", n++); @n = count(); }' >out 2>err &
recorder=$!
has_thirty() { "$CEPHTAP" replay killed.rec 2>/dev/null | grep -qE '(^| )30$'; }
wait_for 60 has_thirty
kill -9 $recorder
wait $recorder 2>/dev/null
"$CEPHTAP" replay killed.rec >out 2>err
check record-killed test $? = 0
check record-killed-said grep -q 'killed.rec ends early' err
check record-killed-records test "$(grep -c tick-100ms out)" -ge 25
check record-killed-aggregation test "$(tail -n 1 out)" -ge 15

# ---- a full disk: said, and what is there can be read
mkdir small
if mount -t tmpfs -o size=128k none small 2>/dev/null; then
	timeout 30 "$CEPHTAP" record -o small/full.rec -x switchrate=10ms \
		-n 'int64_t n; tick-1ms { printf("%d %s\n", n++, "to fill the disk, to fill the disk, to fill the disk"); }' >out 2>err
	check record-full test $? = 1
	check record-full-said grep -q 'cephtap record: the disk is full: the recording ends here; tracing stopped; what was recorded before' err
	"$CEPHTAP" replay small/full.rec >out 2>err
	check record-full-read test $? = 0
	check record-full-records test "$(grep -c 'to fill the disk' out)" -ge 300
	umount small
else
	echo "skip record-full - a tmpfs cannot be mounted here"
fi
