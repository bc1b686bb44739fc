/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Printing by a parsed format. Integers are written by hand: this runs for every record, and D's rules (a value is as
 * wide and as signed as its type) differ from those of C's printf.
 */
#include <string.h>

#include "agg/agg.h"
#include "lib/utf8.h"
#include "schema/format.h"
#include "report/stack.h"
#include "report/symbol.h"

/* What is to be printed by one conversion: flags and sizes after '*' was replaced. */
struct spec {
	const struct conv *conv;
	uint8_t flags;
	int32_t width, precision; /* -1: none */
	enum shown_form form;	  /* of the traced programs' texts */
};

uint64_t field_int(const struct field *field, const void *data)
{
	uint8_t byte;
	uint16_t half;
	uint32_t word;
	uint64_t whole;

	switch (field->size) {
	case 1:
		memcpy(&byte, data, 1);
		return field->is_signed ? (uint64_t)(int64_t)(int8_t)byte : byte;
	case 2:
		memcpy(&half, data, 2);
		return field->is_signed ? (uint64_t)(int64_t)(int16_t)half : half;
	case 4:
		memcpy(&word, data, 4);
		return field->is_signed ? (uint64_t)(int64_t)(int32_t)word : word;
	case 8:
		memcpy(&whole, data, 8);
		return whole;
	default:
		return 0;
	}
}

size_t field_text_size(const struct field *field, const void *data)
{
	return strnlen(data, field->size);
}

static void put_fill(struct shown *out, char c, int64_t n)
{
	char block[64];

	if (n <= 0)
		return;
	memset(block, c, n < (int64_t)sizeof(block) ? (size_t)n : sizeof(block));
	for (; n > 0; n -= (int64_t)sizeof(block))
		shown_bytes(out, block, n < (int64_t)sizeof(block) ? (size_t)n : sizeof(block));
}

/* A text that is made here. */
static void put_own(const struct spec *spec, const char *text, size_t size, struct shown *out)
{
	int64_t padding = spec->width > 0 ? spec->width - (int64_t)shown_columns(text, size) : 0;

	if (!(spec->flags & CONV_LEFT))
		put_fill(out, ' ', padding);
	shown_bytes(out, text, size);
	if (spec->flags & CONV_LEFT)
		put_fill(out, ' ', padding);
}

static void put_text(const struct spec *spec, const char *text, size_t size, struct shown *out)
{
	struct buf shown = {0};

	if (spec->form == SHOWN_BYTES) {
		put_own(spec, text, size, out);
		return;
	}
	shown_add(&shown, spec->form, text, size);
	put_own(spec, shown.data, shown.size, out);
	buf_free(&shown);
}

/* A precision is in bytes, as in C, but no character is cut in two. */
static size_t precise_size(const struct spec *spec, const char *text, size_t size)
{
	uint32_t code;
	size_t n, next;

	if (spec->precision < 0 || size <= (size_t)spec->precision)
		return size;
	for (n = 0; n < (size_t)spec->precision; n = next) {
		next = n + utf8_decode(text + n, size - n, &code);
		next += next == n; /* a byte that is no part of one */
		if (next > (size_t)spec->precision)
			break;
	}
	return n;
}

/* Digits are written from the end of a buffer; returns where they start. */
static char *write_digits(uint64_t value, unsigned base, bool upper, bool group, char *end)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	unsigned n = 0;

	if (base == 16) {
		do
			*--end = digits[value & 15];
		while (value >>= 4);
		return end;
	}
	do {
		if (group && n && n % 3 == 0)
			*--end = ',';
		*--end = (char)('0' + value % base);
		n++;
	} while (value /= base);
	return end;
}

static void put_number(const struct spec *spec, const char *prefix, const char *digits, unsigned digits_len,
		       struct shown *out)
{
	unsigned prefix_len = (unsigned)strlen(prefix);
	int64_t zeros = spec->precision - (int64_t)digits_len, padding;

	if (zeros < 0)
		zeros = 0;
	padding = spec->width - (int64_t)prefix_len - zeros - (int64_t)digits_len;
	if ((spec->flags & (CONV_ZERO | CONV_LEFT)) == CONV_ZERO && spec->precision < 0 && padding > 0) {
		zeros += padding;
		padding = 0;
	}
	if (!(spec->flags & CONV_LEFT))
		put_fill(out, ' ', padding);
	shown_bytes(out, prefix, prefix_len);
	put_fill(out, '0', zeros);
	shown_bytes(out, digits, digits_len);
	if (spec->flags & CONV_LEFT)
		put_fill(out, ' ', padding);
}

static uint64_t low_bytes(uint64_t value, unsigned size)
{
	return size >= 8 ? value : value & ((UINT64_C(1) << (8 * size)) - 1);
}

static const char *sign_of(uint8_t flags, bool is_signed, bool is_negative)
{
	if (is_negative)
		return "-";
	if (!is_signed)
		return "";
	return flags & CONV_PLUS ? "+" : flags & CONV_SPACE ? " " : "";
}

/* `value` is extended to 64 bits by its sign; `size` is that of its type. */
static void put_int(const struct spec *spec, uint64_t value, bool is_signed, unsigned size, struct shown *out)
{
	char space[64], *end = space + sizeof(space), *digits;
	const char *prefix = "";
	char letter = spec->conv->letter;
	unsigned base = 10;

	switch (letter) {
	case 'x':
	case 'X':
	case 'p':
		base = 16;
		prefix = (spec->flags & CONV_ALT) && low_bytes(value, size) ? (letter == 'X' ? "0X" : "0x") : "";
		value = low_bytes(value, size);
		break;
	case 'a':
	case 'A': /* symbols of the kernel or a process are not known here: D prints the address then */
		base = 16;
		prefix = "0x";
		break;
	case 'o':
		base = 8;
		value = low_bytes(value, size);
		prefix = (spec->flags & CONV_ALT) && value ? "0" : "";
		break;
	case 'u':
		value = low_bytes(value, size);
		break;
	default:
		prefix = sign_of(spec->flags, is_signed, is_signed && (int64_t)value < 0);
		if (is_signed && (int64_t)value < 0)
			value = 0 - value;
	}
	digits = write_digits(value, base, letter == 'X', base == 10 && (spec->flags & CONV_GROUP), end);
	put_number(spec, prefix, digits, (unsigned)(end - digits), out);
}

static void add_escaped(char c, struct buf *out)
{
	static const char plain[] = "\a\b\f\n\r\t\v\\\"", letters[] = "abfnrtv\\\"";
	const char *found = c ? strchr(plain, c) : NULL;

	if (!c)
		buf_puts(out, "\\0");
	else if (found)
		buf_printf(out, "\\%c", letters[found - plain]);
	else if ((unsigned char)c < ' ' || (unsigned char)c >= 0x7f)
		buf_printf(out, "\\%03o", (unsigned char)c);
	else
		buf_putc(out, c);
}

static void put_escaped(const struct spec *spec, const char *text, size_t size, struct shown *out)
{
	struct buf escaped = {0};
	size_t i;

	for (i = 0; i < size; i++)
		add_escaped(text[i], &escaped);
	put_own(spec, escaped.data ? escaped.data : "", escaped.size, out);
	buf_free(&escaped);
}

/* %Y: "1990 Apr 30 12:34:56"; %T: "Mon, 30 Apr 1990 12:34:56 UTC", as in mail; in the local time zone. */
static void put_date(const struct report *report, const struct spec *spec, uint64_t ns, struct shown *out)
{
	static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	struct tm tm = zone_time(report ? report->zone : NULL, ns);
	struct buf date = {0};

	if (spec->conv->letter == 'T')
		buf_printf(&date, "%s, %02d %s %d %02d:%02d:%02d%s%s", days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
			   tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec, tm.tm_zone ? " " : "",
			   tm.tm_zone ? tm.tm_zone : "");
	else
		buf_printf(&date, "%d %s %2d %02d:%02d:%02d", tm.tm_year + 1900, months[tm.tm_mon], tm.tm_mday,
			   tm.tm_hour, tm.tm_min, tm.tm_sec);
	put_own(spec, date.data, date.size, out);
	buf_free(&date);
}

static void put_int_field(const struct report *report, const struct spec *spec, const struct field *field,
			  const void *data, struct shown *out)
{
	uint64_t value = field_int(field, data);
	char c = (char)value;

	switch (spec->conv->letter) {
	case 'c':
		put_text(spec, &c, 1, out);
		break;
	case 'C':
		put_escaped(spec, &c, 1, out);
		break;
	case 'T':
	case 'Y':
		put_date(report, spec, value, out);
		break;
	default:
		put_int(spec, value, field->is_signed, field->size, out);
	}
}

static void put_field(const struct report *report, const struct spec *spec, const struct field *field, const void *data,
		      struct shown *out)
{
	size_t size;

	if (field->kind == FIELD_INT) {
		put_int_field(report, spec, field, data, out);
		return;
	}
	size = precise_size(spec, data, field_text_size(field, data));
	if (spec->conv->letter == 'S')
		put_escaped(spec, data, size, out);
	else
		put_text(spec, data, size, out);
}

/* Where values come from: fields of a record, or keys and aggregations of a row. */
struct values {
	const struct report *report;
	const struct field *fields;
	unsigned fields_len, next;
	const char *data;
	const struct agg_layout *const *aggs;
	const struct agg_row *rows;
	const struct agg_scale *scales;
	unsigned aggs_len, next_agg;
};

static const struct field *next_field(struct values *values)
{
	return values->next < values->fields_len ? &values->fields[values->next++] : NULL;
}

static int32_t star(struct values *values)
{
	const struct field *field = next_field(values);
	int64_t value;

	if (!field || field->kind != FIELD_INT)
		return 0;
	value = (int64_t)field_int(field, values->data + field->offset);
	if (value > CONV_WIDTH_MAX)
		return CONV_WIDTH_MAX;
	return value < -CONV_WIDTH_MAX ? -CONV_WIDTH_MAX : (int32_t)value;
}

static struct spec spec_of(const struct conv *conv, struct values *values)
{
	struct spec spec = {conv, conv->flags, conv->width, conv->precision, report_value_form(values->report)};

	if (spec.width == CONV_STAR) {
		spec.width = star(values);
		if (spec.width < 0) { /* as in C: a negative width is the flag '-' and a width */
			spec.flags |= CONV_LEFT;
			spec.width = -spec.width;
		}
	}
	if (spec.precision == CONV_STAR)
		spec.precision = star(values);
	if (spec.precision < 0)
		spec.precision = -1;
	if (spec.width < 0 && (spec.flags & CONV_PTR))
		spec.width = 2 * (int32_t)sizeof(uint64_t);
	return spec;
}

static uint64_t scaled(const struct agg_shape *shape, const uint64_t *value, const struct agg_scale *scale)
{
	uint64_t number;

	if (!scale->whole)
		return (uint64_t)shape->agg->number(shape, value, scale->normal);
	number = (uint64_t)shape->agg->number(shape, value, 1);
	return scale->total ? (uint64_t)(((unsigned __int128)number * scale->whole + scale->total / 2) / scale->total)
			    : 0;
}

static void put_agg(const struct spec *spec, struct values *values, struct shown *out)
{
	unsigned i = values->next_agg;
	const struct agg_shape *shape;
	struct buf histogram = {0};

	if (values->next_agg + 1 < values->aggs_len) /* the last one serves all that follow */
		values->next_agg++;
	shape = &values->aggs[i]->shape;
	if (shape->agg->buckets) {
		shape->agg->show(shape, values->rows[i].value, values->scales[i].normal, &histogram);
		shown_bytes(out, histogram.data, histogram.size);
	} else if (strchr("TY", spec->conv->letter)) {
		put_date(values->report, spec, scaled(shape, values->rows[i].value, &values->scales[i]), out);
	} else {
		put_int(spec, scaled(shape, values->rows[i].value, &values->scales[i]), !shape->is_unsigned, 8, out);
	}
	buf_free(&histogram);
}

/* The name that is printed instead of a number; NULL: it is no symbol, and %a has no address of the kernel. */
static const char *symbolic(const struct values *values, const struct conv *conv, const struct field *field)
{
	const void *data = values->data + field->offset;

	if (field->kind == FIELD_SYMBOL)
		return report_symbol_text(values->report, field, data);
	return field->kind == FIELD_INT && conv->letter == 'a'
		       ? report_kernel_address(values->report, field_int(field, data))
		       : NULL;
}

static void put_name(const struct spec *spec, const char *name, struct shown *out)
{
	struct spec plain = *spec;

	plain.width =
		spec->conv->width == CONV_NONE ? 0 : spec->width; /* %a and %A are wide by themselves for numbers */
	plain.form = SHOWN_NAME;
	put_text(&plain, name, precise_size(spec, name, strlen(name)), out);
}

enum shown_form report_value_form(const struct report *report)
{
	if (!report || report->ops->wants_tables) /* for programs: the format shows the whole text */
		return SHOWN_BYTES;
	return report->has_rows ? SHOWN_NAME : report->is_seen ? SHOWN_LINES : SHOWN_BYTES;
}

/* Of what the script itself says. */
static enum shown_form own_form(const struct report *report)
{
	return report && report->is_seen && report->is_foreign ? SHOWN_SOURCE : SHOWN_BYTES;
}

/* Nothing is in front of the frames but what the format says: "%-14k" indents them, "%14k" aligns them to the right. */
static void put_stack(const struct spec *spec, const struct values *values, uint64_t number, struct shown *out)
{
	bool is_left = spec->flags & CONV_LEFT;
	int width = spec->width > 0 ? spec->width : 0;

	report_stack_print(values->report, number, is_left ? width : 0, is_left ? 0 : width, out);
}

static void put_conv(const struct conv *conv, struct values *values, struct shown *out)
{
	const struct field *field;
	struct spec spec;

	if (conv->text_size)
		shown_text(out, own_form(values->report), conv->text, conv->text_size);
	if (!conv->letter)
		return;
	spec = spec_of(conv, values);
	if (conv->letter == '%') {
		shown_putc(out, '%');
	} else if (conv->flags & CONV_AGG) {
		if (values->aggs_len) /* in a recording of anybody's there may be none */
			put_agg(&spec, values, out);
	} else {
		field = next_field(values);
		if (field && field->kind == FIELD_STACK)
			put_stack(&spec, values, field_int(field, values->data + field->offset), out);
		else if (field && symbolic(values, conv, field))
			put_name(&spec, symbolic(values, conv, field), out);
		else if (field)
			put_field(values->report, &spec, field, values->data + field->offset, out);
	}
}

void format_print(const struct report *report, const struct format *format, const struct field *fields,
		  unsigned fields_len, const void *record, struct shown *out)
{
	struct values values = {.report = report, .fields = fields, .fields_len = fields_len, .data = record};
	unsigned i;

	for (i = 0; i < format->convs_len; i++)
		put_conv(&format->convs[i], &values, out);
}

void format_print_agg(const struct report *report, const struct format *format, const struct agg_layout *const *aggs,
		      const struct agg_row *rows, const struct agg_scale *scales, unsigned aggs_len, struct shown *out)
{
	struct values values = {
		.report = report,
		.fields = aggs[0]->keys,
		.fields_len = aggs[0]->keys_len,
		.data = rows[0].key,
		.aggs = aggs,
		.rows = rows,
		.scales = scales,
		.aggs_len = aggs_len,
	};
	unsigned i;

	for (i = 0; i < format->convs_len; i++)
		put_conv(&format->convs[i], &values, out);
}
