/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Functions that look for something in a text. Texts in texts are found as Knuth, Morris and Pratt do: a table says for
 * each prefix of what is sought where to go on when the next byte differs, so that no byte of the text is looked at
 * again, and the time is known beforehand.
 */
#include "code/gen.h"
#include "func/tables.h"

/* Empty text is what functions give that found nothing: DTrace's NULL. */
static void give_found(struct gen *gen, struct text_area area, struct place to)
{
	struct label none = {0}, end = {0};

	emit_text_get(gen, area, TEXT_FOUND, R0);
	emit_jump_imm(gen, BPF_JSLT, R0, 0, &none);
	emit_text_give(gen, area, TEXT_FIRST, to);
	emit_jump(gen, &end);
	label_bind(gen, &none);
	emit_place_zero(gen, to);
	label_bind(gen, &end);
}

/* ---- a byte ---- */

static void step_byte(struct gen *gen, struct label *last)
{
	struct label other = {0}, next = {0};

	emit_step_get(gen, R1, TEXT_I);
	emit_step_byte(gen, R2, TEXT_FIRST, R1, last);
	emit_step_get(gen, R3, TEXT_VALUE);
	emit_jump_reg(gen, BPF_JNE, R2, R3, &other);
	emit_step_set(gen, TEXT_FOUND, R1);
	emit_step_get(gen, R4, TEXT_LAST);
	emit_jump_imm(gen, BPF_JEQ, R4, 0, last);
	label_bind(gen, &other);
	emit_jump_imm(gen, BPF_JNE, R2, 0, &next);
	emit_jump(gen, last);
	label_bind(gen, &next);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R1, 1));
	emit_step_set(gen, TEXT_I, R1);
}

static const struct text_loop loop_byte = {.step = step_byte, .turns_each = 1};

static void gen_find_byte(struct gen *gen, const struct expr *call, bool last, struct place to)
{
	uint32_t mark = gen->scratch_now;
	struct text_area area = text_area_new(gen, 1);

	emit_text_take(gen, area, TEXT_FIRST, call->args[0]);
	gen_scalar(gen, call->args[1]);
	emit(gen, INSN_ALU_IMM(BPF_AND, R0, 0xff));
	emit_text_set(gen, area, TEXT_VALUE, R0);
	emit_text_set_imm(gen, area, TEXT_I, 0);
	emit_text_set_imm(gen, area, TEXT_FOUND, -1);
	emit_text_set_imm(gen, area, TEXT_LAST, last);
	emit_text_run(gen, area, &loop_byte);
	give_found(gen, area, to);
	scratch_release(gen, mark);
}

static void gen_strchr(struct gen *gen, const struct expr *call, struct value *result)
{
	gen_find_byte(gen, call, false, result->place);
}

static void gen_strrchr(struct gen *gen, const struct expr *call, struct value *result)
{
	gen_find_byte(gen, call, true, result->place);
}

/* ---- a text ---- */

/* For the second text: how long is the longest of its prefixes that ends at byte i, too? */
static void step_prefix(struct gen *gen, struct label *last)
{
	struct label differ = {0}, none = {0}, end = {0};

	emit_step_get(gen, R1, TEXT_I);
	emit_step_get(gen, R2, TEXT_J);
	emit_step_get(gen, R3, TEXT_LEN2);
	emit_jump_reg(gen, BPF_JGE, R1, R3, last);
	emit_step_byte(gen, R3, TEXT_SECOND, R1, last);
	emit_step_byte(gen, R4, TEXT_SECOND, R2, last);
	emit_jump_reg(gen, BPF_JNE, R3, R4, &differ);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R2, 1));
	emit_step_put_half(gen, TEXT_THIRD, R1, R2, last);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R1, 1));
	emit_jump(gen, &end);
	label_bind(gen, &differ);
	emit_jump_imm(gen, BPF_JEQ, R2, 0, &none);
	emit(gen, INSN_ALU_IMM(BPF_SUB, R2, 1));
	emit_step_half(gen, R2, TEXT_THIRD, R2, last);
	emit_jump(gen, &end);
	label_bind(gen, &none);
	emit_step_put_half(gen, TEXT_THIRD, R1, R2, last);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R1, 1));
	label_bind(gen, &end);
	emit_step_set(gen, TEXT_I, R1);
	emit_step_set(gen, TEXT_J, R2);
}

static const struct text_loop loop_prefix = {.step = step_prefix, .turns_each = 2};

/* R1: the byte behind a match, R2: how long it is. */
static void step_match(struct gen *gen, struct label *last)
{
	emit(gen, INSN_MOV_REG(R3, R1));
	emit(gen, INSN_ALU_REG(BPF_SUB, R3, R2));
	emit_step_get(gen, R4, TEXT_VALUE); /* the last place where one may begin */
	emit_jump_reg(gen, BPF_JSGT, R3, R4, last);
	emit_step_set(gen, TEXT_FOUND, R3);
	emit_step_get(gen, R4, TEXT_LAST);
	emit_jump_imm(gen, BPF_JEQ, R4, 0, last);
	emit(gen, INSN_ALU_IMM(BPF_SUB, R2, 1));
	emit_step_half(gen, R2, TEXT_THIRD, R2, last);
}

/* The first i bytes have been looked at; the last j of them are how the second text begins. */
static void step_text(struct gen *gen, struct label *last)
{
	struct label differ = {0}, none = {0}, end = {0};

	emit_step_get(gen, R1, TEXT_I);
	emit_step_get(gen, R2, TEXT_J);
	emit_step_get(gen, R3, TEXT_LEN);
	emit_jump_reg(gen, BPF_JGE, R1, R3, last);
	emit_step_byte(gen, R3, TEXT_FIRST, R1, last);
	emit_step_byte(gen, R4, TEXT_SECOND, R2, last);
	emit_jump_reg(gen, BPF_JNE, R3, R4, &differ);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R1, 1));
	emit(gen, INSN_ALU_IMM(BPF_ADD, R2, 1));
	emit_step_get(gen, R3, TEXT_LEN2);
	emit_jump_reg(gen, BPF_JNE, R2, R3, &end);
	step_match(gen, last);
	emit_jump(gen, &end);
	label_bind(gen, &differ);
	emit_jump_imm(gen, BPF_JEQ, R2, 0, &none);
	emit(gen, INSN_ALU_IMM(BPF_SUB, R2, 1));
	emit_step_half(gen, R2, TEXT_THIRD, R2, last);
	emit_jump(gen, &end);
	label_bind(gen, &none);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R1, 1));
	label_bind(gen, &end);
	emit_step_set(gen, TEXT_I, R1);
	emit_step_set(gen, TEXT_J, R2);
}

static const struct text_loop loop_text = {.step = step_text, .turns_each = 2};

/* TEXT_I: where to begin, TEXT_VALUE: where the last may begin. Then TEXT_FOUND. An empty text is found at once. */
static void emit_find_text(struct gen *gen, struct text_area area, bool last)
{
	struct slot start = slot_new(gen);
	struct label some = {0}, inside = {0}, end = {0};

	emit_text_get(gen, area, TEXT_I, R0);
	slot_store(gen, start, R0);
	emit_text_get(gen, area, TEXT_LEN2, R1);
	emit_jump_imm(gen, BPF_JNE, R1, 0, &some);
	emit_text_get(gen, area, last ? TEXT_VALUE : TEXT_I, R0);
	emit_text_get(gen, area, TEXT_LEN, R1);
	emit_jump_reg(gen, BPF_JSLE, R0, R1, &inside);
	emit(gen, INSN_MOV_REG(R0, R1));
	label_bind(gen, &inside);
	emit_text_set(gen, area, TEXT_FOUND, R0);
	emit_jump(gen, &end);
	label_bind(gen, &some);
	emit_text_set_imm(gen, area, TEXT_I, 1);
	emit_text_set_imm(gen, area, TEXT_J, 0);
	emit(gen, INSN_MOV_IMM(R1, 0)); /* the table's first row */
	emit(gen, INSN_STORE(BPF_H, REG_SCRATCH, text_part_at(gen, area, TEXT_THIRD), R1));
	emit_text_run(gen, area, &loop_prefix);
	slot_load(gen, R0, start);
	emit_text_set(gen, area, TEXT_I, R0);
	emit_text_set_imm(gen, area, TEXT_J, 0);
	emit_text_set_imm(gen, area, TEXT_FOUND, -1);
	emit_text_set_imm(gen, area, TEXT_LAST, last);
	emit_text_run(gen, area, &loop_text);
	label_bind(gen, &end);
	slot_release(gen, start);
}

static struct text_area take_both(struct gen *gen, const struct expr *call)
{
	struct text_area area = text_area_new(gen, TEXT_THIRD + 2);

	emit_text_take(gen, area, TEXT_FIRST, call->args[0]);
	emit_text_take(gen, area, TEXT_SECOND, call->args[1]);
	return area;
}

static void gen_strstr(struct gen *gen, const struct expr *call, struct value *result)
{
	uint32_t mark = gen->scratch_now;
	struct text_area area = take_both(gen, call);

	emit_text_set_imm(gen, area, TEXT_I, 0);
	emit_text_set_imm(gen, area, TEXT_VALUE, INT32_MAX);
	emit_find_text(gen, area, false);
	give_found(gen, area, result->place);
	scratch_release(gen, mark);
}

/* From a place on; one before the text is its start. */
static void gen_index(struct gen *gen, const struct expr *call, struct value *result)
{
	uint32_t mark = gen->scratch_now;
	struct text_area area = take_both(gen, call);
	struct label good = {0};

	(void)result;
	emit(gen, INSN_MOV_IMM(R0, 0));
	if (call->args_len > 2)
		gen_scalar(gen, call->args[2]);
	emit_jump_imm(gen, BPF_JSGE, R0, 0, &good);
	emit(gen, INSN_MOV_IMM(R0, 0));
	label_bind(gen, &good);
	emit_text_set(gen, area, TEXT_I, R0);
	emit_text_set_imm(gen, area, TEXT_VALUE, INT32_MAX);
	emit_find_text(gen, area, false);
	emit_text_get(gen, area, TEXT_FOUND, R0);
	scratch_release(gen, mark);
}

/* Up to a place; before the text there is nothing. */
static void gen_rindex(struct gen *gen, const struct expr *call, struct value *result)
{
	uint32_t mark = gen->scratch_now;
	struct text_area area = take_both(gen, call);
	struct label none = {0}, end = {0};

	(void)result;
	emit(gen, INSN_MOV_IMM(R0, INT32_MAX));
	if (call->args_len > 2)
		gen_scalar(gen, call->args[2]);
	emit_jump_imm(gen, BPF_JSLT, R0, 0, &none);
	emit_text_set(gen, area, TEXT_VALUE, R0);
	emit_text_set_imm(gen, area, TEXT_I, 0);
	emit_find_text(gen, area, true);
	emit_text_get(gen, area, TEXT_FOUND, R0);
	emit_jump(gen, &end);
	label_bind(gen, &none);
	emit(gen, INSN_MOV_IMM(R0, -1));
	label_bind(gen, &end);
	scratch_release(gen, mark);
}

/* ---- tokens ---- */

/* R0: the word of the set that has the byte in R1, R3: its bit there; R5 is where the word lies. */
static void emit_set_bit(struct gen *gen, int byte)
{
	emit(gen, INSN_MOV_REG(R5, byte));
	emit(gen, INSN_ALU_IMM(BPF_RSH, R5, 6));
	emit(gen, INSN_ALU_IMM(BPF_AND, R5, 3));
	emit(gen, INSN_ALU_IMM(BPF_LSH, R5, 3));
	emit(gen, INSN_ALU_REG(BPF_ADD, R5, REG_TEXT));
	emit(gen, INSN_MOV_REG(R4, byte));
	emit(gen, INSN_ALU_IMM(BPF_AND, R4, 63));
	emit(gen, INSN_MOV_IMM(R3, 1));
	emit(gen, INSN_ALU_REG(BPF_LSH, R3, R4));
	emit(gen, INSN_LOAD(BPF_DW, R0, R5, 8 * TEXT_SET));
}

static void step_set(struct gen *gen, struct label *last)
{
	emit_step_get(gen, R1, TEXT_I);
	emit_step_byte(gen, R2, TEXT_SECOND, R1, last);
	emit_jump_imm(gen, BPF_JEQ, R2, 0, last);
	emit_set_bit(gen, R2);
	emit(gen, INSN_ALU_REG(BPF_OR, R0, R3));
	emit(gen, INSN_STORE(BPF_DW, R5, 8 * TEXT_SET, R0));
	emit(gen, INSN_ALU_IMM(BPF_ADD, R1, 1));
	emit_step_set(gen, TEXT_I, R1);
}

static const struct text_loop loop_set = {.step = step_set, .turns_each = 1};

static void step_token(struct gen *gen, struct label *last)
{
	struct label inside = {0}, next = {0};

	emit_step_get(gen, R1, TEXT_I);
	emit_step_byte(gen, R2, TEXT_FIRST, R1, last);
	emit_jump_imm(gen, BPF_JEQ, R2, 0, last);
	emit_set_bit(gen, R2);
	emit(gen, INSN_ALU_REG(BPF_AND, R0, R3));
	emit_step_get(gen, R4, TEXT_FOUND);
	emit_jump_imm(gen, BPF_JSGE, R4, 0, &inside);
	emit_jump_imm(gen, BPF_JNE, R0, 0, &next);
	emit_step_set(gen, TEXT_FOUND, R1);
	emit_jump(gen, &next);
	label_bind(gen, &inside);
	emit_jump_imm(gen, BPF_JNE, R0, 0, last);
	label_bind(gen, &next);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R1, 1));
	emit_step_set(gen, TEXT_I, R1);
}

static const struct text_loop loop_token = {.step = step_token, .turns_each = 1};

/*
 * The text that tokens are taken from lives as long as the firing (gen->tokens), the place to go on in TEXT_BASE; -1:
 * there is none. The delimiters are read before the text, which may be a token itself.
 */
static void gen_strtok(struct gen *gen, const struct expr *call, struct value *result)
{
	struct text_area area = gen->tokens;
	struct label some = {0}, ends = {0};

	gen->needs_tokens = true;
	if (gen->first_round) /* nobody has made it yet */
		area = text_area_new(gen, 2);
	emit_text_take(gen, area, TEXT_SECOND, call->args[1]);
	for (unsigned i = 0; i < 4; i++)
		emit_text_set_imm(gen, area, TEXT_SET + i, 0);
	emit_text_set_imm(gen, area, TEXT_I, 0);
	emit_text_run(gen, area, &loop_set);
	if (call->args[0]->kind != EXPR_CONST) { /* NULL */
		emit_text_take(gen, area, TEXT_FIRST, call->args[0]);
		emit_text_get(gen, area, TEXT_LEN, R0);
		emit_text_set(gen, area, TEXT_VALUE, R0);
		emit_text_set_imm(gen, area, TEXT_BASE, 0);
	}
	emit_text_get(gen, area, TEXT_BASE, R0);
	emit_jump_imm(gen, BPF_JSGE, R0, 0, &some);
	emit_fault(gen, FAULT_BADADDR, -1, call->loc);
	label_bind(gen, &some);
	emit_text_set(gen, area, TEXT_I, R0);
	emit_text_set_imm(gen, area, TEXT_FOUND, -1);
	emit_text_run(gen, area, &loop_token);
	emit_text_get(gen, area, TEXT_I, R0);
	emit_text_set(gen, area, TEXT_LEN, R0);
	emit_text_get(gen, area, TEXT_VALUE, R1);
	emit_jump_reg(gen, BPF_JSGE, R0, R1, &ends);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R0, 1)); /* behind the delimiter */
	label_bind(gen, &ends);
	emit_text_set(gen, area, TEXT_BASE, R0);
	give_found(gen, area, result->place);
}

const struct func funcs_search[] = {
	{
		.name = "strchr",
		.proto = {.result = PROTO_STRING, .params = {{PROTO_STRING}, {PROTO_CHAR}}},
		.doc = "the text from the first such character on; NULL: it has none",
		.example = {"BEGIN { trace(strchr(\"osd.3.log\", '.')); exit(0); }", ".3.log"},
		.flags = FUNC_LOOPS,
		.gen = gen_strchr,
	},
	{
		.name = "strrchr",
		.proto = {.result = PROTO_STRING, .params = {{PROTO_STRING}, {PROTO_CHAR}}},
		.doc = "the text from the last such character on; NULL: it has none",
		.example = {"BEGIN { trace(strrchr(\"osd.3.log\", '.')); exit(0); }", ".log"},
		.flags = FUNC_LOOPS,
		.gen = gen_strrchr,
	},
	{
		.name = "strstr",
		.proto = {.result = PROTO_STRING, .params = {{PROTO_STRING}, {PROTO_STRING}}},
		.doc = "the text from where the second one is found first; NULL: nowhere",
		.example = {"BEGIN { trace(strstr(\"/var/lib/ceph\", \"/lib\")); exit(0); }", "/lib/ceph"},
		.flags = FUNC_LOOPS,
		.gen = gen_strstr,
	},
	{
		.name = "index",
		.proto = {.result = PROTO_INT,
			  .params = {{PROTO_STRING}, {PROTO_STRING}, {PROTO_INT, .is_optional = true}}},
		.doc = "where the second text is found first in the first one, counted from 0, from a place on; -1: "
		       "nowhere",
		.example = {"BEGIN { printf(\"%d %d\\n\", index(\"banana\", \"an\"), index(\"banana\", \"an\", 2)); "
			    "exit(0); }",
			    "1 3\n"},
		.flags = FUNC_LOOPS,
		.gen = gen_index,
	},
	{
		.name = "rindex",
		.proto = {.result = PROTO_INT,
			  .params = {{PROTO_STRING}, {PROTO_STRING}, {PROTO_INT, .is_optional = true}}},
		.doc = "where it is found last, beginning at a place or before; -1: nowhere",
		.example = {"BEGIN { printf(\"%d %d\\n\", rindex(\"banana\", \"an\"), rindex(\"banana\", \"an\", 2)); "
			    "exit(0); }",
			    "3 1\n"},
		.flags = FUNC_LOOPS,
		.gen = gen_rindex,
	},
	{
		.name = "strtok",
		.proto = {.result = PROTO_STRING, .params = {{PROTO_TEXT_OR_NULL}, {PROTO_STRING}}},
		.doc = "the first part of a text between any of these characters; with NULL the next part of the same "
		       "text, as long as "
		       "the probe fires; NULL: there is no more",
		.example = {"BEGIN { this->a = strtok(\"osd,mon\", \",\"); printf(\"%s %s\\n\", this->a, strtok(NULL, "
			    "\",\")); exit(0); }",
			    "osd mon\n"},
		.flags = FUNC_LOOPS,
		.gen = gen_strtok,
	},
	{0},
};
