/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the reader of records must know of a script, in a chunk: sources, arguments, options, probes, aggregations, layouts. It is
 * kept as it was compiled and not compiled again: types of the kernel and of programs are not to be had elsewhere, and nothing
 * of a file has to be believed but sizes, which are checked here.
 */
#ifndef CEPHTAP_RECORDING_SCHEMA_H
#define CEPHTAP_RECORDING_SCHEMA_H

#include "ebpf/image.h"
#include "lib/pack.h"

/* A script as it was recorded. The image has what record/ and report/ look at, and nothing else: no maps, no programs. */
struct schema {
	struct image image;
	struct checked checked;
	struct options options;
	const struct source **sources;
	unsigned sources_len;
	char **args; /* $1 ... */
	unsigned args_len;
};

void schema_pack(const struct image *image, const struct source *const *sources, unsigned sources_len, char *const *args,
		 unsigned args_len, struct buf *out);
/* NULL: it does not hold together; a sentence of what in *why. */
struct schema *schema_unpack(struct unpack *in, struct arena *arena, const char **why);
/* NULL, or why recordings of these two cannot be one report. */
const char *schema_why_not_merge(const struct schema *a, const struct schema *b);

#endif
