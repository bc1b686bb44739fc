/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Operators: which operands each takes and what comes out. */
#include <string.h>

#include "front/d/check/ctx.h"

static bool is_zero(const struct node *node)
{
	return node->is_const && type_is_int(node->type) && !node->ival;
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
	if (left->var || left->builtin || check_is_dynamic(left))
		check_error_op(ctx, node, "D_ADDROF_VAR", "D's variables have no address");
	else
		check_error_op(ctx, node, "D_ADDROF_LVAL", "`&` needs something that is in memory");
}

static void check_deref(struct check_ctx *ctx, struct node *node)
{
	const struct type *type = check_operand(ctx, node->left);

	if (type->kind != TYPE_PTR) {
		check_error_op(ctx, node, "D_DEREF_NONPTR", "`*` needs a pointer, not `%s`",
			       check_type_text(ctx, type));
	} else if (type->to == &type_function) {
		check_error_op(ctx, node, "D_DEREF_FUNC", "a pointer to a function cannot be followed");
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
	const struct type *type = check_is_dynamic(node->left) ? check_operand(ctx, node->left) : node->left->type;

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

/* Is this a pointer whose steps have no size? */
static bool is_pointer_to_nothing(const struct type *type)
{
	return type->kind == TYPE_PTR && type->to->kind == TYPE_VOID;
}

/* The pointed-at type has a size, so that an index can be scaled. */
static bool has_stride(struct check_ctx *ctx, struct node *node, const struct type *pointer)
{
	type_complete(pointer->to);
	if (pointer->to->size)
		return true;
	check_error_op(ctx, node, "D_OP_INCOMPLETE", "`%s` cannot step over `%s`: it has no size",
		       node_op_name(node->op), check_type_text(ctx, pointer->to));
	return false;
}

/* ++ and --: an undeclared variable becomes an int64_t, as D says. */
static void check_step(struct check_ctx *ctx, struct node *node)
{
	const struct type *type;

	if (!check_left(ctx, node->left, &type_int64))
		return;
	type = check_operand(ctx, node->left);
	if (!type_is_scalar(type) || node->left->type->kind == TYPE_ARRAY)
		check_error_op(ctx, node, "D_OP_SCALAR", "`%s` needs an integer or a pointer, not `%s`",
			       node_op_name(node->op), check_type_text(ctx, type));
	else if (is_pointer_to_nothing(type))
		check_error_op(ctx, node, "D_OP_VFPTR", "`%s` needs a pointer to something of known size, not `%s`",
			       node_op_name(node->op), check_type_text(ctx, type));
	else if ((type->kind != TYPE_PTR || has_stride(ctx, node, type)) && check_writable(ctx, node->left))
		node->type = type;
}

static bool is_step(enum node_op op)
{
	return op == OP_PREINC || op == OP_PREDEC || op == OP_POSTINC || op == OP_POSTDEC;
}

/* Says that an operand is of the wrong type, and what for. */
static void needs(struct check_ctx *ctx, struct node *node, const char *tag, const char *what, const struct type *bad)
{
	struct diag *diag = check_error_op(ctx, node, tag, "`%s` needs %s, not `%s`", node_op_name(node->op), what,
					   check_type_text(ctx, bad));

	if (bad->kind == TYPE_FLOAT)
		diag_hint(ctx->diags, diag,
			  "D computes with integers: read the raw bits through a pointer to an integer type");
	else if (type_is_string(bad) && !strcmp(tag, "D_OP_SCALAR"))
		diag_hint(ctx->diags, diag, "compare the text: `!= \"\"`");
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
	if (check_failed(node->left))
		return;
	type = check_operand(ctx, node->left);
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
			needs(ctx, node, "D_OP_SCALAR", "an integer or a pointer", type);
		break;
	default: /* - + ~ */
		if (type_is_int(type))
			node->type = type_promote(type);
		else
			needs(ctx, node, node->op == OP_BITNOT ? "D_OP_INT" : "D_OP_ARITH", "an integer", type);
		break;
	}
}

/* --- Binary --- */

/* A constant that no element of the array has as its index. */
static bool is_outside(struct check_ctx *ctx, struct node *node)
{
	const struct type *array = node->left->type;
	const struct node *index = node->right;

	if (array->kind != TYPE_ARRAY || !array->count || !index->is_const || index->ival < array->count)
		return false;
	check_error_op(ctx, node, "D_ARR_BOUNDS", "%lld is outside of the array: it has %u elements",
		       (long long)index->ival, array->count);
	return true;
}

/* Addition and subtraction with at least one pointer. Sets node->type, or says why not. */
static void check_pointer_sum(struct check_ctx *ctx, struct node *node, enum node_op op, const struct type *a,
			      const struct type *b)
{
	bool a_steps = a->kind == TYPE_PTR && !is_pointer_to_nothing(a);
	bool b_steps = b->kind == TYPE_PTR && !is_pointer_to_nothing(b);

	if (a_steps && type_is_int(b)) {
		if (has_stride(ctx, node, a) && !is_outside(ctx, node))
			node->type = a;
	} else if (op == OP_ADD && b_steps && type_is_int(a)) {
		if (has_stride(ctx, node, b))
			node->type = b;
	} else if (op == OP_SUB && a_steps && b_steps && type_equal(a->to, b->to) && a->userland == b->userland) {
		if (has_stride(ctx, node, a))
			node->type = &type_long;
	} else {
		incompatible(ctx, node);
	}
}

/* What `a op b` gives, for an arithmetic operator. Sets node->type, or says why not. */
static void check_arithmetic(struct check_ctx *ctx, struct node *node, enum node_op op)
{
	const struct type *a = check_operand(ctx, node->left), *b = check_operand(ctx, node->right);
	bool ints = type_is_int(a) && type_is_int(b);

	node->type = &type_error;
	if ((op == OP_DIV || op == OP_MOD) && is_zero(node->right))
		check_error_op(ctx, node, "D_DIV_ZERO", "division by zero");
	else if (ints)
		node->type = op == OP_SHL || op == OP_SHR ? type_promote(a) : type_usual(a, b);
	else if (op == OP_ADD || op == OP_SUB)
		check_pointer_sum(ctx, node, op, a, b);
	else
		needs(ctx, node, op == OP_MUL || op == OP_DIV ? "D_OP_ARITH" : "D_OP_INT", "integers",
		      type_is_int(a) ? b : a);
}

/* The constant 0 is every pointer's. */
static bool pointers_compare(const struct type *a, const struct type *b, const struct node *right)
{
	if (a->kind != TYPE_PTR)
		return false;
	if (b->kind == TYPE_PTR)
		return a->to->kind == TYPE_VOID || b->to->kind == TYPE_VOID || type_equal(a->to, b->to);
	return is_zero(right);
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
	const struct type *a = check_operand(ctx, node->left), *b = check_operand(ctx, node->right);

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
	unsigned i;

	for (i = 0; i < 2; i++) {
		const struct type *type = check_operand(ctx, operands[i]);

		if (type_is_scalar(type))
			continue;
		needs(ctx, node, "D_OP_SCALAR", "integers or pointers", type);
		return;
	}
	node->type = &type_int;
}

static void check_comma(struct check_ctx *ctx, struct node *node)
{
	if (check_is_dynamic(node->left) || check_is_dynamic(node->right))
		check_error_op(ctx, node, "D_OP_DYN", "`,` needs values, not an aggregation or a translated structure");
	else if (check_is_action(node->left) || check_is_action(node->right))
		diag_hint(ctx->diags, check_error_op(ctx, node, "D_OP_ACT", "an action cannot be an operand of `,`"),
			  "write it as a statement of its own");
	else
		node->type = node->right->type;
}

void check_binary(struct check_ctx *ctx, struct node *node)
{
	check_expr(ctx, node->left);
	check_expr(ctx, node->right);
	node->type = &type_error;
	if (check_failed(node->left) || check_failed(node->right))
		return;
	switch (node->op) {
	case OP_COMMA:
		check_comma(ctx, node);
		break;
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
	return value->type->kind == TYPE_ARRAY ? value->type : check_operand(ctx, value);
}

/* What no variable takes: there is nothing to be kept, or it is not a single value. */
static bool is_storable(const struct type *type)
{
	return type_is_scalar(type) || type_is_string(type) || type_is_token(type) || type->kind == TYPE_STRUCT ||
	       type->kind == TYPE_UNION;
}

/* x += y and x -= y take pointers on the left; the others numbers alone. */
static bool check_update(struct check_ctx *ctx, struct node *node)
{
	const struct type *a = check_operand(ctx, node->left), *b = check_operand(ctx, node->right);

	if ((node->op != OP_ADD_ASSIGN && node->op != OP_SUB_ASSIGN) || (type_is_int(a) && type_is_int(b))) {
		check_arithmetic(ctx, node, arithmetic_of(node->op));
	} else if (type_is_string(a) || type_is_string(b)) {
		incompatible(ctx, node);
	} else if (a->kind != TYPE_PTR || is_pointer_to_nothing(a)) {
		needs(ctx, node, "D_OP_VFPTR", "an integer, or a pointer to something of known size, on its left", a);
	} else if (!type_is_int(b)) {
		incompatible(ctx, node);
	} else if (has_stride(ctx, node, a)) {
		node->type = a;
	}
	return !check_failed(node);
}

/* The value is put into what is on the left. */
static bool check_store(struct check_ctx *ctx, struct node *node)
{
	const struct type *to = node->left->type, *from = check_operand(ctx, node->right);

	if (to->kind == TYPE_ARRAY) {
		check_error_op(ctx, node, "D_OP_ARRFUN", "`%s` cannot fill an array: assign its elements",
			       node_op_name(node->op));
		return false;
	}
	if ((type_is_string(to) || type_is_token(to)) && is_zero(node->right))
		return true; /* frees it */
	if (is_storable(from) && check_convert(ctx, to, &node->right))
		return true;
	incompatible(ctx, node);
	return false;
}

static bool no_variable_holds(struct check_ctx *ctx, struct node *node, const struct type *type)
{
	if (type->kind == TYPE_ERROR || type->kind == TYPE_ARRAY || is_storable(type))
		return false;
	if (check_is_action(node->right))
		diag_hint(ctx->diags,
			  check_error_op(ctx, node, "D_OP_INCOMPAT", "%s() is an action: it has no value",
					 node->right->name),
			  "write it as a statement of its own");
	else if (type->kind == TYPE_AGG)
		check_error_op(ctx, node, "D_OP_INCOMPAT",
			       "a variable cannot hold an aggregation or a translated structure");
	else
		check_error_op(ctx, node, "D_OP_INCOMPAT", "a variable cannot hold a `%s`", check_type_text(ctx, type));
	return true;
}

/* x = value: the value first, since it gives a new variable its type. */
static void check_plain_assign(struct check_ctx *ctx, struct node *node)
{
	const struct type *type;
	unsigned vars_len;

	check_expr(ctx, node->right);
	type = storage_type(ctx, node->right);
	if (no_variable_holds(ctx, node, type))
		return;
	vars_len = ctx->out->vars_len;
	if (!check_left(ctx, node->left, type) || check_failed(node->right))
		return;
	if (!check_store(ctx, node) || !check_writable(ctx, node->left))
		return;
	node->type = node->left->type;
	if (ctx->out->vars_len > vars_len && node->left->var) /* that is new by this */
		node->left->var->is_userland = type_is_object(type) && check_is_of_user(node->right);
}

/* x += value: x must be there already. */
static void check_compound_assign(struct check_ctx *ctx, struct node *node)
{
	check_expr(ctx, node->left);
	check_expr(ctx, node->right);
	if (check_failed(node->left) || check_failed(node->right))
		return;
	if (!check_update(ctx, node))
		return;
	node->type = &type_error;
	if (check_writable(ctx, node->left))
		node->type = node->left->type;
}

void check_assign(struct check_ctx *ctx, struct node *node)
{
	const char *outer = ctx->assigned;

	node->type = &type_error;
	if (node->left->kind == NODE_AGG) {
		diag_hint(ctx->diags,
			  check_error(ctx, node, "D_OP_INCOMPAT", "the assignment of an aggregation has no value"),
			  "it is a statement of its own: `@name = count();`");
		return;
	}
	if (node->left->kind == NODE_INDEX && node->left->left->kind == NODE_AGG) {
		check_index(ctx, node->left);
		return;
	}
	ctx->assigned = node->left->kind == NODE_IDENT ? node->left->name : outer;
	if (node->op == OP_ASSIGN)
		check_plain_assign(ctx, node);
	else
		check_compound_assign(ctx, node);
	ctx->assigned = outer;
}
