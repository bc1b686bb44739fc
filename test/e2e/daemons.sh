#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# `cephtap list --daemons`: a row for each of Ceph's processes, those in containers too, and no name that a terminal obeys.
# The processes are programs that have mapped librados.
set -u
[ "$(id -u)" = 0 ] || { echo "skip daemons - needs root"; exit 0; }
. "$TOP/test/lib.sh"
library=/usr/lib/x86_64-linux-gnu/librados.so.2
{ [ -e $library ] && command -v unshare >/dev/null; } || { echo "skip daemons - needs librados and unshare"; exit 0; }
children=
trap 'kill_own KILL $children; wait 2>/dev/null' EXIT

check() { # NAME COMMAND...
	local name=$1
	shift
	if "$@"; then echo "ok $name"; else echo "not ok $name - $(head -c 1500 "$TMP/out" "$TMP/err" | tr '\n' '|')"; fi
}
judge() { python3 -I -c "
import json, sys
said = json.load(open('$TMP/out'))
row = {r['pid']: r for r in said['daemons']}
plain, inside = row.get($plain), row.get($inside)
sys.exit(not ($1))"; }
maps_it() { grep -q librados.so "/proc/$1/maps" 2>/dev/null && [ "$(cut -d' ' -f2 <"/proc/$1/comm")" = "$2" ]; } # PID NAME

cat >"$TMP/client.py" <<'END'
import ctypes, time
ctypes.CDLL("librados.so.2")
while True: time.sleep(1)
END
bad=$'client.\033[31mred'
python3 "$TMP/client.py" --name "$bad" --cluster $'x\ny' &
plain=$!
# Another root, as a container has it: the same files by way of a mount, with an own os-release and the image's name.
mkdir -p "$TMP/root"
printf 'PRETTY_NAME="Some \033]0;System"\nID="centos"\nVERSION_ID="9"\n' >"$TMP/os-release"
CONTAINER_IMAGE=$'quay.io/\033cceph:v1' unshare -m --propagation private sh -c '
mount --rbind / "$1/root" && mount --bind "$1/os-release" "$1/root$(readlink -f /etc/os-release)" || exit 1
exec chroot "$1/root" python3 "$1/client.py" --id inside' sh "$TMP" &
inside=$!
children="$plain $inside"
check started wait_for 30 maps_it $plain python3
check started-inside wait_for 30 maps_it $inside python3

timeout 120 "$CEPHTAP" list --daemons --json >"$TMP/out" 2>"$TMP/err"
check status test $? = 0
check rows judge "plain and inside"
check name judge "plain['name'].startswith('client.') and inside['name'] == 'client.inside'"
check build judge "len(plain['build_id']) == 40 and plain['build_id'] == inside['build_id']"
check release judge "plain['release'] and plain['release'] == inside['release']"
check container judge "inside['in_container'] and not plain['in_container']"
check image judge "inside['image'] == 'quay.io/\\x1bcceph:v1' and plain['image'] is None"
check system judge "inside['system'] == 'Some \\x1b]0;System'"
check markers judge "0 < plain['usable'] <= plain['markers'] and sum(e['markers'] for e in plain['evidence']) == plain['usable']"
check advice judge "all(r['advice'] or r['usable'] == r['markers'] for r in said['daemons'])"
timeout 120 "$CEPHTAP" list --daemons >"$TMP/out" 2>"$TMP/err"
check text grep -q "^client\.inside  *$inside " "$TMP/out"
check escaped test "$(tr -d '\n\t -~' <"$TMP/out" | grep -c $'[\033\001-\010]')" = 0
check image-shown grep -qF 'in a container, image quay.io/\033cceph:v1' "$TMP/out"
timeout 120 "$CEPHTAP" doctor --json >"$TMP/doctor" 2>"$TMP/err"
check doctor python3 -I -c "
import json, sys
checks = json.load(open('$TMP/doctor'))['checks']
mine = [c for c in checks if c['group'] == 'Ceph' and 'process $inside ' in (c['detail'] or '')]
sys.exit(not (len(mine) == 1 and 'in a container' in mine[0]['detail'] and 'markers' in mine[0]['detail']))"
"$CEPHTAP" list --daemons op-start >"$TMP/out" 2>"$TMP/err"
check alone test $? = 2
