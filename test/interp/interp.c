/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The interpreter itself: memory that a program may touch, instructions, calls between its functions. */
#include "interp.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "code/disasm.h"
#include "private.h"

enum { STEPS_DEFAULT = 1000000, ARGS = 0x3e /* R1 to R5 */, SAVED = 0x3c0 /* R6 to R9 */ };

struct interp *interp_new(const struct image *image, unsigned cpus)
{
	struct interp *interp = interp_calloc(1, sizeof(*interp));

	interp->image = image;
	interp->cpus = cpus;
	fake_maps_new(interp);
	return interp;
}

void interp_free(struct interp *interp)
{
	if (!interp)
		return;
	interp_records_clear(interp);
	fake_maps_free(interp);
	free(interp->records);
	free(interp->ranges);
	free(interp);
}

static void allow(struct interp *interp, const void *start, size_t size, bool is_user)
{
	interp->ranges = interp_realloc(interp->ranges, (interp->ranges_len + 1) * sizeof(*interp->ranges));
	interp->ranges[interp->ranges_len++] = (struct range){(uintptr_t)start, size, is_user};
}

void interp_allow_user(struct interp *interp, const void *start, size_t size)
{
	allow(interp, start, size, true);
}

void interp_allow_kernel(struct interp *interp, const void *start, size_t size)
{
	allow(interp, start, size, false);
}

uint64_t interp_steps(const struct interp *interp)
{
	return interp->steps;
}

unsigned interp_records_len(const struct interp *interp)
{
	return interp->records_len;
}

const void *interp_record(const struct interp *interp, unsigned i, size_t *size)
{
	if (i >= interp->records_len)
		return NULL;
	*size = interp->records[i].size;
	return interp->records[i].data;
}

void interp_records_clear(struct interp *interp)
{
	for (unsigned i = 0; i < interp->records_len; i++)
		free(interp->records[i].data);
	interp->records_len = 0;
	interp->ring_used = 0;
}

/* --- failures --- */

bool run_fail(struct run *run, const char *format, ...)
{
	const struct image_program *program = run->program;
	struct buf text = {0};
	va_list args;

	if (run->has_failed)
		return false;
	run->has_failed = true;
	buf_printf(&text, "program %s, instruction %u", program->name, run->pc);
	if (run->pc < program->insns_len) {
		buf_puts(&text, " `");
		disasm_insn(&program->insns[run->pc], program->insns_len - run->pc, &text);
		buf_puts(&text, "`");
	}
	buf_puts(&text, ": ");
	va_start(args, format);
	buf_vprintf(&text, format, args);
	va_end(args);
	snprintf(run->interp->error, sizeof(run->interp->error), "%s", text.data);
	buf_free(&text);
	return false;
}

/* --- memory --- */

void run_give(struct run *run, struct region region)
{
	for (unsigned i = 0; i < run->regions_len; i++)
		if (run->regions[i].start == region.start && run->regions[i].size == region.size)
			return;
	run->regions = interp_realloc(run->regions, (run->regions_len + 1) * sizeof(*run->regions));
	run->regions[run->regions_len++] = region;
}

struct region *run_reservation(struct run *run, uint64_t address)
{
	for (unsigned i = 0; i < run->regions_len; i++)
		if (run->regions[i].is_reservation && (uintptr_t)run->regions[i].start == address)
			return &run->regions[i];
	return NULL;
}

/* The kernel counts each function's stack in steps of 32 bytes and all of a chain of calls together. */
static bool stack_fits(struct run *run)
{
	unsigned sum = 0;

	for (unsigned i = 0; i <= run->depth; i++)
		sum += run->frames[i].depth > 32 ? (run->frames[i].depth + 31) / 32 * 32 : 32;
	return sum <= STACK_SIZE ||
	       run_fail(run, "the functions in this chain of calls use %u bytes of stack, more than 512", sum);
}

static uint8_t *stack_access(struct run *run, struct frame *frame, uint64_t offset, uint64_t size, enum access access,
			     bool by_insn)
{
	int below = (int)offset - STACK_SIZE;

	if (size > STACK_SIZE - offset)
		return run_fail(run, "%llu bytes at r10%d go past the end of the stack", (unsigned long long)size,
				below),
		       NULL;
	if (by_insn && offset % size)
		return run_fail(run, "%llu bytes at r10%d are not aligned", (unsigned long long)size, below), NULL;
	for (uint64_t i = 0; i < size; i++) {
		if (access == ACCESS_READ && !frame->written[offset + i])
			return run_fail(run, "the stack byte at r10%d was never written", below + (int)i), NULL;
		frame->written[offset + i] = true;
	}
	if (size && frame->depth < STACK_SIZE - offset)
		frame->depth = STACK_SIZE - (unsigned)offset;
	return stack_fits(run) ? frame->stack + offset : NULL;
}

static uint8_t *region_access(struct run *run, const struct region *region, uint64_t offset, uint64_t size,
			      enum access access, bool by_insn)
{
	const char *verb = access == ACCESS_WRITE ? "writes" : "reads";

	if (size > region->size - offset)
		return run_fail(run, "%s %llu bytes at offset %llu of %s %s, which has %zu bytes", verb,
				(unsigned long long)size, (unsigned long long)offset, region->what, region->name,
				region->size),
		       NULL;
	if (access == ACCESS_WRITE && region->is_read_only)
		return run_fail(run, "writes to %s %s, which is read-only", region->what, region->name), NULL;
	if (by_insn && region->is_strict && offset % size)
		return run_fail(run, "%llu bytes at offset %llu of %s %s are not aligned", (unsigned long long)size,
				(unsigned long long)offset, region->what, region->name),
		       NULL;
	return region->start + offset;
}

uint8_t *run_access(struct run *run, uint64_t address, uint64_t size, enum access access, bool by_insn)
{
	const char *verb = access == ACCESS_WRITE ? "writes" : "reads";
	const struct region *past = NULL;

	for (unsigned i = 0; i <= run->depth; i++) {
		uint64_t offset = address - (uintptr_t)run->frames[i].stack;

		if (offset < STACK_SIZE)
			return stack_access(run, &run->frames[i], offset, size, access, by_insn);
	}
	for (unsigned i = run->regions_len; i-- > 0;) {
		uint64_t offset = address - (uintptr_t)run->regions[i].start;

		if (offset < run->regions[i].size)
			return region_access(run, &run->regions[i], offset, size, access, by_insn);
		if (offset < run->regions[i].size + 4096 && !past)
			past = &run->regions[i];
	}
	if (past)
		run_fail(run, "%s %llu bytes %llu after the end of %s %s, which has %zu bytes", verb,
			 (unsigned long long)size, (unsigned long long)(address - (uintptr_t)past->start - past->size),
			 past->what, past->name, past->size);
	else
		run_fail(run, "%s %llu bytes at 0x%llx, which is no memory that the program was given", verb,
			 (unsigned long long)size, (unsigned long long)address);
	return NULL;
}

/* --- registers --- */

bool run_reg_valid(struct run *run, unsigned reg)
{
	if (reg > 10)
		return run_fail(run, "there is no register r%u", reg);
	return (run->valid >> reg & 1) || run_fail(run, "r%u is used but holds nothing here", reg);
}

bool run_set_reg(struct run *run, unsigned reg, uint64_t value)
{
	if (reg >= 10)
		return run_fail(run, "r%u cannot be written", reg);
	run->regs[reg] = value;
	run->valid |= 1u << reg;
	return true;
}

/* --- loads and stores --- */

static unsigned size_of(uint8_t code)
{
	static const unsigned sizes[] = {[BPF_W >> 3] = 4, [BPF_H >> 3] = 2, [BPF_B >> 3] = 1, [BPF_DW >> 3] = 8};

	return sizes[BPF_SIZE(code) >> 3];
}

static bool run_load(struct run *run, const struct bpf_insn *insn)
{
	unsigned size = size_of(insn->code);
	uint64_t value = 0;
	const uint8_t *from;

	if (BPF_MODE(insn->code) != BPF_MEM)
		return run_fail(run, "unknown instruction");
	if (!run_reg_valid(run, insn->src_reg))
		return false;
	from = run_access(run, run->regs[insn->src_reg] + (uint64_t)(int64_t)insn->off, size, ACCESS_READ, true);
	if (!from)
		return false;
	memcpy(&value, from, size); /* little-endian, as eBPF on every machine that we know */
	return run_set_reg(run, insn->dst_reg, value);
}

/* Gives what memory held before through `old`, and what it shall hold; false: unknown operation. */
static bool atomic_result(int32_t op, uint64_t old, uint64_t source, uint64_t expected, uint64_t *result)
{
	switch (op) {
	case BPF_ADD:
	case BPF_ADD | BPF_FETCH:
		*result = old + source;
		return true;
	case BPF_OR:
	case BPF_OR | BPF_FETCH:
		*result = old | source;
		return true;
	case BPF_AND:
	case BPF_AND | BPF_FETCH:
		*result = old & source;
		return true;
	case BPF_XOR:
	case BPF_XOR | BPF_FETCH:
		*result = old ^ source;
		return true;
	case BPF_XCHG:
		*result = source;
		return true;
	case BPF_CMPXCHG:
		*result = old == expected ? source : old;
		return true;
	default:
		return false;
	}
}

static bool run_atomic(struct run *run, const struct bpf_insn *insn, uint64_t address, unsigned size)
{
	uint64_t old = 0, result, expected = size == 4 ? (uint32_t)run->regs[0] : run->regs[0];
	uint64_t source = size == 4 ? (uint32_t)run->regs[insn->src_reg] : run->regs[insn->src_reg];
	uint8_t *place = run_access(run, address, size, ACCESS_READ, true);

	if (!place || !run_access(run, address, size, ACCESS_WRITE, true))
		return false;
	if (size < 4 || address % size)
		return run_fail(run, "an atomic operation on %u bytes that are not aligned", size);
	if (insn->imm == BPF_CMPXCHG && !run_reg_valid(run, 0))
		return false;
	memcpy(&old, place, size);
	if (!atomic_result(insn->imm, old, source, expected, &result))
		return run_fail(run, "unknown instruction");
	memcpy(place, &result, size);
	if (insn->imm == BPF_CMPXCHG)
		return run_set_reg(run, 0, old);
	return insn->imm & BPF_FETCH ? run_set_reg(run, insn->src_reg, old) : true;
}

static bool run_store(struct run *run, const struct bpf_insn *insn)
{
	bool is_reg = BPF_CLASS(insn->code) == BPF_STX;
	unsigned size = size_of(insn->code);
	uint64_t address, value = (uint64_t)(int64_t)insn->imm;
	uint8_t *to;

	if (!run_reg_valid(run, insn->dst_reg) || (is_reg && !run_reg_valid(run, insn->src_reg)))
		return false;
	address = run->regs[insn->dst_reg] + (uint64_t)(int64_t)insn->off;
	if (is_reg && BPF_MODE(insn->code) == BPF_ATOMIC)
		return run_atomic(run, insn, address, size);
	if (BPF_MODE(insn->code) != BPF_MEM)
		return run_fail(run, "unknown instruction");
	to = run_access(run, address, size, ACCESS_WRITE, true);
	if (!to)
		return false;
	memcpy(to, is_reg ? &run->regs[insn->src_reg] : &value, size);
	return true;
}

static bool give_map_value(struct run *run, const struct image_reloc *reloc, uint64_t *address)
{
	struct fake_map *map = &run->interp->maps[reloc->map];
	uint32_t zero = 0;
	uint8_t *value;

	if (map->def->kind != IMAGE_ARRAY || map->def->max_entries != 1)
		return run_fail(run, "map %s is no array of one value: its address cannot be loaded", map->def->name);
	if (reloc->offset >= map->def->value_size)
		return run_fail(run, "offset %u is past the value of map %s", reloc->offset, map->def->name);
	value = fake_map_find(map, &zero, 0);
	run_give(run,
		 (struct region){.start = value, .size = map->def->value_size, .what = "map", .name = map->def->name});
	*address = (uintptr_t)value + reloc->offset;
	return true;
}

static bool run_load64(struct run *run, const struct bpf_insn *insn)
{
	const struct image_program *program = run->program;
	uint64_t value;

	if (insn->code != (BPF_LD | BPF_IMM | BPF_DW) || run->pc + 1 >= program->insns_len || insn[1].code)
		return run_fail(run, "unknown instruction");
	value = (uint32_t)insn[0].imm | (uint64_t)(uint32_t)insn[1].imm << 32;
	if (insn->src_reg == BPF_PSEUDO_FUNC) /* a function of the program, for a helper to call back */
		value = (uint64_t)(run->pc + 1 + (int64_t)insn->imm);
	for (unsigned i = 0; i < program->relocs_len; i++) {
		const struct image_reloc *reloc = &program->relocs[i];

		if (reloc->insn != run->pc)
			continue;
		if (reloc->map >= run->interp->image->maps_len)
			return run_fail(run, "there is no map %u", reloc->map);
		if (reloc->kind == RELOC_MAP)
			value = (uintptr_t)&run->interp->maps[reloc->map];
		else if (!give_map_value(run, reloc, &value))
			return false;
	}
	if (!run_set_reg(run, insn->dst_reg, value))
		return false;
	run->pc++;
	return true;
}

/* --- jumps and calls --- */

static bool compare(unsigned op, uint64_t a, uint64_t b, int64_t signed_a, int64_t signed_b)
{
	switch (op) {
	case BPF_JEQ:
		return a == b;
	case BPF_JNE:
		return a != b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	case BPF_JLT:
		return a < b;
	case BPF_JLE:
		return a <= b;
	case BPF_JSGT:
		return signed_a > signed_b;
	case BPF_JSGE:
		return signed_a >= signed_b;
	case BPF_JSLT:
		return signed_a < signed_b;
	case BPF_JSLE:
		return signed_a <= signed_b;
	default: /* BPF_JSET */
		return a & b;
	}
}

static bool run_jump(struct run *run, const struct bpf_insn *insn)
{
	bool is_64 = BPF_CLASS(insn->code) == BPF_JMP, is_reg = BPF_SRC(insn->code) == BPF_X;
	unsigned op = BPF_OP(insn->code);
	bool is_taken = op == BPF_JA;
	int64_t target = (int64_t)run->pc + insn->off;
	uint64_t a, b;

	if (op > BPF_JSLE || (op == BPF_JA && !is_64))
		return run_fail(run, "unknown instruction");
	if (op != BPF_JA) {
		if (!run_reg_valid(run, insn->dst_reg) || (is_reg && !run_reg_valid(run, insn->src_reg)))
			return false;
		a = run->regs[insn->dst_reg];
		b = is_reg ? run->regs[insn->src_reg] : (uint64_t)(int64_t)insn->imm;
		is_taken = is_64 ? compare(op, a, b, (int64_t)a, (int64_t)b)
				 : compare(op, (uint32_t)a, (uint32_t)b, (int32_t)a, (int32_t)b);
	}
	if (target + 1 < 0 || target + 1 >= run->program->insns_len)
		return run_fail(run, "jumps out of the program");
	if (is_taken)
		run->pc = (unsigned)target;
	return true;
}

static bool call_function(struct run *run, int64_t target)
{
	struct frame *frame;

	if (target < 0 || target >= run->program->insns_len)
		return run_fail(run, "calls out of the program");
	if (run->depth + 1 >= FRAMES_MAX)
		return run_fail(run, "calls are more than %d deep", FRAMES_MAX);
	frame = &run->frames[++run->depth];
	memset(frame, 0, sizeof(*frame));
	frame->return_to = run->pc;
	memcpy(frame->saved, &run->regs[6], sizeof(frame->saved));
	frame->saved_valid = run->valid & SAVED;
	run->valid &= ~(1u | SAVED);
	run->regs[10] = (uintptr_t)frame->stack + STACK_SIZE;
	run->pc = (unsigned)target - 1;
	return stack_fits(run);
}

static bool run_call_local(struct run *run, const struct bpf_insn *insn)
{
	return call_function(run, (int64_t)run->pc + 1 + insn->imm);
}

static bool run_exit(struct run *run, bool *is_done)
{
	struct frame *frame = &run->frames[run->depth];

	if (!run_reg_valid(run, 0))
		return false;
	if (run->depth == 0) {
		for (unsigned i = 0; i < run->regions_len; i++)
			if (run->regions[i].is_reservation)
				return run_fail(run, "ends without submitting or discarding its record");
		*is_done = true;
		return true;
	}
	run->pc = frame->return_to;
	memcpy(&run->regs[6], frame->saved, sizeof(frame->saved));
	run->valid = (run->valid & ~(uint32_t)(ARGS | SAVED)) | frame->saved_valid;
	run->depth--;
	run->regs[10] = (uintptr_t)run->frames[run->depth].stack + STACK_SIZE;
	return true;
}

static bool run_insn(struct run *run, bool *is_done)
{
	const struct bpf_insn *insn = &run->program->insns[run->pc];

	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		return run_alu(run, insn);
	case BPF_LD:
		return run_load64(run, insn);
	case BPF_LDX:
		return run_load(run, insn);
	case BPF_ST:
	case BPF_STX:
		return run_store(run, insn);
	default:
		if (insn->code == (BPF_JMP | BPF_CALL))
			return insn->src_reg == BPF_PSEUDO_CALL ? run_call_local(run, insn)
								: run_helper(run, insn->imm);
		if (insn->code == (BPF_JMP | BPF_EXIT))
			return run_exit(run, is_done);
		return run_jump(run, insn);
	}
}

bool run_call_back(struct run *run, uint64_t function, uint64_t first, uint64_t second)
{
	unsigned depth = run->depth;
	bool is_done = false;

	run->regs[1] = first;
	run->regs[2] = second;
	run->valid = (run->valid & ~(uint32_t)ARGS) | 1u << 1 | 1u << 2;
	if (function >= run->program->insns_len || !call_function(run, (int64_t)function))
		return run_fail(run, "calls back what is no function");
	for (unsigned steps = 0;; steps++) {
		run->pc++;
		if (run->pc >= run->program->insns_len)
			return run_fail(run, "runs past the end of the program");
		if (steps >= STEPS_DEFAULT)
			return run_fail(run, "a function that was called back did not end within %u instructions",
					STEPS_DEFAULT);
		if (!run_insn(run, &is_done))
			return false;
		run->interp->steps++;
		if (run->depth == depth)
			return true;
	}
}

static void run_to_end(struct run *run)
{
	unsigned limit = run->env->step_limit ? run->env->step_limit : STEPS_DEFAULT;
	bool is_done = false;

	for (unsigned steps = 0; !is_done; steps++, run->pc++) {
		if (run->pc >= run->program->insns_len)
			run_fail(run, "runs past the end of the program");
		else if (steps >= limit)
			run_fail(run, "did not end within %u instructions", limit);
		if (run->has_failed || !run_insn(run, &is_done))
			return;
		run->interp->steps++;
	}
}

const char *interp_run(struct interp *interp, unsigned program, const void *ctx, size_t ctx_size,
		       struct interp_env *env, uint64_t *r0)
{
	struct interp_env nothing = {0};
	struct run run = {.interp = interp, .program = &interp->image->programs[program], .env = env ? env : &nothing};

	run.frames = interp_calloc(FRAMES_MAX, sizeof(*run.frames));
	run.regs[1] = (uintptr_t)ctx;
	run.regs[10] = (uintptr_t)run.frames[0].stack + STACK_SIZE;
	run.valid = 1u << 1 | 1u << 10;
	if (ctx_size)
		run_give(&run, (struct region){.start = (uint8_t *)ctx,
					       .size = ctx_size,
					       .is_read_only = true,
					       .is_strict = true,
					       .what = "the",
					       .name = "context"});
	interp->running++;
	run_to_end(&run);
	interp->running--;
	if (!interp->running)
		fake_maps_forget_deleted(interp);
	if (r0)
		*r0 = run.regs[0];
	for (unsigned i = 0; i < run.regions_len; i++)
		if (run.regions[i].is_reservation)
			free(run.regions[i].start);
	free(run.regions);
	free(run.frames);
	return run.has_failed ? interp->error : NULL;
}
