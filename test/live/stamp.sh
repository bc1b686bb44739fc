#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# long
# time: 180
#
# A cluster whose ceph-osd is a stamped copy: bpftrace's counts at the notes equal cephtap's and Ceph's own counters, and the
# arguments are what rados bench did.
. "$TOP/test/live/lib-live.sh"
command -v bpftrace >/dev/null || { echo "skip stamp - bpftrace is not installed"; exit 0; }
[ "$(id -u)" = 0 ] || { echo "skip stamp - needs root"; exit 0; }

mkdir "$TMP/bin"
copy=$TMP/bin/ceph-osd
"$CEPHTAP" stamp /usr/bin/ceph-osd -o "$copy" || give_up "the copy was not made"
export CEPH_BIN_DIR=$TMP/bin
cluster_up
for pid in $pids; do
	[ "$(readlink "/proc/$pid/exe")" = "$copy" ] || give_up "process $pid does not run the copy"
done

cat >"$TMP/count.bt" <<END
usdt:$copy:ceph_osd:op__enqueue { @enqueue = count(); @client[(int64)arg0] = count(); }
usdt:$copy:ceph_osd:op__done { @done = count(); }
usdt:$copy:ceph_repl:subop__commit { @subop = count(); }
usdt:$copy:ceph_store:txn__write { @write[arg4] = count(); }
usdt:$copy:ceph_store:read__start /arg3 == 4096/ { @read = count(); @name[str(arg0, 9)] = count(); }
interval:s:1 { printf("attached\n"); }
END
BPFTRACE_STRLEN=64 bpftrace "$TMP/count.bt" >"$TMP/bt.out" 2>"$TMP/bt.err" &
bt=$!
tracers="$tracers $bt"
wait_for 60 said_or_ended ^attached "$TMP/bt.out" $bt
has_ended $bt && give_up "bpftrace: $(cat "$TMP/bt.err")"
# shellcheck disable=SC2086
attach cephtap -q -n 'BEGIN { printf("attached\n"); } ceph_osd:::op-enqueue { @ = count(); }
	END { printa("enqueue %@d\n", @); }' $only
counter() { clusters perf "$cluster" all "$1" | awk '{ print $2 }'; }

ops=$(counter osd.op)
subops=$(counter osd.subop)
bt_before=$(date +%s)
load write-4k 2
load read-4k 1
wait_for 30 ops_are_done
ops=$(($(counter osd.op) - ops))
subops=$(($(counter osd.subop) - subops))
detach "$tracer" || give_up "cephtap: $(cat "$TMP/cephtap.err")"
kill -INT $bt
wait $bt
tracers=${tracers/ $bt/}
echo "after $(($(date +%s) - bt_before)) s, $ops ops, $subops subops"
sed '/^attached/d' "$TMP/bt.out"
cat "$TMP/cephtap.out"

value() { sed -n "s/^@$1: //p" "$TMP/bt.out"; }
equal() { # NAME A B
	if [ "${2:-0}" = "${3:-0}" ] && [ "${2:-0}" -gt 0 ]; then echo "ok $1"; else echo "not ok $1 - ${2:-none}, not ${3:-none}"; fi
}
equal count-as-ceph "$(value done)" "$ops"
equal subops-as-ceph "$(value subop)" "$subops"
equal count-as-cephtap "$(value enqueue)" "$(sed -n 's/^enqueue //p' "$TMP/cephtap.out")"
equal absent-argument "$(value 'client\[-2147483648\]')" "$(value enqueue)"
equal string-argument "$(value 'name\[benchmark\]')" "$(value read)"
if [ "$(value 'write\[4096\]')" -ge "$subops" ]; then
	echo "ok integer-argument"
else
	echo "not ok integer-argument - too few writes of 4096 bytes"
fi
