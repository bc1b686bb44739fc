/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tquantize(x[, increment]): a histogram of times in ns, for percentiles to 5 %: below 2^10, 16 buckets in each power
 * of two up to 2^37, above. Words: { updates, buckets }. An update adds 1 to word 0 and the increment (1 when left out;
 * it may be negative) to word 1 + tquantize_bucket(x). x is taken as a signed number; one below zero, as after a step
 * of the clock, counts with the smallest. Half the memory of an llquantize() of these rows, which has them for negative
 * numbers too.
 */
#include <inttypes.h>
#include <stdio.h>

#include "agg/buckets.h"
#include "agg/common.h"
#include "agg/emit.h"
#include "code/gen.h"

enum { FIRST = 10, LAST = 37, BITS = 4, ROWS = LAST - FIRST + 2, TOP = TQUANTIZE_BUCKETS - 1 };

_Static_assert(TQUANTIZE_BUCKETS == 2 + (LAST - FIRST) * (1 << BITS), "the first, those of each power, the last");

unsigned tquantize_bucket(int64_t value)
{
	unsigned power;

	if (value < 1 << FIRST)
		return 0;
	power = 63 - (unsigned)__builtin_clzll((uint64_t)value);
	if (power >= LAST)
		return TOP;
	return 1 + ((power - FIRST) << BITS) + (unsigned)((value >> (power - BITS)) & ((1 << BITS) - 1));
}

int64_t tquantize_value(unsigned bucket)
{
	unsigned power = FIRST + ((bucket - 1) >> BITS), step = (bucket - 1) & ((1 << BITS) - 1);

	return bucket ? (INT64_C(1) << power) + ((int64_t)step << (power - BITS)) : 0;
}

static unsigned tquantize_words(const struct agg_shape *shape)
{
	(void)shape;
	return 1 + TQUANTIZE_BUCKETS;
}

/* Histograms are sorted by the sum of what was counted, each at its row's label. */
static int tquantize_compare(const struct agg_shape *shape, const uint64_t *a, const uint64_t *b)
{
	long double x = 0, y = 0;

	(void)shape;
	for (unsigned i = 1; i < TQUANTIZE_BUCKETS; i++) {
		x += (long double)tquantize_value(i) * (int64_t)a[1 + i];
		y += (long double)tquantize_value(i) * (int64_t)b[1 + i];
	}
	if (x == y) {
		x = (int64_t)a[1];
		y = (int64_t)b[1];
	}
	return (x > y) - (x < y);
}

static void tquantize_label(const struct agg_shape *shape, unsigned row, unsigned first, char text[32])
{
	(void)shape;
	(void)first;
	if (row)
		snprintf(text, 32, "%s%" PRId64, row == ROWS - 1 ? ">= " : "", INT64_C(1) << (FIRST + row - 1));
	else
		snprintf(text, 32, "< %d", 1 << FIRST);
}

/* A row for each power of two: the buckets are for percentiles. */
static void tquantize_show(const struct agg_shape *shape, const uint64_t *value, uint64_t normal, struct buf *out)
{
	uint64_t rows[ROWS] = {0};

	for (unsigned i = 0; i < TQUANTIZE_BUCKETS; i++)
		rows[i ? 1 + ((i - 1) >> BITS) : 0] += value[1 + i];
	histogram_show(&(struct histogram){shape, rows, ROWS, 0, tquantize_label}, normal, out);
}

static void tquantize_buckets(const struct agg_shape *shape, const uint64_t *value,
			      void (*each)(void *data, int64_t low, int64_t high, uint64_t count), void *data)
{
	(void)shape;
	for (unsigned i = 0; i < TQUANTIZE_BUCKETS; i++)
		if (value[1 + i])
			each(data, tquantize_value(i), i < TOP ? tquantize_value(i + 1) - 1 : INT64_MAX, value[1 + i]);
}

/* R3 keeps the value: its bits below the highest one say which bucket of its power of two. */
static void tquantize_gen(struct gen *gen, const struct agg_shape *shape, const struct plan_update *update)
{
	struct label small = {0}, large = {0}, end = {0};

	(void)shape;
	emit_agg_value(gen, R1);
	emit_jump_imm(gen, BPF_JSLT, R1, 1 << FIRST, &small);
	emit(gen, INSN_MOV_REG(R3, R1));
	emit_agg_log2(gen);
	emit_jump_imm(gen, BPF_JGE, R0, LAST, &large);
	emit(gen, INSN_MOV_REG(R2, R0));
	emit(gen, INSN_ALU_IMM(BPF_SUB, R2, BITS));
	emit(gen, INSN_ALU_REG(BPF_RSH, R3, R2));
	emit(gen, INSN_ALU_IMM(BPF_LSH, R0, BITS));
	emit(gen, INSN_ALU_REG(BPF_ADD, R0, R3));
	emit(gen, INSN_ALU_IMM(BPF_SUB, R0, (FIRST << BITS) + (1 << BITS) - 1));
	emit_jump(gen, &end);
	label_bind(gen, &small);
	emit(gen, INSN_MOV_IMM(R0, 0));
	emit_jump(gen, &end);
	label_bind(gen, &large);
	emit(gen, INSN_MOV_IMM(R0, TOP));
	label_bind(gen, &end);
	emit_agg_bucket(gen, update, TQUANTIZE_BUCKETS);
}

const struct agg agg_tquantize = {
	.name = "tquantize",
	.proto = {.result = PROTO_VOID, .params = {{PROTO_INT64}, {PROTO_INT64, .is_optional = true}}},
	.doc = "a histogram of times in ns, from 1 us to 137 s, in steps of a sixteenth of each power of two, shown by "
	       "powers of two",
	.example = {"BEGIN { @ = tquantize(3000); @ = tquantize(4000); @ = tquantize(5000); exit(0); }",
		    "\n"
		    "\n"
		    "           value  ------------- Distribution ------------- count    \n"
		    "            1024 |                                         0        \n"
		    "            2048 |@@@@@@@@@@@@@@@@@@@@@@@@@@@              2        \n"
		    "            4096 |@@@@@@@@@@@@@                            1        \n"
		    "            8192 |                                         0        \n"
		    "\n"},
	.words = tquantize_words,
	.gen = tquantize_gen,
	.merge = agg_merge_words,
	.subtract = agg_subtract_words,
	.compare = tquantize_compare,
	.number = agg_number_updates,
	.show = tquantize_show,
	.buckets = tquantize_buckets,
};
