/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading ELF files of other people: executables and libraries, which are hostile until parsed. In: a held file. Out:
 * build-id, symbols, SDT notes, file offsets. Nothing is read but what is asked for, and that once, into our own
 * memory: the file's owner can neither pull it away nor change it under us. Every function that can fail returns 0 or a
 * negative errno and puts one sentence into elf_error().
 */
#ifndef CEPHTAP_LIB_ELF_H
#define CEPHTAP_LIB_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct elf_file;
struct held;

int elf_file_open(const char *path, struct elf_file **out);
/* `name` is what messages call it. The file holds `held` for itself. */
int elf_file_read(struct held *held, const char *name, struct elf_file **out);
/* As elf_file_read(), for a large file that is wanted whole: one that only root can change is mapped. */
int elf_file_map(struct held *held, const char *name, struct elf_file **out);
/* The same for what nothing runs: a .dwo or .dwp file, which is neither an executable nor a library. */
int elf_object_map(struct held *held, const char *name, struct elf_file **out);
void elf_file_close(struct elf_file *file);
/* Of the last failing call on this thread: "NAME is not an ELF file", "NAME: section .note.stapsdt ends past the file".
 */
const char *elf_error(void);

const char *elf_file_path(const struct elf_file *file); /* for messages */
struct held *elf_file_held(const struct elf_file *file);
const char *elf_build_id(const struct elf_file *file); /* hex, lower case; "" when it has none */
/*
 * The whole file as libelf takes it, with the headers and those sections that `wanted` says; the others read as zeros.
 * Lives as long as the file is open. NULL: a wanted section is not in the file, or is too big.
 */
const void *elf_file_image(const struct elf_file *file, bool (*wanted)(const char *section), uint64_t *size);
/* In our copy, sections that `is_hidden` says have no bytes from now on: libraries that read the image pass over them.
 */
void elf_file_hide(struct elf_file *file, bool (*is_hidden)(const char *section));
/* Is there a section of this name, with bytes in the file? */
bool elf_has_section(const struct elf_file *file, const char *name);
/* Its bytes; NULL: there is none, or they cannot be had. */
const uint8_t *elf_section_bytes(const struct elf_file *file, const char *name, uint64_t *size);
int elf_file_machine(const struct elf_file *file); /* EM_X86_64, ... */
bool elf_file_is_pie(const struct elf_file *file); /* ET_DYN */

/* From virtual address to offset in the file, by PT_LOAD; -ENOENT when no segment has it. */
int elf_vaddr_to_offset(const struct elf_file *file, uint64_t vaddr, uint64_t *offset);
/* The other way round, for code: -ENOENT when no executable segment has it. */
int elf_offset_to_vaddr(const struct elf_file *file, uint64_t offset, uint64_t *vaddr);
/* The same for what a file says about itself: bytes of the file that it runs. -EACCES: they are there, but not as code.
 */
int elf_code_offset(const struct elf_file *file, uint64_t vaddr, uint64_t *offset);
/* Is it code? In a section that is run, or, where the file has no sections, a segment. */
bool elf_is_code(const struct elf_file *file, uint64_t vaddr);
/* A semaphore: two bytes of the file, aligned, that it writes and does not run; else -EACCES or -ENOENT. */
int elf_semaphore_offset(const struct elf_file *file, uint64_t vaddr, uint64_t *offset);
/* Is it below all code? There the linker lets notes of functions that it dropped point. */
bool elf_is_below_code(const struct elf_file *file, uint64_t vaddr);
/*
 * What is at a virtual address, `wanted` bytes or up to the end of its segment; lives as long as the file is open.
 * NULL: nothing is.
 */
const uint8_t *elf_code(const struct elf_file *file, uint64_t vaddr, uint64_t wanted, uint64_t *size);

struct elf_symbol {
	const char *name; /* mangled, as in the file; lives as long as the file is open */
	uint64_t vaddr, size;
	bool is_function;
	bool is_local;
};

/*
 * Look a defined symbol up by its exact name: .dynsym, then .symtab. The first look-up of a table reads it once into a
 * hash. -ENOENT when it is not there.
 */
int elf_symbol_find(struct elf_file *file, const char *name, struct elf_symbol *out);
/*
 * The symbol whose address the dynamic linker puts into this word of memory, as for a call through the procedure
 * linkage table; NULL: none. Lives as long as the file is open.
 */
const char *elf_slot_symbol(const struct elf_file *file, uint64_t vaddr);
/* The word through which a stub of the procedure linkage table jumps. False: there is no stub at this address. */
bool elf_stub_slot(const struct elf_file *file, uint64_t vaddr, uint64_t *slot);

/*
 * Does .symtab have this name at several addresses (static variables of several source files)? False when there is no
 * .symtab to tell.
 */
bool elf_symbol_is_ambiguous(struct elf_file *file, const char *name);
/* Every defined function symbol, once per name; stops early when `each` returns non-zero, and returns that. */
int elf_symbol_each(struct elf_file *file, int (*each)(const struct elf_symbol *symbol, void *data), void *data);

/* One SDT note (version 3), addresses already corrected for prelink (.stapsdt.base). */
struct elf_sdt_note {
	const char *provider, *name, *args;
	uint64_t vaddr;	    /* of the probed instruction */
	uint64_t semaphore; /* virtual address; 0: none */
};

int elf_sdt_each(const struct elf_file *file, int (*each)(const struct elf_sdt_note *note, void *data), void *data);

/* What include/cephtap/marker.h says of a marker's arguments beside the SDT note of the same vaddr. */
struct elf_marker_names {
	const char *provider, *name;
	uint64_t vaddr;
	unsigned args_len;
	uint8_t kinds[16];     /* enum cephtap_marker_kind of marker.h, or a later one */
	const char *texts[16]; /* "name", "name:type" or "" */
};

int elf_marker_names_each(const struct elf_file *file, int (*each)(const struct elf_marker_names *names, void *data),
			  void *data);
/* Cheap test that reads section headers only. */
bool elf_has_sdt(const struct elf_file *file);

#endif
