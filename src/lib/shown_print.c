/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Printing by a format of C's printf, in which strings of others are shown. */
#include "lib/memory.h"
#include "lib/shown.h"

#include <assert.h>
#include <json-c/json.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/shown_private.h"

enum { SPEC_SIZE = 32 };

/* One conversion. */
struct spec {
	char text[SPEC_SIZE]; /* as it stands in the format, but with numbers for each `*` */
	int width, precision; /* of %s; -1: none */
	bool is_left;
	char length[3], letter;
};

/* --- One conversion --- */

static int number(const char **at, va_list *args)
{
	int value = 0;

	if (**at == '*') {
		++*at;
		return va_arg(*args, int);
	}
	for (; **at >= '0' && **at <= '9'; ++*at)
		value = 10 * value + (**at - '0');
	return value;
}

/* Behind the percent sign. */
static const char *take_spec(const char *at, struct spec *spec, va_list *args)
{
	const char *flags = at;
	size_t n;

	*spec = (struct spec){.width = -1, .precision = -1};
	at += strspn(at, "-+ #0");
	n = (size_t)snprintf(spec->text, SPEC_SIZE, "%%%.*s", (int)(at - flags), flags);
	spec->is_left = memchr(flags, '-', (size_t)(at - flags));
	if (*at == '*' || (*at >= '0' && *at <= '9')) {
		spec->width = number(&at, args);
		spec->is_left |= spec->width < 0;
		n += (size_t)snprintf(spec->text + n, SPEC_SIZE - n, "%d",
				      spec->width); /* a negative one is the flag and a width */
		spec->width = abs(spec->width);
	}
	if (*at == '.') {
		at++;
		spec->precision = number(&at, args);
		if (spec->precision >= 0)
			n += (size_t)snprintf(spec->text + n, SPEC_SIZE - n, ".%d", spec->precision);
	}
	for (unsigned i = 0; i < 2 && *at && strchr("hljztL", *at); i++)
		spec->length[i] = *at++;
	spec->letter = *at++;
	snprintf(spec->text + n, SPEC_SIZE - n, "%s%c", spec->length, spec->letter);
	return at;
}

static void put_blanks(struct buf *out, size_t n)
{
	while (n--)
		buf_putc(out, ' ');
}

static void put_string(struct buf *out, const struct spec *spec, const char *text)
{
	size_t width = spec->width < 0 ? 0 : (size_t)spec->width, columns;
	struct buf shown = {0};

	columns = shown_add_cut(&shown, SHOWN_NAME, text ? text : "", text ? strlen(text) : 0,
				spec->precision < 0 ? SIZE_MAX : (size_t)spec->precision);
	if (!spec->is_left && columns < width)
		put_blanks(out, width - columns);
	buf_add(out, shown.data, shown.size);
	if (spec->is_left && columns < width)
		put_blanks(out, width - columns);
	buf_free(&shown);
}

static void put_char(struct buf *out, const struct spec *spec, char c)
{
	char text[2] = {c, '\0'};

	put_string(out, spec, text);
}

static void put_integer(struct buf *out, const struct spec *spec, va_list *args)
{
	if (!strcmp(spec->length, "l"))
		buf_printf(out, spec->text, va_arg(*args, long));
	else if (!strcmp(spec->length, "ll"))
		buf_printf(out, spec->text, va_arg(*args, long long));
	else if (!strcmp(spec->length, "z") || !strcmp(spec->length, "t"))
		buf_printf(out, spec->text, va_arg(*args, size_t));
	else if (!strcmp(spec->length, "j"))
		buf_printf(out, spec->text, va_arg(*args, intmax_t));
	else
		buf_printf(out, spec->text, va_arg(*args, int));
}

static void put_value(struct buf *out, const struct spec *spec, va_list *args)
{
	switch (spec->letter) {
	case '%':
		buf_putc(out, '%');
		break;
	case 's':
		put_string(out, spec, va_arg(*args, const char *));
		break;
	case 'c':
		put_char(out, spec, (char)va_arg(*args, int));
		break;
	case 'd':
	case 'i':
	case 'u':
	case 'x':
	case 'X':
	case 'o':
		put_integer(out, spec, args);
		break;
	case 'e':
	case 'f':
	case 'g':
		buf_printf(out, spec->text, va_arg(*args, double));
		break;
	default:
		assert(!"a conversion that shown_printf() does not have");
	}
}

void shown_vprintf(struct shown *out, const char *format, va_list args)
{
	const char *percent;
	struct spec spec;
	va_list values; /* a copy, as only its own type can be pointed to */

	va_copy(values, args);
	while ((percent = strchr(format, '%'))) {
		buf_add(&out->buf, format, (size_t)(percent - format));
		format = take_spec(percent + 1, &spec, &values);
		put_value(&out->buf, &spec, &values);
	}
	buf_puts(&out->buf, format);
	va_end(values);
}

void shown_printf(struct shown *out, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	shown_vprintf(out, format, args);
	va_end(args);
}

/* --- What is no format --- */

void shown_text(struct shown *out, enum shown_form form, const char *text, size_t size)
{
	shown_add(&out->buf, form, text, size);
}

void shown_name(struct shown *out, const char *name)
{
	shown_add(&out->buf, SHOWN_NAME, name, strlen(name));
}

void shown_quoted(struct shown *out, enum shown_form form, const char *text, size_t size)
{
	shown_add_quoted(&out->buf, form, text, size);
}

void shown_literal(struct shown *out, const char *text, size_t size)
{
	buf_add(&out->buf, text, size);
}

void shown_join(struct shown *out, const struct shown *more)
{
	buf_add(&out->buf, more->buf.data, more->buf.size);
}

void shown_bytes(struct shown *out, const void *data, size_t size)
{
	buf_add(&out->buf, data, size);
}

void shown_putc(struct shown *out, char c)
{
	buf_putc(&out->buf, c);
}

void shown_clear(struct shown *out)
{
	buf_clear(&out->buf);
}

void shown_free(struct shown *out)
{
	buf_free(&out->buf);
}

/* --- JSON --- */

/* Of a string that json-c has printed, behind the quote: where it ends, and what it was. */
static const char *read_string(const char *at, struct buf *out)
{
	static const char letters[] = "bfnrt", meant[] = "\b\f\n\r\t";
	const char *found;

	for (; *at != '"'; at++) {
		if (*at != '\\') {
			buf_putc(out, *at);
			continue;
		}
		at++;
		found = strchr(letters, *at);
		if (*at == 'u') { /* json-c writes control characters so, and nothing else */
			buf_putc(out, (char)strtoul((char[]){at[1], at[2], at[3], at[4], '\0'}, NULL, 16));
			at += 4;
		} else {
			buf_putc(out, found ? meant[found - letters] : *at);
		}
	}
	return at + 1;
}

void shown_json(struct shown *out, struct json_object *object, int flags)
{
	size_t all;
	const char *at = json_object_to_json_string_length(object, flags, &all), *end, *quote;
	struct buf text = {0};

	if (!at) /* json-c has no other failure than running out of memory */
		memory_end();
	end = at + all;
	while ((quote = strchr(at, '"'))) {
		size_t size = shown_simple_size(quote + 1, (size_t)(end - quote - 1));

		if (quote[1 + size] == '"') { /* the whole string, as most are */
			buf_add(&out->buf, at, (size_t)(quote - at) + size + 2);
			at = quote + size + 2;
			continue;
		}
		buf_add(&out->buf, at, (size_t)(quote - at));
		buf_clear(&text);
		at = read_string(quote + 1, &text);
		shown_add(&out->buf, SHOWN_JSON, text.data ? text.data : "", text.size);
	}
	buf_puts(&out->buf, at);
	buf_free(&text);
}

/* --- Streams --- */

static bool write_all(FILE *to, const char *data, size_t size)
{
	return !size || fwrite(data, 1, size, to) == size;
}

/* Whether standard output could be written is asked at the end. */
void say_shown(FILE *to, struct shown *text)
{
	write_all(to, text->buf.data, text->buf.size);
	shown_free(text);
}

void say(FILE *to, const char *format, ...)
{
	struct shown text = {0};
	va_list args;

	va_start(args, format);
	shown_vprintf(&text, format, args);
	va_end(args);
	say_shown(to, &text);
}

void say_lines(FILE *to, const char *text)
{
	struct shown lines = {0};

	shown_text(&lines, SHOWN_SOURCE, text, strlen(text));
	say_shown(to, &lines);
}

void say_json(FILE *to, struct json_object *object, int flags)
{
	struct shown text = {0};

	shown_json(&text, object, flags);
	shown_putc(&text, '\n');
	say_shown(to, &text);
}

bool say_is_seen(FILE *to)
{
	return isatty(fileno(to));
}

bool say_content(FILE *to, const char *text, size_t size)
{
	struct shown content = {0};
	bool is_written;

	shown_text(&content, say_is_seen(to) ? SHOWN_SOURCE : SHOWN_BYTES, text, size);
	is_written = write_all(to, content.buf.data, content.buf.size) && !fflush(to);
	shown_free(&content);
	return is_written;
}
