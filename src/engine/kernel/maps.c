/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Maps of an image. In: sizes and first values. Out: descriptors; the control block as plain memory; the ring opened.
 * libbpf raises RLIMIT_MEMLOCK where the kernel (before 5.11) counts maps against it.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/kernel/private.h"
#include "lib/markers.h"
#include "lib/memory.h"

static enum bpf_map_type map_type(enum image_map_kind kind)
{
	switch (kind) {
	case IMAGE_ARRAY:
		return BPF_MAP_TYPE_ARRAY;
	case IMAGE_PERCPU_ARRAY:
		return BPF_MAP_TYPE_PERCPU_ARRAY;
	case IMAGE_HASH:
		return BPF_MAP_TYPE_HASH;
	case IMAGE_RING:
		return BPF_MAP_TYPE_RINGBUF;
	}
	return BPF_MAP_TYPE_UNSPEC;
}

/* A ring's size must be a power of two and whole pages. */
static uint32_t ring_size(uint64_t wanted)
{
	uint64_t size = (uint64_t)sysconf(_SC_PAGESIZE);

	while (size < wanted && size < 1U << 30)
		size *= 2;
	return (uint32_t)size;
}

static uint64_t map_entries(const struct kernel_engine *engine, const struct image_map *map)
{
	uint64_t entries = map->max_entries;

	if (map->kind == IMAGE_RING)
		return ring_size(entries);
	if (!map->per_cpu_entries)
		return entries;
	/* In an array a processor's number is the place; in a hash it is part of the key, and it is for room alone. */
	return entries * (map->kind == IMAGE_ARRAY ? engine->cpu_numbers_len : engine->cpus_len);
}

static uint64_t map_bytes(const struct kernel_engine *engine, const struct image_map *map)
{
	bool per_cpu = map->kind == IMAGE_PERCPU_ARRAY;

	if (map->kind == IMAGE_RING)
		return map_entries(engine, map);
	return map_entries(engine, map) *
	       (map->key_size + kernel_engine_value_room(map) * (per_cpu ? engine->cpus_len : 1));
}

static void map_failed(const struct kernel_engine *engine, const struct image_map *map, int error, struct diags *diags)
{
	struct loc nowhere = {0};
	struct diag *diag;
	const char *why;

	if (error == -EPERM || error == -EACCES) {
		why = kernel_engine_why_not();
		diag_error(diags, nowhere, NULL, "cannot create the map `%s`: %s", map->name,
			   why ? why : strerror(-error));
		return;
	}
	if (error == -EXDEV) {
		diag_error(diags, nowhere, NULL,
			   "a file that has come into use gives a global variable another type: start the script again "
			   "to trace it too");
		return;
	}
	diag = diag_error(diags, nowhere, NULL, "cannot create the map `%s` (%llu KiB): %s", map->name,
			  (unsigned long long)(map_bytes(engine, map) + 1023) / 1024, strerror(-error));
	if (error == -ENOMEM || error == -E2BIG || error == -EINVAL)
		diag_hint(diags, diag,
			  "smaller values of the options bufsize, dynvarsize, aggsize or strsize need less memory");
}

static int map_fill(int fd, const struct image_map *map)
{
	const char *values = map->init;
	uint32_t i;

	for (i = 0; values && i < map->max_entries; i++)
		if (bpf_map_update_elem(fd, &i, values + (size_t)i * map->value_size, BPF_ANY))
			return -errno;
	return 0;
}

static bool is_kept_as(const struct image_map *map, const struct image_map *like)
{
	return map->is_kept && !strcmp(map->name, like->name);
}

/*
 * The same map in another image of the same script; MAP_NONE: it has none. Names are shortened, so that two may be
 * alike; maps that are made when a clause asks for them may be missing there.
 */
static unsigned find_kept(const struct image *image, const struct image *other, unsigned index)
{
	const struct image_map *map = &image->maps[index];
	unsigned nth = 0, i;

	for (i = 0; i < index; i++)
		nth += is_kept_as(&image->maps[i], map);
	for (i = 0; i < other->maps_len; i++)
		if (is_kept_as(&other->maps[i], map) && !nth--)
			return i;
	return MAP_NONE;
}

/*
 * The map of the engine before us, if it is alike. A key or a value of which no type was known before, since no probe
 * was there, may have got another size: then nothing was put in yet. Only global variables lie together in one map.
 */
static int map_take_over(struct kernel_engine *engine, unsigned index)
{
	const struct image_map *map = &engine->image->maps[index], *old;
	unsigned at = find_kept(engine->image, engine->before->image, index);

	if (at == MAP_NONE)
		return 0;
	old = &engine->before->image->maps[at];
	if (old->kind == map->kind && old->key_size == map->key_size && old->value_size == map->value_size &&
	    old->max_entries == map->max_entries) {
		engine->maps[index] = fcntl(engine->before->maps[at], F_DUPFD_CLOEXEC, 0);
		return engine->maps[index] < 0 ? -errno : 0;
	}
	return map->kind == IMAGE_ARRAY ? -EXDEV : 0;
}

static int map_make(struct kernel_engine *engine, unsigned index)
{
	const struct image_map *map = &engine->image->maps[index];
	LIBBPF_OPTS(bpf_map_create_opts, opts);
	uint64_t entries = map_entries(engine, map);
	bool is_ring = map->kind == IMAGE_RING;
	bool is_hash = map->kind == IMAGE_HASH;
	int fd;

	if (engine->before && map->is_kept) {
		fd = map_take_over(engine, index);
		if (fd || engine->maps[index] >= 0)
			return fd;
	}
	if (entries > UINT32_MAX)
		return -E2BIG;
	if (is_hash && !map->prealloc)
		opts.map_flags |= BPF_F_NO_PREALLOC;
	if (index == engine->image->map_state)
		opts.map_flags |= BPF_F_MMAPABLE;
	fd = bpf_map_create(map_type(map->kind), map->name, is_ring ? 0 : map->key_size, is_ring ? 0 : map->value_size,
			    (uint32_t)entries, &opts);
	if (fd < 0)
		return fd;
	engine->maps[index] = fd;
	mark_map_created(map->name, entries, map_bytes(engine, map));
	return map->kind == IMAGE_ARRAY ? map_fill(fd, map) : 0;
}

static int state_open(struct kernel_engine *engine)
{
	const struct image_map *map = &engine->image->maps[engine->image->map_state];
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *state;

	engine->state_size = (kernel_engine_value_room(map) * map->max_entries + page - 1) & ~(page - 1);
	state = mmap(NULL, engine->state_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		     engine->maps[engine->image->map_state], 0);
	if (state == MAP_FAILED)
		return -errno;
	engine->state = state;
	return 0;
}

static int pids_fill(struct kernel_engine *engine)
{
	const uint32_t one = 1;

	if (engine->image->map_pids == MAP_NONE)
		return 0;
	for (unsigned i = 0; i < engine->target.pids_len; i++) {
		int error =
			kernel_engine_map_update(&engine->base, engine->image->map_pids, &engine->target.pids[i], &one);

		if (error)
			return error;
	}
	return 0;
}

int kernel_engine_make_maps(struct kernel_engine *engine, struct diags *diags)
{
	const struct image *image = engine->image;
	struct loc nowhere = {0};
	size_t size = 0;
	int error = 0;

	for (unsigned i = 0; i < image->maps_len; i++) {
		error = map_make(engine, i);
		if (error) {
			map_failed(engine, &image->maps[i], error, diags);
			return error;
		}
	}
	if (image->map_state != MAP_NONE)
		error = state_open(engine);
	if (!error)
		error = pids_fill(engine);
	if (!error && image->map_ring != MAP_NONE)
		size = ring_size(image->maps[image->map_ring].max_entries);
	if (!error)
		error = ring_open(&engine->ring, size ? engine->maps[image->map_ring] : -1, size);
	if (error)
		diag_error(diags, nowhere, NULL, "cannot use the maps that the kernel made: %s", strerror(-error));
	return error;
}

int kernel_engine_map_update(struct engine *base, unsigned map, const void *key, const void *value)
{
	const struct kernel_engine *engine = kernel_engine_of(base);
	if (map >= engine->image->maps_len)
		return -EINVAL;
	return bpf_map_update_elem(engine->maps[map], key, value, BPF_ANY) ? -errno : 0;
}

int kernel_engine_map_update_many(struct engine *base, unsigned map, uint32_t first, uint32_t len, const void *values)
{
	const struct kernel_engine *engine = kernel_engine_of(base);
	uint32_t *keys = calloc(len, sizeof(*keys)), done = len;
	int error = 0;

	if (!keys)
		memory_end();
	for (uint32_t i = 0; i < len; i++)
		keys[i] = first + i;
	if (bpf_map_update_batch(engine->maps[map], keys, values, &done, NULL))
		error = -errno;
	free(keys);
	return error;
}

int kernel_engine_map_remove(struct engine *base, unsigned map, const void *key)
{
	const struct kernel_engine *engine = kernel_engine_of(base);
	return bpf_map_delete_elem(engine->maps[map], key) ? -errno : 0;
}

int kernel_engine_map_lookup(struct engine *base, unsigned map, const void *key, void *value)
{
	const struct kernel_engine *engine = kernel_engine_of(base);
	if (map >= engine->image->maps_len)
		return -EINVAL;
	return bpf_map_lookup_elem(engine->maps[map], key, value) ? -errno : 0;
}

unsigned kernel_engine_map_take_keys(struct engine *base, unsigned map, uint32_t *keys, unsigned room)
{
	const struct kernel_engine *engine = kernel_engine_of(base);
	unsigned len = 0;

	while (len < room && !bpf_map_get_next_key(engine->maps[map], len ? &keys[len - 1] : NULL, &keys[len]))
		len++;
	for (unsigned i = 0; i < len; i++)
		bpf_map_delete_elem(engine->maps[map], &keys[i]);
	return len;
}
