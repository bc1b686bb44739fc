/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Declarations: variables, typedefs, inlines. */
#include <string.h>

#include "agg/agg.h"
#include "front/d/check/ctx.h"

static void say_taken(struct check_ctx *ctx, const struct decl *decl, const char *by)
{
	diag_error(ctx->diags, decl->loc, "D_DECL_IDRED", "`%s` is already declared%s", decl->name, by);
}

/* Is the name one that D brings, or that an inline, an enumerator or a typedef has? Variables may be declared again. */
static bool is_taken(struct check_ctx *ctx, const struct decl *decl)
{
	const struct func *func = func_find(decl->name);

	if (decl->scope == SCOPE_GLOBAL && builtin_find(decl->name))
		say_taken(ctx, decl, ": it is a built-in variable");
	else if (decl->scope == SCOPE_GLOBAL && ((func && !(func->flags & FUNC_OURS)) || agg_find(decl->name)))
		say_taken(ctx, decl, ": it is a function");
	else if (decl->scope == SCOPE_GLOBAL && nametab_find(&ctx->constants, 0, decl->name))
		say_taken(ctx, decl, "");
	else if (nametab_find(&ctx->types, 0, decl->name))
		say_taken(ctx, decl, ": it is a type");
	else
		return false;
	return true;
}

static void declare_keys(struct check_ctx *ctx, const struct decl *decl, struct var *var)
{
	unsigned i;

	var->is_assoc = true;
	var->keys_len = decl->keys_len;
	var->keys = arena_new_array(ctx->arena, const struct type *, decl->keys_len);
	for (i = 0; i < decl->keys_len; i++) {
		var->keys[i] = check_tspec(ctx, decl->keys[i]);
		if (!check_object_type(ctx, var->keys[i], decl->keys[i]->loc, "a key"))
			var->keys[i] = &type_error;
		else if (type_is_string(var->keys[i]))
			var->keys[i] = type_string(ctx->arena, 1); /* as large as the largest use */
	}
	if (decl->keys_len > CHECK_KEYS_MAX)
		diag_error(ctx->diags, decl->loc, NULL, "`%s` has %u keys, and at most %d are possible", decl->name,
			   decl->keys_len, CHECK_KEYS_MAX);
}

static bool same_keys(struct check_ctx *ctx, const struct decl *decl, const struct var *old)
{
	if (old->is_assoc != (decl->keys_len > 0) || old->keys_len != decl->keys_len)
		return false;
	for (unsigned i = 0; i < decl->keys_len; i++)
		if (!type_equal(check_tspec(ctx, decl->keys[i]), old->keys[i]))
			return false;
	return true;
}

/* Floating-point variables can be declared, though nothing can be computed with them. */
static bool can_hold(struct check_ctx *ctx, const struct type *type, struct loc loc)
{
	if (type->kind == TYPE_FLOAT || (type_is_object(type) && !check_is_incomplete(type)))
		return true;
	return check_object_type(ctx, type, loc, "a variable");
}

static void declare_var(struct check_ctx *ctx, const struct decl *decl)
{
	const struct type *type = check_tspec(ctx, decl->tspec);
	struct var *var;

	if (type->kind == TYPE_ERROR || is_taken(ctx, decl))
		return;
	var = check_var_find(ctx, decl->scope, decl->name);
	if (var) {
		if (!type_equal(var->type, type) || !same_keys(ctx, decl, var))
			say_taken(ctx, decl, ", as something else");
		return;
	}
	if (!can_hold(ctx, type, decl->loc))
		type = &type_error;
	var = check_var_new(ctx, decl->scope, decl->name, type, decl->loc);
	if (decl->keys_len)
		declare_keys(ctx, decl, var);
}

/* Programs have functions and variables of the name; scripts cannot get at them, but may say so. */
static void declare_extern(struct check_ctx *ctx, const struct decl *decl)
{
	const struct type *type = check_tspec(ctx, decl->tspec), *old = nametab_find(&ctx->externs, 0, decl->name);

	if (type->kind == TYPE_ERROR)
		return;
	if (old && !type_equal(old, type))
		say_taken(ctx, decl, ", as something else");
	else if (!old)
		nametab_add(&ctx->externs, 0, decl->name, (void *)type);
}

/* Names that D brings may be declared as what they are: headers do. */
static bool is_typedef_of_old(struct check_ctx *ctx, const struct decl *decl, const struct type *type)
{
	const struct type *old = nametab_find(&ctx->types, 0, decl->name), *known = check_type_known(ctx, decl->name);

	if (!old && !known)
		return false;
	if (old || !type_equal(known, type))
		say_taken(ctx, decl, ": it is a type");
	return true;
}

static void declare_typedef(struct check_ctx *ctx, const struct decl *decl)
{
	const struct type *type = check_tspec(ctx, decl->tspec);
	struct type *alias;

	if (type->kind == TYPE_ERROR || is_typedef_of_old(ctx, decl, type))
		return;
	if (check_var_find(ctx, SCOPE_GLOBAL, decl->name) || builtin_find(decl->name)) {
		say_taken(ctx, decl, ": it is a variable");
		return;
	}
	if (type_is_int(type)) { /* so that messages call it by this name */
		alias = arena_memdup(ctx->arena, type, sizeof(*type));
		alias->name = decl->name;
		type = alias;
	}
	nametab_add(&ctx->types, 0, decl->name, (void *)type);
}

static void incompatible(struct check_ctx *ctx, const struct decl *decl, const struct type *to,
			 const struct node *value)
{
	diag_error(ctx->diags, decl->loc, "D_OP_INCOMPAT", "`%s` is of type `%s`, and its value of type `%s`",
		   decl->name, check_type_text(ctx, to), check_type_text(ctx, check_operand(ctx, value)));
}

/* The parameters of an inline are not known before it is used: a value of their type stands for each. */
static struct node *with_parameters(struct check_ctx *ctx, const struct decl *decl, struct node *value)
{
	for (unsigned i = 0; i < decl->keys_len; i++)
		if (decl->key_names[i])
			value = check_put_in(ctx, value, decl->key_names[i],
					     check_value_of(ctx, check_tspec(ctx, decl->keys[i]), decl->loc));
	return value;
}

/* An inline's value is looked at where it is declared, so that it cannot use itself. */
static bool is_sound_inline(struct check_ctx *ctx, const struct decl *decl, const struct type *type)
{
	struct node *value = with_parameters(ctx, decl, check_clone(ctx, decl->value));

	check_expr(ctx, value);
	if (check_failed(value))
		return false;
	if (value->kind == NODE_XLATE ? type_equal(value->type, type)
				      : !check_why_no_value(value) && check_convert(ctx, type, &value))
		return true;
	incompatible(ctx, decl, type, value);
	return false;
}

static void declare_inline(struct check_ctx *ctx, const struct decl *decl)
{
	struct constant *constant;
	const struct type *type = check_tspec(ctx, decl->tspec);
	unsigned errors = ctx->diags->errors;

	if (is_taken(ctx, decl))
		return;
	if (check_var_find(ctx, SCOPE_GLOBAL, decl->name)) {
		say_taken(ctx, decl, ": it is a variable");
		return;
	}
	if (!check_object_type(ctx, type, decl->loc, "an inline"))
		return;
	constant = arena_new_one(ctx->arena, struct constant);
	constant->decl = decl;
	constant->type = type;
	if (!ctx->in_library && !is_sound_inline(ctx, decl, type) && ctx->diags->errors != errors)
		constant->type = &type_error;
	nametab_add(&ctx->constants, 0, decl->name, constant);
}

/* --- Providers: what they say of markers is checked; the markers themselves are found in the programs --- */

static const struct type *param_type(struct check_ctx *ctx, const struct decl *param)
{
	return check_tspec(ctx, param->tspec);
}

static const struct decl *find_param(const struct decl *params, const char *name)
{
	while (params && (!params->name || strcmp(params->name, name)))
		params = params->next;
	return params;
}

/* Can the one be given as the other, as it is or by a translator? */
static bool is_translated(struct check_ctx *ctx, const struct decl *output, const struct decl *inputs)
{
	const struct decl *input = find_param(inputs, output->name);
	const struct type *from = input ? param_type(ctx, input) : &type_error, *to = param_type(ctx, output);
	struct node *value;

	if (from->kind == TYPE_ERROR || to->kind == TYPE_ERROR || check_has_translator(ctx, output->tspec, to, from))
		return true;
	value = check_value_of(ctx, from, output->loc);
	check_expr(ctx, value);
	value->is_const = false;
	return check_convert(ctx, to, &value);
}

static void check_declared_probe(struct check_ctx *ctx, const struct decl *provider, const struct decl *probe)
{
	for (const struct decl *before = provider->members; before != probe; before = before->next) {
		if (strcmp(before->name, probe->name))
			continue;
		diag_error(ctx->diags, probe->loc, "D_PROV_PRDUP", "`%s` has a probe `%s` already", provider->name,
			   probe->name);
		return;
	}
	for (const struct decl *param = probe->members; param; param = param->next)
		if (param_type(ctx, param)->kind == TYPE_ERROR)
			return;
	for (const struct decl *output = probe->outputs; output; output = output->next) {
		if (is_translated(ctx, output, probe->members))
			continue;
		diag_error(ctx->diags, probe->loc, "D_PROV_PRXLATOR",
			   "there is no translator that makes the argument `%s` of `%s`", output->name, probe->name);
		return;
	}
}

void check_decl(struct check_ctx *ctx, struct decl *decl)
{
	ctx->nodes = 0;
	switch (decl->kind) {
	case DECL_VAR:
		declare_var(ctx, decl);
		break;
	case DECL_EXTERN:
		declare_extern(ctx, decl);
		break;
	case DECL_TYPEDEF:
		declare_typedef(ctx, decl);
		break;
	case DECL_INLINE:
		declare_inline(ctx, decl);
		break;
	case DECL_TRANSLATOR:
		check_translator(ctx, decl);
		break;
	case DECL_PROVIDER:
		for (const struct decl *probe = decl->members; probe; probe = probe->next)
			check_declared_probe(ctx, decl, probe);
		break;
	default:
		if (decl->tspec && decl->tspec->has_body)
			check_tspec(ctx, decl->tspec);
		break;
	}
}
