/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "run_image.h"

#include <stdlib.h>

#include "../interp/interp.h"
#include "gen_script.h"

enum { ROUNDS = 3, RUNS_MAX = 12 /* of one program: all system calls are one, at 700 places */, WORDS = 64, RDI = 14 };

const char *run_image(const struct image *image, uint64_t seed)
{
	static uint64_t memory[WORDS], ctx[WORDS];
	struct interp *interp = interp_new(image, 2);
	unsigned *runs = calloc(image->programs_len + 1, sizeof(*runs));
	const char *why = NULL;

	interp_allow_user(interp, memory, sizeof(memory));
	interp_state(interp)->run = RUN_ON;
	for (unsigned round = 0; round < ROUNDS && !why; round++)
		for (unsigned i = 0; i < image->attaches_len && !why; i++) {
			struct interp_env env = {.cookie = image->attaches[i].cookie,
						 .pid_tgid = 0x1200000012 + (i & 1),
						 .comm = "test"};

			if (runs[image->attaches[i].program]++ >= RUNS_MAX)
				continue;
			for (unsigned w = 0; w < WORDS; w++) {
				ctx[w] = gen_random(&seed);
				memory[w] = gen_random(&seed) & 0xff00ffffff00ffff;
			}
			if (round < ROUNDS - 1)
				ctx[RDI] = (uint64_t)(uintptr_t)memory;
			why = interp_run(interp, image->attaches[i].program, ctx, sizeof(ctx), &env, NULL);
			interp_records_clear(interp);
		}
	free(runs);
	interp_free(interp);
	return why;
}
