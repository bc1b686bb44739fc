/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the running kernel can do of what it need not: each is tried, never told by a version, since vendors' kernels
 * have parts of later ones. Asked once each; they need the right to load programs, and without it the answer is no.
 */
#ifndef CEPHTAP_LIB_KERNEL_CAN_H
#define CEPHTAP_LIB_KERNEL_CAN_H

#include <stdbool.h>

enum kernel_ability {
	/* Without these nothing can be traced. */
	KERNEL_RINGS,	   /* ring buffers */
	KERNEL_COOKIES,	   /* a program knows which of its places was hit */
	KERNEL_ATOMICS,	   /* atomic operations that give back what was there */
	KERNEL_PERF_LINKS, /* programs on uprobes and timers that go when their descriptor does */
	/* Without these something is missing. */
	KERNEL_LOOPS,	      /* a program calls a function of its own in a loop: user stacks */
	KERNEL_TRAMPOLINES,   /* programs around functions of the kernel (fentry, fexit) */
	KERNEL_MULTI_KPROBES, /* many functions of the kernel in one link */
	KERNEL_KPROBES,	      /* kprobes by perf events */
	KERNEL_WRITES,	      /* a program writes to the memory of a process: copyout() */
	KERNEL_ABILITIES
};

enum { KERNEL_NEEDED = KERNEL_LOOPS }; /* how many are needed: those before it */

bool kernel_can(enum kernel_ability ability);
/* Which version of Linux it came with; NULL: it depends on how the kernel was built. */
const char *kernel_ability_since(enum kernel_ability ability);
/* Of those that are needed: the sentence for who has a kernel without it. */
const char *kernel_ability_why(enum kernel_ability ability);

#endif
