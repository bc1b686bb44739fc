/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "probe/slot_use.h"

#include "lib/x86_value.h"
#include "probe/argloc.h"

struct slot {
	const struct entry_stores *stores;
	int64_t at, end; /* from the CFA */
};

static bool is_of_slot(const struct slot *slot, const struct x86_insn *insn)
{
	struct x86_place place;
	const struct entry_value *base;
	int64_t offset;

	if (!x86_memory(insn, &place) || (place.reg != ABI_REG_SP && place.reg != ABI_REG_FRAME))
		return false;
	base = place.reg == ABI_REG_SP ? &slot->stores->body_sp : &slot->stores->body_bp;
	offset = base->offset + place.offset;
	return base->kind == ENTRY_FRAME && offset >= slot->at && offset < slot->end;
}

bool slot_is_used(const uint8_t *code, size_t size, uint64_t vaddr, const struct entry_stores *stores, int64_t at,
		  uint64_t slot_size)
{
	const struct slot slot = {.stores = stores, .at = at, .end = at + (int64_t)slot_size};
	struct x86_insn insn;
	size_t done;

	for (done = 0; x86_decode(code + done, size - done, vaddr + done, &insn); done += insn.size)
		if (is_of_slot(&slot, &insn))
			return true;
	return false;
}
