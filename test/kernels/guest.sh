#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The first process of the emulated machine once its disk is there: runs each test, prints to the second serial port, and turns
# the machine off.
export PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin LC_ALL=C CEPHTAP=/test/cephtap PROGS=/test/build/test/prog \
	UNITS=/test/build/test/unit TERM=linux
mount -t tmpfs none /tmp
mount -t tmpfs none /run
mount -t tracefs none /sys/kernel/tracing 2>/dev/null
mount -t securityfs none /sys/kernel/security 2>/dev/null
mkdir -p /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup 2>/dev/null
wanted=$(sed -n 's/.*tests=\([^ ]*\).*/\1/p' /proc/cmdline | tr , ' ')
exec >/dev/ttyS1 2>&1 </dev/null

echo "kernel: $(uname -r)"
# What cannot be taken back comes last.
for script in /test/[!l]*.sh /test/locked.sh; do
	name=$(basename "$script" .sh)
	[ "$name" != guest ] || continue
	[ -z "$wanted" ] || [[ " $wanted " = *" $name "* ]] || continue
	began=$SECONDS
	TMP=$(mktemp -d) && export TMP
	echo "test: $name"
	(cd "$TMP" && exec timeout -k 10 900 bash "$script")
	echo "tested: $name $? $((SECONDS - began)) s"
	cd / && rm -rf "$TMP"
done
echo "all tests were run"
sync
echo o >/proc/sysrq-trigger
while :; do sleep 1; done
