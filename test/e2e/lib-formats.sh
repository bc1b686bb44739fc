# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the tests of formats share. Debian's python3 is called by its path, since readers that are packages are there for it alone.
python=/usr/bin/python3
hits="$PROGS/lang_target 10" # ten hits, arg0 0 to 9, arg1 its square

skip() { # NAME WHY
	echo "skip $1 - $2"
	exit 0
}

# python NAME FILE...: runs the program on standard input with the files as its arguments; what it prints last is why it failed.
judge() {
	local name=$1
	shift
	if "$python" - "$@" >"$TMP/why" 2>&1; then echo "ok $name"; else echo "not ok $name - $(tail -n 2 "$TMP/why" | tr '\n' ' ') $(head -n 2 "$TMP/err")"; fi
}
trace() { timeout 30 "$CEPHTAP" -q "$@" 2>"$TMP/err"; }
