/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Instructions, labels, slots, and the few sequences that everything else is made of. */
#include "code/gen.h"

#include <assert.h>
#include <stdlib.h>

/* After a jump and before the next label nothing is reached, and the kernel refuses programs with such code. */
void emit(struct gen *gen, struct bpf_insn insn)
{
	if (gen->is_dead)
		return;
	*arena_push(gen->arena, gen->insns, gen->insns_len) = insn;
	if (insn.code == (BPF_JMP | BPF_JA) || insn.code == (BPF_JMP | BPF_EXIT))
		gen->is_dead = true;
}

bool emit_take_back(struct gen *gen, int reg, int32_t *imm)
{
	const struct bpf_insn *last = gen->insns_len ? &gen->insns[gen->insns_len - 1] : NULL;

	if (gen->is_dead || !last || last->code != (BPF_ALU64 | BPF_MOV | BPF_K) || last->dst_reg != reg)
		return false;
	*imm = last->imm;
	gen->insns_len--;
	return true;
}

static void emit_load64(struct gen *gen, int reg, int src, uint32_t low, uint32_t high)
{
	emit(gen, INSN(BPF_LD | BPF_DW | BPF_IMM, reg, src, 0, low));
	emit(gen, INSN(0, 0, 0, 0, high));
}

void emit_imm64(struct gen *gen, int reg, int64_t value)
{
	if (value == (int32_t)value)
		emit(gen, INSN_MOV_IMM(reg, value));
	else
		emit_load64(gen, reg, 0, (uint32_t)value, (uint32_t)((uint64_t)value >> 32));
}

static void add_reloc(struct gen *gen, enum reloc_kind kind, unsigned map, uint32_t offset)
{
	struct image_reloc *reloc;

	assert(map != MAP_NONE);
	if (gen->is_dead)
		return;
	reloc = arena_push(gen->arena, gen->relocs, gen->relocs_len);
	*reloc = (struct image_reloc){.insn = gen->insns_len, .kind = kind, .map = map, .offset = offset};
}

void emit_map(struct gen *gen, int reg, unsigned map)
{
	add_reloc(gen, RELOC_MAP, map, 0);
	emit_load64(gen, reg, BPF_PSEUDO_MAP_FD, 0, 0);
}

void emit_map_value(struct gen *gen, int reg, unsigned map, uint32_t offset)
{
	add_reloc(gen, RELOC_MAP_VALUE, map, offset);
	emit_load64(gen, reg, BPF_PSEUDO_MAP_VALUE, 0, offset);
}

void emit_call(struct gen *gen, int helper)
{
	emit(gen, INSN_CALL(helper));
}

static bool is_jump(const struct bpf_insn *insn)
{
	unsigned op = insn->code & 0xf0;

	return BPF_CLASS(insn->code) == BPF_JMP && op != BPF_CALL && op != BPF_EXIT;
}

static void set_jump(struct gen *gen, unsigned insn, unsigned target)
{
	int64_t distance = (int64_t)target - (int64_t)insn - 1;

	if (gen->insns[insn].code == (BPF_JMP | BPF_CALL) || gen->insns[insn].code == (BPF_LD | BPF_DW | BPF_IMM)) {
		gen->insns[insn].imm = (int32_t)distance;
		return;
	}
	if (distance != (int16_t)distance)
		gen->too_long = true;
	gen->insns[insn].off = (int16_t)distance;
}

static void emit_branch(struct gen *gen, struct bpf_insn insn, struct label *label)
{
	unsigned at = gen->insns_len;

	if (gen->is_dead)
		return;
	emit(gen, insn);
	if (label->bound) {
		set_jump(gen, at, label->target);
		return;
	}
	if (!label->refs_len && is_jump(&insn)) {
		label->next_open = gen->open;
		gen->open = label;
	}
	*arena_push(gen->arena, label->refs, label->refs_len) = at;
}

static void forget_open(struct gen *gen, const struct label *label)
{
	struct label **open = &gen->open;

	while (*open && *open != label)
		open = &(*open)->next_open;
	if (*open)
		*open = label->next_open;
}

void emit_jump(struct gen *gen, struct label *label)
{
	emit_branch(gen, INSN(BPF_JMP | BPF_JA, 0, 0, 0, 0), label);
}

void emit_jump_imm(struct gen *gen, int op, int dst, int32_t imm, struct label *label)
{
	emit_branch(gen, INSN(BPF_JMP | op | BPF_K, dst, 0, 0, imm), label);
}

void emit_jump_reg(struct gen *gen, int op, int dst, int src, struct label *label)
{
	emit_branch(gen, INSN(BPF_JMP | op | BPF_X, dst, src, 0, 0), label);
}

/* A jump has 16 bits, and the kernel makes several instructions of some: this far at most, and a statement more. */
enum { ISLAND_EVERY = 1500 };

static bool is_far(const struct gen *gen, const struct label *label)
{
	return gen->insns_len - label->refs[0] > ISLAND_EVERY;
}

void emit_islands(struct gen *gen)
{
	struct label over = {0}, *next;
	bool has_far = false;

	for (const struct label *label = gen->open; label; label = label->next_open)
		has_far |= is_far(gen, label);
	if (!has_far || gen->is_dead)
		return;
	emit_jump(gen, &over);
	for (struct label *label = gen->open; label; label = next) {
		next = label->next_open;
		if (label == &over || !is_far(gen, label))
			continue;
		for (unsigned i = 0; i < label->refs_len; i++)
			set_jump(gen, label->refs[i], gen->insns_len);
		label->refs[0] = gen->insns_len;
		label->refs_len = 1;
		gen->is_dead = false;
		emit(gen, INSN(BPF_JMP | BPF_JA, 0, 0, 0, 0));
	}
	label_bind(gen, &over);
}

void begin_behind(struct gen *gen, struct label *entry)
{
	label_bind(gen, entry);
	*arena_push(gen->arena, gen->functions, gen->functions_len) = gen->insns_len;
	gen->is_dead = false;
}

void gen_behind(struct gen *gen, struct label *entry, void (*make)(struct gen *gen))
{
	if (!entry->refs_len)
		return;
	begin_behind(gen, entry);
	make(gen);
}

void emit_branch_call(struct gen *gen, struct label *label)
{
	emit_branch(gen, INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 0), label);
}

void emit_function_address(struct gen *gen, int reg, struct label *label)
{
	emit_branch(gen, INSN(BPF_LD | BPF_DW | BPF_IMM, reg, BPF_PSEUDO_FUNC, 0, 0), label);
	emit(gen, INSN(0, 0, 0, 0, 0));
}

void label_bind(struct gen *gen, struct label *label)
{
	assert(!label->bound);
	label->bound = true;
	label->target = gen->insns_len;
	if (label->refs_len)
		gen->is_dead = false;
	forget_open(gen, label);
	for (unsigned i = 0; i < label->refs_len; i++)
		set_jump(gen, label->refs[i], label->target);
}

void emit_line(struct gen *gen, struct loc loc)
{
	*arena_push(gen->arena, gen->lines, gen->lines_len) = (struct image_line){.insn = gen->insns_len, .loc = loc};
}

void emit_extend(struct gen *gen, int reg, uint32_t size, bool is_signed)
{
	int shift = 64 - 8 * (int)size;

	if (size >= 8)
		return;
	if (size == 4 && !is_signed) {
		emit(gen, INSN_MOV32_REG(reg, reg));
		return;
	}
	emit(gen, INSN_ALU_IMM(BPF_LSH, reg, shift));
	emit(gen, INSN_ALU_IMM(is_signed ? BPF_ARSH : BPF_RSH, reg, shift));
}

void emit_convert(struct gen *gen, int reg, const struct type *type)
{
	if (type->kind == TYPE_INT)
		emit_extend(gen, reg, type->size, type->is_signed);
}

struct slot slot_new(struct gen *gen)
{
	if (gen->stack_now + 8 <= gen->stack_limit) {
		gen->stack_now += 8;
		return (struct slot){.offset = -gen->stack_now};
	}
	gen->claims_early |= !gen->is_claimed;
	return (struct slot){.in_scratch = true, .offset = (int32_t)scratch_new(gen, 8)};
}

void slot_release(struct gen *gen, struct slot slot)
{
	if (slot.in_scratch)
		return;
	assert(gen->stack_now == -slot.offset);
	gen->stack_now -= 8;
}

void slot_store(struct gen *gen, struct slot slot, int reg)
{
	emit(gen, INSN_STORE(BPF_DW, slot.in_scratch ? REG_SCRATCH : R10, slot.offset, reg));
}

void slot_load(struct gen *gen, int reg, struct slot slot)
{
	emit(gen, INSN_LOAD(BPF_DW, reg, slot.in_scratch ? REG_SCRATCH : R10, slot.offset));
}

void slot_address(struct gen *gen, int reg, struct slot slot)
{
	emit(gen, INSN_MOV_REG(reg, slot.in_scratch ? REG_SCRATCH : R10));
	emit(gen, INSN_ALU_IMM(BPF_ADD, reg, slot.offset));
}

uint32_t scratch_new(struct gen *gen, uint32_t size)
{
	uint32_t offset = gen->scratch_now;

	gen->needs_scratch = true;
	gen->scratch_now += (size + 7) & ~7u;
	if (gen->scratch_now > gen->scratch_max)
		gen->scratch_max = gen->scratch_now;
	return offset;
}

void scratch_release(struct gen *gen, uint32_t mark)
{
	if (!gen->keeps_scratch)
		gen->scratch_now = mark;
}

/*
 * How many instructions the kernel may make of one, at most: it puts in code for map look-ups and some other calls, for
 * divisions, and for reads of some contexts. Jumps that do not reach any more make it refuse the program.
 */
static unsigned grown_size(const struct bpf_insn *insn)
{
	unsigned op = insn->code & 0xf0, class = BPF_CLASS(insn->code);

	if (insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg != BPF_PSEUDO_CALL)
		return insn->imm == HELPER_MAP_LOOKUP ? 14 : 6;
	if ((class == BPF_ALU64 || class == BPF_ALU) && (op == BPF_DIV || op == BPF_MOD))
		return 6;
	return class == BPF_LDX && insn->src_reg == REG_CTX ? 4 : 1;
}

bool emit_jumps_fit(const struct gen *gen, struct arena *arena)
{
	unsigned *at = arena_new_array(arena, unsigned, gen->insns_len + 1);

	if (gen->insns_len < INT16_MAX / 14)
		return true;
	for (unsigned i = 0; i < gen->insns_len; i++)
		at[i + 1] = at[i] + grown_size(&gen->insns[i]);
	for (unsigned i = 0; i < gen->insns_len; i++) {
		const struct bpf_insn *insn = &gen->insns[i];

		if (is_jump(insn) && abs((int)at[(int)i + 1 + insn->off] - (int)at[i]) > INT16_MAX)
			return false;
	}
	return true;
}

unsigned emit_branches(const struct gen *gen)
{
	unsigned own = gen->functions_len > 1 ? gen->functions[1] : gen->insns_len, calls = 0, branches = 0, inner = 0;

	for (unsigned i = 0; i < gen->insns_len; i++) {
		const struct bpf_insn *insn = &gen->insns[i];
		bool is_branch = is_jump(insn) && BPF_OP(insn->code) != BPF_JA;

		if (i >= own)
			inner += is_branch;
		else if (is_branch)
			branches++;
		else
			calls += insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL;
	}
	return branches + calls * inner;
}

void emit_drop(struct gen *gen, enum drop_cause cause)
{
	struct label none = {0};
	struct slot key = slot_new(gen);

	emit(gen, INSN_MOV_IMM(R1, 0));
	slot_store(gen, key, R1);
	emit_map(gen, R1, gen->image->map_drops);
	slot_address(gen, R2, key);
	emit_call(gen, HELPER_MAP_LOOKUP);
	emit_jump_imm(gen, BPF_JEQ, R0, 0, &none);
	emit(gen, INSN_MOV_IMM(R1, 1));
	emit(gen, INSN_ATOMIC(BPF_ADD, R0, 8 * (int)cause, R1));
	label_bind(gen, &none);
	slot_release(gen, key);
}

/* The index of a place in the script among those that errors can name. */
static unsigned error_loc(struct gen *gen, struct loc loc)
{
	struct schema *schema = gen->image->schema;

	for (unsigned i = 0; i < schema->error_locs_len; i++)
		if (schema->error_locs[i].source == loc.source && schema->error_locs[i].offset == loc.offset &&
		    schema->error_locs[i].size == loc.size)
			return i;
	*arena_push(gen->arena, schema->error_locs, schema->error_locs_len) = loc;
	return schema->error_locs_len - 1;
}

void emit_fault(struct gen *gen, enum fault fault, int reg, struct loc loc)
{
	gen->needs_fault = true;
	if (reg >= 0) {
		slot_store(gen, gen->fault_address, reg);
	} else {
		emit(gen, INSN_MOV_IMM(R1, 0));
		slot_store(gen, gen->fault_address, R1);
	}
	/* In halves, so that the verifier forgets the numbers: it would follow the handling of each fault by itself. */
	emit(gen, INSN_STORE_IMM(BPF_W, R10, gen->fault_info.offset, (int32_t)(gen->action << 8 | fault)));
	emit(gen, INSN_STORE_IMM(BPF_W, R10, gen->fault_info.offset + 4, (int32_t)error_loc(gen, loc)));
	if (gen->options->asdtrace)
		emit(gen, INSN_STORE_IMM(BPF_W, R10, gen->fault_pc.offset, (int32_t)gen->insns_len));
	emit_jump(gen, gen->fault);
}

void emit_launder(struct gen *gen)
{
	struct slot slot = {.in_scratch = true, .offset = (int32_t)scratch_new(gen, 8)};

	slot_store(gen, slot, R0);
	slot_load(gen, R0, slot);
}
