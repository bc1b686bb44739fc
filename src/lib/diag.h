/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Diagnostics: what a person did wrong, where, and what to do. Stages collect them here; main.c prints them. A node
 * that has caused one diagnostic gets a type that silences any further one (see TYPE_ERROR in check/type.h).
 */
#ifndef CEPHTAP_LIB_DIAG_H
#define CEPHTAP_LIB_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/buf.h"

/* A text that locations point into: a script file, one -n argument, a catalogue file, a card. */
struct source {
	const char *name; /* what a person calls it: "x.d", "-n argument 1" */
	const char *text; /* NUL-terminated, but may hold further NULs (hostile input): trust `size` */
	size_t size;
};

struct loc {
	const struct source *source; /* NULL: no place known */
	uint32_t offset;	     /* of the first byte meant */
	uint32_t size;		     /* how many bytes are meant; 0 or 1: a point */
};

struct diag {
	struct diag *next;
	struct loc loc;
	const char *tag;  /* DTrace's tag, "D_SYNTAX"; NULL where it has none */
	const char *text; /* one sentence, no final full stop, lower case first */
	const char *hint; /* NULL, or one sentence: "did you mean `op-start`?" */
	bool is_warning;
	unsigned line; /* that dtrace's message names, where that is not the line of `loc`; 0: it is */
};

struct diags {
	struct arena *arena;
	struct diag *first, **last;
	unsigned errors, warnings; /* counted even past the limit */
	unsigned limit;		   /* how many are kept; 0: DIAG_LIMIT */
};

enum { DIAG_LIMIT = 20 };

void diags_init(struct diags *diags, struct arena *arena);
/* Returns the new diagnostic, so that a hint can be added; NULL past the limit (diag_hint accepts NULL). */
struct diag *diag_error(struct diags *diags, struct loc loc, const char *tag, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
struct diag *diag_warning(struct diags *diags, struct loc loc, const char *tag, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void diag_hint(struct diags *diags, struct diag *diag, const char *format, ...) __attribute__((format(printf, 3, 4)));

/*
 * dtrace tells the line alone, and often that of the end of a construct, where we point at what is wrong in it: the
 * line on which `loc` ends. Accepts NULL.
 */
void diag_set_line(struct diag *diag, struct loc loc);
unsigned diag_line(const struct diag *diag); /* for messages in dtrace's form; 0: no place known */

/* Line and column, both from 1; a tab counts as one column. */
void loc_position(struct loc loc, unsigned *line, unsigned *column);
/* From the start of `from` to the end of `to`. */
struct loc loc_span(struct loc from, struct loc to);

/*
 * "x.d:3:12: error: ..." then the line with a caret, then "hint: ...". With tags: "[D_SYNTAX]" before the text, as
 * dtrace -xerrtags.
 */
void diags_print(const struct diags *diags, bool with_tags, struct buf *out);

/*
 * The nearest of `n` names to `wanted` by edit distance, or NULL when none is near enough to be a slip of the keyboard.
 */
const char *nearest_name(const char *wanted, const char *const *names, size_t n);

#endif
