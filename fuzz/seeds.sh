#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Makes seeds for the fuzzers of scripts, of those that the tests have, with a dictionary of the language's words; and for
# the fuzzer of sections, of the ELF files that other fuzzers begin with: fuzz/seeds.sh DIR.
set -eu
dir=$1
cd "$(dirname "$0")/.."
mkdir -p "$dir/scripts"

# Cases `= NAME`, a script, `-`, what it prints.
awk -v to="$dir/scripts" 'FNR == 1 { base = FILENAME; gsub("[/.]", "-", base) }
	/^= / { if (out) close(out); out = to "/" base "-" FNR; next }
	/^-$/ { if (out) close(out); out = "" }
	out { print >out }' test/lang/*.cases
# Cases of a line each: `TAG SCRIPT`, in which \n is a new line.
awk -v to="$dir/scripts" 'FNR == 1 { base = FILENAME; gsub("[/.]", "-", base) }
	/^#|^$/ || NF < 2 { next }
	{ sub(/^[^ ]+ /, ""); gsub(/\\n/, "\n"); out = to "/" base "-" FNR; print >out; close(out) }' test/check/*.cases
for file in test/ast/*.d test/check/*.d test/ebpf/*.d scripts/*.d; do
	cp "$file" "$dir/scripts/$(echo "$file" | tr / -)"
done

{
	grep -ohE '`[A-Za-z_]+[(:>`]?' doc/language-reference.md doc/language.md | tr -d '`(:>'
	printf '%s\n' '->' '<<=' '>>=' '&&' '||' '^^' '++' '--' 'self->' 'this->' 'sizeof (' 'offsetof (' 'stringof (' 'test:::ints' \
		'test:::strs' 'test:::ptr' 'tick-1s' '#pragma D option' 'struct' 'union' 'enum' 'typedef' 'translator' 'xlate <' 'inline' \
		'(char *)' '(int64_t)' '(uint8_t)' '@a[' 'args[0]' '%d' '%s' '%x' '0x7fffffffffffffff' '-9223372036854775808'
} | sort -u | sed 's/[\\"]/\\&/g; s/.*/"&"/' >"$dir/words.dict"

# As fuzz_section.c numbers them.
mkdir -p "$dir/sections"
section() { # NUMBER NAME
	local file out n=0
	for file in fuzz/corpus/fuzz_elf/* fuzz/corpus/fuzz_debug/*; do
		n=$((n + 1))
		out=$dir/sections/$1-$n
		objcopy --dump-section "$2=$out.bytes" "$file" /dev/null 2>/dev/null && [ -s "$out.bytes" ] || continue
		{ printf "\\x$1"; cat "$out.bytes"; } >"$out"
	done
	rm -f "$dir"/sections/*.bytes
}
section 00 .eh_frame
section 01 .eh_frame # which .debug_frame is like
section 04 .note.stapsdt
section 05 .note.cephtap
section 06 .eh_frame
section 07 .note.gnu.build-id
section 08 .debug_info
for file in fuzz/corpus/fuzz_elf/*; do
	{ printf '\x02'; cat "$file"; } >"$dir/sections/02-${file##*/}"
	! command -v xz >/dev/null || { printf '\x03'; xz -c "$file"; } >"$dir/sections/03-${file##*/}"
done
