# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What tests on a live cluster share. Source it with TMP, TOP and CEPHTAP in the environment (test/run sets them). After
# `cluster_up` there are $cluster (its folder), $pids (the OSDs' process ids, in order) and $only (-p PID ... for cephtap: other
# clusters on this host are other people's). On every way out the tracers that were started here end, and the cluster goes.
cluster=$TMP/c
pids=
only=
tracers=

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
	[ -z "$tracers" ] || kill -KILL $tracers 2>/dev/null
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
}

load() { clusters load "$cluster" "$@" || give_up "load $*"; }

# Starts cephtap and returns when its BEGIN has printed "attached", that is when every probe is in place.
attach() { # NAME ARGUMENT...: output in $TMP/NAME.out and .err; the process id in $tracer
	local name=$1
	shift
	"$CEPHTAP" "$@" >"$TMP/$name.out" 2>"$TMP/$name.err" &
	tracer=$!
	tracers="$tracers $tracer"
	for _ in $(seq 200); do
		grep -qs attached "$TMP/$name.out" && return
		kill -0 "$tracer" 2>/dev/null || break
		sleep 0.1
	done
	cat "$TMP/$name.err"
	give_up "cephtap $* did not attach"
}

# The same for what says nothing when it is attached: it and its children hold links, and they become no more.
await_links() { # PID
	local before=0 now child folders
	for _ in $(seq 60); do
		sleep 0.5
		folders=/proc/$1/fd
		for child in $(cat "/proc/$1/task/$1/children"); do
			folders="$folders /proc/$child/fd"
		done
		# shellcheck disable=SC2086
		now=$(find $folders -lname 'anon_inode:*bpf*link*' 2>/dev/null | wc -l)
		[ "$now" -gt 0 ] && [ "$now" = "$before" ] && return
		before=$now
	done
	give_up "process $1 did not attach"
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
