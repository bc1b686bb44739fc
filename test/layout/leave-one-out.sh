#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# How well an unknown build is told, in earnest: all that is known of one release's build is taken away (its cards, what families and
# witnesses were made with its help), and then its ceph-osd is looked at.
#
#   test/layout/leave-one-out.sh DIR/16/root DIR/18/root DIR/20/root      (scripts/ceph-release.sh unpack DIR/16 ...)
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
id_of() { readelf -n "$1" 2>/dev/null | sed -n 's/.*Build ID: //p'; }
for out in "$@"; do
	others=()
	for root in "$@"; do [ "$root" = "$out" ] || others+=("$root"); done
	card=$top/cards/$(id_of "$out/usr/bin/ceph-osd").card
	release=$(sed -n 's/^release //p' "$card")
	rm -rf "$work/tree" && mkdir "$work/tree"
	cp -r "$top"/{Makefile,src,include,catalogue,cards,scripts,test,fuzz,pictures} "$work/tree"
	cd "$work/tree"
	grep -lx "release $release" cards/[0-9a-f]*.card | xargs rm -f
	# The same release of the same distribution is the same layout under another name.
	sed -i "/^build .* debian $release /d" cards/facts.txt
	make -s BUILD="$work/build" FIRST= "$work/build/test/x86/follow" >/dev/null
	scripts/witnesses.py "$work/build/test/x86/follow" "${others[@]}" >"$work/witnesses.cat" 2>/dev/null
	mv "$work/witnesses.cat" catalogue/witnesses.cat
	scripts/families.py cards 2>/dev/null
	make -s BUILD="$work/build" FIRST= "$work/build/test/layout/layout" >/dev/null
	"$work/build/test/layout/layout" hidden "$out/usr/bin/ceph-osd" "$card" | grep -v '^in part' || true
done
