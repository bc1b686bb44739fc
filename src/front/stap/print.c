/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For reading: messages in SystemTap's shape, the tree, and what the checks made of it. */
#include <string.h>

#include "front/stap/tree.h"
#include "lib/shown.h"

const char *const stap_type_names[] = {"unknown", "long", "string", "stats", "unknown"};

static const char *const op_names[] = {
	[OP_ADD] = "+",	   [OP_SUB] = "-",	[OP_MUL] = "*",	     [OP_DIV] = "/",  [OP_MOD] = "%", [OP_SHL] = "<<",
	[OP_SHR] = ">>",   [OP_SHRU] = ">>>",	[OP_AND] = "&",	     [OP_OR] = "|",   [OP_XOR] = "^", [OP_CONCAT] = ".",
	[OP_EQ] = "==",	   [OP_NE] = "!=",	[OP_LT] = "<",	     [OP_LE] = "<=",  [OP_GT] = ">",  [OP_GE] = ">=",
	[OP_LAND] = "&&",  [OP_LOR] = "||",	[OP_NEG] = "-",	     [OP_PLUS] = "+", [OP_NOT] = "!", [OP_BITNOT] = "~",
	[OP_MATCH] = "=~", [OP_NOMATCH] = "!~", [OP_RECORD] = "<<<", [OP_NONE] = "",
};

/* ---- messages ---- */

enum { LINE_BEFORE = 120, LINE_WIDTH = 200 };

static void print_line(struct loc loc, unsigned indent, struct buf *out)
{
	const struct source *source = loc.source;
	size_t at = loc.offset < source->size ? loc.offset : source->size, begin = at, end = at;

	while (begin > 0 && source->text[begin - 1] != '\n' && at - begin < LINE_BEFORE)
		begin--;
	while (end < source->size && source->text[end] != '\n' && end - begin < LINE_WIDTH)
		end++;
	buf_printf(out, "%*s: ", (int)indent - 2, "source");
	shown_add(out, SHOWN_SOURCE, source->text + begin, end - begin);
	buf_printf(out, "\n%*s", (int)indent, "");
	for (; begin < at; begin++)
		if ((source->text[begin] & 0xc0) != 0x80)
			buf_putc(out, source->text[begin] == '\t' ? '\t' : ' ');
	buf_puts(out, "^\n\n");
}

static void print_place(struct loc loc, struct buf *out)
{
	unsigned line, column;

	loc_position(loc, &line, &column);
	buf_puts(out, " at ");
	shown_add(out, SHOWN_SENTENCE, loc.source->name, strlen(loc.source->name));
	buf_printf(out, ":%u:%u\n", line, column);
}

static void print_diag(const struct diag *diag, struct buf *out)
{
	bool is_parse = diag->tag && !strcmp(diag->tag, "parse");
	bool has_line = diag->loc.source && diag->loc.source->size;

	buf_printf(out, "%s", diag->is_warning ? "WARNING: " : is_parse ? "parse error: " : "semantic error: ");
	shown_add(out, SHOWN_SENTENCE, diag->text, strlen(diag->text));
	if (is_parse)
		buf_puts(out, "\n        saw: ");
	else if (diag->hint)
		buf_puts(out, ": ");
	if (diag->hint)
		shown_add(out, SHOWN_SENTENCE, diag->hint, strlen(diag->hint));
	if (has_line)
		print_place(diag->loc, out);
	else
		buf_putc(out, '\n');
	if (has_line)
		print_line(diag->loc, is_parse ? 13 : diag->is_warning ? 9 : 16, out);
}

void stap_print_diags(const struct diags *diags, struct buf *out)
{
	unsigned errors = 0;

	for (const struct diag *diag = diags->first; diag; diag = diag->next) {
		print_diag(diag, out);
		errors += !diag->is_warning;
	}
	if (diags->errors > errors)
		buf_printf(out, "%u more errors are not shown\n", diags->errors - errors);
}

/* ---- expressions ---- */

static void print_text(const char *text, size_t size, struct buf *out)
{
	buf_putc(out, '"');
	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '"' || c == '\\')
			buf_printf(out, "\\%c", c);
		else if (c == '\n' || c == '\t')
			buf_puts(out, c == '\n' ? "\\n" : "\\t");
		else if (c < ' ' || c == 127)
			buf_printf(out, "\\%03o", c);
		else
			buf_putc(out, (char)c);
	}
	buf_putc(out, '"');
}

static void print_args(const char *open, const struct stap_node *node, const char *close, struct buf *out)
{
	buf_puts(out, open);
	for (unsigned i = 0; i < node->args_len; i++) {
		buf_puts(out, i ? ", " : "");
		if (node->args[i])
			stap_print_node(node->args[i], out);
		else
			buf_putc(out, '*');
	}
	buf_puts(out, close);
}

static void print_part(const struct stap_node *node, struct buf *out)
{
	buf_putc(out, '(');
	stap_print_node(node, out);
	buf_putc(out, ')');
}

static void print_call(const struct stap_node *node, struct buf *out)
{
	buf_printf(out, "%s(", node->print->name);
	if (node->left) {
		print_text(node->left->name, node->left->size, out);
		buf_puts(out, node->args_len ? ", " : "");
	}
	print_args("", node, ")", out);
}

static void print_stat(const struct stap_node *node, struct buf *out)
{
	buf_printf(out, "%s(", stap_stat_names[node->stat]);
	stap_print_node(node->left, out);
	for (unsigned i = 0; i < node->params_len; i++)
		buf_printf(out, ", %lld", (long long)node->params[i]);
	buf_putc(out, ')');
}

static void print_target(const struct stap_node *node, struct buf *out)
{
	if (node->name[0] == '@') {
		buf_puts(out, node->name);
		print_args("(", node, ")", out);
		return;
	}
	if (node->left)
		stap_print_node(node->left, out);
	if (node->args_len)
		print_args("[", node, "]", out);
	else
		buf_printf(out, "%s%s", node->left ? "->" : "", node->name);
}

static void print_binary(const struct stap_node *node, const char *op, struct buf *out)
{
	print_part(node->left, out);
	buf_printf(out, " %s ", op);
	print_part(node->right, out);
}

void stap_print_node(const struct stap_node *node, struct buf *out)
{
	switch (node->kind) {
	case S_NUMBER:
		buf_printf(out, "%lld", (long long)node->number);
		break;
	case S_TEXT:
		print_text(node->name, node->size, out);
		break;
	case S_NAME:
		buf_puts(out, node->name);
		break;
	case S_INDEX:
	case S_CALL:
		buf_puts(out, node->name);
		print_args(node->kind == S_CALL ? "(" : "[", node, node->kind == S_CALL ? ")" : "]", out);
		break;
	case S_PRINT:
		print_call(node, out);
		break;
	case S_UNARY:
		buf_puts(out, op_names[node->op]);
		print_part(node->left, out);
		break;
	case S_BINARY:
		print_binary(node, op_names[node->op], out);
		break;
	case S_COND:
		print_part(node->left, out);
		buf_putc(out, '?');
		print_part(node->right, out);
		buf_putc(out, ':');
		print_part(node->third, out);
		break;
	case S_ASSIGN:
		stap_print_node(node->left, out);
		buf_printf(out, " %s%s ", op_names[node->op], node->op == OP_RECORD ? "" : "=");
		print_part(node->right, out);
		break;
	case S_STEP:
		buf_puts(out, node->is_post ? "" : node->step > 0 ? "++" : "--");
		stap_print_node(node->left, out);
		buf_puts(out, !node->is_post ? "" : node->step > 0 ? "++" : "--");
		break;
	case S_IN:
		print_args("[", node, "] in ", out);
		stap_print_node(node->left, out);
		break;
	case S_STAT:
		print_stat(node, out);
		break;
	case S_BUCKET:
		print_stat(node->left, out);
		buf_putc(out, '[');
		stap_print_node(node->right, out);
		buf_putc(out, ']');
		break;
	case S_TARGET:
		print_target(node, out);
		break;
	case S_DEFINED:
	case S_ENTRY:
		print_args(node->kind == S_ENTRY ? "@entry(" : "@defined(", node, ")", out);
		break;
	}
}

/* ---- statements ---- */

static void print_stmt(const struct stap_stmt *stmt, struct buf *out);

static void print_direction(const struct stap_foreach *each, unsigned column, struct buf *out)
{
	if (each->direction && each->sort_column == column)
		buf_puts(out, each->direction > 0 ? "+" : "-");
}

static void print_foreach(const struct stap_stmt *stmt, struct buf *out)
{
	const struct stap_foreach *each = stmt->each;

	buf_puts(out, "foreach (");
	if (each->value)
		buf_printf(out, "%s = ", each->value->name);
	for (unsigned i = 0; i < each->keys_len; i++) {
		buf_printf(out, "%s%s", i ? ", " : "[", each->keys[i]->name);
		print_direction(each, i + 1, out);
	}
	buf_puts(out, "] in ");
	stap_print_node(each->array, out);
	if (each->direction && each->sort_stat != STAT_COUNT)
		buf_printf(out, " %s", stap_stat_names[each->sort_stat]);
	print_direction(each, 0, out);
	if (each->limit) {
		buf_puts(out, " limit ");
		stap_print_node(each->limit, out);
	}
	buf_puts(out, ") ");
	print_stmt(stmt->body, out);
}

static void print_block(const struct stap_stmt *stmt, struct buf *out)
{
	buf_puts(out, "{\n");
	for (stmt = stmt->body; stmt; stmt = stmt->next)
		print_stmt(stmt, out);
	buf_puts(out, "}\n");
}

static void print_loop(const struct stap_stmt *stmt, struct buf *out)
{
	const struct stap_node *parts[] = {stmt->init, stmt->expr, stmt->step};

	buf_puts(out, "for (");
	for (unsigned i = 0; i < 3; i++) {
		buf_puts(out, i ? "; " : "");
		if (parts[i])
			stap_print_node(parts[i], out);
	}
	buf_puts(out, ") ");
	print_stmt(stmt->body, out);
}

static void print_try(const struct stap_stmt *stmt, struct buf *out)
{
	buf_puts(out, "try ");
	print_stmt(stmt->body, out);
	buf_puts(out, "catch ");
	if (stmt->expr)
		print_part(stmt->expr, out);
	print_stmt(stmt->other, out);
}

static void print_word(const char *word, const struct stap_node *node, struct buf *out)
{
	buf_printf(out, "%s%s", word, node ? " " : "");
	if (node)
		print_part(node, out);
	buf_puts(out, ";\n");
}

static void print_stmt(const struct stap_stmt *stmt, struct buf *out)
{
	static const char *const words[] = {
		[SDO_NOTHING] = "",  [SDO_BREAK] = "break",   [SDO_CONTINUE] = "continue",
		[SDO_NEXT] = "next", [SDO_RETURN] = "return", [SDO_DELETE] = "delete",
	};

	switch (stmt->kind) {
	case SDO_EXPR:
		stap_print_node(stmt->expr, out);
		buf_puts(out, ";\n");
		break;
	case SDO_BLOCK:
		print_block(stmt, out);
		break;
	case SDO_IF:
		buf_puts(out, "if ");
		print_part(stmt->expr, out);
		buf_putc(out, ' ');
		print_stmt(stmt->body, out);
		if (stmt->other) {
			buf_puts(out, "else ");
			print_stmt(stmt->other, out);
		}
		break;
	case SDO_FOR:
		print_loop(stmt, out);
		break;
	case SDO_FOREACH:
		print_foreach(stmt, out);
		break;
	case SDO_TRY:
		print_try(stmt, out);
		break;
	default:
		print_word(words[stmt->kind], stmt->expr, out);
	}
}

/* ---- the script ---- */

static void print_points(const struct stap_probe *probe, struct buf *out)
{
	for (unsigned i = 0; i < probe->points_len; i++) {
		const struct stap_point *point = &probe->points[i];

		buf_puts(out, i ? ", " : "");
		for (unsigned j = 0; j < point->parts_len; j++) {
			buf_printf(out, "%s%s", j ? "." : "", point->parts[j].name);
			if (point->parts[j].arg)
				print_part(point->parts[j].arg, out);
		}
		buf_puts(out, point->is_optional ? "?" : point->is_sufficient ? "!" : "");
		if (point->condition) {
			buf_puts(out, " if ");
			print_part(point->condition, out);
		}
	}
}

static void print_probes(const struct stap_probe *probe, struct buf *out)
{
	for (; probe; probe = probe->next) {
		if (probe->is_library)
			continue;
		buf_puts(out, "probe ");
		if (probe->alias)
			buf_printf(out, "%s %s ", probe->alias, probe->is_epilogue ? "+=" : "=");
		print_points(probe, out);
		buf_putc(out, ' ');
		print_stmt(probe->body, out);
	}
}

static void print_var(const struct stap_var *var, bool with_type, struct buf *out)
{
	buf_puts(out, var->name);
	if (with_type)
		buf_printf(out, ":%s", stap_type_names[var->type]);
	buf_puts(out, var->wraps ? "%" : "");
	if (var->size)
		buf_printf(out, "[%lld]", (long long)var->size);
	if (var->init) {
		buf_puts(out, " = ");
		stap_print_node(var->init, out);
	}
	for (unsigned i = 0; with_type && i < var->keys_len; i++)
		buf_printf(out, "%s%s%s", i ? ", " : " [", stap_type_names[var->keys[i]],
			   i + 1 == var->keys_len ? "]" : "");
	buf_putc(out, '\n');
}

static void print_function(const struct stap_function *function, bool with_types, struct buf *out)
{
	buf_puts(out, function->name);
	if (with_types)
		buf_printf(out, ":%s", stap_type_names[function->type]);
	buf_puts(out, " (");
	for (unsigned i = 0; i < function->params_len; i++) {
		buf_printf(out, "%s%s", i ? ", " : "", function->scope.locals[i]->name);
		if (with_types)
			buf_printf(out, ":%s", stap_type_names[function->scope.locals[i]->type]);
	}
	buf_puts(out, ")\n");
	print_stmt(function->body, out);
}

void stap_dump(const struct stap_script *script, struct buf *out)
{
	for (unsigned i = 0; i < script->globals_len; i++) {
		if (script->globals[i]->is_library)
			continue;
		buf_puts(out, "global ");
		print_var(script->globals[i], false, out);
	}
	for (const struct stap_function *function = script->functions; function; function = function->next) {
		if (function->is_library)
			continue;
		buf_puts(out, "function ");
		print_function(function, false, out);
	}
	print_probes(script->aliases, out);
	print_probes(script->probes, out);
}

static void print_locals(const struct stap_scope *scope, unsigned from, struct buf *out)
{
	for (unsigned i = from; i < scope->locals_len; i++) {
		buf_puts(out, i == from ? "  # locals\n  " : "  ");
		print_var(scope->locals[i], true, out);
	}
}

void stap_dump_checked(const struct stap_script *script, struct buf *out)
{
	for (unsigned i = 0, n = 0; i < script->globals_len; i++) {
		if (script->globals[i]->is_library)
			continue;
		buf_puts(out, n++ ? "" : "# globals\n");
		print_var(script->globals[i], true, out);
	}
	for (const struct stap_function *function = script->functions; function; function = function->next) {
		if (!function->is_used || function->is_library)
			continue;
		buf_puts(out, "# function\n");
		print_function(function, true, out);
		print_locals(&function->scope, function->params_len, out);
	}
	buf_puts(out, "# probes\n");
	for (const struct stap_site *site = script->sites; site; site = site->next) {
		buf_printf(out, "%s\n", site->name);
		print_locals(&site->probe->scope, 0, out);
		print_stmt(site->probe->body, out);
	}
}
