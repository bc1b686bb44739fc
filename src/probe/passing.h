/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How C and C++ functions take parameters and return values: by the System V psABI for x86_64, section 3.2.3, and the
 * Itanium C++ ABI. In: their types, from debug information. Out: registers and places on the stack. A compiler may do
 * otherwise with a function that only itself calls.
 */
#ifndef CEPHTAP_PROBE_PASSING_H
#define CEPHTAP_PROBE_PASSING_H

#include "lib/dwarf.h"
#include "probe/probe.h"

/* What becomes of an integer of 16 bytes when there are not two registers left for it. */
enum passing_int128 {
	INT128_BY_ABI,	 /* it is on the stack, aligned; a register that is left is for the next parameters */
	INT128_IS_WORDS, /* clang before 18: two parameters of 8 bytes */
	INT128_ENDS_REGS /* clang since: as by the ABI, but no register is left */
};

/* Where the next parameter goes. */
struct passing {
	unsigned regs, sse;
	uint64_t stack; /* bytes above the return address */
	enum passing_int128 int128;
};

/* For the first parameter of this function. */
struct passing passing_begin(const struct dwarf_function *function);
/* Fills in where the next parameter, of this type, is: loc, pieces, why, is_signed. */
void passing_next(struct arena *arena, struct passing *passing, Dwarf_Die *type, struct arg *arg);
/* The same of what the function returns. */
void passing_return(struct arena *arena, Dwarf_Die *function, Dwarf_Die *type, struct arg *arg);

/* Which clang the unit is of: 19; 0: of another compiler. */
unsigned passing_clang(const struct dwarf_unit *unit);
/* Of a type's values; 0: not known. */
uint64_t passing_size(Dwarf_Die *type);
bool passing_is_float(Dwarf_Die *type);
/* Is it handed over by the address of a copy, as C++ does where copies are more than bytes? */
bool passing_is_by_address(Dwarf_Die *type);
/* Is it a structure, or as wide as one, so that it has members rather than a value? */
bool passing_is_object(Dwarf_Die *type);
/* A value of at most 8 bytes is cut to its size, as `is_signed` says. */
void passing_cast(struct argloc *loc, uint64_t size, bool is_signed);

#endif
