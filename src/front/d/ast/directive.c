/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lines that begin with #: `#!` of a script file, `#pragma D ...`, and the #line that a preprocessor leaves. Anything
 * else is for a preprocessor, which this tool does not have.
 */
#include "front/d/ast/lex.h"

#include <string.h>

/* A cursor in one line. */
struct line {
	struct lex *lex;
	size_t from, pos, end;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

static void line_skip(struct line *line)
{
	const char *text = line->lex->source->text;

	while (line->pos < line->end && is_blank(text[line->pos]))
		line->pos++;
	if (line->end - line->pos >= 2 && text[line->pos] == '/' && text[line->pos + 1] == '*')
		line->end = line->lex->pos = line->pos; /* a comment may go on behind this line: lex_skip reads it */
}

/* The next run without blanks, or a string in quotes; "" at the end of the line. */
static const char *line_word(struct line *line, struct loc *loc, char stop)
{
	const char *text = line->lex->source->text;
	size_t from;
	bool quoted;

	line_skip(line);
	from = line->pos;
	quoted = from < line->end && text[from] == '"';
	if (quoted) {
		for (line->pos++; line->pos < line->end && text[line->pos] != '"';)
			line->pos++;
		*loc = lex_loc(line->lex, from, line->pos < line->end ? line->pos + 1 : line->end);
		line->pos += line->pos < line->end;
		return arena_strndup(line->lex->arena, text + from + 1, loc->size - (loc->size > 1 ? 2 : 1));
	}
	while (line->pos < line->end && !is_blank(text[line->pos]) && text[line->pos] != stop)
		line->pos++;
	*loc = lex_loc(line->lex, from, line->pos);
	return arena_strndup(line->lex->arena, text + from, line->pos - from);
}

static void pragma_option(struct line *line, struct loc loc)
{
	struct lex *lex = line->lex;
	struct pragma *pragma = arena_new_one(lex->arena, struct pragma);
	struct loc value_loc;

	pragma->name = line_word(line, &pragma->loc, '=');
	line_skip(line);
	if (line->pos < line->end && lex->source->text[line->pos] == '=') {
		line->pos++;
		pragma->value = line_word(line, &value_loc, '\0');
		pragma->loc = loc_span(pragma->loc, value_loc);
	}
	line_skip(line);
	if (!*pragma->name || (pragma->value && !*pragma->value)) {
		diag_error(lex->diags, loc, "D_PRAGMA_MALFORM",
			   "expected `#pragma D option name` or `#pragma D option name=value`");
	} else if (line->pos < line->end) {
		diag_error(lex->diags, lex_loc(lex, line->pos, line->end), "D_PRAGMA_MALFORM",
			   "one option per line: nothing may follow it");
	} else {
		*lex->pragma_tail = pragma;
		lex->pragma_tail = &pragma->next;
	}
}

static void directive_error(struct line *line, struct loc loc)
{
	struct lex *lex = line->lex;

	line_skip(line);
	diag_error(lex->diags, loc, "D_PRAGERR", "#error: %.*s", (int)(line->end - line->pos),
		   lex->source->text + line->pos);
}

static void directive_pragma(struct line *line)
{
	struct lex *lex = line->lex;
	struct loc loc = {0}, of_loc;
	const char *of = line_word(line, &of_loc, '\0'), *what;

	if (!strcmp(of, "ident")) /* a version string for the object file; there is none */
		return;
	if (!strcmp(of, "error")) {
		directive_error(line, of_loc);
		return;
	}
	what = strcmp(of, "D") ? "" : line_word(line, &loc, '\0');
	if (!strcmp(what, "option"))
		pragma_option(line, loc);
	else if (!strcmp(what, "error"))
		directive_error(line, loc);
	else if (!strcmp(what, "attributes") || !strcmp(what, "binding") || !strcmp(what, "depends_on"))
		diag_warning(lex->diags, loc, "D_PRAGMA_UNUSED", "#pragma D %s changes nothing here", what);
	else if (*what)
		diag_error(lex->diags, loc, "D_PRAGMA_INVAL", "there is no #pragma D %s", what);
	else if (!strcmp(of, "D"))
		diag_error(lex->diags, of_loc, "D_PRAGMA_MALFORM", "expected `option` after #pragma D");
	else
		/* As a C compiler, DTrace passes over pragmas that it does not know. */
		diag_hint(lex->diags,
			  diag_warning(lex->diags, of_loc, "D_PRAGMA_UNUSED", "this #pragma changes nothing: it has no `D`"),
			  "options are set with #pragma D option name=value");
}

static void directive_other(struct line *line, const char *name, struct loc loc)
{
	struct lex *lex = line->lex;
	struct diag *diag;

	if (!strcmp(name, "error")) {
		directive_error(line, loc);
		return;
	}
	diag = diag_error(lex->diags, loc, "D_PRAGCTL_INVAL", "#%s is for a preprocessor, and scripts are not preprocessed",
			  name);
	if (!strcmp(name, "define"))
		diag_hint(lex->diags, diag, "write `inline int NAME = value;` for a constant");
	else
		diag_hint(lex->diags, diag, "run `cpp -P` over the script first: there is no -C");
}

static size_t directive_end(const struct lex *lex)
{
	const char *text = lex->source->text;
	size_t pos = lex->pos;

	for (;;) {
		const char *newline = memchr(text + pos, '\n', lex->source->size - pos);

		if (!newline)
			return lex->source->size;
		pos = (size_t)(newline - text);
		if (newline > text && newline[-1] != '\\')
			return pos;
		if (pos + 1 >= lex->source->size)
			return pos;
		pos++;
	}
}

void lex_directive(struct lex *lex)
{
	struct line line = {lex, lex->pos, lex->pos + 1, directive_end(lex)};
	const char *name;
	struct loc loc;

	lex->pos = line.end;
	if (line.from == 0 && line.end > 1 && lex->source->text[1] == '!')
		return;
	name = line_word(&line, &loc, '\0');
	loc = loc_span(lex_loc(lex, line.from, line.from + 1), loc);
	if (!lex->script)
		diag_error(lex->diags, loc, "D_SYNTAX", "no directive is expected here");
	else if (!strcmp(name, "pragma"))
		directive_pragma(&line);
	else if (*name && strcmp(name, "line") != 0 && strcmp(name, "ident") != 0 && (*name < '0' || *name > '9'))
		directive_other(&line, name, loc);
}
