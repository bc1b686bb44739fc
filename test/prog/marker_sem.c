/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cflags: -O2 */
/*
 * A marker behind a semaphore: it fires only while a tracer holds the semaphore up. Says on stdout how often it fired.
 * Usage: marker_sem [ROUNDS [MICROSECONDS]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _SDT_HAS_SEMAPHORES 1
#include <sys/sdt.h>

__extension__ unsigned short guarded_hit_semaphore __attribute__((unused, section(".probes")));

int main(int argc, char **argv)
{
	long rounds = argc > 1 ? atol(argv[1]) : 1, i, hits = 0;

	for (i = 0; i < rounds; i++) {
		if (*(volatile unsigned short *)&guarded_hit_semaphore) {
			DTRACE_PROBE1(guarded, hit, i);
			hits++;
		}
		if (argc > 2)
			usleep((unsigned)atol(argv[2]));
	}
	printf("%ld\n", hits);
	return 0;
}
