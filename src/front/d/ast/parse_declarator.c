/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What stands around a name that is declared: `*x`, `x[4]`, `x[int, string]`, `f(int)`, `(*fp[3])(int)`, and the same
 * without a name in casts. The type is made from the inside out, as C reads it; lists of parameters are looked at here.
 */
#include <string.h>

#include "front/d/ast/parse.h"

/* ---- parameters: keys of arrays, parameters of functions and probes ---- */

static bool is_class(const struct parser *p)
{
	return p->tok.kind == TOK_IDENT && p->tok.keyword >= KW_SELF && p->tok.keyword <= KW_REGISTER;
}

bool at_params(const struct parser *p)
{
	return at_type(p) || is_class(p) || at_punct(p, PUNCT3('.', '.', '.'));
}

static bool is_plain_void(const struct type_spec *tspec)
{
	return !tspec->of && !tspec->is_function && !tspec->pointers && !tspec->dims_len &&
	       !strcmp(tspec->name, "void");
}

static struct param *parse_param(struct parser *p)
{
	struct param *param = arena_new_one(p->arena, struct param);
	struct declarator declarator;
	struct type_spec *base;

	param->loc = p->tok.loc;
	if (accept(p, PUNCT3('.', '.', '.')))
		return param;
	while (is_class(p)) {
		if (p->tok.keyword != KW_REGISTER)
			fail(p, p->tok.loc, "D_DECL_PARMCLASS", "a parameter cannot be `%s`", token_text(p));
		advance(p);
	}
	base = parse_base_type(p);
	param->tspec = parse_declarator(p, base, NAME_MAY, &declarator);
	param->name = declarator.name;
	param->is_assoc = declarator.has_keys;
	param->loc = loc_span(param->loc, p->prev);
	return param;
}

static bool is_declared_before(const struct params *params, const struct params *formal, unsigned i)
{
	const char *name = params->list[i]->name;
	unsigned len = params == formal ? i : formal->len;

	for (unsigned j = 0; j < len; j++)
		if (formal->list[j]->name && !strcmp(formal->list[j]->name, name))
			return true;
	return false;
}

static void check_param(struct parser *p, const struct params *params, const struct params *formal, unsigned i,
			enum params_of of)
{
	const struct param *param = params->list[i];
	bool is_void = param->tspec && is_plain_void(param->tspec);

	if (!param->tspec) {
		if (of != PARAMS_OF_FUNCTION)
			fail(p, param->loc, "D_DECL_PROTO_VARARGS",
			     "`...` is possible in prototypes of functions only");
	} else if (param->is_assoc || (is_void && of == PARAMS_OF_ARRAY)) {
		fail(p, param->loc, "D_DECL_PROTO_TYPE", "parameter #%u cannot be %s", i + 1,
		     is_void ? "`void`" : "an associative array");
	} else if (is_void && param->name) {
		fail(p, param->loc, "D_DECL_PROTO_NAME", "`void` as a parameter has no name");
	} else if (param->name && is_declared_before(params, formal, i) != (params != formal)) {
		fail(p, param->loc, "D_DECL_PROTO_FORM",
		     params == formal ? "there is already a parameter `%s`" : "there is no parameter `%s` on the left",
		     param->name);
	} else if (!param->name && !is_void && of == PARAMS_OF_OUTPUT) {
		fail(p, param->loc, "D_DECL_PROTO_NAME", "parameter #%u needs a name", i + 1);
	} else if (is_void && params->len > 1) {
		fail(p, param->loc, "D_DECL_PROTO_VOID", "`void` must be the only parameter");
	}
}

void parse_params(struct parser *p, struct params *params, const struct params *formal, enum params_of of,
		  unsigned close)
{
	*params = (struct params){0};
	while (!p->failed && !at_punct(p, close)) {
		*arena_push(p->arena, params->list, params->len) = parse_param(p);
		if (!accept(p, ',') && !at_punct(p, close))
			expected(p, "`,` or the end of the list");
	}
	for (unsigned i = 0; !p->failed && i < params->len; i++)
		check_param(p, params, formal ? formal : params, i, of);
	expect(p, close, "the end of the list");
	if (!p->failed && params->len == 1 && params->list[0]->tspec && is_plain_void(params->list[0]->tspec))
		params->len = 0;
}

/* ---- declarators ---- */

/* One pair of brackets of a declarator, or what is outside of them all. */
struct layer {
	unsigned pointers;
	struct type_spec dims; /* holds the dimensions alone */
	bool is_function;
	struct layer *inner;
};

/* Behind the name: dimensions, keys, parameters. */
static void parse_suffixes(struct parser *p, struct layer *layer, struct declarator *out)
{
	while (!p->failed) {
		if (accept(p, '(')) {
			struct params params;

			parse_params(p, &params, NULL, PARAMS_OF_FUNCTION, ')');
			layer->is_function = true;
		} else if (!accept(p, '[')) {
			return;
		} else if (!at_params(p)) {
			parse_dim(p, &layer->dims);
		} else if (layer->dims.dims_len || out->has_keys) {
			fail(p, p->tok.loc, "D_DECL_DYNOBJ", "the elements of an array cannot be associative arrays");
		} else {
			out->has_keys = true;
			parse_params(p, &out->keys, NULL, PARAMS_OF_ARRAY, ']');
		}
	}
}

/* A bracket after a type holds a declarator, and no parameters, when one can begin behind it. */
static bool at_nested(const struct parser *p)
{
	const struct lex *lex = &p->lex;
	size_t pos = lex_ahead(lex, lex->pos), end = pos;
	int c = lex_peek(lex, pos);

	if (!at_punct(p, '('))
		return false;
	while (lex_is_word_char(lex_peek(lex, end)))
		end++;
	if (end == pos)
		return c == '*' || c == '(';
	return keyword_find(lex->source->text + pos, end - pos) == KW_NONE &&
	       !is_type_name(p, lex->source->text + pos, end - pos);
}

static unsigned parse_stars(struct parser *p)
{
	unsigned stars = 0;

	while (at_punct(p, '*') || at_keyword(p, KW_CONST) || at_keyword(p, KW_VOLATILE) ||
	       at_keyword(p, KW_RESTRICT)) {
		stars += p->tok.kind == TOK_PUNCT;
		if (stars > AST_DEPTH_MAX)
			fail(p, p->tok.loc, "D_SYNTAX", "a pointer of more than %d levels", AST_DEPTH_MAX);
		advance(p);
	}
	return stars;
}

static struct layer *parse_layer(struct parser *p, enum name_rule rule, struct declarator *out)
{
	struct layer *layer = arena_new_one(p->arena, struct layer);

	layer->pointers = parse_stars(p);
	if (at_nested(p) && enter(p)) {
		advance(p);
		layer->inner = parse_layer(p, rule, out);
		expect(p, ')', "`)` after the name");
		leave(p);
	} else {
		out->loc = p->tok.loc;
		if (rule == NAME_MUST || (rule == NAME_MAY && p->tok.kind == TOK_IDENT))
			out->name = parse_name(p, &out->loc);
	}
	parse_suffixes(p, layer, out);
	return layer;
}

/* The type that the name has: C's types are read from the name outwards, and made in the other direction. */
static struct type_spec *wrap_type(struct parser *p, const struct type_spec *base, const struct layer *layer)
{
	struct type_spec *tspec = arena_memdup(p->arena, base, sizeof(*base)), *around;

	tspec->pointers += layer->pointers;
	tspec->dims = layer->dims.dims;
	tspec->dims_len = layer->dims.dims_len;
	tspec->is_function = layer->is_function;
	tspec->loc = loc_span(tspec->loc, p->prev);
	if (!layer->inner)
		return tspec;
	around = arena_new_one(p->arena, struct type_spec);
	*around = (struct type_spec){.of = tspec, .name = tspec->name, .loc = tspec->loc};
	return wrap_type(p, around, layer->inner);
}

struct type_spec *parse_declarator(struct parser *p, const struct type_spec *base, enum name_rule rule,
				   struct declarator *out)
{
	struct layer *layer;

	*out = (struct declarator){0};
	if (!base || p->failed)
		return NULL;
	layer = parse_layer(p, rule, out);
	return p->failed ? NULL : wrap_type(p, base, layer);
}
