/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lines that begin with #: `#!` of a script file, `#pragma D ...`, and the #line that a preprocessor leaves. Anything
 * else is for a preprocessor, which this tool does not have.
 */
#include "front/d/ast/lex.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

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

static void add_pragma(struct lex *lex, const struct pragma *pragma)
{
	*lex->pragma_tail = arena_memdup(lex->arena, pragma, sizeof(*pragma));
	lex->pragma_tail = &(*lex->pragma_tail)->next;
}

static void malformed(struct line *line, struct loc loc, const char *form)
{
	diag_error(line->lex->diags, loc, "D_PRAGMA_MALFORM", "expected `#pragma D %s`", form);
}

static bool is_one_of(const char *word, const char *const *words)
{
	while (*words && strcasecmp(*words, word))
		words++;
	return *words;
}

/* Name/Data/Class, as in Stable/Evolving/Common. */
static bool is_attributes(const char *text)
{
	static const char *const stabilities[] = {"Internal", "Private", "Obsolete", "External", "Unstable",
						  "Evolving", "Stable",	 "Standard", NULL};
	static const char *const classes[] = {"Unknown", "CPU", "Platform", "Group", "ISA", "Common", NULL};
	char parts[3][16];
	int end = 0;

	return sscanf(text, "%15[^/]/%15[^/]/%15[^/]%n", parts[0], parts[1], parts[2], &end) == 3 && !text[end] &&
	       is_one_of(parts[0], stabilities) && is_one_of(parts[1], stabilities) && is_one_of(parts[2], classes);
}

/* #pragma D attributes Stable/Stable/Common name, or ... provider name part */
static void pragma_attributes(struct line *line, struct loc loc)
{
	static const char *const parts[] = {"provider", "module", "function", "name", "args", NULL};
	struct pragma pragma = {.kind = PRAGMA_ATTRIBUTES, .loc = loc};
	struct loc word;
	const char *part;

	pragma.value = line_word(line, &word, '\0');
	pragma.name = line_word(line, &word, '\0');
	if (!*pragma.name) {
		malformed(line, loc, "attributes NAME/DATA/CLASS name");
		return;
	}
	if (!strcmp(pragma.name, "provider")) {
		pragma.of = line_word(line, &word, '\0');
		part = line_word(line, &word, '\0');
		if (!*part) {
			malformed(line, loc, "attributes NAME/DATA/CLASS provider name part");
			return;
		}
		pragma.name = is_one_of(part, parts) ? part : NULL;
	}
	if (!is_attributes(pragma.value))
		diag_error(line->lex->diags, loc, "D_PRAGMA_INVAL",
			   "`%s` are no attributes: they are as in Stable/Evolving/Common", pragma.value);
	else
		add_pragma(line->lex, &pragma);
}

/* 1.2 or 1.2.3 */
static bool is_version(const char *text)
{
	unsigned a, b, c;
	int end = 0;

	if (sscanf(text, "%u.%u.%u%n", &a, &b, &c, &end) == 3 && !text[end])
		return true;
	end = 0;
	return sscanf(text, "%u.%u%n", &a, &b, &end) == 2 && !text[end];
}

/* #pragma D binding "1.2" name */
static void pragma_binding(struct line *line, struct loc loc)
{
	struct pragma pragma = {.kind = PRAGMA_BINDING, .loc = loc};
	struct loc word;
	bool is_quoted;

	line_skip(line);
	is_quoted = line->pos < line->end && line->lex->source->text[line->pos] == '"';
	pragma.value = line_word(line, &word, '\0');
	pragma.name = line_word(line, &word, '\0');
	if (!is_quoted || !*pragma.name)
		malformed(line, loc, "binding \"VERSION\" name");
	else if (!is_version(pragma.value))
		diag_error(line->lex->diags, loc, "D_PRAGMA_INVAL", "`%s` is no version: it is as in \"1.2\"",
			   pragma.value);
	else
		add_pragma(line->lex, &pragma);
}

/* #pragma D depends_on provider name */
static void pragma_depends_on(struct line *line, struct loc loc)
{
	static const char *const classes[] = {"provider", "module", "library", NULL};
	struct pragma pragma = {.kind = PRAGMA_DEPENDS_ON, .loc = loc};
	struct loc word;

	pragma.of = line_word(line, &word, '\0');
	pragma.name = line_word(line, &word, '\0');
	if (!*pragma.name)
		malformed(line, loc, "depends_on CLASS name");
	else if (!is_one_of(pragma.of, classes))
		diag_error(line->lex->diags, loc, "D_PRAGMA_INVAL",
			   "a script depends on a provider, a module or a library, not on a `%s`", pragma.of);
	else
		add_pragma(line->lex, &pragma);
}

static void directive_error(struct line *line, struct loc loc)
{
	struct lex *lex = line->lex;

	line_skip(line);
	diag_error(lex->diags, loc, "D_PRAGERR", "#error: %.*s", (int)(line->end - line->pos),
		   lex->source->text + line->pos);
}

/* #line 12 "file", # 12 "file" 1: loc_position() minds it; here only its form is looked at. */
static void directive_line(struct line *line, struct loc loc)
{
	const char *text = line->lex->source->text;
	struct loc word;
	const char *number = line_word(line, &word, '\0'), *state;
	bool is_quoted, ok = *number && !number[strspn(number, "0123456789")];

	line_skip(line);
	is_quoted = line->pos < line->end && text[line->pos] == '"';
	if (line->pos < line->end) {
		line_word(line, &word, '\0');
		ok = ok && is_quoted;
	}
	while (ok && *(state = line_word(line, &word, '\0')))
		ok = !state[strspn(state, "0123456789")];
	if (!ok)
		diag_error(line->lex->diags, loc, "D_PRAGMA_MALFORM", "expected `#line NUMBER \"file\"`");
}

static void directive_pragma(struct line *line)
{
	struct lex *lex = line->lex;
	struct loc loc = {0}, of_loc;
	const char *of = line_word(line, &of_loc, '\0'), *what;

	if (!strcmp(of, "ident")) /* a version string for the object file; there is none */
		return;
	if (!strcmp(of, "line")) {
		directive_line(line, of_loc);
		return;
	}
	if (!strcmp(of, "error")) {
		directive_error(line, of_loc);
		return;
	}
	what = strcmp(of, "D") ? "" : line_word(line, &loc, '\0');
	if (!strcmp(what, "option"))
		pragma_option(line, loc);
	else if (!strcmp(what, "error"))
		directive_error(line, loc);
	else if (!strcmp(what, "attributes"))
		pragma_attributes(line, loc);
	else if (!strcmp(what, "binding"))
		pragma_binding(line, loc);
	else if (!strcmp(what, "depends_on"))
		pragma_depends_on(line, loc);
	else if (!strcmp(what, "line"))
		directive_line(line, loc);
	else if (*what && strcmp(what, "ident") != 0)
		diag_error(lex->diags, loc, "D_PRAGMA_INVAL", "there is no #pragma D %s", what);
	else if (!*what && strcmp(of, "D") != 0 && *of)
		/* As a C compiler, DTrace passes over pragmas that it does not know. */
		diag_hint(lex->diags,
			  diag_warning(lex->diags, of_loc, "D_PRAGMA_UNUSED",
				       "this #pragma changes nothing: it has no `D`"),
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
	diag = diag_error(lex->diags, loc, "D_PRAGCTL_INVAL",
			  "#%s is for a preprocessor, and scripts are not preprocessed", name);
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
	else if (!strcmp(name, "line"))
		directive_line(&line, loc);
	else if (*name >= '0' && *name <= '9')
		directive_line(&(struct line){lex, line.from, line.from + 1, line.end}, loc);
	else if (*name && strcmp(name, "ident") != 0)
		directive_other(&line, name, loc);
}
