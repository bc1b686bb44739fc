#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The binary stays small, and the static file, which people copy to storage nodes, is whole. Limits are of stripped files, as
# `make install-strip` and packages install them.
set -u
dynamic=3000000 static=4000000
if grep -q __asan_init "$CEPHTAP"; then
	echo "skip size - a sanitizer's build is larger"
	exit 0
fi

check_size() { # NAME FILE LIMIT
	strip -o "$TMP/stripped" "$2" || { echo "not ok $1 - it cannot be stripped"; return; }
	size=$(stat -c %s "$TMP/stripped")
	if [ "$size" -le "$3" ]; then
		echo "ok $1"
		echo "$1: $size bytes of $3"
	else
		echo "not ok $1 - it has $size bytes, more than $3: the linker's map (LDFLAGS=-Wl,-Map=FILE) tells what came in"
	fi
}

check_size dynamic-size "$CEPHTAP" $dynamic
whole=$BUILD/cephtap-static
[ -f "$whole" ] || { echo "skip static - it was not built: there are no static libraries"; exit 0; }
check_size static-size "$whole" $static
if readelf -lW "$whole" | grep -q INTERP; then echo "not ok static - it needs a loader"; else echo "ok static"; fi
if "$whole" catalogue --check && "$whole" report osd --script | cmp - "$TOP/scripts/osd.d"; then
	echo "ok static-runs"
else
	echo "not ok static-runs - see above"
fi
