/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fake maps of the interpreter, and what the outside sees of them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

void *interp_calloc(size_t n, size_t size)
{
	void *memory = calloc(n ? n : 1, size ? size : 1);

	if (!memory)
		abort();
	return memory;
}

void *interp_realloc(void *old, size_t size)
{
	void *memory = realloc(old, size ? size : 1);

	if (!memory)
		abort();
	return memory;
}

static bool is_array(const struct fake_map *map)
{
	return map->def->kind == IMAGE_ARRAY || map->def->kind == IMAGE_PERCPU_ARRAY;
}

static bool is_hash(const struct fake_map *map)
{
	return map->def->kind == IMAGE_HASH;
}

static size_t values_size(const struct fake_map *map)
{
	return map->stride * map->copies;
}

static void fake_map_init(struct interp *interp, unsigned index)
{
	struct fake_map *map = &interp->maps[index];
	const struct image_map *def = &interp->image->maps[index];
	bool is_per_cpu = def->kind == IMAGE_PERCPU_ARRAY;

	map->def = def;
	map->index = index;
	map->stride = (def->value_size + 7u) & ~7u;
	map->copies = is_per_cpu ? interp->cpus : 1;
	map->max_entries = def->max_entries * (def->per_cpu_entries ? interp->cpus : 1);
	if (!is_array(map))
		return;
	map->len = map->max_entries;
	map->array = interp_calloc(map->max_entries, values_size(map));
	for (uint32_t i = 0; def->init && def->kind == IMAGE_ARRAY && i < def->max_entries; i++)
		memcpy(map->array + i * map->stride, (const uint8_t *)def->init + (size_t)i * def->value_size,
		       def->value_size);
}

void fake_maps_new(struct interp *interp)
{
	interp->maps = interp_calloc(interp->image->maps_len, sizeof(*interp->maps));
	for (unsigned i = 0; i < interp->image->maps_len; i++)
		fake_map_init(interp, i);
}

static void entries_free(struct entry *entry)
{
	while (entry) {
		struct entry *next = entry->next;

		free(entry->key);
		free(entry->values);
		free(entry);
		entry = next;
	}
}

void fake_maps_forget_deleted(struct interp *interp)
{
	for (unsigned i = 0; i < interp->image->maps_len; i++) {
		entries_free(interp->maps[i].deleted);
		interp->maps[i].deleted = NULL;
	}
}

void fake_maps_free(struct interp *interp)
{
	fake_maps_forget_deleted(interp);
	for (unsigned i = 0; i < interp->image->maps_len; i++) {
		for (unsigned b = 0; b < BUCKETS; b++)
			entries_free(interp->maps[i].buckets[b]);
		free(interp->maps[i].array);
	}
	free(interp->maps);
}

/* Where the pointer to the key's entry is, or would be. */
static struct entry **entry_place(struct fake_map *map, const void *key)
{
	const uint8_t *bytes = key;
	uint32_t hash = 2166136261u;
	struct entry **place;

	for (uint32_t i = 0; i < map->def->key_size; i++)
		hash = (hash ^ bytes[i]) * 16777619u;
	place = &map->buckets[hash % BUCKETS];
	while (*place && memcmp((*place)->key, key, map->def->key_size))
		place = &(*place)->next;
	return place;
}

uint8_t *fake_map_find(struct fake_map *map, const void *key, unsigned cpu)
{
	unsigned copy = map->copies > 1 ? cpu : 0;
	struct entry *entry;
	uint32_t i;

	if (is_array(map)) {
		memcpy(&i, key, sizeof(i));
		return i < map->max_entries ? map->array + i * values_size(map) + copy * map->stride : NULL;
	}
	if (!is_hash(map))
		return NULL;
	entry = *entry_place(map, key);
	return entry ? entry->values + copy * map->stride : NULL;
}

static struct entry *entry_new(struct fake_map *map, const void *key)
{
	struct entry *entry = interp_calloc(1, sizeof(*entry));

	entry->key = interp_calloc(1, map->def->key_size);
	memcpy(entry->key, key, map->def->key_size);
	entry->values = interp_calloc(1, values_size(map));
	map->len++;
	return entry;
}

int fake_map_update(struct fake_map *map, const void *key, unsigned cpu, const void *value, uint64_t flags)
{
	uint8_t *found = fake_map_find(map, key, cpu);

	if (flags > BPF_EXIST || (!is_array(map) && !is_hash(map)))
		return -EINVAL;
	if (found && flags == BPF_NOEXIST)
		return -EEXIST;
	if (!found && is_array(map))
		return -E2BIG;
	if (!found && flags == BPF_EXIST)
		return -ENOENT;
	if (!found && map->len >= map->max_entries)
		return -E2BIG;
	if (!found) {
		*entry_place(map, key) = entry_new(map, key);
		found = fake_map_find(map, key, cpu);
	}
	memcpy(found, value, map->def->value_size);
	return 0;
}

int fake_map_delete(struct fake_map *map, const void *key)
{
	struct entry **place, *entry;

	if (!is_hash(map))
		return -EINVAL;
	place = entry_place(map, key);
	entry = *place;
	if (!entry)
		return -ENOENT;
	*place = entry->next;
	entry->next = map->deleted;
	map->deleted = entry;
	map->len--;
	return 0;
}

/* --- the outside's view --- */

void *interp_map_value(struct interp *interp, unsigned map, const void *key, unsigned cpu)
{
	return fake_map_find(&interp->maps[map], key, cpu);
}

int interp_map_update(struct interp *interp, unsigned map, const void *key, unsigned cpu, const void *value)
{
	return fake_map_update(&interp->maps[map], key, cpu, value, BPF_ANY);
}

int interp_map_delete(struct interp *interp, unsigned map, const void *key)
{
	int err = fake_map_delete(&interp->maps[map], key);

	if (!interp->running)
		fake_maps_forget_deleted(interp);
	return err;
}

unsigned interp_map_len(const struct interp *interp, unsigned map)
{
	return interp->maps[map].len;
}

int interp_map_each(struct interp *interp, unsigned index,
		    int (*each)(void *data, const void *key, const void *values, unsigned values_len), void *data)
{
	struct fake_map *map = &interp->maps[index];
	int err = 0;

	if (is_array(map)) {
		for (uint32_t i = 0; i < map->max_entries && !err; i++)
			err = each(data, &i, map->array + i * values_size(map), map->copies);
		return err;
	}
	for (unsigned b = 0; b < BUCKETS && !err; b++) {
		for (struct entry *entry = map->buckets[b], *next; entry && !err; entry = next) {
			next = entry->next; /* `each` may delete this key */
			err = each(data, entry->key, entry->values, map->copies);
		}
	}
	return err;
}

struct image_state *interp_state(struct interp *interp)
{
	uint32_t zero = 0;

	return interp_map_value(interp, interp->image->map_state, &zero, 0);
}

uint64_t interp_drops(struct interp *interp, enum drop_cause cause)
{
	uint32_t zero = 0;
	uint64_t sum = 0;

	for (unsigned cpu = 0; cpu < interp->cpus; cpu++)
		sum += ((const uint64_t *)interp_map_value(interp, interp->image->map_drops, &zero, cpu))[cause];
	return sum;
}

/* The first word of an aggregation's key is the processor, see struct image. */
enum { CPU_SIZE = 8 };

struct agg_query {
	struct fake_map *map;
	int (*row)(void *row_data, const void *key, const void *values, unsigned values_len);
	void *row_data;
	unsigned cpus;
};

/* Hands a key over when it is this processor's and no lower processor has it. */
static int agg_row(void *data, const void *key, const void *values, unsigned values_len)
{
	struct agg_query *query = data;
	size_t size = query->map->def->key_size, stride = query->map->stride;
	uint8_t *full = interp_calloc(1, size), *all = interp_calloc(query->cpus, stride), *value;
	bool is_first = true;
	unsigned len = 0;
	uint64_t own;
	int err = 0;

	(void)values;
	(void)values_len;
	memcpy(&own, key, CPU_SIZE);
	memcpy(full, key, size);
	for (uint64_t cpu = 0; cpu < query->cpus; cpu++) {
		memcpy(full, &cpu, CPU_SIZE);
		value = fake_map_find(query->map, full, 0);
		if (!value)
			continue;
		is_first = len ? is_first : cpu == own;
		memcpy(all + len++ * stride, value, stride);
	}
	if (is_first)
		err = query->row(query->row_data, (const uint8_t *)key + CPU_SIZE, all, len);
	free(full);
	free(all);
	return err;
}

static int agg_each(void *data, unsigned agg,
		    int (*row)(void *row_data, const void *key, const void *values, unsigned values_len),
		    void *row_data)
{
	struct interp *interp = data;
	unsigned map = interp->image->agg_maps[agg];
	struct agg_query query = {&interp->maps[map], row, row_data, interp->cpus};

	if (is_array(query.map))
		return interp_map_each(interp, map, row, row_data);
	return interp_map_each(interp, map, agg_row, &query);
}

static int agg_remove(void *data, unsigned agg, const void *key)
{
	struct interp *interp = data;
	unsigned map = interp->image->agg_maps[agg];
	size_t size = interp->maps[map].def->key_size;
	uint8_t *full = interp_calloc(1, size);
	int ret = -ENOENT;

	memcpy(full + CPU_SIZE, key, size - CPU_SIZE);
	for (uint64_t cpu = 0; cpu < interp->cpus; cpu++) {
		memcpy(full, &cpu, CPU_SIZE);
		if (!interp_map_delete(interp, map, full))
			ret = 0;
	}
	free(full);
	return ret;
}

static int zero_array(struct fake_map *map)
{
	static const uint8_t no_key[4];

	for (unsigned cpu = 0; cpu < map->copies; cpu++)
		memset(fake_map_find(map, no_key, cpu), 0, map->stride);
	return 0;
}

static int agg_zero(void *data, unsigned agg, const void *key)
{
	struct interp *interp = data;
	struct fake_map *map = &interp->maps[interp->image->agg_maps[agg]];
	uint8_t *full, *value;
	int ret = -ENOENT;

	if (is_array(map))
		return zero_array(map);
	full = interp_calloc(1, map->def->key_size);
	memcpy(full + CPU_SIZE, key, map->def->key_size - CPU_SIZE);
	for (uint64_t cpu = 0; cpu < interp->cpus; cpu++) {
		memcpy(full, &cpu, CPU_SIZE);
		value = fake_map_find(map, full, 0);
		if (!value)
			continue;
		memset(value, 0, map->stride);
		ret = 0;
	}
	free(full);
	return ret;
}

struct agg_source interp_agg_source(struct interp *interp)
{
	return (struct agg_source){.data = interp, .each = agg_each, .remove = agg_remove, .zero = agg_zero};
}
