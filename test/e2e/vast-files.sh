#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# time: 300
#
# A stranger's program that is small on the disk and vast when it is read: holes, compressed sections, names that name each other.
# cephtap neither waits nor takes the host's memory, and the others have their stacks.
set -u
. "$TOP/test/e2e/lib-strangers.sh"
command -v objcopy >/dev/null && command -v python3 >/dev/null || { echo "skip vast-files - needs objcopy and python3"; exit 0; }

mkdir "$TMP/bad" "$TMP/good"
compile "$TMP/good/good" -g <<'C'
__attribute__((noinline)) int turns(void) { volatile int i = 0; for (;;) i++; }
int main() { return turns(); }
C
python3 "$TOP/test/e2e/vast.py" "$TMP/good/good" "$TMP/bad" || echo "not ok made"
chown -R $nobody "$TMP/bad"
as $nobody "$TMP/good/good"
good=$child
runs $good "$TMP/good/good"

# With its largest size in MiB in $peak, and the seconds in $took.
measured() { # CEPHTAP-ARGUMENTS...
	local began=$SECONDS
	python3 - "$CEPHTAP" "$@" >"$out" 2>"$err" <<'PY'
import os, resource, signal, sys
pid = os.fork()
if not pid:
    resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
    os.execv(sys.argv[1], sys.argv[1:])
_, status, usage = os.wait4(pid, 0)
print('peak', usage.ru_maxrss // 1024, file=sys.stderr)
sys.exit(os.waitstatus_to_exitcode(status) & 255)
PY
	status=$?
	took=$((SECONDS - began))
	peak=$(awk '$1 == "peak" { print $2 }' "$err")
}
bounded() { check "$1-memory" [ "$peak" -lt 700 ]; check "$1-time" [ "$took" -lt 40 ]; }

for kind in symbols names xz gzip debug symbols-packed; do
	as $nobody "$TMP/bad/$kind"
	bad=$child
	runs $bad "$TMP/bad/$kind"
	measured -q --seconds 1 -n "profile-197 /pid == $bad || pid == $good/ { @[ustack(2)] = count(); }"
	check "$kind" status_is 0
	check "$kind-other" grep -q 'good`turns+' "$out"
	bounded $kind
	measured -q --seconds 1 -p $bad -n 'pid$target:a.out:main:entry { @[args[0]] = count(); }'
	check "$kind-function" status_is 1
	bounded "$kind-function"
	end $bad
done
end $good
exit 0
