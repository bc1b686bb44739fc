/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * stddev(x): the standard deviation. Words: { updates, low and high half of the total, low and high half of the sum of
 * squares }.
 *
 * An update takes x as a signed number; with square = |x| * |x| in 128 bits it adds 1 to word 0, x to the total, the
 * low half of square to word 3 (fetching what was there), and to word 4 the high half, plus 1 when old word 3 + low
 * half wrapped. Each addition is atomic; a snapshot between them is off by the one update that is under way.
 */
#include "agg/common.h"
#include "agg/emit.h"
#include "code/gen.h"

typedef unsigned __int128 u128;

static unsigned stddev_words(const struct agg_shape *shape)
{
	(void)shape;
	return 5;
}

static void stddev_merge(const struct agg_shape *shape, uint64_t *into, const uint64_t *from)
{
	(void)shape;
	into[0] += from[0];
	agg_add_wide(into + 1, from + 1);
	agg_add_wide(into + 3, from + 3);
}

static void stddev_subtract(const struct agg_shape *shape, uint64_t *from, const uint64_t *baseline)
{
	(void)shape;
	from[0] -= baseline[0];
	agg_subtract_wide(from + 1, baseline + 1);
	agg_subtract_wide(from + 3, baseline + 3);
}

/* The largest integer whose square is not above n, digit by digit in base 2. */
static uint64_t root(u128 n)
{
	u128 result = 0, bit = (u128)1 << 126;

	while (bit > n)
		bit >>= 2;
	for (; bit; bit >>= 2) {
		if (n >= result + bit) {
			n -= result + bit;
			result = (result >> 1) + bit;
		} else {
			result >>= 1;
		}
	}
	return (uint64_t)result;
}

/* sqrt(mean of squares - square of mean), all in integers as DTrace documents it. */
static int64_t stddev_number(const struct agg_shape *shape, const uint64_t *value, uint64_t normal)
{
	int64_t mean;
	u128 of_squares, of_mean;

	(void)shape;
	if (!value[0])
		return 0;
	if (!normal)
		normal = 1;
	mean = (int64_t)(agg_wide(value + 1) / normal / value[0]);
	of_squares = (u128)agg_wide(value + 3) / normal / normal / value[0];
	of_mean = (u128)((__int128)mean * mean);
	return of_squares > of_mean ? (int64_t)root(of_squares - of_mean) : 0;
}

static int stddev_compare(const struct agg_shape *shape, const uint64_t *a, const uint64_t *b)
{
	uint64_t x = (uint64_t)stddev_number(shape, a, 1), y = (uint64_t)stddev_number(shape, b, 1);

	return (x > y) - (x < y);
}

/*
 * R1 = low and R2 = high half of R1 * R1: with R1 = h * 2^32 + l, the square is h*h * 2^64 + 2*h*l * 2^32 + l*l.
 */
static void emit_square(struct gen *gen)
{
	emit(gen, INSN_MOV_REG(R2, R1));
	emit(gen, INSN_ALU_IMM(BPF_RSH, R2, 32)); /* h */
	emit(gen, INSN_MOV32_REG(R3, R1));	  /* l */
	emit(gen, INSN_MOV_REG(R4, R2));
	emit(gen, INSN_ALU_REG(BPF_MUL, R4, R3)); /* h*l, below 2^63 since h is below 2^31 */
	emit(gen, INSN_ALU_REG(BPF_MUL, R2, R2)); /* h*h */
	emit(gen, INSN_ALU_REG(BPF_MUL, R3, R3)); /* l*l */
	emit(gen, INSN_MOV_REG(R1, R4));
	emit(gen, INSN_ALU_IMM(BPF_RSH, R4, 31)); /* 2*h*l / 2^32 */
	emit(gen, INSN_ALU_IMM(BPF_LSH, R1, 33)); /* 2*h*l * 2^32, its low half */
	emit(gen, INSN_ALU_REG(BPF_ADD, R2, R4));
	emit(gen, INSN_ALU_REG(BPF_ADD, R1, R3));
	struct label no_carry = {0};

	emit_jump_reg(gen, BPF_JGE, R1, R3, &no_carry);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R2, 1));
	label_bind(gen, &no_carry);
}

static void stddev_gen(struct gen *gen, const struct agg_shape *shape, const struct plan_update *update)
{
	struct label no_carry = {0};

	(void)shape;
	(void)update;
	emit_agg_wide_sum(gen, true);
	emit_agg_value(gen, R1);
	emit_agg_magnitude(gen);
	emit_square(gen);
	emit(gen, INSN_MOV_REG(R3, R1));
	emit(gen, INSN_ATOMIC(BPF_ADD | BPF_FETCH, REG_KEEP, 24, R1)); /* R1 = what was there */
	emit(gen, INSN_ALU_REG(BPF_ADD, R1, R3));
	emit_jump_reg(gen, BPF_JGE, R1, R3, &no_carry);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R2, 1));
	label_bind(gen, &no_carry);
	emit(gen, INSN_MOV_REG(R1, R2));
	emit_agg_add(gen, 4);
}

const struct agg agg_stddev = {
	.name = "stddev",
	.proto = {.result = PROTO_VOID, .params = {{PROTO_INT64}}},
	.doc = "the standard deviation of the values",
	.example = {"BEGIN { @ = stddev(4); @ = stddev(8); printa(\"%@d\\n\", @); exit(0); }", "2\n"},
	.words = stddev_words,
	.gen = stddev_gen,
	.merge = stddev_merge,
	.subtract = stddev_subtract,
	.compare = stddev_compare,
	.number = stddev_number,
	.show = agg_show_number,
};
