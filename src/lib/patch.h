/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changes of a text: a list of edits; the text with them; the unified diff of them (as diff -u and git print it); and
 * such a diff taken back.
 */
#ifndef CEPHTAP_LIB_PATCH_H
#define CEPHTAP_LIB_PATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/buf.h"

struct edit {
	size_t at, cut; /* `cut` bytes at `at` of the original go, `text` comes */
	const char *text;
	unsigned order; /* of edits at one place: as they were added */
};

struct edits {
	struct edit *list;
	unsigned len;
};

void edits_add(struct arena *arena, struct edits *edits, size_t at, size_t cut, const char *text);
/* False: two edits overlap. Sorts them. */
bool edits_apply(struct edits *edits, const char *text, size_t size, struct buf *out);
/* After edits_apply(). */
void edits_diff(const struct edits *edits, const char *path, const char *text, size_t size, struct buf *out);
void patch_new_file(const char *path, const char *text, struct buf *out);

struct patch_hunk {
	unsigned line; /* where it is in the new text, from 1 */
	const char *before, *after;
	size_t before_size, after_size;
};

struct patch_file {
	const char *path;
	bool is_new; /* the patch made this file */
	struct patch_hunk *hunks;
	unsigned hunks_len;
};

/* 0, or -EINVAL with a sentence. */
int patch_parse(struct arena *arena, const char *text, size_t size, struct patch_file **out, unsigned *out_len,
		struct buf *why);

/*
 * The text as it was before the patch. A hunk may have moved with its lines, but these must be as the patch left them:
 * else -ENOENT and *line is the hunk's. For a file that is_new: 0 when the text is just as the patch made it.
 */
int patch_reverse(const struct patch_file *file, const char *text, size_t size, struct buf *out, unsigned *line);

#endif
