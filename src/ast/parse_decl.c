/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Declarations outside of clauses: variables with their scope and keys, inline constants, typedefs, structures, unions
 * and enumerations; and the prototypes of built-in functions, which are written in D too.
 */
#include "ast/parse.h"

#include <string.h>

static struct decl *new_decl(struct parser *p, enum decl_kind kind, const char *name, struct loc loc)
{
	struct decl *decl = arena_new_one(p->arena, struct decl);

	decl->kind = kind;
	decl->name = name;
	decl->loc = loc;
	return decl;
}

static void add_decl(struct parser *p, struct decl *decl)
{
	if (p->failed)
		return;
	*p->decl_tail = decl;
	p->decl_tail = &decl->next;
	if (decl->kind == DECL_TYPEDEF)
		names_add(p->types, decl->name);
}

/* The name that is declared; NULL: failed. */
static const char *parse_name(struct parser *p, struct loc *loc)
{
	const char *name;

	*loc = p->tok.loc;
	if (at_punct(p, '(')) {
		fail(p, p->tok.loc, "D_SYNTAX",
		     "syntax error near `(`: pointers to functions and arrays are not supported");
		return NULL;
	}
	if (p->tok.kind != TOK_IDENT || p->tok.keyword != KW_NONE) {
		if (p->tok.kind == TOK_IDENT)
			fail(p, p->tok.loc, "D_DECL_IDENT", "`%s` is a word of the language: choose another name",
			     token_text(p));
		expected(p, "a name");
		return NULL;
	}
	name = token_text(p);
	advance(p);
	return name;
}

/* ---- struct, union, enum bodies ---- */

static struct decl *parse_enumerator(struct parser *p)
{
	struct loc loc;
	const char *name = parse_name(p, &loc);
	struct decl *decl = new_decl(p, DECL_MEMBER, name, loc);

	if (accept(p, '='))
		decl->value = parse_assign(p);
	return decl;
}

static struct decl *parse_enumerators(struct parser *p)
{
	struct decl *first = NULL, **tail = &first;

	while (!p->failed && !at_punct(p, '}')) {
		*tail = parse_enumerator(p);
		tail = &(*tail)->next;
		if (!accept(p, ',') && !at_punct(p, '}'))
			expected(p, "`,` or `}` after the name");
	}
	return first;
}

static struct decl *parse_member_decl(struct parser *p, const struct type_spec *base)
{
	struct type_spec *tspec = parse_pointers(p, base);
	const char *name = NULL;
	struct decl *decl;
	struct loc loc = p->tok.loc;

	/* Without a name: a structure in a structure, or a bit-field that only fills. */
	if (!(at_punct(p, ';') && tspec && tspec->has_body) && !at_punct(p, ':'))
		name = parse_name(p, &loc);
	decl = new_decl(p, DECL_MEMBER, name, loc);
	decl->tspec = tspec;
	if (tspec && accept(p, '['))
		parse_dims(p, tspec);
	if (accept(p, ':'))
		decl->bits = parse_assign(p);
	return decl;
}

static struct decl *parse_members(struct parser *p)
{
	struct decl *first = NULL, **tail = &first;

	while (!p->failed && !at_punct(p, '}')) {
		struct type_spec *base = parse_base_type(p);

		if (p->failed)
			break;
		do {
			*tail = parse_member_decl(p, base);
			tail = &(*tail)->next;
		} while (accept(p, ','));
		expect(p, ';', "`;` after the member");
	}
	return first;
}

struct decl *parse_body(struct parser *p, bool is_enum)
{
	struct decl *members;

	p->braces++;
	advance(p);
	members = is_enum ? parse_enumerators(p) : parse_members(p);
	if (!p->failed)
		p->braces--;
	expect(p, '}', "`}`");
	return members;
}

/* ---- variables ---- */

static void parse_keys_decl(struct parser *p, struct decl *decl)
{
	do {
		struct type_spec *key = parse_type(p);

		if (p->failed)
			return;
		*arena_push(p->arena, decl->keys, decl->keys_len) = key;
	} while (accept(p, ','));
	expect(p, ']', "`,` or `]` after the type of the key");
}

/* After [ : `int, string]` makes an associative array, `4]` an array. */
static void parse_brackets(struct parser *p, struct decl *decl, bool may_have_keys)
{
	struct loc from = p->prev;

	if (!may_have_keys || !at_type(p)) {
		parse_dims(p, decl->tspec);
		return;
	}
	parse_keys_decl(p, decl);
	if (decl->scope == SCOPE_THIS)
		fail(p, loc_span(from, p->prev), "D_DECL_LOCASSC",
		     "this-> variables live as long as one clause runs: no associative arrays");
	if (at_punct(p, '['))
		fail(p, p->tok.loc, "D_DECL_DYNOBJ", "the elements of an associative array cannot be arrays");
}

struct classes {
	bool self, this, is_inline, is_typedef;
	unsigned n;
};

static void parse_classes(struct parser *p, struct classes *classes)
{
	while (p->tok.kind == TOK_IDENT && p->tok.keyword >= KW_SELF && p->tok.keyword <= KW_REGISTER) {
		enum keyword keyword = p->tok.keyword;

		if (keyword >= KW_EXTERN)
			fail(p, p->tok.loc, "D_DECL_BADCLASS", "`%s` has no meaning in D", token_text(p));
		else if (classes->n++)
			fail(p, p->tok.loc, "D_DECL_CLASS", "one of self, this, inline and typedef, not two");
		classes->self |= keyword == KW_SELF;
		classes->this |= keyword == KW_THIS;
		classes->is_inline |= keyword == KW_INLINE;
		classes->is_typedef |= keyword == KW_TYPEDEF;
		advance(p);
	}
}

static void parse_value(struct parser *p, struct decl *decl)
{
	if (decl->kind == DECL_INLINE) {
		expect(p, '=', "`=` and the value of the inline");
		decl->value = parse_assign(p);
	} else if (at_punct(p, '=')) {
		diag_hint(p->diags,
			  fail(p, p->tok.loc, "D_SYNTAX", "syntax error near `=`: a declaration gives no value"),
			  "assign it in `BEGIN { %s = ...; }`, or write `inline` for a constant", decl->name);
	} else if (at_punct(p, '(')) {
		fail(p, p->tok.loc, "D_SYNTAX", "syntax error near `(`: scripts cannot declare functions");
	}
}

static void parse_declarator(struct parser *p, const struct type_spec *base, const struct classes *classes)
{
	struct type_spec *tspec = parse_pointers(p, base);
	struct loc loc;
	const char *name = parse_name(p, &loc);
	struct decl *decl;

	if (p->failed)
		return;
	decl = new_decl(p, classes->is_typedef ? DECL_TYPEDEF : classes->is_inline ? DECL_INLINE : DECL_VAR, name, loc);
	decl->scope = classes->self ? SCOPE_SELF : classes->this ? SCOPE_THIS : SCOPE_GLOBAL;
	decl->tspec = tspec;
	if (accept(p, '['))
		parse_brackets(p, decl, decl->kind == DECL_VAR);
	parse_value(p, decl);
	add_decl(p, decl);
}

/* `struct foo { ... };` alone; `struct foo;` says nothing that is needed and is let pass. */
static void parse_bare(struct parser *p, struct type_spec *base, const struct classes *classes)
{
	enum decl_kind kind = base->name[0] == 's' ? DECL_STRUCT : base->name[0] == 'u' ? DECL_UNION : DECL_ENUM;
	struct decl *decl = new_decl(p, kind, base->name, base->loc);

	decl->tspec = base;
	if (classes->n || !strchr(base->name, ' ') || (!base->has_body && kind == DECL_ENUM))
		fail(p, base->loc, "D_DECL_USELESS", "this declares nothing: a name is missing");
	else if (base->has_body)
		add_decl(p, decl);
}

static struct decl *parse_translation(struct parser *p)
{
	struct loc loc;
	const char *name = parse_name(p, &loc);
	struct decl *decl = new_decl(p, DECL_MEMBER, name, loc);

	expect(p, '=', "`=` and what the member is made of");
	decl->value = parse_assign(p);
	expect(p, ';', "`;` after the member");
	return decl;
}

/* translator psinfo_t < struct task_struct *t > { pr_pid = t->tgid; ... }; */
static void parse_translator(struct parser *p)
{
	struct decl *decl = new_decl(p, DECL_TRANSLATOR, NULL, p->tok.loc), **tail = &decl->members;

	advance(p);
	decl->tspec = parse_base_type(p);
	expect(p, '<', "`<` and the type to translate from");
	decl->input = parse_pointers(p, parse_base_type(p));
	decl->name = parse_name(p, &decl->loc);
	expect(p, '>', "`>` after the name of what is translated");
	p->braces++;
	expect(p, '{', "`{` and the members");
	while (!p->failed && !at_punct(p, '}')) {
		*tail = parse_translation(p);
		tail = &(*tail)->next;
	}
	if (!p->failed)
		p->braces--;
	expect(p, '}', "`}`");
	add_decl(p, decl);
	if (!p->failed && !at_punct(p, ';'))
		expected(p, "`;` after the translator");
}

static void parse_provider(struct parser *p)
{
	diag_hint(p->diags, fail(p, p->tok.loc, "D_SYNTAX", "`%s` is not supported yet", token_text(p)),
		  "probes come from the traced programs");
}

/* The semicolon stays current: what follows may be a probe description, which is not read in tokens. */
void parse_declaration(struct parser *p)
{
	struct classes classes = {0};
	struct type_spec *base;

	advance(p);
	if (at_keyword(p, KW_TRANSLATOR)) {
		parse_translator(p);
		return;
	}
	if (at_keyword(p, KW_PROVIDER)) {
		parse_provider(p);
		return;
	}
	parse_classes(p, &classes);
	base = parse_base_type(p);
	if (p->failed)
		return;
	if (at_punct(p, ';')) {
		parse_bare(p, base, &classes);
		return;
	}
	do {
		parse_declarator(p, base, &classes);
	} while (accept(p, ','));
	if (!p->failed && !at_punct(p, ';'))
		expected(p, "`;` after the declaration");
}
