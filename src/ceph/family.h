/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Layouts for builds that nobody has looked at. In: a binary, the cards inside cephtap, the catalogue's witnesses. Out:
 * the card of the family that the binary's code speaks for, and of each member whether it may be used and on what
 * evidence. doc/families.md has the rule.
 */
#ifndef CEPHTAP_CEPH_FAMILY_H
#define CEPHTAP_CEPH_FAMILY_H

#include "ceph/evidence.h"

/* By what is known of a build from outside: NULL, or the nearest family's card. `release` and `distribution` may be
 * NULL. */
struct card *family_nearest(struct arena *arena, const char *binary, const char *release, const char *distribution);
/* Is the card of that release and distribution, and not only the nearest to them? */
bool family_covers(const struct card *card, const char *release, const char *distribution);
/*
 * By its code: of all families the one that most of the code agrees with, its members judged, and moved where the code
 * tells how far. 0, or -ENOENT with a sentence: there is none for such a binary, or its code cannot be asked. `hidden`:
 * NULL, or the build-id of a card that is to be left out (for tests: as if that build were unknown).
 */
int family_choose(struct arena *arena, const struct catalogue *cat, struct elf_file *elf, const char *binary,
		  const char *release, const char *hidden, struct card **out, const char **why);

/* How a card is used: the surest and the weakest of what was asked for. */
struct card_use {
	const struct card *card;
	enum verdict weakest;
	unsigned asked;
	bool is_published; /* some are published figures of this very build */
	bool is_guessed;   /* a card of this build says of some that they are not from its debug information */
};

/* A resolver that gives only what may be used, and notes in `use` on what evidence. */
struct cat_resolver card_use_resolver(struct card_use *use, const struct card *card);
/* NULL: all of it is from debug information of the very build; else in short on what evidence it stands. */
const char *card_use_doubt(const struct card_use *use);
/* "debug information of this build", "confirmed by the code (layout of ceph-osd 18.2.7, debian)"; for `list -v`. */
const char *card_use_text(struct arena *arena, const struct card_use *use);
/* "ceph-osd 18.2.1 to 18.2.8 (el9)" */
const char *card_name(struct arena *arena, const struct card *card);

#endif
