/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Types of C and C++ programs, from DWARF to D's. A class is a structure: members of its base classes are its own, and
 * a base class is a member by its name as well. Members are read when one is asked for.
 */
#include "native_types.h"

#include <dwarf.h>
#include <string.h>

#include "lib/dwarf.h"

enum { NESTING_MAX = 32, HEADS = 1024 };

struct made {
	struct made *next;
	const void *address; /* of the DIE: tells it from all others */
	const struct type *type;
};

struct native_types {
	struct arena *arena;
	struct made *heads[HEADS];
	unsigned depth;
	const struct dwarf_file *file; /* of what is being converted */
};

/* What complete() needs of a structure. */
struct origin {
	struct native_types *types;
	struct dwarf_type type;
};

static const struct type *convert(struct native_types *types, Dwarf_Die *die);

static const struct type *type_of(struct native_types *types, Dwarf_Die *die)
{
	Dwarf_Die type;

	return dwarf_type_of(die, &type) ? convert(types, &type) : &type_void;
}

/* ---- structures ---- */

static void add_member(struct native_types *types, struct type *type, const char *name, const struct type *of,
		       int64_t offset)
{
	if (name && !type_find_member(type, name))
		*arena_push(types->arena, type->members, type->members_len) =
			(struct type_member){.name = name, .type = of, .offset = (uint32_t)offset};
}

static void add_bit_field(struct native_types *types, struct type *type, Dwarf_Die *die, int64_t base)
{
	const struct type *of = type_of(types, die);
	Dwarf_Word bits = 0, width = 0;
	Dwarf_Attribute attr;
	uint32_t unit = of->size * 8;

	if (!dwarf_attr(die, DW_AT_bit_size, &attr) || dwarf_formudata(&attr, &width) ||
	    !dwarf_attr(die, DW_AT_data_bit_offset, &attr) || dwarf_formudata(&attr, &bits) || !unit || width > unit)
		return;
	add_member(types, type, dwarf_diename(die), of, base + (int64_t)(bits / unit * (unit / 8)));
	if (type->members_len) {
		type->members[type->members_len - 1].bit_offset = (uint8_t)(bits % unit);
		type->members[type->members_len - 1].bit_size = (uint8_t)width;
	}
}

/* A class that is only declared here is looked for in other units: one by one, as a script seldom needs more. */
static Dwarf_Die whole_class(struct native_types *types, Dwarf_Die *class)
{
	Dwarf_Die full;

	return dwarf_hasattr(class, DW_AT_declaration) && dwarf_find_class(types->file, class, &full) ? full : *class;
}

static void add_members(struct native_types *types, struct type *type, Dwarf_Die *class, int64_t base, unsigned depth)
{
	Dwarf_Die whole = whole_class(types, class), child, inner;
	bool started = false;
	int64_t at;

	while (depth < NESTING_MAX && dwarf_next_child(&whole, &started, &child)) {
		if (!dwarf_is_data_child(&child) || !dwarf_type_of(&child, &inner))
			continue;
		if (!dwarf_member_offset(&child, &at)) {
			add_bit_field(types, type, &child, base);
			continue;
		}
		if (dwarf_tag(&child) == DW_TAG_member && dwarf_diename(&child)) {
			add_member(types, type, dwarf_diename(&child), convert(types, &inner), base + at);
		} else if (dwarf_is_class(&inner)) { /* a base, or what has no name: its members are ours */
			add_members(types, type, &inner, base + at, depth + 1);
			add_member(types, type, dwarf_diename(&inner), convert(types, &inner), base + at);
		}
	}
}

static void complete(struct type *type)
{
	const struct origin *origin = type->source;
	Dwarf_Die die = origin->type.die;

	type->complete = NULL; /* add_member looks for names */
	origin->types->file = origin->type.file;
	add_members(origin->types, type, &die, 0, 0);
}

static const struct type *make_class(struct native_types *types, Dwarf_Die *die)
{
	struct type *type = arena_new_one(types->arena, struct type);
	struct origin *origin = arena_new_one(types->arena, struct origin);
	Dwarf_Word size = 0;

	*origin = (struct origin){types, {types->file, *die}};
	type->kind = dwarf_tag(die) == DW_TAG_union_type ? TYPE_UNION : TYPE_STRUCT;
	type->name = dwarf_diename(die);
	if (!dwarf_aggregate_size(die, &size) && size <= UINT32_MAX)
		type->size = (uint32_t)size;
	type->source = origin;
	type->complete = complete;
	return type;
}

/* ---- others ---- */

static const struct type *make_base(Dwarf_Die *die)
{
	static const struct type type_float = {.kind = TYPE_FLOAT, .size = 8, .name = "double"};
	Dwarf_Word size = 0, encoding = 0;
	Dwarf_Attribute attr;

	if (dwarf_aggregate_size(die, &size) || (size != 1 && size != 2 && size != 4 && size != 8))
		return &type_void;
	if (dwarf_attr(die, DW_AT_encoding, &attr))
		dwarf_formudata(&attr, &encoding);
	if (encoding == DW_ATE_float)
		return &type_float;
	if (size == 1 && (encoding == DW_ATE_signed_char || encoding == DW_ATE_unsigned_char))
		return encoding == DW_ATE_signed_char ? &type_char : &type_uint8;
	return type_int_of((uint32_t)size, dwarf_is_signed(die));
}

static const struct type *make_enum(Dwarf_Die *die)
{
	Dwarf_Word size = 4;

	if (dwarf_aggregate_size(die, &size) || (size != 1 && size != 2 && size != 4 && size != 8))
		size = 4;
	return type_int_of((uint32_t)size, dwarf_is_signed(die));
}

static const struct type *make_array(struct native_types *types, Dwarf_Die *die)
{
	const struct type *of = type_of(types, die);
	Dwarf_Word size = 0;

	if (!of->size || dwarf_aggregate_size(die, &size) || size / of->size > UINT32_MAX)
		size = 0;
	return type_array(types->arena, of, of->size ? (uint32_t)(size / of->size) : 0);
}

static const struct type *make(struct native_types *types, Dwarf_Die *die)
{
	switch (dwarf_tag(die)) {
	case DW_TAG_base_type:
		return make_base(die);
	case DW_TAG_enumeration_type:
		return make_enum(die);
	case DW_TAG_pointer_type:
	case DW_TAG_reference_type:
	case DW_TAG_rvalue_reference_type:
		return type_pointer(types->arena, type_of(types, die), true);
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_union_type:
		return make_class(types, die);
	case DW_TAG_array_type:
		return make_array(types, die);
	default:
		return &type_void;
	}
}

static const struct type *convert(struct native_types *types, Dwarf_Die *die)
{
	struct made **head = &types->heads[((uintptr_t)die->addr >> 2) % HEADS], *made;
	const struct type *type = &type_void;

	for (made = *head; made; made = made->next)
		if (made->address == die->addr)
			return made->type;
	if (types->depth++ < NESTING_MAX)
		type = make(types, die);
	types->depth--;
	made = arena_new_one(types->arena, struct made);
	*made = (struct made){*head, die->addr, type};
	*head = made;
	return type;
}

struct native_types *native_types_new(struct arena *arena)
{
	struct native_types *types = arena_new_one(arena, struct native_types);

	types->arena = arena;
	return types;
}

const struct type *native_type(struct native_types *types, const void *native)
{
	struct dwarf_type copy = *(const struct dwarf_type *)native;
	const struct type *type;

	types->file = copy.file;
	type = convert(types, &copy.die);

	return type->kind == TYPE_STRUCT || type->kind == TYPE_UNION ? type_pointer(types->arena, type, true) : type;
}
