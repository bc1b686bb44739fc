# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the tests of the language share. `same NAME EXPECTED OPTIONS...` runs cephtap -q and compares its standard output, with
# printf's escapes in EXPECTED; what it says on standard error goes to $err.
err=$TMP/stderr
target="$PROGS/lang_target"

report() { # NAME EXPECTED GOT
	if [ "$2" = "$3" ]; then
		echo "ok $1"
	else
		printf '%s: expected\n%s\n--- got\n%s\n---\n' "$1" "$2" "$3"
		[ -s "$err" ] && sed 's/^/stderr: /' "$err"
		echo "not ok $1 - the output differs"
	fi
}

# Command substitution drops newlines at the end: a mark keeps them.
same() { # NAME EXPECTED OPTIONS...
	local name=$1 expected
	expected=$(printf -- "${2//%/%%}" && echo .)
	shift 2
	report "$name" "$expected" "$(timeout 20 "$CEPHTAP" -q "$@" 2>"$err" && echo . || echo "status $?")"
}

# `begin NAME EXPECTED BODY [OPTIONS...]`: statements in BEGIN, ended by exit(0).
begin() {
	local name=$1 expected=$2 body=$3
	shift 3
	same "$name" "$expected" "$@" -n "BEGIN { $body exit(0); }"
}
