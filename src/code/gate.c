/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Gates: what a firing has to pass before the first clause of its program. Is the script running? Is the process one
 * that is traced? Did the function's entry save what its return needs? Is there scratch memory?
 */
#include <stddef.h>

#include "code/program.h"
#include "lib/kernel_functions.h"

void gate_running(struct gen *gen, struct label *out)
{
	emit_map_value(gen, R1, gen->image->map_state, offsetof(struct image_state, run));
	emit(gen, INSN_LOAD(BPF_W, R1, R1, 0));
	emit_jump_imm(gen, BPF_JNE, R1, RUN_ON, out);
}

/*
 * We do not fire probes of our own process: a marker of the reading would leave a record, which is read and hits that
 * marker, for ever. Only where a file of ours is traced, as it costs a call.
 */
void gate_self(struct gen *gen, struct label *out)
{
	emit_visible_pid(gen);
	emit_map_value(gen, R1, gen->image->map_state, offsetof(struct image_state, tracer));
	emit(gen, INSN_LOAD(BPF_W, R1, R1, 0));
	emit_jump_reg(gen, BPF_JEQ, R0, R1, out);
}

/*
 * Claims one of this processor's areas. A thread can be preempted inside a probe by another one that hits a probe, so
 * an area belongs to a run until it is given back, not to the processor.
 */
void gate_scratch(struct gen *gen, struct label *out)
{
	struct slot key = slot_new(gen);
	struct label got = {0}, none = {0};

	emit_call(gen, HELPER_CPU);
	emit(gen, INSN_MOV_REG(REG_KEEP, R0));
	emit(gen, INSN_ALU_IMM(BPF_MUL, REG_KEEP, SCRATCH_CLAIMS));
	for (int i = 0; i < SCRATCH_CLAIMS; i++) {
		slot_store(gen, key, REG_KEEP);
		emit_map(gen, R1, gen->layout->map_scratch);
		slot_address(gen, R2, key);
		emit_call(gen, HELPER_MAP_LOOKUP);
		emit_jump_imm(gen, BPF_JEQ, R0, 0, &none);
		emit(gen, INSN_MOV_REG(REG_SCRATCH, R0));
		emit(gen, INSN_MOV_IMM(R1, 1));
		emit(gen, INSN_ATOMIC(BPF_XCHG, REG_SCRATCH, 0, R1));
		emit_jump_imm(gen, BPF_JEQ, R1, 0, &got);
		emit(gen, INSN_ALU_IMM(BPF_ADD, REG_KEEP, 1));
	}
	label_bind(gen, &none);
	emit_drop(gen, DROP_BUSY);
	emit_jump(gen, out);
	label_bind(gen, &got);
	slot_release(gen, key);
}

/*
 * The key under which an entry saves for its return: process, stack pointer at the entry, probe. Not the thread: a
 * coroutine may return on another one than it was called on, and no two calls of a process that are under way have one
 * stack pointer.
 */
int32_t gate_save_key(struct gen *gen, const struct argloc *entry_sp)
{
	int32_t base;

	gen->stack_now += 24;
	base = -gen->stack_now;
	emit_call(gen, HELPER_PID_TGID);
	emit(gen, INSN_ALU_IMM(BPF_RSH, R0, 32));
	emit(gen, INSN_STORE(BPF_DW, R10, base, R0));
	gen_argloc(gen, entry_sp, (struct loc){0});
	emit(gen, INSN_STORE(BPF_DW, R10, base + 8, R0));
	gen_probe_index(gen, R1);
	emit(gen, INSN_STORE(BPF_DW, R10, base + 16, R1));
	return base;
}

void gate_stack_address(struct gen *gen, int reg, int32_t offset)
{
	emit(gen, INSN_MOV_REG(reg, R10));
	emit(gen, INSN_ALU_IMM(BPF_ADD, reg, offset));
}

/* Fetches what the entry saved; without it (the call was under way when we attached) the probe does not fire. */
void gate_saved(struct gen *gen, const struct site *site, struct label *out)
{
	int32_t key = gate_save_key(gen, &site->entry_sp);

	emit_map(gen, R1, gen->layout->map_saves);
	gate_stack_address(gen, R2, key);
	emit_call(gen, HELPER_MAP_LOOKUP);
	emit_jump_imm(gen, BPF_JEQ, R0, 0, out);
	for (unsigned i = 0; i < site->saves_len; i++) {
		emit(gen, INSN_LOAD(BPF_DW, R1, R0, 8 * (int)i));
		slot_store(gen, gen->saved[i], R1);
	}
	emit_map(gen, R1, gen->layout->map_saves);
	gate_stack_address(gen, R2, key);
	emit_call(gen, HELPER_MAP_DELETE);
	gen->stack_now -= 24;
}

/*
 * sys_enter and sys_exit are one tracepoint each for all system calls: which one it is tells the probe, if there is
 * any. Calls of 32-bit programs have other numbers and are none of ours.
 */
void gate_syscall(struct gen *gen, struct label *out)
{
	struct slot number = slot_new(gen);

	if (gen->site->kind == SITE_SYSCALL_ENTRY) {
		emit(gen, INSN_LOAD(BPF_DW, R0, REG_CTX, ABI_SYSCALL_NUMBER));
	} else {
		emit(gen, INSN_LOAD(BPF_DW, R0, REG_CTX, ABI_SYSCALL_REGS));
		emit(gen, INSN_ALU_IMM(BPF_ADD, R0, ABI_REGS_SYSCALL));
		emit_deref(gen, 8, false, false, (struct loc){0});
	}
	slot_store(gen, number, R0);
	emit_map(gen, R1, gen->map_syscalls);
	slot_address(gen, R2, number);
	emit_call(gen, HELPER_MAP_LOOKUP);
	slot_release(gen, number);
	emit_jump_imm(gen, BPF_JEQ, R0, 0, out);
	emit(gen, INSN_LOAD(BPF_W, R0, R0, 0));
	emit_jump_imm(gen, BPF_JEQ, R0, 0, out);
	emit(gen, INSN_ALU_IMM(BPF_SUB, R0, 1));
	slot_store(gen, gen->probe_index, R0);
	emit(gen, INSN_LOAD(BPF_DW, R0, REG_CTX, ABI_SYSCALL_REGS));
	emit(gen, INSN_ALU_IMM(BPF_ADD, R0, ABI_REGS_MODE));
	emit_deref(gen, 8, false, false, (struct loc){0});
	emit_jump_imm(gen, BPF_JNE, R0, ABI_MODE_USER_NATIVE, out);
}

/* What the kernel filters for uprobes is filtered here for its own probes. */
void gate_process(struct gen *gen, struct label *out)
{
	struct slot key = slot_new(gen);
	struct label all = {0};

	emit_map_value(gen, R1, gen->image->map_state, offsetof(struct image_state, by_pid));
	emit(gen, INSN_LOAD(BPF_W, R1, R1, 0));
	emit_jump_imm(gen, BPF_JEQ, R1, 0, &all);
	if (gen->site && gen->site->owner.n)
		emit_visible_pid_of(gen, &gen->site->owner);
	else
		emit_visible_pid(gen);
	slot_store(gen, key, R0);
	emit_map(gen, R1, layout_pids_map(gen->arena, gen->image));
	slot_address(gen, R2, key);
	emit_call(gen, HELPER_MAP_LOOKUP);
	emit_jump_imm(gen, BPF_JEQ, R0, 0, out);
	label_bind(gen, &all);
	slot_release(gen, key);
}
