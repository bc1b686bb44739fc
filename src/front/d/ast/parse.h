/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The parser's state and what its files share. After the first error of a clause or declaration the parser is `failed`:
 * every further token is TOK_BAD, nothing more is reported, and the construct unwinds and is dropped. So a parse
 * function may return NULL after a failure, takes NULL for a part, and only loops need to look at `failed`.
 */
#ifndef CEPHTAP_D_AST_PARSE_H
#define CEPHTAP_D_AST_PARSE_H

#include "front/d/ast/lex.h"

struct names; /* the type names that a script declared */

struct parser {
	struct lex lex;
	struct token tok; /* the current one, not yet consumed */
	struct loc prev;  /* of the last consumed one */
	struct arena *arena;
	struct diags *diags;
	struct script *script;
	struct names *types;
	struct clause **clause_tail;
	struct decl **decl_tail;
	unsigned depth;	 /* of recursion */
	unsigned braces; /* open in this construct: tells where it ends when it cannot be read */
	bool failed;
};

/* parse.c */
void parse_init(struct parser *p, struct arena *arena, const struct source *source, const struct macros *macros,
		struct diags *diags, struct script *script);
void advance(struct parser *p);
bool at_punct(const struct parser *p, unsigned punct);
bool at_keyword(const struct parser *p, enum keyword keyword);
bool accept(struct parser *p, unsigned punct);
/* "expected WHAT" at the current token, unless it is the one. */
void expect(struct parser *p, unsigned punct, const char *what);
void expected(struct parser *p, const char *what);
bool at_next_clause(const struct parser *p); /* inside braces, at a line that begins like a clause */
/* Like diag_error, and fails; NULL when already failed. */
struct diag *fail(struct parser *p, struct loc loc, const char *tag, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
bool enter(struct parser *p); /* one level deeper; false: too deep, failed. Every call is paired with leave. */
void leave(struct parser *p);
char *token_text(struct parser *p); /* of the current name, NUL-terminated */
bool source_is_text(const struct source *source, struct diags *diags);

/* parse_clause.c */
void parse_clause(struct parser *p);

/* parse_expr.c: with commas, and without */
struct node *parse_expr(struct parser *p);
struct node *parse_assign(struct parser *p);

/* parse_type.c */
bool at_type(const struct parser *p);		   /* is the current token the beginning of a type? */
bool is_known_type(const char *text, size_t size); /* one that D brings */
bool is_type_name(const struct parser *p, const char *text, size_t size);
bool keyword_in_type(enum keyword keyword);
/* A type without a name: of a cast, a key, a parameter. */
struct type_spec *parse_type(struct parser *p);
struct type_spec *parse_base_type(struct parser *p);
struct type_spec *parse_pointers(struct parser *p, const struct type_spec *base);
void parse_dim(struct parser *p, struct type_spec *tspec);
struct decl *parse_body(struct parser *p, bool is_enum); /* parse_decl.c */

/* parse_declarator.c */
enum name_rule { NAME_MUST, NAME_MAY, NAME_NONE };
enum params_of {
	PARAMS_OF_ARRAY,
	PARAMS_OF_FUNCTION,
	PARAMS_OF_PROBE,
	PARAMS_OF_OUTPUT /* of a probe: of names that its input has */
};
struct param {
	struct type_spec *tspec; /* NULL: `...` */
	const char *name;	 /* NULL: none */
	bool is_assoc;
	struct loc loc;
};
struct params {
	struct param **list;
	unsigned len;
};
struct declarator {
	const char *name; /* NULL: none */
	struct loc loc;
	bool has_keys;
	struct params keys;
};
bool at_params(const struct parser *p);
/* Up to `close`. `formal`: the list whose names this one must use; NULL: its own, which differ. */
void parse_params(struct parser *p, struct params *params, const struct params *formal, enum params_of of,
		  unsigned close);
struct type_spec *parse_declarator(struct parser *p, const struct type_spec *base, enum name_rule rule,
				   struct declarator *out);

/* parse_decl.c: a declaration up to its semicolon */
void parse_declaration(struct parser *p);
/* The name that is declared; NULL: failed. */
const char *parse_name(struct parser *p, struct loc *loc);

/* names.c */
struct names *names_new(struct arena *arena);
void names_add(struct names *names, const char *name);
bool names_has(const struct names *names, const char *text, size_t size);

#endif
