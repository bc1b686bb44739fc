/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a function's first instructions put where. Without optimisation the debug information says of a parameter only
 * its place in the function's frame, which holds it later than at the entry, where a probe is: then the instruction
 * that stores it there tells where it came from. In: the code. Out: for bytes of the frame what they will hold, in
 * terms of registers and the caller's frame at the entry.
 */
#ifndef CEPHTAP_PROBE_ENTRY_STORES_H
#define CEPHTAP_PROBE_ENTRY_STORES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum entry_kind {
	ENTRY_UNKNOWN,
	ENTRY_REG,    /* what register `reg` held at the entry, without its lowest `shift` bits */
	ENTRY_VECTOR, /* a floating-point or vector register */
	ENTRY_MEMORY, /* what was at the CFA + offset at the entry */
	ENTRY_FRAME,  /* the CFA + offset itself */
};

/*
 * Where the stack pointer is aligned (for vectors), its distance from the CFA is not known. Places from there on are
 * counted from one that is made up, so far down that no other is near: they can be compared, but not read.
 */
enum { ENTRY_ALIGNED = -(1 << 28) };

struct entry_value {
	enum entry_kind kind;
	unsigned size; /* how many of its lowest bytes are known */
	unsigned reg;  /* DWARF's number */
	unsigned shift;
	int64_t offset; /* from the CFA, the stack pointer before the call */
};

struct entry_store {
	int64_t at; /* from the CFA */
	unsigned size;
	bool is_push; /* which may only make room */
	struct entry_value value;
};

enum { ENTRY_STORES_MAX = 64, ENTRY_REGS = 16 };

struct entry_stores {
	struct entry_store list[ENTRY_STORES_MAX]; /* as they come */
	unsigned len;
	struct entry_value regs[ENTRY_REGS]; /* at the end of what was followed */
	bool is_reached;		     /* that end is where it was to be */
	/* In the function's body: the stack pointer, and the frame pointer where there is one. */
	struct entry_value body_sp, body_bp;
};

/* Up to the address `until`, or 0: as far as the instructions go straight on. */
void entry_stores_find(const uint8_t *code, size_t size, uint64_t vaddr, uint64_t until, struct entry_stores *out);

/*
 * What is stored first into `size` bytes at the CFA + `at`, not counting pushes: later a parameter may be assigned to.
 * Gives how many bytes are known from there on, 0: nothing is.
 */
unsigned entry_stores_first(const struct entry_stores *stores, int64_t at, unsigned size, struct entry_value *value);

/* The same of what was stored last. */
unsigned entry_stores_last(const struct entry_stores *stores, int64_t at, unsigned size, struct entry_value *value);

#endif
