#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# `cephtap doctor`: it says what this kernel lacks, it is true to itself, and who may not trace is told why.
REFUSED_TOO=1
. "$(dirname "$0")/lib.sh"

"$CEPHTAP" doctor >"$TMP/out" 2>"$TMP/err"
status=$?
check last-line grep -q '^Scripts can' "$TMP/out"
tap -n 'BEGIN { exit(0); }' >/dev/null
check true-to-itself test $? = $status
sed 's/^/    /' "$TMP/out"
check release grep -qF "$(uname -r)" "$TMP/out"
has() { grep -q " [tT] $1\$" /proc/kallsyms; }
# What it cannot do without: the kernel has it, or is refused by that name.
if has bpf_get_attach_cookie_trace && has bpf_perf_link_release; then
	check works test $status = 0
else
	check too-old grep -q 'this kernel is too old: it lacks .* (Linux 5.1[0-9])' "$TMP/err"
	check too-old-doctor grep -q 'this kernel is too old: it lacks' "$TMP/out"
	exit
fi
said() { grep -q "^ *$1  *$2" "$TMP/out"; } # STATUS NAME
expect() { # NAME SYMBOL: there if the kernel has that function
	if has "$2"; then check "$1" said ok "$1"; else check "$1" said warning "$1"; fi
}
expect "multi-uprobe links" bpf_uprobe_multi_link_attach
expect "user stacks" bpf_loop
expect "kprobes" register_kprobe
setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all "$CEPHTAP" doctor >"$TMP/out" 2>"$TMP/err"
check unprivileged test $? = 1
check unprivileged-said grep -q CAP_BPF "$TMP/out"
