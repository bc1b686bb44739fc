/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which sites share a link: those of one file, entries apart from returns, probes of one process apart from others, and
 * programs that may sleep each by itself.
 * In: an image's attaches. Out: for each group the arrays that the kernel wants.
 */
#ifndef CEPHTAP_ENGINE_KERNEL_GROUP_H
#define CEPHTAP_ENGINE_KERNEL_GROUP_H

#include "engine/kernel/private.h"

struct group {
	const char *path;     /* for messages */
	struct held *held;    /* the file; the host of probes lets go of it */
	const char *build_id; /* "": it has none, or nobody was chosen, so that nobody comes back */
	dev_t dev;
	ino_t ino;
	pid_t pid;	/* not 0: probes of this process only (lang1234:::hit) */
	unsigned alone; /* not 0: sites of this one program (its index + 1), which may sleep and so cannot be joined */
	unsigned unit;	/* of its probes, where they can be taken away; else 0 */
	bool is_mixed;	/* needs the dispatcher; cookies then have the program's index in the upper half */
	unsigned *attaches; /* indices in image->attaches; this and the next three have `len` entries */
	uint64_t *offsets, *refs, *cookies;
	unsigned len;
	unsigned suspects_len; /* of them, the last: the kernel will probably refuse these */
	const char *why_not;   /* none of it is attached, for this reason */
};

struct groups {
	struct group *list;
	unsigned len;
};

struct groups groups_make(struct kernel_engine *engine, struct arena *arena);

#endif
