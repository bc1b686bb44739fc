# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2046
#
# What the tests in the emulated machine share. Nothing may depend on how quick it is: its processor is slow, and
# its time is not the host's. Waits are for a condition, up to a limit that no machine needs.

LIMIT=300 # seconds that one command may take

say_err() { head -n 3 "$TMP/err" 2>/dev/null | tr '\n' ' '; }
equal() { # NAME EXPECTED GOT
	if [ "$2" = "$3" ]; then echo "ok $1"; else echo "not ok $1 - expected $2, got $3; $(say_err)"; fi
}
check() { # NAME CONDITION...
	local name=$1
	shift
	if "$@"; then echo "ok $name"; else echo "not ok $name - $* $(say_err)"; fi
}
tap() { timeout $LIMIT "$CEPHTAP" -q "$@" 2>"$TMP/err"; }

# Until the condition holds; status 1: it did not.
await() { # CONDITION...
	local end=$((SECONDS + LIMIT))
	until "$@" 2>/dev/null; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.1
	done
}
has_line() { grep -q -- "$2" "$1"; } # FILE REGULAR-EXPRESSION

# A script in the background that prints "begun" in BEGIN: returns once it runs. Its output: $TMP/out, $TMP/err.
start() { # ARGUMENTS...
	: >"$TMP/out"
	"$CEPHTAP" -q "$@" >"$TMP/out" 2>"$TMP/err" &
	tapper=$!
	await started
}
started() { grep -q begun "$TMP/out" || ! kill -0 $tapper; }
stop() {
	kill -INT $tapper
	wait $tapper
	status=$?
	tapper=
}
# The command of -c goes on when the script has ended: for scripts that end by themselves. Its output goes to $TMP/out.
tap_and_kill() { # COMMAND'S-NAME ARGUMENTS...
	local name=$1
	shift
	tap "$@" >"$TMP/out"
	kill $(pgrep -x "$name") 2>/dev/null
}
# A process that goes on until it is killed; its number is in $pid.
background() { # COMMAND...
	"$@" >/dev/null 2>&1 &
	pid=$!
}

# On a kernel that cephtap refuses altogether there is nothing to test but that it says so: doctor.sh does.
if [ -z "${REFUSED_TOO:-}" ] && ! tap -n 'BEGIN { exit(0); }' >/dev/null; then
	echo "skip $(basename "$0" .sh) - $(sed -n 's/^cephtap: //p' "$TMP/err" | head -n 1)"
	exit 0
fi
