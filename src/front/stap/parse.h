/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parser's parts: declarations (parse.c), statements (parse_stmt.c), expressions (parse_expr.c), formats
 * (format.c). What returns a pointer returns NULL after an error, which has been said; nothing is read after the first
 * one. */
#ifndef CEPHTAP_FRONT_STAP_PARSE_H
#define CEPHTAP_FRONT_STAP_PARSE_H

#include "front/stap/lex.h"

struct stap_parser {
	struct stap_script *script;
	struct arena *arena;
	struct diags *diags;
	const struct source *source;
	const struct stap_token *at; /* the last one is TOK_END */
	const struct stap_token *last;
	unsigned depth;
	bool in_probe, in_function, is_library, may_be_histogram;
};

bool stap_parse_is(const struct stap_parser *parser, const char *text);
bool stap_parse_take(struct stap_parser *parser, const char *text);
/* Says "expected ..." where it is not the next. */
bool stap_parse_need(struct stap_parser *parser, const char *text);
void *stap_parse_fail(struct stap_parser *parser, const char *sentence);
/* A name, of which `what` says which. */
const struct stap_token *stap_parse_name(struct stap_parser *parser);
bool stap_parse_deeper(struct stap_parser *parser);

struct stap_node *stap_parse_expression(struct stap_parser *parser);
struct stap_node *stap_parse_literal(struct stap_parser *parser);
struct stap_node *stap_parse_symbol(struct stap_parser *parser);
struct stap_node *stap_parse_new(struct stap_parser *parser, enum stap_kind kind, const struct stap_token *at);
bool stap_parse_args(struct stap_parser *parser, const char *close, bool may_slice, struct stap_node *node);
struct stap_stmt *stap_parse_block(struct stap_parser *parser);
/* False: the format is wrong; `why` says how. */
bool stap_parse_format(struct arena *arena, const char *text, size_t size, struct stap_format *format,
		       const char **why);
int stap_stat_operator(const struct stap_token *token);

#endif
