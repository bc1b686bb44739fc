#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Layouts of builds that nobody has looked at: the published figures of each build agree with the family that it would get; families are
# what scripts/families.py makes of the figures; cards hold together; and on the installed ceph-osd, whose layout is known, with its own
# card hidden: nothing that would be used is wrong, and of wrong cards few would be.
set -u
layout=$BUILD/test/layout/layout
say() { # STATUS NAME WHY
	if [ "$1" = 0 ]; then echo "ok $2"; else echo "not ok $2 - $3"; fi
}
cd "$TOP" || exit 1

scripts/families.py check "$layout" >"$TMP/check" 2>&1
say $? figures-agree "$(tail -n 3 "$TMP/check" | tr '\n' ' ')"
tail -n 1 "$TMP/check"
mkdir -p "$TMP/tree/cards" "$TMP/tree/scripts"
cp cards/facts.txt cards/[0-9a-f]*.card "$TMP/tree/cards" 2>/dev/null
(cd "$TMP/tree" && "$TOP/scripts/families.py" cards 2>/dev/null)
for card in cards/family-*.card; do cmp "$card" "$TMP/tree/$card" || break; done >"$TMP/same" 2>&1
[ ! -s "$TMP/same" ] && [ "$(ls cards/family-* | wc -l)" = "$(ls "$TMP"/tree/cards/family-* | wc -l)" ]
say $? families-are-made "run scripts/families.py cards ($(head -n 1 "$TMP/same"))"
"$layout" holds cards/*.card >"$TMP/holds"
say $? cards-hold-together "$(head -n 1 "$TMP/holds")"

# Where a build has both, its functions are where the published figures say.
for card in cards/[0-9a-f]*.card; do
	id=$(sed -n 's/^build-id //p' "$card") # none in a family's
	[ -z "$id" ] || sed -n "/^known-build $id/,/^known-build\|^from/s/^  known-//p" cards/family-*.card
done >"$TMP/functions"
[ -s "$TMP/functions" ] && ! grep -vxFf <(cat cards/[0-9a-f]*.card) "$TMP/functions" >"$TMP/others"
say $? functions-agree "$(cat "$TMP/others")"

osd=/usr/bin/ceph-osd
card=cards/$(readelf -n $osd 2>/dev/null | sed -n 's/.*Build ID: //p').card
[ -f "$card" ] || { echo "skip unknown-build - there is no ceph-osd here whose layout is known"; exit 0; }
"$layout" hidden $osd "$card" >"$TMP/hidden"
say $? hidden-none-wrong "$(grep '^wrong' "$TMP/hidden" | head -n 3 | tr '\n' ' ')"
tail -n 1 "$TMP/hidden"
read -r used all markers whole part < <(sed -n 's/.*: \([0-9]*\) of \([0-9]*\) members used.*; \([0-9]*\) of \([0-9]*\) markers whole, \([0-9]*\) in part/\1 \2 \4 \3 \5/p' "$TMP/hidden")
[ $((used * 100)) -ge $((all * 75)) ] && [ $(((whole + part) * 100)) -ge $((markers * 80)) ]
say $? hidden-share "$(tail -n 1 "$TMP/hidden")"
"$layout" mutate $osd "$card" 7 >"$TMP/mutate"
read -r tried wrong < <(sed -n 's/^moved: \([0-9]*\) wrong members, \([0-9]*\) of them used/\1 \2/p' "$TMP/mutate")
[ "$tried" -gt 50 ] && [ $((wrong * 100)) -le $((tried * 8)) ]
say $? wrong-cards "$(tail -n 2 "$TMP/mutate" | tr '\n' ' ')"
tail -n 2 "$TMP/mutate"
us=$("$layout" time $osd "$card" | sed 's/ us//')
[ "$us" -lt 100000 ]
say $? soon-done "the choice of a family takes $us us of a processor"
echo "choice of a family: $us us"
