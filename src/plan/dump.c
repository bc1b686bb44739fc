/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plan as text, one expression a line: for --dump plan and for golden tests. */
#include <inttypes.h>
#include <string.h>

#include "plan/plan.h"

static void indent(struct buf *out, unsigned depth)
{
	while (depth--)
		buf_puts(out, "  ");
}

static void dump_type(const struct type *type, struct buf *out)
{
	type_print(type, out);
	if (type_is_string(type))
		buf_printf(out, "<%u>", type->size);
}

static void dump_text(const char *text, size_t size, struct buf *out)
{
	buf_putc(out, '"');
	for (size_t i = 0; i < size; i++) {
		if (text[i] == '"' || text[i] == '\\')
			buf_printf(out, "\\%c", text[i]);
		else if (text[i] >= ' ' && text[i] <= '~')
			buf_putc(out, text[i]);
		else
			buf_printf(out, "\\%03o", (unsigned char)text[i]);
	}
	buf_putc(out, '"');
}

static const char *scope_word(enum var_scope scope)
{
	static const char *const words[] = {
		[SCOPE_GLOBAL] = "global", [SCOPE_SELF] = "thread", [SCOPE_THIS] = "firing"};

	return words[scope];
}

/* ---- expressions ---- */

static const char *const kinds[] = {
	[EXPR_CONST] = "const",	    [EXPR_TEXT] = "text",	[EXPR_VAR] = "var",	    [EXPR_ARG] = "arg",
	[EXPR_BUILTIN] = "builtin", [EXPR_CALL] = "call",	[EXPR_DEREF] = "deref",	    [EXPR_MEMBER] = "member",
	[EXPR_ELEMENT] = "element", [EXPR_ADDRESS] = "address", [EXPR_CONVERT] = "convert", [EXPR_STRING] = "string",
	[EXPR_COND] = "cond",	    [EXPR_THEN] = "then",	[EXPR_ASSIGN] = "assign",   [EXPR_UPDATE] = "update",
	[EXPR_STEP] = "step",	    [EXPR_UNARY] = "",		[EXPR_BINARY] = "",
};

static const char *const ops[] = {
	[PLAN_ADD] = "add",   [PLAN_SUB] = "sub",
	[PLAN_MUL] = "mul",   [PLAN_DIV] = "div",
	[PLAN_MOD] = "mod",   [PLAN_SHL] = "shl",
	[PLAN_SHR] = "shr",   [PLAN_AND] = "and",
	[PLAN_OR] = "or",     [PLAN_XOR] = "xor",
	[PLAN_EQ] = "eq",     [PLAN_NE] = "ne",
	[PLAN_LT] = "lt",     [PLAN_LE] = "le",
	[PLAN_GT] = "gt",     [PLAN_GE] = "ge",
	[PLAN_LAND] = "both", [PLAN_LOR] = "either",
	[PLAN_LXOR] = "one",  [PLAN_NEG] = "neg",
	[PLAN_NOT] = "not",   [PLAN_BITNOT] = "complement",
};

static void dump_const(const struct expr *expr, struct buf *out)
{
	if (type_is_string(expr->type))
		buf_puts(out, " none");
	else
		buf_printf(out, expr->type->is_signed ? " %" PRId64 : " %" PRIu64, expr->value);
}

/* What a kind of expression has besides its operands. */
static void dump_own(const struct expr *expr, struct buf *out)
{
	switch (expr->kind) {
	case EXPR_CONST:
		dump_const(expr, out);
		break;
	case EXPR_TEXT:
		buf_putc(out, ' ');
		dump_text(expr->text, expr->text_size, out);
		break;
	case EXPR_VAR:
		buf_printf(out, " %u %s", expr->var->id, expr->var->name);
		break;
	case EXPR_ARG:
		buf_printf(out, " %u", expr->arg);
		break;
	case EXPR_BUILTIN:
		buf_printf(out, " %s", expr->name);
		break;
	case EXPR_CALL:
		buf_printf(out, " %s", func_names.name(expr->func));
		break;
	case EXPR_MEMBER:
		buf_printf(out, " %s", expr->member->name);
		break;
	case EXPR_UPDATE:
		buf_printf(out, " %s in ", ops[expr->op]);
		dump_type(expr->in, out);
		break;
	case EXPR_STEP:
		buf_printf(out, " %+d%s", expr->step, expr->is_post ? " after" : "");
		break;
	case EXPR_UNARY:
	case EXPR_BINARY:
		buf_puts(out, ops[expr->op]);
		break;
	default:
		break;
	}
}

static void dump_expr(const struct expr *expr, unsigned depth, struct buf *out)
{
	if (!expr)
		return;
	indent(out, depth);
	buf_puts(out, kinds[expr->kind]);
	dump_own(expr, out);
	buf_puts(out, " : ");
	dump_type(expr->type, out);
	buf_putc(out, '\n');
	dump_expr(expr->left, depth + 1, out);
	dump_expr(expr->right, depth + 1, out);
	dump_expr(expr->third, depth + 1, out);
	for (unsigned i = 0; i < expr->args_len; i++)
		dump_expr(expr->args[i], depth + 1, out);
}

/* ---- statements ---- */

static void dump_action(const struct plan_action *action, unsigned depth, struct buf *out)
{
	buf_printf(out, "action %u %s", action->index, func_names.name(action->func));
	if (action->format) {
		buf_putc(out, ' ');
		dump_text(action->format, strlen(action->format), out);
	}
	for (unsigned i = 0; i < action->aggs_len; i++)
		buf_printf(out, " @%s", action->aggs[i]->name);
	buf_putc(out, '\n');
	for (unsigned i = 0; i < action->values_len; i++)
		dump_expr(action->values[i].expr, depth + 1, out);
}

static void dump_update(const struct plan_update *update, unsigned depth, struct buf *out)
{
	buf_printf(out, "update @%s\n", update->agg->name);
	for (unsigned i = 0; i < update->agg->keys_len; i++) {
		indent(out, depth + 1);
		buf_puts(out, "key\n");
		dump_expr(update->keys[i], depth + 2, out);
	}
	dump_expr(update->value, depth + 1, out);
	if (!update->weight)
		return;
	indent(out, depth + 1);
	buf_puts(out, "weight\n");
	dump_expr(update->weight, depth + 2, out);
}

static void dump_statements(const struct plan_stmt *stmt, unsigned depth, struct buf *out);

static void dump_if(const struct plan_stmt *stmt, unsigned depth, struct buf *out)
{
	buf_puts(out, "if\n");
	dump_expr(stmt->expr, depth + 1, out);
	indent(out, depth);
	buf_puts(out, "then\n");
	dump_statements(stmt->body, depth + 1, out);
	if (!stmt->other)
		return;
	indent(out, depth);
	buf_puts(out, "else\n");
	dump_statements(stmt->other, depth + 1, out);
}

static void dump_statements(const struct plan_stmt *stmt, unsigned depth, struct buf *out)
{
	for (; stmt; stmt = stmt->next) {
		if (stmt->kind != DO_EXPR)
			indent(out, depth);
		switch (stmt->kind) {
		case DO_EXPR:
			dump_expr(stmt->expr, depth, out);
			break;
		case DO_ACTION:
			dump_action(stmt->action, depth, out);
			break;
		case DO_UPDATE:
			dump_update(stmt->update, depth, out);
			break;
		case DO_IF:
			dump_if(stmt, depth, out);
			break;
		case DO_BLOCK:
			buf_puts(out, "block\n");
			dump_statements(stmt->body, depth + 1, out);
			break;
		}
	}
}

/* ---- the whole ---- */

static void dump_keys(const struct type *const *keys, unsigned keys_len, struct buf *out)
{
	for (unsigned i = 0; i < keys_len; i++) {
		buf_puts(out, i ? ", " : "[");
		dump_type(keys[i], out);
	}
	if (keys_len)
		buf_putc(out, ']');
}

static void dump_var(const struct var *var, struct buf *out)
{
	buf_printf(out, "var %u %s %s", var->id, scope_word(var->scope), var->name);
	dump_keys(var->keys, var->keys_len, out);
	buf_puts(out, " : ");
	dump_type(var->type, out);
	buf_putc(out, '\n');
}

static void dump_agg(const struct aggvar *agg, struct buf *out)
{
	buf_printf(out, "aggregation %u @%s", agg->id, agg->name);
	dump_keys(agg->keys, agg->keys_len, out);
	buf_printf(out, " = %s", agg_names.name(agg->shape.agg));
	for (unsigned i = 0; i < agg->params_len; i++)
		buf_printf(out, "%s%" PRId64, i ? ", " : " ", agg->shape.params[i]);
	buf_putc(out, '\n');
}

static void dump_clause(const struct plan_clause *clause, unsigned n, struct buf *out)
{
	buf_printf(out, "clause %u%s\n", n, clause->records_firing ? " records firing" : "");
	for (unsigned i = 0; i < clause->probes_len; i++) {
		const struct probe *probe = clause->probes[i];

		buf_printf(out, "  probe %u %s:%s:%s:%s\n", probe->id, probe->prov, probe->mod, probe->func,
			   probe->name);
	}
	if (clause->pred) {
		buf_puts(out, "  predicate\n");
		dump_expr(clause->pred, 2, out);
	}
	if (clause->body)
		buf_puts(out, "  body\n");
	dump_statements(clause->body, 2, out);
}

void plan_dump(const struct plan *plan, struct buf *out)
{
	for (unsigned i = 0; i < plan->vars_len; i++)
		dump_var(plan->vars[i], out);
	for (unsigned i = 0; i < plan->aggs_len; i++)
		dump_agg(plan->aggs[i], out);
	for (unsigned i = 0; i < plan->clauses_len; i++)
		dump_clause(&plan->clauses[i], i, out);
}
