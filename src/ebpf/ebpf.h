/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From typed clauses to an image: one program for each distinct set of clauses and argument locations. In: a checked script.
 * Out: an image. Pure: what the
 * engine can do, and offsets of the kernel's structures, come from an argument.
 */
#ifndef CEPHTAP_EBPF_EBPF_H
#define CEPHTAP_EBPF_EBPF_H

#include "ebpf/image.h"
#include "plan/rules.h"

struct image *ebpf_compile(struct arena *arena, const struct checked *checked, const struct options *options,
			   const struct code_rules *rules, struct diags *diags);

#endif
