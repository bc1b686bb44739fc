/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From addresses to names: of processes by their files (mappings.h), of the kernel by /proc/kallsyms. Stacks for
 * reports. */
#ifndef CEPHTAP_SYMBOLS_SYMBOLS_H
#define CEPHTAP_SYMBOLS_SYMBOLS_H

#include "report/stack.h"
#include "symbols/mappings.h"
#include "symbols/store.h"

struct symbols;

/* How names are shown: the options of these names. */
struct symbol_ways {
	bool shortnames, inlines;
};

struct symbols *symbols_new(struct arena *arena, struct mappings *mappings, struct symbol_ways ways);
/* `is_caller`: the address is behind a call, which is what is meant. */
struct stack_frame symbols_find(struct symbols *symbols, pid_t pid, uint64_t address, bool is_caller);
struct stack_frame symbols_find_kernel(struct symbols *symbols, uint64_t address, bool is_caller);
/* Looks again at what the process has mapped. */
void symbols_look(struct symbols *symbols, pid_t pid);
/* Resolves stacks by their numbers. */
struct stack_source symbols_stacks(struct symbols *symbols, const struct stack_store *store);

#endif
