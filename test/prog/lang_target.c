/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cflags: -O2 */
/*
 * Markers for scripts that try the language: arguments of each width and sign, texts, structures, pairs of markers in
 * several threads. Usage: lang_target [ROUNDS [THREADS]]; test/e2e/lang*.sh know the values.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sys/sdt.h>

struct point {
	int32_t x, y;
	const char *name;
	struct point *next;
	uint8_t bytes[4];
	uint16_t low : 4, high : 12;
};

static char long_text[600];
static volatile long zero;

__attribute__((noinline)) static void ints(int8_t c, uint8_t uc, int16_t s, uint16_t us, int32_t i, uint32_t u, int64_t l,
					   uint64_t ul)
{
	DTRACE_PROBE8(lang, ints, c, uc, s, us, i, u, l, ul);
}

__attribute__((noinline)) static void texts(const char *small, const char *empty, const char *large, const char *bad)
{
	DTRACE_PROBE4(lang, texts, small, empty, large, bad);
}

__attribute__((noinline)) static void points(struct point *point)
{
	DTRACE_PROBE1(lang, points, point);
}

__attribute__((noinline)) static void round_of(long i)
{
	DTRACE_PROBE1(lang, round__start, i);
	DTRACE_PROBE2(lang, hit, i, i * i);
	DTRACE_PROBE1(lang, round__done, i);
}

static void *rounds(void *n)
{
	for (long i = 0; i < (long)n; i++)
		round_of(i);
	return NULL;
}

int main(int argc, char **argv)
{
	struct point second = {.x = -3, .y = 4, .name = "second", .bytes = {9, 8, 7, 250}, .low = 5, .high = 3000};
	struct point first = {.x = 1, .y = -2, .name = "first", .next = &second, .bytes = {1, 2, 3, 4}, .low = 15, .high = 1};
	long n = argc > 1 ? atol(argv[1]) : 1, threads = argc > 2 ? atol(argv[2]) : 0;
	pthread_t ids[64];

	memset(long_text, 'x', sizeof(long_text) - 1);
	for (size_t i = 9; i < sizeof(long_text) - 1; i += 10)
		long_text[i] = (char)('0' + i / 10 % 10);
	ints((int8_t)(zero - 5), (uint8_t)(zero + 251), (int16_t)(zero - 300), (uint16_t)(zero + 65000), (int32_t)zero - 70000,
	     (uint32_t)zero + 4000000000u, zero - 5000000000, (uint64_t)zero + 18000000000000000000u);
	texts("hello, world", "", long_text, (const char *)8);
	points(&first);
	rounds((void *)n);
	for (long i = 0; i < threads && i < 64; i++)
		if (pthread_create(&ids[i], NULL, rounds, (void *)n))
			return 1;
	for (long i = 0; i < threads && i < 64; i++)
		pthread_join(ids[i], NULL);
	return 0;
}
