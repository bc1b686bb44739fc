/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "probe/indirect.h"

#include "lib/x86_value.h"
#include "probe/argloc.h"

/* What is looked at of code that may be hostile. */
enum { INSNS_MAX = 4096, NESTING_MAX = 4, FUNCTIONS_MAX = 64, STEPS_MAX = 1 << 13 };

struct insn {
	uint64_t address, target;
	enum x86_op op;
	struct x86_move move;
};

/* The code of one function, while it is looked at. */
struct body {
	struct insn *insns;
	unsigned len;
	uint64_t from, to;
};

struct search {
	struct arena *arena;
	const struct elf_file *elf;
	const struct unwind *unwind;
	struct indirect *out;
	unsigned steps, functions;
};

/* A place whose value counts, before the instruction of this number. */
struct wanted {
	unsigned before;
	struct x86_place place;
};

struct worklist {
	struct wanted *list;
	unsigned len, done;
};

/* False: something there is no instruction, or there are too many. */
static bool read_insns(struct search *s, const uint8_t *code, uint64_t size, struct body *body)
{
	struct x86_insn insn;

	for (uint64_t at = 0; at < size; at += insn.size) {
		struct insn *kept;

		if (body->len == INSNS_MAX || !x86_decode(code + at, size - at, body->from + at, &insn))
			return false;
		kept = arena_push(s->arena, body->insns, body->len);
		*kept = (struct insn){.address = insn.address, .target = insn.target, .op = insn.op};
		x86_move(&insn, &kept->move);
	}
	return true;
}

static bool read_body(struct search *s, uint64_t vaddr, uint64_t size, struct body *body)
{
	const struct unwind_part *part = unwind_part_at(s->unwind, vaddr);
	uint64_t room = 0;
	const uint8_t *code;

	if (!size && part && s->unwind->base + part->pc == vaddr)
		size = part->size;
	*body = (struct body){.from = vaddr, .to = vaddr + size};
	code = elf_code(s->elf, vaddr, size, &room);
	return code && size && size <= room && elf_is_code(s->elf, vaddr) && read_insns(s, code, size, body);
}

static bool is_same(const struct x86_place *a, const struct x86_place *b)
{
	return a->reg == b->reg && a->in_memory == b->in_memory && (!a->in_memory || a->offset == b->offset);
}

static void want(struct search *s, struct worklist *work, unsigned before, const struct x86_place *place)
{
	for (unsigned i = 0; i < work->len; i++)
		if (work->list[i].before == before && is_same(&work->list[i].place, place))
			return;
	*arena_push(s->arena, work->list, work->len) = (struct wanted){before, *place};
}

static void found(struct search *s, uint64_t vaddr)
{
	const struct unwind_part *part = unwind_part_at(s->unwind, vaddr);

	if (!vaddr)
		return; /* it returns nothing there */
	if (!elf_is_code(s->elf, vaddr) || (s->unwind->parts_len && (!part || s->unwind->base + part->pc != vaddr))) {
		s->out->is_all = false; /* no function begins there */
		return;
	}
	for (unsigned i = 0; i < s->out->len; i++)
		if (s->out->vaddrs[i] == vaddr)
			return;
	*arena_push(s->arena, s->out->vaddrs, s->out->len) = vaddr;
}

static void search_function(struct search *s, uint64_t vaddr, uint64_t size, unsigned depth);

/* The place's value where this instruction has been executed. */
static void look_at(struct search *s, struct worklist *work, const struct body *body, unsigned i,
		    const struct x86_place *place, unsigned depth)
{
	const struct x86_place rax = {.reg = ARGREG_RAX};
	const struct x86_move *move = &body->insns[i].move;
	bool is_written = move->kind != X86_MOVE_NONE && move->kind != X86_MOVE_RESULT && is_same(&move->to, place);

	if (move->kind == X86_MOVE_RESULT && is_same(place, &rax)) {
		search_function(s, move->number, 0, depth + 1);
	} else if (!is_written && !place->in_memory && move->writes >> place->reg & 1) {
		s->out->is_all = false;
	} else if (!is_written) {
		want(s, work, i, place);
	} else if (move->kind == X86_MOVE_NUMBER) {
		found(s, move->number);
	} else if (move->kind == X86_MOVE_COPY) {
		want(s, work, i, &move->from);
	} else if (move->kind == X86_MOVE_MAYBE) {
		want(s, work, i, &move->from);
		want(s, work, i, place);
	} else {
		s->out->is_all = false;
	}
}

static bool goes_on(enum x86_op op)
{
	return op != X86_RETURN && op != X86_JUMP && op != X86_JUMP_ANYWHERE;
}

/* From all instructions that come before this one. */
static void look_before(struct search *s, struct worklist *work, const struct body *body, const struct wanted *wanted,
			unsigned depth)
{
	uint64_t address = body->insns[wanted->before].address;

	if (!wanted->before) /* what the caller left there */
		s->out->is_all = false;
	else if (goes_on(body->insns[wanted->before - 1].op))
		look_at(s, work, body, wanted->before - 1, &wanted->place, depth);
	for (unsigned i = 0; i < body->len; i++)
		if ((body->insns[i].op == X86_JUMP || body->insns[i].op == X86_BRANCH) &&
		    body->insns[i].target == address)
			look_at(s, work, body, i, &wanted->place, depth);
}

static void search_function(struct search *s, uint64_t vaddr, uint64_t size, unsigned depth)
{
	const struct x86_place rax = {.reg = ARGREG_RAX};
	struct worklist work = {0};
	struct body body;
	bool returns = false;

	if (depth > NESTING_MAX || s->functions++ > FUNCTIONS_MAX || !read_body(s, vaddr, size, &body)) {
		s->out->is_all = false;
		return;
	}
	for (unsigned i = 0; i < body.len; i++) {
		const struct insn *insn = &body.insns[i];

		if (insn->op == X86_RETURN) {
			want(s, &work, i, &rax);
			returns = true;
		} else if (insn->op == X86_JUMP && (insn->target < body.from || insn->target >= body.to)) {
			search_function(s, insn->target, 0, depth + 1); /* what it returns is the result */
			returns = true;
		} else if (insn->op == X86_JUMP_ANYWHERE) {
			s->out->is_all = false;
		}
	}
	s->out->is_all &= returns;
	for (; work.done < work.len && s->steps < STEPS_MAX; work.done++, s->steps++) {
		const struct wanted wanted = work.list[work.done];

		look_before(s, &work, &body, &wanted, depth);
	}
	s->out->is_all &= work.done == work.len;
}

void indirect_find(struct arena *arena, const struct elf_file *elf, const struct unwind *unwind, uint64_t vaddr,
		   uint64_t size, struct indirect *out)
{
	struct search s = {.arena = arena_new(), .elf = elf, .unwind = unwind, .out = out};

	*out = (struct indirect){.is_all = true};
	search_function(&s, vaddr, size, 0);
	out->vaddrs = out->len ? arena_memdup(arena, out->vaddrs, out->len * sizeof(*out->vaddrs)) : NULL;
	arena_free(s.arena);
}
