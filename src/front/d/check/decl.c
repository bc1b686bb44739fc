/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Declarations: variables, typedefs, inlines. */
#include <string.h>

#include "front/d/check/ctx.h"

static bool is_taken(struct check_ctx *ctx, const struct decl *decl)
{
	bool taken = nametab_find(&ctx->vars, decl->scope, decl->name);

	if (decl->scope == SCOPE_GLOBAL)
		taken = taken || nametab_find(&ctx->constants, 0, decl->name) || builtin_find(decl->name);
	if (taken)
		diag_error(ctx->diags, decl->loc, "D_DECL_IDRED", "`%s` is already declared%s", decl->name,
			   builtin_find(decl->name) ? ": it is a built-in variable" : "");
	return taken;
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
}

static void declare_var(struct check_ctx *ctx, const struct decl *decl)
{
	const struct type *type = check_tspec(ctx, decl->tspec);
	struct var *var;

	if (is_taken(ctx, decl))
		return;
	if (!check_object_type(ctx, type, decl->loc, "a variable"))
		type = &type_error;
	if (decl->keys_len && decl->scope == SCOPE_THIS) {
		diag_error(ctx->diags, decl->loc, "D_DECL_LOCASSC",
			   "there are no clause-local arrays: `this->%s` may only be a "
			   "scalar",
			   decl->name);
		return;
	}
	var = check_var_new(ctx, decl->scope, decl->name, type, decl->loc);
	if (decl->keys_len)
		declare_keys(ctx, decl, var);
}

static void declare_typedef(struct check_ctx *ctx, const struct decl *decl)
{
	const struct type *type = check_tspec(ctx, decl->tspec), *old = nametab_find(&ctx->types, 0, decl->name);
	struct type *alias;

	if (type->kind == TYPE_ERROR)
		return;
	if (old) {
		if (!type_equal(old, type))
			diag_error(ctx->diags, decl->loc, "D_DECL_TYPERED", "`%s` is already another type: `%s`",
				   decl->name, check_type_text(ctx, old));
		return;
	}
	if (type_is_int(type)) { /* so that messages call it by this name */
		alias = arena_memdup(ctx->arena, type, sizeof(*type));
		alias->name = decl->name;
		type = alias;
	}
	nametab_add(&ctx->types, 0, decl->name, (void *)type);
}

static void declare_inline(struct check_ctx *ctx, const struct decl *decl)
{
	struct constant *constant;
	const struct type *type = check_tspec(ctx, decl->tspec);

	if (is_taken(ctx, decl) || !check_object_type(ctx, type, decl->loc, "an inline"))
		return;
	if (decl->keys_len) {
		diag_error(ctx->diags, decl->loc, "D_DECL_COMBO", "an inline cannot be an array");
		return;
	}
	constant = arena_new_one(ctx->arena, struct constant);
	constant->decl = decl;
	constant->type = type;
	nametab_add(&ctx->constants, 0, decl->name, constant);
}

void check_decl(struct check_ctx *ctx, struct decl *decl)
{
	ctx->nodes = 0;
	switch (decl->kind) {
	case DECL_VAR:
		declare_var(ctx, decl);
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
	default:
		if (decl->tspec && decl->tspec->has_body)
			check_tspec(ctx, decl->tspec);
		break;
	}
}
