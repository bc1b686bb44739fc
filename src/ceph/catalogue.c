/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The catalogue's parser: lines of `keyword rest`. In: text of anybody (a catalogue may be a user's own). Out: markers.
 * One bad line costs one diagnostic and is left out; whatever it belongs to stays.
 */
#include "ceph/catalogue.h"

#include <ctype.h>
#include <libiberty/demangle.h>
#include <stdlib.h>
#include <string.h>

#include "lib/demangle.h"
#include "lib/embed.h"
#include "probe/probe.h"

const char *const cat_stages[] = {"receive", "queue",  "prepare", "execute", "replicate", "store", "kv",
				  "device",  "commit", "reply",	  "read",    "track",	  NULL};

struct parse {
	struct catalogue *cat;
	const struct source *source;
	struct diags *diags;
	struct cat_provider *provider;
	struct cat_marker *marker;	/* NULL before the first marker of a provider */
	struct cat_site *site;		/* the one that lines belong to; NULL: none */
	struct cat_source *source_site; /* the same of Ceph's source; two of the three are NULL */
	struct cat_witness *witness;
};

static void leave_sites(struct parse *p)
{
	p->site = NULL;
	p->source_site = NULL;
	p->witness = NULL;
}

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.' || c == '+';
}

static struct loc loc_of(const struct parse *p, const char *at, size_t size)
{
	return (struct loc){p->source, (uint32_t)(at - p->source->text), (uint32_t)size};
}

/* A piece of the source text, not NUL-terminated. */
struct span {
	const char *at, *end;
};

static struct span span_trim(struct span s)
{
	while (s.at < s.end && isspace((unsigned char)*s.at))
		s.at++;
	while (s.end > s.at && isspace((unsigned char)s.end[-1]))
		s.end--;
	return s;
}

/* Takes the first word off `rest`. An empty word: nothing is left. */
static struct span span_word(struct span *rest)
{
	struct span word;

	*rest = span_trim(*rest);
	word.at = word.end = rest->at;
	while (word.end < rest->end && !isspace((unsigned char)*word.end))
		word.end++;
	rest->at = word.end;
	*rest = span_trim(*rest);
	return word;
}

static size_t span_size(struct span s)
{
	return (size_t)(s.end - s.at);
}

static bool span_is(struct span s, const char *text)
{
	return span_size(s) == strlen(text) && !memcmp(s.at, text, span_size(s));
}

static char *span_text(const struct parse *p, struct span s)
{
	return arena_strndup(p->cat->arena, s.at, span_size(s));
}

static struct diag *span_error(const struct parse *p, struct span s, const char *text)
{
	return diag_error(p->diags, loc_of(p, s.at, span_size(s)), NULL, "%s", text);
}

/* A word that must be a name; NULL (and a diagnostic) when it is none. */
static char *name_of(const struct parse *p, struct span word, const char *what)
{
	const char *c;

	for (c = word.at; c < word.end && is_name_char(*c); c++)
		;
	if (c == word.end && word.at < word.end)
		return span_text(p, word);
	diag_error(p->diags, loc_of(p, word.at, span_size(word)), NULL, "expected %s here", what);
	return NULL;
}

static const char *joined(const struct parse *p, const char *before, struct span more)
{
	char *text = span_text(p, more);

	return before ? arena_printf(p->cat->arena, "%s %s", before, text) : text;
}

static void parse_provider(struct parse *p, struct span rest)
{
	char *name = name_of(p, span_word(&rest), "a provider's name");

	p->marker = NULL;
	leave_sites(p);
	if (!name)
		return;
	p->provider = arena_push(p->cat->arena, p->cat->providers, p->cat->providers_len);
	p->provider->name = name;
}

static void parse_type(struct parse *p, struct span rest)
{
	struct span word = span_word(&rest);
	char *name = name_of(p, word, "a short name for the type");
	struct cat_alias *alias;

	if (!name)
		return;
	if (!span_size(rest)) {
		span_error(p, word, "expected the type's full name after its short name");
		return;
	}
	alias = arena_push(p->cat->arena, p->cat->aliases, p->cat->aliases_len);
	*alias = (struct cat_alias){name, span_text(p, rest), loc_of(p, word.at, span_size(word))};
}

static void parse_marker(struct parse *p, struct span rest)
{
	struct span word = span_word(&rest);
	char *name = name_of(p, word, "a marker's name");

	leave_sites(p);
	p->marker = NULL;
	if (!name)
		return;
	if (!p->provider) {
		span_error(p, word, "a marker needs a `provider` line before it");
		return;
	}
	p->marker = arena_push(p->cat->arena, p->cat->markers, p->cat->markers_len);
	p->marker->provider = p->provider->name;
	p->marker->name = name;
	p->marker->loc = loc_of(p, word.at, span_size(word));
}

static void parse_doc(struct parse *p, struct span rest)
{
	const char **doc = p->marker ? &p->marker->doc : p->provider ? &p->provider->doc : NULL;

	if (doc)
		*doc = joined(p, *doc, rest);
	else
		span_error(p, rest, "this sentence belongs to no provider or marker");
}

/* Keywords that hold one text of a marker. */
static void parse_marker_text(struct parse *p, struct span rest, const char **field)
{
	if (*field)
		span_error(p, rest, "this was said before");
	else if (!span_size(rest))
		span_error(p, rest, "expected some text here");
	else
		*field = span_text(p, rest);
}

static void parse_arg(struct parse *p, struct span rest)
{
	struct span word = span_word(&rest), type = span_word(&rest), unit;
	char *name = name_of(p, word, "an argument's name");
	const struct cat_type *known = cat_type_find(span_text(p, type));
	struct cat_arg *arg;

	if (!name)
		return;
	if (!known) {
		struct diag *diag = span_error(p, type, "no such argument type");

		diag_hint(p->diags, diag,
			  "types are int8 to int64, uint8 to uint64, pointer, cstring, string and time");
		return;
	}
	arg = arena_push(p->cat->arena, p->marker->args, p->marker->args_len);
	*arg = (struct cat_arg){.name = name, .type = known, .loc = loc_of(p, word.at, span_size(word))};
	if (rest.at < rest.end && *rest.at == '[') {
		unit = span_word(&rest);
		if (unit.end[-1] != ']' || span_size(unit) < 3)
			span_error(p, unit, "expected a unit in brackets, [bytes]");
		else
			arg->unit = span_text(p, (struct span){unit.at + 1, unit.end - 1});
	}
	arg->doc = span_size(rest) ? span_text(p, rest) : NULL;
}

/* `site`: in order of preference; `also`: with the one before it, where a build does the same work in two functions. */
static void parse_site(struct parse *p, struct span rest, bool is_also)
{
	struct span whole = rest, binary = span_word(&rest), release = span_word(&rest), where = span_word(&rest);
	struct span symbol = span_word(&rest);

	leave_sites(p);
	if (!span_size(symbol) || span_size(rest)) {
		span_error(p, whole, "expected `site BINARY RELEASE entry|return SYMBOL`");
		return;
	}
	if (is_also && !p->marker->sites_len) {
		span_error(p, whole, "`also` needs a `site` before it");
		return;
	}
	if (!span_is(where, "entry") && !span_is(where, "return")) {
		span_error(p, where, "expected `entry` or `return`");
		return;
	}
	p->site = arena_push(p->cat->arena, p->marker->sites, p->marker->sites_len);
	p->site->binary = span_text(p, binary);
	p->site->release = span_text(p, release);
	p->site->symbol = span_text(p, symbol);
	p->site->is_return = span_is(where, "return");
	p->site->is_also = is_also;
	p->site->loc = loc_of(p, symbol.at, span_size(symbol));
}

/* `source RELEASE FILE WHERE FUNCTION`; the function's parameters may hold blanks. */
static void parse_source(struct parse *p, struct span rest)
{
	static const char *const places[] = {"entry", "return", "before", "after"};
	struct span whole = rest, release = span_word(&rest), file = span_word(&rest), where = span_word(&rest);
	unsigned i;

	leave_sites(p);
	if (!span_size(rest)) {
		span_error(p, whole, "expected `source RELEASE FILE entry|return|before|after FUNCTION(PARAMETERS)`");
		return;
	}
	for (i = 0; i < 4 && !span_is(where, places[i]); i++)
		;
	if (i == 4) {
		span_error(p, where, "expected `entry`, `return`, `before` or `after`");
		return;
	}
	p->source_site = arena_push(p->cat->arena, p->marker->sources, p->marker->sources_len);
	p->source_site->release = span_text(p, release);
	p->source_site->file = span_text(p, file);
	p->source_site->where = (uint8_t)i;
	p->source_site->function = span_text(p, rest);
	p->source_site->loc = loc_of(p, rest.at, span_size(rest));
}

static void add_stmt(struct parse *p, enum cat_stmt_kind kind, const char *name, struct span expr)
{
	struct cat_stmt *stmt;

	if (!span_size(expr)) {
		span_error(p, expr, "expected an expression here");
		return;
	}
	stmt = p->site	    ? arena_push(p->cat->arena, p->site->stmts, p->site->stmts_len)
	       : p->witness ? arena_push(p->cat->arena, p->witness->stmts, p->witness->stmts_len)
			    : arena_push(p->cat->arena, p->source_site->stmts, p->source_site->stmts_len);
	*stmt = (struct cat_stmt){kind, name, span_text(p, expr), loc_of(p, expr.at, span_size(expr))};
}

/* `NAME = EXPRESSION`, the name being what is set, saved or bound. */
static void parse_assignment(struct parse *p, enum cat_stmt_kind kind, struct span name, struct span rest)
{
	struct span equals = span_word(&rest);
	char *text = name_of(p, name, "a name");

	if (!text)
		return;
	if (!span_is(equals, "="))
		span_error(p, equals, "expected ` = ` and an expression after the name");
	else
		add_stmt(p, kind, text, rest);
}

/* `witness BINARY SYMBOL`; below it `let` as at a site, and `sees` or `hints` with one or more members. */
static void parse_witness(struct parse *p, struct span rest)
{
	struct span whole = rest, binary = span_word(&rest), symbol = span_word(&rest);

	p->marker = NULL;
	leave_sites(p);
	if (!span_size(symbol) || span_size(rest)) {
		span_error(p, whole, "expected `witness BINARY SYMBOL`");
		return;
	}
	p->witness = arena_push(p->cat->arena, p->cat->witnesses, p->cat->witnesses_len);
	*p->witness = (struct cat_witness){.binary = span_text(p, binary),
					   .symbol = span_text(p, symbol),
					   .loc = loc_of(p, symbol.at, span_size(symbol))};
}

static void parse_base(struct parse *p, struct span rest)
{
	struct span whole = rest, type = span_word(&rest);

	if (!span_size(rest)) {
		span_error(p, whole, "expected `base TYPE BASE`");
		return;
	}
	*arena_push(p->cat->arena, p->cat->bases, p->cat->bases_len) =
		(struct cat_base){span_text(p, type), span_text(p, rest), loc_of(p, type.at, span_size(type))};
}

/* Lines inside a witness. Returns false when the word starts none. */
static bool parse_witness_line(struct parse *p, struct span word, struct span rest)
{
	if (!p->witness)
		return false;
	if (span_is(word, "let")) {
		struct span name = span_word(&rest);

		parse_assignment(p, CAT_LET, name, rest);
		return true;
	}
	if (!span_is(word, "sees") && !span_is(word, "hints"))
		return false;
	while (span_size(rest))
		add_stmt(p, span_is(word, "sees") ? CAT_SEES : CAT_HINTS, NULL, span_word(&rest));
	return true;
}

/* Lines inside a source. Returns false when the word starts none. */
static bool parse_source_line(struct parse *p, struct span word, struct span rest)
{
	if (!p->source_site)
		return false;
	if (span_is(word, "at"))
		parse_marker_text(p, rest, &p->source_site->statement);
	else if (span_is(word, "include"))
		*arena_push(p->cat->arena, p->source_site->includes, p->source_site->includes_len) = span_text(p, rest);
	else
		return false;
	return true;
}

/* Lines inside a site or source. */
static bool parse_site_line(struct parse *p, struct span word, struct span rest)
{
	if (!p->site && !p->source_site)
		return false;
	if (span_is(word, "let") || (span_is(word, "save") && p->site)) {
		struct span name = span_word(&rest);

		parse_assignment(p, span_is(word, "let") ? CAT_LET : CAT_SAVE, name, rest);
		return true;
	}
	if (span_is(word, "expect") && p->site) {
		struct span name = span_word(&rest);

		parse_assignment(p, CAT_EXPECT, name, rest);
		return true;
	}
	if (span_is(word, "when")) {
		add_stmt(p, CAT_WHEN, NULL, rest);
		return true;
	}
	return false;
}

static bool parse_marker_line(struct parse *p, struct span word, struct span rest)
{
	if (!p->marker)
		return false;
	if (span_is(word, "arg"))
		parse_arg(p, rest);
	else if (span_is(word, "site") || span_is(word, "also"))
		parse_site(p, rest, span_is(word, "also"));
	else if (span_is(word, "source"))
		parse_source(p, rest);
	else if (span_is(word, "stage"))
		parse_marker_text(p, rest, &p->marker->stage);
	else if (span_is(word, "pair"))
		parse_marker_text(p, rest, &p->marker->pair);
	else if (span_is(word, "links"))
		parse_marker_text(p, rest, &p->marker->links);
	else if (span_is(word, "counter"))
		parse_marker_text(p, rest, &p->marker->counter);
	else
		return false;
	return true;
}

static void parse_line(struct parse *p, struct span line)
{
	struct span rest = line, word = span_word(&rest);

	if (!span_size(word) || *word.at == '#')
		return;
	if (memchr(line.at, '\0', span_size(line)))
		span_error(p, word, "this line holds a NUL byte");
	else if ((p->site || p->source_site) && rest.at < rest.end && *rest.at == '=')
		parse_assignment(p, CAT_SET, word, rest); /* first: an argument may be called `type` */
	else if (span_is(word, "provider"))
		parse_provider(p, rest);
	else if (span_is(word, "marker"))
		parse_marker(p, rest);
	else if (span_is(word, "type"))
		parse_type(p, rest);
	else if (span_is(word, "base"))
		parse_base(p, rest);
	else if (span_is(word, "witness"))
		parse_witness(p, rest);
	else if (span_is(word, "doc"))
		parse_doc(p, rest);
	else if (!parse_witness_line(p, word, rest) && !parse_marker_line(p, word, rest) &&
		 !parse_source_line(p, word, rest) && !parse_site_line(p, word, rest))
		span_error(p, word, "no line of a catalogue begins with this word here");
}

void catalogue_init(struct catalogue *cat, struct arena *arena)
{
	*cat = (struct catalogue){.arena = arena};
}

void catalogue_parse(struct catalogue *cat, const struct source *source, struct diags *diags)
{
	struct parse p = {.cat = cat, .source = source, .diags = diags};
	const char *at = source->text, *end = source->text + source->size, *newline;

	for (; at < end; at = newline + 1) {
		newline = memchr(at, '\n', (size_t)(end - at));
		if (!newline)
			newline = end;
		parse_line(&p, span_trim((struct span){at, newline}));
	}
}

void catalogue_parse_builtin(struct catalogue *cat, struct diags *diags)
{
	unsigned i;

	for (i = 0; embedded_catalogue[i].name; i++)
		catalogue_parse(cat, embedded_unpack(cat->arena, &embedded_catalogue[i]), diags);
}

struct catalogue *catalogue_builtin(struct arena *arena)
{
	struct catalogue *cat = arena_new_one(arena, struct catalogue);
	struct diags diags;

	diags_init(&diags, arena);
	catalogue_init(cat, arena);
	catalogue_parse_builtin(cat, &diags);
	if (diags.errors)
		abort();
	return cat;
}

const struct cat_marker *catalogue_find(const struct catalogue *cat, const char *provider, const char *name)
{
	unsigned i;

	for (i = 0; i < cat->markers_len; i++)
		if (!strcmp(cat->markers[i].name, name) && !strcmp(cat->markers[i].provider, provider))
			return &cat->markers[i];
	return NULL;
}

/* "16" is also 16.2.15, "16,17" is both. */
bool cat_release_matches(const char *pattern, const char *release)
{
	if (!strcmp(pattern, "any"))
		return true;
	while (*pattern) {
		size_t n = strcspn(pattern, ",");

		if (n && !strncmp(pattern, release, n) && (release[n] == '\0' || release[n] == '.'))
			return true;
		pattern += n + (pattern[n] == ',');
	}
	return false;
}

const char *catalogue_type(const struct catalogue *cat, const char *name)
{
	unsigned i;

	for (i = 0; i < cat->aliases_len; i++)
		if (!strcmp(cat->aliases[i].name, name))
			return cat->aliases[i].type;
	return name;
}

bool cat_binary_matches(const char *pattern, const char *name)
{
	size_t n = strlen(pattern);

	return !strncmp(pattern, name, n) && (name[n] == '\0' || (name[n] == '.' && strstr(pattern, ".so")));
}

/* Template arguments off: "_mosdop::MOSDOp<std::vector<OSDOp> >::f" to "_mosdop::MOSDOp::f". */
static void drop_templates(char *name)
{
	char *from, *to = name;
	unsigned depth = 0;

	for (from = name; *from; from++) {
		if (*from == '<')
			depth++;
		else if (*from == '>' && depth)
			depth--;
		else if (!depth)
			*to++ = *from;
	}
	*to = '\0';
}

/* "_ZN3OSD10enqueue_opE5spg_tON5..." to "OSD::enqueue_op": without DMGL_PARAMS, libiberty leaves the parameters out. */
char *cat_function_name(struct arena *arena, const char *symbol)
{
	char *plain = demangle_name(symbol, DMGL_NO_OPTS);
	char *name = arena_strdup(arena, plain ? plain : symbol);

	free(plain);
	if (!strstr(name, "operator"))
		drop_templates(name);
	return name;
}

static const struct cat_type types[] = {
	{"int8", "signed 8-bit integer", ARGTYPE_INT, 1, true, false},
	{"int16", "signed 16-bit integer", ARGTYPE_INT, 2, true, false},
	{"int32", "signed 32-bit integer", ARGTYPE_INT, 4, true, false},
	{"int64", "signed 64-bit integer", ARGTYPE_INT, 8, true, false},
	{"uint8", "unsigned 8-bit integer", ARGTYPE_INT, 1, false, false},
	{"uint16", "unsigned 16-bit integer", ARGTYPE_INT, 2, false, false},
	{"uint32", "unsigned 32-bit integer", ARGTYPE_INT, 4, false, false},
	{"uint64", "unsigned 64-bit integer", ARGTYPE_INT, 8, false, false},
	{"pointer", "address in the traced process", ARGTYPE_PTR, 8, false, false},
	{"cstring", "text that ends with a NUL byte", ARGTYPE_CSTRING, 8, false, false},
	{"string", "text of known length", ARGTYPE_STRING, 8, false, false},
	{"time", "wall-clock time, ns since 1970, comparable with walltimestamp", ARGTYPE_INT, 8, false, true},
};

const struct cat_type *cat_type_at(unsigned i)
{
	return i < sizeof(types) / sizeof(types[0]) ? &types[i] : NULL;
}

const struct cat_type *cat_type_find(const char *name)
{
	unsigned i;

	for (i = 0; cat_type_at(i); i++)
		if (!strcmp(types[i].name, name))
			return &types[i];
	return NULL;
}
