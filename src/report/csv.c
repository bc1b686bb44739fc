/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Aggregations of any script as CSV (RFC 4180). In: tables, as a script prints them, at the end, or at each interval.
 * Out: one table with the same columns in each row, since a file has one header: when, which aggregation, its keys (as
 * many columns as the longest key has), a bucket's bounds where there are histograms, the value (in a bucket: its
 * count), and the number of updates. What other actions record has no place in it: how many were left out is said at
 * the end.
 */
#include "report/csv.h"

#include <inttypes.h>
#include <string.h>

#include "agg/agg.h"
#include "report/common.h"

static enum shown_form form_of(const struct report *report)
{
	return report->is_seen ? SHOWN_CSV_LINE : SHOWN_CSV;
}

/* A name of the script's. */
static void put_text(struct shown *out, const char *text)
{
	shown_text(out, SHOWN_CSV_LINE, text, strlen(text));
	shown_putc(out, ',');
}

/* --- The header --- */

static unsigned keys_max(const struct schema *schema)
{
	unsigned most = 0;

	for (unsigned i = 0; i < schema->aggs_len; i++)
		if (schema->aggs[i].keys_len > most)
			most = schema->aggs[i].keys_len;
	return most;
}

static bool has_buckets(const struct schema *schema)
{
	for (unsigned i = 0; i < schema->aggs_len; i++)
		if (schema->aggs[i].shape.agg->buckets)
			return true;
	return false;
}

/* As the script calls it, where all aggregations call it the same. */
static void put_key_name(const struct schema *schema, unsigned key, struct shown *out)
{
	const char *name = NULL;
	bool is_same = true;
	struct buf number = {0};

	for (unsigned i = 0; i < schema->aggs_len; i++) {
		const struct agg_layout *agg = &schema->aggs[i];

		if (schema->aggs[i].keys_len <= key)
			continue;
		is_same &= !name || !strcmp(name, agg->key_names[key]);
		name = agg->key_names[key];
	}
	buf_printf(&number, "key%u", key + 1);
	put_text(out, name && is_same ? name : number.data);
	buf_free(&number);
}

static int csv_begin(struct report *report)
{
	struct shown *out = &report->pending;
	unsigned keys = keys_max(report->schema);

	report_open(report);
	shown_puts(out, "time_ns,aggregation,function,");
	for (unsigned i = 0; i < keys; i++)
		put_key_name(report->schema, i, out);
	if (has_buckets(report->schema))
		shown_puts(out, "low,high,");
	shown_puts(out, "value,updates\r\n");
	return report_event_done(report);
}

/* --- Rows --- */

struct line {
	struct report *report;
	struct shown begin; /* what the lines of one key have in common */
	const struct agg_layout *layout;
	const struct agg_shape *shape;
	const uint64_t *value;
	uint64_t normal;
};

static void make_begin(struct line *line, unsigned agg, const struct agg_row *row)
{
	const struct schema *schema = line->report->schema;
	unsigned keys = keys_max(schema);

	shown_clear(&line->begin);
	shown_printf(&line->begin, "%" PRIu64 ",", report_time_ns(line->report));
	put_text(&line->begin, line->layout->name);
	put_text(&line->begin, line->shape->agg->name);
	for (unsigned i = 0; i < keys; i++) {
		if (i < schema->aggs[agg].keys_len)
			report_key_show(line->report, &schema->aggs[agg].keys[i], row->key, form_of(line->report),
					&line->begin);
		shown_putc(&line->begin, ',');
	}
}

static void put_bucket(void *data, int64_t low, int64_t high, uint64_t count)
{
	struct line *line = data;
	struct shown *out = &line->report->pending;
	int64_t normal = line->normal < INT64_MAX ? (int64_t)line->normal : INT64_MAX;

	shown_join(out, &line->begin);
	if (low != INT64_MIN)
		shown_printf(out, "%" PRId64, low);
	shown_putc(out, ',');
	if (high != INT64_MAX)
		shown_printf(out, "%" PRId64, high);
	shown_printf(out, ",%" PRId64 ",%" PRIu64 "\r\n", (int64_t)count / normal, line->value[0]);
}

static void put_number(struct line *line)
{
	struct shown *out = &line->report->pending;
	int64_t number = line->shape->agg->number(line->shape, line->value, line->normal);

	shown_join(out, &line->begin);
	if (has_buckets(line->report->schema))
		shown_puts(out, ",,");
	shown_printf(out, line->shape->is_unsigned ? "%" PRIu64 : "%" PRId64, number);
	shown_printf(out, ",%" PRIu64 "\r\n", line->value[0]);
}

static int csv_table(struct report *report, struct reader *reader, const unsigned *aggs, unsigned aggs_len)
{
	unsigned rows_len;

	for (unsigned i = 0; i < aggs_len; i++) {
		const struct agg_row *rows = reader_agg_rows(reader, aggs[i], &rows_len);
		struct line line = {.report = report,
				    .layout = &report->schema->aggs[aggs[i]],
				    .shape = &report->schema->aggs[aggs[i]].shape,
				    .normal = reader_agg_normal(reader, aggs[i])};

		for (unsigned j = 0; j < rows_len; j++) {
			line.value = rows[j].value;
			make_begin(&line, aggs[i], &rows[j]);
			if (line.shape->agg->buckets)
				line.shape->agg->buckets(line.shape, line.value, put_bucket, &line);
			else
				put_number(&line);
		}
		shown_free(&line.begin);
	}
	return 0;
}

/* --- What is not a table --- */

static int csv_event_begin(struct report *report, const struct record_layout *layout, const struct schema_probe *probe,
			   const struct record_head *head)
{
	(void)report;
	(void)layout;
	(void)probe;
	(void)head;
	return 0;
}

static int csv_value(struct report *report, const struct field *field, const void *data)
{
	(void)field;
	(void)data;
	report->left_out++;
	return 0;
}

static int csv_text(struct report *report, const struct record_action *action, const char *text, size_t size)
{
	(void)text;
	(void)size;
	report->left_out += !action->aggs_len; /* printa() has its table */
	return 0;
}

static int csv_error(struct report *report, const struct record_error *error, const struct schema_probe *probe,
		     struct loc loc)
{
	return report_text.error(report, error, probe, loc);
}

static int csv_drop(struct report *report, enum drop_cause cause, uint64_t count)
{
	return report_text.drop(report, cause, count);
}

static int csv_end(struct report *report)
{
	int error = report_flush(report);

	report_say_left_out(report);
	return error;
}

const struct report_ops report_csv = {
	.name = "csv",
	.doc = "aggregations as comma-separated values",
	.wants_tables = true,
	.begin = csv_begin,
	.event_begin = csv_event_begin,
	.event_end = report_event_done,
	.value = csv_value,
	.text = csv_text,
	.table = csv_table,
	.error = csv_error,
	.drop = csv_drop,
	.end = csv_end,
};

/* --- Tables of reports --- */

/* A stack: its frames, the outermost first. */
static void put_stack(struct shown *out, struct json_object *frames)
{
	struct buf folded = {0};

	buf_puts(&folded, "");
	for (size_t i = 0; i < json_object_array_length(frames); i++) {
		struct json_object *frame = json_object_array_get_idx(frames, i);

		if (i)
			buf_putc(&folded, ';');
		shown_add(&folded, SHOWN_FOLDED, json_object_get_string(frame),
			  (size_t)json_object_get_string_len(frame));
	}
	shown_quoted(out, SHOWN_CSV, folded.data, folded.size);
	buf_free(&folded);
}

static void put_member(struct report *report, struct json_object *object, const char *name)
{
	struct json_object *member = NULL;
	struct shown *out = &report->pending;

	json_object_object_get_ex(object, name, &member);
	if (json_object_is_type(member, json_type_array))
		put_stack(out, member);
	else if (member)
		shown_text(out, form_of(report), json_object_get_string(member),
			   strlen(json_object_get_string(member)));
}

void csv_row_of(struct report *report, const char *const *columns, unsigned len, struct json_object *object)
{
	struct shown *out = &report->pending;

	for (unsigned i = 0; i < len && !report->has_heading; i++)
		shown_printf(out, "%s%s", i ? "," : "", columns[i]);
	if (!report->has_heading)
		shown_puts(out, "\r\n");
	report->has_heading = true;
	for (unsigned i = 0; i < len; i++) {
		if (i)
			shown_putc(out, ',');
		put_member(report, object, columns[i]);
	}
	shown_puts(out, "\r\n");
}
