/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Aggregations: `@name[keys] = function(value, parameters);` */
#include <inttypes.h>
#include <string.h>

#include "agg/agg.h"
#include "front/d/check/ctx.h"

static void agg_use(struct check_ctx *ctx, struct aggvar *var)
{
	unsigned i;

	for (i = 0; i < ctx->used_aggs_len; i++)
		if (ctx->used_aggs[i] == var)
			return;
	*arena_push(ctx->arena, ctx->used_aggs, ctx->used_aggs_len) = var;
}

/* "count, sum and avg" */
static const char *listed(struct check_ctx *ctx, const char *const *names, unsigned n)
{
	const char *text = names[0];

	for (unsigned i = 1; i < n; i++)
		text = arena_printf(ctx->arena, "%s%s%s", text, i + 1 < n ? ", " : " and ", names[i]);
	return text;
}

static void unknown_agg_func(struct check_ctx *ctx, struct node *call)
{
	const char **list = NULL, *near;
	unsigned n = 0, i;
	struct diag *diag;

	for (i = 0; agg_at(i); i++)
		*arena_push(ctx->arena, list, n) = agg_at(i)->name;
	if (func_find(call->name))
		diag = check_error(ctx, call, "D_AGG_FUNC", "%s() is not an aggregating function", call->name);
	else
		diag = check_error(ctx, call, "D_AGG_FUNC", "there is no aggregating function `%s`", call->name);
	near = nearest_name(call->name, list, n);
	if (near)
		diag_hint(ctx->diags, diag, "did you mean `%s`?", near);
	else
		diag_hint(ctx->diags, diag, "%s are", listed(ctx, list, n));
}

/* The aggregated value is a number. */
static bool check_agg_value(struct check_ctx *ctx, struct node *call)
{
	struct node *value = call->args_len ? call->args[0] : NULL;

	if (!value)
		return true; /* the prototype says whether one is needed */
	if (check_failed(value))
		return false;
	if (type_is_int(check_operand(ctx, value)))
		return true;
	check_error(ctx, value, "D_AGG_SCALAR", "%s() aggregates integers, not `%s`", call->name,
		    check_type_text(ctx, check_operand(ctx, value)));
	return false;
}

static bool is_wide(const struct agg_param *param, int64_t value)
{
	return value < param->dtrace_min || value > param->dtrace_max;
}

/* Folds parameter i into var->shape.params and looks at it. */
static bool take_param(struct check_ctx *ctx, const struct agg *agg, struct node *call, struct aggvar *var, unsigned i)
{
	const struct agg_param *param = &agg->params[i];
	struct node *arg = i + 1 < call->args_len ? call->args[i + 1] : NULL;
	enum call_fault fault = CALL_RANGE;
	struct buf why = {0};
	bool ok = true;

	if (arg && check_failed(arg))
		return false;
	var->shape.params[i] = arg ? (int64_t)arg->ival : param->otherwise;
	if (arg && (!arg->is_const || !type_is_int(arg->type))) {
		fault = CALL_NOT_CONSTANT;
		buf_printf(&why, "%s() argument #%u (%s) must be an integer constant", call->name, i + 2, param->name);
		ok = false;
	} else if (arg && ctx->options->asdtrace && is_wide(param, var->shape.params[i])) {
		fault = CALL_WIDE;
		buf_printf(&why, "%s() argument #%u (%s) must be %" PRId64 " at most", call->name, i + 2, param->name,
			   param->dtrace_max);
		ok = false;
	} else if (agg->param_check) {
		ok = agg->param_check(&var->shape, i, &fault, &why);
	}
	if (!ok)
		check_error(ctx, arg ? arg : call, check_tag(call, fault, i + 1), "%s", why.data);
	buf_free(&why);
	return ok;
}

/* Constant parameters; they follow the value. Each is looked at as a whole before the next, as what is said first
 * counts. */
static bool take_params(struct check_ctx *ctx, const struct agg *agg, struct node *call, struct aggvar *var)
{
	var->params_len = agg->params_len;
	for (unsigned i = 0; i < agg->params_len; i++)
		if (!take_param(ctx, agg, call, var, i))
			return false;
	return true;
}

static void set_value(struct aggvar *var, const struct type *type)
{
	var->value = type;
	var->shape.is_unsigned = type_is_scalar(type) && !type->is_signed;
}

/* With -Z a clause may have no probe, and args[N] no type then. It makes no code, but the aggregation is there for
 * others. */
static void settle_types(struct check_ctx *ctx, struct node *call)
{
	unsigned i;

	for (i = 0; i < call->args_len && !ctx->clause->probes_len; i++)
		if (check_failed(call->args[i]))
			call->args[i]->type = &type_long;
}

/* What may be left out comes last, and may be too much: these are looked at when all else is right. */
static unsigned required_len(const struct agg *agg)
{
	unsigned len = 0;

	while (agg->proto.params[len].type && !agg->proto.params[len].is_optional)
		len++;
	return len;
}

static unsigned proto_len(const struct agg *agg)
{
	unsigned len = 0;

	while (agg->proto.params[len].type)
		len++;
	return len;
}

/* Too few arguments, or of a parameter of another type; DTrace looks at the value's type later. */
static bool check_agg_params(struct check_ctx *ctx, const struct agg *agg, struct node *call)
{
	unsigned required = required_len(agg);

	if (call->args_len < required || (required == proto_len(agg) && call->args_len > required))
		return check_args_len(ctx, &agg->proto, call);
	for (unsigned i = 0; i < call->args_len; i++)
		if (check_failed(call->args[i]))
			return false;
	for (unsigned i = 1; i < required; i++)
		if (!check_arg_type(ctx, &agg->proto, call, i))
			return false;
	return true;
}

static bool check_increment(struct check_ctx *ctx, const struct agg *agg, struct node *call)
{
	unsigned last = proto_len(agg);

	if (last > required_len(agg) && call->args_len >= last && !check_arg_type(ctx, &agg->proto, call, last - 1))
		return false;
	return check_args_len(ctx, &agg->proto, call);
}

/* The first half of the right side: which function, and how many arguments of which types it has. */
static bool check_agg_call(struct check_ctx *ctx, struct node *call, struct aggvar *var)
{
	const struct agg *agg = agg_find(call->name);

	call->type = &type_void;
	if (!check_count(ctx, call))
		return false;
	var->shape.agg = agg;
	if (!agg) {
		unknown_agg_func(ctx, call);
		return false;
	}
	check_args(ctx, call);
	settle_types(ctx, call);
	return check_agg_params(ctx, agg, call);
}

/* The second: the value, the parameters' values and the increment. */
static bool check_agg_values(struct check_ctx *ctx, struct node *call, struct aggvar *var)
{
	const struct agg *agg = var->shape.agg;

	if (!check_agg_value(ctx, call) || !take_params(ctx, agg, call, var) || !check_increment(ctx, agg, call))
		return false;
	if (call->args_len)
		set_value(var, call->args[0]->type);
	return true;
}

static bool same_params(struct check_ctx *ctx, struct node *call, const struct aggvar *old, const struct aggvar *here)
{
	unsigned i;

	for (i = 0; i < here->params_len; i++) {
		if (old->shape.params[i] == here->shape.params[i])
			continue;
		check_error(ctx, i + 1 < call->args_len ? call->args[i + 1] : call,
			    check_tag(call, CALL_OTHER_BEFORE, i + 1),
			    "the %s is %" PRId64 " here, but %" PRId64 " in an earlier use of `@%s`",
			    here->shape.agg->params[i].name, here->shape.params[i], old->shape.params[i], old->name);
		return false;
	}
	return true;
}

static bool is_same_function(struct check_ctx *ctx, struct node *node, struct aggvar *old, const struct aggvar *here)
{
	unsigned line, column;

	if (old->shape.agg != here->shape.agg) {
		loc_position(old->loc, &line, &column);
		check_error(ctx, node, "D_AGG_REDEF", "`@%s` is already %s(), since line %u", old->name,
			    old->shape.agg->name, line);
		return false;
	}
	return true;
}

static void widen_value(struct aggvar *old, const struct aggvar *here)
{
	if (old->value && here->value && !type_equal(old->value, here->value))
		set_value(old, type_usual(old->value, here->value));
}

static void take_shape(struct aggvar *var, const struct aggvar *here)
{
	var->shape = here->shape;
	var->params_len = here->params_len;
	var->value = here->value;
}

/* What a key is called where the script says it in a word; NULL: it is something else. */
static const char *key_word(struct check_ctx *ctx, const struct node *key)
{
	switch (key->kind) {
	case NODE_IDENT:
	case NODE_MEMBER:
		return key->name;
	case NODE_INDEX: /* args[2] */
		if (key->left->kind != NODE_IDENT || !key->args_len || !key->args[0]->is_const ||
		    strcmp(key->left->name, "args"))
			return NULL;
		return arena_printf(ctx->arena, "args%u", (unsigned)key->args[0]->ival);
	case NODE_CALL: /* copyinstr(arg0), stringof(x) */
		return key->args_len ? key_word(ctx, key->args[0]) : NULL;
	case NODE_CAST:
	case NODE_UNARY:
		return key->left ? key_word(ctx, key->left) : NULL;
	default:
		return NULL;
	}
}

static void name_keys(struct check_ctx *ctx, struct node *left, struct aggvar *var)
{
	var->key_names = arena_new_array(ctx->arena, const char *, left->args_len + 1);
	for (unsigned i = 0; i < left->args_len; i++) {
		const char *word = key_word(ctx, left->args[i]);

		for (unsigned j = 0; j < i && word; j++)
			if (!strcmp(word, var->key_names[j]))
				word = NULL;
		var->key_names[i] = word ? word : arena_printf(ctx->arena, "key%u", i + 1);
	}
}

static bool check_keys_of(struct check_ctx *ctx, struct node *left, struct aggvar *var, bool is_new)
{
	const char *what = arena_printf(ctx->arena, "@%s", strcmp(var->name, "_") ? var->name : "");
	bool ok = check_keys(ctx, left, what, &var->keys, &var->keys_len, is_new);

	if (is_new)
		name_keys(ctx, left, var);
	return ok;
}

/* One that was refused is known too, without a function, so that later uses of its name stay silent. */
static struct aggvar *agg_new(struct check_ctx *ctx, const struct aggvar *here, bool ok)
{
	struct aggvar *var = arena_memdup(ctx->arena, here, sizeof(*here));

	if (!ok)
		var->shape.agg = NULL;
	var->id = ctx->out->aggs_len;
	*arena_push(ctx->arena, ctx->out->aggs, ctx->out->aggs_len) = var;
	nametab_add(&ctx->aggs, 0, var->name, var);
	return var;
}

/*
 * A clause that matches no probe (zdefs) may give an aggregation a value, or keys, of unknown type. Nobody has been
 * told, and nothing will be aggregated: but later stages need a function and types.
 */
void check_aggs_finish(struct check_ctx *ctx)
{
	for (unsigned i = 0; i < ctx->out->aggs_len; i++) {
		struct aggvar *var = ctx->out->aggs[i];

		if (!var->shape.agg)
			var->shape.agg = agg_find("count");
		for (unsigned key = 0; key < var->keys_len; key++)
			if (var->keys[key]->kind == TYPE_ERROR)
				var->keys[key] = &type_long;
	}
}

void check_agg_assign(struct check_ctx *ctx, struct node *node)
{
	struct node *left = node->left;
	struct aggvar here = {.name = left->name, .loc = left->loc}, *var = nametab_find(&ctx->aggs, 0, left->name);
	bool is_new = !var, ok;

	node->type = &type_error;
	left->type = &type_agg;
	left->arg_index = -1;
	if (!check_count(ctx, node))
		return;
	if (node->op != OP_ASSIGN || node->right->kind != NODE_CALL) {
		diag_hint(ctx->diags,
			  check_error(ctx, node, "D_AGG_FUNC", "an aggregation is given an aggregating function"),
			  "for example `@%s = count();`", strcmp(left->name, "_") ? left->name : "");
		return;
	}
	if (!check_order_agg(ctx, node))
		return;
	check_args(ctx, left);
	ok = check_agg_call(ctx, node->right, &here);
	if (is_new)
		var = agg_new(ctx, &here, ok);
	if (!ok || !var->shape.agg || (!is_new && !is_same_function(ctx, node, var, &here)))
		return;
	left->agg = var;
	if (!check_keys_of(ctx, left, var, is_new) || !check_agg_values(ctx, node->right, &here)) {
		if (is_new)
			var->shape.agg = NULL;
		return;
	}
	if (is_new)
		take_shape(var, &here);
	else if (!same_params(ctx, node->right, var, &here))
		return;
	widen_value(var, &here);
	node->type = &type_void;
	agg_use(ctx, var);
	ctx->clause->has_agg = true;
}

void check_agg_unknown(struct check_ctx *ctx, struct node *node, const char *tag)
{
	const char **list = NULL, *near;
	unsigned n = 0;
	struct diag *diag =
		check_error(ctx, node, tag, "there is no aggregation `@%s` yet: nothing before this assigns it",
			    strcmp(node->name, "_") ? node->name : "");

	if (!diag)
		return; /* past the limit of messages: hints would cost a search each */
	nametab_list(&ctx->aggs, 0, ctx->arena, &list, &n);
	near = nearest_name(node->name, list, n);
	if (near)
		diag_hint(ctx->diags, diag, "did you mean `@%s`?", near);
}

static void not_an_agg(struct check_ctx *ctx, struct node *call, unsigned i)
{
	check_error(ctx, call->args[i], check_tag(call, CALL_NOT_AGG, i),
		    "%s() argument #%u must be an aggregation, by name alone", call->name, i + 1);
}

struct aggvar *check_agg_arg(struct check_ctx *ctx, struct node *call, unsigned i)
{
	struct node *arg = call->args[i];
	struct aggvar *var;

	if (arg->kind != NODE_AGG) {
		check_expr(ctx, arg);
		if (!check_failed(arg))
			not_an_agg(ctx, call, i);
		return NULL;
	}
	if (!check_count(ctx, arg))
		return NULL;
	arg->type = &type_agg;
	var = nametab_find(&ctx->aggs, 0, arg->name);
	if (var && arg->args_len) {
		not_an_agg(ctx, call, i);
		return NULL;
	}
	if (var) {
		arg->agg = var;
		if (!var->shape.agg)
			arg->type = &type_error;
		return var->shape.agg ? var : NULL;
	}
	check_agg_unknown(ctx, arg, arg->args_len ? check_tag(call, CALL_UNKNOWN_AGG, i) : "D_IDENT_UNDEF");
	return NULL;
}
