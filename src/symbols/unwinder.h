/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What programs need to walk through the stacks of processes (ustack()): for each process its files, for each file the table of
 * its call-frame information. Put into the maps of the image before the script runs, and for processes that come later when a
 * program has met them: their first stacks are one frame deep.
 */
#ifndef CEPHTAP_SYMBOLS_UNWINDER_H
#define CEPHTAP_SYMBOLS_UNWINDER_H

#include "engine/engine.h"
#include "symbols/mappings.h"

struct unwinder;

/* NULL: the script walks through no process's stack. Sets the size of map_rows: before the engine makes the maps. */
struct unwinder *unwinder_new(struct arena *arena, struct image *image, const struct target *target, struct mappings *mappings);
/* Once the maps are there. 0 or a negative errno. */
int unwinder_fill(struct unwinder *unwinder, struct engine *engine);
/* Now and then: looks at the processes that programs have asked for. */
void unwinder_step(struct unwinder *unwinder);
/* How many files had no room for their tables: stacks end early in their frames. */
unsigned unwinder_left_out(const struct unwinder *unwinder);
void unwinder_free(struct unwinder *unwinder); /* NULL is allowed */

#endif
