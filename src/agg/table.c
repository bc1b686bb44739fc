/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "agg/common.h"

static const struct agg *const table[] = {
	&agg_count, &agg_sum, &agg_avg, &agg_min, &agg_max, &agg_stddev, &agg_quantize, &agg_lquantize, &agg_llquantize,
};

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
