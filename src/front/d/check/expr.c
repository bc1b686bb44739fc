/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Types of expressions: the walk over all kinds of nodes, conversions, casts, sizeof; operators are in operator.c. */
#include <string.h>

#include "front/d/check/ctx.h"

void check_args(struct check_ctx *ctx, struct node *node)
{
	unsigned i;

	for (i = 0; i < node->args_len; i++)
		check_expr(ctx, node->args[i]);
}

bool check_is_dynamic(const struct node *node)
{
	return node->type->kind == TYPE_AGG || (node->kind == NODE_XLATE && !check_failed(node));
}

bool check_is_action(const struct node *node)
{
	return node->kind == NODE_CALL && node->func && (node->func->flags & FUNC_RECORDS);
}

const struct type *check_operand(struct check_ctx *ctx, const struct node *node)
{
	static const struct type translated = {.kind = TYPE_AGG, .name = "translated structure"};

	if (check_is_dynamic(node))
		return node->kind == NODE_XLATE ? &translated : &type_agg;
	return check_decay(ctx, node);
}

const char *check_why_no_value(const struct node *node)
{
	if (node->kind == NODE_XLATE)
		return "a translated structure has no value: read a member of it";
	switch (node->type->kind) {
	case TYPE_AGG:
		return "an aggregation has no value in an expression";
	case TYPE_VOID:
		return "this has no value: it is `void`";
	case TYPE_FLOAT:
		return "D computes with integers: read the raw bits through a pointer to an integer type";
	default:
		return NULL;
	}
}

static struct node *wrap(struct check_ctx *ctx, struct node *node, enum node_op op)
{
	struct node *outer = arena_new_one(ctx->arena, struct node);

	outer->kind = NODE_UNARY;
	outer->op = op;
	outer->loc = node->loc;
	outer->op_loc = node->op_loc;
	outer->left = node;
	outer->arg_index = -1;
	return outer;
}

/* What text of this type becomes as a string: a char [16] has at most 16 characters. */
static const struct type *string_of(struct check_ctx *ctx, const struct type *type)
{
	if (type_is_string(type))
		return type;
	if (type_is_bytes(type) && type->count < ctx->string->size)
		return type_string(ctx->arena, type->count + 1);
	return ctx->string;
}

struct node *check_to_string(struct check_ctx *ctx, struct node *node)
{
	struct node *outer;

	if (!type_is_text(node->type) || type_is_string(node->type))
		return node;
	outer = wrap(ctx, node, OP_STRINGOF);
	outer->type = string_of(ctx, node->type);
	return outer;
}

/* Pointers fit when they point into the same memory and at the same type, or one of them at void. */
static bool pointers_fit(const struct type *to, const struct type *from)
{
	if (to->userland != from->userland)
		return false;
	return to->to->kind == TYPE_VOID || from->to->kind == TYPE_VOID || type_equal(to->to, from->to);
}

bool check_convert(struct check_ctx *ctx, const struct type *to, struct node **slot)
{
	struct node *node = *slot;
	const struct type *from = node->type;

	if (to->kind == TYPE_ERROR || from->kind == TYPE_ERROR)
		return true;
	if (type_is_string(to) && type_is_text(from)) {
		*slot = check_to_string(ctx, node);
		return true;
	}
	if (to->kind == TYPE_STRUCT || to->kind == TYPE_UNION)
		return type_equal(to, from);
	if (from->kind == TYPE_ARRAY)
		from = check_decay(ctx, node);
	if (type_is_token(to)) /* to be a key later, in another place than where it was taken */
		return from->kind == to->kind && from->form == to->form;
	if (to->kind == TYPE_PTR && from->kind == TYPE_PTR)
		return pointers_fit(to, from);
	if (to->kind == TYPE_PTR && type_is_int(from))
		return node->is_const && !node->ival;
	return type_is_int(to) && type_is_int(from);
}

bool check_is_userland(const struct node *node)
{
	bool follows;

	for (;; node = node->left) {
		while (node->kind == NODE_BINARY && node->op == OP_COMMA)
			node = node->right;
		follows = node->kind == NODE_MEMBER || node->kind == NODE_INDEX ||
			  (node->kind == NODE_UNARY && node->op == OP_DEREF);
		if (!follows || !node->left->type)
			return false;
		if (node->left->type->kind == TYPE_PTR)
			return node->left->type->userland;
	}
}

bool check_is_of_user(const struct node *node)
{
	if (check_is_userland(node))
		return true;
	while (!node->var && ((node->kind == NODE_MEMBER && node->op == OP_DOT) || node->kind == NODE_INDEX))
		node = node->left;
	return node->var && node->var->is_userland;
}

/* An address that was read out of the traced process is an address in the traced process. */
const struct type *check_loaded(struct check_ctx *ctx, const struct node *node, const struct type *type)
{
	if (type->kind == TYPE_PTR && !type->userland && check_is_of_user(node))
		return type_pointer(ctx->arena, type->to, true);
	return type;
}

const struct type *check_decay(struct check_ctx *ctx, const struct node *node)
{
	if (node->type->kind != TYPE_ARRAY)
		return node->type;
	return type_pointer(ctx->arena, node->type->to, check_is_userland(node));
}

static bool cast_is_valid(const struct type *to, const struct type *from)
{
	if (to->kind == TYPE_VOID)
		return true;
	if (type_is_string(to))
		return type_is_text(from) || type_is_scalar(from);
	if (type_is_scalar(to))
		return type_is_scalar(from);
	return (to->kind == TYPE_STRUCT || to->kind == TYPE_UNION) && type_equal(to, from);
}

static void check_cast(struct check_ctx *ctx, struct node *node)
{
	const struct type *from, *to = node->tspec ? check_tspec(ctx, node->tspec) : node->type;

	check_expr(ctx, node->left);
	node->type = &type_error;
	if (node->left->kind == NODE_XLATE && type_equal(node->left->type, to)) { /* an inline that is a translation */
		struct loc loc = node->loc;

		*node = *node->left;
		node->loc = loc; /* what is wrong with it is the script's */
		return;
	}
	if (to->kind == TYPE_ERROR || check_failed(node->left))
		return;
	from = type_is_string(to) && !check_is_dynamic(node->left) ? node->left->type : check_operand(ctx, node->left);
	if (!cast_is_valid(to, from)) {
		check_error(ctx, node, "D_CAST_INVAL", "a value of type `%s` cannot be cast to `%s`",
			    check_type_text(ctx, from), check_type_text(ctx, to));
		return;
	}
	/* An address keeps its memory: only an integer has none and takes what is written. */
	if (to->kind == TYPE_PTR && from->kind == TYPE_PTR && from->userland && !to->userland)
		to = type_pointer(ctx->arena, to->to, true);
	if (type_is_object(to)) { /* to what it is */
		struct node *left = node->left;

		*node = *left;
		return;
	}
	if (type_is_string(to)) { /* as stringof, which takes addresses too */
		node->kind = NODE_UNARY;
		node->op = OP_STRINGOF;
		to = string_of(ctx, from);
	}
	node->type = to;
}

static const struct type_member *member_of(const struct node *node)
{
	const struct type *type;

	if (node->kind != NODE_MEMBER || !node->left->type)
		return NULL;
	type = node->op == OP_ARROW ? node->left->type->to : node->left->type;
	return type ? type_find_member(type, node->name) : NULL;
}

bool check_is_bit_field(const struct node *node)
{
	const struct type_member *member = member_of(node);

	return member && member->bit_size;
}

void check_sizeof(struct check_ctx *ctx, struct node *node)
{
	const struct type *type;

	if (node->left)
		check_expr(ctx, node->left);
	type = node->left ? node->left->type : check_tspec(ctx, node->tspec);
	node->type = type->kind == TYPE_ERROR ? &type_error : &type_ulong;
	if (type->kind == TYPE_ERROR)
		return;
	type_complete(type);
	if (node->left && check_is_bit_field(node->left)) {
		check_error(ctx, node, "D_SIZEOF_BITFIELD", "`sizeof` cannot be applied to a bit-field");
		return;
	}
	if (type->kind == TYPE_AGG || !type->size) {
		check_error(ctx, node, "D_SIZEOF_TYPE", "`sizeof` cannot be applied to `%s`: its size is not known",
			    check_type_text(ctx, type));
		return;
	}
	node->is_const = true;
	node->ival = type->size;
}

struct diag *check_no_member(struct check_ctx *ctx, struct node *node, const char *tag, const struct type *type)
{
	const char **list = NULL, *near;
	unsigned n = 0, i;
	struct diag *diag;

	for (i = 0; i < type->members_len; i++)
		*arena_push(ctx->arena, list, n) = type->members[i].name;
	diag = check_error(ctx, node, tag, "`%s` has no member `%s`", check_type_text(ctx, type), node->name);
	near = nearest_name(node->name, list, n);
	if (near)
		diag_hint(ctx->diags, diag, "did you mean `%s`?", near);
	return diag;
}

static void check_offsetof(struct check_ctx *ctx, struct node *node)
{
	const struct type *type = check_tspec(ctx, node->tspec);
	const struct type_member *member;

	node->type = &type_error;
	if (type->kind == TYPE_ERROR)
		return;
	type_complete(type);
	if ((type->kind != TYPE_STRUCT && type->kind != TYPE_UNION) || !type->size) {
		check_error(ctx, node, "D_OFFSETOF_TYPE", "`offsetof` needs a structure or union, not `%s`",
			    check_type_text(ctx, type));
		return;
	}
	member = type_find_member(type, node->name);
	if (!member) {
		check_no_member(ctx, node, "D_UNKNOWN", type);
		return;
	}
	if (member->hops || member->why) {
		check_error(ctx, node, "D_OFFSETOF_TYPE", "the place of `%s` is not the same in all objects: %s",
			    node->name, member->why ? member->why : "it is in a virtual base class");
		return;
	}
	if (member->bit_size) {
		check_error(ctx, node, "D_OFFSETOF_BITFIELD", "`offsetof` cannot be applied to the bit-field `%s`",
			    node->name);
		return;
	}
	node->type = &type_ulong;
	node->is_const = true;
	node->ival = member->offset;
}

static void check_int(struct node *node)
{
	if (node->int_long)
		node->type = node->int_unsigned ? &type_ulong : &type_long;
	else
		node->type = node->int_unsigned ? &type_uint : &type_int;
	node->is_const = true;
	node->ival = (uint64_t)fold_extend(node->ival, node->type);
}

/* The type that both results of ?: have; NULL: they do not go together. Text is made a string. */
static const struct type *common_type(struct check_ctx *ctx, struct node *node)
{
	const struct type *a = check_decay(ctx, node->right), *b = check_decay(ctx, node->third);

	if (type_is_string(a) || type_is_string(b)) {
		if (!type_is_text(node->right->type) || !type_is_text(node->third->type))
			return NULL;
		node->right = check_to_string(ctx, node->right);
		node->third = check_to_string(ctx, node->third);
		a = node->right->type;
		b = node->third->type;
		return a->size >= b->size ? a : b;
	}
	if (type_is_int(a) && type_is_int(b))
		return type_usual(a, b);
	if (a->kind == TYPE_VOID && b->kind == TYPE_VOID)
		return a;
	if (!type_is_scalar(a) && !type_is_token(a))
		return NULL;
	if (check_convert(ctx, a, &node->third))
		return a->kind == TYPE_PTR && a->to->kind == TYPE_VOID && b->kind == TYPE_PTR ? b : a;
	return check_convert(ctx, b, &node->right) ? b : NULL;
}

static void check_cond(struct check_ctx *ctx, struct node *node)
{
	const struct type *type;

	check_expr(ctx, node->left);
	check_expr(ctx, node->right);
	check_expr(ctx, node->third);
	node->type = &type_error;
	if (check_failed(node->left) || check_failed(node->right) || check_failed(node->third))
		return;
	type = check_operand(ctx, node->left);
	if (!type_is_scalar(type)) {
		check_error(ctx, node, "D_OP_SCALAR", "the condition of `?:` must be an integer or a pointer, not `%s`",
			    check_type_text(ctx, type));
		return;
	}
	if (check_is_dynamic(node->right) || check_is_dynamic(node->third)) {
		check_error(ctx, node, "D_OP_DYN",
			    "the results of `?:` must be values, not an aggregation or a translated structure");
		return;
	}
	type = common_type(ctx, node);
	if (!type)
		check_error(ctx, node, "D_OP_INCOMPAT", "the two results of `?:` do not go together: `%s` and `%s`",
			    check_type_text(ctx, check_decay(ctx, node->right)),
			    check_type_text(ctx, check_decay(ctx, node->third)));
	else if (check_is_action(node->right) || check_is_action(node->third))
		diag_hint(ctx->diags, check_error(ctx, node, "D_OP_ACT", "an action cannot be a result of `?:`"),
			  "write `if`, or a clause with a predicate");
	else
		node->type = type;
}

/* A name alone must be of an aggregation that is there. */
static void check_agg_name(struct check_ctx *ctx, struct node *node)
{
	node->type = &type_agg;
	if (nametab_find(&ctx->aggs, 0, node->name)) {
		check_args(ctx, node);
		return;
	}
	if (!node->args_len)
		check_agg_unknown(ctx, node, "D_IDENT_UNDEF");
}

static void check_node(struct check_ctx *ctx, struct node *node)
{
	switch (node->kind) {
	case NODE_INT:
		check_int(node);
		break;
	case NODE_STRING:
		node->type = type_string(ctx->arena, (uint32_t)node->text_size + 1);
		break;
	case NODE_IDENT:
		check_ident(ctx, node);
		break;
	case NODE_INDEX:
		check_index(ctx, node);
		break;
	case NODE_MEMBER:
		check_member(ctx, node);
		break;
	case NODE_CALL:
		check_call(ctx, node);
		break;
	case NODE_AGG:
		check_agg_name(ctx, node);
		break;
	case NODE_UNARY:
		check_unary(ctx, node);
		break;
	case NODE_BINARY:
		check_binary(ctx, node);
		break;
	case NODE_ASSIGN:
		check_assign(ctx, node);
		break;
	case NODE_COND:
		check_cond(ctx, node);
		break;
	case NODE_CAST:
		check_cast(ctx, node);
		break;
	case NODE_SIZEOF:
		check_sizeof(ctx, node);
		break;
	case NODE_OFFSETOF:
		check_offsetof(ctx, node);
		break;
	case NODE_XLATE:
		check_xlate(ctx, node);
		break;
	}
}

/* Counts the node; false when the clause has too many, which is said once. */
bool check_count(struct check_ctx *ctx, struct node *node)
{
	node->arg_index = -1;
	if (++ctx->nodes <= CHECK_NODES_MAX)
		return true;
	node->type = &type_error;
	if (!ctx->is_full)
		diag_hint(ctx->diags,
			  check_error(ctx, node, NULL,
				      "this clause is too long: it has more than %d operators and operands",
				      CHECK_NODES_MAX),
			  "split it into several clauses for the same probe: they run one after the other");
	ctx->is_full = true;
	return false;
}

/* An action inside of an expression that nothing else was wrong with. */
static void say_stray(struct check_ctx *ctx, const struct node *node)
{
	struct node *stray = ctx->stray;

	ctx->stray = NULL;
	if (stray && stray != node && !check_failed(node))
		diag_hint(ctx->diags,
			  check_error(ctx, stray, "D_CG_EXPR",
				      "%s() is an action: it cannot be a part of an expression", stray->name),
			  "write it as a statement of its own");
}

void check_expr(struct check_ctx *ctx, struct node *node)
{
	bool outer = ctx->in_expr;

	if (!check_count(ctx, node))
		return;
	if (ctx->depth >= CHECK_DEPTH_MAX) {
		check_error(ctx, node, NULL, "this expression is nested more than %d deep, with its inlines",
			    CHECK_DEPTH_MAX);
		return;
	}
	if (!ctx->depth)
		ctx->stray = NULL;
	ctx->in_expr = true;
	ctx->depth++;
	check_node(ctx, node);
	ctx->depth--;
	ctx->in_expr = outer;
	if (!check_failed(node))
		check_fold(ctx, node);
	if (!ctx->depth)
		say_stray(ctx, node);
}
