/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/x86.h"

#include <capstone/capstone.h>

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
		return X86_OTHER;
	}
}

bool x86_each(const uint8_t *code, size_t size, uint64_t address, bool (*each)(void *data, const struct x86_code *insn),
	      void *data)
{
	csh handle;
	cs_insn *insn;
	bool goes_on = true;

	if (cs_open(CS_ARCH_X86, CS_MODE_64, &handle) != CS_ERR_OK)
		return false;
	cs_option(handle, CS_OPT_DETAIL, CS_OPT_ON);
	insn = cs_malloc(handle);
	while (size && goes_on && cs_disasm_iter(handle, &code, &size, &address, insn)) {
		struct x86_code out = {.address = insn->address, .size = insn->size};

		out.kind = kind_of(insn, &out.target);
		goes_on = each(data, &out);
	}
	cs_free(insn, 1);
	cs_close(&handle);
	return !size || !goes_on;
}
