/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls: prototypes written in D, and functions that give a value. */
#include <assert.h>
#include <string.h>

#include "agg/agg.h"
#include "front/d/check/ctx.h"

static struct proto *parse_proto(struct check_ctx *ctx, const char *text)
{
	struct source *source = arena_new_one(ctx->arena, struct source);
	struct proto *proto = arena_new_one(ctx->arena, struct proto);
	struct decl *decl = arena_new_one(ctx->arena, struct decl);
	struct type_spec **specs = NULL;
	struct diags diags;
	unsigned len = 0, i;
	bool ok;

	*source = (struct source){"a prototype", text, strlen(text)};
	diags_init(&diags, ctx->arena);
	ok = ast_parse_proto(ctx->arena, source, &diags, decl, &specs, &len);
	assert(ok); /* a row of a table in src/func or src/agg is wrong */
	(void)ok;
	proto->result = check_tspec(ctx, decl->tspec);
	proto->params = arena_new_array(ctx->arena, struct proto_param, len + 1);
	for (i = 0; i < len; i++) {
		if (!strcmp(specs[i]->name, "...")) {
			proto->varargs = true;
			break;
		}
		proto->params[i].optional = specs[i]->optional;
		if (strcmp(specs[i]->name, "@"))
			proto->params[i].type = check_tspec(ctx, specs[i]);
		proto->params_len++;
		if (!specs[i]->optional)
			proto->required++;
	}
	return proto;
}

const struct proto *check_proto(struct check_ctx *ctx, const char *text)
{
	struct proto *proto = nametab_find(&ctx->protos, 0, text);

	if (!proto) {
		proto = parse_proto(ctx, text);
		nametab_add(&ctx->protos, 0, text, proto);
	}
	return proto;
}

bool check_args_len(struct check_ctx *ctx, const struct proto *proto, struct node *call, const char *text)
{
	bool many = proto->varargs || proto->params_len > proto->required;

	if (call->args_len >= proto->required && (proto->varargs || call->args_len <= proto->params_len))
		return true;
	diag_hint(ctx->diags,
		  check_error(ctx, call, "D_PROTO_LEN", "%s() takes %s%u argument%s, not %u", call->name,
			      many && call->args_len < proto->required ? "at least "
			      : many				       ? "at most "
								       : "",
			      many && call->args_len >= proto->required ? proto->params_len : proto->required,
			      proto->required == 1 && proto->params_len == 1 ? "" : "s", call->args_len),
		  "it is `%s`", text);
	return false;
}

/* An address as a parameter may be given as a pointer, whatever it points at. */
static bool is_address(const struct type *param, const struct type *arg)
{
	return type_is_int(param) && param->size == 8 && !param->is_signed && arg->kind == TYPE_PTR;
}

static bool check_arg(struct check_ctx *ctx, struct node *call, unsigned i, const struct type *param, const char *text)
{
	struct diag *diag;

	if (!check_value(ctx, call->args[i]))
		return false;
	if (!param || is_address(param, call->args[i]->type) || check_convert(ctx, param, &call->args[i]))
		return true;
	diag = check_error(ctx, call->args[i], "D_PROTO_ARG", "%s() argument #%u must be `%s`, not `%s`", call->name,
			   i + 1, check_type_text(ctx, param), check_type_text(ctx, call->args[i]->type));
	if (type_is_string(param) && type_is_scalar(call->args[i]->type))
		diag_hint(ctx->diags, diag, "`copyinstr(address)` reads text from the process");
	else
		diag_hint(ctx->diags, diag, "it is `%s`", text);
	return false;
}

bool check_args_types(struct check_ctx *ctx, const struct proto *proto, struct node *call, const char *text)
{
	unsigned i;

	for (i = 0; i < call->args_len; i++)
		if (!check_arg(ctx, call, i, i < proto->params_len ? proto->params[i].type : NULL, text))
			return false;
	return true;
}

bool check_proto_args(struct check_ctx *ctx, const char *text, struct node *call)
{
	const struct proto *proto = check_proto(ctx, text);

	check_args(ctx, call);
	if (check_args_len(ctx, proto, call, text) && check_args_types(ctx, proto, call, text))
		return true;
	call->type = &type_error;
	return false;
}

static void unknown_function(struct check_ctx *ctx, struct node *node)
{
	const char **list = NULL, *near;
	unsigned n = 0, i;
	struct diag *diag;

	if (agg_find(node->name)) {
		diag_hint(ctx->diags,
			  check_error(ctx, node, "D_FUNC_IDKIND", "%s() is an aggregating function", node->name),
			  "assign it to an aggregation: `@name = %s(...);`", node->name);
		return;
	}
	if (check_var_find(ctx, SCOPE_GLOBAL, node->name) || builtin_find(node->name) || nametab_find(&ctx->constants, 0, node->name)) {
		check_error(ctx, node, "D_FUNC_IDKIND", "`%s` is no function", node->name);
		return;
	}
	for (i = 0; func_at(i); i++)
		*arena_push(ctx->arena, list, n) = func_at(i)->name;
	for (i = 0; agg_at(i); i++)
		*arena_push(ctx->arena, list, n) = agg_at(i)->name;
	diag = check_error(ctx, node, "D_FUNC_UNDEF", "there is no function `%s`", node->name);
	near = nearest_name(node->name, list, n);
	if (near)
		diag_hint(ctx->diags, diag, "did you mean `%s`?", near);
}

void check_call(struct check_ctx *ctx, struct node *node)
{
	const struct func *func = func_find(node->name);

	node->type = &type_error;
	if (!func) {
		unknown_function(ctx, node);
		return;
	}
	node->func = func;
	if ((func->flags & FUNC_RECORDS) && ctx->in_expr) {
		diag_hint(ctx->diags,
			  check_error(ctx, node, "D_OP_ACT", "%s() is an action: it has no value", node->name),
			  "write it as a statement of its own");
		return;
	}
	if ((func->flags & FUNC_DESTRUCTIVE) && !ctx->options->destructive) {
		diag_hint(ctx->diags, check_error(ctx, node, NULL, "%s() changes the traced system", node->name),
			  "allow it with -w");
		return;
	}
	node->type = check_proto(ctx, func->proto)->result;
	if (!(func->flags & FUNC_NO_ARGS_CHECK) && !check_proto_args(ctx, func->proto, node))
		return;
	if (func->check)
		func->check(ctx, node);
}
