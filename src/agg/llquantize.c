/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * llquantize(x, factor, low magnitude, high magnitude, steps[, increment]): a histogram whose rows are linear within
 * each order of magnitude. Words: { updates, below, buckets of each magnitude, above }. An update adds 1 to word 0 and
 * the increment (1 when left out) to word 1 + llquantize_bucket(x). x is taken as a signed number.
 */
#include <inttypes.h>
#include <stdio.h>

#include "agg/buckets.h"
#include "agg/common.h"
#include "agg/emit.h"
#include "code/gen.h"

enum { FACTOR, LMAG, HMAG, STEPS };

static const struct agg_param llquantize_params[] = {
	{"factor", false, 0},
	{"low magnitude", false, 0},
	{"high magnitude", false, 0},
	{"number of steps", false, 0},
};

/* factor^exponent, or 0 when that is no int64_t. */
static int64_t power(int64_t factor, int64_t exponent)
{
	int64_t result = 1;

	while (exponent-- > 0)
		if (__builtin_mul_overflow(result, factor, &result))
			return 0;
	return result;
}

static void range_set(const int64_t *params, int64_t from, unsigned first, struct llquantize_range *range)
{
	int64_t below = from * params[FACTOR];
	int64_t whole = params[STEPS] < below ? params[STEPS]
					      : below; /* buckets from 0 to below, were there no lower magnitude */

	range->from = from;
	range->below = below;
	range->size = below / whole;
	range->first = first;
	range->len = (unsigned)(whole - from / range->size);
	range->shift = (int64_t)first - from / range->size;
}

bool llquantize_range(const int64_t *params, unsigned i, struct llquantize_range *range)
{
	int64_t magnitude = params[LMAG];
	unsigned first = 1;

	if (i > (uint64_t)(params[HMAG] - params[LMAG]))
		return false;
	range_set(params, power(params[FACTOR], magnitude), first, range);
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

unsigned llquantize_bucket(const int64_t *params, int64_t value)
{
	struct llquantize_range range;
	unsigned i;

	for (i = 0; llquantize_range(params, i, &range); i++) {
		if (value < range.from)
			return 0;
		if (value < range.below)
			return (unsigned)(value / range.size + range.shift);
	}
	return range.first + range.len;
}

int64_t llquantize_value(const int64_t *params, unsigned bucket)
{
	struct llquantize_range range;
	unsigned i;

	for (i = 0; llquantize_range(params, i, &range); i++) {
		if (bucket <= range.first)
			return range.from;
		if (bucket < range.first + range.len)
			return ((int64_t)bucket - range.shift) * range.size;
	}
	return range.below;
}

static bool check_magnitudes(const int64_t *params, unsigned known, unsigned *bad_arg, struct buf *why)
{
	*bad_arg = 1 + LMAG;
	if (known > LMAG && (params[LMAG] < 0 || params[LMAG] > UINT16_MAX)) {
		buf_printf(why, "llquantize() low magnitude %" PRId64 " must be from 0 to %d", params[LMAG], UINT16_MAX);
		return false;
	}
	*bad_arg = 1 + HMAG;
	if (known <= HMAG)
		return true;
	if (params[HMAG] < params[LMAG]) {
		buf_printf(why, "llquantize() high magnitude %" PRId64 " must not be below the low magnitude %" PRId64,
			   params[HMAG], params[LMAG]);
		return false;
	}
	if (params[HMAG] > 62 || !power(params[FACTOR], params[HMAG] + 1)) {
		buf_printf(why,
			   "llquantize() high magnitude %" PRId64 " is too large: %" PRId64
			   " to the power of one more does not fit "
			   "64 bits",
			   params[HMAG], params[FACTOR]);
		return false;
	}
	return true;
}

/* Rows must start at whole numbers: each magnitude's upper end is a multiple of the number of steps, or below it. */
static bool check_steps(const int64_t *params, struct buf *why)
{
	int64_t magnitude, below, factor = params[FACTOR], steps = params[STEPS];
	uint64_t buckets = 0;

	if (steps < factor ? factor % steps : steps % factor) {
		buf_printf(why, "llquantize() steps %" PRId64 " must divide the factor %" PRId64
			   " evenly, or be a multiple of it", steps, factor);
		return false;
	}
	for (magnitude = params[LMAG]; magnitude <= params[HMAG]; magnitude++) {
		below = power(params[FACTOR], magnitude + 1);
		if (below > params[STEPS] && below % params[STEPS]) {
			buf_printf(why,
				   "llquantize() steps %" PRId64 " must divide %" PRId64
				   ", the end of magnitude %" PRId64 ", evenly",
				   params[STEPS], below, magnitude);
			return false;
		}
		buckets += (uint64_t)(below < params[STEPS] ? below : params[STEPS]);
		if (buckets > AGG_BUCKETS_MAX - 2) {
			buf_printf(why, "llquantize() steps %" PRId64 " make too many rows: at most %d can be kept",
				   params[STEPS], AGG_BUCKETS_MAX - 2);
			return false;
		}
	}
	return true;
}

static bool llquantize_check(const struct agg_shape *shape, unsigned known, enum call_fault *fault, unsigned *bad_arg,
			     struct buf *why)
{
	const int64_t *params = shape->params;

	*fault = CALL_RANGE;
	*bad_arg = 1 + FACTOR;
	if (params[FACTOR] < 2 || params[FACTOR] > UINT16_MAX) {
		buf_printf(why, "llquantize() factor %" PRId64 " must be from 2 to %d", params[FACTOR], UINT16_MAX);
		return false;
	}
	if (!check_magnitudes(params, known, bad_arg, why))
		return false;
	*bad_arg = 1 + STEPS;
	if (known <= STEPS)
		return true;
	if (params[STEPS] < 1) {
		*fault = CALL_NOT_CONSTANT; /* it must be a constant above 0 */
		buf_printf(why, "llquantize() steps %" PRId64 " must be 1 or more", params[STEPS]);
		return false;
	}
	return check_steps(params, why);
}

static unsigned llquantize_words(const struct agg_shape *shape)
{
	return 1 + 2 + llquantize_levels(shape->params);
}

static long double weight(const struct agg_shape *shape, const uint64_t *value)
{
	unsigned i, last = llquantize_levels(shape->params) + 1;
	long double sum = ((long double)llquantize_value(shape->params, 0) - 1) * (int64_t)value[1];

	for (i = 1; i <= last; i++)
		if (value[1 + i])
			sum += (long double)llquantize_value(shape->params, i) * (int64_t)value[1 + i];
	return sum;
}

static int llquantize_compare(const struct agg_shape *shape, const uint64_t *a, const uint64_t *b)
{
	long double x = weight(shape, a), y = weight(shape, b);

	if (x == y) { /* then by how many are below all rows */
		x = (int64_t)a[1];
		y = (int64_t)b[1];
	}
	return (x > y) - (x < y);
}

static void llquantize_label(const struct agg_shape *shape, unsigned bucket, char text[32])
{
	const char *sign = bucket == 0 ? "< " : bucket == llquantize_levels(shape->params) + 1 ? ">= " : "";

	snprintf(text, 32, "%s%" PRId64, sign, llquantize_value(shape->params, bucket));
}

static void llquantize_show(const struct agg_shape *shape, const uint64_t *value, uint64_t normal, struct buf *out)
{
	histogram_show(&(struct histogram){shape, value + 1, llquantize_words(shape) - 1, 1, llquantize_label}, normal,
		       out);
}

static void llquantize_buckets(const struct agg_shape *shape, const uint64_t *value,
			       void (*each)(void *data, int64_t low, int64_t high, uint64_t count), void *data)
{
	unsigned i, last = llquantize_levels(shape->params) + 1;

	for (i = 0; i <= last; i++) {
		if (!value[1 + i])
			continue;
		each(data, i ? llquantize_value(shape->params, i) : INT64_MIN,
		     i < last ? llquantize_value(shape->params, i ? i + 1 : 1) - 1 : INT64_MAX, value[1 + i]);
	}
}

static void llquantize_gen(struct gen *gen, const struct agg_shape *shape, const struct plan_update *update)
{
	struct llquantize_range range;
	struct label end = {0};

	emit_agg_value(gen, R1);
	for (unsigned i = 0; llquantize_range(shape->params, i, &range); i++) {
		struct label next = {0};

		if (i == 0) {
			emit(gen, INSN_MOV_IMM(R0, 0));
			emit_imm64(gen, R2, range.from);
			emit_jump_reg(gen, BPF_JSLT, R1, R2, &end);
		}
		emit_imm64(gen, R2, range.below);
		emit_jump_reg(gen, BPF_JSGE, R1, R2, &next);
		emit(gen, INSN_MOV_REG(R0, R1));
		emit_imm64(gen, R2, range.size);
		emit(gen, INSN_ALU_REG(BPF_DIV, R0, R2));
		emit_imm64(gen, R2, range.shift);
		emit(gen, INSN_ALU_REG(BPF_ADD, R0, R2));
		emit_jump(gen, &end);
		label_bind(gen, &next);
	}
	emit(gen, INSN_MOV_IMM(R0, llquantize_levels(shape->params) + 1));
	label_bind(gen, &end);
	emit_agg_bucket(gen, update, llquantize_levels(shape->params) + 2);
}

const struct agg agg_llquantize = {
	.name = "llquantize",
	.proto = {.result = PROTO_VOID, .params = {{PROTO_INT64}, {PROTO_INT64}, {PROTO_INT64}, {PROTO_INT64}, {PROTO_INT64}, {PROTO_INT64, .is_optional = true}}},
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
	.params_check = llquantize_check,
	.words = llquantize_words,
	.gen = llquantize_gen,
	.merge = agg_merge_words,
	.subtract = agg_subtract_words,
	.compare = llquantize_compare,
	.number = agg_number_updates,
	.show = llquantize_show,
	.buckets = llquantize_buckets,
};
