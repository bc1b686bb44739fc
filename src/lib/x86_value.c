/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/x86_value.h"

static bool has_two_operands(const struct x86_insn *insn)
{
	return insn->operands[1].kind != X86_NONE && insn->operands[2].kind == X86_NONE;
}

/* False: an address of another kind. */
static bool place_of_mem(const struct x86_mem *mem, struct x86_place *place)
{
	*place = (struct x86_place){.reg = mem->base, .in_memory = true, .offset = mem->disp};
	return mem->is_known && mem->base < X86_RIP && mem->index == X86_NO_REG && !mem->segment;
}

/* A word, or the lower half of one, which is all of a register when written. */
static bool place_of(const struct x86_insn *insn, const struct x86_operand *operand, struct x86_place *place)
{
	if (operand->kind == X86_MEM)
		return place_of_mem(&insn->mem, place);
	*place = (struct x86_place){.reg = operand->reg};
	return operand->kind == X86_REG && operand->size >= 4;
}

/* %ah and the like are not the lowest byte of their register. */
static bool is_low(const struct x86_operand *operand)
{
	return operand->kind == X86_REG && !operand->is_high;
}

static bool is_in_file(const struct x86_mem *mem)
{
	return mem->is_known && mem->base == X86_RIP && mem->index == X86_NO_REG && !mem->segment;
}

static bool is_call(const struct x86_insn *insn)
{
	return insn->op == X86_CALL || insn->op == X86_CALL_ANYWHERE;
}

uint32_t x86_changes(const struct x86_insn *insn)
{
	enum { CHANGED_BY_CALLS = 0xf37 }; /* rax, rdx, rcx, rsi, rdi, r8 to r11 */

	return insn->writes | (is_call(insn) ? CHANGED_BY_CALLS : 0);
}

/* ---- moves ---- */

static void move_between(const struct x86_insn *insn, struct x86_move *move)
{
	const struct x86_operand *to = &insn->operands[0], *from = &insn->operands[1];

	if (!has_two_operands(insn) || !(to->access & X86_WRITE) || to->size < 4 || !place_of(insn, to, &move->to))
		return;
	move->kind = X86_MOVE_OTHER;
	if (insn->op == X86_LEA && is_in_file(&insn->mem)) {
		move->kind = X86_MOVE_NUMBER;
		move->number = (uint64_t)insn->mem.disp;
	} else if (insn->op == X86_MOV && from->kind == X86_IMM) {
		move->kind = X86_MOVE_NUMBER;
		move->number = to->size == 4 ? (uint32_t)insn->imm : (uint64_t)insn->imm;
	} else if (insn->op == X86_XOR && to->kind == X86_REG && from->kind == X86_REG && from->reg == to->reg) {
		move->kind = X86_MOVE_NUMBER;
	} else if ((insn->op == X86_MOV || insn->op == X86_MOV_IF) && place_of(insn, from, &move->from)) {
		move->kind = insn->op == X86_MOV ? X86_MOVE_COPY : X86_MOVE_MAYBE;
	}
}

void x86_move(const struct x86_insn *insn, struct x86_move *move)
{
	*move = (struct x86_move){.writes = x86_changes(insn)};
	if (insn->op == X86_CALL) {
		move->kind = X86_MOVE_RESULT;
		move->number = insn->target;
	} else if (insn->op != X86_CALL_ANYWHERE && insn->op != X86_JUMP_ANYWHERE) {
		move_between(insn, move);
	} else if (insn->operands[0].kind == X86_MEM && is_in_file(&insn->mem)) {
		move->kind = X86_MOVE_RESULT_AT;
		move->number = (uint64_t)insn->mem.disp;
	}
}

/* ---- origins ---- */

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

enum x86_origin x86_origin(const struct x86_insn *insn, unsigned *from)
{
	switch (insn->op) {
	case X86_JUMP_ANYWHERE:
		return origin_of(insn, &insn->operands[0], from);
	case X86_CALL:
	case X86_CALL_ANYWHERE:
		return X86_ORIGIN_WORD; /* a pointer that a function gave */
	case X86_ADD:
	case X86_LEA:
	case X86_EXTEND_SIGN:
		return X86_ORIGIN_TABLE;
	case X86_MOV:
		return origin_of(insn, &insn->operands[1], from);
	default:
		return X86_ORIGIN_OTHER;
	}
}

/* ---- steps of a function's beginning ---- */

static bool is_copy(const struct x86_insn *insn)
{
	return insn->op == X86_MOV || insn->op == X86_EXTEND || insn->op == X86_EXTEND_SIGN;
}

static void step_into_memory(const struct x86_insn *insn, struct x86_step *step)
{
	const struct x86_operand *to = &insn->operands[0], *from = &insn->operands[1];
	bool is_vector = from->kind == X86_ELSE;

	if (!(to->access & X86_WRITE) || (insn->op != X86_MOV && !is_vector) || from->kind == X86_IMM ||
	    !place_of_mem(&insn->mem, &step->place))
		return;
	step->kind = X86_STEP_STORE;
	step->reg = is_vector ? X86_REG_VECTOR : is_low(from) ? from->reg : X86_REG_NOT_KNOWN;
	step->size = to->size ? to->size : insn->vector_size;
}

static void step_into_register(const struct x86_insn *insn, struct x86_step *step)
{
	const struct x86_operand *to = &insn->operands[0], *from = &insn->operands[1];

	step->to = to->reg;
	if (from->kind == X86_MEM && insn->op == X86_LEA && place_of_mem(&insn->mem, &step->place)) {
		step->kind = X86_STEP_ADDRESS;
	} else if (from->kind == X86_MEM && is_copy(insn) && place_of_mem(&insn->mem, &step->place)) {
		step->kind = X86_STEP_LOAD;
		step->size = from->size;
	} else if (is_low(from) && is_copy(insn)) {
		step->kind = X86_STEP_COPY;
		step->reg = from->reg;
		step->size = from->size;
	} else if (from->kind == X86_IMM && insn->op == X86_SHIFT_DOWN && to->size == 8) {
		step->kind = X86_STEP_SHIFT;
		step->number = insn->imm;
	} else if (from->kind == X86_IMM && insn->op == X86_AND && insn->imm == 1 && to->size == 1) {
		step->kind = X86_STEP_COPY; /* clang's bool */
		step->reg = to->reg;
		step->size = 1;
	}
}

/* add, sub and the like. */
static bool is_sp_and_number(const struct x86_insn *insn)
{
	return insn->operands[0].kind == X86_REG && insn->operands[0].reg == X86_RSP && insn->operands[0].size == 8 &&
	       insn->operands[1].kind == X86_IMM;
}

static bool may_leave(const struct x86_insn *insn)
{
	return is_call(insn) || insn->op == X86_RETURN || insn->op == X86_JUMP || insn->op == X86_JUMP_ANYWHERE ||
	       insn->op == X86_BRANCH;
}

void x86_step(const struct x86_insn *insn, struct x86_step *step)
{
	const struct x86_operand *first = &insn->operands[0];

	*step = (struct x86_step){.kind = X86_STEP_OTHER, .reg = X86_REG_NOT_KNOWN, .writes = insn->writes};
	if (may_leave(insn)) {
		step->kind = X86_STEP_LEAVES;
	} else if (insn->op == X86_PUSH && (first->size == 8 || first->kind == X86_IMM)) {
		step->kind = X86_STEP_PUSH;
		step->reg = first->kind == X86_REG ? first->reg : X86_REG_NOT_KNOWN;
		step->size = 8;
	} else if (is_sp_and_number(insn) && (insn->op == X86_ADD || insn->op == X86_SUB)) {
		step->kind = X86_STEP_MOVE_SP;
		step->number = insn->op == X86_ADD ? insn->imm : -insn->imm;
	} else if (is_sp_and_number(insn) && insn->op == X86_AND && insn->imm < 0) {
		step->kind = X86_STEP_ALIGN_SP;
	} else if (has_two_operands(insn) && first->kind == X86_MEM) {
		step_into_memory(insn, step);
	} else if (has_two_operands(insn) && is_low(first)) {
		step_into_register(insn, step);
	}
}

bool x86_memory(const struct x86_insn *insn, struct x86_place *place)
{
	for (unsigned i = 0; i < X86_OPERANDS; i++)
		if (insn->operands[i].kind == X86_MEM)
			return place_of_mem(&insn->mem, place);
	return false;
}
