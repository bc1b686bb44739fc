/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which actions may follow speculate() and commit() in a clause: what is recorded either waits or does not. */
#include <string.h>

#include "front/d/check/ctx.h"

static bool is_named(const struct func *func, const char *name)
{
	return !strcmp(func->name, name);
}

static bool follows(const struct check_ctx *ctx, const char *name)
{
	for (unsigned i = 0; i < ctx->actions_len; i++)
		if (is_named(ctx->actions[i]->func, name))
			return true;
	return false;
}

/* Does it leave data, and is not about the clause itself? */
static bool is_data(const struct func *func)
{
	return (func->flags & (FUNC_RECORDS | FUNC_RECORDS_ITSELF)) && !(func->flags & FUNC_IS_SPECIAL_TIME) &&
	       !is_named(func, "speculate") && !is_named(func, "commit") && !is_named(func, "discard");
}

static bool follows_data(const struct check_ctx *ctx)
{
	for (unsigned i = 0; i < ctx->actions_len; i++)
		if (is_data(ctx->actions[i]->func))
			return true;
	return false;
}

static bool may_not(struct check_ctx *ctx, struct node *node, const char *tag, const char *what, const char *before)
{
	check_error(ctx, node, tag, "%s may not follow %s", what, before);
	return false;
}

bool check_order(struct check_ctx *ctx, struct node *call)
{
	const struct func *func = call->func;

	if (is_named(func, "speculate")) {
		if (follows(ctx, "commit"))
			return may_not(ctx, call, "D_SPEC_COMM", "speculate()", "commit()");
		if (follows(ctx, "speculate"))
			return may_not(ctx, call, "D_SPEC_SPEC", "speculate()", "speculate()");
		return !follows_data(ctx) ||
		       may_not(ctx, call, "D_SPEC_DREC", "speculate()", "an action that records data");
	}
	if (is_named(func, "commit")) {
		if (follows(ctx, "commit"))
			return may_not(ctx, call, "D_COMM_COMM", "commit()", "commit()");
		return !follows_data(ctx) ||
		       may_not(ctx, call, "D_COMM_DREC", "commit()", "an action that records data");
	}
	if ((func->flags & FUNC_ENDS) && follows(ctx, "speculate"))
		return may_not(ctx, call, "D_EXIT_SPEC", "exit()", "speculate()");
	if ((func->flags & FUNC_DESTRUCTIVE) && follows(ctx, "speculate"))
		return may_not(ctx, call, "D_ACT_SPEC", "what changes the traced system", "speculate()");
	if (is_data(func) && !ctx->in_expr && follows(ctx, "commit"))
		return may_not(ctx, call, "D_DREC_COMM", "an action that records data", "commit()");
	return true;
}

bool check_order_agg(struct check_ctx *ctx, struct node *node)
{
	if (follows(ctx, "commit"))
		return may_not(ctx, node, "D_AGG_COMM", "an aggregation", "commit()");
	return !follows(ctx, "speculate") || may_not(ctx, node, "D_AGG_SPEC", "an aggregation", "speculate()");
}
