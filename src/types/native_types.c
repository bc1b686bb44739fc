/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Types of C and C++ programs, from DWARF to D's. A class is a structure: members of its base classes are its own, and
 * a base class is a member by its name as well. Members are read when one is asked for.
 */
#include "types/native_types.h"

#include <dwarf.h>
#include <string.h>

#include "lib/dwarf.h"

enum { NESTING_MAX = 32, HEADS = 1024 };

static const char is_unknown[] = "its debug information says its place in a way that cephtap does not know";

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

/* The members of a class while they are collected. */
struct collecting {
	struct native_types *types;
	struct type *type;
	unsigned own_len; /* its own members, which hide those of base classes */
};

/* NULL: there is one of this name, or there is no name. */
static struct type_member *add_member(struct collecting *c, const char *name, const struct type *of, int64_t offset)
{
	struct type_member *member;

	if (!name || type_find_member(c->type, name))
		return NULL;
	member = arena_push(c->types->arena, c->type->members, c->type->members_len);
	*member = (struct type_member){.name = name, .type = of, .offset = (uint32_t)offset};
	return member;
}

/*
 * The bytes that a bit-field lies in: as few as can be read at once, inside of the structure. One that spans nine of
 * them is not read.
 */
static void place_bits(struct type_member *member, const struct dwarf_member *place, uint32_t struct_size)
{
	uint64_t from = place->bit_offset / 8, bit = place->bit_offset % 8, unit = 1;

	while (unit < 8 && 8 * unit < bit + place->bit_size)
		unit *= 2;
	if (struct_size >= unit && from + unit > struct_size) {
		bit += 8 * (from + unit - struct_size);
		from = struct_size - unit;
	}
	member->offset = (uint32_t)from;
	member->bit_offset = (uint8_t)bit;
	member->bit_size = (uint8_t)place->bit_size;
	member->unit = (uint8_t)unit;
	if (bit + place->bit_size > 64)
		member->why = "this bit-field lies in nine bytes";
}

static void add_bit_field(struct collecting *c, Dwarf_Die *die, const struct dwarf_member *place, int64_t base)
{
	struct type_member *member = add_member(c, dwarf_diename(die), type_of(c->types, die), 0);

	if (!member)
		return;
	place_bits(member, place, base ? 0 : c->type->size);
	member->offset += (uint32_t)base;
}

/* A class that is only declared here is looked for in other units: one by one, as a script seldom needs more. */
static Dwarf_Die whole_class(struct native_types *types, Dwarf_Die *class)
{
	Dwarf_Die full;

	return dwarf_hasattr(class, DW_AT_declaration) && dwarf_find_class(types->file, class, &full) ? full : *class;
}

/* Its own, and those of structures without a name in it. */
static void add_own_members(struct collecting *c, Dwarf_Die *class, int64_t base, unsigned depth)
{
	Dwarf_Die child, inner;
	bool started = false;

	while (depth < NESTING_MAX && dwarf_next_child(class, &started, &child)) {
		const char *name = dwarf_diename(&child);
		struct dwarf_member place;
		struct type_member *member;

		if (dwarf_tag(&child) != DW_TAG_member || !dwarf_is_data_child(&child) ||
		    !dwarf_type_of(&child, &inner))
			continue;
		dwarf_member_place(&child, &place);
		if (place.kind == DWARF_MEMBER_BITS) {
			add_bit_field(c, &child, &place, base);
		} else if (!name && dwarf_is_class(&inner)) {
			inner = whole_class(c->types, &inner);
			add_own_members(c, &inner, base + place.offset, depth + 1);
		} else {
			member = add_member(c, name, convert(c->types, &inner), base + place.offset);
			if (member && place.kind != DWARF_MEMBER_PLAIN)
				member->why = is_unknown;
		}
	}
}

/* ---- base classes ---- */

/* First these, then those, which begin at an offset from where these end. */
static const struct type_hop *join_hops(struct arena *arena, const struct type_hop *first, const struct type_hop *then,
					int64_t offset)
{
	struct type_hop *hop;

	if (!first && !then)
		return NULL;
	hop = arena_new_one(arena, struct type_hop);
	if (first) {
		*hop = *first;
		hop->next = join_hops(arena, first->next, then, offset);
	} else {
		*hop = *then;
		hop->from += offset;
	}
	return hop;
}

static const struct type *last_base(const struct type_hop *hops)
{
	while (hops && hops->next)
		hops = hops->next;
	return hops ? hops->base : NULL;
}

/* A member of a base is the class's own, unless that has one of its name. Of two bases it is neither's, but where they
 * share it. */
static void inherit(struct collecting *c, const struct type *base, const struct type_member *from,
		    const struct type_hop *hops, int64_t offset)
{
	const struct type_hop *all = join_hops(c->types->arena, hops, from->hops, offset);
	struct type_member *known = (struct type_member *)type_find_member(c->type, from->name);
	bool is_shared;

	if (!known) {
		known = add_member(c, from->name, from->type, 0);
		*known = *from;
		known->hops = all;
		known->offset = (uint32_t)(from->offset + (from->hops ? 0 : offset));
		return;
	}
	is_shared = last_base(known->hops) && last_base(known->hops) == last_base(all);
	if (known < c->type->members + c->own_len || is_shared)
		return;
	known->why = arena_printf(c->types->arena, "several base classes have one: say which, as in `%s.%s`",
				  base->name ? base->name : "base", from->name);
}

static void add_base(struct collecting *c, Dwarf_Die *child, Dwarf_Die *class)
{
	const struct type *base = convert(c->types, class);
	const struct type_hop *hops = NULL;
	struct dwarf_member place;
	struct type_member *member;

	dwarf_member_place(child, &place);
	if (place.kind == DWARF_MEMBER_VIRTUAL) {
		struct type_hop *hop = arena_new_one(c->types->arena, struct type_hop);

		*hop = (struct type_hop){.vtable_at = place.vtable_at, .base = base};
		hops = hop;
	}
	type_complete(base);
	for (uint32_t i = 0; i < base->members_len; i++)
		inherit(c, base, &base->members[i], hops, place.offset);
	member = add_member(c, dwarf_diename(class), base, place.offset);
	if (!member)
		return;
	member->hops = hops;
	if (place.kind != DWARF_MEMBER_PLAIN && place.kind != DWARF_MEMBER_VIRTUAL)
		member->why = is_unknown;
}

static void add_bases(struct collecting *c, Dwarf_Die *class)
{
	Dwarf_Die child, inner;
	bool started = false;

	while (dwarf_next_child(class, &started, &child))
		if (dwarf_tag(&child) == DW_TAG_inheritance && dwarf_type_of(&child, &inner) && dwarf_is_class(&inner))
			add_base(c, &child, &inner);
}

static void complete(struct type *type)
{
	const struct origin *origin = type->source;
	struct collecting collecting = {.types = origin->types, .type = type};
	Dwarf_Die die = origin->type.die;
	Dwarf_Word size;

	type->complete = NULL; /* add_member looks for names */
	origin->types->file = origin->type.file;
	die = whole_class(origin->types, &die);
	if (!type->size && !dwarf_aggregate_size(&die, &size) && size <= UINT32_MAX)
		type->size = (uint32_t)size;
	add_own_members(&collecting, &die, 0, 0);
	collecting.own_len = type->members_len;
	add_bases(&collecting, &die);
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

static const struct type *make_float(struct native_types *types, const char *name, uint32_t size)
{
	struct type *type = arena_new_one(types->arena, struct type);

	*type = (struct type){.kind = TYPE_FLOAT, .size = size, .name = name ? name : "double"};
	return type;
}

static const struct type *make_base(struct native_types *types, Dwarf_Die *die)
{
	Dwarf_Word size = 0, encoding = 0;
	Dwarf_Attribute attr;

	if (dwarf_aggregate_size(die, &size) || size > UINT32_MAX)
		return &type_void;
	if (dwarf_attr(die, DW_AT_encoding, &attr))
		dwarf_formudata(&attr, &encoding);
	if (encoding == DW_ATE_float || encoding == DW_ATE_complex_float || encoding == DW_ATE_decimal_float)
		return make_float(types, dwarf_diename(die), (uint32_t)size);
	if (size == 16) /* __int128: D's integers have 64 bits */
		return type_array(types->arena, &type_uint64, 2);
	if (size != 1 && size != 2 && size != 4 && size != 8)
		return &type_void;
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

/* How many elements a dimension has; 0: as many as there are. */
static uint64_t dimension(Dwarf_Die *range)
{
	Dwarf_Attribute attr;
	Dwarf_Word count, lower = 0;

	if (dwarf_attr(range, DW_AT_count, &attr) && !dwarf_formudata(&attr, &count))
		return count;
	if (dwarf_attr(range, DW_AT_lower_bound, &attr))
		dwarf_formudata(&attr, &lower);
	if (!dwarf_attr(range, DW_AT_upper_bound, &attr) || dwarf_formudata(&attr, &count) || count >= UINT32_MAX ||
	    count + 1 < lower)
		return 0;
	return count + 1 - lower;
}

/* int a[2][3] is an array of 2 arrays of 3. */
static const struct type *make_array(struct native_types *types, Dwarf_Die *die)
{
	const struct type *type = type_of(types, die);
	uint64_t dimensions[NESTING_MAX];
	unsigned len = 0;
	Dwarf_Die child;
	bool started = false;

	type_complete(type); /* a class that is only declared gets its size */
	while (len < NESTING_MAX && dwarf_next_child(die, &started, &child))
		if (dwarf_tag(&child) == DW_TAG_subrange_type)
			dimensions[len++] = dimension(&child);
	while (len--) {
		uint64_t count = dimensions[len];

		if (!type->size || count > UINT32_MAX / type->size)
			count = 0;
		type = type_array(types->arena, type, (uint32_t)count);
	}
	return type;
}

static const struct type *make(struct native_types *types, Dwarf_Die *die)
{
	switch (dwarf_tag(die)) {
	case DW_TAG_base_type:
		return make_base(types, die);
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

	if (type->kind == TYPE_STRUCT || type->kind == TYPE_UNION)
		return type_pointer(types->arena, type, true);
	return type->kind == TYPE_ARRAY ? type_pointer(types->arena, type->to, true) : type;
}
