/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cflags: -O2 */
/*
 * Hits markers at a rate that costs, for the given number of seconds: between two of `busy`, `work` turns of a loop; a `rare` for
 * each 1000 of them. With `idle` 1 it sleeps a while each 100: a process that hardly runs.
 *
 *   busy_target SECONDS WORK [IDLE]
 */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <sys/sdt.h>

int main(int argc, char **argv)
{
	long seconds = argc > 1 ? atol(argv[1]) : 10, work = argc > 2 ? atol(argv[2]) : 1000, idle = argc > 3 ? atol(argv[3]) : 0;
	time_t end = time(NULL) + seconds;

	for (long i = 0; i % 1000 || time(NULL) < end; i++) {
		for (volatile long j = 0; j < work; j++)
			;
		DTRACE_PROBE1(busy, busy, i);
		if (i % 1000 == 0)
			DTRACE_PROBE1(busy, rare, i);
		if (idle && i % 100 == 0)
			usleep(20000);
	}
	return 0;
}
