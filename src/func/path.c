/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Functions of paths: texts, whether or not such a file exists. */
#include "code/gen.h"
#include "func/tables.h"

/* ---- basename() and dirname() ---- */

/* Names: TEXT_FOUND is where the last one begins, TEXT_VALUE where it ends, TEXT_BASE where the one before it ends. */
static void step_name(struct gen *gen, struct label *last)
{
	struct label name = {0}, same = {0}, next = {0};

	emit_step_get(gen, R1, TEXT_I);
	emit_step_byte(gen, R2, TEXT_FIRST, R1, last);
	emit_jump_imm(gen, BPF_JEQ, R2, 0, last);
	emit_jump_imm(gen, BPF_JNE, R2, '/', &name);
	emit_step_set_imm(gen, TEXT_J, 1);
	emit_jump(gen, &next);
	label_bind(gen, &name);
	emit_step_get(gen, R3, TEXT_J);
	emit_jump_imm(gen, BPF_JEQ, R3, 0, &same);
	emit_step_set_imm(gen, TEXT_J, 0);
	emit_step_set(gen, TEXT_FOUND, R1);
	emit_step_get(gen, R3, TEXT_VALUE);
	emit_step_set(gen, TEXT_BASE, R3);
	label_bind(gen, &same);
	emit(gen, INSN_MOV_REG(R3, R1));
	emit(gen, INSN_ALU_IMM(BPF_ADD, R3, 1));
	emit_step_set(gen, TEXT_VALUE, R3);
	label_bind(gen, &next);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R1, 1));
	emit_step_set(gen, TEXT_I, R1);
}

static const struct text_loop loop_name = {.step = step_name, .turns_each = 1};

static struct text_area take_names(struct gen *gen, const struct expr *path)
{
	struct text_area area = text_area_new(gen, 1);

	emit_text_take(gen, area, TEXT_FIRST, path);
	emit_text_set_imm(gen, area, TEXT_I, 0);
	emit_text_set_imm(gen, area, TEXT_J, 1);
	emit_text_set_imm(gen, area, TEXT_FOUND, -1);
	emit_text_set_imm(gen, area, TEXT_VALUE, 0);
	emit_text_set_imm(gen, area, TEXT_BASE, 0);
	emit_text_run(gen, area, &loop_name);
	return area;
}

static void gen_text(struct gen *gen, const char *text, struct place to)
{
	emit_place_copy(gen, to, place_const(gen, text, 1));
}

static void gen_basename(struct gen *gen, const struct expr *call, struct value *result)
{
	uint32_t mark = gen->scratch_now;
	struct text_area area = take_names(gen, call->args[0]);
	struct label none = {0}, empty = {0}, end = {0};

	emit_text_get(gen, area, TEXT_FOUND, R0);
	emit_jump_imm(gen, BPF_JSLT, R0, 0, &none);
	emit_text_get(gen, area, TEXT_VALUE, R0);
	emit_text_set(gen, area, TEXT_LEN, R0);
	emit_text_give(gen, area, TEXT_FIRST, result->place);
	emit_jump(gen, &end);
	label_bind(gen, &none);
	emit_text_get(gen, area, TEXT_LEN, R0);
	emit_jump_imm(gen, BPF_JEQ, R0, 0, &empty);
	gen_text(gen, "/", result->place);
	emit_jump(gen, &end);
	label_bind(gen, &empty);
	gen_text(gen, ".", result->place);
	label_bind(gen, &end);
	scratch_release(gen, mark);
}

static void gen_dirname(struct gen *gen, const struct expr *call, struct value *result)
{
	uint32_t mark = gen->scratch_now;
	struct text_area area = take_names(gen, call->args[0]);
	struct label some = {0}, root = {0}, here = {0}, end = {0};

	emit_text_get(gen, area, TEXT_BASE, R0);
	emit_jump_imm(gen, BPF_JNE, R0, 0, &some);
	emit_text_get(gen, area, TEXT_LEN, R0);
	emit_jump_imm(gen, BPF_JEQ, R0, 0, &here);
	emit_text_get(gen, area, TEXT_FOUND, R0);
	emit_jump_imm(gen, BPF_JNE, R0, 0, &root); /* before it there are slashes alone */
	label_bind(gen, &here);
	gen_text(gen, ".", result->place);
	emit_jump(gen, &end);
	label_bind(gen, &root);
	gen_text(gen, "/", result->place);
	emit_jump(gen, &end);
	label_bind(gen, &some);
	emit_text_set(gen, area, TEXT_LEN, R0);
	emit_text_set_imm(gen, area, TEXT_FOUND, 0);
	emit_text_give(gen, area, TEXT_FIRST, result->place);
	label_bind(gen, &end);
	scratch_release(gen, mark);
}

/* ---- cleanpath() ---- */

/* What is held back: nothing, "/", "/.", "/.."; or the last name is being taken away. */
enum { HELD_NONE, HELD_SLASH, HELD_DOT, HELD_DOTS, TAKING };

static void step_put(struct gen *gen, int index, char byte, struct label *last)
{
	emit_step_put_imm(gen, TEXT_SECOND, index, byte, last);
	emit(gen, INSN_ALU_IMM(BPF_ADD, index, 1));
}

/* R3: where to write, R4: the state. */
static void step_take(struct gen *gen, struct label *done, struct label *last)
{
	struct label more = {0};

	emit_jump_imm(gen, BPF_JNE, R3, 0, &more);
	emit(gen, INSN_MOV_IMM(R4, HELD_SLASH));
	emit_jump(gen, done);
	label_bind(gen, &more);
	emit(gen, INSN_ALU_IMM(BPF_SUB, R3, 1));
	emit_step_byte(gen, R2, TEXT_SECOND, R3, last);
	emit_jump_imm(gen, BPF_JNE, R2, '/', done);
	emit(gen, INSN_MOV_IMM(R4, HELD_SLASH));
	emit_jump(gen, done);
}

/* What is held back goes out before the byte in R2. */
static void step_flush(struct gen *gen, struct label *last)
{
	struct label out = {0};

	emit_jump_imm(gen, BPF_JEQ, R4, HELD_NONE, &out);
	step_put(gen, R3, '/', last);
	emit_jump_imm(gen, BPF_JEQ, R4, HELD_SLASH, &out);
	step_put(gen, R3, '.', last);
	emit_jump_imm(gen, BPF_JEQ, R4, HELD_DOT, &out);
	step_put(gen, R3, '.', last);
	label_bind(gen, &out);
}

static void step_clean(struct gen *gen, struct label *last)
{
	struct label read = {0}, other = {0}, dots = {0}, flush = {0}, more = {0}, next = {0}, done = {0};

	emit_step_get(gen, R3, TEXT_LEN2);
	emit_step_get(gen, R4, TEXT_J);
	emit_jump_imm(gen, BPF_JNE, R4, TAKING, &read);
	step_take(gen, &done, last);
	label_bind(gen, &read);
	emit_step_get(gen, R1, TEXT_I);
	emit_step_byte(gen, R2, TEXT_FIRST, R1, last);
	emit_jump_imm(gen, BPF_JNE, R2, '/', &other);
	emit_jump_imm(gen, BPF_JEQ, R4, HELD_DOTS, &dots);
	emit(gen, INSN_MOV_IMM(R4, HELD_SLASH));
	emit_jump(gen, &next);
	label_bind(gen, &dots);
	emit(gen, INSN_MOV_IMM(R4, TAKING));
	emit_jump(gen, &next);
	label_bind(gen, &other);
	emit_jump_imm(gen, BPF_JNE, R2, '.', &flush);
	emit_jump_imm(gen, BPF_JEQ, R4, HELD_NONE, &flush);
	emit_jump_imm(gen, BPF_JEQ, R4, HELD_DOTS, &flush);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R4, 1));
	emit_jump(gen, &next);
	label_bind(gen, &flush);
	step_flush(gen, last);
	emit_step_set(gen, TEXT_LEN2, R3);
	emit_jump_imm(gen, BPF_JNE, R2, 0, &more);
	emit_jump(gen, last);
	label_bind(gen, &more);
	emit_step_put(gen, TEXT_SECOND, R3, R2, last);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R3, 1));
	emit(gen, INSN_MOV_IMM(R4, HELD_NONE));
	label_bind(gen, &next);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R1, 1));
	emit_step_set(gen, TEXT_I, R1);
	label_bind(gen, &done);
	emit_step_set(gen, TEXT_LEN2, R3);
	emit_step_set(gen, TEXT_J, R4);
}

static const struct text_loop loop_clean = {.step = step_clean, .turns_each = 2};

static void gen_cleanpath(struct gen *gen, const struct expr *call, struct value *result)
{
	uint32_t mark = gen->scratch_now;
	struct text_area area = text_area_new(gen, 2);

	emit_text_take(gen, area, TEXT_FIRST, call->args[0]);
	emit_text_set_imm(gen, area, TEXT_I, 0);
	emit_text_set_imm(gen, area, TEXT_J, HELD_NONE);
	emit_text_set_imm(gen, area, TEXT_LEN2, 0);
	emit_text_run(gen, area, &loop_clean);
	emit_text_get(gen, area, TEXT_LEN2, R0);
	emit_text_set(gen, area, TEXT_LEN, R0);
	emit_text_set_imm(gen, area, TEXT_FOUND, 0);
	emit_text_give(gen, area, TEXT_SECOND, result->place);
	scratch_release(gen, mark);
}

const struct func funcs_path[] = {
	{
		.name = "basename",
		.proto = {.result = PROTO_STRING, .params = {{PROTO_STRING}}},
		.doc = "the last name of a path, without slashes around it, as basename(1)",
		.example = {"BEGIN { trace(basename(\"/etc/ceph/\")); exit(0); }", "ceph"},
		.flags = FUNC_LOOPS,
		.gen = gen_basename,
	},
	{
		.name = "dirname",
		.proto = {.result = PROTO_STRING, .params = {{PROTO_STRING}}},
		.doc = "the path without its last name, as dirname(1)",
		.example = {"BEGIN { trace(dirname(\"/etc/ceph/ceph.conf\")); exit(0); }", "/etc/ceph"},
		.flags = FUNC_LOOPS,
		.gen = gen_dirname,
	},
	{
		.name = "cleanpath",
		.proto = {.result = PROTO_STRING, .params = {{PROTO_STRING}}},
		.doc = "the path without /./, without double slashes, and without names that a /../ takes back; links "
		       "are not looked at",
		.example = {"BEGIN { trace(cleanpath(\"/etc//ceph/./../hosts\")); exit(0); }", "/etc/hosts"},
		.flags = FUNC_LOOPS,
		.gen = gen_cleanpath,
	},
	{0},
};
