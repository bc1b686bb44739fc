#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The catalogue holds together, and the page of markers in doc/ is the one that it gives.
set -u
say() { # STATUS NAME WHY
	if [ "$1" = 0 ]; then echo "ok $2"; else echo "not ok $2 - $3"; fi
}
"$CEPHTAP" catalogue --check >"$TMP/check" 2>&1
say $? catalogue-check "$(head -1 "$TMP/check")"
"$CEPHTAP" catalogue --markdown | cmp -s - "$TOP/doc/markers.md"
say $? catalogue-page "doc/markers.md is old: cephtap catalogue --markdown >doc/markers.md"
