/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A function's names: as in the file, as people write them, overloads, clones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/arena.h"
#include "lib/buf.h"
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

/* The number of what can be named again: S_, S0_, ..., SZ_, S10_. */
static void add_back(struct buf *symbol, unsigned number)
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	if (number > 36)
		buf_printf(symbol, "S%c%c_", digits[(number - 1) / 36], digits[(number - 1) % 36]);
	else if (number)
		buf_printf(symbol, "S%c_", digits[number - 1]);
	else
		buf_puts(symbol, "S_");
}

/* f<A, p<A, A>, p<p<A, A>, p<A, A> >, ...>: twice as long with each. */
static void doubled_text(struct buf *symbol, unsigned times)
{
	buf_puts(symbol, "_Z1fI1A1pIS0_S0_E");
	for (unsigned i = 1; i < times; i++) {
		buf_puts(symbol, "S1_I");
		add_back(symbol, i + 2);
		add_back(symbol, i + 2);
		buf_putc(symbol, 'E');
	}
	buf_puts(symbol, "EvT_");
}

/* The same inside out, and to be searched for a pack before a character of it is printed. */
static void doubled_search(struct buf *symbol, unsigned times)
{
	buf_puts(symbol, "_Z1fIDp1pI");
	for (unsigned i = 1; i < times; i++)
		buf_puts(symbol, "S0_I");
	buf_puts(symbol, "1A");
	for (unsigned i = 0; i < times; i++) {
		add_back(symbol, i + 2);
		buf_putc(symbol, 'E');
	}
	buf_puts(symbol, "EvT_");
}

/* Names of a few hundred bytes that stand for terabytes of text stay as they are. */
static void doubled(void **state)
{
	void (*const forms[])(struct buf *, unsigned) = {doubled_text, doubled_search};
	const char *const starts[] = {"f<A, p<A, A>, p<p<A, A>, p<A, A> > >", "f<(p<p<A, A>, p<A, A> >)...>"};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct arena *arena = arena_new();
		struct buf symbol = {0};

		forms[i](&symbol, 2);
		assert_string_equal(function_name(arena, symbol.data, false), starts[i]);
		for (unsigned times = 10; times <= 50; times += 10) {
			buf_clear(&symbol);
			forms[i](&symbol, times);
			assert_true(strlen(function_name(arena, symbol.data, false)) <= 16 * 1024);
			assert_true(strlen(function_name(arena, symbol.data, true)) <= 16 * 1024);
			assert_false(function_matches("g", symbol.data));
		}
		assert_string_equal(function_name(arena, symbol.data, true), symbol.data);
		buf_free(&symbol);
		arena_free(arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(matches), cmocka_unit_test(names), cmocka_unit_test(doubled)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
