#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Breakpoints that a killed tracer left behind: `cephtap doctor` finds them and takes them away, and nothing that is somebody
# else's. Then half a minute of kill -9 of the tracer, and of what holds its links (killed.py; SECONDS_OF_KILLS= and ROUNDS= say for
# how long: `make test-harmless`).
# time: 150
set -u
. "$TOP/test/lib.sh"
seconds=${SECONDS_OF_KILLS:-5}

[ "$(id -u)" = 0 ] || { echo "skip left-behind - needs root"; exit 0; }
target_pid=
finish() { [ -z "$target_pid" ] || kill "$target_pid" 2>/dev/null; }
trap finish EXIT
check() { # NAME COMMAND...
	local name=$1
	shift
	if "$@"; then echo "ok $name"; else echo "not ok $name - $(head -n 3 "$TMP/out" "$TMP/err" | tr '\n' ' ')"; fi
}
doctor() { "$CEPHTAP" doctor "$@" >"$TMP/out" 2>"$TMP/err"; }
says() { grep -q -- "$@" "$TMP/out" "$TMP/err"; }
not_said() { ! says "$@"; }
same() { "$PROGS/text_same" $target_pid >/dev/null; }
differs() { ! same; }
start_target() { "$PROGS/works_target" "$PROGS/libmarkers.so" >"$TMP/works" & target_pid=$!; wait_for 10 grep -q libmarkers /proc/$target_pid/maps; }
end_target() { kill $target_pid; wait $target_pid; target_pid=; }

# Offsets in the file of functions, of the marker's place and of its semaphore.
program=$PROGS/works_target
to_offset() { # VADDR...
	readelf -lW "$program" | python3 -I -c '
import sys
loads = [[int(word, 16) for word in line.split()[1:5]] for line in sys.stdin if line.split()[:1] == ["LOAD"]]
for vaddr in sys.argv[1:]:
    print(*(offset + int(vaddr, 16) - start for offset, start, _, size in loads if start <= int(vaddr, 16) < start + size))' "$@"
}
mapfile -t marker < <(readelf -n "$program" | awk '/Provider: works$/ { is = 1 } is && /Location/ { gsub(",", ""); print $2; print $6; exit }')
functions=$(nm "$program" | awk '$2 == "t" && $3 ~ /^_ZL[0-9]+(triangle|refuse|by_fork|by_signal|add_squares|risk|by_library)/ { print "0x" $1 }')
semaphore=$(to_offset "${marker[1]}")
# shellcheck disable=SC2086
mapfile -t offsets < <(to_offset "${marker[0]}" $functions)
main=$(to_offset "$(nm "$program" | awk '$3 == "main" { print "0x" $1 }')")

start_target
doctor
check "nothing is left at first" not_said "process $target_pid (works"
if "$PROGS/leave_behind" $target_pid "$semaphore" "${offsets[@]}" 2>"$TMP/err"; then
	check "breakpoints are left" differs
	doctor
	check "doctor finds them" says "process $target_pid (works_target): [0-9]* breakpoints* in .*works_target that no tracer answers for"
	check "and says what to do" says "cephtap doctor --clean $target_pid"
	check "looking takes none away" differs
	doctor --clean $target_pid
	check "doctor --clean" test $? = 0
	check "it says what it did" says "^Process $target_pid: [0-9]* breakpoints* taken away.$"
	check "none is left" same
	doctor --clean $target_pid
	check "nothing to be done" test $? = 0
	check "is said" says "^Process $target_pid: no breakpoint was left behind.$"
	end_target
	check "the program was not harmed, its semaphore is down" grep -q 'rounds, semaphore 0$' "$TMP/works"
	start_target
else
	echo "skip doctor-finds - $(cat "$TMP/err") (a kernel without multi-uprobe links, or one that leaves nothing)"
fi

for mode in '' --no-multi; do # a tracer that runs is not taken for one that has gone
	"$CEPHTAP" -q $mode -p $target_pid -n 'works:::hit, pid$target:a.out:*triangle*:entry { @ = count(); }' >"$TMP/count" 2>&1 & tracer=$!
	wait_for 10 differs
	doctor
	check "a tracer that runs $mode" not_said "process $target_pid (works"
	doctor --clean $target_pid
	check "loses nothing to --clean $mode" differs
	kill -INT $tracer
	wait $tracer
	wait_for 5 same
	check "and goes as ever $mode" same
done
exec 5> >(exec python3 -I "$TOP/test/e2e/debugger.py" $target_pid "$main" >"$TMP/debugger" 2>&1)
wait_for 10 test -s "$TMP/debugger"
check "a debugger" differs
doctor
check "its breakpoints are not told of" not_said "process $target_pid (works"
doctor --clean $target_pid
check "nor taken away" test $? = 1
check "and why not" says 'debugs it, and its breakpoints look the same'
check "they stay" differs
exec 5>&-
wait_for 5 same
doctor --clean 1073741823
check "no such process" test $? = 1
check "no such process is said" says 'there is no such process'
doctor --clean all
check "no number" test $? = 2
end_target

# What of the kernel's log is of our keepers is told beside, for whoever looks into a failure.
python3 -I "$TOP/test/e2e/killed.py" "$seconds" ${ROUNDS:-} ${SEED:-}
check "kill -9: nothing is left behind" test $? = 0
