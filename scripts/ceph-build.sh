#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Ceph from Debian's source package, with cephtap's markers compiled in, as far as a throw-away cluster needs it.
# `ceph-build.sh help` says how to use it.
#
# What must stay true:
#  - nothing outside DIR is written, but for ccache's own folder; the host's apt is asked, never changed;
#  - what is not finished is never taken for finished: the source gets its name when it is whole, a build folder its
#    list of options when CMake has taken them, the rest is ninja's own knowledge;
#  - the names of the folders in DIR, the flags and the environment stay as they are: with any of them changes what
#    ccache looks for, and a build of minutes is one of an hour again.
#
# shellcheck disable=SC2015,SC2016   # "a && b || fail" is meant: fail when either does
set -u
umask 022
PROG=ceph-build.sh
HERE=$(cd -P -- "$(dirname -- "$0")" && pwd) || exit 1
CEPH_VERSION=${CEPH_VERSION:-18.2.7}
SUITE=${SUITE:-trixie}
DEPS="run as root: $HERE/install-deps.sh ceph-build"
TARGETS='ceph-osd ceph-mon rados ec_jerasure ec_lrc ec_isa'	# OSDs load these three plug-ins at start

usage() {
	cat <<'END'
ceph-build.sh: Debian's Ceph 18.2.7 with cephtap's markers compiled in

  ceph-build.sh all DIR [on|off]...
        Everything: as root it installs what is lacking first. `on`, the default, is with markers, `off` without. The
        first takes an hour or two on two cores; what ccache remembers is not compiled again. 2 GiB of disk.
  ceph-build.sh get DIR
        Fetch Debian's source package from the mirror that apt uses, check it, unpack it into DIR/ceph-18.2.7+ds.
  ceph-build.sh weave DIR
        Put the markers into that source: `cephtap weave`.
  ceph-build.sh configure DIR on|off
        Make the build folder DIR/on or DIR/off.
  ceph-build.sh build DIR on|off
        Build ceph-osd, ceph-mon, rados and the plug-ins that they load, and print the summary.
  ceph-build.sh summary DIR on|off
        Print what the build took, how large the programs are, and how many markers are in them.
  ceph-build.sh status DIR
        Print what is done.
  ceph-build.sh env DIR on|off
        Print shell exports by which cluster.sh takes this build. `cephtap demo --ceph DIR/on` needs none.

Each can be stopped at any time and called again: it does what is not done yet. Logs are in DIR/log.

Environment: CEPHTAP, the cephtap to call. CEPH_JOBS, how many compilers at a time (as many as there are processors, but
one for 3 GiB of free memory at most). SUITE and CEPH_VERSION, to take Ceph from another suite of Debian than trixie.
CEPH_MIRROR, the mirror. ccache's own variables.
Exit code: 0; 1 with one sentence on stderr; 2 for wrong usage. Root is not needed, but for installing.
END
}

. "$(dirname "$0")/lib-apt.sh"
die() { echo "$PROG: $*" >&2; exit 1; }
wrong_usage() { echo "$PROG: $* (see: $PROG help)" >&2; exit 2; }
say() { echo "$PROG: $*" >&2; }

need() {
	for name in "$@"; do
		command -v "$name" >/dev/null || die "$name is not installed; $DEPS"
	done
}

# ---- the environment ------------------------------------------------------------------------------------------------

# What compilers, CMake and ninja would take from it is not what the caller meant for Ceph. ccache's results depend on
# the language of messages.
clean_environment() {
	CEPHTAP=$(command -v "${CEPHTAP:-$HERE/../cephtap}") || CEPHTAP=
	export PATH=/usr/sbin:/usr/bin:/sbin:/bin	# Python is the system's: a version manager's lacks the modules
	unset LC_ALL LC_CTYPE LC_MESSAGES LANGUAGE CFLAGS CXXFLAGS CPPFLAGS LDFLAGS CC CXX CPATH C_INCLUDE_PATH \
		CPLUS_INCLUDE_PATH LIBRARY_PATH LD_LIBRARY_PATH PYTHONPATH PYTHONHOME MAKEFLAGS MFLAGS MAKELEVEL DESTDIR \
		CMAKE_GENERATOR CMAKE_PREFIX_PATH CMAKE_BUILD_PARALLEL_LEVEL APT_CONFIG
	export LANG=C.UTF-8
}

open_dir() {	# open_dir FOLDER VERB: sets DIR (canonical) and SOURCE
	[ -n "$1" ] || wrong_usage "no folder given"
	case $2 in
	get|all) mkdir -p -- "$1" 2>/dev/null || die "cannot make the folder $1" ;;
	*) [ -d "$1" ] || die "there is no folder $1" ;;
	esac
	need_own_folder "$1"
	DIR=$(cd -P -- "$1" && pwd) || die "cannot enter $1"
	case $DIR in
	*[!A-Za-z0-9_./+-]*) die "Ceph cannot be built in '$DIR': a path may hold only A-Z a-z 0-9 _ . / + -" ;;
	esac
	SOURCE=$DIR/ceph-$CEPH_VERSION+ds
	export CCACHE_BASEDIR="$DIR"
}

lock_dir() {
	mkdir -p "$DIR/log" 2>/dev/null && [ -w "$DIR" ] || die "cannot write to $DIR"
	exec 9>"$DIR/log/lock"
	flock -n 9 || die "another $PROG works in $DIR"
}

open_mode() {	# sets MODE and BUILD
	case ${1:-} in on|off) ;; *) wrong_usage "on or off: with markers, or without" ;; esac
	MODE=$1
	BUILD=$DIR/$1
}

check_room() {	# check_room MIB WHAT
	free=$(df -Pk "$DIR" | awk 'NR == 2 { print int($4 / 1024) }')
	[ "$free" -ge "$1" ] || die "$2 needs $1 MiB of disk, and $DIR has $free"
}

# ---- jobs -----------------------------------------------------------------------------------------------------------

# A trap waits for a foreground command to end; so what may take long runs in the background, with the shell in `wait`.
JOB=
WATCH=
COST=
at_exit() {
	[ -z "$WATCH" ] || kill "$WATCH"
	[ -z "$JOB" ] || { kill -TERM "$JOB"; wait "$JOB"; }
	add_cost
} 2>/dev/null

stopped() { say "stopped; the same command goes on from here"; exit "$1"; }

catch_signals() {
	trap at_exit EXIT
	trap 'stopped 129' HUP
	trap 'stopped 130' INT
	trap 'stopped 143' TERM
}

# What the command says goes to DIR/log/NAME.log; what it said the last time is kept beside it.
logged() {	# logged NAME COMMAND...
	LOG=$DIR/log/$1.log
	shift
	[ ! -f "$LOG" ] || mv "$LOG" "$LOG.old"
	"$@" >"$LOG" 2>&1 </dev/null &
	JOB=$!
	wait "$JOB"
	status=$?
	JOB=
	return "$status"
}

# The first errors and the last lines of a log. A command line of a compiler's is long, and says little.
fail() {
	grep -E -m 5 ': (fatal )?error: |^CMake Error|^E: ' "$LOG" | cut -c 1-300 >&2
	echo ... >&2
	tail -n 20 "$LOG" | cut -c 1-300 >&2
	die "$*; the log is $LOG"
}

# ---- what it costs --------------------------------------------------------------------------------------------------

# BUILD/cephtap.cost has a line for each run of ninja: seconds, and CPU seconds of all that it started.
cpu_seconds() {	# sets CPU; in a subshell `times` would tell that one's
	times >"$DIR/log/times"
	CPU=$(awk 'NR == 2 { n = 0; for (i = 1; i <= 2; i++) { split($i, t, /[ms]/); n += t[1] * 60 + t[2] }
		printf "%.0f", n }' "$DIR/log/times")
}

start_cost() {
	cpu_seconds
	COST=$BUILD/cephtap.cost
	CPU_BEFORE=$CPU
	START=$(date +%s)
}

add_cost() {
	[ -n "$COST" ] || return 0
	cpu_seconds
	echo "$(($(date +%s) - START)) $((CPU - CPU_BEFORE))" >>"$COST"
	COST=
}

# ---- get ------------------------------------------------------------------------------------------------------------

# The entry of the version that we want in the suite's index, or else the versions that are there.
index_entry() {
	apt-cache -c "$APT/apt.conf" showsrc --only-source ceph 2>/dev/null | awk -v RS= -v FS='\n' -v want="$CEPH_VERSION" '
		{ for (i = 1; i <= NF; i++) if ($i ~ /^Version: /) version = substr($i, 10)
		  upstream = version
		  sub(/^[0-9]*:/, "", upstream); sub(/[-+~].*/, "", upstream)
		  if (upstream == want && !found) { print; found = 1 }
		  all = all (all == "" ? "" : ", ") version }
		END { if (!found) { print "offers " (all == "" ? "no Ceph" : all); exit 1 } }'
}

read_index() {	# sets ENTRY and VERSION
	say "reading the list of sources of Debian $SUITE"
	logged update apt-get -c "$APT/apt.conf" update || fail "the list of sources of Debian $SUITE could not be had"
	ENTRY=$(index_entry) || die "Debian $SUITE $ENTRY, not $CEPH_VERSION (variables: SUITE, CEPH_VERSION)"
	VERSION=$(echo "$ENTRY" | sed -n 's/^Version: //p')
}

# Lines for sha256sum of the two archives; the third file, the .dsc, only repeats what the signed index says.
checksums() {
	echo "$ENTRY" | awk '/^[^ ]/ { on = /^Checksums-Sha256:/ } on && $3 ~ /\.(orig|debian)\.tar\.[a-z0-9]+$/ { print $1 "  " $3 }'
}
archives_are_good() { ( cd "$DIR" && sha256sum --quiet -c log/archives ) >/dev/null 2>&1; }

# A mirror may lack the .dsc: then apt fails, but not before it has fetched the rest.
fetch_archives() {
	checksums >"$DIR/log/archives"
	[ "$(wc -l <"$DIR/log/archives")" -eq 2 ] || die "the list of sources does not say what Ceph's two archives are"
	! archives_are_good || return 0
	say "fetching Ceph $VERSION"
	logged fetch env -C "$DIR" apt-get -c "$APT/apt.conf" source --download-only --only-source "ceph=$VERSION"
	archives_are_good || fail "Ceph's archives could not be had, or are damaged"
}

archive() { sed -n "s/^[^ ]*  \(.*\.$1\.tar\..*\)/\1/p" "$DIR/log/archives"; }

apply_patches() {	# apply_patches TREE
	LOG=$DIR/log/patch.log
	sed 's/[[:space:]]*#.*//; /^[[:space:]]*$/d' "$1/debian/patches/series" >"$DIR/log/series"
	while read -r name _; do
		echo "== $name"
		patch -d "$1" -p1 -s -t -N -E -F0 --no-backup-if-mismatch <"$1/debian/patches/$name" || return 1
	done <"$DIR/log/series" >"$LOG" 2>&1
}

unpack() {
	check_room 2048 "unpacking Ceph"
	say "unpacking"
	new=$DIR/unpack.part
	rm -rf -- "$new"
	mkdir "$new"
	logged unpack tar -x -f "$DIR/$(archive orig)" -C "$new" --strip-components=1 --no-same-owner &&
		logged unpack tar -x -f "$DIR/$(archive debian)" -C "$new" --no-same-owner ||
		fail "Ceph's source could not be unpacked"
	apply_patches "$new" || fail "a patch of Debian's does not fit"
	mv "$new" "$SOURCE" || die "cannot make $SOURCE"
}

do_get() {
	[ ! -d "$SOURCE" ] || { say "the source is in $SOURCE"; return 0; }
	command -v apt-get >/dev/null || die "there is no apt-get here: this wants Debian, or one of its kind"
	need patch tar xz sha256sum awk
	APT=$DIR/apt
	private_apt "$APT" deb-src "$SUITE"
	read_index
	fetch_archives
	unpack
}

# ---- weave, configure, build ----------------------------------------------------------------------------------------

is_woven() { grep -qs WITH_SYSTEMTAP "$SOURCE/CMakeLists.txt"; }
need_source() { [ -d "$SOURCE" ] || die "there is no source in $SOURCE; run: $PROG get $DIR"; }

# Cheap when nothing is to do, and due again after a change of the catalogue.
do_weave() {
	need_source
	[ -n "$CEPHTAP" ] || die "there is no cephtap: build it with make, or set CEPHTAP"
	say "putting the markers in"
	"$CEPHTAP" weave "$SOURCE" >&2 || die "the markers could not be put into $SOURCE"
}

# Everything off that a cluster of a monitor and OSDs can do without.
options() {
	cat <<END
-DCMAKE_BUILD_TYPE=None
-DCMAKE_C_FLAGS=-O2 -g0
-DCMAKE_CXX_FLAGS=-O2 -g0
-DCMAKE_C_COMPILER_LAUNCHER=ccache
-DCMAKE_CXX_COMPILER_LAUNCHER=ccache
-DPython3_EXECUTABLE=/usr/bin/python3
-DPYTHON_EXECUTABLE=/usr/bin/python3
-DWITH_SYSTEM_BOOST=ON
-DWITH_SYSTEMTAP=$([ "$MODE" = off ] && echo OFF || echo ON)
END
	for name in BABELTRACE CCACHE CEPHFS DPDK FUSE GRAFANA JAEGER KRBD LIBCEPHFS LIBCEPHSQLITE LIBURING LTTNG MANPAGE \
		MGR MGR_DASHBOARD_FRONTEND OPENLDAP QATZIP RADOSGW RADOSGW_SELECT_PARQUET RBD RDMA SEASTAR SELINUX SPDK \
		SYSTEMD TESTS XFS; do
		echo "-DWITH_$name=OFF"
	done
}

run_cmake() {
	set -- -G Ninja -S "$SOURCE" -B "$BUILD"
	while read -r option; do
		set -- "$@" "$option"
	done <"$DIR/log/options-$MODE"
	logged "configure-$MODE" cmake "$@"
}

is_configured() { [ -f "$BUILD/build.ninja" ] && cmp -s "$DIR/log/options-$MODE" "$BUILD/cephtap.options"; }

do_configure() {
	need_source
	[ "$MODE" = off ] || is_woven || die "$SOURCE has no markers yet; run: $PROG weave $DIR"
	need cmake ninja ccache c++ python3
	options >"$DIR/log/options-$MODE"
	! is_configured || { say "$MODE: configured"; return 0; }
	say "$MODE: configuring"
	run_cmake || fail "CMake does not accept this system, or Ceph"
	cp "$DIR/log/options-$MODE" "$BUILD/cephtap.options"
}

# The largest files of Ceph's want 3 GiB each.
jobs() {
	[ -z "${CEPH_JOBS:-}" ] || { echo "$CEPH_JOBS"; return; }
	awk -v most="$(nproc)" '/^MemAvailable:/ { n = int($2 / 3145728); if (n < most) most = n }
		END { print most < 1 ? 1 : most }' /proc/meminfo
}

progress() { sed -n 's,^\[\([0-9]*\)/\([0-9]*\)\] .*,\1 of \2 steps,p' "$LOG" 2>/dev/null | tail -n 1; }

watch_ninja() {	# a line a minute
	LOG=$DIR/log/build-$MODE.log
	minutes=0
	trap 'kill "$nap"; exit' TERM
	while :; do
		sleep 60 &
		nap=$!
		wait "$nap"
		minutes=$((minutes + 1))
		say "$MODE: $(progress), $minutes min"
	done
}

run_ninja() {
	# shellcheck disable=SC2086
	CCACHE_STATSLOG=$BUILD/cephtap.ccache NINJA_STATUS='[%f/%t] ' \
		logged "build-$MODE" nice -n 10 ninja -C "$BUILD" -j "$(jobs)" $TARGETS
}

do_build() {
	[ -f "$BUILD/cephtap.options" ] || die "$BUILD is not configured; run: $PROG configure $DIR $MODE"
	need ninja ccache c++ nice
	check_room 1024 "building Ceph"
	say "$MODE: building with $(jobs) at a time; the log is $DIR/log/build-$MODE.log"
	[ ! -t 2 ] || { watch_ninja & WATCH=$!; }
	start_cost
	run_ninja
	status=$?
	add_cost
	[ -z "$WATCH" ] || kill "$WATCH"
	WATCH=
	[ "$status" -eq 0 ] || fail "$MODE: Ceph could not be built"
	do_summary
}

# ---- looking --------------------------------------------------------------------------------------------------------

costs() { awk '{ wall += $1; cpu += $2 } END { printf "%d s, %d s of CPU", wall, cpu }' "$BUILD/cephtap.cost" 2>/dev/null; }
cache_hits() {
	awk '/^(direct|preprocessed)_cache_hit$/ { hits++ } /^cache_miss$/ { misses++ }
		END { printf "%d of %d files from ccache", hits, hits + misses }' "$BUILD/cephtap.ccache" 2>/dev/null
}
text_size() { size "$1" | awk 'NR == 2 { print $1 }'; }
notes() { readelf -n "$1" 2>/dev/null | grep -c 'Provider: *ceph_'; }

do_summary() {
	echo "$BUILD: $(costs), $(cache_hits)"
	printf '%-26s %10s %10s %8s\n' file bytes text markers
	for file in bin/ceph-osd bin/ceph-mon bin/rados lib/librados.so.2 lib/libceph-common.so.2; do
		[ -f "$BUILD/$file" ] || die "$BUILD/$file is not built"
		printf '%-26s %10d %10d %8d\n' "$file" "$(stat -L -c %s "$BUILD/$file")" "$(text_size "$BUILD/$file")" \
			"$(notes "$BUILD/$file")"
	done
}

mode_status() {
	# shellcheck disable=SC2086
	[ -f "$BUILD/cephtap.options" ] || { echo "not configured"; return; }
	# shellcheck disable=SC2086
	ninja -C "$BUILD" -n $TARGETS 2>&1 | awk -F'[][/]' '
		/no work to do/ { text = "built" }
		/^\[[0-9]+\/[0-9]+\]/ { text = "configured, " $3 " steps to do" }
		END { print text == "" ? "configured" : text }'
}

do_status() {
	if [ ! -d "$SOURCE" ]; then echo "source: none"
	elif is_woven; then echo "source: $SOURCE, with markers"
	else echo "source: $SOURCE, without markers"; fi
	for mode in on off; do
		open_mode "$mode"
		echo "$mode: $(mode_status)"
	done
}

do_env() {
	echo "export CEPH_BIN_DIR='$BUILD/bin'"
	echo "export CEPH_LIB_DIR='$BUILD/lib'"
}

# ---------------------------------------------------------------------------------------------------------------------

do_all() {
	for mode in "$@"; do
		open_mode "$mode"
	done
	"$HERE/install-deps.sh" ceph-build || exit 1
	do_get
	do_weave
	for mode in "$@"; do
		open_mode "$mode"
		do_configure
		do_build
	done
}

main() {
	verb=$1
	shift
	clean_environment
	open_dir "${1:-}" "$verb"
	shift
	case $verb in
	get|weave|status) [ $# -eq 0 ] || wrong_usage "$verb takes one folder" ;;
	all) [ $# -gt 0 ] || set -- on ;;
	*)
		open_mode "${1:-}"
		[ $# -eq 1 ] || wrong_usage "$verb takes a folder, and on or off" ;;
	esac
	case $verb in
	get|weave|configure|build|all)
		lock_dir
		catch_signals ;;
	esac
	"do_$verb" "$@"
}

case ${1:-} in
all|get|weave|configure|build|summary|status|env) main "$@" ;;
help|-h|--help) usage ;;
'') usage >&2; exit 2 ;;
*) wrong_usage "unknown command $1" ;;
esac
