/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The state of one aggregation as the reader sees it: each key with its value merged over processors, what was there
 * when it was cleared or truncated, and the sorted rows.
 *
 * clear() and trunc() lose no update that programs make meanwhile: nothing is reset where programs write; instead the
 * last snapshot becomes the baseline that later ones are reduced by. min() and max() cannot be reduced, so their values
 * are zeroed in place. A truncated key is hidden until the number of its updates (word 0) moves, and removed where it
 * lives when the next snapshot still finds it unmoved.
 */
#ifndef CEPHTAP_RECORD_AGGTABLE_H
#define CEPHTAP_RECORD_AGGTABLE_H

#include "record/record.h"

/*
 * Keys with symbols (usym() and the like) that print the same are one entry here, by the key of the first; it keeps the
 * keys that programs know it by.
 */

struct agg_table *agg_table_new(const struct agg_layout *layout, unsigned agg, const struct schema_options *options,
				const struct report *report);
/*
 * For a new table of the same aggregation: takes what `before` knows, above all what clear() and trunc() took away, and
 * leaves it empty. Without effect if keys or values are laid out otherwise: then nothing was gathered before.
 */
void agg_table_take_over(struct agg_table *table, struct agg_table *before);
void agg_table_free(struct agg_table *table);
int agg_table_snapshot(struct agg_table *table, const struct agg_source *source);
int agg_table_clear(struct agg_table *table, const struct agg_source *source);
int agg_table_trunc(struct agg_table *table, const struct agg_source *source, bool has_limit, int64_t limit);
const struct agg_row *agg_table_rows(struct agg_table *table, unsigned *rows_len);
/* The row with the same key as one that is laid out for another aggregation (strings may have other room); all zero:
 * none. */
struct agg_row agg_table_find(struct agg_table *table, const struct agg_layout *from, const void *key);
/* That key laid out for this aggregation. */
const void *agg_table_key(struct agg_table *table, const struct agg_layout *from, const void *key, struct arena *arena);
/* By the aggsort* options. */
int agg_table_compare(const struct agg_table *table, const struct agg_row *a, const struct agg_row *b);
const uint64_t *agg_table_zeros(const struct agg_table *table);
const struct agg_layout *agg_table_layout(const struct agg_table *table);

#endif
