/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as a catalogue: parsed, checked (which evaluates every expression) and printed. */
#include <stddef.h>
#include <stdint.h>

#include "ceph/catalogue.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct source source = {"fuzz", arena_strndup(arena, "", 0), size};
	struct buf out = {0};
	struct catalogue cat;
	struct diags diags;
	char *text = arena_alloc(arena, size + 1);

	if (size)
		__builtin_memcpy(text, data, size);
	source.text = text;
	diags_init(&diags, arena);
	catalogue_init(&cat, arena);
	catalogue_parse(&cat, &source, &diags);
	catalogue_check(&cat, &diags);
	catalogue_markdown(&cat, &out);
	diags_print(&diags, false, &out);
	buf_free(&out);
	arena_free(arena);
	return 0;
}
