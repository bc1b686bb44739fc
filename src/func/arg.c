/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Built-in variables: the probe's arguments, and what else the registers tell at a probe. */

#include "code/gen.h"
#include "func/tables.h"

/* Tells frames of one thread apart, and which of them are gone: the stack grows down. */
static void gen_usp(struct gen *gen, const struct expr *node, struct value *result)
{
	static const struct argloc stack_pointer = {.n = 1, .steps = {{.op = STEP_REG, .reg = ABI_REG_SP}}};

	(void)result;
	if (gen->ctx == CTX_UPROBE)
		gen_argloc(gen, &stack_pointer, node->loc);
	else
		emit(gen, INSN_MOV_IMM(R0, 0));
}

/* The error of the system call that returns: the kernel gives it as a negative result. */
static void gen_errno(struct gen *gen, const struct expr *node, struct value *result)
{
	struct label fine = {0}, end = {0};

	(void)result;
	if (!gen->site || gen->site->kind != SITE_SYSCALL_RETURN) {
		diag_error(gen->diags, node->loc, NULL, "errno is known where a system call returns: syscall:::return");
		return;
	}
	gen_probe_arg(gen, 0, node->loc);
	emit(gen, INSN_NEG(R0));
	emit_jump_imm(gen, BPF_JGT, R0, 4095, &fine); /* unsigned: also where the result was positive */
	emit_jump(gen, &end);
	label_bind(gen, &fine);
	emit(gen, INSN_MOV_IMM(R0, 0));
	label_bind(gen, &end);
}

#define ARG(number)                                                                                                    \
	{                                                                                                              \
		.name = "arg" number, .type = PROTO_INT64,                                                             \
		.doc = "argument " number                                                                              \
		       " of the probe as a raw 64-bit number; 0 where the probe has no such argument",                 \
		.example = {"BEGIN { trace(arg" number "); exit(0); }", "0"},                                          \
	}

const struct builtin builtins_arg[] = {
	ARG("0"),
	ARG("1"),
	ARG("2"),
	ARG("3"),
	ARG("4"),
	ARG("5"),
	ARG("6"),
	ARG("7"),
	ARG("8"),
	ARG("9"),
	{
		.name = "args",
		.type = PROTO_INT64,
		.doc = "the probe's arguments with their types: args[0] and so on",
		.example = {"profile-97hz { trace(args[0]); exit(0); }", NULL},
	},
	{
		.name = "usp",
		.type = PROTO_UINT64,
		.doc = "the stack pointer of the process where its probe was hit; 0 where that is not known",
		.example = {"BEGIN { trace(usp); exit(0); }", "0"},
		.gen = gen_usp,
	},
	{
		.name = "errno",
		.type = PROTO_INT,
		.doc = "at syscall:::return the error of the system call; 0: none",
		.example = {"syscall::close:return /errno == 9/ { trace(errno); exit(0); }", NULL},
		.gen = gen_errno,
	},
	{0},
};
