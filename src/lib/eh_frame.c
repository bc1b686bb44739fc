/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/eh_frame.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

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

/* The entry at *offset: its bytes behind the length. False at the end, or when nothing further makes sense. */
static bool next_entry(const struct eh_frame *r, uint64_t *offset, struct cursor *entry)
{
	struct cursor c = {r->data + *offset, r->data + r->size, r->vaddr + *offset, false};
	uint64_t size = cursor_take(&c, 4);

	if (size == 0xffffffff)
		size = cursor_take(&c, 8);
	if (c.bad || !size || size > (uint64_t)(c.end - c.at))
		return false;
	c.end = c.at + size;
	*entry = c;
	*offset = (uint64_t)(c.end - r->data);
	return true;
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
	struct cursor c;
	const char *text;
	uint64_t version;
	const uint8_t *nul;

	*cie = (struct cie){.start = r->data + offset, .encoding = ENC_ABSPTR};
	if (!next_entry(r, &offset, &c) || cursor_take(&c, 4) != 0)
		return;
	version = cursor_take(&c, 1);
	text = (const char *)c.at;
	nul = memchr(c.at, 0, (size_t)(c.end - c.at));
	if ((version != 1 && version != 3) || !nul)
		return;
	c.vaddr += (uint64_t)(nul + 1 - c.at);
	c.at = nul + 1;
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

static void read_fde(struct eh_frame *r, struct cursor c, uint64_t id, uint64_t id_offset, struct cie *cie)
{
	struct fde *fde;

	if (id > id_offset) {
		r->bad++;
		return;
	}
	if (cie->start != r->data + (id_offset - id))
		read_cie(r, id_offset - id, cie);
	if (!cie->is_sane) {
		r->bad++;
		return;
	}
	r->fdes = grow_array(r->fdes, r->fdes_len, &r->fdes_room, sizeof(*r->fdes));
	fde = &r->fdes[r->fdes_len];
	*fde = (struct fde){.cie = *cie};
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
	uint64_t offset = 0;
	struct cie cie = {0};
	struct cursor c;

	while (offset < r->size && next_entry(r, &offset, &c)) {
		uint64_t id_offset = (uint64_t)(c.at - r->data), id = cursor_take(&c, 4);

		if (id)
			read_fde(r, c, id, id_offset, &cie);
	}
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

void eh_frame_read(struct eh_frame *out, const struct elf_file *file)
{
	*out = (struct eh_frame){0};
	if (elf_file_machine(file) == ABI_MACHINE && (find_by_section(file, out) || find_by_segment(file, out)))
		read_entries(out);
}

void eh_frame_free(struct eh_frame *frame)
{
	free(frame->fdes);
}
