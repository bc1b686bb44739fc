#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# rights: none
#
# `cephtap card`: what there is, what a binary gets, what is refused and why; binaries and cards of strangers.
set -u
. "$TOP/test/lib.sh"
cd "$TMP" || exit 1
export CEPHTAP_CARDS=$TMP/cards XDG_CACHE_HOME=$TMP/cache
children=
trap 'kill_own KILL $children; wait 2>/dev/null' EXIT

check() { # NAME COMMAND...
	local name=$1
	shift
	if "$@"; then echo "ok $name"; else echo "not ok $name - status $status: $(head -c 900 out err | tr '\n' '|')"; fi
}
card() { timeout 60 "$CEPHTAP" card "$@" >out 2>err </dev/null; status=$?; }
status_is() { [ "$status" = "$1" ]; }
says() { [ "$(wc -l <err)" = 1 ] && grep -qE -- "$1" err; } # one sentence, which is this
refused() { # NAME STATUS PATTERN ARGUMENT...
	local name=$1 wanted=$2 pattern=$3
	shift 3
	card "$@"
	check "$name" eval "status_is $wanted && says '$pattern'"
}
in_list() { grep -qE -- "$1" out; }

# ---- what there is ----
card list --json
check list-json python3 -I -c "
import json
cards = json.load(open('out'))
assert len(cards) > 40 and all(c.get('binary') and c['members'] >= 0 for c in cards)
assert any(c.get('build_id') for c in cards) and any(c.get('distribution') == 'el9' for c in cards)"
card show --release 19.2.3 --distribution el9 ceph-osd
check family eval "status_is 0 && in_list '^distribution el9$' && in_list '^release 19\.' && [ ! -s err ]"
for distribution in debian ubuntu el8 el9; do
	card show --release 18.2.4 --distribution $distribution librbd.so.1
	check family-$distribution eval "status_is 0 && in_list '^cephtap-card 1$' && in_list '^end$'"
done
card show --release 10.2.0 --distribution el8 ceph-osd
check far-release eval "status_is 0 && says 'no family of ceph-osd is of 10.2.0 on el8: the nearest is'"
refused unknown-distribution 2 'distributions are debian' show --release 19.2.3 --distribution slackware ceph-osd
refused no-release 2 'three numbers' show --release squid ceph-osd
refused unknown-binary 1 'no card is of a binary called ls' show --release 19.2.3 ls
refused unknown-build 1 'no card of this build-id' show 00112233445566778899aabbccddeeff00112233
refused no-verb 2 'list, add, check and show' frobnicate
refused wrong-option 2 'does not take that option' add --release 19.2.3 x

# ---- one more ----
id=00112233445566778899aabbccddeeff00112233
"$CEPHTAP" card show --release 19.2.3 --distribution el9 ceph-osd >family
printf 'cephtap-card 1\nbinary ceph-osd\nrelease 19.2.3\nbuild-id %s\ntype 8 A\n  member 0 8 unsigned x\nend\n' $id >mine
card add mine family
check add eval "status_is 0 && [ -f cards/$id.card ] && [ -f cards/family-ceph-osd-el9-19.2.0.card ]"
card show $id
check added cmp -s out mine
card list
check added-is-listed in_list "$id .*cards/$id.card$"
(umask 0; "$CEPHTAP" card add mine >/dev/null)
check mode test "$(stat -c %a cards/$id.card)" = 644
sed 's/end//' mine >cut
refused add-cut 1 'damaged .*cut short' add cut
sed 's/^type/architecture aarch64\ntype/' mine >arm
refused add-architecture 1 'another architecture \(aarch64\)' add arm
sed "s/^build-id.*/build-id ..\/..\/x/" mine >path
refused add-path 1 'no plain words' add path
head -c 4096 /dev/urandom >noise
refused add-noise 1 'damaged' add noise
refused add-none 1 'cannot open nowhere' add nowhere
refused add-folder 1 'directory' add cards
cp arm cards/$id.card
refused other-architecture 1 'another architecture \(aarch64\)' show $id
cp mine cards/$id.card && chmod 666 cards/$id.card
refused writable 1 'not used, since others than its owner can write it' show $id
card list
check writable-is-listed in_list 'not used: .*others than its owner'
rm cards/$id.card && mkfifo cards/$id.card
refused fifo 1 'cannot be read' show $id
rm cards/$id.card
ln -s /dev/zero cards/$id.card
refused device 1 'cannot be read' show $id
rm cards/$id.card
truncate -s 5M cards/$id.card
refused large 1 'larger than any card' show $id
if [ "$(id -u)" = 0 ]; then
	cp mine cards/$id.card && chown 65534 cards/$id.card
	refused stranger 1 'owned by user 65534, neither by root nor by you' show $id
fi
rm -rf cards

# ---- binaries ----
osd=/usr/bin/ceph-osd
[ -e $osd ] || { echo "skip binaries - needs ceph-osd"; exit 0; }
id=$(readelf -n $osd | sed -n 's/.*Build ID: //p')
mkdir bin
patch_id() { # FILE: one digit of its build-id is another
	python3 -I -c "
import sys
data = open('$osd', 'rb').read()
at = data.index(bytes.fromhex('$id'))
open(sys.argv[1], 'wb').write(data[:at] + bytes([data[at] ^ 255]) + data[at + 1:])" "$1"
}
patch_id bin/ceph-osd
card check --json bin/ceph-osd
check other-build python3 -I -c "
import json
said = json.load(open('out'))
assert not said['of_this_build'] and said['confirmed'] > 50 and said['contradicted'] == 0 and said['usable'] > 80"
mkdir -p cards && sed "s/^build-id.*/build-id $id/" mine >cards/"$(readelf -n bin/ceph-osd | sed -n 's/.*Build ID: //p')".card
refused wrong-build-id 1 'layout card .* is for another build' check bin/ceph-osd
rm -rf cards
python3 -I - <<END # no symbols, no sections; another machine; a file that ends in its middle
data = bytearray(open('bin/ceph-osd', 'rb').read())
bare = bytearray(data); bare[0x28:0x30] = bytes(8); bare[0x3c:0x40] = bytes(4)
import os
for name, content in ('bare', bare), ('half', data[:len(data) // 2]), ('machine', data[:0x12] + bytes([183, 0]) + data[0x14:]):
    os.makedirs(name, exist_ok=True)
    open(name + '/ceph-osd', 'wb').write(content)
END
mkdir -p stripped && objcopy --strip-all -R .gnu_debugdata bin/ceph-osd stripped/ceph-osd 2>/dev/null
refused no-sections 1 'its code does not show how it is laid out' check bare/ceph-osd
refused half 1 'half/ceph-osd' check half/ceph-osd
refused another-machine 1 'another architecture \(aarch64\)' check machine/ceph-osd
card check stripped/ceph-osd # its dynamic symbols stay
check stripped eval "{ status_is 0 && in_list '^members:'; } || { status_is 1 && says 'ceph-osd'; }"
cp bin/ceph-osd big && truncate -s 4G big && mkdir -p sparse && mv big sparse/ceph-osd
card check sparse/ceph-osd
check four-gigabytes eval "{ status_is 0 && in_list '^members:'; } || { status_is 1 && says 'sparse/ceph-osd'; }"
rm sparse/ceph-osd

# One that changes while it is read: whatever is made of it, it ends in order.
mkdir changing && cp bin/ceph-osd changing/ceph-osd
python3 -I -c "
import os, random
fd, size = os.open('changing/ceph-osd', os.O_RDWR), os.path.getsize('changing/ceph-osd')
while True:
    os.pwrite(fd, os.urandom(64), random.randrange(64 if random.random() < .2 else size))
    os.ftruncate(fd, random.randrange(size)); os.ftruncate(fd, size)" &
children=$!
ended=0
for _ in 1 2 3 4 5 6 7 8; do
	card check changing/ceph-osd
	{ [ "$status" = 0 ] || { [ "$status" = 1 ] && [ "$(wc -l <err)" = 1 ]; }; } && ended=$((ended + 1))
done
check changing test $ended = 8
