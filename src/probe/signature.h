/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The parameters of a C++ function by its mangled name. clang, without optimisation, describes no object that a
 * function takes by its address and does not use: without the name's list the parameters behind it would get its
 * number. In: a function's debug information. Out: the types that its name has, and which of them are described.
 */
#ifndef CEPHTAP_PROBE_SIGNATURE_H
#define CEPHTAP_PROBE_SIGNATURE_H

#include "lib/dwarf.h"

struct signature {
	const char **types; /* in the form of lib/name_normal.h; without `this` */
	unsigned len;
};

/* False: it has no such name. */
bool signature_read(struct arena *arena, Dwarf_Die *function, struct signature *out);
enum { SIGNATURE_NOT_DESCRIBED = -1, SIGNATURE_NOT_KNOWN = -2 /* this one, or one beside it */ };

/* For each type the number of the parameter that has it; these are fewer, in the same order. False: that cannot be
 * told. */
bool signature_align(struct arena *arena, const struct signature *signature, Dwarf_Die *parameters,
		     unsigned parameters_len, int *which);

#endif
