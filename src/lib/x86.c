/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/x86.h"

#include <capstone/capstone.h>

struct current {
	csh handle;
	cs_insn *insn;
};

/* sub or xor %fs:0x28, %reg: where glibc keeps the stack protector's word. */
static bool is_canary(const cs_insn *insn)
{
	const cs_x86 *x86 = &insn->detail->x86;

	return (insn->id == X86_INS_SUB || insn->id == X86_INS_XOR) && x86->op_count == 2 &&
	       x86->operands[0].type == X86_OP_REG && x86->operands[1].type == X86_OP_MEM &&
	       x86->operands[1].mem.segment == X86_REG_FS && x86->operands[1].mem.base == X86_REG_INVALID &&
	       x86->operands[1].mem.disp == 0x28;
}

static enum x86_kind kind_of(const cs_insn *insn, uint64_t *target)
{
	switch (insn->id) {
	case X86_INS_RET:
	case X86_INS_RETF:
	case X86_INS_RETFQ:
		return X86_RETURN;
	case X86_INS_JMP:
	case X86_INS_LJMP:
		if (insn->detail->x86.op_count != 1 || insn->detail->x86.operands[0].type != X86_OP_IMM)
			return X86_JUMP_ANYWHERE;
		*target = (uint64_t)insn->detail->x86.operands[0].imm;
		return X86_JUMP;
	default:
		if (insn->id >= X86_INS_JAE && insn->id <= X86_INS_JS && insn->detail->x86.op_count == 1 &&
		    insn->detail->x86.operands[0].type == X86_OP_IMM) {
			*target = (uint64_t)insn->detail->x86.operands[0].imm;
			return X86_BRANCH;
		}
		return is_canary(insn) ? X86_CANARY : X86_OTHER;
	}
}

/* DWARF's number of a general register, whole or a part of it; -1: it is none. */
static int number_of(x86_reg reg, unsigned *size)
{
	static const struct {
		uint16_t r8, e4;
	} regs[16] = {
		{X86_REG_RAX, X86_REG_EAX}, {X86_REG_RDX, X86_REG_EDX},	  {X86_REG_RCX, X86_REG_ECX},	{X86_REG_RBX, X86_REG_EBX},
		{X86_REG_RSI, X86_REG_ESI}, {X86_REG_RDI, X86_REG_EDI},	  {X86_REG_RBP, X86_REG_EBP},	{X86_REG_RSP, X86_REG_ESP},
		{X86_REG_R8, X86_REG_R8D},  {X86_REG_R9, X86_REG_R9D},	  {X86_REG_R10, X86_REG_R10D},	{X86_REG_R11, X86_REG_R11D},
		{X86_REG_R12, X86_REG_R12D}, {X86_REG_R13, X86_REG_R13D}, {X86_REG_R14, X86_REG_R14D}, {X86_REG_R15, X86_REG_R15D},
	};

	for (int i = 0; i < 16; i++)
		if (reg == regs[i].r8 || reg == regs[i].e4) {
			*size = reg == regs[i].r8 ? 8 : 4;
			return i;
		}
	return -1;
}

/* Also of its lower 16 or 8 bits. */
static int number_of_part(x86_reg reg)
{
	static const uint16_t parts[16][3] = {
		{X86_REG_AX, X86_REG_AL, X86_REG_AH},	{X86_REG_DX, X86_REG_DL, X86_REG_DH}, {X86_REG_CX, X86_REG_CL, X86_REG_CH},
		{X86_REG_BX, X86_REG_BL, X86_REG_BH},	{X86_REG_SI, X86_REG_SIL},	      {X86_REG_DI, X86_REG_DIL},
		{X86_REG_BP, X86_REG_BPL},		{X86_REG_SP, X86_REG_SPL},	      {X86_REG_R8W, X86_REG_R8B},
		{X86_REG_R9W, X86_REG_R9B},		{X86_REG_R10W, X86_REG_R10B},	      {X86_REG_R11W, X86_REG_R11B},
		{X86_REG_R12W, X86_REG_R12B},		{X86_REG_R13W, X86_REG_R13B},	      {X86_REG_R14W, X86_REG_R14B},
		{X86_REG_R15W, X86_REG_R15B},
	};
	unsigned size;
	int whole = number_of(reg, &size);

	for (int i = 0; i < 16 && whole < 0 && reg != X86_REG_INVALID; i++)
		if (reg == parts[i][0] || reg == parts[i][1] || reg == parts[i][2])
			return i;
	return whole;
}

static void rax_effect(const cs_insn *insn, struct x86_effects *effects)
{
	const cs_x86 *x86 = &insn->detail->x86;
	unsigned from_size;
	int from;

	effects->rax = X86_RAX_OTHER;
	if (x86->op_count != 2 || x86->operands[0].type != X86_OP_REG || number_of(x86->operands[0].reg, &effects->size) != 0)
		return;
	if (insn->id == X86_INS_XOR && x86->operands[1].type == X86_OP_REG && x86->operands[1].reg == x86->operands[0].reg) {
		effects->rax = X86_RAX_ZERO;
	} else if (insn->id == X86_INS_MOV && x86->operands[1].type == X86_OP_REG) {
		from = number_of(x86->operands[1].reg, &from_size);
		if (from < 0 || from_size != effects->size)
			return;
		effects->reg = (unsigned)from;
		effects->rax = X86_RAX_COPY;
	} else if (insn->id == X86_INS_MOV && x86->operands[1].type == X86_OP_MEM &&
		   x86->operands[1].mem.index == X86_REG_INVALID && x86->operands[1].mem.segment == X86_REG_INVALID) {
		from = number_of(x86->operands[1].mem.base, &from_size);
		if (from < 0 || from_size != 8)
			return;
		effects->reg = (unsigned)from;
		effects->offset = x86->operands[1].mem.disp;
		effects->rax = X86_RAX_LOAD;
	}
}

void x86_effects(const struct x86_code *code, struct x86_effects *effects)
{
	const struct current *current = code->internal;
	cs_regs read, written;
	uint8_t read_len, written_len;

	*effects = (struct x86_effects){.rax = X86_RAX_KEPT};
	if (cs_regs_access(current->handle, current->insn, read, &read_len, written, &written_len) != CS_ERR_OK) {
		*effects = (struct x86_effects){.writes = UINT32_MAX, .rax = X86_RAX_OTHER};
		return;
	}
	for (unsigned i = 0; i < written_len; i++) {
		int number = number_of_part(written[i]);

		if (number >= 0)
			effects->writes |= UINT32_C(1) << number;
	}
	if (effects->writes & 1)
		rax_effect(current->insn, effects);
}

/* ---- moves ---- */

/* False: a place of another kind. */
static bool place_of(const cs_x86_op *operand, struct x86_place *place)
{
	unsigned size;
	int reg = number_of(operand->type == X86_OP_REG ? operand->reg : operand->mem.base, &size);

	*place = (struct x86_place){.reg = (unsigned)reg, .in_memory = operand->type == X86_OP_MEM};
	if (operand->type == X86_OP_MEM) {
		place->offset = operand->mem.disp;
		return reg >= 0 && size == 8 && operand->mem.index == X86_REG_INVALID && operand->mem.segment == X86_REG_INVALID;
	}
	return operand->type == X86_OP_REG && reg >= 0;
}

static bool is_cmov(unsigned id)
{
	static const unsigned ids[] = {X86_INS_CMOVA, X86_INS_CMOVAE, X86_INS_CMOVB,  X86_INS_CMOVBE, X86_INS_CMOVE,  X86_INS_CMOVG,
				       X86_INS_CMOVGE, X86_INS_CMOVL, X86_INS_CMOVLE, X86_INS_CMOVNE, X86_INS_CMOVNO, X86_INS_CMOVNP,
				       X86_INS_CMOVNS, X86_INS_CMOVO, X86_INS_CMOVP,  X86_INS_CMOVS};

	for (unsigned i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (ids[i] == id)
			return true;
	return false;
}

static void move_between(const cs_insn *insn, struct x86_move *move)
{
	const cs_x86_op *to = &insn->detail->x86.operands[0], *from = &insn->detail->x86.operands[1];
	bool is_lea = insn->id == X86_INS_LEA;

	if (insn->detail->x86.op_count != 2 || to->size < 4 || !place_of(to, &move->to))
		return;
	move->kind = X86_MOVE_OTHER;
	if (is_lea && from->mem.base == X86_REG_RIP && from->mem.index == X86_REG_INVALID) {
		move->kind = X86_MOVE_NUMBER;
		move->number = insn->address + insn->size + (uint64_t)from->mem.disp;
	} else if ((insn->id == X86_INS_MOV || insn->id == X86_INS_MOVABS) && from->type == X86_OP_IMM) {
		move->kind = X86_MOVE_NUMBER;
		move->number = (uint64_t)from->imm;
	} else if (insn->id == X86_INS_XOR && from->type == X86_OP_REG && to->type == X86_OP_REG && from->reg == to->reg) {
		move->kind = X86_MOVE_NUMBER;
	} else if ((insn->id == X86_INS_MOV || is_cmov(insn->id)) && place_of(from, &move->from)) {
		move->kind = insn->id == X86_INS_MOV ? X86_MOVE_COPY : X86_MOVE_MAYBE;
	}
}

void x86_move(const struct x86_code *code, struct x86_move *move)
{
	enum { CHANGED_BY_CALLS = 0xf37 }; /* rax, rdx, rcx, rsi, rdi, r8 to r11 */
	const cs_insn *insn = ((const struct current *)code->internal)->insn;
	const cs_x86_op *target = &insn->detail->x86.operands[0];
	struct x86_effects effects;

	x86_effects(code, &effects);
	*move = (struct x86_move){.writes = effects.writes};
	if (insn->id != X86_INS_CALL && code->kind != X86_JUMP_ANYWHERE) {
		move_between(insn, move);
		return;
	}
	move->writes |= CHANGED_BY_CALLS;
	if (target->type == X86_OP_IMM) {
		move->kind = X86_MOVE_RESULT;
		move->number = (uint64_t)target->imm;
	} else if (target->type == X86_OP_MEM && target->mem.base == X86_REG_RIP) {
		move->kind = X86_MOVE_RESULT_AT;
		move->number = insn->address + insn->size + (uint64_t)target->mem.disp;
	}
}

static enum x86_origin origin_of(const cs_x86_op *operand, unsigned *from)
{
	if (operand->type == X86_OP_REG) {
		int number = number_of_part(operand->reg);

		*from = number < 0 ? 0 : (unsigned)number;
		return number < 0 ? X86_ORIGIN_OTHER : X86_ORIGIN_REG;
	}
	if (operand->type != X86_OP_MEM)
		return X86_ORIGIN_OTHER;
	return operand->mem.index == X86_REG_INVALID ? X86_ORIGIN_WORD : X86_ORIGIN_TABLE;
}

enum x86_origin x86_origin(const struct x86_code *code, unsigned reg, unsigned *from)
{
	const cs_insn *insn = ((const struct current *)code->internal)->insn;
	const cs_x86 *x86 = &insn->detail->x86;
	struct x86_move move;

	if (code->kind == X86_JUMP_ANYWHERE)
		return origin_of(&x86->operands[0], from);
	x86_move(code, &move);
	if (!(move.writes >> reg & 1))
		return X86_ORIGIN_KEPT;
	if (insn->id == X86_INS_CALL)
		return X86_ORIGIN_WORD; /* a pointer that a function gave */
	if (insn->id == X86_INS_ADD || insn->id == X86_INS_MOVSXD || insn->id == X86_INS_LEA)
		return X86_ORIGIN_TABLE;
	return insn->id == X86_INS_MOV && x86->op_count == 2 ? origin_of(&x86->operands[1], from) : X86_ORIGIN_OTHER;
}

/* ---- steps of a function's beginning ---- */

static bool is_copy(unsigned id)
{
	return id == X86_INS_MOV || id == X86_INS_MOVZX || id == X86_INS_MOVSX || id == X86_INS_MOVSXD;
}

/* %ah and the like are not the lowest byte of their register. */
static bool is_high_byte(const cs_x86_op *operand)
{
	return operand->type == X86_OP_REG && (operand->reg == X86_REG_AH || operand->reg == X86_REG_BH || operand->reg == X86_REG_CH ||
					       operand->reg == X86_REG_DH);
}

static bool is_vector(x86_reg reg)
{
	return (reg >= X86_REG_XMM0 && reg <= X86_REG_XMM31) || (reg >= X86_REG_YMM0 && reg <= X86_REG_YMM31) ||
	       (reg >= X86_REG_ZMM0 && reg <= X86_REG_ZMM31);
}

static void step_between(const cs_insn *insn, struct x86_step *step)
{
	const cs_x86_op *to = &insn->detail->x86.operands[0], *from = &insn->detail->x86.operands[1];
	int to_reg = to->type == X86_OP_REG ? number_of_part(to->reg) : -1, from_reg = from->type == X86_OP_REG ? number_of_part(from->reg) : -1;

	if (to->type == X86_OP_MEM && from->type == X86_OP_REG && (insn->id == X86_INS_MOV || is_vector(from->reg)) && place_of(to, &step->place)) {
		step->kind = X86_STEP_STORE;
		step->reg = is_high_byte(from) ? X86_REG_NOT_KNOWN : is_vector(from->reg) ? X86_REG_VECTOR : from_reg;
		step->size = to->size;
	} else if (to_reg >= 0 && from->type == X86_OP_MEM && insn->id == X86_INS_LEA && place_of(from, &step->place)) {
		step->kind = X86_STEP_ADDRESS;
		step->to = (unsigned)to_reg;
	} else if (to_reg >= 0 && from->type == X86_OP_MEM && is_copy(insn->id) && place_of(from, &step->place)) {
		step->kind = X86_STEP_LOAD;
		step->to = (unsigned)to_reg;
		step->size = from->size;
	} else if (to_reg >= 0 && from_reg >= 0 && is_copy(insn->id) && !is_high_byte(to) && !is_high_byte(from)) {
		step->kind = X86_STEP_COPY;
		step->to = (unsigned)to_reg;
		step->reg = from_reg;
		step->size = from->size;
	} else if (to_reg >= 0 && insn->id == X86_INS_SHR && from->type == X86_OP_IMM && to->size == 8) {
		step->kind = X86_STEP_SHIFT;
		step->to = (unsigned)to_reg;
		step->number = from->imm;
	} else if (to_reg >= 0 && insn->id == X86_INS_AND && from->type == X86_OP_IMM && from->imm == 1 && to->size == 1 && !is_high_byte(to)) {
		step->kind = X86_STEP_COPY; /* clang's bool */
		step->to = (unsigned)to_reg;
		step->reg = to_reg;
		step->size = 1;
	}
}

/* add, sub of the stack pointer by a constant. */
static bool moves_sp(const cs_insn *insn, int64_t *by)
{
	const cs_x86 *x86 = &insn->detail->x86;

	if ((insn->id != X86_INS_ADD && insn->id != X86_INS_SUB) || x86->op_count != 2 || x86->operands[0].type != X86_OP_REG ||
	    x86->operands[0].reg != X86_REG_RSP || x86->operands[1].type != X86_OP_IMM)
		return false;
	*by = insn->id == X86_INS_ADD ? x86->operands[1].imm : -x86->operands[1].imm;
	return true;
}

void x86_step(const struct x86_code *code, struct x86_step *step)
{
	const cs_insn *insn = ((const struct current *)code->internal)->insn;
	const cs_x86 *x86 = &insn->detail->x86;
	struct x86_effects effects;

	x86_effects(code, &effects);
	*step = (struct x86_step){.kind = X86_STEP_OTHER, .reg = X86_REG_NOT_KNOWN, .writes = effects.writes};
	if ((code->kind != X86_OTHER && code->kind != X86_CANARY) || insn->id == X86_INS_CALL) {
		step->kind = X86_STEP_LEAVES;
	} else if (insn->id == X86_INS_PUSH) {
		step->kind = X86_STEP_PUSH;
		step->reg = x86->operands[0].type == X86_OP_REG ? number_of_part(x86->operands[0].reg) : X86_REG_NOT_KNOWN;
		step->size = 8;
	} else if (moves_sp(insn, &step->number)) {
		step->kind = X86_STEP_MOVE_SP;
	} else if (x86->op_count == 2) {
		step_between(insn, step);
	}
}

bool x86_memory(const struct x86_code *code, struct x86_place *place)
{
	const cs_x86 *x86 = &((const struct current *)code->internal)->insn->detail->x86;

	for (unsigned i = 0; i < x86->op_count; i++)
		if (x86->operands[i].type == X86_OP_MEM)
			return place_of(&x86->operands[i], place);
	return false;
}

bool x86_each(const uint8_t *code, size_t size, uint64_t address, bool (*each)(void *data, const struct x86_code *insn),
	      void *data)
{
	struct current current;
	bool goes_on = true;

	if (cs_open(CS_ARCH_X86, CS_MODE_64, &current.handle) != CS_ERR_OK)
		return false;
	cs_option(current.handle, CS_OPT_DETAIL, CS_OPT_ON);
	current.insn = cs_malloc(current.handle);
	while (size && goes_on && cs_disasm_iter(current.handle, &code, &size, &address, current.insn)) {
		struct x86_code out = {.address = current.insn->address, .size = current.insn->size, .internal = &current};

		out.kind = kind_of(current.insn, &out.target);
		goes_on = each(data, &out);
	}
	cs_free(current.insn, 1);
	cs_close(&current.handle);
	return !size || !goes_on;
}
