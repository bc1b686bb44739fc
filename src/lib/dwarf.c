/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/dwarf.h"

#include <dwarf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { NESTING_MAX = 32 }; /* of namespaces; DWARF may be hostile */

struct dwarf_file {
	Elf *elf, *shared_elf;
	Dwarf *dwarf, *shared;
};

/* Sections that types and functions are described in. */
static bool is_wanted(const char *name)
{
	static const char *const wanted[] = {".debug_info",	   ".debug_abbrev", ".debug_str",  ".debug_line_str",
					     ".debug_str_offsets", ".debug_types",  ".debug_addr", ".debug_ranges",
					     ".debug_rnglists",	   ".debug_aranges"};

	for (unsigned i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (!strcmp(name, wanted[i]))
			return true;
	return false;
}

/* The rest of .debug_*, which libdw would inflate, and the name of another file, which it would open. */
static bool is_hidden(const char *name)
{
	return (!strncmp(name, ".debug_", 7) && !is_wanted(name)) || !strncmp(name, ".gnu_debug", 10);
}

/* A unit of which the better part is in a file that it names (.dwo): libdw would open that by its name when asked for much. */
static bool is_split(Dwarf *dwarf)
{
	Dwarf_CU *unit = NULL;
	uint8_t kind;

	while (dwarf_get_units(dwarf, unit, &unit, NULL, &kind, NULL, NULL) == 0)
		if (kind == DW_UT_skeleton)
			return true;
	return false;
}

static const char *begin(struct arena *arena, struct elf_file *file, Elf **elf, Dwarf **dwarf)
{
	const char *path = elf_file_path(file);
	uint64_t size = 0;
	const void *image;

	elf_file_hide(file, is_hidden);
	image = elf_file_image(file, is_wanted, &size);
	if (!image)
		return arena_strdup(arena, elf_error());
	elf_version(EV_CURRENT);
	*elf = elf_memory((char *)image, size);
	*dwarf = *elf ? dwarf_begin_elf(*elf, DWARF_C_READ, NULL) : NULL;
	if (!*dwarf)
		return arena_printf(arena, "%s has no debug information that can be read: %s", path, dwarf_errmsg(-1));
	if (is_split(*dwarf))
		return arena_printf(arena, "%s has its debug information in other files (-gsplit-dwarf), which are not read", path);
	return NULL;
}

int dwarf_file_open(struct arena *arena, const struct debug *debug, struct dwarf_file **out, const char **why)
{
	struct dwarf_file *file = arena_new_one(arena, struct dwarf_file);
	const char *problem = begin(arena, debug->info, &file->elf, &file->dwarf);

	*out = NULL;
	if (problem) {
		*why = problem;
		dwarf_file_close(file);
		return -ENODATA;
	}
	/* what several files share and cannot be had is missing, and is seen as such */
	if (debug->shared && !begin(arena, debug->shared, &file->shared_elf, &file->shared))
		dwarf_setalt(file->dwarf, file->shared);
	*out = file;
	return 0;
}

void dwarf_file_close(struct dwarf_file *file)
{
	if (!file)
		return;
	dwarf_end(file->dwarf);
	elf_end(file->elf);
	dwarf_end(file->shared);
	elf_end(file->shared_elf);
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
