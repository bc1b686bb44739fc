/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What pictures are made of: folded stacks, comma-separated values, cells of heat maps, JSON that may stand in a page.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/csv.h"
#include "report/folded.h"
#include "report/heat.h"
#include "pictures/picture.h"
#include "report/spark.h"

/* --- Folded stacks --- */

static bool read_folded(struct folded *folded, struct arena *arena, const char *text, struct buf *why)
{
	*folded = (struct folded){.arena = arena};
	return folded_read(folded, "f", arena_strdup(arena, text), strlen(text), why);
}

static void check_folded_error(const char *text, const char *expected)
{
	struct arena *arena = arena_new();
	struct folded folded;
	struct buf why = {0};

	assert_false(read_folded(&folded, arena, text, &why));
	assert_string_equal(why.data, expected);
	buf_free(&why);
	arena_free(arena);
}

static void test_folded(void **state)
{
	struct arena *arena = arena_new();
	struct folded folded;
	struct buf why = {0};

	(void)state;
	assert_true(read_folded(&folded, arena, "main;operator new(unsigned long);b 12\n\n;a;;b;\t2.5\r\nthread 7 3",
				&why));
	assert_int_equal(folded.stacks_len, 3);
	assert_int_equal(folded.stacks[0].frames_len, 3);
	assert_string_equal(folded.stacks[0].frames[1], "operator new(unsigned long)");
	assert_true(folded.stacks[0].value == 12);
	assert_int_equal(folded.stacks[1].frames_len, 2);
	assert_true(folded.stacks[1].value == 2.5);
	assert_string_equal(folded.stacks[2].frames[0], "thread 7"); /* not all lines have two numbers */
	assert_false(folded.has_before);
	buf_free(&why);
	arena_free(arena);
}

static void test_folded_two_numbers(void **state)
{
	struct arena *arena = arena_new();
	struct folded folded;
	struct buf why = {0};

	(void)state;
	assert_true(read_folded(&folded, arena, "a;b 10 12\na;c 0 3\n", &why));
	assert_true(folded.has_before);
	assert_string_equal(folded.stacks[0].frames[1], "b");
	assert_true(folded.stacks[0].before == 10 && folded.stacks[0].value == 12);
	arena_free(arena);
}

static void test_folded_errors(void **state)
{
	(void)state;
	check_folded_error("", "f: there is no stack in it");
	check_folded_error("\n \n", "f: there is no stack in it");
	check_folded_error("a 1\nmain;b\n",
			   "f:2: a stack and behind it a number were expected, as in `main;work;read 12`");
	check_folded_error("a x1", "f:1: a stack and behind it a number were expected, as in `main;work;read 12`");
	check_folded_error("a -1", "f:1: a stack and behind it a number were expected, as in `main;work;read 12`");
	check_folded_error("a 1.2.3", "f:1: a stack and behind it a number were expected, as in `main;work;read 12`");
	check_folded_error("12", "f:1: a stack and behind it a number were expected, as in `main;work;read 12`");
	check_folded_error(" 12", "f:1: a number, but no stack before it");
	check_folded_error("; 12", "f:1: a number, but no stack before it");
}

static void test_folded_compare(void **state)
{
	struct arena *arena = arena_new();
	struct folded before, after;
	struct buf why = {0};

	(void)state;
	assert_true(read_folded(&before, arena, "a;b 1\na;gone 5\na;b 2\na;gone 1", &why));
	assert_true(read_folded(&after, arena, "a;b 7\na;new 4\na;b 1", &why));
	folded_compare(&after, &before);
	assert_int_equal(after.stacks_len, 4);
	assert_true(after.stacks[0].value == 7 && after.stacks[0].before == 3);
	assert_true(after.stacks[1].value == 4 && after.stacks[1].before == 0);
	assert_true(after.stacks[2].value == 1 && after.stacks[2].before == 0);
	assert_string_equal(after.stacks[3].frames[1], "gone");
	assert_true(after.stacks[3].value == 0 && after.stacks[3].before == 6);
	arena_free(arena);
}

/* --- Comma-separated values --- */

static void test_csv(void **state)
{
	char text[] = "a,b\r\n\n\"x,\"\"y\"\"\n\",,2\n,\nlast";
	char *fields[3];
	const char *wrong = NULL;
	struct csv csv;

	(void)state;
	csv_open(&csv, text, sizeof(text) - 1);
	assert_int_equal(csv_row(&csv, fields, 3, &wrong), 2);
	assert_string_equal(fields[1], "b");
	assert_int_equal(csv_row(&csv, fields, 3, &wrong), 3);
	assert_int_equal(csv.line, 3);
	assert_string_equal(fields[0], "x,\"y\"\n");
	assert_string_equal(fields[1], "");
	assert_string_equal(fields[2], "2");
	assert_int_equal(csv_row(&csv, fields, 3, &wrong), 2);
	assert_int_equal(csv.line, 5);
	assert_int_equal(csv_row(&csv, fields, 3, &wrong), 1);
	assert_string_equal(fields[0], "last");
	assert_int_equal(csv_row(&csv, fields, 3, &wrong), 0);
	assert_null(wrong);
}

static void check_csv_error(const char *row, const char *part)
{
	char text[40], *fields[1];
	const char *wrong = NULL;
	struct csv csv;

	snprintf(text, sizeof(text), "%s", row);
	csv_open(&csv, text, strlen(text));
	assert_int_equal(csv_row(&csv, fields, 1, &wrong), -1);
	assert_non_null(strstr(wrong, part));
}

static void test_csv_errors(void **state)
{
	(void)state;
	check_csv_error("\"a", "nothing closes");
	check_csv_error("\"a\"\"", "nothing closes");
	check_csv_error("\"", "nothing closes");
	check_csv_error("\"a\"b,c", "behind a closing quote");
}

/* --- Heat maps --- */

static void test_heat(void **state)
{
	static const struct heat_row rows[] = {{1000, 0, 1}, {1999, 150, 2}, {1000, 149, 3}, {5999, 3000, 4}};
	struct arena *arena = arena_new();
	struct heat heat;

	(void)state;
	heat_make(&heat, arena, rows, 4, 8, 60);
	assert_int_equal(heat.step_ns, 1000);
	assert_int_equal(heat.start_ns, 1000);
	assert_int_equal(heat.columns_len, 5);
	assert_int_equal(heat.buckets[0], 0);
	assert_int_equal(heat.buckets[1], 120); /* the last one that is not above 149 */
	assert_int_equal(heat.buckets[2], 150);
	assert_int_equal(heat.buckets[heat.buckets_len - 1], 2700);
	assert_int_equal(heat_column(&heat, 0)[0], 1);
	assert_int_equal(heat_column(&heat, 0)[1], 3);
	assert_int_equal(heat_column(&heat, 0)[2], 2);
	assert_int_equal(heat_column(&heat, 4)[heat.buckets_len - 1], 4);
	arena_free(arena);
}

/* All are counted, in the bucket that holds them, whatever the numbers. */
static void check_heat_extreme(const struct heat_row *rows, unsigned len)
{
	struct arena *arena = arena_new();
	uint64_t sum = 0, wanted = 0;
	struct heat heat;

	heat_make(&heat, arena, rows, len, 20, 20);
	assert_true(heat.columns_len <= 21);
	for (unsigned i = 1; i < heat.buckets_len; i++)
		assert_true(heat.buckets[i] > heat.buckets[i - 1]);
	for (unsigned i = 0; i < len; i++) {
		wanted += rows[i].count;
		assert_true(rows[i].value >= heat.buckets[0]);
	}
	for (size_t i = 0; i < (size_t)heat.columns_len * heat.buckets_len; i++)
		sum += heat.counts[i];
	assert_int_equal(sum, wanted);
	arena_free(arena);
}

static void test_heat_extremes(void **state)
{
	static const struct heat_row all[] = {{0, 0, 1}, {UINT64_MAX, UINT64_MAX, 1}, {5, 1, 1}, {1ull << 60, 10, 2}};

	(void)state;
	check_heat_extreme(all, 4);
	check_heat_extreme(all, 1);
	check_heat_extreme(all + 1, 1);
	check_heat_extreme(all + 2, 1);
}

/* --- Text --- */

static void test_spark_line(void **state)
{
	static const double values[] = {0, 1, 4, 8, NAN, -1, 0.001};
	struct spark_style ascii = {.width = 80}, utf8 = {.utf8 = true, .width = 80};
	struct shown out = {0};

	(void)state;
	spark_line(&out, &utf8, values, 7);
	assert_string_equal(out.buf.data, " ▁▄█  ▁");
	shown_clear(&out);
	spark_line(&out, &ascii, values, 7);
	assert_string_equal(out.buf.data, " :+@  .");
	shown_clear(&out);
	spark_line(&out, &ascii, (const double[]){0, 0}, 2);
	assert_string_equal(out.buf.data, "  ");
	shown_free(&out);
}

/* --- Errors of writing --- */

static void test_full_disk(void **state)
{
	const char *frames[] = {"a", "b"};
	FILE *full = fopen("/dev/full", "w");
	struct picture *picture;

	(void)state;
	if (!full)
		skip();
	picture = picture_flame(full, "t", "samples", PICTURE_FLAME);
	for (unsigned i = 0; i < 1000; i++)
		picture_stack(picture, frames, 2, i);
	assert_int_equal(picture_end(picture), -ENOSPC);
	fclose(full);
}

static void test_page(void **state)
{
	const char *frames[] = {"a", "</script>"};
	char *page = NULL;
	size_t size;
	FILE *out = open_memstream(&page, &size);
	struct picture *picture = picture_flame(out, "t", "ns", PICTURE_ICICLE);

	(void)state;
	picture_stack_diff(picture, frames, 2, 0.5, 3);
	picture_stack(picture, frames, 1, 1e18);
	picture_note(picture, "2 lost");
	assert_int_equal(picture_end(picture), 0);
	fclose(out);
	assert_non_null(strstr(page,
			       "{\"kind\":\"flame\",\"title\":\"t\",\"unit\":\"ns\",\"view\":\"icicle\",\"stacks\":[\n"
			       "{\"frames\":[0,1],\"value\":3,\"before\":0.5},\n"
			       "{\"frames\":[0],\"value\":1e+18}],\"names\":[\n"
			       "\"a\",\n\"\\u003c/script\\u003e\"],\"notes\":[\"2 lost\"]}</script>"));
	free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {

		cmocka_unit_test(test_folded),	      cmocka_unit_test(test_folded_two_numbers),
		cmocka_unit_test(test_folded_errors), cmocka_unit_test(test_folded_compare),
		cmocka_unit_test(test_csv),	      cmocka_unit_test(test_csv_errors),
		cmocka_unit_test(test_heat),	      cmocka_unit_test(test_heat_extremes),
		cmocka_unit_test(test_spark_line),    cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
