/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * D's printf: every flag and conversion against what C's printf gives, D's own ones against the documented output, and
 * a diagnostic for each mistake.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "front/d/check/format.h"
#include "report/report.h"

enum { VALUES_MAX = 4, TEXT_SIZE = 32 };

struct value {
	enum field_kind kind;
	uint32_t size;
	bool is_signed;
	uint64_t number;
	const char *text;
};

#define I(size, value)                                                                                                 \
	{                                                                                                              \
		FIELD_INT, size, true, (uint64_t)(int64_t)(value), NULL                                                \
	}
#define U(size, value)                                                                                                 \
	{                                                                                                              \
		FIELD_INT, size, false, value, NULL                                                                    \
	}
#define S(text)                                                                                                        \
	{                                                                                                              \
		FIELD_STRING, TEXT_SIZE, false, 0, text                                                                \
	}

static const struct {
	const char *format;
	struct value values[VALUES_MAX];
	const char *expected;
} prints[] = {
	{"plain", {}, "plain"},
	{"100%%", {}, "100%"},
	{"%d", {I(4, -5)}, "-5"},
	{"%d", {U(4, 0xfffffffb)}, "4294967291"},
	{"%i", {I(1, -128)}, "-128"},
	{"%d", {I(8, INT64_MIN)}, "-9223372036854775808"},
	{"%d", {U(8, UINT64_MAX)}, "18446744073709551615"},
	{"%u", {I(4, -1)}, "4294967295"},
	{"%u", {I(1, -1)}, "255"},
	{"%x", {I(2, -1)}, "ffff"},
	{"%X %#x %#X %#x", {U(4, 0xabc), U(4, 0xabc), U(4, 0xabc), U(4, 0)}, "ABC 0xabc 0XABC 0"},
	{"%o %#o %#o", {U(4, 8), U(4, 8), U(4, 0)}, "10 010 0"},
	{"%lld %hd %hhu %qd", {I(4, 1), I(8, 2), U(8, 300), I(8, 4)}, "1 2 300 4"},
	{"[%5-d][%#8x][%.3*d]", {I(4, 42), U(4, 0xab), I(4, 6), I(4, 7)}, "[42   ][    0xab][000007]"},
	{"[%5d][%-5d][%05d][%+d]", {I(4, 42), I(4, 42), I(4, -42), I(4, 42)}, "[   42][42   ][-0042][+42]"},
	{"[% d][%.4d][%8.4d][%-8.4d]", {I(4, 42), I(4, 42), I(4, -42), I(4, 42)}, "[ 42][0042][   -0042][0042    ]"},
	{"[%08.4d][%-08d]", {I(4, 42), I(4, 42)}, "[    0042][42      ]"},
	{"[%#010x]", {U(4, 0xab)}, "[0x000000ab]"},
	{"%'d %'d %'d", {I(8, 1234567), I(4, 999), I(4, -1000)}, "1,234,567 999 -1,000"},
	{"[%*d][%-*d]", {I(4, 6), I(4, 42), I(4, 6), I(4, 42)}, "[    42][42    ]"},
	{"[%*d]", {I(4, -6), I(4, 42)}, "[42    ]"},
	{"[%.*s]", {I(4, 3), S("abcdef")}, "[abc]"},
	{"[%s][%8s][%-8s][%.2s]", {S("abc"), S("abc"), S("abc"), S("abc")}, "[abc][     abc][abc     ][ab]"},
	{"[%5.1s]", {S("abc")}, "[    a]"},
	{"%S", {S("a\tb\n\"\\\x01\xff")}, "a\\tb\\n\\\"\\\\\\001\\377"},
	{"%c%c[%3c]", {I(1, 'a'), I(4, 'b'), I(4, 'c')}, "ab[  c]"},
	{"%C%C%C%C", {I(1, 'a'), I(1, '\n'), I(1, 1), I(1, 0)}, "a\\n\\001\\0"},
	{"%wc %ws", {I(4, 'a'), S("x")}, "a x"},
	{"%p %a %A", {U(8, 0x7f00), U(8, 0x10), U(8, 0)}, "7f00 0x10 0x0"},
	{"[%?x]", {U(8, 0x10)}, "[              10]"},
	{"[%0?p]", {U(8, 0x10)}, "[0000000000000010]"},
	{"%Y", {U(8, UINT64_C(641478896) * 1000000000)}, "1990 Apr 30 12:34:56"},
	{"%T", {U(8, UINT64_C(641478896) * 1000000000)}, "Mon, 30 Apr 1990 12:34:56 UTC"},
	{"[%30T]", {U(8, 0)}, "[ Thu, 01 Jan 1970 00:00:00 UTC]"},
	{"%Y", {U(8, 0)}, "1970 Jan  1 00:00:00"},
	{"%d %s\n", {I(4, 1), S("two")}, "1 two\n"},
	/* Fewer values than conversions cannot pass the checker; printing them all the same must be harmless. */
	{"%d %s %*d", {I(4, 1)}, "1  "},
};

struct fixture {
	struct arena *arena;
	struct diags diags;
};

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	setenv("TZ", "UTC", 1);
	fixture->arena = arena_new();
	diags_init(&fixture->diags, fixture->arena);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	arena_free(fixture->arena);
	free(fixture);
	return 0;
}

static unsigned lay_out(const struct value *values, struct field *fields, char *record)
{
	unsigned i;

	for (i = 0; i < VALUES_MAX && values[i].size; i++) {
		fields[i] = (struct field){values[i].kind, values[i].is_signed, i * TEXT_SIZE, values[i].size, 0};
		if (values[i].kind == FIELD_INT)
			memcpy(record + fields[i].offset, &values[i].number, values[i].size);
		else
			memcpy(record + fields[i].offset, values[i].text, strlen(values[i].text));
	}
	return i;
}

static void test_print(void **state)
{
	struct fixture *fixture = *state;
	unsigned i;

	for (i = 0; i < sizeof(prints) / sizeof(*prints); i++) {
		char record[VALUES_MAX * TEXT_SIZE] = {0};
		struct field fields[VALUES_MAX];
		unsigned fields_len = lay_out(prints[i].values, fields, record);
		struct shown out = {0};
		struct format *format = check_format(fixture->arena, prints[i].format, strlen(prints[i].format),
						     (struct loc){0}, &fixture->diags);

		assert_non_null(format);
		format_print(NULL, format, fields, fields_len, record, &out);
		assert_string_equal(out.buf.data, prints[i].expected);
		shown_free(&out);
	}
}

/* As a recording of anybody's may have it: the values of a format are not there, nor its aggregations. */
static void test_nothing_there(void **state)
{
	static const char *const formats[] = {"<%d>", "<%s>", "<%@d>", "<%1@u>", "<%*@u>", "<%@Y>", "<%k>", "<%@d%@d>"};
	struct fixture *fixture = *state;
	struct shown out = {0};

	for (unsigned i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct format *format =
			check_format(fixture->arena, formats[i], strlen(formats[i]), (struct loc){0}, &fixture->diags);

		assert_non_null(format);
		format_print(NULL, format, NULL, 0, NULL, &out);
		assert_string_equal(out.buf.data, "<>");
		shown_clear(&out);
	}
	shown_free(&out);
}

/* Every flag with every width and precision, against the C library. */
static void test_like_c(void **state)
{
	static const char *const flags[] = {"", "-", "+", " ", "0", "#", "-+", "+0", "0 ", "#0", "-#", "-0"};
	static const char *const sizes[] = {"", "1", "7", "20", ".0", ".3", "9.4", "2.12"};
	static const int64_t numbers[] = {1, -1, 42, -4711, INT64_MAX, INT64_MIN};
	static const char letters[] = "duxXo";
	struct fixture *fixture = *state;
	unsigned f, s, n, l;

	for (f = 0; f < sizeof(flags) / sizeof(*flags); f++)
		for (s = 0; s < sizeof(sizes) / sizeof(*sizes); s++)
			for (n = 0; n < sizeof(numbers) / sizeof(*numbers); n++)
				for (l = 0; l < sizeof(letters) - 1; l++) {
					struct field field = {FIELD_INT, letters[l] == 'd', 0, 8, 0};
					char ours[32], theirs[32], expected[128];
					struct shown out = {0};

					if (letters[l] == 'o' && strchr(flags[f], '#'))
						continue; /* C counts the leading 0 among the digits of the precision */
					snprintf(ours, sizeof(ours), "%%%s%s%c", flags[f], sizes[s], letters[l]);
					snprintf(theirs, sizeof(theirs), "%%%s%sll%c", flags[f], sizes[s], letters[l]);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
					snprintf(expected, sizeof(expected), theirs, (long long)numbers[n]);
#pragma GCC diagnostic pop
					format_print(NULL,
						     check_format(fixture->arena, ours, strlen(ours), (struct loc){0},
								  &fixture->diags),
						     &field, 1, &numbers[n], &out);
					assert_string_equal(out.buf.data, expected);
					shown_free(&out);
				}
}

static void expect_tag(struct fixture *fixture, const char *tag)
{
	assert_int_equal(fixture->diags.errors, 1);
	assert_string_equal(fixture->diags.first->tag, tag);
	diags_init(&fixture->diags, fixture->arena);
}

static void test_bad_formats(void **state)
{
	static const char *const bad[][2] = {
		{"", "D_PRINTF_FMT_EMPTY"},
		{"%", "D_SYNTAX"},
		{"%-5", "D_SYNTAX"},
		{"%z", "D_SYNTAX"},
		{"%!", "D_SYNTAX"},
		{"%f", "D_PRINTF_ARG_TYPE"},
		{"%99999d", "D_PRINTF_ARG_FMT"},
		{"% %", "D_SYNTAX"},
		{"%5%", "D_SYNTAX"},
		{"%1$d", "D_SYNTAX"},
		{"%**d", "D_SYNTAX"},
		{"%.*.*d", "D_SYNTAX"},
		{"%1.2.3d", "D_SYNTAX"},
		{"%\x80", "D_SYNTAX"},
		{"%99999999999d", "D_PRINTF_ARG_FMT"},
		{"%.99999d", "D_PRINTF_ARG_FMT"},
	};
	struct fixture *fixture = *state;
	unsigned i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_null(
			check_format(fixture->arena, bad[i][0], strlen(bad[i][0]), (struct loc){0}, &fixture->diags));
		expect_tag(fixture, bad[i][1]);
	}
}

static bool check(struct fixture *fixture, const char *text, const struct type *const *types, unsigned n)
{
	struct format *format = check_format(fixture->arena, text, strlen(text), (struct loc){0}, &fixture->diags);
	struct loc locs[8] = {{0}};

	assert_non_null(format);
	return check_format_args(format, "printf", types, locs, n, (struct loc){0}, &fixture->diags);
}

static void test_arguments(void **state)
{
	struct fixture *fixture = *state;
	const struct type *string = type_string(fixture->arena, 256),
			  *pointer = type_pointer(fixture->arena, &type_int, true);

	assert_true(check(fixture, "%d %s", (const struct type *[]){&type_int, string}, 2));
	assert_true(check(fixture, "%p %p %a", (const struct type *[]){pointer, &type_ulong, pointer}, 3));
	assert_true(check(fixture, "%*d", (const struct type *[]){&type_int, &type_int8}, 2));
	assert_true(check(fixture, "%s %d", (const struct type *[]){&type_error, &type_error}, 2));
	assert_int_equal(fixture->diags.errors, 0);

	assert_false(check(fixture, "%s", (const struct type *[]){&type_int}, 1));
	expect_tag(fixture, "D_PRINTF_ARG_TYPE");
	assert_false(check(fixture, "%d", (const struct type *[]){string}, 1));
	expect_tag(fixture, "D_PRINTF_ARG_TYPE");
	assert_false(check(fixture, "%d", (const struct type *[]){pointer}, 1));
	expect_tag(fixture, "D_PRINTF_ARG_TYPE");
	assert_false(check(fixture, "%Y", (const struct type *[]){&type_int}, 1));
	expect_tag(fixture, "D_PRINTF_ARG_TYPE");
	assert_false(check(fixture, "%T", (const struct type *[]){&type_int}, 1));
	expect_tag(fixture, "D_PRINTF_ARG_TYPE");
	assert_false(check(fixture, "%hd", (const struct type *[]){&type_int}, 1));
	expect_tag(fixture, "D_PRINTF_ARG_TYPE");
	assert_false(check(fixture, "%lx", (const struct type *[]){&type_int}, 1));
	expect_tag(fixture, "D_PRINTF_ARG_TYPE");
	assert_false(check(fixture, "%c", (const struct type *[]){&type_ulong}, 1));
	expect_tag(fixture, "D_PRINTF_ARG_TYPE");
	assert_false(
		check(fixture, "%s %s", (const struct type *[]){&type_int, &type_int}, 2)); /* one mistake at a time */
	expect_tag(fixture, "D_PRINTF_ARG_TYPE");
	assert_false(check(fixture, "%*d", (const struct type *[]){string, &type_int}, 2));
	expect_tag(fixture, "D_PRINTF_DYN_TYPE");
	assert_false(check(fixture, "%d %d", (const struct type *[]){&type_int}, 1));
	expect_tag(fixture, "D_PRINTF_ARG_PROTO");
	assert_false(check(fixture, "%*d", NULL, 0));
	expect_tag(fixture, "D_PRINTF_DYN_PROTO");
	assert_false(check(fixture, "%d", (const struct type *[]){&type_int, &type_int}, 2));
	expect_tag(fixture, "D_PRINTF_ARG_EXTRA");
	assert_false(check(fixture, "%@d", (const struct type *[]){&type_int}, 1));
	expect_tag(fixture, "D_PRINTF_AGG_CONV");
	assert_false(check(fixture, "%d", (const struct type *[]){&type_agg}, 1));
	expect_tag(fixture, "D_PRINTF_AGG_CONV");
}

static bool check_keys(struct fixture *fixture, const char *text, unsigned keys_len, unsigned aggs_len)
{
	const struct type *keys[] = {&type_int, &type_int};
	struct format *format = check_format(fixture->arena, text, strlen(text), (struct loc){0}, &fixture->diags);

	return check_format_keys(format, "printa", keys, keys_len, aggs_len, (struct loc){0}, &fixture->diags);
}

static void test_keys(void **state)
{
	struct fixture *fixture = *state;

	assert_true(check_keys(fixture, "%d %@d\n", 1, 1));
	assert_true(check_keys(fixture, "%@d %@x\n", 2, 1)); /* one aggregation twice, keys left out */
	assert_true(check_keys(fixture, "%@d %d %@d", 1, 2));
	assert_int_equal(fixture->diags.errors, 0);
	assert_false(check_keys(fixture, "%d %d %@d", 1, 1));
	expect_tag(fixture, "D_PRINTF_ARG_PROTO");
	assert_true(check_keys(fixture, "%@d %@d %@d", 1, 2)); /* the last one again */
	assert_true(check_keys(fixture, "%@d %@i %@u %@o %@x %@X %@p %10@d %@-8.3lld", 1, 1));
	assert_false(check_keys(fixture, "%@s", 1, 1));
	expect_tag(fixture, "D_PRINTF_ARG_TYPE");
	assert_false(check_keys(fixture, "%@c", 1, 1));
	expect_tag(fixture, "D_PRINTF_ARG_TYPE");
	assert_false(check_keys(fixture, "%s", 1, 1));
	expect_tag(fixture, "D_PRINTF_ARG_TYPE");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_print, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nothing_there, setup, teardown),
		cmocka_unit_test_setup_teardown(test_like_c, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bad_formats, setup, teardown),
		cmocka_unit_test_setup_teardown(test_arguments, setup, teardown),
		cmocka_unit_test_setup_teardown(test_keys, setup, teardown),
	};

	return cmocka_run_group_tests_name("format", tests, NULL, NULL);
}
