/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The mapped file is read with memcpy through file_data() and section_data() only: these two know how big it is.
 * Nothing in the file is believed, counts and names least of all, and work is bounded by the size of the file.
 */
#include "lib/elf.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	BUILD_ID_MAX = 64,
	ELF_NAME_MAX = 32 * 1024, /* the longest symbol name that is looked at; boost's go to some 8 KiB */
	HASH_CHAIN_MAX = 4096,	  /* a chain this long is somebody's doing */
};

/* .dynsym or .symtab, with the hash that finds its names. */
struct symtab {
	const char *section;
	uint32_t section_type;
	bool is_loaded;
	const uint8_t *symbols;
	uint32_t symbols_len;
	const char *strings;
	size_t strings_size;	/* ends behind a NUL */
	uint32_t *heads, *next; /* our own hash: 0 ends a chain, as symbol 0 is never a real one */
	uint32_t heads_mask;
	/* DT_GNU_HASH of the file, when it has a sane one */
	const uint8_t *gnu_bloom, *gnu_buckets, *gnu_chain;
	uint32_t gnu_bloom_len, gnu_bloom_shift, gnu_buckets_len, gnu_offset, gnu_chain_len;
};

struct elf_file {
	char *path;
	const uint8_t *data;
	size_t size;
	dev_t dev;
	ino_t ino;
	Elf64_Ehdr ehdr;
	uint64_t sections_len, segments_len;
	const char *section_names;
	size_t section_names_size;
	char build_id[2 * BUILD_ID_MAX + 1];
	struct symtab dynsym, symtab;
};

static __thread char error_text[512];

const char *elf_error(void)
{
	return error_text;
}

__attribute__((format(printf, 2, 3))) static int fail(int error, const char *format, ...)
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

/* `size` bytes at `offset` of the file; NULL when they are not all there. */
static const uint8_t *file_data(const struct elf_file *file, uint64_t offset, uint64_t size)
{
	if (offset > file->size || size > file->size - offset)
		return NULL;
	return file->data + offset;
}

/* i < sections_len, which open_tables() has checked against the size of the file. */
static Elf64_Shdr section_at(const struct elf_file *file, uint64_t i)
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

static const char *section_name(const struct elf_file *file, const Elf64_Shdr *section)
{
	return section->sh_name < file->section_names_size ? file->section_names + section->sh_name : "";
}

/* The bytes of a section, or an error: not in the file (a .debug file has none), compressed, or past the end. */
static int section_data(const struct elf_file *file, const Elf64_Shdr *section, const char *name, const uint8_t **data)
{
	if (section->sh_type == SHT_NOBITS)
		return fail(ENOENT, "%s: section %s has no bytes in the file", file->path, name);
	if (section->sh_flags & SHF_COMPRESSED)
		return fail(ENOTSUP, "%s: section %s is compressed, which is not read", file->path, name);
	*data = file_data(file, section->sh_offset, section->sh_size);
	if (!*data)
		return fail(EINVAL, "%s: section %s ends past the file", file->path, name);
	return 0;
}

/* How much of a string table is safe to read: up to its last NUL. */
static size_t strings_safe_size(const char *strings, size_t size)
{
	while (size && strings[size - 1])
		size--;
	return size;
}

/* One note; the walk ends when it returns 0, and with -EINVAL when a note ends past `size`. */
struct note {
	uint32_t type;
	const char *name;
	uint32_t name_size;
	const uint8_t *desc;
	uint32_t desc_size;
};

static int note_next(const uint8_t *data, size_t size, size_t align, size_t *offset, struct note *note)
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

static bool note_is(const struct note *note, uint32_t type, const char *name)
{
	size_t size = strlen(name) + 1;

	return note->type == type && note->name_size == size && !memcmp(note->name, name, size);
}

static bool read_build_id(struct elf_file *file, uint64_t offset, uint64_t size)
{
	const uint8_t *data = file_data(file, offset, size);
	struct note note;
	size_t at = 0;
	uint32_t i;

	while (data && note_next(data, size, 4, &at, &note) > 0) {
		if (!note_is(&note, NT_GNU_BUILD_ID, ELF_NOTE_GNU) || note.desc_size > BUILD_ID_MAX)
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
		Elf64_Shdr section = section_at(file, i);

		if (section.sh_type == SHT_NOTE && !strcmp(section_name(file, &section), ".note.gnu.build-id") &&
		    read_build_id(file, section.sh_offset, section.sh_size))
			return;
	}
}

static int check_header(struct elf_file *file)
{
	const uint8_t *head = file->data;

	if (file->size < EI_NIDENT || memcmp(head, ELFMAG, SELFMAG) != 0)
		return fail(ENOEXEC, "%s is not an ELF file", file->path);
	if (head[EI_CLASS] != ELFCLASS64)
		return fail(ENOTSUP, "%s is a 32-bit ELF file: only 64-bit ones are read", file->path);
	if (head[EI_DATA] != (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB))
		return fail(ENOTSUP, "%s is an ELF file of the other byte order", file->path);
	if (file->size < sizeof(file->ehdr))
		return fail(EINVAL, "%s: the ELF header ends past the file", file->path);
	memcpy(&file->ehdr, head, sizeof(file->ehdr));
	if (file->ehdr.e_type != ET_EXEC && file->ehdr.e_type != ET_DYN)
		return fail(ENOTSUP, "%s is neither an executable nor a shared library", file->path);
	if (file->ehdr.e_shoff && file->ehdr.e_shentsize != sizeof(Elf64_Shdr))
		return fail(EINVAL, "%s: section headers of %u bytes", file->path, file->ehdr.e_shentsize);
	if (file->ehdr.e_phoff && file->ehdr.e_phentsize != sizeof(Elf64_Phdr))
		return fail(EINVAL, "%s: program headers of %u bytes", file->path, file->ehdr.e_phentsize);
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
		data = file_data(file, ehdr->e_shoff, sizeof(first));
		if (!data)
			return fail(EINVAL, "%s: the section headers are past the end of the file", file->path);
		memcpy(&first, data, sizeof(first));
		room = (file->size - ehdr->e_shoff) / sizeof(first);
		file->sections_len = ehdr->e_shnum ? ehdr->e_shnum : first.sh_size;
		if (file->sections_len > room)
			return fail(EINVAL, "%s: %llu section headers end past the file", file->path,
				    (unsigned long long)file->sections_len);
		if (names == SHN_XINDEX)
			names = first.sh_link;
	}
	if (ehdr->e_phoff) {
		room = ehdr->e_phoff > file->size ? 0 : (file->size - ehdr->e_phoff) / sizeof(Elf64_Phdr);
		file->segments_len = ehdr->e_phnum == PN_XNUM ? first.sh_info : ehdr->e_phnum;
		if (file->segments_len > room)
			return fail(EINVAL, "%s: %llu program headers end past the file", file->path,
				    (unsigned long long)file->segments_len);
	}
	if (names && names < file->sections_len) {
		Elf64_Shdr section = section_at(file, names);

		if (section_data(file, &section, ".shstrtab", &data))
			return -EINVAL;
		file->section_names = (const char *)data;
		file->section_names_size = strings_safe_size((const char *)data, section.sh_size);
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
		return fail(errno, "%s: %s", file->path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fail(EINVAL, "%s is not a plain file", file->path);
	fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return fail(errno, "%s: %s", file->path, strerror(errno));
	if (fstat(fd, &st)) {
		error = fail(errno, "%s: %s", file->path, strerror(errno));
	} else if (!S_ISREG(st.st_mode) || st.st_size <= 0) {
		error = fail(ENOEXEC, "%s is not an ELF file", file->path);
	} else {
		data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (data == MAP_FAILED) {
			error = fail(errno, "%s: %s", file->path, strerror(errno));
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
		if (!file_data(file, segment->p_offset, segment->p_filesz))
			return fail(EINVAL, "%s: a segment ends past the file", file->path);
		return 0;
	}
	return fail(ENOENT, "%s: no segment has address 0x%llx", file->path, (unsigned long long)vaddr);
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

/* ---- symbols ---- */

static uint32_t name_hash(const char *name, size_t *size)
{
	const char *p = name;
	uint32_t hash = 5381;

	for (; *p; p++)
		hash = hash * 33 + (uint8_t)*p;
	*size = (size_t)(p - name);
	return hash;
}

static uint32_t read_u32(const uint8_t *table, size_t i)
{
	uint32_t value;

	memcpy(&value, table + i * sizeof(value), sizeof(value));
	return value;
}

/* Symbol i of the table when it is a definition that has an address in the image. */
static bool symbol_at(const struct symtab *table, uint32_t i, struct elf_symbol *out)
{
	Elf64_Sym symbol;
	unsigned type;

	memcpy(&symbol, table->symbols + (size_t)i * sizeof(symbol), sizeof(symbol));
	type = ELF64_ST_TYPE(symbol.st_info);
	if (symbol.st_shndx == SHN_UNDEF || symbol.st_shndx == SHN_ABS || symbol.st_shndx == SHN_COMMON)
		return false;
	if (type == STT_SECTION || type == STT_FILE || type == STT_TLS)
		return false;
	if (symbol.st_name >= table->strings_size || !table->strings[symbol.st_name])
		return false;
	*out = (struct elf_symbol){
		.name = table->strings + symbol.st_name,
		.vaddr = symbol.st_value,
		.size = symbol.st_size,
		.is_function = type == STT_FUNC, /* not STT_GNU_IFUNC: there is only a resolver at its address */
		.is_local = ELF64_ST_BIND(symbol.st_info) == STB_LOCAL,
	};
	return true;
}

static bool find_section(const struct elf_file *file, uint32_t type, uint64_t *index, Elf64_Shdr *out)
{
	uint64_t i;

	for (i = 1; i < file->sections_len; i++) {
		*out = section_at(file, i);
		if (out->sh_type == type) {
			*index = i;
			return true;
		}
	}
	return false;
}

/* Take the file's own hash of .dynsym; one that does not add up is left alone, and ours is built instead. */
static void load_gnu_hash(struct elf_file *file, struct symtab *table, uint64_t dynsym_index)
{
	const uint8_t *data;
	Elf64_Shdr section;
	uint64_t index, need;

	if (!find_section(file, SHT_GNU_HASH, &index, &section) || section.sh_link != dynsym_index ||
	    section_data(file, &section, ".gnu.hash", &data) || section.sh_size < 16)
		return;
	table->gnu_buckets_len = read_u32(data, 0);
	table->gnu_offset = read_u32(data, 1);
	table->gnu_bloom_len = read_u32(data, 2);
	table->gnu_bloom_shift = read_u32(data, 3);
	need = 16 + 8 * (uint64_t)table->gnu_bloom_len + 4 * (uint64_t)table->gnu_buckets_len;
	if (!table->gnu_buckets_len || !table->gnu_bloom_len || table->gnu_bloom_shift > 31 || need > section.sh_size ||
	    table->gnu_offset > table->symbols_len)
		return;
	table->gnu_chain_len = table->symbols_len - table->gnu_offset;
	if ((section.sh_size - need) / 4 < table->gnu_chain_len)
		return;
	table->gnu_bloom = data + 16;
	table->gnu_buckets = table->gnu_bloom + 8 * (size_t)table->gnu_bloom_len;
	table->gnu_chain = table->gnu_buckets + 4 * (size_t)table->gnu_buckets_len;
}

/* Where the table is. A file without it has a table of no symbols: not an error. */
static int load_symtab(struct elf_file *file, struct symtab *table)
{
	const uint8_t *symbols, *strings;
	Elf64_Shdr section, names;
	uint64_t index;
	int error;

	if (table->is_loaded)
		return 0;
	if (!find_section(file, table->section_type, &index, &section) || section.sh_type == SHT_NOBITS)
		goto done;
	if (section.sh_link >= file->sections_len)
		return fail(EINVAL, "%s: section %s names no string table", file->path, table->section);
	names = section_at(file, section.sh_link);
	error = section_data(file, &section, table->section, &symbols);
	if (!error)
		error = section_data(file, &names, "of strings", &strings);
	if (error)
		return error;
	if (section.sh_size / sizeof(Elf64_Sym) > UINT32_MAX / 2)
		return fail(EINVAL, "%s: section %s is too big", file->path, table->section);
	table->symbols = symbols;
	table->symbols_len = (uint32_t)(section.sh_size / sizeof(Elf64_Sym));
	table->strings = (const char *)strings;
	table->strings_size = strings_safe_size(table->strings, names.sh_size);
	if (table->section_type == SHT_DYNSYM)
		load_gnu_hash(file, table, index);
done:
	table->is_loaded = true;
	return 0;
}

/*
 * Names of an honest table overlap little. A hostile one can name the same long text from each symbol, so that reading
 * all names takes the square of the file's size: give up on the rest then.
 */
static void build_hash(struct symtab *table)
{
	uint64_t budget = 16 * (uint64_t)table->strings_size + 64 * (uint64_t)table->symbols_len;
	struct elf_symbol symbol;
	uint32_t i, heads_len = 64, *head;
	size_t size;

	if (table->heads)
		return;
	while (heads_len < table->symbols_len)
		heads_len *= 2;
	table->heads = calloc(heads_len, sizeof(*table->heads));
	table->next = calloc((size_t)table->symbols_len + 1, sizeof(*table->next));
	if (!table->heads || !table->next)
		abort();
	table->heads_mask = heads_len - 1;
	for (i = table->symbols_len; i-- > 1;) { /* downwards, so that chains are upwards: the first symbol wins */
		if (!symbol_at(table, i, &symbol))
			continue;
		head = &table->heads[name_hash(symbol.name, &size) & table->heads_mask];
		if (size > budget)
			return;
		budget -= size;
		if (size > ELF_NAME_MAX)
			continue;
		table->next[i] = *head;
		*head = i;
	}
}

/* A global symbol before a local one, the first before others; 0: none. */
static uint32_t hash_find(const struct symtab *table, const char *name, bool functions_only, struct elf_symbol *out)
{
	struct elf_symbol symbol;
	uint32_t i, found = 0, steps = 0;
	size_t size;

	i = table->heads[name_hash(name, &size) & table->heads_mask];
	for (; i && steps < HASH_CHAIN_MAX; i = table->next[i], steps++) {
		if (!symbol_at(table, i, &symbol) || (functions_only && !symbol.is_function) ||
		    strcmp(symbol.name, name) != 0)
			continue;
		if (found && symbol.is_local)
			continue;
		*out = symbol;
		found = i;
		if (!symbol.is_local)
			break;
	}
	return found;
}

static uint32_t gnu_find(const struct symtab *table, const char *name, struct elf_symbol *out)
{
	uint32_t hash, bucket, entry, i;
	uint64_t word, mask;
	size_t size;

	hash = name_hash(name, &size);
	memcpy(&word, table->gnu_bloom + 8 * (size_t)((hash / 64) & (table->gnu_bloom_len - 1)), sizeof(word));
	mask = 1ull << (hash % 64) | 1ull << ((hash >> table->gnu_bloom_shift) % 64);
	if ((word & mask) != mask)
		return 0;
	bucket = read_u32(table->gnu_buckets, hash % table->gnu_buckets_len);
	if (bucket < table->gnu_offset || !bucket)
		return 0;
	for (i = bucket - table->gnu_offset; i < table->gnu_chain_len; i++) {
		entry = read_u32(table->gnu_chain, i);
		if ((entry | 1) == (hash | 1) && symbol_at(table, table->gnu_offset + i, out) &&
		    !strcmp(out->name, name))
			return table->gnu_offset + i;
		if (entry & 1)
			break;
	}
	return 0;
}

static int table_find(struct elf_file *file, struct symtab *table, const char *name, struct elf_symbol *out)
{
	int error = load_symtab(file, table);

	if (error)
		return error;
	if (table->gnu_chain)
		return gnu_find(table, name, out) ? 0 : -ENOENT;
	build_hash(table);
	return hash_find(table, name, false, out) ? 0 : -ENOENT;
}

int elf_symbol_find(struct elf_file *file, const char *name, struct elf_symbol *out)
{
	int dynsym_error, error;

	dynsym_error = table_find(file, &file->dynsym, name, out);
	if (!dynsym_error)
		return 0;
	error = table_find(file, &file->symtab, name, out);
	if (!error)
		return 0;
	if (error == -ENOENT && dynsym_error != -ENOENT)
		return dynsym_error;
	if (error == -ENOENT)
		fail(ENOENT, "%s has no symbol %.200s", file->path, name);
	return error;
}

bool elf_symbol_is_ambiguous(struct elf_file *file, const char *name)
{
	struct symtab *table = &file->symtab;
	struct elf_symbol first, symbol;
	uint32_t i, steps = 0;
	size_t size;

	if (load_symtab(file, table))
		return false;
	build_hash(table);
	if (!hash_find(table, name, false, &first))
		return false;
	i = table->heads[name_hash(name, &size) & table->heads_mask];
	for (; i && steps < HASH_CHAIN_MAX; i = table->next[i], steps++) {
		if (symbol_at(table, i, &symbol) && !strcmp(symbol.name, name) && symbol.vaddr != first.vaddr)
			return true;
	}
	return false;
}

int elf_symbol_each(struct elf_file *file, int (*each)(const struct elf_symbol *symbol, void *data), void *data)
{
	struct symtab *tables[] = {&file->dynsym, &file->symtab};
	struct elf_symbol symbol, first;
	unsigned t;
	uint32_t i;
	int error;

	for (t = 0; t < 2; t++) {
		error = load_symtab(file, tables[t]);
		if (error)
			return error;
		build_hash(tables[t]);
	}
	for (t = 0; t < 2; t++) {
		for (i = 1; i < tables[t]->symbols_len; i++) {
			if (!symbol_at(tables[t], i, &symbol) || !symbol.is_function)
				continue;
			if (hash_find(tables[t], symbol.name, true, &first) != i)
				continue;
			if (t == 1 && hash_find(tables[0], symbol.name, true, &symbol))
				continue;
			error = each(&first, data);
			if (error)
				return error;
		}
	}
	return 0;
}

/* ---- SDT notes ---- */

static bool is_note_section(const struct elf_file *file, const Elf64_Shdr *section, const char *name)
{
	return section->sh_type == SHT_NOTE && !strcmp(section_name(file, section), name);
}

static bool is_sdt_section(const struct elf_file *file, const Elf64_Shdr *section)
{
	return is_note_section(file, section, ".note.stapsdt");
}

bool elf_has_sdt(const struct elf_file *file)
{
	uint64_t i;

	for (i = 1; i < file->sections_len; i++) {
		Elf64_Shdr section = section_at(file, i);

		if (is_sdt_section(file, &section) && section.sh_size)
			return true;
	}
	return false;
}

/* The address that .stapsdt.base has now; the notes tell the one it had at link time. 0: no such section. */
static uint64_t sdt_base(const struct elf_file *file)
{
	uint64_t i;

	for (i = 1; i < file->sections_len; i++) {
		Elf64_Shdr section = section_at(file, i);

		if (!strcmp(section_name(file, &section), ".stapsdt.base"))
			return section.sh_addr;
	}
	return 0;
}

/* Takes one text off the front; NULL when there is no NUL. */
static const char *take_text(const uint8_t **data, size_t *size)
{
	const uint8_t *end = memchr(*data, '\0', *size);
	const char *text = (const char *)*data;

	if (!end)
		return NULL;
	*size -= (size_t)(end + 1 - *data);
	*data = end + 1;
	return text;
}

static bool parse_sdt(const struct note *note, uint64_t base, struct elf_sdt_note *out)
{
	const uint8_t *data = note->desc;
	size_t size = note->desc_size;
	uint64_t words[3]; /* address, base, semaphore */

	if (size < sizeof(words))
		return false;
	memcpy(words, data, sizeof(words));
	data += sizeof(words);
	size -= sizeof(words);
	out->provider = take_text(&data, &size);
	out->name = out->provider ? take_text(&data, &size) : NULL;
	out->args = out->name ? take_text(&data, &size) : NULL;
	if (!out->args)
		return false;
	if (base && words[1]) {
		words[0] += base - words[1];
		words[2] += words[2] ? base - words[1] : 0;
	}
	out->vaddr = words[0];
	out->semaphore = words[2];
	return true;
}

static int sdt_each_in(struct elf_file *file, const Elf64_Shdr *section, uint64_t base,
		       int (*each)(const struct elf_sdt_note *note, void *data), void *data)
{
	struct elf_sdt_note sdt;
	const uint8_t *bytes;
	struct note note;
	size_t at = 0;
	int error;

	error = section_data(file, section, ".note.stapsdt", &bytes);
	if (error)
		return error;
	while ((error = note_next(bytes, section->sh_size, 4, &at, &note)) > 0) {
		if (!note_is(&note, 3, "stapsdt"))
			continue;
		if (!parse_sdt(&note, base, &sdt))
			return fail(EINVAL, "%s: a note in .note.stapsdt is cut short", file->path);
		error = each(&sdt, data);
		if (error)
			return error;
	}
	if (error)
		return fail(EINVAL, "%s: a note ends past section .note.stapsdt", file->path);
	return 0;
}

int elf_sdt_each(struct elf_file *file, int (*each)(const struct elf_sdt_note *note, void *data), void *data)
{
	uint64_t i, base = sdt_base(file);
	int error;

	for (i = 1; i < file->sections_len; i++) {
		Elf64_Shdr section = section_at(file, i);

		if (!is_sdt_section(file, &section))
			continue;
		error = sdt_each_in(file, &section, base, each, data);
		if (error)
			return error;
	}
	return 0;
}

static bool parse_marker_names(const struct note *note, uint64_t base, struct elf_marker_names *out)
{
	const uint8_t *data = note->desc;
	size_t size = note->desc_size;
	uint64_t words[3]; /* address, base, kinds */

	if (size < sizeof(words))
		return false;
	memcpy(words, data, sizeof(words));
	data += sizeof(words);
	size -= sizeof(words);
	out->provider = take_text(&data, &size);
	out->name = out->provider ? take_text(&data, &size) : NULL;
	if (!out->name)
		return false;
	for (out->args_len = 0; out->args_len < 16 && words[2]; words[2] >>= 4) {
		out->kinds[out->args_len] = words[2] & 15;
		out->texts[out->args_len] = take_text(&data, &size);
		if (!out->texts[out->args_len++])
			return false;
	}
	out->vaddr = words[0] + (base && words[1] ? base - words[1] : 0);
	return true;
}

/* Only names: a note that is cut short ends the walk, and what it would have named goes without. */
int elf_marker_names_each(struct elf_file *file, int (*each)(const struct elf_marker_names *names, void *data),
			  void *data)
{
	uint64_t i, base = sdt_base(file);
	struct elf_marker_names names;
	const uint8_t *bytes;
	struct note note;
	int error;

	for (i = 1; i < file->sections_len; i++) {
		Elf64_Shdr section = section_at(file, i);
		size_t at = 0;

		if (!is_note_section(file, &section, ".note.cephtap"))
			continue;
		error = section_data(file, &section, ".note.cephtap", &bytes);
		while (!error && note_next(bytes, section.sh_size, 4, &at, &note) > 0) {
			if (!note_is(&note, 1, "cephtap"))
				continue;
			if (!parse_marker_names(&note, base, &names))
				return fail(EINVAL, "%s: a note in .note.cephtap is cut short", file->path);
			error = each(&names, data);
		}
		if (error)
			return error;
	}
	return 0;
}
