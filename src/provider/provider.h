/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Provider files, as `dtrace -h` and `dtrace -G` take them: which markers a program will have. In: the text,
 * preprocessed or not. Out: what it declares; of that, a C header with a macro for each marker, and assembler text with
 * their semaphores.
 */
#ifndef CEPHTAP_PROVIDER_PROVIDER_H
#define CEPHTAP_PROVIDER_PROVIDER_H

#include "lib/arena.h"
#include "lib/buf.h"

enum { PROVIDER_ARGS_MAX = 12 }; /* of a marker: include/cephtap/marker.h */

struct provider_arg {
	const char *name; /* "" when it has none */
	const char *type; /* as written, macros replaced: "const char *" */
};

struct provider_probe {
	const char *name; /* as in C: transaction__start */
	struct provider_arg *args;
	unsigned args_len;
};

struct provider_decl {
	const char *name;
	struct provider_probe *probes;
	unsigned probes_len;
};

struct provider_file {
	struct provider_decl *providers;
	unsigned providers_len;
};

/*
 * 0, or -EINVAL with "FILE:LINE: sentence" in `why`. Declarations and clauses that are no provider are skipped, as
 * dtrace -h makes nothing of them.
 */
int provider_parse(struct arena *arena, const char *path, const char *text, struct provider_file *out, struct buf *why);

/* The header includes all of marker.h, so that a program needs nothing else to be compiled with it. */
void provider_header(const struct provider_file *file, const char *path, struct buf *out);
void provider_semaphores(const struct provider_file *file, struct buf *out);

#endif
