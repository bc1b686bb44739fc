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
#include "agg/emit.h"
#include "code/gen.h"

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

static void max_gen(struct gen *gen, const struct agg_shape *shape, const struct plan_update *update)
{
	(void)update;
	emit_agg_value(gen, R1);
	if (!shape->is_unsigned) {
		emit_imm64(gen, R2, INT64_MIN);
		emit(gen, INSN_ALU_REG(BPF_XOR, R1, R2));
	}
	emit_agg_raise(gen);
	emit_agg_add_imm(gen, 0, 1);
}

const struct agg agg_max = {
	.name = "max",
	.proto = {.result = PROTO_VOID, .params = {{PROTO_INT64}}},
	.doc = "the largest value",
	.example = {"BEGIN { @ = max(4); @ = max(6); printa(\"%@d\\n\", @); exit(0); }", "6\n"},
	.words = max_words,
	.gen = max_gen,
	.merge = max_merge,
	.compare = agg_compare_number,
	.number = max_number,
	.show = agg_show_number,
};
