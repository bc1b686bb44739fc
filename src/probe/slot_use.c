/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "probe/slot_use.h"

#include "lib/x86.h"
#include "probe/argloc.h"

struct slot {
	const struct entry_stores *stores;
	int64_t at, end; /* from the CFA */
	bool is_used;
};

static bool look_at(void *data, const struct x86_code *insn)
{
	struct slot *slot = data;
	struct x86_place place;
	const struct entry_value *base;

	if (!x86_memory(insn, &place) || (place.reg != ARGREG_RSP && place.reg != ARGREG_RBP))
		return true;
	base = place.reg == ARGREG_RSP ? &slot->stores->body_sp : &slot->stores->body_bp;
	if (base->kind == ENTRY_FRAME) {
		int64_t offset = base->offset + place.offset;

		slot->is_used = offset >= slot->at && offset < slot->end;
	}
	return !slot->is_used;
}

bool slot_is_used(const uint8_t *code, size_t size, uint64_t vaddr, const struct entry_stores *stores, int64_t at, uint64_t slot_size)
{
	struct slot slot = {.stores = stores, .at = at, .end = at + (int64_t)slot_size};

	x86_each(code, size, vaddr, look_at, &slot);
	return slot.is_used;
}
