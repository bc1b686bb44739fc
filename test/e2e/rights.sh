#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# time: 120
#
# Fewer rights than root's: what CAP_BPF and CAP_PERFMON alone can do, and with CAP_SYS_PTRACE; without CAP_SYS_ADMIN a file is
# opened by its name and proved by its mapping.
set -u

[ "$(id -u)" = 0 ] || { echo "skip rights - needs root"; exit 0; }
. "$TOP/test/e2e/lib-files.sh"
chmod 755 "$TMP"
mkdir -p "$TMP/theirs"
cp "$CEPHTAP" "$TMP/cephtap"
cp "$PROGS/loop_target" "$PROGS/hostile" "$TMP/theirs/"
limited() { # CAPABILITIES UID CEPHTAP-ARGUMENTS...
	local caps=$1 uid=$2
	shift 2
	timeout 60 setpriv --reuid="$uid" --regid="$uid" --clear-groups --inh-caps=-all,"$caps" --ambient-caps=-all,"$caps" --bounding-set=-all,"$caps" \
		"$TMP/cephtap" "$@" >"$TMP/out" 2>"$TMP/err"
	status=$?
}
start() { # COMMAND...
	"$@" >/dev/null &
	pid=$!
	children="$children $pid"
	await naps $pid
}
stop() {
	kill -KILL $pid 2>/dev/null
	wait $pid 2>/dev/null
}
limited +bpf,+perfmon 65534 -q -n 'BEGIN { exit(0); }'
if [ $status != 0 ]; then
	echo "skip rights - $(head -1 "$TMP/err")"
	exit 0
fi
start "$TMP/theirs/loop_target" 100
for uid in 0 65534; do
	limited +bpf,+perfmon,+sys_ptrace $uid -q --seconds 1 -p $pid -n 'loop:::turn { @[ustack(2)] = count(); }'
	check "ptrace-$uid" grep -q 'loop_target`main' "$TMP/out"
	limited +bpf,+perfmon,+sys_ptrace $uid -q --seconds 1 -n 'loop:loop_target::turn /pid == '$pid'/ { @ = count(); }'
	check "ptrace-all-$uid" grep -q '[0-9]' "$TMP/out"
	limited +bpf,+perfmon,+sys_ptrace $uid -q --seconds 1 -p $pid -n 'pid$target:a.out:main:1 { } pid$target:libc:usleep:entry { @ = count(); }'
	check "ptrace-function-$uid" grep -qE '[0-9]|no instruction begins' "$TMP/out" "$TMP/err"
done
limited +bpf,+perfmon 65534 -q --seconds 1 -n 'loop:loop_target::turn /pid == '$pid'/ { @[ustack(2)] = count(); }'
check alone-or-not-said grep -qE 'loop_target`main|no file of any running process' "$TMP/out" "$TMP/err" # maps: Linux 6.13
timeout 60 setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all --bounding-set=-all "$TMP/cephtap" list -p $pid 'loop:::' >"$TMP/out" 2>"$TMP/err"
check without test $? = 1
check without-said grep -q "process $pid cannot be looked at: that needs root, or CAP_SYS_PTRACE" "$TMP/err"
stop
start setpriv --reuid=65534 --regid=65534 --clear-groups "$TMP/theirs/loop_target" 100
limited +bpf,+perfmon 65534 -q --seconds 1 -p $pid -n 'loop:::turn { @ = count(); }'
check alone-own grep -q '[0-9]' "$TMP/out"
stop

# ---- by its name: what is not the file that the process has mapped is left out
mkdir -p "$TMP/real" "$TMP/other"
cp "$PROGS/loop_target" "$TMP/real/prog"
cp "$PROGS/hostile" "$TMP/other/prog" # with a marker of its own
cat >"$TMP/lib.c" <<'EOF'
#include <sys/sdt.h>
void in_library(long i) { DTRACE_PROBE1(inlib, hit, i); }
EOF
cat >"$TMP/use.c" <<'EOF'
#include <unistd.h>
void in_library(long i);
int main(void) { for (long i = 0;; i++) { in_library(i); usleep(1000); } }
EOF
cc -shared -fPIC -o "$TMP/real/libone.so" "$TMP/lib.c" && cc -o "$TMP/use" "$TMP/use.c" -L"$TMP/real" -lone -Wl,-rpath,"$TMP/link"
cp "$TMP/real/libone.so" "$TMP/other/libone.so"
ln -s "$TMP/real" "$TMP/link"
"$TMP/use" &
pid=$!
children="$children $pid"
await grep -q libone "/proc/$pid/maps"
limited +bpf,+perfmon,+sys_ptrace 0 -q --seconds 1 -p $pid -n 'inlib:::hit { @ = count(); }'
check name grep -q '[0-9]' "$TMP/out"
mv "$TMP/real" "$TMP/kept" && mv "$TMP/other" "$TMP/real" # maps says $TMP/kept/libone.so now
limited +bpf,+perfmon,+sys_ptrace 0 -q --seconds 1 -p $pid -n 'inlib:::hit { @ = count(); }'
check name-moved grep -q '[0-9]' "$TMP/out"
cp "$TMP/kept/libone.so" "$TMP/kept/new" && mv "$TMP/kept/new" "$TMP/kept/libone.so"
limited +bpf,+perfmon,+sys_ptrace 0 -q --seconds 1 -p $pid -n 'inlib:::hit { @ = count(); }'
check name-replaced test $status = 1
"$TMP/cephtap" -q --seconds 1 -p $pid -n 'inlib:::hit { @ = count(); }' >"$TMP/out" 2>"$TMP/err"
check name-replaced-root grep -q '[0-9]' "$TMP/out"
stop
exit 0
