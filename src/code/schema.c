/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What readers need to know of a script besides the layouts of records and keys: probes, options, texts and places in
 * them. */
#include "code/gen.h"

static enum probe_moment moment_of(enum probe_kind kind)
{
	switch (kind) {
	case PROBE_BEGIN:
		return MOMENT_BEGIN;
	case PROBE_END:
		return MOMENT_END;
	case PROBE_PROFILE:
	case PROBE_TICK:
		return MOMENT_TIMER;
	default:
		return MOMENT_EVENT;
	}
}

static void add_probes(struct arena *arena, const struct plan *plan, struct schema *schema)
{
	schema->probes = arena_new_array(arena, struct schema_probe, plan->probes_len + 1);
	schema->probes_len = plan->probes_len;
	for (unsigned i = 0; i < plan->probes_len; i++) {
		const struct probe *probe = plan->probes[i];

		schema->probes[i] = (struct schema_probe){
			.id = probe->id,
			.moment = moment_of(probe->kind),
			.prov = probe->prov,
			.mod = probe->mod,
			.func = probe->func,
			.name = probe->name,
			.pid = probe->pid,
		};
	}
}

struct schema *schema_new(struct arena *arena, const struct plan *plan, const struct options *options)
{
	struct schema *schema = arena_new_one(arena, struct schema);

	for (unsigned i = 0; i < plan->sources_len; i++)
		*arena_push(arena, schema->sources, schema->sources_len) = plan->sources[i];
	schema->scripts_len = plan->sources_len;
	schema->args = (const char **)plan->args;
	schema->args_len = plan->args_len;
	schema->options = (struct schema_options){
		.quiet = options->quiet,
		.aggsortkey = options->aggsortkey,
		.aggsortrev = options->aggsortrev,
		.aggsortkeypos = options->aggsortkeypos,
		.aggsortpos = options->aggsortpos,
		.stackindent = options->stackindent,
		.aggrate_ns = options->aggrate_ns,
		.flowindent = options->flowindent,
		.rawbytes = options->rawbytes,
		.asdtrace = options->asdtrace,
		.strsize = options->strsize,
		.specsize = options->specsize,
	};
	add_probes(arena, plan, schema);
	return schema;
}

/* A place may be in a text that is not the script's own: D's library. */
static void need_source(struct arena *arena, struct schema *schema, const struct source *source)
{
	for (unsigned i = 0; i < schema->sources_len; i++)
		if (schema->sources[i] == source)
			return;
	if (source)
		*arena_push(arena, schema->sources, schema->sources_len) = source;
}

static void add_statements(struct arena *arena, const struct plan_clause *clause, struct record_layout *layout)
{
	for (const struct plan_stmt *stmt = clause->body; stmt; stmt = stmt->next)
		*arena_push(arena, layout->statements, layout->statements_len) = stmt->loc;
}

void schema_finish(struct arena *arena, const struct plan *plan, struct schema *schema)
{
	for (unsigned i = 0; i < plan->clauses_len; i++)
		add_statements(arena, &plan->clauses[i], &schema->clauses[i]);
	for (unsigned i = 0; i < schema->error_locs_len; i++)
		need_source(arena, schema, schema->error_locs[i].source);
}
