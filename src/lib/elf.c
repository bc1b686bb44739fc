/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The mapped file is read with memcpy through elf_file_data() and elf_section_data() only: these two know how big it is.
 * Nothing in the file is believed, counts and names least of all, and work is bounded by the size of the file.
 */
#include "lib/elf_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

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

dev_t elf_file_dev(const struct elf_file *file)
{
	return file->dev;
}

ino_t elf_file_ino(const struct elf_file *file)
{
	return file->ino;
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
	if (offset > file->size || size > file->size - offset)
		return NULL;
	return file->data + offset;
}

/* i < sections_len, which open_tables() has checked against the size of the file. */
Elf64_Shdr elf_section_at(const struct elf_file *file, uint64_t i)
{
	Elf64_Shdr section;

	memcpy(&section, file->data + file->ehdr.e_shoff + i * sizeof(section), sizeof(section));
	return section;
}

static Elf64_Phdr segment_at(const struct elf_file *file, uint64_t i)
{
	Elf64_Phdr segment;

	memcpy(&segment, file->data + file->ehdr.e_phoff + i * sizeof(segment), sizeof(segment));
	return segment;
}

const char *elf_section_name(const struct elf_file *file, const Elf64_Shdr *section)
{
	return section->sh_name < file->section_names_size ? file->section_names + section->sh_name : "";
}

int elf_section_data(const struct elf_file *file, const Elf64_Shdr *section, const char *name, const uint8_t **data)
{
	if (section->sh_type == SHT_NOBITS)
		return elf_fail(ENOENT, "%s: section %s has no bytes in the file", file->path, name);
	if (section->sh_flags & SHF_COMPRESSED)
		return elf_fail(ENOTSUP, "%s: section %s is compressed, which is not read", file->path, name);
	*data = elf_file_data(file, section->sh_offset, section->sh_size);
	if (!*data)
		return elf_fail(EINVAL, "%s: section %s ends past the file", file->path, name);
	return 0;
}

size_t elf_strings_safe_size(const char *strings, size_t size)
{
	while (size && strings[size - 1])
		size--;
	return size;
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

static int check_header(struct elf_file *file)
{
	const uint8_t *head = file->data;

	if (file->size < EI_NIDENT || memcmp(head, ELFMAG, SELFMAG) != 0)
		return elf_fail(ENOEXEC, "%s is not an ELF file", file->path);
	if (head[EI_CLASS] != ELFCLASS64)
		return elf_fail(ENOTSUP, "%s is a 32-bit ELF file: only 64-bit ones are read", file->path);
	if (head[EI_DATA] != (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB))
		return elf_fail(ENOTSUP, "%s is an ELF file of the other byte order", file->path);
	if (file->size < sizeof(file->ehdr))
		return elf_fail(EINVAL, "%s: the ELF header ends past the file", file->path);
	memcpy(&file->ehdr, head, sizeof(file->ehdr));
	if (file->ehdr.e_type != ET_EXEC && file->ehdr.e_type != ET_DYN)
		return elf_fail(ENOTSUP, "%s is neither an executable nor a shared library", file->path);
	if (file->ehdr.e_shoff && file->ehdr.e_shentsize != sizeof(Elf64_Shdr))
		return elf_fail(EINVAL, "%s: section headers of %u bytes", file->path, file->ehdr.e_shentsize);
	if (file->ehdr.e_phoff && file->ehdr.e_phentsize != sizeof(Elf64_Phdr))
		return elf_fail(EINVAL, "%s: program headers of %u bytes", file->path, file->ehdr.e_phentsize);
	return 0;
}

/* Where the headers are. Counts too big for the ELF header are in section 0 (gABI, "extended numbering"). */
static int open_tables(struct elf_file *file)
{
	const Elf64_Ehdr *ehdr = &file->ehdr;
	uint64_t names = ehdr->e_shstrndx, room;
	const uint8_t *data;
	Elf64_Shdr first = {0};

	if (ehdr->e_shoff) {
		data = elf_file_data(file, ehdr->e_shoff, sizeof(first));
		if (!data)
			return elf_fail(EINVAL, "%s: the section headers are past the end of the file", file->path);
		memcpy(&first, data, sizeof(first));
		room = (file->size - ehdr->e_shoff) / sizeof(first);
		file->sections_len = ehdr->e_shnum ? ehdr->e_shnum : first.sh_size;
		if (file->sections_len > room)
			return elf_fail(EINVAL, "%s: %llu section headers end past the file", file->path,
				    (unsigned long long)file->sections_len);
		if (names == SHN_XINDEX)
			names = first.sh_link;
	}
	if (ehdr->e_phoff) {
		room = ehdr->e_phoff > file->size ? 0 : (file->size - ehdr->e_phoff) / sizeof(Elf64_Phdr);
		file->segments_len = ehdr->e_phnum == PN_XNUM ? first.sh_info : ehdr->e_phnum;
		if (file->segments_len > room)
			return elf_fail(EINVAL, "%s: %llu program headers end past the file", file->path,
				    (unsigned long long)file->segments_len);
	}
	if (names && names < file->sections_len) {
		Elf64_Shdr section = elf_section_at(file, names);

		if (elf_section_data(file, &section, ".shstrtab", &data))
			return -EINVAL;
		file->section_names = (const char *)data;
		file->section_names_size = elf_strings_safe_size((const char *)data, section.sh_size);
	}
	return 0;
}

/* The file must be a plain one: to open a FIFO or a device (a process may map /dev/dri executable) can have effects. */
static int map_file(struct elf_file *file)
{
	struct stat st;
	void *data;
	int fd, error = 0;

	if (stat(file->path, &st))
		return elf_fail(errno, "%s: %s", file->path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return elf_fail(EINVAL, "%s is not a plain file", file->path);
	fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return elf_fail(errno, "%s: %s", file->path, strerror(errno));
	if (fstat(fd, &st)) {
		error = elf_fail(errno, "%s: %s", file->path, strerror(errno));
	} else if (!S_ISREG(st.st_mode) || st.st_size <= 0) {
		error = elf_fail(ENOEXEC, "%s is not an ELF file", file->path);
	} else {
		/* shared: into private pages the kernel puts breakpoints of every tracer whose probes are for all processes */
		data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
		if (data == MAP_FAILED) {
			error = elf_fail(errno, "%s: %s", file->path, strerror(errno));
		} else {
			file->data = data;
			file->size = (size_t)st.st_size;
			file->dev = st.st_dev;
			file->ino = st.st_ino;
		}
	}
	close(fd);
	return error;
}

int elf_file_open(const char *path, struct elf_file **out)
{
	struct elf_file *file = calloc(1, sizeof(*file));
	int error;

	*out = NULL;
	if (!file)
		abort();
	file->path = strdup(path);
	if (!file->path)
		abort();
	file->dynsym = (struct symtab){.section = ".dynsym", .section_type = SHT_DYNSYM};
	file->symtab = (struct symtab){.section = ".symtab", .section_type = SHT_SYMTAB};
	error = map_file(file);
	if (!error)
		error = check_header(file);
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

void elf_file_close(struct elf_file *file)
{
	if (!file)
		return;
	free(file->dynsym.heads);
	free(file->dynsym.next);
	free(file->symtab.heads);
	free(file->symtab.next);
	if (file->data)
		munmap((void *)file->data, file->size);
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
		if (!elf_file_data(file, segment->p_offset, segment->p_filesz))
			return elf_fail(EINVAL, "%s: a segment ends past the file", file->path);
		return 0;
	}
	return elf_fail(ENOENT, "%s: no segment has address 0x%llx", file->path, (unsigned long long)vaddr);
}

bool elf_is_data(const struct elf_file *file, uint64_t vaddr)
{
	Elf64_Phdr segment;

	return !find_segment(file, vaddr, &segment) && !(segment.p_flags & PF_X);
}

int elf_vaddr_to_offset(const struct elf_file *file, uint64_t vaddr, uint64_t *offset)
{
	Elf64_Phdr segment;
	int error = find_segment(file, vaddr, &segment);

	if (!error)
		*offset = segment.p_offset + (vaddr - segment.p_vaddr);
	return error;
}

const uint8_t *elf_code(const struct elf_file *file, uint64_t vaddr, uint64_t *size)
{
	Elf64_Phdr segment;

	if (find_segment(file, vaddr, &segment))
		return NULL;
	*size = segment.p_filesz - (vaddr - segment.p_vaddr);
	return file->data + segment.p_offset + (vaddr - segment.p_vaddr);
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
	return elf_fail(ENOENT, "%s: no code is at its byte 0x%llx", file->path, (unsigned long long)offset);
}
