/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Making a layout card out of debug information. In: a binary, its debug file, the catalogue (which says what is asked
 * for). Out: a card. This is the only part of cephtap that reads DWARF of types; it runs once per build.
 */
#ifndef CEPHTAP_CEPH_LEARN_H
#define CEPHTAP_CEPH_LEARN_H

#include "ceph/card.h"
#include "lib/debug.h"

struct learn_request {
	const char *binary; /* path of the executable or library, for people; its last part is what it is */
	struct held *held;  /* it, where it is known already, by `path` in `root`; NULL: by its path */
	const char *root, *path;
	const char *debug;	  /* path of its debug file; NULL: look for it */
	const char *release;	  /* "16.2.15"; NULL: read it from the binary */
	const char *const *roots; /* more folders in which packages were unpacked; NULL-terminated, or NULL */
	/* A debug file from elsewhere, by its build-id: its path, or NULL with a sentence. NULL: there is no elsewhere.
	 */
	const char *(*fetch)(void *data, const char *build_id, const char **why);
	void (*progress)(void *data, uint64_t bytes); /* how much debug information has been read; NULL: nobody asks */
	void *data;
};

/*
 * 0, or a negative errno with one sentence in *why. What the debug information does not have (a member of another
 * release) is left out of the card and named in `missing`, one per line.
 */
int learn_card(struct arena *arena, const struct catalogue *cat, const struct learn_request *request, struct card *card,
	       struct buf *missing, const char **why);

/* Does the catalogue have markers in a binary of this name? */
bool learn_is_known(const struct catalogue *cat, const char *name);
/* Debian's package with the debug information of a binary: "ceph-osd-dbg"; NULL when unknown. */
const char *learn_debug_package(const char *binary_name);

/* --- Between learn.c and learn_dwarf.c --- */

/*
 * `request` for its progress. Fill in sizes, members and constants of a card from an ELF file with DWARF. What is found
 * gets a size (types, members) or a value (constants; `found` tells which).
 */
int learn_dwarf(const struct debug *debug, struct card *card, bool *found_constants, struct arena *arena,
		const struct learn_request *request, const char **why);
/*
 * The release of a binary, from what it would print for --version, or from the libceph-common beside it; NULL: unknown.
 * `path` is its name inside `root`.
 */
const char *learn_release(struct arena *arena, struct elf_file *binary, const char *root, const char *path);

#endif
