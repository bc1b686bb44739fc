/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a plan to an image: one program for each distinct set of clauses and argument locations. Pure: what the engine
 * can do, and offsets of the kernel's structures, come from an argument.
 */
#ifndef CEPHTAP_CODE_CODE_H
#define CEPHTAP_CODE_CODE_H

#include "code/image.h"
#include "plan/rules.h"

struct image *code_compile(struct arena *arena, const struct plan *plan, const struct options *options,
			   const struct code_rules *rules, struct diags *diags);

#endif
