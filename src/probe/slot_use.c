/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "probe/slot_use.h"

#include "lib/x86_flow.h"
#include "probe/argloc.h"

/* Where in the frame the memory is that an instruction names; false: elsewhere. */
static bool frame_offset(const struct x86_insn *insn, const struct entry_stores *stores, int64_t *offset)
{
	const struct entry_value *base;
	struct x86_place place;

	if (!x86_memory(insn, &place) || (place.reg != ARGREG_RSP && place.reg != ARGREG_RBP))
		return false;
	base = place.reg == ARGREG_RSP ? &stores->body_sp : &stores->body_bp;
	*offset = base->offset + place.offset;
	return base->kind == ENTRY_FRAME;
}

bool slot_is_used(const uint8_t *code, size_t size, uint64_t vaddr, const struct entry_stores *stores, int64_t at, uint64_t slot_size)
{
	struct x86_insn insn;
	int64_t offset;

	for (size_t i = 0; i < size && x86_decode(code + i, size - i, vaddr + i, &insn); i += insn.size)
		if (frame_offset(&insn, stores, &offset) && offset >= at && offset < at + (int64_t)slot_size)
			return true;
	return false;
}
