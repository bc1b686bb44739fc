#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# time: 200
#
# A marker of one name in several files, some of them strangers': places that lack what the script asks for are left out by name,
# and nobody else's numbers change for it.
set -u
. "$TOP/test/e2e/lib-strangers.sh"

# ---- a marker of any program: places of one name that differ ------------------------------------------------------------

loops 'CEPHTAP_MARKER(shop, sale, i | 1L << 40, (int)-5, "apple")' | compile "$TMP/good/shop"
loops 'CEPHTAP_MARKER(shop, sale, (char)1)' | compile "$TMP/few/shop"
loops 'CEPHTAP_MARKER(shop, sale, "text", "text", 7)' | compile "$TMP/kinds/shop"
chown -R $nobody "$TMP/few" "$TMP/kinds"
as $nobody "$TMP/few/shop" # first: it has the lower number
few=$child
as $nobody "$TMP/kinds/shop"
kinds=$child
"$TMP/good/shop" &
good=$!
children="$children $good"
for pid in $few $kinds $good; do runs $pid "$(readlink "/proc/$pid/exe")"; done
runs $few "$TMP/few/shop"; runs $kinds "$TMP/kinds/shop"; runs $good "$TMP/good/shop"
tap -q -n 'shop:::sale { @[pid, args[1], args[2]] = count(); } tick-300ms { exit(0); }'
check places-go-on status_is 0
check places-value grep -qE "^ +$good +-5 +apple +[1-9]" "$out"
check places-only-good [ "$(grep -c . "$out")" = 1 ]
check places-few-named says "shop:shop::sale at 0x[0-9a-f]+ in $TMP/few/shop, process $few \(uid $nobody\) is left out: the script asks for args\[1\], and it has only 1 argument there"
check places-kinds-named says "$TMP/kinds/shop, process $kinds \(uid $nobody\) is left out: the script asks for args\[1\], and it is text there, elsewhere a signed number of 4 bytes"
tap -q -n 'shop:::sale { @[pid] = count(); @big = max(args[0]); } tick-300ms { exit(0); }'
check places-width grep -qE '^ +10995[0-9]{8}$' "$out" # not cut to the 8 bits of a stranger's
check places-all-that-have-it [ "$(grep -cE "^ +($good|$few) +[1-9]" "$out")" = 2 ]
tap -q -n 'shop:::sale { @[pid, arg1] = count(); } tick-300ms { exit(0); }'
check places-raw-status status_is 0
check places-raw grep -qE "^ +$good +-5 +[1-9]" "$out"
check places-raw-named says "$TMP/few/shop.* is left out: the script asks for arg1"
check places-raw-no-zero [ -z "$(grep -E "^ +$few " "$out")" ]
tap record -o "$TMP/places.rec" -q -n 'shop:::sale { @[pid, arg1] = count(); } tick-300ms { exit(0); }'
check places-record-named says "$TMP/few/shop.* is left out: the script asks for arg1"
tap replay "$TMP/places.rec"
check places-replay grep -qE "^ +$good +-5 +[1-9]" "$out"
check places-replay-named once "$TMP/few/shop.* is left out: the script asks for arg1"
tap -q -n 'shop:::sale { trace(args[3]); } tick-300ms { exit(0); }'
check places-nowhere status_is 1
check places-nowhere-named says 'has no args\[3\]|is not available at'
tap -q -p $few -n 'shop:::sale { @ = count(); } shop:::sale { trace(args[1]); } tick-300ms { exit(0); }'
check places-chosen status_is 1
end $good
tap -q -n 'shop:::sale { @[pid] = count(); @n = sum((int64_t)arg0); } tick-300ms { exit(0); }' # strangers among themselves
check places-strangers status_is 0
end $few $kinds

# One program with the marker in two places, of which the first is the narrower: both values are whole.
loops 'CEPHTAP_MARKER(shop, mixed, (unsigned char)200); CEPHTAP_MARKER(shop, mixed, -(i | 1L << 40)); CEPHTAP_MARKER(shop, mixed)' |
	compile "$TMP/good/mixed"
"$TMP/good/mixed" &
mixed=$!
children="$children $mixed"
runs $mixed "$TMP/good/mixed"
tap -q -p $mixed -n 'shop:::mixed { @low = min(args[0]); @high = max(args[0]); } END { printa("%@d ", @low); printa("%@d\n", @high); } tick-300ms { exit(0); }'
check mixed-values grep -qE '^-10995[0-9]{8} 200$' "$out"
check mixed-named says 'is left out: the script asks for args\[0\], and it has no arguments there'
end $mixed

# Thousands of notes in one file: one sentence.
many() { # HUNDREDS OUT
	{ echo "$head"; echo 'void f(void) {'; for _ in $(seq "$1"); do echo M100; done; echo '} int main() { for (;;) usleep(1000); }'; } |
		compile "$2" -O0 '-DM1=CEPHTAP_MARKER(shop,sale);' '-DM10=M1 M1 M1 M1 M1 M1 M1 M1 M1 M1' \
			'-DM100=M10 M10 M10 M10 M10 M10 M10 M10 M10 M10'
	chown -R $nobody "${2%/*}"
}
many 20 "$TMP/many/shop"
many 51 "$TMP/crowd/shop"
loops 'CEPHTAP_MARKER(shop, sale, i)' | compile "$TMP/good/shop"
as $nobody "$TMP/many/shop"
many=$child
as $nobody "$TMP/crowd/shop"
crowd=$child
"$TMP/good/shop" &
good=$!
children="$children $good"
runs $many "$TMP/many/shop"; runs $crowd "$TMP/crowd/shop"; runs $good "$TMP/good/shop"
tap -q --seconds 1 -n 'shop:::sale { @[pid] = count(); @m = max(args[0]); }'
check many-status status_is 0
check many-counted grep -qE "^ +$good +[1-9]" "$out"
check many-one-sentence once "2000 places in $TMP/many/shop, process $many \(uid $nobody\) is left out"
check crowd-one-sentence once "$TMP/crowd/shop, process $crowd \(uid $nobody\) is left out: the file claims 5100 places for it"
end $many $crowd $good
