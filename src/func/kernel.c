/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is asked of the kernel's locks, and of processes. Locks begin with a word that says who has them. */
#include "code/gen.h"
#include "func/tables.h"

/* ---- locks ---- */

enum { MUTEX_FLAGS = 7, RW_WRITER = 0xff, RW_WANTED = 0x1ff, RW_READERS = 9 /* from this bit on */ };

static void gen_owner(struct gen *gen, const struct expr *call)
{
	gen_scalar(gen, call->args[0]);
	emit_deref(gen, 8, false, false, call->loc);
	emit(gen, INSN_ALU_IMM(BPF_AND, R0, ~MUTEX_FLAGS));
}

static void emit_truth(struct gen *gen, int op, int32_t imm)
{
	struct label yes = {0};

	emit(gen, INSN_MOV_REG(R1, R0));
	emit(gen, INSN_MOV_IMM(R0, 1));
	emit_jump_imm(gen, op, R1, imm, &yes);
	emit(gen, INSN_MOV_IMM(R0, 0));
	label_bind(gen, &yes);
}

static void gen_mutex_owner(struct gen *gen, const struct expr *call, struct value *result)
{
	(void)result;
	gen_owner(gen, call);
}

static void gen_mutex_owned(struct gen *gen, const struct expr *call, struct value *result)
{
	(void)result;
	gen_owner(gen, call);
	emit_truth(gen, BPF_JNE, 0);
}

/* Linux has mutexes of one kind. */
static void gen_mutex_adaptive(struct gen *gen, const struct expr *call, struct value *result)
{
	(void)result;
	gen_effect(gen, call->args[0]);
	emit(gen, INSN_MOV_IMM(R0, 1));
}

static void gen_mutex_spin(struct gen *gen, const struct expr *call, struct value *result)
{
	(void)result;
	gen_effect(gen, call->args[0]);
	emit(gen, INSN_MOV_IMM(R0, 0));
}

static void gen_rw(struct gen *gen, const struct expr *call)
{
	gen_scalar(gen, call->args[0]);
	emit_deref(gen, 4, false, false, call->loc);
}

static void gen_rw_read_held(struct gen *gen, const struct expr *call, struct value *result)
{
	(void)result;
	gen_rw(gen, call);
	emit(gen, INSN_ALU_IMM(BPF_RSH, R0, RW_READERS));
	emit_truth(gen, BPF_JNE, 0);
}

static void gen_rw_write_held(struct gen *gen, const struct expr *call, struct value *result)
{
	(void)result;
	gen_rw(gen, call);
	emit(gen, INSN_ALU_IMM(BPF_AND, R0, RW_WRITER));
	emit_truth(gen, BPF_JEQ, RW_WRITER);
}

static void gen_rw_iswriter(struct gen *gen, const struct expr *call, struct value *result)
{
	(void)result;
	gen_rw(gen, call);
	emit(gen, INSN_ALU_IMM(BPF_AND, R0, RW_WANTED));
	emit_truth(gen, BPF_JNE, 0);
}

/* ---- progenyof() ---- */

/* TEXT_I: a process, by its task_struct. */
static void step_parent(struct gen *gen, struct label *last)
{
	const struct loc nowhere = {0};
	struct label other = {0};

	emit_step_address(gen, R1, TEXT_J);
	emit(gen, INSN_MOV_IMM(R2, 4));
	emit_step_get(gen, R3, TEXT_I);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R3, gen_task_offset(gen, "task_struct", "tgid", nowhere)));
	emit_step_set_imm(gen, TEXT_J, 0);
	emit_call(gen, HELPER_READ_KERNEL);
	emit_jump_imm(gen, BPF_JNE, R0, 0, last);
	emit_step_get(gen, R1, TEXT_J);
	emit_step_get(gen, R2, TEXT_VALUE);
	emit_jump_reg(gen, BPF_JNE, R1, R2, &other);
	emit_step_set_imm(gen, TEXT_FOUND, 1);
	emit_jump(gen, last);
	label_bind(gen, &other);
	emit_jump_imm(gen, BPF_JEQ, R1, 0, last); /* the kernel itself */
	emit_step_address(gen, R1, TEXT_I);
	emit(gen, INSN_MOV_IMM(R2, 8));
	emit_step_get(gen, R3, TEXT_I);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R3, gen_task_offset(gen, "task_struct", "real_parent", nowhere)));
	emit_call(gen, HELPER_READ_KERNEL);
	emit_jump_imm(gen, BPF_JNE, R0, 0, last);
}

static const struct text_loop loop_parent = {.step = step_parent, .turns = 1024};

static void gen_progenyof(struct gen *gen, const struct expr *call, struct value *result)
{
	uint32_t mark = gen->scratch_now;
	struct text_area area = text_area_new(gen, 0);

	(void)result;
	if (gen->rules->pid_ns_ino)
		diag_error(gen->diags, call->loc, NULL,
			   "progenyof() is not to be had in a container, where processes have other numbers");
	gen_scalar(gen, call->args[0]);
	emit(gen, INSN_MOV32_REG(R0, R0));
	emit_text_set(gen, area, TEXT_VALUE, R0);
	emit_text_set_imm(gen, area, TEXT_FOUND, 0);
	emit_task(gen);
	emit_text_set(gen, area, TEXT_I, R0);
	emit_text_run(gen, area, &loop_parent);
	emit_text_get(gen, area, TEXT_FOUND, R0);
	scratch_release(gen, mark);
}

const struct func funcs_kernel[] = {
	{
		.name = "mutex_owned",
		.proto = {.result = PROTO_INT, .params = {{PROTO_POINTER}}},
		.doc = "does a thread have this mutex of the kernel?",
		.example = {"BEGIN { trace(mutex_owned((struct mutex *)alloca(8))); exit(0); }", "0"},
		.gen = gen_mutex_owned,
	},
	{
		.name = "mutex_owner",
		.proto = {.result = PROTO_TASK, .params = {{PROTO_POINTER}}},
		.doc = "the thread that has this mutex of the kernel; NULL: none",
		.example = {"BEGIN { trace(mutex_owner((struct mutex *)alloca(8)) == NULL); exit(0); }", "1"},
		.gen = gen_mutex_owner,
	},
	{
		.name = "mutex_type_adaptive",
		.proto = {.result = PROTO_INT, .params = {{PROTO_POINTER}}},
		.doc = "is it a mutex that threads sleep for? On Linux each is",
		.example = {"BEGIN { trace(mutex_type_adaptive((struct mutex *)alloca(8))); exit(0); }", "1"},
		.gen = gen_mutex_adaptive,
	},
	{
		.name = "mutex_type_spin",
		.proto = {.result = PROTO_INT, .params = {{PROTO_POINTER}}},
		.doc = "is it a mutex that threads spin for? On Linux none is",
		.example = {"BEGIN { trace(mutex_type_spin((struct mutex *)alloca(8))); exit(0); }", "0"},
		.gen = gen_mutex_spin,
	},
	{
		.name = "rw_read_held",
		.proto = {.result = PROTO_INT, .params = {{PROTO_POINTER}}},
		.doc = "do readers have this rwlock_t of the kernel?",
		.example = {"BEGIN { this->l = (int *)alloca(4); *this->l = 0x200; trace(rw_read_held(this->l)); "
			    "exit(0); }",
			    "1"},
		.gen = gen_rw_read_held,
	},
	{
		.name = "rw_write_held",
		.proto = {.result = PROTO_INT, .params = {{PROTO_POINTER}}},
		.doc = "does a writer have this rwlock_t of the kernel?",
		.example = {"BEGIN { this->l = (int *)alloca(4); *this->l = 0xff; trace(rw_write_held(this->l)); "
			    "exit(0); }",
			    "1"},
		.gen = gen_rw_write_held,
	},
	{
		.name = "rw_iswriter",
		.proto = {.result = PROTO_INT, .params = {{PROTO_POINTER}}},
		.doc = "does a writer have this rwlock_t of the kernel, or wait for it?",
		.example = {"BEGIN { this->l = (int *)alloca(4); *this->l = 0x100; trace(rw_iswriter(this->l)); "
			    "exit(0); }",
			    "1"},
		.gen = gen_rw_iswriter,
	},
	{
		.name = "progenyof",
		.proto = {.result = PROTO_INT, .params = {{PROTO_PID}}},
		.doc = "is the process that hit the probe this one, or one that it or its children have started?",
		.example = {"BEGIN { printf(\"%d %d\\n\", progenyof($ppid), progenyof(2)); exit(0); }", "1 0\n"},
		.flags = FUNC_LOOPS,
		.gen = gen_progenyof,
	},
	{0},
};
