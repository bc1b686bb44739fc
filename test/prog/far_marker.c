/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cflags: -O1 -fno-toplevel-reorder */
/* A marker on a page that nobody touches, megabytes away from all else; another one fires each millisecond. Usage: far_marker [SECONDS] */
#include <stdlib.h>
#include <unistd.h>

#include <sys/sdt.h>

void far(long n);

int main(int argc, char **argv)
{
	long left = (argc > 1 ? atol(argv[1]) : 60) * 1000;

	for (; left > 0; left--) {
		DTRACE_PROBE1(far, near, left);
		usleep(1000);
	}
	if (left < 0)
		far(left);
	return 0;
}

/* Behind main(), by -fno-toplevel-reorder. */
__attribute__((noinline)) void far(long n)
{
	__asm__ volatile("jmp 1f\n.p2align 12\n.skip 2 << 20, 0x90\n1:");
	DTRACE_PROBE1(far, away, n);
	__asm__ volatile("jmp 1f\n.p2align 12\n.skip 2 << 20, 0x90\n1:");
}
