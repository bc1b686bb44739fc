#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# With -Z: functions of a library that a process loads later, or of a program that it becomes; programs that run for a moment; in a
# chosen process, in one that was waited for, in a control group.
set -u
. "$TOP/test/lib.sh"

[ "$(id -u)" = 0 ] || { echo "skip late-functions - needs root"; exit 0; }
children=
check() { # NAME CONDITION...
	local name=$1
	shift
	if "$@"; then echo "ok $name"; else echo "not ok $name - $(tail -c 1000 "$TMP/out" | tr '\n' ' ') $(tail -c 1000 "$TMP/err" | tr '\n' ' ')"; fi
}
clean_up() {
	# shellcheck disable=SC2086 # children of ours, not yet waited for
	kill_own KILL $children
	[ -z "${group:-}" ] || rmdir "$group"
}
trap clean_up EXIT
trace() { # ARGUMENTS...
	timeout 60 "$CEPHTAP" "$@" >"$TMP/out" 2>"$TMP/err"
}
says() { [ "$(tr -s ' \n' ' ' <"$TMP/out" | sed 's/^ //; s/ $//')" = "$1" ]; } # TEXT
# Each calls work() 10 times, some time after what it is in was mapped.
cat >"$TMP/work.c" <<'C'
#include <sys/sdt.h>
#include <unistd.h>
__attribute__((noinline)) int work(int a) { DTRACE_PROBE1(latework, call, a); __asm__ volatile("" : : : "memory"); return a + 1; }
#ifndef LIBRARY
int main(int argc, char **argv) { for (int i = 0; i < 10; i++) { usleep(i ? 1000 : 500000); work(i); } if (argc > 1) execv(argv[1], argv + 1); return 0; }
#endif
C
cat >"$TMP/load.c" <<'C'
#include <dlfcn.h>
#include <unistd.h>
int main(int argc, char **argv) {
	for (int i = 1; i < argc; i++) {
		int (*work)(int) = (int (*)(int))dlsym(dlopen(argv[i], RTLD_NOW | RTLD_LOCAL), "work");
		usleep(500000);
		for (int n = 0; n < 10; n++) work(n);
	}
	return 0;
}
C
for name in one two; do gcc -O1 -DLIBRARY -fPIC -shared -I"$TOP/include" -o "$TMP/late_$name.so" "$TMP/work.c" || exit 1; done
for name in first second third; do gcc -O1 -I"$TOP/include" -D"N_$name" -Wl,--build-id=none -o "$TMP/late_$name" "$TMP/work.c" || exit 1; done
gcc -O1 -o "$TMP/late_load" "$TMP/load.c" -ldl || exit 1

trace -q -Z -n 'pid$target:late_one:work:entry { @ = count(); }' -c "$TMP/late_load $TMP/late_one.so"
check loaded-function says 10
trace -q -Z -n 'pid$target:late_*:work:return { @[probemod] = count(); @sum = sum(arg1); }' -c "$TMP/late_load $TMP/late_one.so $TMP/late_two.so"
check two-libraries says "late_one.so 10 late_two.so 10 110"
trace -q -Z -n 'latework*:::call { @[probemod] = count(); }' -c "$TMP/late_load $TMP/late_one.so $TMP/late_two.so"
check two-markers says "late_one.so 10 late_two.so 10"
trace -q -Z -n 'pid$target:a.out:work:entry { @[probemod] = count(); }' -c "$TMP/late_first $TMP/late_second $TMP/late_third"
check becomes says "late_first 10 late_second 10 late_third 10"
trace -q -Z -n 'pid$target:late_third:work:entry { @[probemod] = count(); }' -c "$TMP/late_first $TMP/late_second $TMP/late_third"
check becomes-named says "late_third 10"
trace -q -Z -n 'pid$target:late_one:wrok:entry { @ = count(); }' -c "$TMP/late_load $TMP/late_one.so"
check none-such test ! -s "$TMP/out" -a -z "$(grep "in use now" "$TMP/err")"

# ---- a process that was waited for by its name
(sleep 1; exec "$TMP/late_load" "$TMP/late_two.so") &
trace -q -Z -W late_load -n 'latework*:::call { @[probemod] = count(); } latework*:::call /++n == 10/ { exit(0); }'
check waited-for says "late_two.so 10"
wait

# ---- programs that run for a moment, of a file that nobody runs yet; and another one when the first has ended
cat >"$TMP/moments" <<E
#!/bin/sh
until [ -e "$TMP/go" ]; do sleep 0.1; done
for i in 1 2 3; do "$TMP/late_second"; "$TMP/late_third"; done
E
chmod +x "$TMP/moments"
rm -f "$TMP/go"
timeout 60 "$CEPHTAP" -q -Z -n 'BEGIN { printf("begun\n"); } latework*:late_second::call, latework*:late_third::call { @[probemod] = count(); }
	latework*:late_second::call, latework*:late_third::call /++n == 60/ { exit(0); }' >"$TMP/out" 2>"$TMP/err" &
tapper=$!
children=$tapper
wait_for 30 grep -q begun "$TMP/out"
: >"$TMP/go"
"$TMP/moments"
wait $tapper
children=
check moments says "begun late_second 30 late_third 30"

# ---- a control group's process loads a library
group=/sys/fs/cgroup/cephtap-late-$$
if mkdir "$group" 2>/dev/null && [ -e "$group/cgroup.procs" ]; then
	sh -c "echo \$\$ >$group/cgroup.procs; sleep 3; exec $TMP/late_load $TMP/late_one.so" &
	children=$!
	wait_for 10 grep -q . "$group/cgroup.procs"
	trace -q -Z --cgroup "$group" -n 'latework*:::call { @[probemod] = count(); } latework*:::call /++n == 10/ { exit(0); }'
	check group says "late_one.so 10"
	wait
else
	group=
	echo "skip group - no control group can be made here"
fi
