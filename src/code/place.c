/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Strings: places, copies, comparison. Every string in a place is padded with zeros to the place's room. */
#include "code/gen.h"

#include <assert.h>
#include <string.h>

/* Up to this many bytes are moved word by word; above, one helper call is shorter. */
enum { INLINE_BYTES = 512 };

uint32_t string_room(const struct type *type)
{
	return (type->size + 7) & ~7u;
}

static int place_base(struct gen *gen, struct place place, int reg)
{
	switch (place.base) {
	case PLACE_SCRATCH:
		return REG_SCRATCH;
	case PLACE_RECORD:
		return REG_RECORD;
	case PLACE_MAP:
		emit_map_value(gen, reg, place.map, place.offset);
		return reg;
	}
	return -1;
}

static int32_t place_offset(struct place place)
{
	return place.base == PLACE_MAP ? 0 : (int32_t)place.offset;
}

/* Offsets in instructions have 16 bits; scratch memory and records may be larger. */
static int near_base(struct gen *gen, struct place place, int reg, int32_t *offset)
{
	int base = place_base(gen, place, reg);

	*offset = place_offset(place);
	if (*offset + (int64_t)place.room < INT16_MAX)
		return base;
	emit(gen, INSN_MOV_REG(reg, base));
	emit(gen, INSN_ALU_IMM(BPF_ADD, reg, *offset));
	*offset = 0;
	return reg;
}

void emit_place_address(struct gen *gen, int reg, struct place place)
{
	int base = place_base(gen, place, reg);

	if (base != reg)
		emit(gen, INSN_MOV_REG(reg, base));
	if (place_offset(place))
		emit(gen, INSN_ALU_IMM(BPF_ADD, reg, place_offset(place)));
}

static void copy_by_call(struct gen *gen, struct place to, struct place from, uint32_t size)
{
	emit_place_address(gen, R1, to);
	emit_place_address(gen, R3, from);
	emit(gen, INSN_MOV_IMM(R2, size));
	emit_call(gen, HELPER_READ_KERNEL);
}

static void zero_from(struct gen *gen, struct place place, uint32_t start)
{
	int32_t offset;
	int base;

	if (start >= place.room)
		return;
	place.offset += start;
	place.room -= start;
	if (place.room > INLINE_BYTES) {
		if (gen->layout->zeros_size < place.room)
			gen->layout->zeros_size = place.room;
		copy_by_call(gen, place, (struct place){PLACE_MAP, gen->layout->map_zeros, 0, place.room}, place.room);
		return;
	}
	base = near_base(gen, place, R1, &offset);
	for (uint32_t i = 0; i < place.room; i += 8)
		emit(gen, INSN_STORE_IMM(BPF_DW, base, offset + (int32_t)i, 0));
}

void emit_place_zero(struct gen *gen, struct place place)
{
	zero_from(gen, place, 0);
}

void emit_place_copy(struct gen *gen, struct place to, struct place from)
{
	uint32_t size = to.room < from.room ? to.room : from.room;
	int32_t to_offset, from_offset;
	int to_base, from_base;

	if (size > INLINE_BYTES) {
		copy_by_call(gen, to, from, size);
	} else {
		from_base = near_base(gen, from, R2, &from_offset);
		to_base = near_base(gen, to, R1, &to_offset);
		for (uint32_t i = 0; i < size; i += 8) {
			emit(gen, INSN_LOAD(BPF_DW, R3, from_base, from_offset + (int32_t)i));
			emit(gen, INSN_STORE(BPF_DW, to_base, to_offset + (int32_t)i, R3));
		}
	}
	if (from.room > to.room) { /* may have been cut */
		to_base = near_base(gen, to, R1, &to_offset);
		emit(gen, INSN_STORE_IMM(BPF_B, to_base, to_offset + (int32_t)to.room - 1, 0));
	}
	zero_from(gen, to, size);
}

struct place place_scratch(struct gen *gen, uint32_t room)
{
	return (struct place){.base = PLACE_SCRATCH, .offset = scratch_new(gen, room), .room = (room + 7) & ~7u};
}

struct place place_const(struct gen *gen, const char *text, size_t size)
{
	struct buf *rodata = &gen->layout->rodata;
	uint32_t room = (uint32_t)(size + 8) & ~7u;
	struct place place = {.base = PLACE_MAP, .map = gen->layout->map_rodata, .room = room};

	for (size_t at = 0; at + room <= rodata->size; at += 8)
		if (!memcmp(rodata->data + at, text, size) && !rodata->data[at + size] &&
		    !memcmp(rodata->data + at + size, "\0\0\0\0\0\0\0", room - size)) {
			place.offset = (uint32_t)at;
			return place;
		}
	place.offset = (uint32_t)rodata->size;
	buf_add(rodata, text, size);
	buf_add(rodata, "\0\0\0\0\0\0\0", room - size);
	return place;
}

static void gen_string_cond(struct gen *gen, const struct expr *expr, struct place to)
{
	struct label no = {0}, end = {0};

	gen_condition(gen, expr->left, &no);
	gen_string(gen, expr->right, to);
	emit_jump(gen, &end);
	label_bind(gen, &no);
	gen_string(gen, expr->third, to);
	label_bind(gen, &end);
}

/* The text at an address, or in an array of bytes. */
static void gen_text_at(struct gen *gen, const struct expr *expr, struct place to)
{
	const struct type *type = expr->left->type;
	uint32_t limit = (uint32_t)gen->options->strsize;
	bool userland = false;

	if (type->kind == TYPE_ARRAY) {
		gen_address(gen, expr->left, &userland);
		if (type->size < limit)
			limit = type->size + 1;
	} else {
		gen_scalar(gen, expr->left);
		userland = type->kind == TYPE_PTR && type->userland;
	}
	emit_read_string(gen, to, limit, userland, expr->loc);
}

static struct place text_place(struct gen *gen, const struct expr *expr)
{
	return place_const(gen, expr->text, strnlen(expr->text, expr->text_size));
}

void gen_string(struct gen *gen, const struct expr *expr, struct place to)
{
	struct value value = {.place = to};
	struct place still;

	switch (expr->kind) {
	case EXPR_CONST: /* no string */
		emit_place_zero(gen, to);
		break;
	case EXPR_TEXT:
		emit_place_copy(gen, to, text_place(gen, expr));
		break;
	case EXPR_VAR:
		gen_var_string(gen, expr, to);
		break;
	case EXPR_ARG:
		emit_line(gen, expr->loc);
		gen_probe_arg_string(gen, expr->arg, to, expr->loc);
		break;
	case EXPR_BUILTIN:
		emit_line(gen, expr->loc);
		expr->builtin->gen(gen, expr, &value);
		break;
	case EXPR_CALL:
		emit_line(gen, expr->loc);
		expr->func->gen(gen, expr, &value);
		break;
	case EXPR_CONVERT:
		gen_string(gen, expr->left, to);
		break;
	case EXPR_STRING:
		gen_text_at(gen, expr, to);
		break;
	case EXPR_COND:
		gen_string_cond(gen, expr, to);
		break;
	case EXPR_THEN:
		gen_effect(gen, expr->left);
		gen_string(gen, expr->right, to);
		break;
	case EXPR_ASSIGN:
		gen_var_assign(gen, expr);
		if (var_string_place(gen, expr->left, &still))
			emit_place_copy(gen, to, still);
		else
			gen_var_string(gen, expr->left, to);
		break;
	default:
		assert(!"a string");
	}
}

struct place gen_string_anywhere(struct gen *gen, const struct expr *expr)
{
	struct place place;

	if (expr->kind == EXPR_TEXT)
		return text_place(gen, expr);
	if (var_string_place(gen, expr, &place))
		return place;
	place = place_scratch(gen, string_room(expr->type));
	gen_string(gen, expr, place);
	return place;
}

/*
 * Words are compared until they differ. Equal words up to the smaller room mean equal strings, since the final NUL was
 * among them. For order the differing words are compared as big-endian numbers, which is byte order.
 */
void gen_string_compare(struct gen *gen, const struct expr *expr)
{
	uint32_t mark = gen->scratch_now;
	struct place left = gen_string_anywhere(gen, expr->left), right = gen_string_anywhere(gen, expr->right);
	uint32_t size = left.room < right.room ? left.room : right.room;
	struct label differ = {0}, yes = {0}, end = {0};
	int32_t left_offset, right_offset;
	int left_base, right_base;

	left_base = near_base(gen, left, R1, &left_offset);
	right_base = near_base(gen, right, R2, &right_offset);
	for (uint32_t i = 0; i < size; i += 8) {
		emit(gen, INSN_LOAD(BPF_DW, R3, left_base, left_offset + (int32_t)i));
		emit(gen, INSN_LOAD(BPF_DW, R4, right_base, right_offset + (int32_t)i));
		emit_jump_reg(gen, BPF_JNE, R3, R4, &differ);
	}
	emit(gen, INSN_MOV_IMM(R0, expr->op == PLAN_EQ || expr->op == PLAN_LE || expr->op == PLAN_GE));
	emit_jump(gen, &end);
	label_bind(gen, &differ);
	if (expr->op == PLAN_EQ || expr->op == PLAN_NE) {
		emit(gen, INSN_MOV_IMM(R0, expr->op == PLAN_NE));
	} else {
		emit(gen, INSN_SWAP64(R3));
		emit(gen, INSN_SWAP64(R4));
		emit(gen, INSN_MOV_IMM(R0, 1));
		emit_jump_reg(gen, expr->op == PLAN_LT || expr->op == PLAN_LE ? BPF_JLT : BPF_JGT, R3, R4, &yes);
		emit(gen, INSN_MOV_IMM(R0, 0));
		label_bind(gen, &yes);
	}
	label_bind(gen, &end);
	scratch_release(gen, mark);
}
