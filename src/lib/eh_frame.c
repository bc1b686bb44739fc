/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/eh_frame.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "lib/abi.h"
#include "lib/elf_private.h"
#include "lib/memory.h"

enum { ENC_ABSPTR = 0x00 }; /* of pointers: eight bytes, as they are */

void *grow_array(void *array, unsigned len, unsigned *room, size_t size)
{
	if (len < *room)
		return array;
	*room = *room ? *room * 2 : 1024;
	array = realloc(array, *room * size);
	if (!array)
		memory_end();
	return array;
}

/* ---- entries ---- */

/* An entry's bytes behind its length. `wide` entries of .debug_frame have offsets of 8 bytes. */
struct entry {
	struct cursor c;
	bool is_wide;
};

/* The entry at *offset. False at the end, or when nothing further makes sense. */
static bool next_entry(const struct eh_frame *r, uint64_t *offset, struct entry *entry)
{
	struct cursor c = {r->data + *offset, r->data + r->size, r->vaddr + *offset, false};
	uint64_t size = cursor_take(&c, 4);

	entry->is_wide = size == 0xffffffff;
	if (entry->is_wide)
		size = cursor_take(&c, 8);
	if (c.bad || !size || size > (uint64_t)(c.end - c.at))
		return false;
	c.end = c.at + size;
	entry->c = c;
	*offset = (uint64_t)(c.end - r->data);
	return true;
}

/*
 * What an entry begins with: the number that marks a CIE, or where an FDE's CIE is. .eh_frame: 0, or how far back from
 * here; .debug_frame: all bits set, or the offset in the section.
 */
static bool take_id(const struct eh_frame *r, struct entry *entry, uint64_t *cie_offset)
{
	unsigned size = r->is_debug && entry->is_wide ? 8 : 4;
	uint64_t here = (uint64_t)(entry->c.at - r->data), id = cursor_take(&entry->c, size);

	if (r->is_debug) {
		*cie_offset = id;
		return id == UINT64_MAX >> (64 - 8 * size);
	}
	*cie_offset = id <= here ? here - id : UINT64_MAX;
	return !id;
}

static void read_augmentation(struct cie *cie, const char *text, struct cursor c)
{
	for (; *text; text++)
		switch (*text) {
		case 'R':
			cie->encoding = (uint8_t)cursor_take(&c, 1);
			break;
		case 'P': {
			uint8_t encoding = (uint8_t)cursor_take(&c, 1);

			cursor_encoded(&c, encoding & 0x1f); /* only to get past it */
			break;
		}
		case 'L':
			cursor_take(&c, 1);
			break;
		case 'S':
			cie->is_signal = true;
			break;
		case 'B':
			break;
		default:
			cie->is_sane = false;
			return;
		}
	cie->is_sane &= !c.bad;
}

static void read_cie(const struct eh_frame *r, uint64_t offset, struct cie *cie)
{
	struct entry entry;
	struct cursor c;
	const char *text;
	uint64_t version, unused;
	const uint8_t *nul;

	*cie = (struct cie){.start = r->data + offset, .encoding = ENC_ABSPTR};
	if (!next_entry(r, &offset, &entry) || !take_id(r, &entry, &unused))
		return;
	c = entry.c;
	version = cursor_take(&c, 1);
	text = (const char *)c.at;
	nul = memchr(c.at, 0, (size_t)(c.end - c.at));
	if ((version != 1 && version != 3 && !(version == 4 && r->is_debug)) || !nul)
		return;
	c.vaddr += (uint64_t)(nul + 1 - c.at);
	c.at = nul + 1;
	if (version == 4 &&
	    (cursor_take(&c, 1) != 8 || cursor_take(&c, 1) != 0)) /* size of an address, and of a segment's number */
		return;
	cie->code_align = cursor_uleb(&c);
	cie->data_align = cursor_sleb(&c);
	if (version == 1)
		cursor_take(&c, 1);
	else
		cursor_uleb(&c);
	cie->is_sane = true;
	if (*text == 'z') {
		cie->has_augmentation = true;
		read_augmentation(cie, text + 1, cursor_block(&c));
	} else if (*text) {
		cie->is_sane = false;
	}
	cie->insns = c;
	cie->is_sane &= !c.bad;
}

static void read_fde(struct eh_frame *r, struct cursor c, uint64_t cie_offset, struct cie *cie)
{
	struct fde *fde;

	if (cie_offset >= r->size) {
		r->bad++;
		return;
	}
	if (cie->start != r->data + cie_offset)
		read_cie(r, cie_offset, cie);
	if (!cie->is_sane) {
		r->bad++;
		return;
	}
	r->fdes = grow_array(r->fdes, r->fdes_len, &r->fdes_room, sizeof(*r->fdes));
	fde = &r->fdes[r->fdes_len];
	*fde = (struct fde){.cie = *cie, .is_debug = r->is_debug};
	fde->pc = cursor_encoded(&c, cie->encoding);
	fde->size = cursor_encoded(&c, cie->encoding & 0x0f);
	if (cie->has_augmentation)
		cursor_block(&c);
	fde->insns = c;
	if (c.bad || !fde->size || fde->pc + fde->size < fde->pc)
		r->bad++;
	else
		r->fdes_len++;
}

static void read_entries(struct eh_frame *r)
{
	uint64_t offset = 0, cie_offset;
	struct cie cie = {0};
	struct entry entry;

	while (offset < r->size && next_entry(r, &offset, &entry))
		if (!take_id(r, &entry, &cie_offset))
			read_fde(r, entry.c, cie_offset, &cie);
}

/* ---- the file ---- */

static bool find_by_section(const struct elf_file *file, struct eh_frame *r)
{
	for (uint64_t i = 0; i < file->sections_len; i++) {
		Elf64_Shdr section = elf_section_at(file, i);

		if (!(section.sh_flags & SHF_ALLOC) || section.sh_size > CODE_SIZE_MAX ||
		    strcmp(elf_section_name(file, &section), ".eh_frame") ||
		    elf_section_data(file, &section, ".eh_frame", &r->data))
			continue;
		r->vaddr = section.sh_addr;
		r->size = section.sh_size;
		return true;
	}
	return false;
}

/* Without section headers: the header that the unwinder of the program itself begins with. */
static bool find_by_segment(const struct elf_file *file, struct eh_frame *r)
{
	enum { HEADER_SIZE = 4 + 8 };

	for (uint64_t i = 0; i < file->segments_len; i++) {
		const uint8_t *data =
			elf_file_data(file, file->ehdr.e_phoff + i * sizeof(Elf64_Phdr), sizeof(Elf64_Phdr));
		struct cursor c = {0};
		Elf64_Phdr segment;
		uint64_t size;
		uint8_t encoding;

		if (!data)
			return false;
		memcpy(&segment, data, sizeof(segment));
		if (segment.p_type != PT_GNU_EH_FRAME)
			continue;
		c.at = elf_code(file, segment.p_vaddr, HEADER_SIZE, &size);
		if (!c.at)
			return false;
		c.end = c.at + size;
		c.vaddr = segment.p_vaddr;
		if (cursor_take(&c, 1) != 1)
			return false;
		encoding = (uint8_t)cursor_take(&c, 1);
		cursor_take(&c, 2);
		r->vaddr = cursor_encoded(&c, encoding);
		if (c.bad)
			return false;
		r->data = elf_code(file, r->vaddr, SIZE_MAX, &r->size); /* it ends by itself */
		return r->data;
	}
	return false;
}

/* Compilers and linkers compress what debuggers alone read. */
static bool unpack(const struct elf_file *file, const Elf64_Shdr *section, struct eh_frame *r)
{
	const uint8_t *data = elf_file_data(file, section->sh_offset, section->sh_size);
	Elf64_Chdr head;
	uLongf size;

	if (!data || section->sh_size < sizeof(head))
		return false;
	memcpy(&head, data, sizeof(head));
	if (head.ch_type != ELFCOMPRESS_ZLIB || head.ch_size > CODE_SIZE_MAX || !elf_may_unpack(file, section))
		return false;
	size = head.ch_size;
	r->unpacked = malloc(size + 1);
	if (!r->unpacked)
		memory_end();
	r->data = r->unpacked;
	r->size = size;
	return uncompress(r->unpacked, &size, data + sizeof(head), section->sh_size - sizeof(head)) == Z_OK &&
	       size == r->size;
}

static bool find_debug(const struct elf_file *file, struct eh_frame *r)
{
	for (uint64_t i = 0; i < file->sections_len; i++) {
		Elf64_Shdr section = elf_section_at(file, i);

		if (section.sh_size > CODE_SIZE_MAX || section.sh_type == SHT_NOBITS ||
		    strcmp(elf_section_name(file, &section), ".debug_frame"))
			continue;
		if (section.sh_flags & SHF_COMPRESSED)
			return unpack(file, &section, r);
		r->data = elf_file_data(file, section.sh_offset, section.sh_size);
		r->size = section.sh_size;
		return r->data;
	}
	return false;
}

void eh_frame_read(struct eh_frame *out, const struct elf_file *file)
{
	*out = (struct eh_frame){0};
	if (elf_file_machine(file) != ABI_MACHINE)
		return;
	if (find_by_section(file, out) || find_by_segment(file, out))
		read_entries(out);
	out->is_debug = true;
	out->vaddr = 0;
	if (find_debug(file, out))
		read_entries(out);
}

void eh_frame_free(struct eh_frame *frame)
{
	free(frame->fdes);
	free(frame->unpacked);
}
