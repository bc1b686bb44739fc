/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tokens to functions. Namespaces and classes are walked through; bodies and initializers are passed over whole. */
#include "lib/cxx.h"

#include <errno.h>
#include <string.h>

enum { SCOPE_DEPTH_MAX = 64 };

bool cxx_is(const struct cxx_file *file, uint32_t token, const char *text)
{
	return token < file->tokens_len && file->tokens[token].size == strlen(text) &&
	       !memcmp(file->text + file->tokens[token].at, text, file->tokens[token].size);
}

bool cxx_same(const struct cxx_file *a, uint32_t token_a, const struct cxx_file *b, uint32_t token_b)
{
	const struct cxx_token *x = &a->tokens[token_a], *y = &b->tokens[token_b];

	return x->size == y->size && !memcmp(a->text + x->at, b->text + y->at, x->size);
}

static bool is_name(const struct cxx_file *file, uint32_t token)
{
	return token < file->tokens_len && file->tokens[token].kind == CXX_NAME;
}

static bool is_any(const struct cxx_file *file, uint32_t token, const char *const words[])
{
	for (; *words; words++)
		if (cxx_is(file, token, *words))
			return true;
	return false;
}

static char *text_of(struct arena *arena, const struct cxx_file *file, uint32_t token)
{
	return arena_strndup(arena, file->text + file->tokens[token].at, file->tokens[token].size);
}

/* ---- brackets ---- */

static char bracket_of(const struct cxx_file *file, uint32_t token)
{
	const struct cxx_token *t = &file->tokens[token];
	char c = file->text[t->at];

	return t->kind == CXX_PUNCT && t->size == 1 && strchr("()[]{}", c) ? c : '\0';
}

static int bad_bracket(const struct cxx_file *file, uint32_t token, struct buf *why)
{
	unsigned line = 1;
	uint32_t i;

	for (i = 0; i < file->tokens[token].at; i++)
		line += file->text[i] == '\n';
	buf_printf(why, "line %u: the `%c` here has no partner", line, bracket_of(file, token));
	return -EINVAL;
}

static int match_brackets(struct arena *arena, struct cxx_file *file, struct buf *why)
{
	uint32_t *open = arena_new_array(arena, uint32_t, file->tokens_len + 1), i;
	unsigned depth = 0;

	for (i = 0; i < file->tokens_len; i++) {
		char c = bracket_of(file, i);

		if (!c)
			continue;
		if (strchr("([{", c)) {
			open[depth++] = i;
			continue;
		}
		if (!depth || bracket_of(file, open[depth - 1]) != (c == ')' ? '(' : c == ']' ? '[' : '{'))
			return bad_bracket(file, i, why);
		file->tokens[i].match = open[--depth];
		file->tokens[open[depth]].match = i;
	}
	return depth ? bad_bracket(file, open[depth - 1], why) : 0;
}

/* ---- functions ---- */

struct scan {
	struct arena *arena;
	struct cxx_file *file;
};

/* From the last part of a name back to its first: A<x>::B::~c. */
static uint32_t name_start(const struct cxx_file *file, uint32_t first, uint32_t last)
{
	uint32_t at = last;

	if (at > first && cxx_is(file, at - 1, "~"))
		at--;
	while (at >= first + 2 && cxx_is(file, at - 1, "::")) {
		uint32_t part = at - 2;

		if (cxx_is(file, part, ">")) {
			unsigned depth = 0;

			for (; part > first; part--) {
				depth += cxx_is(file, part, ">");
				depth -= cxx_is(file, part, "<");
				if (!depth)
					break;
			}
			if (part == first)
				break;
			part--;
		}
		if (!is_name(file, part))
			break;
		at = part;
	}
	return at;
}

/* The name's text: template arguments left out. */
static const char *join_name(struct arena *arena, const struct cxx_file *file, uint32_t from, uint32_t last)
{
	char *name = arena_strdup(arena, "");
	unsigned depth = 0;

	for (; from <= last; from++) {
		depth += cxx_is(file, from, "<");
		if (!depth)
			name = arena_printf(arena, "%s%s", name, text_of(arena, file, from));
		depth -= depth && cxx_is(file, from, ">");
	}
	return name;
}

static const char *scoped(struct arena *arena, const char *scope, const char *name)
{
	return *scope ? arena_printf(arena, "%s::%s", scope, name) : name;
}

/*
 * The ( of a declaration's parameters, or `end`: the first group behind a name that only a body, an initializer list or
 * words of a function follow. A macro with arguments before the declaration is none.
 */
static uint32_t find_params(const struct cxx_file *file, uint32_t from, uint32_t end)
{
	static const char *const after[] = {"{",   "const", "noexcept", "override", "final",	     "->", ":",
					    "try", "&",	    "volatile", "requires", "__attribute__", NULL};
	static const char *const never[] = {"__attribute__", "noexcept", "alignas", "decltype", "throw", NULL};
	uint32_t i;

	for (i = from; i < end; i++) {
		if (cxx_is(file, i, "(") && i > from && is_name(file, i - 1) && !is_any(file, i - 1, never) &&
		    is_any(file, file->tokens[i].match + 1, after))
			return i;
		if (file->tokens[i].match > i)
			i = file->tokens[i].match;
	}
	return end;
}

/* Is the { one of a member's initializer, `: a{1}, b(2) {`? Then the body is still to come. */
static bool is_member_initializer(const struct cxx_file *file, uint32_t params, uint32_t brace)
{
	uint32_t i;

	if (!is_name(file, brace - 1) && !cxx_is(file, brace - 1, ">"))
		return false;
	for (i = file->tokens[params].match + 1; i < brace; i++) {
		if (cxx_is(file, i, ":"))
			return true;
		if (file->tokens[i].match > i)
			i = file->tokens[i].match;
	}
	return false;
}

static bool returns_nothing(const struct cxx_file *file, uint32_t from, uint32_t name, uint32_t last,
			    const char *full_name)
{
	const char *tail = strrchr(full_name, ':'), *head;
	size_t n;

	if (name > from && cxx_is(file, name - 1, "void"))
		return true;
	if (cxx_is(file, last - 1, "~"))
		return true;
	if (!tail || tail - full_name < 2)
		return false;
	head = tail - 1;
	n = strlen(tail + 1);
	return (size_t)(head - full_name) >= n && !memcmp(head - n, tail + 1, n) &&
	       (head - n == full_name || head[-(ptrdiff_t)n - 1] == ':');
}

static void add_function(struct scan *s, const char *scope, uint32_t from, uint32_t params, uint32_t body)
{
	uint32_t last = params - 1, start = name_start(s->file, from, last);
	struct cxx_function *function;

	function = arena_push(s->arena, s->file->functions, s->file->functions_len);
	function->name = scoped(s->arena, scope, join_name(s->arena, s->file, start, last));
	function->params = params;
	function->body = body;
	function->is_void = returns_nothing(s->file, from, start, last, function->name);
}

/* The keyword of a class's or namespace's head in [from, brace), outside template parameters; `brace` when there is
 * none. */
static uint32_t find_scope_word(const struct cxx_file *file, uint32_t from, uint32_t brace)
{
	static const char *const words[] = {"namespace", "class", "struct", "union", NULL};
	unsigned angles = 0;

	for (; from < brace; from++) {
		if (!angles && is_any(file, from, words))
			return from;
		if (cxx_is(file, from, "=") && !angles)
			return brace;
		angles += cxx_is(file, from, "<");
		angles -= angles && cxx_is(file, from, ">");
		if (file->tokens[from].match > from)
			from = file->tokens[from].match;
	}
	return brace;
}

/* `class CEPH_API A::B final : public C {` is A::B. "" for one without a name. */
static const char *scope_name(struct scan *s, uint32_t word, uint32_t brace)
{
	uint32_t i = word + 1, last = word;
	unsigned angles = 0;

	for (; i < brace && !(cxx_is(s->file, i, ":") && !angles) && !cxx_is(s->file, i, "final"); i++) {
		if (cxx_is(s->file, i, "(") || cxx_is(s->file, i, "[")) {
			i = s->file->tokens[i].match;
			continue;
		}
		if (is_name(s->file, i) && !angles)
			last = i;
		angles += cxx_is(s->file, i, "<");
		angles -= angles && cxx_is(s->file, i, ">");
	}
	return last == word ? "" : join_name(s->arena, s->file, name_start(s->file, word + 1, last), last);
}

/* Scopes still open while the tokens are walked: where each ends, and its name. */
struct open_scope {
	uint32_t end;
	const char *name;
};

static bool is_linkage(const struct cxx_file *file, uint32_t from, uint32_t brace)
{
	return brace == from + 2 && cxx_is(file, from, "extern");
}

/* A { at the level of declarations; [from, brace) is what stands before it. True: its inside is to be walked. */
static bool open_brace(struct scan *s, const char *scope, uint32_t from, uint32_t brace, const char **name,
		       bool *is_body)
{
	uint32_t params = find_params(s->file, from, brace), word;

	*is_body = true;
	*name = scope;
	if (is_linkage(s->file, from, brace))
		return true;
	word = find_scope_word(s->file, from, params < brace ? params : brace);
	if (params == brace) {
		if (word == brace) {
			*is_body = false; /* an initializer, an enum: what it belongs to goes on */
			return false;
		}
		*name = scope_name(s, word, brace);
		*name = **name ? scoped(s->arena, scope, *name) : scope;
		return true;
	}
	if (is_member_initializer(s->file, params, brace))
		*is_body = false;
	else
		add_function(s, scope, from, params, brace);
	return false;
}

static void scan_functions(struct scan *s)
{
	struct open_scope scopes[SCOPE_DEPTH_MAX];
	unsigned depth = 0;
	uint32_t i, from = 0;

	for (i = 0; i < s->file->tokens_len; i++) {
		const char *name, *scope = depth ? scopes[depth - 1].name : "";
		uint32_t match = s->file->tokens[i].match;
		bool is_body;

		if (depth && i == scopes[depth - 1].end) {
			depth--;
			from = i + 1;
		} else if (cxx_is(s->file, i, ";") ||
			   (cxx_is(s->file, i, ":") && i == from + 1 && !cxx_is(s->file, from, "default"))) {
			from = i + 1; /* also behind `public:` */
		} else if (cxx_is(s->file, i, "{")) {
			if (open_brace(s, scope, from, i, &name, &is_body) && depth < SCOPE_DEPTH_MAX) {
				scopes[depth++] = (struct open_scope){match, name};
				from = i + 1;
				continue;
			}
			i = match;
			if (is_body)
				from = i + 1;
		} else if (match > i) {
			i = match;
		}
	}
}

int cxx_parse(struct arena *arena, const char *text, size_t size, struct cxx_file *out, struct buf *why)
{
	struct scan s = {arena, out};
	int err = cxx_tokens(arena, text, size, out, why);

	if (!err)
		err = match_brackets(arena, out, why);
	if (!err)
		scan_functions(&s);
	return err;
}

/* ---- inside a function ---- */

/* Behind a lambda's or local class's body that begins at token `i`; 0 when none does. */
static uint32_t skip_lambda(const struct cxx_file *file, uint32_t i)
{
	static const char *const keywords[] = {"return", "co_return", "case", "throw", "else", "do", NULL};
	uint32_t at;

	if (!cxx_is(file, i, "[") || cxx_is(file, i + 1, "["))
		return 0;
	if ((is_name(file, i - 1) && !is_any(file, i - 1, keywords)) || cxx_is(file, i - 1, ")") ||
	    cxx_is(file, i - 1, "]"))
		return 0;
	for (at = file->tokens[i].match + 1; at < file->tokens_len; at++) {
		if (cxx_is(file, at, "{"))
			return file->tokens[at].match;
		if (cxx_is(file, at, "("))
			at = file->tokens[at].match;
		else if (file->tokens[at].kind == CXX_PUNCT && !cxx_is(file, at, "->") && !cxx_is(file, at, "::") &&
			 !cxx_is(file, at, "<") && !cxx_is(file, at, ">") && !cxx_is(file, at, "*") &&
			 !cxx_is(file, at, "&"))
			return 0;
	}
	return 0;
}

static uint32_t skip_class(const struct cxx_file *file, uint32_t i)
{
	static const char *const words[] = {"struct", "class", "union", NULL};
	static const char *const stops[] = {";", "(", ")", "=", "*", "&", ">", NULL};

	if (!is_any(file, i, words))
		return 0;
	for (i++; i < file->tokens_len && !is_any(file, i, stops); i++)
		if (cxx_is(file, i, "{"))
			return file->tokens[i].match;
	return 0;
}

void cxx_returns(struct arena *arena, const struct cxx_file *file, const struct cxx_function *function,
		 struct cxx_return **out, unsigned *out_len)
{
	uint32_t i, end = file->tokens[function->body].match, skip;

	*out = NULL;
	*out_len = 0;
	for (i = function->body + 1; i < end; i++) {
		skip = skip_lambda(file, i);
		if (!skip)
			skip = skip_class(file, i);
		if (skip) {
			i = skip;
			continue;
		}
		if (!cxx_is(file, i, "return"))
			continue;
		skip = i;
		while (i < end && !cxx_is(file, i, ";"))
			i = file->tokens[i].match > i ? file->tokens[i].match + 1 : i + 1;
		*arena_push(arena, *out, *out_len) = (struct cxx_return){skip, i};
	}
}

static bool is_type_word(const struct cxx_file *file, uint32_t token)
{
	static const char *const words[] = {"void",   "bool",	"char",	    "short", "int",  "long", "float",
					    "double", "signed", "unsigned", "const", "auto", NULL};

	return is_any(file, token, words);
}

static void end_param(struct arena *arena, const struct cxx_file *file, uint32_t from, uint32_t end,
		      struct cxx_param **out, unsigned *out_len)
{
	struct cxx_param *param = arena_push(arena, *out, *out_len);
	uint32_t last = end - 1;

	*param = (struct cxx_param){from, end, NULL, end};
	if (end - from < 2 || !is_name(file, last) || cxx_is(file, last - 1, "::") || is_type_word(file, last))
		return;
	if (end - from == 2 && cxx_is(file, from, "const"))
		return;
	param->name = text_of(arena, file, last);
	param->name_at = last;
}

void cxx_params(struct arena *arena, const struct cxx_file *file, uint32_t open, struct cxx_param **out,
		unsigned *out_len)
{
	uint32_t i, end = file->tokens[open].match, from = open + 1, value = 0;
	unsigned angles = 0;

	*out = NULL;
	*out_len = 0;
	for (i = from; i <= end; i++) {
		if (i < end && file->tokens[i].match > i) {
			i = file->tokens[i].match;
			continue;
		}
		angles += cxx_is(file, i, "<");
		angles -= angles && cxx_is(file, i, ">");
		if (!angles && !value && cxx_is(file, i, "="))
			value = i;
		if (i == end || (!angles && cxx_is(file, i, ","))) {
			if (i > from)
				end_param(arena, file, from, value ? value : i, out, out_len);
			from = i + 1;
			value = 0;
			angles = 0;
		}
	}
}

bool cxx_begins_statement(const struct cxx_file *file, uint32_t token)
{
	static const char *const before[] = {"{", "}", ";", ":", NULL};

	return token && is_any(file, token - 1, before);
}
