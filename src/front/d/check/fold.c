/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Constants are computed here, with C's semantics, so that array sizes, enumerators and parameters may be expressions.
 */
#include "front/d/check/ctx.h"

int64_t fold_extend(uint64_t value, const struct type *type)
{
	switch (type->size) {
	case 1:
		return type->is_signed ? (int64_t)(int8_t)value : (int64_t)(uint8_t)value;
	case 2:
		return type->is_signed ? (int64_t)(int16_t)value : (int64_t)(uint16_t)value;
	case 4:
		return type->is_signed ? (int64_t)(int32_t)value : (int64_t)(uint32_t)value;
	default:
		return (int64_t)value;
	}
}

static void set(struct node *node, uint64_t value)
{
	node->is_const = true;
	node->ival = (uint64_t)fold_extend(value, node->type);
}

/* The divisor is not 0 (D_DIV_ZERO); the smallest number by -1 is itself, as in two's complement. */
static uint64_t divide(uint64_t a, uint64_t b, bool is_signed, bool want_rest)
{
	if (!is_signed)
		return want_rest ? a % b : a / b;
	if (b == UINT64_MAX)
		return want_rest ? 0 : 0 - a;
	return (uint64_t)(want_rest ? (int64_t)a % (int64_t)b : (int64_t)a / (int64_t)b);
}

static uint64_t shift_right(uint64_t a, uint64_t b, bool is_signed)
{
	b &= 63; /* as the processors do; C leaves it undefined */
	if (!is_signed || !(a >> 63) || !b)
		return a >> b;
	return ~(~a >> b);
}

static bool compare(enum node_op op, uint64_t a, uint64_t b, bool is_signed)
{
	bool less = is_signed ? (int64_t)a < (int64_t)b : a < b;

	switch (op) {
	case OP_EQ:
		return a == b;
	case OP_NE:
		return a != b;
	case OP_LT:
		return less;
	case OP_LE:
		return less || a == b;
	case OP_GT:
		return !less && a != b;
	default:
		return !less;
	}
}

static uint64_t arithmetic(enum node_op op, uint64_t a, uint64_t b, bool is_signed)
{
	switch (op) {
	case OP_ADD:
		return a + b;
	case OP_SUB:
		return a - b;
	case OP_MUL:
		return a * b;
	case OP_DIV:
	case OP_MOD:
		return divide(a, b, is_signed, op == OP_MOD);
	case OP_SHL:
		return a << (b & 63);
	case OP_SHR:
		return shift_right(a, b, is_signed);
	case OP_AND:
		return a & b;
	case OP_OR:
		return a | b;
	default:
		return a ^ b;
	}
}

/* && and || may be known from their left side alone: then the right one is never evaluated, as in C. */
static void fold_logic(struct node *node)
{
	bool a = node->left->ival, b = node->right->ival;

	if (!node->left->is_const)
		return;
	if (node->op == OP_LAND && !a)
		set(node, 0);
	else if (node->op == OP_LOR && a)
		set(node, 1);
	else if (node->right->is_const)
		set(node, node->op == OP_LXOR ? a != b : b);
}

static void fold_binary(struct node *node)
{
	const struct node *l = node->left, *r = node->right;
	const struct type *type = node->type;
	uint64_t a, b;

	if (!type_is_int(l->type) || !type_is_int(r->type) || node->op == OP_COMMA)
		return;
	if (node->op >= OP_LAND && node->op <= OP_LXOR) {
		fold_logic(node);
		return;
	}
	if (!l->is_const || !r->is_const)
		return;
	if (node->op >= OP_EQ && node->op <= OP_GE)
		type = type_usual(l->type, r->type);
	a = (uint64_t)fold_extend(l->ival, type);
	b = node->op == OP_SHL || node->op == OP_SHR ? r->ival : (uint64_t)fold_extend(r->ival, type);
	if (node->op >= OP_EQ && node->op <= OP_GE)
		set(node, compare(node->op, a, b, type->is_signed));
	else if (!((node->op == OP_DIV || node->op == OP_MOD) && !b))
		set(node, arithmetic(node->op, a, b, type->is_signed));
}

static void fold_unary(struct node *node)
{
	uint64_t a = node->left->ival;

	if (!node->left->is_const || !type_is_int(node->left->type))
		return;
	switch (node->op) {
	case OP_NEG:
		set(node, 0 - a);
		break;
	case OP_PLUS:
		set(node, a);
		break;
	case OP_NOT:
		set(node, !a);
		break;
	case OP_BITNOT:
		set(node, ~a);
		break;
	default:
		break;
	}
}

void check_fold(struct check_ctx *ctx, struct node *node)
{
	const struct node *chosen;

	(void)ctx;
	switch (node->kind) {
	case NODE_UNARY:
		fold_unary(node);
		break;
	case NODE_BINARY:
		fold_binary(node);
		break;
	case NODE_CAST:
		if (node->left->is_const && type_is_scalar(node->type) && type_is_scalar(node->left->type))
			set(node, node->left->ival);
		break;
	case NODE_COND:
		chosen = node->left->ival ? node->right : node->third;
		if (node->left->is_const && chosen->is_const && type_is_int(node->type) && type_is_int(chosen->type))
			set(node, chosen->ival);
		break;
	default:
		break;
	}
}
