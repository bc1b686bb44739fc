/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Passes a marker at the bottom of a stack that is so many calls deep, and says what a pass cost. Reads lines "DEPTH EVENTS" from
 * stdin, answers each with the CPU time in ns per event. With arguments, `deep spin SECONDS DEPTH`: calls down and up for so long,
 * without a marker, to be sampled. Built with and without frame pointers (bench/stacks.sh).
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sdt.h>
#include <time.h>

static volatile unsigned long sink;

static uint64_t now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static __attribute__((noinline)) void hits(unsigned long events)
{
	for (unsigned long i = 0; i < events; i++)
		DTRACE_PROBE1(bench_deep, hit, i);
}

static __attribute__((noinline)) void work(unsigned long times)
{
	for (unsigned long i = 0; i < times; i++)
		sink += i * i;
}

static __attribute__((noinline)) void down(int depth, void (*then)(unsigned long), unsigned long arg)
{
	char room[48];

	memset(room, depth, sizeof(room));
	if (depth > 1)
		down(depth - 1, then, arg);
	else
		then(arg);
	sink += (unsigned long)room[depth % 48];
}

static int spin(int seconds, int depth)
{
	uint64_t end = now(CLOCK_MONOTONIC) + (uint64_t)seconds * 1000000000;

	while (now(CLOCK_MONOTONIC) < end)
		down(depth, work, 20000);
	return 0;
}

int main(int argc, char **argv)
{
	unsigned long events;
	int depth;

	if (argc > 3 && !strcmp(argv[1], "spin"))
		return spin(atoi(argv[2]), atoi(argv[3]));
	while (scanf("%d %lu", &depth, &events) == 2) {
		uint64_t start = now(CLOCK_PROCESS_CPUTIME_ID);

		down(depth, hits, events);
		printf("%.1f\n", (double)(now(CLOCK_PROCESS_CPUTIME_ID) - start) / (double)(events ? events : 1));
		fflush(stdout);
	}
	return 0;
}
