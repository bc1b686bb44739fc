/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Functions for the tests of the pid provider: overloads, templates, parameters of every class, exceptions, tail calls. */
/* cflags: -O2 */
#include <cstdio>
#include <string>

#define KEEP __attribute__((noinline, noclone, noipa))

struct inner { int x; long y; const char *name; };
struct base { int id; };
struct big : base { long a[5]; inner in; std::string s; unsigned bits : 3; unsigned more : 7; };
struct plain { long a, b, c; };
struct pair { int a; long b; };
struct with_virtual { virtual ~with_virtual() {} int v = 77; };

namespace shop {
struct cart {
	int n = 3;
	KEEP int add(int k, const inner &i, big b, const char *t) { n += k + i.x + b.id + (int)*t; return k > 5 ? n * 2 : n; }
	KEEP int add(double d, char c) { n += (int)d + c; return n; }
};
}

template <class T> KEEP T twice(T v) { asm volatile("" : "+g"(v)); return v + v; }
static KEEP void thrower(int n) { if (n % 2) throw n; }
static KEEP short negative(short s, unsigned char u, big *p) { asm volatile("" ::"r"(p), "r"(u) : "memory"); return (short)-s; }
KEEP long on_stack(plain p, int a, int b, int c, int d, int e, int f, int g, pair in_regs) { return p.c + a + g + f + in_regs.b + b + c + d + e; }
KEEP long in_registers(pair p, int k) { return p.a + p.b + k; }
KEEP big returns_big(int id) { big b; b.id = id; return b; }
KEEP int virtually(with_virtual &w, float f, int k) { return w.v + k + (int)f; }
KEEP int leaf(int n) { asm volatile("" : "+r"(n)); return n + 1; }
KEEP int tail(int n) { return leaf(n * 2); }

int main()
{
	shop::cart cart;
	with_virtual w;
	long total = 0, caught = 0;

	for (int i = 0; i < 10; i++) {
		inner in{i, 100 + i, "inn"};
		big b;

		b.id = 7 * i;
		b.in = in;
		b.s = "hello";
		b.bits = 5;
		b.more = 99;
		total += cart.add(i, in, b, "text") + cart.add(2.5, 'a') + twice<int>(i) + twice<long>(i);
		total += negative((short)i, (unsigned char)(200 + i), &b);
		total += on_stack(plain{1, 2, 30 + i}, 1, 2, 3, 4, 5, 6, 7, pair{1, 2}) + in_registers(pair{i, 2}, 3);
		total += returns_big(i).id + virtually(w, 1.5f, i) + tail(i);
		try { thrower(i); } catch (int) { caught++; }
	}
	printf("caught %ld\n", caught);
	return total == 0;
}
