/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "lib/diag.h"

static struct source text_source(const char *text)
{
	return (struct source){.name = "x.d", .text = text, .size = strlen(text)};
}

/* One error at offset, size; what diags_print says. */
static void check_print(const char *text, uint32_t offset, uint32_t size, const char *expected)
{
	struct source source = text_source(text);
	struct arena *arena = arena_new();
	struct buf out = {0};
	struct diags diags;

	diags_init(&diags, arena);
	diag_error(&diags, (struct loc){&source, offset, size}, "D_TEST", "no good");
	diags_print(&diags, false, &out);
	assert_string_equal(out.data, expected);
	buf_free(&out);
	arena_free(arena);
}

static void test_print(void **state)
{
	(void)state;
	check_print("a\nbcd = e;\n", 8, 1, "x.d:2:7: error: no good\n    bcd = e;\n          ^\n");
	check_print("a\nbcd = e;\n", 2, 3, "x.d:2:1: error: no good\n    bcd = e;\n    ^~~\n");
	check_print("\tx;", 1, 1, "x.d:1:2: error: no good\n    \tx;\n    \t^\n");
	check_print("abc\r\n", 1, 90, "x.d:1:2: error: no good\n    abc\n     ^~\n"); /* not past the line's end */
	check_print("abc", 3, 0, "x.d:1:4: error: no good\n    abc\n       ^\n");     /* at the end of the text */
	check_print("abc", 99, 5, "x.d:1:4: error: no good\n    abc\n       ^\n");
	check_print("", 0, 0, "x.d:1:1: error: no good\n");
	check_print("a\n", 2, 0, "x.d:2:1: error: no good\n"); /* an empty line is not shown */
	check_print("\xc3\xa4\xc3\xa4 b", 5, 1, "x.d:1:4: error: no good\n    \xc3\xa4\xc3\xa4 b\n       ^\n");
	check_print("\x1b[m\xff b", 5, 1, "x.d:1:6: error: no good\n    \\033[m\\377 b\n               ^\n");
	check_print("\xed\x95\x9c \x1b\xed\x95\x9c", 4, 4,
		    "x.d:1:3: error: no good\n    \xed\x95\x9c \\033\xed\x95\x9c\n       ^~~~~~\n");
	check_print("a\xe2\x80\xae\\n\"", 4, 2, "x.d:1:3: error: no good\n    a\\u202e\\n\"\n           ^~\n");
	check_print("ab\tc", 1, 3, "x.d:1:2: error: no good\n    ab\tc\n     ^~~\n");
}

/* Names in sentences and of files: a line stays a line. */
static void test_names(void **state)
{
	struct arena *arena = arena_new();
	struct source source = {.name = "x\n\x1b.d", .text = "a", .size = 1};
	struct buf out = {0};
	struct diags diags;

	(void)state;
	diags_init(&diags, arena);
	diag_hint(&diags, diag_error(&diags, (struct loc){&source, 0, 1}, "D_TEST", "no `%s`", "b\n\xc2\x9b"),
		  "write `%s`", "\\n\x7f");
	diags_print(&diags, false, &out);
	assert_string_equal(out.data,
			    "x\\n\\033.d:1:1: error: no `b\\n\\u009b`\n    a\n    ^\nhint: write `\\n\\177`\n");
	buf_free(&out);
	arena_free(arena);
}

static void test_long_line(void **state)
{
	struct arena *arena = arena_new();
	char *text = arena_alloc(arena, 5001);
	struct source source;
	struct buf out = {0};
	struct diags diags;
	char *line;

	(void)state;
	memset(text, 'a', 5000);
	text[2500] = 'X';
	source = text_source(text);
	diags_init(&diags, arena);
	diag_error(&diags, (struct loc){&source, 2500, 1}, NULL, "here");
	diags_print(&diags, false, &out);
	line = strchr(out.data, '\n') + 1;
	assert_true(strlen(out.data) < 400);
	assert_memory_equal(line, "    ...aaa", 10);
	/* the caret stands under the X */
	assert_int_equal(strchr(line, 'X') - line, strchr(line, '^') - strchr(line, '\n') - 1);
	buf_free(&out);
	arena_free(arena);
}

static void test_collect(void **state)
{
	struct source source = text_source("tick-1s { foo(); }");
	struct arena *arena = arena_new();
	struct buf out = {0};
	struct diags diags;
	struct diag *diag;
	unsigned i;

	(void)state;
	diags_init(&diags, arena);
	diag = diag_warning(&diags, (struct loc){&source, 10, 3}, NULL, "odd %s", "name");
	diag_hint(&diags, diag, "did you mean `%s`?", "fob");
	diag_error(&diags, (struct loc){0}, "D_UNKNOWN", "nowhere");
	diags_print(&diags, true, &out);
	assert_string_equal(out.data, "x.d:1:11: warning: odd name\n    tick-1s { foo(); }\n              ^~~\n"
				      "hint: did you mean `fob`?\nerror: [D_UNKNOWN] nowhere\n");
	for (i = 0; i < 50; i++)
		diag_warning(&diags, (struct loc){0}, NULL, "more");
	assert_null(diag_warning(&diags, (struct loc){0}, NULL, "more"));
	diag_hint(&diags, NULL, "nothing");
	assert_non_null(diag_error(&diags, (struct loc){0}, NULL, "not lost"));
	assert_int_equal(diags.warnings, 52);
	assert_int_equal(diags.errors, 2);
	buf_clear(&out);
	diags_print(&diags, false, &out);
	assert_non_null(strstr(out.data, "not lost"));
	assert_non_null(strstr(out.data, "(32 more warnings not shown)\n"));
	buf_free(&out);
	arena_free(arena);
}

static void test_locations(void **state)
{
	struct source source = text_source("one\ntwo three\n"), other = text_source("x");
	struct loc span, from = {&source, 4, 3}, to = {&source, 8, 5};
	unsigned line, column;

	(void)state;
	loc_position(to, &line, &column);
	assert_int_equal(line, 2);
	assert_int_equal(column, 5);
	span = loc_span(from, to);
	assert_int_equal(span.offset, 4);
	assert_int_equal(span.size, 9);
	span = loc_span(to, from);
	assert_int_equal(span.offset, 8);
	assert_int_equal(span.size, 5);
	span = loc_span(from, (struct loc){&other, 0, 1});
	assert_int_equal(span.size, 3);
	span = loc_span((struct loc){0}, to);
	assert_int_equal(span.offset, 8);
	loc_position((struct loc){0}, &line, &column);
	assert_int_equal(line, 1);
}

static void test_nearest(void **state)
{
	static const char *const names[] = {"op-start", "op-done", "BEGIN", "quantize", "lquantize", "x"};

	(void)state;
	assert_string_equal(nearest_name("op-strat", names, 6), "op-start");
	assert_string_equal(nearest_name("op_start", names, 6), "op-start");
	assert_string_equal(nearest_name("begin", names, 6), "BEGIN");
	assert_string_equal(nearest_name("quantise", names, 6), "quantize");
	assert_string_equal(nearest_name("lquantise", names, 6), "lquantize");
	assert_null(nearest_name("trunc", names, 6));
	assert_null(nearest_name("y", names, 6));
	assert_null(nearest_name("", names, 6));
	assert_null(nearest_name("op-start", names, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_print),	cmocka_unit_test(test_names),	  cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_collect), cmocka_unit_test(test_locations), cmocka_unit_test(test_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
