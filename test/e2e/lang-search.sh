#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Functions that look for something in texts, take them apart, or make them of numbers; as documented, and at the ends of texts.
# time: 240
. "$TOP/test/e2e/lib-lang.sh"

# text NAME EXPECTED EXPRESSIONS... : each printed in brackets, all in one script, once from constants and once from variables.
texts() { # NAME EXPECTED FORMAT ARGUMENTS [OPTIONS...]
	local name=$1 expected=$2 body
	body="printf(\"$3\", $4);"
	shift 4
	begin "$name" "$expected" "$body" "$@"
}

for size in 8 16 256 1024; do
	texts "strchr and strrchr, strsize $size" '[a][.b.c][.c][][][a.b.c]' '[%s][%s][%s][%s][%s][%s]' \
		"strrchr(\"banana\", 'a'), strchr(\"a.b.c\", '.'), strrchr(\"a.b.c\", '.'), strchr(\"abc\", 'x'), strrchr(\"\", 'x'), strchr(\"a.b.c\", 'a')" \
		-x strsize=$size
	texts "strstr, strsize $size" '[cdef][abcdef][][f][][]' '[%s][%s][%s][%s][%s][%s]' \
		'strstr("abcdef", "cd"), strstr("abcdef", ""), strstr("abcdef", "x"), strstr("abcdef", "f"), strstr("abc", "abcd"), strstr("", "")' \
		-x strsize=$size
	texts "index and rindex, strsize $size" '1 3 -1 0 0 3 -1 5' '%d %d %d %d %d %d %d %d' \
		'index("banana", "an"), rindex("banana", "an"), index("banana", "nab"), index("banana", ""), index("b", "b"), rindex("aaaa", "a"), index("", "a"), index("banana", "a", 4)' \
		-x strsize=$size
	texts "basename and dirname, strsize $size" '[c][/a/b][a][.][/][/][.][.]' '[%s][%s][%s][%s][%s][%s][%s][%s]' \
		'basename("/a/b/c"), dirname("/a/b/c"), basename("a"), dirname("a"), basename("/"), dirname("/"), basename(""), dirname("")' \
		-x strsize=$size
done
texts "strchr finds the final NUL" '[]0' '[%s]%d' 'strchr("abc", 0), strlen(strchr("abc", 0))'
begin "strchr by a variable" '[bc][c]' "s = \"abc\"; c = 'b'; printf(\"[%s]\", strchr(s, c)); c++; printf(\"[%s]\", strrchr(s, c));"
begin "a character is a byte" '[\377x]' 'printf("[%s]", strchr("a\377x", 0xff));'
begin "NULL is what is not found" 'yes yes no' 's = strchr("abc", 120); printf("%s %s %s", s == NULL ? "yes" : "no",
	strstr("abc", "x") == NULL ? "yes" : "no", strrchr("abc", 97) == NULL ? "yes" : "no");'
begin "NULL on the left, and unequal" '1 0 1' 's = strstr("abc", "b"); printf("%d %d %d", NULL != s, NULL == s, strchr("a", 98) == NULL);'

texts "what overlaps with itself" '[aab][aabaab]1 3 2' '[%s][%s]%d %d %d' \
	'strstr("aaaab", "aab"), strstr("aabaaabaab", "aabaab"), index("aaaa", "aaa", 1), rindex("aabaaab", "aaab"), index("ababac", "abac")'
texts "a pattern that falls back often" '4 7 8 -1' '%d %d %d %d' \
	'index("abababacab", "abac"), index("aaaaaaaab", "ab"), index("abcabcababcabcabd", "ababcabcabd") + 2, index("aaaaaaaa", "aab")'
texts "index from a place" '0 0 3 3 -1 -1 2' '%d %d %d %d %d %d %d' \
	'index("abcabc", "abc", -5), index("abcabc", "abc", 0), index("abcabc", "abc", 1), index("abcabc", "abc", 3), index("abcabc", "abc", 4), index("abcabc", "abc", 100), index("abc", "c", 2)'
texts "rindex up to a place" '3 3 0 0 0 -1 3' '%d %d %d %d %d %d %d' \
	'rindex("abcabc", "abc", 100), rindex("abcabc", "abc", 3), rindex("abcabc", "abc", 2), rindex("abcabc", "abc", 1), rindex("abcabc", "abc", 0), rindex("abcabc", "abc", -1), rindex("abcabc", "abc")'
texts "an empty text is found everywhere" '0 2 3 3 3 1 0 -1' '%d %d %d %d %d %d %d %d' \
	'index("foo", "", -1), index("foo", "", 2), index("foo", "", 3), index("foo", "", 7), rindex("foo", ""), rindex("foo", "", 1), rindex("foo", "", 0), rindex("foo", "", -1)'
long=$(printf 'x%.0s' $(seq 1 254))
begin "as long as strings can be" '254 1 253 254 1' "s = \"$long\"; printf(\"%d %d %d \", strlen(strchr(s, 'x')), strlen(strrchr(s, 'x')), rindex(s, \"x\"));
	printf(\"%d %d\", strlen(strstr(s, s)), index(strjoin(s, \"\"), \"x\", 1));"
begin "what lies behind the end of a string is not found" '-1 -1 []' 's = "1234567abc"; printf("%d %d [%s]", index(s, "abc"), rindex(s, "8"), strchr(s, 97));' \
	-x strsize=8
begin "texts from other functions" '[-b]2' 'printf("[%s]%d", strchr(strjoin("a-", "b"), 45), index(substr("abcabc", 1), strjoin("a", "b")));'
begin "one in another" '[d][/x]' 'printf("[%s][%s]", strchr(strchr(strchr("abcd", 98), 99), 100), strstr(dirname("/a/x/y"), "/x"));'

tokens='BEGIN { this->t = strtok("%s", "%s"); } '
rest=''
for i in 1 2 3 4; do rest+='BEGIN { printf("[%%s]", this->t); this->t = strtok(NULL, "%s"); } '; done
token() { # NAME EXPECTED TEXT DELIMITERS [OPTIONS...]
	local name=$1 expected=$2 text=$3 by=$4
	shift 4
	# shellcheck disable=SC2059
	same "$name" "$expected" "$@" -n "$(printf "$tokens$rest" "$text" "$by" "$by" "$by" "$by" "$by") BEGIN { exit(0); }"
}
token "strtok" '[Carrots][Barley][Oatmeal][Corn]' 'Carrots,Barley,Oatmeal,Corn' ','
token "strtok passes over delimiters" '[a][b][][]' ',,,a,,,b,,,' ','
token "strtok by several" '[a][b][c][d]' ' a;b, c;,d' ',; '
token "strtok without delimiters" '[a,b][][][]' 'a,b' ''
token "strtok of nothing" '[][][][]' '' ','
token "strtok of delimiters alone" '[][][][]' ',;,' ',;'
token "strtok with a small strsize" '[a][bc][de][]' 'a,bc,def' ',' -x strsize=8
begin "strtok by other delimiters the second time" '[a,b][c]' 'this->t = strtok("a,b;c", ";"); printf("[%s][%s]", this->t, strtok(NULL, ","));'
begin "strtok of a token" '[a.b][a][b][]' 'this->t = strtok("a.b,c", ","); printf("[%s]", this->t); printf("[%s][%s][%s]", strtok(this->t, "."),
	strtok(NULL, "."), strtok(NULL, "."));'
begin "strtok by any byte" '[a][b]' 'printf("[%s][%s]", strtok("a\377b\200", "\377\200"), strtok(NULL, "\377\200"));'
same "strtok goes on in another clause" '[a][b][c]' -n 'BEGIN { printf("[%s]", strtok("a b c", " ")); } BEGIN { printf("[%s]", strtok(NULL, " ")); }
	BEGIN { printf("[%s]", strtok(NULL, " ")); exit(0); }'
same "strtok ends with the firing" 'BEGIN[a]BEGIN' -n 'BEGIN { printf("%s[%s]", probename, strtok("a b c", " ")); } BEGIN { printf("%s", probename); exit(0); }
	END { printf("[%s]", strtok(NULL, " ")); }'
grep -q 'invalid address' "$err" && echo "ok strtok(NULL) before any other" || echo "not ok strtok(NULL) before any other - $(cat "$err")"

texts "dirname and basename of all shapes" '[c][a/b][b][a][a][/][c][//a][..][.]' '[%s][%s][%s][%s][%s][%s][%s][%s][%s][%s]' \
	'basename("a/b/c"), dirname("a/b/c"), basename("a//b//"), dirname("a//b//"), basename("//a//"), dirname("//a//"), basename("c///"), dirname("//a/b"), basename("../.."), dirname("./a")'
texts "cleanpath" '[/foo/bar][/bar][/foo/bar][/a][/a/..][/a/.][a/b][/][/b][/..b/.c]' '[%s][%s][%s][%s][%s][%s][%s][%s][%s][%s]' \
	'cleanpath("/foo/./bar"), cleanpath("/foo/../bar"), cleanpath("/foo//.///bar"), cleanpath("/a"), cleanpath("/a/.."), cleanpath("/a/."), cleanpath("a/b"), cleanpath("///"), cleanpath("/a/../../../b"), cleanpath("/..b/.c")'
texts "cleanpath of nothing" '[][.][..][/a/...b]' '[%s][%s][%s][%s]' 'cleanpath(""), cleanpath("."), cleanpath(".."), cleanpath("/a/...b")'
begin "cleanpath of a long path" '240 1' "s = \"/$(printf 'abc/../%.0s' $(seq 1 34))\"; printf(\"%d %d\", strlen(s) + 1, strlen(cleanpath(s)));"

texts "lltostr" '0 1 -1 1234567890 -9223372036854775808 9223372036854775807' '%s %s %s %s %s %s' \
	'lltostr(0), lltostr(1), lltostr(-1), lltostr(1234567890), lltostr(-9223372036854775807 - 1), lltostr(9223372036854775807)'
texts "lltostr in other bases" '101 0777 0xff zz 0xffffffffffffffff 10 1' '%s %s %s %s %s %s %s' \
	'lltostr(5, 2), lltostr(511, 8), lltostr(255, 16), lltostr(1295, 36), lltostr(-1, 16), lltostr(3, 3), lltostr(1, 36)'
begin "64 binary digits" '64 1111' 's = lltostr(-1, 2); printf("%d %s", strlen(s), substr(s, 60));'
begin "a number longer than a string" '1234567' 'printf("%s", lltostr(1234567890));' -x strsize=8
begin "lltostr by variables" '0x1f 31' 'n = 31; b = 16; printf("%s ", lltostr(n, b)); b = 10; printf("%s", lltostr(n, b));'
texts "strtoll" '12 -12 12 0 0 9223372036854775807 -9223372036854775808 7' '%d %d %d %d %d %d %d %d' \
	'strtoll("12"), strtoll("-12"), strtoll("+12 and more"), strtoll(""), strtoll("x1"), strtoll("9223372036854775807"), strtoll("-9223372036854775808"), strtoll(" \t\n7")'
texts "strtoll in other bases" '255 255 255 5 511 1295 0 0 1 8' '%d %d %d %d %d %d %d %d %d %d' \
	'strtoll("ff", 16), strtoll("0xFF", 16), strtoll("0Xff", 16), strtoll("101", 2), strtoll("777", 8), strtoll("Zz", 36), strtoll("0x10", 10), strtoll("9", 8), strtoll("12", 2), strtoll("08")'
begin "there and back" '1 1 1' 'n = -123456789012; printf("%d %d %d", strtoll(lltostr(n)) == n, strtoll(lltostr(n, 16), 16) == n, strtoll(lltostr(n, 36), 36) == n);'
for call in 'lltostr(1, b)' 'strtoll("1", b)'; do
	timeout 20 "$CEPHTAP" -q -n "BEGIN { b = 37; trace($call); } BEGIN { exit(0); }" >"$TMP/out" 2>"$err"
	if grep -q 'illegal operation' "$err" && [ ! -s "$TMP/out" ]; then echo "ok a base that is none, in $call"; else
		echo "not ok a base that is none, in $call - $(cat "$err" "$TMP/out")"
	fi
done

