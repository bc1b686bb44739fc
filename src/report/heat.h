/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Values over time, as counts in cells: columns of equal time, buckets that grow with the value. In: rows in any order.
 * Out: what picture_heat and spark_heat draw.
 */
#ifndef CEPHTAP_REPORT_HEAT_H
#define CEPHTAP_REPORT_HEAT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/arena.h"

struct heat_row {
	uint64_t time_ns, value, count;
};

struct heat {
	uint64_t start_ns, step_ns;
	uint64_t *buckets; /* lower bounds, rising; the last one has no upper bound */
	uint64_t *counts;  /* column after column */
	unsigned buckets_len, columns_len;
};

/*
 * At most `columns_max` columns of a round length (1, 2 or 5 times a power of ten). Bounds of buckets are round as
 * well, and as near to each other as `buckets_max` allows, with three for each power of ten at the least. There must be
 * a row.
 */
void heat_make(struct heat *heat, struct arena *arena, const struct heat_row *rows, unsigned rows_len,
	       unsigned columns_max, unsigned buckets_max);
const uint64_t *heat_column(const struct heat *heat, unsigned column);

#endif
