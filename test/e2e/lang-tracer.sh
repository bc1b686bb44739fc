#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What a script does with the tracer itself: system(), freopen(), ftruncate(), setopt(); and DTrace's options, as -x and pragma.
# time: 120
. "$TOP/test/e2e/lib-lang.sh"

begin "system, in order" 'a\nhi 3\nb\n' 'printf("a\n"); system("echo %s %d", "hi", 3); printf("b\n");' -w
begin "system: its status is no matter" 'x' 'system("exit 3"); printf("x");' -w
begin "system of a value with spaces" '<a  b>\n' 's = "a  b"; system("echo \"<%s>\"", s);' -w
begin "system in a branch that is skipped" 'n' 'if (execname == "none") { system("echo never"); } printf("n");' -w
begin "freopen and back" 'a\nd\n' "printf(\"a\n\"); freopen(\"$TMP/%s\", \"one\"); printf(\"b\n\"); freopen(\"\"); printf(\"d\n\");" -w
report "what went there" b "$(cat "$TMP/one")"
begin "freopen goes behind what is there" '' "freopen(\"$TMP/one\"); printf(\"c\n\");" -w
report "both" $'b\nc' "$(cat "$TMP/one")"
begin "ftruncate" '' "freopen(\"$TMP/one\"); printf(\"x\n\"); ftruncate(); printf(\"d\n\");" -w
report "the rest" d "$(cat "$TMP/one")"
begin "a file that cannot be" 'still here' "freopen(\"$TMP/none/such\"); printf(\"still here\");" -w
grep -q 'freopen(): ' "$err" && echo "ok that is said" || echo "not ok that is said - $(cat "$err")"
same "aggregations go there too" '' -w -n "BEGIN { freopen(\"$TMP/two\"); @n = sum(42); exit(0); }"
report "they did" 42 "$(tr -d ' \n' <"$TMP/two")"

printed() { timeout 20 "$CEPHTAP" "$@" 2>"$err" | grep -c .; }
same "setopt by values" '9 a\n1 b\n' -n 'BEGIN { s = "aggsortrev"; setopt(s, "yes"); @a["a"] = sum(9); @a["b"] = sum(1); printa("%@d %s\n", @a); exit(0); }'
same "setopt by keys" 'a 9\nb 1\n' -n 'BEGIN { setopt("aggsortkey"); @a["a"] = sum(9); @a["b"] = sum(1); printa("%s %@d\n", @a); exit(0); }'
[ "$(printed -n 'BEGIN { setopt("quiet"); exit(0); }')" -le 2 ] && echo "ok quiet" || echo "not ok quiet"
for bad in '"bufsize", "1m"' '"none"' '"quiet", "maybe"' '"aggsortkeypos", "-1"' '"aggsortkeypos", "256"'; do
	begin "setopt($bad)" 'on' "setopt($bad); printf(\"on\");"
	grep -q "couldn't set option" "$err" && echo "ok setopt($bad) is said" || echo "not ok setopt($bad) is said - $(cat "$err")"
done

refused() { # NAME SENTENCE OPTIONS...
	local name=$1 sentence=$2 out
	shift 2
	out=$(timeout 20 "$CEPHTAP" -q -x errtags "$@" 2>&1) && { echo "not ok $name - it is accepted"; return; }
	case $out in *"$sentence"*) echo "ok $name" ;; *) echo "not ok $name - $(head -1 <<<"$out")" ;; esac
}
for call in 'system("true")' "freopen(\"$TMP/three\")" 'ftruncate()'; do
	refused "$call needs -w" 'allow it with -w' -n "BEGIN { $call; exit(0); }"
done
refused "system of no text" D_PROTO_ARG -w -n 'BEGIN { system(1); }'
refused "system of a variable" D_PRINTF_ARG_FMT -w -n 'BEGIN { s = "true"; system(s); }'
refused "system of nothing" D_PROTO_LEN -w -n 'BEGIN { system(); }'
refused "system and its values" D_PRINTF_ARG_TYPE -w -n 'BEGIN { system("%d", "x"); }'
refused "freopen and its values" D_PRINTF_ARG_PROTO -w -n 'BEGIN { freopen("%d"); }'
refused "setopt of a number" D_PROTO_ARG -n 'BEGIN { setopt(1); }'
refused "setopt of nothing" D_PROTO_LEN -n 'BEGIN { setopt(); }'

# DTrace's options that ask for nothing here are checked as there.
for good in amin=Private/Private/Unknown amin=Internal/Internal/Unknown core droptags evaltime=exec evaltime=main iregs=8 kdefs knodefs late=static linkmode=kernel \
	linktype=elf nolibs pgmax=0 preallocate=1m pspec strip tree=1 tregs=8 udefs unodefs verbose version=1.6 version=2.0.1 bufpolicy=ring \
	bufresize=auto cleanrate=10hz statusrate=1s lockmem=unlimited lockmem=64m jstackstrsize=512 quietresize argref; do
	same "-x $good" '' -x "$good" -n 'BEGIN { exit(0); }'
	same "pragma $good" '' -n "#pragma D option $good
		BEGIN { exit(0); }"
done
for bad in evaltime=later evaltime iregs=4 iregs=0 iregs late=never linkmode=x linktype=coff kdefs=1 pgmax=-1 preallocate=x tree=0 tregs=0 \
	version=9.0 version=x verbose=yes bufpolicy=none bufresize=x cleanrate=x lockmem=x nolibs=1 amin amin=x \
	amin=Evolving/Evolving/Common; do
	refused "-x $bad" 'option `' -x "$bad" -n 'BEGIN { exit(0); }'
	refused "pragma $bad" D_PRAGMA_OPTSET -n "#pragma D option $bad
		BEGIN { exit(0); }"
done
for only in cpp define=X incdir=/tmp libdir=/tmp stdc=a undef=X cppargs=-P; do
	refused "pragma $only" D_PRAGMA_OPTSET -n "#pragma D option $only
		BEGIN { exit(0); }"
done
echo 'BEGIN { exit(X + Y); }' >"$TMP/x.d"
timeout 20 "$CEPHTAP" dtrace -q -C -x define=X=2 -x cppargs='-DY=3 -P' -s "$TMP/x.d" >"$TMP/out" 2>&1
report "define and cppargs" 5 $?
timeout 20 "$CEPHTAP" dtrace -q -x cpp -x define=X=2 -x define=Y=1 -s "$TMP/x.d" >"$TMP/out" 2>&1
report "cpp" 3 $?
timeout 20 "$CEPHTAP" dtrace -x pgmax=-1 -n BEGIN >"$TMP/out" 2>&1
report "its status" 1 $?
report "a bad one, as dtrace" 'dtrace: failed to set -x pgmax=-1: option `pgmax` cannot be -1' "$(cat "$TMP/out")"
timeout 20 "$CEPHTAP" dtrace -x linktype=coff -n BEGIN >"$TMP/out" 2>&1
report "what it takes" 'dtrace: failed to set -x linktype=coff: option `linktype` cannot be coff; it takes elf|dof' "$(cat "$TMP/out")"
timeout 20 "$CEPHTAP" record -o "$TMP/r.rec" -w -n "BEGIN { system(\"echo ran >>$TMP/ran\"); freopen(\"$TMP/four\"); setopt(\"quiet\"); printf(\"text\n\"); exit(0); }" >"$TMP/out" 2>&1
report "a recording runs it" ran "$(cat "$TMP/ran")"
report "replayed, it prints" text "$(timeout 20 "$CEPHTAP" replay "$TMP/r.rec" 2>"$err" | grep -o text)"
report "and runs nothing again" ran "$(cat "$TMP/ran")"
