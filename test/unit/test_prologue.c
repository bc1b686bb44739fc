/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "probe/prologue.h"

enum {
	RAX = 1 << ARGREG_RAX,
	RDX = 1 << ARGREG_RDX,
	RBP = 1 << ARGREG_RBP,
	RSI = 1 << ARGREG_RSI,
	RDI = 1 << ARGREG_RDI,
	RSP = 1 << ARGREG_RSP,
	RIP = 1 << ARGREG_RIP,
	R8 = 1 << ARGREG_R8,
};

enum { DEAR = -1 }; /* the entry, and not cheap */

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
static void find(const uint8_t *code, size_t size, bool is_whole, uint32_t needed, struct prologue *out)
{
	uint8_t *copy = malloc(size ? size : 1);

	assert_non_null(copy);
	memcpy(copy, code, size);
	prologue_find(copy, size, is_whole, needed, out);
	free(copy);
}

static void check_of(const char *hex, bool is_whole, uint32_t needed, int expected)
{
	struct prologue place;
	uint8_t code[256];
	size_t size = parse_hex(hex, code);
	int got;
	unsigned r;

	find(code, size, is_whole, needed, &place);
	got = place.is_cheap ? (int)place.offset : DEAR;
	if (got != expected)
		fail_msg("%s: %d, not %d", hex, got, expected);
	for (r = 0; got <= 0 && r < ARGREG_COUNT; r++)
		assert_int_equal(place.regs[r], r);
}

/* A part of a function whose end is not known. */
static void check(const char *hex, uint32_t needed, int expected)
{
	check_of(hex, false, needed, expected);
}

static void check_whole(const char *hex, uint32_t needed, int expected)
{
	check_of(hex, true, needed, expected);
}

static void check_moved(const char *hex, enum argreg from, enum argreg to)
{
	struct prologue place;
	uint8_t code[256];
	size_t size = parse_hex(hex, code);

	find(code, size, true, UINT32_C(1) << from, &place);
	assert_true(place.is_cheap && place.offset);
	assert_int_equal(place.regs[from], to);
}

static void test_entry(void **state)
{
	(void)state;
	check("55", RDI, 0);		 /* push %rbp */
	check("41 57 41 56", RDI, 0);	 /* push %r15 */
	check("90", RDI, 0);		 /* nop */
	check("66 90", RDI, 0);		 /* its 2-byte form */
	check("0f 1f 44 00 00", RDI, 0); /* 5-byte form */
	check("eb 10", RDI, 0);		 /* jmp */
	check("e9 00 00 00 00", RDI, 0);
	check("74 05", RDI, 0); /* je */
	check("0f 84 00 00 00 00", RDI, 0);
	check("e8 00 00 00 00", RDI, 0); /* call */
	check("55", RIP, 0);
	check("41 90", RDI, DEAR); /* xchg %eax,%r8d */
	check("f3 90", RDI, DEAR); /* pause */
	check("66 50", RDI, DEAR); /* push %ax: not executed by the kernel */
	check("48 55", RDI, DEAR);
	check("f2 e9 00 00 00 00", RDI, DEAR);	/* bnd jmp */
	check("3e 55", RDI, DEAR);		/* a prefix that cannot be probed */
	check("f0 48 83 6f 10 01 55", 0, DEAR); /* lock subq */
	check("c3 55", RDI, DEAR);
	check("cc 55", RDI, DEAR);
	check("06 55", RDI, DEAR);
}

static void test_skipped(void **state)
{
	(void)state;
	check("f3 0f 1e fa 55", RDI, 4);		       /* endbr64 */
	check("f3 0f 1e c8 55", RAX, DEAR);		       /* rdsspd %eax */
	check("48 89 f8 55", RDI | RSI, 3);		       /* mov %rdi,%rax */
	check("31 c0 41 54", RDI, 2);			       /* xor %eax,%eax; push %r12 */
	check("48 8b 07 53", RDI, 3);			       /* mov (%rdi),%rax */
	check("48 8b 44 24 08 53", RDI, 5);		       /* mov 8(%rsp),%rax */
	check("48 8b 84 24 08 01 00 00 53", RDI, 8);	       /* mov 0x108(%rsp),%rax */
	check("48 8b 04 25 00 00 00 00 53", RDI, 8);	       /* mov 0,%rax: sib without a base */
	check("48 8d 05 11 22 33 44 53", RDI, 7);	       /* lea 0x44332211(%rip),%rax */
	check("4c 8d 54 24 08 55", RDI, 5);		       /* lea 8(%rsp),%r10 */
	check("b8 01 00 00 00 53", RDI, 5);		       /* mov $1,%eax */
	check("66 b8 01 00 53", RDI, 4);		       /* mov $1,%ax */
	check("48 b8 01 02 03 04 05 06 07 08 53", RDI, 10);    /* movabs */
	check("b0 01 53", RDI, 2);			       /* mov $1,%al */
	check("49 c7 c0 01 00 00 00 53", RDI, 7);	       /* mov $1,%r8 */
	check("66 48 c7 c0 01 00 00 00 53", RDI, 8);	       /* REX.W is stronger than 0x66 */
	check("66 81 c1 34 12 53", RDI, 5);		       /* add $0x1234,%cx */
	check("80 bf 40 02 00 00 00 53", RDI, 7);	       /* cmpb $0,0x240(%rdi) */
	check("48 83 7f 50 00 53", RDI, 5);		       /* cmpq $0,0x50(%rdi) */
	check("48 81 7f 50 00 00 00 01 53", RDI, 8);	       /* cmpq $0x1000000,0x50(%rdi) */
	check("f6 47 08 01 53", RDI, 4);		       /* testb $1,8(%rdi) */
	check("f7 47 08 01 00 00 00 53", RDI, 7);	       /* testl $1,8(%rdi) */
	check("48 85 ff 53", RDI, 3);			       /* test %rdi,%rdi */
	check("0f b6 47 08 53", RDI, 4);		       /* movzbl 8(%rdi),%eax */
	check("48 63 c6 53", RDI | RSI, 3);		       /* movslq %esi,%rax */
	check("48 0f 44 c7 53", RDI, 4);		       /* cmove %rdi,%rax */
	check("0f 94 c0 53", RDI, 3);			       /* sete %al */
	check("48 c1 e8 03 53", RDI, 4);		       /* shr $3,%rax */
	check("64 48 8b 04 25 28 00 00 00 53", RDI, 9);	       /* mov %fs:0x28,%rax */
	check("c5 f8 77 53", RDI, 3);			       /* vzeroupper */
	check("0f 57 c0 53", RDI, 3);			       /* xorps %xmm0,%xmm0 */
	check("66 0f ef c0 53", RDI, 4);		       /* pxor %xmm0,%xmm0 */
	check("f3 0f 6f 06 53", RDI, 4);		       /* movdqu (%rsi),%xmm0 */
	check("66 48 0f 6e c7 53", RDI, 5);		       /* movq %rdi,%xmm0 */
	check("0f 1f 40 00 48 89 f8 53", RDI, 0);	       /* a nop is cheap itself */
	check("48 89 f8 90 66 90 0f 1f 40 00 53", RDI, 10);    /* behind the entry it is only skipped */
	check("48 98 48 99 a8 01 a9 01 00 00 00 53", RDI, 11); /* cltq; cqto; test $1,%al; test $1,%eax */
}

static void test_stack(void **state)
{
	(void)state;
	check("48 83 ec 08 53", 0, DEAR);	   /* sub $8,%rsp */
	check("48 81 ec 00 01 00 00 53", 0, DEAR); /* sub $0x100,%rsp */
	check("48 83 e4 f0 53", 0, DEAR);	   /* and $-16,%rsp */
	check("48 8d 64 24 f8 53", 0, DEAR);	   /* lea -8(%rsp),%rsp */
	check("48 89 ec 53", 0, DEAR);		   /* mov %rbp,%rsp */
	check("48 8b 27 53", 0, DEAR);		   /* mov (%rdi),%rsp */
	check("bc 01 00 00 00 53", 0, DEAR);	   /* mov $1,%esp */
	check("b4 01 53", 0, 2);		   /* mov $1,%ah is no %spl */
	check("40 b4 01 53", 0, DEAR);		   /* but with REX it is */
	check("41 b4 01 53", 0, 3);		   /* mov $1,%r12b */
	check("58 53", 0, DEAR);		   /* pop %rax */
	check("c9 53", 0, DEAR);		   /* leave */
	check("6a 01 53", 0, DEAR);		   /* push $1 */
	check("ff 37", 0, DEAR);		   /* push (%rdi) */
	check("48 89 e0 53", RSP, 3);		   /* mov %rsp,%rax leaves it alone */
}

static void test_stores(void **state)
{
	(void)state;
	check("48 89 07 53", 0, DEAR);		   /* mov %rax,(%rdi) */
	check("48 89 7c 24 f8 53", 0, DEAR);	   /* mov %rdi,-8(%rsp) */
	check("88 07 53", 0, DEAR);		   /* mov %al,(%rdi) */
	check("c6 07 00 53", 0, DEAR);		   /* movb $0,(%rdi) */
	check("48 c7 07 00 00 00 00 53", 0, DEAR); /* movq $0,(%rdi) */
	check("48 01 07 53", 0, DEAR);		   /* add %rax,(%rdi) */
	check("48 83 07 01 53", 0, DEAR);	   /* addq $1,(%rdi) */
	check("ff 07 53", 0, DEAR);		   /* incl (%rdi) */
	check("0f 94 07 53", 0, DEAR);		   /* sete (%rdi) */
	check("0f 11 07 53", 0, DEAR);		   /* movups %xmm0,(%rdi) */
	check("66 48 0f 7e 07 53", 0, DEAR);	   /* movq %xmm0,(%rdi) */
	check("66 48 0f 7e c0 53", 0, 5);	   /* movq %xmm0,%rax */
	check("48 87 07 53", 0, DEAR);		   /* xchg %rax,(%rdi) */
	check("aa 53", 0, DEAR);		   /* stos */
	check("c7 f8 00 00 00 00 53", 0, DEAR);	   /* xbegin */
	check("48 f7 37 53", 0, DEAR);		   /* divq (%rdi) may trap */
	check("48 f7 27 53", RDI | RSI, 3);	   /* mulq (%rdi) */
}

static void test_needed(void **state)
{
	(void)state;
	check("31 ff 53", RSI, 2); /* xor %edi,%edi */
	check("31 ff 53", RDI, DEAR);
	check("31 ff 53", RDI | RSI, DEAR);
	check("40 b7 01 53", RDI, DEAR);    /* mov $1,%dil */
	check("b7 01 53", RDI, 2);	    /* mov $1,%bh */
	check("48 8b 7f 08 53", RDI, DEAR); /* mov 8(%rdi),%rdi */
	check("48 8b 7f 08 53", RSI, 4);
	check("45 31 c0 53", R8, DEAR); /* xor %r8d,%r8d */
	check("45 31 c0 53", RAX, 3);
	check("48 f7 27 53", RDX, DEAR);       /* mulq (%rdi) */
	check("48 99 53", RDX, DEAR);	       /* cqto */
	check("48 98 53", RAX, DEAR);	       /* cltq */
	check("04 01 53", RAX, DEAR);	       /* add $1,%al */
	check("48 3d 00 00 00 00 53", RAX, 6); /* cmp $0,%rax */
	check("48 89 e5 53", RBP, DEAR);       /* mov %rsp,%rbp */
	check("48 89 f8 53", RIP, DEAR);       /* its value is that of the place */
}

static void test_moved(void **state)
{
	/* mov %rdi,%rax; mov %rsi,%rdi; mov %rax,%rsi; jmp out */
	static const char swap[] = "48 89 f8 48 89 f7 48 89 c6 e9 00 10 00 00";

	(void)state;
	check_whole(swap, RDI | RSI, 9);
	check_moved(swap, ARGREG_RDI, ARGREG_RAX);
	check_moved(swap, ARGREG_RSI, ARGREG_RDI);
	check_moved(swap, ARGREG_RDX, ARGREG_RDX);
	check_whole(swap, RAX, DEAR);
	check_moved("49 89 f8 31 ff 53", ARGREG_RDI, ARGREG_R8); /* mov %rdi,%r8; xor %edi,%edi */
	check_moved("4c 8b c7 31 ff 53", ARGREG_RDI, ARGREG_R8); /* the other encoding */
	check("89 f8 31 ff 53", RDI, DEAR);			 /* mov %edi,%eax keeps half of it */
	check("48 89 f8 31 c0 31 ff 53", RDI, DEAR);		 /* the copy is gone too */
	check("48 89 f8 30 c0 31 ff 53", RDI, DEAR);		 /* xor %al,%al spoils it */
	check("48 89 ff 53", RDI, 3);				 /* mov %rdi,%rdi */
}

static void test_jumps(void **state)
{
	(void)state;
	/* test %rdi,%rdi; je +1; ret; ret */
	check_whole("48 85 ff 74 01 c3 c3", RDI, 3);
	check("48 85 ff 74 01 c3 c3", RDI, DEAR); /* who knows what comes behind */
	check_whole("48 85 ff 0f 84 01 00 00 00 c3 c3", RDI, 3);
	/* the last instruction jumps to the entry: that is another hit wherever the probe is; and to the je */
	check_whole("48 85 ff 74 02 eb f9 c3", RDI, 3);
	check_whole("48 85 ff 74 02 eb fc c3", RDI, DEAR);
	check_whole("48 85 ff 74 02 eb fb c3", RDI, DEAR);
	check_whole("48 85 ff 74 05 e9 f9 ff ff ff c3", RDI, DEAR);
	check_whole("48 85 ff 74 06 0f 85 f8 ff ff ff c3", RDI, DEAR);
	check_whole("48 85 ff 74 02 e2 fc c3", RDI, DEAR); /* loop */
	/* inside another instruction it only looks like one: refused all the same */
	check_whole("48 85 ff 74 05 b8 eb fb 00 00 c3", RDI, DEAR);
	check_whole("48 85 ff 74 02 ff e0 c3", RDI, DEAR);	       /* jmp *%rax */
	check_whole("48 85 ff 74 02 ff 20 c3", RDI, DEAR);	       /* jmp *(%rax) */
	check_whole("48 85 ff 74 02 ff d0 c3", RDI, 3);		       /* call *%rax */
	check_whole("48 85 ff 74 7f c3", RDI, DEAR);		       /* out of the function */
	check_whole("48 85 ff 74 06 0f 84 00 10 00 00 c3", RDI, DEAR); /* to a cold part */
	check_whole("31 c0 e9 00 10 00 00", RDI, 2);		       /* tail call */
	check_whole("31 c0 e9 00 10 00 00 c3", RDI, DEAR);	       /* not the end */
	check_whole("31 c0 e8 00 10 00 00 c3", RDI, DEAR);	       /* call */
	check_whole("31 c0 e9 00 10 00", RDI, DEAR);
	check_whole("31 c0 74", RDI, DEAR);
}

/* Every beginning of every kind of instruction: a byte is never missing silently. */
static void test_truncated(void **state)
{
	static const char *const texts[] = {"48 8b 84 24 08 01 00 00",
					    "48 b8 01 02 03 04 05 06 07 08",
					    "64 48 8b 04 25 28 00 00 00",
					    "66 81 c1 34 12",
					    "49 c7 c0 01 00 00 00",
					    "f3 0f 1e fa",
					    "48 83 7f 50 00",
					    "0f b6 84 24 00 01 00 00",
					    "f7 47 08 01 00 00 00",
					    "66 66 66 66 66 66 66 66 66 66 66 66 66 66 66 66 66 66"};
	struct prologue place;
	uint8_t code[256];
	unsigned i;
	size_t size, n;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		size = parse_hex(texts[i], code);
		for (n = 0; n <= size; n++) {
			find(code, n, true, 0, &place);
			assert_false(place.is_cheap);
			assert_int_equal(place.offset, 0);
		}
	}
	/* more than 15 bytes are no instruction, whatever they say */
	check("66 66 66 66 66 66 66 66 66 66 66 66 66 66 89 f8 53", 0, DEAR);
	check("66 66 66 66 66 66 66 66 66 66 66 66 66 89 f8 53", 0, 15);
}

static void test_locations(void **state)
{
	struct argloc loc = {.n = 4,
			     .steps = {{.op = STEP_REG, .reg = ARGREG_RDI},
				       {.op = STEP_ADD_REG, .reg = ARGREG_RSI, .imm = 8},
				       {.op = STEP_ADD, .reg = ARGREG_RDX, .imm = 1},
				       {.op = STEP_LOAD, .reg = ARGREG_RCX, .size = 8}}};
	uint8_t regs[ARGREG_COUNT];
	unsigned i;

	(void)state;
	for (i = 0; i < ARGREG_COUNT; i++)
		regs[i] = ARGREG_R15;
	regs[ARGREG_RDI] = ARGREG_RAX;
	assert_int_equal(argloc_regs(&loc), RDI | RSI);
	argloc_move(&loc, regs);
	assert_int_equal(loc.steps[0].reg, ARGREG_RAX);
	assert_int_equal(loc.steps[1].reg, ARGREG_R15);
	assert_int_equal(loc.steps[2].reg, ARGREG_RDX);
	assert_int_equal(loc.steps[3].reg, ARGREG_RCX);
	assert_int_equal(argloc_regs(&(struct argloc){0}), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entry),  cmocka_unit_test(test_skipped),	 cmocka_unit_test(test_stack),
		cmocka_unit_test(test_stores), cmocka_unit_test(test_needed),	 cmocka_unit_test(test_moved),
		cmocka_unit_test(test_jumps),  cmocka_unit_test(test_truncated), cmocka_unit_test(test_locations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
