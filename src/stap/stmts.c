/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Statements. Each is counted, and what its expressions made of texts is forgotten behind it. */
#include <stdlib.h>
#include <string.h>

#include "stap/run.h"

static bool count(struct stap_run *run, const struct stap_stmt *stmt)
{
	if (run->leave != LEAVE_NOT)
		return false;
	if (run->actions-- > 0)
		return true;
	stap_fail(run, stmt->expr, "MAXACTION exceeded");
	if (!run->error_node)
		run->error_loc = stmt->loc;
	return false;
}

/* Is the loop to go on, after its body? */
static bool goes_on(struct stap_run *run)
{
	if (run->leave == LEAVE_CONTINUE)
		run->leave = LEAVE_NOT;
	if (run->leave != LEAVE_BREAK)
		return run->leave == LEAVE_NOT;
	run->leave = LEAVE_NOT;
	return false;
}

static bool is_true(struct stap_run *run, const struct stap_node *node)
{
	struct stap_mark mark = stap_mark(run);
	bool is = stap_eval(run, node).number != 0;

	stap_release(run, mark);
	return is && run->leave == LEAVE_NOT;
}

static void run_loop(struct stap_run *run, const struct stap_stmt *stmt)
{
	struct stap_mark mark = stap_mark(run);

	if (stmt->init)
		stap_eval(run, stmt->init);
	while (run->leave == LEAVE_NOT && (!stmt->expr || is_true(run, stmt->expr))) {
		stap_exec(run, stmt->body);
		if (!goes_on(run) || !count(run, stmt))
			break;
		if (stmt->step)
			stap_eval(run, stmt->step);
		stap_release(run, mark);
	}
}

/* ---- foreach ---- */

struct order {
	const struct stap_foreach *each;
	const struct stap_var *var;
};

static int compare_values(const struct stap_value *a, const struct stap_value *b)
{
	if (a->text && b->text)
		return strcmp(a->text, b->text);
	return a->number < b->number ? -1 : a->number > b->number;
}

static int compare_elements(const void *a, const void *b, void *data)
{
	const struct stap_element *x = *(struct stap_element *const *)a, *y = *(struct stap_element *const *)b;
	const struct order *order = data;
	unsigned column = order->each->sort_column;
	struct stap_value by_x = column ? x->keys[column - 1] : x->value,
			  by_y = column ? y->keys[column - 1] : y->value;

	if (!column && x->stat) {
		by_x.number = stap_stat_read(x->stat, order->var, order->each->sort_stat);
		by_y.number = stap_stat_read(y->stat, order->var, order->each->sort_stat);
	}
	return compare_values(&by_x, &by_y) * order->each->direction;
}

/* Those that the array or slice names, in the order that is asked for. glibc's qsort_r() merges: what is equal stays as
 * it came. */
static struct stap_element **list_elements(struct stap_run *run, const struct stap_foreach *each, unsigned *len)
{
	struct stap_global *global = &run->globals[each->array->var->slot];
	struct stap_element **list = malloc(sizeof(struct stap_element *) * (global->len + 1));
	struct order order = {each, global->var};
	struct stap_value keys[STAP_KEYS_MAX];
	bool is_slice = each->array->kind == S_INDEX;

	*len = 0;
	if (!list)
		abort();
	if (is_slice && !stap_keys(run, each->array, keys))
		return list;
	for (struct stap_element *e = global->elements; e; e = e->hh.next)
		if (!is_slice || stap_fits_slice(global->var, e, each->array->args, keys))
			list[(*len)++] = e;
	if (each->direction)
		qsort_r(list, *len, sizeof(*list), compare_elements, &order);
	return list;
}

static void assign(struct stap_run *run, const struct stap_node *name, struct stap_value value)
{
	if (name->var->is_global)
		stap_store(&run->globals[name->var->slot].value, value);
	else
		stap_store(&run->frame->slots[name->var->slot], value);
}

static void run_each_element(struct stap_run *run, const struct stap_stmt *stmt, int64_t limit)
{
	const struct stap_foreach *each = stmt->each;
	struct stap_element **list;
	unsigned len;

	list = list_elements(run, each, &len);
	for (unsigned i = 0; i < len && i < limit && run->leave == LEAVE_NOT; i++) {
		for (unsigned k = 0; k < each->keys_len; k++)
			assign(run, each->keys[k], list[i]->keys[k]);
		if (each->value)
			assign(run, each->value, list[i]->value);
		stap_exec(run, stmt->body);
		if (!goes_on(run) || !count(run, stmt))
			break;
	}
	free(list);
}

static void run_each_bucket(struct stap_run *run, const struct stap_stmt *stmt, int64_t limit)
{
	const struct stap_node *asked = stmt->each->array;
	const struct stap_stat *stat = stap_stat_at(run, asked->left, false);
	unsigned len = stap_stat_buckets(asked->left->var, asked->stat);

	if (run->leave == LEAVE_NOT && (!stat || !stat->count)) {
		stap_fail(run, asked, "empty aggregate");
		return;
	}
	for (unsigned i = 0; i < len && i < limit && run->leave == LEAVE_NOT; i++) {
		assign(run, stmt->each->keys[0], (struct stap_value){i, NULL});
		if (stmt->each->value)
			assign(run, stmt->each->value,
			       (struct stap_value){(asked->stat == STAT_LOG ? stat->log : stat->linear)[i], NULL});
		stap_exec(run, stmt->body);
		if (!goes_on(run) || !count(run, stmt))
			break;
	}
}

static void run_foreach(struct stap_run *run, const struct stap_stmt *stmt)
{
	int64_t limit = stmt->each->limit ? stap_eval(run, stmt->each->limit).number : INT64_MAX;

	if (run->leave != LEAVE_NOT)
		return;
	if (stmt->each->array->kind == S_STAT)
		run_each_bucket(run, stmt, limit);
	else
		run_each_element(run, stmt, limit);
}

/* ---- others ---- */

static void delete_global(struct stap_run *run, const struct stap_var *var)
{
	struct stap_global *global = &run->globals[var->slot];

	stap_clear(global);
	stap_stat_free(global->stat);
	global->stat = NULL;
	stap_store(&global->value, (struct stap_value){0, var->type == STAP_STRING ? "" : NULL});
}

static void delete_slice(struct stap_run *run, const struct stap_node *node)
{
	struct stap_global *global = &run->globals[node->var->slot];
	struct stap_value keys[STAP_KEYS_MAX];
	struct stap_element *element, *next;

	if (!stap_keys(run, node, keys))
		return;
	for (element = global->elements; element; element = next) {
		next = element->hh.next;
		if (stap_fits_slice(global->var, element, node->args, keys))
			stap_remove(global, element);
	}
}

static void run_delete(struct stap_run *run, const struct stap_node *node)
{
	const struct stap_var *var = node->var;

	if (node->kind == S_INDEX)
		delete_slice(run, node);
	else if (var->is_global)
		delete_global(run, var);
	else
		stap_store(&run->frame->slots[var->slot], (struct stap_value){0, var->type == STAP_STRING ? "" : NULL});
}

static void run_try(struct stap_run *run, const struct stap_stmt *stmt)
{
	unsigned depth = run->depth;

	stap_exec(run, stmt->body);
	if (run->leave != LEAVE_ERROR)
		return;
	run->leave = LEAVE_NOT;
	run->depth = depth;
	if (stmt->expr)
		assign(run, stmt->expr, stap_text(run, run->error, strlen(run->error)));
	stap_exec(run, stmt->other);
}

static void run_return(struct stap_run *run, const struct stap_node *node)
{
	struct stap_value value = {0, NULL};

	if (node)
		value = stap_eval(run, node);
	if (run->leave != LEAVE_NOT)
		return;
	stap_store(&run->frame->result, value);
	run->leave = LEAVE_RETURN;
}

static void run_one(struct stap_run *run, const struct stap_stmt *stmt)
{
	switch (stmt->kind) {
	case SDO_NOTHING:
		break;
	case SDO_EXPR:
		stap_eval(run, stmt->expr);
		break;
	case SDO_BLOCK:
		for (const struct stap_stmt *inner = stmt->body; inner && run->leave == LEAVE_NOT; inner = inner->next)
			stap_exec(run, inner);
		break;
	case SDO_IF:
		if (is_true(run, stmt->expr))
			stap_exec(run, stmt->body);
		else if (stmt->other)
			stap_exec(run, stmt->other);
		break;
	case SDO_FOR:
		run_loop(run, stmt);
		break;
	case SDO_FOREACH:
		run_foreach(run, stmt);
		break;
	case SDO_BREAK:
		run->leave = LEAVE_BREAK;
		break;
	case SDO_CONTINUE:
		run->leave = LEAVE_CONTINUE;
		break;
	case SDO_NEXT:
		run->leave = LEAVE_NEXT;
		break;
	case SDO_RETURN:
		run_return(run, stmt->expr);
		break;
	case SDO_DELETE:
		run_delete(run, stmt->expr);
		break;
	case SDO_TRY:
		run_try(run, stmt);
		break;
	}
}

void stap_exec(struct stap_run *run, const struct stap_stmt *stmt)
{
	struct stap_mark mark = stap_mark(run);

	if (run->leave != LEAVE_NOT)
		return;
	if (stmt->kind != SDO_BLOCK && !count(run, stmt))
		return;
	run_one(run, stmt);
	stap_release(run, mark);
}
