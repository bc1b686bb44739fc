/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the checks in src/func may ask and say: func/call.h, on D's tree. */
#include <stdarg.h>

#include "front/d/check/ctx.h"
#include "front/d/check/format.h"
#include "func/call.h"

struct call {
	struct check_ctx *ctx;
	struct node *node;
	struct action *action; /* that it leaves in the record; NULL: none */
	struct diag *diag;     /* of the last mistake */
};

void check_plugin(struct check_ctx *ctx, struct node *node)
{
	struct call call = {.ctx = ctx, .node = node};
	unsigned flags = node->func->flags;
	struct node *value;

	if ((flags & (FUNC_RECORDS | FUNC_RECORDS_ITSELF)) == FUNC_RECORDS)
		call.action = check_action_new(ctx, node);
	if (node->func->check)
		node->func->check(&call);
	ctx->out->has_stacks |= type_is_token(node->type);
	if (ctx->in_expr || !(flags & FUNC_RECORDS_ITSELF))
		return;
	value = arena_memdup(ctx->arena, node, sizeof(*node));
	if (value->type->kind == TYPE_VOID) /* what it did, as a number */
		value->type = &type_uint64;
	check_action_record(ctx, check_action_new(ctx, node), value);
}

/* --- As it is written --- */

const char *call_name(const struct call *call)
{
	return call->node->name;
}

unsigned call_args_len(const struct call *call)
{
	return call->node->args_len;
}

bool call_is_text(const struct call *call, unsigned i)
{
	return call->node->args[i]->kind == NODE_STRING;
}

bool call_is_empty_text(const struct call *call, unsigned i)
{
	return call_is_text(call, i) && !call->node->args[i]->text_size;
}

/* --- Its arguments --- */

bool call_value(struct call *call, unsigned i)
{
	struct node *arg = call->node->args[i];
	const char *why;

	check_expr(call->ctx, arg);
	if (check_failed(arg))
		return false;
	why = check_why_no_value(arg);
	return !why || call_wrong(call, i, CALL_TYPE, "%s() argument #%u: %s", call->node->name, i + 1, why);
}

static bool is_recordable(const struct type *type)
{
	return type_is_scalar(type) || type_is_string(type) || type_is_token(type);
}

/* Text of a fixed size goes as a string. */
static bool recordable(struct call *call, unsigned i, bool takes_objects)
{
	struct node **slot = &call->node->args[i], *node = *slot;

	check_expr(call->ctx, node);
	if (check_failed(node))
		return false;
	if (node->type->kind == TYPE_VOID)
		return call_wrong(call, i, CALL_VOID, "this has no value: it is `void`");
	if (check_is_dynamic(node)) {
		call_wrong(call, i, CALL_TYPE, "%s", check_why_no_value(node));
		call_hint(call, node->kind == NODE_XLATE ? "use `->`" : "print it with printa(@)");
		return false;
	}
	if (type_is_bytes(node->type))
		*slot = check_to_string(call->ctx, node);
	if (is_recordable((*slot)->type) || (takes_objects && type_is_object(node->type) && node->type->size))
		return true;
	call_wrong(call, i, CALL_TYPE, "a `%s` cannot be recorded as a whole", check_type_text(call->ctx, node->type));
	call_hint(call, "record its members or elements");
	return false;
}

bool call_recordable(struct call *call, unsigned i)
{
	return recordable(call, i, false);
}

bool call_recordable_whole(struct call *call, unsigned i)
{
	return recordable(call, i, true);
}

bool call_is_address(const struct call *call, unsigned i)
{
	const struct type *type = call->node->args[i]->type;

	return type_is_int(type) || type->kind == TYPE_PTR || type->kind == TYPE_ARRAY;
}

bool call_is_integer(const struct call *call, unsigned i)
{
	return type_is_int(call->node->args[i]->type);
}

bool call_constant(const struct call *call, unsigned i, int64_t *value)
{
	const struct node *arg = call->node->args[i];

	if (check_failed(arg) || !arg->is_const)
		return false;
	*value = (int64_t)arg->ival;
	return true;
}

const char *call_type_text(struct call *call, unsigned i)
{
	return check_type_text(call->ctx, call->node->args[i]->type);
}

struct format *call_format(struct call *call, unsigned i)
{
	struct node *text = call->node->args[i];
	struct format *format;

	if (!check_count(call->ctx, text))
		return NULL;
	text->type = type_string(call->ctx->arena, (uint32_t)text->text_size + 1);
	format = check_format(call->ctx->arena, text->text, text->text_size, text->loc, call->ctx->diags);
	call->action->format = text->text;
	if (!format)
		call_break(call);
	return format;
}

bool call_values_fit(struct call *call, const struct format *format, unsigned from)
{
	struct node *node = call->node;
	unsigned n = node->args_len - from, i;
	const struct type **types = arena_new_array(call->ctx->arena, const struct type *, n + 1);
	struct loc *locs = arena_new_array(call->ctx->arena, struct loc, n + 1);

	for (i = 0; i < n; i++) {
		types[i] = check_decay(call->ctx, node->args[from + i]);
		locs[i] = node->args[from + i]->loc;
	}
	return check_format_args(format, node->name, types, locs, n, node->loc, call->ctx->diags);
}

bool call_keys_fit(struct call *call, const struct format *format)
{
	const struct action *action = call->action;

	return check_format_keys(format, call->node->name, action->aggs[0]->keys, action->aggs[0]->keys_len,
				 action->aggs_len, call->node->loc, call->ctx->diags);
}

/* --- Mistakes --- */

bool call_wrong(struct call *call, unsigned i, enum call_fault fault, const char *sentence, ...)
{
	struct node *at = i == CALL_ITSELF ? call->node : call->node->args[i];
	struct buf text = {0};
	va_list args;

	va_start(args, sentence);
	buf_vprintf(&text, sentence, args);
	va_end(args);
	call->diag = check_error(call->ctx, at, check_tag(call->node, fault, i), "%s", text.data);
	buf_free(&text);
	return false;
}

void call_hint(struct call *call, const char *sentence, ...)
{
	struct buf text = {0};
	va_list args;

	va_start(args, sentence);
	buf_vprintf(&text, sentence, args);
	va_end(args);
	diag_hint(call->ctx->diags, call->diag, "%s", text.data);
	buf_free(&text);
}

void call_hint_proto(struct call *call)
{
	call_hint(call, "it is `%s`", check_proto_text(call->ctx, call->node->name, &call->node->func->proto));
}

void call_break(struct call *call)
{
	call->node->type = &type_error;
}

/* --- What it records --- */

void call_record(struct call *call, unsigned i)
{
	check_action_record(call->ctx, call->action, call->node->args[i]);
}

void call_record_bytes(struct call *call, unsigned i, uint32_t size)
{
	struct type *bytes = arena_new_one(call->ctx->arena, struct type);

	*bytes = (struct type){.kind = TYPE_ARRAY, .size = size, .to = &type_char, .count = size};
	check_action_record_as(call->ctx, call->action, call->node->args[i], bytes);
}

/* Aggregations that are printed side by side have the same keys. */
static bool same_keys(struct call *call, unsigned arg, const struct aggvar *a, const struct aggvar *b)
{
	if (a->keys_len != b->keys_len)
		return call_wrong(call, arg, CALL_KEYS_COUNT,
				  "`@%s` has %u keys, but `@%s` has %u: they cannot be printed together", b->name,
				  b->keys_len, a->name, a->keys_len);
	for (unsigned i = 0; i < a->keys_len; i++)
		if (a->keys[i]->kind != b->keys[i]->kind)
			return call_wrong(call, arg, CALL_KEYS_TYPE,
					  "key #%u is `%s` in `@%s` but `%s` in `@%s`: they cannot be printed "
					  "together",
					  i + 1, check_type_text(call->ctx, b->keys[i]), b->name,
					  check_type_text(call->ctx, a->keys[i]), a->name);
	return true;
}

bool call_record_agg(struct call *call, unsigned i)
{
	struct aggvar *agg = check_agg_arg(call->ctx, call->node, i);

	if (!agg || (call->action->aggs_len && !same_keys(call, i, call->action->aggs[0], agg)))
		return false;
	check_action_agg(call->ctx, call->action, agg);
	return true;
}
