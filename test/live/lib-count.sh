# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Markers counted while something is done, to be held against what Ceph itself counts. Source it after lib-live.sh.
check() { # NAME CONDITION...
	local name=$1
	shift
	if "$@"; then echo "ok $name"; else echo "not ok $name - $* ($(tr '\n' ' ' <"$TMP/counts"))"; fi
}
equal() { # NAME EXPECTED GOT
	if [ "$2" = "$3" ]; then echo "ok $1"; else echo "not ok $1 - Ceph says $2, markers $3 ($(tr '\n' ' ' <"$TMP/counts"))"; fi
}
admin() { (eval "$(clusters env "$cluster")" && timeout 60 ceph "$@") >"$TMP/admin" 2>&1 || give_up "ceph $*: $(tail -n 1 "$TMP/admin")"; }
# Counts hits by marker while something is done: `count NAME`, then the number is `n NAME`.
begin() { # NAME OPTIONS...: for the clauses in $TMP/count.d
	attach "$1" -q -s "$TMP/count.d" "${@:2}"
	counting=$tracer counted=$1
}
finish() {
	detach "$counting" || give_up "cephtap: $(cat "$TMP/$counted.err")"
	sed -n 's/^count //p' "$TMP/$counted.out" >"$TMP/counts"
}
n() { awk -v name="$1" '$1 == name { n += $2 } END { print n + 0 }' "$TMP/counts"; }
perf() { clusters perf "$cluster" "$@" | awk '{ print $2 }'; }

cat >"$TMP/count.d" <<'D'
#pragma D option zdefs
BEGIN { printf("attached\n"); }
ceph_mon:::, ceph_repl:::ec-*, ceph_pg:::, ceph_osd:::osdmap-recv, ceph_rbd:::, ceph_client:::, ceph_mds:::, ceph_rgw::: { @[probename] = count(); }
ceph_rgw:::request-done /arg0/ { @["with-id"] = count(); }
ceph_pg:::scrub-done { printf("scrubbed\n"); }
END { printa("count %s %@u\n", @); }
D
