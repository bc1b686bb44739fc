/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What probes cost a process: shares, limits, and which probes go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "run/cost.h"

enum { MS = 1000000, SECOND = 1000 * MS, UNITS = 5 };

static void test_share(void **state)
{
	(void)state;
	assert_int_equal(cost_permille((struct cost){0, 0}), 0);
	assert_int_equal(cost_permille((struct cost){SECOND, 0}), 0);
	assert_int_equal(cost_permille((struct cost){SECOND, 123 * MS}), 123);
	assert_int_equal(cost_permille((struct cost){SECOND, 400000}), 0);
	assert_int_equal(cost_permille((struct cost){SECOND, 600000}), 1);
	/* what is reckoned may be more than there was */
	assert_int_equal(cost_permille((struct cost){SECOND, 3ull * SECOND}), 1000);
	assert_int_equal(cost_permille((struct cost){0, 1}), 1000);
	/* weeks of a hundred processors */
	assert_int_equal(cost_permille((struct cost){100ull * 86400 * 30 * SECOND, 25ull * 86400 * 30 * SECOND}), 250);
}

static void test_limit(void **state)
{
	(void)state;
	assert_false(cost_is_over((struct cost){SECOND, 100 * MS}, SECOND, 10));
	assert_true(cost_is_over((struct cost){SECOND, 100 * MS + 1}, SECOND, 10));
	assert_true(cost_is_over((struct cost){SECOND, 2ull * SECOND}, SECOND, 90));
	/* hardly runs: 50 ms of a second */
	assert_false(cost_is_over((struct cost){50 * MS, 40 * MS}, SECOND, 10));
	assert_true(cost_is_over((struct cost){51 * MS, 40 * MS}, SECOND, 10));
	/* a round that came late */
	assert_false(cost_is_over((struct cost){90 * MS, 40 * MS}, 2ull * SECOND, 10));
	assert_true(cost_is_idle((struct cost){0, 0}, SECOND));
}

static uint64_t choose(uint64_t cpu_ms, const uint64_t *unit_ms, uint64_t may, unsigned percent)
{
	struct cost cost = {cpu_ms * MS, 0};
	uint64_t unit_ns[UNITS];

	for (unsigned i = 0; i < UNITS; i++) {
		unit_ns[i] = unit_ms[i] * MS;
		cost.used_ns += unit_ns[i];
	}
	return cost_choose(cost, unit_ns, UNITS, may, percent);
}

static void test_choice(void **state)
{
	const uint64_t one[UNITS] = {0, 300, 10, 0, 0}, many[UNITS] = {100, 90, 80, 70, 60},
		       even[UNITS] = {50, 50, 0, 0, 0};

	(void)state;
	assert_int_equal(choose(1000, one, ~0ull, 10), 1 << 1);
	assert_int_equal(choose(1000, one, ~0ull, 40), 0);
	/* 400 of 1000: without 100 it is 300 of 900, then 210 of 810, 130 of 730, 60 of 660 */
	assert_int_equal(choose(1000, many, ~0ull, 33), 1 << 0 | 1 << 1);
	assert_int_equal(choose(1000, many, ~0ull, 34), 1 << 0);
	assert_int_equal(choose(1000, many, ~0ull, 18), 7);
	assert_int_equal(choose(1000, many, ~0ull, 17), 15);
	assert_int_equal(choose(1000, many, ~0ull, 9), 31);
	/* what may not go, does not; all of the rest, when that is not enough */
	assert_int_equal(choose(1000, one, ~(1ull << 1), 10), 1 << 2);
	assert_int_equal(choose(1000, one, 0, 10), 0);
	/* one of two that are alike: the first */
	assert_int_equal(choose(1000, even, ~0ull, 6), 1 << 0);
	/* what costs nothing stays, though that helps nobody */
	assert_int_equal(choose(100, even, ~0ull, 1), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_share),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_choice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
