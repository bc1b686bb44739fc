/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Markers that a script may lack (plan/lacks.h): where one cannot be probed here, or not with an argument that the
 * script asks for, its clauses are left out as a whole, and with them what would be wrong without it: aggregations by a
 * key or a name, clauses of other markers. A sentence says what and why. An error is what the script is about, and that
 * nothing is left.
 */
#include <string.h>

#include "front/d/check/ctx.h"

/* "ceph_osd:::op-done" in a list with `separator` between. */
static bool is_in(const char *list, char separator, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = list; at && *at; at += strcspn(at, (char[]){separator, '\0'}), at += *at == separator)
		if (!strncmp(at, word, n) && (at[n] == separator || !at[n]))
			return true;
	return false;
}

static const char *marker_text(struct check_ctx *ctx, const char *prov, const char *name)
{
	return arena_printf(ctx->arena, "%s:::%s", prov, name);
}

bool check_may_lack(struct check_ctx *ctx, const char *prov, const char *name)
{
	const struct may_lack *may = ctx->options->may_lack;

	return may && !strncmp(prov, "ceph_", 5) && !is_in(may->about, ' ', marker_text(ctx, prov, name));
}

static bool is_lost(const struct check_ctx *ctx, const char *marker)
{
	for (unsigned i = 0; i < ctx->lost_len; i++)
		if (!strcmp(ctx->lost[i].marker, marker))
			return true;
	return false;
}

void check_lack(struct check_ctx *ctx, struct loc loc, const char *prov, const char *name, const char *why)
{
	const char *marker = marker_text(ctx, prov, name);

	if (!is_lost(ctx, marker))
		*arena_push(ctx->arena, ctx->lost, ctx->lost_len) = (struct lost_marker){marker, why, loc};
}

static bool concerns(const struct check_ctx *ctx, const struct lack *lack)
{
	for (unsigned i = 0; i < ctx->lost_len; i++)
		if (is_in(lack->markers, ' ', ctx->lost[i].marker))
			return true;
	return false;
}

/* Markers that go with others. One may take the next along. */
static void lose_more(struct check_ctx *ctx)
{
	const struct may_lack *may = ctx->options->may_lack;

	for (unsigned i = 0; i < may->lacks_len; i++) {
		const char *at = may->lacks[i].takes;

		for (size_t n; at && concerns(ctx, &may->lacks[i]) && *at; at += n + (at[n] == '|')) {
			const char *word = arena_strndup(ctx->arena, at, n = strcspn(at, "|"));

			if (!strncmp(word, "ceph_", 5) && !is_lost(ctx, word))
				*arena_push(ctx->arena, ctx->lost, ctx->lost_len) =
					(struct lost_marker){.marker = word};
		}
	}
}

/* ---- what is taken away ---- */

static bool is_taken(const struct check_ctx *ctx, const char *word)
{
	const struct may_lack *may = ctx->options->may_lack;

	for (unsigned i = 0; i < may->lacks_len; i++)
		if (is_in(may->lacks[i].takes, '|', word) && concerns(ctx, &may->lacks[i]))
			return true;
	return false;
}

static bool is_key_taken(struct check_ctx *ctx, const struct node *key)
{
	if (key->kind == NODE_STRING)
		return is_taken(ctx, key->text);
	return key->kind == NODE_IDENT && key->scope == SCOPE_THIS &&
	       is_taken(ctx, arena_printf(ctx->arena, "this->%s", key->name));
}

static bool is_statement_taken(struct check_ctx *ctx, const struct stmt *stmt)
{
	const struct node *agg = stmt->kind == STMT_EXPR && stmt->expr->kind == NODE_ASSIGN ? stmt->expr->left : NULL;

	if (!agg || agg->kind != NODE_AGG)
		return false;
	for (unsigned i = 0; i < agg->args_len; i++)
		if (is_key_taken(ctx, agg->args[i]))
			return true;
	return is_taken(ctx, arena_printf(ctx->arena, "@%s", agg->name));
}

static void take_statements(struct check_ctx *ctx, struct stmt **at)
{
	while (*at) {
		if (is_statement_taken(ctx, *at)) {
			*at = (*at)->next;
			continue;
		}
		take_statements(ctx, &(*at)->body);
		take_statements(ctx, &(*at)->other);
		at = &(*at)->next;
	}
}

static void take_probes(struct check_ctx *ctx, struct checked_clause *clause)
{
	unsigned n = 0;

	for (unsigned i = 0; i < clause->probes_len; i++)
		if (!is_lost(ctx, marker_text(ctx, clause->probes[i]->prov, clause->probes[i]->name)))
			clause->probes[n++] = clause->probes[i];
	clause->probes_len = n;
}

/* ---- what is said ---- */

static const char *what_goes(const struct check_ctx *ctx, const char *marker)
{
	const struct may_lack *may = ctx->options->may_lack;

	for (unsigned i = 0; i < may->lacks_len; i++)
		if (is_in(may->lacks[i].markers, ' ', marker))
			return may->lacks[i].says;
	return "what it shows";
}

static bool has_markers(const struct check_ctx *ctx)
{
	for (unsigned i = 0; i < ctx->out->clauses_len; i++)
		for (unsigned j = 0; j < ctx->out->clauses[i].probes_len; j++)
			if (!strncmp(ctx->out->clauses[i].probes[j]->prov, "ceph_", 5))
				return true;
	return false;
}

/* Does the script look at anything but Ceph? Its timers count for nothing. */
static bool has_others(const struct check_ctx *ctx)
{
	for (unsigned i = 0; i < ctx->out->clauses_len; i++)
		for (unsigned j = 0; j < ctx->out->clauses[i].probes_len; j++)
			if (ctx->out->clauses[i].probes[j]->sites_len ||
			    ctx->out->clauses[i].probes[j]->kind == PROBE_PROFILE)
				return true;
	return false;
}

void check_lacks_finish(struct check_ctx *ctx)
{
	unsigned said = ctx->lost_len;

	if (!said)
		return;
	for (unsigned before = 0; before != ctx->lost_len;) {
		before = ctx->lost_len;
		lose_more(ctx);
	}
	for (unsigned i = 0; i < ctx->out->clauses_len; i++) {
		take_probes(ctx, &ctx->out->clauses[i]);
		take_statements(ctx, &ctx->out->clauses[i].clause->body);
	}
	if (!ctx->options->zdefs && !has_markers(ctx) && !has_others(ctx)) {
		diag_error(ctx->diags, ctx->lost[0].loc, "D_PDESC_ZERO", "%s: nothing of this report is left",
			   ctx->lost[0].why);
		return;
	}
	for (unsigned i = 0; i < said; i++)
		if (!ctx->options->zdefs || has_markers(ctx)) /* else there is no Ceph here, which may be */
			diag_warning(ctx->diags, ctx->lost[i].loc, NULL,
				     "%s is missing here, and with it the report lacks %s: %s", ctx->lost[i].marker,
				     what_goes(ctx, ctx->lost[i].marker), ctx->lost[i].why);
}
