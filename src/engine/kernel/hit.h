/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What it costs on this host to get to a program of a uprobe and back. In: nothing; two instructions of our own get a
 * breakpoint each, in this process alone, and are passed some hundred times. Out: ns of processor time for an
 * instruction that the kernel executes, and for one that it steps. To be asked again: where caches are busy it costs
 * several times as much.
 */
#ifndef CEPHTAP_ENGINE_KERNEL_HIT_H
#define CEPHTAP_ENGINE_KERNEL_HIT_H

#include <stdbool.h>
#include <stdint.h>

struct hit {
	int links[2]; /* -1: none */
	bool is_tried;
};

void hit_init(struct hit *hit);
/* False: it cannot be measured here. *step_ns: 0 where no instruction is stepped. Takes a few ms. */
bool hit_measure(struct hit *hit, uint64_t *ns, uint64_t *step_ns);
void hit_free(struct hit *hit);

#endif
