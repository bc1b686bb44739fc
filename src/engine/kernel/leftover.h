/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Breakpoints that no tracer answers for. One that is killed in the midst of making or closing a link leaves them
 * (keepers.h), and they stay until the process ends. They do no harm but to cost time: the kernel still knows what they
 * stand for. Found where code in memory is not what its file says; healed by a link of our own on the same place, which
 * goes again.
 */
#ifndef CEPHTAP_ENGINE_KERNEL_LEFTOVER_H
#define CEPHTAP_ENGINE_KERNEL_LEFTOVER_H

#include "engine/kernel/live.h"
#include "lib/proc.h"

struct leftover {
	const struct proc_file *file;
	uint64_t offset, address;
};

struct leftovers {
	pid_t pid;
	pid_t debugger; /* not 0: this process traces it, and all of them may be its breakpoints */
	struct leftover *list;
	unsigned len;
};

/* 0, or a negative errno: -ESRCH, -EACCES. */
int leftovers_find(struct arena *arena, const struct live *live, pid_t pid, struct leftovers *out);
/* 0, or the negative errno of what could not be done for one of them at least. To see what has become of them, find
 * them again. */
int leftovers_clean(struct arena *arena, const struct leftovers *left);

#endif
