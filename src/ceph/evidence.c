/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ceph/evidence.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "lib/elf.h"
#include "lib/x86_follow.h"

enum { WITNESS_SIZE = 32 * 1024 }; /* a larger function is not followed to its end */

struct witness {
	const struct cat_witness *from;
	struct x86_follow follow;
};

struct witnesses {
	struct arena *arena;
	const struct catalogue *cat;
	struct witness *list;
	unsigned len;
};

/* What all witnesses together say of a member. */
struct votes {
	unsigned yes, hints, no;
};

/* The card's resolver; `last` is the member that it resolved last. */
struct tracking {
	const struct card *card;
	struct cat_resolver inner;
	void *last;
};

const char *verdict_name(enum verdict verdict)
{
	static const char *const names[] = {"unseen", "between", "consistent", "confirmed", "contradicted"};

	return names[verdict];
}

struct witnesses *evidence_open(struct arena *arena, const struct catalogue *cat, struct elf_file *elf,
				const char *binary)
{
	struct witnesses *witnesses = arena_new_one(arena, struct witnesses);
	struct elf_symbol symbol;
	const uint8_t *code;
	uint64_t size;

	*witnesses = (struct witnesses){.arena = arena, .cat = cat};
	for (unsigned i = 0; elf_file_machine(elf) == EM_X86_64 && i < cat->witnesses_len; i++) {
		const struct cat_witness *from = &cat->witnesses[i];
		struct witness *witness;

		if (!cat_binary_matches(from->binary, binary) || elf_symbol_find(elf, from->symbol, &symbol) ||
		    !symbol.size)
			continue;
		code = elf_code(elf, symbol.vaddr, symbol.size < WITNESS_SIZE ? symbol.size : WITNESS_SIZE, &size);
		if (!code)
			continue;
		witness = arena_push(arena, witnesses->list, witnesses->len);
		witness->from = from;
		x86_follow(arena, code, size, symbol.vaddr, &witness->follow);
	}
	return witnesses;
}

/* ---- one witness ---- */

/* The node and the offset that a location's steps lead to. False: the code never follows them. */
static bool walk_steps(const struct x86_follow *follow, const struct argloc *loc, uint32_t *node, int64_t *offset)
{
	*node = X86_NO_NODE;
	*offset = 0;
	for (unsigned i = 0; i < loc->n; i++) {
		const struct argstep *step = &loc->steps[i];

		if (step->op == STEP_REG && step->reg < X86_FOLLOW_ROOTS)
			*node = step->reg;
		else if (step->op == STEP_ADD)
			*offset += step->imm;
		else if (step->op == STEP_LOAD && step->size == 8) {
			*node = x86_follow_load(follow, *node, *offset + step->imm);
			*offset = 0;
		} else
			return false;
		if (*node == X86_NO_NODE)
			return false;
	}
	return *node != X86_NO_NODE;
}

static bool touches(const struct x86_follow *follow, uint32_t node, int64_t offset, unsigned size)
{
	for (unsigned i = 0; i < follow->touches_len; i++) {
		const struct x86_touch *touch = &follow->touches[i];

		if (touch->node == node && touch->offset == offset && touch->size == size && !touch->is_wide)
			return true;
	}
	return false;
}

/* A word is touched as it is; of a class (a string, a vector) the first two words are; scripts/witnesses.py has the
 * same rule. */
static bool witness_sees(const struct x86_follow *follow, uint32_t node, int64_t offset,
			 const struct cat_member *member)
{
	if (!member->is_object)
		return touches(follow, node, offset, member->size);
	if (member->size >= 16)
		return touches(follow, node, offset, 8) && touches(follow, node, offset + 8, 8);
	return touches(follow, node, offset, member->size) ||
	       (member->size == 8 && touches(follow, node, offset, 4) && touches(follow, node, offset + 4, 4));
}

static bool is_followed(const struct x86_follow *follow, uint32_t node)
{
	for (unsigned i = 0; i < follow->touches_len; i++)
		if (follow->touches[i].node == node)
			return true;
	return false;
}

/* Where a witness has a member's object: `offset` from what `node` points to. */
struct sighting {
	unsigned member; /* its number in the card */
	bool is_hint;
	const struct x86_follow *follow;
	uint32_t node;
	int64_t offset;
};

struct sightings {
	struct arena *arena;
	struct sighting *list;
	unsigned len;
};

static void add_sighting(struct sightings *sightings, const struct witness *witness, const struct cat_seen *seen)
{
	const struct card_member *member = seen->data;
	struct sighting sighting = {.follow = &witness->follow, .is_hint = seen->is_hint};

	if (!member || !seen->loc.n || !walk_steps(&witness->follow, &seen->loc, &sighting.node, &sighting.offset) ||
	    !is_followed(&witness->follow, sighting.node))
		return;
	sighting.member = member->number;
	*arena_push(sightings->arena, sightings->list, sightings->len) = sighting;
}

/* What the witnesses of a member say of a place for it. */
static struct votes votes_for(const struct sightings *sightings, unsigned member, const struct cat_member *place)
{
	struct votes votes = {0};

	for (unsigned i = 0; i < sightings->len; i++) {
		const struct sighting *s = &sightings->list[i];

		if (s->member != member)
			continue;
		if (!witness_sees(s->follow, s->node, s->offset + place->offset, place) &&
		    !(s->is_hint && touches(s->follow, s->node, s->offset + place->offset, 0)))
			votes.no++;
		else if (s->is_hint)
			votes.hints++;
		else
			votes.yes++;
	}
	return votes;
}

/* ---- all of them ---- */

static int tracked_member(void *data, const char *type, const char *path, struct cat_member *out, const char **why)
{
	struct tracking *tracking = data;

	tracking->last = card_member_find(tracking->card, type, path);
	return tracking->inner.member(tracking->inner.data, type, path, out, why);
}

static int tracked_size(void *data, const char *type, uint64_t *out, const char **why)
{
	struct tracking *tracking = data;

	return tracking->inner.size(tracking->inner.data, type, out, why);
}

static int tracked_constant(void *data, const char *name, int64_t *out, const char **why)
{
	struct tracking *tracking = data;

	return tracking->inner.constant(tracking->inner.data, name, out, why);
}

static void gather(const struct witnesses *witnesses, const struct card *card, struct sightings *sightings)
{
	struct tracking tracking = {card, card_resolver(card), NULL};
	struct cat_resolver resolver = {&tracking, tracked_member, tracked_size, tracked_constant};

	for (unsigned i = 0; i < witnesses->len; i++) {
		struct cat_seen *seen;
		unsigned n = catalogue_locate_witness(witnesses->cat, witnesses->list[i].from, &resolver,
						      &tracking.last, sightings->arena, &seen);

		for (unsigned j = 0; j < n; j++)
			add_sighting(sightings, &witnesses->list[i], &seen[j]);
	}
}

static uint8_t verdict_of(const struct votes *votes)
{
	if (votes->yes > votes->no)
		return VERDICT_CONFIRMED;
	return votes->no > votes->hints ? VERDICT_CONTRADICTED : votes->hints ? VERDICT_CONSISTENT : VERDICT_UNSEEN;
}

static void count_verdicts(const struct card *card, struct evidence_count *count)
{
	unsigned seen;

	*count = (struct evidence_count){0};
	for (unsigned i = 0; i < card->types_len; i++) {
		for (unsigned j = 0; j < card->types[i].members_len; j++) {
			uint8_t verdict = card->types[i].members[j].verdict;

			count->confirmed += verdict == VERDICT_CONFIRMED;
			count->consistent += verdict == VERDICT_CONSISTENT;
			count->contradicted += verdict == VERDICT_CONTRADICTED;
			count->between += verdict == VERDICT_BETWEEN;
			count->unseen += verdict == VERDICT_UNSEEN;
		}
	}
	seen = count->confirmed + count->consistent + count->contradicted;
	count->is_sound = seen && !count->contradicted && count->confirmed * 10 >= seen * 9;
}

static bool is_at_rest(const struct card_member *member)
{
	return member->verdict == VERDICT_CONFIRMED;
}

/* The confirmed member of the type that was nearest before (or behind) it, by the card as it was. */
static const struct card_member *neighbour(const struct card_type *type, const struct card_member *member,
					   bool is_before)
{
	int64_t at = member->member.offset - member->moved, best = 0;
	const struct card_member *found = NULL;

	for (unsigned i = 0; i < type->members_len; i++) {
		const struct card_member *other = &type->members[i];
		int64_t there = other->member.offset - other->moved;

		if (other == member || !is_at_rest(other) || (is_before ? there > at : there < at) ||
		    (found && (is_before ? there < best : there > best)))
			continue;
		found = other;
		best = there;
	}
	return found;
}

static void find_between(struct card_type *type)
{
	for (unsigned i = 0; i < type->members_len; i++) {
		struct card_member *member = &type->members[i];
		const struct card_member *before = neighbour(type, member, true),
					 *behind = neighbour(type, member, false);

		if (member->is_lost)
			member->verdict = VERDICT_CONTRADICTED;
		else if ((member->verdict == VERDICT_UNSEEN || member->verdict == VERDICT_CONSISTENT) && behind &&
			 behind->moved == member->moved && (before ? before->moved : 0) == member->moved)
			member->verdict = VERDICT_BETWEEN;
	}
}

/* `sightings`: of the card as it is. */
static void judge(const struct witnesses *witnesses, struct card *card, const struct sightings *sightings,
		  struct evidence_count *count)
{
	for (unsigned i = 0; i < card->types_len; i++) {
		for (unsigned j = 0; j < card->types[i].members_len; j++) {
			struct card_member *member = &card->types[i].members[j];
			struct votes votes = votes_for(sightings, member->number, &member->member);

			member->verdict = verdict_of(&votes);
			member->sure = votes.yes;
		}
	}
	evidence_hold_together(witnesses->cat, card);
	for (unsigned i = 0; i < card->types_len; i++)
		find_between(&card->types[i]);
	count_verdicts(card, count);
}

void evidence_judge(const struct witnesses *witnesses, struct card *card, struct evidence_count *count)
{
	struct sightings sightings = {.arena = arena_new()};

	card_number_members(card);
	gather(witnesses, card, &sightings);
	judge(witnesses, card, &sightings, count);
	arena_free(sightings.arena);
}

/* ---- moving ---- */

enum {
	MOVE_FAR = 512, /* as far as a class has been seen to grow between neighbouring releases, and more */
	MOVE_ROUNDS = 4,
};

struct moving {
	const struct witnesses *witnesses;
	struct card *card;
	struct card *const *others;
	unsigned others_len;
	struct sightings sightings;
	unsigned moved;
};

static void move_to(struct moving *m, struct card_member *member, const struct cat_member *place)
{
	member->moved += place->offset - member->member.offset;
	member->member = *place;
	member->from = CARD_FROM_DERIVED;
	m->moved++;
}

/* To where another family has it. */
static void move_as_others(struct moving *m, const struct card_type *type, struct card_member *member)
{
	for (unsigned i = 0; i < m->others_len; i++) {
		const struct card_member *other = card_member_find(m->others[i], type->name, member->path);
		struct votes votes = {0};

		if (other && other->member.offset != member->member.offset)
			votes = votes_for(&m->sightings, member->number, &other->member);
		if (votes.yes && !votes.no) {
			move_to(m, member, &other->member);
			member->verdict = VERDICT_CONFIRMED;
			return;
		}
	}
}

static struct votes votes_at(struct moving *m, const struct card_member *member, int64_t by)
{
	struct cat_member place = member->member;

	place.offset += by;
	return place.offset < 0 ? (struct votes){0} : votes_for(&m->sightings, member->number, &place);
}

/* How many of a type's members are confirmed when moved that far, or have been; *anew: those that would have to be. */
static unsigned count_moved(struct moving *m, const struct card_type *type, int64_t by, unsigned *anew)
{
	unsigned n = 0;

	*anew = 0;
	for (unsigned i = 0; i < type->members_len; i++) {
		const struct card_member *member = &type->members[i];
		struct votes votes = {0};

		if (is_at_rest(member))
			n += member->moved == by;
		else
			votes = votes_at(m, member, by);
		*anew += votes.yes && !votes.no;
	}
	return n + *anew;
}

/*
 * Something was put into a class: what stands behind it is further on. A distance counts when two members or more are
 * confirmed there, and no other distance does as well.
 */
static void move_together(struct moving *m, struct card_type *type)
{
	unsigned most = 1, n, anew, others = 0;
	int64_t by, best = 0;

	for (by = -MOVE_FAR; by <= MOVE_FAR; by += 4) {
		n = by ? count_moved(m, type, by, &anew) : 0;
		if (!by || !anew || n < most)
			continue;
		others = n > most ? 0 : others + 1;
		best = by;
		most = n;
	}
	for (unsigned i = 0; best && most > 1 && !others && i < type->members_len; i++) {
		struct card_member *member = &type->members[i];
		struct cat_member place = member->member;
		struct votes votes = {0};

		if (!is_at_rest(member))
			votes = votes_at(m, member, best);
		place.offset += best;
		if (!votes.yes || votes.no)
			continue;
		move_to(m, member, &place);
		member->verdict = VERDICT_CONFIRMED;
	}
}

/* What no witness sees goes with what stands on both sides of it; where those have gone different ways, nobody knows.
 */
static void move_between(struct moving *m, struct card_type *type)
{
	for (unsigned i = 0; i < type->members_len; i++) {
		struct card_member *member = &type->members[i];
		const struct card_member *before = neighbour(type, member, true),
					 *behind = neighbour(type, member, false);
		struct cat_member place = member->member;
		int64_t by = before ? before->moved : 0;

		if (is_at_rest(member))
			continue;
		member->is_lost = member->verdict != VERDICT_CONSISTENT && (!behind || behind->moved != by);
		place.offset += by - member->moved;
		if (behind && behind->moved == by && place.offset != member->member.offset)
			move_to(m, member, &place);
	}
}

static bool is_of_one_piece(const char *a, const char *b)
{
	size_t n = strcspn(a, ".");

	return a[n] && !strncmp(a, b, n + 1);
}

/* An inner class lies in one piece: where one of its members is not as the card has it, the others are not either. */
static void drop_pieces(struct card_type *type)
{
	for (unsigned i = 0; i < type->members_len; i++)
		for (unsigned j = 0; j < type->members_len; j++)
			if (type->members[i].verdict == VERDICT_CONTRADICTED &&
			    is_of_one_piece(type->members[i].path, type->members[j].path))
				type->members[j].verdict = VERDICT_CONTRADICTED;
}

static bool is_quiet(const struct card_type *type)
{
	for (unsigned i = 0; i < type->members_len; i++)
		if (type->members[i].moved || type->members[i].verdict == VERDICT_CONTRADICTED)
			return false;
	return true;
}

static bool is_bracketed(const struct card_type *type, const struct card_member *member)
{
	const struct card_member *before = neighbour(type, member, true), *behind = neighbour(type, member, false);

	return behind && behind->moved == member->moved && (before ? before->moved : 0) == member->moved;
}

/* In a class that is not as the card has it, one witness or a hint is not enough: it may be of what stands there now.
 */
static void drop_single(struct card_type *type)
{
	bool quiet = is_quiet(type);

	for (unsigned i = 0; i < type->members_len; i++) {
		struct card_member *member = &type->members[i];
		bool is_weak = member->verdict == VERDICT_CONSISTENT ||
			       (member->verdict == VERDICT_CONFIRMED && member->sure == 1);

		member->is_weak = is_weak && !quiet && !is_bracketed(type, member);
	}
	for (unsigned i = 0; i < type->members_len; i++)
		if (type->members[i].is_weak)
			type->members[i].verdict = VERDICT_UNSEEN;
}

unsigned evidence_move(const struct witnesses *witnesses, struct card *card, struct card *const *others,
		       unsigned others_len, struct evidence_count *count)
{
	struct moving m = {.witnesses = witnesses, .card = card, .others = others, .others_len = others_len};
	unsigned before, round;

	/* A pointer that has moved leads to what could not be seen before: again, as long as that helps. */
	for (round = 0; round < MOVE_ROUNDS; round++) {
		m.sightings = (struct sightings){.arena = arena_new()};
		before = m.moved;
		gather(witnesses, card, &m.sightings);
		judge(witnesses, card, &m.sightings, count);
		for (unsigned i = 0; i < card->types_len; i++) {
			struct card_type *type = &card->types[i];

			for (unsigned j = 0; j < type->members_len; j++)
				if (!is_at_rest(&type->members[j]))
					move_as_others(&m, type, &type->members[j]);
			move_together(&m, type);
		}
		arena_free(m.sightings.arena);
		if (m.moved == before)
			break;
	}
	for (unsigned i = 0; i < card->types_len; i++)
		move_between(&m, &card->types[i]);
	evidence_judge(witnesses, card, count);
	for (unsigned i = 0; i < card->types_len; i++) {
		drop_pieces(&card->types[i]);
		drop_single(&card->types[i]);
	}
	count_verdicts(card, count);
	count->is_sound = false; /* it is no family's layout: what is not seen is not known */
	return m.moved;
}
