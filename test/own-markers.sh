#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The markers of cephtap itself: those in the binary are those of doc/own-markers.md, with the same arguments in the same
# order. Attaches nothing.
. "$TOP/test/lib.sh"
cd "$TMP" || exit 1
trap 'kill $(jobs -p) 2>/dev/null' EXIT

same() { # NAME FILE FILE
	if [ -s "$2" ] && diff "$2" "$3"; then echo "ok $1"; else echo "not ok $1 - they differ, see the log"; fi
}

# "name: argument argument ..." of each row of the table
tr -d '\`,' <"$TOP/doc/own-markers.md" | awk -F'|' '$2 ~ /^ [a-z]+-[a-z]+ $/ { gsub(/ /, "", $2); sub(/ +$/, "", $3); print $2 ":" $3 }' | sort >documented

# One that is running, to be listed: it waits for its script. Others on this host may have other markers.
mkfifo script
"$CEPHTAP" -e -s script 2>/dev/null & pid=$!
wait_for 10 runs_file $pid "$CEPHTAP"
"$CEPHTAP" list -v -p $pid 'cephtap:::' >listed
kill $pid
awk '$2 == "cephtap" { if (name != "") print name ":" args; name = $NF; args = "" }
	/^\t *args\[/ { args = args " " $2 }
	END { print name ":" args }' listed | sort >binary
same "the markers of the binary are the documented ones" documented binary

# The notes by another tool: names, and how many arguments each place has.
if command -v readelf >/dev/null; then
	readelf -nW "$CEPHTAP" 2>/dev/null | awk '/Provider: cephtap/ { is_ours = 1; next }
		is_ours && /Name:/ { name = $2; gsub(/__/, "-", name) }
		is_ours && /Arguments:/ { print name, NF - 1; is_ours = 0 }' | sort -u >notes
	awk -F: '{ print $1, split($2, unused, " ") }' documented >counted
	same "readelf sees them, with as many arguments" counted notes
else
	echo "skip readelf sees them, with as many arguments - it is missing"
fi

# Each is in the one header, and is called.
grep -o 'CEPHTAP_MARKER_NAMED(cephtap, [a-z]*__[a-z]*' "$TOP/src/lib/markers.h" | sed 's/.*, //; s/__/-/' | sort >declared
cut -d: -f1 documented >names
same "they are the ones of src/lib/markers.h" declared names
