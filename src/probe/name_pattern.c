/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "probe/name_pattern.h"

#include <ctype.h>
#include <libiberty/demangle.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/demangle.h"
#include "probe/host.h"
#include "lib/name_normal.h"

enum { NAME_MAX_SIZE = 32 * 1024, PARTS_MAX = 64, NESTING_MAX = 8 };

struct piece {
	const char *at;
	size_t size;
};

/* What stands between two `::` of a name in its normal form. */
struct part {
	struct piece name, tags, args, params, qualifiers;
};

struct parts {
	struct part list[PARTS_MAX];
	unsigned len; /* 0: it is no such name */
};

struct name_pattern {
	const char *literal; /* without the backslashes */
	const char *glob;    /* as it was written, in both forms */
	struct buf glob_normal;
	const char *where;
	bool is_plain; /* nothing in `glob` stands for other characters */
	bool has_params;
	struct buf literal_normal;
	struct parts parts; /* of literal_normal */
	char last[128];	    /* a name that has to be in the symbol as it is; "": not known */
	/* of the symbol that is looked at; kept for their memory */
	struct buf name, plain;
	struct parts name_parts;
};

/* ---- parts of a name ---- */

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

static bool starts(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

static bool is_same(struct piece a, struct piece b)
{
	return a.size == b.size && !memcmp(a.at, b.at, a.size);
}

/* What an `operator` without a sign converts to, or new, delete, "": up to the parameters. */
static const char *behind_type(const char *at, const char *end)
{
	while (at < end && *at != '(') {
		const char *behind = *at == '<' ? name_behind_group(at) : NULL;

		at = behind && behind <= end ? behind : at + 1;
	}
	return at;
}

/* Does a bracket that belongs to the name itself begin here? {lambda(int)#1}, (anonymous namespace), main.(*T).f, <T as
 * Trait> */
static bool is_in_name(const char *start, const char *at)
{
	return *at == '{' || (*at == '(' && (at == start || at[-1] == '.')) || (*at == '<' && at == start) ||
	       (*at == '[' && !starts(at, "[abi:"));
}

static const char *behind_name(const char *start, const char *end)
{
	const char *at = start;

	while (at < end) {
		size_t sign = at == start || !is_word(at[-1]) ? name_operator_size(at) : 0;

		if (sign)
			return sign == strlen("operator") ? behind_type(at + sign, end) : at + sign;
		if (is_in_name(start, at)) {
			const char *behind = name_behind_group(at);

			at = behind && behind <= end ? behind : at + 1;
		} else if (starts(at, "::") || *at == '<' || *at == '(' || *at == '[') {
			break;
		} else {
			at++;
		}
	}
	return at;
}

static struct piece take_group(const char **at, const char *end, const char *opening)
{
	struct piece piece = {*at, 0};
	const char *behind = *at < end && starts(*at, opening) ? name_behind_group(*at) : NULL;

	if (behind && behind <= end) {
		piece.size = (size_t)(behind - *at);
		*at = behind;
	}
	return piece;
}

static struct piece take_qualifiers(const char **at, const char *end)
{
	struct piece piece = {*at, 0};

	while (*at < end && !starts(*at, "::"))
		(*at)++;
	piece.size = (size_t)(*at - piece.at);
	return piece;
}

static void split(struct piece text, struct parts *out)
{
	const char *at = text.at, *end = text.at + text.size;

	out->len = 0;
	while (at < end) {
		struct part *part = &out->list[out->len];

		if (out->len == PARTS_MAX) {
			out->len = 0;
			return;
		}
		part->name.at = at;
		at = behind_name(at, end);
		part->name.size = (size_t)(at - part->name.at);
		part->tags = take_group(&at, end, "[abi:");
		part->args = take_group(&at, end, "<");
		part->params = take_group(&at, end, "(");
		part->qualifiers = take_qualifiers(&at, end);
		if (part->qualifiers.size && !part->params.size) { /* brackets that are not closed, and the like */
			out->len = 0;
			return;
		}
		out->len++;
		at += at < end ? strlen("::") : 0;
	}
}

/* ---- comparing ---- */

static enum name_fit fit_text(struct piece wanted, struct piece is, unsigned depth);

/* <T as Trait> of Rust. */
static bool split_impl(struct piece name, struct piece *type, struct piece *trait)
{
	unsigned depth = 0;

	if (name.size < 2 || *name.at != '<' || name.at[name.size - 1] != '>')
		return false;
	*type = (struct piece){name.at + 1, name.size - 2};
	*trait = (struct piece){name.at, 0};
	for (size_t i = 1; i + 3 < name.size; i++) {
		const char *at = name.at + i;

		depth += strchr("<([{", *at) != NULL;
		depth -= depth && strchr(">)]}", *at);
		if (!depth && starts(at, "as ") && !is_word(at[-1])) {
			type->size = i - 1 - (at[-1] == ' ');
			*trait = (struct piece){at + 3, name.size - i - 4};
			return true;
		}
	}
	return true;
}

/* Names may leave out what tells instances apart: [int] of Go's generic functions, a lambda's parameters and number. */
static bool fit_name(struct piece wanted, struct piece is)
{
	size_t w = 0, i = 0;

	if (wanted.size == strlen("{lambda}") && starts(wanted.at, "{lambda}") && starts(is.at, "{lambda("))
		return true;
	while (i < is.size) {
		bool may_leave_out =
			is.at[i] == '[' || (is.at[i] == '(' && i == strlen("{lambda") && starts(is.at, "{lambda"));
		const char *behind = may_leave_out && (w == wanted.size || wanted.at[w] != is.at[i])
					     ? name_behind_group(is.at + i)
					     : NULL;

		if (behind)
			i = (size_t)(behind - is.at);
		else if (w == wanted.size || wanted.at[w++] != is.at[i++])
			return false;
	}
	return w == wanted.size;
}

static enum name_fit fit_part(const struct part *wanted, const struct part *is, unsigned depth)
{
	struct piece wanted_type, wanted_trait, type, trait;

	if (split_impl(wanted->name, &wanted_type, &wanted_trait) && split_impl(is->name, &type, &trait)) {
		if (!fit_text(wanted_type, type, depth + 1) ||
		    (wanted_trait.size && !fit_text(wanted_trait, trait, depth + 1)))
			return NAME_OTHER;
	} else if (!fit_name(wanted->name, is->name)) {
		return NAME_OTHER;
	}
	if ((wanted->tags.size && !is_same(wanted->tags, is->tags)) ||
	    (wanted->args.size && !is_same(wanted->args, is->args)))
		return NAME_OTHER;
	if (!wanted->params.size ||
	    (is_same(wanted->params, is->params) && is_same(wanted->qualifiers, is->qualifiers)))
		return NAME_EXACT;
	return is_same(wanted->params, is->params) && !wanted->qualifiers.size ? NAME_LOOSE : NAME_OTHER;
}

static enum name_fit fit_parts(const struct parts *wanted, unsigned w, const struct parts *is, unsigned i,
			       unsigned depth)
{
	enum name_fit fit, rest;

	if (w == wanted->len || i == is->len)
		return w == wanted->len && i == is->len ? NAME_EXACT : NAME_OTHER;
	fit = fit_part(&wanted->list[w], &is->list[i], depth);
	rest = fit ? fit_parts(wanted, w + 1, is, i + 1, depth) : NAME_OTHER;
	if (rest)
		return fit < rest ? fit : rest;
	if (starts(is->list[i].name.at, "(anonymous namespace)") && i + 1 < is->len)
		return fit_parts(wanted, w, is, i + 1, depth);
	return NAME_OTHER;
}

/* A method of Rust's may be called by its type: Foo::fmt for <Foo as Display>::fmt. */
static void open_impl(struct parts *parts)
{
	struct piece type, trait;
	struct parts inner;

	if (!parts->len || !split_impl(parts->list[0].name, &type, &trait))
		return;
	split(type, &inner);
	if (!inner.len || inner.len + parts->len - 1 > PARTS_MAX)
		return;
	memmove(parts->list + inner.len, parts->list + 1, (parts->len - 1) * sizeof(parts->list[0]));
	memcpy(parts->list, inner.list, inner.len * sizeof(parts->list[0]));
	parts->len += inner.len - 1;
}

static enum name_fit fit(const struct parts *wanted, struct parts *is, unsigned depth)
{
	enum name_fit found = fit_parts(wanted, 0, is, 0, depth);

	if (found || !wanted->len || !is->len || *wanted->list[0].name.at == '<' || *is->list[0].name.at != '<')
		return found;
	open_impl(is);
	return fit_parts(wanted, 0, is, 0, depth);
}

static enum name_fit fit_text(struct piece wanted, struct piece is, unsigned depth)
{
	struct parts *parts = depth < NESTING_MAX ? malloc(2 * sizeof(*parts)) : NULL;
	enum name_fit found = NAME_OTHER;

	if (parts) {
		split(wanted, &parts[0]);
		split(is, &parts[1]);
		found = fit(&parts[0], &parts[1], depth);
	}
	free(parts);
	return found;
}

/* ---- demangling ---- */

static bool is_mangled(const char *symbol)
{
	return symbol[0] == '_' && (symbol[1] == 'Z' || symbol[1] == 'R');
}

char *name_demangle(const struct name *name, bool with_params)
{
	int options = with_params ? DMGL_PARAMS | DMGL_ANSI | DMGL_RET_DROP : DMGL_NO_OPTS;
	char *base, *text;

	if (!is_mangled(name->symbol) || name->base_size > NAME_MAX_SIZE)
		return NULL;
	base = strndup(name->symbol, name->base_size);
	text = base ? demangle_name(base, options) : NULL;
	free(base);
	return text;
}

/* ---- the pattern ---- */

/* The @ of helper@a.c, which is not the first character. */
static const char *find_where(const char *text)
{
	const char *at = *text ? strchr(text + 1, '@') : NULL;

	return at && at[1] ? at : NULL;
}

static char *unquoted(struct arena *arena, const char *text)
{
	char *out = arena_alloc(arena, strlen(text) + 1);
	size_t n = 0;

	for (; *text; text++) {
		if (*text == '\\' && text[1])
			text++;
		out[n++] = *text;
	}
	return out;
}

/* A constructor's symbol has its class's name only; operators and destructors have signs instead of names. */
static void find_last(struct name_pattern *pattern)
{
	const struct part *part;

	if (!pattern->parts.len)
		return;
	part = &pattern->parts.list[pattern->parts.len - 1];
	if (part->name.size >= sizeof(pattern->last))
		return;
	for (size_t i = 0; i < part->name.size; i++)
		if (!is_word(part->name.at[i]))
			return;
	if (starts(part->name.at, "operator") || starts(part->name.at, "basic_"))
		return;
	memcpy(pattern->last, part->name.at, part->name.size);
}

struct name_pattern *name_pattern_new(struct arena *arena, const char *text)
{
	struct name_pattern *pattern = arena_new_one(arena, struct name_pattern);
	const char *where = find_where(text);

	pattern->glob = where ? arena_strndup(arena, text, (size_t)(where - text)) : text;
	pattern->where = where ? where + 1 : NULL;
	pattern->literal = unquoted(arena, pattern->glob);
	pattern->is_plain = probe_glob_is_plain(pattern->glob) && *pattern->glob;
	pattern->has_params = strchr(pattern->glob, '(');
	name_normal(pattern->literal, &pattern->literal_normal);
	name_normal(pattern->glob, &pattern->glob_normal);
	split((struct piece){pattern->literal_normal.data, pattern->literal_normal.size}, &pattern->parts);
	find_last(pattern);
	return pattern;
}

void name_pattern_free(struct name_pattern *pattern)
{
	if (!pattern)
		return;
	buf_free(&pattern->literal_normal);
	buf_free(&pattern->glob_normal);
	buf_free(&pattern->name);
	buf_free(&pattern->plain);
}

bool name_pattern_is_detailed(const struct name_pattern *pattern)
{
	return !pattern->is_plain || pattern->has_params || is_mangled(pattern->literal);
}

const char *name_pattern_where(const struct name_pattern *pattern)
{
	return pattern->where;
}

/* A cheap test before a name is demangled. */
static bool may_fit(const struct name_pattern *pattern, const char *symbol)
{
	return !*pattern->last || strstr(symbol, pattern->last) || strstr(symbol, "C1") || strstr(symbol, "C2");
}

/* Without what Go's generic functions have in brackets: Gen of Gen[go.shape.int]. */
static void put_plain(struct buf *out, struct piece name)
{
	for (size_t i = 0; i < name.size;) {
		const char *behind = name.at[i] == '[' ? name_behind_group(name.at + i) : NULL;

		if (behind && name.at[i + 1] != ']') { /* not operator[] */
			i = (size_t)(behind - name.at);
			continue;
		}
		buf_putc(out, name.at[i++]);
	}
}

/* The name's parts, with or without the template arguments, as a glob without parameters is meant. */
static const char *plain_text(struct name_pattern *pattern, bool with_args)
{
	const struct parts *parts = &pattern->name_parts;
	struct buf *out = &pattern->plain;

	buf_clear(out);
	for (unsigned i = 0; i < parts->len; i++) {
		buf_puts(out, i ? "::" : "");
		if (!with_args) {
			put_plain(out, parts->list[i].name);
			continue;
		}
		buf_add(out, parts->list[i].name.at, parts->list[i].name.size);
		buf_add(out, parts->list[i].args.at, parts->list[i].args.size);
	}
	return out->data ? out->data : "";
}

static bool globs_with(struct name_pattern *pattern, const char *text, const char *suffix)
{
	bool fits = probe_glob_match(pattern->glob_normal.data, text);
	struct buf whole = {0};

	if (fits || !*suffix)
		return fits;
	buf_printf(&whole, "%s%s", text, suffix);
	fits = probe_glob_match(pattern->glob_normal.data, whole.data);
	buf_free(&whole);
	return fits;
}

static enum name_fit fit_glob(struct name_pattern *pattern, const struct name *name)
{
	const char *suffix = name->symbol + name->base_size;

	if (probe_glob_match(pattern->glob, name->symbol))
		return NAME_GLOB;
	if (!pattern->name_parts.len || pattern->is_plain)
		return NAME_OTHER;
	if (globs_with(pattern, plain_text(pattern, false), suffix) ||
	    globs_with(pattern, plain_text(pattern, true), suffix) ||
	    (pattern->has_params && globs_with(pattern, pattern->name.data, suffix)))
		return NAME_GLOB;
	return NAME_OTHER;
}

/* As fit(), where the pattern ends in what makes the function a clone: S::get.constprop.0 */
static enum name_fit fit_clone(struct name_pattern *pattern, const struct name *name)
{
	const char *suffix = name->symbol + name->base_size;
	size_t size = pattern->literal_normal.size, suffix_size = strlen(suffix);

	if (!suffix_size || size <= suffix_size ||
	    strcmp(pattern->literal_normal.data + size - suffix_size, suffix) != 0)
		return NAME_OTHER;
	return fit_text((struct piece){pattern->literal_normal.data, size - suffix_size},
			(struct piece){pattern->name.data, pattern->name.size}, 0);
}

/* Takes the name apart; false: it has no other form than its symbol. */
static bool take_apart(struct name_pattern *pattern, const struct name *name)
{
	char *text = name_demangle(name, true);

	pattern->name_parts.len = 0;
	if (!text && !strchr(name->symbol, '[')) /* as Go's generic functions have */
		return false;
	name_normal(text ? text : name->symbol, &pattern->name);
	free(text);
	split((struct piece){pattern->name.data, pattern->name.size}, &pattern->name_parts);
	return pattern->name_parts.len;
}

enum name_fit name_pattern_fits(struct name_pattern *pattern, const struct name *name)
{
	enum name_fit found;

	pattern->name_parts.len = 0;
	if (!strcmp(pattern->literal, name->symbol))
		return NAME_EXACT;
	if (strlen(pattern->literal) == name->base_size && !strncmp(pattern->literal, name->symbol, name->base_size))
		return name->is_piece ? NAME_PIECE : NAME_EXACT;
	if ((pattern->is_plain && !may_fit(pattern, name->symbol)) || !take_apart(pattern, name))
		return fit_glob(pattern, name);
	found = fit_clone(pattern, name);
	if (found)
		return found;
	found = pattern->parts.len ? fit(&pattern->parts, &pattern->name_parts, 0) : NAME_OTHER;
	if (found)
		return name->is_piece ? NAME_PIECE : found;
	return fit_glob(pattern, name);
}

/* As foo is of main.foo, and PM of example.com/sub.(*T).PM. */
static bool is_end_of_go(const struct name_pattern *pattern, const struct name *name)
{
	size_t size = strlen(pattern->literal), whole = strcspn(name->symbol, "[");

	return size && size < whole &&
	       (name->symbol[whole - size - 1] == '.' || name->symbol[whole - size - 1] == '/') &&
	       !strncmp(name->symbol + whole - size, pattern->literal, size);
}

bool name_pattern_is_end(struct name_pattern *pattern, const struct name *name)
{
	const struct parts *wanted = &pattern->parts, *is = &pattern->name_parts;
	struct parts end;

	if (!is_mangled(name->symbol))
		return is_end_of_go(pattern, name);
	if (!wanted->len || !may_fit(pattern, name->symbol) || !take_apart(pattern, name) || is->len <= wanted->len)
		return false;
	end.len = wanted->len;
	memcpy(end.list, is->list + is->len - wanted->len, wanted->len * sizeof(end.list[0]));
	return fit_parts(wanted, 0, &end, 0, 0);
}

/* ---- quoting ---- */

const char *name_quoted(struct arena *arena, const char *text)
{
	char *out = arena_alloc(arena, 2 * strlen(text) + 1);
	size_t n = 0;

	while (*text) {
		if (starts(text, "::"))
			out[n++] = *text++;
		else if ((!is_word(*text) && !strchr(".~<>()&+-@*", *text)) || *text == '$')
			out[n++] = '\\';
		out[n++] = *text++;
	}
	return out;
}
