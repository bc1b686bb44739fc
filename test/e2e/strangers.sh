#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# time: 400
#
# Programs of users who say that they are Ceph's: they are not believed, they are named with their user, and everybody else's
# numbers are what they are.
set -u
. "$TOP/test/e2e/lib-strangers.sh"

# ---- who is a daemon of Ceph's ------------------------------------------------------------------------------------------

# A file of root's that is called ceph-osd and has one note.
loops 'CEPHTAP_MARKER(ceph_osd, op__done, i)' | compile "$TMP/one/ceph-osd"
as $nobody "$TMP/one/ceph-osd" -i 9007
one=$child
runs $one "$TMP/one/ceph-osd"
named="process $one \(uid $nobody, $TMP/one/ceph-osd\) is left out: the file has neither the functions nor the markers"
if [ -x /usr/bin/ceph-osd ]; then
	for report in osd slow-ops op client bluestore recovery profile sched offcpu io; do
		tap report $report --seconds 1
		check "report-$report" status_is 0
		check "report-$report-named" once "$named"
	done
	tap record -o "$TMP/x.rec" osd --seconds 1
	check record status_is 0
	check record-named once "$named"
	tap replay "$TMP/x.rec"
	check replay-named once "$named"
	tap -q -n 'ceph_osd:::op-done { @ = sum(args[3]); } ceph_*:::op-recv { @n = count(); } tick-300ms { exit(0); }'
	check script status_is 0
	check script-named once "$named"
	tap top --once
	check top-named once "$named"
	tap list ceph_osd:::op-done
	check list-named once "$named"
fi
tap doctor
check doctor-named grep -qE "osd.9007 +process $one \(uid $nobody\), $TMP/one/ceph-osd: left out of reports" "$out"
tap -q -p $one -n 'ceph_osd:::op-done { @[daemon] = count(); } tick-300ms { exit(0); }'
check chosen-by-number grep -qE '^ +osd.9007 +[1-9]' "$out"
tap -q --osd 9007 -n 'ceph_osd:::op-done { @[daemon] = count(); } tick-300ms { exit(0); }'
check chosen-by-name grep -qE '^ +osd.9007 +[1-9]' "$out"
check chosen-by-name-with-a-word says "osd.9007 is process $one \(uid $nobody, .*\), in doubt"
tap -q --untrusted -n 'ceph_osd:::op-done { @[daemon] = count(); } tick-300ms { exit(0); }'
check untrusted grep -qE '^ +osd.9007 +[1-9]' "$out"
tap -q --daemon 'osd.900*' -n 'ceph_osd:::op-done { @[daemon] = count(); } tick-300ms { exit(0); }'
check not-by-a-pattern status_is 1
check not-by-a-pattern-named says '1 process only looks like it.*--untrusted'
tap -q --untrusted --daemon 'osd.900*' -n 'ceph_osd:::op-done { @[daemon] = count(); } tick-300ms { exit(0); }'
check untrusted-pattern grep -qE '^ +osd.9007 +[1-9]' "$out"
tap -q -p $one -n 'ceph_osd:::op-done { @ = sum(args[3]); } tick-300ms { exit(0); }'
check chosen-lacks-arguments says 'args\[3\] \(inb\) is not available at ceph_osd:ceph-osd::op-done: it has only 1 argument there'
tap -q -p $one -n 'ceph_osd:::op-done { @ = sum(arg3); } tick-300ms { exit(0); }'
check chosen-lacks-number says 'arg3 \(inb\) is not available at ceph_osd:ceph-osd::op-done: it has only 1 argument there'
end $one

# The same markers, in a file of another name: nobody's are nobody's.
loops 'CEPHTAP_MARKER(ceph_osd, op__done, i)' | compile "$TMP/evil/evil"
chown -R $nobody "$TMP/evil"
as $nobody "$TMP/evil/evil"
evil=$child
runs $evil "$TMP/evil/evil"
tap -q -n 'ceph_*:::op-done { @[pid] = count(); } tick-300ms { exit(0); }'
check other-file [ -z "$(grep "$evil" "$out")" ]
check other-file-named once "process $evil \(uid $nobody, $TMP/evil/evil\) is left out: a user other than root can write the file"
end $evil

# A client's library of a user's own.
echo "$head
void fire(long i) { CEPHTAP_MARKER(ceph_client, op__submit, i); }" | compile "$TMP/client/librados.so.2.0.0" -shared -fPIC
loops 'fire(i)' | compile "$TMP/client/program" -Wl,--no-as-needed "$TMP/client/librados.so.2.0.0" -Wl,-rpath,"$TMP/client"
chown -R $nobody "$TMP/client"
as $nobody "$TMP/client/program" --name client.admin
client=$child
runs $client "$TMP/client/program"
if [ -e /usr/lib/x86_64-linux-gnu/librados.so.2 ]; then
	tap report client --seconds 1
	check client status_is 0
	check client-named once "process $client \(uid $nobody, $TMP/client/librados.so.2.0.0\) is left out: a user other than root can write the file"
fi
tap -q -n "profile-997 /pid == $client/ { @[daemon, procname] = count(); } tick-300ms { exit(0); }"
check client-has-no-name [ -z "$(grep client.admin "$out")" ]
end $client

# Only by its name, and by nothing at all.
cp "$(command -v sleep)" "$TMP/ceph-osd"
as $nobody bash -c 'exec -a ceph-osd sleep 100 -i 9007'
by_argument=$child
printf '#include <sys/prctl.h>\n#include <unistd.h>\nint main() { prctl(PR_SET_NAME, "ceph-osd"); sleep(100); }\n' | compile "$TMP/name"
as $nobody "$TMP/name"
by_command=$child
wait_for 10 has_name $by_command ceph-osd
tap -q -n 'profile-1000 { @[daemon] = count(); } tick-1s { exit(0); }'
check by-command says "process $by_command \(uid $nobody, .*\) is left out: only its name is that of one of Ceph's daemons"
check by-argument [ -z "$(grep -E 'osd.9007' "$out")" ]
end $by_argument $by_command

# A command that is called as a daemon is: its row is its own.
cp "$(command -v yes)" "$TMP/osd.3"
cp "$(command -v yes)" "$TMP/client.rgw.abc"
cp "$(command -v yes)" "$TMP/osdx.3"
for name in osd.3 client.rgw.abc osdx.3; do
	as $nobody "$TMP/$name"
	wait_for 10 has_name "$child" "$name"
	for size in 8 16 24 256; do
		tap -q -x strsize=$size -n "profile-997 /pid == $child/ { this->s = procname; printf(\"[%s] [%s]\n\", procname, this->s); exit(0); }"
		case $name in osdx*) want=$name ;; *) want=~$name ;; esac
		check "procname-$name-$size" grep -qxF "[$want] [${want:0:$((size - 1))}]" "$out"
	done
	end $child
done

# Ceph's build-id, Ceph's functions, at addresses that are none.
id=$(readelf -n /usr/bin/ceph-osd 2>/dev/null | awk '/Build ID/ { print $3 }')
nm -D --defined-only /usr/bin/ceph-osd 2>/dev/null | awk '$2 ~ /[TW]/ && n++ % 7 == 0 { print $3 }' | head -n 5000 >"$TMP/names"
nm -D --defined-only /usr/bin/ceph-osd 2>/dev/null | grep -oE '_ZN(12PrimaryLogPG|3OSD|9BlueStore|12KernelDevice|17ReplicatedBackend)[A-Za-z0-9_]*$' >>"$TMP/names"
{
	echo "$head"
	echo 'int main() { for (;;) { CEPHTAP_MARKER(ceph_osd, op__done, 1L); usleep(2000); } } char data[64] = "x"; __asm__('
	sort -u "$TMP/names" | awk '{ at = NR % 4; printf "\".globl %s\\n.type %s, %%function\\n.set %s, %s\\n\"\n", $1, $1, $1, at == 0 ? "main + 1" : at == 1 ? "data + 3" : at == 2 ? "0xfffffffffffffff0" : "main + 0x7fffff" }'
	echo ');'
} | compile "$TMP/forged/ceph-osd" -rdynamic ${id:+-Wl,--build-id=0x$id} -no-pie
chown -R $nobody "$TMP/forged"
as $nobody "$TMP/forged/ceph-osd" -i 9001
forged=$child
runs $forged "$TMP/forged/ceph-osd"
tap -q -n 'ceph_*::: { @[pid] = count(); } tick-300ms { exit(0); }'
check forged-status status_is 0
check forged-named once "process $forged \(uid $nobody, $TMP/forged/ceph-osd\) is left out: a user other than root can write the file"
check forged-stays-out [ -z "$(grep " $forged " "$out")" ]
for command in "-q --seconds 1 -p $forged -n ceph_*:::{@[probename]=count();}" "report osd --seconds 1 -p $forged" "list -v -p $forged ceph_*:::" doctor; do
	# shellcheck disable=SC2086 # words
	limit=60 tap $command
	check "forged-chosen $command" [ "$status" -le 1 ]
	kill -0 $forged && echo "ok forged-lives" || echo "not ok forged-lives - after $command"
done
end $forged

[ -x /usr/bin/ceph-osd ] || { echo "skip strangers-stock - no ceph-osd here"; exit 0; }

# ---- the program itself, but not as it was made --------------------------------------------------------------------------

# Preloaded: main() never runs; instead a function with a marker is called, 500 times a second, as if by Ceph.
compile "$TMP/lib/stand_in.so" -shared -fPIC <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
static sigjmp_buf back;
static void on_fault(int number) { siglongjmp(back, 1); }
__attribute__((constructor)) static void stand_in(void)
{
	void (*submit)(void *, void *) = dlsym(RTLD_DEFAULT, "_ZN9BlueStore23_deferred_submit_unlockEPNS_11OpSequencerE");
	signal(SIGSEGV, on_fault);
	signal(SIGBUS, on_fault);
	for (;;) {
		if (submit && !sigsetjmp(back, 1))
			submit(0, 0);
		usleep(2000);
	}
}
C
mkdir -p "$TMP/user" && cp "$TMP/lib/stand_in.so" "$TMP/user/" && cp /usr/bin/ceph-osd "$TMP/user/ceph-osd" && chown -R $nobody "$TMP/user"
count='ceph_store:::deferred-submit { @[daemon, uid] = count(); } tick-300ms { exit(0); }'
osd() { # UID LIBRARY PROGRAM NUMBER
	local program=$3
	as "$1" env LD_PRELOAD="$2" "$program" -i "$4"
	runs $child "$program" || echo "not ok started - $program as $1"
}

osd 0 "$TMP/lib/stand_in.so" /usr/bin/ceph-osd 9003
ours=$child
osd 64045 "$TMP/lib/stand_in.so" /usr/bin/ceph-osd 9004 # as packages and containers run it: not root, and nothing that it could write
cephs=$child
tap -q -n "$count"
check own-daemons [ "$(grep -cE '^ +(osd.9003 +0|osd.9004 +64045) +[1-9]' "$out")" = 2 ]
check own-daemons-without-a-word [ ! -s "$err" ]

osd $nobody "$TMP/user/stand_in.so" /usr/bin/ceph-osd 9005 # its own library in Ceph's program
preloaded=$child
osd $nobody "$TMP/lib/stand_in.so" "$TMP/user/ceph-osd" 9003 # its own copy of the program, build-id and all
copied=$child
cp /usr/bin/ceph-osd "$TMP/user/foreign" && mkdir -p "$TMP/other" && mv "$TMP/user/foreign" "$TMP/other/ceph-osd" && chown 12345 "$TMP/other/ceph-osd"
osd $nobody "$TMP/lib/stand_in.so" "$TMP/other/ceph-osd" 9006 # of a friend, whom nobody can tell from it
friends=$child
tap -q -n "$count"
stay_out() { ! grep -qE " $nobody " "$out"; }
check strangers-stay-out stay_out
check strangers-rest [ "$(grep -cE '^ +(osd.9003 +0|osd.9004 +64045) +[1-9]' "$out")" = 2 ]
check strangers-preloaded once "process $preloaded \(uid $nobody, $TMP/user/stand_in.so\) is left out: it runs code from a file that a user other than root can write"
check strangers-copied once "2 processes, $copied \(uid $nobody, $TMP/user/ceph-osd\) and $friends \(uid $nobody, $TMP/other/ceph-osd\), are left out: a user other than root can write the file"
tap -q --osd 9003 -n "$count"
check by-name-ours [ "$(grep -c . "$out")" = 1 ]
check by-name-ours-row grep -qE '^ +osd.9003 +0 +[1-9]' "$out"
check by-name-named says "$copied \(uid $nobody, $TMP/user/ceph-osd\)"
tap -q -p $ours -p $copied -n "$count"
check both-apart [ "$(grep -cE "^ +(osd.9003 +0|osd.9003#$copied +$nobody) +[1-9]" "$out")" = 2 ]
osd $nobody "$TMP/user/stand_in.so" /usr/bin/ceph-osd 9008
check late-start runs $child /usr/bin/ceph-osd
tap top --once
check top status_is 0
check top-named says "$preloaded"
check top-ours grep -qE '^ *osd.9003' "$out"
check top-strangers [ -z "$(grep -E 'osd\.900[568]' "$out")" ]
end $child $preloaded $copied $friends

# Ceph's program on a file system that a user may have made.
mkdir -p "$TMP/mnt"
if mount -t tmpfs -o nosuid,mode=755 none "$TMP/mnt" 2>/dev/null; then
	cp /usr/bin/ceph-osd "$TMP/mnt/ceph-osd"
	osd $nobody "$TMP/lib/stand_in.so" "$TMP/mnt/ceph-osd" 9009
	mounted=$child
	tap -q -n "$count"
	check mount-stays-out stay_out
	check mount-named once "process $mounted .* is left out: the file lies on a mount of a user's"
	end $mounted
	umount -l "$TMP/mnt"
else
	echo "skip mount - cannot mount here"
fi

# The same served by a program of a user's, which says that root owns the file.
mkdir -p "$TMP/fuse"
sleep 60 | setpriv --ruid=$nobody "$PROGS/fuse_file" "$TMP/fuse" /usr/bin/ceph-osd nothing 60 >/dev/null 2>&1 &
fuse=$!
children="$children $fuse"
served() { [ -e "$TMP/fuse/ceph-osd" ] || has_ended $fuse; }
wait_for 10 served
if [ -e "$TMP/fuse/ceph-osd" ] && [ "$(stat -c %u "$TMP/fuse/ceph-osd")" = 0 ]; then
	osd $nobody "$TMP/lib/stand_in.so" "$TMP/fuse/ceph-osd" 9009
	served=$child
	tap -q -n "$count"
	check fuse-stays-out stay_out
	check fuse-named once "process $served .* is left out: the file lies on a mount of a user's"
	end $served
else
	echo "skip fuse - cannot mount here"
fi
umount -l "$TMP/fuse" 2>/dev/null
end $fuse

# Root of a namespace of its own is not root.
if setpriv --reuid=$nobody --regid=$nobody --clear-groups unshare -Ur true 2>/dev/null; then
	as $nobody unshare -Ur env LD_PRELOAD="$TMP/user/stand_in.so" "$TMP/user/ceph-osd" -i 9003
	inside=$child
	runs $inside "$TMP/user/ceph-osd"
	tap -q -n "$count"
	check namespace-stays-out stay_out
	check namespace-named once "process $inside \(uid $nobody, $TMP/user/ceph-osd\) is left out"
	end $inside
else
	echo "skip namespace - users may not make any here"
fi

# Two of root's with one name: two rows, as neither is the other.
osd 0 "$TMP/lib/stand_in.so" /usr/bin/ceph-osd 9003
second=$child
tap -q -n "$count"
check twins [ "$(grep -cE "^ +(osd.9003#$ours|osd.9003#$second) +0 +[1-9]" "$out")" = 2 ]
end $second
# A stranger who runs Ceph's program as it is has a row too, and no name that is somebody's.
osd $nobody "$TMP/lib/stand_in.so" /usr/bin/ceph-osd 9003
third=$child
tap -q -n "$count"
check same-program [ "$(grep -cE "^ +(osd.9003 +0|osd.9003#$third +$nobody) +[1-9]" "$out")" = 2 ]
end $third

# More users who do that than can be told one by one: root is left, and that is said.
crowd=
for i in 1 2 3 4 5 6 7 8 9; do
	osd $((20000 + i)) "$TMP/user/stand_in.so" /usr/bin/ceph-osd $((9010 + i))
	crowd="$crowd $child"
done
tap -q -n "$count"
check crowd-root grep -qE '^ +osd.9003 +0 +[1-9]' "$out"
check crowd-out [ -z "$(grep -E ' (2000[1-9]|64045) ' "$out")" ]
check crowd-named once "process $cephs .* is left out: so many users run code of their own"
# shellcheck disable=SC2086
end $crowd

# ---- five hundred of them -----------------------------------------------------------------------------------------------

{ echo "$head"; echo 'int main() { CEPHTAP_MARKER(ceph_osd, op__done, 1L); for (;;) pause(); }'; } | compile "$TMP/evil/quiet"
mkdir -p "$TMP/flood" && chmod 755 "$TMP/flood"
cat >"$TMP/flood.py" <<'PY'
import os, shutil, sys
for i in range(500):
    folder = "%s/%d" % (sys.argv[2], i)
    os.mkdir(folder)
    shutil.copy(sys.argv[1], folder + "/ceph-osd")
    os.chown(folder + "/ceph-osd", 65534, 65534)
    pid = os.fork()
    if pid:
        print(pid)
    else:
        os.dup2(os.open("/dev/null", os.O_RDWR), 1)
        os.setgid(65534)
        os.setuid(65534)
        os.execv(folder + "/ceph-osd", ["ceph-osd", "-i", str(9000 + i % 10)])
PY
flood=$(python3 "$TMP/flood.py" "$TMP/evil/quiet" "$TMP/flood" | tr '\n' ' ')
check flood-runs [ "$(for pid in $flood; do readlink "/proc/$pid/exe"; done | grep -c flood)" = 500 ]
for options in "report osd --seconds 1" "report io --seconds 1" "top --once" "-q --seconds 1 --osd 9003 -n ceph_store:::deferred-submit"; do
	before=$SECONDS
	# shellcheck disable=SC2086
	limit=60 tap $options
	check "flood-status $options" status_is 0
	check "flood-time $options" [ $((SECONDS - before)) -lt 30 ]
	check "flood-named $options" says '[0-9]+ processes, such as [0-9]+ \(uid 65534, '
	check "flood-few-words $options" [ "$(wc -l <"$err")" -le 3 ]
done
tap -q -n "$count"
check flood-rest [ "$(grep -cE '^ +(osd.9003 +0|osd.9004 +64045) +[1-9]' "$out")" = 2 ]
check flood-only-ours stay_out
limit=100 tap doctor
check flood-doctor [ "$(grep -c 'left out of reports' "$out")" -le 12 ]
# shellcheck disable=SC2086
end $flood
flood=
