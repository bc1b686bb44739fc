/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Arguments of a marker whose places differ: the type that they have together, and what each place is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "probe/shape.h"

static struct arena *arena;

static int setup(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static struct arg number(unsigned size, bool is_signed)
{
	return (struct arg){.type = ARGTYPE_INT, .size = (uint8_t)size, .is_signed = is_signed, .loc = {.n = 1}};
}

static struct arg other(enum argtype type)
{
	return (struct arg){.type = (uint8_t)type, .size = 8, .loc = {.n = 1}};
}

/* The least and the largest value of a type, as far as 64 signed bits go. */
static int64_t least(const struct arg *arg)
{
	return arg->is_signed ? INT64_MIN >> (64 - 8 * arg->size) : 0;
}

static int64_t most(const struct arg *arg)
{
	if (arg->size == 8)
		return INT64_MAX;
	return (INT64_C(1) << (8 * arg->size - arg->is_signed)) - 1;
}

static void every_pair_is_held(void **state)
{
	static const unsigned sizes[] = {1, 2, 4, 8};

	(void)state;
	for (unsigned i = 0; i < 64; i++) {
		struct arg a = number(sizes[i & 3], i & 4), b = number(sizes[i >> 3 & 3], i & 32);
		struct shape shape = {0}, reverse = {0};
		const struct arg *both;

		shape_add(arena, &shape, &a, 1);
		shape_add(arena, &shape, &b, 1);
		shape_add(arena, &reverse, &b, 1);
		shape_add(arena, &reverse, &a, 1);
		assert_int_equal(shape.args_len, 1);
		both = &shape.args[0];
		assert_int_equal(both->size, reverse.args[0].size); /* whichever comes first */
		assert_int_equal(both->is_signed, reverse.args[0].is_signed);
		assert_int_equal(both->type, ARGTYPE_INT);
		assert_true(least(both) <= least(&a) && least(both) <= least(&b));
		assert_true(most(both) >= most(&a) && most(both) >= most(&b));
		if (a.is_signed == b.is_signed)
			assert_int_equal(both->size, a.size > b.size ? a.size : b.size); /* and no larger */
	}
}

static struct site fitted(const struct shape *shape, const struct arg *args, unsigned len)
{
	struct site site = {.args = arena_memdup(arena, args, (len + 1) * sizeof(*args))};

	shape_fit(arena, shape, &site, len);
	return site;
}

static void places_are_told(void **state)
{
	struct arg wide[] = {number(8, true), number(4, false), other(ARGTYPE_CSTRING), {0}};
	struct arg small[] = {number(1, false), number(4, true), number(8, false), {0}};
	struct shape shape = {0};
	struct site site;

	(void)state;
	shape_add(arena, &shape, wide, 3);
	site = fitted(&shape, wide, 3);
	for (unsigned i = 0; i < 3; i++) {
		assert_null(site.args[i].why);
		assert_int_equal(site.args[i].loc.n, 1);
	}
	site = fitted(&shape, small, 3);
	assert_null(site.args[0].why); /* a small number in a large one */
	assert_int_equal(site.args[0].size, 8);
	assert_string_equal(site.args[1].why,
			    "it is a signed number of 4 bytes there, elsewhere an unsigned number of 4 bytes");
	assert_string_equal(site.args[2].why, "it is an unsigned number of 8 bytes there, elsewhere text");
	assert_int_equal(site.args[2].loc.n, 0);
	site = fitted(&shape, small, 1);
	assert_null(site.args[0].why);
	assert_string_equal(site.args[1].why, "it has only 1 argument there");
	site = fitted(&shape, small, 0);
	assert_string_equal(site.args[0].why, "it has no arguments there");
}

/* What is a number here and text there is nothing but a number, for all of them. */
static void kinds_are_raw(void **state)
{
	struct arg kinds[] = {other(ARGTYPE_CSTRING), other(ARGTYPE_PTR), number(2, false)};
	struct shape shape = {0};

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		shape_add(arena, &shape, &kinds[i], 1);
	assert_int_equal(shape.args[0].type, ARGTYPE_INT);
	assert_int_equal(shape.args[0].size, 8);
	for (unsigned i = 0; i < 3; i++)
		assert_null(fitted(&shape, (struct arg[]){kinds[i], {0}}, 1).args[0].why);
}

/* The most arguments that any place has; names from whoever knows them; one that cannot be read decides nothing. */
static void places_complete_each_other(void **state)
{
	struct arg first = number(2, false), named = number(2, false), broken = other(ARGTYPE_CSTRING);
	struct shape shape = {0};

	(void)state;
	broken.why = "a register that nobody sees";
	named.name = "size";
	shape_add(arena, &shape, &broken, 1);
	shape_add(arena, &shape, &first, 1);
	shape_add(arena, &shape, (struct arg[]){named, number(4, true)}, 2);
	assert_int_equal(shape.args_len, 2);
	assert_null(shape.args[0].why);
	assert_int_equal(shape.args[0].type, ARGTYPE_INT);
	assert_int_equal(shape.args[0].size, 2);
	assert_string_equal(shape.args[0].name, "size");
	assert_string_equal(fitted(&shape, (struct arg[]){broken, {0}}, 1).args[0].why, broken.why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_pair_is_held, setup, teardown),
		cmocka_unit_test_setup_teardown(places_are_told, setup, teardown),
		cmocka_unit_test_setup_teardown(kinds_are_raw, setup, teardown),
		cmocka_unit_test_setup_teardown(places_complete_each_other, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
