#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Scripts of SystemTap's language: test/stap/*.cases, each a list of
#   --- NAME [OPTIONS]       for `cephtap stap`; `-- ARGUMENTS` at the end are the script's
#   the script's lines
#   ---> STATUS
#   what it prints: standard output, then standard error
# UPDATE=1 writes what is printed. FILTER of a file's name: CASES='arrays'.
# rights: none
# time: 120
set -u
cd "$TOP" || exit 1

# One file per part of a case in $TMP: N.options, N.script, N.want.
split() { # FILE
	rm -f "$TMP"/*
	awk -v dir="$TMP" '
	/^--- / { n++; part = "script"; print substr($0, 5) >(dir "/" n ".options"); printf "" >(dir "/" n ".script"); next }
	/^---> / && n { part = "want"; print $2 >(dir "/" n ".want"); next }
	n { print >(dir "/" n "." part) }
	END { print n + 0 }' "$1"
}

run_case() { # N
	local name options status
	read -r name options <"$TMP/$1.options"
	eval "set -- $options"
	local before=() after=()
	while [ $# -gt 0 ] && [ "$1" != -- ]; do before+=("$1"); shift; done
	[ $# -gt 0 ] && shift
	after=("$@")
	timeout 20 "$CEPHTAP" stap "${before[@]}" -- - "${after[@]}" <"$TMP/$n.script" >"$TMP/out" 2>"$TMP/err"
	status=$?
	{ echo $status; cat "$TMP/out" "$TMP/err"; } >"$TMP/$n.got"
}

for file in test/stap/*.cases; do
	len=$(split "$file")
	[ "$len" -gt 0 ] || echo "not ok $file - it has no cases"
	for n in $(seq "$len"); do
		run_case "$n"
		read -r name _ <"$TMP/$n.options"
		id=$(basename "$file" .cases)/$name
		if [ -n "$UPDATE" ] || cmp -s "$TMP/$n.want" "$TMP/$n.got"; then
			echo "ok $id"
		else
			echo "not ok $id - $(diff "$TMP/$n.want" "$TMP/$n.got" | head -n 4 | tr '\n' ' ')"
		fi
	done
	[ -n "$UPDATE" ] || continue
	sed '/^--- /,$d' "$file" >"$TMP/new"
	for n in $(seq "$len"); do
		{ printf -- '--- '; cat "$TMP/$n.options" "$TMP/$n.script"; printf -- '---> '; cat "$TMP/$n.got"; } >>"$TMP/new"
	done
	cp "$TMP/new" "$file"
done
