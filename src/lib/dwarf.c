/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/dwarf_private.h"

#include <dwarf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/elf_bytes.h"

enum { NESTING_MAX = 32 }; /* of namespaces and classes; DWARF may be hostile */

/* Sections that types and functions are described in. */
static bool is_wanted(const char *name)
{
	static const char *const wanted[] = {
		".debug_info",	   ".debug_abbrev",  ".debug_str",     ".debug_line_str", ".debug_str_offsets",
		".debug_types",	   ".debug_addr",    ".debug_ranges",  ".debug_rnglists", ".debug_loc",
		".debug_loclists", ".debug_aranges", ".debug_cu_index"};
	size_t size = strlen(name);

	if (size > 4 && !strcmp(name + size - 4, ".dwo"))
		size -= 4;
	for (unsigned i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (strlen(wanted[i]) == size && !memcmp(name, wanted[i], size))
			return true;
	return false;
}

/* The rest of .debug_*, which libdw would inflate, and the name of another file, which it would open. */
static bool is_hidden(const char *name)
{
	return (!strncmp(name, ".debug_", 7) && !is_wanted(name)) || !strncmp(name, ".gnu_debug", 10);
}

/* ---- the file ---- */

static struct dwarf_file *file_new(struct arena *arena, const char *path, const void *image, size_t size)
{
	struct dwarf_file *file = arena_new_one(arena, struct dwarf_file);

	elf_version(EV_CURRENT);
	*file = (struct dwarf_file){
		.arena = arena, .path = arena_strdup(arena, path), .elf = elf_memory((char *)image, size)};
	return file;
}

struct dwarf_file *dwarf_sections_open(struct arena *arena, struct elf_file *elf_file, const char **why)
{
	uint64_t size = 0;
	const void *image;

	elf_file_hide(elf_file, is_hidden);
	image = elf_file_image(elf_file, is_wanted, &size);
	if (image)
		return file_new(arena, elf_file_path(elf_file), image, size);
	*why = arena_strdup(arena, elf_error());
	return NULL;
}

static int begin(struct dwarf_file *file, const char **why)
{
	file->dwarf = file->elf ? dwarf_begin_elf(file->elf, DWARF_C_READ, NULL) : NULL;
	if (file->dwarf && dwarf_split_hide(file))
		return 0;
	if (file->dwarf)
		*why = arena_printf(
			file->arena,
			"%s has damaged debug information: the names of its other files (.dwo) cannot be read",
			file->path);
	else
		*why = arena_printf(file->arena, "%s has no debug information that can be read: %s", file->path,
				    dwarf_errmsg(-1));
	return -ENODATA;
}

int dwarf_elf_open(struct arena *arena, struct elf_file *elf_file, struct dwarf_file **out, const char **why)
{
	struct dwarf_file *file = dwarf_sections_open(arena, elf_file, why);
	int err = file ? begin(file, why) : -ENODATA;

	*out = err ? NULL : file;
	if (err)
		dwarf_file_close(file);
	return err;
}

int dwarf_image_open(struct arena *arena, const char *path, char *image, size_t size, struct dwarf_file **out,
		     const char **why)
{
	struct dwarf_file *file = file_new(arena, path, image, size);
	int err;

	file->image = image;
	file->size = size;
	err = begin(file, why);
	*out = err ? NULL : file;
	if (err)
		dwarf_file_close(file);
	return err;
}

int dwarf_file_open(struct arena *arena, const struct debug *debug, const struct dwarf_origin *origin,
		    struct dwarf_file **out, const char **why)
{
	bool needs_shared = elf_has_section(debug->info, ".gnu_debugaltlink");
	int err = dwarf_elf_open(arena, debug->info, out, why);
	const char *why_not;

	if (err)
		return err;
	if (origin)
		(*out)->origin = *origin;
	if (debug->shared && !dwarf_elf_open(arena, debug->shared, &(*out)->alt, &why_not))
		dwarf_setalt((*out)->dwarf, (*out)->alt->dwarf);
	else if (needs_shared)
		(*out)->missing = "a part of its debug information is in a file that it shares with others "
				  "(.gnu_debugaltlink), which is not here";
	return 0;
}

void dwarf_file_close(struct dwarf_file *file)
{
	if (!file)
		return;
	dwarf_split_close(file);
	dwarf_end(file->dwarf);
	elf_end(file->elf);
	if (file->image) {
		munmap(file->image, file->size);
		elf_bytes_release(file->size);
	}
	elf_file_close(file->own);
	dwarf_file_close(file->alt);
}

Dwarf *dwarf_file_dwarf(const struct dwarf_file *file)
{
	return file->dwarf;
}

bool dwarf_file_is_split(const struct dwarf_file *file)
{
	return file->has_skeletons;
}

/* ---- functions ---- */

static bool may_hold_functions(int tag)
{
	return tag == DW_TAG_namespace || tag == DW_TAG_module || tag == DW_TAG_structure_type ||
	       tag == DW_TAG_class_type || tag == DW_TAG_union_type || tag == DW_TAG_enumeration_type ||
	       tag == DW_TAG_subprogram || tag == DW_TAG_lexical_block;
}

/* A unit while its functions are collected. */
struct indexing {
	const struct dwarf_unit *unit;
	struct dwarf_index *index;
	Dwarf_Die *function;
};

static bool add_code(void *data, const struct dwarf_range *range)
{
	struct indexing *indexing = data;
	struct dwarf_index *index = indexing->index;

	if (range->low && range->low < range->high) /* the linker leaves 0 of functions that it dropped */
		*arena_push(indexing->unit->main->arena, index->list, index->len) =
			(struct dwarf_code){range->low, range->high, *indexing->function};
	return true;
}

static void index_functions(struct indexing *indexing, Dwarf_Die *scope, unsigned depth)
{
	Dwarf_Die child;
	bool started = false;

	while (depth < NESTING_MAX && dwarf_next_child(scope, &started, &child)) {
		int tag = dwarf_tag(&child);

		indexing->function = &child;
		if (tag == DW_TAG_subprogram)
			dwarf_code_each(indexing->unit, &child, add_code, indexing);
		if (may_hold_functions(tag) && dwarf_haschildren(&child) == 1)
			index_functions(indexing, &child, depth + 1);
	}
}

static int compare_code(const void *a, const void *b)
{
	const struct dwarf_code *x = a, *y = b;

	return x->low < y->low ? -1 : x->low > y->low;
}

static const struct dwarf_index *index_of(struct dwarf_file *file, const struct dwarf_unit *unit)
{
	struct dwarf_index *index = file->indexes;
	struct indexing indexing = {.unit = unit};
	Dwarf_Die die = unit->die;

	while (index && index->unit != unit->die.addr)
		index = index->next;
	if (index)
		return index;
	index = arena_new_one(file->arena, struct dwarf_index);
	*index = (struct dwarf_index){.next = file->indexes, .unit = unit->die.addr};
	file->indexes = index;
	indexing.index = index;
	index_functions(&indexing, &die, 0);
	if (index->len)
		qsort(index->list, index->len, sizeof(*index->list), compare_code);
	return index;
}

static bool find_function(struct dwarf_file *file, const struct dwarf_unit *unit, uint64_t vaddr, Dwarf_Die *function)
{
	const struct dwarf_index *index = index_of(file, unit);
	unsigned low = 0, high = index->len;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;

		if (index->list[middle].low <= vaddr)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || vaddr >= index->list[low - 1].high)
		return false;
	*function = index->list[low - 1].die;
	return true;
}

void dwarf_unit_init(struct dwarf_unit *unit, const struct dwarf_file *file, Dwarf_Die *die)
{
	Dwarf_Half version = 0;
	uint8_t offset_size = 4;
	Dwarf_Die cu;
	Dwarf_Attribute attr;

	dwarf_cu_die(die->cu, &cu, &version, NULL, NULL, &offset_size, NULL, NULL);
	*unit = (struct dwarf_unit){
		.file = file, .main = file, .die = *die, .version = version, .offset_size = offset_size};
	if (dwarf_attr(die, DW_AT_addr_base, &attr) || dwarf_attr(die, DW_AT_GNU_addr_base, &attr))
		dwarf_attr_raw(unit, &attr, &unit->addr_base);
	if (dwarf_attr(die, DW_AT_GNU_ranges_base, &attr))
		dwarf_attr_raw(unit, &attr, &unit->ranges_base);
	if (dwarf_attr(die, DW_AT_low_pc, &attr))
		dwarf_attr_address(unit, &attr, &unit->base);
}

/* In this unit of the file itself; of split DWARF in what it stands for. */
static bool find_in_unit(struct dwarf_file *file, Dwarf_Die *die, uint64_t vaddr, struct dwarf_function *function,
			 const char **why)
{
	if (!dwarf_is_skeleton(die))
		dwarf_unit_init(&function->unit, file, die);
	else if (!dwarf_split_find(file, die, &function->unit, why))
		return false;
	return find_function(file, &function->unit, vaddr, &function->die);
}

struct covering {
	uint64_t vaddr;
	bool is_found;
};

static bool cover(void *data, const struct dwarf_range *range)
{
	struct covering *covering = data;

	covering->is_found = range->low <= covering->vaddr && covering->vaddr < range->high;
	return !covering->is_found;
}

static bool unit_has(const struct dwarf_file *file, Dwarf_Die *die, uint64_t vaddr)
{
	struct covering covering = {.vaddr = vaddr};
	struct dwarf_unit unit;

	dwarf_unit_init(&unit, file, die);
	dwarf_code_each(&unit, die, cover, &covering);
	return covering.is_found;
}

bool dwarf_function_at(struct dwarf_file *file, uint64_t vaddr, struct dwarf_function *function, const char **why)
{
	Dwarf_Die unit;
	Dwarf_CU *cu = NULL;
	uint8_t kind;

	*why = NULL;
	if (dwarf_addrdie(file->dwarf, vaddr, &unit) && find_in_unit(file, &unit, vaddr, function, why))
		return true;
	/* A file without .debug_aranges, as clang writes it. */
	while (!*why && dwarf_get_units(file->dwarf, cu, &cu, NULL, &kind, &unit, NULL) == 0)
		if ((kind == DW_UT_compile || dwarf_is_skeleton(&unit)) && unit_has(file, &unit, vaddr) &&
		    find_in_unit(file, &unit, vaddr, function, why))
			return true;
	if (!*why)
		*why = file->missing ? file->missing : "its debug information does not describe the function";
	return false;
}

/* ---- types ---- */

/* Behind typedefs and qualifiers, and where the type is described when that is in a unit of its own
 * (-fdebug-types-section). */
static bool peel(Dwarf_Die *type)
{
	Dwarf_Attribute attr;
	Dwarf_Die full;

	if (dwarf_peel_type(type, type))
		return false;
	if (dwarf_attr(type, DW_AT_signature, &attr) && dwarf_formref_die(&attr, &full) && full.addr != type->addr)
		*type = full;
	return true;
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

/* Of a member's place, a constant or an expression that adds one to the object's address. */
static bool constant_place(Dwarf_Attribute *attr, int64_t *offset)
{
	Dwarf_Word word;
	Dwarf_Op *ops;
	size_t len;

	if (!dwarf_formudata(attr, &word)) {
		*offset = (int64_t)word;
		return true;
	}
	if (dwarf_getlocation(attr, &ops, &len) || len != 1 ||
	    (ops[0].atom != DW_OP_plus_uconst && ops[0].atom != DW_OP_constu))
		return false;
	*offset = (int64_t)ops[0].number;
	return true;
}

static bool is_constant(const Dwarf_Op *op, uint64_t *number)
{
	*number = op->number;
	if (op->atom >= DW_OP_lit0 && op->atom <= DW_OP_lit31) {
		*number = op->atom - DW_OP_lit0;
		return true;
	}
	return op->atom == DW_OP_constu || op->atom == DW_OP_const1u || op->atom == DW_OP_const2u ||
	       op->atom == DW_OP_const4u;
}

/* dup, deref, N, minus, deref, plus: the table of virtual functions has it at -N (Itanium C++ ABI, 2.5.2). */
static bool virtual_place(Dwarf_Attribute *attr, uint64_t *vtable_at)
{
	Dwarf_Op *ops;
	size_t len;

	return !dwarf_getlocation(attr, &ops, &len) && len == 6 && ops[0].atom == DW_OP_dup &&
	       ops[1].atom == DW_OP_deref && is_constant(&ops[2], vtable_at) && ops[3].atom == DW_OP_minus &&
	       ops[4].atom == DW_OP_deref && ops[5].atom == DW_OP_plus;
}

static bool number_of(Dwarf_Die *die, unsigned name, int64_t *number)
{
	Dwarf_Attribute attr;
	Dwarf_Sword word;

	if (!dwarf_attr(die, name, &attr) || dwarf_formsdata(&attr, &word))
		return false;
	*number = word;
	return true;
}

/* Up to DWARF 3, and in what many compilers write since, bits are counted from the highest one of a unit. */
static bool bits_from_the_top(Dwarf_Die *die, int64_t offset, struct dwarf_member *out)
{
	int64_t from_top, unit, lowest;
	Dwarf_Die type;
	Dwarf_Word size;

	if (!number_of(die, DW_AT_bit_offset, &from_top))
		from_top = 0;
	if (!number_of(die, DW_AT_byte_size, &unit)) {
		if (!dwarf_type_of(die, &type) || dwarf_aggregate_size(&type, &size))
			return false;
		unit = (int64_t)size;
	}
	lowest = 8 * (offset + unit) - from_top - (int64_t)out->bit_size;
	out->bit_offset = (uint64_t)lowest;
	return lowest >= 0;
}

void dwarf_member_place(Dwarf_Die *die, struct dwarf_member *out)
{
	Dwarf_Attribute attr;
	int64_t number;
	bool has_place = dwarf_attr(die, DW_AT_data_member_location, &attr);

	*out = (struct dwarf_member){.kind = DWARF_MEMBER_PLAIN};
	if (has_place && !constant_place(&attr, &out->offset)) {
		out->kind = virtual_place(&attr, &out->vtable_at) ? DWARF_MEMBER_VIRTUAL : DWARF_MEMBER_OTHER;
		return;
	}
	if (!number_of(die, DW_AT_bit_size, &number)) {
		if (number_of(die, DW_AT_data_bit_offset, &number) && number % 8 == 0)
			out->offset = number / 8;
		return;
	}
	out->kind = DWARF_MEMBER_BITS;
	out->bit_size = (uint64_t)number;
	if (number_of(die, DW_AT_data_bit_offset, &number))
		out->bit_offset = (uint64_t)number;
	else if (!bits_from_the_top(die, out->offset, out))
		out->kind = DWARF_MEMBER_OTHER;
}

bool dwarf_member_offset(Dwarf_Die *die, int64_t *offset)
{
	struct dwarf_member member;

	dwarf_member_place(die, &member);
	*offset = member.offset;
	return member.kind == DWARF_MEMBER_PLAIN;
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

/* An enumeration without a type, as DWARF 2 has it: by its values. */
static bool has_negative_value(Dwarf_Die *enumeration)
{
	Dwarf_Die child;
	Dwarf_Attribute attr;
	Dwarf_Sword value;
	bool started = false;

	while (dwarf_next_child(enumeration, &started, &child))
		if (dwarf_attr(&child, DW_AT_const_value, &attr) &&
		    (dwarf_whatform(&attr) == DW_FORM_sdata || dwarf_whatform(&attr) == DW_FORM_implicit_const) &&
		    !dwarf_formsdata(&attr, &value) && value < 0)
			return true;
	return false;
}

bool dwarf_is_signed(Dwarf_Die *type)
{
	Dwarf_Attribute attr;
	Dwarf_Word encoding;
	Dwarf_Die underlying;

	if (dwarf_tag(type) == DW_TAG_enumeration_type)
		return dwarf_type_of(type, &underlying) ? dwarf_is_signed(&underlying) : has_negative_value(type);
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
