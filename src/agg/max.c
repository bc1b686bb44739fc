/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * max(x): the largest value. Words: { updates, code }, where code = x ^ 2^63 for signed types, x itself for unsigned
 * ones.
 *
 * An update adds 1 to word 0 and raises word 1 to the code of x when that is larger as an unsigned number. The codes
 * keep new, zeroed memory neutral (zero is the code of the smallest number of the type), so that there is no first
 * update to tell from later ones, and threads that preempt each other cannot lose one.
 */
#include "agg/common.h"
#include "agg/gen.h"

static unsigned max_words(const struct agg_shape *shape)
{
	(void)shape;
	return 2;
}

static void max_merge(const struct agg_shape *shape, uint64_t *into, const uint64_t *from)
{
	(void)shape;
	into[0] += from[0];
	if (from[1] > into[1])
		into[1] = from[1];
}

static int64_t max_number(const struct agg_shape *shape, const uint64_t *value, uint64_t normal)
{
	uint64_t number = shape->is_unsigned ? value[1] : value[1] ^ (uint64_t)INT64_MIN;

	return value[0] ? agg_divide(shape, number, normal) : 0;
}

const struct agg agg_max = {
	.name = "max",
	.proto = "void max(int64_t)",
	.doc = "the largest value",
	.words = max_words,
	.gen = agg_gen_max,
	.merge = max_merge,
	.compare = agg_compare_number,
	.number = max_number,
	.show = agg_show_number,
};
