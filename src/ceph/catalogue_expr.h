/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between catalogue_expr.c, which evaluates an expression, and catalogue_locate.c, which evaluates a site's lines. */
#ifndef CEPHTAP_CEPH_CATALOGUE_EXPR_H
#define CEPHTAP_CEPH_CATALOGUE_EXPR_H

#include "ceph/catalogue.h"

/* What an expression has come to: a 64-bit value, or a place in memory that is loaded when its value is wanted. */
struct value {
	struct argloc loc;
	struct argloc len; /* n > 0: of text(pointer, length) */
	bool is_place;
	struct cat_member member; /* of a place: which bytes at loc's value */
	const char *type;	  /* what the value points to, by a cast; NULL: unknown */
};

struct binding {
	const char *name;
	struct value value;
	struct value at_entry; /* of a saved one: what another `save` sees */
	const char *why;       /* not NULL: it cannot be had in this build, nor can what uses it */
};

struct eval {
	const struct catalogue *cat;
	const struct cat_resolver *resolver;
	struct arena *arena;
	const char *at;	 /* the rest of the expression */
	const char *why; /* the first failure */
	struct binding *bindings;
	unsigned bindings_len, depth;
	bool is_saving;
	bool is_missing; /* what failed is a layout that this build's card lacks, not the expression */
};

/* All return false after a failure, which is then in e->why. */
bool expr_fail(struct eval *e, const char *why);
/* A whole expression, to the end of its text. */
bool expr_eval(struct eval *e, const char *text, struct value *v);
/* An expression at e->at, as far as it goes. */
bool expr_eval_part(struct eval *e, struct value *v);
bool expr_take(struct eval *e, const char *token);
bool expr_at_end(struct eval *e);
/* A place becomes the value in it. */
bool expr_load(struct eval *e, struct value *v);
bool expr_add_step(struct eval *e, struct value *v, struct argstep step);

#endif
