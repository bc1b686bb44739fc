/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Probe descriptions: up to four fields between colons, the last of them the probe's name. A backslash takes the next
 * character literally, as in globs, so that `PrimaryLogPG\:\:do_op` is one field. $name and $1 are replaced inside
 * fields.
 */
#include "ast/lex.h"

#include <stdlib.h>
#include <string.h>

enum { FIELDS_MAX = 4 };

struct field {
	size_t from, to;
};

bool lex_is_desc_char(int c)
{
	return lex_is_word_char(c) || (c > 0 && strchr("-.*?[]!\\$`():+~<>@&", c)) || c >= 0x80;
}

/* The size of one description character at pos, 2 for a quoted one; 0: none. */
static size_t desc_char_size(const struct lex *lex, size_t pos)
{
	int c = lex_peek(lex, pos);

	if (c == '\\') {
		c = lex_peek(lex, pos + 1);
		return c == ' ' || (c > ' ' && c != 0x7f) ? 2 : 0;
	}
	return lex_is_desc_char(c) ? 1 : 0;
}

/* Behind the `)` of a C++ function's parameters, which may hold commas and blanks; or pos, when it is not that. */
static size_t skip_params(const struct lex *lex, size_t pos)
{
	size_t at = pos + 1, depth = 1, size;
	int c;

	for (; depth; at += size) {
		c = lex_peek(lex, at);
		size = c == ',' || c == ' ' ? 1 : desc_char_size(lex, at);
		if (!size)
			return pos;
		depth += c == '(';
		depth -= c == ')';
	}
	return at;
}

/* The size of what stands at pos in a description whose end is known. */
static size_t step(const struct lex *lex, size_t pos)
{
	return lex_peek(lex, pos) == '\\' ? 2 : 1;
}

size_t lex_desc_end(const struct lex *lex, size_t pos)
{
	size_t size;

	while ((size = desc_char_size(lex, pos))) {
		if (lex_peek(lex, pos) == '(' && skip_params(lex, pos) > pos)
			pos = skip_params(lex, pos);
		else
			pos += size;
	}
	return pos;
}

/* Splits at colons; returns how many fields there are, of which at most FIELDS_MAX are in `fields`. */
static size_t split(const struct lex *lex, size_t from, size_t end, struct field *fields)
{
	size_t n = 0, start = from;

	for (size_t pos = from;; pos += step(lex, pos)) {
		if (pos < end && lex_peek(lex, pos) != ':')
			continue;
		if (n < FIELDS_MAX)
			fields[n] = (struct field){start, pos};
		n++;
		start = pos + 1;
		if (pos >= end)
			return n;
	}
}

/* The text of a field; NULL: reported. */
static const char *field_text(struct lex *lex, const struct field *field)
{
	const char *text = lex->source->text, *value, *result;
	size_t pos = field->from, start = pos, end;
	struct buf out = {0};

	if (!memchr(text + pos, '$', field->to - pos))
		return arena_strndup(lex->arena, text + pos, field->to - pos);
	while (pos < field->to) {
		if (lex_peek(lex, pos) != '$') {
			pos += step(lex, pos);
			continue;
		}
		buf_add(&out, text + start, pos - start);
		value = lex_macro_text(lex, pos, &end);
		if (!value) {
			buf_free(&out);
			return NULL;
		}
		buf_puts(&out, value);
		start = pos = end;
	}
	buf_add(&out, text + start, pos - start);
	result = arena_strndup(lex->arena, out.data, out.size);
	buf_free(&out);
	return result;
}

/* Is there a bracket that opens a set and none that closes it? */
static bool has_open_set(const char *text)
{
	for (; *text; text++) {
		if (*text == '\\' && text[1]) {
			text++;
		} else if (*text == '[') {
			text = strchr(text + 1 + (text[1] == ']'), ']');
			if (!text)
				return true;
		}
	}
	return false;
}

static bool check_field(struct lex *lex, const char *text, struct loc loc)
{
	struct diag *diag;

	if (!text)
		return false;
	if (!has_open_set(text))
		return true;
	diag = diag_error(lex->diags, loc, "D_PDESC_INVAL", "`[` begins a set of characters, and `]` does not end it");
	diag_hint(lex->diags, diag, "write \\[ for the character itself");
	return false;
}

/* A description that is one number names a probe by its id. */
static bool is_number(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0';
}

static bool take_id(struct lex *lex, struct probe_desc *desc, struct loc loc)
{
	char *text = (char *)desc->name;
	size_t zeros = strspn(text, "0");

	if (strlen(text + zeros) > 9 || !text[zeros]) {
		diag_error(lex->diags, loc, "D_PDESC_INVAL", "`%.40s` is no probe's id: ids begin at 1", text);
		return false;
	}
	desc->id = (unsigned)strtoul(text, NULL, 10);
	desc->name = "";
	return true;
}

static void too_many(struct lex *lex, struct loc loc)
{
	struct diag *diag = diag_error(lex->diags, loc, "D_PDESC_INVAL",
				       "a probe has four fields, provider:module:function:name: here are more");

	diag_hint(lex->diags, diag, "a colon inside a field, as in C++ names, is written \\:");
}

/*
 * `pid$target:ceph-osd:PrimaryLogPG::do_op:entry` has a colon too many, as people write C++: what is between the second
 * colon and the last one is the function, when all the others in it come in pairs.
 */
static bool join_function(const struct lex *lex, size_t from, size_t end, struct field *fields)
{
	size_t colons[2] = {0, 0}, last = from, n = 0, pos;

	for (pos = from; pos < end; pos += step(lex, pos)) {
		if (lex_peek(lex, pos) != ':')
			continue;
		if (n < 2)
			colons[n++] = pos;
		last = pos;
	}
	for (pos = colons[1] + 1; pos < last; pos += step(lex, pos)) {
		if (lex_peek(lex, pos) != ':')
			continue;
		if (++pos >= last || lex_peek(lex, pos) != ':')
			return false;
	}
	fields[0] = (struct field){from, colons[0]};
	fields[1] = (struct field){colons[0] + 1, colons[1]};
	fields[2] = (struct field){colons[1] + 1, last};
	fields[3] = (struct field){last + 1, end};
	return true;
}

bool lex_desc(struct lex *lex, struct probe_desc *desc, struct loc *loc)
{
	struct field fields[FIELDS_MAX];
	size_t from = lex->pos, end = lex_desc_end(lex, from), n;
	const char *text[FIELDS_MAX] = {"", "", "", ""};

	lex->pos = end;
	*loc = lex_loc(lex, from, end);
	n = split(lex, from, end, fields);
	if (n > FIELDS_MAX && join_function(lex, from, end, fields))
		n = FIELDS_MAX;
	if (n > FIELDS_MAX) {
		too_many(lex, *loc);
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		text[FIELDS_MAX - n + i] = field_text(lex, &fields[i]);
		if (!check_field(lex, text[FIELDS_MAX - n + i], *loc))
			return false;
	}
	*desc = (struct probe_desc){.prov = text[0], .mod = text[1], .func = text[2], .name = text[3]};
	return n > 1 || !is_number(desc->name) || take_id(lex, desc, *loc);
}
