/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Follows what derives from a function's arguments through its code. In: the bytes of one function, hostile or not.
 * Out: the memory that it touches by way of them: chains of offsets from the registers at entry, and what is touched
 * there, with which size.
 *
 * Each instruction is looked at once, on one path that leads to it: what is told of it is true on that path. Memory of
 * the stack below the entry is followed as registers are; a called function is taken not to change it.
 */
#ifndef CEPHTAP_LIB_X86_FOLLOW_H
#define CEPHTAP_LIB_X86_FOLLOW_H

#include "lib/arena.h"
#include "lib/x86.h"

enum { X86_FOLLOW_ROOTS = 16, X86_NO_NODE = UINT32_MAX };

/* A pointer: what a register held at entry (the first 16, by DWARF's numbers), or the 8 bytes at `parent` + `offset`.
 */
struct x86_node {
	uint32_t parent;
	int64_t offset;
};

struct x86_touch {
	uint32_t node;
	int64_t offset;
	uint8_t size;	/* 0: only its address is made */
	uint8_t access; /* X86_READ, X86_WRITE */
	bool is_wide;	/* by a vector: `size` is the most that it may have */
};

struct x86_follow {
	struct x86_node *nodes;
	struct x86_touch *touches;
	unsigned nodes_len, touches_len;
	unsigned insns; /* that were looked at */
};

void x86_follow(struct arena *arena, const uint8_t *code, size_t size, uint64_t address, struct x86_follow *out);
/* The pointer at node + offset; X86_NO_NODE: it is never loaded. */
uint32_t x86_follow_load(const struct x86_follow *follow, uint32_t node, int64_t offset);

#endif
