/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/protobuf.h"

enum { WIRE_VARINT = 0, WIRE_BYTES = 2 };

void protobuf_varint(struct buf *out, uint64_t number)
{
	for (; number >= 0x80; number >>= 7)
		buf_putc(out, (char)(number | 0x80));
	buf_putc(out, (char)number);
}

void protobuf_number(struct buf *out, unsigned field, uint64_t number)
{
	if (!number)
		return;
	protobuf_varint(out, field << 3 | WIRE_VARINT);
	protobuf_varint(out, number);
}

void protobuf_bytes(struct buf *out, unsigned field, const void *data, size_t size)
{
	protobuf_varint(out, field << 3 | WIRE_BYTES);
	protobuf_varint(out, size);
	if (size)
		buf_add(out, data, size);
}
