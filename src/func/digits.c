/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers as texts, and back. */
#include "code/gen.h"
#include "func/call.h"
#include "func/tables.h"

enum { BASE_MIN = 2, BASE_MAX = 36, DIGITS_MAX = 64 };

static void check_base(struct call *call)
{
	int64_t base;

	if (call_args_len(call) < 2 || !call_constant(call, 1, &base) || (base >= BASE_MIN && base <= BASE_MAX))
		return;
	call_wrong(call, 1, CALL_RANGE, "%s() knows bases from %d to %d", call_name(call), BASE_MIN, BASE_MAX);
	call_break(call);
}

static void gen_base(struct gen *gen, const struct expr *call, struct text_area area)
{
	struct label bad = {0}, good = {0};

	if (call->args_len < 2) {
		emit_text_set_imm(gen, area, TEXT_BASE, 10);
		return;
	}
	gen_scalar(gen, call->args[1]);
	emit_jump_imm(gen, BPF_JSLT, R0, BASE_MIN, &bad);
	emit_jump_imm(gen, BPF_JSLE, R0, BASE_MAX, &good);
	label_bind(gen, &bad);
	emit_fault(gen, FAULT_ILLOP, -1, call->args[1]->loc);
	label_bind(gen, &good);
	emit_text_set(gen, area, TEXT_BASE, R0);
}

/* ---- lltostr() ---- */

/* What stands before the number, from its end on, lies in TEXT_LAST, at most two bytes. */
static void step_before(struct gen *gen, struct label *last)
{
	emit_step_get(gen, R2, TEXT_LAST);
	for (int i = 0; i < 2; i++) {
		emit(gen, INSN_MOV_REG(R4, R2));
		emit(gen, INSN_ALU_IMM(BPF_AND, R4, 0xff));
		emit_jump_imm(gen, BPF_JEQ, R4, 0, last);
		emit(gen, INSN_ALU_IMM(BPF_SUB, R3, 1));
		emit_step_put(gen, TEXT_FIRST, R3, R4, last);
		emit_step_set(gen, TEXT_FOUND, R3);
		emit(gen, INSN_ALU_IMM(BPF_RSH, R2, 8));
	}
	emit_jump(gen, last);
}

/* One digit, from the last to the first: they are put from the end of the room down. */
static void step_digit(struct gen *gen, struct label *last)
{
	struct label figure = {0}, more = {0};

	emit_step_get(gen, R1, TEXT_VALUE);
	emit_step_get(gen, R2, TEXT_BASE);
	emit_step_get(gen, R3, TEXT_FOUND);
	emit(gen, INSN_MOV_REG(R4, R1));
	emit(gen, INSN_ALU_REG(BPF_MOD, R4, R2));
	emit(gen, INSN_ALU_REG(BPF_DIV, R1, R2));
	emit_jump_imm(gen, BPF_JLT, R4, 10, &figure);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R4, 'a' - 10 - '0'));
	label_bind(gen, &figure);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R4, '0'));
	emit(gen, INSN_ALU_IMM(BPF_SUB, R3, 1));
	emit_step_put(gen, TEXT_FIRST, R3, R4, last);
	emit_step_set(gen, TEXT_FOUND, R3);
	emit_step_set(gen, TEXT_VALUE, R1);
	emit_jump_imm(gen, BPF_JNE, R1, 0, &more);
	step_before(gen, last);
	label_bind(gen, &more);
}

static const struct text_loop loop_digit = {.step = step_digit, .turns = DIGITS_MAX};

/* A number of another base than 10 is a pattern of bits, and has no sign; octal and hexadecimal ones begin as in C. */
static void emit_before(struct gen *gen, struct text_area area)
{
	struct label octal = {0}, hex = {0}, end = {0};

	emit_text_set_imm(gen, area, TEXT_LAST, 0);
	emit_text_get(gen, area, TEXT_BASE, R1);
	emit_text_get(gen, area, TEXT_VALUE, R0);
	emit_jump_imm(gen, BPF_JEQ, R1, 8, &octal);
	emit_jump_imm(gen, BPF_JEQ, R1, 16, &hex);
	emit_jump_imm(gen, BPF_JNE, R1, 10, &end);
	emit_jump_imm(gen, BPF_JSGE, R0, 0, &end);
	emit(gen, INSN_NEG(R0));
	emit_text_set(gen, area, TEXT_VALUE, R0);
	emit_text_set_imm(gen, area, TEXT_LAST, '-');
	emit_jump(gen, &end);
	label_bind(gen, &octal);
	emit_text_set_imm(gen, area, TEXT_LAST, '0');
	emit_jump(gen, &end);
	label_bind(gen, &hex);
	emit_text_set_imm(gen, area, TEXT_LAST, 'x' | '0' << 8);
	label_bind(gen, &end);
}

static void gen_lltostr(struct gen *gen, const struct expr *call, struct value *result)
{
	uint32_t mark = gen->scratch_now;
	struct text_area area = text_area_new(gen, 1);

	gen_scalar(gen, call->args[0]);
	emit_text_set(gen, area, TEXT_VALUE, R0);
	gen_base(gen, call, area);
	emit_before(gen, area);
	emit_text_set_imm(gen, area, TEXT_FOUND, (int32_t)text_room(gen));
	emit_text_set_imm(gen, area, TEXT_LEN, (int32_t)text_room(gen));
	emit_text_run(gen, area, &loop_digit);
	emit_text_give(gen, area, TEXT_FIRST, result->place);
	scratch_release(gen, mark);
}

/* ---- strtoll() ---- */

/* What may come next: white space or a sign, the first digit, the x behind a zero, a digit. */
enum { BEFORE, FIRST_DIGIT, AFTER_ZERO, DIGITS };

/* R2: the byte. White space is passed over; a sign ends it, and so does anything else, which is looked at once more. */
static void step_sign(struct gen *gen, struct label *next, struct label *last)
{
	static const char spaces[] = {' ', '\t', '\n', '\v', '\f', '\r'};
	struct label plus = {0}, minus = {0}, end = {0};

	for (unsigned i = 0; i < sizeof(spaces); i++)
		emit_jump_imm(gen, BPF_JEQ, R2, spaces[i], next);
	emit_step_set_imm(gen, TEXT_J, FIRST_DIGIT);
	emit_jump_imm(gen, BPF_JEQ, R2, '-', &minus);
	emit_jump_imm(gen, BPF_JEQ, R2, '+', &plus);
	emit_jump(gen, &end);
	label_bind(gen, &minus);
	emit_step_set_imm(gen, TEXT_LAST, 1);
	label_bind(gen, &plus);
	emit_jump(gen, next);
	label_bind(gen, &end);
	emit_step_get(gen, R3, TEXT_J);
	(void)last;
}

/* R2: the byte, then the digit that it is; another one ends the number. */
static void step_value_of(struct gen *gen, struct label *last)
{
	struct label figure = {0};

	emit(gen, INSN_MOV_REG(R4, R2));
	emit(gen, INSN_ALU_IMM(BPF_SUB, R2, '0'));
	emit_jump_imm(gen, BPF_JLT, R2, 10, &figure);
	emit(gen, INSN_ALU_IMM(BPF_OR, R4, 0x20));
	emit(gen, INSN_ALU_IMM(BPF_SUB, R4, 'a'));
	emit_jump_imm(gen, BPF_JGE, R4, 26, last);
	emit(gen, INSN_MOV_REG(R2, R4));
	emit(gen, INSN_ALU_IMM(BPF_ADD, R2, 10));
	label_bind(gen, &figure);
}

/* 0x goes before hexadecimal numbers, where a digit follows or not. */
static void step_zero(struct gen *gen, struct label *digit, struct label *next)
{
	struct label other = {0}, begins = {0};

	emit_jump_imm(gen, BPF_JEQ, R3, AFTER_ZERO, &other);
	emit_jump_imm(gen, BPF_JNE, R3, FIRST_DIGIT, digit);
	emit_step_set_imm(gen, TEXT_J, DIGITS);
	emit_jump_imm(gen, BPF_JNE, R2, '0', digit);
	emit_step_get(gen, R4, TEXT_BASE);
	emit_jump_imm(gen, BPF_JNE, R4, 16, digit);
	emit_step_set_imm(gen, TEXT_J, AFTER_ZERO);
	emit_jump(gen, next);
	label_bind(gen, &other);
	emit_step_set_imm(gen, TEXT_J, DIGITS);
	emit_jump_imm(gen, BPF_JEQ, R2, 'x', next);
	emit_jump_imm(gen, BPF_JEQ, R2, 'X', next);
	label_bind(gen, &begins);
}

static void step_number(struct gen *gen, struct label *last)
{
	struct label begun = {0}, digit = {0}, next = {0};

	emit_step_get(gen, R1, TEXT_I);
	emit_step_byte(gen, R2, TEXT_FIRST, R1, last);
	emit_step_get(gen, R3, TEXT_J);
	emit_jump_imm(gen, BPF_JNE, R3, BEFORE, &begun);
	step_sign(gen, &next, last);
	label_bind(gen, &begun);
	step_zero(gen, &digit, &next);
	label_bind(gen, &digit);
	step_value_of(gen, last);
	emit_step_get(gen, R3, TEXT_BASE);
	emit_jump_reg(gen, BPF_JGE, R2, R3, last);
	emit_step_get(gen, R4, TEXT_VALUE);
	emit(gen, INSN_ALU_REG(BPF_MUL, R4, R3));
	emit(gen, INSN_ALU_REG(BPF_ADD, R4, R2));
	emit_step_set(gen, TEXT_VALUE, R4);
	label_bind(gen, &next);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R1, 1));
	emit_step_set(gen, TEXT_I, R1);
}

static const struct text_loop loop_number = {.step = step_number, .turns_each = 1};

static void gen_strtoll(struct gen *gen, const struct expr *call, struct value *result)
{
	uint32_t mark = gen->scratch_now;
	struct text_area area = text_area_new(gen, 1);
	struct label positive = {0};

	(void)result;
	emit_text_take(gen, area, TEXT_FIRST, call->args[0]);
	gen_base(gen, call, area);
	emit_text_set_imm(gen, area, TEXT_I, 0);
	emit_text_set_imm(gen, area, TEXT_J, BEFORE);
	emit_text_set_imm(gen, area, TEXT_VALUE, 0);
	emit_text_set_imm(gen, area, TEXT_LAST, 0);
	emit_text_run(gen, area, &loop_number);
	emit_text_get(gen, area, TEXT_VALUE, R0);
	emit_text_get(gen, area, TEXT_LAST, R1);
	emit_jump_imm(gen, BPF_JEQ, R1, 0, &positive);
	emit(gen, INSN_NEG(R0));
	label_bind(gen, &positive);
	scratch_release(gen, mark);
}

const struct func funcs_digits[] = {
	{
		.name = "lltostr",
		.proto = {.result = PROTO_STRING, .params = {{PROTO_INT64}, {PROTO_INT, .is_optional = true}}},
		.doc = "the number as text, in base 10 or another one from 2 to 36; 0x stands before base 16, 0 before "
		       "base 8",
		.example = {"BEGIN { printf(\"%s %s\\n\", lltostr(-12), lltostr(255, 16)); exit(0); }", "-12 0xff\n"},
		.flags = FUNC_LOOPS,
		.check = check_base,
		.gen = gen_lltostr,
	},
	{
		.name = "strtoll",
		.proto = {.result = PROTO_INT64, .params = {{PROTO_STRING}, {PROTO_INT, .is_optional = true}}},
		.doc = "the number at the start of a text, in base 10 or another one from 2 to 36",
		.example = {"BEGIN { printf(\"%d %d\\n\", strtoll(\" -12 MB\"), strtoll(\"ff\", 16)); exit(0); }",
			    "-12 255\n"},
		.flags = FUNC_LOOPS,
		.check = check_base,
		.gen = gen_strtoll,
	},
	{0},
};
