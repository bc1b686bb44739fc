#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The kernel of another suite of Debian, unpacked into a folder, to be booted in an emulator. `debian-kernel.sh help` says
# how to use it.
#
# What must stay true: nothing outside DIR is written; the host's apt is asked, never changed; no script of a package runs.
set -u
PROG=debian-kernel.sh
FLAVOUR=${FLAVOUR:-cloud-amd64}

usage() {
	cat <<'END'
debian-kernel.sh: a kernel of Debian, unpacked into a folder

  debian-kernel.sh unpack SUITE DIR
        Fetch the kernel of a suite of Debian (bullseye: Linux 5.10, bookworm: 6.1, trixie: 6.12, sid: the newest) from the
        mirror that apt uses (20 to 50 MB), and unpack it into DIR/root: boot/ and lib/modules/ (or usr/lib/modules/).
        What was fetched is kept in DIR/apt, and taken again.
  debian-kernel.sh release DIR
        Print which kernel it is, as uname -r would.

Environment: FLAVOUR, another flavour (amd64, rt-amd64), the default being that for virtual machines, cloud-amd64;
CEPH_MIRROR, when apt's own sources name no mirror of Debian. Exit code: 0; 1 with one sentence on stderr; 2 for wrong
usage. Root is not needed.
END
}

. "$(dirname "$0")/lib-apt.sh"

die() { echo "$PROG: $*" >&2; exit 1; }
say() { echo "$PROG: $*" >&2; }
ask_apt() { command=$1; shift; "$command" -c "$DIR/apt/apt.conf" "$@"; }

read_list() {
	private_apt "$DIR/apt" deb "$SUITE"
	# Nothing is installed for it.
	: >"$DIR/apt/status"
	printf 'Dir::State::status "%s/apt/status";\nAPT::Sandbox::User "root";\n#clear DPkg::Pre-Install-Pkgs;\n' "$DIR" >>"$DIR/apt/apt.conf"
	ask_apt apt-get -q update >"$DIR/log" 2>&1 ||
		die "the list of packages of Debian $SUITE could not be had: $(tail -n 1 "$DIR/log")"
}

# Of what a package depends on, the parts of a kernel: one package, or since Debian 14 one with the kernel and one with its modules.
parts_of() {
	ask_apt apt-cache depends "$1" 2>/dev/null | sed -n 's/^ *Depends: \(linux-\(image\|binary\|modules\)-[0-9].*\)/\1/p'
}

fetch() {
	image=$(parts_of "linux-image-$FLAVOUR")
	[ -n "$image" ] || die "Debian $SUITE has no kernel linux-image-$FLAVOUR"
	packages="$image $(parts_of "$image")"
	say "fetching $(echo $packages)"
	mkdir -p "$DIR/apt/debs"
	# shellcheck disable=SC2086 # a list of packages
	(cd "$DIR/apt/debs" && ask_apt apt-get -q download $packages) >>"$DIR/log" 2>&1 ||
		die "the packages could not be had: $(tail -n 1 "$DIR/log")"
	for package in "$DIR"/apt/debs/*.deb; do
		name=$(basename "$package") && name=${name%%_*}
		echo " $(echo $packages) " | grep -qF " $name " || rm -f "$package" # of an earlier kernel
	done
}

unpack() {
	rm -rf "$DIR/root.new" && mkdir -p "$DIR/root.new"
	for package in "$DIR"/apt/debs/*.deb; do
		dpkg-deb -x "$package" "$DIR/root.new" 2>>"$DIR/log" || die "${package##*/} could not be unpacked: is the disk full?"
	done
	rm -rf "$DIR/root" && mv "$DIR/root.new" "$DIR/root"
}

release() {
	for kernel in "$DIR"/root/boot/vmlinuz-* "$DIR"/root/usr/lib/modules/*/vmlinuz; do
		[ -f "$kernel" ] || continue
		case $kernel in */boot/*) echo "${kernel##*/vmlinuz-}" ;; *) basename "$(dirname "$kernel")" ;; esac
		return
	done
	die "$DIR/root has no kernel: run $PROG unpack SUITE $DIR"
}

[ $# -ge 1 ] || { usage >&2; exit 2; }
case $1 in
help | --help | -h) usage; exit 0 ;;
unpack) [ $# = 3 ] || { usage >&2; exit 2; }
	SUITE=$2 DIR=$3 ;;
release) [ $# = 2 ] || { usage >&2; exit 2; }
	DIR=$2 ;;
*) echo "$PROG: no such command: $1; see $PROG help" >&2; exit 2 ;;
esac
command -v apt-get >/dev/null || die "there is no apt-get here: this needs Debian, or one of its kind"
mkdir -p "$DIR" || die "cannot write to $DIR"
DIR=$(cd "$DIR" && pwd)
case $1 in
unpack) read_list && fetch && unpack && say "$SUITE's kernel $(release) is in $DIR/root" ;;
release) release ;;
esac
