/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Layout cards: what is read is what was written; what is damaged, cut short or for another build is refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ceph/card.h"
#include "ceph/learn.h"
#include "lib/embed.h"

#define HEAD "cephtap-card 1\nbinary b\nrelease 16.2.15\nbuild-id 0123abcd\n"

static struct arena *arena;
static struct diags diags;

static int setup(void **state)
{
	(void)state;
	arena = arena_new();
	diags_init(&diags, arena);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static int parse(const char *text, struct card *card)
{
	struct source *source = arena_new_one(arena, struct source);

	*source = (struct source){"test.card", text, strlen(text)};
	diags_init(&diags, arena);
	return card_parse(arena, source, card, &diags);
}

static void reads_what_it_wrote(void **state)
{
	static const char text[] = HEAD "constant 7 l_first\nfunction 0x1230 _Zf\ntype 360 a::B<int, long>\n"
					"  member 240 8 signed reqid.num\n  member 16 32 object name\ntype 8 C\nend\n";
	struct buf out = {0};
	struct card card;
	struct cat_resolver resolver;
	struct cat_member member;
	const char *why;
	uint64_t value;
	int64_t number;

	(void)state;
	assert_int_equal(parse(text, &card), 0);
	card_print(&card, &out);
	assert_string_equal(out.data, text);
	buf_free(&out);
	resolver = card_resolver(&card);
	assert_int_equal(resolver.member(resolver.data, "a::B<int, long>", "reqid.num", &member, &why), 0);
	assert_int_equal(member.offset, 240);
	assert_true(member.is_signed);
	assert_int_equal(resolver.member(resolver.data, "a::B<int, long>", "reqid", &member, &why), -ENOENT);
	assert_int_equal(resolver.size(resolver.data, "C", &value, &why), 0);
	assert_int_equal(value, 8);
	assert_int_equal(resolver.size(resolver.data, "D", &value, &why), -ENOENT);
	assert_int_equal(resolver.constant(resolver.data, "l_first", &number, &why), 0);
	assert_int_equal(number, 7);
	assert_int_equal(resolver.constant(resolver.data, "l_last", &number, &why), -ENOENT);
	assert_true(card_function(&card, "_Zf", &value));
	assert_int_equal(value, 0x1230);
	assert_false(card_function(&card, "_Zg", &value));
}

static void refuses_bad_text(void **state)
{
	static const char *const bad[] = {
		"",
		"hello\n",
		"cephtap-card 2\n",
		HEAD,
		"cephtap-card 1\nbinary b\nrelease 1\nend\n",
		HEAD "type x A\nend\n",
		HEAD "type 8\nend\n",
		HEAD "type 99999999999 A\nend\n",
		HEAD "member 0 8 signed a\nend\n",
		HEAD "type 8 A\nmember 0 3 signed a\nend\n",
		HEAD "type 8 A\nmember -1 8 signed a\nend\n",
		HEAD "type 8 A\nmember 0 8 maybe a\nend\n",
		HEAD "type 8 A\nmember 0 8 signed\nend\n",
		HEAD "constant 1\nend\n",
		HEAD "function z f\nend\n",
		HEAD "surprise\nend\n",
		HEAD "binary c\nend\n",
		HEAD "end\ntype 8 A\n",
	};
	struct card card;
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (parse(bad[i], &card) != -EINVAL || !diags.errors)
			fail_msg("was accepted: %s", bad[i]);
}

/* Cut after any byte, a card never parses: all but the last newline matter. */
static void refuses_cut_cards(void **state)
{
	static const char text[] = HEAD "type 8 A\n  member 0 8 signed a\nend\n";
	struct card card;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(text) - 2; i++)
		assert_int_equal(parse(arena_strndup(arena, text, i), &card), -EINVAL);
	assert_int_equal(parse(text, &card), 0);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void finds_by_build_id(void **state)
{
	char dir[] = "/tmp/cephtap-card-XXXXXX";
	struct card *card = NULL;
	const char *why, *path;

	(void)state;
	assert_non_null(mkdtemp(dir));
	setenv("CEPHTAP_CARDS", dir, 1);
	setenv("XDG_CACHE_HOME", dir, 1);
	path = arena_printf(arena, "%s/0123abcd.card", dir);
	assert_string_equal(card_default_path(arena, "0123abcd"), path);
	assert_int_equal(card_find(arena, "0123abcd", &card, &why), -ENOENT);
	assert_null(why);
	write_file(path, HEAD "type 8 A\nend\n");
	assert_int_equal(card_find(arena, "0123abcd", &card, &why), 0);
	assert_string_equal(card->release, "16.2.15");
	write_file(path, HEAD "type 8 A\n");
	assert_int_equal(card_find(arena, "0123abcd", &card, &why), -EINVAL);
	assert_non_null(strstr(why, "damaged (line"));
	unlink(path);
	path = arena_printf(arena, "%s/aaaa.card", dir);
	write_file(path, HEAD "type 8 A\nend\n");
	assert_int_equal(card_find(arena, "aaaa", &card, &why), -EINVAL);
	assert_non_null(strstr(why, "another build"));
	assert_int_equal(card_find(arena, "../aaaa", &card, &why), -ENOENT);
	unlink(path);
	rmdir(dir);
}

static void builtin_cards_are_named_by_build_id(void **state)
{
	struct card *card;
	const char *why;
	unsigned i;

	(void)state;
	setenv("CEPHTAP_CARDS", "/nonexistent", 1);
	setenv("XDG_CACHE_HOME", "/nonexistent", 1);
	for (i = 0; embedded_cards[i].name; i++) {
		char *id = arena_strdup(arena, embedded_cards[i].name);

		if (!strncmp(id, "family-", 7))
			continue;
		id[strlen(id) - 5] = '\0';
		assert_int_equal(card_find(arena, id, &card, &why), 0);
		assert_string_equal(card->build_id, id);
	}
	assert_true(i > 0);
}

static void learn_says_what_is_lacking(void **state)
{
	struct learn_request request = {.binary = "/nonexistent/ceph-osd"};
	struct catalogue *cat = catalogue_builtin(arena);
	struct buf missing = {0};
	const char *why = NULL;
	struct card card;

	(void)state;
	assert_true(learn_card(arena, cat, &request, &card, &missing, &why) < 0);
	assert_non_null(strstr(why, "/nonexistent/ceph-osd"));
	request.binary = "/bin/true";
	assert_true(learn_card(arena, cat, &request, &card, &missing, &why) < 0);
	assert_non_null(strstr(why, "no markers in a binary called true"));
	assert_string_equal(learn_debug_package("ceph-osd"), "ceph-osd-dbg");
	assert_string_equal(learn_debug_package("librados.so.2.0.0"), "librados2-dbg");
	assert_null(learn_debug_package("true"));
	buf_free(&missing);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads_what_it_wrote, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_bad_text, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_cut_cards, setup, teardown),
		cmocka_unit_test_setup_teardown(finds_by_build_id, setup, teardown),
		cmocka_unit_test_setup_teardown(builtin_cards_are_named_by_build_id, setup, teardown),
		cmocka_unit_test_setup_teardown(learn_says_what_is_lacking, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
