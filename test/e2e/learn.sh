#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# `cephtap learn`: from a folder of unpacked packages, of what a process runs, from a server of debug information; what it says of
# what was gained; and packages of strangers. The binary is a library of the catalogue's name with one of its types.
set -u
. "$TOP/test/lib.sh"
cxx=${CXX:-c++}
command -v "$cxx" >/dev/null || { echo "skip learn - needs a C++ compiler"; exit 0; }
cd "$TMP" || exit 1
export CEPHTAP_CARDS=$TMP/cards XDG_CACHE_HOME=$TMP/cache HOME=$TMP
unset DEBUGINFOD_URLS
children=
trap 'kill_own KILL $children; wait 2>/dev/null' EXIT

check() { # NAME COMMAND...
	local name=$1
	shift
	if "$@"; then echo "ok $name"; else echo "not ok $name - status $status: $(head -c 900 out err | tr '\n' '|')"; fi
}
learn() { timeout 60 "$CEPHTAP" learn --release 19.2.3 "$@" >out 2>err </dev/null; status=$?; }
status_is() { [ "$status" = "$1" ]; }
refused() { # NAME STATUS PATTERN ARGUMENT...
	local name=$1 wanted=$2 pattern=$3
	shift 3
	learn "$@"
	check "$name" eval "status_is $wanted && grep -qE -- '$pattern' err && [ \$(wc -l <err) = 1 ]"
}
has_card() { grep -qE "^  member [0-9]+ .* $1\$" "cards/$id.card"; }

cat >library.cc <<'END'
class Objecter { public: struct Op { virtual ~Op(); long tid = 7; }; long send(Op *op); };
Objecter::Op::~Op() {}
long Objecter::send(Op *op) { return op->tid; }
END
lib=usr/lib/x86_64-linux-gnu/librados.so.2
mkdir -p "pkg/lib/${lib%/*}" pkg/empty
"$cxx" -g -O1 -shared -fPIC -Wl,--build-id -o whole.so library.cc || { echo "not ok compile"; exit 1; }
id=$(readelf -n whole.so | sed -n 's/.*Build ID: //p')
debug=usr/lib/debug/.build-id/${id:0:2}/${id:2}.debug
mkdir -p "pkg/dbg/${debug%/*}"
objcopy --only-keep-debug whole.so "pkg/dbg/$debug"
objcopy --strip-debug whole.so "pkg/lib/$lib"
members() { sed -n 's/^  member.* //p' "cards/$id.card"; }

# ---- a folder of packages ----
learn --from pkg
check from-folders status_is 0
check card eval "[ -s cards/$id.card ] && grep -q '^type .*Objecter' cards/$id.card"
check says-what-was-gained grep -qE '^librados.so.2: [0-9]+ of [0-9]+ markers can be used, [0-9]+ more than before' out
cp cards/"$id".card first && rm -r cards
mkdir one && cp -r pkg/lib/. pkg/dbg/. one
learn --from one librados.so.2
check from-one-folder eval "status_is 0 && cmp cards/$id.card first"
rm -r cards
learn --from pkg/dbg "pkg/lib/$lib"
check debug-files-alone eval "status_is 0 && cmp cards/$id.card first"
rm -r cards
learn --from pkg -o own.card
check elsewhere eval "status_is 0 && cmp own.card first && grep -q 'cephtap card add own.card' out && [ ! -e cards ]"
refused no-packages 1 'pkg/empty is no folder of unpacked packages' --from pkg/empty
refused no-folder 1 'nowhere is no folder' --from nowhere
refused no-binary 1 'any binary that the catalogue has markers in' --from pkg/dbg
refused no-such-binary 1 'has a binary ceph-osd' --from pkg ceph-osd
refused no-debug 1 'no debug information for .*--from DIR' --from pkg/lib
refused nothing 2 'name one binary'

# ---- of strangers ----
mv "pkg/dbg/$debug" kept
mkfifo "pkg/dbg/$debug"
refused fifo 1 'no debug information for' --from pkg
rm "pkg/dbg/$debug" && ln -s "$TMP/kept" "pkg/dbg/$debug"
refused link-out-of-the-folder 1 'no debug information for' --from pkg
rm "pkg/dbg/$debug" && "$cxx" -g -O0 -shared -fPIC -Wl,--build-id -o "pkg/dbg/$debug" library.cc
refused another-build 1 'no debug information for' --from pkg
refused another-build-by-name 1 'debug file of another build' --debug "pkg/dbg/$debug" "pkg/lib/$lib"
head -c 3000 kept >"pkg/dbg/$debug"
learn --from pkg
check half-a-file eval "status_is 1 && [ \$(wc -l <err) = 1 ] && [ ! -e cards ]"
cp kept "pkg/dbg/$debug"
truncate -s 4G "pkg/dbg/$debug"
learn --from pkg
check four-gigabytes eval "{ status_is 0 && cmp cards/$id.card first; } || { status_is 1 && [ \$(wc -l <err) = 1 ]; }"
cp kept "pkg/dbg/$debug" && rm -rf cards

# ---- a process ----
python3 -I -c "
import ctypes, time
ctypes.CDLL('$TMP/pkg/lib/$lib')
while True: time.sleep(1)" &
pid=$!
children=$pid
maps_it() { grep -q librados.so.2 "/proc/$pid/maps" 2>/dev/null; }
check started wait_for 20 maps_it
if [ "$(id -u)" = 0 ]; then
	learn -p $pid --from pkg
	check process eval "status_is 0 && cmp cards/$id.card first"
	rm -rf cards
	cp "pkg/lib/$lib" same.so && echo "no library" >other && mv other "pkg/lib/$lib"
	learn -p $pid --from pkg # the file that it runs, though another has its name by now
	check process-not-what-is-there-now eval "status_is 0 && cmp cards/$id.card first"
	mv same.so "pkg/lib/$lib"
fi
refused no-process 1 'there is no process 999999999' -p 999999999
refused not-ceph 1 'runs nothing that the catalogue has markers in' -p $$

# ---- a server ----
refused no-server 2 'name the server' --debuginfod "pkg/lib/$lib"
command -v debuginfod >/dev/null || { echo "skip server - needs debuginfod"; exit 0; }
port=$((20000 + RANDOM % 20000))
debuginfod -p $port -d ":memory:" -F pkg/dbg >server.log 2>&1 &
children="$children $!"
serves() { grep -q 'started http server' server.log && DEBUGINFOD_URLS=http://127.0.0.1:$port DEBUGINFOD_CACHE_PATH=$TMP/asked debuginfod-find debuginfo "$id" >/dev/null 2>&1; }
ready() { rm -rf asked; serves; }
check server wait_for 30 ready
rm -rf cards
refused silent-without-option 1 'no debug information for' "pkg/lib/$lib"
DEBUGINFOD_URLS=http://127.0.0.1:$port learn "pkg/lib/$lib"
check variable-alone-asks-nobody status_is 1
learn --debuginfod=http://127.0.0.1:$port "pkg/lib/$lib"
check from-server eval "status_is 0 && cmp cards/$id.card first"
rm -rf cards
DEBUGINFOD_URLS=http://127.0.0.1:$port learn --debuginfod "pkg/lib/$lib"
check servers-of-the-variable eval "status_is 0 && cmp cards/$id.card first"
mkdir other && "$cxx" -O2 -shared -fPIC -Wl,--build-id -o other/librados.so.2 library.cc
refused unknown-there 1 'has no debug information of build-id' --debuginfod=http://127.0.0.1:$port other/librados.so.2
refused no-such-server 1 'or does not answer' --debuginfod=http://127.0.0.1:1 other/librados.so.2
