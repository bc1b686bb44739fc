/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parameters of a function of a C or C++ program. In: its debug information. Out: for each parameter a name, its type
 * and where its value is when the function is entered; and for the return value. By the System V psABI for x86_64,
 * section 3.2.3, and the Itanium C++ ABI: what a compiler does at a function that others call.
 */
#ifndef CEPHTAP_PROBE_PARAMS_H
#define CEPHTAP_PROBE_PARAMS_H

#include "lib/dwarf.h"
#include "probe/probe.h"

/*
 * Arguments of type ARGTYPE_NATIVE, whose `native` is a struct dwarf_type of the arena. A structure is given by its
 * address: the type that scripts see is a pointer to it.
 */
void params_of(struct arena *arena, const struct dwarf_file *file, Dwarf_Die *function, struct arg **args,
	       unsigned *args_len);
/* args[0]: the place of the return in the function (where it is known), args[1]: the value. */
void params_return(struct arena *arena, const struct dwarf_file *file, Dwarf_Die *function, struct arg **args,
		   unsigned *args_len);

#endif
