#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Stacks: of a process without frame pointers from a function outwards to main, as keys, in a profile; the kernel's.
. "$(dirname "$0")/lib.sh"

why=$("$CEPHTAP" doctor | sed -n 's/^ *warning *user stacks *//p')
if [ -n "$why" ]; then
	tap -n 'pid$target:a.out:mark:entry { ustack(); }' -c "$PROGS/stack_target 1" >"$TMP/out"
	check refused grep -q "ustack.*Linux 5.17" "$TMP/err"
	echo "skip user - $why"
else
	tap -n 'pid$target:a.out:mark:entry { printf("#%d\n", (int)arg0); ustack(127); }' -x bufsize=16m -c "$PROGS/stack_target 200" >"$TMP/out"
	got=$(awk '/^#/ { n++; mains += main; main = 0 } /`main/ { main = 1 } END { print n, mains + main }' "$TMP/out")
	equal whole "200 200" "$got"
	check depth test "$(awk '/^#/ { n = 0 } / [^#]/ { n++; if (n > max) max = n } END { print max }' "$TMP/out")" -gt 15
	check callers grep -q 'walk::step' "$TMP/out"
	got=$(tap -n 'pid$target:a.out:mark:entry { @[ustack(3)] = count(); } END { printa("=%@u\n", @); }' -c "$PROGS/stack_target 300" |
		sed -n 's/^=//p' | awk '{ n += $1 } END { print n }')
	equal keys 300 "$got"
	tap_and_kill stack_target -n 'profile-197 /pid == $target/ { @[ustack()] = count(); } profile-197 /pid == $target/ { n++; } tick-100ms /n > 100/ { exit(0); }' \
		-c "$PROGS/stack_target 1 100000"
	check profile grep -q '`walk::step' "$TMP/out"
	check profile-main grep -q '`main' "$TMP/out"
	tap_and_kill loop_target -n 'syscall::clock_nanosleep:entry { @[ustack()] = count(); n++; } tick-100ms /n > 20/ { exit(0); }' -c "$PROGS/loop_target 100000"
	check system-call grep -q '`main' "$TMP/out"
fi
tap_and_kill loop_target -n 'sched:::off-cpu /pid == $target/ { @[stack()] = count(); n++; } tick-100ms /n > 20/ { exit(0); }' -c "$PROGS/loop_target 100000"
check kernel grep -q '`.*nanosleep' "$TMP/out"
check kernel-schedule grep -q '`.*schedule' "$TMP/out"
