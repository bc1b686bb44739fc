/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The thread and process that a probe is about: what built-in variables, filters and keys need of them; and when it
 * fired. */
#include "code/gen.h"

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

/*
 * R0 = process and thread, by the numbers that they have where we run: in a container, those of its own namespace, as
 * in -p and $target. Who is not of that namespace has the host's numbers.
 */
static void emit_pid_tgid(struct gen *gen)
{
	struct label elsewhere = {0}, end = {0};
	struct slot both;

	if (gen_is_of_other(gen)) { /* pid and tgid lie side by side */
		emit_task_member(gen, "pid", NULL, NULL, 8, (struct loc){0});
		return;
	}
	if (!gen->rules->pid_ns_ino) {
		emit_call(gen, HELPER_PID_TGID);
		return;
	}
	both = slot_new(gen);
	emit_imm64(gen, R1, (int64_t)gen->rules->pid_ns_dev);
	emit_imm64(gen, R2, (int64_t)gen->rules->pid_ns_ino);
	slot_address(gen, R3, both);
	emit(gen, INSN_MOV_IMM(R4, 8)); /* struct bpf_pidns_info: the thread, then the process */
	emit_call(gen, HELPER_NS_PID_TGID);
	emit_jump_imm(gen, BPF_JNE, R0, 0, &elsewhere);
	slot_load(gen, R0, both);
	emit_jump(gen, &end);
	label_bind(gen, &elsewhere);
	emit_call(gen, HELPER_PID_TGID);
	label_bind(gen, &end);
	slot_release(gen, both);
}

void emit_task_pid(struct gen *gen, const struct argloc *task)
{
	gen_argloc(gen, task, (struct loc){0});
	emit(gen, INSN_ALU_IMM(BPF_ADD, R0, gen_task_offset(gen, "task_struct", "tgid", (struct loc){0})));
	emit_deref(gen, 4, true, false, (struct loc){0});
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

void emit_pid(struct gen *gen)
{
	emit_pid_tgid(gen);
	emit_half(gen, true, true);
}

void emit_tid(struct gen *gen)
{
	emit_pid_tgid(gen);
	emit_half(gen, false, true);
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
