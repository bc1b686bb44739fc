/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any text as the arguments of a marker: each argument has a location that makes sense, or a reason. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "probe/argtext.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct arg *arg)
{
	unsigned i;

	if ((arg->loc.n == 0) != (arg->why != NULL) || arg->loc.n > ARGLOC_STEPS)
		abort();
	if (arg->size != 1 && arg->size != 2 && arg->size != 4 && arg->size != 8)
		abort();
	for (i = 0; i < arg->loc.n; i++) {
		const struct argstep *step = &arg->loc.steps[i];

		if (step->reg >= ARGREG_RIP)
			abort();
		if ((step->op == STEP_LOAD || step->op == STEP_CAST) && !step->size)
			abort();
		if ((i == 0) != (step->op == STEP_CONST || step->op == STEP_REG || step->op == STEP_IMAGE))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	char *text = arena_strndup(arena, (const char *)data, size);
	struct buf out = {0};
	struct arg *args;
	unsigned args_len, i;

	argtext_parse(arena, NULL, text, &args, &args_len);
	for (i = 0; i < args_len; i++) {
		check(&args[i]);
		argloc_print(&args[i].loc, &out);
	}
	buf_free(&out);
	arena_free(arena);
	return 0;
}
