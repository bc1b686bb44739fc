#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Bad input before anything is traced: scripts, options, files, cards, rights. Exit status 1 and a sentence; 2 for wrong usage.
# time: 180
. "$TOP/test/e2e/lib-bad.sh"
cd "$TMP" || exit 1
hello='BEGIN { printf("hello\n"); exit(0); }'

# ---- scripts ----

cat >errors.d <<'END'
BEGIN
{
	x = ;
	y = 1
}
tick-1s { trace(x; }
END
refused "syntax errors are collected" 1 'errors.d:3:6: error: syntax error near `;`: expected an expression' errors.d
[ "$(grep -c ': error: ' "$err")" -ge 2 ] && grep -qE '^ +\^' "$err"
verdict "each has its line, with a caret" $? "fewer errors, or no caret"
refused "tags" 1 '.*error: \[D_SYNTAX\] syntax error .*' -xerrtags errors.d
refused "an unknown function" 1 '.*error: there is no function `printff`' -n 'BEGIN { printff("x"); }'
grep -qx 'hint: did you mean `printf`?' "$err"
verdict "and the nearest" $? "no hint"
refused "an unknown variable" 1 '.*error: `timestmp` has no value yet: .*' -n 'BEGIN { trace(timestmp); }'
grep -qx 'hint: did you mean `timestamp`?' "$err"
verdict "and the nearest variable" $? "no hint"
refused "a marker of nobody" 1 '.*error: .* markers of a provider `nobody`' -n 'nobody:::here { }'
if [ -x /usr/bin/ceph-osd ]; then
	refused "an unknown marker" 1 '.*error: no marker `op-strat` in ceph_osd; did you mean `op-start`\?' -n 'ceph_osd:::op-strat { }'
	refused "an unknown provider of Ceph" 1 '.*error: no provider `ceph_osdd`; did you mean `ceph_osd`\?' -n 'ceph_osdd:::op-start { }'
else
	echo "skip an unknown marker - no ceph-osd on this host"
fi
: >empty.d
echo '/* only words */ int x;' >words.d
refused "an empty script" 1 'empty.d:1:1: error: empty.d has no clause: there is nothing to trace' empty.d
refused "a script without a clause" 1 '.*words.d:[0-9:]*: error: words.d has no clause: .*' words.d
refused "an empty clause" 1 '.*error: -n argument 1 has no clause: .*' -n ''
refused "a script that is not there" 1 'cephtap: cannot open nowhere.d: No such file or directory' nowhere.d
refused "a folder" 1 "cephtap: cannot read $TMP: Is a directory" "$TMP"
refused "an argument too many" 1 'cephtap: extraneous argument `two`: .*' -n 'BEGIN { trace($1); exit(0); }' 1 two
refused "an argument too many, with its tag" 1 'cephtap: \[D_MACRO_UNUSED\] extraneous argument `two`: .*' -xerrtags \
	-n 'BEGIN { trace($1); exit(0); }' 1 two

# ---- a script of 1 MiB ----

mib=1048576
repeat() { yes "$1" | tr -d '\n' | head -c "$2"; } # TEXT BYTES
{ echo "$hello"; yes '/* words that make this script long */' | head -c $mib | sed '$d'; } >long.d
run "$CEPHTAP" -q long.d
[ "$status" = 0 ] && [ "$(cat "$out")" = hello ]
verdict "1 MiB that is right" $? "not run"
{ echo 'int x;'; yes 'tick-1s /x == 1/ { x = x + 1; }' | head -c $mib | sed '$d'; } >clauses.d
refused "1 MiB of clauses" 1 '.*error: the clauses of this probe are too long for the kernel: .*' clauses.d
{ printf 'BEGIN { x = '; repeat '(' $((mib / 2)); printf 1; repeat ')' $((mib / 2)); printf '; }'; } >nested.d
refused "1 MiB of parentheses" 1 '.*error: this is nested deeper than 250 levels' nested.d
{ printf 'BEGIN { '; repeat 'if (1) { ' $mib; } >ifs.d
refused "1 MiB of ifs" 1 '.*error: this is nested deeper than 250 levels' ifs.d
{ printf 'BEGIN { x = '; repeat '1 + ' $mib; printf '1; }'; } >sum.d
refused "1 MiB of sums" 1 '.*error: this expression has more than 250 levels of operators' sum.d
{ printf 'BEGIN { trace("'; repeat 'a' $mib; printf '"); }'; } >text.d
refused "1 MiB of text" 1 '.*error: this clause records more than .*' text.d
{ printf 'BEGIN { /* '; repeat 'a' $mib; } >open.d
refused "1 MiB of comment without an end" 1 '.*error: this comment never ends: .*' open.d
yes 'BEGIN { x = ; }' | head -c $mib >wrong.d
refused "1 MiB of errors" 1 '\([0-9]+ more errors not shown\)' wrong.d
head -c $mib /dev/zero >zeros.d
refused "1 MiB of zeros" 1 '.*error: a script cannot contain a NUL byte: this file is not text' zeros.d
openssl enc -aes-128-ctr -K 00 -iv 00 -in zeros.d 2>/dev/null >random.d || head -c $mib /dev/urandom >random.d
refused "1 MiB of random bytes" 1 '.*error: .*' random.d
! LC_ALL=C grep -q "$(printf '\033')" "$err"
verdict "a terminal is not sent what a script holds" $? "an escape on stderr"
head -c $((17 * mib)) /dev/zero >huge.d
refused "17 MiB" 1 'cephtap: huge.d is larger than 16 MiB' huge.d

# ---- options ----

refused "no script" 2 'cephtap: give a script, .*'
refused "an unknown option" 2 'cephtap: there is no option `--bogus`; see cephtap --help' --bogus
refused "an unknown letter" 2 'cephtap list: there is no option `-Q`; see cephtap list --help' list --json -vQv
refused "an option with a terminal's commands" 2 'cephtap: there is no option `--\\033\[2J\\n`; see .*' $'--\033[2J\n'
refused "a letter that is a command" 2 'cephtap: there is no option `-\\033`; see .*' $'-\033'
refused "an option without its value" 2 'cephtap report: `--interval` needs a value; see .*' report osd --interval
refused "a letter without its value" 2 'cephtap: `-p` needs a value; see .*' -p
refused "an option with a value" 2 'cephtap report: `--json=3` takes no value; see .*' report --json=3 osd
refused "half an option" 2 'cephtap report: several options begin with `--o`; see .*' report --o osd
refused "an unknown -x" 2 'cephtap: unknown option `foo`.*' -x foo -n "$hello"
for value in abc -1 2g 99999999999999999999 '' 12q; do
	refused "-x bufsize=$value" 2 'cephtap: bufsize must be .*' -x "bufsize=$value" -n "$hello"
done
refused "-x switchrate" 2 'cephtap: switchrate must be a time .*' -x switchrate=10parsec -n "$hello"
refused "-x quiet=maybe" 2 'cephtap: quiet .*' -x quiet=maybe -n "$hello"
for value in x 0 -1 '' 99999999999999999999; do
	refused "--seconds '$value'" 2 'cephtap: --seconds wants a number .*' --seconds "$value" -n "$hello"
done
for value in abc '' -1 0 1x 99999999999999999999; do
	refused "-p '$value'" 2 'cephtap: -p wants a process id, not `.*`' -p "$value" -n "$hello"
done
refused "-p nobody" 1 'cephtap: there is no process 4194303' -p 4194303 -n "$hello"
for value in abc '' , 1,,2 -1; do
	refused "--osd '$value'" 2 'cephtap: --osd wants numbers such as 3 or 0,2, not `.*`' --osd "$value" -n "$hello"
done
refused "--osd nobody" 1 'cephtap: there is no daemon `osd.9999`.*' --osd 9999 -n "$hello"
refused "--daemon nobody" 1 'cephtap: there is no daemon `client.nobody`.*' --daemon client.nobody -n "$hello"
refused "--dump nothing" 2 'cephtap: --dump wants .*' --dump nothing -n "$hello"
refused "-o into a folder that is not there" 1 'cephtap: cannot write to /nowhere/x: .*' -q -o /nowhere/x -n "$hello"
refused "list -p nobody" 1 'cephtap list: there is no process 4194303' list -p 4194303
refused "list nobody" 1 'cephtap list: .*' list nobody:::here

# ---- files that are no programs ----

target=$PROGS/lang_target
head -c 2000 "$target" >cut && head -c 12000 "$target" >cut-later && chmod +x cut cut-later
printf '\177ELF\002\001\001' >head && chmod +x head
refused "-c a program that is not there" 1 'cephtap: cannot start `/nowhere`: No such file or directory' -c /nowhere -n "$hello"
refused "-c a file that is none" 1 'cephtap: cannot start `./errors.d`: Permission denied' -c ./errors.d -n "$hello"
refused "-c nothing" 1 'cephtap: -c wants a command to start and trace' -c '' -n "$hello"
refused "-c what a shell would split" 1 'cephtap: -c cannot split `a; b` .*' -c 'a; b' -n "$hello"
for file in cut cut-later; do
	refused "-c $file off" 1 "cephtap: \`./$file\` was killed before its first instruction .*" -c "./$file" -n "$hello"
done
for file in cut cut-later head errors.d "$TMP" /nowhere; do
	refused "learn ${file##*/}" 1 'cephtap learn: .*' learn "$file"
done
refused "learn a program without markers" 1 'cephtap learn: the catalogue has no markers in a binary called .*' learn "$target"
refused "learn nothing" 2 'cephtap learn: name one binary, .*' learn

# Every byte of the head and of the section headers, set to what hurts most: nothing may crash, whatever comes of it.
hostile() { # reads "OFFSET VALUE"
	local offset value n=0
	while read -r offset value; do
		cp "$target" hostile
		# shellcheck disable=SC2059
		printf "$value" | dd of=hostile bs=1 seek="$offset" conv=notrunc status=none
		limit=10 run "$CEPHTAP" learn ./hostile
		[ "$status" -le 2 ] || { echo "offset $offset: status $status"; return 1; }
		limit=10 run "$CEPHTAP" -q -c ./hostile -n 'lang:::hit { exit(0); }'
		[ "$status" -le 1 ] && is_clean || { echo "offset $offset: status $status"; return 1; }
		n=$((n + 1))
	done
	[ $n -gt 10 ]
}
shoff=$(od -An -tu8 -j40 -N8 "$target")
for at in 4 16 18 24 32 40 48 52 54 56 58 60 62 64 72 80 96 104 $((shoff + 64)) $((shoff + 88)) $((shoff + 96)) $((shoff + 152)); do
	echo "$at \\377\\377\\377\\377"
	echo "$at \\377\\377\\377\\377\\377\\377\\377\\177"
done | hostile
verdict "a hostile ELF file" $? "see above"

# ---- cards ----

id=$(readelf -n /usr/bin/ceph-osd 2>/dev/null | awk '/Build ID/ { print $3 }')
if [ -n "$id" ] && [ -f "$TOP/cards/$id.card" ]; then
	mkdir cards
	export CEPHTAP_CARDS=$TMP/cards
	sed "s/$id/00112233445566778899aabbccddeeff00112233/" "$TOP/cards/$id.card" >"cards/$id.card"
	refused "a card of another build" 1 ".*error: .* the layout card .* is for another build .*" -e -n 'ceph_osd:::op-start { }'
	head -n 12 "$TOP/cards/$id.card" >"cards/$id.card"
	refused "a card cut off" 1 ".*error: .* the layout card .* is damaged .*cut short.*" -e -n 'ceph_osd:::op-start { }'
	cp random.d "cards/$id.card"
	refused "a card of random bytes" 1 ".*error: .* the layout card .* is damaged .*" -e -n 'ceph_osd:::op-start { }'
	unset CEPHTAP_CARDS
else
	echo "skip cards - this host has no ceph-osd that a card is for"
fi

# ---- rights ----

if [ "$(id -u)" != 0 ]; then
	echo "skip rights - not root, so there are none to give away"
	exit 0
fi
rights() { # NAME PATTERN COMMAND...
	local name=$1 pattern=$2
	shift 2
	run "$@" "$TMP/cephtap" -q -n "$hello"
	if [ -s "$out" ]; then bad "$name" "it ran"; else judge "$name" 1 "$pattern"; fi
}
cp "$CEPHTAP" cephtap && chmod 755 "$TMP" cephtap
rights "no root" 'cephtap: this needs root \(or the capabilities CAP_BPF and CAP_PERFMON\)' \
	setpriv --reuid=65534 --regid=65534 --clear-groups
rights "root without capabilities" 'cephtap: root may not use BPF here: .*' setpriv --bounding-set=-all --inh-caps=-all
rights "a seccomp filter" 'cephtap: root may not use BPF here: .*' "$PROGS/no_bpf" 1
rights "a kernel without BPF" 'cephtap: this kernel has no BPF, .*' "$PROGS/no_bpf" 38
if unshare -U true 2>/dev/null; then
	rights "a user namespace" 'cephtap: .*' unshare -Ur
else
	echo "skip a user namespace - this host allows none"
fi
echo "$hello" >secret.d && chmod 600 secret.d
run setpriv --reuid=65534 --regid=65534 --clear-groups "$TMP/cephtap" "$TMP/secret.d"
judge "a script that one may not read" 1 "cephtap: cannot open $TMP/secret.d: Permission denied"
run setpriv --reuid=65534 --regid=65534 --clear-groups "$TMP/cephtap" -q -e -n "$hello"
judge "checking a script needs no rights" 0 ''
