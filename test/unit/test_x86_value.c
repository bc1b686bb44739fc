/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values followed through code: moves, the steps of a function's beginning, and whether it uses what is on the stack
 * for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "lib/x86_value.h"
#include "probe/slot_use.h"

enum { AT = 0x1000 };

#define CODE(...) ((const uint8_t[]){__VA_ARGS__}), sizeof((const uint8_t[]){__VA_ARGS__})

static struct x86_insn decode(const uint8_t *code, size_t size)
{
	struct x86_insn insn;

	assert_true(x86_decode(code, size, AT, &insn));
	assert_int_equal(insn.size, size);
	return insn;
}

static struct x86_move move_of(const uint8_t *code, size_t size)
{
	struct x86_insn insn = decode(code, size);
	struct x86_move move;

	x86_move(&insn, &move);
	return move;
}

static struct x86_step step_of(const uint8_t *code, size_t size)
{
	struct x86_insn insn = decode(code, size);
	struct x86_step step;

	x86_step(&insn, &step);
	return step;
}

static void moves(void **state)
{
	struct x86_move move = move_of(CODE(0x48, 0x8d, 0x05, 0x00, 0x01, 0x00, 0x00)); /* lea 0x100(%rip), %rax */

	(void)state;
	assert_int_equal(move.kind, X86_MOVE_NUMBER);
	assert_int_equal(move.number, AT + 7 + 0x100);
	move = move_of(CODE(0xb8, 0xff, 0xff, 0xff, 0xff)); /* mov $-1, %eax: the upper half is cleared */
	assert_int_equal(move.kind, X86_MOVE_NUMBER);
	assert_int_equal(move.number, UINT32_MAX);
	move = move_of(CODE(0x31, 0xc0));
	assert_int_equal(move.kind, X86_MOVE_NUMBER);
	assert_int_equal(move.number, 0);
	move = move_of(CODE(0x48, 0x0f, 0x44, 0xc2)); /* cmove %rdx, %rax */
	assert_int_equal(move.kind, X86_MOVE_MAYBE);
	assert_int_equal(move.from.reg, X86_RDX);
	move = move_of(CODE(0x48, 0x8b, 0x45, 0xf8)); /* mov -8(%rbp), %rax */
	assert_int_equal(move.kind, X86_MOVE_COPY);
	assert_true(move.from.in_memory);
	assert_int_equal(move.from.offset, -8);
	move = move_of(CODE(0xe8, 0x00, 0x00, 0x00, 0x00));
	assert_int_equal(move.kind, X86_MOVE_RESULT);
	assert_int_equal(move.number, AT + 5);
	assert_true(move.writes >> X86_R11 & 1);
	move = move_of(CODE(0xff, 0x25, 0x00, 0x00, 0x00, 0x00)); /* jmp *(%rip) */
	assert_int_equal(move.kind, X86_MOVE_RESULT_AT);
	assert_int_equal(move.number, AT + 6);
	move = move_of(CODE(0x48, 0x39, 0xf8)); /* cmp %rdi, %rax: nothing is put anywhere */
	assert_int_equal(move.kind, X86_MOVE_NONE);
}

static void origins(void **state)
{
	struct x86_insn insn = decode(CODE(0x48, 0x8b, 0x07)); /* mov (%rdi), %rax */
	unsigned from = 0;

	(void)state;
	assert_int_equal(x86_origin(&insn, &from), X86_ORIGIN_WORD);
	insn = decode(CODE(0x48, 0x01, 0xd0)); /* add %rdx, %rax */
	assert_int_equal(x86_origin(&insn, &from), X86_ORIGIN_TABLE);
	insn = decode(CODE(0x3e, 0xff, 0xe2)); /* jmp *%rdx */
	assert_int_equal(x86_origin(&insn, &from), X86_ORIGIN_REG);
	assert_int_equal(from, X86_RDX);
	insn = decode(CODE(0xff, 0x24, 0xc5, 0x00, 0x00, 0x00, 0x00)); /* jmp *0(,%rax,8) */
	assert_int_equal(x86_origin(&insn, &from), X86_ORIGIN_TABLE);
}

static void steps(void **state)
{
	struct x86_step step = step_of(CODE(0x89, 0x7d, 0xfc)); /* mov %edi, -4(%rbp) */

	(void)state;
	assert_int_equal(step.kind, X86_STEP_STORE);
	assert_int_equal(step.reg, X86_RDI);
	assert_int_equal(step.size, 4);
	assert_int_equal(step.place.offset, -4);
	step = step_of(CODE(0x0f, 0x29, 0x45, 0xe0)); /* movaps %xmm0, -32(%rbp) */
	assert_int_equal(step.kind, X86_STEP_STORE);
	assert_int_equal(step.reg, X86_REG_VECTOR);
	assert_int_equal(step.size, 16);
	step = step_of(CODE(0xc5, 0xfc, 0x29, 0x45, 0xe0)); /* vmovaps %ymm0, -32(%rbp) */
	assert_int_equal(step.size, 32);
	step = step_of(CODE(0xf3, 0x0f, 0x11, 0x45, 0xe0)); /* movss */
	assert_int_equal(step.size, 4);
	step = step_of(CODE(0x0f, 0xbe, 0xc7)); /* movsbl %bh, %eax: not the lowest byte of anything */
	assert_int_equal(step.kind, X86_STEP_OTHER);
	step = step_of(CODE(0x40, 0x0f, 0xb6, 0xc7)); /* movzbl %dil, %eax */
	assert_int_equal(step.kind, X86_STEP_COPY);
	assert_int_equal(step.size, 1);
	step = step_of(CODE(0x48, 0x83, 0xec, 0x20));
	assert_int_equal(step.kind, X86_STEP_MOVE_SP);
	assert_int_equal(step.number, -32);
	step = step_of(CODE(0x48, 0xc1, 0xef, 0x20));
	assert_int_equal(step.kind, X86_STEP_SHIFT);
	assert_int_equal(step.number, 32);
	step = step_of(CODE(0x24, 0x01)); /* and $1, %al */
	assert_int_equal(step.kind, X86_STEP_COPY);
	step = step_of(CODE(0x6a, 0xff));
	assert_int_equal(step.kind, X86_STEP_PUSH);
	assert_int_equal(step.reg, X86_REG_NOT_KNOWN);
	assert_int_equal(step_of(CODE(0x74, 0x00)).kind, X86_STEP_LEAVES);
	assert_int_equal(step_of(CODE(0xff, 0xd0)).kind, X86_STEP_LEAVES);
}

static bool uses(const uint8_t *code, size_t size, int64_t at, uint64_t slot_size)
{
	struct entry_stores stores;

	entry_stores_find(code, size, AT, 0, &stores);
	return slot_is_used(code, size, AT, &stores, at, slot_size);
}

/* The CFA is behind the return address. */
static void slots(void **state)
{
	/* push %rbp; mov %rsp, %rbp; mov 0x18(%rbp), %eax; pop %rbp; ret */
	static const uint8_t by_rbp[] = {0x55, 0x48, 0x89, 0xe5, 0x8b, 0x45, 0x18, 0x5d, 0xc3};
	/* sub $0x18, %rsp; lea 0x30(%rsp), %rdi; add $0x18, %rsp; ret */
	static const uint8_t by_rsp[] = {0x48, 0x83, 0xec, 0x18, 0x48, 0x8d, 0x7c,
					 0x24, 0x30, 0x48, 0x83, 0xc4, 0x18, 0xc3};

	(void)state;
	assert_true(uses(by_rbp, sizeof(by_rbp), 0, 16));
	assert_false(uses(by_rbp, sizeof(by_rbp), 0, 8));
	assert_false(uses(by_rbp, sizeof(by_rbp), 16, 16));
	assert_true(uses(by_rsp, sizeof(by_rsp), 16, 24));
	assert_false(uses(by_rsp, sizeof(by_rsp), 0, 16));
	assert_false(uses(by_rsp, sizeof(by_rsp), 24, 16));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moves),
		cmocka_unit_test(origins),
		cmocka_unit_test(steps),
		cmocka_unit_test(slots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
