#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# `cephtap picture`: what it writes, what it refuses, and the page in a browser (picture.py).
# time: 240
# rights: none
set -u
cd "$TMP" || exit 1

picture() { timeout 60 "$CEPHTAP" picture "$@"; }
say() { # NAME STATUS [WHY]
	if [ "$2" = 0 ]; then echo "ok $1"; else echo "not ok $1 - ${3:-$(head -n 2 err | tr '\n' ' ')}"; fi
}
refused() { # NAME STATUS PATTERN ARGUMENT...: one line on standard error, nothing on standard output
	local name=$1 wanted=$2 pattern=$3 status
	shift 3
	picture "$@" >out 2>err </dev/null
	status=$?
	if [ $status != "$wanted" ]; then
		say "$name" 1 "status $status, not $wanted: $(head -n 1 err)"
	elif ! grep -qE -- "$pattern" err || [ "$(wc -l <err)" != 1 ] || [ -s out ]; then
		say "$name" 1 "says: $(head -n 2 err | tr '\n' ' ')"
	else
		say "$name" 0
	fi
}
# The data of a page, as JSON that Python reads; then an expression over it.
data() { # PAGE EXPRESSION
	python3 - "$@" <<-'END'
		import json, sys
		page = open(sys.argv[1], encoding='utf-8').read()
		doc = json.loads(page.split('id="data">')[1].split('</script>')[0])
		print(eval(sys.argv[2]))
	END
}
equal() { # NAME EXPECTED GOT
	if [ "$2" = "$3" ]; then echo "ok $1"; else echo "not ok $1 - expected $2, got $3"; fi
}

# ---- What is written
printf 'main;work;read 12\nmain;work 3\nidle 5\n' >a.folded
printf 'main;work;read 2\nmain;gone 8\n' >b.folded
picture flame -o a.html a.folded 2>err
say flame $?
equal flame-data "[['main', 'work', 'read'], ['main', 'work'], ['idle']] 20 samples flame" \
	"$(data a.html '[[doc["names"][f] for f in s["frames"]] for s in doc["stacks"]], sum(s["value"] for s in doc["stacks"]), doc["unit"], doc["view"]' | tr -d '()' | sed "s/, 20, 'samples', 'flame'/ 20 samples flame/")"
picture flame --icicle --title 'A <b> title' --unit bytes <a.folded >stdin.html 2>err
equal flame-stdin "A <b> title|bytes|icicle" "$(data stdin.html '"|".join((doc["title"], doc["unit"], doc["view"]))')"
picture flame --diff b.folded a.folded >diff.html 2>err
equal flame-diff "[(12, 2), (3, 0), (5, 0), (0, 8)]" "$(data diff.html '[(s["value"], s["before"]) for s in doc["stacks"]]')"

printf 'time_ns,value_ns,count\n1000,5,2\n2000,70\n' >h.csv
picture heat h.csv >h.html 2>err
equal heat-data "3 1000" "$(data h.html 'str(sum(map(sum, doc["columns"]))) + " " + doc["origin_ns"]')"
picture heat --text h.csv >out 2>err
equal heat-ascii 0 "$(LC_ALL=C grep -c -P '[^\x00-\x7f]|\x1b' out)"
LC_ALL=C.UTF-8 picture heat --text h.csv >out 2>err
grep -q '█' out && ! grep -q $'\e' out
say heat-utf8 $? "$(head -n 3 out)"
if command -v script >/dev/null; then
	colours() { LC_ALL=C.UTF-8 TERM=xterm script -qec "$CEPHTAP picture heat --text h.csv" /dev/null </dev/null | grep -c $'\e\[38'; }
	[ "$(colours)" -gt 0 ] && [ "$(NO_COLOR=1 colours)" = 0 ] && [ "$(NO_COLOR='' colours)" -gt 0 ]
	say heat-colour $? "NO_COLOR is not what decides"
else
	echo "skip heat-colour - there is no script(1)"
fi

printf 'lane,name,start_ns,end_ns,detail\nosd.0,op,1795644000000000001,1795644000000000101,"a, ""b"""\nosd.1,op,5,7\nosd.0,queue,1795644000000000002,1795644000000000050,\n' >t.csv
picture timeline t.csv >t.html 2>err
equal timeline-data "[('osd.0', [('op', 0, 100, 'a, \"b\"'), ('queue', 1, 49, None)]), ('osd.1', [('op', -1795643999999999996, -1795643999999999994, None)])] 1795644000000000001" \
	"$(data t.html 'str([(l["name"], [(s["name"], s["start_ns"], s["end_ns"], s.get("detail")) for s in l["spans"]]) for l in doc["lanes"]]) + " " + doc["origin_ns"]')"

# Nothing in a page names another place, but for the namespace of nothing at all.
equal no-network 0 "$(cat a.html h.html t.html | grep -cE 'https?://|src=|@import|url\(')"

# ---- What is refused
: >empty
printf 'a;b 1\nmain;b\n' >bad.folded
printf 'a\0b 1\n' >nul
printf '1,2\n3,x\n' >bad.csv
printf '1\n' >short.csv
printf '1,99999999999999999999\n' >large.csv
printf 'a,b,5,4\n' >back.csv
printf 'a,"b,5,6\n' >quote.csv
refused no-number 1 '^cephtap picture: bad.folded:2: a stack and behind it a number' flame bad.folded
refused empty-folded 1 '^cephtap picture: empty: there is no stack' flame empty
refused empty-stdin 1 '^cephtap picture: standard input: there is no stack' flame
refused nul-folded 1 'nul:1: a NUL byte' flame nul
refused no-file 1 'cannot open none: No such file' flame none
refused a-folder 1 'Is a directory' flame .
refused bad-before 1 'bad.folded:2: ' flame --diff bad.folded a.folded
refused heat-number 1 '^cephtap picture: bad.csv:2: value_ns is not a whole number .* `x`; time_ns,value_ns\[,count\] was expected' heat bad.csv
refused heat-fields 1 'short.csv:1: 1 field; ' heat short.csv
refused heat-large 1 'large.csv:1: value_ns' heat large.csv
refused heat-empty 1 'empty: there is no row' heat empty
refused heat-nul 1 'nul:1: a NUL byte' heat nul
refused span-backwards 1 'back.csv:1: end_ns is before start_ns' timeline back.csv
refused quote 1 'quote.csv:1: a quote that nothing closes' timeline quote.csv
refused no-kind 2 'which kind of picture' --icicle
refused odd-kind 2 'kinds of pictures are' pie
refused two-files 2 'one file' flame a.folded b.folded
refused diff-itself 2 'the same' flame --diff a.folded a.folded
refused diff-heat 2 'go with flame' heat --diff a.folded h.csv
refused text-flame 2 'goes with heat' flame --text a.folded
refused no-option 2 'option' flame --no-such
refused no-folder 1 'cannot write to none/x: No such file' flame -o none/x a.folded
if [ -w /dev/full ]; then
	refused full-file 1 '^cephtap picture: cannot write to /dev/full: No space left' flame -o /dev/full a.folded
	picture flame a.folded >/dev/full 2>err
	equal full-stdout "1 cannot write standard output: No space left on device" "$? $(sed -n 's/^cephtap picture: //p' err)"
fi
picture --help >out 2>err && [ ! -s err ] && grep -q -- '--diff BEFORE' out
say help $?

# ---- The page in a browser
if command -v chromium >/dev/null && command -v chromedriver >/dev/null; then
	python3 -B "$TOP/test/e2e/picture.py"
else
	echo "skip browser - chromium and chromium-driver are not installed (scripts/install-deps.sh test)"
fi
