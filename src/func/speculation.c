/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Speculation: records that wait in the reader until a clause says whether they are wanted. A number that speculation()
 * gives has a word in a map, which says whether it is in use (odd) and how often it was (the rest), so that a record
 * that comes too late for one use is not taken for another. What records carry, and reader_commit() takes, is both
 * together: its token.
 */
#include <stddef.h>

#include "code/gen.h"
#include "func/print.h"
#include "func/tables.h"
#include "report/report.h"

enum { TOKEN_ID_BITS = 16 };

static uint32_t numbers(const struct gen *gen)
{
	return (uint32_t)gen->options->nspec;
}

/* The word of a number that is free becomes odd, at once or not at all. */
static void gen_speculation(struct gen *gen, const struct expr *call, struct value *result)
{
	struct label end = {0};

	(void)call;
	(void)result;
	for (uint32_t i = 0; i < numbers(gen); i++) {
		struct label next = {0};

		emit_map_value(gen, R2, layout_speculations_map(gen->arena, gen->image), 8 * i);
		emit(gen, INSN_LOAD(BPF_DW, R0, R2, 0));
		emit(gen, INSN_MOV_REG(R3, R0));
		emit(gen, INSN_ALU_IMM(BPF_AND, R3, 1));
		emit_jump_imm(gen, BPF_JNE, R3, 0, &next);
		emit(gen, INSN_MOV_REG(R3, R0));
		emit(gen, INSN_MOV_REG(R1, R0));
		emit(gen, INSN_ALU_IMM(BPF_ADD, R1, 1));
		emit(gen, INSN_ATOMIC(BPF_CMPXCHG, R2, 0, R1));
		emit_jump_reg(gen, BPF_JNE, R0, R3, &next);
		emit(gen, INSN_MOV_IMM(R0, i + 1));
		emit_jump(gen, &end);
		label_bind(gen, &next);
	}
	emit_drop(gen, DROP_SPECULATION);
	emit(gen, INSN_MOV_IMM(R0, 0));
	label_bind(gen, &end);
}

/* R0 = the token of the number in R0 (R2: where its word is, R3: the word); to `none` when nobody uses it. R1 = the
 * number. */
static void emit_token(struct gen *gen, struct label *none)
{
	emit(gen, INSN_MOV_REG(R1, R0));
	emit(gen, INSN_ALU_IMM(BPF_SUB, R0, 1));
	emit_jump_imm(gen, BPF_JGE, R0, (int32_t)numbers(gen), none);
	emit(gen, INSN_ALU_IMM(BPF_LSH, R0, 3));
	emit_map_value(gen, R2, layout_speculations_map(gen->arena, gen->image), 0);
	emit(gen, INSN_ALU_REG(BPF_ADD, R2, R0));
	emit(gen, INSN_LOAD(BPF_DW, R3, R2, 0));
	emit(gen, INSN_MOV_REG(R0, R3));
	emit(gen, INSN_ALU_IMM(BPF_AND, R0, 1));
	emit_jump_imm(gen, BPF_JEQ, R0, 0, none);
	emit(gen, INSN_MOV_REG(R0, R3));
	emit(gen, INSN_ALU_IMM(BPF_LSH, R0, TOKEN_ID_BITS - 1)); /* without the odd bit, which the number overwrites */
	emit(gen, INSN_ALU_IMM(BPF_RSH, R0, TOKEN_ID_BITS));
	emit(gen, INSN_ALU_IMM(BPF_LSH, R0, TOKEN_ID_BITS));
	emit(gen, INSN_ALU_REG(BPF_OR, R0, R1));
	emit(gen, INSN_MOV32_REG(R0, R0));
}

/* What follows in the clause is for nobody when the number is not in use. */
static void gen_speculate(struct gen *gen, const struct expr *call, struct value *result)
{
	struct label none = {0}, end = {0};

	(void)result;
	gen_scalar(gen, call->args[0]);
	emit_token(gen, &none);
	emit(gen, INSN_STORE(BPF_W, REG_RECORD, offsetof(struct record_head, speculation), R0));
	emit_jump(gen, &end);
	label_bind(gen, &none);
	emit_jump(gen, gen->forget);
	label_bind(gen, &end);
}

/* R0 = the token of a use that has ended by this; 0: it was none, or has ended meanwhile. */
static void gen_end(struct gen *gen, const struct expr *call, struct value *result)
{
	struct slot token = slot_new(gen);
	struct label none = {0}, end = {0};

	(void)result;
	gen_scalar(gen, call->args[0]);
	emit_token(gen, &none);
	slot_store(gen, token, R0);
	emit(gen, INSN_MOV_REG(R0, R3));
	emit(gen, INSN_MOV_REG(R1, R3));
	emit(gen, INSN_ALU_IMM(BPF_ADD, R1, 1));
	emit(gen, INSN_ATOMIC(BPF_CMPXCHG, R2, 0, R1));
	emit_jump_reg(gen, BPF_JNE, R0, R3, &none);
	slot_load(gen, R0, token);
	emit_jump(gen, &end);
	label_bind(gen, &none);
	emit(gen, INSN_MOV_IMM(R0, 0));
	label_bind(gen, &end);
	slot_release(gen, token);
}

static uint32_t token_of(const struct record_action *action, const void *record)
{
	return (uint32_t)recorded_int(action, record, 0);
}

static int report_commit(struct report *report, const struct record_action *action, const void *record)
{
	reader_commit(report->reader, token_of(action, record));
	return 0;
}

static int report_discard(struct report *report, const struct record_action *action, const void *record)
{
	return reader_discard(report->reader, token_of(action, record));
}

const struct func funcs_speculation[] = {
	{
		.name = "speculation",
		.proto = {.result = PROTO_INT},
		.doc = "a number for records that wait, from 1 to nspec; 0: all are in use",
		.example = {"BEGIN { trace(speculation()); exit(0); }", "1"},
		.gen = gen_speculation,
	},
	{
		.name = "speculate",
		.proto = {.result = PROTO_VOID, .params = {{PROTO_INT}}},
		.doc = "what the clause records after it waits, until commit() or discard() of that number; it is not "
		       "recorded when "
		       "the number is not in use",
		.example = {"BEGIN { self->s = speculation(); } BEGIN { speculate(self->s); printf(\"shown\"); } BEGIN "
			    "{ commit(self->s); exit(0); }",
			    "shown"},
		.flags = FUNC_RECORDS | FUNC_RECORDS_ITSELF,
		.gen = gen_speculate,
	},
	{
		.name = "commit",
		.proto = {.result = PROTO_VOID, .params = {{PROTO_INT}}},
		.doc = "what waits with that number is as if it was recorded now",
		.example = {"BEGIN { self->s = speculation(); } BEGIN { speculate(self->s); printf(\"shown\"); } BEGIN "
			    "{ commit(self->s); exit(0); }",
			    "shown"},
		.flags = FUNC_RECORDS | FUNC_RECORDS_ITSELF,
		.gen = gen_end,
		.report = report_commit,
	},
	{
		.name = "discard",
		.proto = {.result = PROTO_VOID, .params = {{PROTO_INT}}},
		.doc = "what waits with that number is forgotten",
		.example = {"BEGIN { self->s = speculation(); } BEGIN { speculate(self->s); printf(\"lost\"); } "
			    "BEGIN { discard(self->s); trace(self->s); exit(0); }",
			    "1"},
		.flags = FUNC_RECORDS | FUNC_RECORDS_ITSELF,
		.gen = gen_end,
		.report = report_discard,
	},
	{0},
};
