/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names: variables of handlers, functions and the script; functions, ours and the script's. */
#include <string.h>

#include "front/stap/check.h"

struct names {
	struct stap_script *script;
	struct diags *diags;
	struct stap_scope *scope;
	const struct source *source; /* whose private names are seen */
	bool is_reading, is_writing;
};

static void visit(struct names *names, struct stap_node *node);
static void visit_stmts(struct names *names, struct stap_stmt *stmt);

/* ---- variables ---- */

static struct stap_var *find_global(const struct names *names, const char *name, struct loc loc)
{
	for (unsigned i = 0; i < names->script->globals_len; i++) {
		struct stap_var *var = names->script->globals[i];

		if (!strcmp(var->name, name) && (!var->is_private || var->loc.source == loc.source))
			return var;
	}
	return NULL;
}

static struct stap_var *find_var(struct names *names, struct stap_node *node)
{
	struct stap_scope *scope = names->scope;
	struct stap_var *var;

	for (unsigned i = 0; i < scope->locals_len; i++)
		if (!strcmp(scope->locals[i]->name, node->name))
			return scope->locals[i];
	var = find_global(names, node->name, node->loc);
	if (var)
		return var;
	var = arena_new_one(names->script->arena, struct stap_var);
	*var = (struct stap_var){.name = node->name, .loc = node->loc, .slot = scope->locals_len};
	*arena_push(names->script->arena, scope->locals, scope->locals_len) = var;
	return var;
}

static void arity_mismatch(struct names *names, const struct stap_node *node, unsigned len)
{
	struct stap_var *var = node->var;

	stap_complain(names->diags, node, "inconsistent arity (%u vs %u)", var->keys_len, len);
	stap_complain_at(names->diags, var->type_loc.source ? var->type_loc : var->loc, var->name,
			 "arity %u first inferred here", var->keys_len);
}

/* How many keys a global has shows its first use. */
static void set_keys(struct names *names, struct stap_node *node, unsigned len)
{
	struct stap_var *var = node->var;

	if (!var->is_global) {
		stap_complain(names->diags, node, "unresolved arity-%u global array %s, missing global declaration?",
			      len, node->name);
		return;
	}
	if (len > STAP_KEYS_MAX)
		stap_complain(names->diags, node, "more than %d keys", STAP_KEYS_MAX);
	else if (var->keys)
		var->keys_len == len ? (void)0 : arity_mismatch(names, node, len);
	else if (!len && var->is_array)
		stap_complain(names->diags, node, "the array '%s' lacks its keys", node->name);
	else {
		var->keys = arena_new_array(names->script->arena, enum stap_type, len + 1);
		var->key_locs = arena_new_array(names->script->arena, struct loc, len + 1);
		var->keys_len = len;
		var->is_array = len != 0;
		if (!var->type)
			var->type_loc = node->loc;
	}
}

static void resolve_var(struct names *names, struct stap_node *node, bool is_array)
{
	node->var = find_var(names, node);
	node->var->is_read |= names->is_reading;
	node->var->is_written |= names->is_writing;
	if (node->kind == S_INDEX)
		set_keys(names, node, node->args_len);
	else if (!is_array && node->var->is_global)
		set_keys(names, node, 0);
}

static void visit_place(struct names *names, struct stap_node *node, bool is_read, bool is_written)
{
	bool was_reading = names->is_reading, was_writing = names->is_writing;

	if (node->kind == S_INDEX)
		for (unsigned i = 0; i < node->args_len; i++)
			if (node->args[i])
				visit(names, node->args[i]);
	names->is_reading = is_read;
	names->is_writing = is_written;
	resolve_var(names, node, false);
	names->is_reading = was_reading;
	names->is_writing = was_writing;
	for (unsigned i = 0; node->kind == S_INDEX && i < node->args_len; i++)
		if (!node->args[i])
			stap_complain(names->diags, node,
				      "a slice of an array is no value: '*' stands in foreach, in, delete "
				      "and statistics");
}

static bool is_place(const struct stap_node *node)
{
	return node->kind == S_NAME || node->kind == S_INDEX;
}

static bool change(struct names *names, struct stap_node *node, const char *what)
{
	if (is_place(node->left))
		return true;
	if (node->left->kind == S_TARGET)
		stap_complain(names->diags, node->left, "cephtap changes nothing in a traced program");
	else
		stap_complain(names->diags, node, "Expecting lvalue for %s", what);
	return false;
}

/* An array named whole or as a slice. */
static void visit_array(struct names *names, struct stap_node *node, unsigned keys_len)
{
	if (!is_place(node)) {
		stap_complain(names->diags, node, "expected an array");
		return;
	}
	if (node->kind == S_INDEX)
		for (unsigned i = 0; i < node->args_len; i++)
			if (node->args[i])
				visit(names, node->args[i]);
	names->is_reading = true;
	resolve_var(names, node, true);
	names->is_reading = false;
	if (node->kind == S_NAME)
		set_keys(names, node, keys_len);
	else if (keys_len != node->args_len && node->var->is_global)
		arity_mismatch(names, node, keys_len);
}

/* ---- functions ---- */

static void unresolved_function(struct names *names, struct stap_node *node)
{
	struct arena *arena = names->script->arena;
	const char **list = NULL, *near;
	unsigned len = 0;

	for (const struct stap_function *f = names->script->functions; f; f = f->next)
		*arena_push(arena, list, len) = f->name;
	for (const struct stap_builtin *b = stap_builtins; b->name; b++)
		*arena_push(arena, list, len) = b->name;
	near = nearest_name(node->name, list, len);
	stap_complain(names->diags, node, "unresolved function %s%s%s%s", node->name, near ? " (similar: " : "",
		      near ? near : "", near ? ")" : "");
}

static unsigned proto_least(const char *proto)
{
	const char *bar = strchr(proto, '|');

	return (unsigned)(bar ? bar - proto : (long)strlen(proto)) - 1;
}

static unsigned proto_most(const char *proto)
{
	return (unsigned)strlen(proto) - 1 - (strchr(proto, '|') != NULL);
}

static void resolve_builtin(struct names *names, struct stap_node *node)
{
	const struct stap_builtin *builtin = stap_builtin_find(node->name);

	if (!builtin)
		unresolved_function(names, node);
	else if (node->args_len < proto_least(builtin->proto) || node->args_len > proto_most(builtin->proto))
		stap_complain(names->diags, node, "arity mismatch found (function '%s' takes %u args)", node->name,
			      proto_most(builtin->proto));
	else
		node->builtin = builtin;
}

/* The overloads that take as many arguments, chained in the order in which they are tried. */
static struct stap_function *find_function(struct names *names, const struct stap_node *node,
					   const struct stap_function **other)
{
	struct stap_function *best = NULL;

	for (struct stap_function *f = names->script->functions; f; f = f->next) {
		if (strcmp(f->name, node->name) || (f->is_private && f->source != node->loc.source))
			continue;
		if (*other && f->is_library && !(*other)->is_library)
			continue; /* the script's own hide ours */
		if (*other && (*other)->is_library && !f->is_library)
			best = NULL;
		*other = f;
		if (f->params_len == node->args_len && (!best || f->priority < best->priority))
			best = f;
	}
	return best;
}

static void resolve_call(struct names *names, struct stap_node *node)
{
	const struct stap_function *other = NULL;

	for (unsigned i = 0; i < node->args_len; i++)
		visit(names, node->args[i]);
	node->function = find_function(names, node, &other);
	if (node->function || !other) {
		if (!node->function)
			resolve_builtin(names, node);
		return;
	}
	stap_complain(names->diags, node, "arity mismatch found (function '%s' takes %u args)", node->name,
		      other->params_len);
}

/* Those of one name and as many parameters: by priority, then as they stand. */
static void chain_overloads(struct stap_script *script)
{
	for (struct stap_function *f = script->functions; f; f = f->next) {
		f->next_overload = NULL;
		for (struct stap_function *g = script->functions; g; g = g->next) {
			bool is_later = g->priority > f->priority;

			if (g == f || strcmp(g->name, f->name) || g->params_len != f->params_len ||
			    g->is_library != f->is_library || g->priority < f->priority)
				continue;
			if (g->priority == f->priority)
				for (struct stap_function *h = f->next; h && !is_later; h = h->next)
					is_later = h == g;
			if (is_later && (!f->next_overload || g->priority < f->next_overload->priority))
				f->next_overload = g;
		}
	}
}

/* ---- statistics ---- */

static void want_histogram(struct names *names, const struct stap_node *node, struct stap_var *var)
{
	if (node->stat == STAT_LOG)
		var->wants_log = true;
	if (node->stat == STAT_VARIANCE && node->params_len)
		var->shift = (int)node->params[0];
	if (node->stat != STAT_LINEAR)
		return;
	if (var->wants_linear && memcmp(var->linear, node->params, sizeof(var->linear)))
		stap_complain(names->diags, node, "conflicting parameters of @hist_linear for '%s'", var->name);
	var->wants_linear = true;
	memcpy(var->linear, node->params, sizeof(var->linear));
}

static void visit_stat(struct names *names, struct stap_node *node)
{
	struct stap_node *place = node->left;

	if (!is_place(place)) {
		stap_complain(names->diags, node, "expected a statistic in %s", stap_stat_names[node->stat]);
		return;
	}
	if (place->kind == S_INDEX)
		for (unsigned i = 0; i < place->args_len; i++)
			if (place->args[i])
				visit(names, place->args[i]);
	names->is_reading = true;
	resolve_var(names, place, false);
	names->is_reading = false;
	if (!place->var->is_global)
		stap_complain(names->diags, place, "stat locals not supported, missing global declaration?");
	want_histogram(names, node, place->var);
}

/* ---- expressions ---- */

static void visit(struct names *names, struct stap_node *node)
{
	switch (node->kind) {
	case S_NUMBER:
	case S_TEXT:
		break;
	case S_NAME:
	case S_INDEX:
		visit_place(names, node, true, false);
		break;
	case S_CALL:
		resolve_call(names, node);
		break;
	case S_PRINT:
		for (unsigned i = 0; i < node->args_len; i++)
			visit(names, node->args[i]);
		break;
	case S_ASSIGN:
		if (change(names, node, "assignment"))
			visit_place(names, node->left, !node->is_post && node->op != OP_NONE && node->op != OP_RECORD,
				    true);
		visit(names, node->right);
		break;
	case S_STEP:
		if (change(names, node, "increment or decrement"))
			visit_place(names, node->left, !node->in_parentheses, true);
		break;
	case S_IN:
		for (unsigned i = 0; i < node->args_len; i++)
			if (node->args[i])
				visit(names, node->args[i]);
		visit_array(names, node->left, node->args_len);
		break;
	case S_STAT:
		visit_stat(names, node);
		break;
	case S_TARGET:
		stap_complain(names->diags, node, "unresolved target-symbol expression");
		break;
	case S_DEFINED: /* what only a program has, is not here; everything else is */
		node->number = node->left->kind != S_TARGET;
		node->kind = S_NUMBER;
		node->is_decided = true;
		break;
	case S_ENTRY:
		stap_complain(names->diags, node, "@entry is only valid in .return probes");
		break;
	default:
		if (node->left)
			visit(names, node->left);
		if (node->kind == S_COND &&
		    node->left->is_decided) { /* by @defined: the other side may be of what is not here */
			visit(names, node->left->number ? node->right : node->third);
			break;
		}
		if (node->right)
			visit(names, node->right);
		if (node->third)
			visit(names, node->third);
	}
}

/* A value that nobody takes: `x += 1` and `x++` alone do not read x. */
static void visit_for_effect(struct names *names, struct stap_node *node)
{
	if (node->kind == S_ASSIGN)
		node->is_post = true;
	if (node->kind == S_STEP)
		node->in_parentheses = true;
	visit(names, node);
}

static void visit_foreach(struct names *names, struct stap_foreach *each)
{
	if (each->array->kind == S_STAT) {
		visit_stat(names, each->array);
		if (each->keys_len != 1)
			stap_complain(names->diags, each->array, "a histogram's bucket has one number");
	} else {
		visit_array(names, each->array, each->keys_len);
	}
	for (unsigned i = 0; i < each->keys_len; i++)
		visit_place(names, each->keys[i], false, true);
	if (each->value)
		visit_place(names, each->value, false, true);
	if (each->limit)
		visit(names, each->limit);
}

static void visit_delete(struct names *names, struct stap_node *node)
{
	if (node->kind != S_NAME && node->kind != S_INDEX) {
		stap_complain(names->diags, node, "Expecting lvalue for delete");
		return;
	}
	if (node->kind == S_INDEX) {
		visit_array(names, node, node->args_len);
		return;
	}
	node->var = find_var(names, node);
	node->var->is_read = true;
}

static void visit_stmts(struct names *names, struct stap_stmt *stmt)
{
	for (; stmt; stmt = stmt->next) {
		if (stmt->init)
			visit_for_effect(names, stmt->init);
		if (stmt->kind == SDO_FOREACH)
			visit_foreach(names, stmt->each);
		else if (stmt->kind == SDO_DELETE)
			visit_delete(names, stmt->expr);
		else if (stmt->kind == SDO_TRY && stmt->expr)
			visit_place(names, stmt->expr, false, true);
		else if (stmt->kind == SDO_EXPR)
			visit_for_effect(names, stmt->expr);
		else if (stmt->expr)
			visit(names, stmt->expr);
		if (stmt->step)
			visit_for_effect(names, stmt->step);
		if (stmt->kind == SDO_IF && stmt->expr->is_decided) { /* decided already: by @defined */
			visit_stmts(names, stmt->expr->number ? stmt->body : stmt->other);
			if (stmt->expr->number)
				stmt->other = NULL;
			else
				stmt->body = arena_new_one(names->script->arena, struct stap_stmt);
			continue;
		}
		visit_stmts(names, stmt->body);
		visit_stmts(names, stmt->other);
	}
}

void stap_check_names(struct stap_script *script, struct diags *diags)
{
	struct names names = {.script = script, .diags = diags};

	chain_overloads(script);
	for (struct stap_function *f = script->functions; f; f = f->next) {
		names.scope = &f->scope;
		visit_stmts(&names, f->body);
	}
	for (struct stap_site *site = script->sites; site; site = site->next) {
		names.scope = &site->probe->scope;
		visit_stmts(&names, site->probe->body);
		if (site->condition)
			visit(&names, site->condition);
	}
}
