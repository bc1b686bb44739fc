/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Class layouts from DWARF. In: a debug file and a card that names what is wanted. Out: the same card with sizes and
 * offsets. */
#include <dwarf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ceph/learn.h"
#include "lib/dwarf.h"

enum { LEARN_DEPTH = 32 }; /* of nested types; DWARF may be hostile */

struct walk {
	struct card *card;
	bool *found_constants;
	struct arena *arena;
	unsigned types_left, constants_left;
	const struct learn_request *request;
};

/* A member by its name: own ones, those of anonymous members, those of base classes. */
static bool find_member(Dwarf_Die *class, const char *name, size_t name_size, unsigned depth, int64_t *offset,
			Dwarf_Die *type)
{
	Dwarf_Die child, inner;
	bool started = false;
	int64_t at;

	if (depth > LEARN_DEPTH)
		return false;
	while (dwarf_next_child(class, &started, &child)) {
		const char *child_name = dwarf_diename(&child);

		if (!dwarf_is_data_child(&child) || !dwarf_member_offset(&child, &at) || !dwarf_type_of(&child, &inner))
			continue;
		if (dwarf_tag(&child) == DW_TAG_member && child_name) {
			if (strlen(child_name) != name_size || memcmp(child_name, name, name_size))
				continue;
			*offset += at;
			*type = inner;
			return true;
		}
		if (dwarf_is_class(&inner) && find_member(&inner, name, name_size, depth + 1, offset, type)) {
			*offset += at;
			return true;
		}
	}
	return false;
}

/* A class of a word's size that wraps one scalar of that size (an intrusive_ptr, a ceph_le64): the scalar. */
static bool unwrap(Dwarf_Die *class, Dwarf_Word size, unsigned depth, Dwarf_Die *scalar)
{
	Dwarf_Die child, inner;
	Dwarf_Word inner_size;
	bool started = false;
	int64_t at;

	while (depth < LEARN_DEPTH && dwarf_next_child(class, &started, &child)) {
		if (!dwarf_is_data_child(&child) || !dwarf_member_offset(&child, &at) || at ||
		    !dwarf_type_of(&child, &inner) || dwarf_aggregate_size(&inner, &inner_size) || inner_size != size)
			continue;
		if (dwarf_is_class(&inner))
			return unwrap(&inner, size, depth + 1, scalar);
		*scalar = inner;
		return true;
	}
	return false;
}

static bool describe_member(Dwarf_Die *type, struct cat_member *member)
{
	Dwarf_Die scalar;
	Dwarf_Word size;

	if (dwarf_tag(type) == DW_TAG_reference_type || dwarf_tag(type) == DW_TAG_rvalue_reference_type)
		size = 8;
	else if (dwarf_aggregate_size(type, &size))
		size = 0;
	if (!size && !dwarf_is_class(type))
		return false;
	member->size = (uint32_t)size; /* 0: a class that is only declared here; its address is all that can be had */
	member->is_object = dwarf_tag(type) == DW_TAG_array_type;
	if (dwarf_is_class(type)) {
		member->is_object = !unwrap(type, size, 0, &scalar);
		type = member->is_object ? type : &scalar;
	}
	member->is_signed = !member->is_object && dwarf_is_signed(type);
	return true;
}

static bool resolve_path(Dwarf_Die *class, const char *path, struct cat_member *member)
{
	Dwarf_Die type = *class;
	int64_t offset = 0;
	const char *dot;

	for (;; path = dot + 1) {
		dot = strchrnul(path, '.');
		if (!dwarf_is_class(&type) || !find_member(&type, path, (size_t)(dot - path), 0, &offset, &type))
			return false;
		if (!*dot)
			break;
	}
	member->offset = offset;
	return describe_member(&type, member);
}

/* --- The walk over all types --- */

/*
 * Is all known that is asked of a type? Its first definition may not do: where a base class is only declared (GCC
 * describes a class with virtual functions in full in one unit), its members are found through another unit's
 * definition.
 */
static bool is_complete(const struct card_type *type)
{
	unsigned i;

	for (i = 0; i < type->members_len; i++)
		if (!type->members[i].member.size)
			return false;
	return type->size != 0;
}

static void resolve_type(struct walk *w, struct card_type *type, Dwarf_Die *die)
{
	Dwarf_Word size;
	unsigned i;

	if (dwarf_aggregate_size(die, &size) || !size)
		return;
	type->size = size;
	for (i = 0; i < type->members_len; i++)
		if (!type->members[i].member.size)
			resolve_path(die, type->members[i].path, &type->members[i].member);
	w->types_left -= is_complete(type);
}

/* Is any wanted name inside the scope `name`? */
static bool leads_somewhere(const struct walk *w, const char *name, size_t size)
{
	unsigned i;

	for (i = 0; i < w->card->types_len; i++) {
		const struct card_type *type = &w->card->types[i];

		if (!is_complete(type) && !strncmp(type->name, name, size) && !strncmp(type->name + size, "::", 2))
			return true;
	}
	return false;
}

static void read_constants(struct walk *w, Dwarf_Die *enumeration)
{
	Dwarf_Attribute attr;
	Dwarf_Sword value;
	Dwarf_Die child;
	bool started = false;
	unsigned i;

	while (w->constants_left && dwarf_next_child(enumeration, &started, &child)) {
		const char *name = dwarf_diename(&child);

		for (i = 0; name && i < w->card->constants_len; i++) {
			if (w->found_constants[i] || strcmp(w->card->constants[i].name, name) ||
			    !dwarf_attr(&child, DW_AT_const_value, &attr) || dwarf_formsdata(&attr, &value))
				continue;
			w->card->constants[i].value = (uint64_t)value;
			w->found_constants[i] = true;
			w->constants_left--;
		}
	}
}

/* A class that was declared in another one and defined outside it has its name and scopes at the declaration. */
static const char *full_name(struct walk *w, Dwarf_Die *die, const char *prefix)
{
	Dwarf_Die declaration, *scopes = NULL;
	Dwarf_Attribute attr;
	const char *name = dwarf_diename(die), *full;
	int i, n;

	if (!dwarf_attr(die, DW_AT_specification, &attr))
		return !name || !*prefix ? name : arena_printf(w->arena, "%s::%s", prefix, name);
	if (!dwarf_formref_die(&attr, &declaration) || !(name = dwarf_diename(&declaration)))
		return NULL;
	full = name;
	n = dwarf_getscopes_die(&declaration, &scopes);
	for (i = 1; i < n && dwarf_tag(&scopes[i]) != DW_TAG_compile_unit; i++)
		if (dwarf_diename(&scopes[i]))
			full = arena_printf(w->arena, "%s::%s", dwarf_diename(&scopes[i]), full);
	free(scopes);
	return full;
}

static void walk_scope(struct walk *w, Dwarf_Die *scope, const char *prefix, unsigned depth);

static void visit_class(struct walk *w, Dwarf_Die *die, const char *prefix, unsigned depth)
{
	const char *name = full_name(w, die, prefix);
	unsigned i;

	if (!name || dwarf_hasattr(die, DW_AT_declaration))
		return;
	for (i = 0; i < w->card->types_len; i++)
		if (!is_complete(&w->card->types[i]) && !strcmp(w->card->types[i].name, name))
			resolve_type(w, &w->card->types[i], die);
	if (leads_somewhere(w, name, strlen(name)))
		walk_scope(w, die, name, depth + 1);
}

static void visit_namespace(struct walk *w, Dwarf_Die *die, const char *prefix, unsigned depth)
{
	const char *name = dwarf_diename(die);

	if (!name)
		return;
	if (*prefix)
		name = arena_printf(w->arena, "%s::%s", prefix, name);
	if (leads_somewhere(w, name, strlen(name)))
		walk_scope(w, die, name, depth + 1);
}

static void walk_scope(struct walk *w, Dwarf_Die *scope, const char *prefix, unsigned depth)
{
	Dwarf_Die child;
	bool started = false;

	while (depth < LEARN_DEPTH && (w->types_left || w->constants_left) &&
	       dwarf_next_child(scope, &started, &child)) {
		switch (dwarf_tag(&child)) {
		case DW_TAG_structure_type:
		case DW_TAG_class_type:
			visit_class(w, &child, prefix, depth);
			break;
		case DW_TAG_namespace:
			visit_namespace(w, &child, prefix, depth);
			break;
		case DW_TAG_enumeration_type:
			read_constants(w, &child);
			break;
		default:
			break;
		}
	}
}

static void walk_units(struct walk *w, Dwarf *dwarf)
{
	Dwarf_CU *unit = NULL;
	Dwarf_Die die;
	uint8_t kind;

	while ((w->types_left || w->constants_left) &&
	       dwarf_get_units(dwarf, unit, &unit, NULL, &kind, &die, NULL) == 0) {
		if (w->request->progress)
			w->request->progress(w->request->data, dwarf_dieoffset(&die));
		if (kind == DW_UT_compile || kind == DW_UT_type || kind == DW_UT_partial)
			walk_scope(w, &die, "", 0);
	}
}

int learn_dwarf(const struct debug *debug, struct card *card, bool *found_constants, struct arena *arena,
		const struct learn_request *request, const char **why)
{
	struct walk w = {.card = card,
			 .found_constants = found_constants,
			 .arena = arena,
			 .types_left = card->types_len,
			 .constants_left = card->constants_len,
			 .request = request};
	struct dwarf_file *file;
	int err = dwarf_file_open(arena, debug, NULL, &file, why);

	if (err)
		return err;
	if (dwarf_file_is_split(file)) {
		*why = arena_printf(
			arena,
			"%s has its debug information in other files (-gsplit-dwarf), from which nothing is learned",
			elf_file_path(debug->info));
		err = -ENOTSUP;
	} else {
		walk_units(&w, dwarf_file_dwarf(file));
	}
	dwarf_file_close(file);
	return err;
}
