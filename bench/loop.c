/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A process that passes a marker with two arguments as often as it is told, and says what a pass cost it. Reads lines
 * "EVENTS BURST" from stdin: that many events, BURST at a time with a pause between bursts (0: no pauses), so that a tracer
 * that prints every event can keep up. Answers each with the CPU time of the bursts in ns per event: CPU time, since
 * others may use the processor meanwhile; pauses are not in it.
 */
#include <stdint.h>
#include <stdio.h>
#include <sys/sdt.h>
#include <time.h>

enum { PAUSE_NS = 20 * 1000 * 1000 };

static uint64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* arg0 takes 8 values, to be a key; arg1 is spread over 16 powers of two, as sizes and times are. */
static __attribute__((noinline)) void pass(unsigned long events)
{
	for (unsigned long i = 0; i < events; i++)
		DTRACE_PROBE2(bench_loop, hit, i & 7, (i * 40503 & 0xffff) >> (i & 15));
}

static uint64_t burst(unsigned long events)
{
	uint64_t start = cpu_ns();

	pass(events);
	return cpu_ns() - start;
}

int main(void)
{
	const struct timespec pause = {.tv_nsec = PAUSE_NS};
	unsigned long events, size;

	while (scanf("%lu %lu", &events, &size) == 2) {
		uint64_t took = 0;

		for (unsigned long done = 0, n; done < events; done += n) {
			n = size && size < events - done ? size : events - done;
			took += burst(n);
			if (size)
				nanosleep(&pause, NULL);
		}
		printf("%.2f\n", events ? (double)took / (double)events : 0.0);
		fflush(stdout);
	}
	return 0;
}
