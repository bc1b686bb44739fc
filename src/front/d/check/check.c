/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The order of checking: declarations, then each clause: its probes, its predicate, its statements. */
#include "front/d/check/check.h"

#include <stdarg.h>
#include <string.h>

#include "front/d/check/ctx.h"

/* --- Messages --- */

static struct diag *say(struct check_ctx *ctx, struct node *node, struct loc loc, const char *tag, const char *format,
			va_list args)
{
	node->type = &type_error;
	node->is_const = false;
	return diag_error(ctx->diags, loc, tag, "%s", arena_vprintf(ctx->arena, format, args));
}

struct diag *check_error(struct check_ctx *ctx, struct node *node, const char *tag, const char *format, ...)
{
	struct diag *diag;
	va_list args;

	va_start(args, format);
	diag = say(ctx, node, node->loc, tag, format, args);
	va_end(args);
	return diag;
}

struct diag *check_error_op(struct check_ctx *ctx, struct node *node, const char *tag, const char *format, ...)
{
	struct diag *diag;
	va_list args;

	va_start(args, format);
	diag = say(ctx, node, node->op_loc.source ? node->op_loc : node->loc, tag, format, args);
	va_end(args);
	return diag;
}

const char *check_type_text(struct check_ctx *ctx, const struct type *type)
{
	struct buf buf = {0};
	const char *text;

	type_print(type, &buf);
	text = arena_strdup(ctx->arena, buf.data ? buf.data : "");
	buf_free(&buf);
	return text;
}

bool check_failed(const struct node *node)
{
	return node->type->kind == TYPE_ERROR;
}

/* --- Statements --- */

void check_statement(struct check_ctx *ctx, struct node *node)
{
	if (node->kind == NODE_AGG) {
		check_expr(ctx, node);
		if (check_failed(node))
			return;
		diag_hint(ctx->diags, check_error(ctx, node, "D_AGG_NULL", "an aggregation by itself does nothing"),
			  "for example `@%s = count();`", strcmp(node->name, "_") ? node->name : "");
	} else if (node->kind == NODE_ASSIGN && node->left->kind == NODE_AGG) {
		check_agg_assign(ctx, node);
	} else if (node->kind == NODE_CALL) {
		if (check_count(ctx, node))
			check_call(ctx, node);
	} else {
		check_expr(ctx, node);
		ctx->clause->has_agg = true;
	}
}

static bool is_condition(struct check_ctx *ctx, struct node *node, const char *tag, const char *what, struct loc whole)
{
	struct diag *diag;
	const struct type *type;

	check_expr(ctx, node);
	if (check_failed(node))
		return false;
	type = check_operand(ctx, node);
	if (type_is_scalar(type))
		return true;
	diag = check_error(ctx, node, tag, "%s must be an integer or a pointer, not `%s`", what,
			   check_type_text(ctx, type));
	diag_set_line(diag, whole);
	if (type_is_string(node->type))
		diag_hint(ctx->diags, diag, "compare the text: `!= \"\"`");
	return false;
}

static void check_statements(struct check_ctx *ctx, struct stmt *stmt)
{
	for (; stmt; stmt = stmt->next) {
		switch (stmt->kind) {
		case STMT_EXPR:
			if (stmt->expr)
				check_statement(ctx, stmt->expr);
			break;
		case STMT_IF:
			is_condition(ctx, stmt->expr, "D_OP_SCALAR", "the condition of `if`", stmt->expr->loc);
			check_statements(ctx, stmt->body);
			check_statements(ctx, stmt->other);
			break;
		case STMT_BLOCK:
			check_statements(ctx, stmt->body);
			break;
		}
	}
}

/* --- Clauses --- */

static void finish_actions(struct check_ctx *ctx)
{
	struct checked_clause *out = ctx->clause;
	unsigned i;

	out->actions_len = ctx->actions_len;
	out->actions = arena_new_array(ctx->arena, struct action, ctx->actions_len + 1);
	for (i = 0; i < ctx->actions_len; i++) {
		out->actions[i] = *ctx->actions[i];
		out->actions[i].call->action = &out->actions[i];
	}
}

/* Is there an assignment in this of a variable that is not there yet? */
static bool makes_variable(struct check_ctx *ctx, const struct node *node)
{
	const struct node *left;

	if (!node)
		return false;
	left = node->left;
	if (node->kind == NODE_ASSIGN ||
	    (node->kind == NODE_UNARY && node->op >= OP_PREINC && node->op <= OP_POSTDEC)) {
		if (left && left->kind == NODE_INDEX)
			left = left->left;
		if (left && left->kind == NODE_IDENT && !check_var_find(ctx, left->scope, left->name))
			return true;
	}
	for (unsigned i = 0; i < node->args_len; i++)
		if (makes_variable(ctx, node->args[i]))
			return true;
	return makes_variable(ctx, node->left) || makes_variable(ctx, node->right) || makes_variable(ctx, node->third);
}

/*
 * As in DTrace, statements give variables their types before the predicate is looked at, so that `/ x == 0 / { x = 1;
 * }` knows x; unless it is the predicate that brings one up.
 */
static void check_clause(struct check_ctx *ctx, struct clause *clause)
{
	struct checked_clause *out = ctx->clause;
	bool pred_first;

	ctx->actions = NULL;
	ctx->actions_len = ctx->nodes = ctx->values = ctx->used_len = ctx->used_aggs_len = 0;
	ctx->record_size = 0;
	ctx->used = NULL;
	ctx->used_aggs = NULL;
	ctx->in_expr = ctx->is_full = false;
	out->clause = clause;
	out->is_default = !clause->body;
	check_probes(ctx, clause);
	pred_first = clause->pred && makes_variable(ctx, clause->pred);
	if (pred_first)
		is_condition(ctx, clause->pred, "D_PRED_SCALAR", "a predicate", clause->loc);
	check_statements(ctx, clause->body);
	if (clause->pred && !pred_first)
		is_condition(ctx, clause->pred, "D_PRED_SCALAR", "a predicate", clause->loc);
	finish_actions(ctx);
	if (ctx->used_len + ctx->used_aggs_len > CHECK_MAPS_MAX)
		diag_hint(ctx->diags,
			  diag_error(ctx->diags, clause->loc, NULL,
				     "this clause uses %u aggregations, arrays and thread-local variables, and %d are "
				     "possible",
				     ctx->used_len + ctx->used_aggs_len, CHECK_MAPS_MAX),
			  "split it into several clauses for the same probe: they run one after the other");
}

/* NULL is part of D's library. */
static void predefine(struct check_ctx *ctx)
{
	struct constant *null = arena_new_one(ctx->arena, struct constant);

	null->type = &type_int;
	nametab_add(&ctx->constants, 0, "NULL", null);
}

static void ctx_init(struct check_ctx *ctx)
{
	struct nametab *all[] = {&ctx->types,	 &ctx->constants, &ctx->vars, &ctx->externs,
				 &ctx->builtins, &ctx->aggs,	  &ctx->exprs};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		nametab_init(all[i], ctx->arena);
	ctx->string = type_string(ctx->arena, (uint32_t)ctx->options->strsize);
	predefine(ctx);
}

/* Tracing nothing would go on for ever: as dtrace, we take it for a mistake. */
static bool has_clauses(struct check_ctx *ctx, const struct script *tree)
{
	const struct source *last = tree->sources_len ? tree->sources[tree->sources_len - 1] : NULL;
	struct loc end = {last, last ? (uint32_t)last->size : 0, 0};

	if (tree->clauses || ctx->options->empty)
		return true;
	diag_hint(ctx->diags,
		  diag_error(ctx->diags, end, "D_EMPTY", "%s has no clause: there is nothing to trace",
			     tree->sources_len == 1 ? last->name : "the script"),
		  "a clause is PROBE /PREDICATE/ { ACTIONS }, for example: BEGIN { trace(\"hello\"); }");
	return false;
}

struct checked *check_script(struct arena *arena, struct script *script, struct probe_source *probes,
			     const struct options *options, struct diags *diags)
{
	struct check_ctx *ctx = arena_new_one(arena, struct check_ctx);
	struct checked *out = arena_new_one(arena, struct checked);
	unsigned errors = diags->errors;
	struct clause *clause;
	struct decl *decl;

	*ctx = (struct check_ctx){.arena = arena, .diags = diags, .options = options, .source = probes, .out = out};
	ctx_init(ctx);
	out->script = script;
	for (decl = script->decls; decl; decl = decl->next)
		check_decl(ctx, decl);
	if (diags->errors == errors && !has_clauses(ctx, script))
		return NULL;
	for (clause = script->clauses; clause; clause = clause->next)
		out->clauses_len++;
	out->clauses = arena_new_array(arena, struct checked_clause, out->clauses_len + 1);
	for (clause = script->clauses, ctx->clause = out->clauses; clause; clause = clause->next, ctx->clause++)
		check_clause(ctx, clause);
	check_vars_finish(ctx);
	check_pragma_names(ctx, script);
	if (diags->errors == errors)
		check_places_finish(ctx);
	if (diags->errors == errors)
		check_lacks_finish(ctx);
	if (diags->errors != errors)
		return NULL;
	check_aggs_finish(ctx);
	check_all_probes(ctx);
	return out;
}
