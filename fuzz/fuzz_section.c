/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as one section of an otherwise good ELF file: call-frame information, notes, packed symbols. (fuzz_elf and
 * fuzz_debug have whole files, of which changes rarely reach so deep.) The first byte says which section.
 */
#include <elf.h>
#include <lzma.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "lib/debug.h"
#include "lib/held.h"
#include "lib/unwind.h"
#include "probe/argtext.h"
#include "probe/functions.h"
#include "probe/leaving.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CODE_SIZE = 4096, CODE_VADDR = 0x1000, SECTION_VADDR = 0x4000, PARTS_MAX = 64 };
/* What is made of the bytes before they are the section. */
enum wrapping { AS_IT_IS, XZ, ZLIB };

static const struct kind {
	const char *name;
	uint32_t type;
	enum wrapping wrapping;
} kinds[] = {
	{".eh_frame", SHT_PROGBITS, AS_IT_IS},	 {".debug_frame", SHT_PROGBITS, AS_IT_IS},
	{".gnu_debugdata", SHT_PROGBITS, XZ},	 {".gnu_debugdata", SHT_PROGBITS, AS_IT_IS},
	{".note.stapsdt", SHT_NOTE, AS_IT_IS},	 {".note.cephtap", SHT_NOTE, AS_IT_IS},
	{".debug_frame", SHT_PROGBITS, ZLIB},	 {".note.gnu.build-id", SHT_NOTE, AS_IT_IS},
	{".debug_info", SHT_PROGBITS, AS_IT_IS}, {".gnu_debuglink", SHT_PROGBITS, AS_IT_IS},
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* ---- the file ---- */

static const char names[] = "\0.text\0.shstrtab\0";
enum { NAME_TEXT = 1, NAME_NAMES = 7, NAME_OWN = sizeof(names) - 1, OWN_MAX = 32 };

struct image {
	Elf64_Ehdr head;
	Elf64_Phdr segments[2];
	Elf64_Shdr sections[4];
	char names[NAME_OWN + OWN_MAX];
	uint8_t code[CODE_SIZE];
};

static Elf64_Shdr section(uint32_t name, uint32_t type, uint64_t flags, uint64_t vaddr, uint64_t offset, uint64_t size)
{
	return (Elf64_Shdr){.sh_name = name,
			    .sh_type = type,
			    .sh_flags = flags,
			    .sh_addr = vaddr,
			    .sh_offset = offset,
			    .sh_size = size,
			    .sh_addralign = 4};
}

static Elf64_Phdr segment(uint32_t flags, uint64_t vaddr, uint64_t offset, uint64_t size)
{
	return (Elf64_Phdr){.p_type = PT_LOAD,
			    .p_flags = flags,
			    .p_vaddr = vaddr,
			    .p_paddr = vaddr,
			    .p_offset = offset,
			    .p_filesz = size,
			    .p_memsz = size,
			    .p_align = 1};
}

static void fill_image(struct image *image, const struct kind *kind, size_t size)
{
	bool is_loaded = !strcmp(kind->name, ".eh_frame");

	*image = (struct image){.head = {.e_type = ET_DYN,
					 .e_machine = EM_X86_64,
					 .e_version = EV_CURRENT,
					 .e_phoff = offsetof(struct image, segments),
					 .e_shoff = offsetof(struct image, sections),
					 .e_ehsize = sizeof(Elf64_Ehdr),
					 .e_phentsize = sizeof(Elf64_Phdr),
					 .e_phnum = 2,
					 .e_shentsize = sizeof(Elf64_Shdr),
					 .e_shnum = 4,
					 .e_shstrndx = 2}};
	memcpy(image->head.e_ident, ELFMAG, SELFMAG);
	image->head.e_ident[EI_CLASS] = ELFCLASS64;
	image->head.e_ident[EI_DATA] = ELFDATA2LSB;
	image->head.e_ident[EI_VERSION] = EV_CURRENT;
	memcpy(image->names, names, sizeof(names));
	strcpy(image->names + NAME_OWN, kind->name);
	memset(image->code, 0xc3, sizeof(image->code)); /* ret */
	image->segments[0] = segment(PF_R | PF_X, CODE_VADDR, offsetof(struct image, code), CODE_SIZE);
	image->segments[1] = segment(PF_R, SECTION_VADDR, sizeof(*image), size);
	image->sections[1] = section(NAME_TEXT, SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, CODE_VADDR,
				     offsetof(struct image, code), CODE_SIZE);
	image->sections[2] = section(NAME_NAMES, SHT_STRTAB, 0, 0, offsetof(struct image, names), NAME_OWN + OWN_MAX);
	image->sections[3] = section(NAME_OWN, kind->type,
				     (is_loaded ? SHF_ALLOC : 0) | (kind->wrapping == ZLIB ? SHF_COMPRESSED : 0),
				     is_loaded ? SECTION_VADDR : 0, sizeof(*image), size);
}

/* The bytes as the section has them; to be freed. NULL: it cannot be made. */
static uint8_t *wrap(const struct kind *kind, const uint8_t *data, size_t *size)
{
	size_t room = *size * 2 + 4096, used = 0;
	uint8_t *out = malloc(room);
	uLongf zlib_size = room - sizeof(Elf64_Chdr);

	switch (kind->wrapping) {
	case XZ:
		if (lzma_easy_buffer_encode(0, LZMA_CHECK_CRC32, NULL, data, *size, out, &used, room) != LZMA_OK)
			abort();
		break;
	case ZLIB:
		memcpy(out, &(Elf64_Chdr){.ch_type = ELFCOMPRESS_ZLIB, .ch_size = *size, .ch_addralign = 1},
		       sizeof(Elf64_Chdr));
		if (compress2(out + sizeof(Elf64_Chdr), &zlib_size, data, *size, 1) != Z_OK)
			abort();
		used = sizeof(Elf64_Chdr) + zlib_size;
		break;
	default:
		memcpy(out, data, *size);
		used = *size;
	}
	*size = used;
	return out;
}

static struct held *make_file(const struct kind *kind, const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	uint8_t *bytes = wrap(kind, data, &size);
	static struct image image;

	fill_image(&image, kind, size);
	if (fd < 0 || write(fd, &image, sizeof(image)) != (ssize_t)sizeof(image) ||
	    write(fd, bytes, size) != (ssize_t)size)
		abort();
	free(bytes);
	return held_take(fd);
}

/* ---- what cephtap makes of it ---- */

static int use_note(const struct elf_sdt_note *note, void *data)
{
	struct arena *arena = arena_new();
	struct arg *args;
	unsigned args_len;

	argtext_parse(arena, data, note->args, &args, &args_len);
	arena_free(arena);
	return 0;
}

static int use_names(const struct elf_marker_names *marker, void *data)
{
	return elf_is_below_code(data, marker->vaddr) && strlen(marker->provider) > SIZE_MAX / 2;
}

static void check_unwind(struct arena *arena, const struct elf_file *elf)
{
	struct unwind *unwind = unwind_read(elf);
	struct leaving leaving;

	for (unsigned i = 0; i < unwind->rows_len; i++)
		if (!unwind_row_at(unwind, unwind->base + unwind->rows[i].pc))
			abort();
	for (unsigned i = 0; i < unwind->parts_len && i < PARTS_MAX; i++)
		leaving_find(arena, elf, unwind, unwind->base + unwind->parts[i].pc, unwind->parts[i].size, &leaving);
	unwind_free(unwind);
}

static void use_file(struct elf_file *elf)
{
	struct arena *arena = arena_new();
	struct functions functions;

	elf_sdt_each(elf, use_note, elf);
	elf_marker_names_each(elf, use_names, elf);
	check_unwind(arena, elf);
	functions_read(arena, elf, "fuzz", "", false, &functions);
	functions_free(&functions);
	arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elf_file *elf;
	struct held *held;

	if (!size)
		return 0;
	held = make_file(&kinds[data[0] % KINDS], data + 1, size - 1);
	if (!elf_file_read(held, "fuzz", &elf)) {
		use_file(elf);
		elf_file_close(elf);
	} else if (!*elf_error()) {
		abort();
	}
	held_close(held);
	return 0;
}
