/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "views/waits.h"

#include <string.h>

#include "report/rows.h"

static bool begins_with(const char *name, const char *const *beginnings)
{
	for (; *beginnings; beginnings++)
		if (!strncmp(name, *beginnings, strlen(*beginnings)))
			return true;
	return false;
}

/* Who waits ends in one of these, whatever it waits for; above them are the tracepoint and our program. */
static bool is_schedulers(const char *name)
{
	static const char *const names[] = {
		"schedule", "__schedule", "io_schedule", "preempt_schedule", "__cond_resched", "poll_schedule_timeout",
		NULL};

	return begins_with(name, names);
}

unsigned waits_first_frame(const struct stack *stack)
{
	unsigned i, first = 0;

	for (i = 0; stack && i < stack->len; i++)
		if (stack->frames[i].function && is_schedulers(stack->frames[i].function))
			first = i + 1;
		else if (first)
			break;
	return first;
}

const char *waits_function(const struct stack *stack)
{
	unsigned i = waits_first_frame(stack);

	return stack && i < stack->len && stack->frames[i].function ? stack->frames[i].function : "?";
}

const char *waits_syscall(const struct stack *stack)
{
	static const char *const prefixes[] = {"__x64_sys_", "__ia32_sys_", "__do_sys_", "__se_sys_"};

	for (unsigned i = 0; stack && i < stack->len; i++)
		for (unsigned j = 0; stack->frames[i].function && j < sizeof(prefixes) / sizeof(prefixes[0]); j++) {
			size_t size = strlen(prefixes[j]);

			if (!strncmp(stack->frames[i].function, prefixes[j], size))
				return stack->frames[i].function + size;
		}
	return "";
}

/* A mutex and a condition are both a futex: the process's own functions tell which. */
static bool is_for_condition(const struct stack *user)
{
	static const char *const names[] = {"pthread_cond_", "__pthread_cond_", "__futex_abstimed_wait",
					    "sem_wait",	     "sem_timedwait",	NULL};

	for (unsigned i = 0; user && i < user->len && i < 4; i++)
		if (user->frames[i].function && begins_with(user->frames[i].function, names))
			return true;
	return false;
}

/* A thread of the kernel's own waits in its main function for work. */
static bool is_kernel_thread(const struct stack *kernel)
{
	unsigned i = waits_first_frame(kernel) + 1;

	return kernel && i < kernel->len && kernel->frames[i].function &&
	       !strcmp(kernel->frames[i].function, "kthread");
}

bool waits_is_idle(const struct stack *kernel, const struct stack *user)
{
	static const char *const places[] = {"do_nanosleep",	"ep_poll",    "do_epoll_wait",	 "do_poll",
					     "do_sys_poll",	"do_select",  "read_events",	 "hrtimer_nanosleep",
					     "do_sigtimedwait", "sigsuspend", "rcu_gp_fqs_loop", NULL};

	return begins_with(waits_function(kernel), places) || is_kernel_thread(kernel) || is_for_condition(user);
}

double waits_inferred(const struct report *report)
{
	unsigned agg = rows_find(report, "inferred"), len = 0;
	const struct agg_row *rows = agg == ROWS_NONE ? NULL : reader_agg_rows(report->reader, agg, &len);

	return len ? rows_number(report, agg, &rows[0]) : 0;
}

void waits_print_inferred(struct report *report, double sleeps)
{
	double inferred = waits_inferred(report);

	if (inferred > 0)
		shown_printf(&report->pending,
			     "the kernel did not report the end of %.0f of %.0f sleeps: each counts until its thread "
			     "was next seen on a processor\n",
			     inferred, sleeps);
}
