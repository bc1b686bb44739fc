/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Layout cards: what the catalogue needs to know of one build of one binary, a few KB of readable text named after the
 * build-id. In: text (anybody's), or a build-id. Out: offsets and sizes. A card is only ever used for the build that it
 * names.
 */
#ifndef CEPHTAP_CEPH_CARD_H
#define CEPHTAP_CEPH_CARD_H

#include "ceph/catalogue.h"

struct card_member {
	const char *path; /* "reqid.name._num" */
	struct cat_member member;
};

struct card_type {
	const char *name; /* in full, as DWARF has it */
	uint64_t size;
	struct card_member *members;
	unsigned members_len;
};

struct card_value {
	const char *name;
	uint64_t value;
};

struct card {
	const char *binary, *release, *build_id; /* "ceph-osd", "16.2.15", hex */
	struct card_type *types;
	unsigned types_len;
	struct card_value *constants; /* enumerators */
	unsigned constants_len;
	struct card_value *functions; /* virtual addresses of functions that the stripped binary does not name */
	unsigned functions_len;
};

/* Mistakes go to diags; 0, or -EINVAL when there was any: then the card must not be used. */
int card_parse(struct arena *arena, const struct source *source, struct card *card, struct diags *diags);
void card_print(const struct card *card, struct buf *out);
struct cat_resolver card_resolver(const struct card *card);
bool card_function(const struct card *card, const char *symbol, uint64_t *vaddr);

/*
 * The card for a build-id: from the folders of card_dirs(), then from inside the binary. 0; -ENOENT when there is none
 * (*why is NULL: the caller knows best what to advise); another errno with a sentence for one that is there and cannot
 * be used.
 */
int card_find(struct arena *arena, const char *build_id, struct card **out, const char **why);

/*
 * Where cards of this user are: $CEPHTAP_CARDS (folders with `:` between), $XDG_CACHE_HOME/cephtap/cards or
 * ~/.cache/cephtap/cards, /var/lib/cephtap/cards. NULL-terminated. `learn` writes to the first that is not the last,
 * or, as root without $CEPHTAP_CARDS, to the last, where every user finds it.
 */
const char **card_dirs(struct arena *arena);
const char *card_default_path(struct arena *arena, const char *build_id);

#endif
