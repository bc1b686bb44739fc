/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/cursor.h"

#include <string.h>

/* Encodings of pointers (LSB, DWARF extensions). */
enum {
	ENC_ABSPTR = 0x00,
	ENC_ULEB = 0x01,
	ENC_UDATA2 = 0x02,
	ENC_UDATA4 = 0x03,
	ENC_UDATA8 = 0x04,
	ENC_SLEB = 0x09,
	ENC_SDATA2 = 0x0a,
	ENC_SDATA4 = 0x0b,
	ENC_SDATA8 = 0x0c,
	ENC_PCREL = 0x10,
};

uint64_t cursor_take(struct cursor *c, unsigned size)
{
	uint64_t value = 0;

	if ((size_t)(c->end - c->at) < size) {
		c->bad = true;
		c->at = c->end;
		return 0;
	}
	memcpy(&value, c->at, size); /* little-endian, as x86_64 is */
	c->at += size;
	c->vaddr += size;
	return value;
}

int64_t cursor_signed(struct cursor *c, unsigned size)
{
	uint64_t value = cursor_take(c, size), sign = 1ull << (8 * size - 1);

	return size == 8 ? (int64_t)value : (int64_t)((value ^ sign) - sign);
}

static uint64_t take_leb(struct cursor *c, bool is_signed)
{
	uint64_t value = 0, byte;
	unsigned shift = 0;

	do {
		byte = cursor_take(c, 1);
		if (shift < 64)
			value |= (byte & 0x7f) << shift;
		shift += 7;
	} while ((byte & 0x80) && !c->bad);
	if (is_signed && (byte & 0x40) && shift < 64)
		value |= ~0ull << shift;
	return value;
}

uint64_t cursor_uleb(struct cursor *c)
{
	return take_leb(c, false);
}

int64_t cursor_sleb(struct cursor *c)
{
	return (int64_t)take_leb(c, true);
}

struct cursor cursor_part(struct cursor *c, uint64_t size)
{
	struct cursor part = {.at = c->at, .end = c->at, .vaddr = c->vaddr};

	if (size > (uint64_t)(c->end - c->at)) {
		c->bad = part.bad = true;
		return part;
	}
	part.end += size;
	c->at += size;
	c->vaddr += size;
	return part;
}

struct cursor cursor_block(struct cursor *c)
{
	return cursor_part(c, cursor_uleb(c));
}

uint64_t cursor_encoded(struct cursor *c, uint8_t encoding)
{
	uint64_t from = encoding & ENC_PCREL ? c->vaddr : 0, value;

	if (encoding & 0xe0) { /* relative to something else, or indirect: no compiler writes it for x86_64 */
		c->bad = true;
		return 0;
	}
	switch (encoding & 0x0f) {
	case ENC_ABSPTR:
	case ENC_UDATA8:
	case ENC_SDATA8:
		value = cursor_take(c, 8);
		break;
	case ENC_ULEB:
		value = cursor_uleb(c);
		break;
	case ENC_UDATA2:
		value = cursor_take(c, 2);
		break;
	case ENC_UDATA4:
		value = cursor_take(c, 4);
		break;
	case ENC_SLEB:
		value = (uint64_t)cursor_sleb(c);
		break;
	case ENC_SDATA2:
		value = (uint64_t)cursor_signed(c, 2);
		break;
	case ENC_SDATA4:
		value = (uint64_t)cursor_signed(c, 4);
		break;
	default:
		c->bad = true;
		return 0;
	}
	return from + value;
}
