/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Clauses: probe descriptions, the predicate, statements. A predicate ends at the slash that lex.c (ends_pred) tells
 * from a division. A clause may have no body: then a semicolon, the end of the script, or after a predicate the next
 * clause follows.
 */
#include "front/d/ast/parse.h"

static struct stmt *parse_stmt(struct parser *p);

static void parse_descs(struct parser *p, struct clause *clause)
{
	struct lex *lex = &p->lex;

	do {
		struct desc_list *desc;

		lex_skip(lex);
		if (!lex_is_desc_char(lex_peek(lex, lex->pos))) {
			advance(p);
			expected(p, "a probe description after `,`");
			return;
		}
		desc = arena_push(p->arena, clause->descs, clause->descs_len);
		if (!lex_desc(lex, &desc->desc, &desc->loc)) {
			p->failed = true;
			return;
		}
		lex_skip(lex);
	} while (lex_peek(lex, lex->pos) == ',' && ++lex->pos);
}

static void parse_pred(struct parser *p, struct clause *clause)
{
	p->lex.pos++;
	p->lex.in_pred = true;
	advance(p);
	if (p->tok.kind == TOK_EPRED)
		expected(p, "an expression between the slashes");
	clause->pred = parse_expr(p);
	p->lex.in_pred = false;
	if (!p->failed && p->tok.kind != TOK_EPRED)
		expected(p, "`/` after the predicate");
	p->prev = p->tok.loc;
}

static struct stmt *new_stmt(struct parser *p, enum stmt_kind kind)
{
	struct stmt *stmt = arena_new_one(p->arena, struct stmt);

	stmt->kind = kind;
	stmt->loc = p->tok.loc;
	return stmt;
}

/* Up to the closing brace, which stays the current token. */
static struct stmt *parse_stmts(struct parser *p)
{
	struct stmt *first = NULL, **tail = &first;

	while (!p->failed && !at_punct(p, '}') && p->tok.kind != TOK_EOF) {
		if (accept(p, ';'))
			continue;
		if (at_next_clause(p)) {
			expected(p, "`}`");
			break;
		}
		*tail = parse_stmt(p);
		if (!*tail)
			break;
		tail = &(*tail)->next;
	}
	return first;
}

static struct stmt *parse_block(struct parser *p)
{
	struct stmt *stmt = new_stmt(p, STMT_BLOCK);

	p->braces++;
	advance(p);
	stmt->body = parse_stmts(p);
	if (!p->failed)
		p->braces--;
	expect(p, '}', "`}`");
	stmt->loc = loc_span(stmt->loc, p->prev);
	return stmt;
}

/* The statement under `if` or `else`: `;` alone is an empty block. */
static struct stmt *parse_branch(struct parser *p)
{
	if (at_punct(p, ';')) {
		struct stmt *stmt = new_stmt(p, STMT_BLOCK);

		advance(p);
		return stmt;
	}
	return parse_stmt(p);
}

static struct stmt *parse_if(struct parser *p)
{
	struct stmt *stmt = new_stmt(p, STMT_IF);

	advance(p);
	expect(p, '(', "`(` after `if`");
	stmt->expr = parse_expr(p);
	expect(p, ')', "`)` after the condition");
	stmt->body = parse_branch(p);
	if (at_keyword(p, KW_ELSE)) {
		advance(p);
		stmt->other = parse_branch(p);
	}
	stmt->loc = loc_span(stmt->loc, p->prev);
	return stmt;
}

static void no_such_stmt(struct parser *p)
{
	char *word = token_text(p);

	if (p->tok.keyword == KW_RESERVED)
		diag_hint(p->diags,
			  fail(p, p->tok.loc, "D_SYNTAX", "syntax error near `%s`: D has no such statement", word),
			  "a clause consists of expressions, `if` and `else`, and runs once each time its probe fires");
	else if (p->tok.keyword == KW_ELSE)
		fail(p, p->tok.loc, "D_SYNTAX", "syntax error near `else`: there is no `if` before it");
	else
		diag_hint(
			p->diags,
			fail(p, p->tok.loc, "D_SYNTAX", "syntax error near `%s`: no declaration inside a clause", word),
			"declare it before the clause, for example `this int x;`, or only assign to it");
}

static struct stmt *parse_stmt_inner(struct parser *p)
{
	struct stmt *stmt;

	if (at_punct(p, '{'))
		return parse_block(p);
	if (at_keyword(p, KW_IF))
		return parse_if(p);
	if (at_keyword(p, KW_RESERVED) || at_keyword(p, KW_ELSE) || at_type(p)) {
		no_such_stmt(p);
		return NULL;
	}
	stmt = new_stmt(p, STMT_EXPR);
	stmt->expr = parse_expr(p);
	stmt->loc = loc_span(stmt->loc, p->prev);
	if (!accept(p, ';') && !at_punct(p, '}'))
		expected(p, "`;` or `}` after the statement");
	return stmt;
}

static struct stmt *parse_stmt(struct parser *p)
{
	struct stmt *stmt = enter(p) ? parse_stmt_inner(p) : NULL;

	leave(p);
	return stmt;
}

/* Nothing is read behind the closing brace: what follows is in the other vocabulary. */
static void parse_clause_body(struct parser *p, struct clause *clause)
{
	p->lex.pos++;
	p->braces++;
	advance(p);
	clause->has_body = true;
	clause->body = parse_stmts(p);
	if (!p->failed && !at_punct(p, '}'))
		expected(p, "`}`");
	p->prev = p->tok.loc;
}

static void parse_no_body(struct parser *p, struct clause *clause)
{
	struct diag *diag;

	if (clause->pred) {
		fail(p, clause->pred->loc, "D_SYNTAX", "expected `{` and actions after the predicate");
		return;
	}
	if (lex_peek(&p->lex, p->lex.pos) == ';' || lex_peek(&p->lex, p->lex.pos) == -1)
		return;
	advance(p);
	if (p->failed)
		return;
	diag = fail(p, p->tok.loc, "D_SYNTAX", "syntax error near `%.*s`: expected `,`, `{`%s or `;` after the %s",
		    p->tok.loc.size > 40 ? 40 : (int)p->tok.loc.size, p->tok.loc.source->text + p->tok.loc.offset,
		    clause->pred ? "" : ", a predicate", clause->pred ? "predicate" : "probe description");
	if (p->tok.keyword == KW_NONE && !clause->pred)
		diag_hint(p->diags, diag,
			  "a declaration begins with a type that is known, a description has no blanks");
}

void parse_clause(struct parser *p)
{
	struct clause *clause = arena_new_one(p->arena, struct clause);

	parse_descs(p, clause);
	if (p->failed)
		return;
	p->prev = clause->descs[clause->descs_len - 1].loc;
	if (lex_peek(&p->lex, p->lex.pos) == '/')
		parse_pred(p, clause);
	if (p->failed)
		return;
	lex_skip(&p->lex);
	if (lex_peek(&p->lex, p->lex.pos) == '{')
		parse_clause_body(p, clause);
	else
		parse_no_body(p, clause);
	if (p->failed)
		return;
	clause->loc = loc_span(clause->descs[0].loc, p->prev);
	clause->id = p->script->clauses_len++;
	*p->clause_tail = clause;
	p->clause_tail = &clause->next;
}
