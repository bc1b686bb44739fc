/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Places that lack what a script asks for, over made-up probes: they are left out by name, the rest goes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "front/d/check/check.h"

enum { PLACES = 4, MANY = 5000 };

static struct arena *arena;
static struct diags diags;
static struct probe probes[4], crowd[MANY];
static struct probe *list[4 + MANY];
static unsigned list_len;
static struct site sites[2][PLACES], crowd_sites[MANY];
static struct arg args[2];

static const char *whose(struct probe_source *source, const struct site *site)
{
	(void)source;
	(void)site;
	return "process 7 (uid 65534)";
}

static void load_args(struct probe_source *source, struct probe *probe)
{
	(void)source;
	(void)probe;
}

static struct probe_list find(struct probe_source *source, const struct probe_desc *desc, const char **why)
{
	struct probe_list found = {.arena = arena};

	(void)source;
	for (unsigned i = 0; i < list_len; i++)
		if (probe_matches(list[i], desc))
			*arena_push(arena, found.probes, found.len) = list[i];
	*why = NULL;
	return found;
}

static struct arg *args_with(const char *first, const char *second)
{
	struct arg *out = arena_memdup(arena, args, sizeof(args));

	out[0].why = first;
	out[1].why = second;
	for (unsigned i = 0; i < 2; i++)
		out[i].loc.n = !out[i].why;
	return out;
}

static struct probe *add_probe(struct probe *probe, const char *mod, const char *name, struct site *at, unsigned len)
{
	*probe = (struct probe){.id = list_len + 1,
				.prov = "shop",
				.mod = mod,
				.func = "",
				.name = name,
				.kind = PROBE_UPROBE,
				.ctx = CTX_UPROBE,
				.args = args,
				.args_len = 2,
				.sites = at,
				.sites_len = len};
	list[list_len++] = probe;
	return probe;
}

/* shop:good::sale in four places, of which the last lacks its second argument; shop:bad::sale, which has it nowhere. */
static int setup(void **state)
{
	(void)state;
	arena = arena_new();
	diags_init(&diags, arena);
	list_len = 0;
	for (unsigned i = 0; i < 2; i++)
		args[i] = (struct arg){.name = i ? "price" : "item", .type = ARGTYPE_INT, .size = 8, .is_signed = true};
	for (unsigned p = 0; p < 2; p++)
		for (unsigned i = 0; i < PLACES; i++)
			sites[p][i] = (struct site){
				.path = p ? "/bad" : "/good",
				.vaddr = 0x100 + i,
				.args = args_with(NULL, p || i == PLACES - 1 ? "it has only 1 argument there" : NULL)};
	add_probe(&probes[0], "good", "sale", sites[0], PLACES);
	add_probe(&probes[1], "bad", "sale", sites[1], PLACES);
	add_probe(&probes[2], "good", "other", sites[0], 1)->args_len = 1;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static struct checked *check(const char *text)
{
	static struct source source;
	static struct options options;
	struct probe_source probe_source = {.find = find, .load_args = load_args, .whose = whose};
	struct script *script = arena_new_one(arena, struct script);
	struct macros macros = {.script_name = "s.d"};

	source = (struct source){"s.d", text, strlen(text)};
	options_default(&options);
	assert_true(ast_parse(arena, &source, &macros, &diags, script));
	return check_script(arena, script, &probe_source, &options, &diags);
}

static void assert_said(unsigned n, const char *text)
{
	struct diag *diag = diags.first;

	for (; diag && n; n--)
		diag = diag->next;
	assert_non_null(diag);
	if (!strstr(diag->text, text))
		fail_msg("`%s` does not say `%s`", diag->text, text);
}

static void assert_sites(const struct checked *checked, const struct probe *probe, unsigned expected)
{
	unsigned n = 0;

	for (unsigned i = 0; i < probe->sites_len; i++)
		n += left_has_site(checked->left, checked->left_len, probe, i);
	assert_int_equal(n, expected);
}

static void what_is_not_asked_for_is_not_missed(void **state)
{
	struct checked *checked = check("shop:::sale { trace(args[0]); } shop:::sale { @ = sum(arg0); }");

	(void)state;
	assert_non_null(checked);
	assert_int_equal(diags.warnings, 0);
	assert_sites(checked, &probes[0], PLACES);
	assert_sites(checked, &probes[1], PLACES);
}

static void places_are_left_out_for_all_clauses(void **state)
{
	struct checked *checked = check("shop:::sale { @n = count(); } shop:::sale { @ = sum(args[1]); }");

	(void)state;
	assert_non_null(checked);
	assert_int_equal(checked->clauses[0].probes_len, 1);
	assert_int_equal(checked->clauses[1].probes_len, 1);
	assert_sites(checked, &probes[0], PLACES - 1);
	assert_int_equal(diags.warnings, 2);
	assert_said(0, "shop:good::sale at 0x103 in /good, process 7 (uid 65534) is left out: the script asks for "
		       "args[1], and it has only "
		       "1 argument there");
	assert_said(1, "shop:bad::sale at 4 places in /bad, process 7 (uid 65534) is left out");
}

static void a_raw_number_is_no_silent_zero(void **state)
{
	struct checked *checked = check("shop:::sale { @ = sum(arg1); }");

	(void)state;
	assert_non_null(checked);
	assert_sites(checked, &probes[0], PLACES - 1);
	assert_int_equal(checked->clauses[0].probes_len, 1);
	diags_init(&diags, arena);
	assert_non_null(
		check("shop:bad::sale { @b = sum(arg7); }")); /* which the marker never has: 0, as DTrace says */
	assert_int_equal(diags.warnings, 0);
	assert_null(check("shop:bad::sale { @ = sum(arg1); }"));
	assert_said(0, "arg1 (price) is not available at shop:bad::sale: it has only 1 argument there");
}

static void nothing_left_is_an_error(void **state)
{
	(void)state;
	assert_null(check("shop:bad::sale { @ = sum(args[1]); }"));
	assert_int_equal(diags.errors, 1);
	assert_said(0, "args[1] (price) is not available at shop:bad::sale: it has only 1 argument there");
	diags_init(&diags, arena);
	assert_null(check("shop:bad::sale { @n = count(); } shop:::sale { @ = sum(args[1]); }"));
	assert_int_equal(diags.errors, 1);
}

/* Another marker that lacks the argument is a mistake of the script. */
static void another_marker_is_another_matter(void **state)
{
	(void)state;
	assert_null(check("shop:good::sale, shop:good::other { @ = sum(args[1]); }"));
	assert_said(0, "shop:good::other has no args[1]");
}

/* Some of a function's ways out would be half of it. */
static void functions_are_whole(void **state)
{
	(void)state;
	for (unsigned p = 0; p < 2; p++) {
		probes[p].has_typed = true;
		probes[p].typed = args;
		probes[p].typed_len = 2;
		for (unsigned i = 0; i < PLACES; i++)
			sites[p][i].typed = sites[p][i].args;
	}
	assert_null(check("shop:good::sale { trace(args[1]); }"));
	assert_said(0, "args[1] (price) is not available at shop:good::sale");
	diags_init(&diags, arena);
	sites[0][PLACES - 1].typed = sites[0][0].args; /* now it has it everywhere: then it is the other file's fault */
	assert_non_null(check("shop:::sale { trace(args[1]); }"));
	assert_said(0, "shop:bad::sale at 4 places in /bad");
}

static void no_floods(void **state)
{
	struct checked *checked;

	(void)state;
	for (unsigned i = 0; i < MANY; i++) {
		crowd_sites[i] = (struct site){.path = arena_printf(arena, "/crowd/%u", i),
					       .args = args_with(NULL, "it has only 1 argument there")};
		add_probe(&crowd[i], arena_printf(arena, "m%u", i), "sale", &crowd_sites[i], 1);
	}
	checked = check("shop:::sale { @ = sum(args[1]); }");
	assert_non_null(checked);
	assert_int_equal(checked->clauses[0].probes_len, 1);
	assert_int_equal(diags.warnings, 4);
	assert_said(3, "4999 more such messages");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_not_asked_for_is_not_missed, setup, teardown),
		cmocka_unit_test_setup_teardown(places_are_left_out_for_all_clauses, setup, teardown),
		cmocka_unit_test_setup_teardown(a_raw_number_is_no_silent_zero, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_left_is_an_error, setup, teardown),
		cmocka_unit_test_setup_teardown(another_marker_is_another_matter, setup, teardown),
		cmocka_unit_test_setup_teardown(functions_are_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(no_floods, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
