/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "probe/leaving.h"

#include "lib/x86_value.h"

enum { PARTS_MAX = 64, REGS = 16 };

struct code_extent {
	uint64_t from, to;
};

/* The stack protector's branch, while what stands behind it is looked at. */
struct protector {
	uint64_t branch; /* 0: none, or something stands behind it that may not */
	struct argloc result;
	uint32_t written; /* registers, since the branch */
};

struct search {
	struct arena *arena;
	const struct elf_file *elf;
	const struct unwind *unwind;
	struct code_extent
		parts[PARTS_MAX]; /* of the function: where it begins, and what it jumps to that is not a function */
	unsigned parts_len, now;
	struct protector protector;
	bool is_canary_before;	       /* the last instruction compared the canary */
	enum x86_origin origins[REGS]; /* of what the registers hold */
	uint64_t *targets;	       /* of all branches and jumps */
	unsigned targets_len;
	struct leaving *out;
};

static struct argloc reg_loc(unsigned reg)
{
	return (struct argloc){.n = 1, .steps = {{.op = STEP_REG, .reg = (uint8_t)reg}}};
}

static bool is_inside(const struct search *s, uint64_t target)
{
	for (unsigned i = 0; i < s->parts_len; i++)
		if (target >= s->parts[i].from && target < s->parts[i].to)
			return true;
	return false;
}

/*
 * What is jumped to is the function's own when the stack is not as it is at the beginning of a function: then nobody
 * else can use it. Its part is looked at too.
 */
static bool take_part(struct search *s, uint64_t target)
{
	const struct unwind_part *part = unwind_part_at(s->unwind, target);
	const struct unwind_row *row = unwind_row_at(s->unwind, target);

	if (!part || part->is_entry || !row || row->kind == UNWIND_PLT || row->kind == UNWIND_NONE ||
	    s->parts_len == PARTS_MAX)
		return false;
	s->parts[s->parts_len].from = s->unwind->base + part->pc;
	s->parts[s->parts_len++].to = s->unwind->base + part->pc + part->size;
	return true;
}

static bool is_own(struct search *s, uint64_t target)
{
	return is_inside(s, target) || take_part(s, target);
}

/* The stack pointer of the entry, 8 below the frame's CFA. */
static bool entry_sp_at(const struct search *s, uint64_t vaddr, struct argloc *loc)
{
	const struct unwind_row *row = unwind_row_at(s->unwind, vaddr);

	if (!row || (row->kind != UNWIND_RSP && row->kind != UNWIND_RBP))
		return false;
	*loc = reg_loc(row->kind == UNWIND_RSP ? ABI_REG_SP : ABI_REG_FRAME);
	loc->steps[loc->n++] = (struct argstep){.op = STEP_ADD, .imm = 8 * (int64_t)row->cfa - 8};
	return true;
}

static void protector_begin(struct search *s, const struct x86_insn *insn)
{
	s->protector = (struct protector){.branch = insn->address, .result = reg_loc(ABI_REG_RESULT)};
}

/* sub or xor of %fs:0x28 and a register: where glibc keeps the stack protector's word. Its copy becomes 0 if they are
 * the same. */
static bool is_canary(const struct x86_insn *insn)
{
	return (insn->op == X86_SUB || insn->op == X86_XOR) && insn->operands[0].kind == X86_REG &&
	       insn->operands[1].kind == X86_MEM && insn->mem.is_known && insn->mem.segment == 0x64 &&
	       insn->mem.base == X86_NO_REG && insn->mem.index == X86_NO_REG && insn->mem.disp == 0x28;
}

/* What a register holds after this instruction, which writes it, in terms of registers before it. */
static bool find_result(const struct x86_insn *insn, struct argloc *result)
{
	const struct x86_operand *to = &insn->operands[0], *from = &insn->operands[1];

	if (to->kind != X86_REG || to->size < 4)
		return false;
	if (insn->op == X86_XOR && from->kind == X86_REG && from->reg == to->reg) {
		*result = (struct argloc){.n = 1, .steps = {{.op = STEP_CONST}}};
		return true;
	}
	if (insn->op != X86_MOV)
		return false;
	if (from->kind == X86_REG) {
		*result = reg_loc(from->reg);
		if (to->size == 4)
			result->steps[result->n++] = (struct argstep){.op = STEP_CAST, .size = 4};
		return true;
	}
	if (from->kind != X86_MEM || !insn->mem.is_known || insn->mem.base >= X86_RIP ||
	    insn->mem.index != X86_NO_REG || insn->mem.segment)
		return false;
	*result = reg_loc(insn->mem.base);
	result->steps[result->n++] = (struct argstep){.op = STEP_LOAD, .size = to->size, .imm = insn->mem.disp};
	return true;
}

/* What %rax will hold, in terms of the registers at the branch. */
static void protector_follow(struct protector *protector, const struct x86_insn *insn)
{
	bool is_result = insn->writes >> X86_RAX & 1;

	if (is_result &&
	    (!find_result(insn, &protector->result) || (argloc_regs(&protector->result) & protector->written)))
		protector->branch = 0;
	protector->written |= insn->writes;
}

static void add_leave(struct search *s, const struct x86_insn *insn, bool is_tail_call)
{
	struct leave *leave = arena_push(s->arena, s->out->list, s->out->len);

	*leave = (struct leave){.vaddr = insn->address, .exit = insn->address, .is_tail_call = is_tail_call};
	leave->entry_sp = reg_loc(ABI_REG_SP);
	if (is_tail_call)
		return;
	leave->result = reg_loc(ABI_REG_RESULT);
	if (!s->protector.branch || !entry_sp_at(s, s->protector.branch, &leave->entry_sp))
		return;
	leave->vaddr = s->protector.branch;
	leave->result = s->protector.result;
	leave->writes = s->protector.written;
}

static void follow_origins(struct search *s, const struct x86_insn *insn)
{
	unsigned from = 0;
	enum x86_origin origin = x86_origin(insn, &from);
	uint32_t changed = x86_changes(insn);

	if (origin == X86_ORIGIN_REG)
		origin = s->origins[from];
	for (unsigned reg = 0; reg < REGS; reg++)
		if (changed >> reg & 1)
			s->origins[reg] = origin;
}

/* Is the stack as it was when the function was entered? Then a jump may go to another function. */
static bool is_stack_as_before(const struct search *s, uint64_t vaddr)
{
	const struct unwind_row *row = unwind_row_at(s->unwind, vaddr);

	return !row || row->kind == UNWIND_NONE || (row->kind == UNWIND_RSP && row->cfa == 1);
}

/* A jump through a pointer leaves, as a call of a virtual function at the end does; one through a table is a `switch`.
 */
static void take_jump_anywhere(struct search *s, const struct x86_insn *insn)
{
	unsigned from = 0;
	enum x86_origin origin = x86_origin(insn, &from);

	if (!is_stack_as_before(s, insn->address))
		return;
	if (origin == X86_ORIGIN_REG)
		origin = s->origins[from];
	if (origin == X86_ORIGIN_WORD || origin == X86_ORIGIN_KEPT) /* the latter: it was a parameter */
		add_leave(s, insn, true);
	else if (origin == X86_ORIGIN_OTHER)
		s->out->is_unsure = true;
}

static void look_at_insn(struct search *s, const struct x86_insn *insn)
{
	bool is_canary_now = is_canary(insn);

	switch (insn->op) {
	case X86_RETURN:
		add_leave(s, insn, false);
		s->protector.branch = 0;
		break;
	case X86_JUMP:
		*arena_push(s->arena, s->targets, s->targets_len) = insn->target;
		if (!is_own(s, insn->target))
			add_leave(s, insn, true);
		s->protector.branch = 0;
		break;
	case X86_BRANCH:
		*arena_push(s->arena, s->targets, s->targets_len) = insn->target;
		is_own(s, insn->target);
		s->protector.branch = 0;
		if (s->is_canary_before)
			protector_begin(s, insn);
		break;
	case X86_JUMP_ANYWHERE:
		take_jump_anywhere(s, insn);
		s->protector.branch = 0;
		break;
	default:
		follow_origins(s, insn);
		if (is_canary_now)
			s->protector.branch = 0;
		else if (s->protector.branch)
			protector_follow(&s->protector, insn);
	}
	s->is_canary_before = is_canary_now;
}

/* False: something there is no instruction. Then what came before counts no more, as data may have been read as code.
 */
static bool look_at_all(struct search *s, const uint8_t *code, uint64_t size, uint64_t vaddr)
{
	struct x86_insn insn;

	for (uint64_t at = 0; at < size; at += insn.size) {
		if (!x86_decode(code + at, size - at, vaddr + at, &insn))
			return false;
		look_at_insn(s, &insn);
	}
	return true;
}

/* Whoever jumps to behind the branch would leave without passing it. */
static void drop_bypassed(struct search *s)
{
	for (unsigned i = 0; i < s->out->len; i++) {
		struct leave *leave = &s->out->list[i];

		for (unsigned j = 0; j < s->targets_len && leave->vaddr != leave->exit; j++)
			if (s->targets[j] > leave->vaddr && s->targets[j] <= leave->exit) {
				leave->vaddr = leave->exit;
				leave->entry_sp = reg_loc(ABI_REG_SP);
				leave->result = reg_loc(ABI_REG_RESULT);
				leave->writes = 0;
			}
	}
}

void leaving_find(struct arena *arena, const struct elf_file *elf, const struct unwind *unwind, uint64_t vaddr,
		  uint64_t size, struct leaving *out)
{
	struct search s = {.arena = arena, .elf = elf, .unwind = unwind, .out = out, .parts_len = 1};

	*out = (struct leaving){0};
	s.parts[0] = (struct code_extent){vaddr, vaddr + size};
	for (s.now = 0; s.now < s.parts_len && !out->why; s.now++) {
		const struct code_extent *part = &s.parts[s.now];
		uint64_t room = 0;
		const uint8_t *code = elf_code(elf, part->from, part->to - part->from, &room);

		s.protector.branch = 0;
		s.is_canary_before = false;
		if (!code || room < part->to - part->from || part->to == part->from ||
		    !look_at_all(&s, code, part->to - part->from, part->from))
			out->why = "its instructions cannot be decoded: where it returns is not known";
	}
	if (!out->len && !out->why)
		out->why = "it has no instruction that returns";
	if (out->why)
		out->len = 0;
	drop_bypassed(&s);
}
