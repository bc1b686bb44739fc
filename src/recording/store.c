/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "recording/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define uthash_fatal(message) memory_end()
#include <uthash.h>

#include "agg/agg.h"
#include "lib/memory.h"

/* A row of a few bytes may stand for a value of many words: what a small file can ask for has an end. */
static const uint64_t SIZE_MAX_ALL = 1ull << 30;

struct entry {
	UT_hash_handle hh;
	uint64_t **files; /* what each file says, as of its last row; NULL: it has no such key now */
	uint64_t *gone;	  /* what files had when their recorders removed the key; NULL: none did */
	uint64_t *cut;	  /* what the reader has removed; NULL: nothing */
	unsigned char *key;
};

struct store_agg {
	const struct agg_shape *shape;
	struct entry *entries;
	unsigned words;
	uint32_t key_size, value_size;
	bool is_due;
};

struct store {
	struct store_agg *aggs;
	unsigned aggs_len, files_len;
	uint64_t size;
};

static void *must(void *memory)
{
	if (!memory)
		memory_end();
	return memory;
}

uint32_t store_key_size(const struct schema *schema, unsigned agg)
{
	return schema->aggs[agg].keys_len ? schema->aggs[agg].key_size : 0;
}

struct store *store_new(const struct schema *schema, unsigned files_len)
{
	struct store *store = must(calloc(1, sizeof(*store)));

	store->files_len = files_len;
	store->aggs_len = schema->aggs_len;
	store->aggs = must(calloc(store->aggs_len + 1, sizeof(*store->aggs)));
	for (unsigned i = 0; i < store->aggs_len; i++) {
		const struct agg_layout *layout = &schema->aggs[i];

		store->aggs[i] = (struct store_agg){
			.shape = &layout->shape,
			.words = layout->shape.agg->words(&layout->shape),
			.key_size = store_key_size(schema, i),
			.value_size = layout->value_size,
		};
	}
	return store;
}

static void entry_free(struct store *store, struct store_agg *agg, struct entry *entry)
{
	HASH_DELETE(hh, agg->entries, entry);
	for (unsigned i = 0; i < store->files_len; i++)
		free(entry->files[i]);
	free(entry->gone);
	free(entry->cut);
	free(entry->files);
	free(entry);
}

void store_free(struct store *store)
{
	struct entry *entry, *next;

	if (!store)
		return;
	for (unsigned i = 0; i < store->aggs_len; i++) {
		HASH_ITER(hh, store->aggs[i].entries, entry, next)
		entry_free(store, &store->aggs[i], entry);
	}
	free(store->aggs);
	free(store);
}

/* Without keys there is one entry; its key is one byte of zero. */
static struct entry *entry_find(const struct store_agg *agg, const void *key)
{
	struct entry *entry = NULL;

	if (!agg->key_size)
		return agg->entries;
	HASH_FIND(hh, agg->entries, key, agg->key_size, entry);
	return entry;
}

static struct entry *entry_add(struct store *store, struct store_agg *agg, const void *key)
{
	/* As in the engine: who has no keys may be given the index of an array. */
	size_t room = agg->key_size ? agg->key_size : sizeof(uint64_t);
	struct entry *entry = must(calloc(1, sizeof(*entry) + room));

	entry->files = must(calloc(store->files_len, sizeof(*entry->files)));
	entry->key = (unsigned char *)(entry + 1);
	if (agg->key_size)
		memcpy(entry->key, key, agg->key_size);
	HASH_ADD_KEYPTR(hh, agg->entries, entry->key, agg->key_size ? agg->key_size : 1, entry);
	store->size += sizeof(*entry) + room;
	return entry;
}

static uint64_t *new_words(struct store *store, const struct store_agg *agg)
{
	store->size += agg->words * sizeof(uint64_t);
	return must(calloc(agg->words, sizeof(uint64_t)));
}

bool store_set(struct store *store, unsigned file, unsigned id, const void *key, uint64_t count, uint32_t first,
	       uint32_t len, const void *words)
{
	struct store_agg *agg = &store->aggs[id];
	struct entry *entry = entry_find(agg, key);

	if (first > agg->words || len > agg->words - first || store->size > SIZE_MAX_ALL)
		return false;
	if (!entry)
		entry = entry_add(store, agg, key);
	if (!entry->files[file])
		entry->files[file] = new_words(store, agg);
	memset(entry->files[file], 0, agg->words * sizeof(uint64_t));
	entry->files[file][0] = count;
	if (len)
		memcpy(entry->files[file] + first, words, len * sizeof(uint64_t));
	return true;
}

void store_remove(struct store *store, unsigned file, unsigned id, const void *key)
{
	struct store_agg *agg = &store->aggs[id];
	struct entry *entry = entry_find(agg, key);

	if (!entry || !entry->files[file])
		return;
	if (!entry->gone)
		entry->gone = new_words(store, agg);
	agg->shape->agg->merge(agg->shape, entry->gone, entry->files[file]);
	free(entry->files[file]);
	entry->files[file] = NULL;
	store->size -= agg->words * sizeof(uint64_t);
}

void store_mark_due(struct store *store, unsigned agg)
{
	store->aggs[agg].is_due = true;
}

/* ---- as the reader sees it ---- */

static void entry_total(const struct store *store, const struct store_agg *agg, const struct entry *entry,
			uint64_t *total)
{
	memset(total, 0, agg->words * sizeof(uint64_t));
	if (entry->gone)
		agg->shape->agg->merge(agg->shape, total, entry->gone);
	for (unsigned i = 0; i < store->files_len; i++)
		if (entry->files[i])
			agg->shape->agg->merge(agg->shape, total, entry->files[i]);
}

static int source_each(void *data, unsigned id, int (*row)(void *, const void *, const void *, unsigned),
		       void *row_data)
{
	struct store *store = data;
	struct store_agg *agg = &store->aggs[id];
	uint64_t *total = must(calloc(agg->words + 1, sizeof(*total)));
	struct entry *entry, *next;
	int error = 0;

	agg->is_due = false;
	HASH_ITER(hh, agg->entries, entry, next)
	{
		entry_total(store, agg, entry, total);
		if (entry->cut && entry->cut[0] == total[0])
			continue;
		if (entry->cut && agg->shape->agg->subtract)
			agg->shape->agg->subtract(agg->shape, total, entry->cut);
		error = row(row_data, entry->key, total, 1);
		if (error)
			break;
	}
	free(total);
	return error;
}

/* What comes later counts from zero; what is there already may still be what a file says of the key. */
static int source_remove(void *data, unsigned id, const void *key)
{
	struct store *store = data;
	struct store_agg *agg = &store->aggs[id];
	struct entry *entry = entry_find(agg, key);
	bool is_anywhere = false;

	if (!entry)
		return -ENOENT;
	for (unsigned i = 0; i < store->files_len; i++)
		is_anywhere |= entry->files[i] != NULL;
	if (!is_anywhere) {
		entry_free(store, agg, entry);
		return 0;
	}
	if (!entry->cut)
		entry->cut = new_words(store, agg);
	entry_total(store, agg, entry, entry->cut);
	return 0;
}

static int source_zero(void *data, unsigned id, const void *key)
{
	struct store *store = data;
	struct store_agg *agg = &store->aggs[id];
	struct entry *entry = entry_find(agg, key);

	if (!entry)
		return -ENOENT;
	for (unsigned i = 0; i < store->files_len; i++)
		if (entry->files[i])
			memset(entry->files[i], 0, agg->words * sizeof(uint64_t));
	free(entry->gone);
	free(entry->cut);
	entry->gone = entry->cut = NULL;
	return 0;
}

static bool source_is_due(void *data, unsigned agg)
{
	struct store *store = data;

	return store->aggs[agg].is_due;
}

struct agg_source store_source(struct store *store)
{
	return (struct agg_source){store, source_each, source_remove, source_zero, source_is_due};
}
