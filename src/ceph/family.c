/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ceph/family.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/elf.h"

enum { FAMILIES = 64 };

struct families {
	struct card *list[FAMILIES];
	unsigned len;
};

/* ---- which there are ---- */

/* A card of a build is its family's too: but for where functions are. */
static void make_family(struct card *card)
{
	if (!card_is_of_build(card))
		return;
	card->functions_len = 0;
	for (unsigned i = 0; i < card->types_len; i++) {
		card->types[i].from = CARD_FROM_FAMILY;
		for (unsigned j = 0; j < card->types[i].members_len; j++)
			card->types[i].members[j].from = CARD_FROM_FAMILY;
	}
	for (unsigned i = 0; i < card->constants_len; i++)
		card->constants[i].from = CARD_FROM_FAMILY;
	card->build_id = NULL;
	if (!card->distribution)
		card->distribution = "debian"; /* cards of builds inside of cephtap are of Debian's packages */
}

/* Those inside cephtap, and those that people have added or learned. */
static void read_families(struct arena *arena, const char *binary, const char *hidden, struct families *families)
{
	struct card_file *files;
	unsigned len;

	families->len = 0;
	card_files(arena, &files, &len);
	for (unsigned i = 0; i < len && families->len < FAMILIES; i++) {
		struct card *card = files[i].card;

		if (!card || !(cat_binary_matches(binary, card->binary) || cat_binary_matches(card->binary, binary)) ||
		    (hidden && card->build_id && !strcmp(hidden, card->build_id)))
			continue;
		make_family(card);
		families->list[families->len++] = card;
	}
}

/* ---- how near they are ---- */

/* "18.2.7" as a number that orders releases; 0: none. */
static unsigned long number_of(const char *release)
{
	unsigned major = 0, minor = 0, patch = 0;

	if (!release || sscanf(release, "%u.%u.%u", &major, &minor, &patch) < 1 || major > 999 || minor > 99 ||
	    patch > 99)
		return 0;
	return major * 10000ul + minor * 100 + patch;
}

/* A distribution has its own compiler and library, which releases of one year share with it. */
static unsigned long distance(const struct card *card, const char *release, const char *distribution)
{
	unsigned long at = number_of(release), from = number_of(card->release);
	unsigned long to = card->release_to ? number_of(card->release_to) : from;
	unsigned long far = !at || (at >= from && at <= to) ? 0 : at < from ? from - at : at - to;

	return far / 10000 * 1000000 + (distribution && strcmp(distribution, card->distribution) ? 100000 : 0) +
	       far % 10000;
}

static void order_by_distance(struct families *families, const char *release, const char *distribution)
{
	for (unsigned i = 1; i < families->len; i++) {
		struct card *card = families->list[i];
		unsigned j = i;

		for (; j > 0 &&
		       distance(families->list[j - 1], release, distribution) > distance(card, release, distribution);
		     j--)
			families->list[j] = families->list[j - 1];
		families->list[j] = card;
	}
}

struct card *family_nearest(struct arena *arena, const char *binary, const char *release, const char *distribution)
{
	struct families families;

	read_families(arena, binary, NULL, &families);
	order_by_distance(&families, release, distribution);
	return families.len ? families.list[0] : NULL;
}

bool family_covers(const struct card *card, const char *release, const char *distribution)
{
	return !distance(card, release, distribution);
}

/* ---- which one the code speaks for ---- */

static bool all_agree_on_size(const struct families *families, const struct card_type *type)
{
	for (unsigned i = 0; i < families->len; i++) {
		const struct card_type *other = card_type_find(families->list[i], type->name);

		if (other && other->size && other->size != type->size)
			return false;
	}
	return true;
}

static bool all_agree_on_constant(const struct families *families, const struct card_value *constant)
{
	for (unsigned i = 0; i < families->len; i++)
		for (unsigned j = 0; j < families->list[i]->constants_len; j++)
			if (!strcmp(families->list[i]->constants[j].name, constant->name) &&
			    families->list[i]->constants[j].value != constant->value)
				return false;
	return true;
}

/* What the code does not show, a build that fits no family may only have from all of them. */
static void drop_doubtful(const struct families *families, struct card *card)
{
	unsigned n = 0;

	for (unsigned i = 0; i < card->types_len; i++)
		if (!all_agree_on_size(families, &card->types[i]))
			card->types[i].size = 0;
	for (unsigned i = 0; i < card->constants_len; i++)
		if (all_agree_on_constant(families, &card->constants[i]))
			card->constants[n++] = card->constants[i];
	card->constants_len = n;
}

/* The one of most confirmed and fewest contradicted members; of equals the nearest. */
static unsigned choose(const struct witnesses *witnesses, const struct families *families)
{
	int best = 0;
	unsigned found = 0;

	for (unsigned i = 0; i < families->len; i++) {
		struct evidence_count count;
		int score;

		evidence_judge(witnesses, families->list[i], &count);
		score = (int)count.confirmed - 2 * (int)count.contradicted;
		if (i == 0 || score > best) {
			found = i;
			best = score;
		}
	}
	return found;
}

/* The family that this very build is known to be of, with its functions; NULL: none is. */
static struct card *find_known(const struct families *families, const char *build_id)
{
	for (unsigned i = 0; *build_id && i < families->len; i++) {
		struct card *card = families->list[i];

		for (unsigned j = 0; j < card->builds_len; j++) {
			if (strcmp(card->builds[j].build_id, build_id))
				continue;
			card->functions = card->builds[j].functions;
			card->functions_len = card->builds[j].functions_len;
			card->is_published = true;
			return card;
		}
	}
	return NULL;
}

int family_choose(struct arena *arena, const struct catalogue *cat, struct elf_file *elf, const char *binary,
		  const char *release, const char *hidden, struct card **out, const char **why)
{
	struct witnesses *witnesses;
	struct families families;
	struct evidence_count count;
	struct card *card;
	unsigned found = 0;

	read_families(arena, binary, hidden, &families);
	if (!families.len)
		return -ENOENT;
	order_by_distance(&families, release, NULL);
	witnesses = evidence_open(arena, cat, elf, binary);
	card = find_known(&families, elf_build_id(elf));
	if (!card)
		card = families.list[choose(witnesses, &families)];
	while (families.list[found] != card)
		found++;
	families.list[found] = families.list[--families.len];
	evidence_judge(witnesses, card, &count);
	if (!count.confirmed && !card->is_published) {
		*why = "its code does not show how it is laid out";
		return -ENOENT;
	}
	if (!count.is_sound && !card->is_published) {
		evidence_move(witnesses, card, families.list, families.len, &count);
		drop_doubtful(&families, card);
	}
	card->is_sound = count.is_sound;
	*out = card;
	return 0;
}

/* ---- use ---- */

static bool is_usable(const struct card *card, const struct card_member *member)
{
	if (card_is_of_build(card) || (member->verdict >= VERDICT_BETWEEN && member->verdict <= VERDICT_CONFIRMED))
		return true;
	if (card->is_published && member->from == CARD_FROM_FACTS && member->verdict != VERDICT_CONTRADICTED)
		return true;
	return card->is_sound && member->verdict != VERDICT_CONTRADICTED;
}

static int use_member(void *data, const char *type, const char *path, struct cat_member *out, const char **why)
{
	struct card_use *use = data;
	const struct card *card = use->card;
	const struct card_member *member = card_member_find(card, type, path);

	if (member && !is_usable(card, member)) {
		*why = arena_printf(card->arena,
				    "where %s::%s is in this build is not known (%s in the layout of %s, the nearest): "
				    "run `cephtap learn`",
				    type, path, verdict_name(member->verdict), card_name(card->arena, card));
		return -ENOENT;
	}
	use->asked++;
	if (card_is_of_build(card))
		use->is_guessed |= member && member->from != CARD_FROM_DEBUG;
	else if (member && card->is_published && member->from == CARD_FROM_FACTS)
		use->is_published = true;
	else if (member && member->verdict < use->weakest)
		use->weakest = member->verdict;
	return card_resolver(card).member((void *)card, type, path, out, why);
}

static int use_size(void *data, const char *type, uint64_t *out, const char **why)
{
	struct card_use *use = data;

	return card_resolver(use->card).size((void *)use->card, type, out, why);
}

static int use_constant(void *data, const char *name, int64_t *out, const char **why)
{
	struct card_use *use = data;

	return card_resolver(use->card).constant((void *)use->card, name, out, why);
}

struct cat_resolver card_use_resolver(struct card_use *use, const struct card *card)
{
	*use = (struct card_use){.card = card, .weakest = VERDICT_CONFIRMED};
	return (struct cat_resolver){use, use_member, use_size, use_constant};
}

const char *card_name(struct arena *arena, const struct card *card)
{
	const char *to = card->release_to ? arena_printf(arena, " to %s", card->release_to) : "";

	return arena_printf(arena, "%s %s%s%s%s%s", card->binary, card->release, to, card->distribution ? " (" : "",
			    card->distribution ? card->distribution : "", card->distribution ? ")" : "");
}

const char *card_use_doubt(const struct card_use *use)
{
	static const char *const texts[] = {
		[VERDICT_UNSEEN] = "in part only by the family that the code agrees with",
		[VERDICT_BETWEEN] = "confirmed by the code, in part by what stands on both sides",
		[VERDICT_CONSISTENT] = "by the code, which agrees",
		[VERDICT_CONFIRMED] = "confirmed by the code",
	};

	if (card_is_of_build(use->card))
		return use->is_guessed ? "by a card of this build that says so itself" : NULL;
	if (!use->asked)
		return NULL;
	return use->is_published && use->weakest == VERDICT_CONFIRMED ? "from published figures of this build"
								      : texts[use->weakest];
}

const char *card_use_text(struct arena *arena, const struct card_use *use)
{
	const char *doubt = card_use_doubt(use);

	if (!use->asked)
		return "needs none";
	if (!doubt)
		return "from debug information of this build";
	if (use->is_guessed || (use->is_published && use->weakest == VERDICT_CONFIRMED))
		return doubt;
	return arena_printf(arena, "%s; nearest is %s", doubt, card_name(arena, use->card));
}
