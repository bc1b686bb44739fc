/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Scalars in memory, and bit-fields, which share a unit of 1 to 8 bytes with others. */
#include "code/gen.h"

static const int mem_size[] = {[1] = BPF_B, [2] = BPF_H, [4] = BPF_W, [8] = BPF_DW};

bool place_is_field(const struct expr *place)
{
	return place->kind == EXPR_MEMBER && place->member->bit_size;
}

uint32_t place_bytes(const struct expr *place)
{
	return place->kind == EXPR_MEMBER && place->member->unit ? place->member->unit : place->type->size;
}

void emit_field_in(struct gen *gen, const struct expr *place, int32_t at)
{
	const struct type_member *field = place->member;
	uint64_t mask = (field->bit_size == 64 ? 0 : (1ull << field->bit_size)) - 1;

	emit_imm64(gen, R3, (int64_t)mask);
	emit(gen, INSN_ALU_REG(BPF_AND, R0, R3));
	emit(gen, INSN_ALU_IMM(BPF_LSH, R0, field->bit_offset));
	emit_imm64(gen, R3, (int64_t) ~(mask << field->bit_offset));
	emit(gen, INSN_LOAD(mem_size[place_bytes(place)], R1, R2, at));
	emit(gen, INSN_ALU_REG(BPF_AND, R1, R3));
	emit(gen, INSN_ALU_REG(BPF_OR, R0, R1));
}

static void cut(struct gen *gen, const struct expr *place, int32_t left)
{
	emit(gen, INSN_ALU_IMM(BPF_LSH, R0, left));
	emit(gen, INSN_ALU_IMM(place->type->is_signed ? BPF_ARSH : BPF_RSH, R0, 64 - place->member->bit_size));
}

void emit_field_out(struct gen *gen, const struct expr *place)
{
	cut(gen, place, 64 - place->member->bit_offset - place->member->bit_size);
}

void emit_field_cut(struct gen *gen, const struct expr *place)
{
	cut(gen, place, 64 - place->member->bit_size);
}

void emit_scale(struct gen *gen, const struct type *type, int reg)
{
	if (type->kind == TYPE_PTR && type->to->size > 1)
		emit(gen, INSN_ALU_IMM(BPF_MUL, reg, (int32_t)type->to->size));
}

int32_t step_size(const struct expr *expr)
{
	const struct type *type = expr->left->type;

	return expr->step * (type->kind == TYPE_PTR && type->to->size ? (int32_t)type->to->size : 1);
}
