/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The code that updates each kind of value; the words are described in the head of src/agg/NAME.c. Additions are atomic: a
 * thread may be preempted inside a probe by another on the same processor.
 */
#include "agg/gen.h"

#include "agg/buckets.h"
#include "code/gen.h"

void agg_gen_count(struct gen *gen, const struct agg_shape *shape, const struct plan_update *update)
{
	(void)shape;
	(void)update;
	emit_agg_add_imm(gen, 0, 1);
}

void agg_gen_sum(struct gen *gen, const struct agg_shape *shape, const struct plan_update *update)
{
	(void)shape;
	(void)update;
	emit_agg_add_imm(gen, 0, 1);
	emit_agg_value(gen, R1);
	emit_agg_add(gen, 1);
}

void agg_gen_avg(struct gen *gen, const struct agg_shape *shape, const struct plan_update *update)
{
	agg_gen_sum(gen, shape, update);
}

/*
 * Raises word 1 to the code in R1, as an unsigned number. A few attempts are enough: each failure means that another
 * thread was preempted exactly here and raised it meanwhile.
 */
static void emit_raise(struct gen *gen)
{
	struct label done = {0};

	for (int attempt = 0; attempt < 3; attempt++) {
		emit(gen, INSN_LOAD(BPF_DW, R0, REG_KEEP, 8));
		emit_jump_reg(gen, BPF_JGE, R0, R1, &done);
		emit(gen, INSN_MOV_REG(R2, R0));
		emit(gen, INSN_ATOMIC(BPF_CMPXCHG, REG_KEEP, 8, R1));
		emit_jump_reg(gen, BPF_JEQ, R0, R2, &done);
	}
	label_bind(gen, &done);
}

void agg_gen_min(struct gen *gen, const struct agg_shape *shape, const struct plan_update *update)
{
	(void)update;
	emit_agg_value(gen, R1);
	if (shape->is_unsigned) {
		emit(gen, INSN_ALU_IMM(BPF_XOR, R1, -1));
	} else {
		emit_imm64(gen, R2, INT64_MAX);
		emit(gen, INSN_ALU_REG(BPF_XOR, R1, R2));
	}
	emit_raise(gen);
	emit_agg_add_imm(gen, 0, 1);
}

void agg_gen_max(struct gen *gen, const struct agg_shape *shape, const struct plan_update *update)
{
	(void)update;
	emit_agg_value(gen, R1);
	if (!shape->is_unsigned) {
		emit_imm64(gen, R2, INT64_MIN);
		emit(gen, INSN_ALU_REG(BPF_XOR, R1, R2));
	}
	emit_raise(gen);
	emit_agg_add_imm(gen, 0, 1);
}

/* R1 = |R1|. */
static void emit_magnitude(struct gen *gen)
{
	struct label positive = {0};

	emit_jump_imm(gen, BPF_JSGE, R1, 0, &positive);
	emit(gen, INSN_NEG(R1));
	label_bind(gen, &positive);
}

/*
 * R1 = low and R2 = high half of R1 * R1: with R1 = h * 2^32 + l, the square is h*h * 2^64 + 2*h*l * 2^32 + l*l.
 */
static void emit_square(struct gen *gen)
{
	emit(gen, INSN_MOV_REG(R2, R1));
	emit(gen, INSN_ALU_IMM(BPF_RSH, R2, 32)); /* h */
	emit(gen, INSN_MOV32_REG(R3, R1));        /* l */
	emit(gen, INSN_MOV_REG(R4, R2));
	emit(gen, INSN_ALU_REG(BPF_MUL, R4, R3)); /* h*l, below 2^63 since h is below 2^31 */
	emit(gen, INSN_ALU_REG(BPF_MUL, R2, R2)); /* h*h */
	emit(gen, INSN_ALU_REG(BPF_MUL, R3, R3)); /* l*l */
	emit(gen, INSN_MOV_REG(R1, R4));
	emit(gen, INSN_ALU_IMM(BPF_RSH, R4, 31)); /* 2*h*l / 2^32 */
	emit(gen, INSN_ALU_IMM(BPF_LSH, R1, 33)); /* 2*h*l * 2^32, its low half */
	emit(gen, INSN_ALU_REG(BPF_ADD, R2, R4));
	emit(gen, INSN_ALU_REG(BPF_ADD, R1, R3));
	struct label no_carry = {0};

	emit_jump_reg(gen, BPF_JGE, R1, R3, &no_carry);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R2, 1));
	label_bind(gen, &no_carry);
}

void agg_gen_stddev(struct gen *gen, const struct agg_shape *shape, const struct plan_update *update)
{
	struct label no_carry = {0};

	agg_gen_sum(gen, shape, update);
	emit_agg_value(gen, R1);
	emit_magnitude(gen);
	emit_square(gen);
	emit(gen, INSN_MOV_REG(R3, R1));
	emit(gen, INSN_ATOMIC(BPF_ADD | BPF_FETCH, REG_KEEP, 16, R1)); /* R1 = what was there */
	emit(gen, INSN_ALU_REG(BPF_ADD, R1, R3));
	emit_jump_reg(gen, BPF_JGE, R1, R3, &no_carry);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R2, 1));
	label_bind(gen, &no_carry);
	emit(gen, INSN_MOV_REG(R1, R2));
	emit_agg_add(gen, 3);
}

/* The bucket is in R0: counts the update, and adds the increment to the bucket's word. */
static void emit_bucket(struct gen *gen, const struct plan_update *update, unsigned buckets)
{
	emit_agg_add_imm(gen, 0, 1);
	if (agg_has_weight(update))
		emit_agg_weight(gen, R1);
	else
		emit(gen, INSN_MOV_IMM(R1, 1));
	emit(gen, INSN_ALU_IMM(BPF_ADD, R0, 1));
	emit_agg_add_at(gen, buckets);
}

/*
 * R0 = floor(log2(R1)) for R1 > 0, by halving the range. Without jumps, since the verifier would follow each of the 64 ways
 * through: the upper half h of what is left is below 2^32, so the highest bit of -h says whether there is something in it.
 */
static void emit_log2(struct gen *gen)
{
	emit(gen, INSN_MOV_IMM(R0, 0));
	for (int power = 5; power > 0; power--) {
		emit(gen, INSN_MOV_REG(R2, R1));
		emit(gen, INSN_ALU_IMM(BPF_RSH, R2, 1 << power));
		emit(gen, INSN_NEG(R2));
		emit(gen, INSN_ALU_IMM(BPF_RSH, R2, 63));
		emit(gen, INSN_ALU_IMM(BPF_LSH, R2, power));
		emit(gen, INSN_ALU_REG(BPF_RSH, R1, R2));
		emit(gen, INSN_ALU_REG(BPF_ADD, R0, R2));
	}
	emit(gen, INSN_ALU_IMM(BPF_RSH, R1, 1));
	emit(gen, INSN_ALU_REG(BPF_ADD, R0, R1));
}

/* R3 keeps the value, for its sign. */
void agg_gen_quantize(struct gen *gen, const struct agg_shape *shape, const struct plan_update *update)
{
	struct label zero = {0}, positive = {0}, end = {0};

	(void)shape;
	emit_agg_value(gen, R1);
	emit_jump_imm(gen, BPF_JEQ, R1, 0, &zero);
	emit(gen, INSN_MOV_REG(R3, R1));
	emit_magnitude(gen);
	emit_log2(gen);
	emit_jump_imm(gen, BPF_JSGT, R3, 0, &positive);
	emit(gen, INSN_NEG(R0));
	emit(gen, INSN_ALU_IMM(BPF_ADD, R0, QUANTIZE_ZERO - 1));
	emit_jump_imm(gen, BPF_JSGE, R0, 0, &end);
	emit(gen, INSN_MOV_IMM(R0, 0)); /* the smallest number of all */
	emit_jump(gen, &end);
	label_bind(gen, &zero);
	emit(gen, INSN_MOV_IMM(R0, QUANTIZE_ZERO));
	emit_jump(gen, &end);
	label_bind(gen, &positive);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R0, QUANTIZE_ZERO + 1));
	label_bind(gen, &end);
	emit_bucket(gen, update, QUANTIZE_BUCKETS);
}

void agg_gen_lquantize(struct gen *gen, const struct agg_shape *shape, const struct plan_update *update)
{
	unsigned levels = lquantize_levels(shape->params);
	struct label below = {0}, end = {0}, fits = {0};

	emit_agg_value(gen, R1);
	emit_imm64(gen, R2, shape->params[0]);
	emit(gen, INSN_MOV_IMM(R0, 0));
	emit_jump_reg(gen, BPF_JSLT, R1, R2, &below);
	emit(gen, INSN_MOV_REG(R0, R1));
	emit(gen, INSN_ALU_REG(BPF_SUB, R0, R2));
	emit_imm64(gen, R2, shape->params[2]);
	emit(gen, INSN_ALU_REG(BPF_DIV, R0, R2));
	emit_jump_imm(gen, BPF_JLE, R0, (int32_t)levels, &fits);
	emit(gen, INSN_MOV_IMM(R0, levels));
	label_bind(gen, &fits);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R0, 1));
	emit_jump(gen, &end);
	label_bind(gen, &below);
	label_bind(gen, &end);
	emit_bucket(gen, update, levels + 2);
}

void agg_gen_llquantize(struct gen *gen, const struct agg_shape *shape, const struct plan_update *update)
{
	struct llquantize_range range;
	struct label end = {0};

	emit_agg_value(gen, R1);
	for (unsigned i = 0; llquantize_range(shape->params, i, &range); i++) {
		struct label next = {0};

		if (i == 0) {
			emit(gen, INSN_MOV_IMM(R0, 0));
			emit_imm64(gen, R2, range.from);
			emit_jump_reg(gen, BPF_JSLT, R1, R2, &end);
		}
		emit_imm64(gen, R2, range.below);
		emit_jump_reg(gen, BPF_JSGE, R1, R2, &next);
		emit(gen, INSN_MOV_REG(R0, R1));
		emit_imm64(gen, R2, range.size);
		emit(gen, INSN_ALU_REG(BPF_DIV, R0, R2));
		emit_imm64(gen, R2, range.shift);
		emit(gen, INSN_ALU_REG(BPF_ADD, R0, R2));
		emit_jump(gen, &end);
		label_bind(gen, &next);
	}
	emit(gen, INSN_MOV_IMM(R0, llquantize_levels(shape->params) + 1));
	label_bind(gen, &end);
	emit_bucket(gen, update, llquantize_levels(shape->params) + 2);
}
