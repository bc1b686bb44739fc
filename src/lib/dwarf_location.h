/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a parameter is when its function is entered, as the debug information says it (DWARF 5, 2.6). In: a function
 * and one of its parameters. Out: places of its bytes, in terms of registers and of the canonical frame address. What
 * an expression may be is limited to what compilers write for parameters: the rest is a sentence.
 */
#ifndef CEPHTAP_LIB_DWARF_LOCATION_H
#define CEPHTAP_LIB_DWARF_LOCATION_H

#include "lib/dwarf.h"

enum dwarf_base { DWARF_BASE_NUMBER, DWARF_BASE_REG, DWARF_BASE_CFA };

/*
 * A number: a constant, a register or the CFA, plus `offset`. With `is_loaded` the word that is at it, plus `after`. Of
 * that, without the lowest `shift` bits, `size` bytes.
 */
struct dwarf_sum {
	enum dwarf_base base;
	unsigned reg; /* DWARF's number */
	int64_t offset;
	bool is_loaded;
	int64_t after;
	unsigned shift, size; /* size 0: all */
	bool is_signed;	      /* with `size`: extended by the sign */
};

enum dwarf_piece_kind {
	DWARF_PIECE_NONE, /* not known: the compiler left it out */
	DWARF_PIECE_REG,
	DWARF_PIECE_MEMORY, /* at the address `sum` */
	DWARF_PIECE_VALUE,  /* `sum` itself */
};

struct dwarf_piece {
	uint64_t offset, size; /* in the object, bytes; size 0: all of it */
	enum dwarf_piece_kind kind;
	unsigned reg;
	struct dwarf_sum sum;
};

enum { DWARF_PIECES_MAX = 8 };

struct dwarf_location {
	bool is_there;
	bool is_list;	/* it is said for ranges of addresses: so for this one in particular */
	uint64_t asked; /* the entry's address */
	uint64_t vaddr; /* for this address: the same, or the first one behind it that something is said of */
	struct dwarf_piece pieces[DWARF_PIECES_MAX];
	unsigned len;
	const char *why; /* why it is not there */
};

extern const char dwarf_is_left_out[]; /* a sentence */

/* `vaddr` is the function's entry. */
void dwarf_locate(const struct dwarf_function *function, Dwarf_Die *parameter, uint64_t vaddr,
		  struct dwarf_location *out);

#endif
