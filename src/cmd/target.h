/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which processes a person means: -p, --osd, --daemon. Shared by the sub-commands that trace. */
#ifndef CEPHTAP_CMD_TARGET_H
#define CEPHTAP_CMD_TARGET_H

#include <stdbool.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "probe/probe.h"

struct target_list {
	struct arena *arena;
	pid_t *pids;
	unsigned pids_len;
	bool is_misused; /* what went wrong is the text itself: exit status 2, not 1 */
};

/* Each adds processes; false with one sentence: no such process, no such daemon (and which there are). */
bool target_add_pid(struct target_list *list, const char *text, struct buf *why);
bool target_add_osds(struct target_list *list, const char *ids, struct buf *why); /* "3", "0,2" */
bool target_add_daemon(struct target_list *list, const char *name, struct buf *why); /* "osd.3", "mon.a", a glob */

#endif
