/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Written by hand rather than with libelf: elf_update() lays gaps and tables out anew and may fill them; here nothing
 * is touched, so that a comparison of bytes is a proof.
 *
 * All that is new is behind the old end: the base, the notes, the section names with two more, the section headers with
 * two more. The old names and headers stay where they were, as bytes that nobody reads.
 */
#include "lib/elf_sdt_write.h"

#include <elf.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 1 << 18, NAMES_MAX = 1 << 20, NEW_SECTIONS = 2 };

/* The original, as far as it is needed. */
struct original {
	int fd;
	uint64_t size;
	Elf64_Ehdr ehdr;
	Elf64_Shdr names; /* of .shstrtab */
};

static int fail(struct buf *why, int error, const char *sentence)
{
	buf_puts(why, sentence);
	if (error == EIO && errno) {
		buf_puts(why, ": ");
		buf_puts(why, strerror(errno));
	}
	return -error;
}

/* All of it, or false with errno: 0 when the file ends before. */
static bool read_at(int fd, void *to, size_t size, uint64_t offset)
{
	ssize_t n;

	for (; size; to = (char *)to + n, size -= (size_t)n, offset += (uint64_t)n) {
		errno = 0;
		n = pread(fd, to, size, (off_t)offset);
		if (n <= 0)
			return false;
	}
	return true;
}

static bool write_at(int fd, const void *from, size_t size, uint64_t offset)
{
	ssize_t n;

	for (; size; from = (const char *)from + n, size -= (size_t)n, offset += (uint64_t)n) {
		n = pwrite(fd, from, size, (off_t)offset);
		if (n < 0)
			return false;
	}
	return true;
}

static bool add_from(int fd, struct buf *buf, uint64_t size, uint64_t offset)
{
	char chunk[4096];
	size_t n;

	for (; size; size -= n, offset += n) {
		n = size < sizeof(chunk) ? (size_t)size : sizeof(chunk);
		if (!read_at(fd, chunk, n, offset))
			return false;
		buf_add(buf, chunk, n);
	}
	return true;
}

static int open_original(int fd, struct original *from, struct buf *why)
{
	Elf64_Ehdr *ehdr = &from->ehdr;
	struct stat st;

	from->fd = fd;
	if (fstat(fd, &st) || !read_at(fd, ehdr, sizeof(*ehdr), 0))
		return fail(why, EIO, "cannot be read");
	from->size = (uint64_t)st.st_size;
	if (memcmp(ehdr->e_ident, ELFMAG, SELFMAG) != 0)
		return fail(why, EINVAL, "is not an ELF file");
	if (ehdr->e_ident[EI_CLASS] != ELFCLASS64 || ehdr->e_ident[EI_DATA] != ELFDATA2LSB)
		return fail(why, EINVAL, "is not a 64-bit little-endian ELF file");
	if (!ehdr->e_shnum || ehdr->e_shnum >= SHN_LORESERVE - NEW_SECTIONS ||
	    ehdr->e_shentsize != sizeof(Elf64_Shdr) || ehdr->e_shstrndx >= ehdr->e_shnum)
		return fail(why, EINVAL, "has no section headers that could be added to");
	if (!read_at(fd, &from->names, sizeof(from->names),
		     ehdr->e_shoff + (uint64_t)ehdr->e_shstrndx * sizeof(Elf64_Shdr)) ||
	    from->names.sh_type != SHT_STRTAB || from->names.sh_size > NAMES_MAX)
		return fail(why, EINVAL, "has no table of section names that could be added to");
	return 0;
}

static int copy_bytes(const struct original *from, int out, struct buf *why)
{
	static char chunk[CHUNK];
	uint64_t at;
	size_t n;

	for (at = 0; at < from->size; at += n) {
		n = from->size - at < CHUNK ? (size_t)(from->size - at) : CHUNK;
		if (!read_at(from->fd, chunk, n, at))
			return fail(why, EIO, "cannot be read");
		if (!write_at(out, chunk, n, at))
			return fail(why, EIO, "cannot be copied: the copy cannot be written");
	}
	return 0;
}

static void pad(struct buf *buf, size_t align)
{
	while (buf->size % align)
		buf_putc(buf, '\0');
}

static void add_text(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text) + 1);
}

/* The layout that <sys/sdt.h> gives it: three addresses, three texts. */
static void add_note(struct buf *buf, const struct elf_sdt_note *note, uint64_t base)
{
	static const char owner[] = "stapsdt";
	uint64_t words[3] = {note->vaddr, base, note->semaphore};
	Elf64_Nhdr head = {.n_namesz = sizeof(owner), .n_type = 3};

	head.n_descsz =
		(Elf64_Word)(sizeof(words) + strlen(note->provider) + strlen(note->name) + strlen(note->args) + 3);
	buf_add(buf, &head, sizeof(head));
	buf_add(buf, owner, sizeof(owner));
	buf_add(buf, words, sizeof(words));
	add_text(buf, note->provider);
	add_text(buf, note->name);
	add_text(buf, note->args);
	pad(buf, 4);
}

static uint32_t add_name(struct buf *tail, size_t names_at, const char *name)
{
	size_t at = tail->size - names_at;

	add_text(tail, name);
	return (uint32_t)at;
}

/*
 * What goes behind the old end, which is at `end`. The base is a section of its own that is not loaded: readers only
 * compare its address with the one in each note. perf takes the section's offset in the file for it, everybody else its
 * address, so both are the same.
 */
static bool make_tail(struct original *from, uint64_t end, const struct elf_sdt_note *notes, unsigned notes_len,
		      struct buf *tail)
{
	Elf64_Shdr base = {.sh_type = SHT_PROGBITS, .sh_addr = end, .sh_offset = end, .sh_size = 1, .sh_addralign = 1};
	Elf64_Shdr note = {.sh_type = SHT_NOTE, .sh_addralign = 4};
	uint64_t at = from->ehdr.e_shoff, size = (uint64_t)from->ehdr.e_shnum * sizeof(Elf64_Shdr);
	size_t names_at, sections_at;
	unsigned i;

	buf_putc(tail, '\0');
	pad(tail, 8);
	note.sh_offset = end + tail->size;
	for (i = 0; i < notes_len; i++)
		add_note(tail, &notes[i], end);
	note.sh_size = end + tail->size - note.sh_offset;
	names_at = tail->size;
	if (!add_from(from->fd, tail, from->names.sh_size, from->names.sh_offset))
		return false;
	buf_putc(tail, '\0'); /* the old table may lack its last one */
	note.sh_name = add_name(tail, names_at, ".note.stapsdt");
	base.sh_name = add_name(tail, names_at, ".stapsdt.base");
	from->names.sh_offset = end + names_at;
	from->names.sh_size = tail->size - names_at;
	pad(tail, 8);
	sections_at = tail->size;
	if (!add_from(from->fd, tail, size, at))
		return false;
	memcpy(tail->data + sections_at + from->ehdr.e_shstrndx * sizeof(Elf64_Shdr), &from->names,
	       sizeof(from->names));
	buf_add(tail, &note, sizeof(note));
	buf_add(tail, &base, sizeof(base));
	from->ehdr.e_shoff = end + sections_at;
	from->ehdr.e_shnum += NEW_SECTIONS;
	return true;
}

int elf_sdt_copy(int in, int out, const struct elf_sdt_note *notes, unsigned notes_len, struct buf *why)
{
	struct buf tail = {0};
	struct original from;
	uint64_t end;
	int error;

	error = open_original(in, &from, why);
	if (!error)
		error = copy_bytes(&from, out, why);
	if (error)
		return error;
	end = (from.size + 63) / 64 * 64;
	if (!make_tail(&from, end, notes, notes_len, &tail))
		error = fail(why, EINVAL, "has section headers or names that end past the file");
	else if (!write_at(out, tail.data, tail.size, end) || !write_at(out, &from.ehdr, sizeof(from.ehdr), 0))
		error = fail(why, EIO, "cannot be copied: the copy cannot be written");
	buf_free(&tail);
	return error;
}

/* The two fields that may differ are made the same, once the rest of the first bytes has been read. */
static void even_out(char *a, const char *b)
{
	memcpy(a + offsetof(Elf64_Ehdr, e_shoff), b + offsetof(Elf64_Ehdr, e_shoff), sizeof(Elf64_Off));
	memcpy(a + offsetof(Elf64_Ehdr, e_shnum), b + offsetof(Elf64_Ehdr, e_shnum), sizeof(Elf64_Half));
}

int elf_sdt_compare(int in, int out, struct buf *why)
{
	static char a[CHUNK], b[CHUNK];
	struct stat st;
	uint64_t at;
	size_t n;

	if (fstat(in, &st))
		return fail(why, EIO, "cannot be read");
	for (at = 0; at < (uint64_t)st.st_size; at += n) {
		n = (uint64_t)st.st_size - at < CHUNK ? (size_t)((uint64_t)st.st_size - at) : CHUNK;
		if (!read_at(in, a, n, at) || !read_at(out, b, n, at))
			return fail(why, EIO, "cannot be read again to compare it with its copy");
		if (!at)
			even_out(a, b);
		if (memcmp(a, b, n) != 0) {
			errno = 0;
			return fail(why, EIO, "its copy is not the same byte for byte");
		}
	}
	return 0;
}
