/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Declarations outside of clauses: variables with their scope and keys, inline constants, typedefs, structures, unions
 * and enumerations; and the prototypes of built-in functions, which are written in D too.
 */
#include "front/d/ast/parse.h"

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

const char *parse_name(struct parser *p, struct loc *loc)
{
	const char *name;

	*loc = p->tok.loc;
	if (p->tok.kind != TOK_IDENT || p->tok.keyword != KW_NONE) {
		if (p->tok.kind == TOK_IDENT)
			fail(p, p->tok.loc, "D_SYNTAX", "`%s` is a word of the language: choose another name",
			     token_text(p));
		expected(p, "a name");
		return NULL;
	}
	name = token_text(p);
	advance(p);
	if (at_punct(p, '`'))
		fail(p, p->tok.loc, "D_DECL_SCOPE", "a name that is declared has no scope before it");
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
	/* Without a name: a structure in a structure, or a bit-field that only fills. */
	bool is_nameless = at_punct(p, ':') || (at_punct(p, ';') && base->has_body);
	struct declarator declarator;
	struct type_spec *tspec = parse_declarator(p, base, is_nameless ? NAME_NONE : NAME_MUST, &declarator);
	struct decl *decl = new_decl(p, DECL_MEMBER, declarator.name, declarator.loc);

	decl->tspec = tspec;
	if (declarator.has_keys)
		fail(p, declarator.loc, "D_DECL_DYNOBJ", "a member cannot be an associative array");
	if (accept(p, ':'))
		decl->bits = parse_assign(p);
	return decl;
}

static struct decl *parse_members(struct parser *p)
{
	struct decl *first = NULL, **tail = &first;

	if (at_punct(p, '}'))
		expected(p, "a member");
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

struct classes {
	bool self, this, is_inline, is_typedef, is_extern, is_static;
	const char *bad; /* auto, register: nothing of D's; NULL: none of them */
	struct loc loc;
	unsigned n;
};

static void parse_classes(struct parser *p, struct classes *classes)
{
	while (p->tok.kind == TOK_IDENT && p->tok.keyword >= KW_SELF && p->tok.keyword <= KW_REGISTER) {
		enum keyword keyword = p->tok.keyword;

		if (classes->n++ && !(classes->is_inline && classes->n == 2))
			fail(p, p->tok.loc, "D_DECL_CLASS",
			     "a declaration takes only one of self, this, typedef, extern and static");
		classes->loc = p->tok.loc;
		classes->self |= keyword == KW_SELF;
		classes->this |= keyword == KW_THIS;
		classes->is_inline |= keyword == KW_INLINE;
		classes->is_typedef |= keyword == KW_TYPEDEF;
		classes->is_extern |= keyword == KW_EXTERN;
		classes->is_static |= keyword == KW_STATIC;
		if (keyword == KW_AUTO || keyword == KW_REGISTER)
			classes->bad = token_text(p);
		advance(p);
	}
	if (classes->is_inline && classes->n > 1)
		fail(p, classes->loc, "D_DECL_BADCLASS", "an `inline` takes no storage class");
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
	}
}

/* A function that is declared is one of the traced programs' or the kernel's, as what is `extern`. */
static enum decl_kind kind_of(struct parser *p, const struct classes *classes, const struct type_spec *tspec)
{
	if (classes->is_typedef)
		return DECL_TYPEDEF;
	if (classes->is_inline)
		return DECL_INLINE;
	if (classes->is_extern || (tspec && tspec->is_function && (!classes->n || classes->is_static)))
		return DECL_EXTERN;
	if (classes->bad || classes->is_static)
		fail(p, classes->loc, "D_DECL_BADCLASS", "`%s` has no meaning in D",
		     classes->bad ? classes->bad : "static");
	return DECL_VAR;
}

static void take_keys(struct parser *p, struct decl *decl, const struct params *keys)
{
	for (unsigned i = 0; i < keys->len; i++) {
		unsigned n = decl->keys_len;

		*arena_push(p->arena, decl->keys, n) = keys->list[i]->tspec;
		*arena_push(p->arena, decl->key_names, decl->keys_len) = keys->list[i]->name;
	}
}

static void parse_one(struct parser *p, const struct type_spec *base, const struct classes *classes)
{
	struct declarator declarator;
	struct type_spec *tspec = parse_declarator(p, base, NAME_MUST, &declarator);
	struct decl *decl;

	if (p->failed)
		return;
	decl = new_decl(p, kind_of(p, classes, tspec), declarator.name, declarator.loc);
	decl->scope = classes->self ? SCOPE_SELF : classes->this ? SCOPE_THIS : SCOPE_GLOBAL;
	decl->tspec = tspec;
	if (declarator.has_keys)
		take_keys(p, decl, &declarator.keys);
	if (declarator.has_keys && (decl->kind == DECL_TYPEDEF || decl->kind == DECL_EXTERN))
		fail(p, declarator.loc, "D_DECL_DYNOBJ", "only variables can be associative arrays");
	if (declarator.has_keys && decl->scope == SCOPE_THIS)
		fail(p, declarator.loc, "D_DECL_LOCASSC",
		     "this-> variables live as long as one clause runs: no associative arrays");
	if (decl->kind == DECL_INLINE && tspec->dims_len)
		fail(p, declarator.loc, "D_DECL_ARRNULL", "an inline cannot be an array with a number of elements");
	parse_value(p, decl);
	add_decl(p, decl);
}

/* `struct foo { ... };` alone; `struct foo;` says nothing that is needed and is let pass. */
static void parse_bare(struct parser *p, struct type_spec *base, const struct classes *classes)
{
	enum decl_kind kind = base->name[0] == 's' ? DECL_STRUCT : base->name[0] == 'u' ? DECL_UNION : DECL_ENUM;
	struct decl *decl = new_decl(p, kind, base->name, base->loc);

	decl->tspec = base;
	if (classes->is_inline)
		expected(p, "the name of the inline");
	else if (!strchr(base->name, ' ') || (strncmp(base->name, "struct ", 7) && strncmp(base->name, "union ", 6) &&
					      strncmp(base->name, "enum ", 5)))
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
	struct declarator input;

	advance(p);
	decl->tspec = parse_base_type(p);
	expect(p, '<', "`<` and the type to translate from");
	decl->input = parse_declarator(p, parse_base_type(p), NAME_MUST, &input);
	decl->name = input.name;
	decl->loc = input.loc;
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
	decl->whole = loc_span(decl->loc, p->tok.loc);
	add_decl(p, decl);
	if (!p->failed && !at_punct(p, ';'))
		expected(p, "`;` after the translator");
}

static struct decl *params_as_decls(struct parser *p, const struct params *params)
{
	struct decl *first = NULL, **tail = &first;

	for (unsigned i = 0; i < params->len; i++) {
		*tail = new_decl(p, DECL_MEMBER, params->list[i]->name, params->list[i]->loc);
		(*tail)->tspec = params->list[i]->tspec;
		tail = &(*tail)->next;
	}
	return first;
}

enum { PROVIDER_NAME_MAX = 64, PROBE_NAME_MAX = 128, PARAMS_MAX = 255 };

/* probe name(int a, ...) : (int b, ...); the output is made of what the input is called. */
static struct decl *parse_probe(struct parser *p)
{
	struct params input, output;
	struct loc loc;
	const char *name;
	struct decl *decl;

	advance(p);
	name = parse_name(p, &loc);
	decl = new_decl(p, DECL_PROBE, name, loc);
	if (name && strlen(name) >= PROBE_NAME_MAX)
		fail(p, loc, "D_PROV_BADNAME", "the name of a probe has at most %d characters", PROBE_NAME_MAX - 1);
	expect(p, '(', "`(` and the probe's arguments");
	parse_params(p, &input, NULL, PARAMS_OF_PROBE, ')');
	decl->members = params_as_decls(p, &input);
	if (input.len > PARAMS_MAX)
		fail(p, loc, "D_PROV_PRARGLEN", "a probe has at most %d arguments", PARAMS_MAX);
	if (accept(p, ':')) {
		expect(p, '(', "`(` and what the arguments are translated to");
		parse_params(p, &output, &input, PARAMS_OF_OUTPUT, ')');
		decl->outputs = params_as_decls(p, &output);
	}
	expect(p, ';', "`;` after the probe");
	return decl;
}

/* provider name { probe ...; }; says what a program's markers look like. */
static void parse_provider(struct parser *p)
{
	struct decl *decl = new_decl(p, DECL_PROVIDER, NULL, p->tok.loc), **tail = &decl->members;
	size_t len;

	advance(p);
	decl->name = parse_name(p, &decl->loc);
	len = decl->name ? strlen(decl->name) : 0;
	if (len >= PROVIDER_NAME_MAX)
		fail(p, decl->loc, "D_PROV_BADNAME", "the name of a provider has at most %d characters",
		     PROVIDER_NAME_MAX - 1);
	else if (len && decl->name[len - 1] >= '0' && decl->name[len - 1] <= '9')
		fail(p, decl->loc, "D_PROV_BADNAME", "the name of a provider does not end with a digit");
	p->braces++;
	expect(p, '{', "`{` and the probes");
	while (!p->failed && p->tok.kind == TOK_IDENT && p->tok.size == 5 && !memcmp(p->tok.text, "probe", 5)) {
		*tail = parse_probe(p);
		tail = &(*tail)->next;
	}
	expect(p, '}', "`probe` or `}`");
	if (!p->failed)
		p->braces--;
	add_decl(p, decl);
	if (!p->failed && !at_punct(p, ';'))
		expected(p, "`;` after the provider");
}

/* `self x;` is `self int x;`, as in C before 1999. */
static bool is_without_type(const struct parser *p, const struct classes *classes)
{
	return classes->n && !classes->is_inline && p->tok.kind == TOK_IDENT && p->tok.keyword == KW_NONE &&
	       !at_type(p);
}

static struct type_spec *implied_int(struct parser *p)
{
	struct type_spec *tspec = arena_new_one(p->arena, struct type_spec);

	*tspec = (struct type_spec){.name = "int", .loc = p->tok.loc};
	return tspec;
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
	base = is_without_type(p, &classes) ? implied_int(p) : parse_base_type(p);
	if (p->failed)
		return;
	if (at_punct(p, ';')) {
		parse_bare(p, base, &classes);
		return;
	}
	do {
		parse_one(p, base, &classes);
	} while (accept(p, ','));
	if (!p->failed && !at_punct(p, ';'))
		expected(p, "`;` after the declaration");
}
