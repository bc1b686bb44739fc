/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Actions: statements that leave something in the clause's record. What each records, src/func says. */
#include "front/d/check/ctx.h"

struct action *check_action_new(struct check_ctx *ctx, struct node *call)
{
	struct action *action = arena_new_one(ctx->arena, struct action);

	action->func = call->func;
	action->call = call;
	action->index = ctx->actions_len;
	*arena_push(ctx->arena, ctx->actions, ctx->actions_len) = action;
	if (ctx->actions_len == CHECK_ACTIONS_MAX + 1)
		check_error(ctx, call, NULL, "this clause has more than %d actions", CHECK_ACTIONS_MAX);
	return action;
}

void check_action_record(struct check_ctx *ctx, struct action *action, struct node *expr)
{
	check_action_record_as(ctx, action, expr, type_is_object(expr->type) ? expr->type : check_decay(ctx, expr));
}

void check_action_record_as(struct check_ctx *ctx, struct action *action, struct node *expr, const struct type *type)
{
	struct recorded *value = arena_push(ctx->arena, action->values, action->values_len);

	value->expr = expr;
	value->type = type;
	ctx->record_size += (value->type->size + 7u) / 8 * 8;
	if (ctx->record_size > CHECK_RECORD_MAX && !ctx->is_full) {
		diag_hint(ctx->diags,
			  check_error(ctx, action->call, NULL, "this clause records more than %d bytes",
				      CHECK_RECORD_MAX),
			  "a string takes strsize bytes (%llu now): try a smaller -x strsize",
			  (unsigned long long)ctx->options->strsize);
		ctx->is_full = true;
	}
	if (++ctx->values == CHECK_VALUES_MAX + 1)
		check_error(ctx, action->call, NULL, "this clause records more than %d values", CHECK_VALUES_MAX);
}

void check_action_agg(struct check_ctx *ctx, struct action *action, struct aggvar *agg)
{
	*arena_push(ctx->arena, action->aggs, action->aggs_len) = agg;
}
