#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What scripts print: small programs and what they print, character by character, from test/lang/*.cases. A case is
#
#	= NAME | OPTIONS...
#	the program
#	-
#	its standard output, and what it says on standard error behind "! "; a full stop is where it ends
#
# Each runs as -x asdtrace with -q, unless it says `loud`. UPDATE=1 writes what they print.
# time: 300
export TZ=UTC
cases() { # FILE: a case to a folder's files N.name, N.options, N.d and N.out, in order
	awk -v out="$TMP" '
	function open_case() { n++; base = sprintf("%s/%04d", out, n); part = ".d" }
	/^= / { open_case(); name = substr($0, 3); options = ""
		if ((i = index(name, " | "))) { options = substr(name, i + 3); name = substr(name, 1, i - 1) }
		print name >(base ".name"); print options >(base ".options"); printf "" >(base ".out"); next }
	/^-$/ && part == ".d" { part = ".out"; next }
	n { print >(base part) }' "$1"
}

run() { # BASE
	local options quiet=-q option args=()
	read -r -a options <"$1.options"
	for option in "${options[@]}"; do
		if [ "$option" = loud ]; then quiet=; else args+=("$option"); fi
	done
	timeout 20 "$CEPHTAP" -x asdtrace -x errtags $quiet "${args[@]}" -s "$1.d" >"$1.stdout" 2>"$1.stderr"
	status=$?
	[ $status -le 1 ] || echo "! status $status" >>"$1.stdout"
	{ cat "$1.stdout"; echo .; } | sed -E 's/^( *)[0-9]+( +[0-9]+ +| \| ):(BEGIN|END|ERROR)/\1C\2:\3/'
	sed -n -E -e '/^cephtap: (script|description)/d' -e '/error|^(cephtap|dtrace): /{s/^.*\.d:([0-9]+):[0-9]+: error: (\[[A-Z_]+\]).*/\2 line \1/;s/pc [0-9]+/pc N/;s/^/! /;p}' \
		"$1.stderr"
}

for file in "$TOP"/test/lang/*.cases; do
	rm -f "$TMP"/*
	cases "$file"
	for name in "$TMP"/*.name; do
		base=${name%.name}
		run "$base" >"$base.got"
		if cmp -s "$base.got" "$base.out"; then
			echo "ok $(cat "$name")"
		else
			diff "$base.out" "$base.got"
			echo "not ok $(cat "$name") - the output differs: see the log"
		fi
	done
	[ -n "$UPDATE" ] || continue
	for name in "$TMP"/*.name; do
		base=${name%.name}
		printf '= %s%s\n' "$(cat "$name")" "$(sed 's/^./ | &/' "$base.options")"
		cat "$base.d"
		echo -
		cat "$base.got"
	done >"$TMP/new" && cp "$TMP/new" "$file"
done
exit 0
