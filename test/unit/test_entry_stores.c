/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a function's first instructions save of the registers that its parameters came in, by examples of gcc's and
 * clang's code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/x86_value.h"
#include "probe/entry_stores.h"

/* What is first stored at the body's stack or frame pointer + `offset`: register `reg`, `size` bytes of it. */
static void check_reg(const struct entry_stores *stores, const struct entry_value *base, int64_t offset, unsigned size,
		      unsigned reg)
{
	struct entry_value value;

	assert_int_equal(base->kind, ENTRY_FRAME);
	assert_int_equal(entry_stores_first(stores, base->offset + offset, size, &value), size);
	assert_int_equal(value.kind, ENTRY_REG);
	assert_int_equal(value.reg, reg);
}

static void test_frame(void **state)
{
	static const uint8_t code[] = {
		0x55,			      /* push %rbp */
		0x48, 0x89, 0xe5,	      /* mov %rsp,%rbp */
		0x48, 0x83, 0xec, 0x20,	      /* sub $0x20,%rsp */
		0x48, 0x89, 0x7d, 0xe8,	      /* mov %rdi,-0x18(%rbp) */
		0x89, 0x75, 0xe4,	      /* mov %esi,-0x1c(%rbp) */
		0xf3, 0x0f, 0x11, 0x45, 0xe0, /* movss %xmm0,-0x20(%rbp) */
		0xe8, 0,    0,	  0,	0,    /* call */
	};
	struct entry_stores stores;
	struct entry_value value;

	(void)state;
	entry_stores_find(code, sizeof(code), 0x1000, 0, &stores);
	assert_int_equal(stores.body_bp.offset, -16);
	assert_int_equal(stores.body_sp.offset, -48);
	check_reg(&stores, &stores.body_bp, -0x18, 8, X86_RDI);
	check_reg(&stores, &stores.body_bp, -0x1c, 4, X86_RSI);
	assert_int_equal(entry_stores_first(&stores, -16 - 0x20, 4, &value), 4);
	assert_int_equal(value.kind, ENTRY_VECTOR);
	assert_int_equal(entry_stores_first(&stores, -16 - 0x10, 8, &value), 0);
}

/* Counted from the aligned stack pointer; the CFA is at no known distance. */
static void test_aligned(void **state)
{
	static const uint8_t code[] = {
		0x55,				    /* push %rbp */
		0x48, 0x89, 0xe5,		    /* mov %rsp,%rbp */
		0x48, 0x83, 0xe4, 0xe0,		    /* and $-32,%rsp */
		0x48, 0x83, 0xec, 0x40,		    /* sub $0x40,%rsp */
		0x48, 0x89, 0x7c, 0x24, 0x18,	    /* mov %rdi,0x18(%rsp) */
		0x89, 0x74, 0x24, 0x14,		    /* mov %esi,0x14(%rsp) */
		0xc5, 0xfd, 0x29, 0x44, 0x24, 0x20, /* vmovapd %ymm0,0x20(%rsp) */
		0x89, 0x54, 0x24, 0x40,		    /* mov %edx,0x40(%rsp) */
		0xc3,
	};
	struct entry_stores stores;
	struct entry_value value;

	(void)state;
	entry_stores_find(code, sizeof(code), 0x1000, 0, &stores);
	assert_true(stores.body_sp.offset < ENTRY_ALIGNED / 2);
	check_reg(&stores, &stores.body_sp, 0x18, 8, X86_RDI);
	check_reg(&stores, &stores.body_sp, 0x14, 4, X86_RSI);
	assert_int_equal(entry_stores_first(&stores, stores.body_sp.offset + 0x20, 32, &value), 32);
	assert_int_equal(value.kind, ENTRY_VECTOR);
	check_reg(&stores, &stores.body_sp, 0x40, 4, X86_RDX); /* right behind the vector */
	assert_int_equal(stores.body_bp.offset, -16);	       /* that was set before */
}

/* A bool of clang, half a register, the second byte of another, and what nothing is known of. */
static void test_parts(void **state)
{
	static const uint8_t code[] = {
		0x40, 0x88, 0xf8,	/* mov %dil,%al */
		0x24, 0x01,		/* and $1,%al */
		0x88, 0x44, 0x24, 0xff, /* mov %al,-1(%rsp) */
		0x48, 0x89, 0xf1,	/* mov %rsi,%rcx */
		0x48, 0xc1, 0xe9, 0x20, /* shr $32,%rcx */
		0x89, 0x4c, 0x24, 0xf8, /* mov %ecx,-8(%rsp) */
		0x88, 0x74, 0x24, 0xf4, /* mov %dh,-0xc(%rsp) */
		0x0f, 0xaf, 0xd2,	/* imul %edx,%edx */
		0x89, 0x54, 0x24, 0xf0, /* mov %edx,-0x10(%rsp) */
		0xc3,
	};
	struct entry_stores stores;
	struct entry_value value;

	(void)state;
	entry_stores_find(code, sizeof(code), 0x1000, 0, &stores);
	check_reg(&stores, &stores.body_sp, -1, 1, X86_RDI);
	check_reg(&stores, &stores.body_sp, -8, 4, X86_RSI);
	assert_int_equal(entry_stores_first(&stores, -8 - 8, 4, &value), 4);
	assert_int_equal(value.shift, 32);
	assert_int_equal(entry_stores_first(&stores, -8 - 0xc, 1, &value), 0);
	assert_int_equal(entry_stores_first(&stores, -8 - 0x10, 4, &value), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frame),
		cmocka_unit_test(test_aligned),
		cmocka_unit_test(test_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
