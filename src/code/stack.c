/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stacks. A program makes a stack in scratch memory, and its number by hashing it; the first of its number goes into a
 * map. Records and keys hold the number alone. The kernel gives its own stack; a process's is walked (unwind.c).
 */
#include "code/stack_private.h"
#include "func/func.h"
#include "lib/abi.h"

enum { EEXIST_ = 17 };

static void emit_area(struct gen *gen, int reg, uint32_t area, uint32_t offset)
{
	emit(gen, INSN_MOV_REG(reg, REG_SCRATCH));
	emit(gen, INSN_ALU_IMM(BPF_ADD, reg, area + offset));
}

/* R0: the number of the stack or symbol in the area, once it is in its map. */
static void emit_keep(struct gen *gen, uint32_t area, unsigned map)
{
	struct slot number = slot_new(gen);
	struct label known = {0}, good = {0}, end = {0};

	emit(gen, INSN_LOAD(BPF_W, R2, REG_SCRATCH, (int32_t)area + AREA_PID));
	emit_area(gen, R4, area, 0);
	emit_hash(gen, R4, R2);
	emit(gen, INSN_ALU_IMM(BPF_OR, R1, 1)); /* 0 means none */
	if (map == gen->image->map_symbols) {	/* see symbol_is_kernel() */
		emit(gen, INSN_ALU_IMM(BPF_LSH, R1, 1));
		emit(gen, INSN_ALU_IMM(BPF_RSH, R1, 1));
	}
	slot_store(gen, number, R1);
	emit_map(gen, R1, map);
	slot_address(gen, R2, number);
	emit_call(gen, HELPER_MAP_LOOKUP);
	emit_jump_imm(gen, BPF_JNE, R0, 0, &known);
	emit_map(gen, R1, map);
	slot_address(gen, R2, number);
	emit_area(gen, R3, area, AREA_VALUE);
	emit(gen, INSN_MOV_IMM(R4, BPF_NOEXIST));
	emit_call(gen, HELPER_MAP_UPDATE);
	emit_jump_imm(gen, BPF_JEQ, R0, 0, &good);
	emit_jump_imm(gen, BPF_JEQ, R0, -EEXIST_, &good);
	emit_drop(gen, DROP_STACK);
	emit(gen, INSN_MOV_IMM(R0, 0));
	emit_jump(gen, &end);
	label_bind(gen, &known);
	label_bind(gen, &good);
	slot_load(gen, R0, number);
	label_bind(gen, &end);
	slot_release(gen, number);
}

static void emit_begin(struct gen *gen, uint32_t area)
{
	emit(gen, INSN_STORE_IMM(BPF_DW, REG_SCRATCH, (int32_t)area + AREA_LEN, 0)); /* and the flags */
	emit(gen, INSN_STORE_IMM(BPF_DW, REG_SCRATCH, (int32_t)area + AREA_PID, 0));
	emit(gen, INSN_STORE_IMM(BPF_DW, REG_SCRATCH, (int32_t)area + AREA_HASH, 0));
}

/* R0: how many bytes of the kernel's stack are in the area from frame `at` on, `skip` frames of it left out; below 0:
 * none. */
static void emit_stack_by_helper(struct gen *gen, uint32_t area, int32_t at, int32_t frames, int32_t skip)
{
	emit(gen, INSN_MOV_REG(R1, REG_CTX));
	emit_area(gen, R2, area, (uint32_t)(AREA_PCS + 8 * at));
	emit(gen, INSN_MOV_IMM(R3, 8 * (frames - at)));
	emit(gen, INSN_MOV_IMM(R4, skip));
	emit_call(gen, HELPER_KERNEL_STACK);
}

/*
 * Around a function there are our program and the trampoline, which are none of the kernel's own. The function itself
 * comes next, at the instruction that called the trampoline, or not, by the kernel and by what else is around the
 * function. As with a kprobe, it shall be the first at its entry, and not be there at its return.
 */
static void emit_function_stack(struct gen *gen, uint32_t area, int32_t frames)
{
	enum { TRAMPOLINE = 2, ENTRY_SIZE = 16 };
	const int32_t first = (int32_t)area + AREA_PCS;
	struct label good = {0}, empty = {0};

	emit_stack_by_helper(gen, area, 0, frames, TRAMPOLINE);
	if (!gen->site->vaddr)
		return;
	emit(gen, INSN_LOAD(BPF_DW, R2, REG_SCRATCH, first));
	emit_imm64(gen, R1, (int64_t)gen->site->vaddr);
	emit(gen, INSN_ALU_REG(BPF_SUB, R2, R1));
	emit_jump_imm(gen, site_is_return(gen->site) ? BPF_JGT : BPF_JLE, R2, ENTRY_SIZE, &good);
	if (site_is_return(gen->site)) {
		emit_stack_by_helper(gen, area, 0, frames, TRAMPOLINE + 1);
	} else {
		emit_stack_by_helper(gen, area, 1, frames, TRAMPOLINE);
		emit_jump_imm(gen, BPF_JSGE, R0, 0, &empty);
		emit(gen, INSN_MOV_IMM(R0, 0));
		label_bind(gen, &empty);
		emit(gen, INSN_ALU_IMM(BPF_ADD, R0, 8));
		emit_imm64(gen, R1, (int64_t)gen->site->vaddr);
		emit(gen, INSN_STORE(BPF_DW, REG_SCRATCH, first, R1));
	}
	label_bind(gen, &good);
}

/* The number of frames in the area, or the second of them; 0: there is none. */
static void emit_of_area(struct gen *gen, uint32_t area, enum stack_part part)
{
	struct label end = {0};

	emit(gen, INSN_MOV_IMM(R0, 0));
	emit(gen, INSN_LOAD(BPF_W, R1, REG_SCRATCH, (int32_t)area + AREA_FLAGS));
	emit(gen, INSN_ALU_IMM(BPF_AND, R1, STACK_NO_PROCESS));
	emit_jump_imm(gen, BPF_JNE, R1, 0, &end); /* nobody has looked at the process yet */
	emit(gen, INSN_LOAD(BPF_W, R1, REG_SCRATCH, (int32_t)area + AREA_LEN));
	if (part == STACK_DEPTH) {
		emit(gen, INSN_MOV_REG(R0, R1));
	} else {
		emit_jump_imm(gen, BPF_JLT, R1, 2, &end);
		emit(gen, INSN_LOAD(BPF_DW, R0, REG_SCRATCH, (int32_t)area + AREA_PCS + 8));
	}
	label_bind(gen, &end);
}

/* The kernel's stack goes to the area, with its length; `none`: there is none. */
static void emit_kernel_area(struct gen *gen, uint32_t area, int32_t frames, struct label *none)
{
	emit_begin(gen, area);
	if (gen->ctx == CTX_FUNCTION)
		emit_function_stack(gen, area, frames);
	else
		emit_stack_by_helper(gen, area, 0, frames, 0);
	emit_jump_imm(gen, BPF_JSLE, R0, 0, none);
	emit(gen, INSN_ALU_IMM(BPF_RSH, R0, 3));
	emit(gen, INSN_STORE(BPF_W, REG_SCRATCH, (int32_t)area + AREA_LEN, R0));
}

void emit_kernel_part(struct gen *gen, enum stack_part part)
{
	uint32_t mark = gen->scratch_now, area = scratch_new(gen, AREA_SIZE);
	int32_t frames = part == STACK_DEPTH ? STACK_FRAMES - 1 : 2;
	struct label none = {0};

	emit(gen, INSN_MOV_IMM(R0, 0));
	if (gen->ctx == CTX_DIRECT)
		return;
	emit_kernel_area(gen, area, frames, &none);
	label_bind(gen, &none);
	emit_of_area(gen, area, part);
	scratch_release(gen, mark);
}

void emit_kernel_stack(struct gen *gen, int32_t frames)
{
	uint32_t mark = gen->scratch_now, area = scratch_new(gen, AREA_SIZE);
	struct label none = {0};

	if (gen->ctx == CTX_DIRECT) { /* BEGIN, END, ERROR: it would be our own */
		emit(gen, INSN_MOV_IMM(R0, 0));
		return;
	}
	emit_kernel_area(gen, area, frames, &none);
	emit_area(gen, R1, area, 0);
	emit_branch_call(gen, &gen->hash_entry);
	label_bind(gen, &none);
	emit_keep(gen, area, layout_stacks_map(gen->arena, gen->image));
	scratch_release(gen, mark);
}

/* The process's registers, when it came into the kernel, to pc, sp and bp of the area. */
static void emit_registers(struct gen *gen, uint32_t area, struct label *none)
{
	static const struct {
		int32_t from, to;
	} words[] = {{ABI_REGS_PC, AREA_PC}, {ABI_REGS_SP, AREA_SP}, {ABI_REGS_FRAME, AREA_BP}};
	int from = REG_CTX;
	int32_t base = 0;

	if (gen->ctx != CTX_UPROBE) {
		emit_call(gen, HELPER_TASK_BTF);
		emit(gen, INSN_MOV_REG(R1, R0));
		emit_call(gen, HELPER_TASK_REGS);
		emit(gen, INSN_MOV_REG(R3, R0));
		emit_area(gen, R1, area, AREA_PCS);
		emit(gen, INSN_MOV_IMM(R2, ABI_REGS_SIZE));
		emit_call(gen, HELPER_READ_KERNEL);
		emit_jump_imm(gen, BPF_JNE, R0, 0, none);
		from = REG_SCRATCH;
		base = (int32_t)area + AREA_PCS;
		emit(gen, INSN_LOAD(BPF_W, R1, from, base + ABI_REGS_MODE));
		emit(gen, INSN_ALU_IMM(BPF_AND, R1, ABI_MODE_MASK));
		emit_jump_imm(gen, BPF_JNE, R1, ABI_MODE_USER, none); /* a thread of the kernel's own */
	}
	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		emit(gen, INSN_LOAD(BPF_DW, R1, from, base + words[i].from));
		emit(gen, INSN_STORE(BPF_DW, REG_SCRATCH, (int32_t)area + words[i].to, R1));
	}
}

static bool refuse_without_loops(struct gen *gen, const char *name, struct loc loc)
{
	if (gen->rules->has_loops)
		return false;
	if (!gen->first_round) /* it is said once */
		return true;
	diag_hint(gen->diags,
		  diag_error(gen->diags, loc, NULL,
			     "%s() is not available on this kernel: its programs cannot call a function in a loop "
			     "(bpf_loop, Linux 5.17)",
			     name),
		  "everything else works, stack() too; `cephtap doctor` lists what this kernel lacks");
	return true;
}

static void emit_process_area(struct gen *gen, uint32_t area, int32_t frames, struct label *none)
{
	layout_unwind_maps(gen->arena, gen->image);
	emit_begin(gen, area);
	emit_registers(gen, area, none);
	emit(gen, INSN_STORE_IMM(BPF_DW, REG_SCRATCH, (int32_t)area + AREA_LIMIT, frames));
	emit(gen, INSN_STORE_IMM(BPF_DW, REG_SCRATCH, (int32_t)area + AREA_FOUND,
				 gen->site && site_is_at_entry(gen->site) ? FOUND_ENTRY : FOUND_EXACT));
	emit_stack_pid(gen);
	emit(gen, INSN_STORE(BPF_W, REG_SCRATCH, (int32_t)area + AREA_PID, R0));
	emit_area(gen, R1, area, 0);
	emit_branch_call(gen, &gen->unwind_entry);
}

void emit_process_stack(struct gen *gen, int32_t frames, const char *name, struct loc loc)
{
	uint32_t mark = gen->scratch_now, area = scratch_new(gen, AREA_SIZE);
	struct label none = {0};

	if (gen->ctx == CTX_DIRECT || refuse_without_loops(gen, name, loc)) {
		emit(gen, INSN_MOV_IMM(R0, 0));
		return;
	}
	emit_process_area(gen, area, frames, &none);
	label_bind(gen, &none);
	emit_keep(gen, area, layout_stacks_map(gen->arena, gen->image));
	scratch_release(gen, mark);
}

void emit_process_part(struct gen *gen, enum stack_part part, const char *name, struct loc loc)
{
	uint32_t mark = gen->scratch_now, area = scratch_new(gen, AREA_SIZE);
	struct label none = {0};

	if (gen->ctx == CTX_DIRECT || refuse_without_loops(gen, name, loc)) {
		emit(gen, INSN_MOV_IMM(R0, 0));
		return;
	}
	emit_process_area(gen, area, part == STACK_DEPTH ? STACK_FRAMES - 1 : 2, &none);
	label_bind(gen, &none);
	emit_of_area(gen, area, part);
	scratch_release(gen, mark);
}

/* ---- symbols: an address with its process ---- */

/* So that the tracer knows what the process has mapped, should it end before anything is printed. */
static void emit_want_unknown(struct gen *gen, uint32_t area)
{
	struct label known = {0};

	layout_unwind_maps(gen->arena, gen->image);
	emit_map(gen, R1, gen->image->map_processes);
	emit_area(gen, R2, area, AREA_PID);
	emit_call(gen, HELPER_MAP_LOOKUP);
	emit_jump_imm(gen, BPF_JNE, R0, 0, &known);
	emit_area(gen, R5, area, 0);
	emit_want(gen, R5);
	label_bind(gen, &known);
}

void emit_symbol(struct gen *gen, const struct expr *address, bool is_user)
{
	uint32_t mark = gen->scratch_now, area = scratch_new(gen, AREA_VALUE + sizeof(struct symbol_value));
	struct label end = {0};

	gen_scalar_as(gen, address, &type_uint64);
	if (!is_user)
		emit_jump_imm(gen, BPF_JSLT, R0, 0, &end);
	emit(gen, INSN_STORE(BPF_DW, REG_SCRATCH, (int32_t)(area + AREA_VALUE + offsetof(struct symbol_value, address)),
			     R0));
	emit(gen, INSN_STORE_IMM(BPF_DW, REG_SCRATCH, (int32_t)area + AREA_PID, 0));
	emit(gen, INSN_STORE_IMM(BPF_DW, REG_SCRATCH, (int32_t)area + AREA_HASH, 0));
	emit_area(gen, R4, area, 0);
	emit_hash(gen, R4, R0);
	if (is_user) {
		emit_stack_pid(gen);
		emit(gen, INSN_STORE(BPF_W, REG_SCRATCH, (int32_t)area + AREA_PID, R0));
		if (gen->ctx != CTX_DIRECT)
			emit_want_unknown(gen, area);
	}
	emit_keep(gen, area, layout_symbols_map(gen->arena, gen->image));
	label_bind(gen, &end);
	scratch_release(gen, mark);
}

_Static_assert(offsetof(struct symbol_value, pid) == offsetof(struct stack_value, pid), "one area serves both");
