/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Expressions of the checked tree as those of the plan. */
#ifndef CEPHTAP_D_LOWER_EXPR_H
#define CEPHTAP_D_LOWER_EXPR_H

#include "front/d/check/check.h"

/* What a node is worth: of an array the address of its first element. */
struct expr *lower_value(struct arena *arena, const struct node *node);
/* The same, converted to a type. */
struct expr *lower_as(struct arena *arena, const struct node *node, const struct type *type);
/* Where an object is: its address, or what a node without one is worth. */
struct expr *lower_address(struct arena *arena, const struct node *node);
/* For its effect only: its value may be an object. */
struct expr *lower_effect(struct arena *arena, const struct node *node);
/* The arguments of a node, as keys of these types. */
struct expr **lower_keys(struct arena *arena, const struct node *node, const struct type *const *types, unsigned n);

#endif
