/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What programs need to walk through the stacks of processes (ustack()): for each process its files, for each file the
 * table of its call-frame information. Put into the store before the script runs, and for processes that come later
 * when a program has met them: their first stacks are one frame deep.
 */
#ifndef CEPHTAP_SYMBOLS_UNWINDER_H
#define CEPHTAP_SYMBOLS_UNWINDER_H

#include "probe/probe.h"
#include "symbols/mappings.h"
#include "symbols/store.h"

struct unwinder;

/* For a script that walks through processes' stacks. */
struct unwinder *unwinder_new(struct arena *arena, const struct target *target, struct mappings *mappings);
/* How many rows there must be room for, in the store. */
uint32_t unwinder_rows(const struct unwinder *unwinder);
/* Once the store is there. 0 or a negative errno. */
int unwinder_fill(struct unwinder *unwinder, const struct stack_store *store);
/* Now and then: looks at the processes that programs have asked for. NULL is allowed, here and below. */
void unwinder_step(struct unwinder *unwinder);
/* How many files had no room for their tables: stacks end early in their frames. */
unsigned unwinder_left_out(const struct unwinder *unwinder);
void unwinder_free(struct unwinder *unwinder);

#endif
