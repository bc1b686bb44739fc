/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A screen for each kind of node. */
#include "front/d/lower_expr.h"

#include "front/d/check/ctx.h"

/* The node itself: a place where it is one. */
static struct expr *lower(struct arena *arena, const struct node *node);

static struct expr *expr_new(struct arena *arena, enum expr_kind kind, const struct type *type, const struct node *node)
{
	struct expr *expr = arena_new_one(arena, struct expr);

	expr->kind = kind;
	expr->type = type;
	expr->loc = node->loc;
	expr->op_loc = node->op_loc.source ? node->op_loc : node->loc;
	return expr;
}

static struct expr *expr_around(struct arena *arena, enum expr_kind kind, const struct type *type,
				const struct node *node, struct expr *left)
{
	struct expr *expr = expr_new(arena, kind, type, node);

	expr->left = left;
	return expr;
}

static struct expr *constant(struct arena *arena, const struct type *type, const struct node *node, uint64_t value)
{
	struct expr *expr = expr_new(arena, EXPR_CONST, type, node);

	expr->value = type_is_int(type) ? (uint64_t)fold_extend(value, type) : value;
	return expr;
}

/* --- Conversions --- */

static struct expr *convert(struct arena *arena, struct expr *expr, const struct type *type, const struct node *node)
{
	if (type_is_alike(expr->type, type) || type->kind == TYPE_ERROR)
		return expr;
	if (expr->kind == EXPR_CONST)
		return constant(arena, type, node, expr->value);
	expr = expr_around(arena, EXPR_CONVERT, type, node, expr);
	expr->loc = (struct loc){0}; /* nobody wrote it */
	return expr;
}

struct expr *lower_value(struct arena *arena, const struct node *node)
{
	struct expr *expr = lower(arena, node);

	if (node->type->kind != TYPE_ARRAY)
		return expr;
	return expr_around(arena, EXPR_ADDRESS, type_pointer(arena, node->type->to, check_is_userland(node)), node,
			   expr);
}

struct expr *lower_address(struct arena *arena, const struct node *node)
{
	if (!type_is_object(node->type) || node->type->kind == TYPE_ARRAY)
		return lower_value(arena, node);
	return expr_around(arena, EXPR_ADDRESS, type_pointer(arena, node->type, check_is_userland(node)), node,
			   lower(arena, node));
}

struct expr *lower_as(struct arena *arena, const struct node *node, const struct type *type)
{
	return convert(arena, lower_value(arena, node), type, node);
}

struct expr *lower_effect(struct arena *arena, const struct node *node)
{
	return lower(arena, node);
}

struct expr **lower_keys(struct arena *arena, const struct node *node, const struct type *const *types, unsigned n)
{
	struct expr **keys = arena_new_array(arena, struct expr *, n + 1);

	for (unsigned i = 0; i < n; i++)
		keys[i] = lower_as(arena, node->args[i], types[i]);
	return keys;
}

/* --- Variables, arguments, calls --- */

static struct expr *lower_var(struct arena *arena, const struct node *node)
{
	struct expr *expr = expr_new(arena, EXPR_VAR, node->type, node);

	expr->var = node->var;
	if (node->var->is_assoc) {
		expr->args = lower_keys(arena, node, node->var->keys, node->var->keys_len);
		expr->args_len = node->var->keys_len;
	}
	return expr;
}

static struct expr *lower_arg(struct arena *arena, const struct node *node)
{
	struct expr *expr = expr_new(arena, EXPR_ARG, node->type, node);

	expr->arg = (unsigned)node->arg_index;
	return expr;
}

static struct expr *lower_ident(struct arena *arena, const struct node *node)
{
	struct expr *expr;

	if (node->arg_index >= 0)
		return lower_arg(arena, node);
	if (node->var)
		return lower_var(arena, node);
	expr = expr_new(arena, EXPR_BUILTIN, node->type, node);
	expr->builtin = node->builtin;
	expr->name = node->builtin->name;
	return expr;
}

static struct expr *lower_call(struct arena *arena, const struct node *node)
{
	struct expr *expr = expr_new(arena, EXPR_CALL, node->type, node);

	expr->func = node->func;
	expr->args = arena_new_array(arena, struct expr *, node->args_len + 1);
	expr->args_len = node->args_len;
	for (unsigned i = 0; i < node->args_len; i++)
		expr->args[i] = lower_value(arena, node->args[i]);
	return expr;
}

static struct expr *lower_text(struct arena *arena, const struct node *node)
{
	struct expr *expr = expr_new(arena, EXPR_TEXT, node->type, node);

	expr->text = node->text;
	expr->text_size = node->text_size;
	return expr;
}

/* --- Objects in memory --- */

/* p->m is (*p).m. */
static struct expr *lower_member(struct arena *arena, const struct node *node)
{
	const struct node *left = node->left;
	const struct type *object = node->op == OP_ARROW ? left->type->to : left->type;
	struct expr *from = node->op == OP_ARROW
				    ? expr_around(arena, EXPR_DEREF, object, left, lower_value(arena, left))
				    : lower(arena, left);
	struct expr *expr = expr_around(arena, EXPR_MEMBER, node->type, node, from);

	expr->member = type_find_member(object, node->name);
	return expr;
}

static struct expr *lower_index(struct arena *arena, const struct node *node)
{
	struct expr *expr;

	if (node->arg_index >= 0)
		return lower_arg(arena, node);
	if (node->var)
		return lower_var(arena, node);
	expr = expr_around(arena, EXPR_ELEMENT, node->type, node, lower(arena, node->left));
	expr->right = lower_as(arena, node->args[0], &type_int64);
	return expr;
}

/* --- Operators --- */

static struct expr *lower_step(struct arena *arena, const struct node *node)
{
	struct expr *expr = expr_around(arena, EXPR_STEP, node->type, node, lower(arena, node->left));

	expr->step = node->op == OP_PREDEC || node->op == OP_POSTDEC ? -1 : 1;
	expr->is_post = node->op == OP_POSTINC || node->op == OP_POSTDEC;
	return expr;
}

/* stringof(): text that lies in memory, or a string already. */
static struct expr *lower_stringof(struct arena *arena, const struct node *node)
{
	const struct type *type = node->left->type;
	bool is_array = type->kind == TYPE_ARRAY;

	return expr_around(arena, type_is_string(type) ? EXPR_CONVERT : EXPR_STRING, node->type, node,
			   is_array ? lower(arena, node->left) : lower_value(arena, node->left));
}

/* *p; of an array, *a is a[0], and *(a + i) is a[i]. */
static struct expr *lower_deref(struct arena *arena, const struct node *node)
{
	const struct node *array = check_array_of(node);
	struct expr *expr;

	if (!array)
		return expr_around(arena, EXPR_DEREF, node->type, node, lower_value(arena, node->left));
	expr = expr_around(arena, EXPR_ELEMENT, node->type, node, lower(arena, array));
	expr->right = array == node->left ? constant(arena, &type_int64, node, 0)
					  : lower_as(arena, node->left->right, &type_int64);
	return expr;
}

static struct expr *lower_unary(struct arena *arena, const struct node *node)
{
	struct expr *expr;

	switch (node->op) {
	case OP_ADDROF:
		return expr_around(arena, EXPR_ADDRESS, node->type, node, lower(arena, node->left));
	case OP_DEREF:
		return lower_deref(arena, node);
	case OP_STRINGOF:
		return lower_stringof(arena, node);
	case OP_PLUS:
		return expr_around(arena, EXPR_CONVERT, node->type, node, lower_value(arena, node->left));
	case OP_NOT:
		expr = expr_around(arena, EXPR_UNARY, node->type, node, lower_value(arena, node->left));
		expr->op = PLAN_NOT;
		return expr;
	case OP_NEG:
	case OP_BITNOT:
		expr = expr_around(arena, EXPR_UNARY, node->type, node, lower_as(arena, node->left, node->type));
		expr->op = node->op == OP_NEG ? PLAN_NEG : PLAN_BITNOT;
		return expr;
	default:
		return lower_step(arena, node);
	}
}

static enum plan_op plan_op(enum node_op op)
{
	static const enum plan_op ops[] = {
		[OP_ADD] = PLAN_ADD,	    [OP_SUB] = PLAN_SUB,	[OP_MUL] = PLAN_MUL,
		[OP_DIV] = PLAN_DIV,	    [OP_MOD] = PLAN_MOD,	[OP_SHL] = PLAN_SHL,
		[OP_SHR] = PLAN_SHR,	    [OP_AND] = PLAN_AND,	[OP_OR] = PLAN_OR,
		[OP_XOR] = PLAN_XOR,	    [OP_EQ] = PLAN_EQ,		[OP_NE] = PLAN_NE,
		[OP_LT] = PLAN_LT,	    [OP_LE] = PLAN_LE,		[OP_GT] = PLAN_GT,
		[OP_GE] = PLAN_GE,	    [OP_LAND] = PLAN_LAND,	[OP_LOR] = PLAN_LOR,
		[OP_LXOR] = PLAN_LXOR,	    [OP_ADD_ASSIGN] = PLAN_ADD, [OP_SUB_ASSIGN] = PLAN_SUB,
		[OP_MUL_ASSIGN] = PLAN_MUL, [OP_DIV_ASSIGN] = PLAN_DIV, [OP_MOD_ASSIGN] = PLAN_MOD,
		[OP_SHL_ASSIGN] = PLAN_SHL, [OP_SHR_ASSIGN] = PLAN_SHR, [OP_AND_ASSIGN] = PLAN_AND,
		[OP_OR_ASSIGN] = PLAN_OR,   [OP_XOR_ASSIGN] = PLAN_XOR,
	};

	return ops[op];
}

static bool is_pointer(const struct type *type)
{
	return type->kind == TYPE_PTR || type->kind == TYPE_ARRAY;
}

/* A side of a comparison: numbers in the type of both; a constant beside a pointer is an address. */
static struct expr *lower_compared(struct arena *arena, const struct node *node, const struct node *other)
{
	if (type_is_int(node->type) && type_is_int(other->type))
		return lower_as(arena, node, type_usual(node->type, other->type));
	if (type_is_int(node->type))
		return lower_as(arena, node, other->type->kind == TYPE_PTR ? other->type : &type_uint64);
	return lower_value(arena, node);
}

/* The types that the operands of arithmetic are brought to: an address stays one, and what is added to it counts
 * elements. */
static void operand_types(const struct node *node, const struct type **left, const struct type **right)
{
	const struct type *a = node->left->type, *b = node->right->type;

	*left = *right = node->type;
	if (is_pointer(a) || is_pointer(b)) {
		*left = is_pointer(a) ? a : &type_int64;
		*right = is_pointer(b) ? b : &type_int64;
	} else if (node->op == OP_SHL || node->op == OP_SHR) {
		*right = type_promote(b);
	}
}

static struct expr *lower_operand(struct arena *arena, const struct node *node, const struct type *type)
{
	return is_pointer(type) ? lower_value(arena, node) : lower_as(arena, node, type);
}

static struct expr *lower_binary(struct arena *arena, const struct node *node)
{
	struct expr *expr = expr_new(arena, node->op == OP_COMMA ? EXPR_THEN : EXPR_BINARY, node->type, node);
	const struct type *left, *right;

	if (node->op == OP_COMMA) {
		expr->left = lower(arena, node->left);
		expr->right = lower(arena, node->right);
		return expr;
	}
	expr->op = plan_op(node->op);
	if (node->op >= OP_EQ && node->op <= OP_GE) {
		expr->left = lower_compared(arena, node->left, node->right);
		expr->right = lower_compared(arena, node->right, node->left);
	} else if (node->op >= OP_LAND && node->op <= OP_LXOR) {
		expr->left = lower_value(arena, node->left);
		expr->right = lower_value(arena, node->right);
	} else {
		operand_types(node, &left, &right);
		expr->left = lower_operand(arena, node->left, left);
		expr->right = lower_operand(arena, node->right, right);
	}
	return expr;
}

static struct expr *lower_cond(struct arena *arena, const struct node *node)
{
	struct expr *expr = expr_around(arena, EXPR_COND, node->type, node, lower_value(arena, node->left));

	expr->right = lower_as(arena, node->right, node->type);
	expr->third = lower_as(arena, node->third, node->type);
	return expr;
}

/* --- Assignments --- */

/* x op= y: in the type that x op y has, or, where x is a pointer, in elements. */
static struct expr *lower_compound(struct arena *arena, const struct node *node)
{
	const struct type *left = node->left->type, *right = node->right->type;
	bool is_shift = node->op == OP_SHL_ASSIGN || node->op == OP_SHR_ASSIGN;
	struct expr *expr = expr_around(arena, EXPR_UPDATE, left, node, lower(arena, node->left));

	expr->op = plan_op(node->op);
	if (is_shift)
		expr->in = type_promote(left);
	else
		expr->in = type_is_int(left) && type_is_int(right) ? type_usual(left, right) : left;
	expr->right = lower_as(arena, node->right,
			       left->kind == TYPE_PTR ? &type_int64
			       : is_shift	      ? type_promote(right)
						      : expr->in);
	return expr;
}

static struct expr *lower_assign(struct arena *arena, const struct node *node)
{
	const struct type *type = node->left->type;
	struct expr *expr;

	if (node->op != OP_ASSIGN)
		return lower_compound(arena, node);
	expr = expr_around(arena, EXPR_ASSIGN, type, node, lower(arena, node->left));
	if (type_is_string(type) && node->right->is_const) /* 0, which empties it */
		expr->right = constant(arena, type_string(arena, 1), node->right, 0);
	else
		expr->right = lower_as(arena, node->right, type);
	return expr;
}

static struct expr *lower(struct arena *arena, const struct node *node)
{
	if (node->is_const)
		return constant(arena, node->type, node, node->ival);
	if (node->type->kind == TYPE_ERROR) /* of an argument that no probe has, with zdefs */
		return constant(arena, &type_int64, node, 0);
	switch (node->kind) {
	case NODE_STRING:
		return lower_text(arena, node);
	case NODE_IDENT:
		return lower_ident(arena, node);
	case NODE_INDEX:
		return lower_index(arena, node);
	case NODE_MEMBER:
		return lower_member(arena, node);
	case NODE_CALL:
		return lower_call(arena, node);
	case NODE_UNARY:
		return lower_unary(arena, node);
	case NODE_BINARY:
		return lower_binary(arena, node);
	case NODE_ASSIGN:
		return lower_assign(arena, node);
	case NODE_COND:
		return lower_cond(arena, node);
	case NODE_CAST:
		return expr_around(arena, EXPR_CONVERT, node->type, node, lower_value(arena, node->left));
	default: /* numbers, sizeof and offsetof are constants, translations are read by members, aggregations in
		    statements */
		return constant(arena, &type_int64, node, node->ival);
	}
}
