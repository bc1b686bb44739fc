/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * avg(x): the mean. Words: { updates, low and high half of the total }. An update adds 1 to word 0 and x, by its own
 * signedness, to the total.
 */
#include "agg/common.h"
#include "agg/emit.h"
#include "code/gen.h"

static unsigned avg_words(const struct agg_shape *shape)
{
	(void)shape;
	return 3;
}

static void avg_merge(const struct agg_shape *shape, uint64_t *into, const uint64_t *from)
{
	(void)shape;
	into[0] += from[0];
	agg_add_wide(into + 1, from + 1);
}

static void avg_subtract(const struct agg_shape *shape, uint64_t *from, const uint64_t *baseline)
{
	(void)shape;
	from[0] -= baseline[0];
	agg_subtract_wide(from + 1, baseline + 1);
}

static int64_t avg_number(const struct agg_shape *shape, const uint64_t *value, uint64_t normal)
{
	(void)shape;
	/* A snapshot may catch an update between its words: a total without an update says nothing yet. */
	return value[0] ? (int64_t)(agg_wide(value + 1) / (normal ? normal : 1) / value[0]) : 0;
}

static void avg_gen(struct gen *gen, const struct agg_shape *shape, const struct plan_update *update)
{
	(void)update;
	emit_agg_wide_sum(gen, !shape->is_unsigned);
}

const struct agg agg_avg = {
	.name = "avg",
	.proto = {.result = PROTO_VOID, .params = {{PROTO_INT64}}},
	.doc = "the arithmetic mean of the values",
	.example = {"BEGIN { @ = avg(4); @ = avg(6); printa(\"%@d\\n\", @); exit(0); }", "5\n"},
	.words = avg_words,
	.gen = avg_gen,
	.merge = avg_merge,
	.subtract = avg_subtract,
	.compare = agg_compare_number,
	.number = avg_number,
	.show = agg_show_number,
};
