#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What a uprobe costs on this kernel, by the instruction it is put on (what follows: doc/cost-of-a-probe.md):
#
#   bench/instructions.sh [CALLS [ROUNDS]]     as root; BUILD= is the folder of the build
set -u
cd "$(dirname "$0")/.." || exit 1
BUILD=${BUILD:-build}
program=$BUILD/test/prog/uprobe_cost
[ "$(id -u)" = 0 ] || { echo "bench/instructions.sh: uprobes need root" >&2; exit 1; }
make -s BUILD="$BUILD" "$program" || exit 1
echo "Linux $(uname -r), $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
exec "$program" "$@"
