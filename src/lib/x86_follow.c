/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/x86_follow.h"

#include <string.h>

enum { FOLLOW_NODES = 1024, FOLLOW_TOUCHES = 8192, FOLLOW_SLOTS = 48, FOLLOW_SIZE = 1 << 20 };

/* A pointer that the traced function's arguments lead to, plus a constant. */
struct pointer {
	uint32_t node; /* X86_NO_NODE: anything else */
	int64_t offset;
};

struct slot {
	int64_t at; /* from the stack pointer at entry */
	struct pointer value;
};

struct state {
	struct pointer regs[X86_FOLLOW_ROOTS];
	struct slot slots[FOLLOW_SLOTS];
	unsigned slots_len;
};

/* A place that is yet to be looked at. */
struct pending {
	uint32_t at;
	struct state state;
	struct pending *next;
};

struct follow {
	struct arena *arena;
	const uint8_t *code;
	size_t size;
	uint64_t address;
	uint8_t *marks;		       /* of each byte of the code */
	struct pending *first, *later; /* `later`: only a call that may never return leads there */
	struct pending *unused;
	struct x86_follow *out;
};

enum { MARK_SEEN = 1, MARK_TARGET = 2 };

static const struct pointer nothing = {X86_NO_NODE, 0};

uint32_t x86_follow_load(const struct x86_follow *follow, uint32_t node, int64_t offset)
{
	for (uint32_t i = X86_FOLLOW_ROOTS; i < follow->nodes_len; i++)
		if (follow->nodes[i].parent == node && follow->nodes[i].offset == offset)
			return i;
	return X86_NO_NODE;
}

static struct pointer load_of(struct follow *f, struct pointer base, int64_t offset)
{
	uint32_t node = x86_follow_load(f->out, base.node, offset);

	if (node == X86_NO_NODE && f->out->nodes_len < FOLLOW_NODES) {
		node = f->out->nodes_len;
		*arena_push(f->arena, f->out->nodes, f->out->nodes_len) = (struct x86_node){base.node, offset};
	}
	return (struct pointer){node, 0};
}

/* ---- memory ---- */

/* Below the stack pointer at entry: variables of the function's own. */
static bool is_local(struct pointer base, int64_t offset)
{
	return base.node == X86_RSP && offset < 0;
}

static struct slot *find_slot(struct state *state, int64_t at)
{
	for (unsigned i = 0; i < state->slots_len; i++)
		if (state->slots[i].at == at)
			return &state->slots[i];
	return NULL;
}

/* Whatever overlaps is gone. A slot that there is no room for is forgotten, not kept as it was. */
static void store_slot(struct state *state, int64_t at, unsigned size, struct pointer value)
{
	unsigned n = 0;

	for (unsigned i = 0; i < state->slots_len; i++)
		if (state->slots[i].at >= at + (int64_t)size || state->slots[i].at + 8 <= at)
			state->slots[n++] = state->slots[i];
	state->slots_len = n;
	if (value.node != X86_NO_NODE && n < FOLLOW_SLOTS)
		state->slots[state->slots_len++] = (struct slot){at, value};
}

/* The pointer that the instruction's memory is at. */
static struct pointer base_of(const struct state *state, const struct x86_insn *insn)
{
	const struct x86_mem *mem = &insn->mem;

	if (!mem->is_known || mem->base >= X86_FOLLOW_ROOTS || mem->index != X86_NO_REG || mem->segment)
		return nothing;
	return state->regs[mem->base];
}

static void touch(struct follow *f, struct pointer base, int64_t offset, const struct x86_insn *insn,
		  const struct x86_operand *operand)
{
	struct x86_touch *touch;
	bool is_wide = !operand->size;

	if (f->out->touches_len == FOLLOW_TOUCHES)
		return;
	touch = arena_push(f->arena, f->out->touches, f->out->touches_len);
	*touch = (struct x86_touch){.node = base.node,
				    .offset = offset,
				    .access = operand->access,
				    .size = !operand->access ? 0
					    : is_wide	     ? insn->vector_size
							     : operand->size,
				    .is_wide = operand->access && is_wide};
}

/* ---- instructions ---- */

static void forget(struct state *state, uint32_t writes)
{
	for (unsigned i = 0; i < X86_FOLLOW_ROOTS; i++)
		if (writes & 1u << i)
			state->regs[i] = nothing;
}

static const struct x86_operand *memory_of(const struct x86_insn *insn)
{
	for (unsigned i = 0; i < X86_OPERANDS; i++)
		if (insn->operands[i].kind == X86_MEM)
			return &insn->operands[i];
	return NULL;
}

static bool is_whole_reg(const struct x86_operand *operand)
{
	return operand->kind == X86_REG && operand->size == 8 && operand->reg < X86_FOLLOW_ROOTS;
}

/* What the instruction puts into its first operand, as far as that is a pointer that is followed. */
static struct pointer value_of(struct follow *f, struct state *state, const struct x86_insn *insn)
{
	const struct x86_operand *to = &insn->operands[0], *from = &insn->operands[1];
	struct pointer base = base_of(state, insn), value = nothing;
	int64_t at = base.offset + insn->mem.disp;
	struct slot *slot;

	if (to->size != 8)
		return nothing;
	if ((insn->op == X86_ADD || insn->op == X86_SUB) && is_whole_reg(to) && from->kind == X86_IMM) {
		value = state->regs[to->reg];
		value.offset += insn->op == X86_ADD ? insn->imm : -insn->imm;
	} else if (insn->op == X86_LEA && from->kind == X86_MEM && base.node != X86_NO_NODE) {
		value = (struct pointer){base.node, at};
	} else if (insn->op == X86_MOV && is_whole_reg(from)) {
		value = state->regs[from->reg];
	} else if (insn->op == X86_MOV && from->kind == X86_MEM && base.node != X86_NO_NODE) {
		slot = find_slot(state, at);
		value = !is_local(base, at) ? load_of(f, base, at) : slot ? slot->value : nothing;
	}
	return value;
}

static void push(struct state *state, const struct x86_insn *insn)
{
	const struct x86_operand *operand = &insn->operands[0];
	struct pointer value = is_whole_reg(operand) ? state->regs[operand->reg] : nothing;

	if (state->regs[X86_RSP].node != X86_RSP)
		return;
	state->regs[X86_RSP].offset -= 8;
	store_slot(state, state->regs[X86_RSP].offset, 8, value);
}

static void step(struct follow *f, struct state *state, const struct x86_insn *insn)
{
	const struct x86_operand *to = &insn->operands[0], *memory = memory_of(insn);
	struct pointer base = memory ? base_of(state, insn) : nothing, sp = state->regs[X86_RSP];
	struct pointer value = value_of(f, state, insn);
	int64_t at = base.offset + insn->mem.disp;
	bool is_call = insn->op == X86_CALL || insn->op == X86_CALL_ANYWHERE;

	if (base.node != X86_NO_NODE && insn->op != X86_NOP && !is_local(base, at))
		touch(f, base, at, insn, memory);
	if (base.node != X86_NO_NODE && memory->access & X86_WRITE && is_local(base, at))
		store_slot(state, at, memory->size ? memory->size : insn->vector_size, memory == to ? value : nothing);
	forget(state, insn->writes);
	if (is_call) {
		forget(state, 0xf37); /* what a called function may use as it likes */
		state->regs[X86_RSP] = sp;
	} else if (insn->op == X86_PUSH) {
		state->regs[X86_RSP] = sp;
		push(state, insn);
	} else if (is_whole_reg(to) && to->access & X86_WRITE) {
		state->regs[to->reg] = value;
	}
}

/* ---- paths ---- */

static void go_later(struct follow *f, uint64_t address, const struct state *state, bool is_doubtful)
{
	uint64_t at = address - f->address;
	struct pending *pending = f->unused;

	if (at >= f->size || f->marks[at] & MARK_SEEN)
		return;
	if (pending)
		f->unused = pending->next;
	else
		pending = arena_new_one(f->arena, struct pending);
	pending->at = (uint32_t)at;
	pending->state = *state;
	pending->next = is_doubtful ? f->later : f->first;
	*(is_doubtful ? &f->later : &f->first) = pending;
}

/* From one place on, until the path ends or meets another. */
static void walk(struct follow *f, uint32_t at, struct state *state)
{
	struct x86_insn insn;

	while (at < f->size && !(f->marks[at] & MARK_SEEN) &&
	       x86_decode(f->code + at, f->size - at, f->address + at, &insn)) {
		f->marks[at] |= MARK_SEEN;
		f->out->insns++;
		step(f, state, &insn);
		at += insn.size;
		if (insn.op == X86_BRANCH) {
			go_later(f, insn.target, state, false);
		} else if (insn.op == X86_JUMP) {
			go_later(f, insn.target, state, false);
			return;
		} else if (insn.op == X86_RETURN || insn.op == X86_JUMP_ANYWHERE) {
			return;
		} else if ((insn.op == X86_CALL || insn.op == X86_CALL_ANYWHERE) && at < f->size &&
			   f->marks[at] & MARK_TARGET) {
			go_later(f, f->address + at, state, true);
			return;
		}
	}
}

/* Where jumps of the function lead: what stands behind a call that never returns has another way to it. */
static void mark_targets(struct follow *f)
{
	struct x86_insn insn;

	for (size_t at = 0; at < f->size && x86_decode(f->code + at, f->size - at, f->address + at, &insn);
	     at += insn.size)
		if ((insn.op == X86_BRANCH || insn.op == X86_JUMP) && insn.target - f->address < f->size)
			f->marks[insn.target - f->address] |= MARK_TARGET;
}

void x86_follow(struct arena *arena, const uint8_t *code, size_t size, uint64_t address, struct x86_follow *out)
{
	struct follow f = {.arena = arena,
			   .code = code,
			   .size = size < FOLLOW_SIZE ? size : FOLLOW_SIZE,
			   .address = address,
			   .out = out};
	struct state state = {.slots_len = 0};
	struct pending *pending;

	*out = (struct x86_follow){0};
	f.marks = arena_alloc(arena, f.size + 1);
	for (uint32_t i = 0; i < X86_FOLLOW_ROOTS; i++) {
		state.regs[i] = (struct pointer){i, 0};
		*arena_push(arena, out->nodes, out->nodes_len) = (struct x86_node){X86_NO_NODE, 0};
	}
	mark_targets(&f);
	walk(&f, 0, &state);
	while ((pending = f.first ? f.first : f.later)) {
		*(f.first ? &f.first : &f.later) = pending->next;
		walk(&f, pending->at, &pending->state);
		pending->next = f.unused;
		f.unused = pending;
	}
}
