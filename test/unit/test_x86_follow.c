/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a function touches by way of its arguments: loads, stack slots, branches, calls that may not return. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/x86_follow.h"

static struct arena *arena;
static struct x86_follow follow;

static int setup(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static bool touches(uint32_t node, int64_t offset, unsigned size)
{
	for (unsigned i = 0; i < follow.touches_len; i++)
		if (follow.touches[i].node == node && follow.touches[i].offset == offset &&
		    follow.touches[i].size == size)
			return true;
	return false;
}

#define FOLLOW(...)                                                                                                    \
	x86_follow(arena, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}), 0x1000, &follow)

static void loads_become_chains(void **state)
{
	uint32_t node;

	(void)state;
	FOLLOW(0x48, 0x8b, 0x47, 0x08, /* mov 8(%rdi),%rax */
	       0x0f, 0xb7, 0x48, 0x28, /* movzwl 40(%rax),%ecx */
	       0x89, 0x4e, 0x10,       /* mov %ecx,16(%rsi) */
	       0xc3);
	node = x86_follow_load(&follow, X86_RDI, 8);
	assert_int_not_equal(node, X86_NO_NODE);
	assert_true(touches(X86_RDI, 8, 8));
	assert_true(touches(node, 40, 2));
	assert_true(touches(X86_RSI, 16, 4));
	assert_int_equal(follow.touches_len, 3);
	assert_int_equal(x86_follow_load(&follow, X86_RSI, 16), X86_NO_NODE);
}

static void the_stack_keeps_pointers(void **state)
{
	(void)state;
	FOLLOW(0x53,			     /* push %rbx */
	       0x48, 0x83, 0xec, 0x10,	     /* sub $16,%rsp */
	       0x48, 0x89, 0x3c, 0x24,	     /* mov %rdi,(%rsp) */
	       0xe8, 0x00, 0x01, 0x00, 0x00, /* call elsewhere */
	       0x48, 0x8b, 0x04, 0x24,	     /* mov (%rsp),%rax */
	       0x8b, 0x40, 0x0c,	     /* mov 12(%rax),%eax */
	       0x8b, 0x57, 0x04,	     /* mov 4(%rdi),%edx: %rdi is the called function's to change */
	       0xc3);
	assert_true(touches(X86_RDI, 12, 4));
	assert_int_equal(follow.touches_len, 1);
}

static void both_ways_are_gone(void **state)
{
	(void)state;
	FOLLOW(0x85, 0xf6,	       /* test %esi,%esi */
	       0x74, 0x04,	       /* je +4 */
	       0x8b, 0x47, 0x04, 0xc3, /* mov 4(%rdi),%eax; ret */
	       0x8b, 0x47, 0x08, 0xc3 /* mov 8(%rdi),%eax; ret */);
	assert_true(touches(X86_RDI, 4, 4));
	assert_true(touches(X86_RDI, 8, 4));
}

/* Behind a call that does not return stands what a branch leads to, where the register holds something else. */
static void a_call_may_not_return(void **state)
{
	(void)state;
	FOLLOW(0x85, 0xf6,		     /* test %esi,%esi */
	       0x74, 0x08,		     /* je +8 */
	       0x48, 0x89, 0xd3,	     /* mov %rdx,%rbx */
	       0xe8, 0x00, 0x01, 0x00, 0x00, /* call elsewhere */
	       0x48, 0x8b, 0x43, 0x20, 0xc3 /* mov 32(%rbx),%rax; ret */);
	assert_true(touches(X86_RBX, 32, 8));
	assert_false(touches(X86_RDX, 32, 8));
}

static void addresses_and_sums(void **state)
{
	(void)state;
	FOLLOW(0x48, 0x8d, 0x47, 0x40, /* lea 64(%rdi),%rax */
	       0x48, 0x83, 0xc0, 0x08, /* add $8,%rax */
	       0x48, 0x8b, 0x08,       /* mov (%rax),%rcx */
	       0x48, 0x8b, 0x14, 0xf7, 0xc3 /* mov (%rdi,%rsi,8),%rdx: where that is nobody knows */);
	assert_true(touches(X86_RDI, 64, 0));
	assert_true(touches(X86_RDI, 72, 8));
	assert_int_equal(follow.touches_len, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(loads_become_chains, setup, teardown),
		cmocka_unit_test_setup_teardown(the_stack_keeps_pointers, setup, teardown),
		cmocka_unit_test_setup_teardown(both_ways_are_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(a_call_may_not_return, setup, teardown),
		cmocka_unit_test_setup_teardown(addresses_and_sums, setup, teardown),
	};

	return cmocka_run_group_tests_name("x86_follow", tests, NULL, NULL);
}
