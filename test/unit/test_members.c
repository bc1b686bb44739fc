/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Structures that know their members: an object of every kind of member is packed and read back, and is the same;
 * changed in any member it is not; bytes that are cut, or changed anywhere, are refused or read, and never more than
 * that.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/members.h"

enum color { RED, GREEN, BLUE, COLORS };
static const char *const color_words[] = {"red", "green", "blue"};

struct animal {
	const char *name;
};

static const struct animal animals[] = {{"cat"}, {"dog"}};

static const void *animal_find(const char *name)
{
	for (size_t i = 0; i < sizeof(animals) / sizeof(*animals); i++)
		if (!strcmp(animals[i].name, name))
			return &animals[i];
	return NULL;
}

static const char *animal_name(const void *animal)
{
	return ((const struct animal *)animal)->name;
}

static const struct member_names animal_names = {"animal", animal_find, animal_name};

#define INNER(MEMBER, S)                                                                                               \
	MEMBER(S, FLAG, flag)                                                                                          \
	MEMBER(S, NAME, name)                                                                                          \
	MEMBER(S, U64, wide)
MEMBERS_STRUCT(inner, INNER);
MEMBERS_TABLE(inner, INNER);

#define OUTER(MEMBER, S)                                                                                               \
	MEMBER(S, SOURCES, sources)                                                                                    \
	MEMBER(S, FLAG, flag)                                                                                          \
	MEMBER(S, INT, number)                                                                                         \
	MEMBER(S, U32, u32)                                                                                            \
	MEMBER(S, U64, u64)                                                                                            \
	MEMBER(S, I64S, fixed, 3)                                                                                      \
	MEMBER(S, ENUM, color, color, COLORS)                                                                          \
	MEMBER(S, TEXT, text)                                                                                          \
	MEMBER(S, TEXT_OR_NULL, maybe)                                                                                 \
	MEMBER(S, NAME, name)                                                                                          \
	MEMBER(S, TEXTS, texts)                                                                                        \
	MEMBER(S, NUMBERS, numbers)                                                                                    \
	MEMBER(S, PART, part, inner)                                                                                   \
	MEMBER(S, LIST, list, inner)                                                                                   \
	MEMBER(S, LIST_OF, others, inner, count)                                                                       \
	MEMBER(S, KNOWN, animal, animal)                                                                               \
	MEMBER(S, PLACE, place)                                                                                        \
	MEMBER(S, PLACES, places)
MEMBERS_STRUCT(outer, OUTER);
MEMBERS_TABLE(outer, OUTER);

static const struct source text = {"x.d", "one\ntwo\nthree", 13}, other_text = {"y.d", "four", 4};

static struct outer object(void)
{
	static const struct source *sources[] = {&text, &other_text};
	static const char *texts[] = {"a", "", "c\"\n"};
	static uint32_t numbers[] = {7, 0, 0xffffffff};
	static struct inner list[] = {{true, "same", 1}, {false, NULL, UINT64_MAX}, {false, "same", 0}};
	static struct loc places[] = {{&other_text, 1, 2}, {NULL, 0, 0}};

	return (struct outer){
		.sources = sources,
		.sources_len = 2,
		.flag = true,
		.number = -5,
		.u32 = 6,
		.u64 = UINT64_MAX - 1,
		.fixed = {INT64_MIN, 0, INT64_MAX},
		.color = BLUE,
		.text = "text",
		.maybe = NULL,
		.name = "same",
		.texts = texts,
		.texts_len = 3,
		.numbers = numbers,
		.numbers_len = 3,
		.part = {true, "new", 2},
		.list = list,
		.list_len = 3,
		.others = list,
		.count = 1,
		.animal = &animals[1],
		.place = {&text, 4, 3},
		.places = places,
		.places_len = 2,
	};
}

static struct buf packed_twice(const struct outer *outer)
{
	struct buf bytes = {0};
	struct members_out out = {.buf = &bytes};

	members_pack(&out, &outer_members, outer);
	members_pack(&out, &outer_members, outer);
	members_out_free(&out);
	return bytes;
}

/* Reads two objects; false: refused. The bytes are a copy of their own, so that a sanitizer sees who reads on. */
static bool read_twice(const void *bytes, size_t size, struct arena *arena, struct outer objects[2], struct buf *why)
{
	unsigned char *copy = malloc(size + !size);
	struct unpack body = {.data = copy, .size = size};
	struct members_in in = {.body = &body, .arena = arena};
	bool good;

	if (size)
		memcpy(copy, bytes, size);
	good = members_unpack(&in, &outer_members, &objects[0]) && members_unpack(&in, &outer_members, &objects[1]);
	if (!good)
		assert_true(in.why.size || body.is_bad);
	assert_true(body.at <= size);
	if (in.why.size)
		buf_puts(why, in.why.data);
	members_in_free(&in);
	free(copy);
	return good;
}

static void test_round(void **state)
{
	struct outer outer = object(), again[2];
	struct buf bytes = packed_twice(&outer), why = {0}, before = {0}, after = {0};
	struct arena *arena = arena_new();

	(void)state;
	assert_true(read_twice(bytes.data, bytes.size, arena, again, &why));
	for (unsigned i = 0; i < 2; i++)
		assert_null(members_difference(&outer_members, &outer, &again[i]));
	assert_null(again[0].maybe);
	assert_null(again[1].list[1].name);
	assert_string_equal(again[1].list[2].name, "same");
	assert_ptr_equal(again[1].place.source, again[1].sources[0]);
	members_print(&outer_members, &outer, &before);
	members_print(&outer_members, &again[1], &after);
	assert_string_equal(before.data, after.data);
	assert_non_null(strstr(before.data, "color: blue\n"));
	assert_non_null(strstr(before.data, "place: x.d:2:1, 3 bytes"));
	assert_non_null(strstr(before.data, "  inner 1\n    flag: no\n    name: none\n"));
	arena_free(arena);
	buf_free(&bytes);
	buf_free(&before);
	buf_free(&after);
}

/* Whatever member is added to OUTER: this must see it. */
static void test_difference(void **state)
{
	(void)state;
	for (unsigned i = 0; i < outer_members.len; i++) {
		const struct member *member = &outer_members.list[i];
		struct outer outer = object(), changed = object();
		const char *found;

		if (member->kind == MEMBER_PART)
			changed.part.wide++;
		else if (member->len_offset)
			memset((char *)&changed + member->len_offset, 0, sizeof(uint32_t));
		else if (member->kind == MEMBER_TEXT || member->kind == MEMBER_TEXT_OR_NULL ||
			 member->kind == MEMBER_NAME)
			*(const char **)((char *)&changed + member->offset) = "changed";
		else if (member->kind == MEMBER_KNOWN)
			changed.animal = &animals[0];
		else if (member->kind == MEMBER_PLACE)
			changed.place.offset++;
		else
			((char *)&changed)[member->offset] ^= 1;
		found = members_difference(&outer_members, &outer, &changed);
		assert_non_null(found);
		assert_string_equal(found, member->kind == MEMBER_PART ? "wide" : member->name);
	}
}

static void test_elements_differ(void **state)
{
	struct outer outer = object(), changed = object();
	struct inner list[3];
	uint32_t numbers[3];
	const char *texts[3];

	(void)state;
	memcpy(list, outer.list, sizeof(list));
	memcpy(numbers, outer.numbers, sizeof(numbers));
	memcpy(texts, outer.texts, sizeof(texts));
	list[2].name = "else";
	changed.list = list;
	assert_string_equal(members_difference(&outer_members, &outer, &changed), "name");
	changed.list = outer.list;
	numbers[1]++;
	changed.numbers = numbers;
	assert_string_equal(members_difference(&outer_members, &outer, &changed), "numbers");
	changed.numbers = outer.numbers;
	texts[1] = "b";
	changed.texts = texts;
	assert_string_equal(members_difference(&outer_members, &outer, &changed), "texts");
}

static void test_hostile(void **state)
{
	struct outer outer = object(), again[2];
	struct buf bytes = packed_twice(&outer), why = {0};
	unsigned refused = 0;

	(void)state;
	for (size_t cut = 0; cut < bytes.size; cut++) {
		struct arena *arena = arena_new();

		assert_false(read_twice(bytes.data, cut, arena, again, &why));
		arena_free(arena);
	}
	for (size_t at = 0; at < bytes.size; at++)
		for (unsigned bit = 0; bit < 8; bit++) {
			struct arena *arena = arena_new();
			char old = bytes.data[at];

			bytes.data[at] ^= (char)(1 << bit);
			/* What is read although it was changed can be printed. */
			if (read_twice(bytes.data, bytes.size, arena, again, &why))
				members_print(&outer_members, &again[1], &why);
			else
				refused++;
			bytes.data[at] = old;
			arena_free(arena);
		}
	assert_true(refused > 100);
	buf_free(&bytes);
	buf_free(&why);
}

static void expect_refused(const struct outer *outer, const char *wanted)
{
	struct buf bytes = packed_twice(outer), why = {0};
	struct arena *arena = arena_new();
	struct outer again[2];

	assert_false(read_twice(bytes.data, bytes.size, arena, again, &why));
	assert_string_equal(why.data, wanted);
	arena_free(arena);
	buf_free(&bytes);
	buf_free(&why);
}

static void test_says_what(void **state)
{
	static const struct animal unicorn = {"unicorn"};
	struct outer outer = object();

	(void)state;
	outer.color = COLORS;
	expect_refused(&outer, "outer.color has a value that it cannot have");
	outer = object();
	outer.animal = &unicorn;
	expect_refused(&outer, "there is no animal `unicorn` in this cephtap");
	outer = object();
	outer.place.offset = 14;
	expect_refused(&outer, "outer.place has a value that it cannot have");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round),		cmocka_unit_test(test_difference),
		cmocka_unit_test(test_elements_differ), cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_says_what),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
