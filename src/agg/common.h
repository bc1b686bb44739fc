/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What aggregating functions share: adding word by word, numbers as DTrace prints them, histograms of 40 columns.
 */
#ifndef CEPHTAP_AGG_COMMON_H
#define CEPHTAP_AGG_COMMON_H

#include "agg/agg.h"

/* Sums of 128 bits in two words, the low half first: what 64 bits would wrap at. */
__int128 agg_wide(const uint64_t *words);
void agg_set_wide(uint64_t *words, __int128 sum);
/* Two of them, added or subtracted modulo 2^128. */
void agg_add_wide(uint64_t *into, const uint64_t *from);
void agg_subtract_wide(uint64_t *from, const uint64_t *what);
/* merge and subtract of everything that is a sum, word by word. */
void agg_merge_words(const struct agg_shape *shape, uint64_t *into, const uint64_t *from);
void agg_subtract_words(const struct agg_shape *shape, uint64_t *from, const uint64_t *baseline);

/* An aggregation that is one number: compare and show by its `number`. */
int agg_compare_number(const struct agg_shape *shape, const uint64_t *a, const uint64_t *b);
void agg_show_number(const struct agg_shape *shape, const uint64_t *value, uint64_t normal, struct buf *out);
/* number / normal, by the signedness of the aggregated type. */
int64_t agg_divide(const struct agg_shape *shape, uint64_t number, uint64_t divisor);

/* Of an aggregation with buckets: how often it was updated. */
int64_t agg_number_updates(const struct agg_shape *shape, const uint64_t *value, uint64_t normal);

/*
 * A histogram: `buckets` counts, of which bucket i is labelled by `label` (at most 31 characters); `first` is the first
 * one that is shown.
 */
struct histogram {
	const struct agg_shape *shape;
	const uint64_t *counts;
	unsigned buckets;
	unsigned middle; /* when all are empty, this bucket and its neighbours are shown */
	void (*label)(const struct agg_shape *shape, unsigned bucket, unsigned first, char text[32]);
};
void histogram_show(const struct histogram *histogram, uint64_t normal, struct buf *out);

#endif
