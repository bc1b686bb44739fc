# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the tests of bad input share. Whatever is given, cephtap ends in time, says one clear thing and never crashes.
. "$TOP/test/lib.sh"
err=$TMP/stderr
out=$TMP/stdout
map=b$$

show() {
	printf 'status %s\n' "$status"
	head -c 2000 "$out" | sed 's/^/stdout: /'
	head -c 2000 "$err" | sed 's/^/stderr: /'
}

good() { echo "ok $1"; }

bad() { # NAME WHY
	show
	echo "not ok $1 - $2"
}

run() { # COMMAND...: stdout, stderr and the exit status; 124 means that it hangs
	timeout -k 5 "${limit:-20}" "$@" >"$out" 2>"$err" </dev/null
	status=$?
}

# Nothing of the machinery may show: addresses, the verifier's log, errno by number, the program's own crash.
is_clean() { ! grep -qE 'errno|Assertion|Sanitizer|R[0-9]+=|processed [0-9]+ insns|Unknown error|0x[0-9a-f]{8}' "$err"; }

# The exit status, and a pattern that a line of stderr matches as a whole.
judge() { # NAME STATUS PATTERN
	if [ "$status" != "$2" ]; then
		bad "$1" "exit status $status, not $2"
	elif [ -n "$3" ] && ! grep -qxE -- "$3" "$err"; then
		bad "$1" "stderr does not say: $3"
	elif ! is_clean; then
		bad "$1" "stderr shows what is behind"
	else
		good "$1"
	fi
}

# `refused NAME STATUS PATTERN OPTIONS...`: a run that is to fail, with nothing on stdout.
refused() {
	local name=$1 want=$2 pattern=$3
	shift 3
	run "$CEPHTAP" "$@"
	if [ -s "$out" ]; then bad "$name" "there is output"; else judge "$name" "$want" "$pattern"; fi
}

verdict() { # NAME STATUS WHY
	if [ "$2" = 0 ]; then good "$1"; else bad "$1" "$3"; fi
}

# Is a cephtap whose aggregation is called $map attached? Is nothing of it left?
attached() { case $("$PROGS/bpf_count" "agg_$map") in *"links 0") return 1 ;; esac; }
nothing_left() { [ "$("$PROGS/bpf_count" "agg_$map")" = "maps 0 programs 0 links 0" ]; }
