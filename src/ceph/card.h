/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Layout cards: what the catalogue needs to know of one layout of one binary, a few KB of readable text. In: text
 * (anybody's), or a build-id. Out: offsets and sizes, and where each is from. A card that names a build is only ever
 * used for that build; one that names a distribution is a family's (family.h): of builds that nobody has looked at.
 */
#ifndef CEPHTAP_CEPH_CARD_H
#define CEPHTAP_CEPH_CARD_H

#include "ceph/catalogue.h"

struct elf_file;

/* Where a figure is from, the surest first. */
enum card_from {
	CARD_FROM_DEBUG,   /* debug information of this very build */
	CARD_FROM_FAMILY,  /* of another build of the family */
	CARD_FROM_FACTS,   /* a table of layouts that others have published */
	CARD_FROM_DERIVED, /* what the cards of neighbouring releases agree on */
	CARD_FROM_COUNT,
};

struct card_member {
	const char *path; /* "reqid.name._num" */
	struct cat_member member;
	uint8_t from;	 /* enum card_from */
	uint8_t verdict; /* enum verdict, of evidence.h */
	unsigned sure;	 /* how many witnesses confirm it */
	unsigned number; /* among all of the card's, after card_number_members() */
	int64_t moved;	 /* how far evidence_move() has moved it */
	bool is_lost;	 /* it could not tell how far */
	bool is_weak;	 /* one witness alone, in a class that is not as the card has it */
};

struct card_type {
	const char *name; /* in full, as DWARF has it */
	uint64_t size;	  /* 0: not known */
	uint8_t from;	  /* its size */
	struct card_member *members;
	unsigned members_len;
};

struct card_value {
	const char *name;
	uint64_t value;
	uint8_t from;
};

/* A build that is known to be of a family: its functions that the stripped binary does not name. */
struct card_build {
	const char *build_id;
	struct card_value *functions;
	unsigned functions_len;
};

struct card {
	struct arena *arena;
	struct card_build *builds;
	unsigned builds_len;
	bool is_published; /* of a family's: figures of the build at hand are among those that were published */
	const char *binary, *release; /* "ceph-osd", "16.2.15" */
	const char *build_id;	      /* hex; NULL: a family's */
	const char *release_to;	      /* NULL: as `release`; the last one that is known to have this layout */
	const char *distribution;     /* NULL: not told; "debian", "ubuntu", "el8", "el9" */
	const char *architecture;     /* NULL: x86_64 */
	bool is_sound;		      /* of a family's: the code of the build at hand agrees (evidence.h) */
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
bool card_is_of_build(const struct card *card);
const char *card_from_name(enum card_from from);
/* NULL: it has none. */
struct card_type *card_type_find(const struct card *card, const char *name);
struct card_member *card_member_find(const struct card *card, const char *type, const char *path);
unsigned card_number_members(struct card *card); /* returns how many there are */
bool card_function(const struct card *card, const char *symbol, uint64_t *vaddr);

/*
 * The card for a build-id: from the folders of card_dirs(), then from inside the binary. 0; -ENOENT when there is none
 * (*why is NULL: the caller knows best what to advise); another errno with a sentence for one that is there and cannot
 * be used.
 */
int card_find(struct arena *arena, const char *build_id, struct card **out, const char **why);

/* The same of a file, which is of an architecture too. */
int card_find_of(struct arena *arena, struct elf_file *elf, struct card **out, const char **why);

/* One of all cards that there are. */
struct card_file {
	const char *name, *path; /* path NULL: it is inside cephtap */
	struct card *card;	 /* NULL: it cannot be used, see why */
	const char *why;
};

/* Those inside cephtap, then those of each folder, by name. */
void card_files(struct arena *arena, struct card_file **files, unsigned *len);
/* As card_parse(), with one sentence on the first mistake. */
int card_read(struct arena *arena, const struct source *source, struct card **out, const char **why);
enum { CARD_FILE_SIZE = 4 * 1024 * 1024 }; /* a larger file is no card */
/* "aarch64" */
const char *card_architecture(struct arena *arena, int machine);
bool card_is_for_here(const struct card *card);
/* Writes it for all to read and its owner to write, and makes the folder. 0, or a negative errno with a sentence. */
int card_store(const struct card *card, const char *path, struct buf *why);

/*
 * Where cards are: $CEPHTAP_CARDS (folders with `:` between), $XDG_CACHE_HOME/cephtap/cards or ~/.cache/cephtap/cards,
 * /var/lib/cephtap/cards, /etc/cephtap/cards, /usr/share/cephtap/cards. NULL-terminated. A card counts only if root or
 * the user owns it and nobody else can write it. `learn` writes to the first of these; as root without $CEPHTAP_CARDS
 * to /var/lib/cephtap/cards, where every user finds it.
 */
const char **card_dirs(struct arena *arena);
const char *card_default_path(struct arena *arena, const char *build_id);

#endif
