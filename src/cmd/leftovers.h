/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What `cephtap doctor` says of breakpoints that a tracer has left behind, and how it takes them away. */
#ifndef CEPHTAP_CMD_LEFTOVERS_H
#define CEPHTAP_CMD_LEFTOVERS_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/arena.h"

/* Of one process: "12 breakpoints in /usr/bin/ceph-osd that no tracer answers for". */
struct leftover_text {
	pid_t pid;
	const char *name, *text, *advice;
};

/* In all processes; those that are being debugged are left out, as nothing can be said of them. */
void leftovers_say(struct arena *arena, struct leftover_text **out, unsigned *out_len, unsigned *processes);
/* `doctor --clean PID`. Returns the exit status. */
int leftovers_clean_process(const char *argument);

#endif
