/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The file is read with memcpy through elf_file_data() and elf_section_data() only: these two know how big it is.
 * Nothing in the file is believed, counts and names least of all, and work is bounded by the size of the file.
 */
#include "lib/elf_private.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/memory.h"

static __thread char error_text[512];

const char *elf_error(void)
{
	return error_text;
}

int elf_fail(int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error_text, sizeof(error_text), format, args);
	va_end(args);
	return -error;
}

const char *elf_file_path(const struct elf_file *file)
{
	return file->path;
}

const char *elf_build_id(const struct elf_file *file)
{
	return file->build_id;
}

struct held *elf_file_held(const struct elf_file *file)
{
	return file->bytes->held;
}

int elf_file_machine(const struct elf_file *file)
{
	return file->ehdr.e_machine;
}

bool elf_file_is_pie(const struct elf_file *file)
{
	return file->ehdr.e_type == ET_DYN;
}

const uint8_t *elf_file_data(const struct elf_file *file, uint64_t offset, uint64_t size)
{
	return elf_bytes_get(file->bytes, offset, size);
}

int elf_fail_data(const struct elf_file *file, const char *what)
{
	int error = -file->bytes->error;

	switch (error) {
	case EINVAL:
		return elf_fail(EINVAL, "%s: %s ends past the file", file->path, what);
	case EFBIG:
		return elf_fail(EFBIG, "%s: %s is too big to be read", file->path, what);
	case ETIMEDOUT:
		return elf_fail(ETIMEDOUT, "%s is on a file system that does not answer: it is left out", file->path);
	default:
		return elf_fail(error, "%s: %s cannot be read: %s", file->path, what, strerror(error));
	}
}

/* i < sections_len: open_tables() has read them. */
Elf64_Shdr elf_section_at(const struct elf_file *file, uint64_t i)
{
	Elf64_Shdr section;

	memcpy(&section, file->bytes->data + file->ehdr.e_shoff + i * sizeof(section), sizeof(section));
	return section;
}

static Elf64_Phdr segment_at(const struct elf_file *file, uint64_t i)
{
	Elf64_Phdr segment;

	memcpy(&segment, file->bytes->data + file->ehdr.e_phoff + i * sizeof(segment), sizeof(segment));
	return segment;
}

const char *elf_section_name(const struct elf_file *file, const Elf64_Shdr *section)
{
	return section->sh_name < file->section_names_size ? file->section_names + section->sh_name : "";
}

int elf_section_data(const struct elf_file *file, const Elf64_Shdr *section, const char *name, const uint8_t **data)
{
	char what[64];

	if (section->sh_type == SHT_NOBITS)
		return elf_fail(ENOENT, "%s: section %s has no bytes in the file", file->path, name);
	if (section->sh_flags & SHF_COMPRESSED)
		return elf_fail(ENOTSUP, "%s: section %s is compressed, which is not read", file->path, name);
	snprintf(what, sizeof(what), "section %s", name);
	if (section->sh_type == SHT_NOTE && section->sh_size > NOTES_SIZE_MAX)
		return elf_fail(EFBIG, "%s: %s is too big to be read", file->path, what);
	*data = elf_file_data(file, section->sh_offset, section->sh_size);
	return *data ? 0 : elf_fail_data(file, what);
}

bool elf_is_inside(const struct elf_file *file, const Elf64_Shdr *section)
{
	uint64_t size = file->bytes->size;

	return section->sh_type != SHT_NOBITS && !(section->sh_flags & SHF_COMPRESSED) && section->sh_offset <= size &&
	       section->sh_size <= size - section->sh_offset;
}

static bool find_section(const struct elf_file *file, const char *name, Elf64_Shdr *section)
{
	for (uint64_t i = 1; i < file->sections_len; i++) {
		*section = elf_section_at(file, i);
		if (section->sh_type != SHT_NOBITS && !strcmp(elf_section_name(file, section), name))
			return true;
	}
	return false;
}

bool elf_has_section(const struct elf_file *file, const char *name)
{
	Elf64_Shdr section;

	return find_section(file, name, &section);
}

const uint8_t *elf_section_bytes(const struct elf_file *file, const char *name, uint64_t *size)
{
	const uint8_t *data;
	Elf64_Shdr section;

	if (!find_section(file, name, &section) || elf_section_data(file, &section, name, &data))
		return NULL;
	*size = section.sh_size;
	return data;
}

/* In our memory: for libdw it has no bytes then. */
static void hide_section(const struct elf_file *file, uint64_t i)
{
	Elf64_Shdr section = elf_section_at(file, i);

	section.sh_type = SHT_NOBITS;
	memcpy(file->bytes->data + file->ehdr.e_shoff + i * sizeof(section), &section, sizeof(section));
}

void elf_file_hide(struct elf_file *file, bool (*is_hidden)(const char *section))
{
	for (uint64_t i = 1; i < file->sections_len; i++) {
		Elf64_Shdr section = elf_section_at(file, i);

		if (section.sh_type != SHT_NOBITS && is_hidden(elf_section_name(file, &section)))
			hide_section(file, i);
	}
}

static int prepare_section(const struct elf_file *file, uint64_t i)
{
	Elf64_Shdr section = elf_section_at(file, i);
	const char *name = elf_section_name(file, &section);
	const uint8_t *data;

	if ((section.sh_type == SHT_SYMTAB || section.sh_type == SHT_STRTAB) && section.sh_size > SYMBOLS_SIZE_MAX)
		return elf_fail(EFBIG, "%s: section %s is too big to be read", file->path, name);
	if (!elf_may_unpack(file, &section))
		return elf_fail(EFBIG, "%s: section %s would be too big when unpacked", file->path, name);
	data = elf_file_data(file, section.sh_offset, section.sh_size);
	if (!data)
		return elf_fail_data(file, "a section");
	if (!strcmp(name, ".gnu_debugdata") && !elf_is_plain_xz(data, section.sh_size))
		hide_section(file, i);
	return 0;
}

const void *elf_file_image(const struct elf_file *file, bool (*wanted)(const char *section), uint64_t *size)
{
	if (!file->sections_len &&
	    !elf_file_data(file, 0, file->bytes->size)) { /* then they are found through segments */
		elf_fail_data(file, "what it holds");
		return NULL;
	}
	for (uint64_t i = 1; i < file->sections_len; i++) {
		Elf64_Shdr section = elf_section_at(file, i);

		if (section.sh_type != SHT_NOBITS && wanted(elf_section_name(file, &section)) &&
		    prepare_section(file, i))
			return NULL;
	}
	*size = file->bytes->size;
	return file->bytes->data;
}

/* Looked at from its end, which is seldom far from a NUL. */
uint64_t elf_strings_safe_size(const struct elf_file *file, uint64_t offset, uint64_t size)
{
	enum { STEP = 4096 };

	while (size) {
		uint64_t step = size < STEP ? size : STEP;
		const uint8_t *data = elf_file_data(file, offset + size - step, step);

		if (!data)
			return 0;
		for (uint64_t i = step; i; i--)
			if (!data[i - 1])
				return size - (step - i);
		size -= step;
	}
	return 0;
}

int elf_note_next(const uint8_t *data, size_t size, size_t align, size_t *offset, struct note *note)
{
	Elf64_Nhdr head;
	uint64_t desc, end;

	if (*offset > size || size - *offset < sizeof(head))
		return 0;
	memcpy(&head, data + *offset, sizeof(head));
	desc = *offset + sizeof(head) + (((uint64_t)head.n_namesz + align - 1) & ~(uint64_t)(align - 1));
	end = desc + head.n_descsz;
	if (end > size)
		return -EINVAL;
	note->type = head.n_type;
	note->name = (const char *)data + *offset + sizeof(head);
	note->name_size = head.n_namesz;
	note->desc = data + desc;
	note->desc_size = head.n_descsz;
	end = (end + align - 1) & ~(uint64_t)(align - 1);
	*offset = end < size ? (size_t)end : size;
	return 1;
}

bool elf_note_is(const struct note *note, uint32_t type, const char *name)
{
	size_t size = strlen(name) + 1;

	return note->type == type && note->name_size == size && !memcmp(note->name, name, size);
}

static bool read_build_id(struct elf_file *file, uint64_t offset, uint64_t size)
{
	const uint8_t *data = elf_file_data(file, offset, size);
	struct note note;
	size_t at = 0;
	uint32_t i;

	while (data && elf_note_next(data, size, 4, &at, &note) > 0) {
		if (!elf_note_is(&note, NT_GNU_BUILD_ID, ELF_NOTE_GNU) || note.desc_size > BUILD_ID_MAX)
			continue;
		for (i = 0; i < note.desc_size; i++)
			snprintf(file->build_id + 2 * i, 3, "%02x", note.desc[i]);
		return true;
	}
	return false;
}

/* By segments first: they are there even when the section headers have been taken out. */
static void find_build_id(struct elf_file *file)
{
	uint64_t i;

	for (i = 0; i < file->segments_len; i++) {
		Elf64_Phdr segment = segment_at(file, i);

		if (segment.p_type == PT_NOTE && segment.p_align <= 4 &&
		    read_build_id(file, segment.p_offset, segment.p_filesz))
			return;
	}
	for (i = 0; i < file->sections_len; i++) {
		Elf64_Shdr section = elf_section_at(file, i);

		if (section.sh_type == SHT_NOTE && !strcmp(elf_section_name(file, &section), ".note.gnu.build-id") &&
		    read_build_id(file, section.sh_offset, section.sh_size))
			return;
	}
}

static int check_header(struct elf_file *file, bool is_object)
{
	uint64_t size = file->bytes->size;
	const uint8_t *head = elf_file_data(file, 0, size < sizeof(file->ehdr) ? size : sizeof(file->ehdr));

	if (!head)
		return elf_fail_data(file, "the ELF header");
	if (size < EI_NIDENT || memcmp(head, ELFMAG, SELFMAG) != 0)
		return elf_fail(ENOEXEC, "%s is not an ELF file", file->path);
	if (head[EI_CLASS] != ELFCLASS64)
		return elf_fail(ENOTSUP, "%s is a 32-bit ELF file: only 64-bit ones are read", file->path);
	if (head[EI_DATA] != (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB))
		return elf_fail(ENOTSUP, "%s is an ELF file of the other byte order", file->path);
	if (size < sizeof(file->ehdr))
		return elf_fail(EINVAL, "%s: the ELF header ends past the file", file->path);
	memcpy(&file->ehdr, head, sizeof(file->ehdr));
	if (file->ehdr.e_type != ET_EXEC && file->ehdr.e_type != ET_DYN && !(is_object && file->ehdr.e_type == ET_REL))
		return elf_fail(ENOTSUP, "%s is neither an executable nor a shared library", file->path);
	if (file->ehdr.e_shoff && file->ehdr.e_shentsize != sizeof(Elf64_Shdr))
		return elf_fail(EINVAL, "%s: section headers of %u bytes", file->path, file->ehdr.e_shentsize);
	if (file->ehdr.e_phoff && file->ehdr.e_phentsize != sizeof(Elf64_Phdr))
		return elf_fail(EINVAL, "%s: program headers of %u bytes", file->path, file->ehdr.e_phentsize);
	return 0;
}

/* Counts too big for the ELF header are in section 0 (gABI, "extended numbering"). */
static int open_sections(struct elf_file *file, Elf64_Shdr *first)
{
	const Elf64_Ehdr *ehdr = &file->ehdr;
	uint64_t size = file->bytes->size;
	const uint8_t *data;

	if (!ehdr->e_shoff)
		return 0;
	data = elf_file_data(file, ehdr->e_shoff, sizeof(*first));
	if (!data && file->bytes->error == -EINVAL)
		return elf_fail(EINVAL, "%s: the section headers are past the end of the file", file->path);
	if (!data)
		return elf_fail_data(file, "the table of sections");
	memcpy(first, data, sizeof(*first));
	file->sections_len = ehdr->e_shnum ? ehdr->e_shnum : first->sh_size;
	if (file->sections_len > (size - ehdr->e_shoff) / sizeof(*first))
		return elf_fail(EINVAL, "%s: %llu section headers end past the file", file->path,
				(unsigned long long)file->sections_len);
	if (file->sections_len > SECTIONS_MAX)
		return elf_fail(EFBIG, "%s has %llu sections, which is too many", file->path,
				(unsigned long long)file->sections_len);
	if (!elf_file_data(file, ehdr->e_shoff, file->sections_len * sizeof(*first)))
		return elf_fail_data(file, "the table of sections");
	return 0;
}

static int open_segments(struct elf_file *file, const Elf64_Shdr *first)
{
	const Elf64_Ehdr *ehdr = &file->ehdr;
	uint64_t size = file->bytes->size, room;

	if (!ehdr->e_phoff)
		return 0;
	room = ehdr->e_phoff > size ? 0 : (size - ehdr->e_phoff) / sizeof(Elf64_Phdr);
	file->segments_len = ehdr->e_phnum == PN_XNUM ? first->sh_info : ehdr->e_phnum;
	if (file->segments_len > room)
		return elf_fail(EINVAL, "%s: %llu program headers end past the file", file->path,
				(unsigned long long)file->segments_len);
	if (file->segments_len > SEGMENTS_MAX)
		return elf_fail(EFBIG, "%s has %llu segments, which is too many", file->path,
				(unsigned long long)file->segments_len);
	if (!elf_file_data(file, ehdr->e_phoff, file->segments_len * sizeof(Elf64_Phdr)))
		return elf_fail_data(file, "the table of segments");
	return 0;
}

static int open_tables(struct elf_file *file)
{
	uint64_t names = file->ehdr.e_shstrndx;
	Elf64_Shdr first = {0}, section;
	const uint8_t *data;
	int error = open_sections(file, &first);

	if (!error)
		error = open_segments(file, &first);
	if (error)
		return error;
	if (names == SHN_XINDEX)
		names = first.sh_link;
	if (!names || names >= file->sections_len)
		return 0;
	section = elf_section_at(file, names);
	error = elf_section_data(file, &section, ".shstrtab", &data);
	if (error)
		return error;
	file->section_names = (const char *)data;
	file->section_names_size = elf_strings_safe_size(file, section.sh_offset, section.sh_size);
	return 0;
}

static struct elf_file *file_new(const char *name)
{
	struct elf_file *file = calloc(1, sizeof(*file));

	if (!file)
		memory_end();
	file->path = strdup(name);
	file->bytes = calloc(1, sizeof(*file->bytes));
	if (!file->path || !file->bytes)
		memory_end();
	file->dynsym = (struct symtab){.file = file, .section = ".dynsym", .section_type = SHT_DYNSYM};
	file->symtab = (struct symtab){.file = file, .section = ".symtab", .section_type = SHT_SYMTAB};
	return file;
}

static int read_bytes(struct elf_file *file, struct held *held, bool may_map)
{
	int error;

	if (!held_size(held))
		return elf_fail(ENOEXEC, "%s is not an ELF file", file->path);
	error = elf_bytes_open(file->bytes, held, may_map);
	if (error == -EFBIG)
		return elf_fail(EFBIG, "%s has %llu bytes, which is too much to be looked at", file->path,
				(unsigned long long)held_size(held));
	return error ? elf_fail(-error, "%s: %s", file->path, strerror(-error)) : 0;
}

static int read_file(struct held *held, const char *name, bool may_map, bool is_object, struct elf_file **out)
{
	struct elf_file *file = file_new(name);
	int error = read_bytes(file, held, may_map);

	*out = NULL;
	if (!error)
		error = check_header(file, is_object);
	if (!error)
		error = open_tables(file);
	if (error) {
		elf_file_close(file);
		return error;
	}
	find_build_id(file);
	*out = file;
	return 0;
}

int elf_file_read(struct held *held, const char *name, struct elf_file **out)
{
	return read_file(held, name, false, false, out);
}

int elf_file_map(struct held *held, const char *name, struct elf_file **out)
{
	return read_file(held, name, true, false, out);
}

int elf_object_map(struct held *held, const char *name, struct elf_file **out)
{
	return read_file(held, name, true, true, out);
}

int elf_file_open(const char *path, struct elf_file **out)
{
	struct buf why = {0};
	struct held *held;
	int error = held_open(path, &held, &why);

	*out = NULL;
	if (error) {
		elf_fail(-error, "%s", why.data);
	} else {
		error = elf_file_read(held, path, out);
		held_close(held);
	}
	buf_free(&why);
	return error;
}

void elf_file_close(struct elf_file *file)
{
	if (!file)
		return;
	free(file->dynsym.heads);
	free(file->dynsym.next);
	free(file->symtab.heads);
	free(file->symtab.next);
	elf_bytes_close(file->bytes);
	free(file->bytes);
	free(file->path);
	free(file);
}

/* The loaded segment that has vaddr, all of it in the file. */
static int find_segment(const struct elf_file *file, uint64_t vaddr, Elf64_Phdr *segment)
{
	uint64_t i;

	for (i = 0; i < file->segments_len; i++) {
		*segment = segment_at(file, i);
		if (segment->p_type != PT_LOAD || vaddr < segment->p_vaddr ||
		    vaddr - segment->p_vaddr >= segment->p_filesz)
			continue;
		if (segment->p_offset > file->bytes->size || segment->p_filesz > file->bytes->size - segment->p_offset)
			return elf_fail(EINVAL, "%s: a segment ends past the file", file->path);
		return 0;
	}
	return elf_fail(ENOENT, "%s: no segment has address 0x%llx", file->path, (unsigned long long)vaddr);
}

int elf_vaddr_to_offset(const struct elf_file *file, uint64_t vaddr, uint64_t *offset)
{
	Elf64_Phdr segment;
	int error = find_segment(file, vaddr, &segment);

	if (!error)
		*offset = segment.p_offset + (vaddr - segment.p_vaddr);
	return error;
}

int elf_code_offset(const struct elf_file *file, uint64_t vaddr, uint64_t *offset)
{
	Elf64_Phdr segment;
	int error = find_segment(file, vaddr, &segment);

	if (error)
		return error;
	if (!(segment.p_flags & PF_X))
		return elf_fail(EACCES, "%s: address 0x%llx is not code", file->path, (unsigned long long)vaddr);
	*offset = segment.p_offset + (vaddr - segment.p_vaddr);
	return 0;
}

bool elf_is_code(const struct elf_file *file, uint64_t vaddr)
{
	uint64_t offset;

	for (uint64_t i = 1; i < file->sections_len; i++) {
		Elf64_Shdr section = elf_section_at(file, i);

		if (section.sh_flags & SHF_ALLOC && vaddr >= section.sh_addr &&
		    vaddr - section.sh_addr < section.sh_size)
			return section.sh_flags & SHF_EXECINSTR;
	}
	return !file->sections_len && !elf_code_offset(file, vaddr, &offset);
}

int elf_semaphore_offset(const struct elf_file *file, uint64_t vaddr, uint64_t *offset)
{
	Elf64_Phdr segment;
	int error = find_segment(file, vaddr, &segment);

	if (error)
		return error;
	if ((segment.p_flags & (PF_W | PF_X)) != PF_W || vaddr % 2 || segment.p_filesz - (vaddr - segment.p_vaddr) < 2)
		return elf_fail(EACCES, "%s: address 0x%llx is no place for a semaphore", file->path,
				(unsigned long long)vaddr);
	*offset = segment.p_offset + (vaddr - segment.p_vaddr);
	return *offset % 2 ? elf_fail(EACCES, "%s: address 0x%llx is no place for a semaphore", file->path,
				      (unsigned long long)vaddr)
			   : 0;
}

bool elf_is_below_code(const struct elf_file *file, uint64_t vaddr)
{
	uint64_t i;

	for (i = 0; i < file->segments_len; i++) {
		Elf64_Phdr segment = segment_at(file, i);

		if (segment.p_type == PT_LOAD && (segment.p_flags & PF_X) && vaddr >= segment.p_vaddr)
			return false;
	}
	return true;
}

const uint8_t *elf_code(const struct elf_file *file, uint64_t vaddr, uint64_t wanted, uint64_t *size)
{
	Elf64_Phdr segment;
	uint64_t at;

	if (find_segment(file, vaddr, &segment))
		return NULL;
	if (wanted > CODE_SIZE_MAX)
		wanted = CODE_SIZE_MAX;
	at = vaddr - segment.p_vaddr;
	*size = segment.p_filesz - at < wanted ? segment.p_filesz - at : wanted;
	return elf_file_data(file, segment.p_offset + at, *size);
}

int elf_offset_to_vaddr(const struct elf_file *file, uint64_t offset, uint64_t *vaddr)
{
	uint64_t i;

	for (i = 0; i < file->segments_len; i++) {
		Elf64_Phdr segment = segment_at(file, i);

		/* a mapping begins at the page of the segment's first byte */
		if (segment.p_type != PT_LOAD || !(segment.p_flags & PF_X) || offset + 0xfff < segment.p_offset ||
		    (offset > segment.p_offset && offset - segment.p_offset >= segment.p_filesz))
			continue;
		*vaddr = segment.p_vaddr + (offset - segment.p_offset);
		return 0;
	}
	return elf_fail(ENOENT, "%s: there is no code at byte 0x%llx of the file", file->path,
			(unsigned long long)offset);
}
