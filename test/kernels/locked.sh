#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A kernel that is locked down for confidentiality (which cannot be taken back: the last test): a sentence for each thing that may
# not be done, and what may be done works.
. "$(dirname "$0")/lib.sh"

lock=/sys/kernel/security/lockdown
[ -w $lock ] || { echo "skip locked - this kernel cannot be locked down"; exit 0; }
echo confidentiality >$lock || { echo "skip locked - this kernel does not lock itself down"; exit 0; }
"$CEPHTAP" doctor >"$TMP/out" 2>"$TMP/err"
status=$?
check doctor grep -q 'locked down for confidentiality' "$TMP/out"
tap -n 'BEGIN { exit(0); }' >/dev/null
check true-to-itself test $? = $status
# Each of them either works or says why not, in one sentence without the verifier's words.
n=0
while read -r clause; do
	n=$((n + 1))
	tap -n "$clause" -c "$PROGS/lang_target 10" >"$TMP/out"
	case $? in
	0) echo "ok runs-$n" ;;
	1) check "says-$n" grep -q 'lock' "$TMP/err" ;;
	*) echo "not ok ends-$n - $(say_err)" ;;
	esac
	! grep -qi 'unknown func\|invalid func\|processed [0-9]' "$TMP/err" || echo "not ok words-$n - $(say_err)"
done <<'CLAUSES'
BEGIN { exit(0); }
lang:::hit { @ = count(); }
lang:::texts { trace(copyinstr(arg0)); }
lang:::hit { @[execname, strjoin("a", "b")] = count(); }
lang:::hit { @[ustack()] = count(); }
syscall:::entry { @[probefunc] = count(); }
sched:::off-cpu { @[stack()] = count(); }
fbt::vfs_read:entry { @ = count(); }
profile-97 { @ = count(); }
BEGIN { trace(curthread->comm); }
CLAUSES
