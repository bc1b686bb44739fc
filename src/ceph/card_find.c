/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which card is for this build. In: a build-id, the user's folders, the cards inside the binary. Out: one card, or why
 * not. A user's card goes before a built-in one, and one that is damaged is said to be so, never silently passed over.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ceph/card.h"
#include "lib/embed.h"
#include "lib/held.h"

enum { CARD_FILE_SIZE = 4 * 1024 * 1024 };

#define CARDS_OF_HOST "/var/lib/cephtap/cards"

const char **card_dirs(struct arena *arena)
{
	const char *env = getenv("CEPHTAP_CARDS"), *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	const char **dirs = NULL;
	unsigned n = 0;
	char *dir, *rest;

	if (env) {
		for (rest = arena_strdup(arena, env); (dir = strsep(&rest, ":"));)
			if (*dir)
				*arena_push(arena, dirs, n) = dir;
	}
	if (cache && *cache)
		*arena_push(arena, dirs, n) = arena_printf(arena, "%s/cephtap/cards", cache);
	else if (home && *home)
		*arena_push(arena, dirs, n) = arena_printf(arena, "%s/.cache/cephtap/cards", home);
	*arena_push(arena, dirs, n) = CARDS_OF_HOST;
	*arena_push(arena, dirs, n) = NULL;
	return dirs;
}

const char *card_default_path(struct arena *arena, const char *build_id)
{
	const char **dirs = card_dirs(arena), *env = getenv("CEPHTAP_CARDS");
	const char *dir = !(env && *env) && geteuid() == 0 ? CARDS_OF_HOST : dirs[0];

	return arena_printf(arena, "%s/%s.card", dir, build_id);
}

static int read_card_file(struct arena *arena, const char *path, struct source *source)
{
	struct held *held;
	struct buf why = {0};
	int error = held_open(path, &held, &why);
	char *text;
	ssize_t n;

	buf_free(&why);
	if (error)
		return error;
	text = arena_alloc(arena, CARD_FILE_SIZE + 1);
	n = held_read(held, text, CARD_FILE_SIZE + 1, 0);
	held_close(held);
	if (n < 0 || n > CARD_FILE_SIZE)
		return n < 0 ? (int)n : -EFBIG;
	text[n] = '\0';
	*source = (struct source){arena_strdup(arena, path), text, (size_t)n};
	return 0;
}

/* 0, or -EINVAL with the first thing that is wrong. */
static int use_card(struct arena *arena, const struct source *source, const char *build_id, struct card **out,
		    const char **why)
{
	struct card *card = arena_new_one(arena, struct card);
	struct diags diags;
	unsigned line = 0, column = 0;

	diags_init(&diags, arena);
	if (card_parse(arena, source, card, &diags)) {
		if (diags.first)
			loc_position(diags.first->loc, &line, &column);
		*why = arena_printf(
			arena, "the layout card %s is damaged (line %u: %s): remove it or run `cephtap learn` anew",
			source->name, line, diags.first ? diags.first->text : "unreadable");
		return -EINVAL;
	}
	if (!card->build_id || strcmp(card->build_id, build_id)) {
		*why = arena_printf(
			arena,
			"the layout card %s is for another build (build-id %s): remove it or run `cephtap learn` anew",
			source->name, card->build_id ? card->build_id : "none: it is a family's");
		return -EINVAL;
	}
	*out = card;
	return 0;
}

int card_find(struct arena *arena, const char *build_id, struct card **out, const char **why)
{
	const char **dirs = card_dirs(arena);
	const char *name = arena_printf(arena, "%s.card", build_id);
	const struct source *builtin;
	struct source source;
	unsigned i;

	*why = NULL;
	if (!*build_id || strspn(build_id, "0123456789abcdef") != strlen(build_id))
		return -ENOENT;
	for (i = 0; dirs[i]; i++) {
		const char *path = arena_printf(arena, "%s/%s", dirs[i], name);

		if (!access(path, R_OK) && !read_card_file(arena, path, &source))
			return use_card(arena, &source, build_id, out, why);
	}
	builtin = embedded_find(arena, embedded_cards, name);
	return builtin ? use_card(arena, builtin, build_id, out, why) : -ENOENT;
}
