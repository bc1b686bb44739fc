/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of Ceph's markers one file has, that no process need run: for `learn` and `card check`. */
#ifndef CEPHTAP_CMD_FILE_MARKERS_H
#define CEPHTAP_CMD_FILE_MARKERS_H

#include <stdbool.h>

#include "lib/arena.h"

struct held;

struct file_marker {
	const char *name; /* "ceph_osd:::op-start" */
	const char *why;  /* NULL: it can be used */
	unsigned missing; /* arguments that cannot be had */
};

struct file_markers {
	struct file_marker *list;
	unsigned len, usable, partly;
	const char
		*why; /* of the first that cannot be used, or the first argument that is missing; NULL: all is there */
};

/* `path` is its name for people, by whose last part the catalogue knows it. */
void file_markers_find(struct arena *arena, struct held *held, const char *path, struct file_markers *out);

#endif
