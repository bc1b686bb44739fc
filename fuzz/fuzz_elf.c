/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as an ELF file: its notes, symbols, call-frame information, and the argument texts of its markers. Seed it
 * with small libraries. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/held.h"
#include "lib/unwind.h"
#include "probe/argtext.h"
#include "probe/leaving.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct use {
	struct elf_file *file;
	struct arena *arena;
	size_t sum;
};

static int use_note(const struct elf_sdt_note *note, void *data)
{
	struct use *use = data;
	struct arg *args;
	unsigned args_len;
	uint64_t offset;

	use->sum += strlen(note->provider) + strlen(note->name);
	elf_code_offset(use->file, note->vaddr, &offset);
	elf_semaphore_offset(use->file, note->semaphore, &offset);
	argtext_parse(use->arena, use->file, note->args, &args, &args_len);
	return 0;
}

static int use_names(const struct elf_marker_names *names, void *data)
{
	struct use *use = data;
	unsigned i;

	use->sum += strlen(names->provider) + strlen(names->name);
	for (i = 0; i < names->args_len; i++)
		use->sum += strlen(names->texts[i]);
	use->sum += elf_is_below_code(use->file, names->vaddr);
	return 0;
}

static int use_symbol(const struct elf_symbol *symbol, void *data)
{
	struct use *use = data;
	struct elf_symbol found;

	use->sum += strlen(symbol->name);
	elf_symbol_find(use->file, symbol->name, &found);
	return 0;
}

static void use_unwind(struct use *use)
{
	struct unwind *unwind = unwind_read(use->file);
	struct leaving leaving;

	for (unsigned i = 0; i < unwind->rows_len; i++)
		use->sum += unwind_row_at(unwind, unwind->base + unwind->rows[i].pc)->kind;
	for (unsigned i = 0; i < unwind->parts_len && i < 64; i++) {
		const struct unwind_part *part = &unwind->parts[i];

		leaving_find(use->arena, use->file, unwind, unwind->base + part->pc, part->size, &leaving);
		use->sum += leaving.len;
	}
	unwind_free(unwind);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct use use = {0};
	struct held *held;

	if (fd < 0)
		return 0;
	if (write(fd, data, size) != (ssize_t)size) {
		close(fd);
		return 0;
	}
	held = held_take(fd);
	if (!elf_file_read(held, "fuzz", &use.file)) {
		use.arena = arena_new();
		if (elf_has_sdt(use.file))
			elf_sdt_each(use.file, use_note, &use);
		elf_marker_names_each(use.file, use_names, &use);
		elf_symbol_each(use.file, use_symbol, &use);
		elf_symbol_is_ambiguous(use.file, "main");
		use_unwind(&use);
		arena_free(use.arena);
		elf_file_close(use.file);
	}
	held_close(held);
	return 0;
}
