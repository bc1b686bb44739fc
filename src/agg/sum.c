/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sum(x): the total. Words: { updates, total }. An update adds 1 to word 0 and x to word 1, modulo 2^64 as C's unsigned
 * sums.
 */
#include "agg/common.h"
#include "agg/emit.h"
#include "code/gen.h"

static unsigned sum_words(const struct agg_shape *shape)
{
	(void)shape;
	return 2;
}

static int64_t sum_number(const struct agg_shape *shape, const uint64_t *value, uint64_t normal)
{
	return agg_divide(shape, value[1], normal);
}

static void sum_gen(struct gen *gen, const struct agg_shape *shape, const struct plan_update *update)
{
	(void)shape;
	(void)update;
	emit_agg_sum(gen);
}

const struct agg agg_sum = {
	.name = "sum",
	.proto = {.result = PROTO_VOID, .params = {{PROTO_INT64}}},
	.doc = "the total of the values",
	.example = {"BEGIN { @ = sum(4); @ = sum(6); printa(\"%@d\\n\", @); exit(0); }", "10\n"},
	.words = sum_words,
	.gen = sum_gen,
	.merge = agg_merge_words,
	.subtract = agg_subtract_words,
	.compare = agg_compare_number,
	.number = sum_number,
	.show = agg_show_number,
};
