/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The running kernel's functions that can be probed: what its own list of traceable functions has, with addresses from
 * /proc/kallsyms and types from BTF. Reading it all takes about a tenth of a second: for who needs it.
 */
#ifndef CEPHTAP_LIB_KERNEL_FUNCTIONS_H
#define CEPHTAP_LIB_KERNEL_FUNCTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/arena.h"

extern const char *const kernel_module; /* what the kernel itself is called where a module's name may stand: vmlinux */

struct kernel_function {
	const char *name, *module;
	uint64_t *addresses; /* none: the kernel hides them */
	unsigned addresses_len;
	bool has_namesakes; /* several functions have this name: the kernel cannot find one by it */
	uint32_t btf_id;    /* in the module's BTF, of kind FUNC; 0: it is not described */
	uint8_t args_len;   /* as described */
	bool is_plain; /* its arguments and its result are in a register each: the kernel can call a program around it
			*/
};

struct kernel_functions {
	struct kernel_function *list; /* in the kernel's own order */
	unsigned len;
	const char *why; /* why there are none; NULL: there are some */
};

/* All is the arena's. */
struct kernel_functions *kernel_functions_read(struct arena *arena);

/* Is there a function of this name at all, be it one that cannot be probed? */
bool kernel_has_symbol(const char *name);

#endif
