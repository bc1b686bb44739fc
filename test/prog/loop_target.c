/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cflags: -O2 */
/* A marker each millisecond, for the given number of seconds: a process that others choose, stop and start again. */
#include <stdlib.h>
#include <unistd.h>

#include <sys/sdt.h>

int main(int argc, char **argv)
{
	long left = (argc > 1 ? atol(argv[1]) : 60) * 1000;

	for (; left > 0; left--) {
		DTRACE_PROBE1(loop, turn, left);
		usleep(1000);
	}
	return 0;
}
