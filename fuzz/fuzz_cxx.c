/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* C++ source of anybody: tokens, functions, their parameters and returns; all that is handed out lies inside the text.
 */
#include <stdlib.h>

#include "lib/cxx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(struct arena *arena, const struct cxx_file *file, const struct cxx_function *function)
{
	struct cxx_return *returns;
	struct cxx_param *params;
	unsigned returns_len, params_len, i;

	if (file->tokens[function->body].match <= function->body ||
	    file->tokens[function->params].match <= function->params)
		abort();
	cxx_returns(arena, file, function, &returns, &returns_len);
	for (i = 0; i < returns_len; i++)
		if (returns[i].end > file->tokens[function->body].match || !cxx_is(file, returns[i].at, "return"))
			abort();
	cxx_params(arena, file, function->params, &params, &params_len);
	for (i = 0; i < params_len; i++)
		if (params[i].end > file->tokens[function->params].match || params[i].name_at > params[i].end)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct buf why = {0};
	struct cxx_file file;
	char *text = arena_strndup(arena, (const char *)data, size);
	unsigned i;

	if (!cxx_parse(arena, text, size, &file, &why)) {
		for (i = 0; i < file.tokens_len; i++)
			if (file.tokens[i].at + file.tokens[i].size > size ||
			    file.tokens[file.tokens[i].match].match != i)
				abort();
		for (i = 0; i < file.functions_len; i++)
			look(arena, &file, &file.functions[i]);
		if (file.include_at > size)
			abort();
	} else if (!why.size) {
		abort();
	}
	buf_free(&why);
	arena_free(arena);
	return 0;
}
