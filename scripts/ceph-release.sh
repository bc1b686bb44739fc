#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Another release of Ceph beside the one that is installed: Debian's packages of another suite, with their debug symbols,
# unpacked into a folder. `ceph-release.sh help` says how to use it.
#
# What must stay true: nothing outside DIR is written; the host's apt is asked, never changed; no script of a package runs.
set -u
PROG=ceph-release.sh
SUITE=${SUITE:-trixie}
PACKAGES=${PACKAGES:-ceph-osd ceph-mon ceph-mds radosgw ceph-common librbd1 ceph-osd-dbg ceph-mon-dbg ceph-mds-dbg radosgw-dbg
	librados2-dbg librbd1-dbg}

usage() {
	cat <<'END'
ceph-release.sh: Debian's Ceph of another release, unpacked into a folder

  ceph-release.sh unpack DIR
        Fetch Ceph's packages of another suite of Debian (trixie: Ceph 18.2.7), all that they need, and their debug
        symbols, from the mirror that apt uses (1.3 GB), and unpack them into DIR/root. What was fetched is kept in
        DIR/apt, and taken again.
  ceph-release.sh version DIR
        Print which Ceph it is, as its own ceph-osd says (root is needed).

Then CEPH_BIN_DIR=DIR/bin makes scripts/cluster.sh start that release's daemons, each in a mount namespace of its own with
DIR/root as its root, as a container would (for which root is needed), with the installed tools as their clients.

Environment: SUITE, another suite of Debian; PACKAGES, which packages; CEPH_MIRROR, when apt's own sources name no mirror of
Debian. Exit code: 0; 1 with one sentence on stderr; 2 for wrong usage. Root is not needed to unpack.
END
}

. "$(dirname "$0")/lib-apt.sh"

die() { echo "$PROG: $*" >&2; exit 1; }
say() { echo "$PROG: $*" >&2; }

fetch() {
	say "reading the list of packages of Debian $SUITE"
	apt-get -c "$APT/apt.conf" -q update >"$DIR/log" 2>&1 || die "the list of packages of Debian $SUITE could not be had: $(tail -n 1 "$DIR/log")"
	say "fetching $PACKAGES and what they need"
	# shellcheck disable=SC2086 # a list of packages
	apt-get -c "$APT/apt.conf" -q -y --no-install-recommends --download-only install $PACKAGES >>"$DIR/log" 2>&1 ||
		die "the packages could not be had: $(tail -n 1 "$DIR/log")"
}

# The folders that are one with those below /usr are so before anything is unpacked through them.
unpack() {
	rm -rf "$DIR/root.new"
	mkdir -p "$DIR/root.new/usr/bin" "$DIR/root.new/usr/sbin" "$DIR/root.new/usr/lib" "$DIR/root.new/usr/lib64"
	for folder in bin sbin lib lib64; do ln -s "usr/$folder" "$DIR/root.new/$folder"; done
	say "unpacking"
	for package in "$APT"/cache/archives/*.deb; do
		dpkg-deb --fsys-tarfile "$package" | tar -x -C "$DIR/root.new" --keep-directory-symlink --no-same-owner 2>>"$DIR/log" ||
			die "${package##*/} could not be unpacked: is the disk full?"
	done
	mkdir -p "$DIR/root.new/proc" "$DIR/root.new/sys" "$DIR/root.new/dev" "$DIR/root.new/tmp"
	rm -rf "$DIR/root" && mv "$DIR/root.new" "$DIR/root"
}

# A daemon by its name, in its root. What a cluster's folder may be below is the host's there too.
write_wrappers() {
	mkdir -p "$DIR/bin"
	for daemon in ceph-osd ceph-mon ceph-mds radosgw radosgw-admin; do
		cat >"$DIR/bin/$daemon" <<END
#!/bin/sh
# $daemon of this release, in a mount namespace of its own: written by $PROG
exec unshare -m --propagation private sh -c '
root=\$1; shift
for folder in proc dev sys tmp var/tmp home root work opt mnt srv; do
	[ -d "/\$folder" ] || continue
	mkdir -p "\$root/\$folder" && mount --rbind "/\$folder" "\$root/\$folder" || exit 1
done
cd /; exec chroot "\$root" /usr/bin/$daemon "\$@"' "$daemon" "$DIR/root" "\$@"
END
		chmod +x "$DIR/bin/$daemon"
	done
}

version() {
	[ -x "$DIR/root/usr/bin/ceph-osd" ] || die "$DIR/root has no ceph-osd: run ceph-release.sh unpack $DIR"
	chroot "$DIR/root" /usr/bin/ceph-osd --version
}

[ $# -ge 1 ] || { usage >&2; exit 2; }
case $1 in
help | --help | -h) usage; exit 0 ;;
unpack | version) [ $# = 2 ] || { usage >&2; exit 2; } ;;
*) echo "$PROG: no such command: $1; see $PROG help" >&2; exit 2 ;;
esac
command -v apt-get >/dev/null || die "there is no apt-get here: this wants Debian, or one of its kind"
mkdir -p "$2" || die "cannot write to $2"
need_own_folder "$2"
DIR=$(cd -P -- "$2" && pwd) || die "cannot enter $2"
APT=$DIR/apt
case $1 in
unpack)
	private_apt "$APT" deb "$SUITE"
	# Nothing is installed for it: so it names all that the packages need.
	: >"$APT/status"
	printf 'Dir::State::status "%s/status";\nAPT::Sandbox::User "root";\n#clear DPkg::Pre-Install-Pkgs;\n' "$APT" >>"$APT/apt.conf"
	fetch
	unpack
	write_wrappers
	say "$SUITE's Ceph is in $DIR/root, its daemons in $DIR/bin"
	;;
version) version ;;
esac
