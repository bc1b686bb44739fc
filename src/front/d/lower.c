/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Clauses and statements; expressions are in lower_expr.c. */
#include "front/d/lower.h"

#include "agg/agg.h"
#include "front/d/lower_expr.h"

static void lower_action(struct arena *arena, const struct action *from, struct plan_action *to)
{
	*to = (struct plan_action){
		.func = from->func,
		.format = from->format,
		.aggs = from->aggs,
		.aggs_len = from->aggs_len,
		.index = from->index,
		.loc = from->call->loc,
	};
	to->values = arena_new_array(arena, struct plan_value, from->values_len + 1);
	for (to->values_len = 0; to->values_len < from->values_len; to->values_len++) {
		const struct recorded *value = &from->values[to->values_len];

		to->values[to->values_len] =
			(struct plan_value){type_is_object(value->type) ? lower_address(arena, value->expr)
									: lower_as(arena, value->expr, value->type),
					    value->type};
	}
}

/* `@name[keys] = function(value, parameters, weight)`; the parameters are in the aggregation's shape. */
static const struct plan_update *lower_update(struct arena *arena, const struct node *node)
{
	struct plan_update *update = arena_new_one(arena, struct plan_update);
	const struct aggvar *agg = node->left->agg;
	const struct node *call = node->right;
	unsigned weight = 1 + agg->shape.agg->params_len;

	update->agg = agg;
	update->loc = node->loc;
	update->keys = lower_keys(arena, node->left, agg->keys, agg->keys_len);
	if (call->args_len)
		update->value = lower_value(arena, call->args[0]);
	if (weight < call->args_len)
		update->weight = lower_value(arena, call->args[weight]);
	return update;
}

static void lower_simple(struct arena *arena, struct node *node, const struct plan_clause *clause, struct plan_stmt *to)
{
	if (node->kind == NODE_ASSIGN && node->left->kind == NODE_AGG) {
		to->kind =
			node->left->agg ? DO_UPDATE : DO_BLOCK; /* refused where a clause had no probe: see agg_new() */
		to->update = node->left->agg ? lower_update(arena, node) : NULL;
	} else if (node->kind == NODE_CALL && node->action) {
		to->kind = DO_ACTION;
		to->action = &clause->actions[node->action->index];
	} else {
		to->kind = DO_EXPR;
		to->expr = lower_effect(arena, node);
	}
}

static struct plan_stmt *lower_statements(struct arena *arena, const struct stmt *stmt,
					  const struct plan_clause *clause)
{
	struct plan_stmt *first = NULL, **last = &first;

	for (; stmt; stmt = stmt->next, last = &(*last)->next) {
		struct plan_stmt *to = *last = arena_new_one(arena, struct plan_stmt);

		to->loc = stmt->loc;
		if (stmt->kind == STMT_EXPR && stmt->expr) {
			lower_simple(arena, stmt->expr, clause, to);
			continue;
		}
		to->kind = stmt->kind == STMT_IF ? DO_IF : DO_BLOCK;
		if (stmt->kind == STMT_IF)
			to->expr = lower_value(arena, stmt->expr);
		to->body = lower_statements(arena, stmt->body, clause);
		to->other = lower_statements(arena, stmt->other, clause);
	}
	return first;
}

/* Where a clause has no probe (zdefs), what its arguments are is not known, and nothing is made of it. */
static void lower_clause(struct arena *arena, const struct checked_clause *from, struct plan_clause *to)
{
	to->loc = from->clause->loc;
	if (from->clause->descs_len)
		to->probes_loc = from->clause->descs[0].loc;
	to->probes = from->probes;
	to->probes_len = from->probes_len;
	to->records_firing = from->is_default;
	if (!from->probes_len)
		return;
	to->actions_len = from->actions_len;
	to->actions = arena_new_array(arena, struct plan_action, from->actions_len + 1);
	for (unsigned i = 0; i < from->actions_len; i++)
		lower_action(arena, &from->actions[i], &to->actions[i]);
	if (from->clause->pred)
		to->pred = lower_value(arena, from->clause->pred);
	to->body = lower_statements(arena, from->clause->body, to);
}

const struct plan *lower_script(struct arena *arena, const struct checked *checked)
{
	struct plan *plan = arena_new_one(arena, struct plan);

	*plan = (struct plan){
		.vars = checked->vars,
		.vars_len = checked->vars_len,
		.aggs = checked->aggs,
		.aggs_len = checked->aggs_len,
		.probes = checked->probes,
		.probes_len = checked->probes_len,
		.unmatched = checked->unmatched,
		.unmatched_len = checked->unmatched_len,
		.awaited = checked->awaited,
		.awaited_len = checked->awaited_len,
		.left = checked->left,
		.left_len = checked->left_len,
		.has_stacks = checked->has_stacks,
		.has_loops = checked->has_loops,
		.sources = checked->script->sources,
		.sources_len = checked->script->sources_len,
		.args = checked->script->args,
		.args_len = checked->script->args_len,
	};
	plan->clauses_len = checked->clauses_len;
	plan->clauses = arena_new_array(arena, struct plan_clause, checked->clauses_len + 1);
	for (unsigned i = 0; i < checked->clauses_len; i++)
		lower_clause(arena, &checked->clauses[i], &plan->clauses[i]);
	return plan;
}
