/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A cheaper place for a probe on a function's entry or return. In: the function's first instructions, and which
 * registers somebody will read. Out: an instruction further on where a uprobe means the same and costs a tenth, or the
 * entry itself.
 */
#ifndef CEPHTAP_PROBE_PROLOGUE_H
#define CEPHTAP_PROBE_PROLOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/argloc.h"

struct prologue {
	unsigned offset;	    /* of the place, from the entry; 0: the entry */
	bool is_cheap;		    /* the kernel executes its instruction without a single step */
	uint8_t regs[ARGREG_COUNT]; /* regs[r]: the register that has, at the place, what r had at the entry */
};

/* Does the kernel execute the first instruction here, when that is probed, without a single step? */
bool prologue_is_executed(const uint8_t *code, size_t size);

/*
 * `code` is the function from its entry on. `is_whole`: size is the function's own; else it is what could be had of it,
 * and no more than a push is looked for. `needed`: a bit 1 << enum argreg for each register that is read at the place.
 */
void prologue_find(const uint8_t *code, size_t size, bool is_whole, uint32_t needed, struct prologue *out);

#endif
