/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading aggregations while programs go on writing them. In: an aggregation's map. Out: each key once with its values
 * of every processor. A key that comes or goes meanwhile may be seen or not.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/private.h"

typedef int (*agg_each_fn)(void *data, const void *key, const void *values, unsigned values_len);

/* One batch stays below this many bytes, but has at least BATCH_MIN entries: the kernel hands over whole buckets. */
enum { BATCH_BYTES = 1 << 20, BATCH_MIN = 64 };

struct agg_reader {
	int fd;
	size_t key_size, entry_size; /* entry_size: the values of all processors */
	unsigned cpus_len;
	agg_each_fn each;
	void *data;
};

static int read_array(const struct agg_reader *reader)
{
	const uint32_t zero = 0;
	void *values = calloc(1, reader->entry_size);
	int ret = -ENOMEM;

	if (values) {
		ret = bpf_map_lookup_elem(reader->fd, &zero, values) ? -errno : 0;
		if (!ret)
			ret = reader->each(reader->data, "", values, reader->cpus_len);
	}
	free(values);
	return ret;
}

static int hand_over(const struct agg_reader *reader, const char *keys, const char *values, unsigned len)
{
	int ret = 0;

	for (unsigned i = 0; i < len && !ret; i++)
		ret = reader->each(reader->data, keys + i * reader->key_size, values + i * reader->entry_size,
				   reader->cpus_len);
	return ret;
}

/* All keys first: a key that is deleted while it is the cursor would send the kernel back to the first one. */
static int read_one_by_one(const struct agg_reader *reader)
{
	struct buf keys = {0};
	char *key = calloc(1, reader->key_size), *values = calloc(1, reader->entry_size);
	const char *last = NULL;
	int ret = key && values ? 0 : -ENOMEM;

	while (!ret && !bpf_map_get_next_key(reader->fd, last, key)) {
		buf_add(&keys, key, reader->key_size);
		last = keys.data + keys.size - reader->key_size;
	}
	for (size_t at = 0; !ret && at < keys.size; at += reader->key_size)
		if (!bpf_map_lookup_elem(reader->fd, keys.data + at, values))
			ret = hand_over(reader, keys.data + at, values, 1);
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
	char *values = realloc(batch->values, room * reader->entry_size);

	batch->keys = keys ? keys : batch->keys;
	batch->values = values ? values : batch->values;
	batch->room = room;
	return keys && values ? 0 : -ENOMEM;
}

/* 0: there may be more; -ENOENT: these were the last. */
static int batch_read(struct batch *batch, const struct agg_reader *reader)
{
	int err;

	batch->len = batch->room;
	err = bpf_map_lookup_batch(reader->fd, batch->has_cursor ? &batch->cursor : NULL, &batch->cursor, batch->keys,
				   batch->values, &batch->len, NULL)
		      ? -errno
		      : 0;
	if (!err || err == -ENOENT || err == -ENOSPC)
		batch->has_cursor = true;
	if (err != -ENOSPC)
		return err;
	batch->len = 0; /* the next bucket has more keys than there is room */
	return batch_grow(batch, reader, batch->room * 2);
}

static int read_hash(const struct agg_reader *reader)
{
	uint32_t room = (uint32_t)(BATCH_BYTES / (reader->entry_size + reader->key_size));
	struct batch batch = {0};
	int ret = batch_grow(&batch, reader, room < BATCH_MIN ? BATCH_MIN : room);
	bool is_last = false;

	while (!ret && !is_last) {
		ret = batch_read(&batch, reader);
		is_last = ret == -ENOENT;
		if (!ret || is_last)
			ret = hand_over(reader, batch.keys, batch.values, batch.len);
	}
	/* Linux before 5.6 has no batches. */
	if (!batch.has_cursor && ret < 0 && ret != -ENOMEM)
		ret = read_one_by_one(reader);
	free(batch.keys);
	free(batch.values);
	return ret;
}

int engine_agg_each(struct engine *engine, unsigned agg, agg_each_fn each, void *data)
{
	unsigned map = engine->image->aggs[agg].map;
	const struct image_map *layout = &engine->image->maps[map];
	struct agg_reader reader = {
		.fd = engine->maps[map],
		.key_size = layout->key_size,
		.entry_size = engine_value_room(layout) * engine->cpus_len,
		.cpus_len = engine->cpus_len,
		.each = each,
		.data = data,
	};

	return layout->kind == IMAGE_PERCPU_ARRAY ? read_array(&reader) : read_hash(&reader);
}

int engine_agg_delete(struct engine *engine, unsigned agg, const void *key)
{
	unsigned map = engine->image->aggs[agg].map;

	if (engine->image->maps[map].kind == IMAGE_PERCPU_ARRAY) /* the one entry of an array cannot go away */
		return engine_agg_zero(engine, agg, key);
	return bpf_map_delete_elem(engine->maps[map], key) ? -errno : 0;
}

int engine_agg_zero(struct engine *engine, unsigned agg, const void *key)
{
	unsigned map = engine->image->aggs[agg].map;
	const struct image_map *layout = &engine->image->maps[map];
	bool is_array = layout->kind == IMAGE_PERCPU_ARRAY;
	const uint32_t zero = 0;
	void *values = calloc(engine->cpus_len, engine_value_room(layout));
	int err;

	if (!values)
		return -ENOMEM;
	err = bpf_map_update_elem(engine->maps[map], is_array ? &zero : key, values, BPF_EXIST) ? -errno : 0;
	free(values);
	return err;
}
