/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cflags: -O1 */
/*
 * A program that nobody has a business in: it checks all the time that an instruction with a constant in it computes what it
 * should, and that two bytes of its data stay as they are. Says `wrong` and ends when one is not so.
 */
#include <stdio.h>
#include <unistd.h>

volatile unsigned short guarded = 0x4711;
const char room[1 << 16] = {1}; /* so that its data lie where hostile.c has data too */

__attribute__((noinline)) unsigned long work(unsigned long a)
{
	unsigned long x;

	__asm__ volatile("movabs $0x9090909090909090, %0; xor %1, %0" : "=&r"(x) : "r"(a));
	return x;
}

int main(void)
{
	for (unsigned long i = 0;; i++) {
		if (work(i) != (0x9090909090909090ul ^ i) || guarded != 0x4711) {
			puts("wrong");
			return 3;
		}
		if (i % 1000 == 0)
			usleep(1000);
	}
}
