/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Scripts made at random, from D's grammar and with types in mind, so that the checker accepts most of them. They use
 * the probes of fake_probes.h, and those of this host: BEGIN, END, ERROR and timers; where it is wanted, the kernel's
 * and a process's too. The same seed gives the same script.
 */
#ifndef TEST_GEN_SCRIPT_H
#define TEST_GEN_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"

struct gen_limits {
	unsigned clauses, statements, depth, strsize; /* strsize 0: any */
	int pid; /* a process to trace, and the kernel describes its types; 0: scripts are to do without both */
};

uint64_t gen_random(uint64_t *state);
void gen_script(uint64_t seed, const struct gen_limits *limits, struct buf *out);

/*
 * Every construct in a clause of every probe, with every kind of ERROR clauses: script `index` of those that there are;
 * empty when this host lacks the probe. Returns false past the last one.
 */
bool gen_matrix(unsigned long index, const struct gen_limits *limits, struct buf *out);

/*
 * The same construct n times, for the limits: shape `index` of those that there are. Returns its name, or NULL past the
 * last one.
 */
const char *gen_shape(unsigned index, unsigned n, unsigned strsize, bool has_error, struct buf *out);

#endif
