/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "recording/schema.h"

#include <string.h>

#include "agg/agg.h"
#include "func/func.h"

enum { NO_SOURCE = 0xffffffffu, LOC_SIZE = 12, FIELD_SIZE = 10, VALUE_NONE = 0, VALUE_SIGNED, VALUE_UNSIGNED };

/* Where texts are, while they are packed and unpacked. */
struct sources {
	const struct source *const *list;
	unsigned len;
};

/* ---- packing ---- */

static void pack_loc(struct buf *out, const struct sources *sources, struct loc loc)
{
	uint32_t source = NO_SOURCE;

	for (unsigned i = 0; i < sources->len; i++)
		if (sources->list[i] == loc.source)
			source = i;
	pack_u32(out, source);
	pack_u32(out, loc.offset);
	pack_u32(out, loc.size);
}

static void pack_field(struct buf *out, const struct field *field)
{
	pack_u8(out, field->kind);
	pack_u8(out, field->is_signed);
	pack_u32(out, field->offset);
	pack_u32(out, field->size);
}

static void pack_fields(struct buf *out, const struct field *fields, unsigned len)
{
	pack_u32(out, len);
	for (unsigned i = 0; i < len; i++)
		pack_field(out, &fields[i]);
}

static void pack_options(struct buf *out, const struct options *options)
{
	pack_u8(out, options->quiet);
	pack_u32(out, (uint32_t)options->aggsortkey);
	pack_u32(out, (uint32_t)options->aggsortrev);
	pack_u32(out, (uint32_t)options->aggsortkeypos);
	pack_u32(out, (uint32_t)options->aggsortpos);
	pack_u32(out, (uint32_t)options->stackindent);
}

static void pack_probe(struct buf *out, const struct probe *probe)
{
	pack_u32(out, probe->id);
	pack_u8(out, probe->kind);
	pack_text(out, probe->prov);
	pack_text(out, probe->mod);
	pack_text(out, probe->func);
	pack_text(out, probe->name);
}

static void pack_agg(struct buf *out, const struct agg_layout *layout)
{
	const struct aggvar *var = layout->var;

	pack_text(out, var->name);
	pack_text(out, var->agg->name);
	for (unsigned i = 0; i < AGG_PARAMS_MAX; i++)
		pack_u64(out, (uint64_t)var->params[i]);
	pack_u8(out, !var->value ? VALUE_NONE : agg_is_unsigned(var) ? VALUE_UNSIGNED : VALUE_SIGNED);
	pack_u32(out, layout->key_size);
	pack_fields(out, layout->keys, layout->keys_len);
}

static void pack_action(struct buf *out, const struct record_action *record)
{
	const struct action *action = record->action;

	pack_text(out, action->func->name);
	pack_u8(out, action->format != NULL);
	pack_text(out, action->format);
	pack_u32(out, record->present);
	pack_u32(out, action->aggs_len);
	for (unsigned i = 0; i < action->aggs_len; i++)
		pack_u32(out, action->aggs[i]->id);
	pack_fields(out, record->fields, record->fields_len);
}

/* Places of statements are for messages: "in action #2". */
static void pack_clause(struct buf *out, const struct sources *sources, const struct record_layout *layout)
{
	const struct clause *clause = layout->clause ? layout->clause->clause : NULL;
	uint32_t stmts = 0;

	for (const struct stmt *stmt = clause ? clause->body : NULL; stmt; stmt = stmt->next)
		stmts++;
	pack_u32(out, stmts);
	for (const struct stmt *stmt = clause ? clause->body : NULL; stmt; stmt = stmt->next)
		pack_loc(out, sources, stmt->loc);
	pack_u32(out, layout->size);
	pack_u32(out, layout->actions_len);
	for (unsigned i = 0; i < layout->actions_len; i++)
		pack_action(out, &layout->actions[i]);
}

void schema_pack(const struct image *image, const struct source *const *list, unsigned list_len, char *const *args,
		 unsigned args_len, struct buf *out)
{
	const struct checked *checked = image->checked;
	struct sources sources = {list, list_len};

	pack_u32(out, list_len);
	for (unsigned i = 0; i < list_len; i++) {
		pack_text(out, list[i]->name);
		pack_bytes(out, list[i]->text, list[i]->size);
	}
	pack_u32(out, args_len);
	for (unsigned i = 0; i < args_len; i++)
		pack_text(out, args[i]);
	pack_options(out, image->options);
	pack_u32(out, checked->probes_len);
	for (unsigned i = 0; i < checked->probes_len; i++)
		pack_probe(out, checked->probes[i]);
	pack_u32(out, checked->aggs_len);
	for (unsigned i = 0; i < checked->aggs_len; i++)
		pack_agg(out, &image->aggs[i]);
	pack_u32(out, checked->clauses_len);
	for (unsigned i = 0; i < checked->clauses_len; i++)
		pack_clause(out, &sources, &image->clauses[i]);
	pack_u32(out, image->error_locs_len);
	for (unsigned i = 0; i < image->error_locs_len; i++)
		pack_loc(out, &sources, image->error_locs[i]);
}

/* ---- unpacking ---- */

struct unpacker {
	struct unpack *in;
	struct arena *arena;
	struct schema *schema;
	const char *why; /* of what is there but cannot be */
};

static bool refuse(struct unpacker *unpacker, const char *why)
{
	if (!unpacker->why)
		unpacker->why = why;
	return false;
}

static void unpack_sources(struct unpacker *unpacker)
{
	struct schema *schema = unpacker->schema;

	schema->sources_len = unpack_len(unpacker->in, 8);
	schema->sources = arena_new_array(unpacker->arena, const struct source *, schema->sources_len + 1);
	for (unsigned i = 0; i < schema->sources_len; i++) {
		struct source *source = arena_new_one(unpacker->arena, struct source);

		source->name = unpack_text(unpacker->in, unpacker->arena);
		source->text = unpack_bytes(unpacker->in, unpacker->arena, &source->size);
		schema->sources[i] = source;
	}
	schema->args_len = unpack_len(unpacker->in, 4);
	schema->args = arena_new_array(unpacker->arena, char *, schema->args_len + 1);
	for (unsigned i = 0; i < schema->args_len; i++)
		schema->args[i] = unpack_text(unpacker->in, unpacker->arena);
}

static struct loc unpack_loc(struct unpacker *unpacker)
{
	uint32_t source = unpack_u32(unpacker->in);
	struct loc loc = {.offset = unpack_u32(unpacker->in)};

	loc.size = unpack_u32(unpacker->in);
	if (source >= unpacker->schema->sources_len || loc.offset > unpacker->schema->sources[source]->size)
		return (struct loc){0};
	loc.source = unpacker->schema->sources[source];
	return loc;
}

static int unpack_int(struct unpacker *unpacker)
{
	return (int)unpack_u32(unpacker->in);
}

static void unpack_options(struct unpacker *unpacker)
{
	struct options *options = &unpacker->schema->options;

	options_default(options);
	options->quiet = unpack_u8(unpacker->in);
	options->aggsortkey = unpack_int(unpacker);
	options->aggsortrev = unpack_int(unpacker);
	options->aggsortkeypos = unpack_int(unpacker);
	options->aggsortpos = unpack_int(unpacker);
	options->stackindent = unpack_int(unpacker);
	if (options->aggsortkeypos < 0 || options->aggsortpos < 0 || options->stackindent < 0 || options->stackindent > 1024)
		refuse(unpacker, "an option has a value that it cannot have");
}

static void unpack_probes(struct unpacker *unpacker)
{
	struct checked *checked = &unpacker->schema->checked;

	checked->probes_len = unpack_len(unpacker->in, 5 + 4 * 4);
	checked->probes = arena_new_array(unpacker->arena, struct probe *, checked->probes_len + 1);
	for (unsigned i = 0; i < checked->probes_len; i++) {
		struct probe *probe = checked->probes[i] = arena_new_one(unpacker->arena, struct probe);
		uint8_t kind;

		probe->id = unpack_u32(unpacker->in);
		kind = unpack_u8(unpacker->in);
		if (kind > PROBE_TRACEPOINT)
			refuse(unpacker, "a probe is of no known kind");
		probe->kind = kind <= PROBE_TRACEPOINT ? (enum probe_kind)kind : PROBE_UPROBE;
		probe->prov = unpack_text(unpacker->in, unpacker->arena);
		probe->mod = unpack_text(unpacker->in, unpacker->arena);
		probe->func = unpack_text(unpacker->in, unpacker->arena);
		probe->name = unpack_text(unpacker->in, unpacker->arena);
	}
}

static bool is_int_size(uint32_t size)
{
	return size == 1 || size == 2 || size == 4 || size == 8;
}

static bool field_is_sound(const struct field *field, uint32_t whole)
{
	if (field->size > whole || field->offset > whole - field->size)
		return false;
	if (field->kind == FIELD_INT)
		return is_int_size(field->size);
	return field->kind == FIELD_STACK ? field->size == 8 && field->offset % 8 == 0 : field->kind <= FIELD_BYTES;
}

static struct field *unpack_fields(struct unpacker *unpacker, uint32_t whole, unsigned *len)
{
	struct field *fields;

	*len = unpack_len(unpacker->in, FIELD_SIZE);
	fields = arena_new_array(unpacker->arena, struct field, *len + 1);
	for (unsigned i = 0; i < *len; i++) {
		uint8_t kind = unpack_u8(unpacker->in);

		fields[i].kind = kind <= FIELD_STACK ? (enum field_kind)kind : FIELD_BYTES;
		fields[i].is_signed = unpack_u8(unpacker->in);
		fields[i].offset = unpack_u32(unpacker->in);
		fields[i].size = unpack_u32(unpacker->in);
		if (kind > FIELD_STACK || !field_is_sound(&fields[i], whole))
			refuse(unpacker, "a value lies outside of its record");
	}
	return fields;
}

static bool agg_is_sound(struct unpacker *unpacker, const struct agg_layout *layout)
{
	const struct aggvar *var = layout->var;
	struct buf why = {0};
	const char *tag;
	unsigned bad_arg;
	bool good = !var->agg->params_check || var->agg->params_check(var, &tag, &bad_arg, &why);

	buf_free(&why);
	if (!good || layout->key_size > CHECK_KEY_MAX * 2)
		return refuse(unpacker, "an aggregation has parameters that it cannot have");
	return true;
}

static void unpack_agg(struct unpacker *unpacker, unsigned id)
{
	struct agg_layout *layout = &unpacker->schema->image.aggs[id];
	struct aggvar *var = arena_new_one(unpacker->arena, struct aggvar);
	uint8_t value;

	var->id = id;
	var->name = unpack_text(unpacker->in, unpacker->arena);
	var->agg = agg_find(unpack_text(unpacker->in, unpacker->arena));
	for (unsigned i = 0; i < AGG_PARAMS_MAX; i++)
		var->params[i] = (int64_t)unpack_u64(unpacker->in);
	var->params_len = AGG_PARAMS_MAX;
	value = unpack_u8(unpacker->in);
	var->value = value == VALUE_NONE ? NULL : value == VALUE_UNSIGNED ? &type_ulong : &type_long;
	layout->var = unpacker->schema->checked.aggs[id] = var;
	layout->key_size = unpack_u32(unpacker->in);
	layout->keys = unpack_fields(unpacker, layout->key_size, &layout->keys_len);
	if (!var->agg)
		refuse(unpacker, "it has an aggregating function that this cephtap does not know");
	else if (agg_is_sound(unpacker, layout))
		layout->value_size = 8 * var->agg->words(var);
}

static void unpack_aggs(struct unpacker *unpacker)
{
	struct schema *schema = unpacker->schema;
	struct checked *checked = &schema->checked;

	checked->aggs_len = unpack_len(unpacker->in, 8 + 8 * AGG_PARAMS_MAX + 9);
	checked->aggs = arena_new_array(unpacker->arena, struct aggvar *, checked->aggs_len + 1);
	schema->image.aggs = arena_new_array(unpacker->arena, struct agg_layout, checked->aggs_len + 1);
	for (unsigned i = 0; i < checked->aggs_len && !unpacker->why; i++)
		unpack_agg(unpacker, i);
}

static void unpack_action(struct unpacker *unpacker, struct record_action *record, uint32_t size)
{
	struct action *action = arena_new_one(unpacker->arena, struct action);
	struct checked *checked = &unpacker->schema->checked;
	bool has_format;
	char *format;

	record->action = action;
	action->func = func_find(unpack_text(unpacker->in, unpacker->arena));
	has_format = unpack_u8(unpacker->in);
	format = unpack_text(unpacker->in, unpacker->arena);
	action->format = has_format ? format : NULL;
	record->present = unpack_u32(unpacker->in);
	action->aggs_len = unpack_len(unpacker->in, 4);
	action->aggs = arena_new_array(unpacker->arena, struct aggvar *, action->aggs_len + 1);
	for (unsigned i = 0; i < action->aggs_len; i++) {
		uint32_t id = unpack_u32(unpacker->in);

		if (id >= checked->aggs_len)
			refuse(unpacker, "an action prints an aggregation that is not there");
		else
			action->aggs[i] = checked->aggs[id];
	}
	record->fields = unpack_fields(unpacker, size, &record->fields_len);
	if (!action->func)
		refuse(unpacker, "it has an action that this cephtap does not know");
	if (record->present >= size)
		refuse(unpacker, "a value lies outside of its record");
}

static void unpack_clause(struct unpacker *unpacker, unsigned id)
{
	struct record_layout *layout = &unpacker->schema->image.clauses[id];
	struct checked_clause *checked = &unpacker->schema->checked.clauses[id];
	struct stmt **last;

	layout->clause = checked;
	checked->clause = arena_new_one(unpacker->arena, struct clause);
	checked->clause->id = id;
	last = &checked->clause->body;
	for (uint32_t i = unpack_len(unpacker->in, LOC_SIZE); i; i--) {
		*last = arena_new_one(unpacker->arena, struct stmt);
		(*last)->loc = unpack_loc(unpacker);
		last = &(*last)->next;
	}
	layout->size = unpack_u32(unpacker->in);
	if (layout->size && (layout->size < sizeof(struct record_head) || layout->size > 2 * CHECK_RECORD_MAX))
		refuse(unpacker, "a record has a size that it cannot have");
	layout->actions_len = unpack_len(unpacker->in, 17);
	layout->actions = arena_new_array(unpacker->arena, struct record_action, layout->actions_len + 1);
	for (unsigned i = 0; i < layout->actions_len && !unpacker->why; i++) {
		unpack_action(unpacker, &layout->actions[i], layout->size);
		if (!unpacker->why)
			((struct action *)layout->actions[i].action)->index = i;
	}
}

static void unpack_clauses(struct unpacker *unpacker)
{
	struct schema *schema = unpacker->schema;
	struct checked *checked = &schema->checked;

	checked->clauses_len = unpack_len(unpacker->in, 12);
	checked->clauses = arena_new_array(unpacker->arena, struct checked_clause, checked->clauses_len + 1);
	schema->image.clauses = arena_new_array(unpacker->arena, struct record_layout, checked->clauses_len + 1);
	for (unsigned i = 0; i < checked->clauses_len && !unpacker->why; i++)
		unpack_clause(unpacker, i);
	if (unpacker->why)
		return;
	schema->image.error_locs_len = unpack_len(unpacker->in, LOC_SIZE);
	schema->image.error_locs = arena_new_array(unpacker->arena, struct loc, schema->image.error_locs_len + 1);
	for (unsigned i = 0; i < schema->image.error_locs_len; i++)
		schema->image.error_locs[i] = unpack_loc(unpacker);
}

struct schema *schema_unpack(struct unpack *in, struct arena *arena, const char **why)
{
	struct schema *schema = arena_new_one(arena, struct schema);
	struct unpacker unpacker = {.in = in, .arena = arena, .schema = schema};

	schema->image.checked = &schema->checked;
	schema->image.options = &schema->options;
	unpack_sources(&unpacker);
	unpack_options(&unpacker);
	unpack_probes(&unpacker);
	unpack_aggs(&unpacker);
	if (!unpacker.why)
		unpack_clauses(&unpacker);
	*why = in->is_bad && !unpacker.why ? "the description of the script ends too early" : unpacker.why;
	return *why ? NULL : schema;
}

/* ---- merging ---- */

static bool same_field(const struct field *a, const struct field *b)
{
	return a->kind == b->kind && a->is_signed == b->is_signed && a->offset == b->offset && a->size == b->size;
}

static bool same_agg(const struct agg_layout *a, const struct agg_layout *b)
{
	if (strcmp(a->var->name, b->var->name) || a->var->agg != b->var->agg || a->keys_len != b->keys_len ||
	    a->key_size != b->key_size || memcmp(a->var->params, b->var->params, sizeof(a->var->params)))
		return false;
	for (unsigned i = 0; i < a->keys_len; i++)
		if (!same_field(&a->keys[i], &b->keys[i]))
			return false;
	return true;
}

static bool same_sources(const struct schema *a, const struct schema *b)
{
	if (a->sources_len != b->sources_len)
		return false;
	for (unsigned i = 0; i < a->sources_len; i++)
		if (a->sources[i]->size != b->sources[i]->size ||
		    memcmp(a->sources[i]->text, b->sources[i]->text, a->sources[i]->size))
			return false;
	return true;
}

static bool same_args(const struct schema *a, const struct schema *b)
{
	if (a->args_len != b->args_len)
		return false;
	for (unsigned i = 0; i < a->args_len; i++)
		if (strcmp(a->args[i], b->args[i]))
			return false;
	return true;
}

const char *schema_why_not_merge(const struct schema *a, const struct schema *b)
{
	if (!same_sources(a, b) || a->checked.clauses_len != b->checked.clauses_len)
		return "is a recording of another script";
	if (!same_args(a, b))
		return "is a recording with other arguments of the script, such as another interval";
	if (a->checked.aggs_len != b->checked.aggs_len)
		return "has other aggregations";
	for (unsigned i = 0; i < a->checked.aggs_len; i++)
		if (!same_agg(&a->image.aggs[i], &b->image.aggs[i]))
			return "has aggregations with keys of other types or sizes (-x strsize?)";
	return NULL;
}
