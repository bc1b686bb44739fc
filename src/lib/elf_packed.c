/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sections that libdw unpacks: a few kilobytes of a stranger's may say that they are gigabytes, and be it. How large
 * they become is found out before libdw gets them.
 */
#include "lib/elf_private.h"

#include <errno.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>

/* Of all files that somebody other than root can have written; to unpack as much takes seconds. */
static uint64_t unpacked_left = UINT64_C(1) << 30;
enum { MINI_MAX = 128 << 20, MINI_MEMORY_MAX = 128 << 20, XZ_COST = 4 /* times that of zlib */ };

static bool spend(uint64_t size)
{
	if (size > unpacked_left)
		return false;
	unpacked_left -= size;
	return true;
}

bool elf_may_unpack(const struct elf_file *file, const Elf64_Shdr *section)
{
	const uint8_t *data;
	Elf64_Chdr head;

	if (!(section->sh_flags & SHF_COMPRESSED) || !file->bytes->copied) /* a file that is mapped is root's */
		return true;
	data = elf_file_data(file, section->sh_offset, sizeof(head));
	if (!data)
		return false;
	memcpy(&head, data, sizeof(head));
	return spend(head.ch_size); /* no more than that is made of it */
}

/* ---- .gnu_debugdata: a whole file, in which sections may be packed again ---- */

static bool has_packed_sections(const uint8_t *data, uint64_t size)
{
	static const uint8_t kind[] = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB};
	Elf64_Shdr section;
	Elf64_Ehdr head;

	if (size < sizeof(head) || memcmp(data, kind, sizeof(kind)) != 0)
		return true;
	memcpy(&head, data, sizeof(head));
	if (!head.e_shnum || head.e_shentsize != sizeof(section) || head.e_shoff > size ||
	    head.e_shnum * sizeof(section) > size - head.e_shoff)
		return true;
	for (unsigned i = 0; i < head.e_shnum; i++) {
		memcpy(&section, data + head.e_shoff + i * sizeof(section), sizeof(section));
		if (section.sh_flags & SHF_COMPRESSED)
			return true;
	}
	return false;
}

/* Fills `out`, which is grown up to MINI_MAX; false: it is not xz (libdw would take other packers, too), or becomes too
 * large. */
static bool unpack(lzma_stream *stream, uint8_t **out, uint64_t *size)
{
	uint64_t room = 1 << 20;

	for (;; room *= 2) {
		lzma_ret status;

		*out = realloc(*out, room);
		if (!*out)
			abort();
		stream->next_out = *out + *size;
		stream->avail_out = room - *size;
		status = lzma_code(stream, LZMA_FINISH);
		*size = room - stream->avail_out;
		if (status == LZMA_STREAM_END)
			return true;
		if (status != LZMA_OK || stream->avail_out || room >= MINI_MAX || XZ_COST * room > unpacked_left)
			return false;
	}
}

bool elf_is_plain_xz(const uint8_t *data, uint64_t size)
{
	lzma_stream stream = LZMA_STREAM_INIT;
	uint64_t unpacked_size = 0;
	uint8_t *unpacked = NULL;
	bool is_plain = false;

	stream.next_in = data;
	stream.avail_in = size;
	if (lzma_stream_decoder(&stream, MINI_MEMORY_MAX, 0) == LZMA_OK)
		is_plain = unpack(&stream, &unpacked, &unpacked_size) && !has_packed_sections(unpacked, unpacked_size);
	lzma_end(&stream);
	free(unpacked);
	return spend(XZ_COST * unpacked_size) && is_plain;
}
