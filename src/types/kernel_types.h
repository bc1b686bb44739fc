/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* In: BTF of the kernel. Out: its types as scripts see them. */
#ifndef CEPHTAP_TYPES_KERNEL_TYPES_H
#define CEPHTAP_TYPES_KERNEL_TYPES_H

#include "plan/type.h"

struct btf;

/*
 * Lives as long as the arena. `load` is called when the first type is asked for; NULL from it: nothing is known.
 * `load_module` gives the modules whose types are known as well, by number from 0, then NULL; it may be NULL. A pointer
 * in a structure of the kernel is into the kernel unless it is tagged.
 */
const struct type_source *kernel_types_new(struct arena *arena, const struct btf *(*load)(void),
					   const struct btf *(*load_module)(unsigned n));

#endif
