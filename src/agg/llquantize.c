/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * llquantize(x, factor, low magnitude, high magnitude, steps[, increment]): a histogram whose rows are linear within
 * each order of magnitude, those of negative numbers mirrored. Words: { updates, far below zero, buckets of each
 * magnitude below zero from the largest to the smallest, near zero, buckets of each magnitude above zero, far above
 * zero }. An update adds 1 to word 0 and the increment (1 when left out) to word 1 + llquantize_bucket(x). x is taken
 * as a signed number.
 */
#include <inttypes.h>
#include <stdio.h>

#include "agg/buckets.h"
#include "agg/common.h"
#include "agg/emit.h"
#include "code/gen.h"

enum { FACTOR, LMAG, HMAG, STEPS };

static const struct agg_param llquantize_params[] = {
	{"factor", false, 0, INT64_MIN, UINT16_MAX},
	{"low magnitude", false, 0, INT64_MIN, UINT16_MAX},
	{"high magnitude", false, 0, INT64_MIN, UINT16_MAX},
	{"number of steps", false, 0, INT64_MIN, UINT16_MAX},
};

/* factor^exponent, or 0 when that has more than 64 bits. */
static uint64_t power(int64_t factor, int64_t exponent)
{
	uint64_t result = 1;

	while (exponent-- > 0)
		if (__builtin_mul_overflow(result, (uint64_t)factor, &result))
			return 0;
	return result;
}

static void range_set(const int64_t *params, uint64_t from, unsigned first, struct llquantize_range *range)
{
	uint64_t below = from * (uint64_t)params[FACTOR], steps = (uint64_t)params[STEPS];
	uint64_t whole = steps < below ? steps : below; /* buckets from 0 to below, were there no lower magnitude */

	range->from = from;
	range->below = below;
	range->size = below / whole;
	range->first = first;
	range->len = (unsigned)(whole - from / range->size);
	range->shift = (int64_t)first - (int64_t)(from / range->size);
}

bool llquantize_range(const int64_t *params, unsigned i, struct llquantize_range *range)
{
	unsigned first = 1;

	if (i > (uint64_t)(params[HMAG] - params[LMAG]))
		return false;
	range_set(params, power(params[FACTOR], params[LMAG]), first, range);
	for (; i; i--) {
		first += range->len;
		range_set(params, range->below, first, range);
	}
	return true;
}

unsigned llquantize_levels(const int64_t *params)
{
	struct llquantize_range range;

	llquantize_range(params, (unsigned)(params[HMAG] - params[LMAG]), &range);
	return range.first + range.len - 1;
}

unsigned llquantize_middle(const int64_t *params)
{
	return llquantize_levels(params) + 1;
}

static unsigned step_of(const int64_t *params, uint64_t size)
{
	struct llquantize_range range;
	unsigned i;

	for (i = 0; llquantize_range(params, i, &range); i++) {
		if (size < range.from)
			return 0;
		if (size < range.below)
			return (unsigned)((int64_t)(size / range.size) + range.shift);
	}
	return range.first + range.len;
}

unsigned llquantize_bucket(const int64_t *params, int64_t value)
{
	unsigned middle = llquantize_middle(params);

	return value < 0 ? middle - step_of(params, 0 - (uint64_t)value) : middle + step_of(params, (uint64_t)value);
}

uint64_t llquantize_size(const int64_t *params, unsigned step)
{
	struct llquantize_range range;
	unsigned i;

	for (i = 0; llquantize_range(params, i, &range); i++) {
		if (step <= range.first)
			return range.from;
		if (step < range.first + range.len)
			return (uint64_t)((int64_t)step - range.shift) * range.size;
	}
	return range.below;
}

/* --- Parameters --- */

static bool refuse(enum call_fault *fault)
{
	*fault = CALL_RANGE;
	return false;
}

static bool check_high(const int64_t *params, enum call_fault *fault, struct buf *why)
{
	if (params[HMAG] < params[LMAG]) {
		buf_printf(why, "llquantize() high magnitude %" PRId64 " must not be below the low magnitude %" PRId64,
			   params[HMAG], params[LMAG]);
		return refuse(fault);
	}
	if (params[HMAG] > 62 || !power(params[FACTOR], params[HMAG] + 1)) {
		buf_printf(why,
			   "llquantize() high magnitude %" PRId64 " is too large: %" PRId64
			   " to the power of one more does not fit "
			   "64 bits",
			   params[HMAG], params[FACTOR]);
		return refuse(fault);
	}
	return true;
}

/* Rows must start at whole numbers, as must those of the magnitude above at multiples of the steps. */
static bool steps_are_even(const int64_t *params)
{
	uint64_t factor = (uint64_t)params[FACTOR], steps = (uint64_t)params[STEPS];

	if (steps <= factor)
		return factor % steps == 0;
	return steps % factor == 0 &&
	       (params[LMAG] ? power(params[FACTOR], params[LMAG] + 1) : factor * factor) % steps == 0;
}

static bool steps_are_few(const int64_t *params)
{
	uint64_t rows = 0, steps = (uint64_t)params[STEPS];

	for (int64_t magnitude = params[LMAG]; magnitude <= params[HMAG]; magnitude++) {
		uint64_t below = power(params[FACTOR], magnitude + 1);

		rows += below < steps ? below : steps;
		if (rows > (AGG_BUCKETS_MAX - 3) / 2)
			return false;
	}
	return true;
}

static bool check_steps(const int64_t *params, enum call_fault *fault, struct buf *why)
{
	if (params[STEPS] < 1) {
		*fault = CALL_NOT_CONSTANT; /* it must be a constant above 0 */
		buf_printf(why, "llquantize() steps %" PRId64 " must be 1 or more", params[STEPS]);
		return false;
	}
	if (!steps_are_even(params))
		buf_printf(why,
			   "llquantize() steps %" PRId64 " must divide the factor %" PRId64
			   " evenly, or be a multiple of it that divides %s evenly",
			   params[STEPS], params[FACTOR], params[LMAG] ? "the end of the low magnitude" : "its square");
	else if (!steps_are_few(params))
		buf_printf(why, "llquantize() steps %" PRId64 " make too many rows: at most %d can be kept",
			   params[STEPS], AGG_BUCKETS_MAX);
	else
		return true;
	return refuse(fault);
}

static bool llquantize_check(const struct agg_shape *shape, unsigned i, enum call_fault *fault, struct buf *why)
{
	const int64_t *params = shape->params;

	if (i == HMAG)
		return check_high(params, fault, why);
	if (i == STEPS)
		return check_steps(params, fault, why);
	if (i == FACTOR && (params[FACTOR] < 2 || params[FACTOR] > UINT32_MAX)) {
		buf_printf(why, "llquantize() factor %" PRId64 " must be 2 or more, and have at most 32 bits",
			   params[FACTOR]);
		return refuse(fault);
	}
	if (i == LMAG && params[LMAG] < 0) {
		buf_printf(why, "llquantize() low magnitude %" PRId64 " must be 0 or more", params[LMAG]);
		return refuse(fault);
	}
	return true;
}

/* --- Values --- */

static unsigned buckets_of(const int64_t *params)
{
	return 2 * llquantize_middle(params) + 1;
}

static unsigned llquantize_words(const struct agg_shape *shape)
{
	return 1 + buckets_of(shape->params);
}

/* Histograms are sorted by the sum of what was counted, each at its row's label. */
static long double weight(const struct agg_shape *shape, const uint64_t *value)
{
	unsigned i, middle = llquantize_middle(shape->params);
	long double sum = 0;

	for (i = 1; i <= middle; i++) {
		if (value[1 + middle + i] || value[1 + middle - i])
			sum += (long double)llquantize_size(shape->params, i) *
			       ((long double)(int64_t)value[1 + middle + i] -
				(long double)(int64_t)value[1 + middle - i]);
	}
	return sum;
}

static int llquantize_compare(const struct agg_shape *shape, const uint64_t *a, const uint64_t *b)
{
	long double x = weight(shape, a), y = weight(shape, b);
	unsigned middle = llquantize_middle(shape->params);

	if (x == y) { /* then by how many are near zero */
		x = (int64_t)a[1 + middle];
		y = (int64_t)b[1 + middle];
	}
	return (x > y) - (x < y);
}

static void label_middle(const struct agg_shape *shape, bool is_first, char text[32])
{
	uint64_t size = llquantize_size(shape->params, 0);

	if (size == 1)
		snprintf(text, 32, "0");
	else
		snprintf(text, 32, "%s< %" PRIu64, is_first ? "" : "abs() ", size);
}

static void llquantize_label(const struct agg_shape *shape, unsigned bucket, unsigned first, char text[32])
{
	unsigned middle = llquantize_middle(shape->params);
	uint64_t size = llquantize_size(shape->params, bucket < middle ? middle - bucket : bucket - middle);

	if (bucket == middle)
		label_middle(shape, first >= middle, text);
	else if (bucket < middle)
		snprintf(text, 32, "%s-%" PRIu64, bucket == 0 ? "<= " : "", size);
	else
		snprintf(text, 32, "%s%" PRIu64, bucket == 2 * middle ? ">= " : "", size);
}

static void llquantize_show(const struct agg_shape *shape, const uint64_t *value, uint64_t normal, struct buf *out)
{
	unsigned middle = llquantize_middle(shape->params);

	/* When all are empty, the smallest numbers above zero are in the middle of what is shown. */
	histogram_show(&(struct histogram){shape, value + 1, buckets_of(shape->params), middle + 1, llquantize_label},
		       normal, out);
}

/* The largest size in a step, and its negative: both are numbers of 64 bits, unless it is the last step. */
static int64_t largest(const int64_t *params, unsigned step)
{
	uint64_t next = llquantize_size(params, step ? step + 1 : 1) - 1;

	return step == llquantize_middle(params) || next > INT64_MAX ? INT64_MAX : (int64_t)next;
}

static int64_t smallest(const int64_t *params, unsigned step)
{
	uint64_t size = llquantize_size(params, step);

	return size > INT64_MAX ? INT64_MAX : (int64_t)size;
}

static void llquantize_buckets(const struct agg_shape *shape, const uint64_t *value,
			       void (*each)(void *data, int64_t low, int64_t high, uint64_t count), void *data)
{
	unsigned i, middle = llquantize_middle(shape->params);

	for (i = 0; i <= 2 * middle; i++) {
		unsigned step = i < middle ? middle - i : i - middle;
		int64_t high = largest(shape->params, step);

		if (!value[1 + i])
			continue;
		if (i == middle)
			each(data, -high, high, value[1 + i]);
		else if (i > middle)
			each(data, smallest(shape->params, step), high, value[1 + i]);
		else
			each(data, high == INT64_MAX ? INT64_MIN : -high, -smallest(shape->params, step), value[1 + i]);
	}
}

/* R0 = the step of the size in R1. */
static void emit_step(struct gen *gen, const int64_t *params)
{
	struct llquantize_range range;
	struct label end = {0};

	for (unsigned i = 0; llquantize_range(params, i, &range); i++) {
		struct label next = {0};

		if (i == 0) {
			emit(gen, INSN_MOV_IMM(R0, 0));
			emit_imm64(gen, R2, (int64_t)range.from);
			emit_jump_reg(gen, BPF_JLT, R1, R2, &end);
		}
		emit_imm64(gen, R2, (int64_t)range.below);
		emit_jump_reg(gen, BPF_JGE, R1, R2, &next);
		emit(gen, INSN_MOV_REG(R0, R1));
		emit_imm64(gen, R2, (int64_t)range.size);
		emit(gen, INSN_ALU_REG(BPF_DIV, R0, R2));
		emit_imm64(gen, R2, range.shift);
		emit(gen, INSN_ALU_REG(BPF_ADD, R0, R2));
		emit_jump(gen, &end);
		label_bind(gen, &next);
	}
	emit(gen, INSN_MOV_IMM(R0, llquantize_levels(params) + 1));
	label_bind(gen, &end);
}

/* R3 keeps the value, for its sign. */
static void llquantize_gen(struct gen *gen, const struct agg_shape *shape, const struct plan_update *update)
{
	struct label positive = {0};

	emit_agg_value(gen, R1);
	emit(gen, INSN_MOV_REG(R3, R1));
	emit_agg_magnitude(gen);
	emit_step(gen, shape->params);
	emit_jump_imm(gen, BPF_JSGE, R3, 0, &positive);
	emit(gen, INSN_NEG(R0));
	label_bind(gen, &positive);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R0, (int32_t)llquantize_middle(shape->params)));
	emit_agg_bucket(gen, update, buckets_of(shape->params));
}

const struct agg agg_llquantize = {
	.name = "llquantize",
	.proto = {.result = PROTO_VOID,
		  .params = {{PROTO_INT64},
			     {PROTO_INT64},
			     {PROTO_INT64},
			     {PROTO_INT64},
			     {PROTO_INT64},
			     {PROTO_INT64, .is_optional = true}}},
	.doc = "a histogram of the values, linear within each order of magnitude",
	.example = {"BEGIN { @ = llquantize(7, 10, 0, 1, 10); @ = llquantize(35, 10, 0, 1, 10); exit(0); }",
		    "\n"
		    "\n"
		    "           value  ------------- Distribution ------------- count    \n"
		    "               6 |                                         0        \n"
		    "               7 |@@@@@@@@@@@@@@@@@@@@                     1        \n"
		    "               8 |                                         0        \n"
		    "               9 |                                         0        \n"
		    "              10 |                                         0        \n"
		    "              20 |                                         0        \n"
		    "              30 |@@@@@@@@@@@@@@@@@@@@                     1        \n"
		    "              40 |                                         0        \n"
		    "\n"},
	.params = llquantize_params,
	.params_len = 4,
	.param_check = llquantize_check,
	.words = llquantize_words,
	.gen = llquantize_gen,
	.merge = agg_merge_words,
	.subtract = agg_subtract_words,
	.compare = llquantize_compare,
	.number = agg_number_updates,
	.show = llquantize_show,
	.buckets = llquantize_buckets,
};
