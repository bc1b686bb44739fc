/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Expressions and types written back as D. Brackets around every operand that is itself an operation, so that the text
 * shows the tree; parsed again it gives the same tree, which the fuzzer checks.
 */
#include "front/d/ast/ast.h"

#include <inttypes.h>

static const char *const op_names[] = {
	[OP_NONE] = "",
	[OP_ADD] = "+",
	[OP_SUB] = "-",
	[OP_MUL] = "*",
	[OP_DIV] = "/",
	[OP_MOD] = "%",
	[OP_SHL] = "<<",
	[OP_SHR] = ">>",
	[OP_AND] = "&",
	[OP_OR] = "|",
	[OP_XOR] = "^",
	[OP_EQ] = "==",
	[OP_NE] = "!=",
	[OP_LT] = "<",
	[OP_LE] = "<=",
	[OP_GT] = ">",
	[OP_GE] = ">=",
	[OP_LAND] = "&&",
	[OP_LOR] = "||",
	[OP_LXOR] = "^^",
	[OP_COMMA] = ",",
	[OP_ASSIGN] = "=",
	[OP_ADD_ASSIGN] = "+=",
	[OP_SUB_ASSIGN] = "-=",
	[OP_MUL_ASSIGN] = "*=",
	[OP_DIV_ASSIGN] = "/=",
	[OP_MOD_ASSIGN] = "%=",
	[OP_SHL_ASSIGN] = "<<=",
	[OP_SHR_ASSIGN] = ">>=",
	[OP_AND_ASSIGN] = "&=",
	[OP_OR_ASSIGN] = "|=",
	[OP_XOR_ASSIGN] = "^=",
	[OP_NEG] = "-",
	[OP_PLUS] = "+",
	[OP_NOT] = "!",
	[OP_BITNOT] = "~",
	[OP_DEREF] = "*",
	[OP_ADDROF] = "&",
	[OP_PREINC] = "++",
	[OP_PREDEC] = "--",
	[OP_POSTINC] = "++",
	[OP_POSTDEC] = "--",
	[OP_STRINGOF] = "stringof ",
	[OP_ARROW] = "->",
	[OP_DOT] = ".",
};

const char *node_op_name(enum node_op op)
{
	return op == OP_STRINGOF ? "stringof" : op_names[op];
}

static void print_string(const struct node *node, struct buf *out)
{
	buf_putc(out, '"');
	for (size_t i = 0; i < node->text_size; i++) {
		unsigned char c = (unsigned char)node->text[i];

		if (c == '"' || c == '\\')
			buf_printf(out, "\\%c", c);
		else if (c == '\n')
			buf_puts(out, "\\n");
		else if (c == '\t')
			buf_puts(out, "\\t");
		else if (c < ' ' || c == 0x7f)
			buf_printf(out, "\\%03o", c);
		else
			buf_putc(out, (char)c);
	}
	buf_putc(out, '"');
}

/* A suffix only where the digits alone would have another type. */
static void print_int(const struct node *node, struct buf *out)
{
	if (!node->int_unsigned) {
		buf_printf(out, "%" PRId64, (int64_t)node->ival);
		if (node->int_long && (int64_t)node->ival <= INT32_MAX && (int64_t)node->ival >= -(int64_t)INT32_MAX)
			buf_putc(out, 'l');
		return;
	}
	buf_printf(out, "%" PRIu64, node->ival);
	if (node->ival <= INT64_MAX)
		buf_puts(out, node->int_long ? "ul" : "u");
}

/* Does it bind as tightly as anything that is put behind or before it? */
static bool is_tight(const struct node *node, bool before_postfix)
{
	switch (node->kind) {
	case NODE_INT:
		return !before_postfix &&
		       (node->int_unsigned || (int64_t)node->ival >= 0); /* `0.x` would be a fraction */
	case NODE_UNARY:
		return (node->op == OP_POSTINC || node->op == OP_POSTDEC) && before_postfix;
	case NODE_BINARY:
	case NODE_ASSIGN:
	case NODE_COND:
	case NODE_CAST:
		return false;
	case NODE_SIZEOF:
		return node->tspec || !before_postfix;
	default:
		return true;
	}
}

static void print_operand(const struct node *node, bool before_postfix, struct buf *out)
{
	bool tight = is_tight(node, before_postfix);

	if (!tight)
		buf_putc(out, '(');
	ast_print_node(node, out);
	if (!tight)
		buf_putc(out, ')');
}

static void print_args(const struct node *node, char open, char close, struct buf *out)
{
	buf_putc(out, open);
	for (unsigned i = 0; i < node->args_len; i++) {
		const struct node *arg = node->args[i];
		bool comma = arg->kind == NODE_BINARY && arg->op == OP_COMMA;

		buf_puts(out, i ? ", " : "");
		if (comma)
			print_operand(arg, false, out);
		else
			ast_print_node(arg, out);
	}
	buf_putc(out, close);
}

static void print_unary(const struct node *node, struct buf *out)
{
	if (node->op == OP_POSTINC || node->op == OP_POSTDEC) {
		print_operand(node->left, true, out);
		buf_puts(out, op_names[node->op]);
	} else {
		buf_puts(out, op_names[node->op]);
		print_operand(node->left, false, out);
	}
}

static void print_infix(const struct node *node, struct buf *out)
{
	print_operand(node->left, false, out);
	buf_printf(out, node->op == OP_COMMA ? "%s " : " %s ", op_names[node->op]);
	print_operand(node->right, false, out);
}

static void print_cond(const struct node *node, struct buf *out)
{
	print_operand(node->left, false, out);
	buf_puts(out, " ? ");
	print_operand(node->right, false, out);
	buf_puts(out, " : ");
	print_operand(node->third, false, out);
}

static void print_typed(const struct node *node, struct buf *out)
{
	if (node->kind == NODE_CAST) {
		buf_putc(out, '(');
		ast_print_type(node->tspec, out);
		buf_putc(out, ')');
		print_operand(node->left, false, out);
		return;
	}
	if (node->kind == NODE_XLATE) {
		buf_puts(out, "xlate <");
		ast_print_type(node->tspec, out);
		buf_puts(out, ">(");
		ast_print_node(node->left, out);
		buf_putc(out, ')');
		return;
	}
	buf_puts(out, node->kind == NODE_SIZEOF ? "sizeof (" : "offsetof(");
	if (node->tspec)
		ast_print_type(node->tspec, out);
	else
		ast_print_node(node->left, out);
	if (node->kind == NODE_OFFSETOF)
		buf_printf(out, ", %s", node->name);
	buf_putc(out, ')');
}

void ast_print_node(const struct node *node, struct buf *out)
{
	switch (node->kind) {
	case NODE_INT:
		print_int(node, out);
		break;
	case NODE_STRING:
		print_string(node, out);
		break;
	case NODE_IDENT:
		buf_puts(out, node->scope == SCOPE_SELF ? "self->" : node->scope == SCOPE_THIS ? "this->" : "");
		buf_puts(out, node->name);
		break;
	case NODE_INDEX:
		print_operand(node->left, true, out);
		print_args(node, '[', ']', out);
		break;
	case NODE_MEMBER:
		print_operand(node->left, true, out);
		buf_printf(out, "%s%s", op_names[node->op], node->name);
		break;
	case NODE_CALL:
		buf_puts(out, node->name);
		print_args(node, '(', ')', out);
		break;
	case NODE_AGG:
		buf_printf(out, "@%s", node->name);
		if (node->args_len)
			print_args(node, '[', ']', out);
		break;
	case NODE_UNARY:
		print_unary(node, out);
		break;
	case NODE_BINARY:
	case NODE_ASSIGN:
		print_infix(node, out);
		break;
	case NODE_COND:
		print_cond(node, out);
		break;
	case NODE_CAST:
	case NODE_SIZEOF:
	case NODE_OFFSETOF:
	case NODE_XLATE:
		print_typed(node, out);
		break;
	}
}

void ast_print_type(const struct type_spec *tspec, struct buf *out)
{
	if (tspec->of) {
		ast_print_type(tspec->of, out);
	} else {
		buf_printf(out, "%s%s", tspec->userland ? "userland " : "", tspec->name);
	}
	if (tspec->pointers)
		buf_putc(out, ' ');
	for (unsigned i = 0; i < tspec->pointers; i++)
		buf_putc(out, '*');
	for (unsigned i = 0; i < tspec->dims_len; i++) {
		buf_puts(out, i ? "[" : " [");
		ast_print_node(tspec->dims[i], out);
		buf_putc(out, ']');
	}
}
