/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The catalogue: what parses, what is refused and where; expressions to steps; the built-in catalogue with its cards.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ceph/card.h"
#include "lib/embed.h"
#include "probe/probe.h"

static struct arena *arena;
static struct catalogue cat;
static struct diags diags;

static int setup(void **state)
{
	(void)state;
	arena = arena_new();
	diags_init(&diags, arena);
	catalogue_init(&cat, arena);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static void parse(const char *text)
{
	struct source *source = arena_new_one(arena, struct source);

	*source = (struct source){"test.cat", text, strlen(text)};
	catalogue_parse(&cat, source, &diags);
}

/* Op: a at 8 (4 bytes, signed), s at 16 (a std::string), p at 48, v at 56 (a vector); of 80 bytes. */
static int fake_member(void *data, const char *type, const char *path, struct cat_member *out, const char **why)
{
	(void)data;
	*why = "no such member";
	if (strcmp(type, "ns::Op<int, long>"))
		return -ENOENT;
	if (!strcmp(path, "a"))
		*out = (struct cat_member){.offset = 8, .size = 4, .is_signed = true};
	else if (!strcmp(path, "in.s"))
		*out = (struct cat_member){.offset = 16, .size = 32, .is_object = true};
	else if (!strcmp(path, "p"))
		*out = (struct cat_member){.offset = 48, .size = 8};
	else if (!strcmp(path, "v"))
		*out = (struct cat_member){.offset = 56, .size = 24, .is_object = true};
	else
		return -ENOENT;
	return 0;
}

static int fake_size(void *data, const char *type, uint64_t *out, const char **why)
{
	(void)data, (void)type, (void)why;
	*out = 80;
	return 0;
}

static int fake_constant(void *data, const char *name, int64_t *out, const char **why)
{
	(void)data, (void)why;
	*out = !strcmp(name, "far") ? 900 : 700 + !strcmp(name, "b") + 2 * !strcmp(name, "c");
	return 0;
}

static const struct cat_resolver fake = {NULL, fake_member, fake_size, fake_constant};
static struct cat_located located;

#define HEAD "provider p\ntype Op ns::Op<int, long>\nmarker m\n doc A thing.\n stage queue\n pair none\n"

/* One argument x of a type, set by the lines of a site; its steps, or NULL and the reason. */
static const char *steps_of(const char *type, const char *where, const char *lines)
{
	struct buf out = {0};
	const char *why = NULL, *text;
	struct loc loc;

	catalogue_init(&cat, arena);
	parse(arena_printf(arena, HEAD " arg x %s what\n site b any %s f\n%s", type, where, lines));
	assert_int_equal(diags.errors, 0);
	if (catalogue_locate(&cat, &cat.markers[0], &cat.markers[0].sites[0], &fake, arena, &located, &why, &loc))
		return why;
	if (located.whys[0])
		return located.whys[0];
	argloc_print(&located.args[0], &out);
	text = arena_strdup(arena, out.data);
	buf_free(&out);
	return text;
}

static const struct argstep *step(unsigned i)
{
	assert_true(i < located.args[0].n);
	return &located.args[0].steps[i];
}

static void assert_step(unsigned i, unsigned op, int64_t imm)
{
	assert_int_equal(step(i)->op, op);
	assert_int_equal(step(i)->imm, imm);
}

static void parses_all_parts(void **state)
{
	const struct cat_marker *m;

	(void)state;
	parse("# comment\nprovider p\n doc About p.\nmarker a-start\n doc One\n doc sentence.\n stage store\n"
	      " links txc: b\n counter op_w\n arg len uint32 [bytes] how much\n site ceph-osd 16 entry f\n len = $2\n");
	assert_int_equal(diags.errors, 0);
	assert_int_equal(cat.markers_len, 1);
	m = catalogue_find(&cat, "p", "a-start");
	assert_non_null(m);
	assert_string_equal(m->doc, "One sentence.");
	assert_string_equal(m->args[0].unit, "bytes");
	assert_string_equal(m->args[0].doc, "how much");
	assert_string_equal(m->links, "txc: b");
	assert_string_equal(cat_marker_pair(arena, m), "a-done");
	assert_string_equal(cat.providers[0].doc, "About p.");
	assert_null(catalogue_find(&cat, "q", "a-start"));
}

static void bad_line_costs_one_diagnostic(void **state)
{
	static const char *const bad[] = {
		"marker m\n",
		"provider\n",
		HEAD " arg x int7 what\n",
		HEAD " arg x int8 [bytes what\n",
		HEAD " site b 16 f\n",
		HEAD " site b 16 inside f\n",
		HEAD " nonsense\n",
		"doc lonely\n",
		HEAD " stage again\n",
		"type X\n",
		HEAD " site b 1 entry f\n let 3\n",
		HEAD " site b 1 entry f\n when\n",
	};
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		unsigned before = diags.errors;

		catalogue_init(&cat, arena);
		parse(bad[i]);
		if (diags.errors != before + 1)
			fail_msg("%u diagnostics for: %s", diags.errors - before, bad[i]);
	}
}

static void expressions_become_steps(void **state)
{
	(void)state;
	steps_of("int64", "entry", "let o = (Op *) *$2\nx = o->a\n");
	assert_int_equal(located.args[0].n, 3);
	assert_int_equal(step(0)->reg, ARGREG_RSI);
	assert_step(1, STEP_LOAD, 0);
	assert_step(2, STEP_LOAD, 8);
	assert_int_equal(step(2)->size, 4);
	assert_true(step(2)->is_signed);

	steps_of("uint16", "entry", "x = $3\n");
	assert_int_equal(step(1)->op, STEP_CAST);
	assert_int_equal(step(1)->size, 2);

	steps_of("uint64", "entry", "let o = (Op *) $1\nx = count(o->v, Op)\n");
	assert_step(1, STEP_SPAN, 56);
	assert_step(2, STEP_UDIV, 80);

	steps_of("uint64", "entry", "x = *($sp + 8) >> 32 & 0xff\n");
	assert_int_equal(step(0)->reg, ARGREG_RSP);
	assert_step(1, STEP_ADD, 8);
	assert_step(2, STEP_LOAD, 0);
	assert_step(3, STEP_SHR, 32);
	assert_step(4, STEP_AND, 255);

	steps_of("int32", "entry", "x = $4 - constant(base)\n");
	assert_step(1, STEP_ADD, -700);
	steps_of("time", "entry", "x = $4\n");
	assert_step(1, STEP_UTIME, 0);
	steps_of("pointer", "entry", "let o = (Op *) $1\nx = &o->in.s\n");
	assert_step(1, STEP_ADD, 16);
}

static void strings_have_text_and_length(void **state)
{
	(void)state;
	steps_of("string", "entry", "let o = (Op *) $1\nx = o->in.s\n");
	assert_step(1, STEP_LOAD, 16);
	assert_int_equal(located.len_args[0].steps[1].imm, 24);
	steps_of("string", "entry", "x = text($3, $2)\n");
	assert_int_equal(step(0)->reg, ARGREG_RDX);
	assert_int_equal(located.len_args[0].steps[0].reg, ARGREG_RSI);
}

static void return_sites_save_at_entry(void **state)
{
	(void)state;
	steps_of("int32", "return", "save o = (Op *) $1\nsave n = o->a\nx = n\n");
	assert_int_equal(located.saves_len, 2);
	assert_step(0, STEP_SAVED, 1);
	steps_of("int32", "return", "save o = (Op *) $1\nwhen $ret & 0xff != 0\nwhen o->a == 5\nx = $ret\n");
	assert_int_equal(located.conds_len, 2);
	assert_int_equal(located.conds[1].op, COND_EQ);
	assert_int_equal(located.conds[1].imm, 5);
	assert_int_equal(step(0)->reg, ARGREG_RAX);
}

static void what_is_expected_of_data(void **state)
{
	(void)state;
	steps_of("uint64", "entry", "let o = (Op *) $1\nx = $2\nexpect x = o->a if $3 & 0xff == 42 if $3 != 7\n");
	assert_int_equal(located.checks_len, 1);
	assert_int_equal(located.checks[0].kind, CHECK_SAME);
	assert_int_equal(located.checks[0].other.steps[0].reg, ARGREG_RDI);
	assert_int_equal(located.checks[0].conds_len, 2);
	assert_int_equal(located.checks[0].conds[1].op, COND_NE);
	assert_int_equal(located.checks[0].conds[1].imm, 7);
	/* What this build lacks cannot be asked; and the rest stays. */
	assert_string_equal(steps_of("uint64", "entry", "let o = (Op *) $1\nx = $2\nexpect x = o->missing\n"), "rsi");
	assert_int_equal(located.checks_len, 0);
	assert_string_equal(steps_of("uint64", "entry", "x = $2\nexpect y = $1\n"), "marker m has no argument `y`");
	assert_string_equal(steps_of("uint64", "entry", "x = $2\nexpect x = $1 $2\n"),
			    "expected `if`, or the end of what is expected, here");
	steps_of("string", "entry", "x = text($3, $2)\n");
	assert_int_equal(located.checks[0].kind, CHECK_STRING);
	steps_of("time", "entry", "x = $4\n");
	assert_int_equal(located.checks[0].kind, CHECK_TIME);
}

/* Enumerators a, b, c are 700, 701, 702 here. */
static void rank_is_the_same_in_any_order(void **state)
{
	(void)state;
	steps_of("int32", "entry", "x = rank($1, c a b)\n");
	assert_step(1, STEP_ADD, -700);
	assert_step(2, STEP_PICK, 0x021);
}

static void what_is_missing_costs_what_needs_it(void **state)
{
	const char *why = NULL;
	struct loc loc;

	(void)state;
	catalogue_init(&cat, arena);
	parse(HEAD
	      " arg x int64 what\n arg y int64 what\n site b any return f\n save o = (Op *) $1\n save gone = o->zz\n"
	      " let more = gone + 1\n save n = o->a\n x = more\n y = n\n");
	assert_int_equal(diags.errors, 0);
	assert_int_equal(
		catalogue_locate(&cat, &cat.markers[0], &cat.markers[0].sites[0], &fake, arena, &located, &why, &loc),
		0);
	assert_string_equal(located.whys[0], "no such member");
	assert_null(located.whys[1]);
	catalogue_init(&cat, arena);
	parse(HEAD " arg x int64 what\n site b any entry f\n let o = (Op *) $1\n when o->zz == 1\n x = $1\n");
	assert_int_not_equal(
		catalogue_locate(&cat, &cat.markers[0], &cat.markers[0].sites[0], &fake, arena, &located, &why, &loc),
		0);
}

static void witnesses_see_members(void **state)
{
	struct cat_seen *seen;
	void *last = NULL;

	(void)state;
	catalogue_init(&cat, arena);
	parse(HEAD " arg x int64 what\n site b any entry f\n x = $1\n also b any entry g\n x = $2\nbase Op Other\n"
		   "witness b f\n let o = (Op *) *$2\n sees o->a o->in.s\n hints o->p o->zz\n");
	assert_int_equal(diags.errors, 0);
	assert_true(cat.markers[0].sites[1].is_also);
	assert_int_equal(cat.bases_len, 1);
	assert_int_equal(catalogue_locate_witness(&cat, &cat.witnesses[0], &fake, &last, arena, &seen), 4);
	assert_int_equal(seen[0].member.offset, 8);
	assert_int_equal(seen[0].loc.n, 2);
	assert_false(seen[1].is_hint);
	assert_true(seen[2].is_hint);
	assert_int_equal(seen[3].loc.n, 0);
}

static void nonsense_is_explained(void **state)
{
	static const char *const bad[][4] = {
		{"int64", "entry", "x = $7\n", "no register `$7`"},
		{"int64", "entry", "x = $ret\n", "only known at the return"},
		{"int64", "return", "x = $1\n", "`save` it"},
		{"int64", "entry", "x = $1->a\n", "needs a type"},
		{"int64", "entry", "let o = (Op *) $1\nx = o->zz\n", "no such member"},
		{"int64", "entry", "let o = (Op *) $1\nx = o->in.s\n", "a class of 32 bytes"},
		{"string", "entry", "x = $1\n", "std::string"},
		{"int64", "entry", "x = text($1, $2)\n", "type string"},
		{"int64", "entry", "x = y\n", "neither bound"},
		{"int64", "entry", "x = (1\n", "expected `)`"},
		{"int64", "entry", "x = 1 1\n", "expected the end"},
		{"int64", "entry", "x = $1 + $2\n", "only a constant"},
		{"int64", "entry", "x = $1 / 0\n", "positive"},
		{"int64", "entry", "x = foo(1)\n", "no such function"},
		{"int64", "entry", "x = rank($1, a far)\n", "too far apart"},
		{"int64", "entry", "x = rank($1,)\n", "1 to 16"},
		{"int64", "entry", "x = &$1\n", "only a place"},
		{"int64", "entry", "save y = $1\n", "return sites only"},
		{"int64", "entry", "x = ***********$1\n", "more than"},
		{"int64", "entry", "x = none it is gone here\n", "it is gone here"},
		{"int64", "entry", "", "does not say"},
	};
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *why = steps_of(bad[i][0], bad[i][1], bad[i][2]);

		if (!strstr(why, bad[i][3]))
			fail_msg("%s gave: %s", bad[i][2], why);
	}
}

static void deep_nesting_is_refused(void **state)
{
	char text[4096] = "x = ";

	(void)state;
	memset(text + 4, '(', sizeof(text) - 6);
	strcpy(text + sizeof(text) - 2, "\n");
	assert_non_null(strstr(steps_of("int64", "entry", text), "too deeply"));
}

static void check_finds_what_is_missing(void **state)
{
	static const char text[] =
		"provider p\nmarker a-start\n arg x int64 a\n arg x int64 b\n arg y int64\n site b 1 entry f\n x = $1\n"
		"marker a-start\n doc D.\n stage queue\n pair none\nmarker Up\n doc D.\n stage nowhere\n pair none\n";
	static const char *const wanted[] = {"no `doc`",      "no stage",      "no a-done",
					     "two arguments", "not explained", "argument y of marker",
					     "there twice",   "lower-case",    "has no site"};
	struct buf out = {0};
	unsigned i;

	(void)state;
	parse(text);
	assert_int_equal(diags.errors, 0);
	catalogue_check(&cat, &diags);
	diags_print(&diags, false, &out);
	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (!strstr(out.data, wanted[i]))
			fail_msg("nothing says %s:\n%s", wanted[i], out.data);
	buf_free(&out);
}

static void releases_and_binaries_match(void **state)
{
	(void)state;
	assert_true(cat_release_matches("16", "16.2.15"));
	assert_true(cat_release_matches("16.2.15", "16.2.15"));
	assert_true(cat_release_matches("any", "99"));
	assert_false(cat_release_matches("1", "16.2.15"));
	assert_false(cat_release_matches("16.2.1", "16.2.15"));
	assert_true(cat_binary_matches("librados.so.2", "librados.so.2.0.0"));
	assert_false(cat_binary_matches("librados.so.2", "librados.so.20"));
	assert_false(cat_binary_matches("ceph-osd", "ceph-osd.old"));
	assert_string_equal(cat_function_name(arena, "_ZN9BlueStore4readERSt6vectorIiSaIiEE"), "BlueStore::read");
	assert_string_equal(cat_function_name(arena, "main"), "main");
}

static void builtin_is_sound(void **state)
{
	struct catalogue *builtin = catalogue_builtin(arena);

	(void)state;
	catalogue_check(builtin, &diags);
	assert_int_equal(diags.errors, 0);
	assert_true(builtin->markers_len >= 45);
}

/* What a site lacks in a build; NULL: nothing. */
static const char *lacks(struct catalogue *builtin, const struct cat_marker *marker, const struct cat_site *site,
			 const struct card *card)
{
	struct cat_resolver resolver = card_resolver(card);
	const char *why = NULL;
	struct loc loc;
	unsigned a;

	if (catalogue_locate(builtin, marker, site, &resolver, arena, &located, &why, &loc))
		return why;
	for (a = 0; a < marker->args_len; a++)
		if (located.whys[a])
			return located.whys[a];
	return NULL;
}

/* Members that a release has no more. */
static bool is_gone(const struct card *card, const char *why)
{
	return cat_release_matches("20", card->release) && strstr(why, "BlueStore::TransContext::seq");
}

/* A marker that a binary has sites of can be had with all arguments by one of them, in each build whose card is in the
 * repository. */
static void builtin_cards_have_all(void **state)
{
	struct catalogue *builtin = catalogue_builtin(arena);
	unsigned i, m, s, seen = 0;

	(void)state;
	for (i = 0; embedded_cards[i].name; i++) {
		struct source *source = embedded_unpack(arena, &embedded_cards[i]);
		struct card card;

		assert_int_equal(card_parse(arena, source, &card, &diags), 0);
		if (!card_is_of_build(&card))
			continue;
		for (m = 0; m < builtin->markers_len; m++) {
			const struct cat_marker *marker = &builtin->markers[m];
			const char *why = NULL;
			unsigned sites = 0;

			for (s = 0; s < marker->sites_len && (!sites || why); s++) {
				if (!cat_binary_matches(marker->sites[s].binary, card.binary))
					continue;
				why = lacks(builtin, marker, &marker->sites[s], &card);
				sites++;
			}
			if (why && !is_gone(&card, why))
				fail_msg("%s of %s %s: %s", marker->name, card.binary, card.release, why);
			seen += sites;
		}
	}
	assert_true(seen >= 3 * 45);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(parses_all_parts, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_line_costs_one_diagnostic, setup, teardown),
		cmocka_unit_test_setup_teardown(expressions_become_steps, setup, teardown),
		cmocka_unit_test_setup_teardown(strings_have_text_and_length, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_expected_of_data, setup, teardown),
		cmocka_unit_test_setup_teardown(return_sites_save_at_entry, setup, teardown),
		cmocka_unit_test_setup_teardown(rank_is_the_same_in_any_order, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_missing_costs_what_needs_it, setup, teardown),
		cmocka_unit_test_setup_teardown(witnesses_see_members, setup, teardown),
		cmocka_unit_test_setup_teardown(nonsense_is_explained, setup, teardown),
		cmocka_unit_test_setup_teardown(deep_nesting_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(check_finds_what_is_missing, setup, teardown),
		cmocka_unit_test_setup_teardown(releases_and_binaries_match, setup, teardown),
		cmocka_unit_test_setup_teardown(builtin_is_sound, setup, teardown),
		cmocka_unit_test_setup_teardown(builtin_cards_have_all, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
