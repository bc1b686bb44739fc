/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where an argument is found when a probe fires: a few steps over one 64-bit value. Providers write them (from an SDT
 * note, from the catalogue with a layout card, from the calling convention); src/code turns them into instructions.
 * Memory in them is memory of the traced process, at tracepoints the kernel's. A null pointer that was read there (or
 * saved) ends the steps: the value is 0.
 */
#ifndef CEPHTAP_PROBE_ARGLOC_H
#define CEPHTAP_PROBE_ARGLOC_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/abi.h"

enum argstep_op {
	STEP_CONST,   /* value = imm */
	STEP_REG,     /* value = register `reg` at the probe */
	STEP_SAVED,   /* value = what the entry probe saved as number imm (return probes only) */
	STEP_CTX,     /* value = u64 at byte imm of the program's context (BEGIN, ERROR, tracepoints; not processes) */
	STEP_EXTRA,   /* value = site.extra */
	STEP_TASK,    /* value = the current thread's task_struct */
	STEP_UID,     /* value = the real user of the current process, as the host numbers users */
	STEP_IMAGE,   /* value = run-time address of the file's virtual address imm: rip - the site's own vaddr + imm */
	STEP_ADD,     /* value += imm */
	STEP_ADD_REG, /* value += register `reg` * imm (imm: 1, 2, 4 or 8) */
	STEP_LOAD,    /* value = `size` bytes at address value + imm, extended by `is_signed` */
	STEP_CAST,    /* value = its low `size` bytes, extended by `is_signed` */
	STEP_SHR,     /* value >>= imm, logical */
	STEP_AND,     /* value &= imm (32 bits, sign-extended) */
	STEP_UDIV,    /* value /= imm, unsigned, imm > 0 */
	STEP_PICK,    /* value = 4 bits of imm, counted from the lowest, by value; 16 and above: 0 */
	STEP_UTIME,   /* value = (value & 0xffffffff) * 1000000000 + (value >> 32): Ceph's utime_t as ns */
	STEP_FUNCTION_ARG,    /* value = argument imm (below 6) of the kernel's function, as its register has it */
	STEP_FUNCTION_RESULT, /* value = what the kernel's function returns, as the register has it */
	STEP_SPAN,	      /* value = u64 at (value + imm + 8) - u64 at (value + imm): bytes in a std::vector */
};

struct argstep {
	uint8_t op;   /* enum argstep_op */
	uint8_t reg;  /* enum argreg */
	uint8_t size; /* 1, 2, 4, 8 */
	bool is_signed;
	int64_t imm;
};

enum { ARGLOC_STEPS = 10 };

struct argloc {
	uint8_t n; /* 0: not available, see struct arg::why */
	struct argstep steps[ARGLOC_STEPS];
};

/* A marker fires only where every condition holds, e.g. "the message's type is 43". */
enum argcond_op { COND_EQ, COND_NE, COND_LT, COND_GE, COND_MASK /* (value & imm) != 0 */ };

struct argcond {
	struct argloc loc;
	uint8_t op; /* enum argcond_op; compares as unsigned 64-bit */
	int64_t imm;
};

/*
 * What an argument has to be if it was read at the right place: of a site whose layout is not from debug information of
 * the very build. A marker that meets another value is switched off.
 */
enum argcheck_kind {
	CHECK_SMALL,  /* the number is nearer to 0 than imm, or the least of 64 bits */
	CHECK_STRING, /* the text is shorter than imm, and at an address that a process may have */
	CHECK_TIME,   /* 0, or at most imm ns ago, and not an hour from now */
	CHECK_SAME,   /* what `other` has: the same, read another way */
};

enum { CHECK_CONDS = 2 };

struct argcheck {
	uint8_t kind; /* enum argcheck_kind */
	uint8_t arg;  /* its index */
	int64_t imm;
	struct argloc other;
	struct argcond conds[CHECK_CONDS]; /* CHECK_SAME: only where these hold */
	unsigned conds_len;
};

/* Where the location begins with this register, `by` instead. False: `by` is nothing, or the whole becomes too long. */
bool argloc_replace(struct argloc *loc, enum argreg reg, const struct argloc *by);

/* The registers that a location reads, as bits; and the same location where regs[r] has what register r had. */
uint32_t argloc_regs(const struct argloc *loc);
void argloc_move(struct argloc *loc, const uint8_t regs[ARGREG_COUNT]);

/* "rdi + 0x18 -> u64": for dumps and `list -v`. */
struct buf;
void argloc_print(const struct argloc *loc, struct buf *out);

#endif
