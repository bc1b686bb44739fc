/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Probes in files that no process maps yet (-Z): markers of any file, functions of a library that a process loads
 * later, or of a program that it becomes. In: a pipeline, and which processes have changed. Out: when a process maps
 * such a file, another pipeline: the same script compiled and attached again, with what has been gathered so far in its
 * maps. Until it is told to, it does not fire.
 */
#ifndef CEPHTAP_RUN_LATE_H
#define CEPHTAP_RUN_LATE_H

#include "run/follow.h"
#include "run/pipeline.h"

struct late_config {
	struct pipeline *pipeline; /* attached; it lives as long as this */
	const struct follow *follow;
	const struct target_list *targets; /* NULL: none were chosen */
	const char *name;
	bool quiet;
	bool is_told; /* late_arrived() is called */
};

struct late;

/* NULL: no description waits. */
struct late *late_new(const struct late_config *config);
/* This process has begun a program or mapped a file; 0: some have, and nobody knows which. */
void late_arrived(struct late *late, pid_t pid); /* NULL is allowed */
/* Looks, if it is time to. NULL: nothing new. The caller goes over to what it gets, which late_free() frees. */
struct pipeline *late_step(struct late *late);
void late_free(struct late *late); /* NULL is allowed */

#endif
