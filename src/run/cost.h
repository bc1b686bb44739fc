/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What probes cost a process, judged. In: how long it ran, and how much of that went to probes, by unit
 * (engine/kernel/meter.h). Out: is that too much, and which units are to go. Pure.
 */
#ifndef CEPHTAP_COST_H
#define CEPHTAP_COST_H

#include <stdbool.h>
#include <stdint.h>

struct cost {
	uint64_t cpu_ns;  /* what the process ran for, probes and all */
	uint64_t used_ns; /* the part of it that probes took, about: it may come out larger than the whole */
};

/* Tenths of a percent, at most 1000. */
unsigned cost_permille(struct cost cost);
/* Too little for anybody to care what probes take of it. */
bool cost_is_idle(struct cost cost, uint64_t elapsed_ns);
/* Over `percent`? A process that hardly runs in `elapsed_ns` is not: whatever probes take there, there is enough left.
 */
bool cost_is_over(struct cost cost, uint64_t elapsed_ns, unsigned percent);
/*
 * The fewest units, a bit for each, without which the others stay within `percent`: the costliest first. `may`: those
 * that can be taken away; when that is not enough, all of them that cost anything.
 */
uint64_t cost_choose(struct cost cost, const uint64_t *unit_ns, unsigned units_len, uint64_t may, unsigned percent);

#endif
