/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parameters of a function. In: its debug information and its first instructions. Out: for each parameter a name, its
 * type and where its value is when the function is entered; and the same for the return value.
 *
 * Where a parameter is, the debug information says, for the address of the entry. Without optimisation it says only
 * where the parameter will be once the function has put it into its frame: then the instruction that does so tells
 * where it comes from. The calling convention (probe/passing.h) is asked last, and only where it is known to hold:
 * compilers change it for functions that nobody else calls, and keep the name. What is nowhere has a sentence instead
 * of a place.
 */
#ifndef CEPHTAP_PROBE_PARAMS_H
#define CEPHTAP_PROBE_PARAMS_H

#include "lib/dwarf.h"
#include "probe/probe.h"

struct params_function {
	const struct dwarf_file *file;
	const struct dwarf_function *function;
	uint64_t vaddr;	     /* of the entry */
	const uint8_t *code; /* NULL: not known */
	size_t size;
	bool is_local; /* nobody outside of its file calls it by its name */
	bool is_clone; /* foo.isra.0: it may take and return something else than foo */
};

/*
 * Arguments of type ARGTYPE_NATIVE, whose `native` is a struct dwarf_type of the arena. A structure is given by its
 * address, also one in registers: the type that scripts see is a pointer to it.
 */
void params_of(struct arena *arena, const struct params_function *from, struct arg **args, unsigned *args_len);
/* args[0]: the place of the return in the function (where it is known), args[1]: the value. */
void params_return(struct arena *arena, const struct params_function *from, struct arg **args, unsigned *args_len);

#endif
