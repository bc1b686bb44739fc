/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tables of the decoder (x86.c): what each opcode of x86-64 has for operands and effects. Nobody else includes
 * this. */
#ifndef CEPHTAP_LIB_X86_ROWS_H
#define CEPHTAP_LIB_X86_ROWS_H

#include "lib/x86.h"

/* Opcodes are numbered anew behind each escape; what VEX, EVEX and XOP encode are maps of their own. */
enum x86_map {
	MAP_ONE,
	MAP_0F,
	MAP_0F38,
	MAP_0F3A,
	MAP_VEX_0F,
	MAP_VEX_0F38,
	MAP_VEX_0F3A,
	MAP_EVEX_0F,
	MAP_EVEX_0F38,
	MAP_EVEX_0F3A,
	MAP_EVEX_5,
	MAP_EVEX_6,
	MAP_XOP_8,
	MAP_XOP_9,
	MAP_XOP_A,
	MAP_COUNT,
};

/* An operand is where it stands, a letter as in the processors' manuals where they have one, and how large it is. */
enum {
	IN_MODRM_RM = 0x10,  /* E: a general register or memory */
	IN_MODRM_REG = 0x20, /* G */
	IN_OPCODE = 0x30,    /* O: a register, by the opcode's last three bits */
	IS_RAX = 0x40,	     /* A */
	IN_VVVV = 0x50,	     /* B: a register, by bits of the VEX prefix */
	IS_IMM = 0x60,	     /* I */
	IS_TARGET = 0x70,    /* J */
	AT_NUMBER = 0x80,    /* F: memory at an address that the instruction contains whole */
	ELSE_REG = 0x90,     /* X: a register of another kind, by modrm's reg, or rm if that is no memory */
	ELSE_RM = 0xa0,	     /* W: a register of another kind, or memory */
	VECTOR_OF = 0xb0,    /* V: memory at as many addresses as a vector has elements */
	MODRM_ALONE = 0xc0,  /* U, behind what is an operand: the opcode continues in modrm */
	PLACE_BITS = 0xf0,
};

enum {
	SIZE_X, /* not told */
	SIZE_B,
	SIZE_W,
	SIZE_D,
	SIZE_Q,
	SIZE_V,	 /* 2, 4 or 8 by prefix */
	SIZE_Y,	 /* 4 or 8 */
	SIZE_Z,	 /* 2 or 4 */
	SIZE_K,	 /* 8; 2 by prefix */
	SIZE_2Y, /* twice Y */
	SIZE_S,	 /* a scalar's by prefix; otherwise as X */
	SIZE_VW, /* a register as V, memory as W, and so on */
	SIZE_YW,
	SIZE_DW,
	SIZE_DB,
	SIZE_BITS = 0x0f,
};

enum {
	Eb = IN_MODRM_RM | SIZE_B,
	Ew = IN_MODRM_RM | SIZE_W,
	Ed = IN_MODRM_RM | SIZE_D,
	Ev = IN_MODRM_RM | SIZE_V,
	Ey = IN_MODRM_RM | SIZE_Y,
	Ez = IN_MODRM_RM | SIZE_Z,
	Ek = IN_MODRM_RM | SIZE_K,
	Ex = IN_MODRM_RM | SIZE_X,
	Eq = IN_MODRM_RM | SIZE_Q,
	E2y = IN_MODRM_RM | SIZE_2Y,
	Evw = IN_MODRM_RM | SIZE_VW,
	Eyw = IN_MODRM_RM | SIZE_YW,
	Edw = IN_MODRM_RM | SIZE_DW,
	Edb = IN_MODRM_RM | SIZE_DB,
	Gb = IN_MODRM_REG | SIZE_B,
	Gd = IN_MODRM_REG | SIZE_D,
	Gq = IN_MODRM_REG | SIZE_Q,
	Gv = IN_MODRM_REG | SIZE_V,
	Gy = IN_MODRM_REG | SIZE_Y,
	Ob = IN_OPCODE | SIZE_B,
	Ov = IN_OPCODE | SIZE_V,
	Oy = IN_OPCODE | SIZE_Y,
	Ok = IN_OPCODE | SIZE_K,
	Ab = IS_RAX | SIZE_B,
	Aw = IS_RAX | SIZE_W,
	Av = IS_RAX | SIZE_V,
	By = IN_VVVV | SIZE_Y,
	Ib = IS_IMM | SIZE_B,
	Iw = IS_IMM | SIZE_W,
	Id = IS_IMM | SIZE_D,
	Iz = IS_IMM | SIZE_Z,
	Iv = IS_IMM | SIZE_V,
	Jb = IS_TARGET | SIZE_B,
	Jz = IS_TARGET | SIZE_Z,
	Fb = AT_NUMBER | SIZE_B,
	Fv = AT_NUMBER | SIZE_V,
	X = ELSE_REG,
	W = ELSE_RM,
	Ww = ELSE_RM | SIZE_W,
	Wd = ELSE_RM | SIZE_D,
	Wq = ELSE_RM | SIZE_Q,
	Ws = ELSE_RM | SIZE_S,
	V = VECTOR_OF,
	U = MODRM_ALONE,
};

enum { ACCESS_SHIFT = 8 };

/* Flags of a row. */
enum {
	IS_KNOWN = 1,  /* there is such an instruction */
	HAS_RULES = 2, /* rules of the same map come first */
	ONLY_MEM = 4,  /* no register instead */
	ONLY_REG = 8,
	LOADS = 16, /* from memory that is no operand */
	STORES = 32,
	COUNTS = 64,	  /* %rcx down, with a prefix that repeats it */
	BIT_STRING = 128, /* the register operand, a number of a bit, moves the address */
};

struct x86_row {
	uint16_t operands[X86_OPERANDS];
	uint16_t writes; /* registers beside those of operands */
	uint8_t op;
	uint8_t flags;
};

enum { PREFIX_NONE = 1, PREFIX_66 = 2, PREFIX_F3 = 4, PREFIX_F2 = 8, PREFIX_ANY = 15 };

/* A row for opcodes `from` to `to` with one of these prefixes and a modrm byte of which the bits in `mask` are `value`.
 */
struct x86_rule {
	uint8_t from, to, prefixes, mask, value;
	struct x86_row row;
};

/* The row of an opcode, before rules. */
extern const struct x86_row x86_rows_one[256], x86_rows_0f[256];

/* The first that fits is the one; the list ends with a rule of no prefixes. */
extern const struct x86_rule *const x86_rules[MAP_COUNT];

#endif
