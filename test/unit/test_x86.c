/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The decoder of x86-64: by examples, and on all of libc against objdump. `make check-x86` compares more, with another
 * decoder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/x86.h"

enum { AT = 0x1000 };

static const char *const regs[] = {"rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp", "r8",
				   "r9",  "r10", "r11", "r12", "r13", "r14", "r15", "rip"};

static size_t parse_hex(const char *hex, uint8_t *out)
{
	size_t n = 0;

	while (*hex) {
		if (!isxdigit((unsigned char)*hex)) {
			hex++;
			continue;
		}
		out[n++] = (uint8_t)strtoul((char[]){hex[0], hex[1], 0}, NULL, 16);
		hex += 2;
	}
	return n;
}

/* From a copy of just this size, so that a sanitizer sees a byte too far. */
static bool decode(const uint8_t *code, size_t size, struct x86_insn *insn)
{
	uint8_t *copy = malloc(size ? size : 1);
	bool is;

	assert_non_null(copy);
	memcpy(copy, code, size);
	is = x86_decode(copy, size, AT, insn);
	free(copy);
	return is;
}

/* ---- one line for an instruction ---- */

static const char *op_name(enum x86_op op)
{
	static const char *const names[] = {
		[X86_OTHER] = "-",
		[X86_MOV] = "mov",
		[X86_SUB] = "sub",
		[X86_MOV_IF] = "mov?",
		[X86_EXTEND] = "extend",
		[X86_EXTEND_SIGN] = "extend-sign",
		[X86_LEA] = "lea",
		[X86_ADD] = "add",
		[X86_AND] = "and",
		[X86_SHIFT_DOWN] = "shift-down",
		[X86_XOR] = "xor",
		[X86_NOP] = "nop",
		[X86_PUSH] = "push",
		[X86_TRAP] = "trap",
		[X86_CALL] = "call",
		[X86_CALL_ANYWHERE] = "call*",
		[X86_RETURN] = "return",
		[X86_JUMP] = "jump",
		[X86_JUMP_ANYWHERE] = "jump*",
		[X86_BRANCH] = "branch",
	};

	return names[op];
}

static void put_mem(const struct x86_insn *insn, struct buf *out)
{
	const struct x86_mem *mem = &insn->mem;

	if (!mem->is_known) {
		buf_puts(out, "[?]");
		return;
	}
	buf_printf(out, "%s[", mem->segment == 0x64 ? "fs:" : mem->segment == 0x65 ? "gs:" : "");
	if (mem->base != X86_NO_REG)
		buf_printf(out, "%s+", regs[mem->base]);
	if (mem->index != X86_NO_REG)
		buf_printf(out, "%s*%u+", regs[mem->index], mem->scale);
	buf_printf(out, "%s0x%" PRIx64 "]", mem->disp < 0 ? "-" : "",
		   mem->disp < 0 ? -(uint64_t)mem->disp : (uint64_t)mem->disp);
}

/* "w:rax.8 r:[rdi+0x8].8" */
static void put_operands(const struct x86_insn *insn, struct buf *out)
{
	static const char *const access[] = {"", "r:", "w:", "rw:"};

	for (unsigned i = 0; i < X86_OPERANDS && insn->operands[i].kind; i++) {
		const struct x86_operand *operand = &insn->operands[i];

		buf_printf(out, " %s", access[operand->access]);
		switch (operand->kind) {
		case X86_REG:
			buf_printf(out, "%s%s", regs[operand->reg], operand->is_high ? "(high)" : "");
			break;
		case X86_MEM:
			put_mem(insn, out);
			break;
		case X86_IMM:
			buf_printf(out, "%" PRId64, insn->target ? (int64_t)insn->target : insn->imm);
			break;
		default:
			buf_puts(out, "else");
		}
		if (operand->size && operand->kind != X86_IMM)
			buf_printf(out, ".%u", operand->size);
	}
}

/* Its size, what it is, its operands, then registers that it changes, and memory. */
static void describe(const struct x86_insn *insn, struct buf *out)
{
	buf_printf(out, "%u %s", insn->size, op_name(insn->op));
	put_operands(insn, out);
	buf_puts(out, " |");
	for (unsigned i = 0; i < 32; i++)
		if (insn->writes >> i & 1)
			buf_printf(out, " %s", i < X86_RIP ? regs[i] : "?");
	buf_puts(out, insn->loads ? " loads" : "");
	buf_puts(out, insn->stores ? " stores" : "");
}

static void check(const char *hex, const char *expected)
{
	struct buf got = {0};
	struct x86_insn insn;
	uint8_t code[32];
	size_t size = parse_hex(hex, code);

	if (!decode(code, size, &insn))
		fail_msg("%s: unknown, not '%s'", hex, expected);
	describe(&insn, &got);
	if (strcmp(got.data, expected))
		fail_msg("%s: '%s', not '%s'", hex, got.data, expected);
	buf_free(&got);
	/* nor does it look any further, nor is a part of it another instruction */
	assert_true(decode(code, insn.size, &insn));
	for (size_t part = 0; part < insn.size; part++)
		if (decode(code, part, &insn))
			fail_msg("%s: known from %zu bytes", hex, part);
}

static void check_unknown(const char *hex)
{
	struct x86_insn insn;
	uint8_t code[32];

	if (decode(code, parse_hex(hex, code), &insn))
		fail_msg("%s: known, of %u bytes", hex, insn.size);
}

/* ---- examples ---- */

static void test_moves(void **state)
{
	(void)state;
	check("48 89 f8", "3 mov w:rax.8 r:rdi.8 | rax");
	check("89 f8", "2 mov w:rax.4 r:rdi.4 | rax");
	check("66 89 f8", "3 mov w:rax.2 r:rdi.2 | rax");
	check("66 48 89 f8", "4 mov w:rax.8 r:rdi.8 | rax"); /* REX.W is stronger than 0x66 */
	check("4d 89 c7", "3 mov w:r15.8 r:r8.8 | r15");
	check("88 e0", "2 mov w:rax.1 r:rax(high).1 | rax");
	check("40 88 e0", "3 mov w:rax.1 r:rsp.1 | rax"); /* %spl */
	check("b4 01", "2 mov w:rax(high).1 r:1 | rax");
	check("41 b4 ff", "3 mov w:r12.1 r:-1 | r12");
	check("48 b8 01 02 03 04 05 06 07 88", "10 mov w:rax.8 r:-8644934341102468607 | rax");
	check("48 c7 c0 ff ff ff ff", "7 mov w:rax.8 r:-1 | rax");
	check("48 a1 08 07 06 05 04 03 02 01", "10 mov w:rax.8 r:[0x102030405060708].8 | rax loads");
	check("a2 08 07 06 05 04 03 02 01", "9 mov w:[0x102030405060708].1 r:rax.1 | stores");
	check("0f b6 47 08", "4 extend w:rax.4 r:[rdi+0x8].1 | rax loads");
	check("48 63 c6", "3 extend-sign w:rax.8 r:rsi.4 | rax");
	check("48 0f 44 c7", "4 mov? rw:rax.8 r:rdi.8 | rax");
	check("48 87 07", "3 - rw:[rdi+0x0].8 rw:rax.8 | rax loads stores");
	check("49 90", "2 - rw:r8.8 rw:rax.8 | rax r8");
	check("48 90", "2 nop |");
}

static void test_addresses(void **state)
{
	(void)state;
	check("48 8b 07", "3 mov w:rax.8 r:[rdi+0x0].8 | rax loads");
	check("48 8b 47 f8", "4 mov w:rax.8 r:[rdi+-0x8].8 | rax loads");
	check("48 8b 84 24 08 01 00 00", "8 mov w:rax.8 r:[rsp+0x108].8 | rax loads");
	check("4a 8b 04 e5 10 00 00 00", "8 mov w:rax.8 r:[r12*8+0x10].8 | rax loads");
	check("49 8b 44 95 00", "5 mov w:rax.8 r:[r13+rdx*4+0x0].8 | rax loads");
	check("48 8b 05 00 01 00 00", "7 mov w:rax.8 r:[rip+0x1107].8 | rax loads");
	check("c7 05 00 01 00 00 01 00 00 00", "10 mov w:[rip+0x110a].4 r:1 | stores"); /* counted from the end */
	check("64 48 8b 04 25 28 00 00 00", "9 mov w:rax.8 r:fs:[0x28].8 | rax loads");
	check("64 48 2b 14 25 28 00 00 00", "9 sub rw:rdx.8 r:fs:[0x28].8 | rdx loads");
	check("65 8b 00", "3 mov w:rax.4 r:gs:[rax+0x0].4 | rax loads");
	check("48 8d 44 3e 01", "5 lea w:rax.8 [rsi+rdi*1+0x1] | rax");
	check("67 8b 07", "3 mov w:rax.4 r:[?].4 | rax loads");	  /* of %edi */
	check("48 0f a3 07", "4 - r:[?].8 r:rax.8 | loads");	  /* bt: the bit's number moves the address */
	check("48 0f ba 27 05", "5 - r:[rdi+0x0].8 r:5 | loads"); /* but not here */
}

static void test_flow(void **state)
{
	(void)state;
	check("eb fe", "2 jump r:4096 |");
	check("e9 00 00 00 00", "5 jump r:4101 |");
	check("74 10", "2 branch r:4114 |");
	check("0f 84 fa ef ff ff", "6 branch r:0 |");
	check("e2 fc", "2 branch r:4094 | rcx");
	check("e3 00", "2 branch r:4098 |");
	check("e8 00 00 00 00", "5 call r:4101 | rsp");
	check("66 48 e8 00 00 00 00", "7 call r:4103 | rsp"); /* as compilers pad a call for variables of threads */
	check("ff d0", "2 call* r:rax.8 | rsp");
	check("ff 25 00 00 00 00", "6 jump* r:[rip+0x1006].8 | loads");
	check("3e ff e0", "3 jump* r:rax.8 |");
	check("41 ff e4", "3 jump* r:r12.8 |");
	check("c3", "1 return | rsp");
	check("f3 c3", "2 return | rsp");
	check("f2 c3", "2 return | rsp");
	check("c2 08 00", "3 return r:8 | rsp");
	check("c7 f8 00 00 00 00", "6 branch r:4102 | rax"); /* xbegin */
	check_unknown("66 e9 00 00 00 00"); /* three or five bytes, depending on who made the processor */
	check_unknown("66 0f 84 00 00 00 00");
}

static void test_stack(void **state)
{
	(void)state;
	check("55", "1 push r:rbp.8 | rsp");
	check("41 57", "2 push r:r15.8 | rsp");
	check("66 50", "2 push r:rax.2 | rsp");
	check("6a 01", "2 push r:1 | rsp");
	check("ff 37", "2 push r:[rdi+0x0].8 | rsp loads");
	check("5d", "1 - w:rbp.8 | rbp rsp");
	check("8f 07", "2 - w:[rdi+0x0].8 | rsp stores");
	check("c9", "1 - | rbp rsp");
	check("c8 10 00 00", "4 - r:0 r:0 | rbp rsp");
	check("9c", "1 - | rsp");
}

static void test_effects(void **state)
{
	(void)state;
	check("31 c0", "2 xor rw:rax.4 r:rax.4 | rax");
	check("48 83 c4 18", "4 add rw:rsp.8 r:24 | rsp");
	check("48 81 c4 00 01 00 00", "7 add rw:rsp.8 r:256 | rsp");
	check("01 d0", "2 add rw:rax.4 r:rdx.4 | rax");
	check("48 83 e4 f0", "4 and rw:rsp.8 r:-16 | rsp");
	check("24 01", "2 and rw:rax.1 r:1 | rax");
	check("80 e3 01", "3 and rw:rbx.1 r:1 | rbx");
	check("48 c1 ef 20", "4 shift-down rw:rdi.8 r:32 | rdi");
	check("48 c1 ff 20", "4 - rw:rdi.8 r:32 | rdi"); /* with its sign */
	check("c0 e8 04", "3 shift-down rw:rax.1 r:4 | rax");
	check("66 0f bf c7", "4 extend-sign w:rax.2 r:rdi.2 | rax");
	check("48 63 c7", "3 extend-sign w:rax.8 r:rdi.4 | rax");
	check("48 3d 00 00 00 00", "6 - r:rax.8 r:0 |"); /* cmp */
	check("48 83 7f 50 00", "5 - r:[rdi+0x50].8 r:0 | loads");
	check("48 83 6f 10 01", "5 sub rw:[rdi+0x10].8 r:1 | loads stores");
	check("48 f7 27", "3 - r:[rdi+0x0].8 | rax rdx loads"); /* mul */
	check("f6 f1", "2 trap r:rcx.1 | rax");			/* div */
	check("48 99", "2 - r:rax.8 | rdx");
	check("f3 48 ab", "3 - | rcx rdi stores");
	check("ab", "1 - | rdi stores");
	check("a4", "1 - | rsi rdi loads stores");
	check("ac", "1 - | rax rsi loads");
	check("f0 48 0f b1 17", "5 - rw:[rdi+0x0].8 r:rdx.8 | rax loads stores"); /* cmpxchg */
	check("48 0f c7 0f", "4 - rw:[rdi+0x0].16 | rax rdx loads stores");
	check("f0 48 0f c1 07", "5 - rw:[rdi+0x0].8 rw:rax.8 | rax loads stores");
	check("0f a2", "2 - | rax rdx rcx rbx");
	check("0f 05", "2 trap | rax rcx r11");
	check("0f 0b", "2 trap |");
	check("cc", "1 trap |");
	check("f4", "1 trap |");
	check("0f 31", "2 - | rax rdx");
	check("0f 01 d0", "3 - | rax rdx");
	check("df e0", "2 - | rax"); /* fnstsw %ax */
	check("d9 3c 24", "3 - w:[rsp+0x0].2 | stores");
	check("f3 0f 1e fa", "4 nop rdx |");
	check("66 2e 0f 1f 84 00 00 02 00 00", "10 nop [rax+rax*1+0x200] |");
	check("0f 18 08", "3 nop [rax+0x0] |");
}

static void test_vectors(void **state)
{
	(void)state;
	check("0f 57 c0", "3 - rw:else r:else |");
	check("f2 0f 10 47 08", "5 - rw:else r:[rdi+0x8].8 | loads");
	check("f3 0f 11 07", "4 - w:[rdi+0x0].4 r:else | stores");
	check("66 48 0f 6e c7", "5 - w:else r:rdi.8 |");
	check("66 48 0f 7e c0", "5 - w:rax.8 r:else | rax");
	check("f3 0f 7e c0", "4 - w:else r:else.8 |");
	check("f2 48 0f 2c c0", "5 - w:rax.8 r:else.8 | rax");
	check("66 0f d7 c0", "4 - w:rax.4 r:else | rax");
	check("66 0f 3a 63 c1 0c", "6 - r:else r:else r:12 | rcx"); /* pcmpistri */
	check("66 0f 3a 14 07 01", "6 - w:[rdi+0x0].1 r:else r:1 | stores");
	check("f2 0f 38 f1 c7", "5 - rw:rax.4 r:rdi.4 | rax"); /* crc32 */
	check("c5 f8 77", "3 - |");
	check("c5 fd d7 c0", "4 - w:rax.4 r:else | rax");
	check("c4 e2 f8 f2 c7", "5 - w:rax.8 r:rax.8 r:rdi.8 | rax"); /* andn */
	check("c4 e2 fb f6 c7", "5 - w:rax.8 w:rax.8 r:rdi.8 | rax"); /* mulx */
	check("c4 e2 f8 f3 cf", "5 - w:rax.8 r:rdi.8 | rax");	      /* blsr */
	check("c4 43 fb f0 c7 05", "6 - w:r8.8 r:r15.8 r:5 | r8");    /* rorx */
	check("c4 e2 e9 92 04 0f", "6 - rw:else r:[?] | loads");      /* a gather */
	check("62 f1 7c 48 11 47 01", "7 - w:[?] r:else | stores");   /* the 1 counts 64 bytes */
	check("62 f1 7c 48 11 07", "6 - w:[rdi+0x0] r:else | stores");
	check("62 f3 7d 48 3b 07 01", "7 - w:[rdi+0x0] r:else r:1 | stores");
	check("62 f2 7e 48 30 07", "6 - w:[rdi+0x0] r:else | stores"); /* vpmovwb to memory */
	check("c5 fb 92 c7", "4 - w:else r:rdi.4 |");
	check("c5 fb 93 c0", "4 - w:rax.4 r:else | rax");
	check("8f e9 78 01 cf", "5 - w:rax.4 r:rdi.4 | rax");
	check("0f 0f c1 b4", "4 - rw:else r:else r:-76 |"); /* 3DNow */
}

static void test_unknown(void **state)
{
	(void)state;
	check_unknown("");
	check_unknown("06"); /* push %es, of 32 bits */
	check_unknown("82 c0 01");
	check_unknown("d4 0a");
	check_unknown("ea 00 00 00 00 00 00");
	check_unknown("ff ff");
	check_unknown("8d c0"); /* lea of a register */
	check_unknown("0f 04");
	check_unknown("0f 38 f8 c0");
	check_unknown("d5 08 89 c0"); /* APX */
	check_unknown("62 f4 7c 08 89 c0");
	check_unknown("48 c5 f8 77"); /* VEX allows no REX before it */
	check_unknown("66 c5 f8 77");
	/* sixteen bytes are no instruction, whatever they say */
	check("66 66 66 66 66 66 66 66 66 66 66 66 66 89 f8", "15 mov w:rax.2 r:rdi.2 | rax");
	check_unknown("66 66 66 66 66 66 66 66 66 66 66 66 66 66 89 f8");
}

/* ---- against objdump ---- */

/* DWARF's number of "%rdi" and the like, all of 64 bits. */
static unsigned reg_named(const char *name, size_t len)
{
	for (unsigned i = 0; i <= X86_RIP; i++)
		if (len == strlen(regs[i]) && !strncmp(regs[i], name, len))
			return i;
	return X86_NO_REG;
}

/* In "mov    -0x8(%rdi,%rax,4),%rsi": false when it has no such operand, or one of registers that are not general ones.
 */
static bool parse_address(const char *text, struct x86_mem *mem)
{
	const char *open = strchr(text, '('), *number = open, *at, *end;

	if (!open || open[1] == '\0')
		return false;
	while (number > text && strchr("-0123456789abcdefx", number[-1]))
		number--;
	*mem = (struct x86_mem){.base = X86_NO_REG, .index = X86_NO_REG, .disp = strtoll(number, NULL, 16)};
	at = open + 1;
	if (*at == '%') {
		end = at + strcspn(at, ",)");
		mem->base = (uint8_t)reg_named(at + 1, (size_t)(end - at - 1));
		if (mem->base == X86_NO_REG)
			return false;
		at = end;
	}
	if (*at != ',')
		return true;
	end = at + 1 + strcspn(at + 1, ",)");
	mem->index = (uint8_t)reg_named(at + 2, (size_t)(end - at - 2));
	mem->scale = *end == ',' ? (uint8_t)atoi(end + 1) : 1;
	return mem->index != X86_NO_REG;
}

static void compare_address(const char *line, const char *text, uint64_t address, const struct x86_insn *insn)
{
	const char *comment = strchr(text, '#');
	struct x86_mem mem;

	if (!parse_address(text, &mem) || !insn->mem.is_known)
		return;
	if (mem.base == X86_RIP && comment)
		mem.disp = strtoll(comment + 1, NULL, 16) - (int64_t)address + AT;
	if (mem.base != insn->mem.base || mem.index != insn->mem.index || mem.disp != insn->mem.disp ||
	    (mem.index != X86_NO_REG && mem.scale != insn->mem.scale))
		fail_msg("another address: %s", line);
}

/* "  26a0:\tf3 0f 1e fa          \tendbr64". False: a line of another kind, or what objdump itself does not know. */
static bool compare_line(const char *line)
{
	char hex[64], *end;
	uint64_t address = strtoull(line, &end, 16);
	const char *text = end[0] == ':' && end[1] == '\t' ? strchr(end + 2, '\t') : NULL;
	struct x86_insn insn;
	uint8_t code[32];
	size_t size;

	if (!text || strstr(text, "(bad)"))
		return false;
	snprintf(hex, sizeof(hex), "%.*s", (int)(text - end - 2), end + 2);
	size = parse_hex(hex, code);
	if (!decode(code, size, &insn) || insn.size != size)
		fail_msg("another length than objdump's: %s", line);
	compare_address(line, text + 1, address, &insn);
	return true;
}

static void test_libc(void **state)
{
	unsigned long compared = 0;
	char line[1024];
	Dl_info libc;
	FILE *in;

	(void)state;
	assert_true(dladdr(strtoull, &libc) && strstr(libc.dli_fname, "libc"));
	snprintf(line, sizeof(line), "objdump -d -w --insn-width=15 '%s'", libc.dli_fname);
	in = popen(line, "r");
	assert_non_null(in);
	while (fgets(line, sizeof(line), in))
		compared += compare_line(line);
	if (WEXITSTATUS(pclose(in)) == 127)
		skip(); /* there is no objdump */
	assert_in_range(compared, 100000, 100000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_moves),	cmocka_unit_test(test_addresses), cmocka_unit_test(test_flow),
		cmocka_unit_test(test_stack),	cmocka_unit_test(test_effects),	  cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_unknown), cmocka_unit_test(test_libc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
