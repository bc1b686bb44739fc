/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reports that there are: a row each. One that has a file of its own is named here; one that its script prints is
 * here as a whole. */
#include <string.h>

#include "views/view.h"

extern const struct view_ops view_osd, view_profile, view_sched, view_op, view_inflight, view_offcpu, view_calls;

static const struct view_option over = {
	.name = "over",
	.arg = "TIME",
	.kind = VIEW_TIME,
	.otherwise = 30000000,
	.help = "what is slow, such as 20ms, 1.5s, 800us (default 30ms)",
	.is_argument = true,
	.is_gathered = true,
};

#define SCRIPT(...)                                                                                                    \
	&(const struct view_ops)                                                                                       \
	{                                                                                                              \
		__VA_ARGS__                                                                                            \
	}

const struct view_ops *const views[] = {
	&view_osd,
	SCRIPT(.name = "slow-ops", .script = "slow-ops.d", .options = &over, .options_len = 1,
	       .doc = "a line for each op that takes longer than --over: client, object, stages, the replica that came "
		      "last"),
	SCRIPT(.name = "client", .script = "client.d", .needs = VIEW_INTERVAL,
	       .doc = "processes that use librados or librbd: ops by pool and OSD, latency, most used objects"),
	SCRIPT(.name = "bluestore", .script = "bluestore.d", .needs = VIEW_INTERVAL,
	       .doc = "transactions by state, batches of keys, flushes, deferred writes, the device"),
	SCRIPT(.name = "recovery", .script = "recovery.d", .needs = VIEW_INTERVAL,
	       .doc = "recovery and backfill: objects by PG, data by peer, clients' ops beside it"),
	&view_profile,
	&view_sched,
	&view_op,
	&view_inflight,
	&view_offcpu,
	SCRIPT(.name = "io", .script = "io.d", .needs = VIEW_INTERVAL,
	       .doc = "who does the I/O: system calls by thread and file, transfers by thread and device, what each "
		      "OSD uses its device for"),
	&view_calls,
	NULL,
};

const struct view_ops *view_find(const char *name)
{
	for (unsigned i = 0; views[i]; i++)
		if (!strcmp(views[i]->name, name))
			return views[i];
	return NULL;
}
