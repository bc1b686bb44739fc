/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an instruction of x86-64 does with values, for those who follow one through a function's code. In: an
 * instruction (x86.h). Out: what it puts where, whether that is a pointer or an element of a table, and what it saves
 * of the registers that parameters came in. Registers have DWARF's numbers.
 */
#ifndef CEPHTAP_LIB_X86_VALUE_H
#define CEPHTAP_LIB_X86_VALUE_H

#include "lib/x86.h"

/* Where a word is: in a register, or in memory at a register's value plus `offset`. */
struct x86_place {
	unsigned reg;
	bool in_memory;
	int64_t offset;
};

enum x86_move_kind {
	X86_MOVE_NONE,
	X86_MOVE_NUMBER,    /* `number` is put there: a constant, an address of the same file */
	X86_MOVE_COPY,	    /* what is at `from` */
	X86_MOVE_MAYBE,	    /* the same, or nothing, as a condition says */
	X86_MOVE_RESULT,    /* what the function at `number` returns */
	X86_MOVE_RESULT_AT, /* what the function returns whose address is in memory at `number`; a jump there too */
	X86_MOVE_OTHER,
};

struct x86_move {
	enum x86_move_kind kind;
	struct x86_place to, from;
	uint64_t number;
	uint32_t writes; /* a bit for each general register that may hold another value afterwards, `to` too */
};

/* Where a value comes from. */
enum x86_origin {
	X86_ORIGIN_KEPT,  /* it was there before */
	X86_ORIGIN_WORD,  /* a word of memory at a fixed place or at register + constant: a pointer, such as a virtual
			     function's */
	X86_ORIGIN_TABLE, /* an element of a table, or a sum: as a `switch` is compiled */
	X86_ORIGIN_REG,	  /* what is in register `from` */
	X86_ORIGIN_OTHER,
};

/* What an instruction of a function's beginning does, as far as that saves what registers held. */
enum x86_step_kind {
	X86_STEP_OTHER, /* registers change as `writes` says; memory does not, or not as far as anybody knows */
	X86_STEP_PUSH,
	X86_STEP_MOVE_SP,  /* by `number` */
	X86_STEP_ALIGN_SP, /* down, by a number that is not known */
	X86_STEP_STORE,	   /* register `reg` to memory at `place` */
	X86_STEP_LOAD,	   /* the other way round */
	X86_STEP_COPY,	   /* to register `to` from `reg`: at least its lower `size` bytes */
	X86_STEP_ADDRESS,  /* to register `to` the address that `place` is at */
	X86_STEP_SHIFT,	   /* all of register `to` to the right, by `number` bits */
	X86_STEP_LEAVES,   /* control goes elsewhere, or may */
};

enum { X86_REG_NOT_KNOWN = -1, X86_REG_VECTOR = -2 };

struct x86_step {
	enum x86_step_kind kind;
	int reg; /* or one of these two */
	unsigned to, size;
	struct x86_place place;
	int64_t number;
	uint32_t writes; /* as of x86_insn */
};

/* Registers that may hold another value afterwards; of a call also those that the called function may use as it likes.
 */
uint32_t x86_changes(const struct x86_insn *insn);

void x86_move(const struct x86_insn *insn, struct x86_move *move);
/* Of what the instruction writes into registers; of a jump to anywhere: where it goes. */
enum x86_origin x86_origin(const struct x86_insn *insn, unsigned *from);
void x86_step(const struct x86_insn *insn, struct x86_step *step);
/* The memory that the instruction names by a register; false: it names none, or not so. */
bool x86_memory(const struct x86_insn *insn, struct x86_place *place);

#endif
