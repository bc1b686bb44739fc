/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libs: -lmarkers */
/* Fires the markers of libmarkers.so with 1 ... ROUNDS. Usage: marker_lib [ROUNDS [MICROSECONDS]] */
#include <stdlib.h>
#include <unistd.h>

int library_work(int a, const char *text);

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 1, i, sum = 0;

	for (i = 1; i <= rounds; i++) {
		sum += library_work(i, "from the program");
		if (argc > 2)
			usleep((unsigned)atol(argv[2]));
	}
	return sum < 0;
}
