/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/x86_flow.h"

static bool has_two_operands(const struct x86_insn *insn)
{
	return insn->operands[1].kind != X86_NONE && insn->operands[2].kind == X86_NONE;
}

/* False: a place of another kind. */
static bool place_of(const struct x86_insn *insn, const struct x86_operand *operand, struct x86_place *place)
{
	const struct x86_mem *mem = &insn->mem;

	if (operand->kind == X86_REG) {
		*place = (struct x86_place){.reg = operand->reg};
		return operand->size >= 4;
	}
	*place = (struct x86_place){.reg = mem->base, .in_memory = true, .offset = mem->disp};
	return operand->kind == X86_MEM && mem->is_known && mem->base < X86_RIP && mem->index == X86_NO_REG && !mem->segment;
}

bool x86_memory(const struct x86_insn *insn, struct x86_place *place)
{
	for (unsigned i = 0; i < X86_OPERANDS; i++)
		if (insn->operands[i].kind == X86_MEM)
			return place_of(insn, &insn->operands[i], place);
	return false;
}

bool x86_ends(const struct x86_insn *insn)
{
	return insn->op == X86_RETURN || insn->op == X86_JUMP || insn->op == X86_JUMP_ANYWHERE;
}

static bool is_call(const struct x86_insn *insn)
{
	return insn->op == X86_CALL || insn->op == X86_CALL_ANYWHERE;
}

/* ---- moves ---- */

/* Is the operand memory at a fixed address? Then mem.disp is that. */
static bool is_at_address(const struct x86_insn *insn, const struct x86_operand *operand)
{
	return operand->kind == X86_MEM && insn->mem.is_known && insn->mem.base == X86_RIP && insn->mem.index == X86_NO_REG && !insn->mem.segment;
}

static void move_between(const struct x86_insn *insn, struct x86_move *move)
{
	const struct x86_operand *to = &insn->operands[0], *from = &insn->operands[1];

	if (!has_two_operands(insn) || to->size < 4 || !(to->access & X86_WRITE) || !place_of(insn, to, &move->to))
		return;
	move->kind = X86_MOVE_OTHER;
	if (insn->op == X86_LEA && is_at_address(insn, from)) {
		move->kind = X86_MOVE_NUMBER;
		move->number = (uint64_t)insn->mem.disp;
	} else if (insn->op == X86_MOV && from->kind == X86_IMM) {
		move->kind = X86_MOVE_NUMBER;
		move->number = to->kind == X86_REG && to->size == 4 ? (uint32_t)insn->imm : (uint64_t)insn->imm;
	} else if (insn->op == X86_XOR && from->kind == X86_REG && to->kind == X86_REG && from->reg == to->reg) {
		move->kind = X86_MOVE_NUMBER;
	} else if ((insn->op == X86_MOV || insn->op == X86_CMOV) && place_of(insn, from, &move->from)) {
		move->kind = insn->op == X86_MOV ? X86_MOVE_COPY : X86_MOVE_MAYBE;
	}
}

void x86_move(const struct x86_insn *insn, struct x86_move *move)
{
	enum { CHANGED_BY_CALLS = 0xf37 }; /* rax, rdx, rcx, rsi, rdi, r8 to r11 */

	*move = (struct x86_move){.writes = insn->writes};
	if (!is_call(insn) && insn->op != X86_JUMP_ANYWHERE) {
		move_between(insn, move);
		return;
	}
	move->writes |= CHANGED_BY_CALLS;
	if (insn->op == X86_CALL) {
		move->kind = X86_MOVE_RESULT;
		move->number = insn->target;
	} else if (is_at_address(insn, &insn->operands[0])) {
		move->kind = X86_MOVE_RESULT_AT;
		move->number = (uint64_t)insn->mem.disp;
	}
}

static enum x86_origin origin_of(const struct x86_insn *insn, const struct x86_operand *operand, unsigned *from)
{
	if (operand->kind == X86_REG) {
		*from = operand->reg;
		return X86_ORIGIN_REG;
	}
	if (operand->kind != X86_MEM || !insn->mem.is_known)
		return X86_ORIGIN_OTHER;
	return insn->mem.index == X86_NO_REG ? X86_ORIGIN_WORD : X86_ORIGIN_TABLE;
}

enum x86_origin x86_origin(const struct x86_insn *insn, unsigned reg, unsigned *from)
{
	struct x86_move move;

	if (insn->op == X86_JUMP_ANYWHERE)
		return origin_of(insn, &insn->operands[0], from);
	x86_move(insn, &move);
	if (!(move.writes >> reg & 1))
		return X86_ORIGIN_KEPT;
	if (is_call(insn))
		return X86_ORIGIN_WORD; /* a pointer that a function gave */
	if (insn->op == X86_ADD || insn->op == X86_LEA || (insn->op == X86_EXTEND && insn->operands[1].size == 4))
		return X86_ORIGIN_TABLE;
	return insn->op == X86_MOV ? origin_of(insn, &insn->operands[1], from) : X86_ORIGIN_OTHER;
}

/* ---- steps of a function's beginning ---- */

static bool is_reg(const struct x86_operand *operand)
{
	return operand->kind == X86_REG && !operand->is_high;
}

static void step_store(const struct x86_insn *insn, struct x86_step *step)
{
	const struct x86_operand *to = &insn->operands[0], *from = &insn->operands[1];

	step->kind = X86_STEP_STORE;
	step->size = to->size ? to->size : insn->vector_size;
	if (from->kind == X86_ELSE)
		step->reg = X86_REG_VECTOR;
	else if (is_reg(from))
		step->reg = from->reg;
}

/* To a register. */
static void step_to(const struct x86_insn *insn, struct x86_step *step)
{
	const struct x86_operand *to = &insn->operands[0], *from = &insn->operands[1];
	bool is_copy = insn->op == X86_MOV || insn->op == X86_EXTEND;

	step->to = to->reg;
	step->size = from->size;
	if (insn->op == X86_LEA && place_of(insn, from, &step->place)) {
		step->kind = X86_STEP_ADDRESS;
	} else if (is_copy && from->kind == X86_MEM && place_of(insn, from, &step->place)) {
		step->kind = X86_STEP_LOAD;
	} else if (is_copy && is_reg(from)) {
		step->kind = X86_STEP_COPY;
		step->reg = from->reg;
	} else if (insn->op == X86_SHR && to->size == 8) {
		step->kind = X86_STEP_SHIFT;
		step->number = from->kind == X86_IMM ? insn->imm : 1;
	} else if (insn->op == X86_AND && from->kind == X86_IMM && insn->imm == 1 && to->size == 1) {
		step->kind = X86_STEP_COPY; /* clang's bool */
		step->reg = to->reg;
		step->size = 1;
	}
}

/* add, sub of the stack pointer by a constant. */
static bool moves_sp(const struct x86_insn *insn, int64_t *by)
{
	if ((insn->op != X86_ADD && insn->op != X86_SUB) || insn->operands[0].kind != X86_REG || insn->operands[0].reg != X86_RSP ||
	    insn->operands[1].kind != X86_IMM)
		return false;
	*by = insn->op == X86_ADD ? insn->imm : -insn->imm;
	return true;
}

void x86_step(const struct x86_insn *insn, struct x86_step *step)
{
	const struct x86_operand *to = &insn->operands[0], *from = &insn->operands[1];

	*step = (struct x86_step){.kind = X86_STEP_OTHER, .reg = X86_REG_NOT_KNOWN, .writes = insn->writes};
	if (x86_ends(insn) || is_call(insn) || insn->op == X86_BRANCH) {
		step->kind = X86_STEP_LEAVES;
	} else if (insn->op == X86_PUSH) {
		step->kind = to->kind != X86_IMM && to->size != 8 ? X86_STEP_LEAVES : X86_STEP_PUSH;
		step->reg = is_reg(to) ? to->reg : X86_REG_NOT_KNOWN;
		step->size = 8;
	} else if (moves_sp(insn, &step->number)) {
		step->kind = X86_STEP_MOVE_SP;
	} else if (has_two_operands(insn) && to->kind == X86_MEM && to->access == X86_WRITE && (insn->op == X86_MOV || from->kind == X86_ELSE)) {
		if (place_of(insn, to, &step->place))
			step_store(insn, step);
	} else if (is_reg(to) && insn->operands[2].kind == X86_NONE) {
		step_to(insn, step);
	}
}
