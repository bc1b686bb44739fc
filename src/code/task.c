/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The thread and process that a probe is about: what built-in variables, filters and keys need of them; and when it
 * fired. */
#include "code/gen.h"
#include "lib/stack_maps.h"

int gen_task_offset(struct gen *gen, const char *structure, const char *member, struct loc loc)
{
	int offset = gen->rules->offset(structure, member);

	if (offset >= 0)
		return offset;
	diag_error(gen->diags, loc, NULL, "%s::%s is not known: this kernel does not describe its types (no BTF)",
		   structure, member);
	return 0;
}

/* Whom the probe is about, where that is not the current thread: its task_struct is known. */
bool gen_is_of_other(const struct gen *gen)
{
	return gen->site && gen->site->task.n;
}

/* R0 = address of the task_struct. */
void emit_task(struct gen *gen)
{
	if (gen_is_of_other(gen))
		gen_argloc(gen, &gen->site->task, (struct loc){0});
	else
		emit_call(gen, HELPER_TASK);
}

/* R0 = `size` bytes at a member of it, which is a structure's address where `then` is not NULL: a member of that. */
void emit_task_member(struct gen *gen, const char *member, const char *of, const char *then, uint32_t size,
		      struct loc loc)
{
	emit_task(gen);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R0, gen_task_offset(gen, "task_struct", member, loc)));
	if (then) {
		emit_deref(gen, 8, false, false, loc);
		emit(gen, INSN_ALU_IMM(BPF_ADD, R0, gen_task_offset(gen, of, then, loc)));
	}
	emit_deref(gen, size, false, false, loc);
}

/* ---- numbers of processes and threads ---- */

/* A function behind the program: R0 = `size` bytes at R6 + offset; it returns 0 where they cannot be read. */
static void emit_member(struct gen *gen, int32_t offset, uint32_t size, struct label *none)
{
	emit(gen, INSN_MOV_REG(R1, R10));
	emit(gen, INSN_ALU_IMM(BPF_ADD, R1, -8));
	emit(gen, INSN_MOV_IMM(R2, (int32_t)size));
	emit(gen, INSN_MOV_REG(R3, R6));
	emit(gen, INSN_ALU_IMM(BPF_ADD, R3, offset));
	emit_call(gen, HELPER_READ_KERNEL);
	emit_jump_imm(gen, BPF_JNE, R0, 0, none);
	emit(gen, INSN_LOAD(size == 8 ? BPF_DW : BPF_W, R0, R10, -8));
}

/*
 * R1: a task_struct; R2: not 0: its process is asked for. R0: its number in the namespace in which we run, 0: it cannot
 * be seen from there. A struct pid has a number for each namespace that it can be seen from, the host's first. (The
 * kernel's own helper answers for threads of our very namespace alone, and not for those of containers in it.)
 */
static void gen_visible_number(struct gen *gen)
{
	enum { LEVELS = 6, UPID_SIZE = 16 };
	const struct loc nowhere = {0};
	struct label none = {0}, next = {0}, have_task = {0}, found = {0};

	emit(gen, INSN_MOV_REG(R6, R1));
	emit_jump_imm(gen, BPF_JEQ, R2, 0, &have_task);
	emit_member(gen, gen_task_offset(gen, "task_struct", "group_leader", nowhere), 8, &none);
	emit(gen, INSN_MOV_REG(R6, R0));
	label_bind(gen, &have_task);
	emit_member(gen, gen_task_offset(gen, "task_struct", "thread_pid", nowhere), 8, &none);
	emit_jump_imm(gen, BPF_JEQ, R0, 0, &none); /* it has ended */
	emit(gen, INSN_MOV_REG(R6, R0));
	emit_member(gen, gen_task_offset(gen, "pid", "level", nowhere), 4, &none);
	emit(gen, INSN_MOV_REG(R8, R0));
	emit(gen, INSN_ALU_IMM(BPF_ADD, R6, gen_task_offset(gen, "pid", "numbers", nowhere)));
	emit(gen, INSN_MOV_REG(R7, R6));
	emit(gen, INSN_MOV_IMM(R9, 0));
	label_bind(gen, &next);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R9, 1));
	emit_jump_imm(gen, BPF_JGT, R9, LEVELS, &none);
	emit_jump_reg(gen, BPF_JGT, R9, R8, &none);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R7, UPID_SIZE));
	emit(gen, INSN_MOV_REG(R6, R7));
	emit_member(gen, gen_task_offset(gen, "upid", "ns", nowhere), 8, &none);
	emit(gen, INSN_MOV_REG(R6, R0));
	emit_member(gen,
		    gen_task_offset(gen, "pid_namespace", "ns", nowhere) +
			    gen_task_offset(gen, "ns_common", "inum", nowhere),
		    4, &none);
	emit_imm64(gen, R1, (int64_t)gen->rules->pid_ns_ino);
	emit_jump_reg(gen, BPF_JEQ, R0, R1, &found);
	emit_jump(gen, &next);
	label_bind(gen, &found);
	emit(gen, INSN_MOV_REG(R6, R7));
	emit_member(gen, gen_task_offset(gen, "upid", "nr", nowhere), 4, &none);
	emit(gen, INSN_EXIT());
	label_bind(gen, &none);
	emit(gen, INSN_MOV_IMM(R0, 0));
	emit(gen, INSN_EXIT());
}

void gen_task_functions(struct gen *gen)
{
	gen_behind(gen, &gen->visible_entry, gen_visible_number);
}

/* R0: a task_struct; then its number, or its process's. */
static void emit_visible_number(struct gen *gen, bool is_process)
{
	emit(gen, INSN_MOV_REG(R1, R0));
	emit(gen, INSN_MOV_IMM(R2, is_process));
	emit_branch_call(gen, &gen->visible_entry);
}

/* R0 = the number on the whole host. */
static void emit_host_number(struct gen *gen, bool is_process)
{
	if (gen_is_of_other(gen)) {
		emit_task_member(gen, is_process ? "tgid" : "pid", NULL, NULL, 4, (struct loc){0});
	} else {
		emit_call(gen, HELPER_PID_TGID);
		emit_half(gen, is_process, true);
	}
}

/*
 * R0 = the number where we run: in a container, that of its own namespace, as in -p and $target. Who cannot be seen
 * from there has the host's number.
 */
static void emit_number(struct gen *gen, bool is_process)
{
	struct label end = {0};

	if (gen->rules->pid_ns_ino) {
		emit_task(gen);
		emit_visible_number(gen, is_process);
		emit_jump_imm(gen, BPF_JNE, R0, 0, &end);
	}
	emit_host_number(gen, is_process);
	label_bind(gen, &end);
}

void emit_pid(struct gen *gen)
{
	emit_number(gen, true);
}

void emit_tid(struct gen *gen)
{
	emit_number(gen, false);
}

void emit_visible_pid(struct gen *gen)
{
	if (gen->rules->pid_ns_ino) {
		emit_task(gen);
		emit_visible_number(gen, true);
	} else {
		emit_host_number(gen, true);
	}
}

void emit_visible_pid_of(struct gen *gen, const struct argloc *task)
{
	gen_argloc(gen, task, (struct loc){0});
	if (gen->rules->pid_ns_ino) {
		emit_visible_number(gen, true);
		return;
	}
	emit(gen, INSN_ALU_IMM(BPF_ADD, R0, gen_task_offset(gen, "task_struct", "tgid", (struct loc){0})));
	emit_deref(gen, 4, true, false, (struct loc){0});
}

void emit_stack_pid(struct gen *gen)
{
	struct label end = {0};

	if (gen->rules->pid_ns_ino) {
		emit_call(gen, HELPER_TASK);
		emit_visible_number(gen, true);
		emit_jump_imm(gen, BPF_JNE, R0, 0, &end);
	}
	emit_call(gen, HELPER_PID_TGID);
	emit(gen, INSN_ALU_IMM(BPF_RSH, R0, 32));
	if (gen->rules->pid_ns_ino) {
		emit_imm64(gen, R1, STACK_FOREIGN);
		emit(gen, INSN_ALU_REG(BPF_OR, R0, R1));
	}
	label_bind(gen, &end);
}

void emit_thread_key(struct gen *gen)
{
	if (gen_is_of_other(gen))
		emit_task_member(gen, "pid", NULL, NULL, 4, (struct loc){0});
	else
		emit_call(gen, HELPER_PID_TGID);
}

/* The half of a pair of 32-bit numbers in R0. */
void emit_half(struct gen *gen, bool high, bool is_signed)
{
	if (high)
		emit(gen, INSN_ALU_IMM(BPF_RSH, R0, 32));
	emit_extend(gen, R0, 4, is_signed);
}

/* One reading for a whole firing of a probe, so that all its clauses see the same time. */
void emit_time(struct gen *gen)
{
	struct label known = {0};

	gen->needs_time = true;
	slot_load(gen, R0, gen->time);
	emit_jump_imm(gen, BPF_JNE, R0, 0, &known);
	emit_call(gen, HELPER_TIME_NS);
	slot_store(gen, gen->time, R0);
	label_bind(gen, &known);
}
