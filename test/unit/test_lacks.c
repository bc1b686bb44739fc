/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reports without a marker: each script of a report that may lack markers is checked with each of its markers hidden in
 * turn, and with each of them without arguments. It goes on, says what it lacks, and keeps nothing that would be wrong;
 * only what it is about is an error. Ceph's probes are the catalogue's, all others those of this host.
 */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ceph/catalogue.h"
#include "front/d/check/check.h"
#include "front/d/lower.h"
#include "lib/kernel.h"
#include "plan/options.h"
#include "probe/host.h"
#include "types/kernel_types.h"
#include "cmd/lacks.h"

static const char *const scripts[] = {"osd.d",	    "slow-ops.d", "top.d", "bluestore.d", "client.d",
				      "recovery.d", "io.d",	  "op.d",  "profile.d"};

enum { SCRIPTS = sizeof(scripts) / sizeof(scripts[0]) };

static struct arena *arena;
static struct catalogue *cat;
static struct probe *markers; /* one for each of the catalogue's */
static struct probe_source host_source;
static struct probe_host *host;
static const char *hidden; /* "ceph_osd:::op-done" */
static bool hides_args;	   /* it is there, but its arguments are not */

static struct arg *args_of(const struct cat_marker *marker, const char *why)
{
	struct arg *args = arena_new_array(arena, struct arg, marker->args_len + 1);

	for (unsigned i = 0; i < marker->args_len; i++)
		args[i] = (struct arg){.name = marker->args[i].name,
				       .type = marker->args[i].type->type,
				       .size = marker->args[i].type->size,
				       .is_signed = marker->args[i].type->is_signed,
				       .why = why,
				       .loc = {.n = !why, .steps = {{.op = STEP_REG, .reg = ARGREG_RDI}}},
				       .len_loc = {.n = !why, .steps = {{.op = STEP_REG, .reg = ARGREG_RSI}}}};
	return args;
}

static const char *text_of(const struct cat_marker *marker)
{
	return arena_printf(arena, "%s:::%s", marker->provider, marker->name);
}

static struct probe *marker_probe(unsigned i)
{
	const struct cat_marker *marker = &cat->markers[i];
	const char *why = hides_args && hidden && !strcmp(text_of(marker), hidden) ? "it moved" : NULL;
	struct probe *probe = &markers[i];

	*probe = (struct probe){.id = 100000 + i,
				.prov = marker->provider,
				.mod = "ceph-osd",
				.func = "f",
				.name = marker->name,
				.kind = PROBE_UPROBE,
				.ctx = CTX_UPROBE,
				.args = args_of(marker, NULL),
				.args_len = marker->args_len,
				.sites = arena_new_one(arena, struct site),
				.sites_len = 1};
	*probe->sites = (struct site){.path = "/ceph-osd", .args = args_of(marker, why)};
	return probe;
}

static struct probe_list find(struct probe_source *source, const struct probe_desc *desc, const char **why_not)
{
	struct probe_list list = {.arena = arena};

	(void)source;
	if (strncmp(desc->prov, "ceph_", 5))
		return host_source.find(&host_source, desc, why_not);
	for (unsigned i = 0; i < cat->markers_len; i++)
		if (!strcmp(cat->markers[i].provider, desc->prov) && !strcmp(cat->markers[i].name, desc->name) &&
		    (hides_args || !hidden || strcmp(text_of(&cat->markers[i]), hidden)))
			*arena_push(arena, list.probes, list.len) = marker_probe(i);
	*why_not = list.len ? NULL : "it is inlined";
	return list;
}

static void read_file(const char *name, struct buf *text)
{
	FILE *file = fopen(arena_printf(arena, "scripts/%s", name), "r");
	char block[4096];
	size_t n;

	assert_non_null(file);
	assert_non_null(fgets(block, sizeof(block), file)); /* #!/usr/bin/env */
	while ((n = fread(block, 1, sizeof(block), file)))
		buf_add(text, block, n);
	fclose(file);
}

static char *read_script(const char *name)
{
	struct buf text = {0};

	read_file(name, &text);
	if (!strcmp(name, "profile.d"))
		read_file("profile-stages.d", &text);
	buf_add(&text, "", 1);
	return text.data;
}

/* NULL: it was refused. What was said is in *said. */
static struct checked *check(const char *name, const char *text, const struct may_lack *may, const char **said)
{
	static char *arguments[] = {(char *)"5"};
	struct macros macros = {.args = arguments, .args_len = 1};
	struct probe_source probes = {.find = find,
				      .types = kernel_types_new(arena, kernel_btf, kernel_module_btf_nth)};
	struct source *source = arena_new_one(arena, struct source);
	struct script *script = arena_new_one(arena, struct script);
	struct checked *checked = NULL;
	struct options options;
	struct diags diags;
	struct buf out = {0};

	*source = (struct source){.name = name, .text = text, .size = strlen(text)};
	options_default(&options);
	options.may_lack = may;
	diags_init(&diags, arena);
	if (ast_parse(arena, source, &macros, &diags, script) && check_pragmas(script, &options, &diags))
		checked = check_script(arena, script, &probes, &options, &diags);
	if (checked)
		assert_non_null(lower_script(arena, checked));
	diags_print(&diags, false, &out);
	*said = out.data ? arena_strdup(arena, out.data) : "";
	buf_free(&out);
	return checked;
}

static bool has_word(const char *list, const char *word)
{
	const char *at = list ? strstr(list, word) : NULL;
	size_t n = strlen(word);

	return at && (at == list || at[-1] == ' ' || at[-1] == '|') && (!at[n] || at[n] == ' ' || at[n] == '|');
}

/* ---- what is left ---- */

static bool is_aggregation_of(const struct stmt *stmt, const char *word)
{
	const struct node *agg = stmt->kind == STMT_EXPR && stmt->expr->kind == NODE_ASSIGN ? stmt->expr->left : NULL;
	bool found = false;

	if (!agg || agg->kind != NODE_AGG)
		return false;
	for (unsigned i = 0; i < agg->args_len; i++) {
		const struct node *key = agg->args[i];

		found |= key->kind == NODE_STRING && !strcmp(key->text, word);
		found |= key->kind == NODE_IDENT && !strncmp(word, "this->", 6) && !strcmp(key->name, word + 6);
	}
	return found || (*word == '@' && !strcmp(agg->name, word + 1));
}

static unsigned count_statements(const struct stmt *stmt, const char *word)
{
	unsigned n = 0;

	for (; stmt; stmt = stmt->next)
		n += (unsigned)is_aggregation_of(stmt, word) + count_statements(stmt->body, word) +
		     count_statements(stmt->other, word);
	return n;
}

/* How often the script gathers by this, in clauses that have a probe. */
static unsigned count_left(const struct checked *checked, const char *word)
{
	unsigned n = 0;

	for (unsigned i = 0; i < checked->clauses_len; i++) {
		const struct checked_clause *clause = &checked->clauses[i];

		for (unsigned j = 0; j < clause->probes_len; j++) {
			const char *marker =
				arena_printf(arena, "%s:::%s", clause->probes[j]->prov, clause->probes[j]->name);

			n += !strcmp(marker, word);
		}
		n += clause->probes_len ? count_statements(clause->clause->body, word) : 0;
	}
	return n;
}

static void each_word(const char *list, void (*call)(const char *word, const void *data), const void *data)
{
	for (size_t n; list && *list; list += n + (list[n] == '|')) {
		n = strcspn(list, "|");
		call(arena_strndup(arena, list, n), data);
	}
}

static void assert_gone(const char *word, const void *data)
{
	if (count_left(data, word))
		fail_msg("without %s, %s is still gathered", hidden, word);
}

static void assert_there(const char *word, const void *data)
{
	if (!count_left(data, word))
		fail_msg("%s is nothing that the script gathers", word);
}

static const struct lack *lack_of(const struct may_lack *may, const char *marker)
{
	for (unsigned i = 0; i < may->lacks_len; i++)
		if (has_word(may->lacks[i].markers, marker))
			return &may->lacks[i];
	return NULL;
}

static void try_without(const char *name, const char *text, const struct may_lack *may, const char *marker)
{
	const struct lack *lack = lack_of(may, marker);
	const char *said;
	struct checked *checked;

	hidden = marker;
	checked = check(name, text, may, &said);
	if (has_word(may->about, marker)) {
		if (checked || !strstr(said, hides_args ? "it moved" : "it is inlined"))
			fail_msg("%s goes on without %s, which it is about: %s", name, marker, said);
		return;
	}
	if (!checked)
		fail_msg("%s does not go on without %s: %s", name, marker, said);
	if (!strstr(said, arena_printf(arena, "%s is missing here, and with it the report lacks %s: ", marker,
				       lack ? lack->says : "what it shows")))
		fail_msg("%s does not say what it lacks without %s: %s", name, marker, said);
	assert_gone(marker, checked);
	if (lack)
		each_word(lack->takes, assert_gone, checked);
}

/* Is the marker in the script, and not in the middle of a longer name? */
static bool is_named(const char *text, const char *marker)
{
	size_t n = strlen(marker);

	for (const char *at = text; (at = strstr(at, marker)); at += n)
		if (at[n] != '-' && !isalnum((unsigned char)at[n]))
			return true;
	return false;
}

static void reports_go_on_without_a_marker(void **state)
{
	(void)state;
	for (unsigned s = 0; s < SCRIPTS; s++) {
		const struct may_lack *may = script_may_lack(scripts[s]);
		char *text = read_script(scripts[s]);

		assert_non_null(may);
		for (unsigned i = 0; i < cat->markers_len; i++) {
			const char *marker = text_of(&cat->markers[i]);

			if (is_named(text, marker))
				try_without(scripts[s], text, may, marker);
		}
		hidden = NULL;
		free(text);
	}
}

/* Where a script asks for none of a marker's arguments, it does not matter that they are missing. */
static void reports_go_on_without_arguments(void **state)
{
	static const char *const asked[] = {"ceph_osd:::op-done", "ceph_osd:::op-start", "ceph_store:::txn-io-done"};
	char *text = read_script("osd.d");

	(void)state;
	hides_args = true;
	for (unsigned i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
		try_without("osd.d", text, script_may_lack("osd.d"), asked[i]);
	hides_args = false;
	hidden = NULL;
	free(text);
}

/* The tables are of these scripts: each marker has a row, and each thing that goes is there to go. */
static void tables_fit_their_scripts(void **state)
{
	(void)state;
	for (unsigned s = 0; s < SCRIPTS; s++) {
		const struct may_lack *may = script_may_lack(scripts[s]);
		char *text = read_script(scripts[s]);
		const char *said;
		struct checked *checked = check(scripts[s], text, may, &said);

		if (!checked)
			fail_msg("%s", said);
		for (unsigned i = 0; may->lacks_len && i < cat->markers_len; i++) {
			const char *marker = text_of(&cat->markers[i]);

			if (is_named(text, marker) && !lack_of(may, marker) && !has_word(may->about, marker))
				fail_msg("%s may lack %s, and no row says what it then lacks", scripts[s], marker);
		}
		for (unsigned i = 0; i < may->lacks_len; i++)
			each_word(may->lacks[i].takes, assert_there, checked);
		free(text);
	}
}

/* With nothing of Ceph there is no report, but of what the kernel tells. */
static void nothing_left_is_an_error(void **state)
{
	const char *text = "ceph_store:::deferred-queue { @n = count(); } END { printa(@n); }", *said;

	(void)state;
	hidden = "ceph_store:::deferred-queue";
	assert_null(check("bluestore.d", text, script_may_lack("bluestore.d"), &said));
	assert_non_null(strstr(said, "nothing of this report is left"));
	/* A script of a user's needs all that it names. */
	assert_null(
		check("x.d", "ceph_store:::deferred-queue, ceph_store:::txn-io-done { @n = count(); }", NULL, &said));
	hidden = NULL;
}

static int setup(void **state)
{
	static struct target target;

	(void)state;
	arena = arena_new();
	cat = catalogue_builtin(arena);
	markers = arena_new_array(arena, struct probe, cat->markers_len + 1);
	host = probe_host_new(arena, &target);
	host_source = probe_host_source(host);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	probe_host_free(host);
	arena_free(arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_fit_their_scripts),
		cmocka_unit_test(reports_go_on_without_a_marker),
		cmocka_unit_test(reports_go_on_without_arguments),
		cmocka_unit_test(nothing_left_is_an_error),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
