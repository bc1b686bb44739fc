#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# System calls and allocations that fail: a choice of them that is always the same (`make test-faults` tries more), and a host that
# gives less and less memory.
# time: 120
set -u
cd "$TMP" || exit 1
if ldd "$CEPHTAP" 2>&1 | grep -qE 'not a dynamic|lib[a-z]*san'; then
	echo "skip faults - this binary takes no preloaded library"
else
	"$TOP/test/faults/run" --quick
fi

# ---- less and less memory ----

# All is there, or it is said what is not, and how it ends. From too little for anything to enough for all.
small() { # KILOBYTES
	(
		ulimit -c 0
		ulimit -v "$1"
		exec timeout 20 "$CEPHTAP" -q -c "$PROGS/marker_sem 20" -n 'guarded:::hit /arg0 == 3/ { ustack(); @ = count(); }'
	) >out 2>err </dev/null
	status=$?
	case $status in
	0) [ -s err ] || grep -q 'main+0x' out && tail -n 1 out | grep -qxE ' +1' ;;
	1) grep -qE '^(cephtap|error): .* .* ' err ;;
	*) false ;;
	esac
}
ldd "$CEPHTAP" 2>&1 | grep -q san && exit 0 # a sanitizer needs terabytes
bad= refused=0 done=0
for kb in 8000 10000 12000 16000 18000 20000 22000 24000 28000 40000 100000; do
	small $kb || bad="$bad; with $kb KB: status $status, $(head -c 300 out err)"
	[ $status = 0 ] && done=$((done + 1))
	[ $status = 1 ] && refused=$((refused + 1))
done
if [ -n "$bad" ]; then echo "not ok less-and-less-memory - ${bad#; }" | tr '\n' ' '; echo
elif [ $done -lt 2 ] || [ $refused -lt 2 ]; then echo "not ok less-and-less-memory - $done ended well, $refused did not: these limits try nothing"
else echo "ok less-and-less-memory"; fi
