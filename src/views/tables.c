/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "views/tables_private.h"

#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "agg/agg.h"
#include "report/common.h"
#include "report/csv.h"
#include "report/latency.h"
#include "report/rows.h"

enum { COLUMNS_MAX = 64, NAME_SIZE = 32 };

const char *table_unit(const char *name)
{
	const char *last = strrchr(name, '_');

	return last && (!strcmp(last, "_ns") || !strcmp(last, "_bytes")) ? last : "";
}

static void percentile_name(const struct view_column *column, unsigned percent, char name[NAME_SIZE])
{
	snprintf(name, NAME_SIZE, "p%u%s", percent, table_unit(column->name));
}

/* --- Rows --- */

static const struct view_table *table_of(const struct view *view, const char *agg)
{
	for (const struct view_table *table = view->ops->tables; table->name; table++)
		if (!strcmp(table->columns[0].agg, agg))
			return table;
	return NULL;
}

static unsigned keys_len(const struct view_table *table)
{
	unsigned len = 0;

	while (len < TABLE_KEYS && table->keys[len])
		len++;
	return len;
}

/* A recording may say anything of its aggregations: those are taken whose keys are as they are called here. */
static bool take_rows(struct report *report, const struct view_table *table, struct table_rows *rows)
{
	const char *names[TABLE_COLUMNS];

	*rows = (struct table_rows){.table = table};
	for (; rows->columns < TABLE_COLUMNS && table->columns[rows->columns].agg; rows->columns++)
		names[rows->columns] = table->columns[rows->columns].agg;
	for (unsigned i = 0; i < rows->columns; i++) {
		unsigned agg = rows_find(report, names[i]);

		if (agg == ROWS_NONE || report->schema->aggs[agg].keys_len != keys_len(table))
			return false;
	}
	rows->rows = rows_join(report, names, rows->columns, rows->aggs, &rows->len);
	return rows->rows;
}

/* --- JSON, CSV --- */

static struct json_object *key_json(const struct report *report, const struct field *field, const void *key)
{
	struct buf text = {0};
	struct json_object *object;

	if (field->kind == FIELD_INT)
		return json_object_new_int64((int64_t)field_int(field, (const char *)key + field->offset));
	report_key_text(report, field, key, &text);
	object = json_object_new_string_len(text.data ? text.data : "", (int)text.size);
	buf_free(&text);
	return object;
}

static void add_percentile(struct json_object *row, const struct view_column *column, const struct agg_shape *shape,
			   const uint64_t *value, unsigned percent)
{
	char name[NAME_SIZE];
	double number = histogram_percentile(shape, value, percent / 100.0) * (column->scale ? column->scale : 1);

	percentile_name(column, percent, name);
	json_object_object_add(row, name, json_object_new_int64((int64_t)(number + 0.5)));
}

static void add_column(struct json_object *row, const struct view_column *column, const struct agg_shape *shape,
		       const uint64_t *value)
{
	if (!value[0])
		return; /* never updated: there is no mean or largest value */
	if (shape->agg->buckets) {
		json_object_object_add(row, "count", json_object_new_uint64(value[0]));
		add_percentile(row, column, shape, value, 50);
		add_percentile(row, column, shape, value, 99);
		return;
	}
	json_object_object_add(row, column->name,
			       json_object_new_int64(shape->agg->number(shape, value, 1) *
						     (int64_t)(column->scale ? column->scale : 1)));
}

static struct json_object *row_json(struct report *report, const struct table_rows *rows, unsigned i, const char *time)
{
	const struct agg_row *row = &rows->rows[(size_t)i * rows->columns];
	const struct agg_layout *layout = &report->schema->aggs[rows->aggs[0]];
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "type", json_object_new_string(rows->table->name));
	json_object_object_add(object, time, json_object_new_int64((int64_t)(report_time_ns(report) / 1000000000u)));
	for (unsigned j = 0; j < layout->keys_len; j++)
		if (*rows->table->keys[j])
			json_object_object_add(object, rows->table->keys[j],
					       key_json(report, &layout->keys[j], row[0].key));
	for (unsigned j = 0; j < rows->columns; j++)
		add_column(object, &rows->table->columns[j], &report->schema->aggs[rows->aggs[j]].shape, row[j].value);
	return object;
}

/* Of all tables, since a file has one header. */
struct columns {
	const char *names[COLUMNS_MAX];
	unsigned len;
};

static void add_name(struct columns *columns, struct arena *arena, const char *name)
{
	for (unsigned i = 0; i < columns->len; i++)
		if (!strcmp(columns->names[i], name))
			return;
	if (columns->len < COLUMNS_MAX)
		columns->names[columns->len++] = arena_strdup(arena, name);
}

static void add_value_names(struct columns *columns, struct arena *arena, const struct report *report,
			    const struct view_column *column)
{
	unsigned agg = rows_find(report, column->agg);
	char name[NAME_SIZE];

	if (agg == ROWS_NONE || !report->schema->aggs[agg].shape.agg->buckets) {
		add_name(columns, arena, column->name);
		return;
	}
	add_name(columns, arena, "count");
	percentile_name(column, 50, name);
	add_name(columns, arena, name);
	percentile_name(column, 99, name);
	add_name(columns, arena, name);
}

static void name_columns(struct columns *columns, struct arena *arena, const struct report *report,
			 const struct view *view)
{
	add_name(columns, arena, "type");
	add_name(columns, arena, "time_s");
	for (const struct view_table *table = view->ops->tables; table->name; table++)
		for (unsigned i = 0; i < keys_len(table); i++)
			if (*table->keys[i])
				add_name(columns, arena, table->keys[i]);
	for (const struct view_table *table = view->ops->tables; table->name; table++)
		for (unsigned i = 0; i < TABLE_COLUMNS && table->columns[i].agg; i++)
			add_value_names(columns, arena, report, &table->columns[i]);
}

static void print_csv(struct report *report, const struct view *view, const struct table_rows *rows)
{
	struct arena *arena = arena_new();
	struct columns columns = {.len = 0};

	name_columns(&columns, arena, report, view);
	for (unsigned i = 0; i < rows->len; i++) {
		struct json_object *object = row_json(report, rows, i, "time_s");

		csv_row_of(report, columns.names, columns.len, object);
		json_object_put(object);
	}
	arena_free(arena);
}

static void print_json(struct report *report, const struct table_rows *rows)
{
	for (unsigned i = 0; i < rows->len; i++) {
		struct json_object *object = row_json(report, rows, i, "time");

		shown_json(&report->pending, object, JSON_C_TO_STRING_PLAIN);
		shown_putc(&report->pending, '\n');
		json_object_put(object);
	}
}

/* --- The operations of a report --- */

static void print_table(struct report *report, const struct view_table *table)
{
	struct view *view = report->data;
	struct table_rows rows;

	if (!take_rows(report, table, &rows))
		return;
	if (view->form == FORM_CSV)
		print_csv(report, view, &rows);
	else if (view->form == FORM_JSON)
		print_json(report, &rows);
	else if (!table->is_top)
		tables_metrics_add(view->metrics, report, &rows);
}

static int table(struct report *report, struct reader *reader, const unsigned *aggs, unsigned aggs_len)
{
	const struct view *view = report->data;
	const struct view_table *of = aggs_len ? table_of(view, report->schema->aggs[aggs[0]].name) : NULL;

	(void)reader;
	if (!of || of->after)
		return 0;
	print_table(report, of);
	for (const struct view_table *with = view->ops->tables; with->name; with++)
		if (with->after && !strcmp(with->after, of->name))
			print_table(report, with);
	return 0;
}

static int begin(struct report *report)
{
	struct view *view = report->data;

	report_open(report);
	if (view->form == FORM_OPENMETRICS)
		view->metrics = tables_metrics_new(view->ops);
	return 0;
}

/* All tables of an event are of one moment. */
static int event_end(struct report *report)
{
	struct view *view = report->data;

	return view->metrics ? tables_metrics_write(view->metrics, report) : report_event_done(report);
}

static int say_error(struct report *report, const struct record_error *error, const struct schema_probe *probe,
		     struct loc loc)
{
	struct view *view = report->data;

	if (view->metrics)
		tables_metrics_failed(view->metrics);
	return (view->form == FORM_JSON ? report_json : report_text).error(report, error, probe, loc);
}

static int drop(struct report *report, enum drop_cause cause, uint64_t count)
{
	struct view *view = report->data;

	if (view->metrics)
		tables_metrics_lost(view->metrics, cause, count);
	return (view->form == FORM_JSON ? report_json : report_text).drop(report, cause, count);
}

static int end(struct report *report)
{
	struct view *view = report->data;
	int error = view->metrics ? tables_metrics_write(view->metrics, report) : report_flush(report);

	tables_metrics_free(view->metrics);
	view->metrics = NULL;
	return error;
}

struct report_ops tables_ops(const struct view *view)
{
	struct report_ops ops = report_nothing;

	ops.name = report_formats[view->form].name;
	ops.wants_tables = true;
	ops.begin = begin;
	ops.event_end = event_end;
	ops.table = table;
	ops.error = say_error;
	ops.drop = drop;
	ops.end = end;
	return ops;
}
