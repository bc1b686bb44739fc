#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# time: 400
#
# What a live report prints, its recording prints again, byte by byte: scripts in each format, with stacks, symbols and times, and each
# report that works without Ceph. The host that reads has another time zone, and of the traced one nothing. What a recording does not
# hold is refused.
set -u
. "$TOP/test/lib.sh"
"$CEPHTAP" -q -n 'BEGIN { exit(0); }' >/dev/null 2>"$TMP/err" || { echo "skip replayed - $(head -n 1 "$TMP/err")"; exit 0; }
cd "$TMP" || exit 1
chmod 755 .
cp "$BUILD/test/prog/inline_target" "$BUILD/test/prog/calls_target" . && chmod 755 inline_target calls_target

check() { # NAME CONDITION...
	local name=$1
	shift
	if "$@"; then echo "ok $name"; else echo "not ok $name - $* ($(head -n 3 err | tr '\n' '|'))"; fi
}
same() { # NAME LEAST-BYTES LIVE AGAIN
	if [ "$(wc -c <"$3")" -lt "$2" ]; then
		echo "not ok $1 - live it is only $(wc -c <"$3") bytes ($(head -n 3 err | tr '\n' '|'))"
	elif ! cmp "$3" "$4" >differs 2>&1; then
		echo "not ok $1 - $(cat differs); $(diff <(head -c 100000 "$3") <(head -c 100000 "$4") | head -n 4 | tr '\n' '|')"
	else
		echo "ok $1"
	fi
}

# As nobody, elsewhere: nothing to be seen of the kernel's types and symbols, and of the traced program.
cp "$CEPHTAP" cephtap && chmod 755 cephtap
elsewhere() { # ARGUMENTS OF CEPHTAP
	TZ=America/St_Johns unshare -m sh -c 'mount --make-rprivate / && mount -t tmpfs none /sys/kernel &&
		mount --bind /dev/null /proc/kallsyms && exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"' sh "$TMP/cephtap" "$@"
}
export TZ=Asia/Kathmandu

"$CEPHTAP" --dump schema -s /dev/stdin >out 2>err <<<'BEGIN { @a["x"] = quantize(1); }'
check replayed-dump sh -c "grep -q '^    name: \"a\"' out && grep -q '^      agg: quantize' out && grep -q '^        kind: string' out"

# ---- a script, in each format: each kind of value, as a value, in a format, and as a key
cat >all.d <<'D'
#pragma D option switchrate=20ms
int64_t n;
BEGIN { printf("%Y %Y %s\n", walltimestamp, (uint64_t)1000000000000000000, execname); }
pid$target:a.out:probe:entry /n++ < 200/ {
	@fun[usym(arg0 + n % 4), pid > 0] = count(); @mod["x", umod(arg0)] = quantize(n); @addr[uaddr(arg0 + n % 3)] = sum(n - 100);
	@stack[ustack(5)] = max(n); last = arg0;
}
pid$target:a.out:probe:entry /n % 50 == 0/ {
	trace(usym(arg0)); trace(umod(arg0)); trace(uaddr(arg0 + 1)); ustack(); printf("%A %s %a %k\n", usym(arg0 + 2), umod(arg0), arg0, ustack(2));
	ufunc(arg0);
}
pid$target:a.out:probe:entry /n == 60/ { trace(*(int *)0); }
profile-97hz { @kernel[func(arg0)] = count(); @kernelmod[mod(arg0)] = lquantize(n, 0, 1000, 100); @address[arg0] = count(); }
profile-97hz /arg0/ { trace(sym(arg0)); printf("%a %A\n", arg0, func(arg0)); @stacks[stack(3)] = avg(n); }
tick-300ms { printa(@fun); printa("%A %d %@d\n", @fun); printa("%a %@d\n", @address); printa(@mod); trunc(@mod, 1); clear(@addr); }
END { printa("%A %@d\n", @addr); printf("end %Y\n", walltimestamp); }
D
for format in text json csv openmetrics; do
	option=; [ $format = text ] || option=--$format
	"$CEPHTAP" record -o $format.rec --tee $option -s all.d -c "./inline_target 300 3" >$format.live 2>$format.live.err
	chmod 644 $format.rec
	elsewhere replay $option $format.rec >$format.again 2>err
	check replayed-$format-status test $? = 0
	same replayed-$format 2000 $format.live $format.again
	grep 'cephtap: ' $format.live.err | grep -v '^cephtap: script' >live.err
	grep -v 'cephtap replay: ' err >again.err
	same replayed-$format-stderr $([ $format = json ] && echo 0 || echo 50) live.err again.err
done
check replayed-symbols grep -q 'inline_target`probe' csv.again
check replayed-kernel-symbols grep -q 'vmlinux`' csv.again
check replayed-zone grep -q '2001 Sep  9 07:31:40' text.again
check replayed-csv-series test "$(cut -d, -f1 csv.again | sort -u | wc -l)" -ge 3
check replayed-csv-names grep -q '^time_ns,aggregation,function,key1,key2,low,high,value,updates' csv.again
check replayed-labels grep -q 'cephtap_fun_total{key1="inline_target`probe",' openmetrics.again
elsewhere replay --about text.rec >out 2>err
check replayed-about grep -q "$(date +%Y)-.*:..:.*a script, probes" out

# ---- the formats that are files: a trace
"$CEPHTAP" record -o ctf.rec --ctf live.ctf -s all.d -c "./inline_target 300" >out 2>err
chmod 644 ctf.rec
mkdir -m 777 again && (cd again && elsewhere replay --ctf again.ctf ../ctf.rec >out 2>../err)
check replayed-ctf diff -r live.ctf again/again.ctf
check replayed-ctf-events test "$(stat -c %s live.ctf/stream)" -gt 1000
"$CEPHTAP" replay --ctf two.ctf ctf.rec ctf.rec >out 2>err
check replayed-ctf-two-status test $? = 1
check replayed-ctf-two grep -q 'a CTF trace can be made of one recording at a time' err

# ---- every second
"$CEPHTAP" record -o every.rec --tee --csv --every 1 --seconds 3 -n 'tick-100ms { @["n"] = count(); }' >every.live 2>err
"$CEPHTAP" replay --csv every.rec >every.again 2>err
same replayed-every 150 every.live every.again
check replayed-every-often test "$(wc -l <every.again)" -ge 3
"$CEPHTAP" replay -o every.file --csv every.rec && same replayed-output 150 every.live every.file

# ---- reports: as they were, in each of their forms
worker() { # something for each report to see
	python3 -c 'import os, time
parent = os.getppid()
while os.getppid() == parent:
    file = os.open("worked", os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
    os.write(file, b"x" * 5000); os.fsync(file); os.close(file); sum(range(20000)); time.sleep(0.001)' &
	worker=$!
}
report() { # NAME FORM LEAST-BYTES OPTIONS
	local name=$1 form=$2 least=$3 option=
	shift 3
	[ "$form" = text ] || option=--$form
	"$CEPHTAP" record -o report.rec --tee $name $option -p $worker "$@" >live 2>err
	check replayed-$name-$form-status test $? = 0
	chmod 644 report.rec
	elsewhere replay $option report.rec >again.out 2>err
	same replayed-$name-$form $least live again.out
}
worker
report sched text 300 -i 1 --seconds 3
check replayed-sched-host grep -q 'host: processors busy' again.out
report sched json 500 --seconds 2
report sched csv 300 --seconds 2
report offcpu text 150 --seconds 2
report offcpu json 200 --seconds 2
report io text 200 --seconds 2
report io csv 200 --seconds 2
report profile text 200 --seconds 2
report profile csv 100 --seconds 2
report profile json 100 --seconds 2
kill $worker
wait $worker 2>/dev/null

# ---- a profile as stacks, with what was inlined; as pprof and as a picture
./inline_target 100000 1 >/dev/null 2>&1 &
worker=$!
"$CEPHTAP" record -o inlines.rec --tee profile --folded --inlines --pprof live.pprof --html live.html -p $worker --seconds 2 >live 2>err
kill $worker 2>/dev/null
wait $worker 2>/dev/null
chmod 644 inlines.rec
(cd again && elsewhere report profile --folded --pprof again.pprof --html again.html ../inlines.rec >../again.out 2>../err)
same replayed-folded 50 live again.out
same replayed-pprof 100 live.pprof again/again.pprof
same replayed-html 1000 live.html again/again.html
check replayed-pprof-build-id sh -c "gzip -dc again/again.pprof | grep -aq \"$(file -b ./inline_target | sed 's/.*BuildID\[sha1\]=\([0-9a-f]*\).*/\1/')\""

# ---- the calls of a function
calls() { # NAME OPTIONS
	local name=$1
	shift
	./calls_target 5 &
	worker=$!
	wait_for 10 past_exec $worker
	"$CEPHTAP" record -o calls.rec --tee calls --trigger shop::till::checkout -p $worker "$@" >live 2>err
	check replayed-calls-$name-status test $? = 0
	wait $worker
	chmod 644 calls.rec
}
calls text
elsewhere replay calls.rec >again.out 2>err
same replayed-calls-text 200 live again.out
check replayed-calls-tree grep -q 'shop::till::checkout: [0-9]* calls\? in' again.out
calls json --json
elsewhere replay --json calls.rec >again.out 2>err
same replayed-calls-json 200 live again.out
elsewhere report calls --folded calls.rec >out 2>err
check replayed-calls-folded grep -q '^shop::till::checkout;shop::till::scan;shop::till::weigh [0-9]' out
calls slowest --slowest 2
elsewhere replay calls.rec >again.out 2>err
same replayed-calls-slowest 200 live again.out
elsewhere report calls --slowest 2 calls.rec >again.out 2>err
same replayed-calls-slowest-asked 200 live again.out
"$CEPHTAP" replay calls.rec calls.rec >out 2>err
check replayed-calls-two grep -q 'report calls can be made of one recording at a time' err

# ---- what cannot be said of a recording is refused
"$CEPHTAP" replay --csv calls.rec >out 2>err
check replayed-no-form grep -q '`calls` cannot be written as --csv' err
"$CEPHTAP" report profile --osd 3 inlines.rec >out 2>err
check replayed-no-choice-status test $? = 2
check replayed-no-choice grep -q 'files are reported as they were recorded: --osd belongs to cephtap record' err

# ---- what went wrong while it was recorded is said again
printf '#!/bin/sh\nkill -SEGV $$\n' >suicide && chmod 755 suicide
"$CEPHTAP" record -o killed.rec -n 'BEGIN { printf("pid %d\n", $target); }' -c ./suicide >out 2>live.err
check replayed-killed-live grep -q 'cephtap record: process [0-9]* was killed by signal 11' live.err
chmod 644 killed.rec
elsewhere replay killed.rec >out 2>err
check replayed-killed grep -q 'cephtap replay: killed.rec: process [0-9]* was killed by signal 11' err
check replayed-killed-report grep -q 'pid [0-9]' out
