/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See lex.h. Here: blanks, comments, names and punctuation. */
#include "front/d/ast/lex.h"

#include <string.h>

void lex_init(struct lex *lex, struct arena *arena, const struct source *source, const struct macros *macros,
	      struct diags *diags, struct script *script)
{
	*lex = (struct lex){
		.arena = arena,
		.source = source,
		.macros = macros,
		.diags = diags,
		.script = script,
		.line_start = true,
		.unclosed = arena_new_array(arena, uint8_t, source->size / 8 + 1),
	};
	if (script) {
		lex->pragma_tail = &script->pragmas;
		while (*lex->pragma_tail)
			lex->pragma_tail = &(*lex->pragma_tail)->next;
	}
}

int lex_peek(const struct lex *lex, size_t pos)
{
	return pos < lex->source->size ? (unsigned char)lex->source->text[pos] : -1;
}

struct loc lex_loc(const struct lex *lex, size_t from, size_t to)
{
	return (struct loc){lex->source, (uint32_t)from, (uint32_t)(to - from)};
}

bool lex_is_word_char(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool is_blank(int c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

/* A backslash at the end of a line joins lines, as in C. 0: it is something else. */
static size_t joint_size(const struct lex *lex, size_t pos)
{
	if (lex_peek(lex, pos) != '\\')
		return 0;
	if (lex_peek(lex, pos + 1) == '\n')
		return 2;
	return lex_peek(lex, pos + 1) == '\r' && lex_peek(lex, pos + 2) == '\n' ? 3 : 0;
}

/* Behind the comment that begins at pos; 0: it never ends. */
static size_t comment_end(const struct lex *lex, size_t pos)
{
	const char *text = lex->source->text, *star = text + pos + 2, *end = text + lex->source->size;

	while (star < end && (star = memchr(star, '*', (size_t)(end - star)))) {
		if (star + 1 < end && star[1] == '/')
			return (size_t)(star + 2 - text);
		star++;
	}
	return 0;
}

static size_t line_end(const struct lex *lex, size_t pos)
{
	const char *newline = memchr(lex->source->text + pos, '\n', lex->source->size - pos);

	return newline ? (size_t)(newline - lex->source->text) : lex->source->size;
}

static bool is_line_comment(const struct lex *lex, size_t pos)
{
	/* A slash before a comment proper, which may follow a predicate, is a slash. */
	return lex_peek(lex, pos) == '/' && lex_peek(lex, pos + 1) == '/' && lex_peek(lex, pos + 2) != '*';
}

size_t lex_ahead(const struct lex *lex, size_t pos)
{
	for (;;) {
		size_t end;
		int c = lex_peek(lex, pos);

		if (is_blank(c)) {
			pos++;
		} else if ((end = joint_size(lex, pos))) {
			pos += end;
		} else if (c == '/' && lex_peek(lex, pos + 1) == '*') {
			end = comment_end(lex, pos);
			if (!end)
				return lex->source->size;
			pos = end;
		} else if (is_line_comment(lex, pos)) {
			pos = line_end(lex, pos);
		} else {
			return pos;
		}
	}
}

static void skip_comment(struct lex *lex)
{
	size_t end = comment_end(lex, lex->pos), limit = end ? end : lex->source->size;
	const char *nested = memmem(lex->source->text + lex->pos + 2, limit - lex->pos - 2, "/*", 2);

	if (nested) {
		size_t at = (size_t)(nested - lex->source->text);

		diag_error(lex->diags, lex_loc(lex, at, at + 2), "D_SYNTAX",
			   "`/*` inside of a comment: comments do not nest");
		lex->comment_open = !end;
		end = limit;
	} else if (!end) {
		diag_set_line(diag_error(lex->diags, lex_loc(lex, lex->pos, lex->pos + 2), "D_SYNTAX",
					 "this comment never ends: `*/` is missing"),
			      lex_loc(lex, lex->source->size, lex->source->size));
		lex->comment_open = true;
		end = lex->source->size;
	}
	lex->pos = end;
}

static void skip_line_comment(struct lex *lex)
{
	struct diag *diag;
	size_t end = line_end(lex, lex->pos);

	if (!lex->slashes_said) {
		diag = diag_error(lex->diags, lex_loc(lex, lex->pos, lex->pos + 2), "D_SYNTAX",
				  "`//` does not begin a comment in D");
		diag_hint(lex->diags, diag, "write /* ... */ instead");
		lex->slashes_said = true;
	}
	lex->pos = end;
}

void lex_skip(struct lex *lex)
{
	for (;;) {
		size_t size;
		int c = lex_peek(lex, lex->pos);

		if (is_blank(c)) {
			lex->line_start |= c == '\n';
			lex->pos++;
		} else if ((size = joint_size(lex, lex->pos))) {
			lex->pos += size;
		} else if (c == '/' && lex_peek(lex, lex->pos + 1) == '*') {
			skip_comment(lex);
		} else if (is_line_comment(lex, lex->pos)) {
			skip_line_comment(lex);
		} else if (c == '#' && lex->line_start) {
			lex_directive(lex);
		} else {
			lex->line_start = false;
			return;
		}
	}
}

/* Is there a list of descriptions that can be no expression: with a `::`, or (on a later line) before an open brace? */
static bool is_next_clause(const struct lex *lex, size_t pos, bool later_line)
{
	size_t end;

	for (; (end = lex_desc_end(lex, pos)) > pos; pos = lex_ahead(lex, end + 1)) {
		if (memmem(lex->source->text + pos, end - pos, "::", 2))
			return true;
		end = lex_ahead(lex, end);
		if (lex_peek(lex, end) != ',')
			return later_line && lex_peek(lex, end) == '{';
	}
	return false;
}

/*
 * Does the slash at pos end the predicate? Division has an operand on its right, and none begins with `{` or `;`, so
 * these, and the end of the script, decide. A predicate without actions may also be followed by the next clause.
 */
static bool ends_pred(const struct lex *lex, size_t pos)
{
	size_t next = lex_ahead(lex, pos + 1);
	int c = lex_peek(lex, next);
	bool later_line = memchr(lex->source->text + pos, '\n', next - pos);

	if (c == -1 || c == ';' || c == '{' || (c == '#' && later_line))
		return true;
	return is_next_clause(lex, next, later_line);
}

static void lex_word(struct lex *lex, struct token *token)
{
	size_t from = lex->pos;

	while (lex_is_word_char(lex_peek(lex, lex->pos)))
		lex->pos++;
	token->kind = TOK_IDENT;
	token->text = lex->source->text + from;
	token->size = lex->pos - from;
	token->keyword = keyword_find(token->text, token->size);
}

static void lex_agg(struct lex *lex, struct token *token)
{
	lex->pos++;
	lex_word(lex, token);
	token->kind = TOK_AGG;
	token->keyword = KW_NONE;
	if (!token->size) {
		token->text = "_";
		token->size = 1;
	} else if (token->text[0] >= '0' && token->text[0] <= '9') {
		diag_error(lex->diags, token->loc, "D_SYNTAX",
			   "the name of an aggregation does not begin with a digit");
		token->kind = TOK_BAD;
	}
}

static void bad_char(struct lex *lex, struct token *token)
{
	int c = lex_peek(lex, lex->pos);

	token->kind = TOK_BAD;
	if (c > ' ' && c < 0x7f)
		diag_error(lex->diags, token->loc, "D_SYNTAX", "syntax error near `%c`: not a part of D's expressions",
			   c);
	else
		diag_error(lex->diags, token->loc, "D_SYNTAX", "byte 0x%02x does not belong into a script", c);
	lex->pos++;
}

static void lex_punct(struct lex *lex, struct token *token)
{
	static const char three[][4] = {"<<=", ">>=", "..."};
	static const char two[][3] = {"->", "++", "--", "<<", ">>", "<=", ">=", "==", "!=", "&&",
				      "||", "^^", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^="};
	const char *at = lex->source->text + lex->pos;
	size_t left = lex->source->size - lex->pos;

	token->kind = TOK_PUNCT;
	for (size_t i = 0; left >= 3 && i < sizeof(three) / sizeof(three[0]); i++) {
		if (!memcmp(at, three[i], 3)) {
			token->punct = PUNCT3(at[0], at[1], at[2]);
			lex->pos += 3;
			return;
		}
	}
	for (size_t i = 0; left >= 2 && i < sizeof(two) / sizeof(two[0]); i++) {
		if (!memcmp(at, two[i], 2)) {
			token->punct = PUNCT2(at[0], at[1]);
			lex->pos += 2;
			return;
		}
	}
	if (!*at || !strchr("()[]{}.,;:?~!%^&*-+=|<>/`", *at)) {
		bad_char(lex, token);
		return;
	}
	token->punct = (unsigned char)*at;
	lex->pos++;
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static void lex_any(struct lex *lex, struct token *token)
{
	int c = lex_peek(lex, lex->pos);

	if (c == -1) {
		token->kind = lex->comment_open ? TOK_BAD : TOK_EOF;
	} else if (is_digit(c) || (c == '.' && is_digit(lex_peek(lex, lex->pos + 1)))) {
		lex_number(lex, token);
	} else if (lex_is_word_char(c)) {
		lex_word(lex, token);
	} else if (c == '"') {
		lex_string(lex, token);
	} else if (c == '\'') {
		lex_char(lex, token);
	} else if (c == '$') {
		lex_macro(lex, token);
	} else if (c == '@') {
		lex_agg(lex, token);
	} else if (c == '/' && lex->in_pred && ends_pred(lex, lex->pos)) {
		token->kind = TOK_EPRED;
		lex->pos++;
	} else {
		lex_punct(lex, token);
	}
}

struct token lex_next(struct lex *lex)
{
	struct token token = {.kind = TOK_EOF};
	size_t from;

	lex_skip(lex);
	from = lex->pos;
	token.loc = lex_loc(lex, from, from + (from < lex->source->size));
	lex_any(lex, &token);
	token.loc = lex_loc(lex, from, lex->pos);
	return token;
}
