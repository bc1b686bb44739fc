/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which OSD, and what on it, all the time of clients' ops went to. In: the sums of a report's stages, whom primaries
 * waited for, and which placement groups were queued for. Out: a table of OSDs, and one sentence that names what takes
 * half of the time or more, with the command that looks into it.
 *
 * An op's time belongs to its primary, but for what the primary waited for its replicas: that belongs to the replica
 * that came last, divided as this OSD's own account of such parts (of replicas, writes of shards, reads of shards) is.
 * What is more than this account was before or after it: on the way.
 */
#ifndef CEPHTAP_VIEWS_BLAME_H
#define CEPHTAP_VIEWS_BLAME_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/shown.h"

/* As scripts/osd.d has them: "osd.1", "write", "5e kv commit". */
struct blame_stage {
	const char *daemon, *class, *stage;
	double ns;
};

/* Time that primaries waited for this OSD as the last, for their ops of a class. */
struct blame_wait {
	const char *daemon, *class;
	double ns;
};

/* Time that clients' ops were in the queue. */
struct blame_pg {
	const char *daemon;
	uint64_t pool, pg;
	double ns;
};

struct blame_input {
	const struct blame_stage *stages;
	const struct blame_wait *waits;
	const struct blame_pg *pgs;
	unsigned stages_len, waits_len, pgs_len;
};

/* Whose ops these are: clients' own, or what is done for them elsewhere, or the PGs' own work. */
bool blame_is_of_client(const char *class);
void blame_print(struct arena *arena, const struct blame_input *input, struct shown *out);

#endif
