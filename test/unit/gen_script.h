/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Scripts made at random, from D's grammar and with types in mind, so that the checker accepts most of them. They use the
 * probes of fake_probes.h, and BEGIN, END, ERROR and timers. The same seed gives the same script.
 */
#ifndef TEST_GEN_SCRIPT_H
#define TEST_GEN_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"

struct gen_limits {
	unsigned clauses, statements, depth, strsize; /* strsize 0: any */
};

uint64_t gen_random(uint64_t *state);
void gen_script(uint64_t seed, const struct gen_limits *limits, struct buf *out);

/*
 * The same construct n times, for the limits: shape `index` of those that there are. Returns its name, or NULL past the
 * last one.
 */
const char *gen_shape(unsigned index, unsigned n, unsigned strsize, bool has_error, struct buf *out);

#endif
