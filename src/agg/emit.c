/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pieces of the code that updates a value, which several aggregating functions have in common. Additions are atomic: a
 * thread may be preempted inside a probe by another on the same processor.
 */
#include "agg/emit.h"

#include "code/gen.h"

void emit_agg_sum(struct gen *gen)
{
	emit_agg_add_imm(gen, 0, 1);
	emit_agg_value(gen, R1);
	emit_agg_add(gen, 1);
}

void emit_agg_wide_sum(struct gen *gen, bool is_signed)
{
	struct label no_carry = {0};

	emit_agg_add_imm(gen, 0, 1);
	emit_agg_value(gen, R1);
	emit(gen, INSN_MOV_REG(R3, R1));
	emit(gen, INSN_MOV_IMM(R2, 0));
	if (is_signed) { /* the high half of what is added */
		emit(gen, INSN_MOV_REG(R2, R1));
		emit(gen, INSN_ALU_IMM(BPF_ARSH, R2, 63));
	}
	emit(gen, INSN_ATOMIC(BPF_ADD | BPF_FETCH, REG_KEEP, 8, R1)); /* R1 = what was there */
	emit(gen, INSN_ALU_REG(BPF_ADD, R1, R3));
	emit_jump_reg(gen, BPF_JGE, R1, R3, &no_carry);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R2, 1));
	label_bind(gen, &no_carry);
	emit(gen, INSN_MOV_REG(R1, R2));
	emit_agg_add(gen, 2);
}

/*
 * Raises word 1 to the code in R1, as an unsigned number. A few attempts are enough: each failure means that another
 * thread was preempted exactly here and raised it meanwhile.
 */
void emit_agg_raise(struct gen *gen)
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

void emit_agg_magnitude(struct gen *gen)
{
	struct label positive = {0};

	emit_jump_imm(gen, BPF_JSGE, R1, 0, &positive);
	emit(gen, INSN_NEG(R1));
	label_bind(gen, &positive);
}

/*
 * R0 = floor(log2(R1)) for R1 > 0, by halving the range. Without jumps, since the verifier would follow each of the 64
 * ways through: the upper half h of what is left is below 2^32, so the highest bit of -h says whether there is
 * something in it.
 */
void emit_agg_log2(struct gen *gen)
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

void emit_agg_bucket(struct gen *gen, const struct plan_update *update, unsigned buckets)
{
	emit_agg_add_imm(gen, 0, 1);
	if (agg_has_weight(update))
		emit_agg_weight(gen, R1);
	else
		emit(gen, INSN_MOV_IMM(R1, 1));
	emit(gen, INSN_ALU_IMM(BPF_ADD, R0, 1));
	emit_agg_add_at(gen, buckets);
}
