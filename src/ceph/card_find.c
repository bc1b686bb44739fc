/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which card is for this build, and which cards there are. In: a build-id, the folders of cards, the cards inside the
 * binary. Out: one card, or why not. A card of a folder goes before a built-in one. One that is damaged, or that others
 * could have written, is said to be so, never silently passed over.
 */
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ceph/card.h"
#include "lib/elf.h"
#include "lib/embed.h"
#include "lib/held.h"
#include "lib/path.h"

enum { FILES_MAX = 1000 /* of one folder */ };

#define CARDS_OF_HOST "/var/lib/cephtap/cards"

static const char *const dirs_of_all[] = {CARDS_OF_HOST, "/etc/cephtap/cards", "/usr/share/cephtap/cards"};

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
	for (unsigned i = 0; i < sizeof(dirs_of_all) / sizeof(dirs_of_all[0]); i++)
		*arena_push(arena, dirs, n) = dirs_of_all[i];
	*arena_push(arena, dirs, n) = NULL;
	return dirs;
}

const char *card_default_path(struct arena *arena, const char *build_id)
{
	const char **dirs = card_dirs(arena), *env = getenv("CEPHTAP_CARDS");
	const char *dir = !(env && *env) && geteuid() == 0 ? CARDS_OF_HOST : dirs[0];

	return arena_printf(arena, "%s/%s.card", dir, build_id);
}

/* A layout that a stranger has written would make wrong figures of whatever is traced. */
static int check_owner(struct arena *arena, const struct held *held, const char *path, const char **why)
{
	const struct statx *st = held_stat(held);
	bool is_ours = path_is_trusted(st->stx_uid), is_shared = st->stx_mode & (S_IWGRP | S_IWOTH);

	if (is_ours && !is_shared)
		return 0;
	*why = is_ours ? arena_printf(arena,
				      "the layout card %s is not used, since others than its owner can write it: chmod "
				      "go-w it, if it is what you put there",
				      path)
		       : arena_printf(
				 arena,
				 "the layout card %s is not used, since it is owned by user %u, neither by root nor "
				 "by you: chown it, if you trust it",
				 path, st->stx_uid);
	return -EPERM;
}

/* 0; -ENOENT: it is not there; another errno with a sentence. */
static int read_card_file(struct arena *arena, const char *path, struct source *source, const char **why)
{
	struct held *held;
	struct buf text = {0};
	int error = held_open(path, &held, &text);
	char *data;
	ssize_t n;

	if (error == -ENOTDIR || (error == -EACCES && access(path, F_OK))) /* a folder that we may not look into */
		error = -ENOENT;
	if (error && error != -ENOENT)
		*why = arena_printf(arena, "the layout card %s cannot be read: %s", path, text.data);
	buf_free(&text);
	if (error)
		return error;
	error = check_owner(arena, held, path, why);
	data = error ? NULL : arena_alloc(arena, CARD_FILE_SIZE + 1);
	n = error ? 0 : held_read(held, data, CARD_FILE_SIZE + 1, 0);
	held_close(held);
	if (error)
		return error;
	if (n < 0 || n > CARD_FILE_SIZE) {
		*why = arena_printf(arena, "the layout card %s %s", path,
				    n < 0 ? "cannot be read" : "is larger than any card");
		return n < 0 ? (int)n : -EFBIG;
	}
	data[n] = '\0';
	*source = (struct source){arena_strdup(arena, path), data, (size_t)n};
	return 0;
}

/* 0, or -EINVAL with the first thing that is wrong. */
int card_read(struct arena *arena, const struct source *source, struct card **out, const char **why)
{
	struct card *card = arena_new_one(arena, struct card);
	struct diags diags;
	unsigned line = 0, column = 0;

	diags_init(&diags, arena);
	if (!card_parse(arena, source, card, &diags)) {
		*out = card;
		return 0;
	}
	if (diags.first)
		loc_position(diags.first->loc, &line, &column);
	*why = arena_printf(arena, "the layout card %s is damaged (line %u: %s): remove it or run `cephtap learn` anew",
			    source->name, line, diags.first ? diags.first->text : "unreadable");
	return -EINVAL;
}

static int use_card(struct arena *arena, const struct source *source, const char *build_id, struct card **out,
		    const char **why)
{
	struct card *card;
	int error = card_read(arena, source, &card, why);

	if (error)
		return error;
	if (!card->build_id || strcmp(card->build_id, build_id)) {
		*why = arena_printf(
			arena,
			"the layout card %s is for another build (build-id %s): remove it or run `cephtap learn` anew",
			source->name, card->build_id ? card->build_id : "none: it is a family's");
		return -EINVAL;
	}
	if (!card_is_for_here(card)) {
		*why = arena_printf(arena,
				    "the layout card %s is for another architecture (%s): remove it or run `cephtap "
				    "learn` anew",
				    source->name, card->architecture);
		return -EINVAL;
	}
	*out = card;
	return 0;
}

static bool is_build_id(const char *text)
{
	return *text && strspn(text, "0123456789abcdef") == strlen(text);
}

int card_find(struct arena *arena, const char *build_id, struct card **out, const char **why)
{
	const char **dirs = card_dirs(arena);
	const char *name = arena_printf(arena, "%s.card", build_id);
	const struct source *builtin;
	struct source source;

	*why = NULL;
	if (!is_build_id(build_id))
		return -ENOENT;
	for (unsigned i = 0; dirs[i]; i++) {
		int error = read_card_file(arena, arena_printf(arena, "%s/%s", dirs[i], name), &source, why);

		if (!error)
			return use_card(arena, &source, build_id, out, why);
		if (*why)
			return error;
	}
	builtin = embedded_find(arena, embedded_cards, name);
	return builtin ? use_card(arena, builtin, build_id, out, why) : -ENOENT;
}

int card_find_of(struct arena *arena, struct elf_file *elf, struct card **out, const char **why)
{
	if (elf_file_machine(elf) == EM_X86_64)
		return card_find(arena, elf_build_id(elf), out, why);
	*why = arena_printf(arena, "%s is for another architecture (%s): markers are read of x86_64 alone",
			    elf_file_path(elf), card_architecture(arena, elf_file_machine(elf)));
	return -ENOTSUP;
}

/* ---- all of them ---- */

static void add_builtin(struct arena *arena, struct card_file **files, unsigned *len)
{
	for (unsigned i = 0; embedded_cards[i].name; i++) {
		struct card_file file = {.name = embedded_cards[i].name};
		size_t size = strlen(file.name);

		if (size > 5 && !strcmp(file.name + size - 5, ".card") &&
		    !card_read(arena, embedded_unpack(arena, &embedded_cards[i]), &file.card, &file.why))
			*arena_push(arena, *files, *len) = file;
	}
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_card_name(const struct dirent *entry)
{
	size_t size = strlen(entry->d_name);

	return size > 5 && !strcmp(entry->d_name + size - 5, ".card") && *entry->d_name != '.';
}

static void add_folder(struct arena *arena, const char *dir, struct card_file **files, unsigned *len)
{
	struct dirent **entries = NULL;
	int n = scandir(dir, &entries, is_card_name, compare_names);

	for (int i = 0; i < n; i++) {
		struct card_file file = {.path = arena_printf(arena, "%s/%s", dir, entries[i]->d_name)};
		struct source source;

		file.name = arena_strdup(arena, entries[i]->d_name);
		free(entries[i]);
		if (i >= FILES_MAX)
			continue;
		if (!read_card_file(arena, file.path, &source, &file.why) &&
		    !card_read(arena, &source, &file.card, &file.why) && !card_is_for_here(file.card)) {
			file.why = arena_printf(arena, "the layout card %s is for another architecture (%s)", file.path,
						file.card->architecture);
			file.card = NULL;
		}
		*arena_push(arena, *files, *len) = file;
	}
	free(entries);
}

void card_files(struct arena *arena, struct card_file **files, unsigned *len)
{
	const char **dirs = card_dirs(arena);

	*files = NULL;
	*len = 0;
	add_builtin(arena, files, len);
	for (unsigned i = 0; dirs[i]; i++)
		add_folder(arena, dirs[i], files, len);
}
