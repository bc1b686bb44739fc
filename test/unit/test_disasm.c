/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Programs and maps as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "code/disasm.h"
#include "code/insn.h"

static struct image_map maps[] = {
	{"state", IMAGE_ARRAY, 4, 64, 1, .init = NULL},
	{"ring", IMAGE_RING, .max_entries = 4096},
	{"sums", IMAGE_HASH, 16, 8, 100, .prealloc = true, .per_cpu_entries = true},
};

static void assert_insn(struct bpf_insn insn, const char *wanted)
{
	struct buf out = {0};

	disasm_insn(&insn, 1, &out);
	assert_string_equal(out.data, wanted);
	buf_free(&out);
}

static void test_instructions(void **state)
{
	(void)state;
	assert_insn(INSN_MOV_REG(R1, R2), "r1 = r2");
	assert_insn(INSN_MOV32_REG(R1, R2), "w1 = w2");
	assert_insn(INSN_ALU_IMM(BPF_ARSH, R3, 56), "r3 s>>= 56");
	assert_insn(INSN_NEG(R3), "r3 = -r3");
	assert_insn(INSN_SWAP64(R3), "r3 = be64 r3");
	assert_insn(INSN_LOAD(BPF_DW, R0, R1, 8), "r0 = *(u64 *)(r1 +8)");
	assert_insn(INSN_STORE(BPF_B, R10, -1, R1), "*(u8 *)(r10 -1) = r1");
	assert_insn(INSN_STORE_IMM(BPF_H, R10, -2, 7), "*(u16 *)(r10 -2) = 7");
	assert_insn(INSN_ATOMIC(BPF_ADD, R9, 0, R1), "lock *(u64 *)(r9 +0) += r1");
	assert_insn(INSN_ATOMIC(BPF_ADD | BPF_FETCH, R9, 0, R1), "r1 = atomic64_fetch_add((u64 *)(r9 +0), r1)");
	assert_insn(INSN_ATOMIC(BPF_XCHG, R9, 0, R1), "r1 = atomic64_xchg((u64 *)(r9 +0), r1)");
	assert_insn(INSN(BPF_STX | BPF_W | BPF_ATOMIC, R9, R1, 4, BPF_CMPXCHG),
		    "r0 = atomic_cmpxchg((u32 *)(r9 +4), r0, r1)");
	assert_insn(INSN(BPF_JMP | BPF_JEQ | BPF_K, R1, 0, 3, 0), "if r1 == 0 goto +3");
	assert_insn(INSN(BPF_JMP32 | BPF_JSLT | BPF_X, R1, R2, -3, 0), "if w1 s< w2 goto -3");
	assert_insn(INSN(BPF_JMP | BPF_JA, 0, 0, 5, 0), "goto +5");
	assert_insn(INSN_CALL(HELPER_MAP_LOOKUP), "call bpf_map_lookup_elem#1");
	assert_insn(INSN_CALL(99999), "call unknown#99999");
	assert_insn(INSN_EXIT(), "exit");
	assert_insn(INSN(0xff, 1, 2, 3, 4), "unknown instruction code 0xff dst r1 src r2 off 3 imm 4");
	assert_insn(INSN(BPF_LD | BPF_IMM | BPF_DW, R1, 0, 0, 4), "r1 = half of a 16-byte load");
}

/* Whatever the bits, there is some text. */
static void test_any_code(void **state)
{
	struct buf out = {0};

	(void)state;
	for (unsigned code = 0; code < 256; code++) {
		struct bpf_insn insns[2] = {INSN(code, code & 15, code >> 4, code, 0x51), INSN(0, 0, 0, 0, 0)};

		buf_clear(&out);
		disasm_insn(insns, 2, &out);
		assert_true(out.size > 3);
	}
	buf_free(&out);
}

static void test_program(void **state)
{
	static const char text[] = "BEGIN\n{\n\tx =\n\t1;\n}\n";
	static const char wanted[] = "; x.d:3: x = 1\n"
				     "    0: r1 = map[state][0]+8\n"
				     "    2: r1 = map[ring]\n"
				     "    4: r1 = 0x100000002 ll\n"
				     "    6: if r1 == 0 goto L9\n"
				     "    7: call L9\n"
				     "    8: goto +100 (outside of the program)\n"
				     "L9:\n"
				     "    9: exit\n";
	struct bpf_insn insns[] = {
		INSN(BPF_LD | BPF_IMM | BPF_DW, R1, 0, 0, 0), INSN(0, 0, 0, 0, 0),
		INSN(BPF_LD | BPF_IMM | BPF_DW, R1, 0, 0, 0), INSN(0, 0, 0, 0, 0),
		INSN(BPF_LD | BPF_IMM | BPF_DW, R1, 0, 0, 2), INSN(0, 0, 0, 0, 1),
		INSN(BPF_JMP | BPF_JEQ | BPF_K, R1, 0, 2, 0), INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 1),
		INSN(BPF_JMP | BPF_JA, 0, 0, 100, 0),	      INSN_EXIT()};
	struct image_reloc relocs[] = {{0, RELOC_MAP_VALUE, 0, 8}, {2, RELOC_MAP, 1, 0}};
	struct source source = {"x.d", text, sizeof(text) - 1};
	struct image_line lines[] = {{0, {&source, 9, 6}}};
	struct image_program program = {.name = "p",
					.ctx = CTX_UPROBE,
					.insns = insns,
					.insns_len = 10,
					.relocs = relocs,
					.relocs_len = 2,
					.lines = lines,
					.lines_len = 1,
					.map_syscalls = MAP_NONE};
	struct image image = {.maps = maps, .maps_len = 3, .programs = &program, .programs_len = 1};
	struct buf out = {0};

	(void)state;
	disasm_program(&image, &program, &out);
	assert_string_equal(out.data, wanted);
	buf_clear(&out);
	image_dump_programs(&image, &out);
	assert_memory_equal(out.data, "program 0 p: uprobe, 10 instructions\n", 37);
	buf_free(&out);
}

static void test_maps(void **state)
{
	struct image image = {.maps = maps, .maps_len = 3};
	struct buf out = {0};

	(void)state;
	image_dump_maps(&image, &out);
	assert_string_equal(out.data, "map 0 state: array, key 4, value 64, entries 1\n"
				      "map 1 ring: ring, 4096 bytes\n"
				      "map 2 sums: hash, key 16, value 8, entries 100 per processor, preallocated\n");
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_instructions),
		cmocka_unit_test(test_any_code),
		cmocka_unit_test(test_program),
		cmocka_unit_test(test_maps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
