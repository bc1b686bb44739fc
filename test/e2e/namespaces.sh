#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# time: 60
#
# cephtap in a container that has its own numbers of processes: -p, pid, filters and stacks are about these numbers, also of processes
# in containers inside; whoever cannot be seen from there is never taken for somebody who can, even where the numbers are the same.
set -u
. "$TOP/test/lib.sh"
unshare -pf --mount-proc true 2>/dev/null || { echo "skip namespaces - no namespace of process ids may be made"; exit 0; }
"$CEPHTAP" -q -n 'BEGIN { exit(0); }' >/dev/null 2>"$TMP/err" || { echo "skip namespaces - $(head -n 1 "$TMP/err")"; exit 0; }

check() { # NAME CONDITION...
	local name=$1
	shift
	if "$@"; then echo "ok $name"; else echo "not ok $name - $* ($(head -n 5 "$TMP/err" | tr '\n' '|'))"; fi
}

cat >"$TMP/busy.c" <<'EOT'
#include <stdio.h>
#include <unistd.h>
__attribute__((noinline)) void inner(long n) { for (volatile long i = 0; i < n; i++); }
__attribute__((noinline)) void outer(long n) { inner(n); __asm__ volatile("" ::: "memory"); }
int main(void) { printf("%d\n", getpid()); fflush(stdout); for (;;) { outer(100000); usleep(100); } }
EOT
gcc -O1 -o "$TMP/busy" "$TMP/busy.c" || exit 1
for name in outside inside nested; do cp "$TMP/busy" "$TMP/$name"; done
await() { wait_for 30 test -s "$1" || { echo "not ok await - no $1"; exit 1; }; }

"$TMP/outside" >"$TMP/outside.pid" &
outside=$!
await "$TMP/outside.pid"
cat >"$TMP/box.sh" <<'EOT'
number=$(cat "$TMP/outside.pid")
echo $((number - 1)) >/proc/sys/kernel/ns_last_pid # the next process here has the number that somebody else has outside
"$TMP/inside" >"$TMP/inside.pid" &
await "$TMP/inside.pid"
unshare -pf "$TMP/nested" >"$TMP/nested.pid" &
await "$TMP/nested.pid"
nested=$(pgrep -x nested)
inside=$(pgrep -x inside)
echo "$number $inside $nested" >"$TMP/numbers"
"$CEPHTAP" -q -p "$inside" -n 'profile-997 { @[execname, pid] = count(); } tick-2s { exit(0); }' >"$TMP/chosen" 2>"$TMP/err"
"$CEPHTAP" -q -p "$nested" -n 'profile-997 { @[execname, pid] = count(); } tick-2s { exit(0); }' >"$TMP/chosen.nested" 2>>"$TMP/err"
"$CEPHTAP" -q -n 'profile-997 /execname == "inside" || execname == "outside"/ { @[execname, ustack()] = count(); } tick-2s { exit(0); }' \
	>"$TMP/stacks" 2>>"$TMP/err"
"$CEPHTAP" report sched --seconds 2 --json -p "$inside" >"$TMP/sched" 2>>"$TMP/err"
kill "$inside" "$nested"
EOT
export TMP CEPHTAP
export -f await wait_for
unshare -pf --mount-proc bash "$TMP/box.sh" >"$TMP/box.out" 2>&1
kill $outside
wait $outside 2>/dev/null
read -r number inside nested <"$TMP/numbers"
check numbers-equal test "$number" = "$inside"
check chosen grep -Eq "^ *inside +$inside +[0-9]+" "$TMP/chosen"
check chosen-alone test "$(grep -c outside "$TMP/chosen")" = 0
check nested grep -Eq "^ *nested +$nested +[0-9]+" "$TMP/chosen.nested"
check nested-alone test "$(grep -Ec 'inside|outside' "$TMP/chosen.nested")" = 0
check stack grep -q 'inside`main' "$TMP/stacks"
check stack-foreign grep -q '\[the process cannot be seen from this container: its stack is not known\]' "$TMP/stacks"
check stack-foreign-no-names test "$(grep -c 'outside`' "$TMP/stacks")" = 0
check sched grep -q '"who":"inside"' "$TMP/sched"
check sched-alone test "$(grep -c '"who":"outside"' "$TMP/sched")" = 0
