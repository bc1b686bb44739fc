/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Symbols of an ELF file: by name, through the hash that the file brings or one of ours, and all of them. */
#include "lib/elf_private.h"
#include "lib/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint32_t name_hash(const char *name, size_t *size)
{
	const char *p = name;
	uint32_t hash = 5381;

	for (; *p; p++)
		hash = hash * 33 + (uint8_t)*p;
	*size = (size_t)(p - name);
	return hash;
}

/* Element i of a table that is known to be in the file; 0 when it cannot be had all the same. */
static uint32_t read_u32(const struct symtab *table, uint64_t offset, uint64_t i)
{
	const uint8_t *data = elf_file_data(table->file, offset + i * sizeof(uint32_t), sizeof(uint32_t));
	uint32_t value = 0;

	if (data)
		memcpy(&value, data, sizeof(value));
	return value;
}

/* The name at `at` of the strings, all of it; NULL: it is empty, or cannot be had. */
static const char *string_at(const struct symtab *table, uint64_t at)
{
	uint64_t size = 0, step = 256;
	const char *text;

	do {
		size += step;
		if (at >= table->strings_size)
			return NULL;
		if (size > table->strings_size - at)
			size = table->strings_size - at;
		text = (const char *)elf_file_data(table->file, table->strings + at, size);
		if (!text)
			return NULL;
		step = size;
	} while (!memchr(text, '\0', size)); /* there is one at the end */
	return *text ? text : NULL;
}

/* Symbol i of the table when it is a definition that has an address in the image. */
static bool symbol_at(const struct symtab *table, uint32_t i, struct elf_symbol *out)
{
	const uint8_t *data =
		elf_file_data(table->file, table->symbols + (uint64_t)i * sizeof(Elf64_Sym), sizeof(Elf64_Sym));
	const char *name;
	Elf64_Sym symbol;
	unsigned type;

	if (!data)
		return false;
	memcpy(&symbol, data, sizeof(symbol));
	type = ELF64_ST_TYPE(symbol.st_info);
	if (symbol.st_shndx == SHN_UNDEF || symbol.st_shndx == SHN_ABS || symbol.st_shndx == SHN_COMMON)
		return false;
	if (type == STT_SECTION || type == STT_FILE || type == STT_TLS)
		return false;
	name = string_at(table, symbol.st_name);
	if (!name)
		return false;
	*out = (struct elf_symbol){
		.name = name,
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
		*out = elf_section_at(file, i);
		if (out->sh_type == type) {
			*index = i;
			return true;
		}
	}
	return false;
}

/* Take the file's own hash of .dynsym; one that does not add up is left alone, and ours is built instead. */
static void load_gnu_hash(struct symtab *table, uint64_t dynsym_index)
{
	enum { HEAD = 16 };
	const struct elf_file *file = table->file;
	Elf64_Shdr section;
	uint64_t index, need;

	if (!find_section(file, SHT_GNU_HASH, &index, &section) || section.sh_link != dynsym_index ||
	    section.sh_size < HEAD || !elf_is_inside(file, &section))
		return;
	table->gnu_buckets_len = read_u32(table, section.sh_offset, 0);
	table->gnu_offset = read_u32(table, section.sh_offset, 1);
	table->gnu_bloom_len = read_u32(table, section.sh_offset, 2);
	table->gnu_bloom_shift = read_u32(table, section.sh_offset, 3);
	need = HEAD + 8 * (uint64_t)table->gnu_bloom_len + 4 * (uint64_t)table->gnu_buckets_len;
	if (!table->gnu_buckets_len || !table->gnu_bloom_len || table->gnu_bloom_shift > 31 || need > section.sh_size ||
	    table->gnu_offset > table->symbols_len)
		return;
	table->gnu_chain_len = table->symbols_len - table->gnu_offset;
	if ((section.sh_size - need) / 4 < table->gnu_chain_len)
		return;
	table->gnu_bloom = section.sh_offset + HEAD;
	table->gnu_buckets = table->gnu_bloom + 8 * (uint64_t)table->gnu_bloom_len;
	table->gnu_chain = table->gnu_buckets + 4 * (uint64_t)table->gnu_buckets_len;
}

/* Where the table is. A file without it has a table of no symbols: not an error. */
static int load_symtab(struct symtab *table)
{
	const struct elf_file *file = table->file;
	Elf64_Shdr section, names;
	uint64_t index;

	if (table->is_loaded)
		return 0;
	if (!find_section(file, table->section_type, &index, &section) || section.sh_type == SHT_NOBITS)
		goto done;
	if (section.sh_link >= file->sections_len)
		return elf_fail(EINVAL, "%s: section %s names no string table", file->path, table->section);
	names = elf_section_at(file, section.sh_link);
	if (!elf_is_inside(file, &section))
		return elf_fail(EINVAL, "%s: section %s ends past the file", file->path, table->section);
	if (!elf_is_inside(file, &names))
		return elf_fail(EINVAL, "%s: section of strings ends past the file", file->path);
	if (section.sh_size / sizeof(Elf64_Sym) > SYMBOLS_MAX)
		return elf_fail(EINVAL, "%s: section %s is too big", file->path, table->section);
	table->symbols = section.sh_offset;
	table->symbols_len = (uint32_t)(section.sh_size / sizeof(Elf64_Sym));
	table->strings = names.sh_offset;
	table->strings_size = elf_strings_safe_size(file, names.sh_offset, names.sh_size);
	if (table->section_type == SHT_DYNSYM)
		load_gnu_hash(table, index);
done:
	table->is_loaded = true;
	return 0;
}

/* Before all of them are looked at: in one go. What is wrong then shows symbol by symbol. */
static void load_whole(const struct symtab *table)
{
	elf_file_data(table->file, table->symbols, (uint64_t)table->symbols_len * sizeof(Elf64_Sym));
	elf_file_data(table->file, table->strings, table->strings_size);
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
	load_whole(table);
	while (heads_len < table->symbols_len)
		heads_len *= 2;
	table->heads = calloc(heads_len, sizeof(*table->heads));
	table->next = calloc((size_t)table->symbols_len + 1, sizeof(*table->next));
	if (!table->heads || !table->next)
		memory_end();
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
	const uint8_t *data;
	size_t size;

	hash = name_hash(name, &size);
	data = elf_file_data(table->file, table->gnu_bloom + 8 * (uint64_t)((hash / 64) & (table->gnu_bloom_len - 1)),
			     sizeof(word));
	if (!data)
		return 0;
	memcpy(&word, data, sizeof(word));
	mask = 1ull << (hash % 64) | 1ull << ((hash >> table->gnu_bloom_shift) % 64);
	if ((word & mask) != mask)
		return 0;
	bucket = read_u32(table, table->gnu_buckets, hash % table->gnu_buckets_len);
	if (bucket < table->gnu_offset || !bucket)
		return 0;
	for (i = bucket - table->gnu_offset; i < table->gnu_chain_len; i++) {
		entry = read_u32(table, table->gnu_chain, i);
		if ((entry | 1) == (hash | 1) && symbol_at(table, table->gnu_offset + i, out) &&
		    !strcmp(out->name, name))
			return table->gnu_offset + i;
		if (entry & 1)
			break;
	}
	return 0;
}

static int table_find(struct symtab *table, const char *name, struct elf_symbol *out)
{
	int error = load_symtab(table);

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

	dynsym_error = table_find(&file->dynsym, name, out);
	if (!dynsym_error)
		return 0;
	error = table_find(&file->symtab, name, out);
	if (!error)
		return 0;
	if (error == -ENOENT && dynsym_error != -ENOENT)
		return dynsym_error;
	if (error == -ENOENT)
		elf_fail(ENOENT, "%s has no symbol %.200s", file->path, name);
	return error;
}

bool elf_symbol_is_ambiguous(struct elf_file *file, const char *name)
{
	struct symtab *table = &file->symtab;
	struct elf_symbol first, symbol;
	uint32_t i, steps = 0;
	size_t size;

	if (load_symtab(table))
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
		error = load_symtab(tables[t]);
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
