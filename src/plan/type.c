/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/type.h"

#include <string.h>

#define INT_TYPE(id, bytes, sign, text)                                                                                \
	const struct type id = {.kind = TYPE_INT, .size = (bytes), .is_signed = (sign), .name = (text)}

const struct type type_error = {.kind = TYPE_ERROR, .name = "<error>"};
const struct type type_void = {.kind = TYPE_VOID, .name = "void"};
const struct type type_function = {.kind = TYPE_VOID, .name = "function"};
const struct type type_agg = {.kind = TYPE_AGG, .name = "aggregation"};
const struct type type_stack = {.kind = TYPE_STACK, .size = 8, .name = "stack"};
const struct type type_symbol = {.kind = TYPE_SYMBOL, .size = 8, .name = "symbol", .form = SYMBOL_FUNCTION};
const struct type type_symbol_module = {.kind = TYPE_SYMBOL, .size = 8, .name = "module", .form = SYMBOL_MODULE};
const struct type type_symbol_address = {
	.kind = TYPE_SYMBOL, .size = 8, .name = "symbolic address", .form = SYMBOL_ADDRESS};

INT_TYPE(type_char, 1, true, "char");
INT_TYPE(type_int8, 1, true, "int8_t");
INT_TYPE(type_uint8, 1, false, "uint8_t");
INT_TYPE(type_int16, 2, true, "int16_t");
INT_TYPE(type_uint16, 2, false, "uint16_t");
INT_TYPE(type_int32, 4, true, "int32_t");
INT_TYPE(type_uint32, 4, false, "uint32_t");
INT_TYPE(type_int64, 8, true, "int64_t");
INT_TYPE(type_uint64, 8, false, "uint64_t");
INT_TYPE(type_int, 4, true, "int");
INT_TYPE(type_uint, 4, false, "unsigned int");
INT_TYPE(type_long, 8, true, "long");
INT_TYPE(type_ulong, 8, false, "unsigned long");

const struct type *type_string(struct arena *arena, uint32_t size)
{
	struct type *type = arena_new_one(arena, struct type);

	type->kind = TYPE_STRING;
	type->size = size;
	type->name = "string";
	return type;
}

bool type_is_object(const struct type *type)
{
	return type->kind == TYPE_STRUCT || type->kind == TYPE_UNION || type->kind == TYPE_ARRAY;
}

const struct type *type_pointer(struct arena *arena, const struct type *to, bool userland)
{
	struct type *type = arena_new_one(arena, struct type);

	type->kind = TYPE_PTR;
	type->size = 8;
	type->to = to;
	type->userland = userland;
	return type;
}

const struct type *type_array(struct arena *arena, const struct type *of, uint32_t count)
{
	struct type *type = arena_new_one(arena, struct type);

	type->kind = TYPE_ARRAY;
	type->size = of->size * count;
	type->to = of;
	type->count = count;
	return type;
}

const struct type *type_int_of(uint32_t size, bool is_signed)
{
	switch (size) {
	case 1:
		return is_signed ? &type_int8 : &type_uint8;
	case 2:
		return is_signed ? &type_int16 : &type_uint16;
	case 4:
		return is_signed ? &type_int32 : &type_uint32;
	default:
		return is_signed ? &type_int64 : &type_uint64;
	}
}

void type_complete(const struct type *type)
{
	struct type *mine = (struct type *)type;

	if (!mine->complete)
		return;
	mine->complete(mine);
	mine->complete = NULL;
}

const struct type_member *type_find_member(const struct type *type, const char *name)
{
	uint32_t i;

	type_complete(type);
	for (i = 0; i < type->members_len; i++)
		if (type->members[i].name && !strcmp(type->members[i].name, name))
			return &type->members[i];
	return NULL;
}

uint32_t type_align(const struct type *type)
{
	uint32_t align = 1, i, member;

	switch (type->kind) {
	case TYPE_INT:
	case TYPE_PTR:
	case TYPE_FLOAT:
		return type->size ? type->size : 1;
	case TYPE_ARRAY:
		return type_align(type->to);
	case TYPE_STRUCT:
	case TYPE_UNION:
		type_complete(type);
		for (i = 0; i < type->members_len; i++) {
			member = type_align(type->members[i].type);
			if (member > align)
				align = member;
		}
		return align;
	default:
		return 1;
	}
}

bool type_is_int(const struct type *type)
{
	return type->kind == TYPE_INT;
}

bool type_is_scalar(const struct type *type)
{
	return type->kind == TYPE_INT || type->kind == TYPE_PTR;
}

bool type_is_token(const struct type *type)
{
	return type->kind == TYPE_STACK || type->kind == TYPE_SYMBOL;
}

bool type_is_string(const struct type *type)
{
	return type->kind == TYPE_STRING;
}

bool type_is_bytes(const struct type *type)
{
	return type->kind == TYPE_ARRAY && type->to->kind == TYPE_INT && type->to->size == 1;
}

bool type_is_text(const struct type *type)
{
	if (type->kind == TYPE_PTR)
		return type->to->kind == TYPE_INT && type->to->size == 1;
	return type_is_string(type) || type_is_bytes(type);
}

bool type_equal(const struct type *a, const struct type *b)
{
	if (a == b)
		return true;
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case TYPE_INT:
		return a->size == b->size && a->is_signed == b->is_signed;
	case TYPE_PTR:
		return a->userland == b->userland && type_equal(a->to, b->to);
	case TYPE_ARRAY:
		return a->count == b->count && type_equal(a->to, b->to);
	case TYPE_FLOAT:
		return a->size == b->size;
	case TYPE_STRUCT:
	case TYPE_UNION:
		return false; /* each is declared once, and compares by address */
	default:
		return true;
	}
}

const struct type *type_promote(const struct type *type)
{
	if (type->kind == TYPE_INT && type->size < 4)
		return &type_int;
	return type;
}

const struct type *type_usual(const struct type *a, const struct type *b)
{
	a = type_promote(a);
	b = type_promote(b);
	if (a->size != b->size)
		return a->size > b->size ? a : b; /* the wider one can hold both: LP64 has no case between */
	return a->is_signed ? b : a;
}

bool type_is_alike(const struct type *a, const struct type *b)
{
	return a->kind == b->kind &&
	       (a->kind == TYPE_SYMBOL ? a->form == b->form : a->kind != TYPE_INT || type_equal(a, b));
}

bool type_needs_convert(const struct type *from, const struct type *to)
{
	if (to->kind != TYPE_INT || to->size >= 8)
		return false;
	if (from->kind != TYPE_INT || from->size > to->size)
		return true;
	return from->is_signed != to->is_signed && (from->is_signed || from->size == to->size);
}

void type_print(const struct type *type, struct buf *out)
{
	const struct type *base = type;

	if (type->name) {
		buf_puts(out, type->name);
		return;
	}
	switch (type->kind) {
	case TYPE_PTR:
		while (base->kind == TYPE_PTR && !base->name)
			base = base->to;
		if (type->userland)
			buf_puts(out, "userland ");
		type_print(base, out);
		buf_putc(out, ' ');
		for (; type != base; type = type->to)
			buf_putc(out, '*');
		break;
	case TYPE_ARRAY:
		while (base->kind == TYPE_ARRAY && !base->name)
			base = base->to;
		type_print(base, out);
		buf_putc(out, ' ');
		for (; type != base; type = type->to)
			buf_printf(out, "[%u]", type->count);
		break;
	case TYPE_UNION:
		buf_puts(out, "union");
		break;
	default:
		buf_puts(out, "struct");
		break;
	}
}
