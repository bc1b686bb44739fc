/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * count(): how often. Words: { updates }. An update adds 1 to word 0.
 */
#include "agg/common.h"
#include "agg/gen.h"

static unsigned count_words(const struct agg_shape *shape)
{
	(void)shape;
	return 1;
}

const struct agg agg_count = {
	.name = "count",
	.proto = "void count()",
	.doc = "how often it was called",
	.words = count_words,
	.gen = agg_gen_count,
	.merge = agg_merge_words,
	.subtract = agg_subtract_words,
	.compare = agg_compare_number,
	.number = agg_number_updates,
	.show = agg_show_number,
};
