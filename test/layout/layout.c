/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How good the check of layouts is, on a binary whose layout is known.
 *
 *   layout hidden BINARY CARD CATALOGUE...   BINARY's own card hidden: how many markers and members may be used, and
 * whether all of them are as CARD (of the same build, from debug information) has them layout mutate BINARY CARD [STEP]
 * each STEPth member of CARD moved by 4, 8 and 16 bytes, both ways: how many wrong members would be used; and two of
 * one size in one type exchanged layout time BINARY CARD                  how long a processor works on the choice of a
 * family, in microseconds layout holds CARD...                     cards that do not hold together layout nearest
 * BINARY-NAME RELEASE DISTRIBUTION  the card of the family that such a build would get In place of CATALOGUE, files
 * from which the catalogue is read, `-` means the built-in one.
 */
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ceph/family.h"
#include "lib/elf.h"

static struct arena *arena;
static struct catalogue *cat;

static void give_up(const char *what, const char *why)
{
	fprintf(stderr, "layout: %s: %s\n", what, why);
	exit(2);
}

static struct source *read_source(const char *path)
{
	struct source *source = arena_new_one(arena, struct source);
	FILE *file = fopen(path, "r");
	char *text = arena_alloc(arena, 1 << 20);

	if (!file)
		give_up(path, "cannot be read");
	*source = (struct source){path, text, fread(text, 1, 1 << 20, file)};
	fclose(file);
	return source;
}

static struct card *read_card(const char *path)
{
	struct card *card = arena_new_one(arena, struct card);
	struct diags diags;

	diags_init(&diags, arena);
	if (card_parse(arena, read_source(path), card, &diags))
		give_up(path, "is no card");
	return card;
}

static void read_catalogue(char **files, int n)
{
	struct diags diags;

	cat = arena_new_one(arena, struct catalogue);
	if (!n || !strcmp(files[0], "-")) {
		cat = catalogue_builtin(arena);
		return;
	}
	diags_init(&diags, arena);
	catalogue_init(cat, arena);
	for (int i = 0; i < n; i++)
		catalogue_parse(cat, read_source(files[i]), &diags);
	if (diags.errors)
		give_up(files[0], "is no catalogue");
}

static struct elf_file *open_binary(const char *path)
{
	struct elf_file *elf;

	if (elf_file_open(path, &elf))
		give_up(path, elf_error());
	return elf;
}

static bool is_right(const struct card_member *member, const struct card_member *truth)
{
	return truth && member->member.offset == truth->member.offset && member->member.size == truth->member.size;
}

static bool is_used(const struct card *card, const char *type, const char *path)
{
	struct card_use use;
	struct cat_resolver resolver = card_use_resolver(&use, card);
	struct cat_member out;
	const char *why;

	return !resolver.member(resolver.data, type, path, &out, &why);
}

/* ---- its own card hidden ---- */

static unsigned count_members(const struct card *card, const struct card *truth, unsigned *all, unsigned *wrong)
{
	unsigned used = 0;

	for (unsigned i = 0; i < truth->types_len; i++)
		*all += truth->types[i].members_len;
	for (unsigned i = 0; i < card->types_len; i++) {
		for (unsigned j = 0; j < card->types[i].members_len; j++) {
			const struct card_member *member = &card->types[i].members[j];
			const struct card_member *known = card_member_find(truth, card->types[i].name, member->path);

			if (!is_used(card, card->types[i].name, member->path) ||
			    (!known && !card_type_find(truth, card->types[i].name)))
				continue; /* of a type that this release lacks nothing can be read */
			used++;
			if (!is_right(member, known)) {
				printf("wrong: %s::%s is at %lld, not at %lld (%s)\n", card->types[i].name,
				       member->path, known ? (long long)known->member.offset : -1LL,
				       (long long)member->member.offset, verdict_name(member->verdict));
				++*wrong;
			}
		}
	}
	return used;
}

/* What a marker can be asked here with a card: nothing, a part of its arguments, all that the true card gives. */
static unsigned arguments(struct elf_file *elf, const struct cat_marker *marker, const char *binary,
			  const struct card *card, bool *is_there)
{
	struct cat_located located;
	struct elf_symbol symbol;
	struct card_use use;
	struct cat_resolver resolver = card_use_resolver(&use, card);
	const char *why;
	struct loc where;
	unsigned best = 0;

	*is_there = false;
	for (unsigned i = 0; i < marker->sites_len; i++) {
		const struct cat_site *site = &marker->sites[i];
		unsigned n = 1;

		if (!cat_binary_matches(site->binary, binary) || elf_symbol_find(elf, site->symbol, &symbol))
			continue;
		*is_there = true;
		if (catalogue_locate(cat, marker, site, &resolver, arena, &located, &why, &where))
			continue;
		for (unsigned a = 0; a < marker->args_len; a++)
			n += !located.whys[a];
		best = n > best ? n : best;
	}
	return best;
}

static int hidden(const char *path, const char *card_path)
{
	struct elf_file *elf = open_binary(path);
	struct card *truth = read_card(card_path), *card = NULL;
	const char *binary = basename(arena_strdup(arena, path)), *why = "there is no family for it";
	unsigned markers = 0, whole = 0, part = 0, members = 0, wrong = 0, used;

	if (family_choose(arena, cat, elf, binary, NULL, truth->build_id, &card, &why))
		give_up(path, why);
	used = count_members(card, truth, &members, &wrong);
	for (unsigned i = 0; i < cat->markers_len; i++) {
		bool is_there;
		unsigned most = arguments(elf, &cat->markers[i], binary, truth, &is_there);
		unsigned n = arguments(elf, &cat->markers[i], binary, card, &is_there);

		markers += is_there;
		whole += is_there && n >= most;
		part += is_there && n && n < most;
		if (is_there && n < most)
			printf("%s: %s:::%s\n", n ? "in part" : "not", cat->markers[i].provider, cat->markers[i].name);
	}
	printf("%s %s by %s%s: %u of %u members used, %u of them wrong; %u of %u markers whole, %u in part\n", binary,
	       truth->release, card_name(arena, card), card->is_sound ? "" : ", moved", used, members, wrong, whole,
	       markers, part);
	elf_file_close(elf);
	return wrong != 0;
}

/* ---- mutations ---- */

struct mutating {
	struct witnesses *witnesses;
	const char *card_path;
	const struct card *truth;
	unsigned tried, used, by_code, moved_back;
};

/* As family_choose() does with the nearest family. Is a wrong member used? */
static bool is_caught(struct mutating *m, struct card *card, const char *type, const char *path)
{
	const struct card_member *member = card_member_find(card, type, path);
	struct evidence_count count;

	evidence_judge(m->witnesses, card, &count);
	if (!count.is_sound)
		evidence_move(m->witnesses, card, NULL, 0, &count);
	card->is_sound = count.is_sound;
	return !is_used(card, type, path) || is_right(member, card_member_find(m->truth, type, path));
}

/* A fresh copy of the card, as a family's. */
static struct card *copy_card(struct mutating *m)
{
	struct card *card = read_card(m->card_path);

	card->build_id = NULL;
	card->distribution = "test";
	return card;
}

static void move_one(struct mutating *m, unsigned type, unsigned member, int64_t by)
{
	struct card *card = copy_card(m);
	struct card_type *in = &card->types[type];
	struct card_member *at = &in->members[member];

	if (at->member.offset + by < 0)
		return;
	at->member.offset += by;
	m->tried++;
	if (is_caught(m, card, in->name, at->path))
		return;
	m->used++;
	printf("used: %s::%s moved by %lld (%s)\n", in->name, at->path, (long long)by, verdict_name(at->verdict));
}

static void swap_two(struct mutating *m, unsigned type, unsigned i, unsigned j)
{
	struct card *card = copy_card(m);
	struct card_member *a = &card->types[type].members[i], *b = &card->types[type].members[j];
	int64_t at = a->member.offset;

	a->member.offset = b->member.offset;
	b->member.offset = at;
	m->tried++;
	if (!is_caught(m, card, card->types[type].name, a->path) ||
	    !is_caught(m, card, card->types[type].name, b->path))
		m->used++;
}

static int mutate(const char *path, const char *card_path, unsigned step)
{
	static const int64_t distances[] = {-16, -8, -4, 4, 8, 16};
	struct elf_file *elf = open_binary(path);
	struct mutating m = {.card_path = card_path, .truth = read_card(card_path)};
	unsigned n = 0;

	m.witnesses = evidence_open(arena, cat, elf, basename(arena_strdup(arena, path)));
	for (unsigned t = 0; t < m.truth->types_len; t++)
		for (unsigned i = 0; i < m.truth->types[t].members_len; i++)
			for (unsigned d = 0; d < 6 && n % step == 0; d++)
				move_one(&m, t, i, distances[d]);
	printf("moved: %u wrong members, %u of them used\n", m.tried, m.used);
	m.tried = m.used = 0;
	for (unsigned t = 0; t < m.truth->types_len; t++)
		for (unsigned i = 0; i < m.truth->types[t].members_len; i++)
			for (unsigned j = 0; j < i && n++ % step == 0; j++)
				if (m.truth->types[t].members[i].member.size ==
				    m.truth->types[t].members[j].member.size)
					swap_two(&m, t, i, j);
	printf("exchanged: %u pairs, %u of them used\n", m.tried, m.used);
	elf_file_close(elf);
	return 0;
}

static int measure(const char *path, const char *card_path)
{
	struct card *truth = read_card(card_path), *card;
	struct timespec from, to;
	const char *why;
	long best = 0;

	for (unsigned i = 0; i < 5; i++) {
		struct elf_file *elf = open_binary(path);
		long us;

		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
		if (family_choose(arena, cat, elf, basename(arena_strdup(arena, path)), NULL, truth->build_id, &card,
				  &why))
			give_up(path, why);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
		us = (to.tv_sec - from.tv_sec) * 1000000 + (to.tv_nsec - from.tv_nsec) / 1000;
		best = !best || us < best ? us : best;
		elf_file_close(elf);
	}
	printf("%ld us\n", best);
	return 0;
}

static int holds(char **paths, int n)
{
	int bad = 0;

	for (int p = 0; p < n; p++) {
		struct card *card = read_card(paths[p]);

		evidence_hold_together(cat, card);
		for (unsigned i = 0; i < card->types_len; i++) {
			for (unsigned j = 0; j < card->types[i].members_len; j++) {
				if (card->types[i].members[j].verdict != VERDICT_CONTRADICTED)
					continue;
				printf("%s: %s::%s\n", paths[p], card->types[i].name, card->types[i].members[j].path);
				bad = 1;
			}
		}
	}
	return bad;
}

static int nearest(const char *binary, const char *release, const char *distribution)
{
	struct card *card = family_nearest(arena, binary, release, distribution);
	struct buf out = {0};

	if (!card)
		give_up(binary, "has no family");
	card_print(card, &out);
	fputs(out.data, stdout);
	buf_free(&out);
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	arena = arena_new();
	read_catalogue(argv + 4, !strcmp(what, "hidden") && argc > 4 ? argc - 4 : 0);
	if (!strcmp(what, "hidden") && argc > 3)
		return hidden(argv[2], argv[3]);
	if (!strcmp(what, "mutate") && argc > 3)
		return mutate(argv[2], argv[3], argc > 4 ? (unsigned)atoi(argv[4]) : 1);
	if (!strcmp(what, "time") && argc == 4)
		return measure(argv[2], argv[3]);
	if (!strcmp(what, "nearest") && argc >= 5)
		return nearest(argv[2], argv[3], argv[4]);
	if (!strcmp(what, "holds"))
		return holds(argv + 2, argc - 2);
	give_up("usage", "layout hidden|mutate|time|holds|nearest ...");
	return 2;
}
