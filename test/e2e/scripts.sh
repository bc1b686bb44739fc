#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Scripts for other tracers, in tools/: they are what the catalogue gives now, and bpftrace and SystemTap take them for the
# installed ceph-osd, stamped. Nothing is attached.
set -u

check() { # NAME COMMAND...
	local name=$1
	shift
	if "$@" >"$TMP/out" 2>&1; then echo "ok $name"; else echo "not ok $name - $(tail -n 1 "$TMP/out")"; fi
}

"$TOP/tools/remake.sh" "$CEPHTAP" "$TMP/tools"
check current diff -r -x remake.sh "$TOP/tools" "$TMP/tools"
"$CEPHTAP" catalogue --bpftrace=absent >"$TMP/out" 2>"$TMP/err"
check no-such-script [ $? = 1 ]
check no-such-script-said grep -q 'no script `absent`' "$TMP/err"

[ "$(uname -m)" = x86_64 ] && [ -r /usr/bin/ceph-osd ] || { echo "skip tracers - no ceph-osd for x86_64 here"; exit 0; }
mkdir "$TMP/bin"
copy=$TMP/bin/ceph-osd
check stamp "$CEPHTAP" stamp /usr/bin/ceph-osd -o "$copy"

if command -v bpftrace >/dev/null && [ "$(id -u)" = 0 ]; then
	for script in "$TOP"/tools/bpftrace/*.bt; do
		check "bpftrace ${script##*/}" bpftrace -d "$script" "$copy"
	done
else
	echo "skip bpftrace - not installed, or not root"
fi

if ! command -v stap >/dev/null; then
	echo "skip systemtap - not installed"
	exit 0
fi
# SystemTap wants the kernel's build tree before it looks at anything; what it reads of a tree for user-space markers is this.
kernel=$TMP/kernel
mkdir -p "$kernel"/include/{config,generated} "$kernel/arch/x86"
printf 'CONFIG_%s=y\n' UTRACE UPROBES MODULES >"$kernel/.config"
uname -r >"$kernel/include/config/kernel.release"
touch "$kernel/Makefile" "$kernel/Module.symvers" "$kernel/include/generated/autoconf.h"
systemtap() { HOME=$TMP PATH=$TMP/bin:$PATH stap -r "$kernel" -I "$TOP/tools/systemtap/tapset" "$@"; }

for script in "$TOP"/tools/systemtap/*.stp; do
	check "systemtap-parses ${script##*/}" systemtap -p1 "$script"
done
# It resolves every alias of the tapset, each argument of each note with it.
systemtap -L 'ceph.*.*' 2>"$TMP/err" | awk '/^ceph\./ { print $1 }' | sort >"$TMP/seen"
"$CEPHTAP" stamp /usr/bin/ceph-osd --list | sed -n 's/^ceph_\([a-z]*\):\([a-z_]*\)  at.*/ceph.\1.\2/p' | sed 's/__/_/g' |
	sort -u >"$TMP/names"
check systemtap-names diff "$TMP/names" "$TMP/seen"
check systemtap-resolves systemtap -p2 "$TOP/tools/systemtap/hot-objects.stp"
