/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the aggregations of scripts/top.d, by their names and keys, to the model. */
#include <string.h>

#include "agg/agg.h"
#include "lib/arena.h"
#include "report/latency.h"
#include "top/top.h"

enum { SLOW_STAGES_AT = 5 };

/* One aggregation while its rows are read. */
struct input {
	struct top_model *model;
	const struct agg_layout *layout;
	struct arena *arena; /* of its keys' texts */
};

static const char *key_text(const struct input *input, const struct agg_row *row, unsigned i)
{
	const struct field *field = &input->layout->keys[i];
	const char *text = (const char *)row->key + field->offset;

	return arena_strndup(input->arena, text, field_text_size(field, text));
}

static int64_t key_int(const struct input *input, const struct agg_row *row, unsigned i)
{
	const struct field *field = &input->layout->keys[i];

	return (int64_t)field_int(field, (const char *)row->key + field->offset);
}

static double number(const struct input *input, const struct agg_row *row)
{
	return (double)input->layout->shape.agg->number(&input->layout->shape, row->value, 1);
}

static double updates(const struct agg_row *row)
{
	return (double)row->value[0];
}

static void take_stage(const struct input *input, const struct agg_row *row)
{
	top_add_stage(input->model, key_text(input, row, 0), key_text(input, row, 1), key_text(input, row, 2),
		      updates(row), number(input, row));
}

static void take_bytes(const struct input *input, const struct agg_row *row)
{
	top_add_bytes(input->model, key_text(input, row, 0), key_text(input, row, 1), number(input, row));
}

static void take_latency(const struct input *input, const struct agg_row *row)
{
	top_add_p99(input->model, key_text(input, row, 0),
		    histogram_percentile(&input->layout->shape, row->value, 0.99));
}

static void take_client(const struct input *input, const struct agg_row *row)
{
	top_add_client(input->model, key_int(input, row, 0), key_text(input, row, 1), updates(row), number(input, row));
}

static void take_client_bytes(const struct input *input, const struct agg_row *row)
{
	top_add_client_bytes(input->model, key_int(input, row, 0), key_text(input, row, 1), number(input, row));
}

static void take_object(const struct input *input, const struct agg_row *row)
{
	top_add_object(input->model, key_int(input, row, 0), key_text(input, row, 1), key_text(input, row, 2),
		       updates(row), number(input, row));
}

/* Its keys: daemon, class, object, client, tid, the stages, the replica that came last. */
static void take_slow(const struct input *input, const struct agg_row *row)
{
	struct top_slow_op op = {
		.daemon = key_text(input, row, 0),
		.class = key_text(input, row, 1),
		.object = key_text(input, row, 2),
		.client = key_int(input, row, 3),
		.tid = key_int(input, row, 4),
		.peer = key_int(input, row, SLOW_STAGES_AT + TOP_SLOW_STAGES),
		.ns = number(input, row),
	};

	for (unsigned i = 0; i < TOP_SLOW_STAGES; i++)
		op.stages[i] = key_int(input, row, SLOW_STAGES_AT + i);
	top_add_slow(input->model, &op);
}

static void take_floor(const struct input *input, const struct agg_row *row)
{
	top_add_slow_floor(input->model, number(input, row));
}

static const struct {
	const char *name;
	unsigned keys; /* how many it has */
	void (*take)(const struct input *input, const struct agg_row *row);
} inputs[] = {
	{"stage", 3, take_stage},
	{"bytes", 2, take_bytes},
	{"latency", 1, take_latency},
	{"client", 2, take_client},
	{"clientbytes", 2, take_client_bytes},
	{"object", 3, take_object},
	{"slow", SLOW_STAGES_AT + TOP_SLOW_STAGES + 1, take_slow},
	{"floor", 0, take_floor},
};

static void take(struct top_model *model, struct report *report, unsigned agg)
{
	struct input input = {.model = model, .layout = &report->schema->aggs[agg]};
	const struct agg_row *rows;
	unsigned n;

	for (unsigned i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
		if (strcmp(report->schema->aggs[agg].name, inputs[i].name) || input.layout->keys_len != inputs[i].keys)
			continue;
		input.arena = arena_new();
		rows = reader_agg_rows(report->reader, agg, &n);
		for (unsigned row = 0; row < n; row++)
			if (rows[row].value[0])
				inputs[i].take(&input, &rows[row]);
		arena_free(input.arena);
	}
}

int top_read(struct top_model *model, struct report *report, double seconds)
{
	int error = reader_snapshot(report->reader);
	unsigned n = report->schema->aggs_len;

	if (error)
		return error;
	if (model)
		top_begin(model);
	for (unsigned i = 0; i < n; i++) {
		if (model)
			take(model, report, i);
		reader_agg_mark_printed(report->reader, i);
		/* Not only to zero: objects and clients come and go, and their keys would fill the kernel's map. */
		reader_agg_trunc(report->reader, i, false, 0);
	}
	if (model)
		top_end(model, seconds);
	return 0;
}
