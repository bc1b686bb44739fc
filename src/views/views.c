/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reports that there are: a row each. One that has a file of its own is named here; one that its script prints is
 * here as a whole. */
#include <string.h>

#include "views/view.h"

extern const struct view_table client_tables[], bluestore_tables[], recovery_tables[], io_tables[];
extern const struct view_ops view_osd, view_profile, view_sched, view_op, view_inflight, view_offcpu, view_calls,
	view_slow_ops;

#define SCRIPT(...)                                                                                                    \
	&(const struct view_ops)                                                                                       \
	{                                                                                                              \
		__VA_ARGS__                                                                                            \
	}

const struct view_ops *const views[] = {
	&view_osd,
	&view_slow_ops,
	SCRIPT(.name = "client", .script = "client.d", .tables = client_tables, .needs = VIEW_INTERVAL,
	       .doc = "processes that use librados or librbd: ops by pool and OSD, latency, most used objects"),
	SCRIPT(.name = "bluestore", .script = "bluestore.d", .tables = bluestore_tables, .needs = VIEW_INTERVAL,
	       .doc = "transactions by state, batches of keys, flushes, deferred writes, the device"),
	SCRIPT(.name = "recovery", .script = "recovery.d", .tables = recovery_tables, .needs = VIEW_INTERVAL,
	       .doc = "recovery and backfill: objects by PG, data by peer, clients' ops beside it"),
	&view_profile,
	&view_sched,
	&view_op,
	&view_inflight,
	&view_offcpu,
	SCRIPT(.name = "io", .script = "io.d", .tables = io_tables, .needs = VIEW_INTERVAL,
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
