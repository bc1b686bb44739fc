/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loops over the bytes of texts. What a clause has of one is a call: the texts are copied into an area of scratch
 * memory, beside some words, and a function behind the program does one step after the other on the area until a step
 * says that it was the last. Where programs can call a function of theirs in a loop (bpf_loop), the kernel repeats the
 * step, and the verifier looks at it once; elsewhere the function repeats it by itself, and the verifier follows each
 * turn.
 */
#include "code/gen.h"

enum { LOOP_CONTEXT = -8, WORD_SIZE = 8, NUMBER_ROOM = 72 /* 64 binary digits, and more */ };

static uint32_t string_limit(const struct gen *gen)
{
	return ((uint32_t)gen->options->strsize + 7) & ~7u;
}

uint32_t text_room(const struct gen *gen)
{
	uint32_t room = string_limit(gen);

	return room > NUMBER_ROOM ? room : NUMBER_ROOM;
}

static int32_t part_offset(const struct gen *gen, enum text_part part)
{
	return TEXT_WORDS * WORD_SIZE + (int32_t)(part * text_room(gen));
}

struct text_area text_area_new(struct gen *gen, unsigned rooms)
{
	return (struct text_area){scratch_new(gen, TEXT_WORDS * WORD_SIZE + rooms * text_room(gen))};
}

void emit_text_set(struct gen *gen, struct text_area area, enum text_word word, int reg)
{
	emit(gen, INSN_STORE(BPF_DW, REG_SCRATCH, (int32_t)area.at + WORD_SIZE * (int)word, reg));
}

void emit_text_set_imm(struct gen *gen, struct text_area area, enum text_word word, int32_t imm)
{
	emit(gen, INSN_STORE_IMM(BPF_DW, REG_SCRATCH, (int32_t)area.at + WORD_SIZE * (int)word, imm));
}

void emit_text_get(struct gen *gen, struct text_area area, enum text_word word, int reg)
{
	emit(gen, INSN_LOAD(BPF_DW, reg, REG_SCRATCH, (int32_t)area.at + WORD_SIZE * (int)word));
}

static struct place part_place(const struct gen *gen, struct text_area area, enum text_part part)
{
	return (struct place){
		.base = PLACE_SCRATCH, .offset = area.at + (uint32_t)part_offset(gen, part), .room = text_room(gen)};
}

void emit_text_take(struct gen *gen, struct text_area area, enum text_part part, const struct expr *text)
{
	uint32_t mark = gen->scratch_now;
	struct place from = gen_string_anywhere(gen, text), to = part_place(gen, area, part);
	uint32_t limit = string_limit(gen);
	struct label good = {0};

	emit_place_address(gen, R1, to);
	emit_place_address(gen, R3, from);
	emit(gen, INSN_MOV_IMM(R2, from.room < limit ? from.room : limit));
	emit_call(gen, HELPER_READ_KERNEL_STR);
	emit_jump_imm(gen, BPF_JSGT, R0, 0, &good);
	emit(gen, INSN_MOV_IMM(R0, 1));
	label_bind(gen, &good);
	emit(gen, INSN_ALU_IMM(BPF_SUB, R0, 1));
	emit_text_set(gen, area, part == TEXT_FIRST ? TEXT_LEN : TEXT_LEN2, R0);
	scratch_release(gen, mark);
}

int32_t text_part_at(const struct gen *gen, struct text_area area, enum text_part part)
{
	return (int32_t)area.at + part_offset(gen, part);
}

void emit_text_cut(struct gen *gen, struct place from, struct slot start, struct slot len, struct place to)
{
	struct label fits = {0};

	emit_place_address(gen, R0, from);
	emit_launder(gen);
	slot_load(gen, R1, start);
	emit(gen, INSN_ALU_REG(BPF_ADD, R0, R1));
	slot_store(gen, start, R0);
	emit_place_zero(gen, to);
	slot_load(gen, R3, start);
	slot_load(gen, R2, len);
	emit_place_address(gen, R1, to);
	emit_jump_imm(gen, BPF_JLE, R2, (int32_t)to.room - 1, &fits);
	emit(gen, INSN_MOV_IMM(R2, to.room - 1));
	label_bind(gen, &fits);
	emit_call(gen, HELPER_READ_KERNEL);
}

void emit_text_give(struct gen *gen, struct text_area area, enum text_part part, struct place to)
{
	struct slot start = slot_new(gen), len = slot_new(gen);

	emit_text_get(gen, area, TEXT_FOUND, R1);
	slot_store(gen, start, R1);
	emit_text_get(gen, area, TEXT_LEN, R2);
	emit(gen, INSN_ALU_REG(BPF_SUB, R2, R1));
	slot_store(gen, len, R2);
	emit_text_cut(gen, part_place(gen, area, part), start, len, to);
	slot_release(gen, len);
	slot_release(gen, start);
}

/* ---- loops ---- */

static struct text_use *use_of(struct gen *gen, const struct text_loop *loop)
{
	for (unsigned i = 0; i < gen->texts_len; i++)
		if (gen->texts[i].loop == loop)
			return &gen->texts[i];
	*arena_push(gen->arena, gen->texts, gen->texts_len) = (struct text_use){.loop = loop};
	return &gen->texts[gen->texts_len - 1];
}

void emit_text_run(struct gen *gen, struct text_area area, const struct text_loop *loop)
{
	emit(gen, INSN_MOV_REG(R1, REG_SCRATCH));
	emit(gen, INSN_ALU_IMM(BPF_ADD, R1, area.at));
	emit_branch_call(gen, &use_of(gen, loop)->entry);
}

static int32_t turns_max(const struct gen *gen, const struct text_loop *loop)
{
	return loop->turns ? (int32_t)loop->turns : (int32_t)(loop->turns_each * text_room(gen)) + 2;
}

static void emit_context(struct gen *gen, int reg)
{
	emit(gen, INSN_MOV_REG(reg, R10));
	emit(gen, INSN_ALU_IMM(BPF_ADD, reg, LOOP_CONTEXT));
}

/* R1: the area. */
static void gen_entry(struct gen *gen, struct text_use *use)
{
	struct label next = {0}, end = {0};

	emit(gen, INSN_STORE(BPF_DW, R10, LOOP_CONTEXT, R1));
	if (gen->rules->has_loops) {
		emit(gen, INSN_MOV_IMM(R1, turns_max(gen, use->loop)));
		emit_function_address(gen, R2, &use->step);
		emit_context(gen, R3);
		emit(gen, INSN_MOV_IMM(R4, 0));
		emit_call(gen, HELPER_LOOP);
	} else {
		emit(gen, INSN_MOV_IMM(R6, 0));
		label_bind(gen, &next);
		emit(gen, INSN_MOV_REG(R1, R6));
		emit_context(gen, R2);
		emit_branch_call(gen, &use->step);
		emit_jump_imm(gen, BPF_JNE, R0, 0, &end);
		emit(gen, INSN_ALU_IMM(BPF_ADD, R6, 1));
		emit_jump_imm(gen, BPF_JLT, R6, turns_max(gen, use->loop), &next);
		label_bind(gen, &end);
	}
	emit(gen, INSN_MOV_IMM(R0, 0));
	emit(gen, INSN_EXIT());
}

/* One turn: R0 = 1 when it was the last. */
static void gen_step(struct gen *gen, struct text_use *use)
{
	struct label last = {0};

	emit(gen, INSN_LOAD(BPF_DW, REG_TEXT, R2, 0));
	use->loop->step(gen, &last);
	emit(gen, INSN_MOV_IMM(R0, 0));
	emit(gen, INSN_EXIT());
	label_bind(gen, &last);
	emit(gen, INSN_MOV_IMM(R0, 1));
	emit(gen, INSN_EXIT());
}

void gen_text_functions(struct gen *gen)
{
	for (unsigned i = 0; i < gen->texts_len; i++) {
		struct text_use *use = &gen->texts[i];

		if (!use->entry.refs_len)
			continue;
		gen->calls_back |= gen->rules->has_loops;
		begin_behind(gen, &use->entry);
		gen_entry(gen, use);
		begin_behind(gen, &use->step);
		gen_step(gen, use);
	}
}

unsigned *text_uses(const struct gen *gen, struct arena *arena)
{
	unsigned *refs = arena_new_array(arena, unsigned, gen->texts_len + 1);

	refs[0] = gen->texts_len;
	for (unsigned i = 0; i < gen->texts_len; i++)
		refs[i + 1] = gen->texts[i].entry.refs_len;
	return refs;
}

void text_uses_back(struct gen *gen, const unsigned *refs)
{
	for (unsigned i = 0; i < gen->texts_len; i++)
		gen->texts[i].entry.refs_len = i < refs[0] ? refs[i + 1] : 0;
}

/* ---- for steps ---- */

void emit_step_get(struct gen *gen, int reg, enum text_word word)
{
	emit(gen, INSN_LOAD(BPF_DW, reg, REG_TEXT, WORD_SIZE * (int)word));
}

void emit_step_address(struct gen *gen, int reg, enum text_word word)
{
	emit(gen, INSN_MOV_REG(reg, REG_TEXT));
	emit(gen, INSN_ALU_IMM(BPF_ADD, reg, WORD_SIZE * (int)word));
}

void emit_step_set(struct gen *gen, enum text_word word, int reg)
{
	emit(gen, INSN_STORE(BPF_DW, REG_TEXT, WORD_SIZE * (int)word, reg));
}

void emit_step_set_imm(struct gen *gen, enum text_word word, int32_t imm)
{
	emit(gen, INSN_STORE_IMM(BPF_DW, REG_TEXT, WORD_SIZE * (int)word, imm));
}

/* R5 = where the byte whose index is in a register lies, less the part's offset. */
static void emit_byte_address(struct gen *gen, int index, uint32_t scale, struct label *last)
{
	emit_jump_imm(gen, BPF_JGE, index, (int32_t)text_room(gen), last);
	emit(gen, INSN_MOV_REG(R5, index));
	if (scale > 1)
		emit(gen, INSN_ALU_IMM(BPF_MUL, R5, scale));
	emit(gen, INSN_ALU_REG(BPF_ADD, R5, REG_TEXT));
}

void emit_step_byte(struct gen *gen, int reg, enum text_part part, int index, struct label *last)
{
	emit_byte_address(gen, index, 1, last);
	emit(gen, INSN_LOAD(BPF_B, reg, R5, part_offset(gen, part)));
}

void emit_step_put(struct gen *gen, enum text_part part, int index, int reg, struct label *last)
{
	emit_byte_address(gen, index, 1, last);
	emit(gen, INSN_STORE(BPF_B, R5, part_offset(gen, part), reg));
}

void emit_step_put_imm(struct gen *gen, enum text_part part, int index, char byte, struct label *last)
{
	emit_byte_address(gen, index, 1, last);
	emit(gen, INSN_STORE_IMM(BPF_B, R5, part_offset(gen, part), byte));
}

void emit_step_half(struct gen *gen, int reg, enum text_part part, int index, struct label *last)
{
	emit_byte_address(gen, index, 2, last);
	emit(gen, INSN_LOAD(BPF_H, reg, R5, part_offset(gen, part)));
}

void emit_step_put_half(struct gen *gen, enum text_part part, int index, int reg, struct label *last)
{
	emit_byte_address(gen, index, 2, last);
	emit(gen, INSN_STORE(BPF_H, R5, part_offset(gen, part), reg));
}
