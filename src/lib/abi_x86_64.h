/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * x86_64, by the System V psABI and the kernel's headers. Another architecture has a file with the same names: all that
 * begins with ABI_ and abi_, and its own ARGREG_ names. Registers are known by the numbers that DWARF gives them.
 */
#ifndef CEPHTAP_LIB_ABI_X86_64_H
#define CEPHTAP_LIB_ABI_X86_64_H

#include <elf.h>
#include <stdint.h>

/* ---- registers: System V psABI, figure 3.36 ---- */

enum argreg {
	ARGREG_RAX,
	ARGREG_RDX,
	ARGREG_RCX,
	ARGREG_RBX,
	ARGREG_RSI,
	ARGREG_RDI,
	ARGREG_RBP,
	ARGREG_RSP,
	ARGREG_R8,
	ARGREG_R9,
	ARGREG_R10,
	ARGREG_R11,
	ARGREG_R12,
	ARGREG_R13,
	ARGREG_R14,
	ARGREG_R15,
	ARGREG_RIP,
	ARGREG_COUNT,
	/* By what they are for. The number of the program counter is DWARF's column of the return address. */
	ABI_REG_SP = ARGREG_RSP,
	ABI_REG_FRAME = ARGREG_RBP,
	ABI_REG_PC = ARGREG_RIP,
	ABI_REG_RESULT = ARGREG_RAX,
	ABI_REG_RESULT_HIGH = ARGREG_RDX, /* the second half of a result in two registers */
};

static const char *const abi_reg_names[ARGREG_COUNT] = {
	"rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp", "r8",
	"r9",  "r10", "r11", "r12", "r13", "r14", "r15", "rip",
};

/* What a function gives back as it was, beside the stack pointer. */
static inline _Bool abi_reg_is_kept_by_calls(unsigned reg)
{
	return reg == ARGREG_RBX || reg == ARGREG_RBP || (reg >= ARGREG_R12 && reg <= ARGREG_R15);
}

/* ---- functions ---- */

enum {
	ABI_MACHINE = EM_X86_64,
	ABI_ARG_REGS = 6,   /* integer arguments in registers; the others are on the stack */
	ABI_ENTRY_CFA = 8,  /* at a function's entry, from the stack pointer to the canonical frame address: the return
			       address is between */
	ABI_STACK_ARGS = 8, /* and to the first argument on the stack */
	ABI_BREAKPOINT = 0xcc, /* the kernel's and debuggers' instruction, of one byte */
};

static const uint8_t abi_arg_regs[ABI_ARG_REGS] = {ARGREG_RDI, ARGREG_RSI, ARGREG_RDX,
						   ARGREG_RCX, ARGREG_R8,  ARGREG_R9};

/* ---- what the kernel saves of a thread: struct pt_regs (asm/ptrace.h), in bytes ---- */

static const int16_t abi_regs_offset[ARGREG_COUNT] = {
	[ARGREG_RAX] = 80,  [ARGREG_RDX] = 96,	[ARGREG_RCX] = 88,  [ARGREG_RBX] = 40, [ARGREG_RSI] = 104,
	[ARGREG_RDI] = 112, [ARGREG_RBP] = 32,	[ARGREG_RSP] = 152, [ARGREG_R8] = 72,  [ARGREG_R9] = 64,
	[ARGREG_R10] = 56,  [ARGREG_R11] = 48,	[ARGREG_R12] = 24,  [ARGREG_R13] = 16, [ARGREG_R14] = 8,
	[ARGREG_R15] = 0,   [ARGREG_RIP] = 128,
};

enum {
	ABI_REGS_FRAME = 32, /* abi_regs_offset[ABI_REG_FRAME], for where a constant is needed; so the next two */
	ABI_REGS_PC = 128,
	ABI_REGS_SP = 152,
	ABI_REGS_SIZE = 168,
	/* Was the processor in a process's code? 32 bits there (cs), and with them this mask, this value (the ring). */
	ABI_REGS_MODE = 136,
	ABI_MODE_MASK = 3,
	ABI_MODE_USER = 3,
	ABI_MODE_USER_NATIVE = 0x33, /* all of the 64 bits: a process of this architecture, not of 32-bit x86 */
};

/* ---- system calls: what the tracepoints sys_enter and sys_exit give, in bytes of their array ---- */

enum {
	ABI_SYSCALL_ARGS = 6,
	ABI_REGS_SYSCALL = 120, /* in struct pt_regs: the number of the call, also when it returns */
	ABI_SYSCALL_REGS = 0,	/* both: a pointer to struct pt_regs */
	ABI_SYSCALL_NUMBER = 8, /* sys_enter: the number of the call */
	ABI_SYSCALL_RESULT = 8, /* sys_exit */
};

/* In bytes of struct pt_regs. The fourth is %r10, as the instruction itself overwrites %rcx. */
static const int16_t abi_syscall_arg_offset[ABI_SYSCALL_ARGS] = {112, 104, 96, 56, 72, 64};

/* The first argument's member of struct pt_regs, as the kernel's types have it. */
#define ABI_SYSCALL_FIRST "di"

/* ---- the frame of a signal's handler: a struct ucontext at its stack pointer, when it returns; in bytes ---- */

enum { ABI_SIGNAL_FRAME = 120, ABI_SIGNAL_SP = 160, ABI_SIGNAL_PC = 168 };

#endif
