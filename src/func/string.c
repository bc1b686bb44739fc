/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Functions of strings: values, never longer than strsize. */
#include "code/gen.h"
#include "func/tables.h"

/* R0 = number of bytes of the text before its NUL, by a copy: the helper that copies text knows where it ends. */
static void emit_length(struct gen *gen, struct place text)
{
	struct place copy = place_scratch(gen, text.room);
	struct label good = {0};

	emit_place_address(gen, R1, copy);
	emit_place_address(gen, R3, text);
	emit(gen, INSN_MOV_IMM(R2, text.room));
	emit_call(gen, HELPER_READ_KERNEL_STR);
	emit_jump_imm(gen, BPF_JSGT, R0, 0, &good);
	emit(gen, INSN_MOV_IMM(R0, 1));
	label_bind(gen, &good);
	emit(gen, INSN_ALU_IMM(BPF_SUB, R0, 1));
}

static void gen_strlen(struct gen *gen, const struct expr *call, struct value *result)
{
	uint32_t mark = gen->scratch_now;

	(void)result;
	emit_length(gen, gen_string_anywhere(gen, call->args[0]));
	scratch_release(gen, mark);
}

static void gen_strjoin(struct gen *gen, const struct expr *call, struct value *result)
{
	uint32_t mark = gen->scratch_now;
	struct place first = gen_string_anywhere(gen, call->args[0]);
	struct place second = gen_string_anywhere(gen, call->args[1]);
	uint32_t room = first.room + second.room;
	struct place joined = place_scratch(gen, room);
	struct label fits = {0};

	emit_place_zero(gen, joined);
	emit_place_address(gen, R1, joined);
	emit_place_address(gen, R3, first);
	emit(gen, INSN_MOV_IMM(R2, first.room));
	emit_call(gen, HELPER_READ_KERNEL_STR);
	emit(gen, INSN_ALU_IMM(BPF_SUB, R0, 1));
	emit_jump_imm(gen, BPF_JLE, R0, (int32_t)first.room - 1, &fits);
	emit(gen, INSN_MOV_IMM(R0, 0));
	label_bind(gen, &fits);
	emit_place_address(gen, R1, joined);
	emit(gen, INSN_ALU_REG(BPF_ADD, R1, R0));
	emit_place_address(gen, R3, second);
	emit(gen, INSN_MOV_IMM(R2, second.room));
	emit_call(gen, HELPER_READ_KERNEL_STR);
	emit_place_copy(gen, result->place, joined);
	scratch_release(gen, mark);
}

/* R0 = R0 brought into 0 .. what the slot holds. */
static void emit_clamp(struct gen *gen, struct slot high)
{
	struct label low = {0}, end = {0};

	slot_load(gen, R1, high);
	emit_jump_imm(gen, BPF_JSGE, R0, 0, &low);
	emit(gen, INSN_MOV_IMM(R0, 0));
	label_bind(gen, &low);
	emit_jump_reg(gen, BPF_JSLE, R0, R1, &end);
	emit(gen, INSN_MOV_REG(R0, R1));
	label_bind(gen, &end);
}

/*
 * As DTrace documents it, after Perl: a negative index counts from the end; one that lies before the start takes away
 * from the length; a negative length leaves that many bytes off at the end.
 */
static void emit_substr_count(struct gen *gen, const struct expr *call, struct slot cut, struct slot left)
{
	struct label negative = {0}, inside = {0}, end = {0};

	if (call->args_len < 3) {
		slot_load(gen, R0, left);
		return;
	}
	gen_scalar(gen, call->args[2]);
	slot_load(gen, R1, cut);
	emit_jump_imm(gen, BPF_JSLT, R0, 0, &negative);
	emit(gen, INSN_ALU_REG(BPF_ADD, R0, R1));
	emit_jump(gen, &end);
	label_bind(gen, &negative);
	emit_jump_imm(gen, BPF_JEQ, R1, 0, &inside);
	emit(gen, INSN_MOV_IMM(R0, 0));
	emit_jump(gen, &end);
	label_bind(gen, &inside);
	slot_load(gen, R1, left);
	emit(gen, INSN_ALU_REG(BPF_ADD, R0, R1));
	label_bind(gen, &end);
}

/* R0 = the index from the start, still unclamped; `cut` gets how far it lies before the start: 0 or a negative number.
 */
static void emit_substr_start(struct gen *gen, const struct expr *call, struct slot length, struct slot cut)
{
	struct label positive = {0}, inside = {0};

	gen_scalar(gen, call->args[1]);
	emit_jump_imm(gen, BPF_JSGE, R0, 0, &positive);
	slot_load(gen, R1, length);
	emit(gen, INSN_ALU_REG(BPF_ADD, R0, R1));
	label_bind(gen, &positive);
	emit(gen, INSN_MOV_REG(R1, R0));
	emit_jump_imm(gen, BPF_JSLT, R1, 0, &inside);
	emit(gen, INSN_MOV_IMM(R1, 0));
	label_bind(gen, &inside);
	slot_store(gen, cut, R1);
}

static void gen_substr(struct gen *gen, const struct expr *call, struct value *result)
{
	uint32_t mark = gen->scratch_now;
	struct place text = gen_string_anywhere(gen, call->args[0]);
	struct slot length = slot_new(gen), start = slot_new(gen), left = slot_new(gen), cut = slot_new(gen);

	emit_length(gen, text);
	slot_store(gen, length, R0);
	emit_substr_start(gen, call, length, cut);
	emit_clamp(gen, length);
	slot_store(gen, start, R0);
	slot_load(gen, R1, length);
	emit(gen, INSN_ALU_REG(BPF_SUB, R1, R0));
	slot_store(gen, left, R1);
	emit_substr_count(gen, call, cut, left);
	emit_clamp(gen, left);
	slot_store(gen, left, R0);
	emit_text_cut(gen, text, start, left, result->place);
	slot_release(gen, cut);
	slot_release(gen, left);
	slot_release(gen, start);
	slot_release(gen, length);
	scratch_release(gen, mark);
}

const struct func funcs_string[] = {
	{
		.name = "strlen",
		.proto = {.result = PROTO_SIZE, .params = {{PROTO_STRING}}},
		.doc = "the number of bytes before the final NUL",
		.example = {"BEGIN { trace(strlen(\"osd.3\")); exit(0); }", "5"},
		.gen = gen_strlen,
	},
	{
		.name = "strjoin",
		.proto = {.result = PROTO_STRING, .params = {{PROTO_STRING}, {PROTO_STRING}}},
		.doc = "both texts, one after the other, cut at strsize",
		.example = {"BEGIN { trace(strjoin(\"osd.\", \"3\")); exit(0); }", "osd.3"},
		.gen = gen_strjoin,
	},
	{
		.name = "substr",
		.proto = {.result = PROTO_STRING,
			  .params = {{PROTO_STRING}, {PROTO_INT64}, {PROTO_INT64, .is_optional = true}}},
		.doc = "the part from an index on (negative: counted from the end), of a length (negative: up to that "
		       "many bytes "
		       "before the end; left out: the rest)",
		.example = {"BEGIN { printf(\"%s %s %s\\n\", substr(\"abcd\", 1, 2), substr(\"abcd\", -1), "
			    "substr(\"abcd\", 1, -1)); exit(0); }",
			    "bc d bc\n"},
		.gen = gen_substr,
	},
	{0},
};
