/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a script comes from: a file, standard input, the command line, or this binary. In: its name. Out: one more
 * source to compile. */
#ifndef CEPHTAP_CMD_SCRIPT_H
#define CEPHTAP_CMD_SCRIPT_H

#include "run/pipeline.h"

/* A file; "-" is standard input. False: a sentence. */
bool script_add_file(struct pipeline *pipeline, const char *path, struct buf *why);
/* A clause, or a script that was made up; both stay. */
void script_add_text(struct pipeline *pipeline, const char *name, const char *text, size_t size);
/* One of scripts/, by its base name. */
void script_add_embedded(struct pipeline *pipeline, const char *name);
/* All that were added, on standard output. False: they cannot be written. */
bool script_print(const struct pipeline *pipeline);

#endif
