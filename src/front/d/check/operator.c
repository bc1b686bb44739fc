/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Operators: which operands each takes and what comes out. */
#include "front/d/check/ctx.h"

static bool is_zero(const struct node *node)
{
	return node->is_const && type_is_int(node->type) && !node->ival;
}

static bool both_values(struct check_ctx *ctx, struct node *node)
{
	bool left = check_value(ctx, node->left);

	return check_value(ctx, node->right) && left;
}

/* Is this something with an address in memory, rather than a variable or a result? */
static bool is_memory(const struct node *node)
{
	switch (node->kind) {
	case NODE_MEMBER:
		return true;
	case NODE_INDEX:
		return !node->var && node->arg_index < 0;
	case NODE_UNARY:
		return node->op == OP_DEREF;
	default:
		return false;
	}
}

static void incompatible(struct check_ctx *ctx, struct node *node)
{
	struct diag *diag;
	const struct type *a = node->left->type, *b = node->right->type;

	diag = check_error_op(ctx, node, "D_OP_INCOMPAT", "operands of `%s` have incompatible types: `%s` and `%s`",
			      node_op_name(node->op), check_type_text(ctx, a), check_type_text(ctx, b));
	if (type_is_string(a) && type_is_int(b))
		diag_hint(ctx->diags, diag,
			  "text is in double quotes; `copyinstr(address)` reads text from the process");
	else if (a->kind == TYPE_PTR && b->kind == TYPE_PTR && a->userland != b->userland)
		diag_hint(ctx->diags, diag,
			  "one address is in the process, the other is not: declare `userland` pointers");
}

/* --- Unary --- */

static void check_addrof(struct check_ctx *ctx, struct node *node)
{
	const struct node *left = node->left;

	if (is_memory(left)) {
		if (check_is_bit_field(left))
			check_error_op(ctx, node, "D_ADDROF_BITFIELD", "a bit-field has no address");
		else
			node->type = type_pointer(ctx->arena, left->type, check_is_userland(left));
		return;
	}
	if (left->var || left->builtin)
		check_error_op(ctx, node, "D_ADDROF_VAR", "D's variables have no address");
	else
		check_error_op(ctx, node, "D_ADDROF_LVAL", "`&` needs something that is in memory");
}

static void check_deref(struct check_ctx *ctx, struct node *node)
{
	const struct type *type = check_decay(ctx, node->left);

	if (type->kind != TYPE_PTR) {
		check_error_op(ctx, node, "D_DEREF_NONPTR", "`*` needs a pointer, not `%s`",
			       check_type_text(ctx, type));
	} else if (type->to->kind == TYPE_VOID) {
		diag_hint(ctx->diags,
			  check_error_op(ctx, node, "D_DEREF_VOID", "a pointer to `void` cannot be followed"),
			  "cast it first: `*(int *)p`");
	} else {
		node->type = check_loaded(ctx, node, type->to);
	}
}

static void check_stringof(struct check_ctx *ctx, struct node *node)
{
	const struct type *type = node->left->type;

	if (type_is_text(type))
		node->type = type_is_bytes(type) && type->count < ctx->string->size
				     ? type_string(ctx->arena, type->count + 1)
			     : type_is_string(type) ? type
						    : ctx->string;
	else if (type_is_scalar(type))
		node->type = ctx->string;
	else
		check_error_op(ctx, node, "D_STRINGOF_TYPE", "`stringof` needs text or an address, not `%s`",
			       check_type_text(ctx, type));
}

/* ++ and --: an undeclared variable becomes an int64_t, as D says. */
static void check_step(struct check_ctx *ctx, struct node *node)
{
	const struct type *type;

	if (!check_lvalue(ctx, node->left, &type_int64))
		return;
	type = node->left->type;
	if (type_is_int(type) || (type->kind == TYPE_PTR && type->to->size))
		node->type = type;
	else
		check_error_op(ctx, node, "D_OP_INCOMPAT",
			       "`%s` needs an integer or a pointer to something of known size, not `%s`",
			       node_op_name(node->op), check_type_text(ctx, type));
}

static bool is_step(enum node_op op)
{
	return op == OP_PREINC || op == OP_PREDEC || op == OP_POSTINC || op == OP_POSTDEC;
}

void check_unary(struct check_ctx *ctx, struct node *node)
{
	const struct type *type;

	node->type = &type_error;
	if (is_step(node->op)) {
		check_step(ctx, node);
		return;
	}
	check_expr(ctx, node->left);
	if (!check_value(ctx, node->left))
		return;
	type = check_decay(ctx, node->left);
	switch (node->op) {
	case OP_ADDROF:
		check_addrof(ctx, node);
		break;
	case OP_DEREF:
		check_deref(ctx, node);
		break;
	case OP_STRINGOF:
		check_stringof(ctx, node);
		break;
	case OP_NOT:
		if (type_is_scalar(type))
			node->type = &type_int;
		else
			check_error_op(ctx, node, "D_OP_SCALAR", "`!` needs an integer or a pointer, not `%s`",
				       check_type_text(ctx, type));
		break;
	default: /* - + ~ */
		if (type_is_int(type))
			node->type = type_promote(type);
		else
			check_error_op(ctx, node, node->op == OP_BITNOT ? "D_OP_INT" : "D_OP_ARITH",
				       "`%s` needs an integer, not `%s`", node_op_name(node->op),
				       check_type_text(ctx, type));
		break;
	}
}

/* --- Binary --- */

static void not_ints(struct check_ctx *ctx, struct node *node, const char *tag)
{
	const struct type *bad = type_is_int(node->left->type) ? node->right->type : node->left->type;

	check_error_op(ctx, node, tag, "`%s` needs integers, not `%s`", node_op_name(node->op),
		       check_type_text(ctx, bad));
}

/* The pointed-at type has a size, so that an index can be scaled. */
static bool has_stride(struct check_ctx *ctx, struct node *node, const struct type *pointer)
{
	if (pointer->to->size)
		return true;
	check_error_op(ctx, node, "D_OP_INCOMPLETE", "`%s` cannot step over `%s`: it has no size",
		       node_op_name(node->op), check_type_text(ctx, pointer->to));
	return false;
}

/* Addition and subtraction with at least one pointer; the operator's type or NULL when they do not fit. */
static void check_pointer_sum(struct check_ctx *ctx, struct node *node, enum node_op op, const struct type *a,
			      const struct type *b)
{
	if (a->kind == TYPE_PTR && type_is_int(b)) {
		if (has_stride(ctx, node, a))
			node->type = a;
	} else if (op == OP_ADD && b->kind == TYPE_PTR && type_is_int(a)) {
		if (has_stride(ctx, node, b))
			node->type = b;
	} else if (op == OP_SUB && a->kind == TYPE_PTR && b->kind == TYPE_PTR && type_equal(a->to, b->to)) {
		if (has_stride(ctx, node, a))
			node->type = &type_long;
	} else if (a->kind == TYPE_PTR && b->kind == TYPE_PTR) {
		incompatible(ctx, node);
	} else {
		not_ints(ctx, node, "D_OP_ARITH");
	}
}

/* What `a op b` gives, for an arithmetic operator and its assignment. Sets node->type, or says why not. */
static void check_arithmetic(struct check_ctx *ctx, struct node *node, enum node_op op)
{
	const struct type *a = check_decay(ctx, node->left), *b = check_decay(ctx, node->right);
	bool ints = type_is_int(a) && type_is_int(b);

	node->type = &type_error;
	switch (op) {
	case OP_ADD:
	case OP_SUB:
		if (ints)
			node->type = type_usual(a, b);
		else
			check_pointer_sum(ctx, node, op, a, b);
		break;
	case OP_DIV:
	case OP_MOD:
		if (ints && is_zero(node->right)) {
			check_error_op(ctx, node, "D_DIV_ZERO", "division by zero");
			break;
		}
		/* fall through */
	case OP_MUL:
		if (ints)
			node->type = type_usual(a, b);
		else
			not_ints(ctx, node, op == OP_MOD ? "D_OP_INT" : "D_OP_ARITH");
		break;
	case OP_SHL:
	case OP_SHR:
		if (ints)
			node->type = type_promote(a);
		else
			not_ints(ctx, node, "D_OP_INT");
		break;
	default: /* & | ^ */
		if (ints)
			node->type = type_usual(a, b);
		else
			not_ints(ctx, node, "D_OP_INT");
		break;
	}
}

static bool pointers_compare(const struct type *a, const struct type *b, const struct node *right)
{
	if (a->kind != TYPE_PTR)
		return false;
	if (b->kind == TYPE_PTR)
		return a->to->kind == TYPE_VOID || b->to->kind == TYPE_VOID || type_equal(a->to, b->to);
	return type_is_int(b) && right->is_const;
}

/* A string is compared with NULL: that is no text at all. */
static bool is_null_beside(struct check_ctx *ctx, const struct node *string, struct node *node)
{
	if (!type_is_string(string->type) || !type_is_int(node->type) || !is_zero(node))
		return false;
	node->type = type_string(ctx->arena, 1);
	return true;
}

static void check_compare(struct check_ctx *ctx, struct node *node)
{
	const struct type *a = check_decay(ctx, node->left), *b = check_decay(ctx, node->right);

	node->type = &type_int;
	if (type_is_int(a) && type_is_int(b))
		return;
	if (is_null_beside(ctx, node->left, node->right) || is_null_beside(ctx, node->right, node->left))
		return;
	if (type_is_string(node->left->type) || type_is_string(node->right->type)) {
		if (type_is_text(node->left->type) && type_is_text(node->right->type)) {
			node->left = check_to_string(ctx, node->left);
			node->right = check_to_string(ctx, node->right);
			return;
		}
	} else if (pointers_compare(a, b, node->right) || pointers_compare(b, a, node->left)) {
		return;
	}
	incompatible(ctx, node);
}

static void check_logic(struct check_ctx *ctx, struct node *node)
{
	struct node *operands[] = {node->left, node->right};
	struct diag *diag;
	unsigned i;

	for (i = 0; i < 2; i++) {
		if (type_is_scalar(check_decay(ctx, operands[i])))
			continue;
		diag = check_error_op(ctx, node, "D_OP_SCALAR", "`%s` needs integers or pointers, not `%s`",
				      node_op_name(node->op), check_type_text(ctx, operands[i]->type));
		if (type_is_string(operands[i]->type))
			diag_hint(ctx->diags, diag, "compare the text: `!= \"\"`");
		return;
	}
	node->type = &type_int;
}

void check_binary(struct check_ctx *ctx, struct node *node)
{
	check_expr(ctx, node->left);
	check_expr(ctx, node->right);
	node->type = &type_error;
	if (node->op == OP_COMMA) {
		if (!check_failed(node->left) && check_value(ctx, node->right))
			node->type = node->right->type;
		return;
	}
	if (!both_values(ctx, node))
		return;
	switch (node->op) {
	case OP_EQ:
	case OP_NE:
	case OP_LT:
	case OP_LE:
	case OP_GT:
	case OP_GE:
		check_compare(ctx, node);
		break;
	case OP_LAND:
	case OP_LOR:
	case OP_LXOR:
		check_logic(ctx, node);
		break;
	default:
		check_arithmetic(ctx, node, node->op);
		break;
	}
}

/* --- Assignment --- */

static enum node_op arithmetic_of(enum node_op op)
{
	return (enum node_op)(OP_ADD + (op - OP_ADD_ASSIGN));
}

/* The type that a new variable takes from the first value it is given. */
static const struct type *storage_type(struct check_ctx *ctx, const struct node *value)
{
	if (check_failed(value))
		return &type_error;
	if (type_is_string(value->type) || type_is_bytes(value->type))
		return ctx->string;
	return check_decay(ctx, value);
}

static void check_store(struct check_ctx *ctx, struct node *node)
{
	const struct type *to = node->left->type;

	node->type = to;
	if ((type_is_string(to) || type_is_token(to)) && is_zero(node->right))
		return; /* frees it */
	if (!check_convert(ctx, to, &node->right)) {
		node->type = &type_error;
		incompatible(ctx, node);
	}
}

void check_assign(struct check_ctx *ctx, struct node *node)
{
	const struct type *type;

	node->type = &type_error;
	if (node->left->kind == NODE_AGG) {
		check_error(ctx, node, "D_OP_DYN",
			    "an aggregation is assigned by a statement of its own: `@name = count();`");
		return;
	}
	check_expr(ctx, node->right);
	if (!check_failed(node->right) && !check_value(ctx, node->right))
		return;
	type = storage_type(ctx, node->right);
	if (type->kind == TYPE_STRUCT || type->kind == TYPE_UNION || type->kind == TYPE_ARRAY) {
		check_error_op(ctx, node, "D_OP_INCOMPAT",
			       "a variable cannot hold a `%s`: keep its address, or its members",
			       check_type_text(ctx, type));
		return;
	}
	if (!check_lvalue(ctx, node->left, type) || check_failed(node->right))
		return;
	if (node->op == OP_ASSIGN) {
		check_store(ctx, node);
		return;
	}
	check_arithmetic(ctx, node, arithmetic_of(node->op));
	if (!check_failed(node))
		node->type = node->left->type;
}
