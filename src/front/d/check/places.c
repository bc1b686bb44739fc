/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Places that lack an argument which the script asks for. A marker has places in many files, and some of them may be
 * strangers': one that does not have what the others have is left out by name, for the whole script, and the rest goes
 * on. What comes of it is an error only where nothing is left.
 */
#include <string.h>

#include "front/d/check/ctx.h"

enum { GROUPS_SAID = 3 };

/* Places of one probe in one file, left out for one reason: one sentence. */
struct left_group {
	const struct probe *probe;
	const struct site *first;
	const char *what, *why; /* "args[3]", "it has only 1 argument there" */
	struct loc loc;
	unsigned len;
};

static struct left_places *places_of(struct check_ctx *ctx, const struct probe *probe)
{
	struct left_places *places;
	unsigned i;

	for (i = 0; i < ctx->out->left_len; i++)
		if (ctx->out->left[i].probe == probe)
			return &ctx->out->left[i];
	places = arena_push(ctx->arena, ctx->out->left, ctx->out->left_len);
	places->probe = probe;
	places->sites = arena_new_array(ctx->arena, bool, probe->sites_len + 1);
	return places;
}

static bool is_same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static void add_to_group(struct check_ctx *ctx, const struct left_group *one)
{
	struct left_group *group;
	unsigned i;

	for (i = ctx->left_groups_len; i-- > 0;) {
		group = &ctx->left_groups[i];
		if (group->probe != one->probe || !is_same_text(group->why, one->why) ||
		    !is_same_text(group->first->path, one->first->path))
			continue;
		group->len++;
		return;
	}
	*arena_push(ctx->arena, ctx->left_groups, ctx->left_groups_len) = *one;
}

void check_leave_out(struct check_ctx *ctx, struct loc loc, const struct probe *probe, unsigned site, const char *what,
		     const char *why)
{
	struct left_places *places = places_of(ctx, probe);
	unsigned i = site == PLACES_ALL ? 0 : site, end = site == PLACES_ALL ? probe->sites_len : site + 1;

	for (; i < end; i++) {
		const struct left_group one = {probe, &probe->sites[i], what, why, loc, 1};

		if (places->sites[i])
			continue;
		places->sites[i] = true;
		places->len++;
		add_to_group(ctx, &one);
	}
}

void check_sound_places(struct check_ctx *ctx, struct loc loc, const struct probe *probe)
{
	unsigned i;

	for (i = 0; i < probe->sites_len; i++)
		if (probe->sites[i].why_not)
			check_leave_out(ctx, loc, probe, i, NULL, probe->sites[i].why_not);
}

/* "places of a:b:c:d in /x/y, process 5 (uid 7)" */
static const char *group_text(struct check_ctx *ctx, const struct left_group *group)
{
	const char *whose = ctx->source->whose ? ctx->source->whose(ctx->source, group->first) : "";

	return arena_printf(ctx->arena, "%s at %s in %s%s%s", check_probe_text(ctx, group->probe),
			    group->len == 1
				    ? arena_printf(ctx->arena, "0x%llx", (unsigned long long)group->first->vaddr)
				    : arena_printf(ctx->arena, "%u places", group->len),
			    site_path(group->first) ? site_path(group->first) : "a file", *whose ? ", " : "", whose);
}

static const char *asked(struct check_ctx *ctx, const struct left_group *group)
{
	return group->what ? arena_printf(ctx->arena, "the script asks for %s, and ", group->what) : "";
}

static void say_group(struct check_ctx *ctx, const struct left_group *group)
{
	diag_warning(ctx->diags, group->loc, NULL, "%s is left out: %s%s", group_text(ctx, group), asked(ctx, group),
		     group->why);
}

static bool has_places(const struct check_ctx *ctx, const struct probe *probe)
{
	unsigned i;

	for (i = 0; i < ctx->out->left_len; i++)
		if (ctx->out->left[i].probe == probe)
			return ctx->out->left[i].len < probe->sites_len;
	return true;
}

static void say_nothing_left(struct check_ctx *ctx, const struct checked_clause *clause, const struct probe *probe)
{
	const struct left_group *group = ctx->left_groups;

	while (group->probe != probe)
		group++;
	diag_error(ctx->diags, clause->clause->loc, "D_PDESC_ZERO", "no place of %s is left for this clause: %s%s",
		   check_probe_text(ctx, probe), asked(ctx, group), group->why);
}

void check_places_finish(struct check_ctx *ctx)
{
	struct checked *out = ctx->out;
	unsigned i, j, n;

	for (i = 0; i < ctx->left_groups_len && i < GROUPS_SAID; i++)
		say_group(ctx, &ctx->left_groups[i]);
	if (ctx->left_groups_len > i)
		diag_warning(ctx->diags, ctx->left_groups[i].loc, NULL,
			     "%u more such messages are left out; `cephtap list -v` shows places and arguments",
			     ctx->left_groups_len - i);
	for (i = 0; ctx->left_groups_len && i < out->clauses_len; i++) {
		struct checked_clause *clause = &out->clauses[i];
		const struct probe *last = clause->probes_len ? clause->probes[0] : NULL;

		for (j = n = 0; j < clause->probes_len; j++)
			if (has_places(ctx, clause->probes[j]))
				clause->probes[n++] = clause->probes[j];
		clause->probes_len = n;
		if (!n && last)
			say_nothing_left(ctx, clause, last);
	}
}
