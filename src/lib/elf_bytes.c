/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/elf_bytes.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* A file may say that it has terabytes, of which none is on a disk, and a section that is as large. */
static const uint64_t file_max = UINT64_C(16) << 30, copied_max = UINT64_C(4) << 30;
enum { PAGE = 4096, REMOTE_PAGES = 64, SMALL_PAGES = 16 };

/* Of all files that are open: a host's memory is not ours alone. */
static uint64_t copied_of_all;

static uint64_t part_of_memory(void)
{
	static uint64_t part;

	if (!part)
		part = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE) / 4;
	return part;
}

int elf_bytes_open(struct elf_bytes *bytes, struct held *held, bool may_map)
{
	uint64_t pages = (held_size(held) + PAGE - 1) / PAGE;
	void *data;

	*bytes = (struct elf_bytes){.size = held_size(held)};
	if (bytes->size > file_max)
		return -EFBIG;
	if (may_map && held_is_settled(held) && (bytes->data = held_map(held))) {
		bytes->held = held_share(held);
		return 0;
	}
	data = mmap(NULL, pages * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (data == MAP_FAILED)
		return -errno;
	bytes->data = data;
	bytes->copied = calloc(pages / 64 + 1, sizeof(*bytes->copied));
	if (!bytes->copied)
		abort();
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

static bool is_copied(const struct elf_bytes *bytes, uint64_t page)
{
	return bytes->copied[page / 64] >> page % 64 & 1;
}

/* Pages from `first` up to `end`, none of which is there yet. */
static int copy_pages(struct elf_bytes *bytes, uint64_t first, uint64_t end)
{
	uint64_t from = first * PAGE, size = end * PAGE < bytes->size ? (end - first) * PAGE : bytes->size - from;
	ssize_t got;

	if (bytes->copied_size + size > copied_max || copied_of_all + size > part_of_memory())
		return -EFBIG;
	if (mprotect(bytes->data + from, (end - first) * PAGE, PROT_READ | PROT_WRITE))
		return -errno;
	got = held_read(bytes->held, bytes->data + from, size, from);
	if (got < 0)
		return (int)got;
	if ((uint64_t)got < size)
		return -EINVAL; /* somebody has cut it meanwhile */
	for (uint64_t page = first; page < end; page++)
		bytes->copied[page / 64] |= UINT64_C(1) << page % 64;
	bytes->copied_size += size;
	copied_of_all += size;
	return 0;
}

/* To ask a server for a little is as dear as for more, and most of a small file will be asked for. */
static void widen(const struct elf_bytes *bytes, uint64_t *first, uint64_t *end)
{
	uint64_t pages = (bytes->size + PAGE - 1) / PAGE;

	if (pages <= SMALL_PAGES) {
		*first = 0;
		*end = pages;
	} else if (held_may_hang(bytes->held)) {
		*first -= *first % REMOTE_PAGES;
		*end += REMOTE_PAGES - 1 - (*end - 1) % REMOTE_PAGES;
		*end = *end < pages ? *end : pages;
	}
}

static int copy_missing(struct elf_bytes *bytes, uint64_t page, uint64_t end)
{
	uint64_t first;
	int error;

	for (; page < end; page++) {
		if (is_copied(bytes, page))
			continue;
		for (first = page; page < end && !is_copied(bytes, page);)
			page++;
		error = copy_pages(bytes, first, page);
		if (error)
			return error;
	}
	return 0;
}

static bool is_missing(const struct elf_bytes *bytes, uint64_t page, uint64_t end)
{
	while (page < end && is_copied(bytes, page))
		page++;
	return page < end;
}

const uint8_t *elf_bytes_get(struct elf_bytes *bytes, uint64_t offset, uint64_t size)
{
	uint64_t first, end;

	bytes->error = 0;
	if (offset > bytes->size || size > bytes->size - offset) {
		bytes->error = -EINVAL;
		return NULL;
	}
	first = offset / PAGE;
	end = (offset + size + PAGE - 1) / PAGE;
	if (!size || !bytes->copied || !is_missing(bytes, first, end))
		return bytes->data + offset;
	widen(bytes, &first, &end);
	bytes->error = copy_missing(bytes, first, end);
	return bytes->error ? NULL : bytes->data + offset;
}
