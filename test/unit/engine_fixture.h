/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Images written by hand, for tests of the engine without a compiler: maps, small programs, sites in this very
 * executable.
 */
#ifndef CEPHTAP_TEST_ENGINE_FIXTURE_H
#define CEPHTAP_TEST_ENGINE_FIXTURE_H

#include <string.h>

#include "code/image.h"
#include "code/insn.h"
#include "engine/engine.h"
#include "lib/arena.h"
#include "lib/elf.h"

enum { COUNTS = 64, RECORD_SIZE = 16 };

struct fixture {
	struct arena *arena;
	struct image image;
	struct diags diags;
	struct target target;
	unsigned map_counts; /* u64 [COUNTS] per processor, as aggregation 0 */
	struct elf_file *self;
	struct engine *engine;
};

/* Builds one program. */
struct asm_ {
	struct arena *arena;
	struct bpf_insn *insns;
	unsigned insns_len;
	struct image_reloc *relocs;
	unsigned relocs_len;
	struct image_line *lines;
	unsigned lines_len;
};

static inline void put(struct asm_ *a, struct bpf_insn insn)
{
	*arena_push(a->arena, a->insns, a->insns_len) = insn;
}

static inline void put_map(struct asm_ *a, int reg, unsigned map, enum reloc_kind kind, uint32_t offset)
{
	*arena_push(a->arena, a->relocs, a->relocs_len) = (struct image_reloc){a->insns_len, kind, map, offset};
	put(a, INSN(BPF_LD | BPF_IMM | BPF_DW, reg, 0, 0, 0));
	put(a, INSN(0, 0, 0, 0, 0));
}

static inline unsigned fixture_map(struct fixture *f, struct image_map map)
{
	*arena_push(f->arena, f->image.maps, f->image.maps_len) = map;
	return f->image.maps_len - 1;
}

static inline unsigned fixture_program(struct fixture *f, const char *name, enum probe_ctx ctx, struct asm_ *a)
{
	struct image_program *program = arena_push(f->arena, f->image.programs, f->image.programs_len);

	*program = (struct image_program){.name = name,
					  .ctx = ctx,
					  .insns = a->insns,
					  .insns_len = a->insns_len,
					  .relocs = a->relocs,
					  .relocs_len = a->relocs_len,
					  .lines = a->lines,
					  .lines_len = a->lines_len,
					  .map_syscalls = MAP_NONE};
	return f->image.programs_len - 1;
}

/* R0 = 0, exit, unless the script is running. */
static inline void put_run_check(struct fixture *f, struct asm_ *a)
{
	put(a, INSN_MOV_REG(R6, R1));
	put_map(a, R1, f->image.map_state, RELOC_MAP_VALUE, 0);
	put(a, INSN_LOAD(BPF_W, R1, R1, 0));
	put(a, INSN(BPF_JMP | BPF_JEQ | BPF_K, R1, 0, 2, RUN_ON));
	put(a, INSN_MOV_IMM(R0, 0));
	put(a, INSN_EXIT());
}

/* *(u64 *)(the value of the map in R1 whose key is at fp + key) += R7 */
static inline void put_add_r7(struct asm_ *a, int key)
{
	put(a, INSN_MOV_REG(R2, R10));
	put(a, INSN_ALU_IMM(BPF_ADD, R2, key));
	put(a, INSN_CALL(HELPER_MAP_LOOKUP));
	put(a, INSN(BPF_JMP | BPF_JEQ | BPF_K, R0, 0, 1, 0));
	put(a, INSN_ATOMIC(BPF_ADD, R0, 0, R7));
}

/* counts[*(u32 *)(fp - 4)] += R7, this processor's; the key is 12 bytes: processor, index */
static inline void put_count_r7(struct asm_ *a, unsigned map)
{
	put(a, INSN_CALL(HELPER_CPU));
	put(a, INSN_STORE(BPF_DW, R10, -16, R0));
	put(a, INSN_LOAD(BPF_W, R1, R10, -4));
	put(a, INSN_STORE(BPF_W, R10, -8, R1));
	put_map(a, R1, map, RELOC_MAP, 0);
	put_add_r7(a, -16);
}

static inline void put_exit(struct asm_ *a)
{
	put(a, INSN_MOV_IMM(R0, 0));
	put(a, INSN_EXIT());
}

/* counts[cookie] += step */
static inline unsigned program_count(struct fixture *f, enum probe_ctx ctx, int step)
{
	struct asm_ a = {.arena = f->arena};

	put_run_check(f, &a);
	if (ctx == CTX_DIRECT) {
		put(&a, INSN_LOAD(BPF_DW, R0, R6, 0));
	} else {
		put(&a, INSN_MOV_REG(R1, R6));
		put(&a, INSN_CALL(HELPER_COOKIE));
	}
	put(&a, INSN_STORE(BPF_W, R10, -4, R0));
	put(&a, INSN_MOV_IMM(R7, step));
	put_count_r7(&a, f->map_counts);
	put_exit(&a);
	return fixture_program(f, "count", ctx, &a);
}

struct fixture *fixture_new(void);
void fixture_free(struct fixture *f);
/* Where a function, or the marker, of this executable is. */
struct site *fixture_site(struct fixture *f, const char *function);
struct site *fixture_marker(struct fixture *f);
struct image_attach *fixture_attach(struct fixture *f, struct site *site, unsigned program, uint64_t cookie);
struct image_attach *fixture_timer(struct fixture *f, enum probe_kind kind, uint64_t period_ns, unsigned program,
				   uint64_t cookie);
/* Loads, attaches, runs. */
void fixture_start(struct fixture *f, bool no_multi);
uint64_t fixture_count(struct fixture *f, unsigned index); /* over all processors */
const char *fixture_messages(struct fixture *f);

#endif
