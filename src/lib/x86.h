/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Instructions of x86-64. In: bytes. Out: how long the instruction is, where it goes next, its operands, and what it
 * does to the general registers and to memory.
 *
 * What is told is right or is said to be unknown: of a vector register only that it is one, of a vector's memory
 * operand not the size, of some addresses (of vector gathers, of EVEX's scaled displacements, with 32-bit registers)
 * nothing. Instructions of other modes, and of APX, are not known. `make check-x86` compares all of it with another
 * decoder.
 */
#ifndef CEPHTAP_LIB_X86_H
#define CEPHTAP_LIB_X86_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* General registers, with DWARF's numbers. */
enum {
	X86_RAX,
	X86_RDX,
	X86_RCX,
	X86_RBX,
	X86_RSI,
	X86_RDI,
	X86_RBP,
	X86_RSP,
	X86_R8,
	X86_R9,
	X86_R10,
	X86_R11,
	X86_R12,
	X86_R13,
	X86_R14,
	X86_R15,
	X86_RIP,
	X86_NO_REG = 255,
};

/* What an instruction does, as far as somebody asks. */
enum x86_op {
	X86_OTHER,  /* goes on with the next instruction */
	X86_MOV,    /* the second operand into the first, both of one size; 4 bytes clear the register's upper half */
	X86_MOV_IF, /* the same, if a condition holds */
	X86_EXTEND, /* the second operand, which is smaller, into the first; what is above becomes 0 */
	X86_EXTEND_SIGN,
	X86_LEA, /* the address of the second operand into the first */
	X86_ADD,
	X86_SUB,
	X86_AND,
	X86_XOR,
	X86_SHIFT_DOWN, /* by a number; what is above becomes 0 */
	X86_NOP,	/* also those that prefetch, or mark a branch's target */
	X86_PUSH,
	X86_TRAP, /* may end in the kernel by design: system calls, breakpoints, divisions, what user space may not do
		   */
	X86_CALL, /* to `target` */
	X86_CALL_ANYWHERE,
	X86_RETURN,
	X86_JUMP,	   /* unconditional, to `target` */
	X86_JUMP_ANYWHERE, /* to what a register or memory says */
	X86_BRANCH,	   /* conditional, to `target` */
};

enum x86_operand_kind {
	X86_NONE,
	X86_REG, /* general */
	X86_MEM,
	X86_IMM,
	X86_ELSE, /* a vector, a mask, a segment ... */
};

enum { X86_READ = 1, X86_WRITE = 2 };

struct x86_operand {
	uint8_t kind;
	uint8_t access; /* neither: only the address counts, as with lea */
	uint8_t size;	/* in bytes; 0: not told, of vectors and the like */
	uint8_t reg;
	bool is_high; /* it is %ah, %ch, %dh or %bh: the second byte of `reg` */
};

/* At most one operand is in memory. Those that only some instructions have (push, string instructions) are not among
 * operands. */
struct x86_mem {
	bool is_known; /* else what follows is not the whole truth */
	uint8_t base;  /* X86_RIP: `disp` is the whole address, from the instruction's own */
	uint8_t index; /* times `scale` */
	uint8_t scale;
	uint8_t segment; /* 0x64 for %fs, 0x65 for %gs, else 0 */
	int64_t disp;
};

enum { X86_OPERANDS = 3, X86_SIZE_MAX = 15 };

struct x86_insn {
	uint64_t address;
	uint64_t target;
	struct x86_operand operands[X86_OPERANDS]; /* as Intel orders them: what is written comes first */
	struct x86_mem mem;
	int64_t imm;
	enum x86_op op;
	uint32_t writes;     /* a bit 1 << number for each general register that may change, in whole or in part */
	bool loads, stores;  /* reads or writes memory; pushes, pops, calls and returns do not count */
	uint8_t vector_size; /* no operand that is a vector has more bytes, whether `size` of the operand tells or not
			      */
	bool is_prefixed;    /* by anything but the prefix that names registers and sizes (REX) */
	uint8_t size;
};

/*
 * The instruction that begins at the first byte, which stands at this address. False: none that is known does, or not
 * all of it is there. Who walks through code and gets false has read data as code, and should not believe what came
 * before.
 */
bool x86_decode(const uint8_t *code, size_t size, uint64_t address, struct x86_insn *insn);

#endif
