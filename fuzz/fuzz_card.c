/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as a layout card; one that is accepted must read back as it is printed. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "ceph/card.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	char *text = arena_alloc(arena, size + 1);
	struct source source = {"fuzz", text, size};
	struct buf out = {0};
	struct card card, again;
	struct diags diags;

	if (size)
		__builtin_memcpy(text, data, size);
	diags_init(&diags, arena);
	if (!card_parse(arena, &source, &card, &diags)) {
		card_print(&card, &out);
		source = (struct source){"printed", out.data, out.size};
		if (card_parse(arena, &source, &again, &diags) || again.types_len != card.types_len)
			abort();
	}
	diags_print(&diags, false, &out);
	buf_free(&out);
	arena_free(arena);
	return 0;
}
