/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Aggregating functions: one file each in src/agg, with everything about it: its prototype, its memory, the code that
 * updates it, how two are merged, compared and printed. All are listed in src/agg/table.c.
 *
 * A value is an array of u64. Its first word is always the number of updates since the aggregation was cleared, so that a
 * reader can tell "never" from "zero".
 */
#ifndef CEPHTAP_AGG_AGG_H
#define CEPHTAP_AGG_AGG_H

#include <stddef.h>
#include <stdint.h>

#include "check/check.h"
#include "lib/buf.h"

struct gen;
struct value;
struct check_ctx;

struct agg {
	const char *name;
	const char *proto; /* in D: "void quantize(int64_t, [int64_t])"; the first argument is the value, count() has none */
	const char *doc;
	/* Further rules, and constant parameters into var->params; NULL: none. */
	void (*check)(struct check_ctx *ctx, struct node *call, struct aggvar *var);
	unsigned (*words)(const struct aggvar *var); /* u64s of one value */
	/*
	 * Emits the update: the address of the value (all zero when new) is in a register, the evaluated arguments are values.
	 * Every update is atomic, since one processor's copy may be updated by a thread that preempts another.
	 */
	void (*gen)(struct gen *gen, const struct aggvar *var, struct node *call);
	void (*merge)(const struct aggvar *var, uint64_t *into, const uint64_t *from); /* `into` may be all zero: no updates yet */
	/* Takes away what was there when the aggregation was cleared. NULL: cannot (min, max); the engine then zeroes the values. */
	void (*subtract)(const struct aggvar *var, uint64_t *from, const uint64_t *baseline);
	int (*compare)(const struct aggvar *var, const uint64_t *a, const uint64_t *b);
	/* One number that stands for the value: for %d and the like in printa(); normal > 0 divides it. */
	int64_t (*number)(const struct aggvar *var, const uint64_t *value, uint64_t normal);
	/* As DTrace prints it in a table: a number right-aligned, or a histogram of several lines. */
	void (*show)(const struct aggvar *var, const uint64_t *value, uint64_t normal, struct buf *out);
	/* NULL for those that are just a number; else the buckets: "low", "high", "count" through the callback, empty ones left out. */
	void (*buckets)(const struct aggvar *var, const uint64_t *value,
			void (*each)(void *data, int64_t low, int64_t high, uint64_t count), void *data);
};

const struct agg *agg_find(const char *name);
const struct agg *agg_at(unsigned i); /* NULL at the end */

#endif
