/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The report for people: what dtrace prints, column by column. Drops and errors go to stderr.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "agg/agg.h"
#include "report/common.h"
#include "report/flow.h"
#include "report/stack.h"
#include "report/symbol.h"

enum { TRACE_STRING_WIDTH = 33, KEY_STRING_WIDTH = 50, LINE_BYTES = 16 };

static bool has_columns(const struct schema_options *options)
{
	return options->flowindent || !options->quiet;
}

static void put_heading(struct report *report)
{
	const struct schema_options *options = &report->schema->options;

	report->has_heading = true;
	if (report->is_bare || !has_columns(options))
		return;
	if (options->flowindent)
		shown_printf(&report->pending, "%3s %-41s\n", "CPU", "FUNCTION");
	else
		shown_printf(&report->pending, "%3s %6s %32s\n", "CPU", "ID", "FUNCTION:NAME");
}

/* The command dtrace waits with it for something that stands below it. */
static int text_begin(struct report *report)
{
	report_open(report);
	if (!report->schema->options.asdtrace)
		put_heading(report);
	return 0;
}

static void put_padding(struct shown *out, size_t used, size_t width)
{
	static const char blanks[] = "                                                                ";

	for (; used < width; used += sizeof(blanks) - 1)
		shown_bytes(out, blanks, width - used < sizeof(blanks) - 1 ? width - used : sizeof(blanks) - 1);
}

/* An unsigned number, right-aligned. Not by printf: this runs for each event. */
static void put_decimal(struct shown *out, bool is_negative, uint64_t value, size_t width)
{
	char text[24], *at = text + sizeof(text);
	size_t size;

	do
		*--at = (char)('0' + value % 10);
	while (value /= 10);
	if (is_negative)
		*--at = '-';
	size = (size_t)(text + sizeof(text) - at);
	put_padding(out, size, width);
	shown_bytes(out, at, size);
}

/* The name of the probe, or of the function where its lines are indented by functions. */
static void put_event_name(struct report *report, const struct record_head *head, const struct schema_probe *probe)
{
	bool is_flow = report->schema->options.flowindent;
	struct shown *out = &report->pending, *name = &report->text;
	bool has_name = true;

	shown_clear(name);
	if (is_flow)
		has_name = flow_print(report, head, probe, name);
	shown_name(name, probe->func);
	if (has_name) {
		shown_putc(name, ':');
		shown_name(name, probe->name);
	}
	if (!is_flow)
		put_padding(out, shown_columns(name->buf.data, name->buf.size), 32);
	shown_join(out, name);
	if (is_flow)
		put_padding(out, shown_columns(name->buf.data, name->buf.size), 41);
	shown_putc(out, ' ');
}

static int text_event_begin(struct report *report, const struct record_layout *layout, const struct schema_probe *probe,
			    const struct record_head *head)
{
	const struct schema_options *options = &report->schema->options;
	struct shown *out = &report->pending;

	(void)layout;
	if (!report->has_heading)
		put_heading(report);
	if (!has_columns(options))
		return 0;
	if (!report->is_bare) {
		put_decimal(out, false, head->cpu, 3);
		shown_putc(out, ' ');
	}
	if (!report->is_bare && !options->flowindent) {
		put_decimal(out, false, probe->id, 6);
		shown_putc(out, ' ');
	}
	put_event_name(report, head, probe);
	return 0;
}

static int text_event_end(struct report *report)
{
	if (!report->schema->options.quiet)
		shown_putc(&report->pending, '\n');
	return report_event_done(report);
}

/* Columns of a key by the size of its type, as dtrace. */
static size_t key_width(uint32_t size)
{
	return size == 1 ? 3 : size == 2 ? 5 : size == 4 ? 8 : 16;
}

/* Of a value that is traced: each number of its type has room. */
static size_t value_width(const struct field *field)
{
	return field->size == 1 ? 3 : field->size == 2 ? 5 : field->size == 4 ? 10 : field->is_signed ? 19 : 20;
}

static void put_int(struct shown *out, const struct field *field, const void *data, size_t width)
{
	uint64_t value = field_int(field, data);
	bool is_negative = field->is_signed && (int64_t)value < 0;

	put_decimal(out, is_negative, is_negative ? 0 - value : value, width);
}

/* In a column, if it has a width. */
static void put_text(struct shown *out, enum shown_form form, const char *text, size_t size, size_t width)
{
	size_t begin;

	if (width)
		shown_puts(out, "  ");
	begin = out->buf.size;
	shown_text(out, form, text, size);
	if (width)
		put_padding(out, shown_columns(out->buf.data + begin, out->buf.size - begin), width);
}

static void put_string(struct shown *out, enum shown_form form, const struct field *field, const void *data,
		       size_t width)
{
	put_text(out, form, data, field_text_size(field, data), width);
}

static void put_symbol(struct shown *out, const char *text, size_t width)
{
	put_text(out, SHOWN_NAME, text, strlen(text), width);
}

static void put_byte_line(struct shown *out, const unsigned char *data, uint32_t offset, uint32_t size)
{
	uint32_t i;

	shown_printf(out, "%10" PRIx32 ":", offset);
	for (i = 0; i < LINE_BYTES; i++) {
		if (i < size)
			shown_printf(out, " %02x", data[i]);
		else
			shown_puts(out, "   ");
	}
	shown_puts(out, "  ");
	for (i = 0; i < size; i++)
		shown_putc(out, data[i] >= ' ' && data[i] < 0x7f ? (char)data[i] : '.');
	shown_putc(out, '\n');
}

/* Without a byte nothing is printed, not even the heading. */
static void put_bytes(struct shown *out, const void *data, uint32_t size)
{
	uint32_t at;

	if (size)
		shown_printf(out, "\n%10s   0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f  0123456789abcdef\n", "");
	for (at = 0; at < size; at += LINE_BYTES)
		put_byte_line(out, (const unsigned char *)data + at, at,
			      size - at < LINE_BYTES ? size - at : (uint32_t)LINE_BYTES);
}

/* A text has the room of a string, whatever it was recorded with. */
static void put_raw_text(struct shown *out, const struct schema_options *options, const struct field *field,
			 const void *data)
{
	uint32_t room = (uint32_t)options->strsize + 1;
	struct buf bytes = {0};

	buf_add(&bytes, data, field->size < room ? field->size : room);
	while (bytes.size < room)
		buf_putc(&bytes, '\0');
	put_bytes(out, bytes.data, room);
	buf_free(&bytes);
}

static int text_value(struct report *report, const struct field *field, const void *data)
{
	const struct schema_options *options = &report->schema->options;
	bool quiet = options->quiet;
	struct shown *out = &report->pending;

	switch (field->kind) {
	case FIELD_INT:
		if (options->rawbytes) {
			put_bytes(out, data, field->size);
			break;
		}
		if (!quiet)
			shown_putc(out, ' ');
		put_int(out, field, data, quiet ? 0 : value_width(field));
		break;
	case FIELD_STRING:
		if (options->rawbytes)
			put_raw_text(out, options, field, data);
		else
			put_string(out, report_value_form(report), field, data, quiet ? 0 : TRACE_STRING_WIDTH);
		break;
	case FIELD_BYTES:
		put_bytes(out, data, field->size);
		break;
	case FIELD_SYMBOL:
		put_symbol(out, report_symbol_text(report, field, data), quiet ? 0 : TRACE_STRING_WIDTH);
		break;
	case FIELD_STACK:
		report_stack_text(report, field_int(field, data), out);
		break;
	}
	return 0;
}

static int text_text(struct report *report, const struct record_action *action, const char *text, size_t size)
{
	(void)action;
	shown_bytes(&report->pending, text, size);
	return 0;
}

static void put_key(struct report *report, struct shown *out, const struct field *field, const char *key)
{
	if (field->kind == FIELD_STACK) {
		report_stack_text(report, field_int(field, key + field->offset), out);
	} else if (field->kind == FIELD_SYMBOL) {
		put_symbol(out, report_symbol_text(report, field, key + field->offset), KEY_STRING_WIDTH);
	} else if (field->kind == FIELD_INT) {
		shown_putc(out, ' ');
		put_int(out, field, key + field->offset, key_width(field->size));
	} else {
		put_string(out, SHOWN_NAME, field, key + field->offset, KEY_STRING_WIDTH);
	}
}

static int text_table(struct report *report, struct reader *reader, const unsigned *aggs, unsigned aggs_len)
{
	const struct schema *schema = report->schema;
	const struct agg_layout *layout = &schema->aggs[aggs[0]];
	struct shown *out = &report->pending;
	const struct agg_row *rows;
	unsigned rows_len, i, j;
	struct buf value = {0};

	if (aggs_len == 1)
		rows = reader_agg_rows(reader, aggs[0], &rows_len);
	else
		rows = reader_agg_join(reader, aggs, aggs_len, &rows_len);
	if (!report->is_over || !schema->options.asdtrace)
		shown_putc(out, '\n');
	for (i = 0; i < rows_len; i++, rows += aggs_len) {
		for (j = 0; j < layout->keys_len; j++)
			put_key(report, out, &layout->keys[j], rows[0].key);
		for (j = 0; j < aggs_len; j++) {
			const struct agg_shape *shape = &schema->aggs[aggs[j]].shape;

			buf_clear(&value);
			shape->agg->show(shape, rows[j].value, reader_agg_normal(reader, aggs[j]), &value);
			shown_bytes(out, value.data, value.size);
		}
		shown_putc(out, '\n');
	}
	buf_free(&value);
	return 0;
}

/* To stderr, after everything that came before it. */
static int complain(struct report *report, struct shown *line)
{
	int err = report_flush(report);

	shown_putc(line, '\n');
	say_shown(report->err, line);
	fflush(report->err);
	return err;
}

/* The command dtrace ends what was traced with an empty line, and the tables that follow have none between them. */
static int text_over(struct report *report)
{
	report->is_over = true;
	if (report->schema->options.asdtrace)
		shown_putc(&report->pending, '\n');
	return 0;
}

static const char *teller(const struct report *report)
{
	if (report->schema->options.asdtrace)
		return "dtrace";
	return report->teller ? report->teller : "cephtap";
}

static void put_error_place(struct report *report, const struct record_error *error, struct loc loc, struct shown *out)
{
	unsigned line, column;

	if (report->schema->options.asdtrace) {
		shown_printf(out, " at BPF pc %u", error->pc);
	} else if (loc.source) {
		loc_position(loc, &line, &column);
		shown_printf(out, " at %s:%u:%u", loc.source->name, line, column);
	}
}

static int text_error(struct report *report, const struct record_error *error, const struct schema_probe *probe,
		      struct loc loc)
{
	unsigned action = report_action_number(&report->schema->clauses[error->clause], loc);
	struct buf name = {0}, fault = {0};
	struct shown out = {0};

	report_probe_name(probe, &name);
	report_fault(error, &fault);
	shown_printf(&out, "%s: error on enabled probe ID %u (ID %u: %s): %s", teller(report), /* as epid */
		     error->head.probe * report->schema->clauses_len + error->clause + 1, probe->id, name.data,
		     fault.data);
	if (action)
		shown_printf(&out, " in action #%u", action);
	else
		shown_puts(&out, " in predicate");
	put_error_place(report, error, loc, &out);
	buf_free(&name);
	buf_free(&fault);
	return complain(report, &out);
}

static int text_drop(struct report *report, enum drop_cause cause, uint64_t count)
{
	struct buf sentence = {0};
	struct shown out = {0};

	if (report->schema->options.asdtrace)
		drop_as_dtrace(cause, count, &sentence);
	else
		drop_sentence(cause, count, &sentence);
	shown_printf(&out, "%s: %s", teller(report), sentence.data);
	buf_free(&sentence);
	return complain(report, &out);
}

static int text_end(struct report *report)
{
	return report_flush(report);
}

const struct report_ops report_text = {
	.name = "text",
	.doc = "for people, as dtrace prints",
	.begin = text_begin,
	.event_begin = text_event_begin,
	.event_end = text_event_end,
	.value = text_value,
	.text = text_text,
	.table = text_table,
	.error = text_error,
	.over = text_over,
	.drop = text_drop,
	.end = text_end,
};
