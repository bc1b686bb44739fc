/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Programs that we call: a compiler, its preprocessor; and the temporary files that they need. */
#ifndef CEPHTAP_CMD_SHELL_H
#define CEPHTAP_CMD_SHELL_H

#include <stdbool.h>

#include "lib/arena.h"
#include "lib/buf.h"

enum { SHELL_NOT_FOUND = 127 };

/*
 * `command` is for the shell, as $CC may be several words; "$@" in it is what follows. `input` and `output`: -1: those
 * of this process. Its exit status; negative: it did not begin or was killed, which `why` says.
 */
int shell_run(const char *command, const char *const args[], unsigned args_len, int input, int output, struct buf *why);
/* A file below $TMPDIR, opened; its name, to be discarded, in `path`. It goes, too, where the command ends in the midst
 * of it. */
int shell_temporary(struct arena *arena, const char *suffix, char **path, struct buf *why);
void shell_discard(char *path);

/* What the C preprocessor makes of a text. `args`: -D, -U, -I and the like. False: a sentence. */
struct preprocess {
	struct arena *arena;
	const char *name; /* the file's, for its messages and for #include "..." */
	const char **args;
	unsigned args_len;
};

bool preprocess(const struct preprocess *request, const char *text, size_t size, char **result, size_t *result_size,
		struct buf *why);

#endif
