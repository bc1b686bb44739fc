/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/dwarf.h"

#include <dwarf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NESTING_MAX = 32 }; /* of namespaces; DWARF may be hostile */

struct dwarf_file {
	char *image;
	size_t size;
	Elf *elf;
	Dwarf *dwarf;
};

/* Sections that types and functions are described in; the rest of .debug_* becomes SHT_NOBITS, which libdw passes over.
 */
static bool is_wanted_section(const char *name, const char *end)
{
	static const char *const wanted[] = {".debug_info",	   ".debug_abbrev", ".debug_str",  ".debug_line_str",
					     ".debug_str_offsets", ".debug_types",  ".debug_addr", ".debug_ranges",
					     ".debug_rnglists",	   ".debug_aranges"};
	unsigned i;

	if (end - name < 7 || strncmp(name, ".debug_", 7))
		return true;
	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (!strcmp(name, wanted[i]))
			return true;
	return false;
}

static void hide_sections(char *image, size_t size)
{
	Elf64_Ehdr *ehdr = (Elf64_Ehdr *)image;
	Elf64_Shdr *shdrs, *names;
	unsigned i;

	if (size < sizeof(*ehdr) || ehdr->e_ident[EI_CLASS] != ELFCLASS64 || ehdr->e_shoff > size ||
	    ehdr->e_shoff % 8 || ehdr->e_shentsize != sizeof(*shdrs) ||
	    (size - ehdr->e_shoff) / sizeof(*shdrs) < ehdr->e_shnum || ehdr->e_shstrndx >= ehdr->e_shnum)
		return;
	shdrs = (Elf64_Shdr *)(image + ehdr->e_shoff);
	names = &shdrs[ehdr->e_shstrndx];
	if (names->sh_type != SHT_STRTAB || names->sh_offset > size || names->sh_size > size - names->sh_offset ||
	    !names->sh_size || image[names->sh_offset + names->sh_size - 1])
		return;
	for (i = 0; i < ehdr->e_shnum; i++) {
		const char *name = image + names->sh_offset + shdrs[i].sh_name, *end;

		if (shdrs[i].sh_name >= names->sh_size)
			continue;
		end = image + names->sh_offset + names->sh_size;
		if (!is_wanted_section(name, end))
			shdrs[i].sh_type = SHT_NOBITS;
	}
}

static int map_private(const char *path, char **image, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		err = -errno;
	else if (st.st_size <= 0)
		err = -EINVAL;
	*size = (size_t)st.st_size;
	if (!err) {
		*image = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
		if (*image == MAP_FAILED)
			err = -errno;
	}
	close(fd);
	return err;
}

int dwarf_file_open(struct arena *arena, const char *path, struct dwarf_file **out, const char **why)
{
	struct dwarf_file *file = arena_new_one(arena, struct dwarf_file);
	int err = map_private(path, &file->image, &file->size);

	if (err) {
		*why = arena_printf(arena, "cannot read %s: %s", path, strerror(-err));
		return err;
	}
	hide_sections(file->image, file->size);
	elf_version(EV_CURRENT);
	file->elf = elf_memory(file->image, file->size);
	file->dwarf = file->elf ? dwarf_begin_elf(file->elf, DWARF_C_READ, NULL) : NULL;
	*out = file;
	if (file->dwarf)
		return 0;
	*why = arena_printf(arena, "%s has no debug information that can be read: %s", path, dwarf_errmsg(-1));
	dwarf_file_close(file);
	return -ENODATA;
}

void dwarf_file_close(struct dwarf_file *file)
{
	if (!file)
		return;
	dwarf_end(file->dwarf);
	elf_end(file->elf);
	munmap(file->image, file->size);
}

Dwarf *dwarf_file_dwarf(const struct dwarf_file *file)
{
	return file->dwarf;
}

/* ---- functions ---- */

static bool find_function(Dwarf_Die *scope, uint64_t vaddr, unsigned depth, Dwarf_Die *function)
{
	Dwarf_Die child;
	bool started = false;

	while (depth < NESTING_MAX && dwarf_next_child(scope, &started, &child)) {
		int tag = dwarf_tag(&child);

		if (tag == DW_TAG_subprogram && dwarf_haspc(&child, vaddr) == 1) {
			*function = child;
			return true;
		}
		if (tag == DW_TAG_namespace && find_function(&child, vaddr, depth + 1, function))
			return true;
	}
	return false;
}

bool dwarf_function_at(const struct dwarf_file *file, uint64_t vaddr, Dwarf_Die *function)
{
	Dwarf_Die unit;
	Dwarf_CU *cu = NULL;
	uint8_t kind;

	if (dwarf_addrdie(file->dwarf, vaddr, &unit) && find_function(&unit, vaddr, 0, function))
		return true;
	/* A file without .debug_aranges, as clang writes it. */
	while (dwarf_get_units(file->dwarf, cu, &cu, NULL, &kind, &unit, NULL) == 0)
		if (kind == DW_UT_compile && dwarf_haspc(&unit, vaddr) == 1 && find_function(&unit, vaddr, 0, function))
			return true;
	return false;
}

/* ---- types ---- */

static bool peel(Dwarf_Die *type)
{
	return dwarf_peel_type(type, type) == 0;
}

bool dwarf_type_of(Dwarf_Die *die, Dwarf_Die *type)
{
	Dwarf_Attribute attr;

	return dwarf_attr_integrate(die, DW_AT_type, &attr) && dwarf_formref_die(&attr, type) && peel(type);
}

bool dwarf_is_class(Dwarf_Die *die)
{
	int tag = dwarf_tag(die);

	return tag == DW_TAG_structure_type || tag == DW_TAG_class_type || tag == DW_TAG_union_type;
}

bool dwarf_member_offset(Dwarf_Die *die, int64_t *offset)
{
	Dwarf_Attribute attr;
	Dwarf_Word word;

	*offset = 0;
	if (dwarf_hasattr(die, DW_AT_data_bit_offset) || dwarf_hasattr(die, DW_AT_bit_size))
		return false;
	if (!dwarf_attr(die, DW_AT_data_member_location, &attr))
		return true; /* the member of a union, or a base at 0 */
	if (dwarf_formudata(&attr, &word))
		return false;
	*offset = (int64_t)word;
	return true;
}

bool dwarf_next_child(Dwarf_Die *die, bool *started, Dwarf_Die *child)
{
	if (!*started) {
		*started = true;
		return dwarf_child(die, child) == 0;
	}
	return dwarf_siblingof(child, child) == 0;
}

bool dwarf_is_data_child(Dwarf_Die *child)
{
	int tag = dwarf_tag(child);

	return tag == DW_TAG_inheritance || (tag == DW_TAG_member && !dwarf_hasattr(child, DW_AT_external) &&
					     !dwarf_hasattr(child, DW_AT_const_value));
}

bool dwarf_is_signed(Dwarf_Die *type)
{
	Dwarf_Attribute attr;
	Dwarf_Word encoding;
	Dwarf_Die underlying;

	if (dwarf_tag(type) == DW_TAG_enumeration_type)
		return dwarf_type_of(type, &underlying) && dwarf_is_signed(&underlying);
	return dwarf_tag(type) == DW_TAG_base_type && dwarf_attr(type, DW_AT_encoding, &attr) &&
	       !dwarf_formudata(&attr, &encoding) && (encoding == DW_ATE_signed || encoding == DW_ATE_signed_char);
}

/* ---- a class by its name ---- */

enum { SCOPES_MAX = 32 };

/* The names of the scopes around a class and its own, outermost first; 0: it has no name. */
static unsigned scope_names(Dwarf_Die *class, const char *names[SCOPES_MAX])
{
	Dwarf_Die *scopes = NULL;
	int n = dwarf_getscopes_die(class, &scopes), i;
	unsigned len = 0;

	for (i = n - 1; i >= 0 && len < SCOPES_MAX; i--) {
		int tag = dwarf_tag(&scopes[i]);

		if ((tag == DW_TAG_namespace || dwarf_is_class(&scopes[i])) && dwarf_diename(&scopes[i]))
			names[len++] = dwarf_diename(&scopes[i]);
	}
	free(scopes);
	return dwarf_diename(class) ? len : 0;
}

static bool find_class(Dwarf_Die *scope, const char *const *names, unsigned len, Dwarf_Die *full)
{
	Dwarf_Die child;
	bool started = false;

	while (dwarf_next_child(scope, &started, &child)) {
		bool is_class = dwarf_is_class(&child);
		const char *name = is_class || dwarf_tag(&child) == DW_TAG_namespace ? dwarf_diename(&child) : NULL;

		if (!name || strcmp(name, names[0]))
			continue;
		if (len > 1 && find_class(&child, names + 1, len - 1, full))
			return true;
		if (len == 1 && is_class && !dwarf_hasattr(&child, DW_AT_declaration)) {
			*full = child;
			return true;
		}
	}
	return false;
}

bool dwarf_find_class(const struct dwarf_file *file, Dwarf_Die *declaration, Dwarf_Die *full)
{
	const char *names[SCOPES_MAX];
	unsigned len = scope_names(declaration, names);
	Dwarf_CU *cu = NULL;
	Dwarf_Die unit;
	uint8_t kind;

	while (len && dwarf_get_units(file->dwarf, cu, &cu, NULL, &kind, &unit, NULL) == 0)
		if ((kind == DW_UT_compile || kind == DW_UT_type || kind == DW_UT_partial) &&
		    find_class(&unit, names, len, full))
			return true;
	return false;
}
