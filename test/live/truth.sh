#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# time: 300
#
# The truth of what cephtap counts: on a live cluster under load, with every marker attached, counts from markers equal Ceph's
# own perf counters exactly, and mean latencies agree (truth.py has how well; doc/truth.md says why not better).
#
# A comparison is fair only if no counter moves while probes come and go: then it is done once more. LONG=1: longer loads,
# probes attached one by one, and one OSD of three.
. "$TOP/test/live/lib-live.sh"
here=$TOP/test/live
script=$here/truth.d
truth() { python3 -I "$here/truth.py" "$@"; }

counters() { # FILE
	local n=0 pid
	for pid in $pids; do
		clusters perf "$cluster" $n >"$TMP/perf.$n" || give_up "osd.$n (process $pid) does not answer"
		n=$((n + 1))
	done
	truth snap "$script" "$TMP"/perf.[0-9] >"$1"
}

# Deferred writes go on for seconds after a load, and come every 3 s: wait until the counters have not moved for longer.
stand_still() { # FILE: where the counters then are
	local still=0
	counters "$1"
	for _ in $(seq 60); do
		sleep 0.5
		counters "$TMP/now"
		if cmp -s "$1" "$TMP/now"; then
			still=$((still + 1))
			[ $still -lt ${STILL:-7} ] || return 0
		else
			still=0
			mv "$TMP/now" "$1"
		fi
	done
	echo "the counters did not come to rest"
}

loads() { # SECONDS
	load write-4k "$1"
	load read-4k "$1"
	load write-4m "$1"
	load read-4m "$1"
	small_ops
}

# The report is attached beside the script: each must have all.
measure() { # LABEL SECONDS PIDS OPTION...
	local label=$1 seconds=$2 who=$3 try report
	shift 3
	for try in 1 2 3; do
		stand_still "$TMP/before"
		attach "$label" -q --json -s "$script" "$@"
		script_pid=$tracer
		report=
		if [ "$label" = all ]; then
			"$CEPHTAP" report osd --json --seconds 600 "$@" >"$TMP/report" 2>"$TMP/report.err" &
			report=$!
			tracers="$tracers $report"
			await_begin "$report"
		fi
		counters "$TMP/attached"
		loads "$seconds"
		stand_still "$TMP/after"
		[ -z "$report" ] || detach "$report" || give_up "report osd: $(cat "$TMP/report.err")"
		detach "$script_pid" || give_up "cephtap: $(cat "$TMP/$label.err")"
		counters "$TMP/detached"
		cmp -s "$TMP/before" "$TMP/attached" && cmp -s "$TMP/after" "$TMP/detached" && break
		echo "counters moved while probes came or went: try $try is not counted"
	done
	# shellcheck disable=SC2086
	truth compare "$label" "$TMP/before" "$TMP/after" "$TMP/$label.out" $who
	no_losses "$label"
	[ -z "$report" ] || truth report "$label" "$TMP/before" "$TMP/after" "$TMP/report"
}

no_losses() { # LABEL
	if complaints "$TMP/$1.err" >"$TMP/complaints"; then
		echo "not ok $1 no-drops - $(head -n 3 "$TMP/complaints")"
	else
		echo "ok $1 no-drops"
	fi
}

cluster_up
measure all "${SECONDS_EACH:-$([ -n "${LONG:-}" ] && echo 10 || echo 2)}" "$pids" $only
if [ -n "${LONG:-}" ]; then
	measure one-by-one 3 "$pids" --no-multi $only
	# shellcheck disable=SC2086
	set -- $pids
	measure osd.1 3 "-$1 $2 -$3" --osd 1
fi
exit 0
