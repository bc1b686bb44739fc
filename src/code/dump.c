/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of an image besides instructions, as text: see disasm.h. */
#include "agg/agg.h"
#include "code/disasm.h"
#include "func/func.h"

static const char *ctx_name(enum probe_ctx ctx)
{
	static const char *const names[] = {
		[CTX_UPROBE] = "uprobe",	 [CTX_TIMER] = "timer",	      [CTX_DIRECT] = "direct",
		[CTX_TRACEPOINT] = "tracepoint", [CTX_FUNCTION] = "function", [CTX_KPROBE] = "kprobe"};

	return (unsigned)ctx < sizeof(names) / sizeof(*names) ? names[ctx] : "unknown";
}

static const char *map_kind_name(enum image_map_kind kind)
{
	static const char *const names[] = {[IMAGE_ARRAY] = "array",
					    [IMAGE_PERCPU_ARRAY] = "percpu-array",
					    [IMAGE_HASH] = "hash",
					    [IMAGE_RING] = "ring"};

	return (unsigned)kind < sizeof(names) / sizeof(*names) ? names[kind] : "unknown";
}

void image_dump_programs(const struct image *image, struct buf *out)
{
	for (unsigned i = 0; i < image->programs_len; i++) {
		const struct image_program *program = &image->programs[i];

		buf_printf(out, "program %u %s: %s, %u instructions\n", i, program->name, ctx_name(program->ctx),
			   program->insns_len);
		disasm_program(image, program, out);
	}
}

void image_dump_maps(const struct image *image, struct buf *out)
{
	for (unsigned i = 0; i < image->maps_len; i++) {
		const struct image_map *map = &image->maps[i];

		buf_printf(out, "map %u %s: %s, ", i, map->name, map_kind_name(map->kind));
		if (map->kind == IMAGE_RING) {
			buf_printf(out, "%u bytes\n", map->max_entries);
			continue;
		}
		buf_printf(out, "key %u, value %u, entries %u%s%s%s\n", map->key_size, map->value_size,
			   map->max_entries, map->per_cpu_entries ? " per processor" : "",
			   map->prealloc ? ", preallocated" : "", map->init ? ", initialised" : "");
	}
}

static void dump_field(const char *what, unsigned i, const struct field *field, const struct type *type,
		       struct buf *out)
{
	buf_printf(out, "%s %u: %s%s, %u bytes at %u", what, i, field->is_signed ? "signed " : "",
		   field_kind_words[field->kind], field->size, field->offset);
	buf_puts(out, ", ");
	type_print(type, out);
	buf_putc(out, '\n');
}

static void dump_record(const struct image *image, unsigned i, struct buf *out)
{
	const struct record_layout *layout = &image->schema->clauses[i];
	const struct plan_clause *clause = &image->plan->clauses[i];

	if (layout->size == 0) {
		buf_printf(out, "record of clause %u: none\n", i);
		return;
	}
	buf_printf(out, "record of clause %u: %u bytes\n", i, layout->size);
	for (unsigned a = 0; a < layout->actions_len; a++) {
		const struct record_action *action = &layout->actions[a];

		buf_printf(out, "  action %u %s: present at %u\n", a, action->func->name, action->present);
		for (unsigned f = 0; f < action->fields_len; f++)
			dump_field("    field", f, &action->fields[f], clause->actions[a].values[f].type, out);
	}
}

static void dump_agg(const struct image *image, unsigned i, struct buf *out)
{
	const struct agg_layout *layout = &image->schema->aggs[i];

	buf_printf(out, "aggregation @%s = %s(): map %s, key %u bytes, value %u bytes\n", layout->name,
		   layout->shape.agg->name, image->maps[image->agg_maps[i]].name, layout->key_size, layout->value_size);
	for (unsigned k = 0; k < layout->keys_len; k++)
		dump_field("  key", k, &layout->keys[k], image->plan->aggs[i]->keys[k], out);
}

void image_dump_layouts(const struct image *image, struct buf *out)
{
	for (unsigned i = 0; i < image->plan->clauses_len; i++)
		dump_record(image, i, out);
	for (unsigned i = 0; i < image->plan->aggs_len; i++)
		dump_agg(image, i, out);
}
