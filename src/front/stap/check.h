/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The checks' parts, in their order: probe points become sites, each with a handler of its own (points.c, clone.c);
 * names get their variables and functions (names.c); types are inferred over the whole script (types.c).
 */
#ifndef CEPHTAP_FRONT_STAP_CHECK_H
#define CEPHTAP_FRONT_STAP_CHECK_H

#include "front/stap/tree.h"

struct stap_stmt *stap_clone(struct arena *arena, const struct stap_stmt *stmt);
struct stap_node *stap_clone_node(struct arena *arena, const struct stap_node *node);
void stap_check_points(struct stap_script *script, struct diags *diags);
void stap_check_names(struct stap_script *script, struct diags *diags);
void stap_check_types(struct stap_script *script, struct diags *diags);
/* "semantic error: TEXT: identifier 'x'" */
void stap_complain(struct diags *diags, const struct stap_node *node, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void stap_complain_at(struct diags *diags, struct loc loc, const char *name, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Each node and statement of a handler or function, parents first. False from `node`: not those below. */
struct stap_walk {
	bool (*node)(void *data, struct stap_node *node);
	void (*stmt)(void *data, struct stap_stmt *stmt); /* NULL: not asked for */
	void *data;
};

void stap_walk_node(const struct stap_walk *walk, struct stap_node *node);
void stap_walk_stmts(const struct stap_walk *walk, struct stap_stmt *stmt);

#endif
