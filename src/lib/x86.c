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
	unsigned size;

	*effects = (struct x86_effects){.rax = X86_RAX_KEPT};
	if (cs_regs_access(current->handle, current->insn, read, &read_len, written, &written_len) != CS_ERR_OK) {
		*effects = (struct x86_effects){.writes = UINT32_MAX, .rax = X86_RAX_OTHER};
		return;
	}
	for (unsigned i = 0; i < written_len; i++) {
		int number = number_of(written[i], &size);

		if (number >= 0)
			effects->writes |= UINT32_C(1) << number;
		else if (written[i] != X86_REG_EFLAGS && written[i] != X86_REG_RIP)
			effects->writes = UINT32_MAX; /* a part of one, or one of another kind: rare enough to give up */
	}
	if (effects->writes & 1)
		rax_effect(current->insn, effects);
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
