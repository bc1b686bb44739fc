/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Is a catalogue sound? What can be known without a binary: names, pairs, arguments, and that every expression parses
 * and fits its argument. `cephtap catalogue --check` runs it at build time.
 */
#include <ctype.h>
#include <string.h>

#include "ceph/catalogue.h"
#include "probe/probe.h"

static int any_member(void *data, const char *type, const char *path, struct cat_member *out, const char **why)
{
	(void)data, (void)type, (void)path, (void)why;
	*out = (struct cat_member){.size = 8, .is_any = true};
	return 0;
}

static int any_size(void *data, const char *type, uint64_t *out, const char **why)
{
	(void)data, (void)type, (void)why;
	*out = 8;
	return 0;
}

static int any_constant(void *data, const char *name, int64_t *out, const char **why)
{
	(void)data, (void)name, (void)why;
	*out = 1;
	return 0;
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && !strcmp(text + n - m, end);
}

/* What a marker's name says of its other end: x-start and x-done belong together. */
const char *cat_marker_pair(struct arena *arena, const struct cat_marker *marker)
{
	size_t n = strlen(marker->name);

	if (marker->pair)
		return strcmp(marker->pair, "none") ? marker->pair : NULL;
	if (ends_with(marker->name, "-start"))
		return arena_printf(arena, "%.*s-done", (int)(n - 6), marker->name);
	if (ends_with(marker->name, "-done"))
		return arena_printf(arena, "%.*s-start", (int)(n - 5), marker->name);
	return NULL;
}

static void check_name(const struct cat_marker *marker, struct diags *diags)
{
	const char *c;

	for (c = marker->name; *c; c++) {
		if (islower((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '-')
			continue;
		diag_error(diags, marker->loc, NULL, "a marker's name has lower-case letters, digits and dashes only");
		return;
	}
}

static void check_words(const struct catalogue *cat, const struct cat_marker *marker, struct diags *diags)
{
	const char *pair = cat_marker_pair(diags->arena, marker);
	unsigned i;

	check_name(marker, diags);
	if (!marker->doc)
		diag_error(diags, marker->loc, NULL, "marker %s has no `doc`", marker->name);
	for (i = 0; marker->stage && cat_stages[i] && strcmp(cat_stages[i], marker->stage); i++)
		;
	if (!marker->stage || !cat_stages[i])
		diag_error(diags, marker->loc, NULL, "marker %s has no stage, or one that does not exist",
			   marker->name);
	if (pair && !catalogue_find(cat, marker->provider, pair))
		diag_error(diags, marker->loc, NULL,
			   "marker %s is one end of a pair, but there is no %s (say `pair none`?)", marker->name, pair);
}

static void check_args(const struct cat_marker *marker, struct diags *diags)
{
	unsigned i, j;

	if (marker->args_len > CAT_ARGS_MAX)
		diag_error(diags, marker->loc, NULL, "marker %s has %u arguments; %d is the limit", marker->name,
			   marker->args_len, CAT_ARGS_MAX);
	for (i = 0; i < marker->args_len; i++) {
		if (!marker->args[i].doc)
			diag_error(diags, marker->args[i].loc, NULL, "argument %s is not explained",
				   marker->args[i].name);
		for (j = 0; j < i; j++)
			if (!strcmp(marker->args[i].name, marker->args[j].name))
				diag_error(diags, marker->args[i].loc, NULL, "marker %s has two arguments called %s",
					   marker->name, marker->args[i].name);
	}
}

static struct loc stmt_of(const struct cat_site *site, const char *arg)
{
	unsigned i;

	for (i = 0; i < site->stmts_len; i++)
		if (site->stmts[i].kind == CAT_SET && !strcmp(site->stmts[i].name, arg))
			return site->stmts[i].loc;
	return site->loc;
}

static bool is_set_to_none(const struct cat_site *site, const char *arg)
{
	unsigned i;

	for (i = 0; i < site->stmts_len; i++)
		if (site->stmts[i].kind == CAT_SET && !strcmp(site->stmts[i].name, arg))
			return !strncmp(site->stmts[i].expr, "none ", 5);
	return false;
}

static void check_site(const struct catalogue *cat, const struct cat_marker *marker, const struct cat_site *site,
		       struct diags *diags)
{
	struct cat_resolver resolver = {NULL, any_member, any_size, any_constant};
	struct cat_located located;
	const char *why;
	struct loc where;
	unsigned i;

	if (catalogue_locate(cat, marker, site, &resolver, diags->arena, &located, &why, &where)) {
		diag_error(diags, where, NULL, "%s", why);
		return;
	}
	for (i = 0; i < marker->args_len; i++)
		if (located.whys[i] && !is_set_to_none(site, marker->args[i].name))
			diag_error(diags, stmt_of(site, marker->args[i].name), NULL, "argument %s of marker %s: %s",
				   marker->args[i].name, marker->name, located.whys[i]);
}

static const struct cat_stmt *set_of(const struct cat_source *source, const char *arg, unsigned *times)
{
	const struct cat_stmt *found = NULL;
	unsigned i;

	for (*times = i = 0; i < source->stmts_len; i++)
		if (source->stmts[i].kind == CAT_SET && !strcmp(source->stmts[i].name, arg)) {
			found = &source->stmts[i];
			++*times;
		}
	return found;
}

static bool has_arg(const struct cat_marker *marker, const char *name)
{
	unsigned i;

	for (i = 0; i < marker->args_len && strcmp(marker->args[i].name, name) != 0; i++)
		;
	return i < marker->args_len;
}

/* What can be known of a place in C++ source without the source. */
static void check_source(const struct cat_marker *marker, const struct cat_source *source, struct diags *diags)
{
	bool wants_statement = source->where == CAT_BEFORE || source->where == CAT_AFTER;
	const char *paren = strchr(source->function, '(');
	unsigned i, j, times;

	if (!paren || !ends_with(source->function, ")"))
		diag_error(diags, source->loc, NULL, "a function is named with its parameters: F(int a), or F(...)");
	if (wants_statement != !!source->statement)
		diag_error(diags, source->loc, NULL,
			   wants_statement ? "the statement is missing: name it in a line `at STATEMENT`"
					   : "`at` goes with `before` and `after`");
	for (i = 0; i < marker->args_len; i++) {
		set_of(source, marker->args[i].name, &times);
		if (times != 1)
			diag_error(diags, source->loc, NULL, "argument %s of marker %s is %s here",
				   marker->args[i].name, marker->name, times ? "set twice" : "missing");
	}
	for (i = 0; i < source->stmts_len; i++) {
		const struct cat_stmt *stmt = &source->stmts[i];

		if (stmt->kind == CAT_SET && !has_arg(marker, stmt->name))
			diag_error(diags, stmt->loc, NULL, "marker %s has no argument %s", marker->name, stmt->name);
		for (j = 0; stmt->kind == CAT_LET && j < i; j++)
			if (source->stmts[j].kind == CAT_LET && !strcmp(source->stmts[j].name, stmt->name))
				diag_error(diags, stmt->loc, NULL, "%s is given twice here", stmt->name);
		if (strstr(stmt->expr, "$ret") && source->where != CAT_RETURN)
			diag_error(diags, stmt->loc, NULL, "$ret is there at a `return` only");
	}
}

static void check_site_clash(const struct cat_marker *marker, unsigned i, struct diags *diags)
{
	unsigned j;

	for (j = 0; j < i; j++)
		if (!strcmp(marker->sites[i].binary, marker->sites[j].binary) &&
		    !strcmp(marker->sites[i].release, marker->sites[j].release) &&
		    !strcmp(marker->sites[i].symbol, marker->sites[j].symbol))
			diag_error(diags, marker->sites[i].loc, NULL, "marker %s has this site twice", marker->name);
}

static void check_marker(const struct catalogue *cat, const struct cat_marker *marker, struct diags *diags)
{
	unsigned i;

	if (catalogue_find(cat, marker->provider, marker->name) != marker)
		diag_error(diags, marker->loc, NULL, "marker %s:::%s is there twice", marker->provider, marker->name);
	check_words(cat, marker, diags);
	check_args(marker, diags);
	if (!marker->sites_len && !marker->sources_len)
		diag_error(diags, marker->loc, NULL, "marker %s has no site and no source", marker->name);
	for (i = 0; i < marker->sites_len; i++) {
		check_site_clash(marker, i, diags);
		check_site(cat, marker, &marker->sites[i], diags);
	}
	for (i = 0; i < marker->sources_len; i++)
		check_source(marker, &marker->sources[i], diags);
}

/* Only the text can be checked here; that it touches what it is said to is checked where the binary is
 * (test/evidence.sh). */
static void check_witness(const struct catalogue *cat, const struct cat_witness *witness, struct diags *diags)
{
	struct cat_resolver resolver = {NULL, any_member, any_size, any_constant};
	struct cat_seen *seen;
	void *last = NULL;
	unsigned i, n = catalogue_locate_witness(cat, witness, &resolver, &last, diags->arena, &seen);

	if (!n)
		diag_error(diags, witness->loc, NULL, "witness %s sees nothing", witness->symbol);
	for (i = 0; i < n; i++)
		if (!seen[i].loc.n)
			diag_error(diags, witness->loc, NULL, "witness %s: number %u of what it sees is no member",
				   witness->symbol, i + 1);
}

void catalogue_check(const struct catalogue *cat, struct diags *diags)
{
	unsigned i, j;

	for (i = 0; i < cat->providers_len; i++)
		for (j = 0; j < i; j++)
			if (!strcmp(cat->providers[i].name, cat->providers[j].name))
				diag_error(diags, (struct loc){0}, NULL, "provider %s is in two files",
					   cat->providers[i].name);
	for (i = 0; i < cat->aliases_len; i++)
		for (j = 0; j < i; j++)
			if (!strcmp(cat->aliases[i].name, cat->aliases[j].name) &&
			    strcmp(cat->aliases[i].type, cat->aliases[j].type))
				diag_error(diags, cat->aliases[i].loc, NULL, "type %s stands for two types",
					   cat->aliases[i].name);
	for (i = 0; i < cat->markers_len; i++)
		check_marker(cat, &cat->markers[i], diags);
	for (i = 0; i < cat->witnesses_len; i++)
		check_witness(cat, &cat->witnesses[i], diags);
}
