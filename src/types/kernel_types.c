/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel's types, from BTF to D's. What is asked for is made, once; a structure's members when one is asked for. */
#include "types/kernel_types.h"

#include <bpf/btf.h>
#include <string.h>

#include "lib/kernel.h"

enum { NESTING_MAX = 32 };

struct kernel_types {
	struct type_source source;
	struct arena *arena;
	const struct btf *(*load)(void);
	const struct btf *btf;	   /* once something was asked for */
	const struct type **types; /* by id */
	unsigned depth;
	/* Of the kernel itself: its modules'. Of a module: the kernel itself, whose types it shares. */
	const struct btf *(*load_module)(unsigned n);
	struct kernel_types **modules;
	unsigned modules_len;
	struct kernel_types *base;
};

static const struct type *convert(struct kernel_types *kernel, uint32_t id);

static const char *name_of(const struct kernel_types *kernel, const struct btf_type *from)
{
	return btf__name_by_offset(kernel->btf, from->name_off);
}

/* Behind typedefs and qualifiers; *is_user: a type tag says that it lies in a process. */
static const struct btf_type *strip(const struct kernel_types *kernel, uint32_t *id, bool *is_user)
{
	const struct btf_type *type = btf__type_by_id(kernel->btf, *id);
	unsigned n = 0;

	while (type && n++ < NESTING_MAX &&
	       (btf_is_mod(type) || btf_is_typedef(type) || btf_kind(type) == BTF_KIND_TYPE_TAG)) {
		if (btf_kind(type) == BTF_KIND_TYPE_TAG && !strcmp(name_of(kernel, type), "user"))
			*is_user = true;
		*id = type->type;
		type = btf__type_by_id(kernel->btf, *id);
	}
	return type;
}

/* A bit-field as D's layouts have it: the unit of its declared type that it lies in, and its place there. */
static void place(struct type_member *member, uint32_t bits, uint32_t width)
{
	uint32_t unit = member->type->size * 8;

	member->offset = bits / 8;
	if (!width || !unit || width > unit)
		return;
	member->offset = bits / unit * (unit / 8);
	member->bit_offset = (uint8_t)(bits % unit);
	member->bit_size = (uint8_t)width;
}

/* Members of a structure without a name are members of the one around it. */
static void add_members(struct kernel_types *kernel, struct type *type, uint32_t id, uint32_t base_bits, unsigned depth)
{
	bool is_user = false;
	const struct btf_type *from = strip(kernel, &id, &is_user);
	const struct btf_member *members = btf_members(from);

	for (uint32_t i = 0; depth < NESTING_MAX && i < btf_vlen(from); i++) {
		const char *name = btf__name_by_offset(kernel->btf, members[i].name_off);
		uint32_t bits = base_bits + btf_member_bit_offset(from, i), inner = members[i].type;
		const struct btf_type *of = strip(kernel, &inner, &is_user);
		struct type_member *member;

		if (!*name && of && btf_is_composite(of)) {
			add_members(kernel, type, inner, bits, depth + 1);
		} else if (*name) {
			member = arena_push(kernel->arena, type->members, type->members_len);
			*member = (struct type_member){.name = name, .type = convert(kernel, members[i].type)};
			place(member, bits, btf_member_bitfield_size(from, i));
		}
	}
}

static void complete(struct type *type)
{
	struct kernel_types *kernel = (struct kernel_types *)type->source;

	add_members(kernel, type, type->source_id, 0, 0);
}

static const struct type *make_composite(struct kernel_types *kernel, const struct btf_type *from, uint32_t id)
{
	struct type *type = arena_new_one(kernel->arena, struct type);
	bool is_union = btf_is_union(from) || (btf_is_fwd(from) && btf_kflag(from));
	const char *name = name_of(kernel, from);

	type->kind = is_union ? TYPE_UNION : TYPE_STRUCT;
	if (*name)
		type->name = arena_printf(kernel->arena, "%s %s", is_union ? "union" : "struct", name);
	if (btf_is_fwd(from))
		return type;
	type->size = from->size;
	type->complete = complete;
	type->source = kernel;
	type->source_id = id;
	return type;
}

static const struct type *make_int(const struct btf_type *from)
{
	unsigned encoding = btf_int_encoding((struct btf_type *)from);

	if (from->size == 1 && (encoding & BTF_INT_SIGNED))
		return &type_char;
	if (from->size > 8) /* __int128 */
		return type_int_of(8, encoding & BTF_INT_SIGNED);
	return type_int_of(from->size, encoding & BTF_INT_SIGNED);
}

static const struct type *make_pointer(struct kernel_types *kernel, uint32_t to)
{
	bool is_user = false;
	uint32_t id = to;
	const struct btf_type *target = strip(kernel, &id, &is_user);

	if (!target || btf_is_func_proto(target))
		return type_pointer(kernel->arena, &type_void, is_user);
	return type_pointer(kernel->arena, convert(kernel, id), is_user);
}

static const struct type *make(struct kernel_types *kernel, const struct btf_type *from, uint32_t id)
{
	switch (btf_kind(from)) {
	case BTF_KIND_INT:
		return make_int(from);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return type_int_of(from->size, btf_kflag(from));
	case BTF_KIND_FLOAT:
		return &type_void;
	case BTF_KIND_PTR:
		return make_pointer(kernel, from->type);
	case BTF_KIND_ARRAY:
		return type_array(kernel->arena, convert(kernel, btf_array(from)->type), btf_array(from)->nelems);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_FWD:
		return make_composite(kernel, from, id);
	default:
		return &type_void;
	}
}

static const struct type *convert(struct kernel_types *kernel, uint32_t id)
{
	const struct type *type = &type_void;
	const struct btf_type *from;
	bool is_user = false;

	from = strip(kernel, &id, &is_user);
	if (!id || !from || id >= btf__type_cnt(kernel->btf))
		return &type_void;
	if (kernel->base && id < btf__type_cnt(kernel->base->btf))
		return convert(kernel->base, id);
	if (kernel->types[id])
		return kernel->types[id];
	if (kernel->depth++ < NESTING_MAX)
		type = make(kernel, from, id);
	kernel->depth--;
	kernel->types[id] = type;
	return type;
}

static struct kernel_types *module_types(struct kernel_types *kernel, unsigned n, const struct btf *btf)
{
	struct kernel_types *module;

	while (kernel->modules_len <= n)
		*arena_push(kernel->arena, kernel->modules, kernel->modules_len) = NULL;
	if (kernel->modules[n])
		return kernel->modules[n];
	kernel->modules[n] = module = arena_new_one(kernel->arena, struct kernel_types);
	module->arena = kernel->arena;
	module->btf = btf;
	module->types = arena_new_array(kernel->arena, const struct type *, btf__type_cnt(btf) + 1);
	module->base = kernel;
	return module;
}

static bool is_loaded(struct kernel_types *kernel)
{
	if (kernel->btf)
		return true;
	kernel->btf = kernel->load();
	if (kernel->btf)
		kernel->types = arena_new_array(kernel->arena, const struct type *, btf__type_cnt(kernel->btf) + 1);
	return kernel->btf;
}

/* Of those whose functions a script probes: each has the kernel's types, and its own behind them. */
static const struct type *find_in_modules(struct kernel_types *kernel, const char *name, uint32_t kind)
{
	const struct btf *btf;
	int id;

	for (unsigned i = 0; kernel->load_module && (btf = kernel->load_module(i)); i++) {
		id = btf__find_by_name_kind(btf, name, kind);
		if (id > 0)
			return convert(module_types(kernel, i, btf), (uint32_t)id);
	}
	return NULL;
}

static const struct type *find(const struct type_source *source, const char *name)
{
	static const struct {
		const char *prefix;
		uint32_t kind;
	} kinds[] = {
		{"struct ", BTF_KIND_STRUCT},
		{"union ", BTF_KIND_UNION},
		{"enum ", BTF_KIND_ENUM},
		{"", BTF_KIND_TYPEDEF},
	};
	struct kernel_types *kernel = source->data;
	size_t size;
	unsigned i = 0;
	int id;

	if (!is_loaded(kernel))
		return NULL;
	while (strncmp(name, kinds[i].prefix, size = strlen(kinds[i].prefix)))
		i++;
	id = btf__find_by_name_kind(kernel->btf, name + size, kinds[i].kind);
	return id > 0 ? convert(kernel, (uint32_t)id) : find_in_modules(kernel, name + size, kinds[i].kind);
}

static const char *why(const struct type_source *source)
{
	return is_loaded(source->data) ? NULL : kernel_btf_why();
}

const struct type_source *kernel_types_new(struct arena *arena, const struct btf *(*load)(void),
					   const struct btf *(*load_module)(unsigned n))
{
	struct kernel_types *kernel = arena_new_one(arena, struct kernel_types);

	kernel->source = (struct type_source){kernel, find, why};
	kernel->arena = arena;
	kernel->load = load;
	kernel->load_module = load_module;
	return &kernel->source;
}
