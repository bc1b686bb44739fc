/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The machine's conventions against the C library's and the kernel's own headers, where they have them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/abi.h"

#ifdef __x86_64__
#include <sys/user.h>
#include <ucontext.h>

/* struct user_regs_struct begins as struct pt_regs does, under other names. */
static void test_registers(void **state)
{
	static const struct {
		enum argreg reg;
		size_t offset;
	} rows[] = {
#define ROW(reg, member) {reg, offsetof(struct user_regs_struct, member)}
		ROW(ARGREG_RAX, rax), ROW(ARGREG_RDX, rdx), ROW(ARGREG_RCX, rcx), ROW(ARGREG_RBX, rbx),
		ROW(ARGREG_RSI, rsi), ROW(ARGREG_RDI, rdi), ROW(ARGREG_RBP, rbp), ROW(ARGREG_RSP, rsp),
		ROW(ARGREG_R8, r8),   ROW(ARGREG_R9, r9),   ROW(ARGREG_R10, r10), ROW(ARGREG_R11, r11),
		ROW(ARGREG_R12, r12), ROW(ARGREG_R13, r13), ROW(ARGREG_R14, r14), ROW(ARGREG_R15, r15),
		ROW(ARGREG_RIP, rip),
#undef ROW
	};

	(void)state;
	assert_int_equal(sizeof(rows) / sizeof(*rows), ARGREG_COUNT);
	for (unsigned i = 0; i < ARGREG_COUNT; i++)
		assert_int_equal(abi_regs_offset[rows[i].reg], rows[i].offset);
	assert_int_equal(ABI_REGS_FRAME, abi_regs_offset[ABI_REG_FRAME]);
	assert_int_equal(ABI_REGS_PC, abi_regs_offset[ABI_REG_PC]);
	assert_int_equal(ABI_REGS_SP, abi_regs_offset[ABI_REG_SP]);
	assert_int_equal(ABI_REGS_MODE, offsetof(struct user_regs_struct, cs));
	assert_int_equal(ABI_REGS_SYSCALL, offsetof(struct user_regs_struct, orig_rax));
	assert_int_equal(ABI_REGS_SIZE, offsetof(struct user_regs_struct, ss) + 8);
	assert_int_equal(ABI_MODE_USER_NATIVE & ABI_MODE_MASK, ABI_MODE_USER);
}

static void test_system_calls(void **state)
{
	static const enum argreg regs[] = {ARGREG_RDI, ARGREG_RSI, ARGREG_RDX, ARGREG_R10, ARGREG_R8, ARGREG_R9};

	(void)state;
	for (unsigned i = 0; i < ABI_SYSCALL_ARGS; i++)
		assert_int_equal(abi_syscall_arg_offset[i], abi_regs_offset[regs[i]]);
}

static void test_signal_frame(void **state)
{
	(void)state;
	assert_int_equal(ABI_SIGNAL_FRAME, offsetof(ucontext_t, uc_mcontext.gregs) + 8 * REG_RBP);
	assert_int_equal(ABI_SIGNAL_SP, offsetof(ucontext_t, uc_mcontext.gregs) + 8 * REG_RSP);
	assert_int_equal(ABI_SIGNAL_PC, offsetof(ucontext_t, uc_mcontext.gregs) + 8 * REG_RIP);
}

/* The registers that arguments really come in, by the compiler. */
__attribute__((noinline)) static unsigned differing(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
						    uint64_t f)
{
	const uint64_t seen[] = {a, b, c, d, e, f};
	unsigned n = 0;

	for (unsigned i = 0; i < ABI_ARG_REGS; i++)
		n += seen[i] != 100u + abi_arg_regs[i];
	return n;
}

static void test_arguments(void **state)
{
	uint64_t result;
	void *function = (void *)differing;

	(void)state;
	/* each register has 100 and its own number */
	__asm__ volatile("mov $105, %%edi\n\tmov $104, %%esi\n\tmov $101, %%edx\n\tmov $102, %%ecx\n\tmov $108, "
			 "%%r8d\n\tmov $109, %%r9d\n\t"
			 "mov %%rsp, %%rbx\n\tsub $128, %%rsp\n\tand $-16, %%rsp\n\tcall *%1\n\tmov %%rbx, %%rsp"
			 : "=a"(result)
			 : "r"(function)
			 : "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory", "cc");
	assert_int_equal(result, 0);
}
#endif

int main(void)
{
#ifdef __x86_64__
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_registers),
		cmocka_unit_test(test_system_calls),
		cmocka_unit_test(test_signal_frame),
		cmocka_unit_test(test_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
#else
	return 0;
#endif
}
