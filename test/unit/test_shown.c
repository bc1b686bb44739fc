/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How strings are shown: every byte in every form, characters of each kind, that what is shown tells what the string
 * was, and widths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "lib/csv.h"
#include "lib/shown.h"
#include "lib/utf8.h"

static void check(enum shown_form form, const char *text, size_t size, const char *expected)
{
	struct buf out = {0};

	shown_add(&out, form, text, size);
	assert_string_equal(out.data ? out.data : "", expected);
	buf_free(&out);
}

static void check_text(enum shown_form form, const char *text, const char *expected)
{
	check(form, text, strlen(text), expected);
}

/* --- What each form is --- */

static void names(void **state)
{
	static const struct {
		const char *text, *shown;
	} cases[] = {
		{"", ""},
		{"osd.3", "osd.3"},
		{"a b;c\"d,e<f>&'", "a b;c\"d,e<f>&'"},
		{"a\nb\tc\rd", "a\\nb\\tc\\rd"},
		{"\033[2J\a\x7f", "\\033[2J\\007\\177"},
		/* UTF-8: what can be seen is shown */
		{"\xed\x95\x9c\xea\xb5\xad\xec\x96\xb4 \xc3\xa9 \xf0\x9f\x98\x80",
		 "\xed\x95\x9c\xea\xb5\xad\xec\x96\xb4 \xc3\xa9 \xf0\x9f\x98\x80"},
		{"\xc2\x85\xc2\x9b", "\\u0085\\u009b"}, /* C1 */
		{"a\xe2\x80\xae"
		 "b\xe2\x81\xa9",
		 "a\\u202eb\\u2069"}, /* marks of direction */
		{"\xe2\x80\xa8\xe2\x80\xa9", "\\u2028\\u2029"},
		{"\xe2\x80\x8b\xe2\x80\x8d\xef\xbb\xbf\xc2\xad", "\\u200b\\u200d\\ufeff\\u00ad"},
		{"\xf3\xa0\x81\x81", "\\U000e0041"}, /* a tag */
		{"\xef\xbf\xbe", "\\ufffe"},
		{"e\xcc\x81", "e\xcc\x81"},
		{"\xcc\x81", "\\u0301"}, /* nothing of its own to be drawn onto */
		{"\n\xcc\x81", "\\n\\u0301"},
		{"\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab",
		 "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab"}, /* a syllable in parts */
		/* bytes that are none */
		{"\xff\x80", "\\377\\200"},
		{"\xc3", "\\303"},
		{"\xc3(", "\\303("},
		{"\xe2\x82", "\\342\\202"},
		{"\xe2\x82(\xf0\x9f\x98(", "\\342\\202(\\360\\237\\230("},
		{"\xc0\xaf", "\\300\\257"}, /* longer than needed */
		{"\xe0\x80\xaf", "\\340\\200\\257"},
		{"\xed\xa0\x80", "\\355\\240\\200"}, /* half of a pair */
		{"\xf4\x90\x80\x80", "\\364\\220\\200\\200"},
		/* backslashes: doubled where they would read as ours */
		{"C:\\dir\\x2d\\", "C:\\dir\\x2d\\"},
		{"a\\nb", "a\\\\nb"},
		{"a\\\nb", "a\\\\\\nb"},
		{"\\\\n", "\\\\\\\\n"},
		{"\\\\x", "\\\\x"},
		{"\\033 \\08 \\477 \\101 \\012", "\\\\033 \\08 \\477 \\101 \\012"},
		{"\\u202e \\u20 \\u003c \\u202E \\U000e0041 \\U0000202e",
		 "\\\\u202e \\u20 \\u003c \\u202E \\\\U000e0041 \\U0000202e"},
		{"\\\xff", "\\\\\\377"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_text(SHOWN_NAME, cases[i].text, cases[i].shown);
	check(SHOWN_NAME, "a\0b", 3, "a\\000b");
}

static void other_forms(void **state)
{
	(void)state;
	check_text(SHOWN_LINES, "a\n\tb\r\033\\n\\033", "a\n\tb\\r\\033\\n\\\\033");
	check_text(SHOWN_SENTENCE, "`printf(\"\\n\");\n`", "`printf(\"\\n\");\\n`");
	check_text(SHOWN_SOURCE, "printf(\"\\n\\033\");\n\t\033\xff", "printf(\"\\n\\033\");\n\t\\033\\377");
	check_text(SHOWN_BYTES, "a\n\033\xff\\n", "a\n\033\xff\\n");
	check_text(SHOWN_FOLDED, "a;b c\n", "a\\073b c\\n");
	check_text(SHOWN_FOLDED, "worker 12", "worker\\04012");
	check_text(SHOWN_FOLDED, "worker 1.5 ", "worker 1.5\\040");
	check_text(SHOWN_QUOTED, "a\"b\\c\n\t\033", "a\\\"b\\\\c\\n\t\\\\033");
	check_text(SHOWN_CSV, "=a b\t", "=a b\t");
	check_text(SHOWN_CSV, "a\r", "\"a\r\"");
	check_text(SHOWN_CSV_LINE, "a,\r\n", "\"a,\\r\\n\"");
	check_text(SHOWN_CSV, "a,\"b\"\n", "\"a,\"\"b\"\"\n\"");
	check_text(SHOWN_CSV, "\033,\xff", "\"\\033,\\377\"");
	check_text(SHOWN_JSON, "a\"\\b\n\033\x7f/<", "\"a\\\"\\\\b\\u000a\\u001b\\u007f/<\"");
	check_text(SHOWN_JSON, "\xc2\x9b\xe2\x80\xae\xf3\xa0\x81\x81\xc3\xa9",
		   "\"\\u009b\\u202e\\udb40\\udc41\xc3\xa9\"");
	check_text(SHOWN_JSON, "\xff", "\"\\\\377\"");
	check_text(SHOWN_JSON, "\\377 \\033 \\n", "\"\\\\\\\\377 \\\\033 \\\\n\"");
	check_text(SHOWN_PAGE, "</script>\n&'\"\xff", "\"\\u003c/script\\u003e\\\\n\\u0026\\u0027\\\"\\\\377\"");
	check_text(SHOWN_WORD, "osd.3", "osd.3");
	check_text(SHOWN_WORD, "", "''");
	check_text(SHOWN_WORD, "a;rm 'b'", "'a;rm '\\''b'\\'''");
}

/* --- Every byte --- */

static bool is_safe(const char *text, const char *stays)
{
	for (size_t i = 0; text[i];) {
		uint32_t code;
		size_t n = utf8_decode(text + i, strlen(text + i), &code);

		if (!n || (utf8_columns(code) == UTF8_HIDDEN && !(code < ' ' && strchr(stays, (int)code))))
			return false;
		i += n;
	}
	return true;
}

static const char *stays_in(enum shown_form form)
{
	return form == SHOWN_CSV						     ? "\n\t\r"
	       : form == SHOWN_LINES || form == SHOWN_SOURCE || form == SHOWN_QUOTED ? "\n\t"
										     : "";
}

static void every_byte(void **state)
{
	char all[256];

	(void)state;
	for (unsigned i = 0; i < 256; i++)
		all[i] = (char)i;
	for (int form = 0; form < SHOWN_FORMS; form++)
		for (unsigned i = 0; i <= 256; i++) {
			struct buf out = {0};

			shown_add(&out, form, i < 256 ? &all[i] : all, i < 256 ? 1 : 256);
			if (form == SHOWN_BYTES)
				assert_memory_equal(out.data, i < 256 ? &all[i] : all, i < 256 ? 1 : 256);
			else if (strlen(out.data) != out.size || !is_safe(out.data, stays_in(form)))
				fail_msg("byte %u in form %d: %s", i, form, out.data);
			buf_free(&out);
		}
}

/* --- What is shown tells what it was --- */

static unsigned long number(const char *at, unsigned digits, int base)
{
	char text[9] = "";

	memcpy(text, at, strnlen(at, digits));
	return strspn(text, base == 8 ? "01234567" : "0123456789abcdef") == digits ? strtoul(text, NULL, base)
										   : ' ' + 1;
}

/* Control characters but those with letters, bytes, and the two that folded stacks need. */
static unsigned octal(const char *at)
{
	unsigned long code = number(at, 3, 8);

	return (code < ' ' && !strchr("\n\t\r", (int)code)) || code == 0 || (code >= 0x7f && code <= 0xff) ||
			       code == ';' || code == ' '
		       ? 3
		       : 0;
}

/* Characters that cannot be seen, or stand alone. */
static unsigned hex(const char *at, unsigned digits)
{
	unsigned long code = number(at, digits, 16);

	return code >= (digits == 4 ? 0x80 : 0x10000) && utf8_columns((uint32_t)code) <= 0 ? digits : 0;
}

static void put_code(struct buf *out, uint32_t code)
{
	if (code < 0x80) {
		buf_putc(out, (char)code);
	} else if (code < 0x800) {
		buf_putc(out, (char)(0xc0 | code >> 6));
		buf_putc(out, (char)(0x80 | (code & 0x3f)));
	} else if (code < 0x10000) {
		buf_putc(out, (char)(0xe0 | code >> 12));
		buf_putc(out, (char)(0x80 | (code >> 6 & 0x3f)));
		buf_putc(out, (char)(0x80 | (code & 0x3f)));
	} else {
		buf_putc(out, (char)(0xf0 | code >> 18));
		buf_putc(out, (char)(0x80 | (code >> 12 & 0x3f)));
		buf_putc(out, (char)(0x80 | (code >> 6 & 0x3f)));
		buf_putc(out, (char)(0x80 | (code & 0x3f)));
	}
}

/* Behind a backslash: the bytes of an escape; 0: it is none. `letters`: which of "ntr" are escapes; NULL: only bytes
 * from \200 on. */
static unsigned escape_size(const char *at, const char *letters)
{
	unsigned digits = octal(at);

	if (digits && (letters || at[0] >= '2'))
		return digits;
	if (!letters || !*at)
		return 0;
	if (strchr(letters, *at))
		return 1;
	digits = *at == 'u' ? hex(at + 1, 4) : *at == 'U' ? hex(at + 1, 8) : 0;
	return digits ? digits + 1 : 0;
}

static void put_meant(struct buf *out, const char *at, unsigned size)
{
	char digits[9] = "";

	if (size == 1) {
		buf_putc(out, *at == 'n' ? '\n' : *at == 't' ? '\t' : '\r');
	} else if (size == 3) {
		memcpy(digits, at, 3);
		buf_putc(out, (char)strtoul(digits, NULL, 8));
	} else {
		memcpy(digits, at + 1, size - 1);
		put_code(out, (uint32_t)strtoul(digits, NULL, 16));
	}
}

/* The rule of doc/formats.md. */
static void read_shown(const char *text, size_t size, const char *letters, struct buf *out)
{
	for (size_t i = 0; i < size;) {
		size_t run = strspn(text + i, "\\");
		unsigned escape = run ? escape_size(text + i + run, letters) : 0;

		for (size_t j = 0; j < (escape ? run / 2 : run); j++)
			buf_putc(out, '\\');
		i += run;
		if (escape && run % 2) {
			put_meant(out, text + i, escape);
			i += escape;
		} else if (!run) {
			buf_putc(out, text[i++]);
		}
	}
}

static void unquote_c(struct buf *shown)
{
	size_t n = 0;

	for (size_t i = 0; i < shown->size; i++) {
		bool is_escape = shown->data[i] == '\\';

		i += is_escape;
		shown->data[n++] = is_escape && shown->data[i] == 'n' ? '\n' : shown->data[i];
	}
	shown->data[shown->size = n] = '\0';
}

static void unquote_csv(struct buf *shown)
{
	struct buf text = {0};
	const char *wrong;
	char *field;
	struct csv csv;

	buf_printf(&text, "%s,\n", shown->data);
	csv_open(&csv, text.data, text.size);
	assert_int_equal(csv_row(&csv, &field, 1, &wrong), 2);
	buf_clear(shown);
	buf_puts(shown, field);
	buf_free(&text);
}

static void unquote_json(struct buf *shown)
{
	struct json_object *object = json_tokener_parse(shown->data);

	assert_non_null(object);
	buf_clear(shown);
	buf_add(shown, json_object_get_string(object), (size_t)json_object_get_string_len(object));
	json_object_put(object);
}

static void check_way_back(enum shown_form form, const char *text, size_t size)
{
	static const struct {
		void (*unquote)(struct buf *shown);
		const char *letters;
	} ways[SHOWN_FORMS] = {
		[SHOWN_NAME] = {NULL, "ntr"},	      [SHOWN_LINES] = {NULL, "r"},
		[SHOWN_FOLDED] = {NULL, "ntr"},	      [SHOWN_QUOTED] = {unquote_c, "r"},
		[SHOWN_CSV] = {unquote_csv, ""},      [SHOWN_JSON] = {unquote_json, NULL},
		[SHOWN_PAGE] = {unquote_json, "ntr"}, [SHOWN_CSV_LINE] = {unquote_csv, "ntr"},
	};
	struct buf shown = {0}, kept = {0}, back = {0};

	if (form == SHOWN_NAME || form == SHOWN_FOLDED) { /* our own reader */
		shown_add(&kept, form, text, size);
		buf_puts(&kept, "");
		assert_string_equal(shown_read(kept.data), text);
		buf_clear(&kept);
	}
	if (form == SHOWN_SENTENCE || form == SHOWN_SOURCE || form == SHOWN_BYTES || form == SHOWN_WORD)
		return;
	buf_puts(&shown, "");
	shown_add(&shown, form, text, size);
	buf_puts(&kept, shown.data);
	if (ways[form].unquote)
		ways[form].unquote(&shown);
	read_shown(shown.data ? shown.data : "", shown.size, ways[form].letters, &back);
	if (back.size != size || memcmp(back.data ? back.data : "", text, size))
		fail_msg("form %d: %s came back as %s", form, kept.data, back.data);
	buf_free(&shown);
	buf_free(&kept);
	buf_free(&back);
}

static void ways_back(void **state)
{
	static const char *const parts[] = {"\\",
					    "\\",
					    "\\",
					    "n",
					    "t",
					    "r",
					    "u",
					    "U",
					    "0",
					    "3",
					    "7",
					    "2",
					    "a",
					    "202e",
					    "000e0041",
					    ";",
					    " ",
					    "\n",
					    "\t",
					    "\r",
					    "\033",
					    "\x7f",
					    "\"",
					    ",",
					    "<",
					    "'",
					    "\xff",
					    "\x80",
					    "\xc3",
					    "\xc3\xa9",
					    "\xe2\x80\xae",
					    "\xcc\x81",
					    "\xf0\x9f\x98\x80",
					    "\xf3\xa0\x81\x81",
					    "\xed\x95\x9c",
					    "=",
					    "12"};
	uint64_t random = 1;

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		struct buf text = {0};

		buf_puts(&text, "");
		for (unsigned len = i % 12; len; len--) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			buf_puts(&text, parts[(random >> 33) % (sizeof(parts) / sizeof(parts[0]))]);
		}
		for (int form = 0; form < SHOWN_FORMS; form++)
			check_way_back(form, text.data, text.size);
		buf_free(&text);
	}
}

/* --- Widths --- */

static void check_printf(const char *expected, const char *format, ...)
{
	struct shown out = {0};
	va_list args;

	va_start(args, format);
	shown_vprintf(&out, format, args);
	va_end(args);
	assert_string_equal(out.buf.data ? out.buf.data : "", expected);
	shown_free(&out);
}

static void columns(void **state)
{
	(void)state;
	check_printf("[a         ]", "[%-10s]", "a");
	check_printf("[         a]", "[%10s]", "a");
	check_printf("[\xed\x95\x9c\xea\xb5\xad  ]", "[%-6s]", "\xed\x95\x9c\xea\xb5\xad");
	check_printf("[  e\xcc\x81]", "[%3s]", "e\xcc\x81");
	check_printf("[ \\n]", "[%3s]", "\n");
	check_printf("[\xed\x95\x9c ]", "[%-3.3s]",
		     "\xed\x95\x9c\xea\xb5\xad"); /* the second one would be cut in two */
	check_printf("[a ]", "[%-2.2s]", "a\033");
	check_printf("[abc]", "[%.*s]", 3, "abcdef");
	check_printf("[ab]", "[%.3s]", "ab");
	check_printf("[]", "[%.0s]", "ab");
	check_printf("[ab ]", "[%*s]", -3, "ab");
	check_printf("[]", "[%s]", (const char *)NULL);
}

static void numbers(void **state)
{
	char expected[256];

	(void)state;
#define SAME(...) (snprintf(expected, sizeof(expected), __VA_ARGS__), check_printf(expected, __VA_ARGS__))
	SAME("%d %5u %-5u| %05d %+d %x %#X %o %%", -1, 7u, 7u, 42, 3, 255u, 255u, 8u);
	SAME("%ld %lu %lld %llx %zu %zx %jd", -1L, 2ul, -3LL, 0xffffffffffull, (size_t)5, (size_t)255, (intmax_t)-9);
	SAME("%.1f %6.2f %g %.3e %.15g %*.*f", 1.25, 3.14159, 1e9, 12345.678, 0.1, 8, 2, 2.5);
	SAME("%c%3c", 'a', 'b');
	SAME("%*d|%-*d|%.*d", 5, 1, 5, 2, 3, 4);
	SAME("%hhu %hd", (unsigned char)200, (short)-3);
	SAME("no conversion");
#undef SAME
	check_printf("\\033", "%c", '\033');
}

static void ends(void **state)
{
	static const struct {
		const char *text;
		size_t columns;
		const char *expected;
	} cases[] = {
		{"abcdef", 6, "abcdef"},
		{"abcdef", 5, "~cdef"},
		{"a\nbcd", 6, "a\\nbcd"},
		{"a\nbcd", 5, "~bcd"},
		{"\xed\x95\x9c\xed\x95\x9c"
		 "a",
		 4,
		 "~\xed\x95\x9c"
		 "a"},
		{"\xed\x95\x9c\xed\x95\x9c"
		 "a",
		 3, "~a"},
		{"ab", 0, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf out = {0};

		shown_add_end(&out, cases[i].text, strlen(cases[i].text), cases[i].columns, '~');
		assert_string_equal(out.data ? out.data : "", cases[i].expected);
		assert_true(shown_columns(out.data ? out.data : "", out.size) <= cases[i].columns);
		buf_free(&out);
	}
}

/* As Unicode and the C library have them. */
static void tables(void **state)
{
	static const struct {
		uint32_t code;
		int columns;
	} cases[] = {{0, -1},	   {' ', 1},	{'~', 1},    {0x7f, -1},   {0x9f, -1},	 {0xa0, 1},	{0xad, -1},
		     {0x300, 0},   {0x34f, -1}, {0x1100, 2}, {0x1161, 0},  {0x115f, -1}, {0x200b, -1},	{0x2066, -1},
		     {0x231a, 2},  {0x2500, 1}, {0x3000, 2}, {0x3164, -1}, {0xac00, 2},	 {0xd7a3, 2},	{0xd800, -1},
		     {0xfe0f, -1}, {0xff01, 2}, {0xfffd, 1}, {0x1f600, 2}, {0x20000, 2}, {0xe0100, -1}, {0x10ffff, -1}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (utf8_columns(cases[i].code) != cases[i].columns)
			fail_msg("U+%04X has %d columns", cases[i].code, utf8_columns(cases[i].code));
}

/* --- JSON of json-c --- */

static void json(void **state)
{
	struct json_object *object = json_object_new_object();
	struct shown out = {0};

	(void)state;
	json_object_object_add(object, "a\xff",
			       json_object_new_string("/\"\\\b\f\n\r\t\033\x7f\xc2\x9b\xff\\377\xc3\xa9"));
	json_object_object_add(object, "n", json_object_new_int(3));
	json_object_object_add(object, "z", json_object_new_string_len("a\0b", 3));
	shown_json(&out, object, JSON_C_TO_STRING_PLAIN);
	assert_string_equal(
		out.buf.data,
		"{\"a\\\\377\":\"/"
		"\\\"\\\\\\u0008\\u000c\\u000a\\u000d\\u0009\\u001b\\u007f\\u009b\\\\377\\\\\\\\377\xc3\xa9\","
		"\"n\":3,\"z\":\"a\\u0000b\"}");
	shown_free(&out);
	json_object_put(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),     cmocka_unit_test(other_forms), cmocka_unit_test(every_byte),
		cmocka_unit_test(ways_back), cmocka_unit_test(columns),	    cmocka_unit_test(numbers),
		cmocka_unit_test(ends),	     cmocka_unit_test(tables),	    cmocka_unit_test(json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
