/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/pack.h"

#include <string.h>

void pack_u8(struct buf *out, uint8_t number)
{
	buf_add(out, &number, sizeof(number));
}

void pack_u32(struct buf *out, uint32_t number)
{
	buf_add(out, &number, sizeof(number));
}

void pack_u64(struct buf *out, uint64_t number)
{
	buf_add(out, &number, sizeof(number));
}

void pack_bytes(struct buf *out, const void *data, size_t size)
{
	pack_u32(out, (uint32_t)size);
	if (size)
		buf_add(out, data, size);
}

void pack_text(struct buf *out, const char *text)
{
	pack_bytes(out, text, text ? strlen(text) : 0);
}

const void *unpack_raw(struct unpack *in, size_t size)
{
	const void *at = in->data + in->at;

	if (in->is_bad || size > in->size - in->at) {
		in->is_bad = true;
		return NULL;
	}
	in->at += size;
	return at;
}

static void unpack_number(struct unpack *in, void *number, size_t size)
{
	const void *at = unpack_raw(in, size);

	if (at)
		memcpy(number, at, size);
}

uint8_t unpack_u8(struct unpack *in)
{
	uint8_t number = 0;

	unpack_number(in, &number, sizeof(number));
	return number;
}

uint32_t unpack_u32(struct unpack *in)
{
	uint32_t number = 0;

	unpack_number(in, &number, sizeof(number));
	return number;
}

uint64_t unpack_u64(struct unpack *in)
{
	uint64_t number = 0;

	unpack_number(in, &number, sizeof(number));
	return number;
}

char *unpack_bytes(struct unpack *in, struct arena *arena, size_t *size)
{
	const void *at;

	*size = unpack_u32(in);
	at = unpack_raw(in, *size);
	if (!at)
		*size = 0;
	return arena_strndup(arena, at ? at : "", *size);
}

char *unpack_text(struct unpack *in, struct arena *arena)
{
	size_t size;

	return unpack_bytes(in, arena, &size);
}

uint32_t unpack_len(struct unpack *in, size_t least)
{
	uint32_t len = unpack_u32(in);

	if (in->is_bad || len > (in->size - in->at) / least) {
		in->is_bad = true;
		return 0;
	}
	return len;
}
