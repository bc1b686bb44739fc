/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as a function whose arguments are followed: it ends, and what it tells of is there. */
#include <stdlib.h>

#include "lib/x86_follow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct x86_follow follow;

	x86_follow(arena, data, size, 0x1000, &follow);
	if (follow.insns > size || follow.nodes_len < X86_FOLLOW_ROOTS)
		abort();
	for (unsigned i = X86_FOLLOW_ROOTS; i < follow.nodes_len; i++)
		if (follow.nodes[i].parent >= i ||
		    x86_follow_load(&follow, follow.nodes[i].parent, follow.nodes[i].offset) != i)
			abort();
	for (unsigned i = 0; i < follow.touches_len; i++)
		if (follow.touches[i].node >= follow.nodes_len || (!follow.touches[i].access && follow.touches[i].size))
			abort();
	arena_free(arena);
	return 0;
}
