/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "front/stap/lex.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const keywords[] = {
	"probe",  "global", "private", "function", "if",       "else", "for",	 "foreach", "in",  "limit",
	"return", "delete", "while",   "break",	   "continue", "next", "string", "long",    "try", "catch",
};

/* Longest first. */
static const char *const operators[] = {
	">>>=", "<<<", ">>>", "<<=", ">>=", "%{", "%}", "%(", "%)", "%?", "%:", "->", "++", "--", "&&", "||", "==",
	"!=",	"=~",  "!~",  "<=",  ">=",  "<<", ">>", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", ".=",
};

bool stap_token_is(const struct stap_token *token, const char *text)
{
	return (token->kind == TOK_OPERATOR || token->kind == TOK_KEYWORD) && token->size == strlen(text) &&
	       !memcmp(token->text, text, token->size);
}

const char *stap_token_kind(const struct stap_token *token)
{
	static const char *const names[] = {
		[TOK_END] = "end of input",	  [TOK_WORD] = "identifier",	[TOK_KEYWORD] = "keyword",
		[TOK_OPERATOR] = "operator",	  [TOK_NUMBER] = "number",	[TOK_STRING] = "string",
		[TOK_EMBEDDED] = "embedded-code", [TOK_ARGUMENTS] = "argument",
	};

	return names[token->kind];
}

void stap_error(struct diags *diags, const struct stap_token *seen, const char *format, ...)
{
	struct diag *diag;
	va_list args;
	const char *text;

	va_start(args, format);
	text = arena_vprintf(diags->arena, format, args);
	va_end(args);
	diag = diag_error(diags, seen->loc, "parse", "%s", text);
	if (seen->kind == TOK_END || seen->kind == TOK_KEYWORD || !seen->text)
		diag_hint(diags, diag, "%s", stap_token_kind(seen));
	else
		diag_hint(diags, diag, "%s '%.*s'", stap_token_kind(seen), (int)(seen->size > 60 ? 60 : seen->size),
			  seen->text);
}

static int peek(const struct stap_lexer *lexer, size_t ahead)
{
	size_t at = lexer->at + ahead;

	return at < lexer->source->size ? (unsigned char)lexer->source->text[at] : -1;
}

static bool fail(struct stap_lexer *lexer, struct stap_token *token, const char *sentence)
{
	token->kind = TOK_OPERATOR;
	token->text = lexer->source->text + token->loc.offset;
	token->size = token->loc.size = 1;
	stap_error(lexer->diags, token, "%s", sentence);
	return false;
}

static bool is_word(int c)
{
	return isalnum(c) || c == '_' || c == '$' || c == '@';
}

/* Blanks and comments. */
static bool skip_blanks(struct stap_lexer *lexer, struct stap_token *token)
{
	for (int c; (c = peek(lexer, 0)) >= 0;) {
		if (isspace(c)) {
			lexer->at++;
		} else if (c == '#' || (c == '/' && peek(lexer, 1) == '/')) {
			while (peek(lexer, 0) >= 0 && peek(lexer, 0) != '\n')
				lexer->at++;
		} else if (c == '/' && peek(lexer, 1) == '*') {
			token->loc = (struct loc){lexer->source, (uint32_t)lexer->at, 2};
			for (lexer->at += 2; peek(lexer, 0) >= 0 && !(peek(lexer, 0) == '*' && peek(lexer, 1) == '/');)
				lexer->at++;
			if (peek(lexer, 0) < 0)
				return fail(lexer, token, "unterminated comment");
			lexer->at += 2;
		} else {
			break;
		}
	}
	return true;
}

static int digit(int c, int base)
{
	int value = isdigit(c) ? c - '0' : isxdigit(c) ? tolower(c) - 'a' + 10 : 99;

	return value < base ? value : -1;
}

static void add_number_escape(struct stap_lexer *lexer, struct buf *text, int base, unsigned digits)
{
	unsigned code = 0;

	for (unsigned i = 0; i < digits && digit(peek(lexer, 0), base) >= 0; i++, lexer->at++)
		code = code * (unsigned)base + (unsigned)digit(peek(lexer, 0), base);
	buf_putc(text, (char)code);
}

/* Behind a backslash. What is no escape stands for itself. */
static void add_escape(struct stap_lexer *lexer, struct buf *text)
{
	static const char letters[] = "abtnvfr", codes[] = "\a\b\t\n\v\f\r";
	int c = peek(lexer, 0);
	const char *letter = c > 0 ? strchr(letters, c) : NULL;

	if (digit(c, 8) >= 0) {
		add_number_escape(lexer, text, 8, 3);
		return;
	}
	lexer->at++;
	if (c == 'x' && digit(peek(lexer, 0), 16) >= 0)
		add_number_escape(lexer, text, 16, 2);
	else if (c >= 0)
		buf_putc(text, letter ? codes[letter - letters] : (char)c);
}

static bool lex_string(struct stap_lexer *lexer, struct stap_token *token)
{
	struct buf text = {0};
	int c;

	token->kind = TOK_STRING;
	for (lexer->at++; (c = peek(lexer, 0)) >= 0 && c != '"' && c != '\n';) {
		lexer->at++;
		if (c == '\\')
			add_escape(lexer, &text);
		else
			buf_putc(&text, (char)c);
	}
	token->text = arena_strndup(lexer->arena, text.data ? text.data : "", text.size);
	token->size = strlen(token->text); /* a string ends at its first NUL */
	buf_free(&text);
	if (c != '"')
		return fail(lexer, token, "Could not find matching closing quote");
	lexer->at++;
	return true;
}

static bool lex_embedded(struct stap_lexer *lexer, struct stap_token *token)
{
	token->kind = TOK_EMBEDDED;
	for (lexer->at += 2; peek(lexer, 0) >= 0 && !(peek(lexer, 0) == '%' && peek(lexer, 1) == '}');)
		lexer->at++;
	if (peek(lexer, 0) < 0)
		return fail(lexer, token, "Could not find matching '%}' to close embedded function block");
	lexer->at += 2;
	token->text = "";
	return true;
}

static void lex_word(struct stap_lexer *lexer, struct stap_token *token)
{
	token->kind = TOK_WORD;
	while (is_word(peek(lexer, 0)))
		lexer->at++;
	token->size = lexer->at - token->loc.offset;
	token->text = arena_strndup(lexer->arena, lexer->source->text + token->loc.offset, token->size);
	for (unsigned i = 0; i < sizeof(keywords) / sizeof(*keywords); i++)
		if (!strcmp(keywords[i], token->text))
			token->kind = TOK_KEYWORD;
	if (token->text[0] == '@')
		token->kind = TOK_OPERATOR;
}

/* Letters are taken too: `12ab` is one number, and no good one. */
static void lex_number(struct stap_lexer *lexer, struct stap_token *token)
{
	token->kind = TOK_NUMBER;
	while (isalnum(peek(lexer, 0)))
		lexer->at++;
	token->size = lexer->at - token->loc.offset;
	token->text = arena_strndup(lexer->arena, lexer->source->text + token->loc.offset, token->size);
}

bool stap_number(const struct stap_token *token, int64_t *number)
{
	char *end;

	errno = 0;
	*number = (int64_t)strtoull(token->text, &end, 0);
	return !*end && !errno;
}

static void lex_operator(struct stap_lexer *lexer, struct stap_token *token)
{
	token->kind = TOK_OPERATOR;
	token->size = 1;
	for (unsigned i = 0; i < sizeof(operators) / sizeof(*operators) && token->size == 1; i++) {
		size_t size = strlen(operators[i]);

		if (lexer->source->size - lexer->at >= size &&
		    !memcmp(lexer->source->text + lexer->at, operators[i], size))
			token->size = size;
	}
	token->text = arena_strndup(lexer->arena, lexer->source->text + lexer->at, token->size);
	lexer->at += token->size;
}

/* ---- arguments of the command line ---- */

static const char *join_args(struct stap_lexer *lexer)
{
	struct buf text = {0};
	const char *joined;

	for (unsigned i = 0; i < lexer->call->args_len; i++) {
		buf_puts(&text, i ? "," : "");
		buf_puts(&text, lexer->call->args[i]);
		if (lexer->call->args_used)
			lexer->call->args_used[i] = true;
	}
	joined = arena_strndup(lexer->arena, text.data ? text.data : "", text.size);
	buf_free(&text);
	return joined;
}

bool stap_take_argument(struct stap_lexer *lexer, struct stap_token *token, const char *text)
{
	bool is_string = token->text[0] == '@';
	struct source *source = arena_new_one(lexer->arena, struct source);
	struct stap_lexer inner = {lexer->arena, source, NULL, lexer->diags, 0, lexer->depth + 1};
	struct loc loc = token->loc;
	struct stap_token more;

	if (is_string) {
		token->kind = TOK_STRING;
		token->text = text;
		token->size = strlen(text);
		return true;
	}
	*source = (struct source){"argument", text, strlen(text)};
	if (!stap_lex(&inner, token))
		return false;
	if (token->kind != TOK_END && stap_token_is(token, "-") && stap_lex(&inner, &more) && more.kind == TOK_NUMBER) {
		token->kind = TOK_NUMBER; /* a negative number is one token here */
		token->text = arena_printf(lexer->arena, "-%s", more.text);
		token->size = strlen(token->text);
	}
	token->loc = loc;
	if (token->kind == TOK_END || inner.at < source->size) {
		stap_error(lexer->diags, token, "the argument '%.60s' is not one word or number: write @ for a string",
			   text);
		return false;
	}
	return true;
}

/* `$1`, `@1`, `$#`, `@#`, `$*`, `@*`; false with no error said: it is none. */
static bool lex_argument(struct stap_lexer *lexer, struct stap_token *token, bool *is_failed)
{
	int next = peek(lexer, 1);
	unsigned long n = 0;

	*is_failed = false;
	if ((peek(lexer, 0) != '$' && peek(lexer, 0) != '@') || !lexer->call ||
	    !(isdigit(next) || next == '#' || next == '*'))
		return false;
	token->text = lexer->source->text + lexer->at;
	lexer->at += 2;
	if (isdigit(next)) {
		for (lexer->at--; isdigit(peek(lexer, 0)); lexer->at++)
			n = n > 100000 ? n : n * 10 + (unsigned)(peek(lexer, 0) - '0');
	}
	token->loc.size = (uint32_t)(lexer->at - token->loc.offset);
	if (next == '#') {
		*is_failed = !stap_take_argument(lexer, token, arena_printf(lexer->arena, "%u", lexer->call->args_len));
	} else if (next == '*' && *token->text == '@') {
		*is_failed = !stap_take_argument(lexer, token, join_args(lexer));
	} else if (next == '*' || !n || n > lexer->call->args_len) {
		token->kind = TOK_ARGUMENTS; /* what it stands for is asked where it is not left out */
		token->size = token->loc.size;
	} else {
		if (lexer->call->args_used)
			lexer->call->args_used[n - 1] = true;
		*is_failed = !stap_take_argument(lexer, token, lexer->call->args[n - 1]);
	}
	return true;
}

bool stap_lex(struct stap_lexer *lexer, struct stap_token *token)
{
	bool is_failed, ok = true;
	int c;

	*token = (struct stap_token){0};
	if (!skip_blanks(lexer, token))
		return false;
	c = peek(lexer, 0);
	token->loc = (struct loc){lexer->source, (uint32_t)lexer->at, 1};
	token->text = "";
	if (c < 0)
		return true;
	if (lex_argument(lexer, token, &is_failed))
		return !is_failed;
	if (c == '"')
		ok = lex_string(lexer, token);
	else if (c == '%' && peek(lexer, 1) == '{')
		ok = lex_embedded(lexer, token);
	else if (isdigit(c))
		lex_number(lexer, token);
	else if (is_word(c))
		lex_word(lexer, token);
	else
		lex_operator(lexer, token);
	token->loc.size = (uint32_t)(lexer->at - token->loc.offset);
	return ok;
}
