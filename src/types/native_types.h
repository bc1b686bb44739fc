/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* In: a type of a C or C++ program, from its debug information. Out: the same as scripts see it. */
#ifndef CEPHTAP_TYPES_NATIVE_TYPES_H
#define CEPHTAP_TYPES_NATIVE_TYPES_H

#include "plan/type.h"

struct native_types;
struct native_types *native_types_new(struct arena *arena);
/*
 * `native` is a struct dwarf_type. Each type is made once. A structure or a reference becomes a pointer to it, as
 * parameters and results have no other form that D knows; every pointer is into the process.
 */
const struct type *native_type(struct native_types *types, const void *native);

#endif
