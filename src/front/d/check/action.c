/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Actions: statements that leave something in the clause's record. Each says which values are recorded, in which order.
 */
#include <string.h>

#include "front/d/check/ctx.h"
#include "front/d/check/format.h"

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
	struct recorded *value = arena_push(ctx->arena, action->values, action->values_len);

	value->expr = expr;
	value->type = check_decay(ctx, expr);
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

/* A value that a record can hold; text of a fixed size goes as a string. */
static bool recordable(struct check_ctx *ctx, struct node **slot, const char *tag_void, const char *tag_dyn)
{
	struct node *node = *slot;

	if (check_failed(node))
		return false;
	if (node->type->kind == TYPE_VOID) {
		check_error(ctx, node, tag_void, "this has no value: it is `void`");
		return false;
	}
	if (node->type->kind == TYPE_AGG) {
		diag_hint(ctx->diags, check_error(ctx, node, tag_dyn, "an aggregation is not a value"),
			  "print it with printa(@)");
		return false;
	}
	if (type_is_bytes(node->type))
		*slot = check_to_string(ctx, node);
	if (type_is_scalar((*slot)->type) || type_is_string((*slot)->type) || type_is_token((*slot)->type))
		return true;
	diag_hint(ctx->diags,
		  check_error(ctx, node, tag_dyn, "a `%s` cannot be recorded as a whole",
			      check_type_text(ctx, node->type)),
		  "record its members or elements");
	return false;
}

/* The format string of a call, as its first argument; NULL after a diagnostic. */
static struct format *parse_format(struct check_ctx *ctx, struct node *call, struct action *action)
{
	struct node *text = call->args[0];
	struct format *format;

	if (!check_count(ctx, text))
		return NULL;
	text->type = type_string(ctx->arena, (uint32_t)text->text_size + 1);
	format = format_parse(ctx->arena, text->text, text->text_size, text->loc, ctx->diags);
	action->format = text->text;
	if (!format)
		call->type = &type_error;
	return format;
}

void check_printf(struct check_ctx *ctx, struct node *call)
{
	struct action *action = check_action_new(ctx, call);
	const struct type **types = arena_new_array(ctx->arena, const struct type *, call->args_len + 1);
	struct loc *locs = arena_new_array(ctx->arena, struct loc, call->args_len + 1);
	struct format *format;
	unsigned i;
	bool ok = true;

	if (!call->args_len || call->args[0]->kind != NODE_STRING) {
		diag_hint(ctx->diags,
			  call->args_len
				  ? check_error(ctx, call->args[0], "D_PRINTF_ARG_FMT",
						"printf() argument #1 must be a format string in quotes")
				  : check_error(ctx, call, "D_PROTO_LEN", "printf() takes at least 1 argument, not 0"),
			  "for example `printf(\"%%d\\n\", arg0)`");
		return;
	}
	format = parse_format(ctx, call, action);
	for (i = 1; i < call->args_len; i++) {
		check_expr(ctx, call->args[i]);
		ok = recordable(ctx, &call->args[i], "D_PRINTF_ARG_TYPE", "D_PRINTF_ARG_TYPE") && ok;
		types[i - 1] = check_decay(ctx, call->args[i]);
		locs[i - 1] = call->args[i]->loc;
	}
	if (!format || !ok ||
	    !check_format_args(format, "printf", types, locs, call->args_len - 1, call->loc, ctx->diags)) {
		call->type = &type_error;
		return;
	}
	for (i = 1; i < call->args_len; i++)
		check_action_record(ctx, action, call->args[i]);
}

void check_trace(struct check_ctx *ctx, struct node *call)
{
	struct action *action = check_action_new(ctx, call);
	struct aggvar *agg;

	if (call->args_len != 1) {
		check_error(ctx, call, "D_PROTO_LEN", "trace() takes 1 argument, not %u", call->args_len);
		return;
	}
	if (call->args[0]->kind == NODE_AGG) {
		agg = check_agg_arg(ctx, call, 0, "D_PRINTA_AGGARG", "D_PRINTA_AGGBAD");
		if (agg)
			check_action_agg(ctx, action, agg);
		return;
	}
	check_expr(ctx, call->args[0]);
	if (recordable(ctx, &call->args[0], "D_TRACE_VOID", "D_TRACE_DYN"))
		check_action_record(ctx, action, call->args[0]);
}

/* Aggregations that are printed side by side have the same keys. */
static bool same_keys(struct check_ctx *ctx, struct node *arg, const struct aggvar *a, const struct aggvar *b)
{
	unsigned i;

	if (a->keys_len != b->keys_len) {
		check_error(ctx, arg, "D_PRINTA_AGGKEY",
			    "`@%s` has %u keys, but `@%s` has %u: they cannot be printed together", b->name,
			    b->keys_len, a->name, a->keys_len);
		return false;
	}
	for (i = 0; i < a->keys_len; i++) {
		if (a->keys[i]->kind == b->keys[i]->kind)
			continue;
		check_error(ctx, arg, "D_PRINTA_AGGPROTO",
			    "key #%u is `%s` in `@%s` but `%s` in `@%s`: they cannot be printed "
			    "together",
			    i + 1, check_type_text(ctx, b->keys[i]), b->name, check_type_text(ctx, a->keys[i]),
			    a->name);
		return false;
	}
	return true;
}

/* The aggregations from argument `from` on. */
static bool collect_aggs(struct check_ctx *ctx, struct node *call, struct action *action, unsigned from)
{
	struct aggvar *agg;
	unsigned i;

	for (i = from; i < call->args_len; i++) {
		agg = check_agg_arg(ctx, call, i, "D_PRINTA_AGGARG", "D_PRINTA_AGGBAD");
		if (!agg || (action->aggs_len && !same_keys(ctx, call->args[i], action->aggs[0], agg)))
			return false;
		check_action_agg(ctx, action, agg);
	}
	return true;
}

void check_printa(struct check_ctx *ctx, struct node *call)
{
	struct action *action = check_action_new(ctx, call);
	bool has_format = call->args_len && call->args[0]->kind == NODE_STRING;
	struct format *format = NULL;

	if (call->args_len < 1u + has_format) {
		diag_hint(ctx->diags, check_error(ctx, call, "D_PRINTA_PROTO", "printa() needs an aggregation"),
			  "for example `printa(@name)` or `printa(\"%%s %%@d\\n\", @name)`");
		return;
	}
	if (has_format)
		format = parse_format(ctx, call, action);
	if (!collect_aggs(ctx, call, action, has_format)) {
		call->type = &type_error;
		return;
	}
	if (format)
		check_format_keys(format, "printa", action->aggs[0]->keys, action->aggs[0]->keys_len, action->aggs_len,
				  call->loc, ctx->diags);
}

void check_exit(struct check_ctx *ctx, struct node *call)
{
	check_action_record(ctx, check_action_new(ctx, call), call->args[0]);
}

/* clear, trunc, normalize: the aggregation comes first. */
static struct action *on_agg(struct check_ctx *ctx, struct node *call, unsigned min, unsigned max, const char *tags[3])
{
	struct action *action = check_action_new(ctx, call);
	struct aggvar *agg;

	if (call->args_len < min || call->args_len > max) {
		diag_hint(ctx->diags,
			  check_error(ctx, call, tags[0], "%s() does not take %u argument%s", call->name,
				      call->args_len, call->args_len == 1 ? "" : "s"),
			  "it is `%s`", call->func->proto);
		return NULL;
	}
	agg = check_agg_arg(ctx, call, 0, tags[1], tags[2]);
	if (!agg) {
		call->type = &type_error;
		return NULL;
	}
	check_action_agg(ctx, action, agg);
	return action;
}

/* The number that follows the aggregation. */
static void record_number(struct check_ctx *ctx, struct node *call, struct action *action, const char *tag)
{
	struct node *arg = call->args[1];

	check_expr(ctx, arg);
	if (!check_value(ctx, arg))
		return;
	if (type_is_int(arg->type))
		check_action_record(ctx, action, arg);
	else
		check_error(ctx, arg, tag, "%s() argument #2 must be an integer, not `%s`", call->name,
			    check_type_text(ctx, arg->type));
}

/* An aggregation and an integer. */
static struct action *on_agg_number(struct check_ctx *ctx, struct node *call, unsigned min, const char *tags[3],
				    const char *number_tag)
{
	struct action *action = on_agg(ctx, call, min, 2, tags);

	if (action && call->args_len == 2)
		record_number(ctx, call, action, number_tag);
	return action;
}

void check_clear(struct check_ctx *ctx, struct node *call)
{
	on_agg(ctx, call, 1, 1, (const char *[]){"D_CLEAR_PROTO", "D_CLEAR_AGGARG", "D_CLEAR_AGGBAD"});
}

void check_trunc(struct check_ctx *ctx, struct node *call)
{
	on_agg_number(ctx, call, 1, (const char *[]){"D_TRUNC_PROTO", "D_TRUNC_AGGARG", "D_TRUNC_AGGBAD"},
		      "D_TRUNC_SCALAR");
}

void check_normalize(struct check_ctx *ctx, struct node *call)
{
	struct node *factor;

	if (!on_agg_number(ctx, call, 2,
			   (const char *[]){"D_NORMALIZE_PROTO", "D_NORMALIZE_AGGARG", "D_NORMALIZE_AGGBAD"},
			   "D_NORMALIZE_SCALAR"))
		return;
	factor = call->args[1];
	if (!check_failed(factor) && factor->is_const && !factor->ival)
		check_error(ctx, factor, "D_DIV_ZERO", "normalize() by zero");
}

void check_share(struct check_ctx *ctx, struct node *call)
{
	on_agg_number(ctx, call, 2, (const char *[]){"D_NORMALIZE_PROTO", "D_NORMALIZE_AGGARG", "D_NORMALIZE_AGGBAD"},
		      "D_NORMALIZE_SCALAR");
}

void check_top(struct check_ctx *ctx, struct node *call)
{
	on_agg_number(ctx, call, 2, (const char *[]){"D_TRUNC_PROTO", "D_TRUNC_AGGARG", "D_TRUNC_AGGBAD"},
		      "D_TRUNC_SCALAR");
}

void check_denormalize(struct check_ctx *ctx, struct node *call)
{
	on_agg(ctx, call, 1, 1, (const char *[]){"D_NORMALIZE_PROTO", "D_NORMALIZE_AGGARG", "D_NORMALIZE_AGGBAD"});
}
