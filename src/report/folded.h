/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Folded stacks, the text that flame graphs are made of: a line for each stack, its frames from the root on between
 * semicolons, a space, a number: `main;work;read 12`. Two numbers on every line, `main;work 10 12`, are a comparison:
 * before and after. Frames are what they were before cephtap showed them (SHOWN_FOLDED).
 */
#ifndef CEPHTAP_REPORT_FOLDED_H
#define CEPHTAP_REPORT_FOLDED_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/buf.h"

struct folded_stack {
	char *text; /* "main;work": the frames without the number */
	const char **frames;
	unsigned frames_len;
	double value, before;
};

struct folded {
	struct arena *arena; /* the caller's: all of it lives there */
	struct folded_stack *stacks;
	unsigned stacks_len;
	bool has_before;
};

/* Adds what `text` (which is changed) holds; on false `why` has a sentence with `name` and the line. */
bool folded_read(struct folded *folded, const char *name, char *text, size_t size, struct buf *why);
/* The values of `before` become those that `after` is compared with; stacks that only `before` has are added with the
 * value 0. */
void folded_compare(struct folded *after, const struct folded *before);

#endif
