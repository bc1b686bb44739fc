# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the tests of strangers' programs share: programs with markers, made here and run as another user.
[ "$(id -u)" = 0 ] || { echo "skip ${0##*/} - needs root"; exit 0; }
cc=${CC:-cc}
command -v "$cc" >/dev/null && command -v setpriv >/dev/null || { echo "skip ${0##*/} - needs a C compiler and setpriv"; exit 0; }
. "$TOP/test/lib.sh"
err=$TMP/err out=$TMP/out
children=
flood= # many, which are not children of this shell
trap 'kill_own KILL $children; [ -z "$flood" ] || kill -KILL $flood 2>/dev/null; umount -l "$TMP/mnt" "$TMP/fuse" 2>/dev/null' EXIT
chmod 755 "$TMP"
nobody=65534
: >"$err"
: >"$out"

check() { # NAME CONDITION...
	local name=$1
	shift
	if "$@"; then echo "ok $name"; else echo "not ok $name - $* ($(head -n 12 "$out" | tr '\n' '|') $(head -n 6 "$err" | tr '\n' '|'))"; fi
}
says() { grep -qE -- "$1" "$err"; }
says_not() { ! grep -qE -- "$1" "$err"; }
once() { [ "$(grep -cE -- "$1" "$err")" = 1 ]; }
tap() { timeout -k 5 "${limit:-40}" "$CEPHTAP" "$@" >"$out" 2>"$err" </dev/null; status=$?; }
status_is() { [ "$status" = "$1" ]; }
# `as UID COMMAND...` in the background; its number is in $child.
as() {
	local uid=$1
	shift
	setpriv --reuid="$uid" --regid="$uid" --clear-groups "$@" >/dev/null 2>&1 &
	child=$!
	children="$children $child"
}
end() { # PID...
	kill -KILL "$@" 2>/dev/null
	wait "$@" 2>/dev/null || true
}
runs() { # PID NAME: it is past exec
	wait_for 30 links_to "/proc/$1/exe" "$2"
}
links_to() { [ "$(readlink "$1" 2>/dev/null)" = "$2" ]; } # LINK FILE
has_name() { [ "$(cat "/proc/$1/comm" 2>/dev/null)" = "$2" ]; } # PID NAME
compile() { # OUT FLAG...: the program is on stdin
	local to=$1
	shift
	mkdir -p "${to%/*}"
	"$cc" -w -O1 -I"$TOP/include" -o "$to" "$@" -x c - || { echo "not ok compile - $to"; exit 1; }
}
head='#include <cephtap/marker.h>
#include <unistd.h>'
loops() { echo "$head"; echo "int main(int argc, char **argv) { for (long i = argc;; i++) { $1; usleep(2000); } }"; }

