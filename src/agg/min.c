/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * min(x): the smallest value. Words: { updates, code }, where code = x ^ INT64_MAX (which is ~(x ^ 2^63)) for signed
 * types, ~x for unsigned ones.
 *
 * An update adds 1 to word 0 and raises word 1 to the code of x when that is larger as an unsigned number. The codes
 * keep new, zeroed memory neutral (zero is the code of the largest number of the type), so that there is no first
 * update to tell from later ones, and threads that preempt each other cannot lose one.
 */
#include "agg/common.h"
#include "agg/emit.h"
#include "code/gen.h"

static unsigned min_words(const struct agg_shape *shape)
{
	(void)shape;
	return 2;
}

static void min_merge(const struct agg_shape *shape, uint64_t *into, const uint64_t *from)
{
	(void)shape;
	into[0] += from[0];
	if (from[1] > into[1])
		into[1] = from[1];
}

static int64_t min_number(const struct agg_shape *shape, const uint64_t *value, uint64_t normal)
{
	uint64_t number = shape->is_unsigned ? ~value[1] : value[1] ^ (uint64_t)INT64_MAX;

	return value[0] ? agg_divide(shape, number, normal) : 0;
}

static void min_gen(struct gen *gen, const struct agg_shape *shape, const struct plan_update *update)
{
	(void)update;
	emit_agg_value(gen, R1);
	if (shape->is_unsigned) {
		emit(gen, INSN_ALU_IMM(BPF_XOR, R1, -1));
	} else {
		emit_imm64(gen, R2, INT64_MAX);
		emit(gen, INSN_ALU_REG(BPF_XOR, R1, R2));
	}
	emit_agg_raise(gen);
	emit_agg_add_imm(gen, 0, 1);
}

const struct agg agg_min = {
	.name = "min",
	.proto = {.result = PROTO_VOID, .params = {{PROTO_INT64}}},
	.doc = "the smallest value",
	.example = {"BEGIN { @ = min(4); @ = min(6); printa(\"%@d\\n\", @); exit(0); }", "4\n"},
	.words = min_words,
	.gen = min_gen,
	.merge = min_merge,
	.compare = agg_compare_number,
	.number = min_number,
	.show = agg_show_number,
};
