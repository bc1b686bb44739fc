/* SPDX-License-Identifier: LGPL-2.1-or-later */
typedef struct foo { int a; } foo_t;
BEGIN {
	self->x[1, "a"] = args[0]->foo.bar[3]++;
	a = b ? c, d : e ? f : g;
	a ^= b ^^ c || d;
	a <<= 1, b >>= 2; a &= b |= c; a += 1; a -= 1; a *= 1; a /= 1; a %= 1;
	!*&~x; --x; x--; - -x; +x;
	(foo_t *)arg0; (uint32_t)x + 1; (struct foo *)arg0; (unknown_t *)arg0; (u32)arg0; (userland char *)arg1;
	sizeof (int); sizeof (x)[1]; sizeof x; sizeof (foo_t *) * 2; offsetof(foo_t, a);
	stringof(arg0); stringof arg1 + 1; (string)arg2;
	((foo_t *)arg0)->string.this;
	@; @a; @b[1, 2] = llquantize(x, 10, 0, 6, 20);
	printf("%s\t\"%d\"\n", execname, pid);
	f(); g((a, b), c = 1);
	a < b; a <= b; a > b; a >= b; a != b; a && b & c | d ^ e % 2;
}
