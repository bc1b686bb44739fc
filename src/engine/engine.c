/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The engines (plan/engines.h), and the way to an engine's operations. */
#include "engine/engine.h"

#include <assert.h>
#include <string.h>

#include "plan/engines.h"

#define ROW(name) extern const struct engine_ops name##_engine_ops;
ENGINES(ROW)
#undef ROW

static const struct engine_ops *const engines[] = {
#define ROW(name) &name##_engine_ops,
	ENGINES(ROW)
#undef ROW
};

enum { ENGINES_LEN = sizeof(engines) / sizeof(*engines) };

const struct engine_ops *engine_find(const char *name)
{
	for (unsigned i = 0; i < ENGINES_LEN; i++)
		if (!strcmp(engines[i]->name, name))
			return engines[i];
	return NULL;
}

const struct engine_ops *engine_nth(unsigned n)
{
	return n < ENGINES_LEN ? engines[n] : NULL;
}

const char *engine_why_not(void)
{
	const char *first = engines[0]->why_not();

	for (unsigned i = 1; first && i < ENGINES_LEN; i++)
		if (!engines[i]->why_not())
			return NULL;
	return first;
}

bool engine_examine(const struct engine_ops *ops, void (*say)(void *data, const struct engine_finding *finding),
		    void *data)
{
	return ops->examine(say, data);
}

unsigned engine_find_left(const struct engine_ops *ops, struct arena *arena,
			  void (*say)(void *data, const struct engine_left *left), void *data)
{
	return ops->find_left(arena, say, data);
}

const char *engine_clean_left(const struct engine_ops *ops, struct arena *arena, pid_t pid, const char **done)
{
	return ops->clean_left(arena, pid, done);
}

struct code_rules engine_rules(const struct engine_ops *ops, unsigned needs, bool no_multi)
{
	return ops->rules(needs, no_multi);
}

int engine_load(const struct image *image, const struct engine_config *config, struct diags *diags, struct engine **out)
{
	const struct engine_ops *ops = config->ops ? config->ops : engines[0];

	assert(!config->before || config->before->ops == ops); /* one cannot take over what another kind has gathered */
	return ops->load(image, config, diags, out);
}

int engine_attach(struct engine *engine, struct diags *diags)
{
	return engine->ops->attach(engine, diags);
}

unsigned engine_attach_process(struct engine *engine, pid_t pid, struct buf *why)
{
	return engine->ops->attach_process(engine, pid, why);
}

void engine_forget_process(struct engine *engine, pid_t pid)
{
	if (engine->image->map_pids != MAP_NONE)
		engine_map_remove(engine, engine->image->map_pids, &pid);
}

bool engine_attaches_processes(const struct engine *engine)
{
	return engine->ops->attaches_processes(engine);
}

bool engine_has_lost_links(struct engine *engine)
{
	return engine->ops->has_lost_links(engine);
}

void engine_detach(struct engine *engine)
{
	engine->ops->detach(engine);
}

void engine_free(struct engine *engine)
{
	if (engine)
		engine->ops->free(engine);
}

int engine_run_direct_args(struct engine *engine, enum probe_kind kind, const uint64_t *args, unsigned args_len)
{
	return engine->ops->run_direct(engine, kind, args, args_len);
}

int engine_run_direct(struct engine *engine, enum probe_kind kind)
{
	return engine_run_direct_args(engine, kind, NULL, 0);
}

void engine_set_run(struct engine *engine, enum image_run run)
{
	engine->ops->set_run(engine, run);
}

enum image_run engine_get_run(const struct engine *engine)
{
	return engine->ops->get_run(engine);
}

int engine_poll(struct engine *engine, int timeout_ms, int (*each)(void *data, const void *record, size_t size),
		void *data)
{
	return engine->ops->poll(engine, timeout_ms, each, data);
}

void engine_wait_also(struct engine *engine, int fd)
{
	engine->ops->wait_also(engine, fd);
}

void engine_drops(struct engine *engine, uint64_t drops[DROP_CAUSES])
{
	engine->ops->drops(engine, drops);
}

int engine_map_update(struct engine *engine, unsigned map, const void *key, const void *value)
{
	return engine->ops->map_update(engine, map, key, value);
}

int engine_map_update_many(struct engine *engine, unsigned map, uint32_t first, uint32_t len, const void *values)
{
	return engine->ops->map_update_many(engine, map, first, len, values);
}

int engine_map_remove(struct engine *engine, unsigned map, const void *key)
{
	return engine->ops->map_remove(engine, map, key);
}

int engine_map_lookup(struct engine *engine, unsigned map, const void *key, void *value)
{
	return engine->ops->map_lookup(engine, map, key, value);
}

unsigned engine_map_take_keys(struct engine *engine, unsigned map, uint32_t *keys, unsigned room)
{
	return engine->ops->map_take_keys(engine, map, keys, room);
}

int engine_agg_each(struct engine *engine, unsigned agg,
		    int (*each)(void *data, const void *key, const void *values, unsigned values_len), void *data)
{
	return engine->ops->agg_each(engine, agg, each, data);
}

int engine_agg_delete(struct engine *engine, unsigned agg, const void *key)
{
	return engine->ops->agg_delete(engine, agg, key);
}

int engine_agg_zero(struct engine *engine, unsigned agg, const void *key)
{
	return engine->ops->agg_zero(engine, agg, key);
}

bool engine_has_meter(const struct engine *engine)
{
	return engine->ops->meter && engine->ops->meter->is_there(engine);
}

unsigned engine_read_uses(struct engine *engine, struct arena *arena, struct engine_use **uses)
{
	return engine->ops->meter->read_uses(engine, arena, uses);
}

void engine_forget_use(struct engine *engine, const struct engine_use *use)
{
	engine->ops->meter->forget_use(engine, use);
}

uint64_t engine_uses_lost(const struct engine *engine)
{
	return engine->ops->meter->uses_lost(engine);
}

bool engine_keep_accounts(struct engine *engine, bool on)
{
	return engine->ops->meter->keep_accounts(engine, on);
}

bool engine_measure(struct engine *engine)
{
	return engine->ops->meter->measure && engine->ops->meter->measure(engine);
}

void engine_event_costs(const struct engine *engine, uint64_t costs[METER_UNITS])
{
	engine->ops->meter->event_costs(engine, costs);
}

bool engine_may_take_away(const struct engine *engine, unsigned unit)
{
	return engine->ops->meter->may_take_away(unit);
}

void engine_take_away(struct engine *engine, unsigned unit)
{
	engine->ops->meter->take_away(engine, unit);
}

void engine_name_unit(const struct engine *engine, unsigned unit, void (*name)(void *data, const struct probe *probe),
		      void *data)
{
	engine->ops->meter->name_unit(engine, unit, name, data);
}

const char *engine_verifier_log(const struct engine *engine)
{
	return engine->ops->verifier_log(engine);
}

struct engine_timing engine_timing(const struct engine *engine)
{
	return engine->ops->timing(engine);
}
