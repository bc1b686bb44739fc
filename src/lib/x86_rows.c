/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/x86_rows.h"

#define r(operand)  ((operand) | X86_READ << ACCESS_SHIFT)
#define w(operand)  ((operand) | X86_WRITE << ACCESS_SHIFT)
#define rw(operand) ((operand) | (X86_READ | X86_WRITE) << ACCESS_SHIFT)

/* Operands; what is done, and registers that it writes beside its operands; and both. */
/* clang-format off */
#define ROW(...)		{.operands = {__VA_ARGS__}, .flags = IS_KNOWN}
#define FLAGS(more, ...)	{.operands = {__VA_ARGS__}, .flags = IS_KNOWN | (more)}
#define DOES(what, regs, ...)	{.operands = {__VA_ARGS__}, .op = (what), .writes = (regs), .flags = IS_KNOWN}
#define STRING(regs, more)	{.writes = (regs), .flags = IS_KNOWN | COUNTS | (more)}
#define TRAPS(regs)		{.op = X86_TRAP, .writes = (regs), .flags = IS_KNOWN}
#define TRAPS_WITH(regs, ...)	{.operands = {__VA_ARGS__}, .op = X86_TRAP, .writes = (regs), .flags = IS_KNOWN}
#define RULED			{.flags = HAS_RULES}
#define UNKNOWN			{.flags = 0}
#define RULED_ELSE(...)		{.operands = {__VA_ARGS__}, .flags = IS_KNOWN | HAS_RULES}
/* clang-format on */

enum {
	RAX = 1 << X86_RAX,
	RDX = 1 << X86_RDX,
	RCX = 1 << X86_RCX,
	RBX = 1 << X86_RBX,
	RSI = 1 << X86_RSI,
	RDI = 1 << X86_RDI,
	RBP = 1 << X86_RBP,
	RSP = 1 << X86_RSP,
	R11 = 1 << X86_R11,
};

/* add, or, adc ...: the same six forms. */
#define ARITHMETIC(first, what, access)                                                                                \
	[first] = DOES(what, 0, access(Eb), r(Gb)), [(first) + 1] = DOES(what, 0, access(Ev), r(Gv)),                  \
	[(first) + 2] = DOES(what, 0, access(Gb), r(Eb)), [(first) + 3] = DOES(what, 0, access(Gv), r(Ev)),            \
	[(first) + 4] = DOES(what, 0, access(Ab), r(Ib)), [(first) + 5] = DOES(what, 0, access(Av), r(Iz))

const struct x86_row x86_rows_one[256] = {
	ARITHMETIC(0x00, X86_ADD, rw),
	ARITHMETIC(0x08, X86_OTHER, rw), /* or */
	ARITHMETIC(0x10, X86_OTHER, rw), /* adc */
	ARITHMETIC(0x18, X86_OTHER, rw), /* sbb */
	ARITHMETIC(0x20, X86_AND, rw),
	ARITHMETIC(0x28, X86_SUB, rw),
	ARITHMETIC(0x30, X86_XOR, rw),
	ARITHMETIC(0x38, X86_OTHER, r), /* cmp */
	[0x50 ... 0x57] = DOES(X86_PUSH, RSP, r(Ok)),
	[0x58 ... 0x5f] = DOES(X86_OTHER, RSP, w(Ok)), /* pop */
	[0x63] = DOES(X86_EXTEND_SIGN, 0, w(Gv), r(Ez)),
	[0x68] = DOES(X86_PUSH, RSP, r(Iz)),
	[0x69] = ROW(w(Gv), r(Ev), r(Iz)), /* imul */
	[0x6a] = DOES(X86_PUSH, RSP, r(Ib)),
	[0x6b] = ROW(w(Gv), r(Ev), r(Ib)),
	[0x6c ... 0x6d] = {.writes = RDI, .op = X86_TRAP, .flags = IS_KNOWN | STORES | COUNTS}, /* ins, outs */
	[0x6e ... 0x6f] = {.writes = RSI, .op = X86_TRAP, .flags = IS_KNOWN | LOADS | COUNTS},
	[0x70 ... 0x7f] = DOES(X86_BRANCH, 0, r(Jb)),
	[0x80] = RULED_ELSE(rw(Eb), r(Ib)), /* add ... xor; cmp */
	[0x81] = RULED_ELSE(rw(Ev), r(Iz)),
	[0x83] = RULED_ELSE(rw(Ev), r(Ib)),
	[0x84] = ROW(r(Eb), r(Gb)), /* test */
	[0x85] = ROW(r(Ev), r(Gv)),
	[0x86] = ROW(rw(Eb), rw(Gb)), /* xchg */
	[0x87] = ROW(rw(Ev), rw(Gv)),
	[0x88] = DOES(X86_MOV, 0, w(Eb), r(Gb)),
	[0x89] = DOES(X86_MOV, 0, w(Ev), r(Gv)),
	[0x8a] = DOES(X86_MOV, 0, w(Gb), r(Eb)),
	[0x8b] = DOES(X86_MOV, 0, w(Gv), r(Ev)),
	[0x8c] = RULED, /* mov from segments */
	[0x8d] = {.operands = {w(Gv), Ex}, .op = X86_LEA, .flags = IS_KNOWN | ONLY_MEM},
	[0x8e] = RULED, /* mov to segments */
	[0x8f] = RULED, /* pop */
	[0x90] = DOES(X86_NOP, 0, 0),
	[0x91 ... 0x97] = ROW(rw(Ov), rw(Av)),
	[0x98] = ROW(rw(Av)),		      /* cbw, cwtl, cltq */
	[0x99] = DOES(X86_OTHER, RDX, r(Av)), /* cwd, cltd, cqto */
	[0x9b] = ROW(0),		      /* fwait */
	[0x9c] = DOES(X86_OTHER, RSP, 0),     /* pushf, popf */
	[0x9d] = DOES(X86_OTHER, RSP, 0),
	[0x9e] = ROW(0), /* sahf, lahf */
	[0x9f] = DOES(X86_OTHER, RAX, 0),
	[0xa0] = DOES(X86_MOV, 0, w(Ab), r(Fb)),
	[0xa1] = DOES(X86_MOV, 0, w(Av), r(Fv)),
	[0xa2] = DOES(X86_MOV, 0, w(Fb), r(Ab)),
	[0xa3] = DOES(X86_MOV, 0, w(Fv), r(Av)),
	[0xa4 ... 0xa5] = STRING(RSI | RDI, LOADS | STORES), /* movs */
	[0xa6 ... 0xa7] = STRING(RSI | RDI, LOADS),	     /* cmps */
	[0xa8] = ROW(r(Ab), r(Ib)),			     /* test */
	[0xa9] = ROW(r(Av), r(Iz)),
	[0xaa ... 0xab] = STRING(RDI, STORES),	    /* stos */
	[0xac ... 0xad] = STRING(RAX | RSI, LOADS), /* lods */
	[0xae ... 0xaf] = STRING(RDI, LOADS),	    /* scas */
	[0xb0 ... 0xb7] = DOES(X86_MOV, 0, w(Ob), r(Ib)),
	[0xb8 ... 0xbf] = DOES(X86_MOV, 0, w(Ov), r(Iv)),
	[0xc0] = RULED_ELSE(rw(Eb), r(Ib)), /* rotations and shifts */
	[0xc1] = RULED_ELSE(rw(Ev), r(Ib)),
	[0xc2] = DOES(X86_RETURN, RSP, r(Iw)),
	[0xc3] = DOES(X86_RETURN, RSP, 0),
	[0xc6] = RULED,					   /* mov; transactions */
	[0xc7] = RULED,					   /* mov; transactions */
	[0xc8] = DOES(X86_OTHER, RSP | RBP, r(Iw), r(Ib)), /* enter */
	[0xc9] = DOES(X86_OTHER, RSP | RBP, 0),		   /* leave */
	[0xca] = DOES(X86_RETURN, RSP, r(Iw)),
	[0xcb] = DOES(X86_RETURN, RSP, 0),
	[0xcc] = TRAPS(0), /* int3, int */
	[0xcd] = TRAPS_WITH(0, r(Ib)),
	[0xcf] = DOES(X86_JUMP_ANYWHERE, RSP, 0), /* iret */
	[0xd0] = ROW(rw(Eb)),
	[0xd1] = ROW(rw(Ev)),
	[0xd2] = ROW(rw(Eb)),
	[0xd3] = ROW(rw(Ev)),
	[0xd7] = {.writes = RAX, .flags = IS_KNOWN | LOADS}, /* xlat */
	[0xd8 ... 0xdf] = RULED,			     /* x87 */
	[0xe0 ... 0xe2] = DOES(X86_BRANCH, RCX, r(Jb)),	     /* loop */
	[0xe3] = DOES(X86_BRANCH, 0, r(Jb)),		     /* jrcxz */
	[0xe4] = TRAPS_WITH(0, w(Ab), r(Ib)),		     /* in, out */
	[0xe5] = TRAPS_WITH(0, w(Av), r(Ib)),
	[0xe6] = TRAPS_WITH(0, r(Ib), r(Ab)),
	[0xe7] = TRAPS_WITH(0, r(Ib), r(Av)),
	[0xe8] = DOES(X86_CALL, RSP, r(Jz)),
	[0xe9] = DOES(X86_JUMP, 0, r(Jz)),
	[0xeb] = DOES(X86_JUMP, 0, r(Jb)),
	[0xec] = TRAPS_WITH(0, w(Ab)),
	[0xed] = TRAPS_WITH(0, w(Av)),
	[0xee] = TRAPS_WITH(0, r(Ab)),
	[0xef] = TRAPS_WITH(0, r(Av)),
	[0xf1] = TRAPS(0), /* int1, hlt */
	[0xf4] = TRAPS(0),
	[0xf5] = ROW(0), /* flags */
	[0xf6] = RULED,	 /* test, not, neg, mul, imul, div, idiv */
	[0xf7] = RULED,
	[0xf8] = ROW(0),
	[0xf9] = ROW(0),
	[0xfa] = TRAPS(0), /* cli, sti */
	[0xfb] = TRAPS(0),
	[0xfc] = ROW(0),
	[0xfd] = ROW(0),
	[0xfe] = RULED, /* inc, dec */
	[0xff] = RULED, /* inc, dec, call, jmp, push */
};

#define REG_FIELD  0x38
#define IS(number) ((number) << 3)

static const struct x86_rule rules_one[] = {
	{0x80, 0x80, PREFIX_ANY, REG_FIELD, IS(7), ROW(r(Eb), r(Ib))}, /* cmp */
	{0x80, 0x80, PREFIX_ANY, REG_FIELD, IS(6), DOES(X86_XOR, 0, rw(Eb), r(Ib))},
	{0x80, 0x80, PREFIX_ANY, REG_FIELD, IS(5), DOES(X86_SUB, 0, rw(Eb), r(Ib))},
	{0x80, 0x80, PREFIX_ANY, REG_FIELD, IS(4), DOES(X86_AND, 0, rw(Eb), r(Ib))},
	{0x80, 0x80, PREFIX_ANY, REG_FIELD, IS(0), DOES(X86_ADD, 0, rw(Eb), r(Ib))},
	{0x81, 0x81, PREFIX_ANY, REG_FIELD, IS(7), ROW(r(Ev), r(Iz))},
	{0x81, 0x81, PREFIX_ANY, REG_FIELD, IS(6), DOES(X86_XOR, 0, rw(Ev), r(Iz))},
	{0x81, 0x81, PREFIX_ANY, REG_FIELD, IS(5), DOES(X86_SUB, 0, rw(Ev), r(Iz))},
	{0x81, 0x81, PREFIX_ANY, REG_FIELD, IS(4), DOES(X86_AND, 0, rw(Ev), r(Iz))},
	{0x81, 0x81, PREFIX_ANY, REG_FIELD, IS(0), DOES(X86_ADD, 0, rw(Ev), r(Iz))},
	{0x83, 0x83, PREFIX_ANY, REG_FIELD, IS(7), ROW(r(Ev), r(Ib))},
	{0x83, 0x83, PREFIX_ANY, REG_FIELD, IS(6), DOES(X86_XOR, 0, rw(Ev), r(Ib))},
	{0x83, 0x83, PREFIX_ANY, REG_FIELD, IS(5), DOES(X86_SUB, 0, rw(Ev), r(Ib))},
	{0x83, 0x83, PREFIX_ANY, REG_FIELD, IS(4), DOES(X86_AND, 0, rw(Ev), r(Ib))},
	{0x83, 0x83, PREFIX_ANY, REG_FIELD, IS(0), DOES(X86_ADD, 0, rw(Ev), r(Ib))},
	{0xc0, 0xc0, PREFIX_ANY, REG_FIELD, IS(5), DOES(X86_SHIFT_DOWN, 0, rw(Eb), r(Ib))},
	{0xc1, 0xc1, PREFIX_ANY, REG_FIELD, IS(5), DOES(X86_SHIFT_DOWN, 0, rw(Ev), r(Ib))},
	{0xff, 0xff, PREFIX_ANY, REG_FIELD, IS(0), ROW(rw(Ev))}, /* inc, dec */
	{0xff, 0xff, PREFIX_ANY, REG_FIELD, IS(1), ROW(rw(Ev))},
	{0xff, 0xff, PREFIX_ANY, REG_FIELD, IS(2), DOES(X86_CALL_ANYWHERE, RSP, r(Eq))},
	{0xff, 0xff, PREFIX_ANY, REG_FIELD, IS(4), DOES(X86_JUMP_ANYWHERE, 0, r(Eq))},
	{0xff, 0xff, PREFIX_ANY, REG_FIELD, IS(6), DOES(X86_PUSH, RSP, r(Ek))},
	{0xff, 0xff, PREFIX_ANY, 0xf8, 0xd8, UNKNOWN}, /* call and jmp to other segments are not of registers */
	{0xff, 0xff, PREFIX_ANY, 0xf8, 0xe8, UNKNOWN},
	{0xff, 0xff, PREFIX_ANY, REG_FIELD, IS(3), DOES(X86_CALL_ANYWHERE, RSP, r(Ex))},
	{0xff, 0xff, PREFIX_ANY, REG_FIELD, IS(5), DOES(X86_JUMP_ANYWHERE, 0, r(Ex))},
	{0xf6, 0xf6, PREFIX_ANY, 0x30, IS(0), ROW(r(Eb), r(Ib))}, /* test */
	{0xf7, 0xf7, PREFIX_ANY, 0x30, IS(0), ROW(r(Ev), r(Iz))},
	{0xf6, 0xf6, PREFIX_ANY, 0x30, IS(2), ROW(rw(Eb))}, /* not, neg */
	{0xf7, 0xf7, PREFIX_ANY, 0x30, IS(2), ROW(rw(Ev))},
	{0xf6, 0xf6, PREFIX_ANY, 0x30, IS(4), DOES(X86_OTHER, RAX, r(Eb))}, /* mul, imul */
	{0xf7, 0xf7, PREFIX_ANY, 0x30, IS(4), DOES(X86_OTHER, RAX | RDX, r(Ev))},
	{0xf6, 0xf6, PREFIX_ANY, 0x30, IS(6), TRAPS_WITH(RAX, r(Eb))}, /* div, idiv */
	{0xf7, 0xf7, PREFIX_ANY, 0x30, IS(6), TRAPS_WITH(RAX | RDX, r(Ev))},
	{0xc6, 0xc6, PREFIX_ANY, REG_FIELD, IS(0), DOES(X86_MOV, 0, w(Eb), r(Ib))},
	{0xc7, 0xc7, PREFIX_ANY, REG_FIELD, IS(0), DOES(X86_MOV, 0, w(Ev), r(Iz))},
	{0xc6, 0xc6, PREFIX_ANY, 0xff, 0xf8, TRAPS_WITH(RAX, r(Ib), U)},       /* xabort */
	{0xc7, 0xc7, PREFIX_ANY, 0xff, 0xf8, DOES(X86_BRANCH, RAX, r(Jz), U)}, /* xbegin */
	{0xfe, 0xfe, PREFIX_ANY, 0x30, IS(0), ROW(rw(Eb))},		       /* inc, dec */
	{0x8c, 0x8c, PREFIX_ANY, REG_FIELD, IS(6), UNKNOWN},
	{0x8c, 0x8c, PREFIX_ANY, REG_FIELD, IS(7), UNKNOWN},
	{0x8c, 0x8c, PREFIX_ANY, 0, 0, ROW(w(Evw), r(X))},
	{0x8e, 0x8e, PREFIX_ANY, REG_FIELD, IS(1), UNKNOWN},
	{0x8e, 0x8e, PREFIX_ANY, REG_FIELD, IS(6), UNKNOWN},
	{0x8e, 0x8e, PREFIX_ANY, REG_FIELD, IS(7), UNKNOWN},
	{0x8e, 0x8e, PREFIX_ANY, 0, 0, TRAPS_WITH(0, w(X), r(Ew))},
	{0x8f, 0x8f, PREFIX_ANY, REG_FIELD, IS(0), DOES(X86_OTHER, RSP, w(Ek))}, /* pop */

	/* x87: what it stores, and fnstsw %ax */
	{0xdf, 0xdf, PREFIX_ANY, 0xff, 0xe0, DOES(X86_OTHER, RAX, U)},
	{0xd8, 0xdf, PREFIX_ANY, 0xc0, 0xc0, ROW(U)},
	{0xd8, 0xd8, PREFIX_ANY, 0, 0, ROW(r(Ed))},
	{0xd9, 0xd9, PREFIX_ANY, REG_FIELD, IS(0), ROW(r(Ed))},
	{0xd9, 0xd9, PREFIX_ANY, REG_FIELD, IS(1), UNKNOWN},
	{0xd9, 0xd9, PREFIX_ANY, 0x30, IS(2), ROW(w(Ed))},
	{0xd9, 0xd9, PREFIX_ANY, REG_FIELD, IS(4), ROW(r(Ex))},
	{0xd9, 0xd9, PREFIX_ANY, REG_FIELD, IS(5), ROW(r(Ew))},
	{0xd9, 0xd9, PREFIX_ANY, REG_FIELD, IS(6), ROW(w(Ex))},
	{0xd9, 0xd9, PREFIX_ANY, REG_FIELD, IS(7), ROW(w(Ew))},
	{0xda, 0xda, PREFIX_ANY, 0, 0, ROW(r(Ed))},
	{0xdb, 0xdb, PREFIX_ANY, REG_FIELD, IS(0), ROW(r(Ed))},
	{0xdb, 0xdb, PREFIX_ANY, 0x20, 0, ROW(w(Ed))},
	{0xdb, 0xdb, PREFIX_ANY, REG_FIELD, IS(5), ROW(r(Ex))},
	{0xdb, 0xdb, PREFIX_ANY, REG_FIELD, IS(7), ROW(w(Ex))},
	{0xdb, 0xdb, PREFIX_ANY, 0, 0, UNKNOWN},
	{0xdc, 0xdc, PREFIX_ANY, 0, 0, ROW(r(Eq))},
	{0xdd, 0xdd, PREFIX_ANY, REG_FIELD, IS(0), ROW(r(Eq))},
	{0xdd, 0xdd, PREFIX_ANY, 0x20, 0, ROW(w(Eq))},
	{0xdd, 0xdd, PREFIX_ANY, REG_FIELD, IS(4), ROW(r(Ex))},
	{0xdd, 0xdd, PREFIX_ANY, REG_FIELD, IS(6), ROW(w(Ex))},
	{0xdd, 0xdd, PREFIX_ANY, REG_FIELD, IS(7), ROW(w(Ew))},
	{0xdd, 0xdd, PREFIX_ANY, 0, 0, UNKNOWN},
	{0xde, 0xde, PREFIX_ANY, 0, 0, ROW(r(Ew))},
	{0xdf, 0xdf, PREFIX_ANY, REG_FIELD, IS(0), ROW(r(Ew))},
	{0xdf, 0xdf, PREFIX_ANY, 0x20, 0, ROW(w(Ew))},
	{0xdf, 0xdf, PREFIX_ANY, REG_FIELD, IS(4), ROW(r(Ex))},
	{0xdf, 0xdf, PREFIX_ANY, REG_FIELD, IS(5), ROW(r(Eq))},
	{0xdf, 0xdf, PREFIX_ANY, REG_FIELD, IS(6), ROW(w(Ex))},
	{0xdf, 0xdf, PREFIX_ANY, REG_FIELD, IS(7), ROW(w(Eq))},
	{0},
};

/* ---- behind 0x0f ---- */

const struct x86_row x86_rows_0f[256] = {
	[0x00] = RULED,
	[0x01] = RULED,
	[0x02 ... 0x03] = ROW(rw(Gv), r(Ex)), /* lar, lsl */
	[0x05] = TRAPS(RAX | RCX | R11),      /* syscall */
	[0x06 ... 0x09] = TRAPS(0),
	[0x0b] = TRAPS(0), /* ud2 */
	[0x0d] = DOES(X86_NOP, 0, Ex),
	[0x0e] = ROW(0),
	[0x0f] = ROW(rw(X), r(W), r(Ib)), /* 3DNow */
	[0x10] = ROW(rw(X), r(Ws)),
	[0x11] = ROW(w(Ws), r(X)),
	[0x12] = ROW(rw(X), r(W)),
	[0x13] = FLAGS(ONLY_MEM, w(Wq), r(X)),
	[0x14 ... 0x16] = ROW(rw(X), r(W)),
	[0x17] = FLAGS(ONLY_MEM, w(Wq), r(X)),
	[0x18 ... 0x1a] = DOES(X86_NOP, 0, Ex),
	[0x1b] = {.operands = {Ex}, .op = X86_NOP, .flags = IS_KNOWN | HAS_RULES},
	[0x1c ... 0x1d] = DOES(X86_NOP, 0, Ex),
	[0x1e] = {.operands = {Ex}, .op = X86_NOP, .flags = IS_KNOWN | HAS_RULES},
	[0x1f] = DOES(X86_NOP, 0, Ex),
	[0x20 ... 0x21] = {.operands = {w(Eq), r(X)}, .op = X86_TRAP, .flags = IS_KNOWN | ONLY_REG},
	[0x22 ... 0x23] = {.operands = {w(X), r(Eq)}, .op = X86_TRAP, .flags = IS_KNOWN | ONLY_REG},
	[0x28] = ROW(w(X), r(W)),
	[0x29] = ROW(w(W), r(X)),
	[0x2a] = RULED_ELSE(w(X), r(Wq)),
	[0x2b] = FLAGS(ONLY_MEM, w(W), r(X)),
	[0x2c ... 0x2d] = RULED_ELSE(w(X), r(W)),
	[0x2e ... 0x2f] = ROW(r(X), r(W)),
	[0x30] = TRAPS(0),			/* wrmsr */
	[0x31] = DOES(X86_OTHER, RAX | RDX, 0), /* rdtsc */
	[0x32 ... 0x33] = TRAPS(RAX | RDX),	/* rdmsr, rdpmc */
	[0x34] = TRAPS(RSP),			/* sysenter, sysexit */
	[0x35] = TRAPS(RSP),
	[0x37] = TRAPS(RAX | RBX), /* getsec */
	[0x40 ... 0x4f] = DOES(X86_MOV_IF, 0, rw(Gv), r(Ev)),
	[0x50] = FLAGS(ONLY_REG, w(Gy), r(W)), /* movmsk */
	[0x51 ... 0x53] = ROW(rw(X), r(Ws)),
	[0x54 ... 0x57] = ROW(rw(X), r(W)),
	[0x58 ... 0x5a] = ROW(rw(X), r(Ws)),
	[0x5b] = ROW(w(X), r(W)),
	[0x5c ... 0x5f] = ROW(rw(X), r(Ws)),
	[0x60 ... 0x6d] = ROW(rw(X), r(W)),
	[0x6e] = ROW(w(X), r(Ey)),
	[0x6f] = ROW(w(X), r(W)),
	[0x70] = ROW(w(X), r(W), r(Ib)),
	[0x71 ... 0x73] = {.operands = {rw(W), r(Ib)}, .flags = IS_KNOWN | HAS_RULES | ONLY_REG},
	[0x74 ... 0x76] = ROW(rw(X), r(W)),
	[0x77] = ROW(0), /* emms */
	[0x78 ... 0x79] = RULED,
	[0x7c ... 0x7d] = ROW(rw(X), r(W)),
	[0x7e] = RULED_ELSE(w(Ey), r(X)),
	[0x7f] = ROW(w(W), r(X)),
	[0x80 ... 0x8f] = DOES(X86_BRANCH, 0, r(Jz)),
	[0x90 ... 0x9f] = ROW(w(Eb)),			    /* setcc */
	[0xa0 ... 0xa1] = DOES(X86_OTHER, RSP, 0),	    /* push and pop of %fs, %gs */
	[0xa2] = DOES(X86_OTHER, RAX | RBX | RCX | RDX, 0), /* cpuid */
	[0xa3] = FLAGS(BIT_STRING, r(Ev), r(Gv)),	    /* bt */
	[0xa4] = ROW(rw(Ev), r(Gv), r(Ib)),		    /* shld */
	[0xa5] = ROW(rw(Ev), r(Gv)),
	[0xa6 ... 0xa7] = {.operands = {U}, /* VIA's ciphers */
			   .writes = RAX | RDX | RCX | RSI | RDI,
			   .flags = IS_KNOWN | ONLY_REG | LOADS | STORES},
	[0xa8 ... 0xa9] = DOES(X86_OTHER, RSP, 0),
	[0xaa] = TRAPS(0),			   /* rsm */
	[0xab] = FLAGS(BIT_STRING, rw(Ev), r(Gv)), /* bts */
	[0xac] = ROW(rw(Ev), r(Gv), r(Ib)),	   /* shrd */
	[0xad] = ROW(rw(Ev), r(Gv)),
	[0xae] = RULED,
	[0xaf] = ROW(rw(Gv), r(Ev)),		      /* imul */
	[0xb0] = DOES(X86_OTHER, RAX, rw(Eb), r(Gb)), /* cmpxchg */
	[0xb1] = DOES(X86_OTHER, RAX, rw(Ev), r(Gv)),
	[0xb2] = FLAGS(ONLY_MEM, w(Gv), r(Ex)),	   /* lss */
	[0xb3] = FLAGS(BIT_STRING, rw(Ev), r(Gv)), /* btr */
	[0xb4 ... 0xb5] = FLAGS(ONLY_MEM, w(Gv), r(Ex)),
	[0xb6] = DOES(X86_EXTEND, 0, w(Gv), r(Eb)),
	[0xb7] = DOES(X86_EXTEND, 0, w(Gv), r(Ew)),
	[0xb8] = RULED,				   /* popcnt */
	[0xb9] = TRAPS_WITH(0, r(Gd), r(Ed)),	   /* ud1 */
	[0xba] = RULED,				   /* bt and the like of a number */
	[0xbb] = FLAGS(BIT_STRING, rw(Ev), r(Gv)), /* btc */
	[0xbc ... 0xbd] = ROW(rw(Gv), r(Ev)),	   /* bsf, bsr, tzcnt, lzcnt */
	[0xbe] = DOES(X86_EXTEND_SIGN, 0, w(Gv), r(Eb)),
	[0xbf] = DOES(X86_EXTEND_SIGN, 0, w(Gv), r(Ew)),
	[0xc0] = ROW(rw(Eb), rw(Gb)), /* xadd */
	[0xc1] = ROW(rw(Ev), rw(Gv)),
	[0xc2] = ROW(rw(X), r(W), r(Ib)),
	[0xc3] = FLAGS(ONLY_MEM, w(Ey), r(Gy)), /* movnti */
	[0xc4] = ROW(rw(X), r(Edw), r(Ib)),
	[0xc5] = FLAGS(ONLY_REG, w(Gd), r(W), r(Ib)), /* pextrw */
	[0xc6] = ROW(rw(X), r(W), r(Ib)),
	[0xc7] = RULED,
	[0xc8 ... 0xcf] = ROW(rw(Ov)), /* bswap */
	[0xd0 ... 0xd5] = ROW(rw(X), r(W)),
	[0xd6] = RULED,
	[0xd7] = FLAGS(ONLY_REG, w(Gd), r(W)), /* pmovmskb */
	[0xd8 ... 0xe6] = ROW(rw(X), r(W)),
	[0xe7] = FLAGS(ONLY_MEM, w(W), r(X)),
	[0xe8 ... 0xef] = ROW(rw(X), r(W)),
	[0xf0] = FLAGS(ONLY_MEM, w(X), r(W)),
	[0xf1 ... 0xf6] = ROW(rw(X), r(W)),
	[0xf7] = FLAGS(ONLY_REG | STORES, r(X), r(W)), /* maskmov */
	[0xf8 ... 0xfe] = ROW(rw(X), r(W)),
	[0xff] = TRAPS_WITH(0, r(Gd), r(Ed)), /* ud0 */
};

#define PREFIX_SCALAR (PREFIX_F3 | PREFIX_F2)
#define PREFIX_PACKED (PREFIX_NONE | PREFIX_66)

static const struct x86_rule rules_0f[] = {
	{0x2a, 0x2a, PREFIX_SCALAR, 0, 0, ROW(rw(X), r(Ey))},
	{0x2c, 0x2d, PREFIX_SCALAR, 0, 0, ROW(w(Gy), r(Ws))},
	{0x7e, 0x7e, PREFIX_F3, 0, 0, ROW(w(X), r(Wq))},
	{0xd6, 0xd6, PREFIX_66, 0, 0, ROW(w(Wq), r(X))},
	{0xd6, 0xd6, PREFIX_SCALAR, 0, 0, FLAGS(ONLY_REG, w(X), r(W))},
	{0x1e, 0x1e, PREFIX_F3, 0xf8, 0xc8, ROW(rw(Ey))}, /* rdssp */
	{0x1b, 0x1b, PREFIX_66, 0, 0, ROW(w(W), r(X))},	  /* bndmov */
	{0xba, 0xba, PREFIX_ANY, 0x20, 0, UNKNOWN},
	{0xba, 0xba, PREFIX_ANY, REG_FIELD, IS(4), ROW(r(Ev), r(Ib))}, /* bt */
	{0xba, 0xba, PREFIX_ANY, 0, 0, ROW(rw(Ev), r(Ib))},
	{0xb8, 0xb8, PREFIX_F3, 0, 0, ROW(w(Gv), r(Ev))}, /* popcnt */

	{0x71, 0x73, PREFIX_ANY, 0x18, IS(1), UNKNOWN},
	{0x71, 0x73, PREFIX_ANY, REG_FIELD, IS(0), UNKNOWN},
	{0x71, 0x72, PREFIX_ANY, 0x18, IS(3), UNKNOWN},
	{0x73, 0x73, PREFIX_ANY, 0x18, IS(0), UNKNOWN},

	{0x78, 0x78, PREFIX_NONE, 0, 0, TRAPS_WITH(0, w(Eq), r(Gq))}, /* vmread, vmwrite */
	{0x79, 0x79, PREFIX_NONE, 0, 0, TRAPS_WITH(0, r(Gq), r(Eq))},
	{0x78, 0x78, PREFIX_66 | PREFIX_F2, 0, 0, FLAGS(ONLY_REG, rw(X), r(Ib), r(Ib))}, /* extrq, insertq */
	{0x79, 0x79, PREFIX_66 | PREFIX_F2, 0, 0, FLAGS(ONLY_REG, rw(X), r(W))},

	/* what says how far the processor's state was saved, thread's areas, fences */
	{0xae, 0xae, PREFIX_F3, 0xf0, 0xc0, ROW(w(Ey))}, /* rdfsbase, rdgsbase */
	{0xae, 0xae, PREFIX_F3, 0xf0, 0xd0, ROW(r(Ey))},
	{0xae, 0xae, PREFIX_F3, 0xf0, 0xe0, ROW(r(Ey))}, /* ptwrite, incssp */
	{0xae, 0xae, PREFIX_F3, 0xf8, 0xf0, ROW(r(Eq))}, /* umonitor */
	{0xae, 0xae, PREFIX_66 | PREFIX_F2, 0xf8, 0xf0, ROW(r(Ed))},
	{0xae, 0xae, PREFIX_NONE, 0xf8, 0xe8, ROW(U)},
	{0xae, 0xae, PREFIX_NONE, 0xf0, 0xf0, ROW(U)},
	{0xae, 0xae, PREFIX_ANY, 0xc0, 0xc0, UNKNOWN},
	{0xae, 0xae, PREFIX_NONE, REG_FIELD, IS(2), ROW(r(Ed))}, /* ldmxcsr, stmxcsr */
	{0xae, 0xae, PREFIX_NONE, REG_FIELD, IS(3), ROW(w(Ed))},
	{0xae, 0xae, PREFIX_PACKED, REG_FIELD, IS(7), DOES(X86_NOP, 0, Ex)}, /* clflush */
	{0xae, 0xae, PREFIX_66, REG_FIELD, IS(6), DOES(X86_NOP, 0, Ex)},
	{0xae, 0xae, PREFIX_NONE, REG_FIELD, IS(1), ROW(r(Ex))}, /* fxrstor, xrstor; the others save */
	{0xae, 0xae, PREFIX_NONE, REG_FIELD, IS(5), ROW(r(Ex))},
	{0xae, 0xae, PREFIX_NONE, REG_FIELD, IS(0), ROW(w(Ex))},
	{0xae, 0xae, PREFIX_NONE, 0, 0, ROW(rw(Ex))},
	{0xae, 0xae, PREFIX_F3, REG_FIELD, IS(4), ROW(r(Ey))},
	{0xae, 0xae, PREFIX_F3, REG_FIELD, IS(6), TRAPS_WITH(0, rw(Eq))},

	{0xc7, 0xc7, PREFIX_PACKED, 0xf0, 0xf0, ROW(w(Ev))}, /* rdrand, rdseed */
	{0xc7, 0xc7, PREFIX_F3, 0xf8, 0xf8, ROW(w(Eq))},     /* rdpid */
	{0xc7, 0xc7, PREFIX_F3, 0xf8, 0xf0, ROW(r(Ex))},
	{0xc7, 0xc7, PREFIX_ANY, 0xc0, 0xc0, UNKNOWN},
	{0xc7, 0xc7, PREFIX_ANY, REG_FIELD, IS(1), DOES(X86_OTHER, RAX | RDX, rw(E2y))}, /* cmpxchg8b, 16b */
	{0xc7, 0xc7, PREFIX_NONE, REG_FIELD, IS(3), TRAPS_WITH(0, r(Ex))},
	{0xc7, 0xc7, PREFIX_NONE, REG_FIELD, IS(4), ROW(w(Ex))}, /* xsavec */
	{0xc7, 0xc7, PREFIX_NONE, REG_FIELD, IS(5), TRAPS_WITH(0, w(Ex))},
	{0xc7, 0xc7, PREFIX_ANY, REG_FIELD, IS(6), TRAPS_WITH(0, rw(Eq))},
	{0xc7, 0xc7, PREFIX_NONE, REG_FIELD, IS(7), TRAPS_WITH(0, w(Eq))},

	{0x00, 0x00, PREFIX_ANY, 0x30, IS(0), TRAPS_WITH(0, w(Evw))}, /* sldt, str */
	{0x00, 0x00, PREFIX_ANY, 0x30, IS(2), TRAPS_WITH(0, r(Ew))},
	{0x00, 0x00, PREFIX_ANY, 0x30, IS(4), ROW(r(Ew))},			    /* verr, verw */
	{0x01, 0x01, PREFIX_NONE, 0xff, 0xd0, DOES(X86_OTHER, RAX | RDX, U)},	    /* xgetbv */
	{0x01, 0x01, PREFIX_NONE, 0xff, 0xee, DOES(X86_OTHER, RAX | RDX, U)},	    /* rdpkru */
	{0x01, 0x01, PREFIX_NONE, 0xff, 0xef, ROW(U)},				    /* wrpkru */
	{0x01, 0x01, PREFIX_NONE, 0xff, 0xe8, ROW(U)},				    /* serialize */
	{0x01, 0x01, PREFIX_NONE, 0xff, 0xf9, DOES(X86_OTHER, RAX | RDX | RCX, U)}, /* rdtscp */
	{0x01, 0x01, PREFIX_NONE, 0xff, 0xfc, FLAGS(STORES, U)},		    /* clzero */
	{0x01, 0x01, PREFIX_NONE, 0xff, 0xfd, DOES(X86_OTHER, RAX | RDX, U)},	    /* rdpru */
	{0x01, 0x01, PREFIX_NONE, 0xfe, 0xd4, ROW(U)},				    /* xend */
	{0x01, 0x01, PREFIX_NONE, 0xff, 0xd6, ROW(U)},				    /* xtest */
	{0x01, 0x01, PREFIX_ANY, 0xf8, 0xe0, TRAPS_WITH(0, w(Evw))},		    /* smsw, lmsw */
	{0x01, 0x01, PREFIX_ANY, 0xf8, 0xf0, TRAPS_WITH(0, r(Ew))},
	{0x01, 0x01, PREFIX_ANY, 0xc0, 0xc0, TRAPS_WITH(RAX | RBX | RCX | RDX, U)},
	{0x01, 0x01, PREFIX_ANY, 0x30, IS(0), TRAPS_WITH(0, w(Ex))}, /* sgdt, sidt */
	{0x01, 0x01, PREFIX_ANY, 0x30, IS(2), TRAPS_WITH(0, r(Ex))},
	{0x01, 0x01, PREFIX_ANY, REG_FIELD, IS(4), TRAPS_WITH(0, w(Evw))},
	{0x01, 0x01, PREFIX_F3, REG_FIELD, IS(5), TRAPS_WITH(0, rw(Eq))},
	{0x01, 0x01, PREFIX_ANY, REG_FIELD, IS(6), TRAPS_WITH(0, r(Ew))},
	{0x01, 0x01, PREFIX_ANY, REG_FIELD, IS(7), TRAPS_WITH(0, Ex)},
	{0},
};

static const struct x86_rule rules_0f38[] = {
	{0x00, 0x0b, PREFIX_PACKED, 0, 0, ROW(rw(X), r(W))},
	{0x10, 0x10, PREFIX_66, 0, 0, ROW(rw(X), r(W))},
	{0x14, 0x15, PREFIX_66, 0, 0, ROW(rw(X), r(W))},
	{0x17, 0x17, PREFIX_66, 0, 0, ROW(r(X), r(W))},
	{0x1c, 0x1e, PREFIX_PACKED, 0, 0, ROW(w(X), r(W))},
	{0x2a, 0x2a, PREFIX_66, 0, 0, FLAGS(ONLY_MEM, w(X), r(W))},
	{0x20, 0x25, PREFIX_66, 0, 0, ROW(w(X), r(W))},
	{0x28, 0x2b, PREFIX_66, 0, 0, ROW(rw(X), r(W))},
	{0x30, 0x35, PREFIX_66, 0, 0, ROW(w(X), r(W))},
	{0x37, 0x41, PREFIX_66, 0, 0, ROW(rw(X), r(W))},
	{0x80, 0x82, PREFIX_66, 0, 0, {.operands = {r(Gq), r(Ex)}, .op = X86_TRAP, .flags = IS_KNOWN | ONLY_MEM}},
	{0xc8, 0xcd, PREFIX_NONE, 0, 0, ROW(rw(X), r(W))},
	{0xcf, 0xcf, PREFIX_66, 0, 0, ROW(rw(X), r(W))},
	{0xdb, 0xdf, PREFIX_66, 0, 0, ROW(rw(X), r(W))},
	{0xd8, 0xd8, PREFIX_F3, 0x20, 0, FLAGS(ONLY_MEM, r(W))},
	{0xdc, 0xdc, PREFIX_F3, 0xc0, 0xc0, TRAPS_WITH(0, r(X), r(W))}, /* loadiwkey */
	{0xdc, 0xdf, PREFIX_F3, 0, 0, FLAGS(ONLY_MEM, rw(X), r(W))},
	{0xf0, 0xf0, PREFIX_F2, 0, 0, ROW(rw(Gy), r(Eb))}, /* crc32 */
	{0xf1, 0xf1, PREFIX_F2, 0, 0, ROW(rw(Gy), r(Ev))},
	{0xf0, 0xf0, PREFIX_PACKED, 0, 0, FLAGS(ONLY_MEM, w(Gv), r(Ev))}, /* movbe */
	{0xf1, 0xf1, PREFIX_PACKED, 0, 0, FLAGS(ONLY_MEM, w(Ev), r(Gv))},
	{0xf5,
	 0xf5,
	 PREFIX_66,
	 0,
	 0,
	 {.operands = {w(Ey), r(Gy)}, .op = X86_TRAP, .flags = IS_KNOWN | ONLY_MEM}},	       /* wruss
												*/
	{0xf6, 0xf6, PREFIX_66 | PREFIX_F3, 0, 0, ROW(rw(Gy), r(Ey))},			       /* adcx, adox */
	{0xf6, 0xf6, PREFIX_NONE, 0, 0, FLAGS(ONLY_MEM, w(Ey), r(Gy))},			       /* wrss */
	{0xf8, 0xf8, PREFIX_66 | PREFIX_SCALAR, 0, 0, FLAGS(ONLY_MEM | STORES, r(Gq), r(Ex))}, /* movdir64b, enqcmd */
	{0xf9, 0xf9, PREFIX_NONE, 0, 0, FLAGS(ONLY_MEM, w(Ey), r(Gy))},
	{0xfa, 0xfb, PREFIX_F3, 0, 0, FLAGS(ONLY_REG, w(Gd), r(Ed))},	/* encodekey */
	{0xfc, 0xfc, PREFIX_ANY, 0, 0, FLAGS(ONLY_MEM, rw(Ey), r(Gy))}, /* aadd, aand, aor, axor */
	{0},
};

static const struct x86_rule rules_0f3a[] = {
	{0x08, 0x0f, PREFIX_66, 0, 0, ROW(rw(X), r(W), r(Ib))},
	{0x0f, 0x0f, PREFIX_NONE, 0, 0, ROW(rw(X), r(W), r(Ib))},
	{0x14, 0x14, PREFIX_66, 0, 0, ROW(w(Edb), r(X), r(Ib))}, /* pextr */
	{0x15, 0x15, PREFIX_66, 0, 0, ROW(w(Edw), r(X), r(Ib))},
	{0x16, 0x16, PREFIX_66, 0, 0, ROW(w(Ey), r(X), r(Ib))},
	{0x17, 0x17, PREFIX_66, 0, 0, ROW(w(Ed), r(X), r(Ib))},
	{0x20, 0x20, PREFIX_66, 0, 0, ROW(rw(X), r(Edb), r(Ib))}, /* pinsr */
	{0x21, 0x21, PREFIX_66, 0, 0, ROW(rw(X), r(Wd), r(Ib))},
	{0x22, 0x22, PREFIX_66, 0, 0, ROW(rw(X), r(Ey), r(Ib))},
	{0x40, 0x42, PREFIX_66, 0, 0, ROW(rw(X), r(W), r(Ib))},
	{0x44, 0x44, PREFIX_66, 0, 0, ROW(rw(X), r(W), r(Ib))},
	{0x61, 0x61, PREFIX_66, 0, 0, DOES(X86_OTHER, RCX, r(X), r(W), r(Ib))}, /* pcmpestri, pcmpistri */
	{0x63, 0x63, PREFIX_66, 0, 0, DOES(X86_OTHER, RCX, r(X), r(W), r(Ib))},
	{0x60, 0x62, PREFIX_66, 0, 0, ROW(r(X), r(W), r(Ib))},
	{0xcc, 0xcc, PREFIX_NONE, 0, 0, ROW(rw(X), r(W), r(Ib))},
	{0xce, 0xcf, PREFIX_66, 0, 0, ROW(rw(X), r(W), r(Ib))},
	{0xdf, 0xdf, PREFIX_66, 0, 0, ROW(rw(X), r(W), r(Ib))},
	{0xf0, 0xf0, PREFIX_F3, 0xff, 0xc0, TRAPS_WITH(0, r(Ib), U)}, /* hreset */
	{0},
};

/* ---- with VEX ---- */

static const struct x86_rule rules_vex_0f[] = {
	{0x10, 0x10, PREFIX_ANY, 0, 0, ROW(w(X), r(Ws))},
	{0x11, 0x11, PREFIX_ANY, 0, 0, ROW(w(Ws), r(X))},
	{0x13, 0x13, PREFIX_PACKED, 0, 0, FLAGS(ONLY_MEM, w(Wq), r(X))},
	{0x17, 0x17, PREFIX_PACKED, 0, 0, FLAGS(ONLY_MEM, w(Wq), r(X))},
	{0x12, 0x16, PREFIX_ANY, 0, 0, ROW(w(X), r(W))},
	{0x28, 0x28, PREFIX_PACKED, 0, 0, ROW(w(X), r(W))},
	{0x29, 0x29, PREFIX_PACKED, 0, 0, ROW(w(W), r(X))},
	{0x2a, 0x2a, PREFIX_SCALAR, 0, 0, ROW(w(X), r(Ey))},
	{0x2b, 0x2b, PREFIX_PACKED, 0, 0, FLAGS(ONLY_MEM, w(W), r(X))},
	{0x2c, 0x2d, PREFIX_SCALAR, 0, 0, ROW(w(Gy), r(Ws))},
	{0x2e, 0x2f, PREFIX_PACKED, 0, 0, ROW(r(X), r(W))},
	{0x41, 0x4b, PREFIX_PACKED, 0, 0, FLAGS(ONLY_REG, w(X), r(W))}, /* masks */
	{0x50, 0x50, PREFIX_PACKED, 0, 0, FLAGS(ONLY_REG, w(Gd), r(W))},
	{0x51, 0x53, PREFIX_ANY, 0, 0, ROW(w(X), r(Ws))},
	{0x54, 0x57, PREFIX_PACKED, 0, 0, ROW(w(X), r(W))},
	{0x58, 0x5a, PREFIX_ANY, 0, 0, ROW(w(X), r(Ws))},
	{0x5b, 0x5b, PREFIX_ANY, 0, 0, ROW(w(X), r(W))},
	{0x5c, 0x5f, PREFIX_ANY, 0, 0, ROW(w(X), r(Ws))},
	{0x6e, 0x6e, PREFIX_66, 0, 0, ROW(w(X), r(Ey))},
	{0x60, 0x6f, PREFIX_ANY, 0, 0, ROW(w(X), r(W))},
	{0x70, 0x70, PREFIX_ANY, 0, 0, ROW(w(X), r(W), r(Ib))},
	{0x71, 0x73, PREFIX_66, 0, 0, FLAGS(ONLY_REG, r(W), r(Ib))},
	{0x74, 0x76, PREFIX_66, 0, 0, ROW(w(X), r(W))},
	{0x77, 0x77, PREFIX_NONE, 0, 0, ROW(0)}, /* vzeroupper, vzeroall */
	{0x7c, 0x7d, PREFIX_66 | PREFIX_F2, 0, 0, ROW(w(X), r(W))},
	{0x7e, 0x7e, PREFIX_66, 0, 0, ROW(w(Ey), r(X))},
	{0x7e, 0x7e, PREFIX_F3, 0, 0, ROW(w(X), r(Wq))},
	{0x7f, 0x7f, PREFIX_66 | PREFIX_F3, 0, 0, ROW(w(W), r(X))},
	{0x90, 0x90, PREFIX_PACKED, 0, 0, ROW(w(X), r(W))},
	{0x91, 0x91, PREFIX_PACKED, 0, 0, FLAGS(ONLY_MEM, w(W), r(X))},
	{0x92, 0x92, PREFIX_PACKED | PREFIX_F2, 0, 0, FLAGS(ONLY_REG, w(X), r(Ey))},
	{0x93, 0x93, PREFIX_PACKED | PREFIX_F2, 0, 0, FLAGS(ONLY_REG, w(Gy), r(W))},
	{0x98, 0x99, PREFIX_PACKED, 0, 0, FLAGS(ONLY_REG, r(X), r(W))},
	{0xae, 0xae, PREFIX_NONE, 0xc0, 0xc0, UNKNOWN},
	{0xae, 0xae, PREFIX_NONE, REG_FIELD, IS(2), ROW(r(Ed))},
	{0xae, 0xae, PREFIX_NONE, REG_FIELD, IS(3), ROW(w(Ed))},
	{0xc2, 0xc2, PREFIX_ANY, 0, 0, ROW(w(X), r(W), r(Ib))},
	{0xc4, 0xc4, PREFIX_66, 0, 0, ROW(w(X), r(Edw), r(Ib))},
	{0xc5, 0xc5, PREFIX_66, 0, 0, FLAGS(ONLY_REG, w(Gd), r(W), r(Ib))},
	{0xc6, 0xc6, PREFIX_PACKED, 0, 0, ROW(w(X), r(W), r(Ib))},
	{0xd6, 0xd6, PREFIX_66, 0, 0, ROW(w(Wq), r(X))},
	{0xd7, 0xd7, PREFIX_66, 0, 0, FLAGS(ONLY_REG, w(Gd), r(W))},
	{0xe7, 0xe7, PREFIX_66, 0, 0, FLAGS(ONLY_MEM, w(W), r(X))},
	{0xf0, 0xf0, PREFIX_F2, 0, 0, FLAGS(ONLY_MEM, w(X), r(W))},
	{0xf7, 0xf7, PREFIX_66, 0, 0, FLAGS(ONLY_REG | STORES, r(X), r(W))},
	{0xd0, 0xfe, PREFIX_ANY, 0, 0, ROW(w(X), r(W))},
	{0},
};

static const struct x86_rule rules_vex_0f38[] = {
	{0xf2, 0xf2, PREFIX_NONE, 0, 0, ROW(w(Gy), r(By), r(Ey))},	/* andn */
	{0xf3, 0xf3, PREFIX_NONE, REG_FIELD, IS(1), ROW(w(By), r(Ey))}, /* blsr, blsmsk, blsi */
	{0xf3, 0xf3, PREFIX_NONE, 0x30, IS(2), ROW(w(By), r(Ey))},
	{0xf5, 0xf5, PREFIX_NONE, 0, 0, ROW(w(Gy), r(Ey), r(By))},	       /* bzhi */
	{0xf5, 0xf5, PREFIX_SCALAR, 0, 0, ROW(w(Gy), r(By), r(Ey))},	       /* pext, pdep */
	{0xf6, 0xf6, PREFIX_F2, 0, 0, ROW(w(Gy), w(By), r(Ey))},	       /* mulx */
	{0xf7, 0xf7, PREFIX_ANY, 0, 0, ROW(w(Gy), r(Ey), r(By))},	       /* bextr, shlx, sarx, shrx */
	{0xe0, 0xef, PREFIX_66, 0, 0, FLAGS(ONLY_MEM, rw(Ey), rw(Gy), r(By))}, /* cmpxadd of a condition */
	{0x2c, 0x2d, PREFIX_66, 0, 0, FLAGS(ONLY_MEM, w(X), r(W))},
	{0x2e, 0x2f, PREFIX_66, 0, 0, FLAGS(ONLY_MEM, w(W), r(X))},
	{0x8c, 0x8c, PREFIX_66, 0, 0, FLAGS(ONLY_MEM, w(X), r(W))},
	{0x8e, 0x8e, PREFIX_66, 0, 0, FLAGS(ONLY_MEM, w(W), r(X))},
	{0x90, 0x93, PREFIX_66, 0, 0, FLAGS(ONLY_MEM, rw(X), r(V))},
	{0x49, 0x49, PREFIX_NONE, 0xff, 0xc0, ROW(U)}, /* tiles */
	{0x49, 0x49, PREFIX_F2, 0xc0, 0xc0, ROW(w(X))},
	{0x49, 0x49, PREFIX_NONE, REG_FIELD, 0, FLAGS(ONLY_MEM, r(W))},
	{0x49, 0x49, PREFIX_66, REG_FIELD, 0, FLAGS(ONLY_MEM, w(W))},
	{0x4b, 0x4b, PREFIX_66 | PREFIX_F2, 0, 0, FLAGS(ONLY_MEM, w(X), r(V))},
	{0x4b, 0x4b, PREFIX_F3, 0, 0, FLAGS(ONLY_MEM, w(V), r(X))},
	{0x5c, 0x5e, PREFIX_ANY, 0, 0, FLAGS(ONLY_REG, rw(X), r(W))},
	{0x6c, 0x6c, PREFIX_PACKED, 0, 0, FLAGS(ONLY_REG, rw(X), r(W))},
	{0x00, 0x0f, PREFIX_66, 0, 0, ROW(w(X), r(W))},
	{0x13, 0x13, PREFIX_66, 0, 0, ROW(w(X), r(W))},
	{0x16, 0x1e, PREFIX_66, 0, 0, ROW(w(X), r(W))},
	{0x20, 0x25, PREFIX_66, 0, 0, ROW(w(X), r(W))},
	{0x28, 0x2b, PREFIX_66, 0, 0, ROW(w(X), r(W))},
	{0x30, 0x41, PREFIX_66, 0, 0, ROW(w(X), r(W))},
	{0x45, 0x47, PREFIX_66, 0, 0, ROW(w(X), r(W))},
	{0x50, 0x53, PREFIX_ANY, 0, 0, ROW(rw(X), r(W))},
	{0x58, 0x5a, PREFIX_66, 0, 0, ROW(w(X), r(W))},
	{0x72, 0x72, PREFIX_F3, 0, 0, ROW(w(X), r(W))},
	{0x78, 0x79, PREFIX_66, 0, 0, ROW(w(X), r(W))},
	{0x96, 0x9f, PREFIX_66, 0, 0, ROW(rw(X), r(W))},
	{0xa6, 0xaf, PREFIX_66, 0, 0, ROW(rw(X), r(W))},
	{0xb0, 0xb1, PREFIX_ANY, 0, 0, FLAGS(ONLY_MEM, w(X), r(W))},
	{0xb4, 0xbf, PREFIX_66, 0, 0, ROW(rw(X), r(W))},
	{0xcb, 0xcd, PREFIX_F2, 0, 0, FLAGS(ONLY_REG, rw(X), r(W))},
	{0xcf, 0xcf, PREFIX_66, 0, 0, ROW(w(X), r(W))},
	{0xd2, 0xd3, PREFIX_PACKED | PREFIX_F3, 0, 0, ROW(rw(X), r(W))},
	{0xda, 0xda, PREFIX_ANY, 0, 0, ROW(rw(X), r(W))},
	{0xdb, 0xdf, PREFIX_66, 0, 0, ROW(w(X), r(W))},
	{0},
};

static const struct x86_rule rules_vex_0f3a[] = {
	{0xf0, 0xf0, PREFIX_F2, 0, 0, ROW(w(Gy), r(Ey), r(Ib))}, /* rorx */
	{0x14, 0x14, PREFIX_66, 0, 0, ROW(w(Edb), r(X), r(Ib))},
	{0x15, 0x15, PREFIX_66, 0, 0, ROW(w(Edw), r(X), r(Ib))},
	{0x16, 0x16, PREFIX_66, 0, 0, ROW(w(Ey), r(X), r(Ib))},
	{0x17, 0x17, PREFIX_66, 0, 0, ROW(w(Ed), r(X), r(Ib))},
	{0x19, 0x19, PREFIX_66, 0, 0, ROW(w(W), r(X), r(Ib))},
	{0x1d, 0x1d, PREFIX_66, 0, 0, ROW(w(W), r(X), r(Ib))},
	{0x39, 0x39, PREFIX_66, 0, 0, ROW(w(W), r(X), r(Ib))},
	{0x20, 0x20, PREFIX_66, 0, 0, ROW(w(X), r(Edb), r(Ib))},
	{0x21, 0x21, PREFIX_66, 0, 0, ROW(w(X), r(Wd), r(Ib))},
	{0x22, 0x22, PREFIX_66, 0, 0, ROW(w(X), r(Ey), r(Ib))},
	{0x30, 0x33, PREFIX_66, 0, 0, FLAGS(ONLY_REG, w(X), r(W), r(Ib))},
	{0x61, 0x61, PREFIX_66, 0, 0, DOES(X86_OTHER, RCX, r(X), r(W), r(Ib))},
	{0x63, 0x63, PREFIX_66, 0, 0, DOES(X86_OTHER, RCX, r(X), r(W), r(Ib))},
	{0x00, 0x06, PREFIX_66, 0, 0, ROW(w(X), r(W), r(Ib))},
	{0x08, 0x0f, PREFIX_66, 0, 0, ROW(w(X), r(W), r(Ib))},
	{0x18, 0x18, PREFIX_66, 0, 0, ROW(w(X), r(W), r(Ib))},
	{0x38, 0x38, PREFIX_66, 0, 0, ROW(w(X), r(W), r(Ib))},
	{0x40, 0x4c, PREFIX_66, 0, 0, ROW(w(X), r(W), r(Ib))},
	{0x5c, 0x63, PREFIX_66, 0, 0, ROW(w(X), r(W), r(Ib))},
	{0x68, 0x6f, PREFIX_66, 0, 0, ROW(w(X), r(W), r(Ib))},
	{0x78, 0x7f, PREFIX_66, 0, 0, ROW(w(X), r(W), r(Ib))},
	{0xce, 0xcf, PREFIX_66, 0, 0, ROW(w(X), r(W), r(Ib))},
	{0xde, 0xdf, PREFIX_66, 0, 0, ROW(w(X), r(W), r(Ib))},
	{0},
};

/* ---- with EVEX ---- */

static const struct x86_rule rules_evex_0f[] = {
	{0x11, 0x11, PREFIX_ANY, 0, 0, ROW(w(Ws), r(X))},
	{0x13, 0x13, PREFIX_PACKED, 0, 0, FLAGS(ONLY_MEM, w(Wq), r(X))},
	{0x17, 0x17, PREFIX_PACKED, 0, 0, FLAGS(ONLY_MEM, w(Wq), r(X))},
	{0x10, 0x16, PREFIX_ANY, 0, 0, ROW(w(X), r(W))},
	{0x28, 0x28, PREFIX_PACKED, 0, 0, ROW(w(X), r(W))},
	{0x29, 0x29, PREFIX_PACKED, 0, 0, ROW(w(W), r(X))},
	{0x2a, 0x2a, PREFIX_SCALAR, 0, 0, ROW(w(X), r(Ey))},
	{0x2b, 0x2b, PREFIX_PACKED, 0, 0, FLAGS(ONLY_MEM, w(W), r(X))},
	{0x2c, 0x2d, PREFIX_SCALAR, 0, 0, ROW(w(Gy), r(Ws))},
	{0x2e, 0x2f, PREFIX_PACKED, 0, 0, ROW(r(X), r(W))},
	{0x6e, 0x6e, PREFIX_66, 0, 0, ROW(w(X), r(Ey))},
	{0x51, 0x6f, PREFIX_ANY, 0, 0, ROW(w(X), r(W))},
	{0x70, 0x70, PREFIX_ANY, 0, 0, ROW(w(X), r(W), r(Ib))},
	{0x71, 0x73, PREFIX_66, 0, 0, ROW(r(W), r(Ib))},
	{0x74, 0x76, PREFIX_66, 0, 0, ROW(w(X), r(W))},
	{0x78, 0x79, PREFIX_SCALAR, 0, 0, ROW(w(Gy), r(Ws))},
	{0x7b, 0x7b, PREFIX_SCALAR, 0, 0, ROW(w(X), r(Ey))},
	{0x78, 0x7b, PREFIX_ANY, 0, 0, ROW(w(X), r(W))},
	{0x7e, 0x7e, PREFIX_66, 0, 0, ROW(w(Ey), r(X))},
	{0x7e, 0x7e, PREFIX_F3, 0, 0, ROW(w(X), r(Wq))},
	{0x7f, 0x7f, PREFIX_66 | PREFIX_SCALAR, 0, 0, ROW(w(W), r(X))},
	{0xc2, 0xc2, PREFIX_ANY, 0, 0, ROW(w(X), r(W), r(Ib))},
	{0xc4, 0xc4, PREFIX_66, 0, 0, ROW(w(X), r(Edw), r(Ib))},
	{0xc5, 0xc5, PREFIX_66, 0, 0, FLAGS(ONLY_REG, w(Gd), r(W), r(Ib))},
	{0xc6, 0xc6, PREFIX_PACKED, 0, 0, ROW(w(X), r(W), r(Ib))},
	{0xd6, 0xd6, PREFIX_66, 0, 0, ROW(w(Wq), r(X))},
	{0xe7, 0xe7, PREFIX_66, 0, 0, FLAGS(ONLY_MEM, w(W), r(X))},
	{0xd1, 0xfe, PREFIX_ANY, 0, 0, ROW(w(X), r(W))},
	{0},
};

static const struct x86_rule rules_evex_0f38[] = {
	{0x10, 0x15, PREFIX_F3, 0, 0, ROW(w(W), r(X))}, /* elements made smaller */
	{0x20, 0x25, PREFIX_F3, 0, 0, ROW(w(W), r(X))},
	{0x30, 0x35, PREFIX_F3, 0, 0, ROW(w(W), r(X))},
	{0x63, 0x63, PREFIX_66, 0, 0, ROW(w(W), r(X))}, /* compressed */
	{0x8a, 0x8b, PREFIX_66, 0, 0, ROW(w(W), r(X))},
	{0x7a, 0x7b, PREFIX_66, 0, 0, FLAGS(ONLY_REG, w(X), r(Ed))},
	{0x7c, 0x7c, PREFIX_66, 0, 0, FLAGS(ONLY_REG, w(X), r(Ey))},
	{0x90, 0x93, PREFIX_66, 0, 0, FLAGS(ONLY_MEM, rw(X), r(V))},
	{0xa0, 0xa3, PREFIX_66, 0, 0, FLAGS(ONLY_MEM, w(V), r(X))},
	{0xc6, 0xc7, PREFIX_66, 0, 0, FLAGS(ONLY_MEM, V)},
	{0x00, 0x7f, PREFIX_ANY, 0, 0, ROW(w(X), r(W))},
	{0x83, 0x8f, PREFIX_66, 0, 0, ROW(w(X), r(W))},
	{0x96, 0xcf, PREFIX_ANY, 0, 0, ROW(rw(X), r(W))},
	{0xdc, 0xdf, PREFIX_66, 0, 0, ROW(w(X), r(W))},
	{0},
};

static const struct x86_rule rules_evex_0f3a[] = {
	{0x14, 0x14, PREFIX_66, 0, 0, ROW(w(Edb), r(X), r(Ib))},
	{0x15, 0x15, PREFIX_66, 0, 0, ROW(w(Edw), r(X), r(Ib))},
	{0x16, 0x16, PREFIX_66, 0, 0, ROW(w(Ey), r(X), r(Ib))},
	{0x17, 0x17, PREFIX_66, 0, 0, ROW(w(Ed), r(X), r(Ib))},
	{0x19, 0x19, PREFIX_66, 0, 0, ROW(w(W), r(X), r(Ib))},
	{0x1b, 0x1b, PREFIX_66, 0, 0, ROW(w(W), r(X), r(Ib))},
	{0x1d, 0x1d, PREFIX_66, 0, 0, ROW(w(W), r(X), r(Ib))},
	{0x39, 0x39, PREFIX_66, 0, 0, ROW(w(W), r(X), r(Ib))},
	{0x3b, 0x3b, PREFIX_66, 0, 0, ROW(w(W), r(X), r(Ib))},
	{0x20, 0x20, PREFIX_66, 0, 0, ROW(w(X), r(Edb), r(Ib))},
	{0x21, 0x21, PREFIX_66, 0, 0, ROW(w(X), r(Wd), r(Ib))},
	{0x22, 0x22, PREFIX_66, 0, 0, ROW(w(X), r(Ey), r(Ib))},
	{0x00, 0x73, PREFIX_ANY, 0, 0, ROW(w(X), r(W), r(Ib))},
	{0xc2, 0xcf, PREFIX_ANY, 0, 0, ROW(w(X), r(W), r(Ib))},
	{0},
};

static const struct x86_rule rules_evex_5[] = {
	{0x11, 0x11, PREFIX_F3, 0, 0, ROW(w(Ww), r(X))},
	{0x2a, 0x2a, PREFIX_F3, 0, 0, ROW(w(X), r(Ey))},
	{0x2c, 0x2d, PREFIX_F3, 0, 0, ROW(w(Gy), r(Ww))},
	{0x78, 0x79, PREFIX_F3, 0, 0, ROW(w(Gy), r(Ww))},
	{0x7b, 0x7b, PREFIX_F3, 0, 0, ROW(w(X), r(Ey))},
	{0x6e, 0x6e, PREFIX_66, 0, 0, ROW(w(X), r(Edw))},
	{0x7e, 0x7e, PREFIX_66, 0, 0, ROW(w(Edw), r(X))},
	{0x10, 0x7d, PREFIX_ANY, 0, 0, ROW(w(X), r(W))},
	{0},
};

static const struct x86_rule rules_evex_6[] = {
	{0x13, 0xd7, PREFIX_ANY, 0, 0, ROW(w(X), r(W))},
	{0},
};

/* ---- with XOP: of some AMD processors ---- */

static const struct x86_rule rules_xop_8[] = {
	{0x85, 0xef, PREFIX_NONE, 0, 0, ROW(w(X), r(W), r(Ib))},
	{0},
};

static const struct x86_rule rules_xop_9[] = {
	{0x01, 0x02, PREFIX_NONE, 0, 0, ROW(w(By), r(Ey))},
	{0x12, 0x12, PREFIX_NONE, 0, 0, FLAGS(ONLY_REG, rw(Ey))},
	{0x80, 0xe3, PREFIX_NONE, 0, 0, ROW(w(X), r(W))},
	{0},
};

static const struct x86_rule rules_xop_a[] = {
	{0x10, 0x10, PREFIX_NONE, 0, 0, ROW(w(Gy), r(Ey), r(Id))},
	{0x12, 0x12, PREFIX_NONE, 0, 0, ROW(rw(By), r(Ed), r(Id))},
	{0},
};

const struct x86_rule *const x86_rules[MAP_COUNT] = {
	[MAP_ONE] = rules_one,
	[MAP_0F] = rules_0f,
	[MAP_0F38] = rules_0f38,
	[MAP_0F3A] = rules_0f3a,
	[MAP_VEX_0F] = rules_vex_0f,
	[MAP_VEX_0F38] = rules_vex_0f38,
	[MAP_VEX_0F3A] = rules_vex_0f3a,
	[MAP_EVEX_0F] = rules_evex_0f,
	[MAP_EVEX_0F38] = rules_evex_0f38,
	[MAP_EVEX_0F3A] = rules_evex_0f3a,
	[MAP_EVEX_5] = rules_evex_5,
	[MAP_EVEX_6] = rules_evex_6,
	[MAP_XOP_8] = rules_xop_8,
	[MAP_XOP_9] = rules_xop_9,
	[MAP_XOP_A] = rules_xop_a,
};
