#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A tracer that is killed leaves nothing: no breakpoint in the process, no map, no program, no semaphore up.
. "$(dirname "$0")/lib.sh"

background "$PROGS/loop_target" 100000
target=$pid
"$PROGS/marker_sem" 100000000 1000 >"$TMP/fired" &
guarded=$!
clean() { "$PROGS/text_same" "$target" >/dev/null && "$PROGS/text_same" "$guarded" >/dev/null; }
nothing_left() { [ "$("$PROGS/bpf_count" ct_)" = "maps 0 programs 0 links 0" ]; }
check clean-before clean
check none-before nothing_left
fbt=
"$CEPHTAP" list fbt::vfs_read:entry >/dev/null 2>&1 && fbt='fbt::vfs_read:entry, fbt::vfs_write:return, fbt::from_kuid_munged:entry { @f = count(); }'
for round in 1 2 3 4; do
	option=; [ $((round % 2)) = 1 ] || option=--no-multi
	start $option -n 'BEGIN { printf("begun\n"); } loop:::turn, guarded:::hit { @ = count(); printf("%d\n", args[0]); }
		pid'"$target"':a.out:main:return, syscall::read:entry { @r = count(); } profile-100 { @p = count(); } '"$fbt"
	check "breakpoints-$round" test "$("$PROGS/text_same" "$target" >/dev/null; echo $?)" = 1
	kill -9 $tapper
	wait $tapper 2>/dev/null
	await clean
	check "clean-$round" clean
	await nothing_left
	check "none-$round" nothing_left
done
check alive kill -0 "$target" "$guarded"
kill "$target" "$guarded"
wait 2>/dev/null
