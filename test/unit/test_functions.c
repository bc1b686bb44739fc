/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A function's names: as in the file, as people write them, overloads, clones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/arena.h"
#include "probe/functions.h"

#define DO_OP "_ZN12PrimaryLogPG5do_opEi"

static void matches(void **state)
{
	(void)state;
	assert_true(function_matches(DO_OP, DO_OP));
	assert_true(function_matches("PrimaryLogPG::do_op", DO_OP));
	assert_true(function_matches("PrimaryLogPG::do_op(int)", DO_OP));
	assert_true(function_matches("PrimaryLogPG::do_*", DO_OP));
	assert_true(function_matches("*do_op*", DO_OP));
	assert_true(function_matches("malloc", "malloc"));
	assert_true(function_matches("foo", "foo.isra.0"));
	assert_true(function_matches("foo.isra.0", "foo.isra.0"));

	assert_false(function_matches("PrimaryLogPG::do_o", DO_OP));
	assert_false(function_matches("PrimaryLogPG::do_op(long)", DO_OP));
	assert_false(function_matches("foo.isra.1", "foo.isra.0"));
	assert_false(function_matches("foo.isra.0", "foo"));
}

static void names(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	assert_string_equal(function_name(arena, DO_OP, false), "PrimaryLogPG::do_op");
	assert_string_equal(function_name(arena, DO_OP, true), "PrimaryLogPG::do_op(int)");
	assert_string_equal(function_name(arena, "malloc", true), "malloc");
	assert_string_equal(function_name(arena, "foo.isra.0", false), "foo.isra.0");
	assert_string_equal(function_name(arena, "_ZNot_a_name", true), "_ZNot_a_name"); /* looks mangled, is not */
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(matches), cmocka_unit_test(names)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
