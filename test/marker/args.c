/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Markers with every kind of argument, for C and for C++ (-x c++). Each fires once, in the order of main(), with the values
 * that test/e2e/marker-header.sh expects. other.c is linked to it. -DBARE leaves the markers out: what a disabled build must
 * be equal to.
 */
#include <stdlib.h>

#include "args.h"

struct item {
	short kind;
	unsigned size;
	const char *text;
	char name[8];
	long more[4];
	unsigned bits : 5;
};
enum color { RED = 1, BLUE = 200 };

static struct item items[3];
static int static_int = -77;
volatile int seed; /* 0, but the compiler does not know */
static const char *volatile text = "in memory";

NOINLINE static void integers(signed char c, unsigned char uc, short s, unsigned short us, int i, unsigned u, long l,
			      unsigned long ul)
{
	CEPHTAP_MARKER(fixture, integers, c, uc, s, us, i, u, l, ul);
}

NOINLINE static void others(bool yes, char c, enum color color, const void *pointer, long long ll)
{
	CEPHTAP_MARKER(fixture, others, yes, c, color, pointer, ll, &items[1] == pointer);
}

NOINLINE static void constants(void)
{
	CEPHTAP_MARKER(fixture, constants, 5, -5, 0x7fffffffffffL, (signed char)-1, 4000000000u, (unsigned short)65535, BLUE);
}

NOINLINE static void texts(const struct item *item)
{
	char local[] = "a local text";

	local[0] = (char)('b' + seed);
	CEPHTAP_MARKER_NAMED(fixture, texts, ("local", local), ("literal", "a literal"), ("pointer:const char *", item->text),
			     ("array", item->name), ("volatile", text));
}

NOINLINE static void memory(struct item *item, unsigned long i)
{
	CEPHTAP_MARKER_NAMED(fixture, memory, ("kind:short", item[i].kind), ("size:uint32_t", item[i].size),
			     ("last:long", item[i].more[3]), ("", static_int), ("bits", item[i].bits + 0), ("seed", seed));
}

NOINLINE static void expressions(unsigned long wide, int n)
{
	int calls = 0;

	CEPHTAP_MARKER(fixture, expressions, (unsigned char)wide, (short)(wide >> 8), wide % 1000 | 1, n ? n * 2 : 3, ++calls);
	if (calls != MARKERS)
		abort(); /* evaluated once, or not at all */
}

NOINLINE static void many(long a, long b)
{
	CEPHTAP_MARKER(fixture, many, a, b, a + 1, b + 1, a + 2, b + 2, a + 3, b + 3, a + 4, b + 4, a + 5, b + 5);
}

CEPHTAP_MARKER_SEMAPHORE(fixture, enabled);

/* Nothing of this is executed unless somebody looks. */
NOINLINE static int expensive(void)
{
	return 1000 + seed;
}

NOINLINE static void enabled(void)
{
	if (CEPHTAP_MARKER_ENABLED(fixture, enabled)) {
		CEPHTAP_MARKER(fixture, enabled, expensive());
	}
#if MARKERS
	if (CEPHTAP_MARKER_ENABLED(fixture, enabled) != (fixture_enabled_semaphore != 0))
		abort();
#endif
}

int main(int argc, char **argv)
{
	int n = 41 + seed;

	(void)argc;
	(void)argv;
	static_int += seed;
	items[1] = items[0];
	items[1].kind = (short)(n - 43);
	items[1].size = (unsigned)n + 3999999959u;
	items[1].text = "an item's text";
	items[1].name[0] = 'n';
	items[1].more[3] = n - 45;
	items[1].bits = (unsigned)n & 31;
	integers((signed char)(n - 49), (unsigned char)(n + 159), (short)(n - 1641), (unsigned short)(n + 59959), n - 320041,
		 (unsigned)n + 3199999959u, n - 6400000000041, (unsigned long)n + 17999999999999999959ul);
	others(n == 41, 'x', BLUE, &items[1], -3LL * n);
	constants();
	texts(&items[1]);
	memory(items, (unsigned long)n - 40);
	expressions(0x8000000012fe9a80ul + (unsigned)n - 41, n);
	many(n, -n);
	inlined(n);
	elsewhere(n);
	enabled();
	CEPHTAP_MARKER(fixture, no__arguments);
	return CEPHTAP_MARKER_ENABLED(fixture, no__arguments) ? 1 : 0;
}
