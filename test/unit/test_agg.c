/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Aggregating functions: which bucket a value falls into, merging and taking away, and what is printed, against the
 * outputs in DTrace's documentation.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agg/agg.h"
#include "agg/buckets.h"
#include "report/latency.h"
#include "agg/common.h"

#define EMPTY_BAR "                                        "
#define FULL_BAR  "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@"
#define HEADING	  "\n           value  ------------- Distribution ------------- count    \n"

static struct agg_shape shape_of(const char *name, bool is_unsigned, unsigned params_len, const int64_t *params)
{
	struct agg_shape shape = {.agg = agg_find(name), .is_unsigned = is_unsigned};

	assert_non_null(shape.agg);
	if (params_len)
		memcpy(shape.params, params, params_len * sizeof(*params));
	return shape;
}

#define SHAPE(name, is_unsigned, ...)                                                                                  \
	shape_of(name, is_unsigned, sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t), (const int64_t[]){__VA_ARGS__})

/* What generated code does on one processor, by the rules in the heads of src/agg. */
static void update(const struct agg_shape *shape, uint64_t *value, int64_t x)
{
	const char *name = shape->agg->name;
	bool is_unsigned = shape->is_unsigned;
	__int128 wide = is_unsigned ? (__int128)(uint64_t)x : x;
	uint64_t code;

	value[0]++;
	if (!strcmp(name, "sum")) {
		value[1] += (uint64_t)x;
	} else if (!strcmp(name, "avg")) {
		agg_set_wide(value + 1, agg_wide(value + 1) + wide);
	} else if (!strcmp(name, "min") || !strcmp(name, "max")) {
		code = (uint64_t)x ^ (is_unsigned ? 0 : UINT64_C(1) << 63);
		code = name[1] == 'i' ? ~code : code;
		value[1] = code > value[1] ? code : value[1];
	} else if (!strcmp(name, "stddev")) {
		agg_set_wide(value + 1, agg_wide(value + 1) + x);
		agg_set_wide(value + 3, agg_wide(value + 3) + (__int128)x * x);
	} else if (!strcmp(name, "quantize")) {
		value[1 + quantize_bucket(x)]++;
	} else if (!strcmp(name, "lquantize")) {
		value[1 + lquantize_bucket(shape->params, x)]++;
	} else if (!strcmp(name, "llquantize")) {
		value[1 + llquantize_bucket(shape->params, x)]++;
	} else if (!strcmp(name, "tquantize")) {
		value[1 + tquantize_bucket(x)]++;
	}
}

static int64_t number_of(const struct agg_shape *shape, const int64_t *xs, unsigned n, uint64_t normal)
{
	uint64_t cpus[2][8] = {{0}}, merged[8] = {0};
	unsigned i;

	for (i = 0; i < n; i++)
		update(shape, cpus[i % 2], xs[i]);
	shape->agg->merge(shape, merged, cpus[0]);
	shape->agg->merge(shape, merged, cpus[1]);
	return shape->agg->number(shape, merged, normal);
}

#define NUMBER(shape, normal, ...)                                                                                     \
	number_of(&(shape), (const int64_t[]){__VA_ARGS__}, sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t), normal)

static void test_numbers(void **state)
{
	struct agg_shape count = shape_of("count", false, 0, NULL), sum = shape_of("sum", false, 0, NULL);
	struct agg_shape avg = shape_of("avg", false, 0, NULL), min = shape_of("min", false, 0, NULL);
	struct agg_shape max = shape_of("max", false, 0, NULL), stddev = shape_of("stddev", false, 0, NULL);
	struct agg_shape umin = shape_of("min", true, 0, NULL), umax = shape_of("max", true, 0, NULL);
	struct agg_shape uavg = shape_of("avg", true, 0, NULL);

	(void)state;
	assert_int_equal(NUMBER(count, 1, 5, 6, 7), 3);
	assert_int_equal(NUMBER(count, 2, 5, 6, 7), 1);
	assert_int_equal(NUMBER(sum, 1, 2, 1, 2, 5, 4, 3, 6, 4, 2), 29);
	assert_int_equal(NUMBER(sum, 10, -29), -2);
	assert_int_equal(NUMBER(sum, UINT64_C(1) << 63, -29), 0);
	assert_int_equal(NUMBER(avg, 1, -7, 0), -3);
	assert_int_equal(NUMBER(avg, 1, INT64_MAX, -1), (INT64_MAX - 1) / 2);
	assert_int_equal(NUMBER(avg, 1, INT64_MAX, INT64_MAX, INT64_MAX), INT64_MAX);
	assert_int_equal(NUMBER(avg, 1, INT64_MIN, INT64_MIN, INT64_MIN), INT64_MIN);
	assert_int_equal((uint64_t)NUMBER(uavg, 1, -1, -1, -1), UINT64_MAX);
	assert_int_equal(NUMBER(avg, UINT64_C(1) << 63, INT64_MIN, INT64_MIN), -1);
	assert_int_equal(NUMBER(min, 1, 3, -9, 4), -9);
	assert_int_equal(NUMBER(min, 1, INT64_MAX, INT64_MAX), INT64_MAX);
	assert_int_equal(NUMBER(min, 1, INT64_MIN, 0), INT64_MIN);
	assert_int_equal(NUMBER(max, 1, 3, -9, 4), 4);
	assert_int_equal(NUMBER(max, 1, INT64_MIN, INT64_MIN), INT64_MIN);
	assert_int_equal(NUMBER(max, 3, 30), 10);
	assert_int_equal((uint64_t)NUMBER(umin, 1, -1, -2), UINT64_MAX - 1);
	assert_int_equal((uint64_t)NUMBER(umin, 1, -1, 7), 7);
	assert_int_equal((uint64_t)NUMBER(umax, 1, -1, 7), UINT64_MAX);
	assert_int_equal((uint64_t)NUMBER(umax, 2, -1), UINT64_MAX / 2);
	assert_int_equal(NUMBER(stddev, 1, 2, 4, 4, 4, 5, 5, 7, 9), 2);
	assert_int_equal(NUMBER(stddev, 10, 20, 40, 40, 40, 50, 50, 70, 90), 2);
	assert_int_equal(NUMBER(stddev, 1, -4000000000, 4000000000), 4000000000);
	assert_int_equal(NUMBER(stddev, 1, INT64_MAX, -INT64_MAX), INT64_MAX);
	assert_int_equal(NUMBER(stddev, 1, INT64_MAX, INT64_MAX, INT64_MAX), 0);
	assert_int_equal(NUMBER(stddev, 1, 7), 0);
}

static void test_nothing_yet(void **state)
{
	uint64_t zeros[AGG_WORDS_MAX] = {0};
	const struct agg *agg;
	unsigned i;

	(void)state;
	for (i = 0; (agg = agg_at(i)) != NULL; i++) {
		struct agg_shape shape = SHAPE(agg->name, false, 10, 0, 3, 10);
		struct buf out = {0};

		if (!strcmp(agg->name, "lquantize"))
			shape = SHAPE(agg->name, false, 0, 100, 10);
		assert_ptr_equal(agg_find(agg->name), agg);
		assert_true(agg->words(&shape) <= AGG_WORDS_MAX);
		assert_int_equal(agg->number(&shape, zeros, 1), 0);
		assert_int_equal(agg->compare(&shape, zeros, zeros), 0);
		agg->show(&shape, zeros, 1, &out);
		assert_true(out.size > 0);
		buf_free(&out);
	}
	assert_null(agg_find("p99"));
}

static void test_subtract(void **state)
{
	struct agg_shape shape = shape_of("stddev", false, 0, NULL);
	uint64_t before[8] = {0}, after[8], wanted[8] = {0};

	(void)state;
	update(&shape, before, -3000000000);
	update(&shape, before, 5000000000);
	memcpy(after, before, sizeof(after));
	update(&shape, after, 6000000000);
	update(&shape, wanted, 6000000000);
	shape.agg->subtract(&shape, after, before);
	assert_memory_equal(after, wanted, sizeof(after));
}

static void test_quantize_buckets(void **state)
{
	unsigned power;

	(void)state;
	assert_int_equal(quantize_bucket(0), QUANTIZE_ZERO);
	assert_int_equal(quantize_bucket(INT64_MIN), 0);
	assert_int_equal(quantize_bucket(INT64_MAX), QUANTIZE_BUCKETS - 1);
	for (power = 0; power <= 62; power++) {
		int64_t low = INT64_C(1) << power, high = low + (low - 1);

		assert_int_equal(quantize_bucket(low), 64 + power);
		assert_int_equal(quantize_bucket(high), 64 + power);
		assert_int_equal(quantize_bucket(-low), 62 - power);
		assert_int_equal(quantize_bucket(-high), 62 - power);
		assert_int_equal(quantize_value(64 + power), low);
		assert_int_equal(quantize_value(62 - power), -low);
	}
}

static void test_lquantize_buckets(void **state)
{
	const int64_t params[] = {-10, 25, 10}, wide[] = {INT64_MIN, INT64_MAX, INT64_C(1) << 54};

	(void)state;
	assert_int_equal(lquantize_levels(params), 3);
	assert_int_equal(lquantize_bucket(params, INT64_MIN), 0);
	assert_int_equal(lquantize_bucket(params, -11), 0);
	assert_int_equal(lquantize_bucket(params, -10), 1);
	assert_int_equal(lquantize_bucket(params, -1), 1);
	assert_int_equal(lquantize_bucket(params, 0), 2);
	assert_int_equal(lquantize_bucket(params, 19), 3);
	assert_int_equal(lquantize_bucket(params, 20), 4);
	assert_int_equal(lquantize_bucket(params, INT64_MAX), 4);
	assert_int_equal(lquantize_levels(wide), 1023);
	assert_int_equal(lquantize_bucket(wide, INT64_MIN), 1);
	assert_int_equal(lquantize_bucket(wide, 0), 1 + 512);
	assert_int_equal(lquantize_bucket(wide, INT64_MAX), 1024);
}

/*
 * Each value lies in the bucket whose bounds hold it, buckets never go back, and those of negative numbers mirror the
 * others: checked value by value.
 */
static void check_llquantize(const int64_t *params, int64_t up_to)
{
	unsigned middle = llquantize_middle(params), bucket, before = middle;
	int64_t x;

	for (x = 0; x <= up_to; x++, before = bucket) {
		bucket = llquantize_bucket(params, x);
		assert_in_range(bucket, before, before + 1);
		if (bucket != before)
			assert_int_equal(llquantize_size(params, bucket - middle), x);
		assert_int_equal(llquantize_bucket(params, -x), 2 * middle - bucket);
	}
	assert_int_equal(bucket, 2 * middle);
	assert_int_equal(llquantize_bucket(params, INT64_MAX), 2 * middle);
	assert_int_equal(llquantize_bucket(params, INT64_MIN), 0);
}

static void test_llquantize_buckets(void **state)
{
	(void)state;
	check_llquantize((const int64_t[]){10, 0, 4, 20}, 200000);
	check_llquantize((const int64_t[]){10, 2, 4, 100}, 200000);
	check_llquantize((const int64_t[]){10, 0, 3, 10}, 20000);
	check_llquantize((const int64_t[]){10, 3, 5, 5}, 2000000);
	check_llquantize((const int64_t[]){10, 0, 2, 1}, 2000);
	check_llquantize((const int64_t[]){2, 0, 6, 2}, 200);
	check_llquantize((const int64_t[]){3, 0, 1, 9}, 20);
	check_llquantize((const int64_t[]){7, 0, 1, 7}, 100);
	/* Documented: factor - 1 buckets at magnitude 0, steps - steps / factor at the others. */
	assert_int_equal(llquantize_levels((const int64_t[]){10, 0, 0, 20}), 9);
	assert_int_equal(llquantize_levels((const int64_t[]){10, 1, 1, 20}), 18);
}

/* Each bucket begins where the one before it ends, and holds what lies between; what is too small or large has one. */
static void test_tquantize_buckets(void **state)
{
	(void)state;
	assert_int_equal(tquantize_bucket(INT64_MIN), 0);
	assert_int_equal(tquantize_bucket(-1), 0);
	assert_int_equal(tquantize_bucket(1023), 0);
	assert_int_equal(tquantize_bucket(1024), 1);
	for (unsigned i = 1; i < TQUANTIZE_BUCKETS; i++) {
		int64_t low = tquantize_value(i);

		assert_int_equal(tquantize_bucket(low - 1), i - 1);
		assert_int_equal(tquantize_bucket(low), i);
		assert_true(16 * (low - tquantize_value(i - 1)) <= low || i == 1); /* for 5 % */
	}
	assert_int_equal(tquantize_value(TQUANTIZE_BUCKETS - 1), INT64_C(1) << 37);
	assert_int_equal(tquantize_bucket(INT64_MAX), TQUANTIZE_BUCKETS - 1);
}

/* Whatever is in the buckets: a percentile is 5 % off at most. */
static void test_percentiles(void **state)
{
	struct agg_shape shape = shape_of("tquantize", false, 0, NULL);
	static const double fractions[] = {0.01, 0.5, 0.9, 0.99, 0.999};

	(void)state;
	for (int64_t at = 1024; at < INT64_C(1) << 36; at += at / 7 + 1) {
		uint64_t value[1 + TQUANTIZE_BUCKETS] = {0};

		for (unsigned i = 0; i < 3; i++)
			update(&shape, value, at);
		for (unsigned i = 0; i < sizeof(fractions) / sizeof(fractions[0]); i++) {
			double got = histogram_percentile(&shape, value, fractions[i]);

			assert_true(got >= 0.95 * (double)at && got <= 1.05 * (double)at);
		}
	}
}

enum { GOOD = -1 };

/* The first parameter that is refused, as the checker looks at them: it follows the value, which is argument 0. */
static void expect_refusal(struct agg_shape shape, int wanted, unsigned wanted_arg)
{
	enum call_fault fault = CALL_COUNT;
	struct buf why = {0};
	unsigned i = 0;

	while (i < shape.agg->params_len && shape.agg->param_check(&shape, i, &fault, &why))
		i++;
	assert_int_equal(i < shape.agg->params_len, wanted != GOOD);
	if (wanted != GOOD) {
		assert_int_equal(fault, wanted);
		assert_int_equal(i + 1, wanted_arg);
		assert_true(why.size > 20);
	}
	buf_free(&why);
}

static void test_params(void **state)
{
	(void)state;
	expect_refusal(SHAPE("lquantize", false, 0, 100, 1), GOOD, 0);
	expect_refusal(SHAPE("lquantize", false, INT64_MIN, INT64_MAX, INT64_C(1) << 53), GOOD, 0);
	expect_refusal(SHAPE("lquantize", false, 100, 99, 1), CALL_ORDER, 2);
	expect_refusal(SHAPE("lquantize", false, 0, 100, 0), CALL_RANGE, 3);
	expect_refusal(SHAPE("lquantize", false, 0, 100, -1), CALL_RANGE, 3);
	expect_refusal(SHAPE("lquantize", false, 0, 100, 101), CALL_TOO_LARGE, 3);
	expect_refusal(SHAPE("lquantize", false, 0, 1000000, 1), CALL_TOO_SMALL, 3);
	expect_refusal(SHAPE("llquantize", false, 10, 0, 10, 20), GOOD, 0);
	expect_refusal(SHAPE("llquantize", false, 10, 3, 5, 5), GOOD, 0);
	expect_refusal(SHAPE("llquantize", false, 2, 0, 62, 2), GOOD, 0);
	expect_refusal(SHAPE("llquantize", false, 10, 0, 18, 10), GOOD, 0);
	expect_refusal(SHAPE("llquantize", false, 10, 2, 18, 1000), CALL_RANGE, 4); /* too many rows */
	expect_refusal(SHAPE("llquantize", false, 10, 0, 6, 1), GOOD, 0);
	expect_refusal(SHAPE("llquantize", false, 10, 0, 6, 25), CALL_RANGE, 4);
	expect_refusal(SHAPE("llquantize", false, 10, 0, 6, 200), CALL_RANGE, 4);
	expect_refusal(SHAPE("llquantize", false, 10, 2, 6, 100), GOOD, 0);
	expect_refusal(SHAPE("llquantize", false, 1, 0, 10, 20), CALL_RANGE, 1);
	expect_refusal(SHAPE("llquantize", false, 10, -1, 10, 20), CALL_RANGE, 2);
	expect_refusal(SHAPE("llquantize", false, 10, 3, 2, 20), CALL_RANGE, 3);
	expect_refusal(SHAPE("llquantize", false, 10, 0, 19, 10), CALL_RANGE, 3);
	expect_refusal(SHAPE("llquantize", false, 2, 0, INT64_MAX, 2), CALL_RANGE, 3);
	expect_refusal(SHAPE("llquantize", false, 10, 0, 3, 0), CALL_NOT_CONSTANT, 4);
	expect_refusal(SHAPE("llquantize", false, 10, 0, 3, 3), CALL_RANGE, 4);
	expect_refusal(SHAPE("llquantize", false, 10, 0, 10, 10000), CALL_RANGE, 4);
}

static void expect_shown(struct agg_shape shape, const uint64_t *value, uint64_t normal, const char *wanted)
{
	struct buf out = {0};

	shape.agg->show(&shape, value, normal, &out);
	assert_string_equal(out.data, wanted);
	buf_free(&out);
}

static void test_show_numbers(void **state)
{
	(void)state;
	expect_shown(shape_of("count", false, 0, NULL), (uint64_t[]){179}, 1, "              179");
	expect_shown(shape_of("sum", false, 0, NULL), (uint64_t[]){1, (uint64_t)-5}, 1, "               -5");
	expect_shown(shape_of("sum", true, 0, NULL), (uint64_t[]){1, UINT64_MAX}, 1, " 18446744073709551615");
}

static void test_show_quantize(void **state)
{
	struct agg_shape shape = shape_of("quantize", false, 0, NULL);
	uint64_t value[128] = {0};

	(void)state;
	expect_shown(shape, value, 1,
		     HEADING "              -1 |" EMPTY_BAR " 0        \n"
			     "               0 |" EMPTY_BAR " 0        \n"
			     "               1 |" EMPTY_BAR " 0        \n");
	value[1 + quantize_bucket(3)] = 5;
	value[1 + quantize_bucket(16)] = 20;
	expect_shown(shape, value, 1,
		     HEADING "               1 |" EMPTY_BAR " 0        \n"
			     "               2 |@@@@@@@@                                 5        \n"
			     "               4 |" EMPTY_BAR " 0        \n"
			     "               8 |" EMPTY_BAR " 0        \n"
			     "              16 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@         20       \n"
			     "              32 |" EMPTY_BAR " 0        \n");
	value[1 + quantize_bucket(3)] = 0;
	expect_shown(shape, value, 4,
		     HEADING "               8 |" EMPTY_BAR " 0        \n"
			     "              16 |" FULL_BAR " 5        \n"
			     "              32 |" EMPTY_BAR " 0        \n");
	/* Increments below zero. */
	value[1 + quantize_bucket(8)] = (uint64_t)-20;
	expect_shown(shape, value, 1,
		     HEADING "               4                     |                     0        \n"
			     "               8           @@@@@@@@@@|                     -20      \n"
			     "              16                     |@@@@@@@@@@           20       \n"
			     "              32                     |                     0        \n");
	value[1 + quantize_bucket(16)] = 0;
	expect_shown(shape, value, 1,
		     HEADING "               4 " EMPTY_BAR "| 0        \n"
			     "               8 " FULL_BAR "| -20      \n"
			     "              16 " EMPTY_BAR "| 0        \n");
}

static void test_show_lquantize(void **state)
{
	struct agg_shape shape = SHAPE("lquantize", false, 0, 100, 10);
	uint64_t value[13] = {0};

	(void)state;
	value[1] = 1;
	value[2] = 3;
	expect_shown(shape, value, 1,
		     HEADING "             < 0 |@@@@@@@@@@                               1        \n"
			     "               0 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@           3        \n"
			     "              10 |" EMPTY_BAR " 0        \n");
	value[1] = value[2] = 0;
	value[12] = 4;
	expect_shown(shape, value, 1,
		     HEADING "              90 |" EMPTY_BAR " 0        \n"
			     "          >= 100 |" FULL_BAR " 4        \n");
}

static void add(const struct agg_shape *shape, uint64_t *value, int64_t x, int64_t count)
{
	value[1 + llquantize_bucket(shape->params, x)] += (uint64_t)count;
}

static void test_show_llquantize(void **state)
{
	struct agg_shape shape = SHAPE("llquantize", false, 10, 0, 2, 10);
	uint64_t value[64] = {0};

	(void)state;
	expect_shown(shape, value, 1,
		     HEADING "               0 |" EMPTY_BAR " 0        \n"
			     "               1 |" EMPTY_BAR " 0        \n"
			     "               2 |" EMPTY_BAR " 0        \n");
	add(&shape, value, 0, 1);
	add(&shape, value, 1, 1);
	expect_shown(shape, value, 1,
		     HEADING "              -1 |" EMPTY_BAR " 0        \n"
			     "               0 |@@@@@@@@@@@@@@@@@@@@                     1        \n"
			     "               1 |@@@@@@@@@@@@@@@@@@@@                     1        \n"
			     "               2 |" EMPTY_BAR " 0        \n");
	add(&shape, value, 0, -1);
	add(&shape, value, 1, -1);
	add(&shape, value, 950, 1);
	add(&shape, value, 1000, 1);
	expect_shown(shape, value, 1,
		     HEADING "             800 |" EMPTY_BAR " 0        \n"
			     "             900 |@@@@@@@@@@@@@@@@@@@@                     1        \n"
			     "         >= 1000 |@@@@@@@@@@@@@@@@@@@@                     1        \n");
	add(&shape, value, 950, -1);
	add(&shape, value, 1000, -1);
	add(&shape, value, -1000, 1);
	add(&shape, value, -999, -1);
	expect_shown(shape, value, 1,
		     HEADING "        <= -1000                     |@@@@@@@@@@           1        \n"
			     "            -900           @@@@@@@@@@|                     -1       \n"
			     "            -800                     |                     0        \n");
}

static void test_show_llquantize_near_zero(void **state)
{
	struct agg_shape shape = SHAPE("llquantize", false, 10, 3, 5, 5);
	uint64_t value[64] = {0};

	(void)state;
	add(&shape, value, 999, 1);
	expect_shown(shape, value, 1,
		     HEADING "           -1000 |" EMPTY_BAR " 0        \n"
			     "    abs() < 1000 |" FULL_BAR " 1        \n"
			     "            1000 |" EMPTY_BAR " 0        \n");
	add(&shape, value, 999, -1);
	add(&shape, value, 1999, 4);
	expect_shown(shape, value, 4,
		     HEADING "          < 1000 |" EMPTY_BAR " 0        \n"
			     "            1000 |" FULL_BAR " 1        \n"
			     "            2000 |" EMPTY_BAR " 0        \n");
}

struct bucket_test {
	const struct agg_shape *shape;
	int64_t x;
	unsigned found;
};

static void check_bounds(void *data, int64_t low, int64_t high, uint64_t count)
{
	struct bucket_test *test = data;

	assert_int_equal(count, 1);
	assert_true(low <= test->x && test->x <= high);
	test->found++;
}

/* The bounds that reports print hold the value that was counted. */
static void test_bounds(void **state)
{
	static const int64_t xs[] = {INT64_MIN, INT64_MIN + 1, -1025, -1024,	     -1,       0, 1, 2, 3, 99,
				     100,	1000,	       12345, INT64_MAX - 1, INT64_MAX};
	struct agg_shape shapes[] = {shape_of("quantize", false, 0, NULL),
				     SHAPE("lquantize", false, 0, 105, 10),
				     SHAPE("lquantize", false, INT64_MIN, INT64_MAX, INT64_C(1) << 54),
				     SHAPE("llquantize", false, 10, 1, 3, 20),
				     SHAPE("llquantize", false, 2, 0, 61, 2),
				     SHAPE("llquantize", false, 2, 0, 62, 2),
				     SHAPE("llquantize", false, 10, 0, 18, 10)};
	unsigned v, i;

	(void)state;
	for (v = 0; v < sizeof(shapes) / sizeof(*shapes); v++)
		for (i = 0; i < sizeof(xs) / sizeof(*xs); i++) {
			struct bucket_test test = {&shapes[v], xs[i], 0};
			uint64_t value[AGG_WORDS_MAX] = {0};

			update(&shapes[v], value, xs[i]);
			shapes[v].agg->buckets(&shapes[v], value, check_bounds, &test);
			assert_int_equal(test.found, 1);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_nothing_yet),
		cmocka_unit_test(test_subtract),
		cmocka_unit_test(test_quantize_buckets),
		cmocka_unit_test(test_tquantize_buckets),
		cmocka_unit_test(test_percentiles),
		cmocka_unit_test(test_lquantize_buckets),
		cmocka_unit_test(test_llquantize_buckets),
		cmocka_unit_test(test_params),
		cmocka_unit_test(test_show_numbers),
		cmocka_unit_test(test_show_quantize),
		cmocka_unit_test(test_show_lquantize),
		cmocka_unit_test(test_show_llquantize),
		cmocka_unit_test(test_show_llquantize_near_zero),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests_name("agg", tests, NULL, NULL);
}
