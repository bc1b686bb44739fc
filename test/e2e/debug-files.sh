#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# time: 240
#
# Debug files: found by build-id, by .gnu_debuglink with its checksum, in a process's own root. What a program's file says
# about them leads to no other place and opens nothing but plain files.
set -u

[ "$(id -u)" = 0 ] || { echo "skip debug-files - needs root"; exit 0; }
for tool in objcopy strace python3 cc; do
	command -v $tool >/dev/null || { echo "skip debug-files - no $tool"; exit 0; }
done
. "$TOP/test/e2e/lib-files.sh"
cat >"$TMP/prog.c" <<'EOF'
#include <unistd.h>
struct thing { int first, second; };
static __attribute__((noinline)) int look_at(struct thing *thing)
{
	__asm__ volatile("" : : : "memory");
	return thing->second;
}
int main(void)
{
	struct thing thing = {1, 2};
	int sum = 0;
	for (;;) {
		sum += look_at(&thing);
		usleep(1000);
	}
	return sum;
}
EOF
build() { # NAME FLAGS...: $TMP/NAME, stripped, and its debug file $TMP/NAME.full
	local name=$1
	shift
	cc -g -O1 "$@" -o "$TMP/$name" "$TMP/prog.c"
	objcopy --only-keep-debug "$TMP/$name" "$TMP/$name.full"
	strip "$TMP/$name"
}
crc() { python3 -c 'import sys, zlib; print(zlib.crc32(open(sys.argv[1], "rb").read()))' "$1"; }
link_to() { # FILE SECTION NAME HEX: a section that names another file
	python3 -c '
import sys
name = sys.argv[2].encode() + b"\0"
tail = bytes.fromhex(sys.argv[3])
if sys.argv[4] == ".gnu_debuglink":
	name += b"\0" * (-len(name) % 4)
open(sys.argv[1], "wb").write(name + tail)' "$TMP/section" "$3" "$4" "$2"
	objcopy --add-section "$2=$TMP/section" "$1"
}
debuglink() { # FILE NAME DEBUG-FILE
	link_to "$1" .gnu_debuglink "$2" "$(python3 -c 'import struct, sys; print(struct.pack("<I", int(sys.argv[1])).hex())' "$(crc "$3")")"
}
build_id() { readelf -n "$1" | awk '/Build ID/ { print $3 }'; }
start() { # COMMAND...
	"$@" &
	pid=$!
	children="$children $pid"
	await naps $pid
}
stop() {
	kill -KILL $pid 2>/dev/null
	wait $pid 2>/dev/null
}
run() {
	timeout 60 strace -f -y -e trace=open,openat,openat2 -o "$TMP/trace" "$CEPHTAP" -q --seconds 1 -p $pid "$@" >"$TMP/out" 2>"$TMP/err"
}
second='pid$target:a.out:look_at:entry { @[args[0]->second] = count(); }'
found() { check "$1" grep -qE '^ +2 +[0-9]+' "$TMP/out"; }
not_found() { check "$1" grep -qE "has no function .look_at.|no symbols|no debug information" "$TMP/err"; }
opened() { grep -v O_PATH "$TMP/trace" | grep -E "= [0-9]+<($1)>\$" || true; }

# ---- those that are meant
build by-link -Wl,--build-id=none
mkdir -p "$TMP/.debug"
cp "$TMP/by-link.full" "$TMP/.debug/by-link.debug"
debuglink "$TMP/by-link" by-link.debug "$TMP/by-link.full"
start "$TMP/by-link"
run -n "$second"
found link
printf 'x' >>"$TMP/.debug/by-link.debug"
run -n "$second"
not_found link-other-checksum
mv "$TMP/by-link.full" "$TMP/by-link.debug" # beside it
run -n "$second"
found link-beside
# ---- a FIFO, a device, a folder in its place
for what in fifo /dev/zero folder; do
	rm -rf "$TMP/.debug/by-link.debug" "$TMP/by-link.debug.kept"
	mv "$TMP/by-link.debug" "$TMP/by-link.debug.kept"
	case $what in
	fifo) mkfifo "$TMP/.debug/by-link.debug" && mkfifo "$TMP/by-link.debug" ;;
	folder) mkdir "$TMP/.debug/by-link.debug" ;;
	*) ln -s $what "$TMP/.debug/by-link.debug" && ln -s $what "$TMP/by-link.debug" ;;
	esac
	run -n "$second"
	not_found "link-${what##*/}"
	check "link-${what##*/}-not-opened" test -z "$(opened "$TMP/(.debug/)?by-link.debug|/dev/zero")"
	rm -rf "$TMP/by-link.debug"
	mv "$TMP/by-link.debug.kept" "$TMP/by-link.debug"
done
stop

# ---- a name that leaves the folder
mkdir -p "$TMP/inner" "$TMP/outer"
build leaves -Wl,--build-id=none
cp "$TMP/leaves.full" "$TMP/outer/leaves.debug"
for name in ../outer/leaves.debug "$TMP/outer/leaves.debug" .. ""; do
	cp "$TMP/leaves" "$TMP/inner/leaves"
	debuglink "$TMP/inner/leaves" "$name" "$TMP/leaves.full"
	start "$TMP/inner/leaves"
	run -n "$second"
	not_found "leaves-${name##*/}"
	check "leaves-${name##*/}-not-opened" test -z "$(opened "$TMP/outer/.*")"
	stop
done

# ---- in the root of a process: its own links count there, not here
root=$TMP/root
mkdir -p "$root/lib64" "$root/lib/x86_64-linux-gnu"
build by-id -Wl,--build-id
# shellcheck disable=SC2046 # several
cp -L $(ldd "$TMP/by-id" | grep -o '/lib/[^ ]*libc[^ ]*') "$root/lib/x86_64-linux-gnu/" 2>/dev/null
cp -L "$(ldd "$TMP/by-id" | grep -o '/lib64[^ ]*')" "$root/lib64/" 2>/dev/null
id=$(build_id "$TMP/by-id")
folder=$root/usr/lib/debug/.build-id/${id:0:2}
mkdir -p "$folder"
cp "$TMP/by-id" "$root/by-id"
if chroot "$root" /by-id & then
	pid=$!
	children="$children $pid"
	await naps $pid
	cp "$TMP/by-id.full" "$root/elsewhere"
	ln -s /elsewhere "$folder/${id:2}.debug" # in the root
	run -n "$second"
	found root-build-id
	rm "$root/elsewhere"
	run -n "$second"
	not_found root-build-id-dangles
	ln -sf "$TMP/by-id.full" "$folder/${id:2}.debug" # a name that is one here only
	run -n "$second"
	not_found root-build-id-outside
	ln -sf "/proc/self/fd/0" "$folder/${id:2}.debug"
	run -n "$second"
	not_found root-build-id-magic
	stop
fi

# ---- what several debug files share
build shared -Wl,--build-id
mkfifo "$TMP/alt-fifo"
for name in "$TMP/alt-fifo" /dev/zero ../../../../../../dev/zero; do
	cc -g -O1 -o "$TMP/whole" "$TMP/prog.c"
	link_to "$TMP/whole" .gnu_debugaltlink "$name" 00112233445566778899aabbccddeeff00112233
	start "$TMP/whole"
	run -n "$second"
	found "shared-${name##*/}"
	check "shared-${name##*/}-not-opened" test -z "$(opened "$TMP/alt-fifo|/dev/zero")"
	stop
done

# ---- debug information that names other files for what it lacks: .dwo, and FILE.dwp
not_here() { check "$1" grep -qE "its debug information is in [^ ]*\.dwo, which (is not here|cannot be used: [^ ]*\.dwo is of another build)" "$TMP/err"; }
split() { # FLAGS...: $TMP/split/prog and its .dwo
	rm -rf "$TMP/split"
	mkdir "$TMP/split"
	(cd "$TMP/split" && cc -g -gsplit-dwarf -O1 "$@" -o prog ../prog.c)
	dwo=$(find "$TMP/split" -name '*.dwo')
}
for flags in -gdwarf-4 -gdwarf-5 "-gdwarf-5 -fdebug-types-section" "-gdwarf-4 -gz"; do
	# shellcheck disable=SC2086 # several
	split $flags
	start "$TMP/split/prog"
	run -n "$second"
	found "split${flags// /}"
	mv "$dwo" "$dwo.kept"
	run -n "$second"
	not_here "split-away${flags// /}"
	stop
done
start "$TMP/split/prog"
run -n 'pid$target:a.out:look_at:entry { @ = count(); }'
check split-away-names grep -q '[0-9]' "$TMP/out"
for what in fifo /dev/zero folder; do
	rm -rf "$dwo"
	case $what in
	fifo) mkfifo "$dwo" ;;
	folder) mkdir "$dwo" ;;
	*) ln -s $what "$dwo" ;;
	esac
	run -n "$second"
	not_here "split-${what##*/}"
	check "split-${what##*/}-not-opened" test -z "$(opened "$dwo|/dev/zero")"
	rm -rf "$dwo"
done
# the compiler's, but not of this build
sed 's/look_at/look_up/; s/int first/long first/' "$TMP/prog.c" >"$TMP/other.c"
(cd "$TMP" && cc -gdwarf-4 -gsplit-dwarf -O1 -c -o other.o other.c && mv other.dwo "$dwo")
run -n "$second"
not_here split-other
stop
if command -v dwp >/dev/null; then
	split -gdwarf-4
	(cd "$TMP/split" && dwp -e prog -o prog.dwp)
	rm "$dwo"
	start "$TMP/split/prog"
	run -n "$second"
	found split-package
	: >"$TMP/split/prog.dwp"
	run -n "$second"
	not_here split-package-empty
	rm "$TMP/split/prog.dwp"
	mkfifo "$TMP/split/prog.dwp"
	run -n "$second"
	not_here split-package-fifo
	check split-package-fifo-not-opened test -z "$(opened ".*\.dwp")"
	stop
fi
# in the root of a process
split -gdwarf-5
cp "$TMP/split/prog" "$root/split"
mkdir -p "$root$(dirname "$dwo")"
mv "$dwo" "$root$dwo"
if chroot "$root" /split & then
	pid=$!
	children="$children $pid"
	await naps $pid
	run -n "$second"
	found split-root
	mv "$root$dwo" "$TMP/elsewhere.dwo"
	ln -s "$TMP/elsewhere.dwo" "$root$dwo" # a name that is one here only
	run -n "$second"
	not_here split-root-outside
	stop
fi
exit 0
