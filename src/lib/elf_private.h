/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What elf.c (the file, its sections and segments), elf_symbols.c and elf_notes.c share. The file is read through
 * elf_file_data() and elf_section_data() only: these two know how big it is.
 */
#ifndef CEPHTAP_LIB_ELF_PRIVATE_H
#define CEPHTAP_LIB_ELF_PRIVATE_H

#include "lib/elf.h"

#include <elf.h>

#include "lib/elf_bytes.h"

enum {
	BUILD_ID_MAX = 64,
	ELF_NAME_MAX = 32 * 1024, /* the longest symbol name that is looked at; boost's go to some 8 KiB */
	HASH_CHAIN_MAX = 4096,	  /* a chain this long is somebody's doing */
	SECTIONS_MAX = 1 << 16,	  /* so are this many headers: each is looked at for each question */
	SEGMENTS_MAX = 1024,
	SYMBOLS_MAX = 1 << 25,
	SYMBOLS_SIZE_MAX = 512 << 20, /* of all of them, or of all their names */
	NOTES_SIZE_MAX = 32 << 20,    /* 300,000 markers */
	CODE_SIZE_MAX = 64 << 20,     /* of one function, or of all call-frame information */
};

/* .dynsym or .symtab, with the hash that finds its names. */
struct symtab {
	const char *section;
	uint32_t section_type;
	const struct elf_file *file;
	bool is_loaded;
	uint64_t symbols; /* offset in the file, as of all that follows: of a large table little is read to find one
			     name */
	uint32_t symbols_len;
	uint64_t strings;
	uint64_t strings_size;	/* ends behind a NUL */
	uint32_t *heads, *next; /* our own hash: 0 ends a chain, as symbol 0 is never a real one */
	uint32_t heads_mask;
	/* DT_GNU_HASH of the file, when it has a sane one; gnu_chain: 0, it has none */
	uint64_t gnu_bloom, gnu_buckets, gnu_chain;
	uint32_t gnu_bloom_len, gnu_bloom_shift, gnu_buckets_len, gnu_offset, gnu_chain_len;
};

struct elf_file {
	char *path; /* for messages */
	struct elf_bytes *bytes;
	Elf64_Ehdr ehdr;
	uint64_t sections_len, segments_len;
	const char *section_names;
	size_t section_names_size;
	char build_id[2 * BUILD_ID_MAX + 1];
	struct symtab dynsym, symtab;
};

/* One note; the walk ends when it returns 0, and with -EINVAL when a note ends past `size`. */
struct note {
	uint32_t type;
	const char *name;
	uint32_t name_size;
	const uint8_t *desc;
	uint32_t desc_size;
};

/* Leaves the sentence for elf_error(); returns -error. */
int elf_fail(int error, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* `size` bytes at `offset` of the file; NULL when they are not all there: elf_fail_data() says why. */
const uint8_t *elf_file_data(const struct elf_file *file, uint64_t offset, uint64_t size);
/* After elf_file_data() has failed: `what` cannot be had, because ... */
int elf_fail_data(const struct elf_file *file, const char *what);
Elf64_Shdr elf_section_at(const struct elf_file *file, uint64_t i); /* i < sections_len */
const char *elf_section_name(const struct elf_file *file, const Elf64_Shdr *section);
/* The bytes of a section, or an error: not in the file (a .debug file has none), compressed, or past the end. */
int elf_section_data(const struct elf_file *file, const Elf64_Shdr *section, const char *name, const uint8_t **data);
/* How much of a string table in the file is safe to read: up to its last NUL. */
uint64_t elf_strings_safe_size(const struct elf_file *file, uint64_t offset, uint64_t size);
/* Are all its bytes in the file, as they are? */
bool elf_is_inside(const struct elf_file *file, const Elf64_Shdr *section);
/* May libdw unpack it, if it is compressed? What files of strangers become, all together, has a limit. */
bool elf_may_unpack(const struct elf_file *file, const Elf64_Shdr *section);
/* The same of .gnu_debugdata: xz, and a file in it in which nothing is packed again. */
bool elf_is_plain_xz(const uint8_t *data, uint64_t size);
int elf_note_next(const uint8_t *data, size_t size, size_t align, size_t *offset, struct note *note);
bool elf_note_is(const struct note *note, uint32_t type, const char *name);

#endif
