/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pictures: a page of HTML that needs nothing else, with the data inside as JSON (pictures/page.html is the page,
 * doc/pictures.md the data). In: names, numbers. Names may hold anything, also what is no UTF-8. A picture is begun,
 * filled, ended; what cannot be written is told at its end, and nothing more is written after the first failure.
 */
#ifndef CEPHTAP_PICTURES_PICTURE_H
#define CEPHTAP_PICTURES_PICTURE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct picture;

enum picture_flame { PICTURE_FLAME, PICTURE_ICICLE }; /* the root below, or above */

/*
 * Begin. `title` stands above the picture, `unit` behind its numbers: "ns" and "bytes" are shown as people write them,
 * others
 * ("samples", "ops") as they are.
 */
struct picture *picture_flame(FILE *out, const char *title, const char *unit, enum picture_flame view);
/* Columns are `step_ns` wide, the first begins at `start_ns`; `buckets` are the lower bounds of a column's counts,
 * rising. */
struct picture *picture_heat(FILE *out, const char *title, const char *unit, uint64_t start_ns, uint64_t step_ns,
			     const uint64_t *buckets, unsigned buckets_len);
struct picture *picture_timeline(FILE *out, const char *title);

/* A stack, its root first. The same one may come again: values are added. */
void picture_stack(struct picture *picture, const char *const *frames, unsigned frames_len, double value);
/* The same for a comparison: all stacks of a picture that has one of these are compared. */
void picture_stack_diff(struct picture *picture, const char *const *frames, unsigned frames_len, double before,
			double after);
/* The next column of a heat map: as many counts as there are buckets. */
void picture_column(struct picture *picture, const uint64_t *counts);
/* Spans belong to the lane before them. A span that lies within another one of its lane is drawn below it. */
void picture_lane(struct picture *picture, const char *name);
void picture_span(struct picture *picture, const char *name, uint64_t start_ns, uint64_t end_ns,
		  const char *detail /* or NULL */);

/* A sentence below the title, at any time before the end: what was lost, above all. */
void picture_note(struct picture *picture, const char *text);
/* 0, or a negative errno when something could not be written. The picture is gone; `out` is flushed, not closed. */
int picture_end(struct picture *picture);

#endif
