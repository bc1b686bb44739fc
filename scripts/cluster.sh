#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A throw-away Ceph cluster on this host: one monitor and a few BlueStore OSDs on loopback, in one folder, from stock
# or self-built binaries. `cluster.sh help` says how to use it.
#
# What must stay true:
#  - nothing outside DIR is written, no service is started, a cluster already on this host is not disturbed;
#  - on every way out of `up` but success, all that it started is gone and DIR too;
#  - `down` signals only a process whose id is in DIR/run and whose command line names DIR/ceph.conf;
#  - the script stands alone (cephtap carries it and runs it from a temporary folder).
#
# shellcheck disable=SC2015,SC2016   # "a && b || fail" is meant: fail when either does
#
# There is no manager daemon: its reports would run all the time and move the counters that tests compare with.
set -u
umask 077		# keys, sockets and data are for nobody else
PROG=cluster.sh
APT='apt-get install --no-install-recommends ceph-osd ceph-mon ceph-common'

unset CEPH_ARGS CEPH_CONF CEPH_KEYRING		# they would lead the tools to another cluster

usage() {
	cat <<'EOF'
cluster.sh: a throw-away Ceph cluster on this host, for trying things out and for tests

  cluster.sh up DIR [--osds N] [--pool NAME] [--size N] [--pg N] [--limit SECONDS]
                    [--no-auth] [--set 'OPTION = VALUE']...
        Start 1 monitor and N OSDs (3) in DIR, which must be absent or empty, and make pool NAME (demo) with SIZE
        copies (3, or N if fewer) and PG placement groups (32). Returns when all are active and clean and the OSDs
        have nothing left to do (7 s on two cores).
        Each step may take at most --limit seconds (60). --set adds a line to the [osd] part of DIR/ceph.conf.
        All talk cephx, with the keys in DIR/keyring: client.admin, mds.a, client.rgw.a and the daemons'. Nobody else
        can read DIR, and so nobody else of this host can use the cluster; with --no-auth everybody can.
  cluster.sh gateway DIR
        Start an object gateway (radosgw) on a cluster that was made without --no-auth, with one user. Prints its port on
        loopback, the user's access key and secret key.
  cluster.sh down DIR
        Stop it and remove DIR. Doing it twice does no harm.
  cluster.sh env DIR
        Print shell exports for ceph and rados:   eval "$(cluster.sh env DIR)"; ceph -s
  cluster.sh pids DIR
        Print one line `osd.0 PID` for each daemon that runs.
  cluster.sh load DIR MODE SECONDS [--concurrent N]
        Drive the pool with `rados bench`, N ops in flight (16). MODE is write-4k, write-4m, read-4k, read-4m,
        mixed (these four in turn, a quarter of the time each, whole seconds) or clean (remove all objects;
        SECONDS may be left out). Reads are random, of what the last write of that size wrote; if there was none, a
        short write goes first. Writes end early when the disk has no more room. Each run prints one line:
          write-4k ops=6422 seconds=3.00 iops=2138.4 lat_ms=7.477 mb_s=8.35 op_w=6423 op_r=0
        mb_s is 2^20 bytes per second. op_w and op_r are by how much osd.op_w and osd.op_r grow, summed over all
        OSDs: rados bench itself writes one more object, and reads it before a read run.
  cluster.sh perf DIR OSD [SECTION[.KEY]]...
        Print perf counters through the admin socket: all as JSON, or one line `SECTION.KEY VALUE` for each key.
        OSD is a number, `mon`, `gateway`, or `all` (numbers are summed over the OSDs).
  cluster.sh ask DIR OSD COMMAND [NAME=VALUE]...
        Send any admin socket command, print its answer:   cluster.sh ask DIR 0 dump_historic_ops

Environment: CEPH_BIN_DIR, CEPH_LIB_DIR: folders of another build of Ceph (read by `up`, remembered in DIR).
CLUSTER_PROGRESS=1: a line for each step also when stderr is not a terminal. CLUSTER_KEEP=1: if `up` fails, stop the
daemons but leave DIR with its logs.
Exit code: 0; 1 with one sentence on stderr; 2 for wrong usage. Root is not needed.
EOF
}

die() { echo "$PROG: $*" >&2; exit 1; }
wrong_usage() { echo "$PROG: $* (see: $PROG help)" >&2; exit 2; }
step() { if [ "${CLUSTER_PROGRESS:-}" = 1 ] || [ -t 2 ]; then echo "$PROG: $*" >&2; fi; }
is_count() { case $1 in ''|0*|*[!0-9]*) return 1 ;; esac; [ "${#1}" -le 6 ]; }

# ---- the admin socket ---------------------------------------------------------------------------------------------

# `ceph daemon` takes 0.2 s of Python a call; this takes 0.02 s, and waits without starting a process per look.
# Python is there because ceph-common's `ceph` is written in it.
ASK_PY='
import json, os, socket, struct, sys, time

def ask_text(name, request):
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(10)
        s.connect("%s/run/%s.asok" % (folder, name))
        s.sendall(json.dumps(request).encode() + b"\0")
        f = s.makefile("rb")
        return f.read(struct.unpack(">I", f.read(4))[0]).decode()

def ask(name, request):
    return json.loads(ask_text(name, request) or "{}")

def alive(name):
    try:
        with open("%s/run/%s.pid" % (folder, name)) as p:
            pid = int(p.read())
        for _ in range(5):               # it is empty of what has ended, but also for a moment of an exec()
            with open("/proc/%d/cmdline" % pid) as c:
                if c.read():
                    return True
            time.sleep(0.02)
    except (OSError, ValueError):
        pass
    return False

def wait_until(names, limit, done):
    end = time.monotonic() + limit
    while not done():
        for n in names:
            if not alive(n):
                sys.exit(n + " ended")
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True

def quiet_ask(name, command):
    try:
        return ask(name, {"prefix": command})
    except (OSError, ValueError, struct.error):   # not listening yet, or command not registered yet
        return {}

def wait_mon(limit):
    ok = wait_until(["mon.a"], limit, lambda: quiet_ask("mon.a", "mon_status").get("state") == "leader")
    return ok or "the monitor did not form a quorum within %g s" % limit

def wait_osds(count, limit):
    left = ["osd.%d" % i for i in range(count)]
    def done():
        left[:] = [n for n in left if quiet_ask(n, "status").get("state") != "active"]
        return not left
    return wait_until(["mon.a"] + left, limit, done) or "%s not active after %g s" % (", ".join(left), limit)

def wait_gateway(port, limit):
    def listens():
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", port)) == 0
    return wait_until(["rgw.a"], limit, listens) or "rgw.a does not listen after %g s" % limit

def wait_clean(count, pgs, limit):
    names = ["osd.%d" % i for i in range(count)]
    def clean():
        return sum(p.get("currently", "").startswith("Started/Primary/Active/Clean")
                   for n in names for p in quiet_ask(n, "dump_pgstate_history").get("pgs", []))
    ok = wait_until(["mon.a"] + names, limit, lambda: clean() >= pgs)
    return ok or "%d of %d placement groups active and clean after %g s" % (clean(), pgs, limit)

# After "clean" come a last few maps and transactions, which would blur the first count that somebody makes.
def wait_quiet(count, copies, limit):
    names = ["osd.%d" % i for i in range(count)]
    last = [None, 0]
    def marks(d):
        return [d["osd"]["numpg"], d["objecter"]["map_epoch"]] + [d["rocksdb"][k]["avgcount"]
                for k in ("submit_latency", "submit_sync_latency")]
    def quiet():
        now = [marks(ask(n, {"prefix": "perf dump"})) for n in names]
        if now != last[0]:
            last[:] = now, time.monotonic()
        return sum(m[0] for m in now) == copies and time.monotonic() - last[1] > 1
    try:
        wait_until(names, limit, quiet)
    except KeyError:                     # another release names them otherwise: some seconds do
        time.sleep(3)
    return True

def add(a, b):
    if not isinstance(b, dict):
        return a + b
    total = {k: add(a.get(k, {} if isinstance(v, dict) else 0), v) for k, v in b.items()}
    if "avgtime" in total:
        total["avgtime"] = total["sum"] / max(total["avgcount"], 1)
    return total

def find(tree, key):                     # names may hold dots themselves
    if key in tree:
        return tree[key]
    for k, v in tree.items():
        if isinstance(v, dict) and key.startswith(k + "."):
            return find(v, key[len(k) + 1:])
    sys.exit("no perf counter " + key)

def perf(names, keys):
    total = {}
    for n in names:
        total = add(total, ask(n, {"prefix": "perf dump"}))
    if not keys:
        print(json.dumps(total, indent=1))
    for k in keys:
        v = find(total, k)
        print(k, json.dumps(v) if isinstance(v, dict) else v)
    return True

def tell(name, command, *args):
    request = dict(a.split("=", 1) for a in args)
    request["prefix"] = command
    answer = ask_text(name, request).strip()
    print(answer) if answer else sys.exit("no answer to " + command)
    return True

folder, verb, args = sys.argv[1], sys.argv[2], sys.argv[3:]
try:
    if verb == "perf":
        result = perf(args[0].split(","), args[1:])
    elif verb == "tell":
        result = tell(*args)
    else:
        result = globals()[verb](*map(float if "." in args[-1] else int, args))
except (OSError, ValueError, struct.error) as e:
    result = "no answer from the admin socket: %s" % e
sys.exit(None if result is True else result)
'

find_python() {
	# The system's own first: a version manager in PATH may cost 0.2 s a start.
	PYTHON=/usr/bin/python3
	[ -x "$PYTHON" ] || PYTHON=$(command -v python3) || die "python3 is not installed; run: $APT"
}
exec_ask() { exec "$PYTHON" -I -S -c "$ASK_PY" "$DIR" "$@"; }
ask() { ( exec_ask "$@" ); }

# ---- tools and folders --------------------------------------------------------------------------------------------

find_tool() {
	if [ -n "${CEPH_BIN_DIR:-}" ] && [ -x "$CEPH_BIN_DIR/$1" ]; then
		echo "$CEPH_BIN_DIR/$1"
	else
		command -v "$1"
	fi
}

# Folders of another build are written down in DIR, which outlives the folder that the caller is in.
find_build() {
	[ -z "${CEPH_BIN_DIR:-}" ] || CEPH_BIN_DIR=$(canonical "$CEPH_BIN_DIR") || exit 1
	[ -z "${CEPH_LIB_DIR:-}" ] || CEPH_LIB_DIR=$(canonical "$CEPH_LIB_DIR") || exit 1
}
canonical() { cd -P -- "$1" 2>/dev/null && pwd || die "there is no folder $1 of another build of Ceph"; }

need_tools() {
	for name in "$@"; do
		find_tool "$name" >/dev/null || die "$name is not installed; run as root: $APT"
	done
	find_python
}

# Sets TOOL, and for another build's tool that build's libraries. Call it in a subshell.
use_tool() {
	TOOL=$(find_tool "$1")
	case $TOOL in "${CEPH_BIN_DIR:-/nowhere}"/*) ;; *) return 0 ;; esac
	[ -z "${CEPH_LIB_DIR:-}" ] || export LD_LIBRARY_PATH="$CEPH_LIB_DIR${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
}

# Run a tool in place of this subshell, for at most some seconds.
exec_tool() {	# exec_tool SECONDS NAME ARGUMENT...
	at_most=$1
	use_tool "$2"
	shift 2
	exec timeout -k 5 "$at_most" "$TOOL" "$@"
}

# A folder of an earlier `up`: sets DIR (canonical) and what `up` wrote down.
open_dir() {
	[ -n "${1:-}" ] || wrong_usage "no folder given"
	DIR=$(cd -P -- "$1" 2>/dev/null && pwd) || die "there is no cluster in $1"
	[ -f "$DIR/cluster.info" ] || die "$DIR is not a folder that '$PROG up' made"
	is_private "$DIR" || die "$DIR belongs to another user, or other users may write to it: what is written there is not trusted"
	OSDS=$(info osds)
	POOL=$(info pool)
	SIZE=$(info size)
	AUTH=$(info auth)
	LIMIT=$(info limit)
	CEPH_BIN_DIR=$(info bin)
	CEPH_LIB_DIR=$(info lib)
}
# What stands in it is run: nobody else may have written it.
is_private() { [ -O "$1" ] && case $(ls -ldn -- "$1") in d????-??-*) ;; *) false ;; esac; }
info() { sed -n "s/^$1=//p" "$DIR/cluster.info"; }

free_mib() { df -Pk "$DIR" | awk 'NR == 2 { print int($4 / 1024) }'; }

# ---- jobs ---------------------------------------------------------------------------------------------------------

# A shell's background jobs ignore ^C, and a trap waits for a foreground command to end. So what may take long runs in
# the background, listed in JOBS, with the shell in `wait`, which a signal ends at once.
JOBS=
DAEMONS=
background() {
	"$@" </dev/null &
	JOBS="$JOBS $!"
}
wait_jobs() {	# true when all succeeded
	failed=0
	for job in $JOBS; do
		wait "$job" || failed=1
	done
	JOBS=
	return "$failed"
}
interruptible() {	# leaves jobs alone that run already
	background "$@"
	wait "$!"
	status=$?
	JOBS=${JOBS% *}
	return "$status"
}

# Both are lists of children not yet waited for: an id cannot have become another process's. Jobs get a signal that
# timeout(1) hands on to the tool under it.
kill_children() {
	# shellcheck disable=SC2086
	[ -z "$JOBS" ] || kill -TERM $JOBS
	# shellcheck disable=SC2086
	[ -z "$DAEMONS" ] || kill -KILL $DAEMONS
	JOBS=
	DAEMONS=
	wait
} 2>/dev/null

exit_on_signals() {
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	trap 'exit 141' PIPE	# nobody reads our lines any more
}

# ---- up: the folder -----------------------------------------------------------------------------------------------

parse_up() {
	[ $# -ge 1 ] || wrong_usage "no folder given"
	OSDS=3 POOL=demo SIZE='' PGS=32 LIMIT=60 EXTRA='' AUTH=cephx
	WANT_DIR=$1
	shift
	while [ $# -gt 0 ]; do
		[ "$1" != --no-auth ] || { AUTH=none; shift; continue; }
		[ $# -ge 2 ] || wrong_usage "$1 needs a value"
		case $1 in
		--osds) OSDS=$2 ;;
		--pool) POOL=$2 ;;
		--size) SIZE=$2 ;;
		--pg) PGS=$2 ;;
		--limit) LIMIT=$2 ;;
		--set) EXTRA="$EXTRA$2
" ;;
		*) wrong_usage "unknown option $1" ;;
		esac
		shift 2
	done
	check_up_options
}

check_up_options() {
	is_count "$OSDS" && [ "$OSDS" -le 64 ] || wrong_usage "--osds is a number from 1 to 64"
	[ -n "$SIZE" ] || SIZE=$((OSDS < 3 ? OSDS : 3))
	is_count "$SIZE" && [ "$SIZE" -le "$OSDS" ] || wrong_usage "--size is a number from 1 to the number of OSDs"
	is_count "$PGS" && [ "$PGS" -le 4096 ] || wrong_usage "--pg is a number from 1 to 4096"
	is_count "$LIMIT" || wrong_usage "--limit is a number of seconds"
	case $POOL in ''|*[!A-Za-z0-9_.-]*) wrong_usage "--pool is a name of letters, digits, _ . -" ;; esac
}

new_dir() {
	[ -d "$(dirname -- "$1")" ] || die "the folder above $1 does not exist"
	mkdir -- "$1" 2>/dev/null || [ -d "$1" ] || die "cannot make the folder $1"
	DIR=$(cd -P -- "$1" && pwd) || die "cannot enter $1"
	[ -z "$(ls -A -- "$DIR")" ] || die "$DIR is not empty"
	[ -O "$DIR" ] && [ "$(stat -c %u -- "$1")" = "$(id -u)" ] || die "$1 belongs to another user"
	mkdir -- "$DIR/run" 2>/dev/null || die "cannot write to $DIR"	# also the lock: it can be made once
	trap abort_up EXIT
	exit_on_signals
	check_dir_name
	check_room
	chmod 700 "$DIR" && [ "$(ls -A -- "$DIR")" = run ] || die "others have written to $DIR"
	mkdir "$DIR/log" "$DIR/crash" "$DIR/mon.a"
}

abort_up() {
	kill_children
	[ "${CLUSTER_KEEP:-}" = 1 ] || rm -rf -- "$DIR"
}

# Ceph splits lists of conf files at blanks and , ; = and expands $; a socket's path ends at 107 bytes.
check_dir_name() {
	case $DIR in
	*[!A-Za-z0-9_./+@:-]*) die "Ceph cannot work in '$DIR': a path may hold only A-Z a-z 0-9 _ . / + @ : -" ;;
	esac
	[ "${#DIR}" -le 85 ] || die "Ceph cannot work in $DIR: a path may be 85 characters long"
}

check_room() {
	need_gib=$((OSDS + 1))		# 0.1 GiB for an empty OSD, the rest to play with
	[ "$(free_mib)" -ge $((need_gib * 1024)) ] ||
		die "$DIR needs $need_gib GiB of free disk, there are only $(free_mib) MiB; use a folder on a larger disk"
}

new_uuid() { cat /proc/sys/kernel/random/uuid; }

# A port below those that the kernel gives out, and away from Ceph's own 3300, 6789 and 6800 to 7300.
free_port() {
	while :; do
		port=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 10000))
		grep -qs ":$(printf '%04X' "$port") [0-9A-F]*:0000 0A" /proc/net/tcp /proc/net/tcp6 || break
	done
	echo "$port"
}

write_info() {
	cat >"$DIR/cluster.info" <<EOF
fsid=$FSID
osds=$OSDS
pool=$POOL
size=$SIZE
pg=$PGS
auth=$AUTH
limit=$LIMIT
bin=${CEPH_BIN_DIR:-}
lib=${CEPH_LIB_DIR:-}
EOF
}

# Where another build keeps its plug-ins: beside its libraries in a build tree, in other folders once installed.
conf_plugins() {
	[ -n "${CEPH_LIB_DIR:-}" ] || return 0
	conf_dir 'erasure code dir' libec_jerasure.so . erasure-code ceph/erasure-code
	conf_dir 'osd class dir' libcls_hello.so . rados-classes ../rados-classes
	conf_dir 'plugin dir' libceph_ebd_vdo.so .
}
conf_dir() {	# conf_dir OPTION FILE SUB-FOLDER...: the first that holds the file
	option=$1
	plugin=$2
	shift 2
	for sub in "$@"; do
		[ ! -e "$CEPH_LIB_DIR/$sub/$plugin" ] || { echo "$option = $CEPH_LIB_DIR/$sub" | sed 's,/\.$,,'; return; }
	done
}

conf_auth() {
	for who in cluster service client; do echo "auth $who required = $AUTH"; done
	[ "$AUTH" = none ] || echo "keyring = $DIR/keyring"
}

write_conf() {
	cat >"$DIR/ceph.conf" <<EOF
# Written by cephtap's $PROG; '$PROG down' removes it.
[global]
fsid = $FSID
mon host = [v2:127.0.0.1:$PORT/0]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind msgr1 = false
$(conf_auth)
run dir = $DIR/run
crash dir = $DIR/crash
log file = $DIR/log/\$name.log
client mount timeout = 20
osd crush chooseleaf type = 0
osd pool default size = $SIZE
osd pool default pg num = $PGS
osd pool default pg autoscale mode = off
$(conf_plugins)
[mon]
mon data = $DIR/\$name
admin socket = $DIR/run/\$name.asok
mon cluster log file = $DIR/log/cluster.log
mon data avail warn = 0
mon data avail crit = 0
mon allow pool size one = true
mon allow pool delete = true
mon max pg per osd = 100000
mon warn on insecure global id reclaim allowed = false
mon osd down out interval = 86400
# one voter needs not wait for others: starts seconds sooner
paxos propose interval = 0.05
paxos min wait = 0.01
[osd]
osd data = $DIR/\$name
admin socket = $DIR/run/\$name.asok
osd objectstore = bluestore
# sparse: 'load' looks at what the disk really has
bluestore block size = 34359738368
bluestore cache autotune = false
bluestore cache size = 134217728
osd memory target = 939524096
ms bind port min = 17000
ms bind port max = 19999
# 'up' places them itself, once
osd crush update on start = false
osd class update on start = false
# newer releases: no benchmark at start
osd mclock skip benchmark = true
$EXTRA
[client.rgw.a]
admin socket = $DIR/run/rgw.a.asok
rgw data = $DIR/rgw.a
rgw rados pool pg num min = 1
EOF
}

# ---- up: the daemons ----------------------------------------------------------------------------------------------

# setsid keeps a ^C away; it and the shell exec in place, so $! is the daemon. A daemon must not keep open what
# our caller has: a lock, a pipe that somebody reads to its end.
start_daemon() {	# start_daemon ceph-osd osd.0 [OPTION...]
	daemon=$2
	(
		use_tool "$1"
		shift 2
		[ $# -gt 0 ] || set -- --id "${daemon#*.}"
		exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
		exec setsid "$TOOL" -f -c "$DIR/ceph.conf" "$@" </dev/null >"$DIR/log/$daemon.out" 2>&1
	) &
	DAEMONS="$DAEMONS $!"
	echo "$!" >"$DIR/run/$daemon.pid"
}

USUAL='unparsable uuid|_read_bdev_label failed|log_to_monitors|waiting for initial|numa|public interface|asok'
USUAL="$USUAL|In function|^ *\$"
# The first complaint of a log that is not one that every good start makes too.
first_error() {
	sed -n -e 's/^[-0-9T:.+]* [0-9a-f]* -1 //p' -e '/FAILED ceph_assert/p' -e '/ceph_abort_msg(/p' "$1" |
		grep -vE "$USUAL" | head -n 1
}

# A step failed: say why in one sentence, with the first complaint of the daemon that it was about.
fail_up() {	# fail_up SENTENCE LOG...
	sentence=$1
	shift
	for log in "$@"; do
		why=$(first_error "$log")
		log=${log##*/mkfs.}
		log=${log##*/}
		[ -z "$why" ] || die "$sentence: ${log%.out} says: $why"
	done
	die "$sentence"
}

await() {	# await ASK-VERB ARGUMENT...
	interruptible exec_ask "$@" >"$DIR/log/await" 2>&1 && return
	sentence=$(tail -n 1 "$DIR/log/await")
	about=$DIR/log/${sentence%% *}.out	# "osd.1 ended"
	[ -f "$about" ] || about=/dev/null
	fail_up "$sentence" "$about"
}

make_mon() {
	write_conf
	make_keys
	KEYS=
	[ "$AUTH" = none ] || KEYS=$DIR/keyring
	rm -rf "$DIR/mon.a"
	mkdir "$DIR/mon.a"
	interruptible exec_tool "$LIMIT" monmaptool --create --clobber --fsid "$FSID" \
		--addv a "[v2:127.0.0.1:$PORT/0]" "$DIR/monmap" >"$DIR/log/mkfs.mon.out" 2>&1 &&
	interruptible exec_tool "$LIMIT" ceph-mon --mkfs --id a -c "$DIR/ceph.conf" --monmap "$DIR/monmap" \
		${KEYS:+--keyring "$KEYS"} >>"$DIR/log/mkfs.mon.out" 2>&1 ||
		fail_up "the monitor's store could not be made" "$DIR/log/mkfs.mon.out"
	start_daemon ceph-mon mon.a
}

# All keys in one file, which the monitor takes over when its store is made.
make_keys() {
	rm -f "$DIR/keyring"
	[ "$AUTH" = cephx ] || return 0
	"$PYTHON" -I -S -c '
import base64, os, struct, sys, time
def entity(name, **caps):
    secret = os.urandom(16)
    key = base64.b64encode(struct.pack("<HIIH", 1, int(time.time()), 0, len(secret)) + secret).decode()
    print("[%s]" % name, "key = " + key, *("caps %s = \"%s\"" % cap for cap in caps.items()), sep="\n")
entity("mon.", mon="allow *")
entity("client.admin", mon="allow *", osd="allow *", mds="allow *", mgr="allow *")
entity("mds.a", mon="allow profile mds", osd="allow rwx", mds="allow *")
entity("client.rgw.a", mon="allow rw", osd="allow rwx")
for i in range(int(sys.argv[1])):
    entity("osd.%d" % i, mon="allow profile osd", osd="allow *")
' "$OSDS" >"$DIR/keyring" || die "cannot write $DIR/keyring"
}

# Another program may take the port between our look and the monitor's bind: then take another one.
start_mon() {
	for try in 1 2 3; do
		PORT=$(free_port)
		make_mon
		interruptible exec_ask wait_mon "$LIMIT" >"$DIR/log/await" 2>&1 && return
		[ "$try" -lt 3 ] && grep -q 'unable to bind' "$DIR/log/mon.a.out" || break
	done
	fail_up "$(tail -n 1 "$DIR/log/await")" "$DIR/log/mon.a.out"
}

# One start of `ceph` (0.4 s) for many commands, from stdin. It exits 0 whatever they answer.
mon_commands() {	# mon_commands FUNCTION-THAT-PRINTS-THEM
	"$1" >"$DIR/log/commands"
	interruptible run_commands >"$DIR/log/commands.out" 2>&1 ||
		die "the monitor did not take commands: $(tail -n 1 "$DIR/log/commands.out")"
	bad=$(grep -m 1 -E '^(Error|Invalid|no valid command)' "$DIR/log/commands.out") &&
		die "the monitor refused a command: $bad"
	return 0
}
run_commands() { exec <"$DIR/log/commands"; exec_tool "$LIMIT" ceph -c "$DIR/ceph.conf" --connect-timeout 10; }

osd_ids() { seq 0 $((OSDS - 1)); }

start_making_osds() {
	for i in $(osd_ids); do
		mkdir "$DIR/osd.$i"
		new_uuid >"$DIR/osd.$i.uuid"
		background make_osd "$i"
	done
}
make_osd() {	# without -f it would go to the background, where abort_up does not find it
	exec >"$DIR/log/mkfs.osd.$1.out" 2>&1
	exec_tool "$LIMIT" ceph-osd -f --mkfs --no-mon-config --id "$1" -c "$DIR/ceph.conf" \
		--osd-uuid "$(cat "$DIR/osd.$1.uuid")"
}

# Scrubs would read at times of their own.
osd_commands() {
	for i in $(osd_ids); do
		echo "osd new $(cat "$DIR/osd.$i.uuid") $i"
		echo "osd crush add osd.$i 1 root=default host=local"
	done
	echo 'osd set noscrub'
	echo 'osd set nodeep-scrub'
}
pool_commands() {
	echo "osd pool create $POOL $PGS $PGS replicated"
	echo "osd pool application enable $POOL rados"
}

make_osds() {
	start_making_osds
	mon_commands osd_commands
	wait_jobs || fail_up "an OSD's store could not be made" "$DIR"/log/mkfs.osd.*.out
}

cmd_up() {
	parse_up "$@"
	find_build
	need_tools ceph-osd ceph-mon ceph rados monmaptool setsid timeout
	new_dir "$WANT_DIR"
	FSID=$(new_uuid)
	write_info
	step "monitor"
	start_mon
	step "$OSDS object stores"
	make_osds
	step "$OSDS OSDs"
	for i in $(osd_ids); do
		start_daemon ceph-osd "osd.$i"
	done
	await wait_osds "$OSDS" "$LIMIT"
	step "pool $POOL, $PGS placement groups, $SIZE copies"
	mon_commands pool_commands
	await wait_clean "$OSDS" "$PGS" "$LIMIT"
	await wait_quiet "$OSDS" $((PGS * SIZE)) 10
	trap - EXIT
	step "active and clean in $DIR"
}

# ---- the object gateway -------------------------------------------------------------------------------------------

# It makes its pools when it first starts, which takes a while; its user is made first, by what makes them too.
make_user() {
	exec_tool "$LIMIT" radosgw-admin -n client.rgw.a -c "$DIR/ceph.conf" user create --uid=demo --display-name=demo \
		--access-key=demo --secret-key=demosecret
}

abort_gateway() {
	kill_children
	rm -f "$DIR/run/rgw.a.pid"
}

cmd_gateway() {
	[ $# -eq 1 ] || wrong_usage "gateway takes one folder"
	open_dir "$1"
	[ "$AUTH" = cephx ] || die "an object gateway needs a cluster that was made without --no-auth"
	[ -z "$(running rgw.a)" ] || die "there is one in $DIR"
	APT='apt-get install --no-install-recommends radosgw'
	need_tools radosgw radosgw-admin setsid timeout
	trap abort_gateway EXIT
	exit_on_signals
	mkdir -p "$DIR/rgw.a"
	step "the object gateway's user"
	interruptible make_user >"$DIR/log/user.out" 2>&1 || grep -q 'exists' "$DIR/log/user.out" ||
		fail_up "the user could not be made" "$DIR/log/user.out"
	step "object gateway"
	port=$(free_port)
	start_daemon radosgw rgw.a -n client.rgw.a --rgw-frontends "beast endpoint=127.0.0.1:$port"
	await wait_gateway "$port" "$LIMIT"
	trap - EXIT
	echo "$port demo demosecret"
}

# ---- down ---------------------------------------------------------------------------------------------------------

is_ours() { tr '\0' '\n' 2>/dev/null <"/proc/$1/cmdline" | grep -qxF "$DIR/ceph.conf"; }

# Lines `osd.0 PID` of the daemons that run, of those whose name fits the pattern.
running() {
	for file in "$DIR"/run/*.pid; do
		[ -f "$file" ] || continue
		name=${file##*/}
		pid=$(cat "$file")
		# shellcheck disable=SC2254
		case ${name%.pid} in $1) is_count "$pid" && is_ours "$pid" && echo "${name%.pid} $pid" ;; esac
	done 2>/dev/null
	return 0
}

stop() {	# stop PATTERN SECONDS
	tries=$(($2 * 10))
	running "$1" | while read -r _ pid; do kill -TERM "$pid"; done
	while [ -n "$(running "$1")" ] && [ "$tries" -gt 0 ]; do
		sleep 0.1
		tries=$((tries - 1))
	done
	running "$1" | while read -r _ pid; do kill -KILL "$pid"; done
}

cmd_down() {
	[ $# -eq 1 ] || wrong_usage "down takes one folder"
	[ -e "$1" ] || return 0
	trap '' PIPE			# what is going on here is done, also when nobody reads of it
	open_dir "$1"
	stop 'rgw.*' 10
	step "stopping the OSDs"
	stop 'osd.*' 10			# before the monitor, which they tell that they go
	step "stopping the monitor"
	stop 'mon.*' 5
	rm -rf -- "$DIR" || die "cannot remove $DIR"
	step "$DIR is gone"
}

# ---- load ---------------------------------------------------------------------------------------------------------

parse_load() {
	[ $# -ge 2 ] || wrong_usage "load takes a folder, a mode and seconds"
	CONCURRENT=16
	MODE=$2
	SECS=${3:-1}
	open_dir "$1"
	case $MODE in write-4k|write-4m|read-4k|read-4m|mixed|clean) ;; *) wrong_usage "unknown mode $MODE" ;; esac
	[ "$MODE" = clean ] || is_count "${3:-}" || wrong_usage "load takes a number of seconds"
	shift $(($# < 3 ? $# : 3))
	[ $# -eq 0 ] || [ "$1 $#" = "--concurrent 2" ] || wrong_usage "unknown option $1"
	CONCURRENT=${2:-$CONCURRENT}
	is_count "$CONCURRENT" || wrong_usage "--concurrent is a number"
}

exec_rados() { exec_tool "$AT_MOST" rados -c "$DIR/ceph.conf" -p "$POOL" "$@"; }

# Runs rados with its output in OUT; a cluster with a dead OSD would keep it for ever.
run_rados() {	# run_rados SECONDS ARGUMENT...
	AT_MOST=$1
	shift
	interruptible exec_rados "$@" >"$OUT" 2>&1 && return
	[ "$status" -ne 124 ] || die "rados was stopped after $AT_MOST s; see '$PROG pids $DIR' for an OSD that is gone"
	die "rados failed: $(tail -n 1 "$OUT" | cut -c 1-300)"
}

bytes_of() { case $1 in *4k) echo 4096 ;; *) echo 4194304 ;; esac; }

# How many objects of some bytes still fit: 1 GiB of the disk stays free, and a fifth of the OSDs' own. What an OSD no
# longer uses it does not give back to the disk, but uses again.
room_for() {
	stat=$(ask perf "$(all_osds)" osd.stat_bytes osd.stat_bytes_avail 2>&1) || die "an OSD has ended; $stat"
	files=$(du -cB 1 "$DIR"/osd.*/block | awk 'END { print $1 }')
	echo "$stat" | awk -v free="$(free_mib)" -v files="$files" -v bytes="$1" -v copies="$SIZE" '
		{ value[$1] = $2 }
		END { avail = value["osd.stat_bytes_avail"]
		      again = files - (value["osd.stat_bytes"] - avail)
		      disk = (free - 1024) * 1048576 + (again > 0 ? again : 0)
		      room = disk < avail * 0.8 ? disk : avail * 0.8
		      print (room > 0 ? int(room / (bytes > 65536 ? bytes : 65536) / copies) : 0) }'
}

# OSDs take some seconds to see that removed objects left room.
wait_for_room() {	# sets ROOM
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		ROOM=$(room_for "$1") || exit 1
		[ "$ROOM" -lt 16 ] || return 0
		sleep 1
	done
	die "no room for more objects in $DIR; run: $PROG load $DIR clean"
}

# rados bench's own words in one line; $1 mode, $2 and $3 what it does besides (writes, reads).
summary() {
	awk -v mode="$1" -v w="$2" -v r="$3" '
		/^Total time run:/ { secs = $NF }
		/^Total (writes|reads) made:/ { ops = $NF; if ($2 == "writes") w += ops; else r += ops; seen = 1 }
		/^(Write|Read) size:/ { size = $NF }
		/^Average Latency\(s\):/ { lat = $NF * 1000 }
		END { if (!seen) exit 1
		      per = secs > 0 ? ops / secs : 0
		      printf "%s ops=%d seconds=%.2f iops=%.1f lat_ms=%.3f mb_s=%.2f op_w=%d op_r=%d\n", mode, ops, secs,
			     per, lat, per * size / 1048576, w, r }' "$OUT" || die "rados bench gave no result for $1"
}

bench_write() {	# bench_write 4k SECONDS
	bytes=$(bytes_of "$1")
	wait_for_room "$bytes"
	step "write-$1 for $2 s"
	run_rados $(($2 + 60)) bench "$2" write -b "$bytes" -t "$CONCURRENT" --no-cleanup --run-name "bench-$1" \
		--max-objects "$ROOM"
	summary "write-$1" 1 0
	: >"$DIR/run/written-$1"
	! grep -q "^Total writes made: *$ROOM\$" "$OUT" || echo "$PROG: write-$1 ended early: no more room" >&2
}

bench_read() {
	[ -f "$DIR/run/written-$1" ] || bench_write "$1" 1
	step "read-$1 for $2 s"
	run_rados $(($2 + 60)) bench "$2" rand -t "$CONCURRENT" --run-name "bench-$1"
	summary "read-$1" 0 1
}

clean() {
	step "removing all objects"
	run_rados 600 purge "$POOL" --yes-i-really-really-mean-it
	rm -f "$DIR"/run/written-*
	sed -n 's/^Removed \([0-9]*\) objects.*/clean ops=\1 op_w=\1 op_r=0/p' "$OUT"
}

cmd_load() {
	parse_load "$@"
	need_tools rados timeout
	OUT=$DIR/log/load.$$
	trap 'kill_children; rm -f "$OUT"' EXIT
	exit_on_signals
	case $MODE in
	write-*) bench_write "${MODE#write-}" "$SECS" ;;
	read-*) bench_read "${MODE#read-}" "$SECS" ;;
	clean) clean ;;
	mixed)
		quarter=$(((SECS + 3) / 4))
		for size in 4k 4m; do
			bench_write "$size" "$quarter"
			bench_read "$size" "$quarter"
		done ;;
	esac
}

# ---- looking ------------------------------------------------------------------------------------------------------

quoted() { printf "'%s'" "$(printf %s "$1" | sed "s/'/'\\\\''/g")"; }

cmd_env() {
	open_dir "${1:-}"
	echo "unset CEPH_ARGS"
	echo "export CEPH_CONF=$(quoted "$DIR/ceph.conf")"
	[ -z "$CEPH_BIN_DIR" ] || echo "export PATH=$(quoted "$CEPH_BIN_DIR"):\"\$PATH\""
	[ -z "$CEPH_LIB_DIR" ] ||
		echo "export LD_LIBRARY_PATH=$(quoted "$CEPH_LIB_DIR")"'"${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"'
}

cmd_pids() {
	open_dir "${1:-}"
	running '*'
}

all_osds() { osd_ids | sed 's/^/osd./' | paste -sd , -; }
daemon_name() {
	case $1 in
	mon|mon.a) echo mon.a ;;
	gateway|rgw.a) echo rgw.a ;;
	osd.*) echo "$1" ;;
	*) echo "osd.$1" ;;
	esac
}

cmd_perf() {
	[ $# -ge 2 ] || wrong_usage "perf takes a folder and an OSD's number"
	open_dir "$1"
	find_python
	case $2 in all) who=$(all_osds) ;; *) who=$(daemon_name "$2") ;; esac
	shift 2
	why=$(ask perf "$who" "$@" 2>&1) || die "$who: $why"
	echo "$why"
}

cmd_ask() {
	[ $# -ge 3 ] || wrong_usage "ask takes a folder, an OSD's number and a command"
	open_dir "$1"
	find_python
	who=$(daemon_name "$2")
	shift 2
	why=$(ask tell "$who" "$@" 2>&1) || die "$who: $why"
	echo "$why"
}

# -------------------------------------------------------------------------------------------------------------------

verb=${1:-}
[ $# -eq 0 ] || shift
case $verb in
up|gateway|down|env|pids|load|perf|ask) "cmd_$verb" "$@" ;;
help|-h|--help) usage ;;
'') usage >&2; exit 2 ;;
*) wrong_usage "unknown command $verb" ;;
esac
