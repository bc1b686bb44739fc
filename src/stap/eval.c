/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Expressions. After an error (run->leave) values mean nothing, and nothing more is changed. */
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "stap/run.h"

static struct stap_value number(int64_t value)
{
	return (struct stap_value){value, NULL};
}

static bool failed(const struct stap_run *run)
{
	return run->leave == LEAVE_ERROR;
}

/* ---- places ---- */

static struct stap_global *global_of(struct stap_run *run, const struct stap_var *var)
{
	return &run->globals[var->slot];
}

bool stap_keys(struct stap_run *run, const struct stap_node *node, struct stap_value *keys)
{
	for (unsigned i = 0; i < node->args_len && !failed(run); i++)
		keys[i] = node->args[i] ? stap_eval(run, node->args[i]) : number(0);
	return !failed(run);
}

/* Where it is kept; NULL: it is an element that is not there (without `make`), or after an error. */
static struct stap_value *place_at(struct stap_run *run, const struct stap_node *node, const struct stap_value *keys,
				   bool make)
{
	struct stap_element *element;

	if (!node->var->is_global)
		return &run->frame->slots[node->var->slot];
	if (node->kind == S_NAME)
		return &global_of(run, node->var)->value;
	element = stap_find(run, global_of(run, node->var), node, keys, make);
	return element ? &element->value : NULL;
}

static struct stap_value read_place(struct stap_run *run, const struct stap_node *node)
{
	struct stap_value keys[STAP_KEYS_MAX], *place;

	if (node->kind == S_INDEX && !stap_keys(run, node, keys))
		return number(0);
	place = place_at(run, node, keys, false);
	if (node->var->type != STAP_STRING)
		return number(place ? place->number : 0);
	return place && place->text ? stap_text(run, place->text, strlen(place->text)) : (struct stap_value){0, ""};
}

/* ---- operators ---- */

static int64_t arithmetic(struct stap_run *run, const struct stap_node *node, int64_t a, int64_t b)
{
	uint64_t x = (uint64_t)a, y = (uint64_t)b;

	switch (node->op) {
	case OP_ADD:
		return (int64_t)(x + y);
	case OP_SUB:
		return (int64_t)(x - y);
	case OP_MUL:
		return (int64_t)(x * y);
	case OP_DIV:
	case OP_MOD:
		if (!b)
			stap_fail(run, node, "division by 0");
		if (!b || b == -1)
			return node->op == OP_DIV ? (int64_t)(0 - x) : 0;
		return node->op == OP_DIV ? a / b : a % b;
	case OP_SHL:
		return y < 64 ? (int64_t)(x << y) : 0;
	case OP_SHR:
		return y < 64 ? a >> y : a < 0 ? -1 : 0;
	case OP_SHRU:
		return y < 64 ? (int64_t)(x >> y) : 0;
	case OP_AND:
		return a & b;
	case OP_OR:
		return a | b;
	default:
		return a ^ b;
	}
}

static bool compare(enum stap_op op, int order)
{
	switch (op) {
	case OP_EQ:
		return !order;
	case OP_NE:
		return order;
	case OP_LT:
		return order < 0;
	case OP_LE:
		return order <= 0;
	case OP_GT:
		return order > 0;
	default:
		return order >= 0;
	}
}

static struct stap_value join(struct stap_run *run, const char *a, const char *b)
{
	size_t a_size = strlen(a), b_size = strlen(b);
	char *text = stap_room(run, a_size + b_size + 1);

	memcpy(text, a, a_size);
	memcpy(text + a_size, b, b_size + 1);
	return stap_text(run, text, a_size + b_size);
}

static void keep_groups(struct stap_run *run, const char *text, const regmatch_t *groups, unsigned len)
{
	for (unsigned i = 0; i < 10; i++) {
		bool has = i < len && groups[i].rm_so >= 0;

		free(run->match[i]);
		run->match[i] =
			has ? strndup(text + groups[i].rm_so, (size_t)(groups[i].rm_eo - groups[i].rm_so)) : NULL;
	}
	run->matches = len;
}

static int64_t match(struct stap_run *run, const struct stap_node *node, const char *text)
{
	const regex_t *regex = node->regex;
	unsigned len = regex->re_nsub < 9 ? (unsigned)regex->re_nsub + 1 : 10;
	regmatch_t groups[10];
	bool is = !regexec(regex, text, len, groups, 0);

	if (is)
		keep_groups(run, text, groups, len);
	return is == (node->op == OP_MATCH);
}

static struct stap_value binary(struct stap_run *run, const struct stap_node *node)
{
	struct stap_value a = stap_eval(run, node->left), b;

	if (failed(run))
		return a;
	if (node->op == OP_LAND || node->op == OP_LOR) {
		if (!a.number == (node->op == OP_LAND))
			return number(node->op == OP_LOR);
		return number(stap_eval(run, node->right).number != 0);
	}
	if (node->op == OP_MATCH || node->op == OP_NOMATCH)
		return number(match(run, node, a.text));
	b = stap_eval(run, node->right);
	if (failed(run))
		return b;
	if (node->op == OP_CONCAT)
		return join(run, a.text, b.text);
	if (node->op >= OP_EQ && node->op <= OP_GE)
		return number(compare(node->op, a.text		      ? strcmp(a.text, b.text)
						: a.number < b.number ? -1
								      : a.number > b.number));
	return number(arithmetic(run, node, a.number, b.number));
}

static struct stap_value unary(struct stap_run *run, const struct stap_node *node)
{
	int64_t a = stap_eval(run, node->left).number;

	switch (node->op) {
	case OP_NEG:
		return number((int64_t)(0 - (uint64_t)a));
	case OP_NOT:
		return number(!a);
	case OP_BITNOT:
		return number(~a);
	default:
		return number(a);
	}
}

/* ---- statistics ---- */

/* Is the element one of those that the slice names? */
bool stap_fits_slice(const struct stap_var *var, const struct stap_element *element, struct stap_node *const *slice,
		     const struct stap_value *keys)
{
	for (unsigned i = 0; i < var->keys_len; i++) {
		const struct stap_value *key = &element->keys[i];

		if (slice[i] && (key->text ? strcmp(key->text, keys[i].text) : key->number != keys[i].number))
			return false;
	}
	return true;
}

struct stap_stat *stap_stat_at(struct stap_run *run, const struct stap_node *place, bool make)
{
	struct stap_global *global = global_of(run, place->var);
	struct stap_value keys[STAP_KEYS_MAX];
	struct stap_element *element;

	if (place->kind == S_NAME) {
		if (!global->stat && make)
			global->stat = stap_stat_new(place->var);
		return global->stat;
	}
	if (!stap_keys(run, place, keys))
		return NULL;
	element = stap_find(run, global, place, keys, make);
	return element ? element->stat : NULL;
}

static struct stap_value read_stat(struct stap_run *run, const struct stap_node *node)
{
	struct stap_stat *stat = stap_stat_at(run, node->left, false);

	if (failed(run) || (node->stat == STAT_COUNT && !stat))
		return number(0);
	if (node->stat != STAT_COUNT && (!stat || !stat->count)) {
		stap_fail(run, node, "empty aggregate");
		return number(0);
	}
	return number(stap_stat_read(stat, node->left->var, node->stat));
}

static struct stap_value read_bucket(struct stap_run *run, const struct stap_node *node)
{
	int64_t at = stap_eval(run, node->right).number;
	const struct stap_node *asked = node->left;
	struct stap_stat *stat = stap_stat_at(run, asked->left, false);

	if (failed(run))
		return number(0);
	if (!stat || !stat->count) {
		stap_fail(run, asked, "empty aggregate");
	} else if (at < 0 || at >= stap_stat_buckets(asked->left->var, asked->stat)) {
		stap_fail(run, asked, "histogram index out of range");
	} else {
		return number((asked->stat == STAT_LOG ? stat->log : stat->linear)[at]);
	}
	return number(0);
}

/* ---- what changes something ---- */

static struct stap_value record(struct stap_run *run, const struct stap_node *node)
{
	struct stap_value value = stap_eval(run, node->right);
	struct stap_stat *stat = failed(run) ? NULL : stap_stat_at(run, node->left, true);

	if (stat)
		stap_stat_add(stat, node->left->var, value.number);
	return value;
}

static struct stap_value combine(struct stap_run *run, const struct stap_node *node, const struct stap_value *old,
				 struct stap_value by)
{
	if (node->op == OP_NONE)
		return by;
	if (node->op == OP_CONCAT)
		return join(run, old->text ? old->text : "", by.text);
	return number(arithmetic(run, node, old->number, by.number));
}

static struct stap_value assign(struct stap_run *run, const struct stap_node *node)
{
	struct stap_value keys[STAP_KEYS_MAX], value, *place;

	if (node->op == OP_RECORD)
		return record(run, node);
	if (node->left->kind == S_INDEX && !stap_keys(run, node->left, keys))
		return number(0);
	value = stap_eval(run, node->right);
	if (failed(run))
		return number(0);
	place = place_at(run, node->left, keys, true);
	if (failed(run))
		return number(0);
	value = combine(run, node, place, value);
	if (!failed(run))
		stap_store(place, value);
	return value;
}

static struct stap_value step(struct stap_run *run, const struct stap_node *node)
{
	struct stap_value keys[STAP_KEYS_MAX], *place;
	int64_t old;

	if (node->left->kind == S_INDEX && !stap_keys(run, node->left, keys))
		return number(0);
	place = place_at(run, node->left, keys, true);
	if (failed(run))
		return number(0);
	old = place->number;
	place->number = (int64_t)((uint64_t)old + (uint64_t)(int64_t)node->step);
	return number(node->is_post ? old : place->number);
}

static struct stap_value is_in(struct stap_run *run, const struct stap_node *node)
{
	struct stap_global *global = global_of(run, node->left->var);
	struct stap_value keys[STAP_KEYS_MAX];
	bool is_slice = false;

	if (!stap_keys(run, node, keys))
		return number(0);
	for (unsigned i = 0; i < node->args_len; i++)
		is_slice |= !node->args[i];
	if (!is_slice)
		return number(stap_find(run, global, node, keys, false) != NULL);
	for (struct stap_element *e = global->elements; e; e = e->hh.next)
		if (stap_fits_slice(global->var, e, node->args, keys))
			return number(1);
	return number(0);
}

/* ---- calls ---- */

static void print_value(struct stap_run *run, const struct stap_node *arg, struct buf *out)
{
	struct stap_stat *stat;
	struct stap_value value;

	if (arg->kind == S_STAT && arg->stat >= STAT_LOG) {
		stat = stap_stat_at(run, arg->left, false);
		if (!failed(run) && (!stat || !stat->count))
			stap_fail(run, arg, "empty aggregate");
		else if (!failed(run))
			stap_stat_print(stat, arg->left->var, arg->stat, out);
		return;
	}
	value = stap_eval(run, arg);
	if (failed(run))
		return;
	if (value.text)
		buf_puts(out, value.text);
	else
		buf_printf(out, "%lld", (long long)value.number);
}

static struct stap_value print(struct stap_run *run, const struct stap_node *node)
{
	struct stap_value *args, result = {0, NULL};
	struct buf text = {0};

	if (node->format) {
		args = (struct stap_value *)stap_room(run, sizeof(*args) * (node->args_len + 1));
		if (stap_keys(run, node, args))
			stap_format(run, node, args, &text);
	} else {
		for (unsigned i = 0; i < node->args_len && !failed(run); i++) {
			if (i && node->left)
				buf_puts(&text, node->left->name);
			print_value(run, node->args[i], &text);
		}
	}
	if (node->print->has_newline)
		buf_putc(&text, '\n');
	if (!failed(run) && node->print->is_string) {
		const char *data = text.data ? text.data : "";

		result = stap_text(run, data, strnlen(data, text.size));
	} else if (!failed(run)) {
		buf_add(&run->out, text.data, text.size);
	} else if (node->print->is_string) {
		result.text = "";
	}
	buf_free(&text);
	return result;
}

static struct stap_value call(struct stap_run *run, const struct stap_node *node)
{
	struct stap_value *args = (struct stap_value *)stap_room(run, sizeof(*args) * (node->args_len + 1));
	struct stap_value nothing = {0, node->type == STAP_STRING ? "" : NULL};

	if (!stap_keys(run, node, args))
		return nothing;
	return node->builtin ? stap_call_builtin(run, node, args) : stap_call_function(run, node, args);
}

struct stap_value stap_eval(struct stap_run *run, const struct stap_node *node)
{
	struct stap_value nothing = {0, node->type == STAP_STRING ? "" : NULL};

	if (failed(run))
		return nothing;
	switch (node->kind) {
	case S_NUMBER:
		return number(node->number);
	case S_TEXT:
		return stap_text(run, node->name, node->size);
	case S_NAME:
	case S_INDEX:
		return read_place(run, node);
	case S_CALL:
		return call(run, node);
	case S_PRINT:
		return print(run, node);
	case S_UNARY:
		return unary(run, node);
	case S_BINARY:
		return binary(run, node);
	case S_COND:
		return stap_eval(run, stap_eval(run, node->left).number ? node->right : node->third);
	case S_ASSIGN:
		return assign(run, node);
	case S_STEP:
		return step(run, node);
	case S_IN:
		return is_in(run, node);
	case S_STAT:
		return read_stat(run, node);
	case S_BUCKET:
		return read_bucket(run, node);
	default:
		return nothing;
	}
}
