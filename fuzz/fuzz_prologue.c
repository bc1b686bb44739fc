/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as a function's code: the place found is inside it, is what may be chosen, and loses no register. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "probe/prologue.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_place(const uint8_t *code, size_t size, bool is_whole)
{
	bool is_push = (*code & 0xf8) == 0x50 || (*code == 0x41 && size > 1 && (code[1] & 0xf8) == 0x50);
	bool is_jump = (*code & 0xf0) == 0x70 || *code == 0xeb || *code == 0xe9 ||
		       (*code == 0x0f && size > 1 && (code[1] & 0xf0) == 0x80);

	if (!is_push && !(is_whole && is_jump))
		abort();
}

static void check_regs(const struct prologue *place, uint32_t needed)
{
	unsigned r, other;

	for (r = 0; r < ARGREG_COUNT; r++) {
		if (place->regs[r] >= ARGREG_COUNT || (!place->offset && place->regs[r] != r))
			abort();
		/* one register cannot have what two had */
		for (other = 0; other < r; other++)
			if (needed >> r & 1 && needed >> other & 1 && place->regs[r] == place->regs[other])
				abort();
	}
	if (place->regs[ARGREG_RSP] != ARGREG_RSP)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct prologue place;
	uint32_t needed;
	bool is_whole;

	if (size < 4)
		return 0;
	needed = data[0] | (uint32_t)data[1] << 8 | (uint32_t)(data[2] & 1) << 16;
	is_whole = data[2] & 2;
	data += 3;
	size -= 3;
	prologue_find(data, size, is_whole, needed, &place);
	if (place.offset >= size || (place.offset && !place.is_cheap))
		abort();
	if (place.offset)
		check_place(data + place.offset, size - place.offset, is_whole);
	check_regs(&place, needed);
	return 0;
}
