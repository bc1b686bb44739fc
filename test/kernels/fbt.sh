#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Functions of the kernel and of a module: how often, with which arguments and results; many at a time, by each way of attaching;
# what cannot be traced.
. "$(dirname "$0")/lib.sh"

writes() { echo "dd if=/dev/zero of=/dev/null bs=7 count=$1 status=none"; }
grep -q ' [tT] register_kprobe$' /proc/kallsyms || { echo "skip fbt - this kernel has no kprobes"; exit 0; }

"$CEPHTAP" doctor | grep -q "kprobes .*multi-kprobe links" && options="--many --no-multi" || options=--many
for option in $options; do
	suffix=${option#--many}
	option=$suffix
	got=$(tap $option -n 'fbt::vfs_write:entry { @ = count(); @s = sum(args[2]); @raw = sum(arg2); @n = sum(strlen(stringof(args[0]->f_path.dentry->d_name.name))); }
		fbt:vmlinux:vfs_write:return { @r = count(); @v = sum(arg1); @t = sum(args[1]); }
		END { printa("%@u", @); printa(" %@u", @s); printa(" %@u", @raw); printa(" %@u", @n); printa(" %@u", @r); printa(" %@d", @v); printa(" %@d", @t); }' -c "$(writes 100)")
	equal "count$option" "100 700 700 400 100 700 700" "$got"
	got=$(tap $option -n 'fbt::vfs_write:entry { self->t = timestamp; } fbt::vfs_write:return /self->t/ { @ = count(); @d = min(timestamp - self->t); self->t = 0; }
		END { printa("%@u", @); printa(" %@d", @d); }' -c "$(writes 200)")
	check "pairs$option" awk '{ exit !($1 == 200 && $2 > 0) }' <<<"$got"
	# An int that is negative, in a register whose upper half is zero.
	got=$(tap $option -n 'fbt::do_sys_openat2:return /arg1 == -2 && args[1] < 0/ { @ = count(); } END { printa("%@u", @); }' -c 'cat /nonexistent' 2>/dev/null | tail -n 1)
	check "negative$option" test "${got:-0}" -ge 1
	tap $option -n 'fbt::vfs_*:entry { @[probefunc, probename] = count(); } fbt::vfs_*:return { @[probefunc, probename] = count(); }
		END { printa("%s %s %@u\n", @); }' -c "$(writes 50)" >"$TMP/out"
	check "glob$option" grep -q '^vfs_write entry 50$' "$TMP/out"
	check "glob-return$option" grep -q '^vfs_write return 50$' "$TMP/out"
	# Many calls of one function under way at the same time: each sleeps in it.
	got=$(tap $option -n 'fbt::hrtimer_nanosleep:entry { @e = count(); } fbt::hrtimer_nanosleep:return { @r = count(); } END { printa("%@u", @e); printa(" %@u", @r); }' \
		-c "bash -c 'for i in {1..60}; do sleep 3 & done; wait'")
	equal "under-way$option" "1 1" "$(awk '{ print ($1 >= 0), ($1 == $2) }' <<<"${got:-0 0}")"
	tap $option -n 'fbt::vfs_write:entry { @[stack()] = count(); @u[execname, pid == $target] = count(); }' -c "$(writes 20)" >"$TMP/out"
	check "stack$option" grep -q '`ksys_write' "$TMP/out"
	equal "stack-begins$option" vfs_write "$(sed -n 's/^ *[a-z]*`\([a-z_0-9]*\).*/\1/p' "$TMP/out" | head -n 1)"
	tap $option -n 'fbt::vfs_write:return { @[stack()] = count(); }' -c "$(writes 20)" >"$TMP/out"
	equal "stack-at-return$option" ksys_write "$(sed -n 's/^ *[a-z]*`\([a-z_0-9]*\).*/\1/p' "$TMP/out" | head -n 1)"
	# By whichever way: more than 64 functions are one link, where the kernel has such links.
	tap $option -n 'fbt::vfs_*:entry, fbt::vfs_*:return { @[probefunc, probename, stack()] = count(); } END { printa("=%s %s%k\n", @); }' -c "$(writes 20)" >"$TMP/out"
	equal "stack-of-many$option" "entry:vfs_write return:ksys_write " "$(awk '/^=vfs_write/ { name = $2; next }
		name != "" { sub(/.*`/, ""); sub(/\+.*/, ""); print name ":" $0; name = "" }' "$TMP/out" | sort | uniq | tr '\n' ' ')"
done

# ---- a function whose argument is a structure: by kprobes, whose returns not every kernel counts whole
got=$(tap -n 'fbt::from_kuid_munged:entry { @ = count(); @a = max(arg1 & 0xffffffff); } fbt::from_kuid_munged:return { @r = count(); @v = sum(arg1 & 0xffffffff); }
	END { printa("%@u", @); printa(" %@u", @a); printa(" %@u", @r); printa(" %@u", @v); }' -c 'setpriv --reuid 77 id -u' | tail -n 1)
check kprobe awk '{ exit !($1 > 0 && $1 == $3 && $2 == 77 && $4 >= 77 && $4 % 77 == 0) }' <<<"$got"

# ---- recorded, and replayed
timeout $LIMIT "$CEPHTAP" record -o "$TMP/fbt.rec" --tee -n 'fbt::vfs_write:entry /args[2] == 7/ { @[probefunc] = count(); @s[stack(2)] = count(); } END { printf("end\n"); }' \
	-c "$(writes 10)" >"$TMP/live" 2>"$TMP/err"
timeout $LIMIT "$CEPHTAP" replay "$TMP/fbt.rec" >"$TMP/again" 2>"$TMP/err"
check replayed cmp "$TMP/live" "$TMP/again"
check replayed-something grep -q 'vfs_write  *10' "$TMP/again"

# ---- everybody's, a process alone
start -n 'BEGIN { printf("begun\n"); } fbt::vfs_write:entry { @[execname] = count(); } END { printa("%s %@u\n", @); }'
dd if=/dev/zero of=/dev/null bs=1 count=30 status=none
stop
check everybody grep -q '^dd 30$' "$TMP/out"

# ---- a module
if [ -d /sys/module/overlay ]; then
	mkdir -p /run/l /run/u /run/w /run/m && echo text >/run/l/file
	mount -t overlay none -o lowerdir=/run/l,upperdir=/run/u,workdir=/run/w /run/m
	name=$("$CEPHTAP" list 'fbt:overlay:ovl_open:entry' 2>/dev/null | awk '$2 == "fbt" { print $4 }')
	equal module-list ovl_open "$name"
	if [ -e /sys/kernel/btf/overlay ]; then
		got=$(tap -n 'fbt:overlay:ovl_open:entry { @[probemod, stringof(args[1]->f_path.dentry->d_name.name)] = count(); } fbt:overlay:ovl_open:return { @r = sum(arg1 == 0); }
			END { printa("%s %s %@u", @); printa(" %@u", @r); }' -c 'cat /run/m/file' | tail -n 1)
		equal module "overlay file 1 1" "$got"
		got=$(tap -n 'fbt:overlay:ovl_*:entry { @[probefunc] = count(); } END { printa("%s %@u\n", @); }' -c 'cat /run/m/file' | grep -c '^ovl_open 1')
		equal module-glob 1 "$got"
		tap -e -n 'fbt:overlay:ovl_open:entry { trace(((struct ovl_fs *)0)->config.upperdir); }' >"$TMP/out"
		equal module-types 0 $?
	fi
else
	echo "skip module - there is no overlay module"
fi

# ---- what is not there
refused() { # NAME TEXT CLAUSE
	tap -n "$3" >"$TMP/out"
	equal "$1-status" 1 $?
	check "$1" grep -qF "$2" "$TMP/err"
}
refused near 'did you mean `vfs_read`' 'fbt::vfs_reed:entry { }'
refused name 'has the probes `entry` and `return`' 'fbt::vfs_read:start { }'
refused module-name 'has no module `nosuch`' 'fbt:nosuch:vfs_read:entry { }'
refused not-traceable 'does not let its function' 'fbt::asm_exc_page_fault:entry { }'
refused offset 'Linux does not tell' 'fbt::vfs_read:return { trace(args[0]); }'
refused raw-offset 'Linux does not tell' 'fbt::vfs_read:return { trace(arg0); }'
