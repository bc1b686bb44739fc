/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copies of handlers: an alias's is part of many, each with variables and types of its own. And walks through trees. */
#include "front/stap/check.h"

struct stap_node *stap_clone_node(struct arena *arena, const struct stap_node *node)
{
	struct stap_node *copy;

	if (!node)
		return NULL;
	copy = arena_memdup(arena, node, sizeof(*node));
	copy->args = arena_new_array(arena, struct stap_node *, node->args_len + 1);
	for (unsigned i = 0; i < node->args_len; i++)
		copy->args[i] = stap_clone_node(arena, node->args[i]);
	copy->left = stap_clone_node(arena, node->left);
	copy->right = stap_clone_node(arena, node->right);
	copy->third = stap_clone_node(arena, node->third);
	if (node->args_len && node->left == node->args[0])
		copy->left = copy->args[0];
	return copy;
}

static struct stap_foreach *clone_foreach(struct arena *arena, const struct stap_foreach *each)
{
	struct stap_foreach *copy;

	if (!each)
		return NULL;
	copy = arena_memdup(arena, each, sizeof(*each));
	copy->keys = arena_new_array(arena, struct stap_node *, each->keys_len);
	for (unsigned i = 0; i < each->keys_len; i++)
		copy->keys[i] = stap_clone_node(arena, each->keys[i]);
	copy->value = stap_clone_node(arena, each->value);
	copy->array = stap_clone_node(arena, each->array);
	copy->limit = stap_clone_node(arena, each->limit);
	return copy;
}

struct stap_stmt *stap_clone(struct arena *arena, const struct stap_stmt *stmt)
{
	struct stap_stmt *first = NULL, **last = &first, *copy;

	for (; stmt; stmt = stmt->next) {
		copy = arena_memdup(arena, stmt, sizeof(*stmt));
		copy->next = NULL;
		copy->expr = stap_clone_node(arena, stmt->expr);
		copy->init = stap_clone_node(arena, stmt->init);
		copy->step = stap_clone_node(arena, stmt->step);
		copy->body = stap_clone(arena, stmt->body);
		copy->other = stap_clone(arena, stmt->other);
		copy->each = clone_foreach(arena, stmt->each);
		*last = copy;
		last = &copy->next;
	}
	return first;
}

void stap_walk_node(const struct stap_walk *walk, struct stap_node *node)
{
	if (!node || !walk->node(walk->data, node))
		return;
	if (!node->args_len || node->left != node->args[0])
		stap_walk_node(walk, node->left);
	stap_walk_node(walk, node->right);
	stap_walk_node(walk, node->third);
	for (unsigned i = 0; i < node->args_len; i++)
		stap_walk_node(walk, node->args[i]);
}

static void walk_foreach(const struct stap_walk *walk, struct stap_foreach *each)
{
	stap_walk_node(walk, each->array);
	stap_walk_node(walk, each->value);
	for (unsigned i = 0; i < each->keys_len; i++)
		stap_walk_node(walk, each->keys[i]);
	stap_walk_node(walk, each->limit);
}

void stap_walk_stmts(const struct stap_walk *walk, struct stap_stmt *stmt)
{
	for (; stmt; stmt = stmt->next) {
		if (walk->stmt)
			walk->stmt(walk->data, stmt);
		stap_walk_node(walk, stmt->init);
		stap_walk_node(walk, stmt->expr);
		stap_walk_node(walk, stmt->step);
		if (stmt->each)
			walk_foreach(walk, stmt->each);
		stap_walk_stmts(walk, stmt->body);
		stap_walk_stmts(walk, stmt->other);
	}
}
