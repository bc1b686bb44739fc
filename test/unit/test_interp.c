/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The interpreter in test/interp, by programs that are written by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#include "../interp/interp.h"
#include "code/insn.h"

enum { MAP_STATE, MAP_DROPS, MAP_RING, MAP_HASH, MAP_SUMS, MAPS_LEN };
enum { CPUS = 4 };

static const uint64_t state_init[8] = {0, 7};

static struct image_map maps[MAPS_LEN] = {
	[MAP_STATE] = {"state", IMAGE_ARRAY, 4, 64, 1, .init = state_init},
	[MAP_DROPS] = {"drops", IMAGE_PERCPU_ARRAY, 4, 48, 1, .init = NULL},
	[MAP_RING] = {"ring", IMAGE_RING, .max_entries = 128},
	[MAP_HASH] = {"hash", IMAGE_HASH, 8, 16, 2, .init = NULL},
	[MAP_SUMS] = {"sums", IMAGE_HASH, 8, 8, 8, .init = NULL},
};

struct setup {
	struct image image;
	struct image_program programs[2];
	struct interp *interp;
};

static struct interp *start(struct setup *setup, struct bpf_insn *insns, unsigned insns_len, struct image_reloc *relocs,
			    unsigned relocs_len)
{
	memset(setup, 0, sizeof(*setup));
	setup->programs[0] = (struct image_program){.name = "p",
						    .ctx = CTX_UPROBE,
						    .insns = insns,
						    .insns_len = insns_len,
						    .relocs = relocs,
						    .relocs_len = relocs_len};
	setup->image = (struct image){.maps = maps,
				      .maps_len = MAPS_LEN,
				      .programs = setup->programs,
				      .programs_len = 1,
				      .map_state = MAP_STATE,
				      .map_drops = MAP_DROPS,
				      .map_ring = MAP_RING};
	setup->interp = interp_new(&setup->image, CPUS);
	return setup->interp;
}

#define LEN(array)			 (sizeof(array) / sizeof(*(array)))
#define START(setup, insns)		 start(setup, insns, LEN(insns), NULL, 0)
#define START_MAPS(setup, insns, relocs) start(setup, insns, LEN(insns), relocs, LEN(relocs))
#define LOAD_MAP(reg)			 INSN(BPF_LD | BPF_IMM | BPF_DW, reg, 0, 0, 0), INSN(0, 0, 0, 0, 0)
#define JUMP(op, dst, imm, off)		 INSN(BPF_JMP | (op) | BPF_K, dst, 0, off, imm)

static void assert_sentence(const char *sentence, const char *part)
{
	if (!sentence)
		fail_msg("no failure, but wanted one with \"%s\"", part);
	if (!strstr(sentence, part))
		fail_msg("\"%s\" has no \"%s\"", sentence, part);
}

/* Runs without context and wants R0. */
static void assert_result(struct bpf_insn *insns, unsigned insns_len, uint64_t wanted)
{
	struct setup setup;
	struct interp *interp = start(&setup, insns, insns_len, NULL, 0);
	uint64_t r0 = 0;
	const char *sentence = interp_run(interp, 0, NULL, 0, NULL, &r0);

	if (sentence)
		fail_msg("%s", sentence);
	assert_int_equal(r0, wanted);
	interp_free(interp);
}
#define RESULT(insns, wanted) assert_result(insns, LEN(insns), wanted)

/* Runs with 16 bytes of context and wants a failure. */
static void assert_failure(struct bpf_insn *insns, unsigned insns_len, const char *part)
{
	struct image_reloc relocs[] = {{.insn = 0, .kind = RELOC_MAP_VALUE, .map = MAP_STATE, .offset = 8}};
	struct setup setup;
	bool has_map = insns[0].code == (BPF_LD | BPF_IMM | BPF_DW);
	struct interp *interp = start(&setup, insns, insns_len, relocs, has_map);
	uint64_t ctx[2] = {1, 2};

	assert_sentence(interp_run(interp, 0, ctx, sizeof(ctx), NULL, NULL), part);
	interp_free(interp);
}
#define FAILURE(part, ...)                                                                                             \
	do {                                                                                                           \
		struct bpf_insn insns_[] = {__VA_ARGS__};                                                              \
		assert_failure(insns_, LEN(insns_), part);                                                             \
	} while (0)

static uint64_t alu(unsigned class, unsigned op, uint64_t a, uint64_t b)
{
	struct bpf_insn insns[] = {INSN(BPF_LD | BPF_IMM | BPF_DW, R0, 0, 0, (uint32_t)a),
				   INSN(0, 0, 0, 0, (uint32_t)(a >> 32)),
				   INSN(BPF_LD | BPF_IMM | BPF_DW, R1, 0, 0, (uint32_t)b),
				   INSN(0, 0, 0, 0, (uint32_t)(b >> 32)),
				   INSN(class | op | BPF_X, R0, R1, 0, 0),
				   INSN_EXIT()};
	struct setup setup;
	struct interp *interp = START(&setup, insns);
	uint64_t r0 = 0;

	assert_null(interp_run(interp, 0, NULL, 0, NULL, &r0));
	interp_free(interp);
	return r0;
}

static void test_alu(void **state)
{
	(void)state;
	assert_int_equal(alu(BPF_ALU64, BPF_ADD, UINT64_MAX, 2), 1);
	assert_int_equal(alu(BPF_ALU, BPF_ADD, 0xffffffffffffffffull, 2), 1);
	assert_int_equal(alu(BPF_ALU64, BPF_SUB, 1, 2), UINT64_MAX);
	assert_int_equal(alu(BPF_ALU, BPF_SUB, 1, 2), 0xffffffffu);
	assert_int_equal(alu(BPF_ALU64, BPF_MUL, 1ull << 40, 3), 3ull << 40);
	assert_int_equal(alu(BPF_ALU64, BPF_DIV, (uint64_t)-8, 2), (uint64_t)-8 / 2);
	assert_int_equal(alu(BPF_ALU64, BPF_DIV, 5, 0), 0);
	assert_int_equal(alu(BPF_ALU64, BPF_MOD, 5, 0), 5);
	assert_int_equal(alu(BPF_ALU, BPF_MOD, 0x100000005ull, 0), 5);
	assert_int_equal(alu(BPF_ALU64, BPF_LSH, 1, 65), 2);
	assert_int_equal(alu(BPF_ALU, BPF_LSH, 0x80000001u, 1), 2);
	assert_int_equal(alu(BPF_ALU64, BPF_ARSH, (uint64_t)-16, 2), (uint64_t)-4);
	assert_int_equal(alu(BPF_ALU, BPF_ARSH, 0x80000000u, 31), 0xffffffffu);
	assert_int_equal(alu(BPF_ALU64, BPF_RSH, (uint64_t)-1, 60), 15);
	assert_int_equal(alu(BPF_ALU64, BPF_XOR, 6, 3), 5);
	assert_int_equal(alu(BPF_ALU, BPF_MOV, 0, (uint64_t)-1), 0xffffffffu);
}

static void test_constants(void **state)
{
	struct bpf_insn sign[] = {INSN_MOV_IMM(R0, -1), INSN_EXIT()};
	struct bpf_insn swap[] = {INSN_MOV_IMM(R0, 0x1234), INSN(BPF_ALU | BPF_END | BPF_TO_BE, R0, 0, 0, 16),
				  INSN_EXIT()};
	struct bpf_insn swap64[] = {INSN_MOV_IMM(R0, 1), INSN_SWAP64(R0), INSN_EXIT()};
	struct bpf_insn cut[] = {INSN_MOV_IMM(R0, -1), INSN(BPF_ALU | BPF_END | BPF_TO_LE, R0, 0, 0, 32), INSN_EXIT()};
	struct bpf_insn negated[] = {INSN_MOV_IMM(R0, 5), INSN_NEG(R0), INSN_EXIT()};

	(void)state;
	RESULT(sign, UINT64_MAX);
	RESULT(swap, 0x3412);
	RESULT(swap64, 1ull << 56);
	RESULT(cut, 0xffffffffu);
	RESULT(negated, (uint64_t)-5);
}

static void test_jumps(void **state)
{
	struct bpf_insn is_signed[] = {INSN_MOV_IMM(R0, 0), INSN_MOV_IMM(R1, -1), JUMP(BPF_JSLT, R1, 0, 1),
				       INSN_EXIT(),	    INSN_MOV_IMM(R0, 1),  INSN_EXIT()};
	struct bpf_insn is_unsigned[] = {INSN_MOV_IMM(R0, 0), INSN_MOV_IMM(R1, -1), JUMP(BPF_JLT, R1, 0, 1),
					 INSN_EXIT(),	      INSN_MOV_IMM(R0, 1),  INSN_EXIT()};
	struct bpf_insn narrow[] = {INSN_MOV_IMM(R0, 1),	   INSN_MOV_IMM(R1, 1),
				    INSN_ALU_IMM(BPF_LSH, R1, 32), INSN(BPF_JMP32 | BPF_JEQ | BPF_K, R1, 0, 1, 0),
				    INSN_MOV_IMM(R0, 0),	   INSN_EXIT()};
	struct bpf_insn loop[] = {INSN_MOV_IMM(R0, 0), INSN_ALU_IMM(BPF_ADD, R0, 3), JUMP(BPF_JNE, R0, 30, -2),
				  INSN_EXIT()};

	(void)state;
	RESULT(is_signed, 1);
	RESULT(is_unsigned, 0);
	RESULT(narrow, 1);
	RESULT(loop, 30);
}

static void test_stack_and_calls(void **state)
{
	/* Stores 40 below the frame pointer, calls a function with its address, which adds 2 there; R6 must survive. */
	struct bpf_insn insns[] = {INSN_STORE_IMM(BPF_DW, R10, -8, 40),
				   INSN_MOV_IMM(R6, 100),
				   INSN_MOV_REG(R1, R10),
				   INSN_ALU_IMM(BPF_ADD, R1, -8),
				   INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 3),
				   INSN_LOAD(BPF_DW, R0, R10, -8),
				   INSN_ALU_REG(BPF_ADD, R0, R6),
				   INSN_EXIT(),
				   INSN_MOV_IMM(R6, 2),
				   INSN_ATOMIC(BPF_ADD, R1, 0, R6),
				   INSN_MOV_IMM(R0, 0),
				   INSN_EXIT()};

	(void)state;
	RESULT(insns, 142);
}

static void test_atomics(void **state)
{
	struct bpf_insn fetch[] = {INSN_STORE_IMM(BPF_DW, R10, -8, 40),
				   INSN_MOV_IMM(R1, 2),
				   INSN_ATOMIC(BPF_ADD | BPF_FETCH, R10, -8, R1),
				   INSN_LOAD(BPF_DW, R0, R10, -8),
				   INSN_ALU_REG(BPF_MUL, R0, R1),
				   INSN_EXIT()};
	struct bpf_insn exchange[] = {INSN_STORE_IMM(BPF_DW, R10, -8, 40),
				      INSN_MOV_IMM(R0, 40),
				      INSN_MOV_IMM(R1, 2),
				      INSN_ATOMIC(BPF_CMPXCHG, R10, -8, R1),
				      INSN_LOAD(BPF_DW, R1, R10, -8),
				      INSN_ALU_REG(BPF_ADD, R0, R1),
				      INSN_EXIT()};
	struct bpf_insn not_equal[] = {INSN_STORE_IMM(BPF_DW, R10, -8, 40), INSN_MOV_IMM(R0, 41), INSN_MOV_IMM(R1, 2),
				       INSN_ATOMIC(BPF_CMPXCHG, R10, -8, R1), INSN_EXIT()};
	struct bpf_insn swapped[] = {INSN_STORE_IMM(BPF_W, R10, -8, -1), INSN_MOV_IMM(R1, 2),
				     INSN(BPF_STX | BPF_W | BPF_ATOMIC, R10, R1, -8, BPF_XCHG), INSN_MOV_REG(R0, R1),
				     INSN_EXIT()};

	(void)state;
	RESULT(fetch, 42 * 40);
	RESULT(exchange, 42);
	RESULT(not_equal, 40);
	RESULT(swapped, 0xffffffffu);
}

static void test_wrong_memory(void **state)
{
	(void)state;
	FAILURE("never written", INSN_LOAD(BPF_DW, R0, R10, -8), INSN_EXIT());
	FAILURE("not aligned", INSN_STORE_IMM(BPF_DW, R10, -12, 0), INSN_EXIT());
	FAILURE("past the end of the stack", INSN_STORE_IMM(BPF_DW, R10, -4, 0), INSN_EXIT());
	FAILURE("no memory that the program was given", INSN_STORE_IMM(BPF_DW, R10, -520, 0), INSN_EXIT());
	FAILURE("no memory that the program was given", INSN_MOV_IMM(R1, 0), INSN_LOAD(BPF_B, R0, R1, 8), INSN_EXIT());
	FAILURE("reads 8 bytes 0 after the end of the context, which has 16", INSN_LOAD(BPF_DW, R0, R1, 16),
		INSN_EXIT());
	FAILURE("8 bytes at offset 4 of the context are not aligned", INSN_LOAD(BPF_W, R0, R1, 12),
		INSN_LOAD(BPF_H, R0, R1, 14), INSN_LOAD(BPF_B, R0, R1, 15), INSN_LOAD(BPF_DW, R0, R1, 4), INSN_EXIT());
	FAILURE("read-only", INSN_STORE_IMM(BPF_DW, R1, 0, 0), INSN_EXIT());
	FAILURE("reads 8 bytes at offset 60 of map state, which has 64", LOAD_MAP(R1), INSN_LOAD(BPF_DW, R0, R1, 52),
		INSN_EXIT());
}

static void test_wrong_programs(void **state)
{
	(void)state;
	FAILURE("r3 is used but holds nothing", INSN_MOV_REG(R0, R3), INSN_EXIT());
	FAILURE("r0 is used but holds nothing", INSN_EXIT());
	FAILURE("r1 is used but holds nothing", INSN_CALL(HELPER_TIME_NS), INSN_MOV_REG(R0, R1), INSN_EXIT());
	FAILURE("r10 cannot be written", INSN_MOV_IMM(R10, 0), INSN_EXIT());
	FAILURE("past the end of the program", INSN_MOV_IMM(R0, 0));
	FAILURE("jumps out", INSN_MOV_IMM(R0, 0), JUMP(BPF_JA, 0, 0, 5), INSN_EXIT());
	FAILURE("did not end", JUMP(BPF_JA, 0, 0, -1), INSN_EXIT());
	FAILURE("by the constant zero", INSN_MOV_IMM(R0, 0), INSN_ALU_IMM(BPF_DIV, R0, 0), INSN_EXIT());
	FAILURE("shifts by the constant 64", INSN_MOV_IMM(R0, 0), INSN_ALU_IMM(BPF_LSH, R0, 64), INSN_EXIT());
	FAILURE("may not use", INSN_CALL(BPF_FUNC_trace_printk), INSN_EXIT());
	FAILURE("r1 is no map", INSN_MOV_REG(R2, R10), INSN_CALL(HELPER_MAP_LOOKUP), INSN_EXIT());
	FAILURE("unknown instruction", INSN(0xff, 0, 0, 0, 0), INSN_EXIT());
	FAILURE("`r0 = *(u64 *)(r1 +16)`", INSN_LOAD(BPF_DW, R0, R1, 16), INSN_EXIT());
	FAILURE("deep", INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, -1), INSN_EXIT());
	FAILURE("544 bytes of stack", INSN_STORE_IMM(BPF_DW, R10, -512, 0),
		INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 1), INSN_EXIT(), INSN_EXIT());
}

static void test_map_values(void **state)
{
	struct bpf_insn insns[] = {LOAD_MAP(R1), INSN_LOAD(BPF_DW, R0, R1, 0), INSN_STORE_IMM(BPF_W, R1, 8, 5),
				   INSN_EXIT()};
	struct image_reloc relocs[] = {{.insn = 0, .kind = RELOC_MAP_VALUE, .map = MAP_STATE, .offset = 8}};
	struct setup setup;
	struct interp *interp = START_MAPS(&setup, insns, relocs);
	uint64_t r0;

	(void)state;
	assert_null(interp_run(interp, 0, NULL, 0, NULL, &r0));
	assert_int_equal(r0, 7);
	assert_int_equal(((uint64_t *)interp_state(interp))[2], 5);
	assert_int_equal(interp_steps(interp), 4);
	interp_free(interp);
}

static int sum_values(void *data, const void *key, const void *values, unsigned values_len)
{
	uint64_t *sum = data;

	(void)key;
	for (unsigned i = 0; i < values_len; i++)
		*sum += ((const uint64_t *)values)[i];
	return 0;
}

/* *sums[cookie] += 1, inserted when missing: what an aggregation does. */
static void test_per_cpu_hash(void **state)
{
	struct bpf_insn insns[] = {INSN_CALL(HELPER_COOKIE),
				   INSN_STORE(BPF_DW, R10, -8, R0),
				   LOAD_MAP(R1),
				   INSN_MOV_REG(R2, R10),
				   INSN_ALU_IMM(BPF_ADD, R2, -8),
				   INSN_CALL(HELPER_MAP_LOOKUP),
				   JUMP(BPF_JNE, R0, 0, 10),
				   INSN_STORE_IMM(BPF_DW, R10, -16, 1),
				   LOAD_MAP(R1),
				   INSN_MOV_REG(R2, R10),
				   INSN_ALU_IMM(BPF_ADD, R2, -8),
				   INSN_MOV_REG(R3, R10),
				   INSN_ALU_IMM(BPF_ADD, R3, -16),
				   INSN_MOV_IMM(R4, BPF_NOEXIST),
				   INSN_CALL(HELPER_MAP_UPDATE),
				   INSN_EXIT(),
				   INSN_MOV_IMM(R1, 1),
				   INSN_ATOMIC(BPF_ADD, R0, 0, R1),
				   INSN_MOV_IMM(R0, 0),
				   INSN_EXIT()};
	struct image_reloc relocs[] = {{.insn = 2, .map = MAP_SUMS}, {.insn = 9, .map = MAP_SUMS}};
	struct setup setup;
	struct interp *interp;
	struct interp_env env = {0};
	uint64_t key = 1, sum = 0, r0;

	(void)state;
	interp = START_MAPS(&setup, insns, relocs);
	for (unsigned i = 0; i < 100; i++) {
		env.cpu = i % CPUS;
		env.cookie = i % 2;
		assert_null(interp_run(interp, 0, &key, 8, &env, &r0));
		assert_int_equal(r0, 0);
	}
	assert_int_equal(interp_map_len(interp, MAP_SUMS), 2);
	assert_int_equal(*(uint64_t *)interp_map_value(interp, MAP_SUMS, &key, 0), 50);
	assert_int_equal(interp_map_each(interp, MAP_SUMS, sum_values, &sum), 0);
	assert_int_equal(sum, 100);
	assert_int_equal(interp_map_delete(interp, MAP_SUMS, &key), 0);
	assert_null(interp_map_value(interp, MAP_SUMS, &key, 0));
	interp_free(interp);
}

static void test_map_outside(void **state)
{
	struct bpf_insn insns[] = {INSN_MOV_IMM(R0, 0), INSN_EXIT()};
	struct setup setup;
	struct interp *interp = START(&setup, insns);
	uint64_t key = 1, value[2] = {3, 4};
	uint32_t zero = 0, one = 1;

	(void)state;
	assert_int_equal(interp_map_update(interp, MAP_HASH, &key, 0, value), 0);
	key = 2;
	assert_int_equal(interp_map_update(interp, MAP_HASH, &key, 0, value), 0);
	key = 3;
	assert_int_equal(interp_map_update(interp, MAP_HASH, &key, 0, value), -E2BIG);
	assert_int_equal(interp_map_delete(interp, MAP_HASH, &key), -ENOENT);
	assert_null(interp_map_value(interp, MAP_STATE, &one, 0));
	((uint64_t *)interp_map_value(interp, MAP_DROPS, &zero, 1))[DROP_AGG] = 2;
	((uint64_t *)interp_map_value(interp, MAP_DROPS, &zero, 3))[DROP_AGG] = 3;
	assert_int_equal(interp_drops(interp, DROP_AGG), 5);
	interp_free(interp);
}

/* Reserves 40 bytes, fills the first 8 with the first context word, and submits. R0 = 1 when the ring was full. */
static void test_ring(void **state)
{
	struct bpf_insn insns[] = {INSN_MOV_REG(R6, R1),
				   LOAD_MAP(R1),
				   INSN_MOV_IMM(R2, 40),
				   INSN_MOV_IMM(R3, 0),
				   INSN_CALL(HELPER_RING_RESERVE),
				   JUMP(BPF_JNE, R0, 0, 2),
				   INSN_MOV_IMM(R0, 1),
				   INSN_EXIT(),
				   INSN_LOAD(BPF_DW, R1, R6, 0),
				   INSN_STORE(BPF_DW, R0, 0, R1),
				   INSN_MOV_REG(R1, R0),
				   INSN_MOV_IMM(R2, 0),
				   INSN_CALL(HELPER_RING_SUBMIT),
				   INSN_MOV_IMM(R0, 0),
				   INSN_EXIT()};
	struct image_reloc relocs[] = {{.insn = 1, .map = MAP_RING}};
	struct setup setup;
	struct interp *interp = START_MAPS(&setup, insns, relocs);
	uint64_t ctx = 77, r0;
	size_t size;

	(void)state;
	assert_null(interp_run(interp, 0, &ctx, 8, NULL, &r0));
	ctx = 78;
	assert_null(interp_run(interp, 0, &ctx, 8, NULL, &r0));
	assert_int_equal(r0, 0);
	assert_null(interp_run(interp, 0, &ctx, 8, NULL, &r0));
	assert_int_equal(r0, 1); /* 3 * 48 bytes do not fit into 128 */
	assert_int_equal(interp_records_len(interp), 2);
	assert_int_equal(*(const uint64_t *)interp_record(interp, 1, &size), 78);
	assert_int_equal(size, 40);
	interp_records_clear(interp);
	assert_null(interp_run(interp, 0, &ctx, 8, NULL, &r0));
	assert_int_equal(interp_records_len(interp), 1);

	insns[13] = INSN_MOV_IMM(R0, 0); /* forgets to submit */
	assert_sentence(interp_run(interp, 0, &ctx, 8, NULL, NULL), "without submitting");
	interp_free(interp);
}

/* R0 = the helper's result for 8 bytes from the address in the context; they are then copied to the map `state`. */
static void run_read(int helper, const void *from, const char *allowed, int64_t result, const char *wanted)
{
	struct bpf_insn insns[] = {INSN_LOAD(BPF_DW, R3, R1, 0),
				   INSN_MOV_IMM(R2, 8),
				   INSN_MOV_REG(R1, R10),
				   INSN_ALU_IMM(BPF_ADD, R1, -8),
				   INSN_CALL(helper),
				   INSN_LOAD(BPF_DW, R2, R10, -8),
				   LOAD_MAP(R1),
				   INSN_STORE(BPF_DW, R1, 0, R2),
				   INSN_EXIT()};
	struct image_reloc relocs[] = {{.insn = 6, .kind = RELOC_MAP_VALUE, .map = MAP_STATE}};
	struct setup setup;
	struct interp *interp = START_MAPS(&setup, insns, relocs);
	uint64_t ctx = (uintptr_t)from, r0;

	if (allowed)
		interp_allow_user(interp, allowed, 12);
	assert_null(interp_run(interp, 0, &ctx, sizeof(ctx), NULL, &r0));
	assert_int_equal((int64_t)r0, result);
	assert_memory_equal(interp_state(interp), wanted, strlen(wanted) + 1);
	interp_free(interp);
}

static void test_reads(void **state)
{
	static const char text[16] = "abc\0defghijk";

	(void)state;
	run_read(HELPER_READ_USER, text, text, 0, "abc");
	run_read(HELPER_READ_USER, text + 5, text, -EFAULT, ""); /* ends after what may be read */
	run_read(HELPER_READ_USER, text, NULL, -EFAULT, "");
	run_read(HELPER_READ_KERNEL, text, text, -EFAULT, "");
	run_read(HELPER_READ_USER_STR, text, text, 4, "abc");
	run_read(HELPER_READ_USER_STR, text + 4, text, 8, "defghij");
	run_read(HELPER_READ_USER_STR, text + 9, text, -EFAULT, "");
	run_read(HELPER_READ_USER_STR, NULL, text, -EFAULT, "");
}

static void test_environment(void **state)
{
	struct bpf_insn insns[] = {INSN_CALL(HELPER_TIME_NS),	   INSN_MOV_REG(R6, R0),
				   INSN_CALL(HELPER_TIME_NS),	   INSN_ALU_REG(BPF_SUB, R0, R6),
				   INSN_MOV_REG(R6, R0),	   INSN_CALL(HELPER_PID_TGID),
				   INSN_ALU_REG(BPF_ADD, R6, R0),  INSN_CALL(HELPER_CPU),
				   INSN_ALU_REG(BPF_ADD, R6, R0),  INSN_MOV_REG(R1, R10),
				   INSN_ALU_IMM(BPF_ADD, R1, -16), INSN_MOV_IMM(R2, 16),
				   INSN_CALL(HELPER_COMM),	   INSN_LOAD(BPF_B, R0, R10, -16),
				   INSN_ALU_REG(BPF_ADD, R0, R6),  INSN_EXIT()};
	struct interp_env env = {.cpu = 2, .time_ns = 1000, .time_step_ns = 50, .pid_tgid = 300, .comm = "a"};
	struct setup setup;
	struct interp *interp = START(&setup, insns);
	uint64_t r0, ctx = 0;

	(void)state;
	assert_null(interp_run(interp, 0, &ctx, 8, &env, &r0));
	assert_int_equal(r0, 50 + 300 + 2 + 'a');
	assert_int_equal(env.time_ns, 1100);
	setup.programs[0].ctx = CTX_DIRECT;
	insns[0] = INSN_CALL(HELPER_COOKIE);
	assert_sentence(interp_run(interp, 0, &ctx, 8, &env, NULL), "no attach cookie");
	interp_free(interp);
}

static void interrupt(struct interp *interp, int32_t helper, void *data)
{
	unsigned *left = data;

	if (helper == HELPER_TIME_NS && (*left)-- > 0)
		assert_null(interp_run(interp, 0, NULL, 0, NULL, NULL));
}

static void test_interrupts(void **state)
{
	struct bpf_insn insns[] = {LOAD_MAP(R6),
				   INSN_LOAD(BPF_DW, R7, R6, 0),
				   INSN_CALL(HELPER_TIME_NS),
				   INSN_ALU_IMM(BPF_ADD, R7, 1),
				   INSN_STORE(BPF_DW, R6, 0, R7),
				   INSN_MOV_IMM(R0, 0),
				   INSN_EXIT()};
	struct image_reloc relocs[] = {{.insn = 0, .kind = RELOC_MAP_VALUE, .map = MAP_STATE}};
	unsigned left = 1;
	struct interp_env env = {.on_helper = interrupt, .data = &left};
	struct setup setup;
	struct interp *interp = START_MAPS(&setup, insns, relocs);

	(void)state;
	assert_null(interp_run(interp, 0, NULL, 0, &env, NULL));
	assert_int_equal(*(uint64_t *)interp_state(interp), 1); /* the inner run's addition is lost, as it would be */
	interp_free(interp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alu),
		cmocka_unit_test(test_constants),
		cmocka_unit_test(test_jumps),
		cmocka_unit_test(test_stack_and_calls),
		cmocka_unit_test(test_atomics),
		cmocka_unit_test(test_wrong_memory),
		cmocka_unit_test(test_wrong_programs),
		cmocka_unit_test(test_map_values),
		cmocka_unit_test(test_per_cpu_hash),
		cmocka_unit_test(test_map_outside),
		cmocka_unit_test(test_ring),
		cmocka_unit_test(test_reads),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_interrupts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
