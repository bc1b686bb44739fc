/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where stacks, addresses, and what programs need to walk through stacks are kept while a script runs: in maps of an
 * engine. Who has the engine fills this in.
 */
#ifndef CEPHTAP_SYMBOLS_STORE_H
#define CEPHTAP_SYMBOLS_STORE_H

#include "lib/stack_maps.h"
#include "lib/unwind.h"

/* Operations return 0 or a negative errno. */
struct stack_store {
	void *data;
	int (*put_rows)(void *data, uint32_t first, uint32_t len, const struct unwind_row *rows);
	int (*put_process)(void *data, uint32_t pid, const struct unwind_process *process);
	void (*forget_process)(void *data, uint32_t pid);
	/* The processes that programs have met and know nothing of, at most `room`: each is handed over once. Returns
	 * how many. */
	unsigned (*take_wanted)(void *data, uint32_t *pids, unsigned room);
	int (*find_stack)(void *data, uint64_t number, struct stack_value *stack);
	int (*find_symbol)(void *data, uint64_t number, struct symbol_value *symbol);
};

#endif
