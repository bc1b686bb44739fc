/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The outer loop of the parser: which construct begins here, and after an error, where the next one may begin. See
 * parse.h for how errors travel.
 */
#include "front/d/ast/parse.h"

#include <stdarg.h>
#include <string.h>

void parse_init(struct parser *p, struct arena *arena, const struct source *source, const struct macros *macros,
		struct diags *diags, struct script *script)
{
	*p = (struct parser){.arena = arena, .diags = diags, .script = script, .types = names_new(arena)};
	lex_init(&p->lex, arena, source, macros, diags, script);
	if (!script)
		return;
	p->clause_tail = &script->clauses;
	while (*p->clause_tail)
		p->clause_tail = &(*p->clause_tail)->next;
	p->decl_tail = &script->decls;
	for (; *p->decl_tail; p->decl_tail = &(*p->decl_tail)->next) {
		if ((*p->decl_tail)->kind == DECL_TYPEDEF)
			names_add(p->types, (*p->decl_tail)->name);
	}
}

void advance(struct parser *p)
{
	p->prev = p->tok.loc;
	if (p->failed)
		return;
	p->tok = lex_next(&p->lex);
	if (p->tok.kind == TOK_BAD)
		p->failed = true;
}

struct diag *fail(struct parser *p, struct loc loc, const char *tag, const char *format, ...)
{
	struct diag *diag;
	va_list args;

	if (p->failed)
		return NULL;
	va_start(args, format);
	diag = diag_error(p->diags, loc, tag, "%s", arena_vprintf(p->arena, format, args));
	va_end(args);
	p->failed = true;
	p->tok.kind = TOK_BAD;
	return diag;
}

/* What to call the current token in a sentence. */
static const char *near(struct parser *p)
{
	const char *text = p->tok.loc.source->text + p->tok.loc.offset;
	int size = 0;

	if (p->tok.kind == TOK_EOF)
		return "at the end of the script";
	while (size < (int)p->tok.loc.size && size < 40 && (unsigned char)text[size] >= ' ')
		size++;
	return arena_printf(p->arena, "near `%.*s`", size, text);
}

/*
 * Does a line begin here that begins like a clause? Then that holds even inside braces, since the closing one may be
 * what is missing: no line of a statement begins with a word that holds `::` or with the name of one of DTrace's own
 * probes.
 */
static bool begins_clause(const struct lex *lex, size_t pos)
{
	static const char *const own[] = {"BEGIN", "END", "ERROR", "tick-", "profile-"};
	const char *text = lex->source->text + pos;
	size_t size;

	if (pos && text[-1] != '\n')
		return false;
	size = lex_desc_end(lex, pos) - pos;
	if (memmem(text, size, "::", 2))
		return true;
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		size_t len = strlen(own[i]);

		if (size >= len && !memcmp(text, own[i], len) && (own[i][len - 1] == '-' || size == len))
			return true;
	}
	return false;
}

bool at_next_clause(const struct parser *p)
{
	return p->braces && p->tok.kind == TOK_IDENT && begins_clause(&p->lex, p->tok.loc.offset);
}

void expected(struct parser *p, const char *what)
{
	struct loc loc = p->tok.loc;

	if (p->failed)
		return;
	if (at_next_clause(p))
		diag_hint(p->diags,
			  fail(p, loc, "D_SYNTAX", "syntax error %s: a clause begins here, and the one before is open",
			       near(p)),
			  "`}` is missing above");
	else
		fail(p, loc, "D_SYNTAX", "syntax error %s: expected %s", near(p), what);
}

bool at_punct(const struct parser *p, unsigned punct)
{
	return p->tok.kind == TOK_PUNCT && p->tok.punct == punct;
}

bool at_keyword(const struct parser *p, enum keyword keyword)
{
	return p->tok.kind == TOK_IDENT && p->tok.keyword == keyword;
}

bool accept(struct parser *p, unsigned punct)
{
	if (!at_punct(p, punct))
		return false;
	advance(p);
	return true;
}

void expect(struct parser *p, unsigned punct, const char *what)
{
	if (!accept(p, punct))
		expected(p, what);
}

bool enter(struct parser *p)
{
	if (++p->depth <= AST_DEPTH_MAX)
		return !p->failed;
	fail(p, p->tok.loc, "D_SYNTAX", "this is nested deeper than %d levels", AST_DEPTH_MAX);
	return false;
}

void leave(struct parser *p)
{
	p->depth--;
}

char *token_text(struct parser *p)
{
	return arena_strndup(p->arena, p->tok.text, p->tok.size);
}

/* From an opening quote to behind the closing one or the end of the line. */
static size_t skip_quoted(const struct lex *lex, size_t pos)
{
	int quote = lex_peek(lex, pos++), c;

	while ((c = lex_peek(lex, pos)) != -1 && c != '\n') {
		pos++;
		if (c == quote)
			break;
		if (c == '\\' && lex_peek(lex, pos) != -1)
			pos++;
	}
	return pos;
}

/*
 * Goes to where the next construct may begin: behind the brace that closes this one, behind a semicolon outside of
 * braces, or to a line that begins like a clause. Always moves on, and only forward, so that errors cost linear time.
 */
static void recover(struct parser *p, size_t construct)
{
	struct lex *lex = &p->lex;
	size_t pos = p->tok.loc.source ? p->tok.loc.offset : lex->pos;
	unsigned braces = p->braces;

	for (;; pos++) {
		int c;

		pos = lex_ahead(lex, pos);
		c = lex_peek(lex, pos);
		if (c == -1 || (pos > construct && begins_clause(lex, pos)))
			break;
		if (c == '"' || c == '\'')
			pos = skip_quoted(lex, pos) - 1;
		else if (c == '{')
			braces++;
		else if ((c == '}' && braces <= 1) || (c == ';' && !braces))
			break;
		else if (c == '}')
			braces--;
	}
	lex->pos = pos;
	if (lex_peek(lex, pos) == '}' || lex_peek(lex, pos) == ';')
		lex->pos++;
	lex->line_start = lex_peek(lex, pos - 1) == '\n';
}

static bool is_name_start(int c)
{
	return lex_is_word_char(c) && !(c >= '0' && c <= '9');
}

/*
 * Outside of clauses, a word is the beginning of a declaration when it can begin one, and what follows cannot continue
 * a probe description: `int x` is one, `int:::x` and `self-test` are not.
 */
static bool begins_decl(const struct parser *p)
{
	const struct lex *lex = &p->lex;
	size_t end = lex->pos, next;
	enum keyword keyword;
	int c;

	while (lex_is_word_char(lex_peek(lex, end)))
		end++;
	keyword = keyword_find(lex->source->text + lex->pos, end - lex->pos);
	if (!keyword_in_type(keyword) && (keyword < KW_SELF || keyword > KW_PROVIDER) &&
	    !is_type_name(p, lex->source->text + lex->pos, end - lex->pos))
		return false;
	next = lex_ahead(lex, end);
	c = lex_peek(lex, next);
	if (memchr(lex->source->text + end, ':', lex_desc_end(lex, end) - end))
		return false;
	return is_name_start(c) || c == '*' || (c == '(' && next > end) || c == ';' ||
	       (c == '{' && keyword >= KW_STRUCT && keyword <= KW_ENUM);
}

static void parse_construct(struct parser *p)
{
	p->failed = false;
	p->depth = p->braces = 0;
	p->tok = (struct token){0};
	p->lex.in_pred = false;
	if (begins_decl(p)) {
		parse_declaration(p);
	} else if (lex_is_desc_char(lex_peek(&p->lex, p->lex.pos))) {
		parse_clause(p);
	} else {
		p->tok = (struct token){.kind = TOK_PUNCT, .loc = lex_loc(&p->lex, p->lex.pos, p->lex.pos + 1)};
		expected(p, "a probe description or a declaration");
	}
}

static void parse_script(struct parser *p)
{
	size_t from;

	for (;;) {
		lex_skip(&p->lex);
		from = p->lex.pos;
		if (lex_peek(&p->lex, from) == -1)
			return;
		if (lex_peek(&p->lex, from) == ';') {
			p->lex.pos++;
			continue;
		}
		parse_construct(p);
		if (p->failed)
			recover(p, from);
	}
}

bool source_is_text(const struct source *source, struct diags *diags)
{
	const char *nul = source->size ? memchr(source->text, '\0', source->size) : NULL;
	struct loc loc = {source, nul ? (uint32_t)(nul - source->text) : 0, 1};

	if (source->size > UINT32_MAX / 2)
		diag_error(diags, loc, NULL, "this file is too large for a script");
	else if (nul)
		diag_error(diags, loc, "D_SYNTAX", "a script cannot contain a NUL byte: this file is not text");
	return source->size <= UINT32_MAX / 2 && !nul;
}

bool ast_parse(struct arena *arena, const struct source *source, const struct macros *macros, struct diags *diags,
	       struct script *script)
{
	unsigned errors = diags->errors;
	struct parser parser;

	if (!source_is_text(source, diags))
		return false;
	parse_init(&parser, arena, source, macros, diags, script);
	parse_script(&parser);
	*arena_push(arena, script->sources, script->sources_len) = source;
	script->args = macros->args;
	script->args_len = macros->args_len;
	return diags->errors == errors;
}

bool ast_parse_desc(struct arena *arena, const struct source *source, struct diags *diags, struct probe_desc *desc)
{
	unsigned errors = diags->errors;
	struct parser p;
	struct loc loc;

	*desc = (struct probe_desc){.prov = "", .mod = "", .func = "", .name = ""};
	if (!source_is_text(source, diags))
		return false;
	parse_init(&p, arena, source, NULL, diags, NULL);
	lex_skip(&p.lex);
	if (!lex_is_desc_char(lex_peek(&p.lex, p.lex.pos))) {
		advance(&p);
		expected(&p, "a probe description");
	} else if (lex_desc(&p.lex, desc, &loc)) {
		advance(&p);
		if (p.tok.kind != TOK_EOF)
			expected(&p, "nothing after the probe description");
	}
	return diags->errors == errors;
}

struct node *ast_parse_expr(struct arena *arena, const struct source *source, struct diags *diags)
{
	struct parser p;
	struct node *node;

	if (!source_is_text(source, diags))
		return NULL;
	parse_init(&p, arena, source, NULL, diags, NULL);
	advance(&p);
	node = parse_expr(&p);
	if (!p.failed && p.tok.kind != TOK_EOF)
		expected(&p, "nothing after the expression");
	return p.failed ? NULL : node;
}
