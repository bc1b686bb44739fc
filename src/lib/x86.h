/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Instructions of x86_64, by capstone: where each begins, and which of them leave a function. */
#ifndef CEPHTAP_LIB_X86_H
#define CEPHTAP_LIB_X86_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum x86_kind {
	X86_OTHER,
	X86_RETURN,
	X86_JUMP,	   /* unconditional, to `target` */
	X86_JUMP_ANYWHERE, /* to what a register or memory says */
};

struct x86_code {
	uint64_t address;
	unsigned size;
	enum x86_kind kind;
	uint64_t target;
};

/*
 * Each instruction of this code from its first byte on; `each` returns false to stop. False when something there is no
 * instruction: what came before counts no more, as data may have been read as code.
 */
bool x86_each(const uint8_t *code, size_t size, uint64_t address, bool (*each)(void *data, const struct x86_code *insn),
	      void *data);

#endif
