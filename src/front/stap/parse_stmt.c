/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Statements. */
#include <string.h>

#include "front/stap/parse.h"

static struct stap_stmt *parse_statement(struct stap_parser *parser);

static struct stap_stmt *new_stmt(struct stap_parser *parser, enum stap_do kind)
{
	struct stap_stmt *stmt = arena_new_one(parser->arena, struct stap_stmt);

	stmt->kind = kind;
	stmt->loc = parser->at->loc;
	return stmt;
}

struct stap_stmt *stap_parse_block(struct stap_parser *parser)
{
	struct stap_stmt *block = new_stmt(parser, SDO_BLOCK), **last = &block->body;

	if (!stap_parse_need(parser, "{") || !stap_parse_deeper(parser))
		return NULL;
	while (!stap_parse_take(parser, "}")) {
		if (parser->at->kind == TOK_END)
			return stap_parse_fail(parser, "expected statement or '}'");
		*last = parse_statement(parser);
		if (!*last)
			return NULL;
		last = &(*last)->next;
	}
	parser->depth--;
	return block;
}

static struct stap_stmt *parse_if(struct stap_parser *parser)
{
	struct stap_stmt *stmt = new_stmt(parser, SDO_IF);

	parser->at++;
	if (!stap_parse_need(parser, "(") || !(stmt->expr = stap_parse_expression(parser)) ||
	    !stap_parse_need(parser, ")") || !(stmt->body = parse_statement(parser)))
		return NULL;
	while (stap_parse_is(parser, ";") && stap_token_is(parser->at + 1, "else"))
		parser->at++;
	if (stap_parse_take(parser, "else") && !(stmt->other = parse_statement(parser)))
		return NULL;
	return stmt;
}

static struct stap_stmt *parse_while(struct stap_parser *parser)
{
	struct stap_stmt *stmt = new_stmt(parser, SDO_FOR);

	parser->at++;
	if (!stap_parse_need(parser, "(") || !(stmt->expr = stap_parse_expression(parser)) ||
	    !stap_parse_need(parser, ")"))
		return NULL;
	return (stmt->body = parse_statement(parser)) ? stmt : NULL;
}

/* One of the three parts of `for`. */
static bool parse_part(struct stap_parser *parser, const char *end, struct stap_node **part)
{
	if (stap_parse_take(parser, end))
		return true;
	*part = stap_parse_expression(parser);
	return *part && stap_parse_need(parser, end);
}

static struct stap_stmt *parse_for(struct stap_parser *parser)
{
	struct stap_stmt *stmt = new_stmt(parser, SDO_FOR);

	parser->at++;
	if (!stap_parse_need(parser, "(") || !parse_part(parser, ";", &stmt->init) ||
	    !parse_part(parser, ";", &stmt->expr) || !parse_part(parser, ")", &stmt->step))
		return NULL;
	return (stmt->body = parse_statement(parser)) ? stmt : NULL;
}

/* ---- foreach ---- */

static bool parse_direction(struct stap_parser *parser, struct stap_foreach *each, unsigned column)
{
	int direction = stap_parse_is(parser, "+") ? 1 : stap_parse_is(parser, "-") ? -1 : 0;

	if (!direction)
		return true;
	if (each->direction) {
		stap_parse_fail(parser, "multiple sort directives");
		return false;
	}
	each->direction = direction;
	each->sort_column = column;
	parser->at++;
	return true;
}

static struct stap_node *parse_each_name(struct stap_parser *parser)
{
	if (parser->at->kind != TOK_WORD)
		return stap_parse_fail(parser, "expected identifier");
	return stap_parse_new(parser, S_NAME, parser->at++);
}

static bool parse_each_key(struct stap_parser *parser, struct stap_foreach *each)
{
	struct stap_node *key = parse_each_name(parser);

	if (!key)
		return false;
	*arena_push(parser->arena, each->keys, each->keys_len) = key;
	return parse_direction(parser, each, each->keys_len);
}

static bool parse_each_keys(struct stap_parser *parser, struct stap_foreach *each)
{
	if (parser->at->kind == TOK_WORD && stap_token_is(parser->at + 1, "=")) {
		each->value = parse_each_name(parser);
		parser->at++;
	}
	if (!stap_parse_take(parser, "["))
		return parse_each_key(parser, each);
	do {
		if (!parse_each_key(parser, each))
			return false;
	} while (stap_parse_take(parser, ","));
	return stap_parse_need(parser, "]");
}

/* `in ARRAY [@sum] [+|-] [limit N]`. */
static bool parse_each_array(struct stap_parser *parser, struct stap_foreach *each)
{
	int stat;

	each->sort_stat = STAT_COUNT;
	parser->may_be_histogram = stap_stat_operator(parser->at) >= STAT_LOG;
	each->array = stap_parse_symbol(parser);
	parser->may_be_histogram = false;
	if (!each->array)
		return false;
	stat = stap_stat_operator(parser->at);
	if (stat >= STAT_VARIANCE) {
		stap_parse_fail(parser, "expected @count, @sum, @min, @max or @avg");
		return false;
	}
	if (stat >= 0) {
		each->sort_stat = (enum stap_stat_op)stat;
		parser->at++;
	}
	if (!parse_direction(parser, each, 0))
		return false;
	return !stap_parse_take(parser, "limit") || (each->limit = stap_parse_expression(parser));
}

static struct stap_stmt *parse_foreach(struct stap_parser *parser)
{
	struct stap_stmt *stmt = new_stmt(parser, SDO_FOREACH);

	parser->at++;
	stmt->each = arena_new_one(parser->arena, struct stap_foreach);
	if (!stap_parse_need(parser, "(") || !parse_each_keys(parser, stmt->each) || !stap_parse_need(parser, "in") ||
	    !parse_each_array(parser, stmt->each) || !stap_parse_need(parser, ")"))
		return NULL;
	return (stmt->body = parse_statement(parser)) ? stmt : NULL;
}

static struct stap_stmt *parse_try(struct stap_parser *parser)
{
	struct stap_stmt *stmt = new_stmt(parser, SDO_TRY);

	parser->at++;
	if (!(stmt->body = stap_parse_block(parser)) || !stap_parse_need(parser, "catch"))
		return NULL;
	if (stap_parse_take(parser, "(")) {
		stmt->expr = parse_each_name(parser);
		if (!stmt->expr || !stap_parse_need(parser, ")"))
			return NULL;
	}
	return (stmt->other = stap_parse_block(parser)) ? stmt : NULL;
}

static bool begins_expression(const struct stap_token *token)
{
	return token->kind != TOK_END && token->kind != TOK_KEYWORD && !stap_token_is(token, "}") &&
	       !stap_token_is(token, ";");
}

static struct stap_stmt *parse_return(struct stap_parser *parser)
{
	struct stap_stmt *stmt = new_stmt(parser, SDO_RETURN);

	if (!parser->in_function)
		return stap_parse_fail(parser, "found 'return' not in function context");
	parser->at++;
	if (begins_expression(parser->at) && !(stmt->expr = stap_parse_expression(parser)))
		return NULL;
	return stmt;
}

static struct stap_stmt *parse_delete(struct stap_parser *parser)
{
	struct stap_stmt *stmt = new_stmt(parser, SDO_DELETE);

	parser->at++;
	return (stmt->expr = stap_parse_expression(parser)) ? stmt : NULL;
}

static struct stap_stmt *parse_expr_stmt(struct stap_parser *parser)
{
	struct stap_stmt *stmt = new_stmt(parser, SDO_EXPR);

	return (stmt->expr = stap_parse_expression(parser)) ? stmt : NULL;
}

static struct stap_stmt *parse_keyword(struct stap_parser *parser)
{
	static const struct {
		const char *word;
		struct stap_stmt *(*parse)(struct stap_parser *);
		enum stap_do kind;
	} words[] = {
		{"if", parse_if, SDO_IF},
		{"while", parse_while, SDO_FOR},
		{"for", parse_for, SDO_FOR},
		{"foreach", parse_foreach, SDO_FOREACH},
		{"try", parse_try, SDO_TRY},
		{"return", parse_return, SDO_RETURN},
		{"delete", parse_delete, SDO_DELETE},
		{"next", NULL, SDO_NEXT},
		{"break", NULL, SDO_BREAK},
		{"continue", NULL, SDO_CONTINUE},
	};

	for (unsigned i = 0; i < sizeof(words) / sizeof(*words); i++) {
		struct stap_stmt *stmt;

		if (!stap_parse_is(parser, words[i].word))
			continue;
		if (words[i].parse)
			return words[i].parse(parser);
		stmt = new_stmt(parser, words[i].kind);
		parser->at++;
		return stmt;
	}
	return stap_parse_fail(parser, "expected statement");
}

static struct stap_stmt *parse_statement(struct stap_parser *parser)
{
	struct stap_stmt *stmt;

	if (!stap_parse_deeper(parser))
		return NULL;
	if (stap_parse_is(parser, "{")) {
		stmt = stap_parse_block(parser);
	} else if (stap_parse_is(parser, ";")) {
		stmt = new_stmt(parser, SDO_NOTHING);
		parser->at++;
	} else if (parser->at->kind == TOK_KEYWORD && !stap_parse_is(parser, "string") &&
		   !stap_parse_is(parser, "long")) {
		stmt = parse_keyword(parser);
	} else {
		stmt = parse_expr_stmt(parser);
	}
	parser->depth--;
	return stmt;
}
