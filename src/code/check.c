/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Are a marker's arguments what they have to be? Asked where its layout is not from debug information of the very
 * build: at the first firings, then at one of 64. The first that cannot be true switches the probe off for good; the
 * tracer says so (run/doubts.c). Comes before the first clause: what cannot be true is in no record and no aggregation.
 */
#include <stddef.h>

#include "code/gen.h"

enum {
	CHECKED_FIRST = 256,
	CHECKED_MASK = 63,
};

/* The fields of this probe's struct image_doubt. */
static void emit_doubt(struct gen *gen, int reg, unsigned probe)
{
	emit_map_value(gen, reg, gen->image->map_doubts, probe * (uint32_t)sizeof(struct image_doubt));
}

/* Counts are not exact where processors meet: they only choose when to look. */
static void gen_gate(struct gen *gen, unsigned probe, struct label *skip, struct label *off)
{
	struct label check = {0};

	emit_doubt(gen, R1, probe);
	emit(gen, INSN_LOAD(BPF_W, R2, R1, offsetof(struct image_doubt, wrong)));
	emit_jump_imm(gen, BPF_JNE, R2, 0, off);
	emit(gen, INSN_LOAD(BPF_DW, R2, R1, offsetof(struct image_doubt, fired)));
	emit(gen, INSN_ALU_IMM(BPF_ADD, R2, 1));
	emit(gen, INSN_STORE(BPF_DW, R1, offsetof(struct image_doubt, fired), R2));
	emit_jump_imm(gen, BPF_JLT, R2, CHECKED_FIRST, &check);
	emit(gen, INSN_ALU_IMM(BPF_AND, R2, CHECKED_MASK));
	emit_jump_imm(gen, BPF_JNE, R2, 0, skip);
	label_bind(gen, &check);
}

/* R0 has the number. What is shifted out is the least number's only bit: hobject_t has that where there is no pool. */
static void gen_small(struct gen *gen, const struct argcheck *check, struct label *good)
{
	emit(gen, INSN_MOV_REG(R1, R0));
	emit(gen, INSN_ALU_IMM(BPF_LSH, R1, 1));
	emit_imm64(gen, R2, 2 * check->imm);
	emit(gen, INSN_ALU_REG(BPF_ADD, R1, R2));
	emit(gen, INSN_ALU_REG(BPF_ADD, R2, R2));
	emit_jump_reg(gen, BPF_JLT, R1, R2, good);
}

/* R0 has the length; unless it is 0, the text is somewhere in a process. */
static void gen_text(struct gen *gen, const struct argcheck *check, struct label *good)
{
	const int64_t lowest = 1 << 16, highest = (int64_t)1 << 56;
	struct slot length = slot_new(gen);
	struct label wrong = {0};

	slot_store(gen, length, R0);
	emit_jump_imm(gen, BPF_JEQ, R0, 0, good);
	emit_imm64(gen, R1, check->imm);
	emit_jump_reg(gen, BPF_JGE, R0, R1, &wrong);
	gen_argloc(gen, &gen->site->args[check->arg].loc, (struct loc){0});
	emit_imm64(gen, R1, lowest);
	emit(gen, INSN_ALU_REG(BPF_SUB, R0, R1));
	emit_imm64(gen, R1, highest - lowest);
	emit_jump_reg(gen, BPF_JLT, R0, R1, good);
	label_bind(gen, &wrong);
	slot_load(gen, R0, length);
	slot_release(gen, length);
}

/* How long ago it was, plus an hour: that is below the limit plus an hour. */
static void gen_time(struct gen *gen, const struct argcheck *check, struct label *good)
{
	const int64_t hour_ns = 3600 * 1000000000ll;
	struct slot value = slot_new(gen);

	emit_jump_imm(gen, BPF_JEQ, R0, 0, good);
	slot_store(gen, value, R0);
	emit_call(gen, HELPER_TIME_NS);
	emit_map_value(gen, R1, gen->image->map_state, offsetof(struct image_state, wall_offset_ns));
	emit(gen, INSN_LOAD(BPF_DW, R1, R1, 0));
	emit(gen, INSN_ALU_REG(BPF_ADD, R1, R0));
	slot_load(gen, R0, value);
	emit(gen, INSN_ALU_REG(BPF_SUB, R1, R0));
	emit_imm64(gen, R2, hour_ns);
	emit(gen, INSN_ALU_REG(BPF_ADD, R1, R2));
	emit_imm64(gen, R2, check->imm + hour_ns);
	emit_jump_reg(gen, BPF_JLT, R1, R2, good);
	slot_release(gen, value);
}

static void gen_same(struct gen *gen, const struct argcheck *check, struct label *good)
{
	struct slot value = slot_new(gen);

	slot_store(gen, value, R0);
	gen_conditions(gen, check->conds, check->conds_len, good);
	gen_argloc(gen, &check->other, (struct loc){0});
	emit(gen, INSN_MOV_REG(R1, R0));
	slot_load(gen, R0, value);
	emit_jump_reg(gen, BPF_JEQ, R0, R1, good);
	slot_release(gen, value);
}

/* R0 has the value that is asked; falls through when it cannot be true. */
static void (*const tests[])(struct gen *gen, const struct argcheck *check, struct label *good) = {
	[CHECK_SMALL] = gen_small,
	[CHECK_STRING] = gen_text,
	[CHECK_TIME] = gen_time,
	[CHECK_SAME] = gen_same,
};

static void gen_check(struct gen *gen, unsigned probe, unsigned index, struct label *off)
{
	const struct argcheck *check = &gen->site->checks[index];
	const struct arg *arg = &gen->site->args[check->arg];
	struct label good = {0}, *fault = gen->fault;

	gen->fault = &good; /* what cannot be read now is a clause's to say */
	gen_argloc(gen, check->kind == CHECK_STRING ? &arg->len_loc : &arg->loc, (struct loc){0});
	tests[check->kind](gen, check, &good);
	emit_doubt(gen, R1, probe);
	emit(gen, INSN_STORE(BPF_DW, R1, offsetof(struct image_doubt, value), R0));
	emit(gen, INSN_STORE_IMM(BPF_W, R1, offsetof(struct image_doubt, wrong), (int32_t)index + 1));
	emit_jump(gen, off);
	label_bind(gen, &good);
	gen->fault = fault;
}

void gen_checks(struct gen *gen, unsigned probe, struct label *off)
{
	struct label skip = {0};

	if (!gen->site->checks_len)
		return;
	gen_gate(gen, probe, &skip, off);
	for (unsigned i = 0; i < gen->site->checks_len; i++)
		gen_check(gen, probe, i, off);
	label_bind(gen, &skip);
}
