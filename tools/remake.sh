#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Makes the scripts in this folder anew from the catalogue: tools/remake.sh [CEPHTAP [FOLDER]]. The test e2e/scripts.sh
# compares what it makes with what is here.
set -eu
here=$(dirname "$0")
cephtap=${1:-$here/../cephtap}
to=${2:-$here}

mkdir -p "$to/bpftrace" "$to/systemtap/tapset"
"$cephtap" catalogue --tapset >"$to/systemtap/tapset/ceph.stp"
"$cephtap" catalogue --bpftrace | while read -r name _; do
	"$cephtap" catalogue --bpftrace="$name" >"$to/bpftrace/$name.bt"
	"$cephtap" catalogue --systemtap="$name" >"$to/systemtap/$name.stp"
	chmod 755 "$to/bpftrace/$name.bt" "$to/systemtap/$name.stp"
done
