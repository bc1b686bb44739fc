/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel executes a probed push, nop, jmp, jcc or call itself; of any other instruction it runs a copy in a single
 * step, which costs sixteen times as much (doc/cost-of-a-probe.md). So where a function begins with something else, the
 * probe goes on the first push, jmp or jcc behind it, if nobody can tell the difference:
 *
 * - What is skipped runs once per call, from the first byte to the last: nothing in it branches, and nothing in it is
 * known to trap by design. An instruction that the decoder does not know ends the search.
 * - What is skipped does not write memory, because arguments are read from there, nor %rsp: the return address is still
 *   where a uretprobe replaces it, and arguments on the stack are where they were. Flags may change: nobody reads them.
 * - Each register that somebody reads is still somewhere. `mov %rdi,%rax; mov %rsi,%rdi; jmp f` has both arguments at
 * the jmp, in other registers; the locations are moved along.
 * - Nothing jumps from further on to behind the entry: the probe would fire again in the same call. A push there would
 *   unbalance the stack each time round, so compilers make no such loop; all 986 such places in one ceph-osd agree. For
 * jmp and jcc the whole function is searched (5 of 1489 are jumped to): at every byte, whether an instruction begins
 *   there or not, so that no jump is missed for want of a decoder; what looks like a jump, or like a jump through a
 *   table, costs the cheaper place and nothing else. A nop is never chosen, since what compilers align is loops.
 */
#include "probe/prologue.h"

#include <string.h>

enum insn_kind { INSN_PLAIN, INSN_NOP, INSN_PUSH, INSN_JUMP, INSN_CALL };

struct insn {
	enum insn_kind kind;
	unsigned size;
	uint32_t writes; /* registers, as bits */
	bool is_copy;	 /* of all 64 bits of register `from` to `to` */
	uint8_t from, to;
};

/* An instruction while it is being taken apart. Registers are as the processor numbers them. */
struct decoder {
	const uint8_t *at, *end;
	uint8_t rex;
	bool is_16, is_rep, has_prefix;
	uint8_t mod, reg, rm; /* with REX's bits */
	struct insn *insn;
};

/* Flags of an instruction's form. */
enum {
	MODRM = 1,
	DST_RM = 2,  /* writes what rm names */
	DST_REG = 4, /* writes what reg names */
	BYTE = 8,    /* that is of 8 bits, so may be %ah..%bh */
	IMM8 = 16,
	IMM = 32, /* 32 bits, or 16 */
	DST_RAX = 64,
	DST_RDX = 128,
};

enum { REX_B = 1, REX_R = 4, REX_W = 8 };

static uint32_t bit(unsigned reg)
{
	return UINT32_C(1) << reg;
}

/* From the processor's numbers to DWARF's. */
static uint8_t argreg_of(unsigned reg)
{
	static const uint8_t map[8] = {ARGREG_RAX, ARGREG_RCX, ARGREG_RDX, ARGREG_RBX,
				       ARGREG_RSP, ARGREG_RBP, ARGREG_RSI, ARGREG_RDI};

	return (uint8_t)(reg < 8 ? map[reg] : ARGREG_R8 + reg - 8);
}

static bool skip(struct decoder *d, size_t size)
{
	if ((size_t)(d->end - d->at) < size)
		return false;
	d->at += size;
	return true;
}

static bool take(struct decoder *d, uint8_t *byte)
{
	if (d->at == d->end)
		return false;
	*byte = *d->at++;
	return true;
}

/* Not those that the kernel refuses to probe (cs, ss, ds, es, lock), nor the rare ones. */
static bool note_prefix(struct decoder *d, uint8_t byte)
{
	if (byte != 0x64 && byte != 0x66 && byte != 0xf2 && byte != 0xf3) /* 0x64: %fs, the thread's own variables */
		return false;
	d->has_prefix = true;
	d->is_16 |= byte == 0x66;
	d->is_rep |= byte == 0xf3;
	return true;
}

static bool take_prefixes(struct decoder *d, uint8_t *opcode)
{
	do {
		if (!take(d, opcode))
			return false;
	} while (note_prefix(d, *opcode));
	if ((*opcode & 0xf0) != 0x40)
		return true;
	d->rex = *opcode;
	if (d->rex & REX_W)
		d->is_16 = false;
	return take(d, opcode);
}

static bool take_modrm(struct decoder *d)
{
	uint8_t modrm, sib = 0;
	bool is_far;

	if (!take(d, &modrm))
		return false;
	d->mod = modrm >> 6;
	d->reg = (uint8_t)((modrm >> 3 & 7) | (d->rex & REX_R ? 8 : 0));
	d->rm = (uint8_t)((modrm & 7) | (d->rex & REX_B ? 8 : 0));
	if (d->mod == 3)
		return true;
	if ((modrm & 7) == 4 && !take(d, &sib))
		return false;
	is_far = d->mod == 2 || (d->mod == 0 && ((modrm & 7) == 5 || ((modrm & 7) == 4 && (sib & 7) == 5)));
	return skip(d, is_far ? 4 : d->mod);
}

static void write_reg(struct decoder *d, unsigned reg, unsigned form)
{
	if (form & BYTE && !d->rex && reg >= 4 && reg < 8)
		reg -= 4; /* %ah is a part of %rax */
	d->insn->writes |= bit(argreg_of(reg));
}

/* Operands and effects of an instruction of this form; d->at is behind its opcode, or its modrm byte where that was
 * taken. */
static bool finish(struct decoder *d, unsigned form)
{
	if (form & MODRM && !take_modrm(d))
		return false;
	if (form & IMM8 && !skip(d, 1))
		return false;
	if (form & IMM && !skip(d, d->is_16 ? 2 : 4))
		return false;
	if (form & DST_RM && d->mod != 3)
		return false; /* memory may be an argument */
	if (form & DST_RM)
		write_reg(d, d->rm, form);
	if (form & DST_REG)
		write_reg(d, d->reg, form);
	if (form & DST_RAX)
		d->insn->writes |= bit(ARGREG_RAX);
	if (form & DST_RDX)
		d->insn->writes |= bit(ARGREG_RDX);
	return true;
}

/* add, or, adc, sbb, and, sub, xor, cmp: the first 0x40 opcodes. */
static bool decode_alu(struct decoder *d, uint8_t opcode)
{
	static const uint8_t forms[8] = {MODRM | DST_RM | BYTE, MODRM | DST_RM, MODRM | DST_REG | BYTE,
					 MODRM | DST_REG,	IMM8 | DST_RAX, IMM | DST_RAX};
	unsigned form = forms[opcode & 7];

	if (!form)
		return false;
	return finish(d, opcode >> 3 == 7 ? form & ~(unsigned)(DST_RM | DST_REG | DST_RAX) : form);
}

/* Opcodes whose meaning is in the modrm byte's middle: its register is no operand. */
static bool decode_group(struct decoder *d, uint8_t opcode)
{
	unsigned byte = opcode & 1 ? 0 : BYTE, which;

	if (!take_modrm(d))
		return false;
	which = d->reg & 7;
	switch (opcode) {
	case 0x80: /* add ... cmp, immediate */
	case 0x81:
	case 0x83:
		return finish(d, (opcode == 0x81 ? IMM : IMM8) | (which == 7 ? 0 : DST_RM | byte));
	case 0xc0: /* shifts */
	case 0xc1:
		return finish(d, IMM8 | DST_RM | byte);
	case 0xd0:
	case 0xd1:
	case 0xd2:
	case 0xd3:
		return finish(d, DST_RM | byte);
	case 0xc6: /* mov; the others of these two are transactions */
	case 0xc7:
		return which == 0 && finish(d, (byte ? IMM8 : IMM) | DST_RM | byte);
	case 0xf6: /* test, not, neg, mul, imul; div may trap */
	case 0xf7:
		if (which < 2)
			return finish(d, byte ? IMM8 : IMM);
		return which < 6 && finish(d, which < 4 ? DST_RM | byte : DST_RAX | DST_RDX);
	default: /* 0xfe, 0xff: inc, dec; then calls, jumps, push */
		return which < 2 && finish(d, DST_RM | byte);
	}
}

static bool decode_0f(struct decoder *d)
{
	uint8_t opcode;

	if (!take(d, &opcode))
		return false;
	if (opcode >= 0x80 && opcode <= 0x8f) {
		d->insn->kind = INSN_JUMP;
		return !d->has_prefix && !d->rex && skip(d, 4);
	}
	if (opcode >= 0x40 && opcode <= 0x4f) /* cmov */
		return finish(d, MODRM | DST_REG);
	if (opcode >= 0x90 && opcode <= 0x9f) /* setcc */
		return finish(d, MODRM | DST_RM | BYTE);
	switch (opcode) {
	case 0x1e: /* endbr64; other values are other instructions on some processors */
		return d->is_rep && take(d, &opcode) && opcode == 0xfa;
	case 0x1f:
		d->insn->kind = INSN_NOP;
		return finish(d, MODRM);
	case 0xaf: /* imul */
	case 0xb6: /* movzx */
	case 0xb7:
	case 0xbe: /* movsx */
	case 0xbf:
		return finish(d, MODRM | DST_REG);
	case 0x10: /* movups and its like, to a vector register */
	case 0x12:
	case 0x16:
	case 0x28:
	case 0x57: /* xorps */
	case 0x6c: /* punpcklqdq */
	case 0x6e: /* movd, movq */
	case 0x6f: /* movdqa, movdqu */
	case 0xef: /* pxor */
		return finish(d, MODRM);
	case 0x7e: /* movq between vectors, or to a register */
		return finish(d, d->is_rep ? MODRM : MODRM | DST_RM);
	default:
		return false;
	}
}

static bool decode_mov(struct decoder *d, uint8_t opcode)
{
	bool is_store = opcode == 0x89;

	if (!finish(d, MODRM | (is_store ? DST_RM : DST_REG)))
		return false;
	if (d->mod == 3 && d->rex & REX_W) {
		d->insn->is_copy = true;
		d->insn->from = argreg_of(is_store ? d->reg : d->rm);
		d->insn->to = argreg_of(is_store ? d->rm : d->reg);
	}
	return true;
}

/* mov of a number; the register is a part of the opcode. */
static bool decode_mov_imm(struct decoder *d, uint8_t opcode)
{
	d->reg = (uint8_t)((opcode & 7) | (d->rex & REX_B ? 8 : 0));
	if (opcode < 0xb8)
		return finish(d, IMM8 | DST_REG | BYTE);
	if (d->rex & REX_W)
		return skip(d, 8) && finish(d, DST_REG);
	return finish(d, IMM | DST_REG);
}

/* What the kernel executes itself: plain forms only, without prefixes but the one that names %r8 to %r15. */
static bool decode_flow(struct decoder *d, uint8_t opcode)
{
	if (d->has_prefix)
		return false;
	if (opcode >= 0x50 && opcode <= 0x57) {
		d->insn->kind = INSN_PUSH;
		return !d->rex || d->rex == (0x40 | REX_B);
	}
	if (d->rex)
		return false;
	d->insn->kind = opcode == 0xe8 ? INSN_CALL : INSN_JUMP;
	return skip(d, opcode >= 0xe8 && opcode != 0xeb ? 4 : 1);
}

static bool decode_opcode(struct decoder *d, uint8_t opcode)
{
	if (opcode < 0x40 && opcode != 0x0f)
		return decode_alu(d, opcode);
	if (opcode >= 0xb0 && opcode <= 0xbf)
		return decode_mov_imm(d, opcode);
	if (opcode >= 0x70 && opcode <= 0x7f)
		return decode_flow(d, opcode);
	if (opcode >= 0x50 && opcode <= 0x57)
		return decode_flow(d, opcode);
	switch (opcode) {
	case 0x0f:
		return decode_0f(d);
	case 0xe8: /* call, jmp */
	case 0xe9:
	case 0xeb:
		return decode_flow(d, opcode);
	case 0x63: /* movslq */
		return finish(d, MODRM | DST_REG);
	case 0x84: /* test */
	case 0x85:
		return finish(d, MODRM);
	case 0x88:
		return finish(d, MODRM | DST_RM | BYTE);
	case 0x8a:
		return finish(d, MODRM | DST_REG | BYTE);
	case 0x89:
	case 0x8b:
		return decode_mov(d, opcode);
	case 0x8d: /* lea */
		return finish(d, MODRM | DST_REG) && d->mod != 3;
	case 0x90: /* with REX it is xchg, with rep it is pause */
		d->insn->kind = INSN_NOP;
		return !d->rex && !d->is_rep;
	case 0x98: /* cltq */
		return finish(d, DST_RAX);
	case 0x99: /* cqto */
		return finish(d, DST_RDX);
	case 0xa8: /* test */
		return finish(d, IMM8);
	case 0xa9:
		return finish(d, IMM);
	case 0x80:
	case 0x81:
	case 0x83:
	case 0xc0:
	case 0xc1:
	case 0xc6:
	case 0xc7:
	case 0xd0:
	case 0xd1:
	case 0xd2:
	case 0xd3:
	case 0xf6:
	case 0xf7:
	case 0xfe:
	case 0xff:
		return decode_group(d, opcode);
	default:
		return false;
	}
}

/* False: not known, not all there, or with an effect that a probe behind it would see. */
static bool decode(const uint8_t *code, size_t size, struct insn *insn)
{
	enum { INSN_SIZE_MAX = 15 };
	struct decoder d = {.at = code, .end = code + (size < INSN_SIZE_MAX ? size : INSN_SIZE_MAX), .insn = insn};
	uint8_t opcode;

	*insn = (struct insn){0};
	if (!take_prefixes(&d, &opcode) || !decode_opcode(&d, opcode))
		return false;
	insn->size = (unsigned)(d.at - code);
	return !(insn->writes & bit(ARGREG_RSP));
}

/* ---- jumps ---- */

static int32_t get_s32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return (int32_t)value;
}

/* Where a jump goes if one begins at byte i; -1: none does, or not all of it is there. */
static int64_t jump_target(const uint8_t *code, size_t size, size_t i)
{
	const uint8_t *at = code + i;
	size_t left = size - i;

	if (left >= 2 && ((*at >= 0x70 && *at <= 0x7f) || (*at >= 0xe0 && *at <= 0xe3) || *at == 0xeb))
		return (int64_t)i + 2 + (int8_t)at[1];
	if (left >= 5 && *at == 0xe9)
		return (int64_t)i + 5 + get_s32(at + 1);
	if (left >= 6 && *at == 0x0f && (at[1] & 0xf0) == 0x80)
		return (int64_t)i + 6 + get_s32(at + 2);
	return -1;
}

/* May anything in the function jump to behind its entry, up to `offset`? */
static bool is_jumped_to(const uint8_t *code, size_t size, unsigned offset)
{
	size_t i;
	int64_t target;

	for (i = 0; i < size; i++) {
		target = jump_target(code, size, i);
		if (target > 0 && target <= offset)
			return true;
		if (code[i] == 0x0f && (target < 0 || (uint64_t)target >= size) && i + 1 < size &&
		    (code[i + 1] & 0xf0) == 0x80)
			return true; /* to the cold part, which may jump back */
		if (code[i] == 0xff && i + 1 < size && (code[i + 1] & 0x38) == 0x20)
			return true; /* through a register or memory: anywhere */
	}
	return false;
}

/* A jump out of the function may go to its cold part, which may jump back. */
static bool leaves(const uint8_t *code, size_t size, unsigned offset)
{
	int64_t target = jump_target(code, size, offset);

	return target < 0 || (uint64_t)target >= size;
}

/* ---- the search ---- */

/* What each register has: which register's value of the entry, or ARGREG_COUNT. */
static void follow(uint8_t *has, const struct insn *insn)
{
	uint8_t copied = insn->is_copy ? has[insn->from] : ARGREG_COUNT;
	unsigned i;

	for (i = 0; i < ARGREG_COUNT; i++)
		if (insn->writes & bit(i))
			has[i] = ARGREG_COUNT;
	if (insn->is_copy)
		has[insn->to] = copied;
}

/* Find each needed register's value; its own register comes first. */
static bool find_regs(const uint8_t *has, uint32_t needed, uint8_t *regs)
{
	unsigned r, i;

	for (r = 0; r < ARGREG_COUNT; r++) {
		regs[r] = (uint8_t)r;
		if (!(needed & bit(r)) || has[r] == r)
			continue;
		for (i = 0; i < ARGREG_COUNT && has[i] != r; i++)
			;
		if (i == ARGREG_COUNT)
			return false;
		regs[r] = (uint8_t)i;
	}
	return true;
}

static bool fits(const uint8_t *code, size_t size, bool is_whole, const struct insn *insn, unsigned offset)
{
	if (insn->kind == INSN_PUSH)
		return true;
	if (insn->kind != INSN_JUMP || !is_whole || is_jumped_to(code, size, offset))
		return false;
	/* a tail call at the very end leaves, but then nothing is left that could come back */
	return !leaves(code, size, offset) || offset + insn->size == size;
}

/* The place behind the entry, if there is one. */
static bool find_later(const uint8_t *code, size_t size, bool is_whole, uint32_t needed, struct prologue *out)
{
	uint8_t has[ARGREG_COUNT];
	struct insn insn;
	unsigned i, at;

	for (i = 0; i < ARGREG_COUNT; i++)
		has[i] = (uint8_t)i;
	for (at = 0; decode(code + at, size - at, &insn); at += insn.size) {
		if (insn.kind == INSN_PLAIN || insn.kind == INSN_NOP) {
			follow(has, &insn);
			continue;
		}
		if (!fits(code, size, is_whole, &insn, at) || !find_regs(has, needed, out->regs))
			return false;
		out->offset = at;
		return true;
	}
	return false;
}

void prologue_find(const uint8_t *code, size_t size, bool is_whole, uint32_t needed, struct prologue *out)
{
	struct insn first;
	unsigned r;

	*out = (struct prologue){0};
	out->is_cheap = decode(code, size, &first) && first.kind != INSN_PLAIN;
	/* %rip is another at another place */
	if (!out->is_cheap && !(needed & bit(ARGREG_RIP)) && find_later(code, size, is_whole, needed, out))
		out->is_cheap = true;
	for (r = 0; r < ARGREG_COUNT && !out->offset; r++)
		out->regs[r] = (uint8_t)r;
}

/* ---- locations ---- */

static bool reads_reg(const struct argstep *step)
{
	return (step->op == STEP_REG || step->op == STEP_ADD_REG) && step->reg < ARGREG_COUNT;
}

uint32_t argloc_regs(const struct argloc *loc)
{
	uint32_t regs = 0;
	unsigned i;

	for (i = 0; i < loc->n; i++)
		if (reads_reg(&loc->steps[i]))
			regs |= bit(loc->steps[i].reg);
	return regs;
}

void argloc_move(struct argloc *loc, const uint8_t regs[ARGREG_COUNT])
{
	unsigned i;

	for (i = 0; i < loc->n; i++)
		if (reads_reg(&loc->steps[i]))
			loc->steps[i].reg = regs[loc->steps[i].reg];
}
