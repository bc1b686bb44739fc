/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Aggregations as the files that are replayed say they are: rows that changed go in, and the reader of records sees
 * what it would see of the kernel, summed over the files. In each file a value only grows, until its recorder removed
 * the key; what was there then stays counted here, so that the sum over files only grows as well.
 */
#ifndef CEPHTAP_RECORDING_STORE_H
#define CEPHTAP_RECORDING_STORE_H

#include "lib/pack.h"
#include "record/record.h"

struct store;

struct store *store_new(const struct schema *schema, unsigned files_len);
void store_free(struct store *store);

enum row_kind { ROW_VALUE, ROW_REMOVED };

/*
 * A new value of file number `file`: word 0, which counts updates, and `len` words from word `first` on; the others are
 * zero. `key` has store_key_size() bytes. False: more words than a value has, or more than this cephtap is ready to
 * hold.
 */
bool store_set(struct store *store, unsigned file, unsigned agg, const void *key, uint64_t count, uint32_t first,
	       uint32_t len, const void *words);
void store_remove(struct store *store, unsigned file, unsigned agg, const void *key);
/* The recorder's reader took a snapshot here: the one that replays is to do so too. */
void store_mark_due(struct store *store, unsigned agg);
uint32_t store_key_size(const struct schema *schema, unsigned agg);

struct agg_source store_source(struct store *store);

#endif
