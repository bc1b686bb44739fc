/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CEPHTAP_LIB_FILE_H
#define CEPHTAP_LIB_FILE_H

#include <stddef.h>

#include "lib/arena.h"
#include "lib/buf.h"

/*
 * Reads a whole file ("-": standard input) into the arena, with a NUL behind it. 0, or a negative errno with a
 * sentence: it is a folder, cannot be opened, is larger than `max` bytes.
 */
int file_read(struct arena *arena, const char *path, size_t max, char **text, size_t *size, struct buf *why);

#endif
