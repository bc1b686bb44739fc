#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# time: 240
#
# The benchmarks end, whatever becomes of a tracer in them: one that attaches nowhere, or does not heed ^C, is left out, with a
# sentence, and the others are measured.
loop_pid=
trap 'exec 8>&-; [ -z "$loop_pid" ] || wait "$loop_pid"' EXIT

judge() { # NAME FILE PATTERN...: lines that must be there
	local name=$1 file=$2 pattern
	shift 2
	for pattern; do
		grep -qE "$pattern" "$file" && continue
		cat "$file"
		echo "not ok $name - no line has '$pattern'"
		return
	done
	echo "ok $name"
}

# A bpftrace that attaches nowhere, and does not end when asked to.
mkdir "$TMP/bin"
cat >"$TMP/bin/bpftrace" <<'EOF'
#!/bin/sh
[ "$1" != --version ] || { echo "bpftrace v0.0.0"; exit; }
echo "Attaching 1 probe..."
trap '' INT
exec sleep 1000
EOF
chmod +x "$TMP/bin/bpftrace"
PATH=$TMP/bin:$PATH PEER_ATTACHED=2 "$TOP/bench/run" --rounds 1 event >"$TMP/table" 2>"$TMP/err"
echo "status $?" >>"$TMP/table"
cat "$TMP/err"
judge left-out "$TMP/table" '^Left out$' '^  event, bpftrace: the tracer has attached to 0 of 1 places after 2 s$' \
	'^  cephtap +[0-9]' '^status 0$'
judge said-at-once "$TMP/err" '^bench/run: event, bpftrace: left out: .* the end of what it said:$' '^  Attaching 1 probe'

# A cephtap that cannot be measured is a failure of the benchmark.
printf '#!/bin/sh\ncase $1 in list | --version) exec "%s" "$@" ;; esac\necho "no such thing" >&2\nexit 1\n' "$CEPHTAP" >"$TMP/bin/broken"
chmod +x "$TMP/bin/broken"
sed -i 's/^exec sleep.*/exit 1/' "$TMP/bin/bpftrace"
CEPHTAP=$TMP/bin/broken PATH=$TMP/bin:$PATH "$TOP/bench/run" --rounds 1 event >"$TMP/table" 2>"$TMP/err"
echo "status $?" >>"$TMP/table"
judge ours-fails "$TMP/table" '^  event, cephtap: the tracer ended before it was attached$' '^status 1$'

# One that is attached, and does not heed ^C: it is killed, with what it started, and its breakpoints are gone.
mkfifo "$TMP/go"
"$BUILD/bench/loop" <"$TMP/go" >/dev/null &
loop_pid=$!
exec 8>"$TMP/go"
hit=$("$CEPHTAP" list --json -p $loop_pid 'bench_loop:::hit' | awk '/"offset":/ { gsub(/[^0-9]/, ""); print; exit }')
WHEN_ENDED=2 "$BUILD/bench/when" "$BUILD/bench/loop" $loop_pid "$hit" \
	sh -c 'trap "" INT; "$@" & wait' sh "$BUILD/bench/empty" "$BUILD/bench/loop" "$hit" </dev/null >"$TMP/when" 2>&1 8>&-
judge deaf "$TMP/when" '^attached [0-9.]+$' '^when: the tracer has not ended 2 s after \^C$'
"$BUILD/bench/when" "$BUILD/bench/loop" $loop_pid "$hit" "$BUILD/bench/empty" "$BUILD/bench/loop" "$hit" </dev/null >"$TMP/when" 2>&1 8>&-
judge nothing-left "$TMP/when" '^attached [0-9.]+$' '^gone [0-9.]+'
