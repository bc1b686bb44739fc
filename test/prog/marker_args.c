/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cflags: -O2 */
/*
 * SDT markers with known arguments in as many forms as a compiler gives them. Each round fires every marker once (`inlined`
 * three times) with the same values; test/unit/test_markers.c knows them. Usage: marker_args [ROUNDS [MICROSECONDS]]
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/sdt.h>

struct item {
	short kind;
	char pad[10];
	unsigned size;
	const char *text;
	long more[4];
};

long global_long = -1234567890123;
unsigned char global_bytes[8] = {1, 2, 250, 4, 5, 6, 7, 8};
static int static_int = -77;
struct item items[3] = {{.kind = 1}, {.kind = -2, .size = 4000000000u, .text = "text", .more = {1, 2, 3, -4}}, {.kind = 3}};

__attribute__((noinline)) static void integers(signed char c, unsigned char uc, short s, unsigned short us, int i, unsigned u,
					       long l, unsigned long ul)
{
	DTRACE_PROBE8(fixture, integers, c, uc, s, us, i, u, l, ul);
}

__attribute__((noinline)) static void constants(void)
{
	DTRACE_PROBE6(fixture, constants, 5, -5, 0x7fffffffffffL, (signed char)-1, 4000000000u, (unsigned short)65535);
}

__attribute__((noinline)) static void globals(void)
{
	DTRACE_PROBE4(fixture, globals, global_long, static_int, global_bytes[2], &global_long);
}

__attribute__((noinline)) static void memory(const struct item *item, unsigned long i)
{
	DTRACE_PROBE6(fixture, memory, item[i].kind, item[i].size, item[i].text, item[i].more[3], global_bytes[i + 1],
		      item[i].text[1]);
}

__attribute__((noinline)) static void narrow(unsigned long wide)
{
	DTRACE_PROBE4(fixture, narrow, (unsigned char)wide, (short)(wide >> 8), (unsigned)wide, (unsigned char)(wide >> 8));
}

__attribute__((noinline)) static void floats(double d, int i)
{
	DTRACE_PROBE2(fixture, floats, d, i);
}

static inline __attribute__((always_inline)) void inlined(long value)
{
	DTRACE_PROBE1(fixture, inlined, value);
}

__attribute__((noinline)) static void many(long a, long b)
{
	DTRACE_PROBE12(fixture, many, a, b, a + 1, b + 1, a + 2, b + 2, a + 3, b + 3, a + 4, b + 4, a + 5, b + 5);
}

__attribute__((noinline)) static void work(volatile int *n)
{
	char local[32] = "a local text";

	DTRACE_PROBE2(fixture, work__start, *n, local);
	(*n)++;
	DTRACE_PROBE1(fixture, work__done, *n);
	DTRACE_PROBE(fixture, nothing);
}

int main(int argc, char **argv)
{
	long rounds = argc > 1 ? atol(argv[1]) : 1;
	unsigned pause = argc > 2 ? (unsigned)atol(argv[2]) : 0;
	volatile int n;

	for (; rounds > 0; rounds--) {
		n = 41;
		static_int += n - 41; /* n is volatile, so that nothing here is constant for the compiler */
		integers((signed char)(n - 49), (unsigned char)(n + 159), (short)(n - 1641), (unsigned short)(n + 59959),
			 n - 320041, (unsigned)n + 3199999959u, n - 6400000000041, (unsigned long)n + 17999999999999999959ul);
		constants();
		globals();
		memory(items, (unsigned long)n - 40);
		narrow(0x8000000012fe9a80ul + (unsigned)n - 41);
		floats(n * 0.5, n);
		inlined(n);
		inlined(2L * n);
		inlined(-3);
		many(n, -n);
		work(&n);
		if (pause)
			usleep(pause);
	}
	return 0;
}
