#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# time: 300
#
# Files that an unprivileged process exchanges, cuts, rewrites, hides or removes while cephtap, as root, looks at them and
# probes them: nobody else is harmed, nothing but plain files is opened, and what can be traced is.
set -u

[ "$(id -u)" = 0 ] || { echo "skip hostile-files - needs root"; exit 0; }
. "$TOP/test/e2e/lib-files.sh"

cp "$PROGS/hostile" "$TMP/hostile"
chmod 755 "$TMP"
as_nobody="setpriv --reuid=65534 --regid=65534 --clear-groups"

# ---- a folder is exchanged for another's between reading and attaching. What reads is done when the first map is made; from
# then on each call takes a while, so that there is time.
exchanged() { # NAME SEMAPHORE CEPHTAP-ARGUMENTS...: HOSTILE in them is the process
	local name=$1 semaphore=$2 here=$TMP/exchange
	shift 2
	rm -rf "$here"
	mkdir -p "$here/host" "$here/u/d"
	cp "$PROGS/victim" "$here/host/victim"
	cp "$PROGS/hostile" "$here/u/d/victim"
	at=$(printf '%x' $((0x$(nm "$PROGS/victim" | awk '/ T work$/ { print $1 }') + 2))) # inside the movabs
	[ "$semaphore" = 0 ] || at=$(nm "$PROGS/hostile" | awk '/ T mark$/ { print $1 }') # an address that does no harm
	python3 "$TOP/test/e2e/forge.py" patch "$here/u/d/victim" "$at" "$semaphore"
	ln -s "$here/host" "$here/u/e"
	chown -hR nobody "$here/u"
	"$here/host/victim" >"$TMP/victim.out" &
	victim=$!
	$as_nobody "$here/u/d/victim" >"$TMP/ready" 2>/dev/null &
	hostile=$!
	children="$children $victim $hostile"
	await grep -qs ready "$TMP/ready"
	: >"$TMP/calls"
	timeout 100 strace -f -o "$TMP/calls" -e trace=bpf -e inject=bpf:delay_enter=50000 "$CEPHTAP" "${@//HOSTILE/$hostile}" \
		>"$TMP/out" 2>"$TMP/err" &
	tracer=$!
	await grep -q BPF_MAP_CREATE "$TMP/calls"
	$as_nobody "$TMP/hostile" exchange "$here/u/d" "$here/u/e"
	wait $tracer
	check "$name" test $? = 0
	check "$name-harms-nobody" test ! -s "$TMP/victim.out" -a -d "/proc/$victim"
	kill -KILL $victim $hostile 2>/dev/null
	wait $victim $hostile 2>/dev/null
}
# The address in one file that has the offset which a variable has in another.
same_offset() { # FILE OTHER VARIABLE
	{ readelf -lW "$2" | awk '$1 == "LOAD" { print "from", $2, $3, $5 }'; nm "$2" | awk -v v="$3" '$3 == v { print "at", "0x" $1 }'
		readelf -lW "$1" | awk '$1 == "LOAD" { print "to", $2, $3, $5 }'; } | python3 -c '
import sys
rows = [line.split() for line in sys.stdin]
number = lambda kind: [[int(n, 16) for n in row[1:]] for row in rows if row[0] == kind]
at = number("at")[0][0]
offset = [o + at - v for o, v, size in number("from") if v <= at < v + size][0]
print("%x" % [v + offset - o for o, v, size in number("to") if o <= offset < o + size][-1])'
}
if command -v strace >/dev/null; then
	semaphore=$(same_offset "$PROGS/hostile" "$PROGS/victim" guarded)
	exchanged exchange-semaphore "$semaphore" --seconds 1 -q -n 'hostile:victim::hit { @ = count(); }'
	exchanged exchange-marker 0 --seconds 1 -q -n 'hostile:victim::hit { @ = count(); }'
	exchanged exchange-one-by-one 0 --seconds 1 -q --no-multi -n 'hostile:victim::hit { @ = count(); }'
	exchanged exchange-function 0 --seconds 1 -q -p HOSTILE -n 'pid$target:victim:mark:entry { @ = count(); }'
	exchanged exchange-stack 0 --seconds 1 -q -p HOSTILE -n 'profile-97 { @[ustack()] = count(); } hostile:::hit { @n = count(); }'
else
	echo "skip exchange - no strace"
fi

# ---- a file is cut, or rewritten, while it is read
start_hostile() { # ARGUMENTS...
	rm -f "$TMP/ready"
	# shellcheck disable=SC2086 # words
	$as_nobody "$TMP/hostile" "$@" >"$TMP/ready" 2>"$TMP/ready.err" &
	hostile=$!
	children="$children $hostile"
	await grep -qs ready "$TMP/ready"
}
stop_hostile() {
	kill -KILL $hostile 2>/dev/null
	wait $hostile 2>/dev/null
}
library=$(ldd "$PROGS/hostile" | awk '$1 == "libc.so.6" { print $3 }')
changed() { # NAME WAY CEPHTAP-ARGUMENTS...: HOSTILE in them is the process
	local name=$1 way=$2
	shift 2
	cp "$library" "$TMP/lib.so"
	chown nobody "$TMP/lib.so"
	# shellcheck disable=SC2086 # a way may have an argument
	start_hostile ${way%% *} "$TMP/lib.so" ${way##* }
	timeout 60 "$CEPHTAP" "${@//HOSTILE/$hostile}" >"$TMP/out" 2>"$TMP/err"
	status=$?
	check "$name" test $status = 0
	kill -0 $hostile || echo "not ok $name-alive - the process has ended"
	stop_hostile
}
for way in "cut 0" "cut 1000" "rewrite 0"; do
	changed "${way% *}${way#* }-list" "$way" list 'hostile:::'
	changed "${way% *}${way#* }-marker" "$way" -q --seconds 1 -n 'hostile:::hit { @ = count(); }'
	changed "${way% *}${way#* }-stack" "$way" -q --seconds 1 -p HOSTILE -n 'profile-97 { @[ustack()] = count(); }'
	changed "${way% *}${way#* }-report" "$way" report profile --seconds 1 -p HOSTILE
done

# ---- names that lead elsewhere, or nowhere
traced() { # what cephtap opened below $TMP, and devices
	timeout 60 strace -f -y -e trace=open,openat,openat2 -o "$TMP/trace" "$CEPHTAP" "$@" >"$TMP/out" 2>"$TMP/err"
	status=$?
}
opened_to_read() { # PATTERN: names that were opened for more than O_PATH; what is behind `(deleted)` is another file
	grep -v O_PATH "$TMP/trace" | grep -E "= [0-9]+<($1)>\$" || true
}
if command -v strace >/dev/null; then
	for target in /dev/zero fifo /proc/kmsg; do
		cp "$library" "$TMP/lib.so"
		chown nobody "$TMP/lib.so"
		chmod 777 "$TMP"
		start_hostile cover "$TMP/lib.so" "$target"
		chmod 755 "$TMP"
		traced -q --seconds 1 -n 'profile-97 /pid == '$hostile'/ { @[ustack()] = count(); } hostile:::hit { @n = count(); }'
		check "cover-${target##*/}" test $status = 0
		check "cover-${target##*/}-not-opened" test -z "$(opened_to_read "$TMP/lib.so|/dev/zero|/proc/kmsg")"
		stop_hostile
		rm -f "$TMP/lib.so"
	done
	mkdir -p "$TMP/mnt"
	start_hostile remount "$TMP/mnt" /dev/zero
	if grep -q ready "$TMP/ready"; then
		traced -q --seconds 1 -n 'profile-97 /pid == '$hostile'/ { @[ustack()] = count(); }'
		check remount test $status = 0
		check remount-not-opened test -z "$(opened_to_read /dev/zero)"
		traced -q --seconds 1 -p $hostile -n 'pid$target:lib::entry { } hostile:::hit { @ = count(); }'
		check remount-functions-not-opened test -z "$(opened_to_read /dev/zero)"
	else
		echo "skip remount - no user namespaces: $(cat "$TMP/ready.err")"
	fi
	stop_hostile
else
	echo "skip cover - no strace"
fi
cp "$library" "$TMP/lib.so"
chown nobody "$TMP/lib.so"
start_hostile lease "$TMP/lib.so"
if grep -q ready "$TMP/ready"; then
	before=$(date +%s)
	timeout 60 "$CEPHTAP" -q --seconds 1 -n 'profile-97 /pid == '$hostile'/ { @[ustack()] = count(); } hostile:::hit { @n = count(); }' >"$TMP/out" 2>"$TMP/err"
	check lease test $? = 0
	check lease-not-waited-for test $(($(date +%s) - before)) -lt 20
else
	echo "skip lease - $(cat "$TMP/ready.err")"
fi
stop_hostile

# ---- a file without a name
cp "$PROGS/hostile" "$TMP/gone"
chown nobody "$TMP/gone"
chmod 777 "$TMP"
$as_nobody "$TMP/gone" delete "$TMP/gone" >"$TMP/ready" 2>/dev/null &
hostile=$!
children="$children $hostile"
await grep -qs ready "$TMP/ready"
chmod 755 "$TMP"
cp "$PROGS/victim" "$TMP/gone" # another file of that name
"$CEPHTAP" -q --seconds 1 -n 'hostile:gone::hit { @ = count(); }' >"$TMP/out" 2>"$TMP/err"
check gone-marker grep -q '[0-9]' "$TMP/out"
"$CEPHTAP" -q --seconds 1 -p $hostile -n 'pid$target::mark:entry { @ = count(); }' >"$TMP/out" 2>"$TMP/err"
check gone-function grep -q '[0-9]' "$TMP/out"
"$CEPHTAP" -q --seconds 1 -p $hostile -n 'hostile:::hit { @[usym(arg0), ustack(2)] = count(); }' >"$TMP/out" 2>"$TMP/err"
check gone-stack grep -q 'gone`main' "$TMP/out"
stop_hostile

# ---- thousands of files
mkdir -p "$TMP/many"
chown nobody "$TMP/many"
start_hostile many "$TMP/many" 20000
(
	ulimit -n 1024
	before=$(date +%s)
	timeout 100 "$CEPHTAP" -q --seconds 1 -n 'hostile:::hit { @[ustack(1)] = count(); }' >"$TMP/out" 2>"$TMP/err"
	check many test $? = 0
	check many-in-time test $(($(date +%s) - before)) -lt 60
	check many-counted grep -q '[0-9]' "$TMP/out"
)
stop_hostile

# ---- a program that we start has none of our descriptors, and the limit that it would have had
echo 'ls /proc/self/fd | tr "\n" " "; ulimit -n' >"$TMP/descriptors.sh"
(
	ulimit -Sn 1000
	sh "$TMP/descriptors.sh" >"$TMP/wanted" 2>/dev/null </dev/null
	"$CEPHTAP" -q -Z -n 'libc-nothing*:::, END { }' -c "sh $TMP/descriptors.sh" >"$TMP/out" 2>/dev/null </dev/null
	check child-descriptors grep -qxF "$(cat "$TMP/wanted")" "$TMP/out"
	check child-limit grep -qw 1000 "$TMP/wanted"
)
exit 0
