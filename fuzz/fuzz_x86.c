/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as instructions: none is longer than what is there, nor than instructions can be, and the operands make
 * sense. */
#include <stdlib.h>

#include "lib/x86.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const struct x86_insn *insn, size_t left)
{
	unsigned mems = 0;

	if (!insn->size || insn->size > left || insn->size > X86_SIZE_MAX || insn->writes >> X86_RIP)
		abort();
	for (unsigned i = 0; i < X86_OPERANDS; i++) {
		const struct x86_operand *operand = &insn->operands[i];

		mems += operand->kind == X86_MEM;
		if (operand->kind == X86_REG && operand->reg >= X86_RIP)
			abort();
		if (operand->kind == X86_REG && operand->access & X86_WRITE && !(insn->writes >> operand->reg & 1))
			abort();
		if (operand->kind == X86_MEM && operand->access & X86_WRITE && !insn->stores)
			abort();
	}
	if (mems > 1 || (insn->mem.index != X86_NO_REG && (insn->mem.index >= X86_RIP || !insn->mem.scale)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct x86_insn insn;

	for (size_t at = 0; at < size; at += insn.size ? insn.size : 1)
		if (x86_decode(data + at, size - at, at, &insn))
			look(&insn, size - at);
		else
			insn.size = 0;
	return 0;
}
