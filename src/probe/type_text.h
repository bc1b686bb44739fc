/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Types of the kernel (BTF) as a script in D would write them. */
#ifndef CEPHTAP_PROBE_TYPE_TEXT_H
#define CEPHTAP_PROBE_TYPE_TEXT_H

#include <stdint.h>

#include "lib/arena.h"

/*
 * "struct task_struct *", "uint32_t": in words that D knows without the kernel, but for the names of structures. A
 * pointer to what has no name is one to void; "void": a structure, or a type that D lacks.
 */
struct btf;
const char *kernel_type_text(struct arena *arena, const struct btf *btf, uint32_t id);

#endif
