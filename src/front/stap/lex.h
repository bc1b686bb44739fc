/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tokens of SystemTap's language. In: a text. Out: one token after another, then, by macro.c, those that macros and
 * conditionals leave. */
#ifndef CEPHTAP_FRONT_STAP_LEX_H
#define CEPHTAP_FRONT_STAP_LEX_H

#include "front/stap/tree.h"

enum stap_token_kind {
	TOK_END,
	TOK_WORD,
	TOK_KEYWORD,
	TOK_OPERATOR,
	TOK_NUMBER,
	TOK_STRING,
	TOK_EMBEDDED,
	TOK_ARGUMENTS
};

struct stap_token {
	enum stap_token_kind kind;
	const char *text; /* a string's content without quotes */
	size_t size;
	struct loc loc;
};

struct stap_lexer {
	struct arena *arena;
	const struct source *source;
	const struct stap_call *call;
	struct diags *diags;
	size_t at;
	unsigned depth; /* of arguments of the command line within arguments */
};

struct stap_tokens {
	struct stap_token *list;
	unsigned len;
};

struct stap_macro {
	struct stap_macro *next;
	const char *name;
	const char **params;
	unsigned params_len;
	struct stap_tokens body;
	bool is_busy, is_library;
};

/* False: an error, which has been said. At the end of the text TOK_END. */
bool stap_lex(struct stap_lexer *lexer, struct stap_token *token);
/* All tokens of a text, macros expanded and conditionals decided. */
bool stap_preprocess(struct stap_script *script, const struct source *source, bool is_library, struct diags *diags,
		     struct stap_tokens *tokens);
bool stap_token_is(const struct stap_token *token, const char *text); /* an operator or a keyword */
const char *stap_token_kind(const struct stap_token *token);
/* "parse error: TEXT", and what was seen. */
void stap_error(struct diags *diags, const struct stap_token *seen, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* $1 is the token that the argument spells, @1 (which token->text tells) the argument as a string. */
bool stap_take_argument(struct stap_lexer *lexer, struct stap_token *token, const char *text);
bool stap_number(const struct stap_token *token, int64_t *number);

#endif
