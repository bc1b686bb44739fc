#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Do the markers compile in Ceph's own source, and are their notes as the catalogue says? test/weave/check.sh DIR: gets Ceph's source into
# DIR if it is not there (scripts/ceph-build.sh), weaves it, compiles only the units that have markers, and compares their notes.
# Some minutes on two cores; what is compiled serves a full build later.
set -u
cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build}
case $BUILD in build) CEPHTAP=./cephtap ;; *) CEPHTAP=$BUILD/cephtap ;; esac
export CEPHTAP
[ $# = 1 ] || { echo "usage: test/weave/check.sh DIR" >&2; exit 2; }
for step in get weave "configure on"; do
	# shellcheck disable=SC2086
	set -- "$1" $step
	verb=$2
	scripts/ceph-build.sh "$verb" "$1" ${3:+"$3"} || exit 1
	set -- "$1"
done
folder=$(cd "$1" && pwd)
source=$(echo "$folder"/ceph-*+ds)
found=$(mktemp) || exit 1
trap 'rm -f "$found"' EXIT
"$CEPHTAP" weave --check --json "$source" >"$found" || exit 1
# The objects of the units: a source may be compiled for more than one target, and each has the markers.
objects=$(ninja -C "$folder/on" -t compdb | python3 -c '
import json, sys
units = {m["file"] for m in json.load(open(sys.argv[1]))["markers"]}
for entry in json.load(sys.stdin):
    if entry["file"].startswith(sys.argv[2]) and entry["file"][len(sys.argv[2]) + 1:] in units and " -c " in entry["command"]:
        print(entry["output"])' "$found" "$source")
[ -n "$objects" ] || { echo "no unit with markers is part of this build"; exit 1; }
# Only what the wanted programs are made of: others lack what is switched off.
wanted=$(ninja -C "$folder/on" -n -t inputs ceph-osd ceph-mon rados 2>/dev/null)
[ -z "$wanted" ] || objects=$(echo "$objects" | while read -r object; do echo "$wanted" | grep -qxF "$object" && echo "$object"; done)
# shellcheck disable=SC2086
CCACHE_BASEDIR=$folder ninja -C "$folder/on" $objects || exit 1
# shellcheck disable=SC2086
(cd "$folder/on" && python3 "$OLDPWD/test/weave/notes.py" "$found" $objects)
