/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls: arguments against prototypes, and functions that give a value. */
#include <string.h>

#include "agg/agg.h"
#include "front/d/check/ctx.h"
#include "func/call.h"

static void count_params(const struct proto *proto, unsigned *len, unsigned *required)
{
	*required = 0;
	for (*len = 0; proto->params[*len].type; ++*len)
		*required += !proto->params[*len].is_optional;
}

bool check_args_len(struct check_ctx *ctx, const struct proto *proto, struct node *call)
{
	unsigned len, required;
	bool many, is_less;

	count_params(proto, &len, &required);
	if (call->args_len >= required && (proto->is_variadic || call->args_len <= len))
		return true;
	many = proto->is_variadic || len > required;
	is_less = call->args_len < required;
	diag_hint(ctx->diags,
		  check_error(ctx, call, check_tag(call, CALL_COUNT, CALL_ITSELF), "%s() takes %s%u argument%s, not %u",
			      call->name,
			      !many	? ""
			      : is_less ? "at least "
					: "at most ",
			      many && !is_less ? len : required, required == 1 && len == 1 ? "" : "s", call->args_len),
		  "it is `%s`", check_proto_text(ctx, call->name, proto));
	return false;
}

/* An address as a parameter may be given as a pointer, whatever it points at. */
static bool is_address(const struct type *param, const struct type *arg)
{
	return type_is_int(param) && param->size == 8 && !param->is_signed && arg->kind == TYPE_PTR;
}

/* Where the call begins: DTrace says so of its arguments. */
static struct loc name_of(const struct node *call)
{
	return (struct loc){call->loc.source, call->loc.offset, 1};
}

static bool is_null(const struct node *node)
{
	return node->is_const && !node->ival && type_is_int(node->type);
}

static bool check_arg(struct check_ctx *ctx, struct node *call, unsigned i, enum proto_type kind,
		      const struct proto *proto)
{
	const struct type *param = check_proto_type(ctx, kind);
	struct diag *diag;
	const char *why;

	if (check_failed(call->args[i]))
		return false;
	why = check_why_no_value(call->args[i]);
	if (why) {
		diag_set_line(check_error(ctx, call->args[i], check_tag(call, CALL_TYPE, i), "%s() argument #%u: %s",
					  call->name, i + 1, why),
			      name_of(call));
		return false;
	}
	if (kind == PROTO_TEXT_OR_NULL && is_null(call->args[i]))
		return true;
	if (!param || is_address(param, call->args[i]->type) || check_convert(ctx, param, &call->args[i]))
		return true;
	diag = check_error(ctx, call->args[i], check_tag(call, CALL_TYPE, i),
			   "%s() argument #%u must be `%s`, not `%s`", call->name, i + 1, check_type_text(ctx, param),
			   check_type_text(ctx, call->args[i]->type));
	diag_set_line(diag, name_of(call));
	if (type_is_string(param) && type_is_scalar(call->args[i]->type))
		diag_hint(ctx->diags, diag, "`copyinstr(address)` reads text from the process");
	else
		diag_hint(ctx->diags, diag, "it is `%s`", check_proto_text(ctx, call->name, proto));
	return false;
}

bool check_arg_type(struct check_ctx *ctx, const struct proto *proto, struct node *call, unsigned i)
{
	return check_arg(ctx, call, i, proto->params[i].type, proto);
}

bool check_args_types(struct check_ctx *ctx, const struct proto *proto, struct node *call)
{
	const struct proto_param *param = proto->params;

	for (unsigned i = 0; i < call->args_len; i++) {
		if (!check_arg(ctx, call, i, param->type, proto))
			return false;
		param += param->type != PROTO_END;
	}
	return true;
}

static bool check_proto_args(struct check_ctx *ctx, const struct proto *proto, struct node *call)
{
	check_args(ctx, call);
	if (check_args_len(ctx, proto, call) && check_args_types(ctx, proto, call))
		return true;
	call->type = &type_error;
	return false;
}

/* Names that resemble one of these would mislead: print() is not printa() misspelt. */
static bool is_of_dtrace(const char *name)
{
	static const char list[] =
		" d_path ddi_pathname getf inet_ntoa inet_ntoa6 inet_ntop json link_ntop msgdsize msgsize "
		"pcap print tolower toupper ";
	size_t size = strlen(name);

	for (const char *at = list; (at = strstr(at, name)); at++)
		if (at[-1] == ' ' && at[size] == ' ')
			return true;
	return false;
}

static void unknown_function(struct check_ctx *ctx, struct node *node)
{
	const char **list = NULL, *near;
	unsigned n = 0, i;
	struct diag *diag;

	if (check_var_find(ctx, SCOPE_GLOBAL, node->name) || builtin_find(node->name) ||
	    nametab_find(&ctx->constants, 0, node->name)) {
		check_error(ctx, node, "D_FUNC_IDKIND", "`%s` is no function", node->name);
		return;
	}
	for (i = 0; func_at(i); i++)
		*arena_push(ctx->arena, list, n) = func_at(i)->name;
	for (i = 0; agg_at(i); i++)
		*arena_push(ctx->arena, list, n) = agg_at(i)->name;
	diag = check_error(ctx, node, "D_FUNC_UNDEF", "there is no function `%s`", node->name);
	near = nearest_name(node->name, list, n);
	if (is_of_dtrace(node->name))
		diag_hint(ctx->diags, diag, "DTrace has this function, cephtap does not");
	else if (near)
		diag_hint(ctx->diags, diag, "did you mean `%s`?", near);
}

/* count() and the like have no value: what is done with it is wrong, or else that nothing is. */
static void call_agg(struct check_ctx *ctx, struct node *node, const struct agg *agg)
{
	check_args(ctx, node);
	if (!check_args_len(ctx, &agg->proto, node))
		return;
	node->type = &type_agg;
	if (!ctx->in_expr)
		diag_hint(ctx->diags,
			  check_error(ctx, node, "D_CG_EXPR", "%s() is an aggregating function: alone it does nothing",
				      node->name),
			  "assign it to an aggregation: `@name = %s(...);`", node->name);
}

/* An action in an expression: its arguments are looked at, and what is around it says what is wrong. */
static void call_stray_action(struct check_ctx *ctx, struct node *node)
{
	const struct func *func = node->func;

	check_args(ctx, node);
	for (unsigned i = 0; i < node->args_len; i++)
		if (check_failed(node->args[i]))
			return;
	if (!(func->flags & FUNC_NO_ARGS_CHECK) &&
	    (!check_args_len(ctx, &func->proto, node) || !check_args_types(ctx, &func->proto, node)))
		return;
	node->type = &type_void;
	if (!ctx->stray)
		ctx->stray = node;
}

void check_call(struct check_ctx *ctx, struct node *node)
{
	const struct func *func = func_find(node->name);
	const struct agg *agg = func ? NULL : agg_find(node->name);

	node->type = &type_error;
	if (agg) {
		call_agg(ctx, node, agg);
		return;
	}
	if (!func) {
		unknown_function(ctx, node);
		return;
	}
	node->func = func;
	if ((func->flags & FUNC_RECORDS) && ctx->in_expr) {
		call_stray_action(ctx, node);
		return;
	}
	if ((func->flags & FUNC_DESTRUCTIVE) && !ctx->options->destructive) {
		diag_hint(ctx->diags, check_error(ctx, node, NULL, "%s() changes the traced system", node->name),
			  "allow it with -w");
		return;
	}
	if (!check_order(ctx, node))
		return;
	ctx->out->has_loops |= (func->flags & FUNC_LOOPS) != 0;
	node->type = check_proto_type(ctx, func->proto.result);
	if ((func->flags & FUNC_NO_ARGS_CHECK) || check_proto_args(ctx, &func->proto, node))
		check_plugin(ctx, node);
}
