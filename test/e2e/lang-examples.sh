#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Each example of the language's reference runs, and prints what the reference says; where that depends on the host and the moment,
# it prints something.
# time: 240
"$CEPHTAP" list --functions --json | python3 -c '
import json, os, sys
for i, e in enumerate(json.load(sys.stdin)):
    for part in ("name", "example", "output"):
        if part in e:
            open("%s/%03d.%s" % (os.environ["TMP"], i, part), "w").write(e[part])' || exit 1

# So that there are system calls, good ones and bad ones, and a processor is busy, while an example waits for them.
python3 -c '
import os
parent = os.getppid()
while os.getppid() == parent:
    for i in range(1000):
        open("/etc/hostname").close()
    try:
        os.close(999)
    except OSError:
        pass' &
busy=$!
trap 'kill $busy' EXIT

for file in "$TMP"/*.example; do
	name=$(cat "${file%.example}.name")
	timeout 30 "$CEPHTAP" -q -n "$(cat "$file")" >"$TMP/out" 2>"$TMP/err"
	status=$?
	if [ "$status" != 0 ] && grep -q 'not available on this kernel' "$TMP/err"; then
		echo "skip $name - $(head -1 "$TMP/err")"
	elif [ "$status" != 0 ]; then
		echo "not ok $name - status $status: $(head -1 "$TMP/err")"
	elif [ -f "${file%.example}.output" ]; then
		if cmp -s "$TMP/out" "${file%.example}.output"; then echo "ok $name"; else
			echo "not ok $name - it prints $(head -c 200 "$TMP/out")"
		fi
	elif [ -s "$TMP/out" ]; then
		echo "ok $name"
	else
		echo "not ok $name - it prints nothing"
	fi
done
