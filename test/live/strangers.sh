#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# time: 240
# long
#
# A cluster, and beside it processes of a user that say they are its OSDs: what reports and scripts say of the host is what Ceph's own
# counters say, and not one op more.
set -u
. "$TOP/test/e2e/lib-strangers.sh"
. "$TOP/test/live/lib-live.sh"
cluster_up
trap 'kill -KILL $children 2>/dev/null; clean_up' EXIT
counter() { clusters perf "$cluster" all "$1" | awk '{ print $2 }'; }
equal() { # NAME A B
	if [ "${2:-0}" = "${3:-0}" ] && [ "${2:-0}" -gt 0 ]; then echo "ok $1"; else echo "not ok $1 - Ceph says ${3:-nothing}, cephtap ${2:-nothing} ($(tail -n 3 "$err" | tr '\n' '|'))"; fi
}
# ---- the impostors --------------------------------------------------------------------------------------------------------

mkdir -p "$TMP/user"
loops 'CEPHTAP_MARKER(ceph_osd, op__done, i, i, (void *)8, 4096L, 4096L, 1L, 1L, 1L, 1L, 1L, 1, 0)' | compile "$TMP/user/notes/ceph-osd"
loops 'CEPHTAP_MARKER(ceph_osd, op__done, 1)' | compile "$TMP/user/few/ceph-osd"
compile "$TMP/user/stand_in.so" -shared -fPIC <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <setjmp.h>
#include <signal.h>
#include <unistd.h>
static sigjmp_buf back;
static void on_fault(int number) { siglongjmp(back, 1); }
/* As an OSD that has just done an op: the arguments of PrimaryLogPG::log_op_stats, and of a deferred write. */
__attribute__((constructor)) static void stand_in(void)
{
	static char zeros[65536];
	void (*done)() = dlsym(RTLD_DEFAULT, "_ZN12PrimaryLogPG12log_op_statsERK9OpRequestmm");
	void (*submit)() = dlsym(RTLD_DEFAULT, "_ZN9BlueStore23_deferred_submit_unlockEPNS_11OpSequencerE");
	signal(SIGSEGV, on_fault);
	signal(SIGBUS, on_fault);
	signal(SIGABRT, on_fault);
	for (;; usleep(2000)) {
		if (done && !sigsetjmp(back, 1))
			done(zeros, zeros, 4096, 4096);
		if (submit && !sigsetjmp(back, 1))
			submit(0, 0);
	}
}
C
cp /usr/bin/ceph-osd "$TMP/user/ceph-osd"
chown -R $nobody "$TMP/user"
as $nobody "$TMP/user/notes/ceph-osd" -i 0
as $nobody "$TMP/user/few/ceph-osd" -i 1
as $nobody env LD_PRELOAD="$TMP/user/stand_in.so" "$TMP/user/ceph-osd" -i 1
as $nobody env LD_PRELOAD="$TMP/user/stand_in.so" /usr/bin/ceph-osd -i 2
for pid in $children; do runs "$pid" "$(readlink "/proc/$pid/exe")"; done
all_run() { [ "$(for pid in $children; do readlink "/proc/$pid/exe"; done | grep -c 'ceph-osd$')" = 4 ]; }
wait_for 30 all_run
# That they would be counted is what makes this a test.
tap -q --untrusted -n 'ceph_osd:::op-done { @[uid] = count(); } tick-1s { exit(0); }'
check impostors-fire grep -qE "^ +$nobody +[1-9]" "$out"

# ---- a script over the whole host -------------------------------------------------------------------------------------------

attach host -q -n 'BEGIN { printf("attached\n"); }
	ceph_osd:::op-done { @ops[pid, uid] = count(); @in[pid, uid] = sum(args[3]); }
	ceph_store:::deferred-submit { @deferred[pid, uid] = count(); }
	END { printa("ops %d %d %@d\n", @ops); printa("in %d %d %@d\n", @in); printa("deferred %d %d %@d\n", @deferred); }'
ops=$(counter osd.op) bytes=$(counter osd.op_in_bytes)
load write-4k 2
wait_for 30 ops_are_done
ops=$(($(counter osd.op) - ops)) bytes=$(($(counter osd.op_in_bytes) - bytes))
detach "$tracer" || give_up "cephtap: $(cat "$TMP/host.err")"
cp "$TMP/host.err" "$err"
cp "$TMP/host.out" "$out"
ours() { awk -v what="$1" -v pids="$(echo $pids)" 'BEGIN { n = split(pids, list, " "); for (i in list) is[list[i]] = 1 } $1 == what && is[$2] { sum += $4 } END { print sum + 0 }' "$out"; }
equal host-ops "$(ours ops)" "$ops"
equal host-bytes "$(ours in)" "$bytes"
check host-no-strangers [ -z "$(awk -v uid=$nobody '$3 == uid' "$out")" ]
check host-named says "left out: a user other than root can write the file"
check host-preloaded says "$TMP/user/stand_in.so\) is left out: it runs code from a file"

# ---- reports over the whole host --------------------------------------------------------------------------------------------

"$CEPHTAP" report osd --seconds 3600 --json >"$out" 2>"$err" &
tracer=$!
tracers="$tracers $tracer"
await_begin $tracer
ops=$(counter osd.op)
load write-4k 2
load read-4k 1
wait_for 30 ops_are_done
ops=$(($(counter osd.op) - ops))
detach $tracer
check report-osd [ $? = 0 ]
# Somebody else's osd.0 may run here: then ours is osd.0#PID.
clusters pids "$cluster" | sed -n 's/^osd\.//p' >"$TMP/numbers"
equal report-osd-ops "$(python3 - "$out" "$TMP/numbers" <<'PY'
import json, sys
rows, n = [json.loads(line) for line in open(sys.argv[1])], 0
daemons = {row["daemon"] for row in rows}
for line in open(sys.argv[2]):
    name, pid = "osd." + line.split()[0], line.split()[1]
    name = name + "#" + pid if name + "#" + pid in daemons else name
    for row in rows:
        if row["daemon"] == name and row["class"] != "replica":
            n += sum(stage["count"] for stage in row["stages"] if stage["stage"] == "whole")
print(n)
PY
)" "$ops"
strangers_rows() { for pid in $children; do grep -E "osd\.[0-9]+#$pid\b" "$out"; done; }
check report-osd-rows [ -z "$(strangers_rows)" ]
check report-osd-named says "left out"
for report in slow-ops bluestore recovery io sched; do
	tap report $report --seconds 1
	check "report-$report" status_is 0
	check "report-$report-named" says "left out"
	check "report-$report-rows" [ -z "$(strangers_rows)" ]
done
tap top --once
check top status_is 0
check top-rows [ "$(grep -cE '^ *osd\.[0-2](#[0-9]+)? ' "$out")" -ge 3 ]
check top-strangers [ -z "$(strangers_rows)" ]
for pid in $pids; do
	kill -0 "$pid" 2>/dev/null || echo "not ok osd-lives - process $pid is gone"
done
