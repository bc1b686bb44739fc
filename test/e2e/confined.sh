#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Where /sys and /proc are not there, or do not tell the truth, as in a container: what a number depends on is asked of the kernel, and
# what cannot be known is said.
# time: 120
[ "$(id -u)" = 0 ] || { echo "skip confined - needs root"; exit 0; }
unshare -m true 2>/dev/null || { echo "skip confined - no mount namespace may be made"; exit 0; }
cd "$TMP" || exit 1
last=$(($(nproc --all) - 1))

verdict() { # NAME STATUS WHY
	[ "$2" = 0 ] && echo "ok $1" || echo "not ok $1 - $(echo "$3" | tr '\n' ' ')"
}
within() { # MOUNTS COMMAND...: stdout in out, stderr in err
	local mounts=$1
	shift
	timeout 60 unshare -m sh -c "$mounts"'; exec "$@"' sh "$@" >out 2>err </dev/null
}
# Whoever hands over too little room for what the kernel writes gets its heap checked.
checked() { within "$1" env LD_PRELOAD=libc_malloc_debug.so.0 GLIBC_TUNABLES=glibc.malloc.check=3 "${@:2}"; }

# The last processor has something to count, in all kinds of maps: one that is left out would show.
counts='BEGIN { @ = count(); @k[cpu] = count(); @t[execname, cpu] = quantize(1); printf("%s %d\n", strjoin("a", execname), 1);
	self->x[1] = 2; printa("%@d\n", @); printa("%d %@d\n", @k); trunc(@k); clear(@); printa("%@d\n", @); printa("%d %@d\n", @k); exit(0); }
	END { printf("end\n"); }'
wanted="acephtap 1 1 $last 1 0 end"
same_numbers() { # NAME MOUNTS
	checked "$2" taskset -c $last "$CEPHTAP" -q -n "$counts"
	local status=$?
	[ $status = 0 ] && [ "$(sed '/^$/,$d' out | tr '\n' ' ' | sed 's/ $//')" = "$wanted" ] && [ ! -s err ]
	verdict "$1: aggregations" $? "status $status, wanted $wanted, got $(head -c 300 out) $(cat err)"
	taskset -c $last sh -c 'while :; do :; done' & # some hosts let the timers of a processor rest that has nothing to do
	local busy=$!
	checked "$2" "$CEPHTAP" -q -n 'profile-97 { @[cpu] = count(); } tick-1s { exit(0); } END { printa("%d %@d\n", @); }'
	status=$?
	kill $busy
	wait $busy 2>/dev/null
	[ $status = 0 ] && [ "$(sed -n "s/^$last \([0-9]*\)$/\1/p" out)" -gt 20 ]
	verdict "$1: timers on each processor" $? "status $status $(cat out err)"
}
same_numbers "as usual" true
same_numbers "without /sys" "mount -t tmpfs none /sys"
for possible in 0 0-511 '' 'rubbish' '99999999999999999999' '0-0,2' '-1'; do
	printf '%s\n' "$possible" >possible
	same_numbers "/sys says \`$possible\`" "mount --bind $TMP/possible /sys/devices/system/cpu/possible"
done

says() { # NAME MOUNTS STATUS SENTENCE ARGUMENT...: that, and no word of a library's
	within "$2" "$CEPHTAP" "${@:5}"
	local status=$?
	[ $status = "$3" ] && grep -q "$4" err && ! grep -q '^libbpf' err
	verdict "$1" $? "status $status $(cat out err)"
}
sys="mount -t tmpfs none /sys"
proc="mount -t tmpfs none /proc"
says "no types of the kernel" "$sys" 1 'in /sys/kernel/btf, and /sys is not mounted here' -q -n 'rawtp:::sched_switch { exit(0); }'
says "nor behind curthread" "$sys" 1 'in /sys/kernel/btf, and /sys is not mounted here' -q -n 'BEGIN { trace(curthread->pid); exit(0); }'
says "nor for a provider of the kernel" "$sys" 1 'in /sys/kernel/btf, and /sys is not mounted here' -q -n 'sched:::on-cpu { exit(0); }'
says "perf's uprobes" "$sys" 1 'mount /sys' -q --no-multi -n 'lang:::hit { exit(0); }' -c "$PROGS/lang_target 1000"
within "$sys" "$CEPHTAP" -q -n 'lang:::hit { @ = count(); } END { printa("%@d\n", @); }' -c "$PROGS/lang_target 1000"
[ "$(cat out)" = 1000 ]
verdict "markers need neither" $? "$(cat out err)"
within "$sys" "$CEPHTAP" doctor
grep -q 'types (BTF) .*/sys is not mounted here' out && ! grep -q libbpf err
verdict "doctor without /sys" $? "$(cat out err)"
for arguments in "-q -n BEGIN{exit(0);}" "-q -n lang:::hit{exit(0);}" "record -o x.rec -n BEGIN{exit(0);}" "report sched --seconds 1" \
	"report osd --seconds 1" "top --once" "demo" "-n BEGIN{exit(0);} -c true" "-p 1 -n BEGIN{exit(0);}"; do
	read -ra words <<<"$arguments"
	says "without /proc: ${words[*]:0:3}" "$proc" 1 'there is no /proc here' "${words[@]}"
done
within "$proc" "$CEPHTAP" doctor
grep -q 'missing  /proc' out && grep -q 'ok       capabilities' out
verdict "doctor without /proc" $? "$(cat out err)"
if unshare -m mount -t proc -o subset=pid none /proc 2>/dev/null; then
	within "mount -t proc -o subset=pid none /proc" "$CEPHTAP" report sched --seconds 1
	grep -q '^host: how busy processors were cannot be read from /proc/stat; /proc/pressure/cpu does not tell' out
	verdict "with processes alone in /proc, nothing is said to be 0" $? "$(head -3 out) $(cat err)"
	within "mount -t proc -o subset=pid none /proc" "$CEPHTAP" report sched --seconds 1 --json
	[ "$(head -n 1 out | grep -o '"host":{[^}]*}' | tr -d ' ')" = '"host":{}' ]
	verdict "nor as JSON" $? "$(head -c 300 out) $(cat err)"
else
	echo "skip with processes alone in /proc - this kernel cannot hide the rest"
fi
if within "mount -t proc -o hidepid=2 none /proc" "$CEPHTAP" -q -n 'BEGIN { exit(0); }'; then
	within "mount -t proc -o hidepid=2 none /proc" "$CEPHTAP" -q -n 'lang:::hit { @ = count(); } END { printa("%@d\n", @); }' -c "$PROGS/lang_target 100"
	[ "$(cat out)" = 100 ]
	verdict "with others' processes hidden, root traces" $? "$(cat out err)"
fi
