#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Strings, and memory of the traced process: comparison, the string functions, strsize, copyin, copyinstr, stringof, pointers.
# time: 180
. "$TOP/test/e2e/lib-lang.sh"

for size in 8 16 256 512 520 1024; do
	begin "comparison, strsize $size" '1 0 1 0 1 0 1 1 0 1 1' \
		'a = "abc"; b = "abd"; e = ""; printf("%d %d %d %d ", a == "abc", a == b, a != b, a != "abc");
		 printf("%d %d %d %d ", a < b, a > b, a <= a, b >= a); printf("%d %d %d", a < e, "ab" < a, e == "");' -x strsize=$size
done
begin "comparison is of unsigned bytes" '1 1 0' 'a = "\377"; b = "a"; printf("%d %d %d", a > b, "Z" < b, "b" < "ab");'
begin "a comparison of strings is an int" 'yes no 1' 'a = "x"; b = ""; printf("%s ", a != "" ? "yes" : "no"); printf("%s ", b != "" ? "yes" : "no");
	printf("%d", a == "x" && b == "");'
begin "strlen" '0 1 5 7' 'a = "hello"; printf("%d %d %d %d", strlen(""), strlen("x"), strlen(a), strlen("hello\n\t"));'
begin "strlen at the limit" '14 15 15' 's = "12345678901234"; printf("%d ", strlen(s)); s = "123456789012345"; printf("%d ", strlen(s));
	s = "12345678901234567890"; printf("%d", strlen(s));' -x strsize=16
begin "strjoin" 'foobar foo bar [] a-b-c' 'a = "foo"; b = "bar"; e = ""; printf("%s %s %s [%s] ", strjoin(a, b), strjoin(a, e),
	strjoin(e, b), strjoin(e, e)); printf("%s", strjoin("a", strjoin("-b", strjoin("-", "c"))));'
begin "strjoin cuts at strsize" '123456789abcdef 15' 'a = "123456789"; s = strjoin(a, "abcdefghi"); printf("%s %d", s, strlen(s));' \
	-x strsize=16
begin "substr" 'llo|ll|lo|l|hello||hell|ell' 's = "hello"; printf("%s|%s|%s|%s|%s|%s|%s|%s", substr(s, 2), substr(s, 2, 2), substr(s, -2),
	substr(s, -2, -1), substr(s, 0), substr(s, 5), substr(s, 0, -1), substr(s, 1, -1));'
begin "substr out of range" '|hello|||he||' 's = "hello"; printf("%s|%s|%s|%s|%s|%s|%s", substr(s, 6), substr(s, 0, 100), substr(s, 100, 2),
	substr(s, 1, 0), substr(s, -7, 4), substr(s, -10, 3), substr(s, 2, -3));'
begin "substr with computed numbers" 'c d cd' 's = "abcdef"; i = 2; n = 1; m = -3; printf("%s %s %s", substr(s, i, n), substr(s, m, n),
	substr(s, i, i));'
begin "substr takes 64-bit numbers" '|abc' 's = "abc"; printf("%s|%s", substr(s, 0x100000000), substr(s, 0, 0x7fffffffffffffff));'
begin "strings are values" 'one two one' 'a = "one"; b = a; a = "two"; printf("%s %s %s", b, a, b);'
begin "a short text after a long one" 'ab 2 1' 's = "a long text it was"; s = "ab"; printf("%s %d %d", s, strlen(s), s == "ab");'
begin "strings everywhere" 'g t s e' 'g = "g"; this->t = "t"; self->s = "s"; a["k"] = "e"; printf("%s %s %s %s", g, this->t, self->s, a["k"]);'
begin "a string that is not there is empty" '[][][]' 'self->s = "x"; self->s = 0; a["k"] = "v"; a["k"] = 0; this->t = ""; printf("[%s][%s][%s]",
	self->s, a["k"], this->t);'
begin "a string assigned from itself" 'xxx ab' 's = "x"; s = strjoin(s, strjoin(s, s)); t = "cab"; t = substr(t, 1); printf("%s %s", s, t);'
begin "ternaries of strings" 'big-small' 'x = 5; printf("%s-%s", x > 3 ? "big" : "small", x > 7 ? "big" : "small");'
begin "string keys" '1 2 3 0' 'a["x"] = 1; a["xy"] = 2; b["x", "y"] = 3; k = "x"; printf("%d %d %d %d", a[k], a[strjoin(k, "y")], b["x", "y"], a["y"]);'
begin "a long string is cut in every place" '1234567|1234567|1234567|1234567' 's = "1234567890"; this->s = "1234567890"; self->s = "1234567890";
	a[1] = "1234567890"; printf("%s|%s|%s|%s", s, this->s, self->s, a[1]);' -x strsize=8
begin "texts of other sizes are keys" '4 5' 'a[probename] = 4; a[execname] = 5; printf("%d %d", a["BEGIN"], a["cephtap"]);'
begin "escapes" 'a	b"c\d 3' 'printf("a\tb\"c\\d %d", strlen("\x41\102\0zz") + 1);'
begin "names of the probe" 'dtrace///BEGIN' 'printf("%s/%s/%s/%s", probeprov, probemod, probefunc, probename);' 

same "args[] are typed by the marker" '-5 251 -300 65000 -70000 4000000000 -5000000000 18000000000000000000' -c "$target" \
	-n 'lang:::ints { printf("%d %d %d %d %d %d %d %d", args[0], args[1], args[2], args[3], args[4], args[5], args[6], args[7]); }'
same "argN are raw 64-bit numbers" '-5 251 -300 65000 -70000 4000000000 -5000000000 -446744073709551616' -c "$target" \
	-n 'lang:::ints { printf("%d %d %d %d %d %d %d %d", arg0, arg1, arg2, arg3, arg4, arg5, arg6, arg7); }'
same "args[] follow C's rules" '1 0 -6 1 -4999999999' -c "$target" \
	-n 'lang:::ints { printf("%d %d %d %d %d", args[0] < 0, args[1] < 0, args[0] - 1, args[5] > 3000000000, args[6] + 1); }'
for size in 16 256 512 600 1024 4096; do
	same "copyinstr, strsize $size" "12 0 $((size > 600 ? 599 : size - 1)) xxxxxxxxx0xxx" -x strsize=$size -c "$target" \
		-n 'lang:::texts { this->s = copyinstr(arg2); printf("%d %d %d %.13s", strlen(copyinstr(arg0)), strlen(copyinstr(arg1)),
		    strlen(this->s), this->s); }'
done
same "copyinstr with a limit" 'hello|hello, world||hel' -c "$target" -n 'lang:::texts { n = 3; printf("%s|%s|%s|%s", copyinstr(arg0, 5),
	copyinstr(arg0, 100), copyinstr(arg0, 0), copyinstr(arg0, n)); }'
same "stringof an address" 'hello, world 1' -c "$target" -n 'lang:::texts { printf("%s %d", stringof((char *)copyin(arg0, 13)), copyinstr(arg0) == "hello, world"); }'
same "copyin" '104 101 ll 1819043176' -c "$target" -n 'lang:::texts { this->p = (char *)copyin(arg0, 5);
	printf("%d %d %c%c %d", *this->p, this->p[1], this->p[2], *(this->p + 3), *(int *)copyin(arg0, 4)); }'
point='struct point { int32_t x, y; uint64_t name; uint64_t next; uint8_t bytes[4]; uint16_t low : 4, high : 12; };'
same "structures" '1 -2 first 1 2 3 4 15 1' -c "$target" -n "$point"' lang:::points { this->p = (struct point *)copyin(arg0, sizeof (struct point));
	printf("%d %d %s %d %d %d %d %d %d", this->p->x, this->p->y, copyinstr(this->p->name), this->p->bytes[0], this->p->bytes[1],
	this->p->bytes[2], this->p->bytes[3], this->p->low, this->p->high); }'
same "structures that point on" '-3 4 second 250 5 3000' -c "$target" -n "$point"' lang:::points {
	this->p = (struct point *)copyin(((struct point *)copyin(arg0, sizeof (struct point)))->next, sizeof (struct point));
	printf("%d %d %s %d %d %d", this->p->x, this->p->y, copyinstr(this->p->name), this->p->bytes[3], this->p->low, (*this->p).high); }'
same "userland pointers are followed" '1 -2 second 250' -c "$target" -n 'struct point { int32_t x, y; char *name; struct point *next; uint8_t bytes[4]; };
	lang:::points { this->p = (userland struct point *)arg0;
	printf("%d %d %s %d", this->p->x, this->p->y, stringof(this->p->next->name), this->p->next->bytes[3]); }'
begin "pointer arithmetic" '16 8 12 4 1 1' 'this->p = (int *)8; printf("%d %d %d %d %d %d", (uintptr_t)(this->p + 2), (uintptr_t)this->p, (uintptr_t)&this->p[1],
	((int *)24) - this->p, this->p == (int *)8, this->p < this->p + 1);'
