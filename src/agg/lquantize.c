/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lquantize(x, low, high[, step[, increment]]): a histogram of equal steps. Words: { updates, below low, one for each
 * level, high and above }. An update adds 1 to word 0 and the increment (1 when left out) to word 1 +
 * lquantize_bucket(x). x is taken as a signed number.
 *
 * Bounds and step may be any 64-bit number (DTrace: 32 and 16 bits): latencies are in nanoseconds.
 */
#include <inttypes.h>
#include <stdio.h>

#include "agg/buckets.h"
#include "agg/common.h"
#include "agg/emit.h"
#include "code/gen.h"

enum { LOW, HIGH, STEP };

static const struct agg_param lquantize_params[] = {
	{"lower bound", false, 0, INT32_MIN, INT32_MAX},
	{"upper bound", false, 0, INT32_MIN, INT32_MAX},
	{"step", true, 1, INT64_MIN, UINT16_MAX},
};

static uint64_t levels_wanted(const int64_t *params)
{
	return ((uint64_t)params[HIGH] - (uint64_t)params[LOW]) / (uint64_t)params[STEP];
}

unsigned lquantize_levels(const int64_t *params)
{
	uint64_t levels = levels_wanted(params);

	return levels < AGG_BUCKETS_MAX - 2 ? (unsigned)levels : AGG_BUCKETS_MAX - 2;
}

unsigned lquantize_bucket(const int64_t *params, int64_t value)
{
	unsigned levels = lquantize_levels(params);
	uint64_t level;

	if (value < params[LOW])
		return 0;
	level = ((uint64_t)value - (uint64_t)params[LOW]) / (uint64_t)params[STEP];
	return 1 + (level < levels ? (unsigned)level : levels);
}

int64_t lquantize_value(const int64_t *params, unsigned bucket)
{
	uint64_t above = bucket ? (bucket - 1) * (uint64_t)params[STEP] : 0; /* may be more than INT64_MAX */

	return (int64_t)((uint64_t)params[LOW] + above);
}

static bool check_step(const int64_t *params, enum call_fault *fault, struct buf *why)
{
	if (params[STEP] <= 0) {
		*fault = CALL_RANGE;
		buf_printf(why, "lquantize() step %" PRId64 " must be 1 or more", params[STEP]);
		return false;
	}
	if (!levels_wanted(params)) {
		*fault = CALL_TOO_LARGE;
		buf_printf(why, "lquantize() step %" PRId64 " is larger than the range from %" PRId64 " to %" PRId64,
			   params[STEP], params[LOW], params[HIGH]);
		return false;
	}
	if (levels_wanted(params) > AGG_BUCKETS_MAX - 2) {
		*fault = CALL_TOO_SMALL;
		buf_printf(why, "lquantize() step %" PRId64 " makes %" PRIu64 " rows, and at most %d can be kept",
			   params[STEP], levels_wanted(params), AGG_BUCKETS_MAX - 2);
		return false;
	}
	return true;
}

static bool lquantize_check(const struct agg_shape *shape, unsigned i, enum call_fault *fault, struct buf *why)
{
	const int64_t *params = shape->params;

	if (i == STEP)
		return check_step(params, fault, why);
	if (i == LOW || params[LOW] <= params[HIGH])
		return true;
	*fault = CALL_ORDER;
	buf_printf(why, "lquantize() lower bound %" PRId64 " must not be above the upper bound %" PRId64, params[LOW],
		   params[HIGH]);
	return false;
}

static unsigned lquantize_words(const struct agg_shape *shape)
{
	return 1 + 2 + lquantize_levels(shape->params);
}

static long double weight(const struct agg_shape *shape, const uint64_t *value)
{
	unsigned i, last = lquantize_levels(shape->params) + 1;
	long double sum = ((long double)shape->params[LOW] - 1) * (int64_t)value[1];

	for (i = 1; i <= last; i++)
		sum += (long double)lquantize_value(shape->params, i) * (int64_t)value[1 + i];
	return sum;
}

static int lquantize_compare(const struct agg_shape *shape, const uint64_t *a, const uint64_t *b)
{
	long double x = weight(shape, a), y = weight(shape, b);
	unsigned zero = 1 + lquantize_bucket(shape->params, 0);

	if (x == y) {
		x = (int64_t)a[zero];
		y = (int64_t)b[zero];
	}
	return (x > y) - (x < y);
}

static void lquantize_label(const struct agg_shape *shape, unsigned bucket, unsigned first, char text[32])
{
	const char *sign = bucket == 0 ? "< " : bucket == lquantize_levels(shape->params) + 1 ? ">= " : "";

	(void)first;
	snprintf(text, 32, "%s%" PRId64, sign, lquantize_value(shape->params, bucket));
}

static void lquantize_show(const struct agg_shape *shape, const uint64_t *value, uint64_t normal, struct buf *out)
{
	histogram_show(&(struct histogram){shape, value + 1, lquantize_words(shape) - 1, 1, lquantize_label}, normal,
		       out);
}

static void lquantize_buckets(const struct agg_shape *shape, const uint64_t *value,
			      void (*each)(void *data, int64_t low, int64_t high, uint64_t count), void *data)
{
	unsigned i, last = lquantize_levels(shape->params) + 1;

	for (i = 0; i <= last; i++) {
		int64_t low = lquantize_value(shape->params, i);

		if (!value[1 + i])
			continue;
		if (i == 0)
			each(data, INT64_MIN, low - (low > INT64_MIN), value[1 + i]);
		else
			each(data, low, i == last ? INT64_MAX : low + (shape->params[STEP] - 1), value[1 + i]);
	}
}

static void lquantize_gen(struct gen *gen, const struct agg_shape *shape, const struct plan_update *update)
{
	unsigned levels = lquantize_levels(shape->params);
	struct label below = {0}, end = {0}, fits = {0};

	emit_agg_value(gen, R1);
	emit_imm64(gen, R2, shape->params[0]);
	emit(gen, INSN_MOV_IMM(R0, 0));
	emit_jump_reg(gen, BPF_JSLT, R1, R2, &below);
	emit(gen, INSN_MOV_REG(R0, R1));
	emit(gen, INSN_ALU_REG(BPF_SUB, R0, R2));
	emit_imm64(gen, R2, shape->params[2]);
	emit(gen, INSN_ALU_REG(BPF_DIV, R0, R2));
	emit_jump_imm(gen, BPF_JLE, R0, (int32_t)levels, &fits);
	emit(gen, INSN_MOV_IMM(R0, levels));
	label_bind(gen, &fits);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R0, 1));
	emit_jump(gen, &end);
	label_bind(gen, &below);
	label_bind(gen, &end);
	emit_agg_bucket(gen, update, levels + 2);
}

const struct agg agg_lquantize = {
	.name = "lquantize",
	.proto = {.result = PROTO_VOID,
		  .params = {{PROTO_INT64},
			     {PROTO_INT64},
			     {PROTO_INT64},
			     {PROTO_INT64, .is_optional = true},
			     {PROTO_INT64, .is_optional = true}}},
	.doc = "a histogram of the values in equal steps between two bounds",
	.example =
		{"BEGIN { @ = lquantize(3, 0, 6, 2); @ = lquantize(5, 0, 6, 2); @ = lquantize(4, 0, 6, 2); exit(0); }",
		 "\n"
		 "\n"
		 "           value  ------------- Distribution ------------- count    \n"
		 "               0 |                                         0        \n"
		 "               2 |@@@@@@@@@@@@@                            1        \n"
		 "               4 |@@@@@@@@@@@@@@@@@@@@@@@@@@@              2        \n"
		 "            >= 6 |                                         0        \n"
		 "\n"},
	.params = lquantize_params,
	.params_len = 3,
	.param_check = lquantize_check,
	.words = lquantize_words,
	.gen = lquantize_gen,
	.merge = agg_merge_words,
	.subtract = agg_subtract_words,
	.compare = lquantize_compare,
	.number = agg_number_updates,
	.show = lquantize_show,
	.buckets = lquantize_buckets,
};
