/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Numbers and texts one after another, in this machine's byte order and without gaps. Reading never goes past the end:
 * what is not there is zero or NULL, and `is_bad` says so afterwards, so that a reader looks once, at the end.
 */
#ifndef CEPHTAP_LIB_PACK_H
#define CEPHTAP_LIB_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/buf.h"

void pack_u8(struct buf *out, uint8_t number);
void pack_u32(struct buf *out, uint32_t number);
void pack_u64(struct buf *out, uint64_t number);
void pack_text(struct buf *out, const char *text);		 /* u32 size, bytes; NULL is "" */
void pack_bytes(struct buf *out, const void *data, size_t size); /* the same of any bytes */

struct unpack {
	const unsigned char *data;
	size_t size, at;
	bool is_bad;
};

uint8_t unpack_u8(struct unpack *in);
uint32_t unpack_u32(struct unpack *in);
uint64_t unpack_u64(struct unpack *in);
/* `size` bytes where they lie, not aligned; NULL: there are not so many. */
const void *unpack_raw(struct unpack *in, size_t size);
/* What pack_text() and pack_bytes() wrote, copied, with a NUL behind it. Never NULL. */
char *unpack_text(struct unpack *in, struct arena *arena);
char *unpack_bytes(struct unpack *in, struct arena *arena, size_t *size);
/* How many elements follow, each of at least `least` bytes: 0, and bad, when so many cannot be there. */
uint32_t unpack_len(struct unpack *in, size_t least);

#endif
