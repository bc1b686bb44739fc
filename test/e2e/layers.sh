#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# time: 180
#
# One file that has two numbers (two containers of one image: overlays), and two files that have one (subvolumes of btrfs):
# each event is counted, once. Also in a chroot, and in a container of somebody else's (a user namespace).
set -u

[ "$(id -u)" = 0 ] || { echo "skip layers - needs root"; exit 0; }
. "$TOP/test/e2e/lib-files.sh"
mounts=
finish() {
	clean_up
	wait 2>/dev/null
	for mount in $mounts; do umount -l "$mount" 2>/dev/null; done
}
trap finish EXIT

start() { # PATH...: runs each; its pids are in $pids
	pids=
	for path in "$@"; do
		"$path" 100 >/dev/null 2>&1 &
		pids="$pids $!"
		children="$children $!"
		await grep -q "${path##*/}" "/proc/$!/maps"
	done
}
stop() {
	# shellcheck disable=SC2086 # several
	kill -KILL $pids 2>/dev/null
	# shellcheck disable=SC2086
	wait $pids 2>/dev/null
}
# The marker's argument counts down by one: as many events as numbers, for each process.
count='loop:loop_target::turn { @n[pid] = count(); @first[pid] = max(args[0]); @last[pid] = min(args[0]); }
	END { printa("%d %@d %@d %@d\n", @n, @first, @last); }'
counted() { # NAME CEPHTAP-ARGUMENTS...: for each of $pids
	local name=$1
	shift
	timeout 60 "$CEPHTAP" -q --seconds 2 "$@" -n "$count" >"$TMP/out" 2>"$TMP/err"
	for pid in $pids; do
		# shellcheck disable=SC2016 # awk's
		check "$name" awk -v pid="$pid" '$1 == pid { ok = $2 > 100 && $2 == $3 - $4 + 1 } END { exit !ok }' "$TMP/out"
	done
}

# ---- overlays
mkdir -p "$TMP/below" "$TMP/one" "$TMP/two" "$TMP/up1" "$TMP/up2" "$TMP/work1" "$TMP/work2"
cp "$PROGS/loop_target" "$TMP/below/"
layer() { mount -t overlay overlay -o "lowerdir=$TMP/below,upperdir=$TMP/up$1,workdir=$TMP/work$1" "$TMP/$2" && mounts="$mounts $TMP/$2"; }
if layer 1 one 2>/dev/null && layer 2 two; then
	start "$TMP/one/loop_target" "$TMP/two/loop_target"
	counted overlay
	counted overlay-chosen -p "${pids##* }" -p "$(echo "$pids" | awk '{ print $1 }')"
	stop
	start "$TMP/below/loop_target" "$TMP/one/loop_target"
	counted overlay-and-below
	stop
	cp "$TMP/two/loop_target" "$TMP/two/x" && mv "$TMP/two/x" "$TMP/two/loop_target" # its own by now
	start "$TMP/one/loop_target" "$TMP/two/loop_target"
	counted overlay-copied
	timeout 60 "$CEPHTAP" -q --seconds 2 -n 'loop:::turn /pid == '"${pids##* }"'/ { @[ustack(1)] = count(); }' >"$TMP/out" 2>"$TMP/err"
	check overlay-stack grep -q 'loop_target`main' "$TMP/out"
	stop
else
	echo "skip overlay - cannot be mounted here"
fi

# ---- subvolumes
if command -v mkfs.btrfs >/dev/null && truncate -s 256M "$TMP/disk" && mkfs.btrfs -q "$TMP/disk" >/dev/null 2>&1 && mkdir -p "$TMP/volume" &&
	mount -o loop "$TMP/disk" "$TMP/volume" 2>/dev/null; then
	mounts="$mounts $TMP/volume"
	btrfs -q subvolume create "$TMP/volume/a" >/dev/null
	cp "$PROGS/loop_target" "$TMP/volume/a/"
	btrfs -q subvolume snapshot "$TMP/volume/a" "$TMP/volume/b" >/dev/null
	start "$TMP/volume/a/loop_target" "$TMP/volume/b/loop_target"
	# shellcheck disable=SC2046,SC2086 # several
	check subvolume-one-number test "$(awk '$2 == "r-xp" && /loop_target/ { print $4, $5 }' $(printf '/proc/%d/maps ' $pids) | sort -u | wc -l)" = 1
	counted subvolume
	counted subvolume-chosen -p "${pids##* }" -p "$(echo "$pids" | awk '{ print $1 }')"
	stop
else
	echo "skip subvolume - no mkfs.btrfs, or no loop device"
fi

# ---- somebody else's container: a mount namespace that a user made, with an overlay
if unshare -Um --map-root-user true 2>/dev/null; then
	mkdir -p "$TMP/box"
	cat >"$TMP/boxed.sh" <<-EOF
		mount -t tmpfs none "$TMP/box" && cd "$TMP/box" && mkdir below up work all &&
		cp "$PROGS/loop_target" below/ && mount -t overlay overlay -o lowerdir=below,upperdir=up,workdir=work all &&
		exec "$TMP/box/all/loop_target" 100
	EOF
	unshare -Um --map-root-user bash "$TMP/boxed.sh" 2>"$TMP/box.err" &
	pids=$!
	children="$children $pids"
	if await grep -q "all/loop_target" "/proc/$pids/maps"; then
		counted user-namespace
		counted user-namespace-chosen -p "$pids"
	else
		echo "skip user-namespace - $(cat "$TMP/box.err")"
	fi
	stop
else
	echo "skip user-namespace - there are none"
fi

# ---- a chroot
mkdir -p "$TMP/root/lib64" "$TMP/root/lib/x86_64-linux-gnu"
cp "$PROGS/loop_target" "$TMP/root/"
# shellcheck disable=SC2046 # several
cp -L $(ldd "$PROGS/loop_target" | grep -o '/lib[^ ]*libc[^ ]*') "$TMP/root/lib/x86_64-linux-gnu/" 2>/dev/null
cp -L "$(ldd "$PROGS/loop_target" | grep -o '/lib64[^ ]*')" "$TMP/root/lib64/" 2>/dev/null
chroot "$TMP/root" /loop_target 100 &
pids=$!
children="$children $pids"
if await grep -q "root/loop_target" "/proc/$pids/maps"; then
	counted chroot
	counted chroot-chosen -p "$pids"
else
	echo "skip chroot - its libraries are elsewhere here"
fi
stop
exit 0
