/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tokens of D. In: a source and what macro variables stand for. Out: one token at a time, each with its location.
 * A script has two vocabularies: probe descriptions (lex_desc) and everything else (lex_next); the parser knows which
 * comes next and asks for it, so that nothing is read ahead across the border. Lexical errors are reported here, once;
 * where the token cannot be used after that it is TOK_BAD and the parser must stay silent about it.
 */
#ifndef CEPHTAP_D_AST_LEX_H
#define CEPHTAP_D_AST_LEX_H

#include "front/d/ast/ast.h"

enum tok_kind {
	TOK_EOF,
	TOK_BAD, /* already reported */
	TOK_IDENT,
	TOK_INT,
	TOK_STRING,
	TOK_AGG,   /* @name; text is the name, "_" for a bare @ */
	TOK_PUNCT, /* punct */
	TOK_EPRED, /* the slash that ends a predicate */
};

/* Up to three characters, the first in the low byte. */
#define PUNCT2(a, b)	((unsigned)(a) | (unsigned)(b) << 8)
#define PUNCT3(a, b, c) (PUNCT2(a, b) | (unsigned)(c) << 16)

enum keyword {
	KW_NONE,
	KW_CHAR,
	KW_SHORT,
	KW_INT,
	KW_LONG,
	KW_SIGNED,
	KW_UNSIGNED,
	KW_VOID,
	KW_FLOAT,
	KW_DOUBLE,
	KW_STRING,
	KW_CONST,
	KW_VOLATILE,
	KW_RESTRICT,
	KW_USERLAND, /* qualifiers */
	KW_STRUCT,
	KW_UNION,
	KW_ENUM,
	KW_SELF,
	KW_THIS,
	KW_INLINE,
	KW_TYPEDEF,
	KW_EXTERN,
	KW_STATIC,
	KW_AUTO,
	KW_REGISTER, /* classes */
	KW_TRANSLATOR,
	KW_PROVIDER,
	KW_IF,
	KW_ELSE,
	KW_SIZEOF,
	KW_OFFSETOF,
	KW_STRINGOF,
	KW_XLATE,
	KW_RESERVED, /* C's and D's other words: no variable may be called so */
};

struct token {
	enum tok_kind kind;
	enum keyword keyword; /* TOK_IDENT: KW_NONE for a name */
	unsigned punct;
	struct loc loc;
	const char *text; /* TOK_IDENT, TOK_AGG: not NUL-terminated; TOK_STRING: after escapes */
	size_t size;
	uint64_t ival;
	bool int_unsigned, int_long;
};

struct lex {
	struct arena *arena;
	const struct source *source;
	const struct macros *macros; /* NULL: none are known here */
	struct diags *diags;
	struct script *script; /* takes the pragmas; NULL: directives are refused */
	struct pragma **pragma_tail;
	size_t pos;
	bool line_start;   /* only blanks since the last newline: a directive may follow */
	bool in_pred;	   /* a slash may end the predicate */
	bool comment_open; /* a comment did not end: nothing more to say at the end of the script */
	bool slashes_said; /* one word about // per source is enough */
	uint8_t *unclosed; /* a bit for each byte of the source: a bracket there that nothing closes (desc.c) */
};

void lex_init(struct lex *lex, struct arena *arena, const struct source *source, const struct macros *macros,
	      struct diags *diags, struct script *script);
void lex_skip(struct lex *lex); /* blanks, comments, directives */
struct token lex_next(struct lex *lex);
/* Where the next thing after blanks and comments begins, seen from `pos`; changes nothing and reports nothing. */
size_t lex_ahead(const struct lex *lex, size_t pos);
int lex_peek(const struct lex *lex, size_t pos); /* the byte at pos, or -1 at the end */
struct loc lex_loc(const struct lex *lex, size_t from, size_t to);

/* One probe description up to its end; false: reported. */
bool lex_desc(struct lex *lex, struct probe_desc *desc, struct loc *loc);
bool lex_is_desc_char(int c); /* may begin or continue a description, the colon too */
size_t lex_desc_end(const struct lex *lex, size_t pos);

bool lex_is_word_char(int c);
enum keyword keyword_find(const char *text, size_t size);

/* const.c: `pos` is at the first character. */
void lex_number(struct lex *lex, struct token *token);
void lex_char(struct lex *lex, struct token *token);
void lex_string(struct lex *lex, struct token *token);
/* Digits as in a script, with prefix and suffix: a token without location. NULL, or a sentence, the tag in `*tag`. */
const char *int_parse(struct arena *arena, const char *text, size_t size, struct token *token, const char **tag);

/* macro.c: at a dollar sign. */
void lex_macro(struct lex *lex, struct token *token);
/* The text of the macro variable at `pos` (in a description) and where it ends; NULL: reported. */
const char *lex_macro_text(struct lex *lex, size_t pos, size_t *end);

/* directive.c: at a # that begins a line; to the end of that line. */
void lex_directive(struct lex *lex);

#endif
