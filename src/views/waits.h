/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a thread waits, told by the kernel's stack. */
#ifndef CEPHTAP_VIEWS_WAITS_H
#define CEPHTAP_VIEWS_WAITS_H

#include <stdbool.h>

#include "report/report.h"
#include "report/stack.h"

/* The first frame that is neither the tracer's nor the scheduler's: len when there is none. */
unsigned waits_first_frame(const struct stack *stack);
/* The function that waits, "futex_do_wait"; "?" when it is not known. */
const char *waits_function(const struct stack *stack);
/* The system call in which it waits, "futex"; "" where it is none. */
const char *waits_syscall(const struct stack *stack);

/*
 * Whether it waits for work or for a time, as an idle thread does: sleeps, polls, waits for a condition. Else it waits
 * for a lock, a disk, another process. `user` is the process's stack, NULL: not known.
 */
bool waits_is_idle(const struct stack *kernel, const struct stack *user);

/* Of how many sleeps the end was inferred, as the kernel did not tell it (@inferred of the script). */
double waits_inferred(const struct report *report);
/* A line about them, where there are any. `sleeps`: of how many. */
void waits_print_inferred(struct report *report, double sleeps);

#endif
