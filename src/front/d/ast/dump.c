/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tokens and trees as text: --dump=tokens, --dump=ast and the golden files. One construct per line, children indented.
 */
#include "front/d/ast/parse.h"

static void indent(struct buf *out, unsigned level)
{
	while (level--)
		buf_puts(out, "  ");
}

/* ---- declarations ---- */

static void dump_members(const struct decl *member, unsigned level, struct buf *out);

/* `char *name[4]`: the base is left of the name, dimensions right of it. */
static void dump_typed_name(const struct decl *decl, struct buf *out)
{
	struct type_spec base = *decl->tspec;

	base.dims_len = 0;
	ast_print_type(&base, out);
	if (decl->name)
		buf_printf(out, "%s%s", base.pointers ? "" : " ", decl->name);
	for (unsigned i = 0; i < decl->keys_len; i++) {
		buf_puts(out, i ? ", " : "[");
		ast_print_type(decl->keys[i], out);
	}
	buf_puts(out, decl->keys_len ? "]" : "");
	for (unsigned i = 0; i < decl->tspec->dims_len; i++) {
		buf_putc(out, '[');
		ast_print_node(decl->tspec->dims[i], out);
		buf_putc(out, ']');
	}
}

/* `psinfo_t < struct task_struct *t >` */
static void dump_translation(const struct decl *decl, struct buf *out)
{
	ast_print_type(decl->tspec, out);
	buf_puts(out, " < ");
	ast_print_type(decl->input, out);
	buf_printf(out, "%s%s >", decl->input->pointers ? "" : " ", decl->name);
}

static void dump_decl(const struct decl *decl, unsigned level, struct buf *out)
{
	static const char *const kinds[] = {
		[DECL_VAR] = "var ",	   [DECL_TYPEDEF] = "typedef ",
		[DECL_INLINE] = "inline ", [DECL_STRUCT] = "",
		[DECL_UNION] = "",	   [DECL_ENUM] = "",
		[DECL_MEMBER] = "",	   [DECL_TRANSLATOR] = "translator ",
		[DECL_EXTERN] = "extern ", [DECL_PROVIDER] = "provider ",
		[DECL_PROBE] = "probe ",
	};
	static const char *const scopes[] = {[SCOPE_GLOBAL] = "", [SCOPE_SELF] = "self ", [SCOPE_THIS] = "this "};

	indent(out, level);
	buf_printf(out, "%s%s", kinds[decl->kind], scopes[decl->scope]);
	if (decl->kind == DECL_TRANSLATOR)
		dump_translation(decl, out);
	else if (decl->kind == DECL_STRUCT || decl->kind == DECL_UNION || decl->kind == DECL_ENUM || !decl->tspec)
		buf_puts(out, decl->name ? decl->name : "");
	else
		dump_typed_name(decl, out);
	if (decl->bits) {
		buf_puts(out, ": ");
		ast_print_node(decl->bits, out);
	}
	if (decl->value) {
		buf_puts(out, " = ");
		ast_print_node(decl->value, out);
	}
	buf_putc(out, '\n');
	dump_members(decl->tspec && decl->kind != DECL_TRANSLATOR ? decl->tspec->members : decl->members, level + 1,
		     out);
}

static void dump_members(const struct decl *member, unsigned level, struct buf *out)
{
	for (; member; member = member->next)
		dump_decl(member, level, out);
}

/* ---- clauses ---- */

static void dump_stmts(const struct stmt *stmt, unsigned level, struct buf *out);

/* The statements under if and else, without the braces around them. */
static void dump_branch(const struct stmt *stmt, unsigned level, struct buf *out)
{
	dump_stmts(stmt->kind == STMT_BLOCK ? stmt->body : stmt, level, out);
}

static void dump_stmt(const struct stmt *stmt, unsigned level, struct buf *out)
{
	indent(out, level);
	if (stmt->kind == STMT_BLOCK) {
		buf_puts(out, "block\n");
		dump_stmts(stmt->body, level + 1, out);
		return;
	}
	buf_puts(out, stmt->kind == STMT_IF ? "if " : "");
	ast_print_node(stmt->expr, out);
	buf_putc(out, '\n');
	if (stmt->kind != STMT_IF)
		return;
	dump_branch(stmt->body, level + 1, out);
	if (stmt->other) {
		indent(out, level);
		buf_puts(out, "else\n");
		dump_branch(stmt->other, level + 1, out);
	}
}

static void dump_stmts(const struct stmt *stmt, unsigned level, struct buf *out)
{
	for (; stmt; stmt = stmt->next)
		dump_stmt(stmt, level, out);
}

static void dump_clause(const struct clause *clause, struct buf *out)
{
	buf_printf(out, "clause %u\n", clause->id);
	for (unsigned i = 0; i < clause->descs_len; i++) {
		const struct probe_desc *desc = &clause->descs[i].desc;

		if (desc->id)
			buf_printf(out, "  probe %u\n", desc->id);
		else
			buf_printf(out, "  probe %s:%s:%s:%s\n", desc->prov, desc->mod, desc->func, desc->name);
	}
	if (clause->pred) {
		buf_puts(out, "  when ");
		ast_print_node(clause->pred, out);
		buf_putc(out, '\n');
	}
	buf_puts(out, clause->has_body ? "  do\n" : "  no body\n");
	dump_stmts(clause->body, 2, out);
}

static void dump_pragma(const struct pragma *pragma, struct buf *out)
{
	static const char *const kinds[] = {
		[PRAGMA_OPTION] = "option",
		[PRAGMA_ATTRIBUTES] = "attributes",
		[PRAGMA_BINDING] = "binding",
		[PRAGMA_DEPENDS_ON] = "depends_on",
	};

	buf_printf(out, "%s %s%s%s", kinds[pragma->kind], pragma->of ? pragma->of : "", pragma->of ? " " : "",
		   pragma->name ? pragma->name : "?");
	buf_printf(out, "%s%s\n", pragma->value ? "=" : "", pragma->value ? pragma->value : "");
}

void ast_dump(const struct script *script, struct buf *out)
{
	for (const struct pragma *pragma = script->pragmas; pragma; pragma = pragma->next)
		dump_pragma(pragma, out);
	for (const struct decl *decl = script->decls; decl; decl = decl->next)
		dump_decl(decl, 0, out);
	for (const struct clause *clause = script->clauses; clause; clause = clause->next)
		dump_clause(clause, out);
}

/* ---- tokens ---- */

/* Counts on from the token before: asking loc_position for each would take quadratic time. */
struct place {
	size_t offset;
	unsigned line, column;
};

static void dump_token(struct place *place, struct loc loc, const char *kind, struct buf *out)
{
	for (; place->offset < loc.offset; place->offset++) {
		place->column++;
		if (loc.source->text[place->offset] == '\n') {
			place->line++;
			place->column = 1;
		}
	}
	buf_printf(out, "%u:%u %s ", place->line, place->column, kind);
	buf_add(out, loc.source->text + loc.offset, loc.size);
	buf_putc(out, '\n');
}

static const char *kind_name(const struct token *token)
{
	static const char *const names[] = {
		[TOK_EOF] = "end",	 [TOK_BAD] = "error", [TOK_IDENT] = "name",  [TOK_INT] = "int",
		[TOK_STRING] = "string", [TOK_AGG] = "agg",   [TOK_PUNCT] = "punct", [TOK_EPRED] = "end of predicate",
	};

	return token->keyword ? "word" : names[token->kind];
}

/* Tokens of a body or a declaration up to where descriptions may follow. */
static void dump_tokens_until(struct lex *lex, unsigned stop, struct place *place, struct buf *out)
{
	unsigned braces = 0;

	for (;;) {
		struct token token = lex_next(lex);

		if (!token.loc.size)
			return;
		dump_token(place, token.loc, kind_name(&token), out);
		if (token.kind == TOK_EPRED && lex->in_pred)
			return;
		if (token.kind != TOK_PUNCT)
			continue;
		if (token.punct == '{')
			braces++;
		if (token.punct == '}' && braces && !--braces && stop == '}')
			return;
		if (token.punct == ';' && !braces)
			return;
	}
}

static bool begins_decl(const struct lex *lex)
{
	size_t end = lex->pos;
	enum keyword keyword;

	while (lex_is_word_char(lex_peek(lex, end)))
		end++;
	keyword = keyword_find(lex->source->text + lex->pos, end - lex->pos);
	if (lex_peek(lex, end) == ':')
		return false;
	return (keyword >= KW_CHAR && keyword <= KW_PROVIDER) ||
	       is_known_type(lex->source->text + lex->pos, end - lex->pos);
}

/* Without a parser only declarations that begin with a type that D brings are known to be ones. */
void ast_dump_tokens(const struct source *source, struct buf *out)
{
	struct arena *arena = arena_new();
	struct place place = {0, 1, 1};
	struct script script = {0};
	struct diags diags;
	struct lex lex;

	diags_init(&diags, arena);
	lex_init(&lex, arena, source, NULL, &diags, &script);
	for (;;) {
		int c;
		size_t from;

		lex.in_pred = false;
		lex_skip(&lex);
		from = lex.pos;
		c = lex_peek(&lex, from);
		if (c == -1)
			break;
		if (begins_decl(&lex)) {
			dump_tokens_until(&lex, ';', &place, out);
		} else if (c == '/') {
			lex.pos++;
			dump_token(&place, lex_loc(&lex, from, lex.pos), "punct", out);
			lex.in_pred = true;
			dump_tokens_until(&lex, '}', &place, out);
		} else if (c == '{') {
			dump_tokens_until(&lex, '}', &place, out);
		} else {
			lex.pos = lex_desc_end(&lex, from);
			lex.pos += lex.pos == from;
			dump_token(&place, lex_loc(&lex, from, lex.pos),
				   lex.pos - from > 1 || lex_is_desc_char(c) ? "probe" : "punct", out);
		}
	}
	arena_free(arena);
}
