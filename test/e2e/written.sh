#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Files that cephtap writes as root, in folders where others write too: no link of theirs is followed, nothing of theirs is written
# to, recordings are for their owner alone, and the old file stays until the new one is whole.
# time: 240
. "$TOP/test/lib.sh"
[ "$(id -u)" = 0 ] || { echo "skip written - needs root"; exit 0; }
cd "$TMP" || exit 1
chmod 755 .
other=65534
err=$TMP/err
trap 'kill $(jobs -p) 2>/dev/null' EXIT

verdict() { # NAME STATUS WHY
	[ "$2" = 0 ] && echo "ok $1" || echo "not ok $1 - $(echo "$3" | tr '\n' ' ')"
}
is() { # NAME WANTED GOT
	[ "$2" = "$3" ]
	verdict "$1" $? "wanted $2, got $3"
}
mode() { stat -c '%a %u' "$1"; }
as_other() { setpriv --reuid $other --regid $other --clear-groups -- "$@"; }

# ---- recordings ----

record() { "$CEPHTAP" record -o "$1" -q -n 'BEGIN { trace("hello"); exit(0); }' >/dev/null 2>"$err"; }
about() { "$CEPHTAP" replay --about "$1" >about 2>&1; }

record new.rec
is "a recording is its owner's alone" "600 0" "$(mode new.rec)"
echo old >there.rec && chmod 666 there.rec && chown $other there.rec && ln there.rec second
record there.rec
is "also over another's file that everybody may read" "600 0" "$(mode there.rec)"
is "whose second name keeps what it had" "old 666 $other" "$(cat second) $(mode second)"
about there.rec
verdict "and it is whole" $? "$(cat about)"
(umask 0777; record masked.rec)
is "whatever the umask is" "600 0" "$(mode masked.rec)"
cp there.rec keep.rec
"$CEPHTAP" record -o keep.rec -q -n 'nothing:::here { }' >/dev/null 2>"$err"
cmp -s keep.rec there.rec
verdict "what cannot begin leaves the old one" $? "$(cat "$err")"
is "and nothing beside it" "" "$(find . -name '.*.rec*')"
"$CEPHTAP" record -o live.rec -q -n 'tick-10ms { trace("hello"); } tick-30s { exit(0); }' >/dev/null 2>&1 &
says_hello() { [ -s live.rec ] && "$CEPHTAP" replay live.rec 2>/dev/null | grep -q hello; }
wait_for 30 says_hello
"$CEPHTAP" replay live.rec 2>/dev/null | grep -q hello
verdict "a recording can be read while it is written" $? "$(ls -la)"
kill -9 $! && wait $! 2>/dev/null
"$CEPHTAP" replay live.rec 2>/dev/null | grep -q hello
verdict "and after kill -9" $? "$(ls -la)"
is "which leaves nothing else" "" "$(find . -name '.*.rec*')"

# ---- what others have laid ----

# One command per kind of file, with OUT for its name.
mkdir -p work && (cd work && printf 'a;b 3\n' >folded && printf 'provider p { probe x(int); };\n' >p.d)
commands=(
	"record -o OUT -q -n BEGIN{exit(0);}"
	"-q -o OUT -n BEGIN{exit(0);}"
	"--openmetrics -o OUT -n BEGIN{@=count();exit(0);}"
	"picture flame -o OUT work/folded"
	"dtrace -h -s work/p.d -o OUT"
	"dtrace -G -s work/p.d -o OUT"
	"report profile --seconds 1 --html OUT"
	"report profile --seconds 1 --pprof OUT"
	"report profile --seconds 1 -o OUT"
)
refuses() { # NAME FILE COMMAND...: with one sentence, and without touching the victim
	local name=$1 file=$2 status
	shift 2
	"$CEPHTAP" "${@//OUT/$file}" >out 2>"$err"
	status=$?
	[ $status = 1 ] && [ "$(wc -l <"$err")" = 1 ] && grep -q "cannot write to $file: " "$err" && [ "$(cat victim)" = precious ]
	verdict "$name: ${*:1:2}" $? "status $status $(cat "$err") $(head -c 100 victim)"
}
mkdir sticky open && chmod 1777 sticky && chmod 777 open
mkdir theirs && chown $other theirs
echo precious >victim && chmod 644 victim
for command in "${commands[@]}"; do
	read -ra words <<<"$command"
	for folder in sticky open theirs; do
		rm -f $folder/link && as_other ln -s "$TMP/victim" $folder/link
		refuses "a link in a folder $folder" $folder/link "${words[@]}"
	done
	rm -rf sticky/sub && as_other ln -s "$TMP/work" sticky/sub
	refuses "a link on the way" sticky/sub/victim "${words[@]}"
	is "nothing was made there: $command" "" "$(ls work | grep -v -e folded -e p.d)"
	rm -f sticky/none && as_other ln -s "$TMP/none" sticky/none
	refuses "a link to what is not there" sticky/none "${words[@]}"
	is "and it is not made: $command" "" "$(ls none 2>/dev/null)"
	rm -f sticky/pipe && as_other mkfifo sticky/pipe
	refuses "a pipe of somebody's" sticky/pipe "${words[@]}"
	mkdir -p a.folder
	refuses "a folder" a.folder "${words[@]}"
	mknod disk b 7 250 2>/dev/null && refuses "a disk" disk "${words[@]}"
	rm -f disk
done
for folder in sticky open theirs; do
	rm -rf $folder/trace && mkdir -p elsewhere && as_other ln -s "$TMP/elsewhere" $folder/trace
	"$CEPHTAP" --ctf $folder/trace -q -n 'BEGIN { exit(0); }' >out 2>"$err"
	[ $? = 1 ] && [ -z "$(ls elsewhere)" ] && grep -q 'symbolic link' "$err"
	verdict "a link for a trace's folder in a folder $folder" $? "$(cat "$err"; ls elsewhere)"
done

# What is replaced is another file afterwards: nobody who has the old one open, or has a second name for it, gets to see the new one.
as_other sh -c 'echo theirs >sticky/file; echo theirs >open/file; chmod 666 */file' 2>/dev/null
for folder in sticky open; do
	"$CEPHTAP" picture flame -o $folder/file work/folded >out 2>"$err"
	is "another's file in a folder $folder is replaced" "644 0" "$(mode $folder/file)"
	rm -f $folder/file && as_other sh -c "echo theirs >$folder/file"
	refuses "another's file in a folder $folder is not appended to" $folder/file -q -o OUT -n 'BEGIN { exit(0); }'
	ln victim $folder/victim
	refuses "nor a file with a second name" $folder/victim -q -o OUT -n 'BEGIN { exit(0); }'
	rm $folder/victim
done
is "nothing half written is left" "" "$(find sticky open theirs work . -maxdepth 1 -name '.?*')"

# A folder that is exchanged for a link, and a name for a link, again and again while it is written there.
mkdir goal && echo precious >goal/x && mkdir theirs/race && chown $other theirs/race
as_other mkdir theirs/race/folder
as_other sh -c 'cd theirs/race && ln -s ../../goal link && ln -s ../../goal/x folder/l
	while [ ! -e stop ]; do mv -T folder f2; mv -T link folder; mv -T folder link; mv -T f2 folder; mv -fT folder/l folder/x; ln -s ../../../goal/x folder/l; done' 2>/dev/null &
written=0
for _ in $(seq 60); do
	"$CEPHTAP" picture flame -o theirs/race/folder/x work/folded 2>/dev/null && written=$((written + 1))
	"$CEPHTAP" -q -o theirs/race/folder/x -n 'BEGIN { exit(0); }' >/dev/null 2>&1
done
: >theirs/race/stop
wait $!
is "whoever exchanges parts of the name meanwhile gains nothing" "precious x" "$(cat goal/x) $(ls -A goal)"

# ---- what is meant ----

good() { # NAME COMMAND...
	local name=$1
	shift
	"$CEPHTAP" "$@" >out 2>"$err"
	verdict "$name" $? "$(cat "$err")"
}
ln -s "$TMP/work/there" own && mkdir -p in && ln -s "$TMP/in" way
good "a link of our own is followed" picture flame -o own work/folded
is "and stays one" "symbolic link regular file" "$(stat -c %F own) $(stat -c %F work/there)"
good "also on the way" picture flame -o way/x work/folded
[ -s in/x ]
verdict "to where it leads" $? "$(ls in)"
as_other mkdir theirs/mine && as_other ln -s "$TMP/theirs/mine" theirs/way
SUDO_UID=$other "$CEPHTAP" picture flame -o theirs/way/x work/folded >out 2>"$err" && [ -s theirs/mine/x ]
verdict "one of the person who called sudo, too" $? "$(cat "$err")"
chmod 640 work/there
good "a file of ours is replaced" picture flame -o work/there work/folded
is "and keeps its mode" "640 0" "$(mode work/there)"
good "into a folder of everybody's" picture flame -o sticky/x.html work/folded
good "appended to: one" -q -o sticky/log -n 'BEGIN { trace(1); exit(0); }'
good "appended to: two" -q -o sticky/log -n 'BEGIN { trace(2); exit(0); }'
is "both are there" "12" "$(tr -d ' \n' <sticky/log)"
chmod 2644 sticky/log
good "appended to: three" -q -o sticky/log -n 'BEGIN { trace(3); exit(0); }'
is "the file stays as it is" "2644 0" "$(mode sticky/log)"
(flags() { sed -n 's/^flags:.*\(.\)...$/\1/p' /proc/self/fdinfo/1 >&2; }
	flags; "$CEPHTAP" -q -o /dev/stdout -n 'BEGIN { exit(0); }'; flags) 2>flags >out
is "so does what standard output is open for" 1 "$(sort -u flags | wc -l)"
for device in /dev/null /dev/stdout /dev/fd/1 /proc/self/fd/1; do
	good "a recording to $device" record -o $device -q -n 'BEGIN { exit(0); }'
	good "a picture to $device" picture flame -o $device work/folded
	[ $device = /dev/null ] || grep -q '</html>' out
	verdict "which is there: $device" $? "$(head -c 100 out)"
done
(echo before; "$CEPHTAP" picture flame -o /dev/stdout work/folded; echo after) >out
is "standard output is gone on with, not begun anew" "before after" "$(sed -n '1p;$p' out | tr '\n' ' ' | sed 's/ $//')"
mkfifo pipe && cat pipe >piped &
good "a pipe of our own" -q -o pipe -n 'BEGIN { trace("through"); exit(0); }'
wait $!
grep -q through piped
verdict "which gets all of it" $? "$(cat piped)"
(cd in && mkdir -p deep && "$CEPHTAP" picture flame -o ../in/./deep/../deep//y ../work/folded) 2>"$err" && [ -s in/deep/y ]
verdict "a name with dots and slashes" $? "$(cat "$err")"
ln -s loop1 loop2 && ln -s loop2 loop1
"$CEPHTAP" picture flame -o loop1 work/folded 2>"$err"
is "links in a circle" "1 cephtap picture: cannot write to loop1: Too many levels of symbolic links" "$? $(cat "$err")"
"$CEPHTAP" picture flame -o "$(printf 'x%.0s' $(seq 300))" work/folded 2>"$err"
is "a name that is too long" 1 "$?"
"$CEPHTAP" picture flame -o in/ work/folded 2>"$err"
is "a name that ends like a folder's" "1 cephtap picture: cannot write to in/: the name ends in a slash, as a folder's does" "$? $(cat "$err")"

if unshare -m true 2>/dev/null; then
	echo old >outside && : >mounted && chmod 644 outside
	for command in "picture flame -o mounted work/folded" "record -o mounted -q -n BEGIN{exit(0);}"; do
		read -ra words <<<"$command"
		head -c 100000 /dev/zero >outside
		unshare -m sh -c 'mount --bind outside mounted && exec "$@"' sh "$CEPHTAP" "${words[@]}" >out 2>"$err"
		[ $? = 0 ] && { grep -q '</html>' outside || about outside; } && [ "$(tail -c 1 outside | tr -d '\0' | wc -c)" = 1 ]
		verdict "a file that was mounted by itself: ${words[0]}" $? "$(cat "$err" about) $(stat -c %s outside)"
	done
	is "has a recording's mode afterwards" "600 0" "$(mode outside)"
fi

# ---- others, without the rights of root ----

chmod 777 in && cp "$CEPHTAP" tool && chmod 755 tool
as_other ./tool picture flame -o in/z work/folded 2>"$err"
is "a user without rights writes what they may" "0 644 $other" "$? $(mode in/z)"
ln -s "$TMP/in/w" open/roots
as_other ./tool picture flame -o open/roots work/folded 2>"$err"
is "through root's links" "0 644 $other" "$? $(mode in/w)"
: >in/fixed && chown $other in/fixed && chmod 755 in
as_other ./tool picture flame -o in/fixed work/folded 2>"$err" && grep -q '</html>' in/fixed
verdict "a file of theirs, in a folder where nothing can be made" $? "$(cat "$err")"
as_other ./tool picture flame -o in/nothing work/folded 2>"$err"
is "but no new one" "1 cephtap picture: cannot write to in/nothing: Permission denied" "$? $(cat "$err")"

# ---- without /proc, files without a name cannot get one ----

if unshare -m true 2>/dev/null; then
	unshare -m sh -c 'mount -t tmpfs none /proc && "$0" picture flame -o bare.html work/folded' "$CEPHTAP" 2>"$err" && [ -s bare.html ]
	verdict "without /proc" $? "$(cat "$err")"
	is "which leaves nothing else" "" "$(find . -maxdepth 1 -name '.?*')"
else
	echo "skip without /proc - no mount namespace may be made"
fi

# ---- the demo's folder, a cluster's folder ----

demo() { "$CEPHTAP" demo --down "$1" >out 2>"$err"; }
fake() { # FOLDER: it looks like one of the demo, and its script would tell
	mkdir -p "$1/c" && printf 'touch %s/ran\n' "$TMP" >"$1/cluster.sh" && chmod 700 "$1" "$1/c" "$1/cluster.sh"
}
refuses_down() { # NAME FOLDER
	demo "$2"
	[ $? = 1 ] && [ ! -e ran ] && grep -q 'its script is not run' "$err"
	verdict "$1" $? "$(cat "$err")"
}
fake theirs/demo
refuses_down "demo --down in a folder of another's" theirs/demo
fake open/demo
refuses_down "in one where others can exchange it" open/demo
fake sticky/demo && chown $other sticky/demo
refuses_down "in another's folder" sticky/demo
fake sticky/demo2 && chown $other sticky/demo2/cluster.sh
refuses_down "with another's script" sticky/demo2
rm sticky/demo2/cluster.sh && ln -s "$TMP/open/demo/cluster.sh" sticky/demo2/cluster.sh
refuses_down "with a link for a script" sticky/demo2
fake in/demo && chmod 777 in/demo
refuses_down "where everybody writes" in/demo
fake sticky/demo3 && as_other ln -s "$TMP/sticky/demo3" sticky/demo4
refuses_down "by another's link" sticky/demo4
demo sticky/demo3
[ -e ran ]
verdict "but its own" $? "$(cat "$err")"
mkdir -p theirs/cluster && printf 'bin=%s\nauth=none\n' "$TMP" >theirs/cluster/cluster.info && chown $other theirs/cluster
"$TOP/scripts/cluster.sh" env theirs/cluster >out 2>"$err"
[ $? = 1 ] && grep -q "belongs to another user" "$err"
verdict "cluster.sh trusts no folder of another's" $? "$(cat out "$err")"
mkdir theirs/new && chown $other theirs/new
"$TOP/scripts/cluster.sh" up theirs/new >out 2>"$err"
[ $? = 1 ] && grep -q "belongs to another user" "$err"
verdict "and makes no cluster in one" $? "$(cat out "$err")"
