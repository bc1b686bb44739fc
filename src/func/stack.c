/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stacks: keys of aggregations, or actions by themselves. */
#include "code/gen.h"
#include "func/call.h"
#include "func/print.h"
#include "func/tables.h"

enum { FRAMES_MAX = 127 };

static void check_stack(struct call *call)
{
	int64_t number;

	if (!call_args_len(call))
		return;
	if (!call_constant(call, 0, &number) || number < 1)
		call_wrong(call, 0, CALL_NOT_CONSTANT, "the number of frames must be a constant above 0");
	else if (call_args_len(call) > 1 && (!call_constant(call, 1, &number) || number < 0))
		call_wrong(call, 1, CALL_NOT_CONSTANT, "the room for names must be a constant, 0 or more");
	else
		return;
	call_break(call);
}

static int32_t frames_of(const struct expr *call, int otherwise)
{
	uint64_t frames = call->args_len ? call->args[0]->value : (uint64_t)otherwise;

	return frames < FRAMES_MAX ? (int32_t)frames : FRAMES_MAX;
}

static void gen_stack(struct gen *gen, const struct expr *call, struct value *result)
{
	(void)result;
	emit_kernel_stack(gen, frames_of(call, gen->options->stackframes));
}

static void gen_ustack(struct gen *gen, const struct expr *call, struct value *result)
{
	(void)result;
	emit_process_stack(gen, frames_of(call, gen->options->ustackframes), call->func->name, call->loc);
}

static void gen_jstack(struct gen *gen, const struct expr *call, struct value *result)
{
	(void)result;
	emit_process_stack(gen, frames_of(call, gen->options->jstackframes), call->func->name, call->loc);
}

const struct func funcs_stack[] = {
	{
		.name = "stack",
		.proto = {.result = PROTO_STACK, .params = {{PROTO_INT, .is_optional = true}}},
		.doc = "the kernel's stack, at most that many frames (stackframes): a key, or an action that prints it",
		.example = {"profile-97hz { @[stack(3)] = count(); } tick-1s { exit(0); }", NULL},
		.flags = FUNC_RECORDS_ITSELF,
		.check = check_stack,
		.gen = gen_stack,
		.report = report_values,
	},
	{
		.name = "ustack",
		.proto = {.result = PROTO_STACK, .params = {{PROTO_INT, .is_optional = true}, {PROTO_INT, .is_optional = true}}},
		.doc = "the process's stack, at most that many frames (ustackframes), by its call-frame information",
		.example = {"profile-97hz { @[ustack(3)] = count(); } tick-1s { exit(0); }", NULL},
		.flags = FUNC_RECORDS_ITSELF,
		.check = check_stack,
		.gen = gen_ustack,
		.report = report_values,
	},
	{
		.name = "jstack",
		.proto = {.result = PROTO_STACK, .params = {{PROTO_INT, .is_optional = true}, {PROTO_INT, .is_optional = true}}},
		.doc = "the same as ustack(), with jstackframes",
		.example = {"profile-97hz { @[jstack(3)] = count(); } tick-1s { exit(0); }", NULL},
		.flags = FUNC_RECORDS_ITSELF,
		.check = check_stack,
		.gen = gen_jstack,
		.report = report_values,
	},
	{0},
};
