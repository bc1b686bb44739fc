#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# rights: none
#
# What `cephtap doctor` says, with privilege and without, for people and for programs.
set -u

check() { # NAME COMMAND...
	local name=$1
	shift
	if "$@"; then echo "ok $name"; else echo "not ok $name - $(head -n 3 "$TMP/out" "$TMP/err" | tr '\n' ' ')"; fi
}
judge() { python3 -I -c "
import json, sys
said = json.load(open('$TMP/out'))
checks = {(c['group'], c['name']): c for c in said['checks']}
sys.exit(not ($1))"; }

"$CEPHTAP" doctor >"$TMP/text" 2>"$TMP/err"
text_status=$?
"$CEPHTAP" doctor --json >"$TMP/out" 2>"$TMP/err"
status=$?
check same-status test $status = $text_status
check json judge "all(c['status'] in ('ok', 'warning', 'missing') for c in said['checks']) and len(checks) >= 8"
check works judge "said['works'] == ($status == 0)"
check advice judge "all(c['advice'] for c in said['checks'] if c['status'] != 'ok')"
check plain-text test -z "$(grep -c $'\033' "$TMP/text" | grep -v '^0$')"
check last-line grep -q '^Scripts can' "$TMP/text"
timeout 60 "$CEPHTAP" -q -n 'BEGIN { exit(0); }' >/dev/null 2>&1
check true-to-itself test $? = $status
kprobes=$([ -e /sys/bus/event_source/devices/kprobe ] && echo True || echo False)
check kprobes judge "(checks['kernel', 'kprobes']['status'] == 'ok') == $kprobes or checks['kernel', 'kprobes']['detail'].startswith('fbt')"
"$CEPHTAP" doctor nonsense >"$TMP/out" 2>"$TMP/err"
check usage test $? = 2

if [ "$(id -u)" != 0 ] || ! command -v setpriv >/dev/null; then
	echo "skip unprivileged - needs root and setpriv"
	exit 0
fi
mkdir -m 755 "$TMP/open" && chmod 755 "$TMP" && cp "$CEPHTAP" "$TMP/open/cephtap" && chmod 755 "$TMP/open/cephtap"
nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all "$@"; }
if ! nobody test -x "$TMP/open/cephtap"; then echo "skip unprivileged - the folder of tests is not for everybody"; exit 0; fi
nobody "$TMP/open/cephtap" doctor --json >"$TMP/out" 2>"$TMP/err"
check unprivileged-status test $? = 1
check unprivileged judge "not said['works'] and checks['kernel', 'eBPF programs']['status'] == 'missing'"
check unprivileged-capabilities judge "'CAP_BPF' in checks['privileges', 'capabilities']['detail']"
