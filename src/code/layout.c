/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is laid out before any program: maps, variables, records, aggregations. */
#include "code/program.h"

#include <ctype.h>
#include <string.h>

#include "lib/unwind.h"

enum {
	SMALL_RING = 64 * 1024, /* a script that records nothing still reports errors */
	ENTRY_OVERHEAD = 48,	/* what the kernel adds to an entry of a hash, about */
	ENTRIES_MIN = 64,
	DAEMONS_MAX_ENTRIES = 1024,
	PIDS_MAX = 16384,
};

char *kernel_name(struct arena *arena, const char *text)
{
	char *name = arena_printf(arena, "%.15s", text);

	for (char *at = name; *at; at++)
		if (!isalnum((unsigned char)*at))
			*at = '_';
	return name;
}

unsigned image_map_new(struct arena *arena, struct image *image, struct image_map map)
{
	*arena_push(arena, image->maps, image->maps_len) = map;
	return image->maps_len - 1;
}

/* A script that asks for less than any record may need gets that. */
static uint32_t ring_room(const struct options *options)
{
	return options->bufsize > SMALL_RING ? (uint32_t)options->bufsize : SMALL_RING;
}

static uint32_t entries_for(uint64_t bytes, uint32_t entry)
{
	uint64_t entries = bytes / (entry + ENTRY_OVERHEAD);

	if (entries < ENTRIES_MIN)
		return ENTRIES_MIN;
	return entries > 1u << 24 ? 1u << 24 : (uint32_t)entries;
}

static uint32_t value_size(const struct type *type)
{
	return type_is_string(type) || type_is_object(type) ? string_room(type) : 8;
}

static void layout_vars(struct layout *layout, struct arena *arena, struct image *image, const struct options *options)
{
	const struct plan *plan = image->plan;
	uint32_t globals = 0;

	layout->global_offsets = arena_new_array(arena, uint32_t, plan->vars_len + 1);
	layout->var_maps = arena_new_array(arena, unsigned, plan->vars_len + 1);
	for (unsigned i = 0; i < plan->vars_len; i++) {
		const struct var *var = plan->vars[i];
		bool with_thread = var->scope == SCOPE_SELF;
		uint32_t key, value = value_size(var->type);

		layout->var_maps[i] = MAP_NONE;
		if (var->is_assoc || with_thread) {
			key = key_size(var->keys, var->is_assoc ? var->keys_len : 0,
				       with_thread ? KEY_THREAD : KEY_PLAIN);
			layout->var_maps[i] = image_map_new(
				arena, image,
				(struct image_map){.name = kernel_name(arena, var->name),
						   .kind = IMAGE_HASH,
						   .key_size = key,
						   .value_size = value,
						   .max_entries = entries_for(options->dynvarsize, key + value),
						   .is_kept = true,
						   .prealloc = true});
		} else if (var->scope == SCOPE_GLOBAL) {
			layout->global_offsets[i] = globals;
			globals += value;
		}
	}
	if (globals)
		layout->map_globals = image_map_new(arena, image,
						    (struct image_map){.name = "globals",
								       .kind = IMAGE_ARRAY,
								       .key_size = 4,
								       .value_size = globals,
								       .max_entries = 1,
								       .is_kept = true});
}

static enum field_kind field_kind(const struct type *type)
{
	if (type_is_object(type))
		return FIELD_BYTES;
	return type_is_string(type)	   ? FIELD_STRING
	       : type->kind == TYPE_STACK  ? FIELD_STACK
	       : type->kind == TYPE_SYMBOL ? FIELD_SYMBOL
					   : FIELD_INT;
}

static struct field field_of(const struct type *type, uint32_t at)
{
	return (struct field){.kind = field_kind(type),
			      .is_signed = type->is_signed,
			      .offset = at,
			      .size = type_is_string(type) ? string_room(type) : type->size,
			      .form = type->form};
}

static void layout_agg_keys(struct agg_layout *agg, const struct aggvar *var, struct arena *arena)
{
	uint32_t at = 0;

	agg->keys = arena_new_array(arena, struct field, var->keys_len + 1);
	agg->keys_len = agg->key_names_len = var->keys_len;
	agg->key_names = var->key_names;
	for (unsigned i = 0; i < var->keys_len; i++) {
		const struct type *type = var->keys[i];

		agg->keys[i] = field_of(type, at);
		at += type_is_string(type) ? string_room(type) : 8;
	}
	agg->key_size = at;
}

static void layout_aggs(struct layout *layout, struct arena *arena, struct image *image, const struct options *options)
{
	const struct plan *plan = image->plan;

	image->schema->aggs = arena_new_array(arena, struct agg_layout, plan->aggs_len + 1);
	image->schema->aggs_len = plan->aggs_len;
	image->agg_maps = arena_new_array(arena, unsigned, plan->aggs_len + 1);
	for (unsigned i = 0; i < plan->aggs_len; i++) {
		struct agg_layout *agg = &image->schema->aggs[i];
		const struct aggvar *var = plan->aggs[i];
		struct image_map map = {.kind = IMAGE_PERCPU_ARRAY, .key_size = 4, .max_entries = 1, .is_kept = true};

		agg->name = var->name;
		agg->shape = var->shape;
		agg->value_size = 8 * var->shape.agg->words(&var->shape);
		layout_agg_keys(agg, var, arena);
		map.name = kernel_name(arena, arena_printf(arena, "agg_%s", var->name));
		map.value_size = agg->value_size;
		if (var->keys_len) { /* the processor is part of the key: see struct image */
			map.kind = IMAGE_HASH;
			map.key_size = 8 + agg->key_size;
			map.max_entries = entries_for(options->aggsize, map.key_size + agg->value_size);
			map.per_cpu_entries = map.prealloc = true;
			if (layout->zeros_size < agg->value_size)
				layout->zeros_size = agg->value_size;
		}
		image->agg_maps[i] = image_map_new(arena, image, map);
	}
}

static uint32_t align_up(uint32_t offset, uint32_t to)
{
	return (offset + to - 1) / to * to;
}

static void layout_action(struct record_action *record, const struct plan_action *action, struct arena *arena,
			  uint32_t *at)
{
	record->func = action->func;
	record->format = action->format;
	record->aggs = arena_new_array(arena, uint32_t, action->aggs_len + 1);
	record->aggs_len = action->aggs_len;
	for (unsigned i = 0; i < action->aggs_len; i++)
		record->aggs[i] = action->aggs[i]->id;
	record->fields = arena_new_array(arena, struct field, action->values_len + 1);
	record->fields_len = action->values_len;
	for (unsigned i = 0; i < action->values_len; i++) {
		const struct type *type = action->values[i].type;
		bool is_whole = type_is_string(type) || type_is_object(type);
		uint32_t size = is_whole ? string_room(type) : type->size;

		*at = align_up(*at, is_whole ? 8 : size);
		record->fields[i] = field_of(type, *at);
		*at += size;
	}
}

static bool layout_records(struct arena *arena, struct image *image, const struct options *options)
{
	const struct plan *plan = image->plan;
	bool any = false;

	image->schema->clauses = arena_new_array(arena, struct record_layout, plan->clauses_len + 1);
	image->schema->clauses_len = plan->clauses_len;
	for (unsigned i = 0; i < plan->clauses_len; i++) {
		struct record_layout *layout = &image->schema->clauses[i];
		const struct plan_clause *clause = &plan->clauses[i];
		uint32_t at = sizeof(struct record_head);

		if ((!clause->actions_len && !clause->records_firing) || !clause->probes_len)
			continue;
		any = true;
		if (options->record_time) {
			layout->time = at;
			at += sizeof(uint64_t);
		}
		layout->actions_len = clause->actions_len;
		layout->actions = arena_new_array(arena, struct record_action, clause->actions_len + 1);
		for (unsigned a = 0; a < clause->actions_len; a++)
			layout->actions[a].present = at++;
		for (unsigned a = 0; a < clause->actions_len; a++)
			layout_action(&layout->actions[a], &clause->actions[a], arena, &at);
		layout->size = align_up(at, 8);
	}
	return any;
}

static unsigned array_map(struct arena *arena, struct image *image, const char *name, uint32_t size)
{
	return image_map_new(
		arena, image,
		(struct image_map){
			.name = name, .kind = IMAGE_ARRAY, .key_size = 4, .value_size = size, .max_entries = 1});
}

static void copy_name(char *to, size_t room, const char *name)
{
	memcpy(to, name, strnlen(name, room - 1));
}

static unsigned probes_map(struct arena *arena, struct image *image)
{
	const struct plan *plan = image->plan;
	struct probe_names *names = arena_new_array(arena, struct probe_names, plan->probes_len + 1);

	for (unsigned i = 0; i < plan->probes_len; i++) {
		const struct probe *probe = plan->probes[i];

		copy_name(names[i].prov, sizeof(names[i].prov), probe->prov);
		copy_name(names[i].mod, sizeof(names[i].mod), probe->mod);
		copy_name(names[i].func, sizeof(names[i].func), probe->func);
		copy_name(names[i].name, sizeof(names[i].name), probe->name);
		names[i].id = probe->id;
	}
	return image_map_new(arena, image,
			     (struct image_map){.name = "probes",
						.kind = IMAGE_ARRAY,
						.key_size = 4,
						.value_size = sizeof(*names),
						.max_entries = plan->probes_len ? plan->probes_len : 1,
						.init = names});
}

static bool has_checks(const struct plan *plan)
{
	for (unsigned i = 0; i < plan->probes_len; i++)
		for (unsigned s = 0; s < plan->probes[i]->sites_len; s++)
			if (plan->probes[i]->sites[s].checks_len)
				return true;
	return false;
}

struct layout *layout_new(struct arena *arena, struct image *image, const struct options *options)
{
	struct layout *layout = arena_new_one(arena, struct layout);
	bool records;

	layout->map_globals = MAP_NONE;
	image->map_speculations = MAP_NONE;
	image->map_daemons = image->map_probes = image->map_pids = MAP_NONE;
	image->map_stacks = image->map_symbols = image->map_processes = image->map_rows = image->map_wanted = MAP_NONE;
	image->map_state = array_map(arena, image, "state", sizeof(struct image_state));
	image->map_drops = image_map_new(arena, image,
					 (struct image_map){.name = "drops",
							    .kind = IMAGE_PERCPU_ARRAY,
							    .key_size = 4,
							    .value_size = 8 * DROP_CAUSES,
							    .max_entries = 1});
	records = layout_records(arena, image, options);
	image->map_ring = image_map_new(arena, image,
					(struct image_map){.name = "records",
							   .kind = IMAGE_RING,
							   .max_entries = records ? ring_room(options) : SMALL_RING});
	image->map_doubts = has_checks(image->plan)
				    ? array_map(arena, image, "doubts",
						image->plan->probes_len * (uint32_t)sizeof(struct image_doubt))
				    : MAP_NONE;
	layout->map_rodata = array_map(arena, image, "rodata", 8);
	layout->map_zeros = array_map(arena, image, "zeros", 8);
	layout->map_scratch = image_map_new(arena, image,
					    (struct image_map){.name = "scratch",
							       .kind = IMAGE_ARRAY,
							       .key_size = 4,
							       .value_size = 8,
							       .max_entries = SCRATCH_CLAIMS,
							       .per_cpu_entries = true});
	layout->map_saves = image_map_new(arena, image,
					  (struct image_map){.name = "saves",
							     .kind = IMAGE_HASH,
							     .key_size = 24,
							     .value_size = 8,
							     .max_entries = 1,
							     .prealloc = true});
	layout_vars(layout, arena, image, options);
	layout_aggs(layout, arena, image, options);
	return layout;
}

unsigned layout_speculations_map(struct arena *arena, struct image *image)
{
	if (image->map_speculations == MAP_NONE)
		image->map_speculations =
			image_map_new(arena, image,
				      (struct image_map){.name = "speculations",
							 .kind = IMAGE_ARRAY,
							 .key_size = 4,
							 .value_size = 8 * (uint32_t)image->options->nspec,
							 .max_entries = 1,
							 .is_kept = true});
	return image->map_speculations;
}

unsigned layout_daemons_map(struct arena *arena, struct image *image)
{
	if (image->map_daemons == MAP_NONE)
		image->map_daemons = image_map_new(arena, image,
						   (struct image_map){.name = "daemons",
								      .kind = IMAGE_HASH,
								      .key_size = 4,
								      .value_size = DAEMON_NAME_SIZE,
								      .max_entries = DAEMONS_MAX_ENTRIES});
	return image->map_daemons;
}

unsigned layout_pids_map(struct arena *arena, struct image *image)
{
	if (image->map_pids == MAP_NONE)
		image->map_pids = image_map_new(arena, image,
						(struct image_map){.name = "pids",
								   .kind = IMAGE_HASH,
								   .key_size = 4,
								   .value_size = 4,
								   .max_entries = PIDS_MAX});
	return image->map_pids;
}

unsigned layout_stacks_map(struct arena *arena, struct image *image)
{
	enum { ROOM = 16 << 20 };

	if (image->map_stacks == MAP_NONE)
		image->map_stacks =
			image_map_new(arena, image,
				      (struct image_map){.name = "stacks",
							 .kind = IMAGE_HASH,
							 .key_size = 8,
							 .value_size = sizeof(struct stack_value),
							 .max_entries = entries_for(ROOM, sizeof(struct stack_value)),
							 .is_kept = true,
							 .prealloc = true});
	return image->map_stacks;
}

unsigned layout_symbols_map(struct arena *arena, struct image *image)
{
	enum { ROOM = 4 << 20 };

	if (image->map_symbols == MAP_NONE)
		image->map_symbols =
			image_map_new(arena, image,
				      (struct image_map){.name = "symbols",
							 .kind = IMAGE_HASH,
							 .key_size = 8,
							 .value_size = sizeof(struct symbol_value),
							 .max_entries = entries_for(ROOM, sizeof(struct symbol_value)),
							 .is_kept = true,
							 .prealloc = true});
	return image->map_symbols;
}

void layout_unwind_maps(struct arena *arena, struct image *image)
{
	if (image->map_rows != MAP_NONE)
		return;
	image->map_rows = image_map_new(arena, image,
					(struct image_map){.name = "rows",
							   .kind = IMAGE_ARRAY,
							   .key_size = 4,
							   .value_size = sizeof(struct unwind_row),
							   .max_entries = 1});
	image->map_processes = image_map_new(arena, image,
					     (struct image_map){.name = "processes",
								.kind = IMAGE_HASH,
								.key_size = 4,
								.value_size = sizeof(struct unwind_process),
								.max_entries = PIDS_MAX});
	image->map_wanted = image_map_new(arena, image,
					  (struct image_map){.name = "wanted",
							     .kind = IMAGE_HASH,
							     .key_size = 4,
							     .value_size = 4,
							     .max_entries = DAEMONS_MAX_ENTRIES,
							     .prealloc = true});
}

unsigned layout_syscalls_map(struct arena *arena, struct image *image)
{
	uint32_t *probes = arena_new_array(arena, uint32_t, SYSCALLS_MAX);

	return image_map_new(arena, image,
			     (struct image_map){.name = "syscalls",
						.kind = IMAGE_ARRAY,
						.key_size = 4,
						.value_size = 4,
						.max_entries = SYSCALLS_MAX,
						.init = probes});
}

unsigned layout_probes_map(struct arena *arena, struct image *image)
{
	if (image->map_probes == MAP_NONE)
		image->map_probes = probes_map(arena, image);
	return image->map_probes;
}

/* Sizes that only the programs told. */
void layout_finish(struct layout *layout, struct arena *arena, struct image *image)
{
	struct image_map *maps = image->maps;

	maps[layout->map_rodata].value_size = layout->rodata.size ? (uint32_t)layout->rodata.size : 8;
	maps[layout->map_rodata].init = arena_memdup(arena, layout->rodata.data, layout->rodata.size);
	if (!layout->rodata.size)
		maps[layout->map_rodata].init = NULL;
	maps[layout->map_zeros].value_size = layout->zeros_size ? layout->zeros_size : 8;
	maps[layout->map_scratch].value_size = layout->scratch_max ? layout->scratch_max : 8;
	maps[layout->map_saves].value_size = layout->saves_max ? 8 * layout->saves_max : 8;
	if (layout->saves_max)
		maps[layout->map_saves].max_entries =
			entries_for(image->options->dynvarsize, 24 + 8 * layout->saves_max);
	buf_free(&layout->rodata);
}
