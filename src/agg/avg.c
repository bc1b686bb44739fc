/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * avg(x): the mean. Words: { updates, total }. An update adds 1 to word 0 and x to word 1.
 */
#include "agg/common.h"
#include "agg/emit.h"
#include "ebpf/gen.h"

static unsigned avg_words(const struct agg_shape *shape)
{
	(void)shape;
	return 2;
}

static int64_t avg_number(const struct agg_shape *shape, const uint64_t *value, uint64_t normal)
{
	/* A snapshot may catch an update between its two words: a total without an update says nothing yet. */
	if (!value[0])
		return 0;
	return agg_divide(shape, (uint64_t)agg_divide(shape, value[1], normal), value[0]);
}

static void avg_gen(struct gen *gen, const struct agg_shape *shape, struct node *call)
{
	(void)shape;
	(void)call;
	emit_agg_sum(gen);
}

const struct agg agg_avg = {
	.name = "avg",
	.proto = {.result = PROTO_VOID, .params = {{PROTO_INT64}}},
	.doc = "the arithmetic mean of the values",
	.example = {"BEGIN { @ = avg(4); @ = avg(6); printa(\"%@d\\n\", @); exit(0); }",
		    "5\n"},
	.words = avg_words,
	.gen = avg_gen,
	.merge = agg_merge_words,
	.subtract = agg_subtract_words,
	.compare = agg_compare_number,
	.number = avg_number,
	.show = agg_show_number,
};
