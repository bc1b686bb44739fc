/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The typed AST as text, one node a line: for --dump=check and for golden tests. */
#include <inttypes.h>
#include <string.h>

#include "agg/agg.h"
#include "front/d/check/ctx.h"

static void indent(struct buf *out, unsigned depth)
{
	while (depth--)
		buf_puts(out, "  ");
}

static void dump_type(const struct type *type, struct buf *out)
{
	if (!type) {
		buf_puts(out, "?");
		return;
	}
	type_print(type, out);
	if (type_is_string(type))
		buf_printf(out, "<%u>", type->size);
}

static void dump_text(const char *text, size_t size, struct buf *out)
{
	size_t i;

	buf_putc(out, '"');
	for (i = 0; i < size; i++) {
		if (text[i] == '"' || text[i] == '\\')
			buf_printf(out, "\\%c", text[i]);
		else if (text[i] >= ' ' && text[i] <= '~')
			buf_putc(out, text[i]);
		else
			buf_printf(out, "\\%03o", (unsigned char)text[i]);
	}
	buf_putc(out, '"');
}

static const char *prefix(enum var_scope scope)
{
	return scope == SCOPE_SELF ? "self->" : scope == SCOPE_THIS ? "this->" : "";
}

static void dump_head(const struct node *node, struct buf *out)
{
	switch (node->kind) {
	case NODE_INT:
		buf_puts(out, "int");
		break;
	case NODE_STRING:
		dump_text(node->text, node->text_size, out);
		break;
	case NODE_IDENT:
		buf_printf(out, "%s%s", prefix(node->scope), node->name);
		break;
	case NODE_INDEX:
		buf_puts(out, node->arg_index >= 0 ? "args[]" : node->var ? "element" : "[]");
		break;
	case NODE_MEMBER:
		buf_printf(out, "%s%s", node->op == OP_DOT ? "." : "->", node->name);
		break;
	case NODE_CALL:
		buf_printf(out, "%s()", node->name);
		break;
	case NODE_AGG:
		buf_printf(out, "@%s", node->name);
		break;
	case NODE_COND:
		buf_puts(out, "?:");
		break;
	case NODE_CAST:
		buf_puts(out, "cast");
		break;
	case NODE_SIZEOF:
		buf_puts(out, "sizeof");
		break;
	case NODE_XLATE:
		buf_puts(out, "xlate");
		break;
	case NODE_OFFSETOF:
		buf_printf(out, "offsetof %s", node->name);
		break;
	default:
		buf_puts(out, node->op == OP_POSTINC || node->op == OP_POSTDEC ? "post" : "");
		buf_puts(out, node_op_name(node->op));
		break;
	}
}

static void dump_node(const struct node *node, unsigned depth, struct buf *out)
{
	unsigned i;

	if (!node)
		return;
	indent(out, depth);
	dump_head(node, out);
	if (node->type && node->type->kind != TYPE_AGG) {
		buf_puts(out, " : ");
		dump_type(node->type, out);
	}
	if (node->is_const && node->type && type_is_int(node->type))
		buf_printf(out, node->type->is_signed ? " = %" PRId64 : " = %" PRIu64, node->ival);
	if (node->arg_index >= 0)
		buf_printf(out, " #%d", node->arg_index);
	buf_putc(out, '\n');
	dump_node(node->left, depth + 1, out);
	dump_node(node->right, depth + 1, out);
	dump_node(node->third, depth + 1, out);
	for (i = 0; i < node->args_len; i++)
		dump_node(node->args[i], depth + 1, out);
}

static void dump_statements(const struct stmt *stmt, unsigned depth, struct buf *out)
{
	for (; stmt; stmt = stmt->next) {
		switch (stmt->kind) {
		case STMT_EXPR:
			dump_node(stmt->expr, depth, out);
			break;
		case STMT_IF:
			indent(out, depth);
			buf_puts(out, "if\n");
			dump_node(stmt->expr, depth + 1, out);
			indent(out, depth);
			buf_puts(out, "then\n");
			dump_statements(stmt->body, depth + 1, out);
			if (!stmt->other)
				break;
			indent(out, depth);
			buf_puts(out, "else\n");
			dump_statements(stmt->other, depth + 1, out);
			break;
		case STMT_BLOCK:
			dump_statements(stmt->body, depth, out);
			break;
		}
	}
}

static void dump_keys(const struct type *const *keys, unsigned keys_len, struct buf *out)
{
	unsigned i;

	for (i = 0; i < keys_len; i++) {
		buf_puts(out, i ? ", " : "[");
		dump_type(keys[i], out);
	}
	if (keys_len)
		buf_putc(out, ']');
}

static void dump_var(const struct var *var, struct buf *out)
{
	buf_printf(out, "variable %u %s%s", var->id, prefix(var->scope), var->name);
	dump_keys(var->keys, var->keys_len, out);
	buf_puts(out, " : ");
	dump_type(var->type, out);
	buf_puts(out, var->is_written ? "\n" : " (never assigned)\n");
}

static void dump_agg(const struct aggvar *agg, struct buf *out)
{
	unsigned i;

	buf_printf(out, "aggregation %u @%s", agg->id, agg->name);
	dump_keys(agg->keys, agg->keys_len, out);
	buf_printf(out, " = %s(", agg->shape.agg->name);
	if (agg->value)
		dump_type(agg->value, out);
	for (i = 0; i < agg->params_len; i++)
		buf_printf(out, ", %" PRId64, agg->shape.params[i]);
	buf_puts(out, ")\n");
}

static void dump_action(const struct action *action, struct buf *out)
{
	unsigned i;

	buf_printf(out, "  action %u %s", action->index, action->func->name);
	if (action->format) {
		buf_putc(out, ' ');
		dump_text(action->format, strlen(action->format), out);
	}
	for (i = 0; i < action->aggs_len; i++)
		buf_printf(out, " @%s", action->aggs[i]->name);
	for (i = 0; i < action->values_len; i++) {
		buf_puts(out, i ? ", " : " records ");
		dump_type(action->values[i].type, out);
	}
	buf_putc(out, '\n');
}

static void dump_clause(const struct checked_clause *clause, struct buf *out)
{
	const struct probe *probe;
	unsigned i;

	buf_printf(out, "clause %u%s%s\n", clause->clause->id, clause->is_default ? " default" : "",
		   clause->has_agg ? " silent" : "");
	for (i = 0; i < clause->probes_len; i++) {
		probe = clause->probes[i];
		buf_printf(out, "  probe %u %s:%s:%s:%s\n", probe->id, probe->prov, probe->mod, probe->func,
			   probe->name);
	}
	if (clause->clause->pred) {
		buf_puts(out, "  predicate\n");
		dump_node(clause->clause->pred, 2, out);
	}
	if (clause->clause->body)
		buf_puts(out, "  body\n");
	dump_statements(clause->clause->body, 2, out);
	for (i = 0; i < clause->actions_len; i++)
		dump_action(&clause->actions[i], out);
}

void check_dump(const struct checked *checked, struct buf *out)
{
	unsigned i;

	for (i = 0; i < checked->vars_len; i++)
		dump_var(checked->vars[i], out);
	for (i = 0; i < checked->aggs_len; i++)
		dump_agg(checked->aggs[i], out);
	for (i = 0; i < checked->clauses_len; i++)
		dump_clause(&checked->clauses[i], out);
}
