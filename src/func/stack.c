/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stacks: keys of aggregations, or actions by themselves. */
#include <string.h>

#include "front/d/check/ctx.h"
#include "func/actions.h"
#include "func/gen.h"
#include "func/tables.h"

enum { FRAMES_MAX = 127 };

static bool is_frames(struct check_ctx *ctx, struct node *arg)
{
	if (check_failed(arg))
		return false;
	if (arg->is_const && arg->ival >= 1 && arg->ival <= FRAMES_MAX)
		return true;
	check_error(ctx, arg, arg->is_const ? "D_USTACK_FRAMES" : "D_STACK_SIZE",
		    "the number of frames must be a constant from 1 to %d", FRAMES_MAX);
	return false;
}

/* As a statement it records itself. */
static void check_stack(struct check_ctx *ctx, struct node *call)
{
	struct node *value;

	if (call->args_len && !is_frames(ctx, call->args[0])) {
		call->type = &type_error;
		return;
	}
	call->type = &type_stack;
	ctx->out->has_stacks = true;
	if (ctx->in_expr)
		return;
	value = arena_memdup(ctx->arena, call, sizeof(*call));
	check_action_record(ctx, check_action_new(ctx, call), value);
}

const struct func funcs_stack[] = {
	{
		.name = "stack",
		.proto = "int64_t stack([int])",
		.doc = "the kernel's stack, at most so many frames (stackframes): a key, or an action that prints it",
		.check = check_stack,
		.gen = gen_stack,
		.report = report_stack,
	},
	{
		.name = "ustack",
		.proto = "int64_t ustack([int], [int])",
		.doc = "the process's stack, at most so many frames (ustackframes), by its call-frame information",
		.check = check_stack,
		.gen = gen_ustack,
		.report = report_stack,
	},
	{
		.name = "jstack",
		.proto = "int64_t jstack([int], [int])",
		.doc = "the same as ustack(), with jstackframes",
		.check = check_stack,
		.gen = gen_ustack,
		.report = report_stack,
	},
	{0},
};
