/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Markers of files that no process maps yet. In: a pipeline whose script has descriptions that match nothing (-Z). Out:
 * when a process maps a file that has such a marker, another pipeline: the same script compiled and attached again,
 * with what has been gathered so far in its maps. Until it is told to, it does not fire.
 */
#ifndef CEPHTAP_RUN_LATE_H
#define CEPHTAP_RUN_LATE_H

#include "run/pipeline.h"

struct late;

/* NULL: no description waits. `pipeline` is attached, and lives as long as this. */
struct late *late_new(struct pipeline *pipeline, const char *name, bool quiet);
/* Looks, if it is time to. NULL: nothing new. The caller goes over to what it gets, which late_free() frees. */
struct pipeline *late_step(struct late *late);
void late_free(struct late *late); /* NULL is allowed */

#endif
