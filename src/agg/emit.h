/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the code of several aggregating functions has in common: for the `gen` member of struct agg. Bucket numbers come
 * from the formulas in buckets.h.
 */
#ifndef CEPHTAP_AGG_EMIT_H
#define CEPHTAP_AGG_EMIT_H

#include <stdbool.h>

struct gen;
struct plan_update;

/* Adds 1 to word 0, and the value to word 1. */
void emit_agg_sum(struct gen *gen);
/* Adds 1 to word 0, and the value, extended to 128 bits, to words 1 and 2 (agg_wide). */
void emit_agg_wide_sum(struct gen *gen, bool is_signed);
/* Raises word 1 to the code in R1, as an unsigned number. */
void emit_agg_raise(struct gen *gen);
/* R1 = |R1|. */
void emit_agg_magnitude(struct gen *gen);
/* R0 = floor(log2(R1)) for R1 > 0; R1 and R2 are lost. */
void emit_agg_log2(struct gen *gen);
/* The bucket is in R0: counts the update, and adds the update's weight to the bucket's word. */
void emit_agg_bucket(struct gen *gen, const struct plan_update *update, unsigned buckets);

#endif
