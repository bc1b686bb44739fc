#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# rights: none
#
# scripts/new-builds on a list of packages of our own: a build with a card, a newer one, and what is no list.
set -u
cd "$TMP" || exit 1
check() { # NAME COMMAND...
	local name=$1
	shift
	if "$@"; then echo "ok $name"; else echo "not ok $name - $(head -c 600 out err | tr '\n' '|')"; fi
}
card=$(grep -l '^binary ceph-osd' "$TOP"/cards/[0-9a-f]*.card | head -n 1)
id=$(basename "$card" .card)
cat >Packages <<END
Package: bash-dbgsym
Version: 5.2
Architecture: amd64
Build-Ids: 0123456789abcdef0123456789abcdef01234567

Package: ceph-osd-dbg
Version: 18.2.7+ds-1+deb13u9
Architecture: amd64
Build-Ids: 00112233445566778899aabbccddeeff00112233
 aa112233445566778899aabbccddeeff00112233

Package: ceph-osd-dbg
Version: 1:16.2.15-1
Architecture: amd64
Build-Ids: aa112233445566778899aabbccddeeff00112244 $id

Package: ceph-osd-dbg
Version: 99.9.9-1
Architecture: arm64
Build-Ids: 0123456789abcdef0123456789abcdef01234567
END
xz -k Packages
for index in Packages Packages.xz; do
	"$TOP/scripts/new-builds" $index >out 2>err
	check "$index-status" test $? = 0
	check "$index-known" grep -qE "^ceph-osd +1:16\.2\.15-1 +of this build: $id\$" out
	check "$index-guess" grep -qE '^ceph-osd +18\.2\.7\+ds-1\+deb13u9 +guess by version: the family 18\.2\.7 \(debian\)$' out
	check "$index-nothing-else" test "$(wc -l <out)" = 3
done
"$TOP/scripts/new-builds" --distribution ubuntu Packages >out 2>err
check other-distribution grep -qE 'deb13u9 +guess by version: the family .*' out
head -n 4 Packages >none
"$TOP/scripts/new-builds" none >out 2>err
status=$?
check no-ceph eval '[ $status = 1 ] && grep -q "no package of debug symbols of Ceph" err && [ "$(wc -l <err)" = 1 ]'
head -c 100 Packages.xz >cut.xz
"$TOP/scripts/new-builds" cut.xz >out 2>err
status=$?
check cut eval '[ $status = 1 ] && [ "$(wc -l <err)" = 1 ]'
"$TOP/scripts/new-builds" nowhere >out 2>err
status=$?
check nowhere eval '[ $status = 1 ] && grep -q "^new-builds: nowhere cannot be read" err'
