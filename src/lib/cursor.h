/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading bytes of a file that is hostile: a place that knows its end. */
#ifndef CEPHTAP_LIB_CURSOR_H
#define CEPHTAP_LIB_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

struct cursor {
	const uint8_t *at, *end;
	uint64_t vaddr; /* of `at` */
	bool bad;
};

/* Each takes from a cursor; behind its end they take 0 and the cursor is bad. */
uint64_t cursor_take(struct cursor *c, unsigned size); /* 1 to 8 bytes */
uint64_t cursor_uleb(struct cursor *c);
int64_t cursor_sleb(struct cursor *c);
int64_t cursor_signed(struct cursor *c, unsigned size);
struct cursor cursor_block(struct cursor *c);		     /* a length (ULEB128) and as many bytes */
struct cursor cursor_part(struct cursor *c, uint64_t size);  /* as many bytes */
uint64_t cursor_encoded(struct cursor *c, uint8_t encoding); /* a pointer, DW_EH_PE_* */

#endif
