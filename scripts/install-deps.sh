#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Install what is missing of the Debian packages for building, testing and measuring cephtap; quiet and quick when all
# is there. `install-deps.sh help` lists the groups. Installing Ceph's packages
# makes no cluster and starts none.
set -u
PROG=install-deps.sh

usage() {
	cat <<'EOF'
install-deps.sh: install the missing Debian packages of some groups

  install-deps.sh [-n] GROUP...
        -n says what is missing, installs nothing, and exits 1 if anything is.
  build   what `make` needs (the default)
  static  what linking one static file needs beside
  units   what unit tests and test programs are built with
  test    what tests run with: units; a browser, for pictures; readers of formats
  ci      what only the full check needs: the other compiler, format and static checks
  fuzz    a compiler that fuzzes
  format  clang-format
  ceph    a Ceph to trace (see cluster.sh)
  services     what stands on a cluster: CephFS's metadata server, the object gateway
  dbg     Ceph's debug information (large; for new layout cards only)
  bench   the tracers that cephtap is measured against
  provider     what the programs of `make check-provider` need
  x86     the decoder that ours is compared with
  kernels an emulator, to run tests on other kernels (see debian-kernel.sh)
  cross   a compiler for aarch64, to compile markers for it (large)
  ceph-build   what building Ceph itself needs (see ceph-build.sh; large)
  all     all of these but services, provider, x86, kernels, cross and ceph-build
EOF
}

# One row a group. "a|b" means that either does, and that the first that this Debian has is installed: the name of
# clang's run-time library carries its version.
packages() {
	case $1 in
	build) echo "gcc make pkg-config|pkgconf libc6-dev libbpf-dev libelf-dev libdw-dev libiberty-dev zlib1g-dev liblzma-dev" \
		"libjson-c-dev libncurses-dev uthash-dev" ;;
	static) echo "libbz2-dev" ;; # the other libraries' packages bring theirs
	units) echo "libcmocka-dev systemtap-sdt-dev g++" ;;
	test) echo "$(packages units) binutils bpftool gdb python3 python3-pyte procps strace btrfs-progs" \
		"chromium chromium-driver python3-prometheus-client python3-protobuf protobuf-compiler babeltrace2 python3-bt2 debuginfod" ;;
	ci) echo "$(packages fuzz) $(packages format) clang-tidy shellcheck" ;;
	fuzz) echo "clang libclang-rt-dev|libclang-rt-14-dev g++" ;;
	format) echo "clang-format" ;;
	ceph) echo "ceph-osd ceph-mon ceph-common" ;;
	services) echo "ceph-mds radosgw" ;;
	dbg) echo "ceph-osd-dbg" ;;
	bench) echo "bpftrace linux-perf systemtap-sdt-dev binutils procps time" ;;
	provider) echo "libevent-dev bison flex perl python3 binutils bzip2 xz-utils" ;;
	x86) echo "libzydis-dev" ;;
	kernels) echo "qemu-system-x86 busybox-static|busybox cpio e2fsprogs xz-utils apt dpkg" ;;
	cross) echo "gcc-aarch64-linux-gnu" ;;
	ceph-build)
		echo "cmake ninja-build ccache g++ make autoconf automake libtool binutils patch xz-utils pkg-config|pkgconf nasm" \
			"python3 python3-dev python3-yaml cython3 libaio-dev libblkid-dev libcap-dev" \
			"libcurl4-gnutls-dev|libcurl4-openssl-dev libfmt-dev libgoogle-perftools-dev libkeyutils-dev liblz4-dev" \
			"libsnappy-dev libssl-dev libudev-dev zlib1g-dev"
		for part in "" -atomic -chrono -context -coroutine -date-time -iostreams -program-options -random -regex -system \
			-thread; do
			echo "libboost${part}1.81-dev|libboost${part}1.83-dev"
		done ;;
	all) for group in build static test ci ceph dbg bench; do packages "$group"; done ;;
	*) return 1 ;;
	esac
}

die() { echo "$PROG: $*" >&2; exit 1; }

# Of these packages, those that are installed.
installed() { dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p'; }
known() { LC_ALL=C apt-cache policy "$1" 2>/dev/null | grep -q 'Candidate: [^(]'; }

# Of a row's entries, those of which no alternative is installed.
missing() {
	# shellcheck disable=SC2046
	have=$(installed $(echo "$@" | tr '|' ' '))
	for entry in "$@"; do
		found=
		for name in $(echo "$entry" | tr '|' ' '); do
			case "
$have
" in *"
$name
"*) found=1 ;; esac
		done
		[ -n "$found" ] || echo "$entry"
	done
}

# The package to install for each entry; empty output when apt does not know one.
candidates() {
	for entry in "$@"; do
		found=
		for name in $(echo "$entry" | tr '|' ' '); do
			[ -n "$found" ] || ! known "$name" || found=$name
		done
		[ -n "$found" ] || return 1
		echo "$found"
	done
}

run_apt() { DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120 "$@"; }

# apt's many lines are of use only when it fails.
quietly() {
	log=$(mktemp) || exit 1
	"$@" >"$log" 2>&1 </dev/null
	status=$?
	[ "$status" -eq 0 ] || tail -n 20 "$log" >&2
	rm -f "$log"
	return "$status"
}

# Package lists may be absent (fresh image) or older than the archive (a version that is gone): update only then.
install() {
	if wanted=$(candidates "$@"); then
		# shellcheck disable=SC2086
		quietly run_apt install -y --no-install-recommends $wanted 2>/dev/null && return
	fi
	quietly run_apt update || die "apt-get update failed"
	wanted=$(candidates "$@") || die "this system's package sources lack one of: $*"
	# shellcheck disable=SC2086
	quietly run_apt install -y --no-install-recommends $wanted || die "apt-get could not install:" $wanted
}

main() {
	dry=
	[ "${1:-}" != -n ] || { dry=1; shift; }
	[ $# -gt 0 ] || set -- build
	names=
	for group in "$@"; do
		row=$(packages "$group") || { usage >&2; exit 2; }
		names="$names $row"
	done
	command -v apt-get >/dev/null || die "this is no Debian; install what corresponds to:$names"
	# shellcheck disable=SC2086
	lack=$(missing $names | sort -u | tr '\n' ' ')
	[ -n "$lack" ] || exit 0
	[ -z "$dry" ] || die "missing: $lack"
	[ "$(id -u)" -eq 0 ] || die "missing: $lack(run as root: $0 $*)"
	# shellcheck disable=SC2086
	install $lack
}

case ${1:-} in help|-h|--help) usage ;; *) main "$@" ;; esac
