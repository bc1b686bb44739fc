# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What tests on a live cluster share. Source it with TMP, TOP and CEPHTAP in the environment (test/run sets them). After
# `cluster_up` there are $cluster (its folder), $pids (the OSDs' process ids, in order) and $only (-p PID ... for cephtap: other
# clusters on this host are other people's). On every way out the tracers that were started here end, and the cluster goes.
. "$TOP/test/lib.sh"
cluster=$TMP/c
pids=
only=
tracers=
watcher=

clusters() { "$TOP/scripts/cluster.sh" "$@"; }

# What cephtap said, but for what its probes cost on a busy host.
complaints() { # FILE...
	grep -hv 'of the processor time of' "$@"
}

give_up() { # WHY
	echo "not ok ${0##*/} - $*"
	exit 1
}

clean_up() {
	# shellcheck disable=SC2086 # children of ours, not yet waited for
	kill_own KILL $tracers $watcher
	clusters down "$cluster"
}

cluster_up() { # OPTION... of cluster.sh up
	[ "$(id -u)" = 0 ] || { echo "skip ${0##*/} - needs root"; exit 0; }
	trap clean_up EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	clusters up "$cluster" "$@" || give_up "no cluster"
	pids=$(clusters pids "$cluster" | sed -n 's/^osd\.[0-9]* //p')
	only=$(printf -- '-p %s ' $pids)
	# A second cephtap says, by cephtap's own markers, which others have begun to trace.
	attach begun -q -n 'BEGIN { printf("attached\n"); } cephtap:::trace-start { printf("begun %d\n", pid); }'
	watcher=$tracer tracers=
}

load() { clusters load "$cluster" "$@" || give_up "load $*"; }

# Starts cephtap and returns when its BEGIN has printed "attached", that is when every probe is in place.
attach() { # NAME ARGUMENT...: output in $TMP/NAME.out and .err; the process id in $tracer
	local name=$1
	shift
	"$CEPHTAP" "$@" >"$TMP/$name.out" 2>"$TMP/$name.err" &
	tracer=$!
	tracers="$tracers $tracer"
	wait_for 60 said_or_ended attached "$TMP/$name.out" "$tracer"
	grep -qs attached "$TMP/$name.out" && return
	cat "$TMP/$name.err"
	give_up "cephtap $* did not attach"
}
said_or_ended() { grep -qs -- "$1" "$2" || has_ended "$3"; } # WORDS FILE PID

# The same for what says nothing when it is attached, such as a report.
await_begin() { # PID
	wait_for 60 said_or_ended "^begun $1\$" "$TMP/begun.out" "$1"
	grep -qx "begun $1" "$TMP/begun.out" || give_up "process $1 did not begin to trace: $(tail -n 3 "$TMP/err" 2>/dev/null)"
}

# A report in the background, about as long as it takes until `end_report`: in $TMP/report, with what it says in $TMP/err.
begin_report() { # NAME OPTION...
	"$CEPHTAP" report "$@" --seconds 3600 >"$TMP/report" 2>"$TMP/err" &
	reporter=$!
	tracers="$tracers $reporter"
	await_begin $reporter
}
end_report() {
	detach "$reporter" || give_up "report: $(tail -n 3 "$TMP/err")"
	plain_names "$TMP/report"
}

# Where another cluster runs on this host, ours are osd.0#PID.
plain_names() { # FILE
	sed -i -E 's/\b(osd\.[0-9]+)#[0-9]+/\1/g' "$1"
}

# No OSD has an op that is under way: what rados bench was told of has its end also in daemons that it does not hear of.
ops_are_done() {
	local osd n=0
	for osd in $pids; do
		clusters ask "$cluster" $n dump_ops_in_flight 2>/dev/null | grep -q '"num_ops": 0' || return 1
		n=$((n + 1))
	done
}
# Clients have written that many ops more than a number of before: `written` says how many there were.
written() { clusters perf "$cluster" all osd.op_w | awk '{ print $2 }'; }
has_written() { [ "$(written)" -ge $(($1 + $2)) ]; } # NUMBER-BEFORE MORE
# No primary has a PG that is anything but clean. (There is no manager, which `ceph pg stat` would ask.)
all_clean() {
	local osd n=0
	for osd in $pids; do
		clusters ask "$cluster" $n dump_pgstate_history >"$TMP/pgs.$n" 2>/dev/null || return 1
		n=$((n + 1))
	done
	grep -q '"currently": "Started/Primary/Active/Clean' "$TMP"/pgs.* &&
		! grep -h '"currently": "Started/Primary/' "$TMP"/pgs.* | grep -qv Active/Clean
}

detach() { # PID
	local status
	kill -INT "$1"
	wait "$1"
	status=$?
	tracers=${tracers/ $1/}
	return "$status"
}

# Ops that rados bench has not: an object class called (reads and writes), attributes, key-value pairs, removal, an error.
small_ops() {
	(
		eval "$(clusters env "$cluster")"
		rados -p demo create it &&
			rados -p demo lock get it a-lock &&
			rados -p demo setomapval it key value &&
			rados -p demo setxattr it name value &&
			rados -p demo listomapvals it &&
			rados -p demo rm it
		! rados -p demo stat it
	) >"$TMP/small" 2>&1 || give_up "small ops: $(tail -n 1 "$TMP/small")"
}
