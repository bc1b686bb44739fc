#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Builds real programs from Debian's source packages with `cephtap dtrace` as their dtrace, and traces them:
#
#   test/provider/real.sh [memcached] [postgresql]     memcached takes half a minute, postgresql two or three; as root
#
# Sources and builds stay in BUILD/provider, and are used again. What building them needs is installed first.
set -eu
cd "$(dirname "$0")/../.."
TOP=$PWD
BUILD=${BUILD:-build}
case $BUILD in build) CEPHTAP=$TOP/cephtap ;; /*) CEPHTAP=$BUILD/cephtap ;; *) CEPHTAP=$TOP/$BUILD/cephtap ;; esac
case $BUILD in /*) ;; *) BUILD=$TOP/$BUILD ;; esac
work=$BUILD/provider
pid='' tracer=''

die() { echo "real.sh: $*" >&2; exit 1; }
finish() {
	[ -z "$tracer" ] || kill "$tracer" 2>/dev/null || true
	[ -z "$pid" ] || kill "$pid" 2>/dev/null || true
}
trap finish EXIT

# A root of apt's own with source packages of the Debian that runs here.
fetch() { # PACKAGE FOLDER
	local codename apt
	[ ! -d "$work/$2" ] || return 0
	codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
	mkdir -p "$work/apt/lists" "$work/apt/cache"
	printf 'Types: deb-src\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' \
		"${DEBIAN_MIRROR:-http://deb.debian.org/debian}" "$codename" >"$work/apt/source.sources"
	apt="-qq -o Dir::Etc::sourcelist=$work/apt/source.sources -o Dir::Etc::sourceparts=/dev/null
		-o Dir::State::lists=$work/apt/lists -o Dir::Cache=$work/apt/cache -o APT::Sandbox::User=root"
	# shellcheck disable=SC2086
	(cd "$work" && apt-get $apt update && apt-get $apt source --download-only "$1") || die "$1's source cannot be had"
	mkdir "$work/$2.new"
	tar -xf "$work/$1"_*.orig.tar.* -C "$work/$2.new" --strip-components=1
	mv "$work/$2.new" "$work/$2"
}

# The name under which builds look for it, before any other.
scripts/install-deps.sh provider
mkdir -p "$work/bin"
[ -x "$CEPHTAP" ] || die "build it first: make"
ln -sf "$CEPHTAP" "$work/bin/dtrace"
export PATH="$work/bin:$PATH" DTRACE="$work/bin/dtrace"

trace() { # SCRIPT; $pid may still have to become the program
	for _ in $(seq 100); do case $(readlink "/proc/$pid/exe") in "$work"/*) break ;; esac; sleep 0.05; done
	"$CEPHTAP" -q -o "$work/out" -p "$pid" -n "BEGIN { printf(\"ready\\n\"); } $1" &
	tracer=$!
	for _ in $(seq 100); do grep -qs ready "$work/out" && return; sleep 0.1; done
	die "the tracer does not start"
}

same() { # NAME EXPECTED
	local got
	kill -INT "$tracer"
	wait "$tracer" || true
	tracer=''
	got=$(grep -v ready "$work/out" || true)
	[ "$got" = "$2" ] || { diff <(echo "$2") <(echo "$got") || true; die "$1: the trace is not what was done"; }
	echo "ok $1, built with cephtap dtrace and traced: $(readelf -nW "$3" | grep -c NT_STAPSDT) places with markers"
}

memcached() {
	fetch memcached memcached
	cd "$work/memcached"
	[ -f Makefile ] || ./configure -q --enable-dtrace >"$work/memcached.log" 2>&1 || die "see $work/memcached.log"
	make -s memcached_dtrace.h memcached >>"$work/memcached.log" 2>&1 || die "see $work/memcached.log"
	! grep -q 'include <sys/sdt.h>' memcached_dtrace.h || die "that was another dtrace"
	rm -f "$work/socket" "$work/out"
	./memcached -u root -s "$work/socket" &
	pid=$!
	trace 'memcached*:::command-set { printf("set %s %d\n", stringof(copyin(arg1, arg2)), arg3); }
		memcached*:::command-get { printf("get %s %d\n", stringof(copyin(arg1, arg2)), arg3); }'
	python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
for text in (b"set colour 0 0 4\r\nblue\r\n", b"get colour\r\n", b"get nothing\r\n"):
    s.sendall(text); s.recv(100)' "$work/socket"
	kill "$pid" && wait "$pid" || true
	pid=''
	# Sizes are with the two bytes that end a line of the protocol.
	same memcached $'set colour 6\nget colour 6\nget nothing -1' ./memcached
	cd "$TOP"
}

postgresql() {
	local package
	package=$(apt-cache depends postgresql | sed -n 's/.*Depends: \(postgresql-[0-9]*\)$/\1/p' | head -n 1)
	fetch "${package:-postgresql-15}" postgresql
	cd "$work/postgresql"
	[ -f GNUmakefile ] || ./configure -q --enable-dtrace --without-readline --without-zlib --prefix="$work/pg" \
		>"$work/postgresql.log" 2>&1 || die "see $work/postgresql.log"
	{ make -s -j2 && make -s install; } >>"$work/postgresql.log" 2>&1 || die "see $work/postgresql.log"
	rm -rf "$work/data" "$work/out"
	mkdir "$work/data" && chown nobody "$work/data" && chmod 700 "$work/data"
	setpriv --reuid nobody --clear-groups "$work/pg/bin/initdb" -D "$work/data" -U me -A peer >"$work/initdb.log" 2>&1
	setpriv --reuid nobody --clear-groups "$work/pg/bin/postgres" --single -D "$work/data" postgres \
		< <(sleep 3; echo 'select 6 * 7') >/dev/null 2>"$work/postgres.log" &
	pid=$!
	trace 'postgresql*:::query-start { printf("query %s\n", copyinstr(arg0)); }
		postgresql*:::query-done { printf("done %s\n", copyinstr(arg0)); }'
	wait "$pid" || true
	pid=''
	same postgresql $'query select 6 * 7\n\ndone select 6 * 7' "$work/pg/bin/postgres"
	cd "$TOP"
}

[ $# -gt 0 ] || set -- memcached
for program in "$@"; do
	case $program in memcached | postgresql) $program ;; *) die "which program is $program?" ;; esac
done
