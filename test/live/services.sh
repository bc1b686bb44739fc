#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# long
# time: 300
#
# What stands on a cluster, where it is installed: CephFS's metadata server and the object gateway. Their markers are counted
# against what was asked for and what Ceph itself says. With CEPH_BIN_DIR those of another build or release.
. "$TOP/test/live/lib-live.sh"
. "$TOP/test/live/lib-count.sh"

cluster_up --osds 1 --pg 4
eval "$(clusters env "$cluster")"

# ---- CephFS
if ! command -v ceph-mds >/dev/null; then
	echo "skip mds - ceph-mds is not installed"
else
	mkdir "$cluster/mds.a"
	admin osd pool create fsmeta 4
	admin osd pool create fsdata 4
	admin fs new fs fsmeta fsdata
	ceph-mds -f -i a -c "$CEPH_CONF" --mds-data "$cluster/mds.a" --log-file "$cluster/log/mds.a.log" >/dev/null 2>&1 &
	mds=$!
	tracers="$tracers $mds"
	mds_is_up() { ceph mds stat 2>/dev/null | grep -q up:active; }
	wait_for 60 mds_is_up
	begin mds -p $mds
	/usr/bin/python3 "$TOP/test/live/clients.py" directories "$CEPH_CONF" >"$TMP/fs" 2>&1
	sleep 1
	finish
	if grep -q ^skip "$TMP/fs"; then grep ^skip "$TMP/fs"; else
		check mds-requests test "$(n request-recv)" -ge 40 # 20 directories are made and removed
		equal mds-replies "$(n request-recv)" "$(n request-reply)"
		check mds-start test "$(n request-start)" -ge "$(n request-reply)"
		check mds-journal test "$(n journal-flush)" -ge 1
	fi
	kill $mds
	wait $mds 2>/dev/null
fi

# ---- the object gateway: requests of S3, one after the other and many at a time
burst=${GATEWAY_BURST:-200}
requests() { /usr/bin/python3 "$TOP/test/live/gateway.py" $gateway "$@" >"$TMP/requests" 2>&1; }
sent() { sed -n 's/^sent //p' "$TMP/requests"; }
served() { [ $(($(perf gateway rgw.req) - $1)) -ge "$(sent)" ]; } # BEFORE
count_requests() { # NAME MODE NUMBER: its requests, as markers and as Ceph count them
	local before after
	before=$(perf gateway rgw.req)
	begin "rgw-$1" -p $rgw
	requests "$2" "$3" || echo "not ok rgw-$1-requests - $(tail -n 1 "$TMP/requests")"
	wait_for 10 served "$before" # the marker of the last one comes after its reply
	finish
	after=$(perf gateway rgw.req)
	equal "rgw-$1-sent" "$(sent)" $((after - before))
	equal "rgw-$1-start" "$(sent)" "$(n request-start)"
	equal "rgw-$1-run" "$(sent)" "$(n request-run)"
	equal "rgw-$1-done" "$(sent)" "$(n request-done)"
	equal "rgw-$1-id" "$(sent)" "$(n with-id)" # a coroutine that returns on another thread has its number too
}
if ! command -v radosgw >/dev/null || ! command -v radosgw-admin >/dev/null; then
	echo "skip rgw - radosgw is not installed"
else
	gateway=$(clusters gateway "$cluster") || give_up "no gateway"
	rgw=$(clusters pids "$cluster" | sed -n 's/^rgw\.a //p')
	count_requests each each 20
	count_requests burst burst "$burst"
	# The tracer is killed while requests are under way: each is answered, and the gateway lives.
	begin rgw-killed -p $rgw
	requests burst "$burst" &
	client=$!
	sleep 0.7
	kill -KILL "$counting"
	wait "$counting" 2>/dev/null
	tracers=${tracers/ $counting/}
	wait $client
	equal rgw-killed-tracer "$burst" "$(sed -n 's/^status [245][0-9]* //p' "$TMP/requests" | awk '{ n += $1 } END { print n + 0 }')"
	requests each 3
	equal rgw-alive "status 200 7 status 204 3" "$(sed -n '/^status/p' "$TMP/requests" | paste -sd ' ')"
fi

true # what was killed last is no failure
