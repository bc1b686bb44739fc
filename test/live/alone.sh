#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# time: 120
#
# Nobody else of the host can use a cluster of the demo's, read its keys, or ask its admin sockets; whoever has the folder can.
. "$TOP/test/live/lib-live.sh"

cluster_up --osds 1 --pg 4
other=65534
as_other() { setpriv --reuid $other --regid $other --clear-groups -- "$@"; }
monitor=$(sed -n 's/^mon host = //p' "$cluster/ceph.conf")
fsid=$(sed -n 's/^fsid = //p' "$cluster/ceph.conf")
question=(timeout 20 rados --no-config-file -m "$monitor" --fsid "$fsid")

(eval "$(clusters env "$cluster")" && timeout 20 rados lspools) | grep -qx demo && echo "ok with the folder" || echo "not ok with the folder"
for way in "" "--auth-supported none" "--auth-client-required none --auth-cluster-required none --auth-service-required none"; do
	# shellcheck disable=SC2086
	as_other "${question[@]}" $way lspools >"$TMP/answer" 2>&1
	status=$?
	[ $status != 0 ] && [ $status != 124 ] && ! grep -qx demo "$TMP/answer" && echo "ok without it ${way:0:30}" || echo "not ok without it ${way:0:30} - status $status $(tail -n 1 "$TMP/answer")"
done
# The question is right: the one who has the key gets an answer to it.
"${question[@]}" --keyring "$cluster/keyring" lspools >"$TMP/answer" 2>&1 && grep -qx demo "$TMP/answer" && echo "ok the same question with the key" ||
	echo "not ok the same question with the key - $(tail -n 1 "$TMP/answer")"
chmod 755 "$TMP" # so that the folder alone stands between
for path in "" /keyring /ceph.conf /run/osd.0.asok /log /osd.0/block; do
	as_other test -e "$cluster$path/." -o -r "$cluster$path" && [ -n "$path" ] && echo "not ok $path - another user sees it" || echo "ok hidden $path"
done
python='import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])'
as_other python3 -c "$python" "$cluster/run/osd.0.asok" 2>/dev/null && echo "not ok admin socket - another user may connect" || echo "ok admin socket"
python3 -c "$python" "$cluster/run/osd.0.asok" && echo "ok ours" || echo "not ok ours - the socket does not answer anybody"
modes=$(stat -c %a "$cluster" "$cluster/keyring" | tr '\n' ' ')
[ "$modes" = "700 600 " ] && echo "ok modes" || echo "not ok modes - $modes"
