/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ceph's markers whose layout is not from debug information of the very build. In: an image and its engine. Out:
 * sentences: when the data of a marker cannot be true, which switched it off in that moment (code/check.c), and at the
 * end on what evidence the rest stands.
 */
#ifndef CEPHTAP_RUN_DOUBTS_H
#define CEPHTAP_RUN_DOUBTS_H

#include "code/image.h"

struct engine;

struct doubts {
	struct arena *arena;
	struct engine *engine;
	const struct image *image;
	bool *is_told; /* of each probe of the image's plan */
	void (*say)(void *data, const char *sentence);
	void *data;
};

/* Looks again. Cheap where nothing is in doubt. */
void doubts_step(struct doubts *doubts);
/* On what the markers stand that could be used. */
void doubts_end(struct doubts *doubts);
/* From here on it is another image, of the same script. */
void doubts_go_over(struct doubts *doubts, struct engine *engine, const struct image *image);

#endif
