/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Indirect functions (STT_GNU_IFUNC), such as libc's strlen(): what their symbol stands for is code that runs once and
 * chooses one of several functions. In: that code. Out: all functions that it may choose, found by following backwards
 * what it returns.
 */
#ifndef CEPHTAP_PROBE_INDIRECT_H
#define CEPHTAP_PROBE_INDIRECT_H

#include "lib/arena.h"
#include "lib/elf.h"
#include "lib/unwind.h"

struct indirect {
	uint64_t *vaddrs; /* each once */
	unsigned len;
	bool is_all; /* false: it may also choose what this search does not find */
};

/* `size` 0: not known; then its call-frame information says it. */
void indirect_find(struct arena *arena, const struct elf_file *elf, const struct unwind *unwind, uint64_t vaddr,
		   uint64_t size, struct indirect *out);

#endif
