#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Every site of the catalogue in the installed ceph-osd is on an instruction that the kernel executes itself
# (doc/cost-of-a-probe.md): a new marker on an expensive one is noticed here. Attaches nothing.
set -u
binary=/usr/bin/ceph-osd
[ "$(uname -m)" = x86_64 ] || { echo "skip cheap-sites - not x86_64"; exit 0; }
[ -r $binary ] || { echo "skip cheap-sites - no $binary"; exit 0; }

# "OFFSET MARKER" of each site in that file
sites() {
	"$CEPHTAP" list --json 'ceph_*:::' | awk -v binary="\"$binary\"," '
		$1 ~ /^"name":/ && !inner { split($0, part, "\""); name = part[4] }
		$1 ~ /^"args":/ { inner = 1 }
		$1 ~ /^"path":/ { inner = 0; here = index($0, binary) }
		$1 ~ /^"offset":/ && here { sub(/.*:/, ""); sub(/,/, ""); print $0, name }
		/^  }/ { inner = 0 }'
}

sites >"$TMP/sites"
while read -r offset name; do
	bytes=$(od -An -tx1 -j "$offset" -N 2 $binary)
	case $bytes in
	" 5"[0-7]*|" 41 5"[0-7]|" 7"*|" 0f 8"*|" eb"*|" e9"*|" e8"*|" 90"*) ;;
	*) echo "not ok cheap-sites - $name at offset $offset begins with$bytes"; failed=1 ;;
	esac
done <"$TMP/sites"
[ -s "$TMP/sites" ] || { echo "skip cheap-sites - no site in $binary is known"; exit 0; }
[ -n "${failed:-}" ] || echo "ok cheap-sites"
