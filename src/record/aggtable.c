/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "record/aggtable.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define uthash_fatal(message) memory_end()
#include <uthash.h>

#include "agg/agg.h"
#include "lib/memory.h"
#include "report/report.h"

/* A key with symbols as programs have it, which stands for an entry here. */
struct alias {
	UT_hash_handle hh;
	struct entry *entry;
	struct alias *next; /* of the same entry */
	unsigned char key[];
};

struct entry {
	UT_hash_handle hh;
	bool is_visible; /* has a row */
	bool is_hidden;	 /* truncated: no row until it is updated */
	bool is_idle;	 /* hidden, and the last snapshot found no update */
	uint64_t *now;	 /* merged over processors, as of the last snapshot */
	uint64_t *base;	 /* what is taken away; NULL: nothing. Followed by the difference, which rows show */
	unsigned char *key;
	unsigned round;	       /* the last snapshot that had it */
	struct alias *aliases; /* where keys have symbols */
};

struct agg_table {
	const struct agg_layout *layout;
	const struct schema_options *options;
	const struct report *report;
	unsigned agg, words, round;
	uint32_t key_size; /* 0 without keys */
	struct entry *entries;
	bool has_symbols; /* in its keys */
	struct alias *aliases;
	struct agg_row *rows;
	unsigned rows_len, rows_room;
	bool rows_stale;
	uint64_t *zeros;
	unsigned char *key; /* room to lay a key out */
};

static void *must(void *memory)
{
	if (!memory)
		memory_end();
	return memory;
}

struct agg_table *agg_table_new(const struct agg_layout *layout, unsigned agg, const struct schema_options *options,
				const struct report *report)
{
	struct agg_table *table = must(calloc(1, sizeof(*table)));

	table->layout = layout;
	table->options = options;
	table->report = report;
	table->agg = agg;
	table->words = layout->shape.agg->words(&layout->shape);
	table->key_size = layout->keys_len ? layout->key_size : 0;
	for (unsigned i = 0; i < layout->keys_len; i++)
		table->has_symbols |= layout->keys[i].kind == FIELD_SYMBOL;
	table->zeros = must(calloc(table->words, sizeof(uint64_t)));
	table->key = must(calloc(1, table->key_size + 1));
	return table;
}

static void entry_free(struct agg_table *table, struct entry *entry)
{
	struct alias *alias;

	while ((alias = entry->aliases)) {
		entry->aliases = alias->next;
		HASH_DELETE(hh, table->aliases, alias);
		free(alias);
	}
	HASH_DELETE(hh, table->entries, entry);
	free(entry->base);
	free(entry);
}

void agg_table_free(struct agg_table *table)
{
	struct entry *entry, *next;

	if (!table)
		return;
	HASH_ITER(hh, table->entries, entry, next)
	entry_free(table, entry);
	free(table->rows);
	free(table->zeros);
	free(table->key);
	free(table);
}

static struct entry *entry_find(struct agg_table *table, const void *key)
{
	struct entry *entry = NULL;

	if (!table->key_size)
		return table->entries;
	HASH_FIND(hh, table->entries, key, table->key_size, entry);
	return entry;
}

static struct entry *entry_add(struct agg_table *table, const void *key)
{
	/* Without keys: a source may take the key for an array's index. */
	size_t room = table->key_size ? table->key_size : sizeof(uint64_t);
	size_t size = sizeof(struct entry) + table->words * sizeof(uint64_t) + room;
	struct entry *entry = must(calloc(1, size));

	entry->now = (uint64_t *)(entry + 1);
	entry->key = (unsigned char *)(entry->now + table->words);
	if (table->key_size)
		memcpy(entry->key, key, table->key_size);
	/* Without keys there is one entry, and its key is one byte of zero. */
	HASH_ADD_KEYPTR(hh, table->entries, entry->key, table->key_size ? table->key_size : 1, entry);
	return entry;
}

/* The key with the symbols' numbers that stand for all that print the same, in table->key. */
static const void *common_key(struct agg_table *table, const void *key)
{
	memcpy(table->key, key, table->key_size);
	for (unsigned i = 0; i < table->layout->keys_len; i++) {
		const struct field *field = &table->layout->keys[i];
		uint64_t number;

		if (field->kind != FIELD_SYMBOL)
			continue;
		number = report_symbol_same(table->report, field, field_int(field, table->key + field->offset));
		memcpy(table->key + field->offset, &number, sizeof(number));
	}
	return table->key;
}

void agg_table_take_over(struct agg_table *table, struct agg_table *before)
{
	struct entry *entry;

	if (table->words != before->words || table->key_size != before->key_size ||
	    table->has_symbols != before->has_symbols)
		return;
	table->entries = before->entries;
	table->aliases = before->aliases;
	table->round = before->round;
	table->rows_stale = true;
	before->entries = NULL;
	before->aliases = NULL;
	for (entry = table->entries; entry && table->has_symbols; entry = entry->hh.next)
		common_key(table, entry->key); /* its numbers are now the first to print so, as they were before */
}

static struct entry *entry_of_alias(struct agg_table *table, const void *key)
{
	struct alias *alias = NULL;
	const void *common;

	HASH_FIND(hh, table->aliases, key, table->key_size, alias);
	if (alias)
		return alias->entry;
	alias = must(calloc(1, sizeof(*alias) + table->key_size));
	memcpy(alias->key, key, table->key_size);
	common = common_key(table, key);
	alias->entry = entry_find(table, common);
	if (!alias->entry)
		alias->entry = entry_add(table, common);
	alias->next = alias->entry->aliases;
	alias->entry->aliases = alias;
	HASH_ADD_KEYPTR(hh, table->aliases, alias->key, table->key_size, alias);
	return alias->entry;
}

/* Of the key where programs are. */
static struct entry *entry_of_row(struct agg_table *table, const void *key)
{
	struct entry *entry;

	if (table->has_symbols)
		return entry_of_alias(table, key);
	entry = entry_find(table, key);
	return entry ? entry : entry_add(table, key);
}

/* For the keys that programs know the entry by. One that is gone is no error. */
static int each_key(struct agg_table *table, const struct agg_source *source, const struct entry *entry,
		    int (*call)(void *data, unsigned agg, const void *key))
{
	const struct alias *alias = entry->aliases;
	int err;

	if (!alias) {
		err = call(source->data, table->agg, entry->key);
		return err == -ENOENT ? 0 : err;
	}
	for (; alias; alias = alias->next) {
		err = call(source->data, table->agg, alias->key);
		if (err && err != -ENOENT)
			return err;
	}
	return 0;
}

static const uint64_t *entry_value(const struct agg_table *table, const struct entry *entry)
{
	return entry->base ? entry->base + table->words : entry->now;
}

static void entry_reduce(struct agg_table *table, struct entry *entry)
{
	const struct agg_shape *shape = &table->layout->shape;

	if (!entry->base)
		return;
	memcpy(entry->base + table->words, entry->now, table->words * sizeof(uint64_t));
	shape->agg->subtract(shape, entry->base + table->words, entry->base);
}

/* From now on the value counts from zero. */
static int entry_restart(struct agg_table *table, const struct agg_source *source, struct entry *entry)
{
	size_t size = table->words * sizeof(uint64_t);

	if (table->layout->shape.agg->subtract) {
		if (!entry->base)
			entry->base = must(malloc(2 * size));
		memcpy(entry->base, entry->now, size);
		entry_reduce(table, entry);
		return 0;
	}
	memset(entry->now, 0, size);
	return each_key(table, source, entry, source->zero);
}

static void entry_update(struct agg_table *table, struct entry *entry)
{
	bool moved = entry->now[0] != (entry->base ? entry->base[0] : 0);

	entry_reduce(table, entry);
	if (moved) {
		entry->is_visible = true;
		entry->is_hidden = entry->is_idle = false;
	} else if (entry->is_hidden) {
		entry->is_idle = true;
	}
}

static int snapshot_row(void *data, const void *key, const void *values, unsigned values_len)
{
	struct agg_table *table = data;
	const struct agg_shape *shape = &table->layout->shape;
	struct entry *entry = entry_of_row(table, key);
	const char *at = values;

	if (entry->round != table->round)
		memset(entry->now, 0, table->words * sizeof(uint64_t));
	entry->round = table->round;
	for (; values_len; values_len--, at += table->layout->value_size)
		shape->agg->merge(shape, entry->now, (const uint64_t *)(const void *)at);
	return 0;
}

static int remove_idle(struct agg_table *table, const struct agg_source *source)
{
	struct entry *entry, *next;
	int err;

	HASH_ITER(hh, table->entries, entry, next)
	{
		if (!entry->is_idle)
			continue;
		err = each_key(table, source, entry, source->remove);
		if (err)
			return err;
		entry_free(table, entry);
	}
	return 0;
}

int agg_table_snapshot(struct agg_table *table, const struct agg_source *source)
{
	struct entry *entry;
	int err;

	table->rows_stale = true;
	table->round++;
	err = source->each(source->data, table->agg, snapshot_row, table);
	for (entry = table->entries; entry; entry = entry->hh.next)
		if (entry->round == table->round)
			entry_update(table, entry);
	if (!err && table->key_size)
		err = remove_idle(table, source);
	return err;
}

int agg_table_clear(struct agg_table *table, const struct agg_source *source)
{
	struct entry *entry, *next;
	int err = 0;

	table->rows_stale = true;
	HASH_ITER(hh, table->entries, entry, next)
	{
		if (entry->is_visible)
			err = entry_restart(table, source, entry);
		if (err)
			return err;
	}
	return 0;
}

/* --- Rows and their order
 * ---------------------------------------------------------------------------------------------- */

static int compare_field(const struct field *field, const char *a, const char *b)
{
	uint64_t x, y;

	if (field->kind == FIELD_STRING)
		return strncmp(a, b, field->size);
	if (field->kind == FIELD_BYTES)
		return memcmp(a, b, field->size);
	x = field_int(field, a);
	y = field_int(field, b);
	if (field->is_signed)
		return ((int64_t)x > (int64_t)y) - ((int64_t)x < (int64_t)y);
	return (x > y) - (x < y);
}

static int compare_keys(const struct agg_table *table, const struct agg_row *a, const struct agg_row *b)
{
	const struct agg_layout *layout = table->layout;
	unsigned i, first = (unsigned)table->options->aggsortkeypos;
	int order = 0;

	if (first >= layout->keys_len)
		first = 0;
	for (i = 0; i < layout->keys_len && !order; i++) {
		const struct field *field = &layout->keys[(first + i) % layout->keys_len];

		order = compare_field(field, (const char *)a->key + field->offset,
				      (const char *)b->key + field->offset);
	}
	return order;
}

static int compare_values(const struct agg_table *table, const struct agg_row *a, const struct agg_row *b)
{
	const struct agg_shape *shape = &table->layout->shape;

	return shape->agg->compare(shape, a->value, b->value);
}

int agg_table_compare(const struct agg_table *table, const struct agg_row *a, const struct agg_row *b)
{
	const struct schema_options *options = table->options;
	int order = options->aggsortkey ? compare_keys(table, a, b) : compare_values(table, a, b);

	if (!order)
		order = options->aggsortkey ? compare_values(table, a, b) : compare_keys(table, a, b);
	return options->aggsortrev ? -order : order;
}

static int rows_compare(const void *a, const void *b, void *table)
{
	return agg_table_compare(table, a, b);
}

/* trunc() goes by values whatever the options say of the order. */
static int rows_compare_values(const void *a, const void *b, void *table)
{
	int order = compare_values(table, a, b);

	return order ? order : compare_keys(table, a, b);
}

static void collect_rows(struct agg_table *table)
{
	unsigned room = HASH_COUNT(table->entries);
	struct entry *entry;

	if (room > table->rows_room) {
		table->rows = must(reallocarray(table->rows, room, sizeof(*table->rows)));
		table->rows_room = room;
	}
	table->rows_len = 0;
	for (entry = table->entries; entry; entry = entry->hh.next)
		if (entry->is_visible)
			table->rows[table->rows_len++] = (struct agg_row){entry->key, entry_value(table, entry)};
}

const struct agg_row *agg_table_rows(struct agg_table *table, unsigned *rows_len)
{
	if (table->rows_stale) {
		collect_rows(table);
		if (table->rows_len)
			qsort_r(table->rows, table->rows_len, sizeof(*table->rows), rows_compare, table);
		table->rows_stale = false;
	}
	*rows_len = table->rows_len;
	return table->rows;
}

int agg_table_trunc(struct agg_table *table, const struct agg_source *source, bool has_limit, int64_t limit)
{
	uint64_t keep = !has_limit ? 0 : limit < 0 ? 0 - (uint64_t)limit : (uint64_t)limit;
	unsigned i, from = 0, to;
	int err = 0;

	collect_rows(table);
	table->rows_stale = true;
	if (keep >= table->rows_len)
		return 0;
	qsort_r(table->rows, table->rows_len, sizeof(*table->rows), rows_compare_values, table);
	to = table->rows_len - (unsigned)keep;
	if (limit < 0) {
		from = (unsigned)keep;
		to = table->rows_len;
	}
	for (i = from; i < to && !err; i++) {
		struct entry *entry = entry_find(table, table->rows[i].key);

		entry->is_visible = false;
		entry->is_hidden = true;
		err = entry_restart(table, source, entry);
	}
	return err;
}

static void convert_key(struct agg_table *table, const struct agg_layout *from, const void *key)
{
	const struct agg_layout *layout = table->layout;
	unsigned i;

	memset(table->key, 0, table->key_size);
	for (i = 0; i < layout->keys_len && i < from->keys_len; i++) {
		const struct field *to = &layout->keys[i], *at = &from->keys[i];

		memcpy(table->key + to->offset, (const char *)key + at->offset,
		       to->size < at->size ? to->size : at->size);
	}
}

struct agg_row agg_table_find(struct agg_table *table, const struct agg_layout *from, const void *key)
{
	struct entry *entry;

	convert_key(table, from, key);
	entry = entry_find(table, table->key);
	if (!entry || !entry->is_visible)
		return (struct agg_row){0};
	return (struct agg_row){entry->key, entry_value(table, entry)};
}

const void *agg_table_key(struct agg_table *table, const struct agg_layout *from, const void *key, struct arena *arena)
{
	convert_key(table, from, key);
	return arena_memdup(arena, table->key, table->key_size);
}

const uint64_t *agg_table_zeros(const struct agg_table *table)
{
	return table->zeros;
}

const struct agg_layout *agg_table_layout(const struct agg_table *table)
{
	return table->layout;
}
