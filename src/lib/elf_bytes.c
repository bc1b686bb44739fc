/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/elf_bytes.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/memory.h"
#include "lib/trouble.h"

/* A file may say that it has terabytes, of which none is on a disk, and a section that is as large. */
static const uint64_t file_max = UINT64_C(16) << 30, copied_max = UINT64_C(4) << 30;
enum { BLOCK = 4096, REMOTE_BLOCKS = 64, HUGE = 2 << 20, BULK = 64 * 1024 };

/* Of all files that are open: a host's memory is not ours alone. */
static uint64_t copied_of_all;

static uint64_t part_of_memory(void)
{
	static uint64_t part;

	if (!part)
		part = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE) / 4;
	return part;
}

bool elf_bytes_claim(uint64_t size)
{
	if (size > part_of_memory() || copied_of_all > part_of_memory() - size)
		return false;
	copied_of_all += size;
	return true;
}

void elf_bytes_release(uint64_t size)
{
	copied_of_all -= size;
}

int elf_bytes_open(struct elf_bytes *bytes, struct held *held, bool may_map)
{
	uint64_t blocks = (held_size(held) + BLOCK - 1) / BLOCK;
	void *data;

	*bytes = (struct elf_bytes){.size = held_size(held)};
	if (bytes->size > file_max)
		return -EFBIG;
	if (may_map && held_is_settled(held) && (bytes->data = held_map(held))) {
		bytes->held = held_share(held);
		return 0;
	}
	data = mmap(NULL, blocks * BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (data == MAP_FAILED) {
		int error = -errno;
		char name[PATH_MAX];

		trouble_note(error, "%s cannot be read", held_name(held, name, sizeof(name)) ? name : "a file");
		return error;
	}
	if (bytes->size >= HUGE)
		madvise(data, blocks * BLOCK, MADV_NOHUGEPAGE); /* for a few bytes two megabytes would be cleared */
	bytes->data = data;
	bytes->copied = calloc(blocks / 64 + 1, sizeof(*bytes->copied));
	if (!bytes->copied)
		memory_end();
	bytes->held = held_share(held);
	return 0;
}

void elf_bytes_close(struct elf_bytes *bytes)
{
	if (bytes->data)
		munmap(bytes->data, bytes->size);
	copied_of_all -= bytes->copied_size;
	free(bytes->copied);
	held_close(bytes->held);
	*bytes = (struct elf_bytes){0};
}

static bool is_copied(const struct elf_bytes *bytes, uint64_t block)
{
	return bytes->copied[block / 64] >> block % 64 & 1;
}

/* Blocks from `first` up to `end`, none of which is there yet. */
static int copy_blocks(struct elf_bytes *bytes, uint64_t first, uint64_t end)
{
	uint64_t from = first * BLOCK, size = end * BLOCK < bytes->size ? (end - first) * BLOCK : bytes->size - from;
	ssize_t got;

	if (bytes->copied_size + size > copied_max || copied_of_all + size > part_of_memory())
		return -EFBIG;
	if (size >= BULK) /* in one go, not fault by fault; an older kernel knows no such advice */
		madvise(bytes->data + from, (end - first) * BLOCK, MADV_POPULATE_WRITE);
	got = held_read(bytes->held, bytes->data + from, size, from);
	if (got < 0)
		return (int)got;
	if ((uint64_t)got < size)
		return -EINVAL; /* somebody has cut it meanwhile */
	for (uint64_t block = first; block < end; block++)
		bytes->copied[block / 64] |= UINT64_C(1) << block % 64;
	bytes->copied_size += size;
	copied_of_all += size;
	return 0;
}

/* To ask a server for a little is as dear as for more. */
static void widen(const struct elf_bytes *bytes, uint64_t *first, uint64_t *end)
{
	uint64_t blocks = (bytes->size + BLOCK - 1) / BLOCK;

	*first -= *first % REMOTE_BLOCKS;
	*end += REMOTE_BLOCKS - 1 - (*end - 1) % REMOTE_BLOCKS;
	*end = *end < blocks ? *end : blocks;
}

static int copy_missing(struct elf_bytes *bytes, uint64_t block, uint64_t end)
{
	uint64_t first;
	int error;

	for (; block < end; block++) {
		if (is_copied(bytes, block))
			continue;
		for (first = block; block < end && !is_copied(bytes, block);)
			block++;
		error = copy_blocks(bytes, first, block);
		if (error)
			return error;
	}
	return 0;
}

static bool is_missing(const struct elf_bytes *bytes, uint64_t block, uint64_t end)
{
	while (block < end && is_copied(bytes, block))
		block++;
	return block < end;
}

const uint8_t *elf_bytes_get(struct elf_bytes *bytes, uint64_t offset, uint64_t size)
{
	uint64_t first, end;

	bytes->error = 0;
	if (offset > bytes->size || size > bytes->size - offset) {
		bytes->error = -EINVAL;
		return NULL;
	}
	first = offset / BLOCK;
	end = (offset + size + BLOCK - 1) / BLOCK;
	if (!size || !bytes->copied || !is_missing(bytes, first, end))
		return bytes->data + offset;
	if (held_may_hang(bytes->held))
		widen(bytes, &first, &end);
	bytes->error = copy_missing(bytes, first, end);
	return bytes->error ? NULL : bytes->data + offset;
}
