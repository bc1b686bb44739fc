/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Does a function use what its caller put onto the stack for it? In: the code, and how far the stack pointer is from
 * the frame in the function's body. Where it does not, clang's callers may have put nothing there.
 */
#ifndef CEPHTAP_PROBE_SLOT_USE_H
#define CEPHTAP_PROBE_SLOT_USE_H

#include "probe/entry_stores.h"

/* Is any of these bytes at the CFA + `at` named by an instruction, by way of the stack or the frame pointer? */
bool slot_is_used(const uint8_t *code, size_t size, uint64_t vaddr, const struct entry_stores *stores, int64_t at,
		  uint64_t slot_size);

#endif
