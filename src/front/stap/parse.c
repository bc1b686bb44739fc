/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Declarations: probes and their points, aliases, globals, functions. */
#include "front/stap/parse.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

bool stap_parse_is(const struct stap_parser *parser, const char *text)
{
	return stap_token_is(parser->at, text);
}

bool stap_parse_take(struct stap_parser *parser, const char *text)
{
	bool is = stap_parse_is(parser, text);

	parser->at += is;
	return is;
}

void *stap_parse_fail(struct stap_parser *parser, const char *sentence)
{
	bool is_end = parser->at->kind == TOK_END && !strncmp(sentence, "expected", 8);

	stap_error(parser->diags, parser->at, "%s%s", is_end ? "unexpected end-of-file: " : "", sentence);
	return NULL;
}

bool stap_parse_need(struct stap_parser *parser, const char *text)
{
	if (!stap_parse_take(parser, text))
		return stap_parse_fail(parser, arena_printf(parser->arena, "expected '%s'", text));
	return true;
}

const struct stap_token *stap_parse_name(struct stap_parser *parser)
{
	if (parser->at->kind != TOK_WORD)
		return stap_parse_fail(parser, "expected identifier");
	return parser->at++;
}

bool stap_parse_deeper(struct stap_parser *parser)
{
	if (parser->depth++ < STAP_DEPTH_MAX)
		return true;
	stap_parse_fail(parser, "statements and expressions are nested too deeply");
	return false;
}

/* ---- probe points ---- */

static bool is_glob(const struct stap_token *token)
{
	return token->kind == TOK_OPERATOR && (*token->text == '*') && token->size == 1;
}

static bool touches(const struct stap_token *token, const struct stap_token *next)
{
	return next->kind != TOK_END && token->loc.source == next->loc.source &&
	       token->loc.offset + token->loc.size == next->loc.offset;
}

/* Words, numbers and stars that touch each other are one name. */
static bool parse_part_name(struct stap_parser *parser, struct stap_component *part)
{
	const struct stap_token *token = parser->at;
	struct buf text = {0};

	if (token->kind != TOK_WORD && token->kind != TOK_KEYWORD && !is_glob(token)) {
		stap_parse_fail(parser, "expected identifier or '*'");
		return false;
	}
	part->loc = token->loc;
	do {
		buf_add(&text, parser->at->text, parser->at->size);
		token = parser->at++;
	} while (touches(token, parser->at) && (parser->at->kind == TOK_WORD || parser->at->kind == TOK_KEYWORD ||
						parser->at->kind == TOK_NUMBER || is_glob(parser->at)));
	part->name = arena_strndup(parser->arena, text.data, text.size);
	part->loc.size = (uint32_t)text.size;
	buf_free(&text);
	return true;
}

static bool parse_component(struct stap_parser *parser, struct stap_component *part)
{
	if (!parse_part_name(parser, part))
		return false;
	if (!stap_parse_take(parser, "("))
		return true;
	return (part->arg = stap_parse_literal(parser)) && stap_parse_need(parser, ")");
}

static void add_point(struct stap_parser *parser, struct stap_probe *probe, const struct stap_point *point)
{
	*arena_push(parser->arena, probe->points, probe->points_len) = *point;
}

static bool parse_rest(struct stap_parser *parser, struct stap_probe *probe, struct stap_point point);

/* `.{a, b.c}`: each alternative goes on with what follows the braces. */
static bool parse_choice(struct stap_parser *parser, struct stap_probe *probe, const struct stap_point *point)
{
	struct stap_probe inner = {0};
	unsigned first;

	do {
		if (!parse_rest(parser, &inner, *point))
			return false;
	} while (stap_parse_take(parser, ","));
	if (!stap_parse_need(parser, "}"))
		return false;
	first = probe->points_len;
	for (unsigned i = 0; i < inner.points_len; i++)
		add_point(parser, probe, &inner.points[i]);
	if (stap_parse_is(parser, ".")) { /* the same tail behind each */
		const struct stap_token *tail = parser->at;
		struct stap_probe more = {0};

		for (unsigned i = first; i < probe->points_len; i++) {
			parser->at = tail + 1;
			if (!parse_rest(parser, &more, probe->points[i]))
				return false;
		}
		probe->points_len = first;
		for (unsigned i = 0; i < more.points_len; i++)
			add_point(parser, probe, &more.points[i]);
	}
	return true;
}

/* What follows a dot, to the end of the point's name. Points end up in `probe`. */
static bool parse_rest(struct stap_parser *parser, struct stap_probe *probe, struct stap_point point)
{
	struct stap_component *part;
	bool ok;

	if (!stap_parse_deeper(parser))
		return false;
	do {
		if (stap_parse_take(parser, "{")) {
			ok = parse_choice(parser, probe, &point);
			parser->depth--;
			return ok;
		}
		part = arena_new_array(parser->arena, struct stap_component, point.parts_len + 1);
		if (point.parts_len)
			memcpy(part, point.parts, sizeof(*part) * point.parts_len);
		point.parts = part;
		if (!parse_component(parser, &part[point.parts_len++]))
			return false;
	} while (stap_parse_take(parser, "."));
	add_point(parser, probe, &point);
	parser->depth--;
	return true;
}

static bool parse_point(struct stap_parser *parser, struct stap_probe *probe)
{
	struct stap_point point = {.loc = parser->at->loc};
	unsigned first = probe->points_len;

	if (!parse_rest(parser, probe, point))
		return false;
	point.is_optional = stap_parse_take(parser, "?");
	point.is_sufficient = !point.is_optional && stap_parse_take(parser, "!");
	if (stap_parse_take(parser, "if") &&
	    (!stap_parse_need(parser, "(") || !(point.condition = stap_parse_expression(parser)) ||
	     !stap_parse_need(parser, ")")))
		return false;
	for (unsigned i = first; i < probe->points_len; i++) {
		probe->points[i].is_optional = point.is_optional;
		probe->points[i].is_sufficient = point.is_sufficient;
		probe->points[i].condition = point.condition;
	}
	return true;
}

/* ---- probes ---- */

static bool parse_points(struct stap_parser *parser, struct stap_probe *probe)
{
	do {
		if (!parse_point(parser, probe))
			return false;
	} while (stap_parse_take(parser, ","));
	return true;
}

static const char *alias_name(struct stap_parser *parser, const struct stap_point *point)
{
	struct buf text = {0};
	const char *name;

	for (unsigned i = 0; i < point->parts_len; i++)
		buf_printf(&text, "%s%s", i ? "." : "", point->parts[i].name);
	name = arena_strndup(parser->arena, text.data, text.size);
	buf_free(&text);
	return name;
}

static bool parse_alias(struct stap_parser *parser, struct stap_probe *probe)
{
	for (unsigned i = 0; i < probe->points_len; i++)
		for (unsigned j = 0; j < probe->points[i].parts_len; j++)
			if (probe->points[i].parts[j].arg) {
				stap_parse_fail(parser, "an alias has a name without arguments");
				return false;
			}
	if (probe->points_len != 1 || probe->points->is_optional || probe->points->is_sufficient ||
	    probe->points->condition) {
		stap_parse_fail(parser, "an alias has one name");
		return false;
	}
	probe->alias = alias_name(parser, probe->points);
	probe->alias_loc = probe->points->loc;
	probe->is_epilogue = stap_parse_is(parser, "+=");
	probe->points_len = 0;
	parser->at++;
	return parse_points(parser, probe);
}

static bool parse_probe(struct stap_parser *parser)
{
	struct stap_probe *probe = arena_new_one(parser->arena, struct stap_probe);
	struct stap_script *script = parser->script;

	probe->loc = parser->at++->loc;
	probe->is_library = parser->is_library;
	if (!parse_points(parser, probe))
		return false;
	if ((stap_parse_is(parser, "=") || stap_parse_is(parser, "+=")) && !parse_alias(parser, probe))
		return false;
	if (!stap_parse_is(parser, "{")) {
		stap_parse_fail(parser, probe->alias ? "expected one of ', {'" : "expected one of ', { } = +='");
		return false;
	}
	parser->in_probe = true;
	probe->body = stap_parse_block(parser);
	parser->in_probe = false;
	if (!probe->body)
		return false;
	if (probe->alias) {
		*script->aliases_last = probe;
		script->aliases_last = &probe->next;
	} else {
		*script->probes_last = probe;
		script->probes_last = &probe->next;
	}
	return true;
}

/* ---- globals ---- */

static bool parse_type(struct stap_parser *parser, enum stap_type *type)
{
	if (stap_parse_take(parser, "long"))
		*type = STAP_LONG;
	else if (stap_parse_take(parser, "string"))
		*type = STAP_STRING;
	else
		return stap_parse_fail(parser, "expected type 'long' or 'string'");
	return true;
}

static bool parse_size(struct stap_parser *parser, struct stap_var *var)
{
	var->wraps = stap_parse_take(parser, "%");
	if (stap_parse_take(parser, "[")) {
		const struct stap_token *token = parser->at;

		if (token->kind != TOK_NUMBER || !stap_number(token, &var->size) || var->size <= 0 ||
		    var->size > 10000000) {
			stap_parse_fail(parser, "expected the array's size, from 1 to 10000000");
			return false;
		}
		parser->at++;
		var->is_array = true;
		return stap_parse_need(parser, "]");
	}
	var->is_array |= var->wraps;
	return true;
}

static bool parse_initial(struct stap_parser *parser, struct stap_var *var)
{
	if (!stap_parse_take(parser, "="))
		return true;
	if (var->is_array) {
		stap_parse_fail(parser, "arrays have no initial value");
		return false;
	}
	var->init = stap_parse_literal(parser);
	if (!var->init)
		return false;
	var->type = var->init->kind == S_TEXT ? STAP_STRING : STAP_LONG;
	var->type_loc = var->init->loc;
	return true;
}

static bool add_global(struct stap_parser *parser, bool is_private)
{
	struct stap_script *script = parser->script;
	const struct stap_token *name = stap_parse_name(parser);
	struct stap_var *var;

	if (!name)
		return false;
	for (unsigned i = 0; i < script->globals_len; i++) {
		const struct stap_var *other = script->globals[i];

		if (!strcmp(other->name, name->text) && other->loc.source == name->loc.source) {
			stap_error(parser->diags, name, "duplicate global name");
			return false;
		}
	}
	var = arena_new_one(parser->arena, struct stap_var);
	*var = (struct stap_var){.name = name->text,
				 .loc = name->loc,
				 .is_global = true,
				 .is_private = is_private,
				 .is_library = parser->is_library};
	var->slot = script->globals_len;
	*arena_push(parser->arena, script->globals, script->globals_len) = var;
	if (stap_parse_take(parser, ":")) {
		var->type_loc = parser->at->loc;
		if (!parse_type(parser, &var->type))
			return false;
	}
	return parse_size(parser, var) && parse_initial(parser, var);
}

static bool parse_globals(struct stap_parser *parser, bool is_private)
{
	do {
		if (!add_global(parser, is_private))
			return false;
	} while (stap_parse_take(parser, ","));
	stap_parse_take(parser, ";");
	return true;
}

/* ---- functions ---- */

static bool parse_param(struct stap_parser *parser, struct stap_function *function)
{
	const struct stap_token *name = stap_parse_name(parser);
	struct stap_var *var;

	if (!name)
		return false;
	for (unsigned i = 0; i < function->params_len; i++)
		if (!strcmp(function->scope.locals[i]->name, name->text)) {
			stap_error(parser->diags, name, "duplicate parameter names");
			return false;
		}
	var = arena_new_one(parser->arena, struct stap_var);
	*var = (struct stap_var){.name = name->text, .loc = name->loc, .is_param = true, .is_written = true};
	var->slot = function->params_len++;
	*arena_push(parser->arena, function->scope.locals, function->scope.locals_len) = var;
	if (!stap_parse_take(parser, ":"))
		return true;
	var->type_loc = parser->at->loc;
	return parse_type(parser, &var->type);
}

static bool parse_params(struct stap_parser *parser, struct stap_function *function)
{
	if (!stap_parse_need(parser, "("))
		return false;
	if (stap_parse_take(parser, ")"))
		return true;
	do {
		if (!parse_param(parser, function))
			return false;
	} while (stap_parse_take(parser, ","));
	return stap_parse_need(parser, ")");
}

static bool parse_priority(struct stap_parser *parser, struct stap_function *function)
{
	function->priority = 1;
	if (!stap_parse_take(parser, ":"))
		return true;
	if (parser->at->kind != TOK_NUMBER || !stap_number(parser->at, &function->priority) || function->priority < 0) {
		stap_parse_fail(parser, "expected the function's priority, a number");
		return false;
	}
	parser->at++;
	return true;
}

/* Overloads stand in the order in which they are tried. */
static void add_function(struct stap_script *script, struct stap_function *function)
{
	*script->functions_last = function;
	script->functions_last = &function->next;
}

static bool parse_function(struct stap_parser *parser, bool is_private)
{
	struct stap_function *function = arena_new_one(parser->arena, struct stap_function);
	const struct stap_token *name;

	parser->at++;
	name = stap_parse_name(parser);
	if (!name)
		return false;
	function->name = name->text;
	function->loc = name->loc;
	function->source = parser->source;
	function->is_private = is_private;
	function->is_library = parser->is_library;
	function->scope.function = function;
	if (stap_parse_take(parser, ":")) {
		function->type_loc = parser->at->loc;
		if (!parse_type(parser, &function->type))
			return false;
	}
	if (!parse_params(parser, function) || !parse_priority(parser, function))
		return false;
	if (parser->at->kind == TOK_EMBEDDED)
		return stap_parse_fail(parser,
				       "embedded code: cephtap compiles no C, and loads no module that it could be in");
	parser->in_function = true;
	function->body = stap_parse_block(parser);
	parser->in_function = false;
	if (!function->body)
		return false;
	add_function(parser->script, function);
	return true;
}

static bool parse_declaration(struct stap_parser *parser)
{
	bool is_private = stap_parse_take(parser, "private");

	if (is_private && parser->at->kind == TOK_WORD)
		return parse_globals(parser, true);
	if (stap_parse_take(parser, "global"))
		return parse_globals(parser, is_private);
	if (stap_parse_is(parser, "function"))
		return parse_function(parser, is_private);
	if (stap_parse_is(parser, "probe") && !is_private)
		return parse_probe(parser);
	if (stap_parse_take(parser, ";"))
		return true;
	if (parser->at->kind == TOK_EMBEDDED)
		return stap_parse_fail(parser,
				       "embedded code: cephtap compiles no C, and loads no module that it could be in");
	return stap_parse_fail(parser, is_private ? "expected 'global' or 'function'"
						  : "expected 'probe', 'global', 'private' or 'function'");
}

void stap_begin(struct stap_script *script, struct arena *arena, const struct stap_call *call)
{
	*script = (struct stap_script){.arena = arena, .call = call};
	script->probes_last = &script->probes;
	script->aliases_last = &script->aliases;
	script->functions_last = &script->functions;
	script->sites_last = &script->sites;
}

/* Macros that the user's text defines end with it. */
static void forget_macros(struct stap_script *script)
{
	struct stap_macro **macro = &script->macros;

	while (*macro) {
		if ((*macro)->is_library)
			macro = &(*macro)->next;
		else
			*macro = (*macro)->next;
	}
}

bool stap_parse(struct stap_script *script, const struct source *source, bool is_library, struct diags *diags)
{
	struct stap_parser parser = {.script = script, .arena = script->arena, .diags = diags, .source = source};
	struct stap_tokens tokens;
	bool ok = stap_preprocess(script, source, is_library, diags, &tokens);

	forget_macros(script);
	if (!ok)
		return false;
	parser.at = tokens.list;
	parser.is_library = is_library;
	if (parser.at->kind == TOK_END && !is_library) {
		diag_hint(diags, diag_error(diags, (struct loc){source, 0, 0}, "parse", "the script is empty"),
			  "end of input");
		return false;
	}
	while (parser.at->kind != TOK_END)
		if (!parse_declaration(&parser))
			return false;
	return true;
}
