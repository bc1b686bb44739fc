/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Code that updates an aggregation where the event happens: the `gen` member of each struct agg. What each must do with
 * the words of a value is written in the head of src/agg/NAME.c; bucket numbers come from the formulas in buckets.h.
 */
#ifndef CEPHTAP_AGG_GEN_H
#define CEPHTAP_AGG_GEN_H

#include "agg/agg.h"

void agg_gen_count(struct gen *gen, const struct agg_shape *shape, const struct plan_update *update);
void agg_gen_sum(struct gen *gen, const struct agg_shape *shape, const struct plan_update *update);
void agg_gen_avg(struct gen *gen, const struct agg_shape *shape, const struct plan_update *update);
void agg_gen_min(struct gen *gen, const struct agg_shape *shape, const struct plan_update *update);
void agg_gen_max(struct gen *gen, const struct agg_shape *shape, const struct plan_update *update);
void agg_gen_stddev(struct gen *gen, const struct agg_shape *shape, const struct plan_update *update);
void agg_gen_quantize(struct gen *gen, const struct agg_shape *shape, const struct plan_update *update);
void agg_gen_lquantize(struct gen *gen, const struct agg_shape *shape, const struct plan_update *update);
void agg_gen_llquantize(struct gen *gen, const struct agg_shape *shape, const struct plan_update *update);

#endif
