/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/shown.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "lib/shown_private.h"
#include "lib/utf8.h"

/* What may stand in a text as it is, besides characters that can be seen. */
struct form {
	const char *stays; /* of the control characters */
	bool is_source;	   /* its backslashes are its own */
	bool has_native;   /* has escapes of its own for characters: only bytes that are none are shown by ours */
	bool (*is_syntax)(const char *text,
			  size_t size); /* the format would take the first character for its own; NULL: none */
	void (*quote)(const char *text, size_t size,
		      struct buf *out); /* what is shown becomes the format's string; NULL: it is one */
};

static bool stays(const struct form *form, const struct unit *unit)
{
	return unit->code && unit->code < ' ' && strchr(form->stays, (int)unit->code);
}

/* A mark without a character before it would be drawn onto something of ours. */
static bool is_plain(const struct form *form, const struct unit *unit, bool has_base, const char *text, size_t size)
{
	if (unit->is_byte || (form->is_syntax && form->is_syntax(text, size)))
		return false;
	return unit->columns > 0 || (!unit->columns && has_base) || stays(form, unit);
}

/* --- Backslashes --- */

/* Behind a backslash: what comes is an escape, or would be taken for one. */
static bool reads_as_escape(const struct form *form, const char *text, size_t size)
{
	struct unit unit;

	if (!size)
		return false;
	unit = shown_unit(text, size);
	if (form->has_native ? unit.is_byte : !is_plain(form, &unit, true, text, size))
		return true;
	if (!shown_unescape(text, size, &unit))
		return false;
	return form->has_native ? unit.is_byte : !stays(form, &unit);
}

/* How many times each backslash of the run at `text` is written; `run` is how many there are. */
static unsigned times_of_run(const struct form *form, const char *text, size_t size, size_t *run)
{
	*run = 0;
	while (*run < size && text[*run] == '\\')
		++*run;
	return !form->is_source && reads_as_escape(form, text + *run, size - *run) ? 2 : 1;
}

/* --- Text --- */

struct visible {
	struct buf *out;
	size_t columns, max; /* what does not fit as a whole is left out, with what follows */
	bool is_full;
};

/* Of a character a column. */
static void put_simple(struct visible *visible, const char *text, size_t size)
{
	size_t room = visible->max - visible->columns, fits = size < room ? size : room;

	buf_add(visible->out, text, fits);
	visible->columns += fits;
	visible->is_full = fits < size;
}

static void put(struct visible *visible, const char *text, size_t size, size_t columns)
{
	if (visible->columns + columns > visible->max)
		visible->is_full = true;
	if (visible->is_full)
		return;
	visible->columns += columns;
	buf_add(visible->out, text, size);
}

static size_t put_backslashes(struct visible *visible, const struct form *form, const char *text, size_t size)
{
	size_t run;
	unsigned times = times_of_run(form, text, size, &run);

	for (size_t i = 0; i < run; i++)
		put(visible, "\\\\", times, times);
	return run;
}

static size_t put_unit(struct visible *visible, const struct form *form, const char *text, size_t size, bool *has_base)
{
	struct unit unit = shown_unit(text, size);
	char escaped[SHOWN_ESCAPE_SIZE];

	if (is_plain(form, &unit, *has_base, text, size)) {
		put(visible, text, unit.size, unit.columns > 0 ? (size_t)unit.columns : 0);
		*has_base = unit.columns >= 0;
	} else {
		shown_escape(&unit, escaped);
		put(visible, escaped, strlen(escaped), strlen(escaped));
		*has_base = false;
	}
	return unit.size;
}

/* Returns the columns. */
static size_t put_visible(const struct form *form, const char *text, size_t size, size_t max, struct buf *out)
{
	struct visible visible = {.out = out, .max = max};
	bool has_base = false;
	size_t n;

	for (size_t i = 0; i < size && !visible.is_full; i += n) {
		n = form->is_syntax ? 0 : shown_simple_size(text + i, size - i);
		if (n)
			put_simple(&visible, text + i, n);
		else if (text[i] == '\\')
			n = put_backslashes(&visible, form, text + i, size - i);
		else {
			n = put_unit(&visible, form, text + i, size - i, &has_base);
			continue;
		}
		has_base = true;
	}
	return visible.columns;
}

/* --- JSON --- */

static void put_json_code(uint32_t code, struct buf *out)
{
	if (code >= 0x10000)
		buf_printf(out, "\\u%04x\\u%04x", 0xd800 + ((code - 0x10000) >> 10), 0xdc00 + (code & 0x3ff));
	else
		buf_printf(out, "\\u%04x", code);
}

static void put_json_unit(const struct form *form, const struct unit *unit, const char *text, struct buf *out)
{
	if (unit->is_byte)
		buf_printf(out, "\\\\%03o", unit->code);
	else if (unit->code == '"' || unit->code == '\\')
		buf_printf(out, "\\%c", (char)unit->code);
	else if (is_plain(form, unit, true, text, unit->size))
		buf_add(out, text, unit->size);
	else
		put_json_code(unit->code, out);
}

static void put_json(const struct form *form, const char *text, size_t size, struct buf *out)
{
	size_t n;

	buf_putc(out, '"');
	for (size_t i = 0; i < size; i += n) {
		struct unit unit;
		unsigned times = 1;

		n = form->is_syntax ? 0 : shown_simple_size(text + i, size - i);
		buf_add(out, text + i, n);
		if (n)
			continue;
		unit = shown_unit(text + i, size - i);
		n = unit.size;
		if (text[i] == '\\')
			times = times_of_run(form, text + i, size - i, &n);
		for (size_t j = 0; j < n * times; j += unit.size)
			put_json_unit(form, &unit, text + i, out);
	}
	buf_putc(out, '"');
}

/* --- Forms --- */

static bool is_folded_syntax(const char *text, size_t size)
{
	size_t n = 1;

	if (text[0] != ' ')
		return text[0] == ';';
	while (n < size && ((text[n] >= '0' && text[n] <= '9') || text[n] == '.'))
		n++;
	return n == size;
}

static bool is_page_syntax(const char *text, size_t size)
{
	(void)size;
	return strchr("<>&'", text[0]) && text[0];
}

static void quote_csv(const char *text, size_t size, struct buf *out)
{
	bool is_plain_field = true;

	for (size_t i = 0; i < size; i++)
		is_plain_field &= text[i] != ',' && text[i] != '"' && text[i] != '\n' && text[i] != '\r';
	if (is_plain_field) {
		buf_add(out, text, size);
		return;
	}
	buf_putc(out, '"');
	for (size_t i = 0; i < size; i++) {
		if (text[i] == '"')
			buf_putc(out, '"');
		buf_putc(out, text[i]);
	}
	buf_putc(out, '"');
}

static void quote_c(const char *text, size_t size, struct buf *out)
{
	for (size_t i = 0; i < size; i++) {
		if (text[i] == '"' || text[i] == '\\' || text[i] == '\n')
			buf_putc(out, '\\');
		buf_putc(out, text[i] == '\n' ? 'n' : text[i]);
	}
}

static void quote_page(const char *text, size_t size, struct buf *out)
{
	static const struct form page = {
		.stays = "", .is_source = true, .has_native = true, .is_syntax = is_page_syntax};

	put_json(&page, text, size, out);
}

static void quote_word(const char *text, size_t size, struct buf *out)
{
	bool is_word = size > 0;

	for (size_t i = 0; i < size && is_word; i++)
		is_word = isalnum((unsigned char)text[i]) || (text[i] && strchr("%+,-./:=@_", text[i]));
	if (is_word) {
		buf_add(out, text, size);
		return;
	}
	buf_putc(out, '\'');
	for (size_t i = 0; i < size; i++) {
		if (text[i] == '\'')
			buf_puts(out, "'\\'");
		buf_putc(out, text[i]);
	}
	buf_putc(out, '\'');
}

static const struct form forms[SHOWN_FORMS] = {
	[SHOWN_NAME] = {.stays = ""},
	[SHOWN_SENTENCE] = {.stays = "", .is_source = true},
	[SHOWN_LINES] = {.stays = "\n\t"},
	[SHOWN_SOURCE] = {.stays = "\n\t", .is_source = true},
	[SHOWN_FOLDED] = {.stays = "", .is_syntax = is_folded_syntax},
	[SHOWN_QUOTED] = {.stays = "\n\t", .quote = quote_c},
	[SHOWN_CSV] = {.stays = "\n\t\r", .quote = quote_csv},
	[SHOWN_CSV_LINE] = {.stays = "", .quote = quote_csv},
	[SHOWN_JSON] = {.stays = "", .has_native = true},
	[SHOWN_PAGE] = {.stays = "", .quote = quote_page},
	[SHOWN_WORD] = {.stays = "", .quote = quote_word},
};

void shown_add_quoted(struct buf *out, enum shown_form form, const char *text, size_t size)
{
	if (forms[form].quote)
		forms[form].quote(text, size, out);
	else
		buf_add(out, text, size);
}

void shown_add(struct buf *out, enum shown_form form, const char *text, size_t size)
{
	struct buf visible = {0};

	if (form == SHOWN_BYTES) {
		buf_add(out, text, size);
	} else if (forms[form].has_native) {
		put_json(&forms[form], text, size, out);
	} else if (!forms[form].quote) {
		put_visible(&forms[form], text, size, SIZE_MAX, out);
	} else {
		put_visible(&forms[form], text, size, SIZE_MAX, &visible);
		shown_add_quoted(out, form, visible.size ? visible.data : "", visible.size);
		buf_free(&visible);
	}
}

size_t shown_add_cut(struct buf *out, enum shown_form form, const char *text, size_t size, size_t columns)
{
	return put_visible(&forms[form], text, size, columns, out);
}

void shown_add_end(struct buf *out, const char *text, size_t size, size_t columns, char mark)
{
	struct buf all = {0};
	size_t width = shown_add_cut(&all, SHOWN_NAME, text, size, SIZE_MAX);
	bool is_cut = columns && width > columns;

	while (size && width > columns - is_cut) {
		size_t n = shown_unit(text, size).size;

		text += n;
		size -= n;
		buf_clear(&all);
		width = shown_add_cut(&all, SHOWN_NAME, text, size, SIZE_MAX);
	}
	if (is_cut)
		buf_putc(out, mark);
	buf_add(out, all.data, all.size);
	buf_free(&all);
}

size_t shown_columns(const char *text, size_t size)
{
	size_t columns = 0, n;

	for (size_t i = 0; i < size; i += n) {
		struct unit unit;

		n = shown_simple_size(text + i, size - i);
		columns += n;
		if (n)
			continue;
		unit = shown_unit(text + i, size - i);
		n = unit.size;
		columns += unit.columns < 0 ? 1 : (size_t)unit.columns;
	}
	return columns;
}

size_t shown_plain_size(const char *text, size_t size)
{
	struct unit unit = {0};

	if (size)
		unit = shown_unit(text, size);
	return unit.columns > 0 ? unit.size : 0;
}
