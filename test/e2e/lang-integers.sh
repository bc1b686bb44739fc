#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Integers and operators: D has C's types, promotions, conversions and precedence, and ^^ as the logical exclusive or.
. "$TOP/test/e2e/lib-lang.sh"

begin "an int wraps" '-2147483648 2147483647' 'i = 2147483647; i++; printf("%d ", i); i--; printf("%d", i);'
begin "an int wraps by addition and multiplication" '-2147483648 -2 0' \
	'i = 2147483647; printf("%d %d ", i + 1, i * 2); j = 65536; printf("%d", j * j);'
begin "a 64-bit number wraps" '-9223372036854775808 9223372036854775807' \
	'l = 0x7fffffffffffffff; l++; printf("%d ", l); l--; printf("%d", l);'
same "unsigned numbers wrap" '4294967295 18446744073709551615 255 65535' -n 'uint32_t u; uint64_t v; uint8_t b; uint16_t h;
	BEGIN { u = 0; u--; v = 0; v--; b = 0; b--; h = 0; h--; printf("%u %u %u %u", u, v, b, h); exit(0); }'
same "assignment cuts and extends" '-56 200 4464 4464 -1 65535' -n 'char c; unsigned char uc; short s; unsigned short us;
	BEGIN { x = 200; c = x; uc = x; x = 70000; s = x; us = x; printf("%d %d %d %d ", c, uc, s, us);
		x = -1; s = x; us = x; printf("%d %d", s, us); exit(0); }'
same "this-> and self-> variables have widths too" '-56 4464 -56 250' -n 'this char c; self short s; self char d; this uint8_t u;
	BEGIN { x = 200; this->c = x; x = 70000; self->s = x; x = 200; self->d = x; this->u = 250;
		printf("%d %d %d %d", this->c, self->s, self->d, this->u); exit(0); }'
begin "a cast cuts and extends" '-56 200 4464 -1 4294967295 1' \
	'x = 200; y = 70000; z = -1; printf("%d %d %d %d %u %d", (char)x, (unsigned char)x, (short)y, (long)z, (unsigned)z, (char)257);'
same "comparison: int with unsigned is unsigned" '0 1 1 0' -n 'int i; unsigned u; long l;
	BEGIN { i = -1; u = 1; l = -1; printf("%d %d %d %d", i < u, i > u, l < u, l > u); exit(0); }'
same "narrow unsigned types are promoted to int" '1 -1 255 -256' -n 'uint8_t b; uint16_t h;
	BEGIN { b = 0; h = 1; printf("%d %d ", b - 1 < 0, b - h); b = 255; printf("%d %d", b, ~b); exit(0); }'
same "the usual conversions" '4294967295 -1 18446744073709551615 1' -n 'unsigned u; int i; long l; unsigned long ul;
	BEGIN { i = -1; u = 0; l = 0; ul = 0; printf("%u %d %u %d", i + u, i + l, i + ul, (i + u) > 0); exit(0); }'
same "shifts" '-2147483648 -4 2147483644 1099511627776 -1 8 1' -n 'int i; unsigned u; long l;
	BEGIN { i = 1; printf("%d ", i << 31); i = -8; u = -8; printf("%d %d ", i >> 1, u >> 1); l = 1; printf("%d ", l << 40);
		l = -1; printf("%d ", l >> 63); i = 1; printf("%d %d", i << 2 + 1, 0x80000000 >> 31); exit(0); }'
begin "division goes towards zero" '-3 -1 -3 1 3 -1 0 -7' \
	'a = -7; b = 2; printf("%d %d ", a / b, a % b); a = 7; b = -2; printf("%d %d ", a / b, a % b);
	 a = -7; printf("%d %d ", a / b, a % b); b = 8; printf("%d %d", a / b, a % b);'
begin "the smallest number divided by -1 wraps" '-2147483648 0 -9223372036854775808 0' \
	'i = -2147483647 - 1; j = -1; printf("%d %d ", (int)i / (int)j, (int)i % (int)j);
	 l = (int64_t)1 << 63; m = (int64_t)-1; printf("%d %d", l / m, l % m);'
same "unsigned division" '2147483647 1 9223372036854775807 5' -n 'unsigned u, v; uint64_t w, x;
	BEGIN { u = -1; v = 2; printf("%u %u ", u / v, u % v); w = -1; x = 2; printf("%u ", w / x); x = 10; printf("%u", w % x); exit(0); }'
begin "precedence" '5 1 3 15 1 0 14 -5 1 0 3' \
	'a = 1; b = 2; c = 3; printf("%d %d %d %d %d %d ", a + b * c - 4 / b % c, 5 & c == 3, a | b ^ c & a, a + b << b - 1 | 8 ^ 3, !0 + !a, !(a + b));
	 printf("%d %d %d %d %d", b * c + 4 * b, -b - c, a < b == 1, a < b == b, a ? b > 1 ? 3 : 4 : 5);'
begin "logical operators" '1 0 1 1 0 1 0 1 1' \
	'a = 5; z = 0; printf("%d %d %d %d %d %d %d ", a && 3, a && z, a || z, a ^^ z, a ^^ 3, !z, !a); printf("%d %d", z || a && 1, 1 ^^ z && z);'
begin "the second side is only evaluated when it counts" '0 0 0 1 1' \
	'n = 0; z = 0; o = 1; (z && n++); printf("%d ", n); (o || n++); printf("%d ", n); r = o ? 0 : n++; printf("%d ", n);
	 (o && ++n); printf("%d ", n); (z ? n++ : 1); printf("%d", n);'
begin "++ and --" '5 6 7 7 6 5 4 4' \
	'i = 5; printf("%d ", i++); printf("%d ", i); printf("%d ", ++i); printf("%d ", i--); printf("%d ", i); printf("%d ", --i); --i;
	 printf("%d ", i--); i++; printf("%d", i);'
begin "compound assignments of a global" '15 12 36 9 1 32 8 8 11 14' \
	'x = 10; x += 5; printf("%d ", x); x -= 3; printf("%d ", x); x *= 3; printf("%d ", x); x /= 4; printf("%d ", x); x %= 2;
	 printf("%d ", x); x <<= 5; printf("%d ", x); x >>= 2; printf("%d ", x); x &= 12; printf("%d ", x); x |= 3; printf("%d ", x);
	 x ^= 5; printf("%d", x);'
for scope in 'this->x' 'self->x' 'a["k", 3]' 'self->a[4]'; do
	begin "compound assignments of $scope" '15 12 36 9 1 32 8 8 11 14 14 16 16 14' \
		"$scope = 10; $scope += 5; printf(\"%d \", $scope); $scope -= 3; printf(\"%d \", $scope); $scope *= 3; printf(\"%d \", $scope);
		 $scope /= 4; printf(\"%d \", $scope); $scope %= 2; printf(\"%d \", $scope); $scope <<= 5; printf(\"%d \", $scope);
		 $scope >>= 2; printf(\"%d \", $scope); $scope &= 12; printf(\"%d \", $scope); $scope |= 3; printf(\"%d \", $scope);
		 $scope ^= 5; printf(\"%d \", $scope); printf(\"%d \", $scope++); printf(\"%d \", ++$scope); printf(\"%d \", $scope--);
		 printf(\"%d\", --$scope);"
done
begin "an assignment is a value" '7 7 7 12' 'x = y = z = 7; printf("%d %d %d ", x, y, z); printf("%d", x += y -= 2);'
same "compound assignments cut to the left side" '4 -128 0 65535' -n 'uint8_t b; char c; uint16_t h;
	BEGIN { b = 250; b += 10; printf("%d ", b); c = 127; c += 1; printf("%d ", c); b = 16; b <<= 4; printf("%d ", b); h = 0; h -= 1;
		printf("%d", h); exit(0); }'
begin "the comma operator" '3 4' 'x = (1, 2, 3); printf("%d ", x); y = (x++, x); printf("%d", y);'
begin "integer constants" '255 8 10 97 10 39 0 65 4294967295 18446744073709551615 -1 3 9' \
	"printf(\"%d %d %d %d %d %d %d %d \", 0xff, 010, 10, 'a', '\\n', '\\'', '\\0', '\\101'); printf(\"%u %u %d %d %d\",
	 0xffffffff, 0xffffffffffffffff, -1, 3U, 9ULL);"
begin "~ and unary minus" '-1 0 -6 5 -5 4294967291' 'a = 5; z = 0; printf("%d %d %d %d %d %u", ~z, -z, ~a, - -a, -a, -(unsigned)a);'
begin "sizeof" '1 2 4 8 8 4 8 4 8' \
	'x = 1; y = 1LL; printf("%d %d %d %d %d %d %d %d %d", sizeof (char), sizeof (short), sizeof (int), sizeof (long), sizeof (void *),
	 sizeof (x), sizeof (y), sizeof (x + 1), sizeof (x + y));'
same "enumerations and typedefs" '0 1 10 11 -7' -n 'enum color { RED, GREEN, BLUE = 10, PINK }; typedef short small; small s;
	BEGIN { s = 65529; printf("%d %d %d %d %d", RED, GREEN, BLUE, PINK, s); exit(0); }'
same "inline constants" '42 84' -n 'inline int answer = 42; inline int twice = answer * 2; BEGIN { printf("%d %d", answer, twice); exit(0); }'
begin "if, else, nests" 'small odd;large even;' \
	'x = 3; if (x < 10) { printf("small "); if (x % 2) printf("odd;"); else printf("even;"); } else { printf("large "); }
	 x = 30; if (x < 10) printf("small "); else if (x < 20) printf("medium "); else { printf("large "); if (x & 1) { printf("odd;"); }
	 else { printf("even;"); } }'
