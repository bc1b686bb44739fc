/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * When memory is short. malloc() and its relatives are ours, for the libraries too (json-c and libdw would otherwise go
 * on without what they could not keep, and a report would lack it in silence): what is refused is asked for again, once
 * a reserve was given back. From then on memory_is_short(), and who traces ends in order with what there is. Where even
 * that does not help, the command ends at once.
 *
 * A request larger than the reserve fails as always, for it may be what a damaged file claims.
 */
#ifndef CEPHTAP_LIB_MEMORY_H
#define CEPHTAP_LIB_MEMORY_H

#include <stdbool.h>

/* First of all: sets the reserve aside. */
void memory_prepare(void);

bool memory_is_short(void);

/* Says that there is no memory, and ends the command with status 1: the one exit below main(). A forked helper ends
 * without a word. */
__attribute__((noreturn)) void memory_end(void);

#endif
