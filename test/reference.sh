#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The reference of the language in doc/ is the one that the tables give; every entry says something and has an example.
set -u
say() { # STATUS NAME WHY
	if [ "$1" = 0 ]; then echo "ok $2"; else echo "not ok $2 - $3"; fi
}
"$CEPHTAP" list --functions --markdown | cmp -s - "$TOP/doc/language-reference.md"
say $? reference-page "doc/language-reference.md is old: make reference"
"$CEPHTAP" list --functions --json | python3 -c '
import json, sys
entries = json.load(sys.stdin)
bad = [e["name"] for e in entries if not e.get("example") or len(e["doc"]) < 10 or not e["prototype"]]
kinds = {e["kind"] for e in entries}
sys.exit(", ".join(bad) + ": no example, or no sentence" if bad else 0 if len(kinds) == 4 else "a kind is missing")' 2>"$TMP/bad"
say $? reference-entries "$(head -1 "$TMP/bad")"
