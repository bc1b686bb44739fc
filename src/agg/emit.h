/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the code of several aggregating functions has in common: for the `gen` member of struct agg. Bucket numbers come
 * from the formulas in buckets.h.
 */
#ifndef CEPHTAP_AGG_EMIT_H
#define CEPHTAP_AGG_EMIT_H

struct gen;
struct node;

/* Adds 1 to word 0, and the value to word 1. */
void emit_agg_sum(struct gen *gen);
/* Raises word 1 to the code in R1, as an unsigned number. */
void emit_agg_raise(struct gen *gen);
/* R1 = |R1|. */
void emit_agg_magnitude(struct gen *gen);
/* The bucket is in R0: counts the update, and adds the increment (that argument of the call; left out: 1) to the
 * bucket's word. */
void emit_agg_bucket(struct gen *gen, struct node *call, unsigned increment_arg, unsigned buckets);

#endif
