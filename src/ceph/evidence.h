/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the code of a binary says about a layout card. In: an ELF file, the catalogue's witnesses, a card that is not of
 * this build. Out: a verdict on each member of the card. doc/families.md explains the rule.
 *
 * Two parts: what witnesses touch is followed once for a file (evidence_open); cards are held against it as often as
 * need be.
 */
#ifndef CEPHTAP_CEPH_EVIDENCE_H
#define CEPHTAP_CEPH_EVIDENCE_H

#include "ceph/card.h"

struct elf_file;

enum verdict {
	VERDICT_UNSEEN,	 /* no witness of it is in this build */
	VERDICT_BETWEEN, /* the same, but what stands on both sides of it is confirmed, and has not moved or has moved
			    as far */
	VERDICT_CONSISTENT,   /* the code touches it there, with its size, but also something of that size beside it */
	VERDICT_CONFIRMED,    /* a witness touches it there, with its size */
	VERDICT_CONTRADICTED, /* its witnesses touch other places, or the card does not hold together */
};

struct evidence_count {
	unsigned confirmed, consistent, between, unseen, contradicted;
	bool is_sound; /* nothing is contradicted, and nine tenths of what is seen are confirmed */
};

struct witnesses;

/* `binary` is its base name. Follows each witness that the file names; never fails: without any, all stays unseen. */
struct witnesses *evidence_open(struct arena *arena, const struct catalogue *cat, struct elf_file *elf,
				const char *binary);
/* Sets the verdict of each member. */
void evidence_judge(const struct witnesses *witnesses, struct card *card, struct evidence_count *count);
/*
 * Of members that are not confirmed, looks whether another card's place is, and takes that. Members must have been
 * judged; they are judged anew. Returns how many were moved.
 */
unsigned evidence_move(const struct witnesses *witnesses, struct card *card, struct card *const *others,
		       unsigned others_len, struct evidence_count *count);
/* The part that needs no code, of evidence_judge(): contradicts what does not hold together. */
void evidence_hold_together(const struct catalogue *cat, struct card *card);
const char *verdict_name(enum verdict verdict);

#endif
