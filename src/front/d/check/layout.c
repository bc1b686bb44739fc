/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Structures, unions and enumerations of a script, laid out as the x86_64 System V ABI does. */
#include <limits.h>
#include <string.h>

#include "front/d/check/ctx.h"

enum { MEMBERS_MAX = 4096, STRUCT_SIZE_MAX = 1 << 24 };

/* Where the next member goes. */
struct layout {
	uint64_t bits;	  /* used so far */
	uint64_t largest; /* union: bytes */
	uint32_t align;
	bool is_union;
};

static void place(struct layout *layout, struct type_member *member)
{
	uint64_t size = member->type->size * 8ull, align = type_align(member->type) * 8ull;

	if (layout->is_union)
		layout->bits = 0;
	if (member->bit_size) {
		/* A bit-field never crosses a boundary of its declared type. */
		if (layout->bits / size != (layout->bits + member->bit_size - 1) / size)
			layout->bits = (layout->bits + size - 1) / size * size;
		member->offset = (uint32_t)(layout->bits / size * (size / 8));
		member->bit_offset = (uint8_t)(layout->bits % size);
		layout->bits += member->bit_size;
	} else {
		layout->bits = (layout->bits + align - 1) / align * align;
		member->offset = (uint32_t)(layout->bits / 8);
		layout->bits += size;
	}
	if (align / 8 > layout->align)
		layout->align = (uint32_t)(align / 8);
	if ((layout->bits + 7) / 8 > layout->largest)
		layout->largest = (layout->bits + 7) / 8;
}

/* `int x : 3`: the width; false after a diagnostic. 0 starts a new unit. */
static bool bit_width(struct check_ctx *ctx, struct decl *decl, const struct type *type, uint64_t *width)
{
	check_expr(ctx, decl->bits);
	if (check_failed(decl->bits))
		return false;
	*width = decl->bits->ival;
	if (!decl->bits->is_const || !type_is_int(decl->bits->type) || (!*width && decl->name) ||
	    ((int64_t)*width < 0 && decl->bits->type->is_signed)) {
		diag_error(ctx->diags, decl->bits->loc, "D_DECL_BFCONST",
			   "the width of a bit-field must be an integer constant above 0");
		return false;
	}
	if (!type_is_int(type)) {
		diag_error(ctx->diags, decl->loc, "D_DECL_BFTYPE", "a bit-field must be of an integer type");
		return false;
	}
	if (*width > type->size * 8ull) {
		diag_error(ctx->diags, decl->bits->loc, "D_DECL_BFSIZE", "a bit-field of `%s` is 1 to %u bits wide",
			   check_type_text(ctx, type), type->size * 8);
		return false;
	}
	return true;
}

static bool member_is_fit(struct check_ctx *ctx, const struct type *outer, const struct type *type,
			  const struct decl *decl)
{
	if (type->kind == TYPE_ERROR)
		return false;
	if (type_is_string(type))
		diag_error(ctx->diags, decl->loc, "D_DECL_DYNOBJ", "a member may not be a `string`: use `char [N]`");
	else if (type == outer)
		diag_error(ctx->diags, decl->loc, "D_DECL_INCOMPLETE",
			   "`%s` may not hold itself, only a pointer to itself", type->name);
	else if (check_is_incomplete(type))
		diag_error(ctx->diags, decl->loc, "D_DECL_INCOMPLETE",
			   "`%s` is only named, and not declared before this", check_type_text(ctx, type));
	else if (!type->size)
		diag_error(ctx->diags, decl->loc, "D_DECL_VOIDOBJ", "a member may not be `%s`: it has no size",
			   check_type_text(ctx, type));
	else
		return true;
	return false;
}

/* Members of an unnamed structure or union inside are members of the outer one (C11 6.7.2.1). */
static void push_inner(struct check_ctx *ctx, struct type *type, const struct type_member *outer)
{
	struct type_member *member;
	uint32_t i;

	for (i = 0; i < outer->type->members_len; i++) {
		member = arena_push(ctx->arena, type->members, type->members_len);
		*member = outer->type->members[i];
		member->offset += outer->offset;
	}
}

static bool add_member(struct check_ctx *ctx, struct type *type, struct layout *layout, struct decl *decl)
{
	struct type_member member = {.name = decl->name};
	uint64_t width = 0;

	member.type = check_tspec(ctx, decl->tspec);
	if (!member_is_fit(ctx, type, member.type, decl))
		return false;
	if (decl->bits && !bit_width(ctx, decl, member.type, &width))
		return false;
	if (decl->bits && !width) {
		layout->bits = (layout->bits + member.type->size * 8ull - 1) / (member.type->size * 8ull) *
			       (member.type->size * 8ull);
		return true;
	}
	member.bit_size = (uint8_t)width;
	if (decl->name && type_find_member(type, decl->name)) {
		diag_error(ctx->diags, decl->loc, "D_UNKNOWN", "there is already a member `%s`", decl->name);
		return false;
	}
	place(layout, &member);
	if (!decl->name && member.type->members_len)
		push_inner(ctx, type, &member);
	else if (decl->name)
		*arena_push(ctx->arena, type->members, type->members_len) = member;
	if (layout->largest > STRUCT_SIZE_MAX || type->members_len > MEMBERS_MAX) {
		diag_error(ctx->diags, decl->loc, "D_DECL_ARRBIG",
			   "the structure is too large: at most %d MiB and %d members", STRUCT_SIZE_MAX >> 20,
			   MEMBERS_MAX);
		return false;
	}
	return true;
}

const struct type *check_layout(struct check_ctx *ctx, const struct type_spec *spec)
{
	struct layout layout = {.align = 1, .is_union = !strncmp(spec->name, "union", 5)};
	struct type *type = nametab_find(&ctx->types, 0, spec->name); /* the parser numbers those without a tag */
	struct decl *decl;
	uint64_t size;

	if (type && !check_is_incomplete(type)) {
		diag_error(ctx->diags, spec->loc, "D_DECL_TYPERED", "`%s` is already declared", spec->name);
		return &type_error;
	}
	if (!type) {
		type = arena_new_one(ctx->arena, struct type);
		type->kind = layout.is_union ? TYPE_UNION : TYPE_STRUCT;
		type->name = spec->name;
		nametab_add(&ctx->types, 0, type->name, type); /* now, so that members can point to it */
	}
	for (decl = spec->members; decl; decl = decl->next)
		if (!add_member(ctx, type, &layout, decl))
			return &type_error;
	size = (layout.largest + layout.align - 1) / layout.align * layout.align;
	type->size = (uint32_t)size;
	return type;
}

/* The value of an enumerator that has one written; false after a diagnostic. */
static bool enum_value(struct check_ctx *ctx, struct decl *decl, int64_t *value)
{
	check_expr(ctx, decl->value);
	if (check_failed(decl->value))
		return false;
	if (!decl->value->is_const || !type_is_int(decl->value->type)) {
		diag_error(ctx->diags, decl->value->loc, "D_DECL_ENCONST",
			   "the value of `%s` must be an integer constant", decl->name);
		return false;
	}
	*value = (int64_t)decl->value->ival;
	return true;
}

static bool is_taken(struct check_ctx *ctx, const struct decl *members, const struct decl *decl)
{
	const char *tag = "D_DECL_IDRED";

	for (; members != decl; members = members->next)
		if (!strcmp(members->name, decl->name))
			tag = "D_UNKNOWN"; /* as DTrace says of two in one enumeration */
	if (!nametab_find(&ctx->constants, 0, decl->name) && !nametab_find(&ctx->vars, SCOPE_GLOBAL, decl->name) &&
	    !builtin_find(decl->name))
		return false;
	diag_error(ctx->diags, decl->loc, tag, "`%s` is already declared", decl->name);
	return true;
}

void check_enum(struct check_ctx *ctx, struct decl *members)
{
	struct constant *constant;
	struct decl *decl;
	int64_t value = -1;

	for (decl = members; decl; decl = decl->next) {
		if (!decl->value)
			value++;
		else if (!enum_value(ctx, decl, &value))
			return;
		if (value < INT_MIN || value > INT_MAX) {
			diag_error(ctx->diags, decl->loc, "D_DECL_ENOFLOW", "the value of `%s` does not fit an int",
				   decl->name);
			return;
		}
		if (is_taken(ctx, members, decl))
			return;
		constant = arena_new_one(ctx->arena, struct constant);
		constant->type = &type_int;
		constant->value = value;
		nametab_add(&ctx->constants, 0, decl->name, constant);
	}
}
