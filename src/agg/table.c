/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "agg/agg.h"

/* clang-format off */
#define AGGS(row) \
	row(agg_count) \
	row(agg_sum) \
	row(agg_avg) \
	row(agg_min) \
	row(agg_max) \
	row(agg_stddev) \
	row(agg_quantize) \
	row(agg_lquantize) \
	row(agg_llquantize) \
	row(agg_tquantize)
/* clang-format on */

#define DECLARE(name) extern const struct agg name;
AGGS(DECLARE)
#define ADDRESS(name) &(name),
static const struct agg *const table[] = {AGGS(ADDRESS)};

enum { TABLE_LEN = sizeof(table) / sizeof(*table) };

const struct agg *agg_find(const char *name)
{
	unsigned i;

	for (i = 0; i < TABLE_LEN; i++)
		if (!strcmp(table[i]->name, name))
			return table[i];
	return NULL;
}

const struct agg *agg_at(unsigned i)
{
	return i < TABLE_LEN ? table[i] : NULL;
}

static const void *find(const char *name)
{
	return agg_find(name);
}

static const char *name_of(const void *agg)
{
	return ((const struct agg *)agg)->name;
}

const struct member_names agg_names = {"aggregating function", find, name_of};
