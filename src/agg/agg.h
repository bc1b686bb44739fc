/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Aggregating functions: one file each in src/agg, with everything about it: its prototype, its memory, the code that
 * updates it, how two are merged, compared and printed. Each has one row in src/agg/table.c.
 *
 * A value is an array of u64. Its first word is always the number of updates since the aggregation was cleared, so that
 * a reader can tell "never" from "zero".
 */
#ifndef CEPHTAP_AGG_AGG_H
#define CEPHTAP_AGG_AGG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "func/entry.h"
#include "lib/buf.h"
#include "schema/schema.h"

struct gen;
struct plan_update;

/*
 * A parameter that must be a constant: lquantize(value, low, high, step). They follow the value in the call, in this
 * order; the checker folds them into shape->params (all of them, `otherwise` where one was left out) and what follows
 * is the increment.
 */
struct agg_param {
	const char *name; /* for messages: "lower bound" */
	bool is_optional;
	int64_t otherwise;
	int64_t dtrace_min, dtrace_max; /* what DTrace has room for: a script for it is held to that */
};

struct agg {
	const char *name;
	struct proto proto; /* the first argument is the value, count() has none */
	const char *doc;
	struct example example;
	const struct agg_param *params;
	unsigned params_len;
	/*
	 * Does parameter i make sense, those before it being known and sound? If not: why, and a sentence. Pure; called
	 * for each in turn. NULL: there is nothing to check.
	 */
	bool (*param_check)(const struct agg_shape *shape, unsigned i, enum call_fault *fault, struct buf *why);
	unsigned (*words)(const struct agg_shape *shape); /* u64s of one value */
	/*
	 * Emits the update: the address of the value (all zero when new) is in a register, the evaluated arguments are
	 * values. Every update is atomic, since one processor's copy may be updated by a thread that preempts another.
	 */
	void (*gen)(struct gen *gen, const struct agg_shape *shape, const struct plan_update *update);
	void (*merge)(const struct agg_shape *shape, uint64_t *into,
		      const uint64_t *from); /* `into` may be all zero: no updates yet */
	/* Takes away what was there when the aggregation was cleared. NULL: cannot (min, max); the engine then zeroes
	 * the values. */
	void (*subtract)(const struct agg_shape *shape, uint64_t *from, const uint64_t *baseline);
	int (*compare)(const struct agg_shape *shape, const uint64_t *a, const uint64_t *b);
	/* One number that stands for the value: for %d and the like in printa(); normal > 0 divides it. */
	int64_t (*number)(const struct agg_shape *shape, const uint64_t *value, uint64_t normal);
	/* As DTrace prints it in a table: a number right-aligned, or a histogram of several lines. */
	void (*show)(const struct agg_shape *shape, const uint64_t *value, uint64_t normal, struct buf *out);
	/* NULL for those that are just a number; else the buckets: "low", "high", "count" through the callback, empty
	 * ones left out. Both bounds belong to the bucket; INT64_MIN and INT64_MAX: no bound. `count` is signed in
	 * truth: increments may be. */
	void (*buckets)(const struct agg_shape *shape, const uint64_t *value,
			void (*each)(void *data, int64_t low, int64_t high, uint64_t count), void *data);
};

const struct agg *agg_find(const char *name);
const struct agg *agg_at(unsigned i); /* NULL at the end */

#endif
