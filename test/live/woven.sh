#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# time: 240
#
# A cluster of a Ceph that was built with markers (CEPH_BIN_DIR, CEPH_LIB_DIR): the catalogue's markers are in it, all tracers see
# them, and bpftrace, perf and cephtap count what Ceph counts, with the same arguments. `make test-ceph-with-markers` runs it.
. "$TOP/test/live/lib-live.sh"
[ "$(id -u)" = 0 ] || { echo "skip woven - needs root"; exit 0; }
osd=${CEPH_BIN_DIR:-/usr/bin}/ceph-osd
readelf -n "$osd" 2>/dev/null | grep -q 'Provider: ceph_osd' || {
	echo "skip woven - $osd was not built with markers: make ceph-with-markers, then make test-ceph-with-markers"
	exit 0
}
cluster_up
counter() { clusters perf "$cluster" all "$1" | awk '{ print $2 }'; }
equal() { # NAME A B
	if [ "${2:-0}" = "${3:-0}" ] && [ "${2:-0}" -gt 0 ]; then echo "ok $1"; else echo "not ok $1 - ${2:-none}, not ${3:-none}"; fi
}
await_word() { # PROCESS FILE WORD
	wait_for 60 said_or_ended "^$3" "$2" "$1"
	grep -qs "^$3" "$2" || give_up "$(head -n 3 "$2")"
}

# --- What is in the binary -----------------------------------------------------------------------------------------------

readelf -n "$osd" | awk '/Provider: ceph_/ { p = $2 } /Name: / { if (p) print p ":::" $2; p = "" }' | sed 's/__/-/g' | sort -u >"$TMP/notes"
# shellcheck disable=SC2086
"$CEPHTAP" list $only 'ceph_*:::' >"$TMP/list" || give_up "list"
grep -o '^### ceph_[a-z]*:::[a-z-]*' "$TOP/doc/markers.md" | cut -c 5- | sort >"$TMP/all"
if cmp -s "$TMP/all" "$TMP/notes"; then echo "ok every-marker-is-a-note"; else
	echo "not ok every-marker-is-a-note - $(diff "$TMP/all" "$TMP/notes" | grep '^[<>]' | tr '\n' ' ')"
fi

# --- Counts --------------------------------------------------------------------------------------------------------------

# Where bpftrace raises semaphores it needs to be told so, as it attaches to a file and not to a process.
cat >"$TMP/count.bt" <<END
usdt:$osd:ceph_osd:op__done { @done = count(); @in = sum(arg3); @client[(int64)arg0] = count(); }
usdt:$osd:ceph_osd:op__recv { @recv = count(); }
usdt:$osd:ceph_repl:subop__commit { @subop = count(); }
usdt:$osd:ceph_store:read__done /arg4 == 4096/ { @read = count(); @name[str(arg0, 9)] = count(); }
usdt:$osd:ceph_kv:kv__sync__done { @sync = count(); }
interval:s:1 { printf("attached\n"); }
END
with_bpftrace=
if command -v bpftrace >/dev/null; then
	with_bpftrace=1
	BPFTRACE_STRLEN=64 bpftrace --usdt-file-activation "$TMP/count.bt" >"$TMP/bt.out" 2>"$TMP/bt.err" &
	bt=$!
	tracers="$tracers $bt"
	await_word $bt "$TMP/bt.out" attached
else
	echo "skip bpftrace - it is missing: scripts/install-deps.sh bench"
fi
# shellcheck disable=SC2086
attach cephtap -q -n 'BEGIN { printf("attached\n"); }
	ceph_osd:::op-done { @done = count(); @in = sum(args[3]); }
	ceph_osd:::op-recv { @recv = count(); @clients[args[0]] = count(); }
	ceph_repl:::subop-commit { @subop = count(); }
	ceph_store:::read-done /args[4] == 4096/ { @read = count(); @name[substr(stringof(args[0]), 0, 9)] = count(); }
	ceph_kv:::kv-sync-done { @sync = count(); }
	END { printa("done %@d\n", @done); printa("in %@d\n", @in); printa("recv %@d\n", @recv); printa("subop %@d\n", @subop);
	      printa("read %@d\n", @read); printa("sync %@d\n", @sync); printa("name %s %@d\n", @name); }' $only
with_perf=
if command -v perf >/dev/null; then
	perf buildid-cache --add "$osd" >/dev/null 2>&1
	if perf probe -q --add sdt_ceph_osd:op__done >"$TMP/perf.err" 2>&1; then
		with_perf=1
		perf record -q -a -e sdt_ceph_osd:op__done -o "$TMP/perf.data" sleep 1000 >"$TMP/perf.out" 2>&1 &
		perf=$!
		tracers="$tracers $perf"
		wait_for 30 pgrep -P $perf -x sleep # perf starts it when all is attached
	else
		echo "not ok perf-attaches - $(head -n 2 "$TMP/perf.err" | tr '\n' ' ')"
	fi
else
	echo "skip perf - it is missing: scripts/install-deps.sh bench"
fi

ops=$(counter osd.op) subops=$(counter osd.subop) bytes=$(counter osd.op_in_bytes)
load write-4k 2
load read-4k 1
wait_for 30 ops_are_done
ops=$(($(counter osd.op) - ops)) subops=$(($(counter osd.subop) - subops)) bytes=$(($(counter osd.op_in_bytes) - bytes))
detach "$tracer" || give_up "cephtap: $(cat "$TMP/cephtap.err")"
ours() { sed -n "s/^$1 //p" "$TMP/cephtap.out"; }
theirs() { sed -n "s/^@$1: //p" "$TMP/bt.out"; }
equal cephtap-counts-ops "$(ours done)" "$ops"
equal cephtap-sums-bytes "$(ours in)" "$bytes"
equal cephtap-counts-subops "$(ours subop)" "$subops"
equal cephtap-texts "$(ours 'name benchmark')" "$(ours read)"
if [ -n "$with_bpftrace" ]; then
	kill -INT $bt
	wait $bt
	tracers=${tracers/ $bt/}
	cat "$TMP/bt.err"
	equal bpftrace-counts-ops "$(theirs done)" "$ops"
	equal bpftrace-sums-bytes "$(theirs in)" "$bytes"
	equal bpftrace-counts-subops "$(theirs subop)" "$subops"
	equal bpftrace-sees-what-a-condition-chose "$(theirs recv)" "$(ours recv)"
	equal bpftrace-texts "$(theirs 'name\[benchmark\]')" "$(theirs read)"
	equal bpftrace-reads-as-cephtap "$(theirs read)" "$(ours read)"
fi
if [ -n "$with_perf" ]; then
	pkill -INT -P $perf -x sleep
	wait $perf
	tracers=${tracers/ $perf/}
	perf script -i "$TMP/perf.data" >"$TMP/perf.txt" 2>/dev/null
	perf probe -q --del 'sdt_ceph_osd:*' 2>/dev/null
	perf buildid-cache --remove "$osd" >/dev/null 2>&1
	equal perf-counts-ops "$(grep -c 'sdt_ceph_osd:op__done' "$TMP/perf.txt")" "$ops"
fi

# --- gdb: stops an OSD at a marker, and reads its arguments -----------------------------------------------------------------

if command -v gdb >/dev/null; then
	first=${pids%%$'\n'*}
	(sleep 4; load write-4k 2) &
	gdb -batch -ex 'set debuginfod enabled off' -ex 'set pagination off' -ex 'break -probe-stap ceph_osd:op__done' -ex continue \
		-ex 'printf "marker %d client %d bytes %d\n", $_probe_argc, $_probe_arg0, $_probe_arg3' -ex detach -p "$first" >"$TMP/gdb.out" 2>&1
	wait $!
	if grep -qE '^marker 12 client [0-9]+ bytes (4096|[0-9]+)$' "$TMP/gdb.out"; then
		echo "ok gdb-stops-at-a-marker"
	else
		echo "not ok gdb-stops-at-a-marker - $(tail -n 3 "$TMP/gdb.out" | tr '\n' ' ')"
	fi
else
	echo "skip gdb - it is missing: scripts/install-deps.sh test"
fi
for pid in $pids; do
	kill -0 "$pid" 2>/dev/null || echo "not ok osd-lives - process $pid is gone"
done
