/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses that are printed as names: keys of aggregations, values of printf(), or actions by themselves. */
#include <string.h>

#include "front/d/check/ctx.h"
#include "func/actions.h"
#include "func/gen.h"
#include "func/tables.h"

static const struct type *type_of(const char *name)
{
	const char *word = name[0] == 'u' ? name + 1 : name;

	return !strcmp(word, "mod") ? &type_symbol_module : !strcmp(word, "addr") ? &type_symbol_address : &type_symbol;
}

/* As a statement it records itself. */
static void check_symbol(struct check_ctx *ctx, struct node *call)
{
	struct node *value;

	call->type = type_of(call->name);
	ctx->out->has_stacks = true;
	if (ctx->in_expr)
		return;
	value = arena_memdup(ctx->arena, call, sizeof(*call));
	check_action_record(ctx, check_action_new(ctx, call), value);
}

#define SYMBOL(word, text)                                                                                             \
	{                                                                                                              \
		.name = word, .proto = "int64_t " word "(uintptr_t)", .doc = text, .check = check_symbol, .gen = gen_symbol,    \
		.report = report_stack,                                                                                \
	}

const struct func funcs_symbol[] = {
	SYMBOL("usym", "the function of the process that an address is in: libc.so.6`malloc"),
	SYMBOL("ufunc", "the same as usym()"),
	SYMBOL("umod", "the program or library of the process that an address is in: libc.so.6"),
	SYMBOL("uaddr", "an address of the process with its function: libc.so.6`malloc+0x1f"),
	SYMBOL("sym", "the function of the kernel that an address is in: vmlinux`vfs_read"),
	SYMBOL("func", "the same as sym()"),
	SYMBOL("mod", "the kernel, or its module, that an address is in: vmlinux"),
	{0},
};
