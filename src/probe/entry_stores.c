/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "probe/entry_stores.h"

#include "lib/x86_value.h"
#include "probe/argloc.h"

enum { INSNS_MAX = 200 };

/* Where in the frame a place is; false: not known. */
static bool frame_offset(const struct entry_stores *out, const struct x86_place *place, int64_t *offset)
{
	const struct entry_value *base = &out->regs[place->reg];

	if (place->reg >= ENTRY_REGS || base->kind != ENTRY_FRAME)
		return false;
	*offset = base->offset + place->offset;
	return true;
}

static void store(struct entry_stores *out, int64_t at, const struct x86_step *step, struct entry_value value)
{
	if (out->len < ENTRY_STORES_MAX)
		out->list[out->len++] = (struct entry_store){at, step->size, step->kind == X86_STEP_PUSH, value};
}

static bool overlaps(const struct entry_store *store, int64_t at, unsigned size)
{
	return store->at < at + (int64_t)size && at < store->at + (int64_t)store->size;
}

static unsigned known_of(const struct entry_store *store, int64_t at, struct entry_value *value)
{
	unsigned known = store->size < store->value.size ? store->size : store->value.size;

	*value = store->value;
	value->size = known;
	return store->at == at && store->value.kind != ENTRY_UNKNOWN ? known : 0;
}

unsigned entry_stores_first(const struct entry_stores *stores, int64_t at, unsigned size, struct entry_value *value)
{
	for (unsigned i = 0; i < stores->len; i++)
		if (!stores->list[i].is_push && overlaps(&stores->list[i], at, size))
			return known_of(&stores->list[i], at, value);
	return 0;
}

unsigned entry_stores_last(const struct entry_stores *stores, int64_t at, unsigned size, struct entry_value *value)
{
	for (unsigned i = stores->len; i--;)
		if (overlaps(&stores->list[i], at, size))
			return known_of(&stores->list[i], at, value);
	if (at < 0)
		return 0;
	*value = (struct entry_value){.kind = ENTRY_MEMORY, .size = size, .offset = at}; /* the caller's frame */
	return size;
}

static struct entry_value loaded(const struct entry_stores *out, const struct x86_step *step)
{
	struct entry_value value;
	int64_t at;

	if (!frame_offset(out, &step->place, &at) || entry_stores_last(out, at, step->size, &value) < step->size)
		return (struct entry_value){.kind = ENTRY_UNKNOWN};
	return value;
}

static struct entry_value held(const struct entry_stores *out, const struct x86_step *step)
{
	struct entry_value value = {.kind = step->reg == X86_REG_VECTOR ? ENTRY_VECTOR : ENTRY_UNKNOWN,
				    .size = step->size};

	if (step->reg < 0 || step->reg >= ENTRY_REGS)
		return value;
	value = out->regs[step->reg];
	if (step->size < value.size)
		value.size = step->size;
	return value;
}

static struct entry_value shifted(const struct entry_stores *out, const struct x86_step *step)
{
	struct entry_value value = out->regs[step->to];
	unsigned bytes = ((unsigned)step->number + 7) / 8;

	value.shift += (unsigned)step->number;
	value.size -= bytes < value.size ? bytes : value.size;
	return value.kind == ENTRY_REG && value.size ? value : (struct entry_value){.kind = ENTRY_UNKNOWN};
}

/* The body's stack pointer is the lowest: it goes up again at the end. */
static void move_sp(struct entry_stores *out, const struct x86_step *step)
{
	struct entry_value *sp = &out->regs[ABI_REG_SP];

	sp->offset += step->kind == X86_STEP_PUSH ? -8 : step->kind == X86_STEP_ALIGN_SP ? ENTRY_ALIGNED : step->number;
	if (sp->kind != ENTRY_FRAME)
		return;
	if (step->kind == X86_STEP_PUSH)
		store(out, sp->offset, step, held(out, step));
	if (sp->offset < out->body_sp.offset)
		out->body_sp = *sp;
}

/* False: no further. */
static bool follow(struct entry_stores *out, const struct x86_insn *insn)
{
	struct entry_value value;
	struct x86_step step;
	int64_t at;

	x86_step(insn, &step);
	if (step.kind == X86_STEP_LEAVES)
		return false;
	if (step.kind == X86_STEP_PUSH || step.kind == X86_STEP_MOVE_SP || step.kind == X86_STEP_ALIGN_SP) {
		move_sp(out, &step);
		return true;
	}
	value = (struct entry_value){.kind = ENTRY_UNKNOWN};
	if (step.kind == X86_STEP_COPY)
		value = held(out, &step);
	else if (step.kind == X86_STEP_LOAD)
		value = loaded(out, &step);
	else if (step.kind == X86_STEP_SHIFT)
		value = shifted(out, &step);
	else if (step.kind == X86_STEP_ADDRESS && frame_offset(out, &step.place, &at))
		value = (struct entry_value){.kind = ENTRY_FRAME, .size = 8, .offset = at};
	for (unsigned i = 0; i < ENTRY_REGS; i++)
		if (step.writes >> i & 1)
			out->regs[i] = (struct entry_value){.kind = ENTRY_UNKNOWN};
	if (step.kind == X86_STEP_STORE) {
		if (frame_offset(out, &step.place, &at))
			store(out, at, &step, held(out, &step));
	} else if (step.kind != X86_STEP_OTHER && step.to < ENTRY_REGS) {
		out->regs[step.to] = value;
	}
	if (out->body_bp.kind == ENTRY_UNKNOWN && out->regs[ABI_REG_FRAME].kind == ENTRY_FRAME)
		out->body_bp = out->regs[ABI_REG_FRAME];
	return true;
}

void entry_stores_find(const uint8_t *code, size_t size, uint64_t vaddr, uint64_t until, struct entry_stores *out)
{
	struct x86_insn insn;
	size_t at = 0;

	*out = (struct entry_stores){.len = 0};
	for (unsigned i = 0; i < ENTRY_REGS; i++)
		out->regs[i] = (struct entry_value){.kind = ENTRY_REG, .size = 8, .reg = i};
	out->regs[ABI_REG_SP] = (struct entry_value){.kind = ENTRY_FRAME, .size = 8, .offset = -ABI_ENTRY_CFA};
	out->body_sp = out->regs[ABI_REG_SP];
	for (unsigned insns = 0; insns < INSNS_MAX && x86_decode(code + at, size - at, vaddr + at, &insn);
	     insns++, at += insn.size) {
		out->is_reached = insn.address == until;
		if (out->is_reached || !follow(out, &insn))
			break;
	}
}
