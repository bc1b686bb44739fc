#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What a marker costs when nobody looks, and what a test whether somebody does, against sys/sdt.h (systemtap-sdt-dev):
# bench/marker.sh [COMPILER...]. About five seconds for each compiler. BUILD= is the folder for the program.
set -eu
cd "$(dirname "$0")/.."
BUILD=${BUILD:-build}
mkdir -p "$BUILD/bench"
[ $# -gt 0 ] || set -- "${CC:-cc}"
for compiler in "$@"; do
	"$compiler" -O2 -Wall -Wextra -Wno-unknown-pragmas -Iinclude -o "$BUILD/bench/marker" bench/marker.c
	echo "$("$compiler" --version | head -n 1): CPU time for each, above that of the empty loop"
	"$BUILD/bench/marker"
done
