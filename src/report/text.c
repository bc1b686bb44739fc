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
#include "report/stack.h"
#include "report/symbol.h"

enum { TRACE_STRING_WIDTH = 33, KEY_STRING_WIDTH = 50, LINE_BYTES = 16 };

static int text_begin(struct report *report)
{
	report_open(report);
	if (!report->schema->options.quiet && !report->is_bare)
		shown_printf(&report->pending, "%3s %6s %32s\n", "CPU", "ID", "FUNCTION:NAME");
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

static int text_event_begin(struct report *report, const struct record_layout *layout, const struct schema_probe *probe,
			    const struct record_head *head)
{
	struct shown *out = &report->pending, *name = &report->text;

	(void)layout;
	if (report->schema->options.quiet)
		return 0;
	if (!report->is_bare) {
		put_decimal(out, false, head->cpu, 3);
		shown_putc(out, ' ');
		put_decimal(out, false, probe->id, 6);
		shown_putc(out, ' ');
	}
	shown_clear(name);
	shown_name(name, probe->func);
	shown_putc(name, ':');
	shown_name(name, probe->name);
	put_padding(out, shown_columns(name->buf.data, name->buf.size), 32);
	shown_join(out, name);
	shown_putc(out, ' ');
	return 0;
}

static int text_event_end(struct report *report)
{
	if (!report->schema->options.quiet)
		shown_putc(&report->pending, '\n');
	return report_event_done(report);
}

/* Columns by the size of the type, as dtrace. */
static size_t int_width(uint32_t size)
{
	return size == 1 ? 3 : size == 2 ? 5 : size == 4 ? 8 : 16;
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

static void put_string(struct shown *out, enum shown_form form, const struct field *field, const void *data, size_t width)
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

static void put_bytes(struct shown *out, const struct field *field, const void *data)
{
	uint32_t at;

	shown_printf(out, "\n%10s   0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f  0123456789abcdef\n", "");
	for (at = 0; at < field->size; at += LINE_BYTES)
		put_byte_line(out, (const unsigned char *)data + at, at,
			      field->size - at < LINE_BYTES ? field->size - at : (uint32_t)LINE_BYTES);
}

static int text_value(struct report *report, const struct field *field, const void *data)
{
	bool quiet = report->schema->options.quiet;
	struct shown *out = &report->pending;

	switch (field->kind) {
	case FIELD_INT:
		if (!quiet)
			shown_putc(out, ' ');
		put_int(out, field, data, quiet ? 0 : int_width(field->size));
		break;
	case FIELD_STRING:
		put_string(out, report_value_form(report), field, data, quiet ? 0 : TRACE_STRING_WIDTH);
		break;
	case FIELD_BYTES:
		put_bytes(out, field, data);
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
		put_int(out, field, key + field->offset, int_width(field->size));
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

static int text_error(struct report *report, const struct record_error *error, const struct schema_probe *probe,
		      struct loc loc)
{
	unsigned action = report_action_number(&report->schema->clauses[error->clause], loc), line, column;
	struct buf name = {0}, fault = {0};
	struct shown out = {0};

	report_probe_name(probe, &name);
	report_fault(error, &fault);
	shown_printf(&out, "%s: error on enabled probe ID %u (ID %u: %s): %s", report->teller ? report->teller : "cephtap", /* as epid */
		     error->head.probe * report->schema->clauses_len + error->clause + 1, probe->id, name.data, fault.data);
	if (action)
		shown_printf(&out, " in action #%u", action);
	else
		shown_puts(&out, " in predicate");
	if (loc.source) {
		loc_position(loc, &line, &column);
		shown_printf(&out, " at %s:%u:%u", loc.source->name, line, column);
	}
	buf_free(&name);
	buf_free(&fault);
	return complain(report, &out);
}

static int text_drop(struct report *report, enum drop_cause cause, uint64_t count)
{
	struct buf sentence = {0};
	struct shown out = {0};

	drop_sentence(cause, count, &sentence);
	shown_printf(&out, "%s: %s", report->teller ? report->teller : "cephtap", sentence.data);
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
	.drop = text_drop,
	.end = text_end,
};
