/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Translators: `xlate <psinfo_t *>(t)->pr_pid` stands for what the translator from the type of `t` says pr_pid is made
 * of, with `t` in the place of its parameter. So a translated structure is never made; only its members are read.
 */
#include <string.h>

#include "front/d/check/ctx.h"

struct translator {
	const struct decl *decl;
	const struct type *out, *in;
};

static const struct translator *find(const struct check_ctx *ctx, const struct type *out, const struct type *in)
{
	unsigned i;

	for (i = 0; i < ctx->translators_len; i++)
		if (ctx->translators[i]->out == out && (!in || type_equal(ctx->translators[i]->in, in)))
			return ctx->translators[i];
	return NULL;
}

/* What a member is made of is looked at although nothing may use it. */
static bool is_sound_member(struct check_ctx *ctx, const struct translator *translator, const struct decl *decl)
{
	const struct type_member *member = type_find_member(translator->out, decl->name);
	struct node *value;

	if (!member) {
		diag_set_line(diag_error(ctx->diags, decl->loc, "D_XLATE_MEMB", "`%s` has no member `%s`",
					 check_type_text(ctx, translator->out), decl->name),
			      translator->decl->whole);
		return false;
	}
	value = check_put_in(ctx, check_clone(ctx, decl->value), translator->decl->name,
			     check_value_of(ctx, translator->in, decl->loc));
	check_expr(ctx, value);
	if (check_failed(value))
		return false;
	value->is_const &= decl->value->kind == NODE_INT; /* what stands for the parameter is none */
	if (type_equal(member->type, value->type) || (type_is_text(member->type) && type_is_text(value->type)) ||
	    (!check_why_no_value(value) && check_convert(ctx, member->type, &value)))
		return true;
	diag_set_line(diag_error(ctx->diags, decl->loc, "D_XLATE_INCOMPAT",
				 "`%s` is of type `%s`, and its value of type `%s`", decl->name,
				 check_type_text(ctx, member->type), check_type_text(ctx, check_operand(ctx, value))),
		      translator->decl->whole);
	return false;
}

void check_translator(struct check_ctx *ctx, const struct decl *decl)
{
	struct translator *translator = arena_new_one(ctx->arena, struct translator);
	const struct decl *member;

	translator->decl = decl;
	translator->out = check_tspec(ctx, decl->tspec);
	translator->in = check_tspec(ctx, decl->input);
	if (translator->out->kind == TYPE_ERROR || translator->in->kind == TYPE_ERROR)
		return;
	if (!ctx->in_library)
		library_translators(ctx, decl->tspec->name);
	if (find(ctx, translator->out, translator->in)) {
		diag_set_line(diag_error(ctx->diags, decl->loc, "D_XLATE_REDECL",
					 "there is already a translator from `%s` to `%s`",
					 check_type_text(ctx, translator->in), check_type_text(ctx, translator->out)),
			      translator->decl->whole);
		return;
	}
	if ((translator->out->kind != TYPE_STRUCT && translator->out->kind != TYPE_UNION) ||
	    check_is_incomplete(translator->out)) {
		diag_set_line(diag_error(ctx->diags, decl->tspec->loc, "D_XLATE_SOU",
					 "a translator makes a structure or union that is declared, not `%s`",
					 check_type_text(ctx, translator->out)),
			      translator->decl->whole);
		return;
	}
	for (member = decl->members; member && !ctx->in_library; member = member->next)
		if (!is_sound_member(ctx, translator, member))
			break;
	*arena_push(ctx->arena, ctx->translators, ctx->translators_len) = translator;
}

void check_xlate(struct check_ctx *ctx, struct node *node)
{
	const struct type *to = check_tspec(ctx, node->tspec), *out = to->kind == TYPE_PTR ? to->to : to;
	struct node *input = check_clone(ctx, node->left); /* the operand stays unchecked: it is put into members */
	const struct type *in;

	node->type = &type_error;
	check_expr(ctx, input);
	if (to->kind == TYPE_ERROR || check_failed(input))
		return;
	in = check_operand(ctx, input);
	library_translators(ctx, node->tspec->name);
	node->translator = find(ctx, out, in);
	if (!node->translator) {
		check_error(ctx, node, "D_XLATE_NONE", "there is no translator from `%s` to `%s`",
			    check_type_text(ctx, in), check_type_text(ctx, out));
		return;
	}
	node->type = to;
}

bool check_has_translator(struct check_ctx *ctx, const struct type_spec *spec, const struct type *to,
			  const struct type *from)
{
	library_translators(ctx, spec->name);
	return find(ctx, to->kind == TYPE_PTR ? to->to : to, from);
}

struct node *check_value_of(struct check_ctx *ctx, const struct type *type, struct loc loc)
{
	struct node *zero = arena_new_one(ctx->arena, struct node), *node = arena_new_one(ctx->arena, struct node);
	bool by_address = !type_is_scalar(type) && !type_is_string(type);

	*zero = (struct node){.kind = NODE_INT, .loc = loc, .op_loc = loc, .arg_index = -1};
	if (type_is_string(type)) {
		zero->kind = NODE_STRING;
		zero->text = "";
		return zero;
	}
	*node = (struct node){.kind = NODE_CAST, .loc = loc, .op_loc = loc, .left = zero, .arg_index = -1};
	node->type = by_address ? type_pointer(ctx->arena, type, false) : type;
	if (!by_address)
		return node;
	zero = node;
	node = arena_new_one(ctx->arena, struct node);
	*node = (struct node){
		.kind = NODE_UNARY, .op = OP_DEREF, .loc = loc, .op_loc = loc, .left = zero, .arg_index = -1};
	return node;
}

struct node *check_put_in(struct check_ctx *ctx, struct node *node, const char *name, const struct node *operand)
{
	unsigned i;

	if (!node)
		return NULL;
	if (node->kind == NODE_IDENT && node->scope == SCOPE_GLOBAL && !strcmp(node->name, name))
		return check_clone(ctx, operand);
	node->left = check_put_in(ctx, node->left, name, operand);
	node->right = check_put_in(ctx, node->right, name, operand);
	node->third = check_put_in(ctx, node->third, name, operand);
	for (i = 0; i < node->args_len; i++)
		node->args[i] = check_put_in(ctx, node->args[i], name, operand);
	return node;
}

static const struct decl *member_of(const struct translator *translator, const char *name)
{
	const struct decl *member = translator->decl->members;

	while (member && strcmp(member->name, name))
		member = member->next;
	return member;
}

void check_translated(struct check_ctx *ctx, struct node *node)
{
	const struct node *from = node->left;
	const struct translator *translator = from->translator;
	const struct decl *decl = member_of(translator, node->name);
	const struct type_member *member = type_find_member(translator->out, node->name);
	struct node *value;

	if ((from->type->kind == TYPE_PTR) != (node->op == OP_ARROW)) {
		check_error_op(ctx, node, node->op == OP_ARROW ? "D_OP_PTR" : "D_OP_SOU",
			       "use `%s`: what is translated to is `%s`", from->type->kind == TYPE_PTR ? "->" : ".",
			       check_type_text(ctx, from->type));
		return;
	}
	if (!member) {
		check_no_member(ctx, node, "D_XLATE_NOCONV", translator->out);
		return;
	}
	if (!decl) {
		check_error(ctx, node, "D_XLATE_NOCONV", "the translator from `%s` does not say what `%s` is",
			    check_type_text(ctx, translator->in), node->name);
		return;
	}
	value = check_put_in(ctx, check_clone(ctx, decl->value), translator->decl->name, from->left);
	check_set_loc(value, node->loc);
	ctx->nodes--; /* it was counted as a member */
	if (type_is_scalar(member->type)) {
		*node = (struct node){.kind = NODE_CAST, .loc = node->loc, .op_loc = node->op_loc, .left = value};
		node->type = member->type;
	} else { /* text: as large as what it is made of */
		*node = *value;
	}
	check_expr(ctx, node);
}
