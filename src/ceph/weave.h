/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Weaving: the catalogue's markers into a tree of Ceph's source. In: the catalogue and the tree. Out: for each marker
 * its places or why it has none; and the changed files, as a patch or written. What was woven before is taken back in
 * memory first, so that weaving twice is weaving once. Nothing is written before all of it is known.
 *
 *   weave_open      reads the release, and what an earlier weaving left in the tree's PATCH file
 *   weave_plan      finds the places (weave_place.c), makes the calls there (weave_text.c)
 *   weave_diff, weave_write, weave_undo
 */
#ifndef CEPHTAP_CEPH_WEAVE_H
#define CEPHTAP_CEPH_WEAVE_H

#include "ceph/catalogue.h"
#include "lib/cxx.h"
#include "lib/patch.h"

/* In the tree's folder: what weaving changed, as a patch; --undo goes by it. */
#define WEAVE_PATCH  "cephtap-weave.patch"
#define WEAVE_HEADER "common/ceph_markers.h"
#define WEAVE_MARKER "include/cephtap/marker.h"
#define WEAVE_OPTION "WITH_SYSTEMTAP"

/* A return statement, and the calls that go before it. */
struct weave_return {
	struct cxx_return statement;
	bool is_plain;	  /* its value can be named again: a name, a number */
	bool is_embraced; /* it is all of an `if`'s branch, and gets braces */
	const char *calls;
};

struct weave_file {
	const char *path; /* below the tree's folder */
	const char *disk; /* as it is there; NULL: not there */
	size_t disk_size;
	const char *base; /* without markers; NULL: weaving makes it */
	size_t base_size;
	const char *woven; /* with them; NULL: it has none, or is not to be there */
	size_t woven_size;
	struct edits edits;
	struct weave_return *returns; /* become edits when all places are found */
	unsigned returns_len;
	struct cxx_file cxx; /* of the base, once it was looked at */
	bool is_parsed;
	const char *why; /* NULL, or why it cannot be looked at */
};

/* One place of one marker, or why there is none. */
struct weave_place {
	const struct cat_marker *marker;
	const struct cat_source *source; /* NULL: the catalogue has none for this release */
	struct weave_file *file;
	const struct cxx_function *function;
	unsigned line;	 /* of the function's body, or of the statement */
	unsigned count;	 /* how many calls: one, but for `return` */
	const char *why; /* NULL: it is there */
};

struct weave {
	struct arena *arena;
	const char *root;    /* the tree's folder */
	const char *release; /* "18.2.7" */
	struct weave_file **files;
	unsigned files_len;
	struct weave_place *places; /* in the catalogue's order */
	unsigned places_len;
	unsigned missing; /* markers that have no place */
	bool was_woven;
};

/* Each returns 0, or a negative errno with a sentence. */
int weave_open(struct weave *w, struct arena *arena, const char *root, struct buf *why);
/* Markers without a place are left out, and counted in `missing`: whether that will do is the caller's to say. */
int weave_plan(struct weave *w, const struct catalogue *cat, struct buf *why);
int weave_write(struct weave *w, struct buf *why);
int weave_undo(struct weave *w, struct buf *why);
void weave_diff(const struct weave *w, struct buf *out);

/* ---- between its files ---- */

struct weave_file *weave_file(struct weave *w, const char *path);
/* Does the file have this line: #include and the header, with its quotes? */
bool weave_includes(struct weave *w, const struct weave_file *file, const char *header);
void weave_find_places(struct weave *w, const struct catalogue *cat);

/* A marker's call, and what stands around it. Names of parameters are those of `names`, by pairs, then NULL. */
struct weave_call {
	const struct cat_marker *marker;
	const struct cat_source *source;
	const char **names; /* a parameter in the catalogue, the same in the tree, ..., NULL */
	const char *value;  /* of $ret, or NULL */
};

void weave_add_call(struct arena *arena, const struct weave_call *call, const char *indent, struct buf *out);
void weave_header(const struct weave *w, struct buf *out);
extern const char weave_option[], weave_config[];
extern const char weave_marker_h[];

#endif
