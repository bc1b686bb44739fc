/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any text as a provider file: a sentence, or declarations that make a header in which every text is closed. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "provider/provider.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct provider_decl *provider)
{
	unsigned i, k;

	for (i = 0; i < provider->probes_len; i++) {
		const struct provider_probe *probe = &provider->probes[i];

		if (!*probe->name || probe->args_len > PROVIDER_ARGS_MAX)
			abort();
		for (k = 0; k < probe->args_len; k++) {
			if (strpbrk(probe->args[k].name, "%{|}\\\":") || strpbrk(probe->args[k].type, "%{|}\\\":\n"))
				abort();
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	char *text = arena_strndup(arena, (const char *)data, size);
	struct buf why = {0}, header = {0}, semaphores = {0};
	struct provider_file file;
	unsigned i;

	if (provider_parse(arena, "fuzz.d", text, &file, &why)) {
		if (!why.size)
			abort();
	} else {
		for (i = 0; i < file.providers_len; i++)
			check(&file.providers[i]);
		provider_header(&file, "fuzz.d", &header);
		provider_semaphores(&file, &semaphores);
	}
	buf_free(&why);
	buf_free(&header);
	buf_free(&semaphores);
	arena_free(arena);
	return 0;
}
