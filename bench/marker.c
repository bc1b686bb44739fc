/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a marker costs when nobody looks: ns of CPU time for each pass of a loop with one, less that of the same loop without.
 * Each kind is measured in turn, ROUNDS times; the median is printed, with the least and the most.
 */
#include <cephtap/marker.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define _SDT_HAS_SEMAPHORES 1
#include <sys/sdt.h>

enum { PASSES = 20 * 1000 * 1000, ROUNDS = 15, UNROLLED = 8 };
__extension__ unsigned short bench_sdt_semaphore __attribute__((section(".probes")));

/* One pass has the work eight times, so that the loop's own instructions weigh less. */
#define KIND(name, work)                                                                                               \
	static __attribute__((noinline)) void name(unsigned long passes, unsigned long a)                              \
	{                                                                                                              \
		for (unsigned long i = 0; i < passes; i += UNROLLED) {                                                 \
			_Pragma("GCC unroll 8") for (int k = 0; k < UNROLLED; k++)                                     \
			{                                                                                              \
				__asm__ __volatile__("" : "+r"(a));                                                    \
				work;                                                                                  \
			}                                                                                              \
		}                                                                                                      \
	}
KIND(nothing, (void)0)
KIND(marker, CEPHTAP_MARKER(bench, cephtap, a, i))
KIND(sdt, STAP_PROBE2(bench, sdt, a, i))
KIND(test, if (CEPHTAP_MARKER_ENABLED(bench, test)) CEPHTAP_MARKER(bench, test, a, i))
KIND(sdt_test, if (__builtin_expect(*(volatile unsigned short *)&bench_sdt_semaphore, 0)) STAP_PROBE2(bench, sdt, a, i))

static const struct kind {
	const char *what;
	void (*run)(unsigned long passes, unsigned long a);
} kinds[] = {
	{"nothing", nothing},
	{"CEPHTAP_MARKER, 2 arguments", marker},
	{"sys/sdt.h, 2 arguments", sdt},
	{"CEPHTAP_MARKER_ENABLED and a marker", test},
	{"sys/sdt.h, semaphore and a marker", sdt_test},
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static double cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int main(void)
{
	double ns[KINDS][ROUNDS], start;

	for (int round = 0; round < ROUNDS; round++) {
		for (int k = 0; k < KINDS; k++) {
			start = cpu_ns();
			kinds[k].run(PASSES, 1);
			ns[k][round] = (cpu_ns() - start) / PASSES;
			ns[k][round] -= k ? ns[0][round] : 0;
		}
	}
	for (int k = 0; k < KINDS; k++) {
		qsort(ns[k], ROUNDS, sizeof(ns[k][0]), compare);
		printf("%-38s %6.3f ns (%.3f-%.3f)\n", kinds[k].what, ns[k][ROUNDS / 2], ns[k][0], ns[k][ROUNDS - 1]);
	}
	return 0;
}
