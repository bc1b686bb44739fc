#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# time: 300
# apart: files
#
# Files on a file system that a program answers for (FUSE), and that falls silent: cephtap gives the file up with a sentence
# and goes on with the others; it does not wait, and does not make the host wait. As long as it answers, all works.
set -u

[ "$(id -u)" = 0 ] || { echo "skip silent-files - needs root"; exit 0; }
[ -c /dev/fuse ] || { echo "skip silent-files - no /dev/fuse"; exit 0; }
. "$TOP/test/e2e/lib-files.sh"
mkdir -p "$TMP/mnt"
silent="is on a file system that does not answer: it is left out"

# A file system with one program, and the program run from it. `exec 9` is what keeps it up.
mount_file() { # PROGRAM WHEN
	rm -f "$TMP/up" "$TMP/mounted"
	mkfifo "$TMP/up"
	"$PROGS/fuse_file" "$TMP/mnt" "$PROGS/$1" "$2" 120 <"$TMP/up" >"$TMP/mounted" 2>"$TMP/err" &
	server=$!
	exec 9>"$TMP/up"
	await grep -q mounted "$TMP/mounted" || { echo "skip silent-files - $(cat "$TMP/err")"; exit 0; }
	"$TMP/mnt/$1" 100 9>&- &
	program=$!
	children="$children $server $program"
	await grep -q "$TMP/mnt/$1" "/proc/$program/maps"
}
unmount_file() {
	kill -USR2 $server 2>/dev/null
	kill -KILL $program 2>/dev/null
	wait $program 2>/dev/null
	exec 9>&-
	wait $server 2>/dev/null
	umount -l "$TMP/mnt" 2>/dev/null
}
run() { # SECONDS-AT-MOST NAME CEPHTAP-ARGUMENTS...; the machine may be loaded: the limit is far above the two seconds
	local limit=$1 name=$2 began=$SECONDS
	shift 2
	timeout 100 "$CEPHTAP" "$@" >"$TMP/out" 2>"$TMP/err" 9>&-
	status=$?
	check "$name-ends" test $((SECONDS - began)) -lt "$limit"
}
said() { grep -q "$TMP/mnt/.* $silent" "$TMP/err"; }

# ---- it answers
mount_file loop_target nothing
run 30 answers -q --seconds 1 -p $program -n 'loop:::turn { @[usym(arg0) != 0] = count(); }'
run 30 answers-marker -q --seconds 1 -n 'loop:loop_target::turn /pid == '$program'/ { @ = count(); }'
check answers-marker-counts grep -q '[0-9]' "$TMP/out"
run 30 answers-function -q --seconds 1 -p $program -n 'pid$target:loop_target:main: { } pid$target:libc:usleep:entry { @[ustack(2)] = count(); }'
check answers-stack grep -q 'loop_target`main' "$TMP/out"
run 30 answers-list list -v -p $program 'loop:::'
check answers-list-there grep -q "at $TMP/mnt/loop_target" "$TMP/out"
unmount_file

# ---- it does not; the same program from elsewhere goes on being counted
"$PROGS/loop_target" 100 &
other=$!
children="$children $other"
for when in getattr open read flush; do
	mount_file loop_target $when
	kill -USR1 $server
	await test "$(awk '/^SigCgt/ { print "there" }' /proc/$server/status)" = there
	run 40 $when-marker -q --seconds 1 -n 'loop:::turn { @[pid] = count(); }'
	check $when-marker test $status = 0
	check $when-marker-other grep -qw $other "$TMP/out"
	[ $when = flush ] || check $when-marker-said said
	run 40 $when-list list 'loop:::'
	run 40 $when-stack -q --seconds 1 -n 'profile-97 /pid == '$program' || pid == '$other'/ { @[ustack()] = count(); }'
	check $when-stack test $status = 0
	run 40 $when-process -q --seconds 1 -p $program -n 'loop:::turn { @ = count(); }'
	[ $when = flush ] || check $when-process-said said
	run 40 $when-report report profile --seconds 1 -p $program
	unmount_file
done

# ---- a page that the kernel would wait for, with locks that all processes of the host need to start another one
page=$(printf '0x%x' $((0x$(readelf -n "$PROGS/far_marker" | awk '/Name: away/ { getline; print $2 }' | tr -d , | sed 's/0x0*//'))))
mount_file far_marker "read@$page!"
run 40 page -q --seconds 1 -p $program -n 'far:::away { @ = count(); }'
check page-said grep -q "$TMP/mnt/far_marker is left out: its file system does not answer" "$TMP/err"
check page-process kill -0 $program
check page-nobody-waits timeout 5 sh -c 'true & wait'
unmount_file

# ---- somebody else's file system: only when it is asked for
rm -f "$TMP/up" && mkfifo "$TMP/up"
cat >"$TMP/boxed.sh" <<EOF
"$PROGS/fuse_file" "$TMP/mnt" "$PROGS/loop_target" nothing 100 <"$TMP/up" >"$TMP/mounted" &
for _ in \$(seq 200); do grep -q mounted "$TMP/mounted" && break; sleep 0.05; done
exec "$TMP/mnt/loop_target" 100 9>&-
EOF
rm -f "$TMP/mounted"
if unshare -Um --map-root-user true 2>/dev/null; then
	unshare -Um --map-root-user bash "$TMP/boxed.sh" 2>"$TMP/box.err" &
	program=$!
	children="$children $program"
	exec 9>"$TMP/up"
	await grep -q "$TMP/mnt/loop_target" /proc/$program/maps
	run 40 foreign -q --seconds 1 -n 'loop:::turn { @[pid] = count(); }'
	check foreign-other grep -qw $other "$TMP/out"
	check foreign-not test "$(grep -cw $program "$TMP/out")" = 0
	kill -KILL $program
	exec 9>&-
else
	echo "skip foreign - no user namespaces"
fi

# ---- mounted for a user by a helper of the host's (fusermount), from a source that is called as root's option
as_user() { exec setpriv --ruid=65534 env FUSE_SOURCE="$source" "$PROGS/fuse_file" "$@"; }
for source in fuse_file user_id=0,group_id=0, 'a - fuse b user_id=0,'; do
	rm -f "$TMP/up" "$TMP/mounted"
	mkfifo "$TMP/up"
	(as_user "$TMP/mnt" "$PROGS/loop_target" nothing 120) <"$TMP/up" >"$TMP/mounted" 2>"$TMP/err" &
	server=$!
	exec 9>"$TMP/up"
	await grep -q mounted "$TMP/mounted"
	"$TMP/mnt/loop_target" 100 9>&- &
	program=$!
	children="$children $server $program"
	await grep -q "$TMP/mnt/loop_target" "/proc/$program/maps"
	run 40 "user-$source" -q --seconds 1 -n 'loop:::turn { @[pid] = count(); }'
	check "user-$source-other" grep -qw $other "$TMP/out"
	check "user-$source-not" test "$(grep -cw $program "$TMP/out")" = 0
	unmount_file
done
exit 0
