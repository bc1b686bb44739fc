/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Trees of calls: a node for each function below the same chain of callers, with how often and how long. In: calls as
 * they end. Out: one tree of one call, and the sum of many. Functions are numbers; their names are somebody else's
 * matter.
 */
#ifndef CEPHTAP_VIEWS_CALLTREE_H
#define CEPHTAP_VIEWS_CALLTREE_H

#include <stdint.h>

struct call_node {
	unsigned function;
	uint64_t count, total_ns, max_ns;
	uint64_t unreturned; /* of count: left by an exception, or in another way that is no return */
	struct call_node *first,
		*next; /* the first that it calls, its next sibling: in the order in which they were called first */
	struct call_node *last;
	unsigned children;
};

struct call_node *call_node_new(unsigned function);
void call_node_free(struct call_node *node); /* with all below; NULL is allowed */
/* The one for this function below the node; made if it is not there yet. */
struct call_node *call_node_child(struct call_node *node, unsigned function);
void call_node_add(struct call_node *node, uint64_t ns, uint64_t unreturned);
/* Adds a tree to another one of the same function. */
void call_node_merge(struct call_node *into, const struct call_node *from);
/* What is not in the functions that it calls. */
uint64_t call_node_self_ns(const struct call_node *node);
/* The whole tree, branches with the largest total first. */
void call_node_sort(struct call_node *node);

#endif
