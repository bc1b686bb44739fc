#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# rights: none
#
# scripts/ceph-build.sh with a tree of a few lines in place of Ceph's: nothing is fetched. What it refuses; a build with and
# one without markers, its summary, that a second one does nothing; failures and ends by a signal, and going on after them.
set -u
script=$TOP/scripts/ceph-build.sh
dir=$TMP/dir
src=$dir/ceph-18.2.7+ds
export CCACHE_DIR=$TMP/ccache

check() { # NAME COMMAND...
	local name=$1
	shift
	if "$@" >"$TMP/said" 2>&1; then echo "ok $name"; else echo "not ok $name - $(tail -n 1 "$TMP/said")"; fi
}
run() { # STATUS PATTERN ARGUMENT...: ends with that status and says that
	local want=$1 pattern=$2
	shift 2
	"$script" "$@" >"$TMP/out" 2>&1 </dev/null
	local status=$?
	[ "$status" = "$want" ] && grep -q -- "$pattern" "$TMP/out" || { echo "status $status: $(tail -n 1 "$TMP/out")"; return 1; }
}

check usage run 2 'ceph-build.sh all DIR'
check help run 0 'ceph-build.sh all DIR' help
check verb run 2 'unknown command' erect "$TMP"
check no-folder run 2 'no folder' get
check on-or-off run 2 'on or off' build "$TMP" maybe
check too-many run 2 'takes' build "$TMP" on off
check absent run 1 'there is no folder' status "$dir"
mkdir "$dir" "$TMP/a b"
check blank run 1 'a path may hold only' get "$TMP/a b"
check status-empty run 0 'source: none' status "$dir"
check weave-nothing run 1 'there is no source' weave "$dir"
check configure-nothing run 1 'there is no source' configure "$dir" off

mkdir -p "$src"
cat >"$src/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.16)
project(ceph LANGUAGES C CXX)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY lib)
include_directories($TOP/include)
add_library(ceph-common SHARED lib.c)
add_library(librados SHARED lib.c)
set_target_properties(librados PROPERTIES OUTPUT_NAME rados)
set_target_properties(ceph-common librados PROPERTIES SOVERSION 2)
foreach(name ceph-osd ceph-mon rados)
  add_executable(\${name} main.c)
  target_link_libraries(\${name} librados ceph-common)
endforeach()
foreach(name ec_jerasure ec_lrc ec_isa)
  add_library(\${name} MODULE lib.c)
endforeach()
END
echo 'int answer(void) { return 42; }' >"$src/lib.c"
echo 'int main(void) { return 0; }' >"$src/main.c"

for tool in cmake ninja ccache patch; do
	command -v "$tool" >/dev/null || { echo "skip builds - $tool is missing: scripts/install-deps.sh ceph-build"; exit 0; }
done
check needs-markers run 1 'has no markers yet' configure "$dir" on
check needs-configure run 1 'is not configured' build "$dir" off
check plain-configure run 0 'off: configuring' configure "$dir" off
check plain-build run 0 'bin/ceph-osd .* 0$' build "$dir" off

# In place of cephtap: what it is called with, and a marker.
cat >"$TMP/weaver" <<END
#!/bin/sh
echo "\$@" >>"$TMP/woven"
grep -q WITH_SYSTEMTAP "\$2/CMakeLists.txt" && exit
cat >>"\$2/CMakeLists.txt" <<X
option(WITH_SYSTEMTAP "markers" OFF)
if(WITH_SYSTEMTAP)
  target_compile_definitions(ceph-osd PRIVATE MARKED)
endif()
X
cat >"\$2/main.c" <<X
#include <cephtap/marker.h>
int main(void)
{
#ifdef MARKED
	CEPHTAP_MARKER(ceph_osd, test);
#endif
	return 0;
}
X
END
chmod +x "$TMP/weaver"
export CEPHTAP=$TMP/weaver
check weave run 0 'putting the markers in' weave "$dir"
check weave-called grep -qx "weave $src" "$TMP/woven"
check configure run 0 'on: configuring' configure "$dir" on
check configure-twice run 0 'on: configured$' configure "$dir" on
check build run 0 'bin/ceph-osd .* 1$' build "$dir" on
check build-twice run 0 'bin/ceph-osd .* 1$' build "$dir" on
check build-twice-log grep -q 'no work to do' "$dir/log/build-on.log"
check cache grep -q ' [0-9]* of [1-9][0-9]* files from ccache' "$TMP/out"
check other-mode run 0 'bin/ceph-osd .* 0$' build "$dir" off
check status run 0 'on: built' status "$dir"
check summary run 0 'lib/librados.so.2 ' summary "$dir" on
check env run 0 "CEPH_BIN_DIR='$dir/on/bin'" env "$dir" on

echo 'int main(void) { return absent; }' >"$src/main.c"
check failure run 1 "could not be built; the log is $dir/log/build-on.log" build "$dir" on
check failure-said grep -q "error: .*absent.* undeclared" "$TMP/out"
check status-failed run 0 'on: configured, [1-9][0-9]* steps' status "$dir"
echo 'int main(void) { return 0; }' >"$src/main.c"

# A compiler that takes long: ends with the script, and the next build goes on.
echo 'add_custom_target(slow ALL COMMAND sleep 60.5)
add_dependencies(ceph-osd slow)' >>"$src/CMakeLists.txt"
"$script" build "$dir" on >"$TMP/out" 2>&1 </dev/null &
pid=$!
for _ in $(seq 200); do
	pgrep -f '^sleep 60.5' >/dev/null && break
	sleep 0.1
done
check lock run 1 'another ceph-build.sh works in' build "$dir" on
kill -TERM "$pid"
wait "$pid"
check signal [ $? = 143 ]
check signal-children [ -z "$(pgrep -f '^sleep 60.5')" ]
sed -i '/slow/d' "$src/CMakeLists.txt"
check resume run 0 'bin/ceph-osd .* 0$' build "$dir" on
