/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* C++ text to tokens: comments, literals, and what the preprocessor's conditions leave. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "lib/cxx.h"

enum { IF_DEPTH_MAX = 64 };

/* An open #if. */
struct condition {
	unsigned second; /* the token that its second branch began with, if it has one */
	int depth;	 /* of brackets where each of its branches begins */
	int first_depth; /* and where its first branch ended */
	bool has_second, is_balanced;
	bool is_off; /* in the branch of `#if 0` */
};

struct lexer {
	struct arena *arena;
	struct cxx_file *file;
	struct buf *why;
	size_t at;
	int depth;
	struct condition conditions[IF_DEPTH_MAX];
	unsigned conditions_len;
	unsigned directives;
	bool is_guarded; /* the file's first directive is an #ifndef: its own guard */
};

static int fail(struct lexer *l, size_t at, const char *what)
{
	unsigned line = 1;
	size_t i;

	for (i = 0; i < at; i++)
		line += l->file->text[i] == '\n';
	buf_printf(l->why, "line %u: %s", line, what);
	return -EINVAL;
}

static char peek(const struct lexer *l, size_t ahead)
{
	return l->at + ahead < l->file->size ? l->file->text[l->at + ahead] : '\0';
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (c & 0x80);
}

/* ---- the preprocessor ---- */

static bool is_off(const struct lexer *l)
{
	return l->conditions_len && l->conditions[l->conditions_len - 1].is_off;
}

/* A directive's text, its continued lines too; l->at stands on the newline behind it. */
static const char *take_directive(struct lexer *l, size_t *size)
{
	const char *text = l->file->text, *from;

	for (l->at++; peek(l, 0) == ' ' || peek(l, 0) == '\t'; l->at++)
		;
	from = text + l->at;
	for (; l->at < l->file->size && (text[l->at] != '\n' || text[l->at - 1] == '\\'); l->at++)
		;
	*size = (size_t)(text + l->at - from);
	return from;
}

/* Does the directive begin with this word? Then *rest is what follows it. */
static bool has_word(const char *text, size_t size, const char *word, char *rest)
{
	size_t n = strlen(word);

	if (size < n || memcmp(text, word, n) != 0 || (size > n && is_word(text[n])))
		return false;
	for (; n < size && isblank((unsigned char)text[n]); n++)
		;
	*rest = n < size ? text[n] : '\0';
	return true;
}

static int begin_if(struct lexer *l, bool is_zero)
{
	if (l->conditions_len == IF_DEPTH_MAX)
		return fail(l, l->at, "conditions of the preprocessor are nested too deeply");
	l->conditions[l->conditions_len++] =
		(struct condition){.depth = l->depth, .is_balanced = true, .is_off = is_zero || is_off(l)};
	return 0;
}

static void end_branch(struct lexer *l, struct condition *c)
{
	c->is_balanced &= l->depth == c->depth;
	if (!c->has_second)
		c->first_depth = l->depth;
}

static void begin_else(struct lexer *l)
{
	struct condition *c = &l->conditions[l->conditions_len - 1];
	bool was_off = c->is_off;

	c->is_off = l->conditions_len > 1 && l->conditions[l->conditions_len - 2].is_off;
	if (was_off)
		return; /* what follows is the first branch that is read */
	end_branch(l, c);
	if (!c->has_second)
		c->second = l->file->tokens_len;
	c->has_second = true;
	l->depth = c->depth;
}

/* Where one branch opens brackets that another one closes, only the first is read. */
static void end_if(struct lexer *l)
{
	struct condition *c = &l->conditions[--l->conditions_len];

	if (c->is_off)
		return;
	end_branch(l, c);
	if (c->has_second && !c->is_balanced) {
		l->file->tokens_len = c->second;
		l->depth = c->first_depth;
	}
}

static int directive(struct lexer *l)
{
	size_t size, from = l->at;
	const char *text = take_directive(l, &size);
	char next;

	l->directives++;
	if (has_word(text, size, "if", &next))
		return begin_if(l, next == '0' && !memchr(text, '|', size));
	if (has_word(text, size, "ifdef", &next) || has_word(text, size, "ifndef", &next)) {
		l->is_guarded |= l->directives == 1 && text[2] == 'n';
		return begin_if(l, false);
	}
	if (has_word(text, size, "include", &next)) {
		if (!l->file->tokens_len && l->conditions_len <= l->is_guarded)
			l->file->include_at = l->at + (l->at < l->file->size);
		return 0;
	}
	if (has_word(text, size, "else", &next) || has_word(text, size, "elif", &next) ||
	    has_word(text, size, "endif", &next)) {
		if (!l->conditions_len)
			return fail(l, from, "this directive has no #if");
		if (text[1] == 'n')
			end_if(l);
		else
			begin_else(l);
	}
	return 0;
}

/* ---- tokens ---- */

static int skip_comment(struct lexer *l)
{
	size_t from = l->at;

	for (l->at += 2; !(peek(l, 0) == '*' && peek(l, 1) == '/'); l->at++)
		if (l->at >= l->file->size)
			return fail(l, from, "this comment does not end");
	l->at += 2;
	return 0;
}

static void skip_line(struct lexer *l)
{
	while (l->at < l->file->size && peek(l, 0) != '\n')
		l->at++;
}

/* R"delimiter( ... )delimiter" */
static int raw_string(struct lexer *l, size_t quote)
{
	const char *text = l->file->text, *delimiter = text + quote + 1, *end = text + l->file->size, *p;
	size_t n = 0;

	while (delimiter + n < end && n <= 16 && delimiter[n] != '(')
		n++;
	for (p = delimiter + n; p + n + 2 <= end; p++) {
		if (p[0] == ')' && !memcmp(p + 1, delimiter, n) && p[n + 1] == '"') {
			l->at = (size_t)(p - text) + n + 2;
			return 0;
		}
	}
	return fail(l, quote, "this string does not end");
}

static int literal(struct lexer *l)
{
	size_t from = l->at;
	char quote = peek(l, 0);

	for (l->at++; peek(l, 0) != quote; l->at++) {
		if (l->at >= l->file->size || peek(l, 0) == '\n')
			return fail(l, from, "this text does not end on its line");
		l->at += peek(l, 0) == '\\';
	}
	l->at++;
	return 0;
}

static bool is_raw_prefix(const char *text, size_t size)
{
	return size <= 3 && text[size - 1] == 'R' && (size == 1 || *text == 'u' || *text == 'U' || *text == 'L');
}

/* A number takes in the signs of exponents, and ' between digits. */
static void number(struct lexer *l)
{
	const char *exponents = peek(l, 0) == '0' && (peek(l, 1) | 32) == 'x' ? "pP" : "eE";

	for (l->at++; l->at < l->file->size; l->at++) {
		char c = peek(l, 0);

		if (is_word(c) || c == '.' || (c == '\'' && is_word(peek(l, 1))))
			continue;
		if ((c != '+' && c != '-') || !strchr(exponents, l->file->text[l->at - 1]))
			break;
	}
}

static int take_token(struct lexer *l, enum cxx_kind *kind)
{
	const char *text = l->file->text;
	size_t from = l->at;
	char c = peek(l, 0);

	if (isdigit((unsigned char)c) || (c == '.' && isdigit((unsigned char)peek(l, 1)))) {
		*kind = CXX_NUMBER;
		number(l);
		return 0;
	}
	if (is_word(c)) {
		*kind = CXX_NAME;
		while (is_word(peek(l, 0)))
			l->at++;
		if (peek(l, 0) != '"' || !is_raw_prefix(text + from, l->at - from))
			return 0;
		*kind = CXX_TEXT;
		return raw_string(l, l->at);
	}
	if (c == '"' || c == '\'') {
		*kind = CXX_TEXT;
		return literal(l);
	}
	*kind = CXX_PUNCT;
	l->at += (c == ':' && peek(l, 1) == ':') || (c == '-' && peek(l, 1) == '>') ? 2 : 1;
	return 0;
}

static int add_token(struct lexer *l)
{
	size_t from = l->at;
	enum cxx_kind kind;
	struct cxx_token *token;
	int err = take_token(l, &kind);
	char c;

	if (err)
		return err;
	c = l->file->text[from];
	if (kind == CXX_PUNCT && l->at - from == 1)
		l->depth += strchr("([{", c) ? 1 : strchr(")]}", c) ? -1 : 0;
	token = arena_push(l->arena, l->file->tokens, l->file->tokens_len);
	*token = (struct cxx_token){(uint32_t)from, (uint32_t)(l->at - from), l->file->tokens_len - 1, (uint8_t)kind};
	return 0;
}

int cxx_tokens(struct arena *arena, const char *text, size_t size, struct cxx_file *out, struct buf *why)
{
	struct lexer l = {.arena = arena, .file = out, .why = why};
	bool is_line_start = true;
	int err = 0;
	char c;

	*out = (struct cxx_file){.text = text, .size = size};
	if (size >= UINT32_MAX || memchr(text, '\0', size))
		return fail(&l, 0, "this is not text");
	while (!err && l.at < size) {
		c = peek(&l, 0);
		if (c == '\n') {
			is_line_start = true;
			l.at++;
		} else if (isspace((unsigned char)c) || (c == '\\' && (peek(&l, 1) == '\n' || peek(&l, 1) == '\r'))) {
			l.at++;
		} else if (c == '/' && peek(&l, 1) == '*' && !is_off(&l)) {
			err = skip_comment(&l);
		} else if (c == '/' && peek(&l, 1) == '/') {
			skip_line(&l);
		} else if (c == '#' && is_line_start) {
			err = directive(&l);
		} else if (is_off(&l)) {
			skip_line(&l);
		} else {
			is_line_start = false;
			err = add_token(&l);
		}
	}
	return err;
}
