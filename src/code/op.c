/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Arithmetic on two numbers, with C's meaning for their type. */
#include "code/gen.h"

/*
 * Numbers are computed with 64 bits and cut to their type, so a shift by more than the type's width, which C leaves
 * undefined, shifts all out; beyond 63 the count's lower bits decide. Fronts that compute constants do the same.
 */
enum { SHIFT_MASK = 63 };

static int alu_op(enum plan_op op, bool is_signed)
{
	switch (op) {
	case PLAN_ADD:
		return BPF_ADD;
	case PLAN_SUB:
		return BPF_SUB;
	case PLAN_MUL:
		return BPF_MUL;
	case PLAN_AND:
		return BPF_AND;
	case PLAN_OR:
		return BPF_OR;
	case PLAN_XOR:
		return BPF_XOR;
	case PLAN_SHL:
		return BPF_LSH;
	case PLAN_SHR:
		return is_signed ? BPF_ARSH : BPF_RSH;
	case PLAN_DIV:
		return BPF_DIV;
	default:
		return BPF_MOD;
	}
}

/* Makes `reg` positive; R2 counts the signs that were taken away. */
static void emit_abs(struct gen *gen, int reg, bool counts)
{
	struct label positive = {0};

	emit_jump_imm(gen, BPF_JSGE, reg, 0, &positive);
	emit(gen, INSN_NEG(reg));
	if (counts)
		emit(gen, INSN_ALU_IMM(BPF_XOR, R2, 1));
	label_bind(gen, &positive);
}

/*
 * Signed division by unsigned instructions, since eBPF had none before Linux 6.6: the quotient's sign is the product of
 * both, the remainder's that of the dividend.
 */
static void emit_signed_div(struct gen *gen, int op)
{
	struct label end = {0};

	emit(gen, INSN_MOV_IMM(R2, 0));
	emit_abs(gen, R0, true);
	emit_abs(gen, R1, op == BPF_DIV);
	emit(gen, INSN_ALU_REG(op, R0, R1));
	emit_jump_imm(gen, BPF_JEQ, R2, 0, &end);
	emit(gen, INSN_NEG(R0));
	label_bind(gen, &end);
}

/* By a constant above zero: it need not be tested. */
static void emit_div_const(struct gen *gen, int op, bool is_signed, int32_t imm)
{
	struct label end = {0};

	if (is_signed) {
		emit(gen, INSN_MOV_IMM(R2, 0));
		emit_abs(gen, R0, true);
	}
	emit(gen, INSN_ALU_IMM(op, R0, imm));
	if (is_signed) {
		emit_jump_imm(gen, BPF_JEQ, R2, 0, &end);
		emit(gen, INSN_NEG(R0));
		label_bind(gen, &end);
	}
}

static void emit_div(struct gen *gen, int op, bool is_signed, struct loc loc)
{
	struct label good = {0};
	int32_t imm;

	if (emit_take_back(gen, R1, &imm)) {
		if (imm > 0) {
			emit_div_const(gen, op, is_signed, imm);
			return;
		}
		emit(gen, INSN_MOV_IMM(R1, imm));
	}
	emit_jump_imm(gen, BPF_JNE, R1, 0, &good);
	emit_fault(gen, FAULT_DIVZERO, -1, loc);
	label_bind(gen, &good);
	if (is_signed)
		emit_signed_div(gen, op);
	else
		emit(gen, INSN_ALU_REG(op, R0, R1));
}

void gen_binary_op(struct gen *gen, enum plan_op op, const struct type *type, struct loc loc)
{
	bool is_signed = type->kind == TYPE_INT && type->is_signed;
	bool is_shift = op == PLAN_SHL || op == PLAN_SHR;
	int alu = alu_op(op, is_signed);
	int32_t imm;

	if (op == PLAN_DIV || op == PLAN_MOD) {
		emit_div(gen, alu, is_signed, loc);
	} else if (emit_take_back(gen, R1, &imm)) { /* a constant on the right: part of the operation */
		if (is_shift)
			imm &= SHIFT_MASK;
		emit(gen, INSN_ALU_IMM(alu, R0, imm));
	} else {
		if (is_shift)
			emit(gen, INSN_ALU_IMM(BPF_AND, R1, SHIFT_MASK));
		emit(gen, INSN_ALU_REG(alu, R0, R1));
	}
	emit_convert(gen, R0, type);
}
