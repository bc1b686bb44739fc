/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/waits.h"

#include <string.h>

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
	static const char *const names[] = {"schedule", "__schedule", "io_schedule", "preempt_schedule", "__cond_resched", NULL};

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
