#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# time: 200
#
# The calls that one call makes: exact counts and parents, times, recursion, exceptions, tail calls, threads, lost records.
set -u

[ "$(id -u)" = 0 ] || { echo "skip calls - needs root"; exit 0; }
is() { # NAME CONDITION-STATUS [WHY]
	if [ "$2" = 0 ]; then echo "ok $1"; else echo "not ok $1 - ${3:-$(head -n 3 "$TMP/err" "$TMP/out" 2>/dev/null | tr '\n' ' ')}"; fi
}
equal() { # NAME EXPECTED GOT
	[ "$2" = "$3" ]
	is "$1" $? "expected $2, got $3; $(head -n 3 "$TMP/err" | tr '\n' ' ')"
}
trace() { # ROUNDS OPTIONS...: $TMP/out, $TMP/err
	local target rounds=$1
	shift
	"$PROGS/calls_target" $rounds &
	target=$!
	until [[ $(readlink /proc/$target/exe) != */bash ]]; do sleep 0.01; done
	timeout 60 "$CEPHTAP" report calls -p $target "$@" >"$TMP/out" 2>"$TMP/err"
	set -- $?
	wait $target
	return $1
}
# Each path of functions with its count, from JSON; then what has to hold of times.
cat >"$TMP/paths.py" <<'PY'
import json, sys
def walk(node, path):
    path = path + [node["function"].replace("shop::till::", "")]
    children = node["calls"]
    assert node["total_ns"] >= sum(c["total_ns"] for c in children), path
    assert node["self_ns"] == node["total_ns"] - sum(c["total_ns"] for c in children), path
    assert node["max_ns"] <= node["total_ns"] <= node["max_ns"] * node["count"], path
    totals = [c["total_ns"] for c in children]
    assert totals == sorted(totals, reverse=True), path
    left = "!%d" % node["unreturned"] if node["unreturned"] else ""
    print("/".join(path) + "=%d%s" % (node["count"], left), node["total_ns"], node["self_ns"])
    for child in children:
        walk(child, path)
report = json.load(open(sys.argv[1]))
for tree in report.get("trees", []) + [s["tree"] for s in report.get("slowest", [])]:
    walk(tree, [])
PY
paths() { python3 "$TMP/paths.py" "$TMP/out" 2>>"$TMP/err" | cut -d' ' -f1 | sort | tr '\n' ' '; }
expected() { # CALLS: of checkout
	local n=$1
	printf '%s\n' checkout=$n checkout/scan=$((3 * n)) checkout/scan/weigh=$((6 * n)) checkout/wrap=$n checkout/pack=$n \
		checkout/stack=$n checkout/stack/stack=$n checkout/stack/stack/stack=$n checkout/stack/stack/stack/stack=$n \
		checkout/stack/stack/stack/stack/stack=$n checkout/stack/stack/stack/stack/stack/weigh=$n checkout/risk=$n \
		"checkout/risk/ask=$n!$n" "checkout/risk/ask/refuse=$n!$n" checkout/risk/weigh=$n 'checkout/price(int)='$n \
		'checkout/price(double)='$n | sort | tr '\n' ' '
}

# ---- the tree
trace '' --trigger shop::till::checkout --json
equal status 0 $?
python3 -m json.tool <"$TMP/out" >/dev/null 2>&1
is json $?
equal counts "$(expected 20)" "$(paths)"
python3 "$TMP/paths.py" "$TMP/out" >"$TMP/times" 2>"$TMP/why"
is sums $? "$(tail -n 1 "$TMP/why")"
at_least() { # PATH COLUMN NS
	awk -v path="$1" -v column="$2" -v least="$3" '$1 == path { good = $column >= least } END { exit !good }' "$TMP/times"
	is "time-$1" $? "$(grep -F "$1 " "$TMP/times")"
}
at_least checkout=20 2 260000000 # 20 times: 3 scans, pack, 2 weighs
at_least checkout/scan=60 2 240000000
at_least checkout/scan=60 3 120000000
at_least checkout/scan/weigh=120 3 120000000
at_least checkout/pack=20 3 60000000
at_least checkout/risk/weigh=20 3 20000000
python3 - "$TMP/out" <<'PY'
import json, sys
report = json.load(open(sys.argv[1]))
tree = report["trees"][0]
assert report["count"] == 20 and report["mean_ns"] == tree["total_ns"] // 20 and report["max_ns"] == tree["max_ns"], report
assert report["functions"] == 13 and report["lost_records"] == 0, report
assert set(report["left_out"].values()) == {0}, report
PY
is heading $?

# ---- the same in other forms
trace '' --trigger shop::till::checkout
head -n 1 "$TMP/out" | grep -q '^shop::till::checkout: 20 calls in .* s, mean .* ms, max .* ms; 13 functions probed$'
is text-heading $?
got=$(awk '$NF ~ /till/ || /left by/ { sub(/^ +[0-9.]+ [a-z]+ +[0-9.]+ [a-z]+ +/, ""); $2 = $3 = ""; print }' "$TMP/out" | tr -s ' ' | sort | tr '\n' ',')
equal text-counts "120 shop::till::weigh,20 shop::till::ask [20 left by an exception],20 shop::till::checkout,20 shop::till::pack,20 shop::till::price(double),20 shop::till::price(int),20 shop::till::refuse [20 left by an exception],20 shop::till::risk,20 shop::till::stack,20 shop::till::stack,20 shop::till::stack,20 shop::till::stack,20 shop::till::stack,20 shop::till::weigh,20 shop::till::weigh,20 shop::till::wrap,60 shop::till::scan," "$got"
trace '' --trigger shop::till::checkout --folded
got=$(sed 's/shop::till:://g; s/ [0-9]*$//' "$TMP/out" | sort | tr '\n' ' ')
equal folded "$(expected 1 | tr ' ' '\n' | sed 's/=.*//; s,/,;,g' | sort | tr '\n' ' ' | sed 's/^ *//')" "$got"
trace '' --trigger shop::till::scan --slowest 3 --json
equal slowest "scan/weigh=2 scan/weigh=2 scan/weigh=2 scan=1 scan=1 scan=1 " "$(paths)"
python3 -c 'import json, sys; s = [c["total_ns"] for c in json.load(open(sys.argv[1]))["slowest"]]
assert len(s) == 3 and s == sorted(s, reverse=True) and s[2] >= 4000000, s' "$TMP/out"
is slowest-first $?
trace '' --trigger shop::till::scan --slowest 2
equal slowest-text 2 "$(grep -c '^[12]\. .* ms, at ..:..:..\...., process [0-9]*, thread [0-9]*$' "$TMP/out")"

# ---- which functions
trace '' --trigger plain_function --json
equal no-class "plain_function=20 " "$(paths)"
trace '' --trigger plain_function --functions 'shop::till::scan' --json
equal one-function "plain_function/scan=20 plain_function=20 " "$(paths)"
trace '' --trigger 'shop::till::scan' --functions 'shop::till::price(int),*usleep' --json
equal library "scan/usleep=270 scan=90 " "$(paths)"
trace '' --trigger 'shop::till::price(double)' --json
equal overload "price(double)=20 " "$(paths)"

# ---- recursion of the trigger; an exception that leaves it
trace '' --trigger shop::till::again --json
equal recursion "again/again/again/again=20 again/again/again=20 again/again/weigh=20 again/again=20 again/weigh=20 again=20 " \
	"$(paths | sed 's,again/again/again/weigh=20 ,,')"
trace '' --trigger shop::till::bankrupt --json
equal thrown "0 20" "$(python3 -c 'import json, sys; r = json.load(open(sys.argv[1])); print(r["count"], r["left_out"]["no_return"] + r["left_out"]["under_way"])' "$TMP/out")"

# ---- lost records: every call is there, or counted; those that are there are whole
trace 100 --trigger shop::till::checkout -x bufsize=64k --json
n=$(python3 -c 'import json, sys; r = json.load(open(sys.argv[1])); print(r["count"], r["count"] + sum(r["left_out"].values()))' "$TMP/out")
equal lost-counted 2000 "${n#* }"
equal lost-whole "$(expected "${n% *}")" "$(paths)"

# ---- several processes, for some seconds
"$PROGS/calls_target" 1 &
first=$!
"$PROGS/calls_target" 1 &
second=$!
timeout 60 "$CEPHTAP" report calls -p $first -p $second --trigger shop::till::checkout --seconds 6 --json >"$TMP/out" 2>"$TMP/err"
equal two-processes "$(expected 40)" "$(paths)"
wait $first $second

# ---- the script
sleep 60 &
sleeper=$!
"$CEPHTAP" report calls --script -p $sleeper --trigger usleep >"$TMP/script.d" 2>"$TMP/err"
"$CEPHTAP" --dump check "$TMP/script.d" >/dev/null 2>>"$TMP/err"
is script $?

# ---- what cannot be
refused() { # NAME STATUS TEXT OPTIONS...
	local name=$1 status=$2 text=$3
	shift 3
	timeout 30 "$CEPHTAP" report calls "$@" >"$TMP/out" 2>"$TMP/err"
	equal "$name-status" "$status" $?
	[ "$(wc -l <"$TMP/err")" = 1 ] && grep -qF -- "$text" "$TMP/err"
	is "$name" $?
}
"$PROGS/calls_target" &
target=$!
sleep 0.2
refused no-function 1 'did you mean `shop::till::checkout`' -p $target --trigger shop::till::chekout
refused no-glob 1 '`nothing_like_it*`' -p $target --trigger shop::till::checkout --functions 'nothing_like_it*'
refused no-process 1 'there is no process 999999999' -p 999999999 --trigger f
refused no-choice 2 'in which process' --trigger f
refused no-trigger 2 '--trigger says which function' -p $target
refused bad-number 2 '--slowest wants a number' -p $target --trigger f --slowest x
refused two-forms 2 'exclude each other' -p $target --trigger f --json --folded
refused bad-x 2 '-x nothing' -p $target --trigger f -x nothing=1
refused rest 2 'belongs to cephtap record' -p $target --trigger f more
refused evil 1 'has no function' -p $target --trigger 'f{ } BEGIN { exit(3); } /*"'
"$CEPHTAP" report calls --help | grep -q -- '--trigger FUNCTION'
is help $?
kill $target $sleeper 2>/dev/null
wait 2>/dev/null
exit 0
