#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# long
# time: 600
#
# Objects and clients whose names have line breaks, a terminal's commands and other alphabets, in the reports on a cluster and in top.
# shellcheck disable=SC2086 # $only is several words
. "$TOP/test/live/lib-live.sh"

python=
for one in python3 /usr/bin/python3; do # the one of Debian's packages may not be the first
	[ -n "$python" ] || ! "$one" -c 'import pyte' 2>/dev/null || python=$one
done
[ -n "$python" ] || { echo "skip ${0##*/} - python3-pyte is not installed"; exit 0; }
cluster_up --osds 2 --size 2
eval "$(clusters env "$cluster")"
PYTHONPATH=$TOP/test/live PYTHONDONTWRITEBYTECODE=1 "$python" "$TOP/test/live/names.py" "$CEPHTAP" "$TMP" $only
