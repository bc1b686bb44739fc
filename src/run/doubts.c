/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "run/doubts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"

/* The site whose check it was: all of a probe are asked the same, but some lack arguments. */
static const struct site *asked_site(const struct probe *probe, unsigned check)
{
	for (unsigned i = 0; i < probe->sites_len; i++)
		if (check < probe->sites[i].checks_len)
			return &probe->sites[i];
	return NULL;
}

static void put_why(struct buf *text, const struct argcheck *check, const struct arg *arg, uint64_t value)
{
	buf_printf(text, "its argument `%s` ", arg->name);
	switch (check->kind) {
	case CHECK_SMALL:
		buf_printf(text, "was %" PRId64 ", which none is", (int64_t)value);
		break;
	case CHECK_STRING:
		buf_printf(text, "was no text (%" PRIu64 " bytes long)", value);
		break;
	case CHECK_TIME:
		buf_printf(text, "was %" PRIu64 ", a time that is not of these days", value);
		break;
	case CHECK_SAME:
		buf_printf(text, "was %" PRIu64 " in one place and something else in another", value);
		break;
	}
}

static void tell(struct doubts *doubts, const struct probe *probe, const struct image_doubt *found)
{
	const struct site *site = asked_site(probe, found->wrong - 1);
	struct buf text = {0};

	buf_printf(&text, "%s:::%s is switched off, after %" PRIu64 " firing%s: ", probe->prov, probe->name,
		   found->fired, found->fired == 1 ? "" : "s");
	if (site)
		put_why(&text, &site->checks[found->wrong - 1], &probe->args[site->checks[found->wrong - 1].arg],
			found->value);
	buf_printf(&text,
		   "; so its layout is not that of this build, and what the report has of it is in doubt: `cephtap "
		   "learn %s` makes a layout card that is",
		   *probe->mod ? probe->mod : "FILE");
	doubts->say(doubts->data, text.data);
	buf_free(&text);
}

void doubts_step(struct doubts *doubts)
{
	const struct image *image = doubts->image;
	unsigned len = image->map_doubts == MAP_NONE ? 0 : image->plan->probes_len;
	struct image_doubt *found = len ? calloc(len, sizeof(*found)) : NULL;
	const uint32_t zero = 0;

	if (found && !engine_map_lookup(doubts->engine, image->map_doubts, &zero, found)) {
		for (unsigned i = 0; i < len; i++) {
			if (!found[i].wrong || doubts->is_told[i])
				continue;
			doubts->is_told[i] = true;
			tell(doubts, image->plan->probes[i], &found[i]);
		}
	}
	free(found);
}

/* ---- at the end ---- */

/* The weaker evidence of the probe's sites in that file; NULL: none is weak. */
static const char *doubt_of(const struct probe *probe, const char *mod)
{
	for (unsigned i = 0; !strcmp(probe->mod, mod) && i < probe->sites_len; i++)
		if (probe->sites[i].doubt)
			return probe->sites[i].doubt;
	return NULL;
}

static unsigned count_by(const struct plan *plan, const char *mod, const char *evidence, unsigned from)
{
	unsigned n = 0;

	for (unsigned i = from; i < plan->probes_len; i++) {
		const char *one = doubt_of(plan->probes[i], mod);

		n += one && !strcmp(one, evidence);
	}
	return n;
}

/* Did an earlier probe have the same: of that evidence, or (NULL) of any? */
static bool is_said(const struct plan *plan, unsigned probe, const char *evidence)
{
	for (unsigned i = 0; i < probe; i++) {
		const char *one = doubt_of(plan->probes[i], plan->probes[probe]->mod);

		if (one && (!evidence || !strcmp(one, evidence)))
			return true;
	}
	return false;
}

static void say_file(struct doubts *doubts, unsigned first)
{
	const struct plan *plan = doubts->image->plan;
	const char *mod = plan->probes[first]->mod, *separator = ": ";
	struct buf text = {0};

	buf_printf(&text, "%s: there is no debug information of this build, so the layout of its markers is known",
		   mod);
	for (unsigned i = first; i < plan->probes_len; i++) {
		const char *evidence = doubt_of(plan->probes[i], mod);
		unsigned n = evidence && !is_said(plan, i, evidence) ? count_by(plan, mod, evidence, i) : 0;

		if (!n)
			continue;
		buf_printf(&text, "%s%s (%u marker%s)", separator, evidence, n, n == 1 ? "" : "s");
		separator = "; ";
	}
	doubts->say(doubts->data, text.data);
	buf_free(&text);
}

void doubts_end(struct doubts *doubts)
{
	const struct plan *plan = doubts->image->plan;

	doubts_step(doubts);
	for (unsigned i = 0; i < plan->probes_len; i++)
		if (doubt_of(plan->probes[i], plan->probes[i]->mod) && !is_said(plan, i, NULL))
			say_file(doubts, i);
}

void doubts_go_over(struct doubts *doubts, struct engine *engine, const struct image *image)
{
	if (doubts->image)
		doubts_step(doubts);
	doubts->engine = engine;
	doubts->image = image;
	doubts->is_told = arena_new_array(doubts->arena, bool, image->plan->probes_len + 1);
}
