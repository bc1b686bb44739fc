/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory that a script takes with alloca() and writes by pointers. A program that has any keeps one area of its scratch
 * memory for it, empty and zeroed at the start of each clause; what is taken are the first bytes of it. A pointer into
 * it is a number as any other, so each write, and each read of the kernel's memory, looks where the pointer points:
 * writes have to lie in what was taken, and what lies in the area has to lie in that. Around it there is room that
 * nothing else uses, so that a step too far is seen.
 */
#include <assert.h>

#include "code/gen.h"

enum { BEFORE = 256 /* bytes in front of the area: a multiple of 8 */ };

static int32_t area_size(const struct gen *gen)
{
	return ((int32_t)gen->options->scratchsize + 7) & ~7;
}

/* The word that says how much is taken, what is before the area, the area, and as much behind it. */
static uint32_t area_new(struct gen *gen)
{
	return scratch_new(gen, 8 + BEFORE + 2 * (uint32_t)area_size(gen)) + 8 + BEFORE;
}

static int32_t used_at(const struct gen *gen)
{
	return (int32_t)gen->taken_at - BEFORE - 8;
}

/* In the first round there is no area yet. */
static void need_area(struct gen *gen)
{
	gen->needs_taken = true;
	if (!gen->taken_at)
		gen->taken_at = area_new(gen);
}

void gen_taken_new(struct gen *gen)
{
	gen->taken_at = gen->needs_taken ? area_new(gen) : 0;
}

void gen_taken_clear(struct gen *gen)
{
	if (!gen->needs_taken || gen->first_round)
		return;
	emit(gen, INSN_STORE_IMM(BPF_DW, REG_SCRATCH, used_at(gen), 0));
	emit_place_zero(
		gen,
		(struct place){.base = PLACE_SCRATCH, .offset = gen->taken_at, .room = 2 * (uint32_t)area_size(gen)});
}

/* R0 = where the address in R0 lies from the start of the area on; the address is in gen->fault_address. */
static void emit_offset(struct gen *gen)
{
	slot_store(gen, gen->fault_address, R0);
	emit(gen, INSN_MOV_REG(R0, REG_SCRATCH));
	emit(gen, INSN_ALU_IMM(BPF_ADD, R0, gen->taken_at));
	emit_launder(gen);
	emit(gen, INSN_MOV_REG(R1, R0));
	slot_load(gen, R0, gen->fault_address);
	emit(gen, INSN_ALU_REG(BPF_SUB, R0, R1));
}

static void emit_bad_address(struct gen *gen, struct loc loc)
{
	slot_load(gen, R2, gen->fault_address);
	emit_fault(gen, FAULT_BADADDR, R2, loc);
}

/* R0: an address; then its offset in the area. R2: how many bytes from there on have to be taken; both are known to be
 * in bounds. */
static void emit_check_write(struct gen *gen, struct slot size, struct loc loc)
{
	struct label bad = {0}, good = {0};

	need_area(gen);
	emit_offset(gen);
	slot_load(gen, R2, size);
	emit_jump_imm(gen, BPF_JGT, R0, area_size(gen), &bad);
	emit_jump_imm(gen, BPF_JGT, R2, area_size(gen), &bad);
	emit(gen, INSN_MOV_REG(R1, R0));
	emit(gen, INSN_ALU_REG(BPF_ADD, R1, R2));
	emit(gen, INSN_LOAD(BPF_DW, R3, REG_SCRATCH, used_at(gen)));
	emit_jump_reg(gen, BPF_JLE, R1, R3, &good);
	label_bind(gen, &bad);
	emit_bad_address(gen, loc);
	label_bind(gen, &good);
}

void emit_taken_check_read(struct gen *gen, uint32_t size, struct loc loc)
{
	struct label elsewhere = {0}, bad = {0};

	if (!gen->needs_taken || gen->first_round || !gen->is_claimed)
		return;
	emit_offset(gen);
	emit(gen, INSN_MOV_REG(R1, R0));
	emit(gen, INSN_ALU_IMM(BPF_ADD, R1, BEFORE));
	emit_jump_imm(gen, BPF_JGE, R1, BEFORE + 2 * area_size(gen), &elsewhere);
	emit_jump_imm(gen, BPF_JSLT, R0, 0, &bad);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R0, size));
	emit(gen, INSN_LOAD(BPF_DW, R3, REG_SCRATCH, used_at(gen)));
	emit_jump_reg(gen, BPF_JLE, R0, R3, &elsewhere);
	label_bind(gen, &bad);
	emit_bad_address(gen, loc);
	label_bind(gen, &elsewhere);
	slot_load(gen, R0, gen->fault_address);
}

void gen_take(struct gen *gen, const struct expr *size, struct loc loc)
{
	struct label fits = {0}, full = {0};
	struct slot start;

	need_area(gen);
	gen_scalar(gen, size);
	emit_jump_imm(gen, BPF_JGT, R0, area_size(gen), &full);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R0, 7));
	emit(gen, INSN_ALU_IMM(BPF_AND, R0, -8));
	emit(gen, INSN_LOAD(BPF_DW, R1, REG_SCRATCH, used_at(gen)));
	emit(gen, INSN_ALU_REG(BPF_ADD, R0, R1));
	emit_jump_imm(gen, BPF_JLE, R0, area_size(gen), &fits);
	label_bind(gen, &full);
	emit_fault(gen, FAULT_SCRATCH, -1, loc);
	label_bind(gen, &fits);
	emit(gen, INSN_STORE(BPF_DW, REG_SCRATCH, used_at(gen), R0));
	start = slot_new(gen);
	slot_store(gen, start, R1);
	emit(gen, INSN_MOV_REG(R0, REG_SCRATCH));
	emit(gen, INSN_ALU_IMM(BPF_ADD, R0, gen->taken_at));
	emit_launder(gen);
	slot_load(gen, R1, start);
	emit(gen, INSN_ALU_REG(BPF_ADD, R0, R1));
	slot_release(gen, start);
}

/* `size` bytes at the address in `from` to the one in `to`. */
void emit_taken_fill(struct gen *gen, struct slot to, struct slot from, struct slot size, bool userland, struct loc loc)
{
	struct label good = {0};

	slot_load(gen, R0, to);
	emit_check_write(gen, size, loc);
	emit(gen, INSN_MOV_REG(R1, REG_SCRATCH));
	emit(gen, INSN_ALU_REG(BPF_ADD, R1, R0));
	emit(gen, INSN_ALU_IMM(BPF_ADD, R1, gen->taken_at));
	slot_load(gen, R3, from);
	slot_store(gen, gen->fault_address, R3);
	emit_call(gen, userland ? HELPER_READ_USER : HELPER_READ_KERNEL);
	emit_jump_imm(gen, BPF_JEQ, R0, 0, &good);
	emit_bad_address(gen, loc);
	label_bind(gen, &good);
}

/* ---- assignments ---- */

static const int mem_size[] = {[1] = BPF_B, [2] = BPF_H, [4] = BPF_W, [8] = BPF_DW};

/* The value in R0 to the place whose address is in the slot. */
static void emit_write(struct gen *gen, const struct expr *place, struct slot address)
{
	uint32_t bytes = place_bytes(place);
	struct slot value = slot_new(gen), size = slot_new(gen);

	slot_store(gen, value, R0);
	emit(gen, INSN_MOV_IMM(R1, bytes));
	slot_store(gen, size, R1);
	slot_load(gen, R0, address);
	emit_check_write(gen, size, place->loc);
	emit(gen, INSN_MOV_REG(R2, REG_SCRATCH));
	emit(gen, INSN_ALU_REG(BPF_ADD, R2, R0));
	slot_load(gen, R0, value);
	if (place_is_field(place))
		emit_field_in(gen, place, (int32_t)gen->taken_at);
	emit(gen, INSN_STORE(mem_size[bytes], R2, (int32_t)gen->taken_at, R0));
	slot_load(gen, R0, value);
	if (place_is_field(place))
		emit_field_cut(gen, place);
	slot_release(gen, size);
	slot_release(gen, value);
}

static struct slot gen_place_address(struct gen *gen, const struct expr *place)
{
	struct slot address = slot_new(gen);
	bool userland = false;

	gen_address(gen, place, &userland);
	assert(!userland);
	slot_store(gen, address, R0);
	return address;
}

void gen_memory_assign(struct gen *gen, const struct expr *expr)
{
	struct slot address, value;

	if (object_root(expr->left)) {
		gen_part_assign(gen, expr);
		return;
	}
	if (expr->kind == EXPR_ASSIGN) {
		address = gen_place_address(gen, expr->left);
		gen_scalar(gen, expr->right);
	} else {
		value = slot_new(gen);
		gen_scalar(gen, expr->right);
		emit_scale(gen, expr->left->type, R0);
		slot_store(gen, value, R0);
		address = gen_place_address(gen, expr->left);
		gen_place_at(gen, expr->left, false);
		emit_convert(gen, R0, expr->in);
		slot_load(gen, R1, value);
		gen_binary_op(gen, expr->op, expr->in, expr->loc);
		emit_convert(gen, R0, expr->left->type);
	}
	emit_write(gen, expr->left, address);
	slot_release(gen, address);
	if (expr->kind != EXPR_ASSIGN)
		slot_release(gen, value);
}

void gen_memory_step(struct gen *gen, const struct expr *expr)
{
	const struct type *type = expr->left->type;
	struct slot address, old;

	if (object_root(expr->left)) {
		gen_part_step(gen, expr);
		return;
	}
	address = gen_place_address(gen, expr->left);
	old = slot_new(gen);
	gen_place_at(gen, expr->left, false);
	slot_store(gen, old, R0);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R0, step_size(expr)));
	emit_convert(gen, R0, type);
	emit_write(gen, expr->left, address);
	if (expr->is_post)
		slot_load(gen, R0, old);
	slot_release(gen, old);
	slot_release(gen, address);
}
