# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the tests of hostile files share.
. "$TOP/test/lib.sh"
children=
check() { # NAME CONDITION...
	local name=$1
	shift
	if "$@"; then echo "ok $name"; else echo "not ok $name - $(head -c 600 "$TMP/out" | tr '\n' ' ') $(head -c 600 "$TMP/err" | tr '\n' ' ')"; fi
}
clean_up() {
	# shellcheck disable=SC2086 # processes that we have started and not yet waited for
	kill_own KILL $children
}
trap clean_up EXIT
await() { wait_for 30 "$@"; } # COMMAND...
