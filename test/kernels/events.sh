#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The kernel's own probes: system calls, scheduler, processes, disks, tracepoints, timers.
. "$(dirname "$0")/lib.sh"

for option in "" --no-multi; do
	got=$(tap $option -n 'syscall::read:entry, syscall::read:return { @[probename] = count(); } END { printa("%s=%@u ", @); }' \
		-c 'dd if=/dev/zero of=/dev/null bs=1 count=3000 status=none')
	e=$(sed 's/.*entry=\([0-9]*\).*/\1/' <<<"$got") r=$(sed 's/.*return=\([0-9]*\).*/\1/' <<<"$got")
	check "syscalls$option" test "$e" -ge 3000 -a "$e" -lt 3030 -a "$e" = "$r"
	got=$(tap $option -n 'syscall::write:entry /arg0 == 1/ { @ = sum(arg2); } syscall::write:return /arg1 == 7/ { @n = count(); } END { printa("%@u", @); printa(" %@u", @n); }' \
		-c 'dd if=/dev/zero of=/dev/null bs=7 count=100 status=none')
	equal "arguments$option" "700 100" "$got"
done
got=$(tap -n 'syscall::newfstatat:return, syscall::stat:return, syscall::statx:return /errno == 2/ { @ = count(); } END { printa("%@u", @); }' \
	-c 'stat /nonexistent/a /nonexistent/b' 2>/dev/null | tail -n 1)
equal errno 2 "$got"
got=$(tap -n 'syscall::openat:entry /copyinstr(arg1) == "/etc/passwd"/ { @[copyinstr(arg1)] = count(); } END { printa("%s %@u", @); }' \
	-c 'cat /etc/passwd' | tail -n 1)
equal open-path "/etc/passwd 1" "$got"

# ---- processes
start -n 'BEGIN { printf("begun\n"); } proc:::exec-success /execname == "uniq"/ { @n["exec"] = count(); mine[pid] = 1; }
	proc:::exit /mine[pid]/ { @n["exit"] = count(); } proc:::create /execname == "bash"/ { @n["create"] = count(); }
	proc:::start /execname == "bash"/ { @n["start"] = count(); } proc:::signal-send /args[2] == 10/ { @n["signal"] = count(); }
	END { printa("%s=%@u\n", @n); }'
for _ in 1 2 3 4 5; do uniq </dev/null; done
bash -c 'trap : USR1; kill -USR1 $$; kill -USR1 $$'
stop
equal exec "exec=5" "$(grep ^exec "$TMP/out")"
equal exit "exit=5" "$(grep ^exit "$TMP/out")"
equal signals "signal=2" "$(grep ^signal "$TMP/out")"
created=$(sed -n 's/^create=//p' "$TMP/out") started=$(sed -n 's/^start=//p' "$TMP/out")
check create test "${created:-0}" -ge 6 -a "$created" = "$started"

# ---- the scheduler, against the kernel's own account
cat >"$TMP/busy.sh" <<'SH'
i=0
while [ $i -lt 30 ]; do j=0; while [ $j -lt 2000 ]; do j=$((j + 1)); done; i=$((i + 1)); sleep 0.01; done
while read -r on wait times; do echo "kernel $on"; done </proc/self/schedstat
SH
tap -n 'sched:::on-cpu /pid == $target/ { self->on = timestamp; } sched:::off-cpu /self->on/ { @on = sum(timestamp - self->on); self->on = 0; }
	sched:::sleep /pid == $target/ { @sleep = count(); }
	sched:::enqueue /args[1]->pr_pid == $target/ { @e = count(); } sched:::dequeue /args[1]->pr_pid == $target/ { @d = count(); }
	END { printa("on %@u\n", @on); printa("sleep %@u\n", @sleep); printa("enqueue %@u\n", @e); printa("dequeue %@u\n", @d); }' \
	-c "bash $TMP/busy.sh" >"$TMP/out"
check on-cpu awk '{ v[$1] = $2 } END { d = v["on"] - v["kernel"]; exit !(v["kernel"] > 0 && d < 0.15 * v["kernel"] && -d < 0.15 * v["kernel"]) }' "$TMP/out"
check run-queue awk '{ v[$1] = $2 } END { d = v["enqueue"] - v["dequeue"]; exit !(v["sleep"] >= 30 && v["dequeue"] >= 30 && d <= 2 && d >= -2) }' "$TMP/out"

# ---- disks
dd if=/dev/zero of=/var/tmp/file bs=1M count=8 conv=fsync status=none
sync
start -n 'BEGIN { printf("begun\n"); } io:::start /execname == "dd"/ { @b = sum(args[0]->b_bcount); @f[args[0]->b_flags & B_READ ? "read" : "write"] = count(); at[args[0]->b_edev, args[0]->b_blkno] = 1; }
	io:::start /execname == "dd"/ { @dev[args[1]->dev_statname] = count(); }
	io:::done /at[args[0]->b_edev, args[0]->b_blkno]/ { @d = sum(args[0]->b_bcount); }
	END { printa("start %@u\n", @b); printa("done %@u\n", @d); printa("%s\n", @f); printa("dev %s\n", @dev); }'
dd if=/var/tmp/file of=/dev/null bs=1M iflag=direct status=none
stop
equal io-start "start 8388608" "$(grep ^start "$TMP/out")"
equal io-done "done 8388608" "$(grep ^done "$TMP/out")"
equal io-read "read" "$(grep '^read\|^write' "$TMP/out")"

# ---- tracepoints, types of the kernel, timers
got=$(tap -n 'rawtp:::sched_process_exit /args[0]->tgid == pid/ { @ = count(); } END { printa("%@u", @); }' -c 'true')
check tracepoint test "${got:-0}" -ge 1
got=$(tap -n 'BEGIN { printf("%d %s", ((struct task_struct *)curthread)->tgid == pid, curthread->comm); exit(0); }')
equal types "1 cephtap" "$got"
got=$(tap -n 'tick-20ms { n++; } tick-20ms /n == 10/ { printf("%d", n); exit(0); }')
equal tick 10 "$got"
tap_and_kill stack_target -n 'profile-500 /pid == $target/ { @[arg1 != 0] = count(); n++; } tick-100ms /n > 50/ { exit(0); } END { printa("%d ", @); }' \
	-c "$PROGS/stack_target 1 100000"
check profile grep -q '1 ' "$TMP/out"
got=$(tap -n 'BEGIN { self->t = timestamp; w = walltimestamp; printf("%d %d", timestamp > 0, w / 1000000000); exit(0); }')
now=$(date +%s)
check walltimestamp awk -v now="$now" '{ exit !($1 == 1 && now - $2 < 100 && $2 <= now) }' <<<"$got"
