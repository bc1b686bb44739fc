/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * quantize(x[, increment]): a histogram by powers of two. Words: { updates, 127 buckets }. An update adds 1 to word 0
 * and the increment (1 when left out; it may be negative) to word 1 + quantize_bucket(x). x is taken as a signed
 * number.
 */
#include <inttypes.h>
#include <stdio.h>

#include "agg/buckets.h"
#include "agg/common.h"
#include "agg/emit.h"
#include "code/gen.h"

unsigned quantize_bucket(int64_t value)
{
	uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	unsigned power;

	if (!value)
		return QUANTIZE_ZERO;
	power = 63 - (unsigned)__builtin_clzll(size);
	if (value > 0)
		return QUANTIZE_ZERO + 1 + power;
	return power < QUANTIZE_ZERO ? QUANTIZE_ZERO - 1 - power : 0;
}

int64_t quantize_value(unsigned bucket)
{
	if (bucket == QUANTIZE_ZERO)
		return 0;
	if (bucket > QUANTIZE_ZERO)
		return INT64_C(1) << (bucket - QUANTIZE_ZERO - 1);
	return -(INT64_C(1) << (QUANTIZE_ZERO - 1 - bucket));
}

static unsigned quantize_words(const struct agg_shape *shape)
{
	(void)shape;
	return 1 + QUANTIZE_BUCKETS;
}

/* Histograms are sorted by the sum of what was counted, each at its row's label. */
static int quantize_compare(const struct agg_shape *shape, const uint64_t *a, const uint64_t *b)
{
	long double x = 0, y = 0;
	unsigned i;

	(void)shape;
	for (i = 0; i < QUANTIZE_BUCKETS; i++) {
		x += (long double)quantize_value(i) * (int64_t)a[1 + i];
		y += (long double)quantize_value(i) * (int64_t)b[1 + i];
	}
	if (x == y) {
		x = (int64_t)a[1 + QUANTIZE_ZERO];
		y = (int64_t)b[1 + QUANTIZE_ZERO];
	}
	return (x > y) - (x < y);
}

static void quantize_label(const struct agg_shape *shape, unsigned bucket, unsigned first, char text[32])
{
	(void)shape;
	(void)first;
	snprintf(text, 32, "%" PRId64, quantize_value(bucket));
}

static void quantize_show(const struct agg_shape *shape, const uint64_t *value, uint64_t normal, struct buf *out)
{
	histogram_show(&(struct histogram){shape, value + 1, QUANTIZE_BUCKETS, QUANTIZE_ZERO, quantize_label}, normal,
		       out);
}

static void quantize_buckets(const struct agg_shape *shape, const uint64_t *value,
			     void (*each)(void *data, int64_t low, int64_t high, uint64_t count), void *data)
{
	unsigned i;

	(void)shape;
	for (i = 0; i < QUANTIZE_BUCKETS; i++) {
		int64_t at = quantize_value(i);

		if (!value[1 + i])
			continue;
		if (at == 0)
			each(data, 0, 0, value[1 + i]);
		else if (at > 0)
			each(data, at, i + 1 < QUANTIZE_BUCKETS ? at + (at - 1) : INT64_MAX, value[1 + i]);
		else
			each(data, i ? at - (-at - 1) : INT64_MIN, at, value[1 + i]);
	}
}

/* R3 keeps the value, for its sign. */
static void quantize_gen(struct gen *gen, const struct agg_shape *shape, const struct plan_update *update)
{
	struct label zero = {0}, positive = {0}, end = {0};

	(void)shape;
	emit_agg_value(gen, R1);
	emit_jump_imm(gen, BPF_JEQ, R1, 0, &zero);
	emit(gen, INSN_MOV_REG(R3, R1));
	emit_agg_magnitude(gen);
	emit_agg_log2(gen);
	emit_jump_imm(gen, BPF_JSGT, R3, 0, &positive);
	emit(gen, INSN_NEG(R0));
	emit(gen, INSN_ALU_IMM(BPF_ADD, R0, QUANTIZE_ZERO - 1));
	emit_jump_imm(gen, BPF_JSGE, R0, 0, &end);
	emit(gen, INSN_MOV_IMM(R0, 0)); /* the smallest number of all */
	emit_jump(gen, &end);
	label_bind(gen, &zero);
	emit(gen, INSN_MOV_IMM(R0, QUANTIZE_ZERO));
	emit_jump(gen, &end);
	label_bind(gen, &positive);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R0, QUANTIZE_ZERO + 1));
	label_bind(gen, &end);
	emit_agg_bucket(gen, update, QUANTIZE_BUCKETS);
}

const struct agg agg_quantize = {
	.name = "quantize",
	.proto = {.result = PROTO_VOID, .params = {{PROTO_INT64}, {PROTO_INT64, .is_optional = true}}},
	.doc = "a histogram of the values by powers of two",
	.example = {"BEGIN { @ = quantize(3); @ = quantize(4); @ = quantize(5); exit(0); }",
		    "\n"
		    "\n"
		    "           value  ------------- Distribution ------------- count    \n"
		    "               1 |                                         0        \n"
		    "               2 |@@@@@@@@@@@@@                            1        \n"
		    "               4 |@@@@@@@@@@@@@@@@@@@@@@@@@@@              2        \n"
		    "               8 |                                         0        \n"
		    "\n"},
	.words = quantize_words,
	.gen = quantize_gen,
	.merge = agg_merge_words,
	.subtract = agg_subtract_words,
	.compare = quantize_compare,
	.number = agg_number_updates,
	.show = quantize_show,
	.buckets = quantize_buckets,
};
