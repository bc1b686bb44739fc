/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Probe descriptions: up to four fields between colons, the last of them the probe's name. A backslash takes the next
 * character literally, as in globs, so that `PrimaryLogPG\:\:do_op` is one field. $name and $1 are replaced inside
 * fields. Functions' names may have brackets with blanks, commas and colons in them, and the signs of operators.
 */
#include "front/d/ast/lex.h"

#include <stdlib.h>
#include <string.h>

#include "lib/name_normal.h"

enum { FIELDS_MAX = 4, NESTING_MAX = 64 };

struct desc_part {
	size_t from, to;
};

bool lex_is_desc_char(int c)
{
	return lex_is_word_char(c) || (c > 0 && strchr("-.*?[]!\\$`():+~<>@&", c)) || c >= 0x80;
}

/* ---- items: characters, and what C++, Rust and Go have in names ---- */

static size_t item_size(const struct lex *lex, size_t pos, unsigned depth);

static bool is_text(const struct lex *lex, size_t pos, const char *text)
{
	size_t size = strlen(text);

	return pos + size <= lex->source->size && !memcmp(lex->source->text + pos, text, size);
}

/* What may stand in brackets besides what may stand outside of them. */
static bool is_inner_char(const struct lex *lex, size_t pos)
{
	int c = lex_peek(lex, pos);

	return c == ',' || (c == ' ' && !is_text(lex, pos, " && ") && !is_text(lex, pos, " < "));
}

/* Behind the bracket that closes the one at pos, on the same line; or pos, when there is none. */
static size_t behind_group(const struct lex *lex, size_t pos, unsigned depth)
{
	int open = lex_peek(lex, pos), close = open == '(' ? ')' : open == '<' ? '>' : open == '[' ? ']' : '}';
	size_t at = pos + 1, size = 1;

	/* What is known not to close is not looked at again: each of many would go through all that follow, again and
	 * again. */
	if (lex->unclosed[pos / 8] >> pos % 8 & 1)
		return pos;
	for (; depth < NESTING_MAX && size; at += size) {
		int c = lex_peek(lex, at);

		if (c == close && !is_text(lex, at - 1, "->"))
			return at + 1;
		size = is_inner_char(lex, at) || (open == '{' && c == '#') || (open == '[' && c == ';')
			       ? 1
			       : item_size(lex, at, depth + 1);
	}
	lex->unclosed[pos / 8] |= (uint8_t)(1 << pos % 8);
	return pos;
}

/* Braces in names: {lambda(int)#1}, {closure#0}, {{closure}}, {unnamed type#1}. The one that opens a clause is none of
 * these. */
static bool is_brace_of_name(const struct lex *lex, size_t pos)
{
	static const char *const words[] = {"{lambda",	 "{closure", "{{closure",    "{{constant",
					    "{constant", "{impl#",   "{unnamed",     "{default arg",
					    "{shim:",	 "{vtable",  "{block_invoke"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (is_text(lex, pos, words[i]))
			return true;
	return false;
}

/* Does the function's part of the description end here, as it must behind signs that mean something else in D? */
static bool ends_function(const struct lex *lex, size_t pos)
{
	return (lex_peek(lex, pos) == ':' && lex_peek(lex, pos + 1) != ':') || lex_peek(lex, pos) == '(' ||
	       lex_peek(lex, pos) == '@';
}

/* operator bool, operator new[], operator std::string: a type stands behind it, up to the colon. */
static size_t conversion_size(const struct lex *lex, size_t pos)
{
	size_t at = pos + strlen("operator"), size;

	while (!ends_function(lex, at)) {
		int c = lex_peek(lex, at);

		if (is_text(lex, at, "::"))
			size = 2;
		else if (c == '<' && behind_group(lex, at, 0) > at)
			size = behind_group(lex, at, 0) - at;
		else
			size = lex_is_word_char(c) || c == ' ' || c == '*' || c == '&' || c == '"' ||
					       is_text(lex, at, "[]")
				       ? 1
				       : 0;
		if (!size)
			return 0;
		at += size;
	}
	return at - pos;
}

/* `operator` with its sign or type; 0: nothing of that kind begins here. */
static size_t operator_size(const struct lex *lex, size_t pos)
{
	size_t size = pos && lex_is_word_char(lex_peek(lex, pos - 1)) ? 0 : name_operator_size(lex->source->text + pos);

	if (size == strlen("operator"))
		return conversion_size(lex, pos);
	return size && (ends_function(lex, pos + size) || !strchr(",/=%^|", lex_peek(lex, pos + strlen("operator"))))
		       ? size
		       : 0;
}

/* get(int) const: what stands behind parameters, up to the colon. */
static size_t qualifiers_size(const struct lex *lex, size_t pos)
{
	static const char *const words[] = {" const", " volatile", " &&", " &", " noexcept"};
	size_t at = pos, i = 0;

	while (i < sizeof(words) / sizeof(words[0]))
		if (is_text(lex, at, words[i])) {
			at += strlen(words[i]);
			i = 0;
		} else {
			i++;
		}
	return ends_function(lex, at) || is_text(lex, at, "::") ? at - pos : 0;
}

/* The size of what a description has at pos: a character, a quoted one, brackets with what is in them; 0: it ends
 * there. */
static size_t item_size(const struct lex *lex, size_t pos, unsigned depth)
{
	int c = lex_peek(lex, pos);
	size_t size;

	switch (c) {
	case '\\':
		c = lex_peek(lex, pos + 1);
		return c == ' ' || (c > ' ' && c != 0x7f) ? 2 : 0;
	case '(':
		size = behind_group(lex, pos, depth) - pos;
		return size ? size + qualifiers_size(lex, pos + size) : 1;
	case '<':
		size = behind_group(lex, pos, depth) - pos;
		return size ? size : 1;
	case '[':
		size = is_text(lex, pos, "[abi:") ? behind_group(lex, pos, depth) - pos : 0;
		return size ? size : 1;
	case '{':
		return is_brace_of_name(lex, pos) || (depth && pos && lex_peek(lex, pos - 1) == '{')
			       ? behind_group(lex, pos, depth) - pos
			       : 0;
	case 'o':
		size = operator_size(lex, pos);
		return size ? size : 1;
	default:
		return lex_is_desc_char(c) ? 1 : 0;
	}
}

size_t lex_desc_end(const struct lex *lex, size_t pos)
{
	size_t size;

	while ((size = item_size(lex, pos, 0)))
		pos += size;
	return pos;
}

/* ---- fields ---- */

/* The size of what stands at pos in a description whose end is known. */
static size_t step(const struct lex *lex, size_t pos)
{
	size_t size = item_size(lex, pos, 0);

	return size ? size : 1;
}

/* Splits at colons; returns how many fields there are, of which at most FIELDS_MAX are in `fields`. */
static size_t split(const struct lex *lex, size_t from, size_t end, struct desc_part *fields)
{
	size_t n = 0, start = from;

	for (size_t pos = from;; pos += step(lex, pos)) {
		if (pos < end && lex_peek(lex, pos) != ':')
			continue;
		if (n < FIELDS_MAX)
			fields[n] = (struct desc_part){start, pos};
		n++;
		start = pos + 1;
		if (pos >= end)
			return n;
	}
}

/* The signs of an operator's name, and what is in [abi:...], mean themselves and not what they mean in a glob. */
static bool stands_for_itself(const struct lex *lex, size_t pos)
{
	int c = lex_peek(lex, pos);

	return (c == 'o' && operator_size(lex, pos)) || (c == '[' && item_size(lex, pos, 0) > 1);
}

static void add_quoted(struct buf *out, const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (strchr("*?[]\\", text[i]))
			buf_putc(out, '\\');
		buf_putc(out, text[i]);
	}
}

/* clang's name for a lambda, $_0, is no macro variable. */
static bool is_macro(const struct lex *lex, size_t pos)
{
	return lex_peek(lex, pos) == '$' && lex_peek(lex, pos + 1) != '_';
}

/* The text of a field; NULL: reported. */
static const char *field_text(struct lex *lex, const struct desc_part *field)
{
	const char *text = lex->source->text, *value, *result;
	size_t pos = field->from, size, end;
	struct buf out = {0};

	for (; pos < field->to; pos += size) {
		size = step(lex, pos);
		if (is_macro(lex, pos)) {
			value = lex_macro_text(lex, pos, &end);
			if (!value) {
				buf_free(&out);
				return NULL;
			}
			buf_puts(&out, value);
			size = end - pos;
		} else if (stands_for_itself(lex, pos)) {
			add_quoted(&out, text + pos, size);
		} else if (size > 2) { /* a group, which may have such things in it */
			buf_add(&out, text + pos, 1);
			size = 1;
		} else {
			buf_add(&out, text + pos, size);
		}
	}
	result = arena_strndup(lex->arena, out.data ? out.data : "", out.size);
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
static bool join_function(const struct lex *lex, size_t from, size_t end, struct desc_part *fields)
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
	fields[0] = (struct desc_part){from, colons[0]};
	fields[1] = (struct desc_part){colons[0] + 1, colons[1]};
	fields[2] = (struct desc_part){colons[1] + 1, last};
	fields[3] = (struct desc_part){last + 1, end};
	return true;
}

bool lex_desc(struct lex *lex, struct probe_desc *desc, struct loc *loc)
{
	struct desc_part fields[FIELDS_MAX];
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
