#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What markers that nobody looks at cost Ceph: bench/ceph-markers.sh DIR [ROUNDS], where DIR is a folder of scripts/ceph-build.sh
# with both builds. Two throw-away clusters, one of DIR/off and one of DIR/on, stand side by side; load goes to one, then to the
# other (4 KiB writes, 16 in flight, 3 s), in turns that change places each round (8 rounds). Out: CPU time of the OSDs per op,
# medians with (least-most), and the median of the rounds' ratios on/off. No root needed; about two minutes.
set -u
export LC_ALL=C
cd "$(dirname "$0")/.." || exit 1
die() { echo "bench/ceph-markers.sh: $*" >&2; exit 1; }
[ $# -ge 1 ] || { sed -n '3,/^[^#]/s/^# \{0,1\}//p' "$0"; exit 2; }
ceph=$(cd "$1" && pwd) || exit 1
rounds=${2:-8}
dir=$(mktemp -d "${TMPDIR:-/tmp}/bench.XXXXXX") || exit 1
finish() {
	for build in on off; do
		[ ! -d "$dir/$build" ] || scripts/cluster.sh down "$dir/$build"
	done
	rm -rf "$dir"
}
trap finish EXIT
trap 'exit 130' INT TERM

for build in on off; do
	[ -x "$ceph/$build/bin/ceph-osd" ] || die "there is no build $ceph/$build: see scripts/ceph-build.sh"
	CEPH_BIN_DIR=$ceph/$build/bin CEPH_LIB_DIR=$ceph/$build/lib scripts/cluster.sh up "$dir/$build" --no-auth >/dev/null ||
		die "no cluster of $ceph/$build"
	scripts/cluster.sh load "$dir/$build" write-4k 3 >/dev/null || die "no load" # objects, and warm caches
done

ticks() { # BUILD
	for pid in $(scripts/cluster.sh pids "$dir/$1" | sed -n 's/^osd\.[0-9]* //p'); do cat "/proc/$pid/stat"; done |
		sed 's/.*) //' | awk '{ n += $12 + $13 } END { print n }'
}

measure() { # BUILD: sets $us
	local before line ops
	before=$(ticks "$1")
	line=$(scripts/cluster.sh load "$dir/$1" write-4k 3) || die "no load"
	ops=${line##* ops=} ops=${ops%% *}
	us=$(awk "BEGIN { print ($(ticks "$1") - $before) * 1e6 / $(getconf CLK_TCK) / $ops }")
	echo "$1 $us" >>"$dir/results"
}

for ((round = 1; round <= rounds; round++)); do
	if [ $((round % 2)) = 1 ]; then order='off on'; else order='on off'; fi
	for build in $order; do
		measure "$build"
		[ "$build" = on ] && on=$us || off=$us
	done
	echo "ratio $(awk "BEGIN { print $on / $off }")" >>"$dir/results"
done

median() { # WHAT
	sed -n "s/^$1 //p" "$dir/results" | sort -g | awk '{ v[NR] = $1 } END {
		m = NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2
		printf "%.4g (%.4g-%.4g)\n", m, v[1], v[NR] }'
}
echo "OSD CPU per 4 KiB write, us, $rounds rounds:"
echo "  without markers (WITH_SYSTEMTAP=OFF)   $(median off)"
echo "  with markers, nobody looks (=ON)       $(median on)"
echo "  with / without, by round               $(median ratio)"
