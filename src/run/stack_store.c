/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "run/stack_store.h"

#include <errno.h>

static int put_rows(void *data, uint32_t first, uint32_t len, const struct unwind_row *rows)
{
	struct engine *engine = data;

	return engine_map_update_many(engine, engine->image->map_rows, first, len, rows);
}

static int put_process(void *data, uint32_t pid, const struct unwind_process *process)
{
	struct engine *engine = data;

	return engine_map_update(engine, engine->image->map_processes, &pid, process);
}

static void forget_process(void *data, uint32_t pid)
{
	struct engine *engine = data;

	engine_map_remove(engine, engine->image->map_processes, &pid);
}

static unsigned take_wanted(void *data, uint32_t *pids, unsigned room)
{
	struct engine *engine = data;

	return engine_map_take_keys(engine, engine->image->map_wanted, pids, room);
}

static int find_stack(void *data, uint64_t number, struct stack_value *stack)
{
	struct engine *engine = data;

	return engine_map_lookup(engine, engine->image->map_stacks, &number, stack);
}

static int find_symbol(void *data, uint64_t number, struct symbol_value *symbol)
{
	struct engine *engine = data;

	return engine_map_lookup(engine, engine->image->map_symbols, &number, symbol);
}

struct stack_store stack_store_of(struct engine *engine)
{
	return (struct stack_store){engine,	 put_rows,   put_process, forget_process,
				    take_wanted, find_stack, find_symbol};
}
