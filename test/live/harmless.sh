#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Whatever becomes of cephtap, the traced OSDs go on and nothing stays behind: rounds of a heavy script on a cluster under
# writes, with kill -9 at a random moment of loading, attaching, running or detaching. Then OSDs that are stopped, killed and
# started again while traced. ROUNDS= says how many (20; `make test-harmless` has 1,000). SEED= repeats the moments of a run.
# time: 280
set -u
. "$TOP/test/lib.sh"
rounds=${ROUNDS:-20}
RANDOM=${SEED:-$$}
cluster=$TMP/cluster
jobs_end=$TMP/end
map=h$$

if [ "$(id -u)" != 0 ] || ! command -v ceph-osd >/dev/null; then
	echo "skip harmless - needs root, and Ceph on this host"
	exit 0
fi

# A copy of the OSD's program: what other tracers of this host do with theirs is not seen in ours.
mkdir -p "$TMP/bin"
cp "$(command -v ceph-osd)" "$TMP/bin/ceph-osd"
export CEPH_BIN_DIR=$TMP/bin

finish() {
	touch "$jobs_end"
	[ -z "${tracer:-}" ] || kill -9 "$tracer" 2>/dev/null
	[ -z "${loader:-}" ] || wait "$loader" 2>/dev/null
	"$TOP/scripts/cluster.sh" down "$cluster"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP

if ! "$TOP/scripts/cluster.sh" up "$cluster" --osds 2 --pg 16; then
	echo "not ok cluster - it does not come up"
	exit 1
fi

osd_pid() { "$TOP/scripts/cluster.sh" pids "$cluster" | awk -v name="osd.$1" '$1 == name { print $2 }'; }
start_time() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }
op_w() { "$TOP/scripts/cluster.sh" perf "$cluster" all osd.op_w | awk '{ print $NF }'; }

osds=("$(osd_pid 0)" "$(osd_pid 1)")
born="$(start_time "${osds[0]}") $(start_time "${osds[1]}")"
pids=(-p "${osds[0]}" -p "${osds[1]}")

cat >"$TMP/heavy.d" <<END
ceph_*:::*
{
	@${map}a[probeprov, probename, execname, tid] = count();
	@${map}b[probename] = quantize(timestamp);
	self->last = probename;
	at[probename, tid] = timestamp;
}
ceph_osd:::op-*, ceph_msgr:::* { printf("%s %s %d %s\n", daemon, probename, tid, strjoin(execname, self->last)); }
ceph_store:::*-start, ceph_kv:::*-start { self->start[probename] = timestamp; }
END

light='ceph_osd:::op-d*, ceph_msgr:::msg-recv { @'$map'a[probename] = count(); printf("%s\n", probename); }'

keep_writing() {
	local n=0
	while [ ! -e "$jobs_end" ]; do
		"$TOP/scripts/cluster.sh" load "$cluster" write-4k 4 --concurrent 8 || touch "$TMP/load-failed"
		n=$((n + 1))
		[ $((n % 8)) != 0 ] || "$TOP/scripts/cluster.sh" load "$cluster" clean
	done
} >>"$TMP/load.log" 2>&1

# A moment of up to so many milliseconds.
pause() { sleep "$(printf '0.%03d' $((RANDOM % ($1 + 1))))"; }

# The kernel frees some time after a process has gone, by RCU: within a second. Who traces all of the host is waited for.
nothing_left() {
	local pid
	left=$("$PROGS/bpf_count" "agg_$map" "$TMP/bin/ceph-osd")
	[ "$left" = "maps 0 programs 0 links 0" ] || return 1
	for pid in "${osds[@]}"; do
		left=$("$PROGS/text_same" "$pid") || return 1
	done
}

clean() {
	wait_for 20 nothing_left || { echo "left behind: $left"; return 1; }
}

alive() { [ "$(start_time "${osds[0]}") $(start_time "${osds[1]}")" = "$born" ]; }

start() { "$CEPHTAP" "${pids[@]}" -q "$@" >"$TMP/out" 2>"$TMP/err" & tracer=$!; }

# Ends the round's cephtap the hard way; says at which moment that was, for the counts below.
end_round() {
	local count status
	count=$("$PROGS/bpf_count" "agg_$map" "$TMP/bin/ceph-osd")
	kill -9 $tracer 2>/dev/null # after ^C it may be quicker than we
	wait $tracer 2>/dev/null
	status=$?
	tracer=
	if [ $status != 137 ] && [ $status != 0 ]; then
		echo "cephtap ended by itself: $(head -n 3 "$TMP/err")"
		failed=$((failed + 1))
	fi
	case $count in
	"maps 0 "*) moments[0]=$((moments[0] + 1)) ;;
	*"links 0") moments[1]=$((moments[1] + 1)) ;;
	*) if [ -s "$TMP/out" ]; then moments[3]=$((moments[3] + 1)); else moments[2]=$((moments[2] + 1)); fi ;;
	esac
}

one_round() { # NUMBER
	case $(($1 % 5)) in
	3) # ^C, and the kill while it detaches or prints
		start -s "$TMP/heavy.d"
		sleep 0.4
		pause 500
		kill -INT $tracer
		pause 120
		;;
	4) # a link for each probe and process, as on kernels before 6.6, which take 0.1 s to close one
		start --no-multi -n "$light"
		pause 900
		;;
	*) start -s "$TMP/heavy.d" && pause 900 ;;
	esac
	end_round
}

verdict() { # NAME STATUS WHY
	if [ "$2" = 0 ]; then echo "ok $1"; else echo "not ok $1 - $3"; fi
}

# ---- rounds ----

moments=(0 0 0 0)
failed=0
keep_writing &
loader=$!
begun() { [ "$(op_w)" -gt 0 ]; }
wait_for 30 begun
before=$(op_w)
began=$SECONDS
for ((round = 0; round < rounds; round++)); do
	one_round $round
	if ! alive; then
		echo "round $round: an OSD has ended"
		failed=1
		break
	fi
	clean || { echo "round $round"; failed=$((failed + 1)); }
done
echo "$rounds rounds in $((SECONDS - began)) s, killed: ${moments[0]} before the maps, ${moments[1]} before the links," \
	"${moments[2]} before output, ${moments[3]} during output"
verdict "kill -9, $rounds rounds: nothing is left behind" $failed "$failed rounds failed"
alive
verdict "no OSD has died" $? "not the processes of the start"
after=$(op_w)
[ "${after:-0}" -gt "$((before + 10 * rounds))" ] && [ ! -e "$TMP/load-failed" ]
verdict "they have served all the time" $? "op_w $before, then $after; $(tail -n 3 "$TMP/load.log")"

# ---- OSDs that stop, end and come back ----

count='ceph_store:::txn-done { @'$map'[pid] = count(); }'
traced() { [ "$("$PROGS/bpf_count" "agg_$map" | cut -d' ' -f5-)" != "links 0" ]; }
gone() { ! kill -0 $tracer 2>/dev/null; }
# Until an OSD has had transactions: while PGs peer, as after an OSD was stopped for long, it may have none.
transactions() { "$TOP/scripts/cluster.sh" perf "$cluster" "$1" bluestore.state_prepare_lat.avgcount | awk '{ print $2 }'; }
has_worked() { [ "$(transactions "$1")" -gt "$2" ]; }
wait_for_work() { # OSD
	local first
	first=$(transactions "$1")
	wait_for 30 has_worked "$1" $((first + 5))
}

"$CEPHTAP" "${pids[@]}" -n "$count" >"$TMP/out" 2>"$TMP/err" & tracer=$!
wait_for 30 traced
wait_for_work 0
kill -STOP "${osds[0]}"
kill -INT $tracer
wait_for 5 gone
verdict "a stopped OSD holds nothing up: ^C" $? "still there after 5 s"
wait $tracer && grep -q "${osds[0]}  *[1-9]" "$TMP/out"
verdict "what was gathered from a stopped OSD is printed" $? "$(cat "$TMP/out" "$TMP/err")"
clean
verdict "nothing is left behind in a stopped OSD" $? "see above"
timeout 10 "$CEPHTAP" "${pids[@]}" --seconds 1 -n "$count" >"$TMP/out" 2>"$TMP/err"
verdict "attaching to a stopped OSD" $? "$(cat "$TMP/err")"
kill -CONT "${osds[0]}"

"$CEPHTAP" "${pids[@]}" -n "$count" >"$TMP/out" 2>"$TMP/err" & tracer=$!
wait_for 30 traced
wait_for_work 1
mapfile -d '' -t arguments <"/proc/${osds[1]}/cmdline"
kill -9 "${osds[1]}"
said() { grep -qx "cephtap: process ${osds[1]} has ended" "$TMP/err"; }
wait_for 5 said
verdict "that one of two OSDs has ended is said" $? "$(cat "$TMP/err")"
setsid "${arguments[@]}" >>"$TMP/osd.log" 2>&1 </dev/null &
echo $! >"$cluster/run/osd.1.pid"
! wait_for 1 gone
verdict "and tracing goes on with the other" $? "cephtap has ended"
kill -9 "${osds[0]}"
wait_for 5 gone
verdict "with the last of them cephtap ends" $? "still there after 5 s"
wait $tracer
verdict "with exit status 0" $? "$(cat "$TMP/err")"
grep -q "${osds[0]}  *[1-9]" "$TMP/out" && grep -q "${osds[1]}  *[1-9]" "$TMP/out"
verdict "and prints what it has gathered from both" $? "$(cat "$TMP/out" "$TMP/err")"
tracer=
setsid "${arguments[0]}" -f --id 0 -c "$cluster/ceph.conf" >>"$TMP/osd.log" 2>&1 </dev/null &
echo $! >"$cluster/run/osd.0.pid"
osds=("$(osd_pid 0)" "$(osd_pid 1)")
fires() { timeout 10 "$CEPHTAP" -p "${osds[0]}" -p "${osds[1]}" -q --seconds 1 -n "$count" 2>"$TMP/err" | grep -q '[1-9]'; }
wait_for 20 fires
verdict "OSDs that were started again are traced" $? "$(cat "$TMP/err")"

# A script that has chosen nobody: a daemon that is started again has its name from its first transaction on.
"$CEPHTAP" -q -n 'BEGIN { printf("attached\n"); } ceph_store:::txn-done { @[daemon, pid] = count(); }
	tick-1s { printa("named %s %d %@d\n", @); }' >"$TMP/out" 2>"$TMP/err" & tracer=$!
attached() { grep -qx attached "$TMP/out"; }
wait_for 60 attached
kill -9 "${osds[0]}"
setsid "${arguments[0]}" -f --id 0 -c "$cluster/ceph.conf" >>"$TMP/osd.log" 2>&1 </dev/null &
echo $! >"$cluster/run/osd.0.pid"
osds=("$(osd_pid 0)" "$(osd_pid 1)")
named() { grep -Eq "^named osd\.0(#[0-9]*)? ${osds[0]} [1-9]" "$TMP/out"; }
wait_for 60 named
verdict "an OSD that was started again has its name" $? "$(tail -n 3 "$TMP/out" "$TMP/err")"
! grep -q "^named  ${osds[0]} " "$TMP/out"
verdict "and no transaction of it was without" $? "$(grep "^named  " "$TMP/out" | tail -n 2)"
kill -INT $tracer
wait $tracer
tracer=
clean
verdict "nothing is left behind at the end" $? "see above"
