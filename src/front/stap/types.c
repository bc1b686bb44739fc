/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Types of variables, functions and expressions, inferred over the whole script: passes go over it until none finds
 * anything new, then one more says what does not fit, and what nothing types.
 */
#include <regex.h>
#include <string.h>

#include "front/stap/check.h"

struct types {
	struct stap_script *script;
	struct diags *diags;
	struct stap_function *function; /* whose body it is; NULL: a handler's */
	bool is_new;			/* something was found in this pass */
	bool is_last;			/* this pass speaks */
	unsigned loops;
	unsigned looks; /* for changes of an array: how many so far */
};

static enum stap_type infer(struct types *t, struct stap_node *node, enum stap_type want);

static void expected(struct types *t, const struct stap_node *node, enum stap_type want, enum stap_type found)
{
	if (t->is_last)
		stap_complain(t->diags, node, "type mismatch: expected %s but found %s", stap_type_names[want],
			      stap_type_names[found]);
}

/* What a variable, key or function has by its uses, the first of which decides. */
static enum stap_type unify(struct types *t, const struct stap_node *node, enum stap_type *type, struct loc *first,
			    enum stap_type want, const char *what)
{
	if (!want)
		return *type;
	if (!*type) {
		*type = want;
		*first = node->loc;
		t->is_new = true;
	} else if (*type != want && t->is_last) {
		if (!first->source || (first->source == node->loc.source && first->offset == node->loc.offset)) {
			expected(t, node, want, *type);
		} else {
			stap_complain(t->diags, node, "%stype mismatch (%s)", what, stap_type_names[want]);
			stap_complain_at(t->diags, *first, "", "type was first inferred here (%s)",
					 stap_type_names[*type]);
		}
	}
	return *type;
}

static void infer_keys(struct types *t, struct stap_node *node, struct stap_node **keys, unsigned len)
{
	struct stap_var *var = node->var;

	for (unsigned i = 0; i < len; i++) {
		enum stap_type type;

		if (!keys[i])
			continue;
		if (!var || i >= var->keys_len) {
			infer(t, keys[i], STAP_UNKNOWN);
			continue;
		}
		type = infer(t, keys[i], keys[i]->kind == S_NAME ? var->keys[i] : STAP_UNKNOWN);
		unify(t, keys[i], &var->keys[i], &var->key_locs[i], type,
		      arena_printf(t->script->arena, "index %u ", i));
	}
}

static enum stap_type infer_var(struct types *t, struct stap_node *node, enum stap_type want)
{
	struct stap_var *var = node->var;

	if (node->kind == S_INDEX)
		infer_keys(t, node, node->args, node->args_len);
	if (!var)
		return STAP_UNKNOWN;
	if (want == STAP_STATS && !var->is_global) {
		if (t->is_last)
			stap_complain(t->diags, node, "stat locals not supported, missing global declaration?");
		return STAP_UNKNOWN;
	}
	return unify(t, node, &var->type, &var->type_loc, want, "");
}

static enum stap_type proto_type(char c)
{
	return c == 'l' ? STAP_LONG : c == 's' ? STAP_STRING : STAP_VOID;
}

static enum stap_type infer_builtin(struct types *t, struct stap_node *node)
{
	const char *proto = node->builtin->proto + 1;

	for (unsigned i = 0; i < node->args_len; i++, proto++) {
		proto += *proto == '|';
		infer(t, node->args[i], proto_type(*proto));
	}
	return proto_type(node->builtin->proto[0]);
}

/* The arguments of each overload have its parameters' types, and all have one result. */
static enum stap_type infer_call(struct types *t, struct stap_node *node, enum stap_type want)
{
	struct stap_function *f = node->function;
	enum stap_type type;

	if (node->builtin)
		return infer_builtin(t, node);
	for (unsigned i = 0; i < node->args_len; i++) {
		struct stap_var *param = f ? f->scope.locals[i] : NULL;

		type = infer(t, node->args[i], param && node->args[i]->kind == S_NAME ? param->type : STAP_UNKNOWN);
		for (struct stap_function *g = f; g; g = g->next_overload)
			unify(t, node->args[i], &g->scope.locals[i]->type, &g->scope.locals[i]->type_loc, type,
			      arena_printf(t->script->arena, "index %u ", i));
	}
	if (!f)
		return STAP_UNKNOWN;
	for (struct stap_function *g = f; g; g = g->next_overload) {
		if (!g->is_used)
			t->is_new = g->is_used = true;
		if (!g->type && want && g->returns_value)
			unify(t, node, &g->type, &g->type_loc, want, "");
	}
	return f->type;
}

static void infer_format(struct types *t, struct stap_node *node)
{
	unsigned n = 0, wanted = 0;

	for (unsigned i = 0; i < node->format->pieces_len; i++) {
		const struct stap_piece *piece = &node->format->pieces[i];

		wanted += (piece->conversion != 0) + (piece->width == -2) + (piece->precision == -2);
	}
	if (wanted != node->args_len) {
		if (t->is_last)
			stap_complain(t->diags, node, "Wrong number of args to formatted print operator");
		return;
	}
	for (unsigned i = 0; i < node->format->pieces_len; i++) {
		const struct stap_piece *piece = &node->format->pieces[i];

		if (piece->width == -2)
			infer(t, node->args[n++], STAP_LONG);
		if (piece->precision == -2)
			infer(t, node->args[n++], STAP_LONG);
		if (piece->conversion)
			infer(t, node->args[n++], piece->conversion == 's' ? STAP_STRING : STAP_LONG);
	}
}

static enum stap_type infer_print(struct types *t, struct stap_node *node)
{
	if (node->format)
		infer_format(t, node);
	for (unsigned i = 0; !node->format && i < node->args_len; i++) {
		enum stap_type type;

		if (node->args[i]->kind == S_STAT && node->args[i]->stat >= STAT_LOG) {
			infer(t, node->args[i]->left, STAP_STATS);
			continue;
		}
		type = infer(t, node->args[i], STAP_UNKNOWN);
		if (type == STAP_STATS && t->is_last)
			stap_complain(t->diags, node->args[i], "a statistic is printed by @count, @avg, @hist_log ...");
		if (t->is_last && (!type || type == STAP_VOID) && node->args[i]->kind != S_NAME &&
		    node->args[i]->kind != S_INDEX)
			stap_complain(t->diags, node->args[i], "unresolved type ");
	}
	return node->print->is_string ? STAP_STRING : STAP_VOID;
}

/* Compiled once, for what runs it; it lives as long as the process. */
static void compile_regex(struct types *t, struct stap_node *node)
{
	regex_t *regex;
	char why[200];
	int error;

	if (!t->is_last || node->regex || node->right->kind != S_TEXT)
		return;
	regex = arena_new_one(t->script->arena, regex_t);
	error = regcomp(regex, node->right->name, REG_EXTENDED);
	if (error) {
		regerror(error, regex, why, sizeof(why));
		stap_complain(t->diags, node->right, "regex compilation error: %s", why);
		return;
	}
	node->regex = regex;
}

static enum stap_type infer_binary(struct types *t, struct stap_node *node)
{
	enum stap_type type;

	switch (node->op) {
	case OP_CONCAT:
	case OP_MATCH:
	case OP_NOMATCH:
		infer(t, node->left, STAP_STRING);
		infer(t, node->right, STAP_STRING);
		if (node->op != OP_CONCAT)
			compile_regex(t, node);
		return node->op == OP_CONCAT ? STAP_STRING : STAP_LONG;
	case OP_EQ:
	case OP_NE:
	case OP_LT:
	case OP_LE:
	case OP_GT:
	case OP_GE:
		type = infer(t, node->left, STAP_UNKNOWN);
		type = infer(t, node->right, type);
		infer(t, node->left, type);
		return STAP_LONG;
	default:
		infer(t, node->left, STAP_LONG);
		infer(t, node->right, STAP_LONG);
		return STAP_LONG;
	}
}

static bool is_place(const struct stap_node *node)
{
	return node->kind == S_NAME || node->kind == S_INDEX;
}

static enum stap_type infer_assign(struct types *t, struct stap_node *node, enum stap_type want)
{
	enum stap_type type;

	if (!is_place(node->left))
		return STAP_UNKNOWN;
	if (node->op == OP_RECORD) {
		infer(t, node->left, STAP_STATS);
		return infer(t, node->right, STAP_LONG);
	}
	if (node->op) {
		type = node->op == OP_CONCAT ? STAP_STRING : STAP_LONG;
		infer(t, node->left, type);
		infer(t, node->right, type);
		return type;
	}
	type = infer(t, node->left, STAP_UNKNOWN);
	type = infer(t, node->right,
		     is_place(node->right) || node->right->kind == S_CALL ? type ? type : want : STAP_UNKNOWN);
	if (type == STAP_STATS || type == STAP_VOID) {
		if (t->is_last)
			stap_complain(t->diags, node->right,
				      type == STAP_VOID ? "unresolved type " : "a statistic cannot be assigned");
		return STAP_UNKNOWN;
	}
	return infer(t, node->left, type);
}

static enum stap_type infer_cond(struct types *t, struct stap_node *node, enum stap_type want)
{
	enum stap_type type;

	infer(t, node->left, STAP_LONG);
	if (node->left->is_decided)
		return infer(t, node->left->number ? node->right : node->third, want);
	type = infer(t, node->right, want);
	type = infer(t, node->third, type ? type : want);
	return infer(t, node->right, type);
}

static enum stap_type infer_in(struct types *t, struct stap_node *node)
{
	if (node->left->var)
		infer_keys(t, node->left, node->args, node->args_len);
	if (node->left->kind == S_INDEX)
		infer_keys(t, node->left, node->left->args, node->left->args_len);
	return STAP_LONG;
}

/* By kind, before what is wanted is compared with it. */
static enum stap_type infer_kind(struct types *t, struct stap_node *node, enum stap_type want)
{
	switch (node->kind) {
	case S_NUMBER:
		return STAP_LONG;
	case S_TEXT:
		return STAP_STRING;
	case S_NAME:
	case S_INDEX:
		return infer_var(t, node, want);
	case S_CALL:
		return infer_call(t, node, want);
	case S_PRINT:
		return infer_print(t, node);
	case S_UNARY:
		return infer(t, node->left, STAP_LONG) == STAP_LONG ? STAP_LONG : STAP_UNKNOWN;
	case S_BINARY:
		return infer_binary(t, node);
	case S_COND:
		return infer_cond(t, node, want);
	case S_ASSIGN:
		return infer_assign(t, node, want);
	case S_STEP:
		return is_place(node->left) ? infer(t, node->left, STAP_LONG) : STAP_UNKNOWN;
	case S_IN:
		return infer_in(t, node);
	case S_STAT:
		infer(t, node->left, STAP_STATS);
		return STAP_LONG;
	case S_BUCKET:
		infer(t, node->left->left, STAP_STATS);
		infer(t, node->right, STAP_LONG);
		return STAP_LONG;
	default:
		return STAP_UNKNOWN;
	}
}

static enum stap_type infer(struct types *t, struct stap_node *node, enum stap_type want)
{
	enum stap_type type = infer_kind(t, node, want);

	node->type = type;
	if (is_place(node)) {
		if (t->is_last && !type && node->var)
			stap_complain(t->diags, node, "unresolved type ");
		return type;
	}
	if (want && type && type != want)
		expected(t, node, want, type);
	else if (want && !type && t->is_last && node->kind == S_CALL && node->function)
		stap_complain(t->diags, node, "unresolved type ");
	return type;
}

/* ---- statements ---- */

static void infer_stmts(struct types *t, struct stap_stmt *stmt);

static void infer_foreach(struct types *t, struct stap_foreach *each)
{
	struct stap_var *var = each->array->kind == S_STAT ? NULL : each->array->var;

	if (each->limit)
		infer(t, each->limit, STAP_LONG);
	if (!var) {
		if (each->array->kind == S_STAT)
			infer(t, each->array->left, STAP_STATS);
		for (unsigned i = 0; i < each->keys_len; i++)
			infer(t, each->keys[i], STAP_LONG);
		if (each->value)
			infer(t, each->value, STAP_LONG);
		return;
	}
	if (each->array->kind == S_INDEX)
		infer_keys(t, each->array, each->array->args, each->array->args_len);
	infer_keys(t, each->array, each->keys, each->keys_len);
	if (each->value && var->type == STAP_STATS) {
		if (t->is_last)
			stap_complain(t->diags, each->value, "invalid type stats");
	} else if (each->value) {
		unify(t, each->value, &var->type, &var->type_loc, infer(t, each->value, var->type), "");
	}
	if (each->direction && !each->sort_column && each->sort_stat != STAT_COUNT && var->type != STAP_STATS &&
	    t->is_last)
		stap_complain(t->diags, each->array, "sorted by a statistic's operator, and no statistic");
}

static void infer_return(struct types *t, struct stap_stmt *stmt)
{
	enum stap_type type;

	if (!stmt->expr || !t->function)
		return;
	t->function->returns_value = true;
	type = infer(t, stmt->expr, is_place(stmt->expr) ? t->function->type : STAP_UNKNOWN);
	if (type == STAP_VOID || type == STAP_STATS) {
		if (t->is_last)
			stap_complain(t->diags, stmt->expr, "unresolved type ");
		return;
	}
	unify(t, stmt->expr, &t->function->type, &t->function->type_loc, type, "");
}

static void infer_delete(struct types *t, struct stap_node *node)
{
	if (node->kind == S_INDEX)
		infer_keys(t, node, node->args, node->args_len);
}

/* What the statements of a loop's body change in an array is looked for by its name alone. */
struct mutation {
	struct types *t;
	const struct stap_var *var;
	const struct stap_node *call; /* NULL: it is in the loop itself */
};

static void tell_mutation(const struct mutation *m, const struct stap_node *node)
{
	if (m->call)
		stap_complain(m->t->diags, m->call, "function call modifies var '%s' during 'foreach' iteration",
			      m->var->name);
	else
		stap_complain(m->t->diags, node, "variable '%s' modified during 'foreach' iteration", m->var->name);
}

static void find_deletion(void *data, struct stap_stmt *stmt)
{
	struct mutation *m = data;

	if (stmt->kind == SDO_DELETE && stmt->expr->var == m->var)
		tell_mutation(m, stmt->expr);
}

static bool find_mutation(void *data, struct stap_node *node)
{
	struct mutation *m = data;
	bool changes = node->kind == S_ASSIGN || node->kind == S_STEP;

	if (changes && is_place(node->left) && node->left->var == m->var)
		tell_mutation(m, node->left);
	for (struct stap_function *f = node->kind == S_CALL ? node->function : NULL; f; f = f->next_overload) {
		struct mutation inner = {m->t, m->var, m->call ? m->call : node};

		if (f->looked_at == m->t->looks)
			continue;
		f->looked_at = m->t->looks;
		stap_walk_stmts(&(struct stap_walk){find_mutation, find_deletion, &inner}, f->body);
	}
	return true;
}

static void check_mutation(struct types *t, struct stap_stmt *stmt)
{
	const struct stap_node *array = stmt->each->array->kind == S_STAT ? stmt->each->array->left : stmt->each->array;
	struct mutation m = {t, array->var, NULL};
	struct stap_stmt *next = stmt->body->next;

	if (!t->is_last || !m.var || !m.var->is_global)
		return;
	stmt->body->next = NULL;
	t->looks++;
	stap_walk_stmts(&(struct stap_walk){find_mutation, find_deletion, &m}, stmt->body);
	stmt->body->next = next;
}

static void infer_one(struct types *t, struct stap_stmt *stmt)
{
	if (stmt->init)
		infer(t, stmt->init, STAP_UNKNOWN);
	switch (stmt->kind) {
	case SDO_FOREACH:
		infer_foreach(t, stmt->each);
		check_mutation(t, stmt);
		break;
	case SDO_RETURN:
		infer_return(t, stmt);
		break;
	case SDO_DELETE:
		infer_delete(t, stmt->expr);
		break;
	case SDO_TRY:
		if (stmt->expr)
			infer(t, stmt->expr, STAP_STRING);
		break;
	case SDO_IF:
	case SDO_FOR:
		if (stmt->expr)
			infer(t, stmt->expr, STAP_LONG);
		break;
	case SDO_BREAK:
	case SDO_CONTINUE:
		if (!t->loops && t->is_last)
			stap_complain_at(t->diags, stmt->loc, "", "'%s' outside of a loop",
					 stmt->kind == SDO_BREAK ? "break" : "continue");
		break;
	default:
		if (stmt->expr)
			infer(t, stmt->expr, STAP_UNKNOWN);
	}
	if (stmt->step)
		infer(t, stmt->step, STAP_UNKNOWN);
}

static void infer_stmts(struct types *t, struct stap_stmt *stmt)
{
	for (; stmt; stmt = stmt->next) {
		bool is_loop = stmt->kind == SDO_FOR || stmt->kind == SDO_FOREACH;

		infer_one(t, stmt);
		t->loops += is_loop;
		infer_stmts(t, stmt->body);
		infer_stmts(t, stmt->other);
		t->loops -= is_loop;
	}
}

static void pass(struct types *t)
{
	for (struct stap_site *site = t->script->sites; site; site = site->next) {
		t->function = NULL;
		infer_stmts(t, site->probe->body);
		if (site->condition)
			infer(t, site->condition, STAP_LONG);
	}
	for (struct stap_function *f = t->script->functions; f; f = f->next) {
		t->function = f;
		if (f->is_used)
			infer_stmts(t, f->body);
	}
}

void stap_check_types(struct stap_script *script, struct diags *diags)
{
	struct types t = {.script = script, .diags = diags};

	do {
		t.is_new = false;
		pass(&t);
	} while (t.is_new);
	t.is_last = true;
	pass(&t);
}
