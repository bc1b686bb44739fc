/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "probe/argtext.h"
#include "prog.h"

/* "s4 rdi as s4" : type, then location; for an argument that cannot be read "s4 not available: why". */
static void print_arg(const struct arg *arg, struct buf *out)
{
	buf_printf(out, "%c%u ", arg->is_signed ? 's' : 'u', arg->size);
	argloc_print(&arg->loc, out);
	if (arg->why)
		buf_printf(out, ": %s", arg->why);
}

static void check_in(struct elf_file *file, const char *text, const char *expected)
{
	struct arena *arena = arena_new();
	struct buf out = {0};
	struct arg *args;
	unsigned args_len, i;

	argtext_parse(arena, file, text, &args, &args_len);
	for (i = 0; i < args_len; i++) {
		assert_int_equal(args[i].loc.n == 0, args[i].why != NULL);
		if (i)
			buf_puts(&out, "; ");
		print_arg(&args[i], &out);
	}
	assert_string_equal(out.data ? out.data : "", expected);
	buf_free(&out);
	arena_free(arena);
}

static void check(const char *text, const char *expected)
{
	check_in(NULL, text, expected);
}

/* The one argument is there, but with a reason that has these words. */
static void check_why(const char *text, const char *words)
{
	struct arena *arena = arena_new();
	struct arg *args;
	unsigned args_len;

	argtext_parse(arena, NULL, text, &args, &args_len);
	assert_int_equal(args_len, 1);
	assert_int_equal(args[0].loc.n, 0);
	assert_non_null(args[0].why);
	if (!strstr(args[0].why, words))
		fail_msg("%s: \"%s\" does not say \"%s\"", text, args[0].why, words);
	arena_free(arena);
}

static void test_registers(void **state)
{
	(void)state;
	check("8@%rdi", "u8 rdi");
	check("-8@%r15", "s8 r15");
	check("4@%eax -4@%r8d", "u4 rax as u32; s4 r8 as s32");
	check("2@%ax -2@%r10w", "u2 rax as u16; s2 r10 as s16");
	check("1@%dil -1@%r9b 1@%al", "u1 rdi as u8; s1 r9 as s8; u1 rax as u8");
	check("1@%ah -1@%bh", "u1 rax >> 8 as u8; s1 rbx >> 8 as s8");
	check("4@%rsi", "u4 rsi as u32");
	check("8@%eax", "u8 rax as u32"); /* the upper half is not the argument's */
	check("%rdi", "s8 rdi");
	check("%esi", "s4 rsi as s32");
	check("%bpl %spl %sil", "s1 rbp as s8; s1 rsp as s8; s1 rsi as s8");
}

static void test_constants(void **state)
{
	(void)state;
	check("4@$5 -4@$-5", "u4 5; s4 -5");
	check("8@$0x10 -8@$-9223372036854775808", "u8 16; s8 -9223372036854775808");
	check("4@$-294967296", "u4 4000000000");
	check("2@$-1 1@$-56", "u2 65535; u1 200");
	check("-4@$4294967295", "s4 -1");
	check("8@$18446744073709551615", "u8 -1");
	check("$7", "s8 7");
	check("8@$010", "u8 8");
	check("8@$8+8-1", "u8 15");
	check_why("8@$18446744073709551616", "64 bits");
	check_why("8@$09", "64 bits");
	check_why("8@$", "not in a form");
}

static void test_memory(void **state)
{
	(void)state;
	check("8@(%rdi)", "u8 rdi -> u64");
	check("-4@16(%rsi)", "s4 rsi + 0x10 -> s32");
	check("8@-8(%rbp)", "u8 rbp - 0x8 -> u64");
	check("4@0x10(%rsp)", "u4 rsp + 0x10 -> u32");
	check("4@(%rax,%rcx,4)", "u4 rax + rcx * 4 -> u32");
	check("1@1(%rcx,%rdi)", "u1 rcx + rdi + 0x1 -> u8");
	check("8@(,%rax,8)", "u8 0 + rax * 8 -> u64");
	check("8@64(,%rax,8)", "u8 0 + rax * 8 + 0x40 -> u64");
	check("8@6295592", "u8 0 + 0x601028 -> u64");
	check("8(%rdi)", "s8 rdi + 0x8 -> s64");
	check("-2@-4+8(%rdi)", "s2 rdi + 0x4 -> s16");
}

static void test_symbols(void **state)
{
	struct elf_file *file;
	struct elf_symbol symbol;
	char expected[128];

	(void)state;
	assert_int_equal(elf_file_open(prog_path("marker_args"), &file), 0);
	assert_int_equal(elf_symbol_find(file, "global_bytes", &symbol), 0);
	snprintf(expected, sizeof(expected), "u1 image 0x%" PRIx64 " -> u8", symbol.vaddr + 2);
	check_in(file, "1@2+global_bytes(%rip)", expected);
	check_in(file, "1@global_bytes+2(%rip)", expected);
	check_in(file, "1@global_bytes+2", expected);
	check_in(file, "1@\"global_bytes\"+3-1(%rip)", expected);
	snprintf(expected, sizeof(expected), "u1 image 0x%" PRIx64 " + rdi -> u8", symbol.vaddr + 1);
	check_in(file, "1@global_bytes+1(%rdi)", expected);
	snprintf(expected, sizeof(expected), "u1 image 0x%" PRIx64 " + rdi + rax * 2 -> u8", symbol.vaddr - 1);
	check_in(file, "1@global_bytes-1(%rdi,%rax,2)", expected);
	snprintf(expected, sizeof(expected), "u8 image 0x%" PRIx64 " + rax * 8 -> u64", symbol.vaddr);
	check_in(file, "8@global_bytes(,%rax,8)", expected);
	snprintf(expected, sizeof(expected), "u8 image 0x%" PRIx64 "; u4 image 0x%" PRIx64 " as u32", symbol.vaddr,
		 symbol.vaddr + 4);
	check_in(file, "8@$global_bytes 4@$global_bytes+4", expected);
	elf_file_close(file);
}

static void test_not_available(void **state)
{
	(void)state;
	check_why("8@counter(%rip)", "symbol");
	check_why("8@counter", "symbol");
	check_why("8f@%xmm0", "floating-point");
	check_why("-8f@8(%rsp)", "floating-point");
	check_why("16@%xmm1", "size");
	check_why("8@%xmm1", "vector");
	check_why("8@%st", "floating-point");
	check_why("8@%fs:16", "thread-local");
	check_why("8@%fs:foo@tpoff(%rax)", "thread-local");
	check_why("8@foo@GOTPCREL(%rip)", "linker");
	check_why("8@8(%rip)", "relative");
	check_why("8@%rip", "form");
	check_why("8@%rzx", "no such register");
	check_why("8@%r16", "no such register");
	check_why("8@(%eax)", "32 bits");
	check_why("8@(%rax,%rsp)", "index");
	check_why("8@(%rax,%rcx,3)", "1, 2, 4 or 8");
	check_why("8@(%rax", "form");
	check_why("8@()", "form");
	check_why("8@", "form");
	check_why("8@a+b(%rip)", "two symbols");
	check_why("8@4-a(%rip)", "subtracted");
	check_why("3@%rdi", "size");
	check_why("8@%rdi%rsi", "form");
	check_why("4@DWORD PTR -8[rbp]", "form");
	check_why("8@\"foo", "quote");
	check_why("8@\x1b[31m", "`8@\x1b[31m`"); /* it is shown where it is printed */
}

static void test_lists(void **state)
{
	(void)state;
	check("", "");
	check("   ", "");
	check("8@%rdi  -4@$1 ", "u8 rdi; s4 1");
	check("4@$1 4@$2 4@$3 4@$4 4@$5 4@$6 4@$7 4@$8 4@$9 4@$10 4@$11 4@$12 4@$13 4@$14 4@$15 4@$16 4@$17",
	      "u4 1; u4 2; u4 3; u4 4; u4 5; u4 6; u4 7; u4 8; u4 9; u4 10; u4 11; u4 12; u4 13; u4 14; u4 15; u4 16");
	/* one that cannot be read does not move the others */
	check("8@%rdi 4@DWORD PTR -8[rbp] 8@%rsi", "u8 rdi; u4 not available: `4@DWORD PTR -8[rbp]` in the marker's "
						   "note: not in a form that is known; u8 rsi");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_registers), cmocka_unit_test(test_constants),	cmocka_unit_test(test_memory),
		cmocka_unit_test(test_symbols),	  cmocka_unit_test(test_not_available), cmocka_unit_test(test_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
