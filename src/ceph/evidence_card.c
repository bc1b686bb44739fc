/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Does a card hold together, whatever the code says? Members do not overlap; one inner class is laid out alike wherever
 * it is; a class that derives from another has its members where the other has them. What breaks a rule is
 * contradicted, both sides of it: which of the two is wrong nobody knows.
 */
#include <string.h>

#include "ceph/evidence.h"

/* "ops" has "ops._M_impl._M_finish" inside of it. */
static bool is_inside(const char *outer, const char *inner)
{
	size_t n = strlen(outer);

	return !strncmp(outer, inner, n) && inner[n] == '.';
}

static int64_t end_of(const struct card_member *member)
{
	return member->member.offset + (member->member.size ? member->member.size : 1);
}

static void contradict(struct card_member *a, struct card_member *b)
{
	a->verdict = b->verdict = VERDICT_CONTRADICTED;
}

static void check_overlap(struct card_type *type)
{
	for (unsigned i = 0; i < type->members_len; i++) {
		for (unsigned j = 0; j < i; j++) {
			struct card_member *a = &type->members[i], *b = &type->members[j];
			bool is_nested = is_inside(a->path, b->path) || is_inside(b->path, a->path);
			bool overlaps = a->member.offset < end_of(b) && b->member.offset < end_of(a);

			if (overlaps && !is_nested)
				contradict(a, b);
			if (is_nested && !overlaps)
				contradict(a, b);
			if (type->size && end_of(a) > (int64_t)type->size)
				contradict(a, a);
		}
	}
}

/* ---- one inner class in several places ---- */

/* Two members of one inner class: "reqid.tid" and "reqid.name._num" are "tid" and "name._num" of the class that reqid
 * is. */
struct pair {
	struct card_member *a, *b;
	const char *a_name, *b_name; /* inside of that class */
	int64_t distance;
	bool is_inner; /* there is something before the names: it is an inner class, not the type itself */
};

struct pairs {
	struct arena *arena;
	struct pair *list;
	unsigned len;
};

static void add_pair(struct pairs *pairs, struct card_member *a, struct card_member *b, size_t skip)
{
	bool is_swapped = strcmp(a->path + skip, b->path + skip) > 0;
	struct card_member *first = is_swapped ? b : a, *second = is_swapped ? a : b;

	*arena_push(pairs->arena, pairs->list, pairs->len) = (struct pair){
		first,	  second, first->path + skip, second->path + skip, second->member.offset - first->member.offset,
		skip != 0};
}

/* At each inner class that both are members of. */
static void add_pairs(struct pairs *pairs, struct card_member *a, struct card_member *b)
{
	size_t skip = 0;

	do {
		add_pair(pairs, a, b, skip);
		while (a->path[skip] && a->path[skip] == b->path[skip] && a->path[skip] != '.')
			skip++;
		if (a->path[skip] != '.' || b->path[skip] != '.')
			return;
		skip++;
	} while (true);
}

static bool is_same_pair(const struct pair *a, const struct pair *b)
{
	return !strcmp(a->a_name, b->a_name) && !strcmp(a->b_name, b->b_name) && (a->is_inner || b->is_inner);
}

/* The distance that most have wins; of a tie nobody is right. */
static void check_pairs(struct pairs *pairs)
{
	for (unsigned i = 0; i < pairs->len; i++) {
		unsigned with = 0, against = 0;

		for (unsigned j = 0; j < pairs->len; j++) {
			if (j == i || !is_same_pair(&pairs->list[i], &pairs->list[j]))
				continue;
			if (pairs->list[j].distance == pairs->list[i].distance)
				with++;
			else
				against++;
		}
		if (against > with)
			contradict(pairs->list[i].a, pairs->list[i].b);
	}
}

static void check_inner_classes(struct card *card)
{
	struct pairs pairs = {.arena = arena_new()};

	for (unsigned t = 0; t < card->types_len; t++)
		for (unsigned i = 0; i < card->types[t].members_len; i++)
			for (unsigned j = 0; j < i; j++)
				add_pairs(&pairs, &card->types[t].members[j], &card->types[t].members[i]);
	check_pairs(&pairs);
	arena_free(pairs.arena);
}

/* ---- base classes ---- */

static void check_base(const struct catalogue *cat, struct card *card, const struct cat_base *base)
{
	struct card_type *type = card_type_find(card, catalogue_type(cat, base->type));

	for (unsigned i = 0; type && i < type->members_len; i++) {
		struct card_member *member = &type->members[i];
		struct card_member *same = card_member_find(card, catalogue_type(cat, base->base), member->path);

		if (!same)
			continue;
		if (same->member.offset != member->member.offset)
			contradict(same, member);
		else if (member->verdict < same->verdict)
			member->verdict = same->verdict; /* confirmed there, it is confirmed here */
	}
}

void evidence_hold_together(const struct catalogue *cat, struct card *card)
{
	for (unsigned i = 0; i < card->types_len; i++)
		check_overlap(&card->types[i]);
	check_inner_classes(card);
	for (unsigned i = 0; i < cat->bases_len; i++)
		check_base(cat, card, &cat->bases[i]);
}
