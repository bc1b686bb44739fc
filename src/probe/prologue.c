/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel executes a probed push, nop, jmp, jcc or call itself; of any other instruction it runs a copy in a single
 * step, which costs sixteen times as much (doc/cost-of-a-probe.md). So where a function begins with something else, the
 * probe goes on the first push, jmp or jcc behind it, if nobody can tell the difference:
 *
 * - What is skipped runs once per call, from the first byte to the last: nothing in it branches, and nothing in it is
 *   known to trap by design. An instruction that the decoder does not know ends the search.
 * - What is skipped does not write memory, because arguments are read from there, nor %rsp: the return address is still
 *   where a uretprobe replaces it, and arguments on the stack are where they were. Flags may change: nobody reads them.
 * - Each register that somebody reads is still somewhere. `mov %rdi,%rax; mov %rsi,%rdi; jmp f` has both arguments at
 *   the jmp, in other registers; the locations are moved along.
 * - Nothing jumps from further on to behind the entry: the probe would fire again in the same call. A push there would
 *   unbalance the stack each time round, so compilers make no such loop; all 986 such places in one ceph-osd agree. For
 *   jmp and jcc the whole function is searched (5 of 1489 are jumped to): at every byte, whether an instruction begins
 *   there or not, so that no jump is missed for want of a decoder; what looks like a jump, or like a jump through a
 *   table, costs the cheaper place and nothing else. A nop is never chosen, since what compilers align is loops.
 */
#include "probe/prologue.h"

#include <string.h>

#include "lib/x86.h"

static uint32_t bit(unsigned reg)
{
	return UINT32_C(1) << reg;
}

/* ---- instructions ---- */

/* Of any length, with the prefix that compilers lengthen them with. Others that do nothing are stepped over as any
 * instruction. */
static bool is_nop(const uint8_t *code)
{
	while (*code == 0x66)
		code++;
	return code[0] == 0x90 || (code[0] == 0x0f && code[1] == 0x1f);
}

/* Plain forms only: no prefixes, but the one that names %r8 to %r15 for a push. */
static bool is_executed_by_kernel(const uint8_t *code, const struct x86_insn *insn)
{
	switch (insn->op) {
	case X86_PUSH:
		return insn->operands[0].kind == X86_REG && (insn->size == 1 || (insn->size == 2 && code[0] == 0x41));
	case X86_NOP:
		return is_nop(code);
	case X86_JUMP:
	case X86_CALL:
		return code[0] >= 0xe8 && code[0] <= 0xeb;
	case X86_BRANCH: /* neither loop nor jrcxz */
		return (code[0] & 0xf0) == 0x70 || code[0] == 0x0f;
	default:
		return false;
	}
}

/* A probe behind it sees the memory and the stack that it would see before it. */
static bool may_be_skipped(const struct x86_insn *insn)
{
	switch (insn->op) {
	case X86_OTHER:
	case X86_MOV:
	case X86_MOV_IF:
	case X86_EXTEND:
	case X86_EXTEND_SIGN:
	case X86_LEA:
	case X86_ADD:
	case X86_SUB:
	case X86_AND:
	case X86_XOR:
	case X86_SHIFT_DOWN:
	case X86_NOP:
		return !insn->stores && !(insn->writes & bit(ARGREG_RSP));
	default:
		return false;
	}
}

/* All 64 bits of one register into another. */
static bool is_copy(const struct x86_insn *insn)
{
	return insn->op == X86_MOV && insn->operands[0].kind == X86_REG && insn->operands[1].kind == X86_REG &&
	       insn->operands[0].size == 8;
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
static void follow(uint8_t *has, const struct x86_insn *insn)
{
	uint8_t copied = is_copy(insn) ? has[insn->operands[1].reg] : ARGREG_COUNT;
	unsigned i;

	for (i = 0; i < ARGREG_COUNT; i++)
		if (insn->writes & bit(i))
			has[i] = ARGREG_COUNT;
	if (is_copy(insn))
		has[insn->operands[0].reg] = copied;
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

static bool fits(const uint8_t *code, size_t size, bool is_whole, const struct x86_insn *insn, unsigned offset)
{
	if (!is_executed_by_kernel(code + offset, insn) || insn->op == X86_CALL)
		return false;
	if (insn->op == X86_PUSH)
		return true;
	if (!is_whole || is_jumped_to(code, size, offset))
		return false;
	/* a tail call at the very end leaves, but then nothing is left that could come back */
	return !leaves(code, size, offset) || offset + insn->size == size;
}

/* The place behind the entry, if there is one. */
static bool find_later(const uint8_t *code, size_t size, bool is_whole, uint32_t needed, struct prologue *out)
{
	uint8_t has[ARGREG_COUNT];
	struct x86_insn insn;
	unsigned i, at;

	for (i = 0; i < ARGREG_COUNT; i++)
		has[i] = (uint8_t)i;
	for (at = 0; x86_decode(code + at, size - at, 0, &insn); at += insn.size) {
		if (may_be_skipped(&insn)) {
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

bool prologue_is_executed(const uint8_t *code, size_t size)
{
	struct x86_insn first;

	return x86_decode(code, size, 0, &first) && is_executed_by_kernel(code, &first);
}

void prologue_find(const uint8_t *code, size_t size, bool is_whole, uint32_t needed, struct prologue *out)
{
	unsigned r;

	*out = (struct prologue){0};
	out->is_cheap = prologue_is_executed(code, size);
	/* %rip is another at another place */
	if (!out->is_cheap && !(needed & bit(ARGREG_RIP)) && find_later(code, size, is_whole, needed, out))
		out->is_cheap = true;
	for (r = 0; r < ARGREG_COUNT && !out->offset; r++)
		out->regs[r] = (uint8_t)r;
}
