/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Clients' ops that ended without entering Ceph's counters, for `report osd`. In: the aggregation @ended of
 * scripts/osd.d. Out: a table, or a line of JSON for each row.
 */
#ifndef CEPHTAP_VIEWS_STAGES_ENDED_H
#define CEPHTAP_VIEWS_STAGES_ENDED_H

#include "lib/arena.h"
#include "report/report.h"

/* After reader_snapshot(). Nothing is printed if there was no such op, or if the script has no such aggregation. */
void stages_ended_print(struct report *report, struct arena *arena);
/* The same as a list of objects, which the caller frees. */
struct json_object *stages_ended_json(struct report *report, struct arena *arena);
void stages_ended_print_json(struct report *report, struct arena *arena);

#endif
