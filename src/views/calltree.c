/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "views/calltree.h"

#include <stdlib.h>

struct call_node *call_node_new(unsigned function)
{
	struct call_node *node = calloc(1, sizeof(*node));

	if (!node)
		abort();
	node->function = function;
	return node;
}

void call_node_free(struct call_node *node)
{
	if (!node)
		return;
	for (struct call_node *child = node->first, *next; child; child = next) {
		next = child->next;
		call_node_free(child);
	}
	free(node);
}

struct call_node *call_node_child(struct call_node *node, unsigned function)
{
	struct call_node *child = node->first;

	while (child && child->function != function)
		child = child->next;
	if (child)
		return child;
	child = call_node_new(function);
	if (node->last)
		node->last->next = child;
	else
		node->first = child;
	node->last = child;
	node->children++;
	return child;
}

void call_node_add(struct call_node *node, uint64_t ns, uint64_t unreturned)
{
	node->count++;
	node->unreturned += unreturned;
	node->total_ns += ns;
	if (ns > node->max_ns)
		node->max_ns = ns;
}

void call_node_merge(struct call_node *into, const struct call_node *from)
{
	into->count += from->count;
	into->unreturned += from->unreturned;
	into->total_ns += from->total_ns;
	if (from->max_ns > into->max_ns)
		into->max_ns = from->max_ns;
	for (const struct call_node *child = from->first; child; child = child->next)
		call_node_merge(call_node_child(into, child->function), child);
}

uint64_t call_node_self_ns(const struct call_node *node)
{
	uint64_t below = 0;

	for (const struct call_node *child = node->first; child; child = child->next)
		below += child->total_ns;
	return below < node->total_ns ? node->total_ns - below : 0;
}

/* Equal totals go by the function's number, so that the order does not depend on chance. */
static int compare(const void *a, const void *b)
{
	const struct call_node *x = *(struct call_node *const *)a, *y = *(struct call_node *const *)b;

	if (x->total_ns != y->total_ns)
		return x->total_ns > y->total_ns ? -1 : 1;
	return (x->function > y->function) - (x->function < y->function);
}

void call_node_sort(struct call_node *node)
{
	struct call_node **children;
	unsigned n = 0;

	if (!node->first)
		return;
	children = calloc(node->children, sizeof(struct call_node *));
	if (!children)
		abort();
	for (struct call_node *child = node->first; child; child = child->next) {
		call_node_sort(child);
		children[n++] = child;
	}
	qsort(children, n, sizeof(struct call_node *), compare);
	node->first = children[0];
	node->last = children[n - 1];
	for (unsigned i = 0; i < n; i++)
		children[i]->next = i + 1 < n ? children[i + 1] : NULL;
	free(children);
}
