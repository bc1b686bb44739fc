/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What `cephtap learn` is to learn from: binaries by their names, those that a process runs, those in a folder of
 * unpacked packages; and a server of debug information. Names in them are anybody's: each file is resolved once.
 */
#ifndef CEPHTAP_CMD_LEARN_SOURCES_H
#define CEPHTAP_CMD_LEARN_SOURCES_H

#include "ceph/catalogue.h"
#include "lib/buf.h"
#include "lib/held.h"

struct learn_source {
	const char *binary; /* for people; its last part is what it is */
	struct held *held;
	const char *root, *path; /* its name inside a root; NULL: it was named by its path */
};

struct learn_sources {
	struct arena *arena;
	const struct catalogue *cat;
	struct learn_source *list;
	unsigned len;
	const char **roots; /* NULL-terminated */
	unsigned roots_len;
};

/* Each returns false with a sentence. */
bool learn_add_path(struct learn_sources *sources, const char *path, struct buf *why);
bool learn_add_process(struct learn_sources *sources, const char *pid, struct buf *why);
/* A folder into which packages were unpacked, all into itself or each into a folder of its own, to find debug files in.
 */
bool learn_add_folder(struct learn_sources *sources, const char *dir, struct buf *why);
/* The binaries in those folders that the catalogue knows; `name` NULL: all. */
bool learn_add_found(struct learn_sources *sources, const char *name, struct buf *why);
void learn_sources_close(struct learn_sources *sources);

/* A debug file by its build-id, by way of debuginfod's own client, which keeps it in its cache. NULL with a sentence.
 */
const char *learn_fetch(struct arena *arena, const char *url, const char *build_id, const char **why);

#endif
