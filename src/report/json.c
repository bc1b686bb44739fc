/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The report for programs: one JSON object on each line, written in whole lines, so that what was cut off still parses.
 *
 *  {"type":"event","cpu":1,"id":7,"probe":"p:m:f:n","data":[{"action":"printf","text":"x=1","values":[1]}]}
 *  {"type":"aggregation","name":"a","function":"sum","normal":1,"rows":[{"keys":["x",1],"value":3,"count":2}]}
 *  {"type":"error","id":7,"probe":"p:m:f:n","fault":"invalid address
 * (0x10)","address":16,"file":"x.d","line":3,"column":5}
 *  {"type":"drop","cause":"record","count":12,"text":"12 records were lost: ..."}
 *
 * and, where a limit was given, at the end what probes cost (run/tracer_say.c): "cost", "taken_away".
 *
 * Integers are exact (64 bits, by their own sign). A histogram has "buckets" instead of "value": "low" and "high"
 * belong to the bucket, null is no bound. "count" is the number of updates; "value" and the counts of buckets are
 * divided by "normal". A byte of a text that is no UTF-8 is shown as \377 (SHOWN_JSON).
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "agg/agg.h"
#include "func/func.h"
#include "report/common.h"
#include "report/stack.h"
#include "report/symbol.h"

struct json {
	struct json_object *event; /* the one that is being made */
	struct json_object *data;
	const struct record_layout *layout;
	const char *record;
	bool has_table; /* its aggregations have lines of their own */
};

static struct json_object *new_text(const char *text, size_t size)
{
	return json_object_new_string_len(text, (int)size);
}

static struct json_object *new_string(const char *text)
{
	return new_text(text, strlen(text));
}

/* --- Lines
 * ------------------------------------------------------------------------------------------------------------- */

void report_put_json(struct report *report, struct json_object *line)
{
	shown_json(&report->pending, line, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	shown_putc(&report->pending, '\n');
	json_object_put(line);
}

static struct json_object *new_line(const char *type)
{
	struct json_object *line = json_object_new_object();

	json_object_object_add(line, "type", new_string(type));
	return line;
}

static void add_probe(struct json_object *line, const struct schema_probe *probe)
{
	struct buf name = {0};

	report_probe_name(probe, &name);
	json_object_object_add(line, "id", json_object_new_int64(probe->id));
	json_object_object_add(line, "probe", new_text(name.data, name.size));
	buf_free(&name);
}

static int json_begin(struct report *report)
{
	report_open(report);
	report->data = calloc(1, sizeof(struct json));
	return report->data ? 0 : -ENOMEM;
}

static int json_event_begin(struct report *report, const struct record_layout *layout, const struct schema_probe *probe,
			    const struct record_head *head)
{
	struct json *json = report->data;

	json_object_put(json->event); /* left over when an operation failed */
	json->layout = layout;
	json->record = (const char *)head;
	json->has_table = false;
	json->data = json_object_new_array();
	json->event = new_line("event");
	json_object_object_add(json->event, "cpu", json_object_new_int64(head->cpu));
	add_probe(json->event, probe);
	json_object_object_add(json->event, "data", json->data);
	return 0;
}

/* An event that did nothing but print aggregations is told by their lines. */
static int json_event_end(struct report *report)
{
	struct json *json = report->data;

	if (json->has_table && !json_object_array_length(json->data))
		json_object_put(json->event);
	else
		report_put_json(report, json->event);
	json->event = json->data = NULL;
	return report_event_done(report);
}

static struct json_object *new_int(const struct field *field, const char *data)
{
	uint64_t value = field_int(field, data);

	return field->is_signed ? json_object_new_int64((int64_t)value) : json_object_new_uint64(value);
}

static struct json_object *new_bytes(const struct field *field, const char *data)
{
	struct json_object *array = json_object_new_array_ext((int)field->size);
	uint32_t i;

	for (i = 0; i < field->size; i++)
		json_object_array_add(array, json_object_new_int((unsigned char)data[i]));
	return array;
}

static struct json_object *new_frame(const struct stack_frame *frame)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "pc", json_object_new_uint64(frame->pc));
	if (frame->module)
		json_object_object_add(object, "module", new_string(frame->module));
	if (frame->function)
		json_object_object_add(object, "function", new_string(frame->function));
	if (frame->is_inlined)
		json_object_object_add(object, "inlined", json_object_new_boolean(true));
	if (frame->is_guessed)
		json_object_object_add(object, "guessed", json_object_new_boolean(true));
	else if (frame->function)
		json_object_object_add(object, "offset", json_object_new_uint64(frame->offset));
	return object;
}

/* Its frames, the innermost first. */
static struct json_object *new_stack(const struct report *report, uint64_t number)
{
	const struct stack *stack = report_stack_of(report, number);
	struct json_object *array = json_object_new_array();

	for (unsigned i = 0; stack && i < stack->len; i++)
		json_object_array_add(array, new_frame(&stack->frames[i]));
	return array;
}

/* char arrays are text for a format and bytes for trace(). */
static struct json_object *new_field(const struct report *report, const struct field *field, const char *data,
				     bool as_text)
{
	if (field->kind == FIELD_STACK)
		return new_stack(report, field_int(field, data));
	if (field->kind == FIELD_SYMBOL)
		return new_string(report_symbol_text(report, field, data));
	if (field->kind == FIELD_INT)
		return new_int(field, data);
	if (field->kind == FIELD_STRING || as_text)
		return new_text(data, field_text_size(field, data));
	return new_bytes(field, data);
}

static int json_value(struct report *report, const struct field *field, const void *data)
{
	struct json *json = report->data;
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "action", new_string("trace"));
	json_object_object_add(object, "value", new_field(report, field, data, false));
	json_object_array_add(json->data, object);
	return 0;
}

static int json_text(struct report *report, const struct record_action *action, const char *text, size_t size)
{
	struct json *json = report->data;
	struct json_object *object = json_object_new_object(), *values = json_object_new_array();
	unsigned i;

	for (i = 0; i < action->fields_len; i++)
		json_object_array_add(
			values, new_field(report, &action->fields[i], json->record + action->fields[i].offset, true));
	json_object_object_add(object, "action", new_string(action->func->name));
	json_object_object_add(object, "text", new_text(text, size));
	json_object_object_add(object, "values", values);
	json_object_array_add(json->data, object);
	return 0;
}

/* --- Aggregations
 * ------------------------------------------------------------------------------------------------------ */

struct bucket_list {
	struct json_object *array;
	uint64_t normal;
};

static struct json_object *new_bound(int64_t bound)
{
	return bound == INT64_MIN || bound == INT64_MAX ? NULL : json_object_new_int64(bound);
}

static void add_bucket(void *data, int64_t low, int64_t high, uint64_t count)
{
	struct bucket_list *list = data;
	struct json_object *bucket = json_object_new_object();
	/* No count reaches a divisor that large. */
	int64_t normal = list->normal < INT64_MAX ? (int64_t)list->normal : INT64_MAX;

	json_object_object_add(bucket, "low", new_bound(low));
	json_object_object_add(bucket, "high", new_bound(high));
	json_object_object_add(bucket, "count", json_object_new_int64((int64_t)count / normal));
	json_object_array_add(list->array, bucket);
}

static void add_value(struct json_object *row, const struct agg_shape *shape, const uint64_t *value, uint64_t normal)
{
	struct bucket_list list = {.normal = normal};
	int64_t number;

	if (shape->agg->buckets) {
		list.array = json_object_new_array();
		shape->agg->buckets(shape, value, add_bucket, &list);
		json_object_object_add(row, "buckets", list.array);
	} else {
		number = shape->agg->number(shape, value, normal);
		json_object_object_add(row, "value",
				       shape->is_unsigned ? json_object_new_uint64((uint64_t)number)
							  : json_object_new_int64(number));
	}
	json_object_object_add(row, "count", json_object_new_uint64(value[0]));
}

static struct json_object *new_row(const struct report *report, const struct agg_layout *layout,
				   const struct agg_row *row, uint64_t normal)
{
	struct json_object *object = json_object_new_object(), *keys = json_object_new_array();
	unsigned i;

	for (i = 0; i < layout->keys_len; i++)
		json_object_array_add(keys, new_field(report, &layout->keys[i],
						      (const char *)row->key + layout->keys[i].offset, true));
	json_object_object_add(object, "keys", keys);
	add_value(object, &layout->shape, row->value, normal);
	return object;
}

static void put_aggregation(struct report *report, struct reader *reader, unsigned agg)
{
	const struct agg_layout *layout = &report->schema->aggs[agg];
	struct json_object *line = new_line("aggregation"), *array = json_object_new_array();
	uint64_t normal = reader_agg_normal(reader, agg);
	unsigned i, rows_len;
	const struct agg_row *rows = reader_agg_rows(reader, agg, &rows_len);

	for (i = 0; i < rows_len; i++)
		json_object_array_add(array, new_row(report, layout, &rows[i], normal));
	json_object_object_add(line, "name", new_string(layout->name));
	json_object_object_add(line, "function", new_string(layout->shape.agg->name));
	json_object_object_add(line, "normal", json_object_new_uint64(normal));
	json_object_object_add(line, "rows", array);
	report_put_json(report, line);
}

static int json_table(struct report *report, struct reader *reader, const unsigned *aggs, unsigned aggs_len)
{
	struct json *json = report->data;
	unsigned i;

	json->has_table = true;
	for (i = 0; i < aggs_len; i++)
		put_aggregation(report, reader, aggs[i]);
	return 0;
}

/* --- What went wrong
 * --------------------------------------------------------------------------------------------------- */

static int json_error(struct report *report, const struct record_error *error, const struct schema_probe *probe,
		      struct loc loc)
{
	struct json_object *line = new_line("error");
	unsigned at_line, column;
	struct buf fault = {0};

	add_probe(line, probe);
	report_fault(error, &fault);
	json_object_object_add(line, "fault", new_text(fault.data, fault.size));
	buf_free(&fault);
	if (error->fault == FAULT_BADADDR)
		json_object_object_add(line, "address", json_object_new_uint64(error->address));
	if (loc.source) {
		loc_position(loc, &at_line, &column);
		json_object_object_add(line, "file", new_string(loc.source->name));
		json_object_object_add(line, "line", json_object_new_int64(at_line));
		json_object_object_add(line, "column", json_object_new_int64(column));
	}
	report_put_json(report, line);
	return report_event_done(report);
}

static int json_drop(struct report *report, enum drop_cause cause, uint64_t count)
{
	struct json_object *line = new_line("drop");
	struct buf text = {0};

	drop_sentence(cause, count, &text);
	json_object_object_add(line, "cause", new_string(drop_name(cause)));
	json_object_object_add(line, "count", json_object_new_uint64(count));
	json_object_object_add(line, "text", new_text(text.data, text.size));
	buf_free(&text);
	report_put_json(report, line);
	return report_event_done(report);
}

static int json_end(struct report *report)
{
	struct json *json = report->data;

	if (json)
		json_object_put(json->event);
	free(json);
	report->data = NULL;
	return report_flush(report);
}

const struct report_ops report_json = {
	.name = "json",
	.doc = "for programs: one JSON object on each line",
	.wants_tables = true,
	.begin = json_begin,
	.event_begin = json_event_begin,
	.event_end = json_event_end,
	.value = json_value,
	.text = json_text,
	.table = json_table,
	.error = json_error,
	.drop = json_drop,
	.end = json_end,
};
