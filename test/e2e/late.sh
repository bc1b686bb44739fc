#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Markers of files that no process maps when the script begins (-Z): of a program that starts later, of a library that a process
# loads later. What was gathered before stays.
set -u
. "$TOP/test/lib.sh"

[ "$(id -u)" = 0 ] || { echo "skip late - needs root"; exit 0; }
tapper=
children=
check() { # NAME CONDITION...
	local name=$1
	shift
	if "$@"; then echo "ok $name"; else echo "not ok $name - $(tr '\n' ' ' <"$TMP/out") $(tr '\n' ' ' <"$TMP/err")"; fi
}
clean_up() {
	# shellcheck disable=SC2086 # children of ours, not yet waited for
	kill_own KILL $tapper $children
}
trap clean_up EXIT
start() { # ARGUMENTS...
	: >"$TMP/out"
	"$CEPHTAP" -Z "$@" >"$TMP/out" 2>"$TMP/err" &
	tapper=$!
	wait_for 30 grep -q begun "$TMP/out"
}
stop() { kill -INT $tapper; wait $tapper; status=$?; tapper=; }
told() { [ "$(grep -c "$1" "$TMP/err")" -ge "$2" ]; } # TEXT TIMES
await() { # TEXT TIMES: until cephtap has said it so often
	wait_for 30 told "$@"
}
# Loads a library, waits until the file is there, and fires its marker 1,000 times.
cat >"$TMP/loader.py" <<'PY'
import ctypes, os, sys, time
while not os.path.exists(sys.argv[2]): time.sleep(0.05)
library = ctypes.CDLL(sys.argv[1])
while not os.path.exists(sys.argv[3]): time.sleep(0.05)
for i in range(1000): library.library_work(i, b"text")
open(sys.argv[3] + ".done", "w").close()
time.sleep(60)
PY
# A link of a chosen process is on this file.
is_probed() { case $("$PROGS/bpf_count" none-such "$1") in *"links 0") return 1 ;; esac; } # PART-OF-PATH
loader() { # LIBRARY LOAD GO
	/usr/bin/python3 -I "$TMP/loader.py" "$@" &
	child=$!
	children="$children $child"
}
cp "$PROGS/loop_target" "$TMP/late-program"
cp "$PROGS/libmarkers.so" "$TMP/late-one.so"
cp "$PROGS/libmarkers.so" "$TMP/late-two.so"

# ---- programs and libraries, one after the other, with whatever is gathered in each kind of variable
start -n '
	BEGIN { printf("begun\n"); n = 41; seen["begin"] = 1; @all["begin"] = count(); @size = sum(7); }
	loop:late-program::turn { @all[execname] = count(); turns++; }
	loop:late-program::turn /turns == 200/ { printf("turned\n"); }
	fixlib:late-*::call-entry { @all[stringof(copyinstr(arg1))] = count(); @sum = sum(args[0]); n++; @size = sum(1); }
	END { printf("\nn %d seen %d turns %d\n", n, seen["begin"], turns > 0); printa("all %s %@u\n", @all); printa("size %@u\n", @size);
		printa("sum %@d\n", @sum); }'
loader "$TMP/late-one.so" "$TMP/load" "$TMP/go"
wait_for 10 naps $child
: >"$TMP/load"
await "in use now" 1
: >"$TMP/go"
wait_for 30 test -e "$TMP/go.done"
"$TMP/late-program" 60 >/dev/null &
children="$children $!"
await "in use now" 2
wait_for 30 grep -q turned "$TMP/out"
stop
check status test $status = 0
check said-once-each test "$(grep -c "in use now: 1 more probe$" "$TMP/err")" = 2
check library grep -q "^all text 1000$" "$TMP/out"
check program grep -q "^all late-program [1-9][0-9][0-9]" "$TMP/out"
check begin-once grep -q "^all begin 1$" "$TMP/out"
check scalar grep -q "^n 1041 seen 1 turns 1$" "$TMP/out"
check aggregation grep -q "^size 1007$" "$TMP/out"
check late-type grep -q "^sum 499500$" "$TMP/out"
check one-begin test "$(grep -c begun "$TMP/out")" = 1

# ---- a chosen process that loads a library; exit() there ends the run
rm -f "$TMP/load" "$TMP/go" "$TMP/go.done"
loader "$TMP/late-two.so" "$TMP/load" "$TMP/go"
start -q -p $child -n 'BEGIN { printf("begun\n"); } fixlib:late-two.so::call-entry /++n == 500/ { printf("at %d\n", arg0); exit(3); }'
: >"$TMP/load"
wait_for 30 is_probed late-two.so
: >"$TMP/go"
wait_for 30 has_ended $tapper
wait $tapper
check exit-status test $? = 3
tapper=
check exit grep -q "^at 499$" "$TMP/out"

# ---- what clear() took away does not come back; symbols of before have their names
cp "$PROGS/loop_target" "$TMP/late-third"
"$PROGS/loop_target" 60 >/dev/null &
children="$children $!"
start -n '
	int state;
	BEGIN { printf("begun\n"); }
	loop:loop_target::turn /state == 0/ { @turns["before"] = count(); @where[usym(0x1234)] = count(); }
	tick-500ms /state == 0/ { state = 1; }
	tick-1s /state == 1/ { clear(@turns); state = 2; printf("cleared\n"); }
	loop:late-third::turn /!turns++/ { printf("third\n"); }
	loop:late-third::turn { @turns["late"] = count(); @where[usym(0x1234)] = count(); }
	loop:loop_target::turn, loop:late-third::turn { @stacks[execname, ustack()] = count(); }
	END { printa("\nturns %s %@u\n", @turns); printa("where %A %@u\n", @where); printa("stack of %s%k\n", @stacks); }'
wait_for 30 grep -q cleared "$TMP/out"
"$TMP/late-third" 60 >/dev/null &
children="$children $!"
await "in use now" 1
wait_for 60 grep -q third "$TMP/out"
stop
check cleared-status test $status = 0
check cleared grep -q "^turns before 0$" "$TMP/out"
check late-turns grep -q "^turns late [1-9]" "$TMP/out"
check whole-stacks test "$(grep -c "stack of " "$TMP/out")" -ge 2 -a "$(grep -c "_start+" "$TMP/out")" -ge 2
check no-other-stacks eval '! grep -q "not known" "$TMP/out"'
check one-name test "$(grep "^where " "$TMP/out" | sed "s, [0-9]*$,,")" = "where 0x1234"

# ---- what never comes does not disturb
cp "$PROGS/loop_target" "$TMP/late-other"
start -n 'BEGIN { printf("begun\n"); n = 1; } loop:late-other::turn { last = args[0]; text = execname; } fixlib:late-none::x { s = args[1]; } END { printf("\nn %d\n", n); }'
"$TMP/late-other" 2 >/dev/null &
children="$children $!"
await "in use now" 1
stop
check other-status test $status = 0
check other grep -q "^n 1$" "$TMP/out"
