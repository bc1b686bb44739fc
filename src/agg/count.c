/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * count(): how often. Words: { updates }. An update adds 1 to word 0.
 */
#include "agg/common.h"
#include "code/gen.h"

static unsigned count_words(const struct agg_shape *shape)
{
	(void)shape;
	return 1;
}

static void count_gen(struct gen *gen, const struct agg_shape *shape, const struct plan_update *update)
{
	(void)shape;
	(void)update;
	emit_agg_add_imm(gen, 0, 1);
}

const struct agg agg_count = {
	.name = "count",
	.proto = {.result = PROTO_VOID},
	.doc = "how often it was called",
	.example = {"BEGIN { @ = count(); @ = count(); printa(\"%@d\\n\", @); exit(0); }", "2\n"},
	.words = count_words,
	.gen = count_gen,
	.merge = agg_merge_words,
	.subtract = agg_subtract_words,
	.compare = agg_compare_number,
	.number = agg_number_updates,
	.show = agg_show_number,
};
