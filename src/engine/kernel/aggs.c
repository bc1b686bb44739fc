/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading aggregations while programs go on writing them. In: an aggregation's map, in which each processor has keys of
 * its own (see struct image). Out: each key once with its values of all processors that have it. A key that comes or
 * goes meanwhile may be seen or not.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/kernel/private.h"
#include "lib/clock.h"
#include "lib/markers.h"

/* One batch stays below this many bytes, but has at least BATCH_MIN entries: the kernel hands over whole buckets. */
enum { BATCH_BYTES = 1 << 20, BATCH_MIN = 64 };

enum { CPU_SIZE = 8 }; /* the processor's number, before the script's keys */

struct agg_reader {
	int fd;
	size_t key_size, value_size; /* of an entry in the kernel */
	unsigned cpus_len;
	int (*each)(void *data, const void *key, const void *values, unsigned values_len);
	void *data;
	struct buf entries;	      /* of a hash: key, value, key, value, ... */
	size_t entries_len, keys_len; /* what was read, and what that became */
};

static int hand_over_key(struct agg_reader *reader, const void *key, const void *values, unsigned values_len)
{
	reader->keys_len++;
	return reader->each(reader->data, key, values, values_len);
}

static int read_array(struct agg_reader *reader)
{
	const uint32_t zero = 0;
	void *values = calloc(reader->cpus_len, reader->value_size);
	int ret = -ENOMEM;

	if (values) {
		ret = bpf_map_lookup_elem(reader->fd, &zero, values) ? -errno : 0;
		reader->entries_len = reader->cpus_len;
		if (!ret)
			ret = hand_over_key(reader, "", values, reader->cpus_len);
	}
	free(values);
	return ret;
}

static void keep_entries(struct agg_reader *reader, const char *keys, const char *values, unsigned len)
{
	for (unsigned i = 0; i < len; i++) {
		buf_add(&reader->entries, keys + i * reader->key_size, reader->key_size);
		buf_add(&reader->entries, values + i * reader->value_size, reader->value_size);
	}
}

/* All keys first: a key that is deleted while it is the cursor would send the kernel back to the first one. */
static int read_one_by_one(struct agg_reader *reader)
{
	struct buf keys = {0};
	char *key = calloc(1, reader->key_size), *values = calloc(1, reader->value_size);
	const char *last = NULL;
	int ret = key && values ? 0 : -ENOMEM;

	while (!ret && !bpf_map_get_next_key(reader->fd, last, key)) {
		buf_add(&keys, key, reader->key_size);
		last = keys.data + keys.size - reader->key_size;
	}
	for (size_t at = 0; !ret && at < keys.size; at += reader->key_size)
		if (!bpf_map_lookup_elem(reader->fd, keys.data + at, values))
			keep_entries(reader, keys.data + at, values, 1);
	free(key);
	free(values);
	buf_free(&keys);
	return ret;
}

struct batch {
	char *keys, *values;
	uint32_t room, len, cursor;
	bool has_cursor;
};

static int batch_grow(struct batch *batch, const struct agg_reader *reader, uint32_t room)
{
	char *keys = realloc(batch->keys, room * reader->key_size);
	char *values = realloc(batch->values, room * reader->value_size);

	batch->keys = keys ? keys : batch->keys;
	batch->values = values ? values : batch->values;
	batch->room = room;
	return keys && values ? 0 : -ENOMEM;
}

/* 0: there may be more; -ENOENT: these were the last. */
static int batch_read(struct batch *batch, const struct agg_reader *reader)
{
	int error;

	batch->len = batch->room;
	error = bpf_map_lookup_batch(reader->fd, batch->has_cursor ? &batch->cursor : NULL, &batch->cursor, batch->keys,
				     batch->values, &batch->len, NULL)
			? -errno
			: 0;
	if (!error || error == -ENOENT || error == -ENOSPC)
		batch->has_cursor = true;
	if (error != -ENOSPC)
		return error;
	batch->len = 0; /* the next bucket has more keys than there is room */
	return batch_grow(batch, reader, batch->room * 2);
}

static int read_hash(struct agg_reader *reader)
{
	uint32_t room = (uint32_t)(BATCH_BYTES / (reader->value_size + reader->key_size));
	struct batch batch = {0};
	int ret = batch_grow(&batch, reader, room < BATCH_MIN ? BATCH_MIN : room);
	bool is_last = false;

	while (!ret && !is_last) {
		ret = batch_read(&batch, reader);
		is_last = ret == -ENOENT;
		ret = is_last ? 0 : ret;
		if (!ret)
			keep_entries(reader, batch.keys, batch.values, batch.len);
	}
	/* Linux before 5.6 has no batches. */
	if (!batch.has_cursor && ret < 0 && ret != -ENOMEM)
		ret = read_one_by_one(reader);
	free(batch.keys);
	free(batch.values);
	return ret;
}

static int compare_keys(const void *a, const void *b, void *data)
{
	const struct agg_reader *reader = data;
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;

	return memcmp(x + CPU_SIZE, y + CPU_SIZE, reader->key_size - CPU_SIZE);
}

/* Entries of the same key become one row. */
static int hand_over(struct agg_reader *reader)
{
	size_t entry_size = reader->key_size + reader->value_size, n = reader->entries.size / entry_size;
	const char **entries = calloc(n + 1, sizeof(*entries));
	char *values = calloc(reader->cpus_len, reader->value_size);
	int ret = entries && values ? 0 : -ENOMEM;
	unsigned len = 0;

	reader->entries_len = n;
	for (size_t i = 0; !ret && i < n; i++)
		entries[i] = reader->entries.data + i * entry_size;
	if (!ret)
		qsort_r(entries, n, sizeof(*entries), compare_keys, reader);
	for (size_t i = 0; !ret && i < n; i++) {
		memcpy(values + len++ * reader->value_size, entries[i] + reader->key_size, reader->value_size);
		if (i + 1 < n && len < reader->cpus_len && !compare_keys(&entries[i], &entries[i + 1], reader))
			continue;
		ret = hand_over_key(reader, entries[i] + CPU_SIZE, values, len);
		len = 0;
	}
	free(entries);
	free(values);
	return ret;
}

int kernel_engine_agg_each(struct engine *base, unsigned agg,
			   int (*each)(void *data, const void *key, const void *values, unsigned values_len),
			   void *data)
{
	const struct kernel_engine *engine = kernel_engine_of(base);
	unsigned map = engine->image->agg_maps[agg];
	const struct image_map *layout = &engine->image->maps[map];
	struct agg_reader reader = {
		.fd = engine->maps[map],
		.key_size = layout->key_size,
		.value_size = kernel_engine_value_room(layout),
		.cpus_len = engine->cpus_len,
		.each = each,
		.data = data,
	};
	const char *name = engine->image->schema->aggs[agg].name;
	uint64_t start = now_ns();
	int ret;

	mark_snapshot_start(name);
	if (layout->kind == IMAGE_PERCPU_ARRAY) {
		ret = read_array(&reader);
	} else {
		ret = read_hash(&reader);
		if (!ret)
			ret = hand_over(&reader);
	}
	buf_free(&reader.entries);
	mark_snapshot_done(name, reader.entries_len, reader.keys_len, ret, now_ns() - start);
	return ret;
}

/* Does `what` to the key's entry of each processor. 0 when at least one had it. */
static int each_cpu(struct kernel_engine *engine, unsigned map, const void *key,
		    int (*what)(int fd, const void *key, const void *values), const void *values)
{
	size_t key_size = engine->image->maps[map].key_size;
	char *full = malloc(key_size);
	int ret = -ENOENT, error;

	if (!full)
		return -ENOMEM;
	memcpy(full + CPU_SIZE, key, key_size - CPU_SIZE);
	for (uint64_t cpu = 0; cpu < engine->cpu_numbers_len; cpu++) {
		memcpy(full, &cpu, CPU_SIZE);
		error = what(engine->maps[map], full, values) ? -errno : 0;
		if (error != -ENOENT)
			ret = error;
	}
	free(full);
	return ret;
}

static int delete_key(int fd, const void *key, const void *values)
{
	(void)values;
	return bpf_map_delete_elem(fd, key);
}

static int set_key(int fd, const void *key, const void *values)
{
	return bpf_map_update_elem(fd, key, values, BPF_EXIST);
}

int kernel_engine_agg_delete(struct engine *base, unsigned agg, const void *key)
{
	struct kernel_engine *engine = kernel_engine_of(base);
	unsigned map = engine->image->agg_maps[agg];

	if (engine->image->maps[map].kind == IMAGE_PERCPU_ARRAY) /* the one entry of an array cannot go away */
		return kernel_engine_agg_zero(base, agg, key);
	return each_cpu(engine, map, key, delete_key, NULL);
}

int kernel_engine_agg_zero(struct engine *base, unsigned agg, const void *key)
{
	struct kernel_engine *engine = kernel_engine_of(base);
	unsigned map = engine->image->agg_maps[agg];
	const struct image_map *layout = &engine->image->maps[map];
	void *values = calloc(engine->cpus_len, kernel_engine_value_room(layout));
	const uint32_t zero = 0;
	int error;

	if (!values)
		return -ENOMEM;
	if (layout->kind == IMAGE_PERCPU_ARRAY)
		error = bpf_map_update_elem(engine->maps[map], &zero, values, BPF_EXIST) ? -errno : 0;
	else
		error = each_cpu(engine, map, key, set_key, values);
	free(values);
	return error;
}
