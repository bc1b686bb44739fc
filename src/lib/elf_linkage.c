/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls between files: which symbol a word of memory, or a stub that jumps through it, stands for. */
#include "lib/elf_private.h"

#include <string.h>

/* Of the table of symbols in this section, the name of number `index`. */
static const char *name_in(const struct elf_file *file, uint64_t section, uint64_t index)
{
	const uint8_t *symbols, *strings;
	uint64_t size;
	Elf64_Shdr table, names;
	Elf64_Sym symbol;

	if (section >= file->sections_len)
		return NULL;
	table = elf_section_at(file, section);
	if (table.sh_link >= file->sections_len || elf_section_data(file, &table, "of symbols", &symbols) ||
	    index >= table.sh_size / sizeof(symbol))
		return NULL;
	names = elf_section_at(file, table.sh_link);
	memcpy(&symbol, symbols + index * sizeof(symbol), sizeof(symbol));
	if (elf_section_data(file, &names, "of strings", &strings))
		return NULL;
	size = elf_strings_safe_size(file, names.sh_offset, names.sh_size);
	if (symbol.st_name >= size)
		return NULL;
	return (const char *)strings + symbol.st_name;
}

const char *elf_slot_symbol(const struct elf_file *file, uint64_t vaddr)
{
	for (uint64_t i = 1; i < file->sections_len; i++) {
		Elf64_Shdr section = elf_section_at(file, i);
		const uint8_t *data;
		Elf64_Rela rela;

		if (section.sh_type != SHT_RELA || !(section.sh_flags & SHF_ALLOC) ||
		    elf_section_data(file, &section, "of relocations", &data))
			continue;
		for (uint64_t at = 0; at + sizeof(rela) <= section.sh_size; at += sizeof(rela)) {
			memcpy(&rela, data + at, sizeof(rela));
			if (rela.r_offset == vaddr && (ELF64_R_TYPE(rela.r_info) == R_X86_64_JUMP_SLOT ||
						       ELF64_R_TYPE(rela.r_info) == R_X86_64_GLOB_DAT))
				return name_in(file, section.sh_link, ELF64_R_SYM(rela.r_info));
		}
	}
	return NULL;
}

bool elf_stub_slot(const struct elf_file *file, uint64_t vaddr, uint64_t *slot)
{
	static const uint8_t endbr[] = {0xf3, 0x0f, 0x1e, 0xfa}, jump[] = {0xff, 0x25};
	uint64_t size = 0, at = 0;
	const uint8_t *code = elf_code(file, vaddr, 16, &size);
	int32_t offset;

	if (!code || size < 16)
		return false;
	at += memcmp(code, endbr, sizeof(endbr)) ? 0 : sizeof(endbr);
	at += code[at] == 0xf2; /* bnd */
	if (memcmp(code + at, jump, sizeof(jump)) != 0)
		return false;
	memcpy(&offset, code + at + sizeof(jump), sizeof(offset));
	*slot = vaddr + at + sizeof(jump) + sizeof(offset) + (uint64_t)(int64_t)offset;
	return true;
}
