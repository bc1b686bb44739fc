/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between the lexer and the parser: macros (@define), conditionals (%( %? %: %)), and arguments that lack. */
#include <ctype.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "front/stap/lex.h"

enum { MACRO_DEPTH_MAX = 100 };

/* What stands for a macro's parameter while its body is read. */
struct binding {
	const char *name;
	struct stap_tokens tokens;
};

struct expansion {
	struct stap_script *script;
	struct stap_lexer *lexer;
	struct diags *diags;
	struct stap_tokens *out;
	unsigned depth;
	bool is_library;
};

struct input {
	const struct stap_token *at, *end;
	const struct binding *bindings;
	unsigned bindings_len;
};

static bool expand(struct expansion *x, struct input in);

static bool put(struct expansion *x, const struct stap_token *token)
{
	if (x->out->len >= STAP_TOKENS_MAX) {
		stap_error(x->diags, token, "the script has more than %d tokens once its macros are expanded",
			   STAP_TOKENS_MAX);
		return false;
	}
	*arena_push(x->script->arena, x->out->list, x->out->len) = *token;
	return true;
}

static bool put_arguments(struct expansion *x, const struct stap_token *token)
{
	const struct stap_call *call = x->lexer->call;

	if (token->text[1] != '*') {
		stap_error(x->diags, token, "command line argument out of range [1-%u]", call->args_len);
		return false;
	}
	for (unsigned i = 0; i < call->args_len; i++) {
		struct stap_token one = *token;

		if (call->args_used)
			call->args_used[i] = true;
		if (!stap_take_argument(x->lexer, &one, call->args[i]) || !put(x, &one))
			return false;
	}
	return true;
}

/* From behind `%(` to the `%)`, `%?` or `%:` of the same level; NULL: there is none. */
static const struct stap_token *find_end(const struct stap_token *at, const struct stap_token *end)
{
	for (unsigned level = 0; at < end; at++) {
		if (stap_token_is(at, "%("))
			level++;
		else if (level && stap_token_is(at, "%)"))
			level--;
		else if (!level && (stap_token_is(at, "%)") || stap_token_is(at, "%?") || stap_token_is(at, "%:")))
			return at;
	}
	return NULL;
}

/* ---- conditionals ---- */

struct condition {
	const struct stap_token *at, *end;
	struct expansion *x;
	bool ok;
};

static bool complain(struct condition *c, const char *sentence)
{
	if (c->ok)
		stap_error(c->x->diags, c->at < c->end ? c->at : c->end, "%s", sentence);
	return c->ok = false;
}

static bool takes(struct condition *c, const char *word)
{
	bool does = c->at < c->end && stap_token_is(c->at, word);

	c->at += does;
	return does;
}

/* `<`, `==` ... as a set of results: 1 less, 2 equal, 4 greater; 0: none. */
static unsigned take_comparison(struct condition *c)
{
	static const struct {
		const char *text;
		unsigned mask;
	} ops[] = {{"<", 1}, {"<=", 3}, {"==", 2}, {"!=", 5}, {">", 4}, {">=", 6}};

	for (unsigned i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		if (takes(c, ops[i].text))
			return ops[i].mask;
	complain(c, "expected a comparison operator");
	return 0;
}

static bool compare(unsigned mask, int order)
{
	return mask & (order < 0 ? 1 : order ? 4 : 2);
}

/* Versions: number by number. */
static int compare_versions(const char *a, const char *b)
{
	while (*a && *b) {
		if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
			unsigned long x = strtoul(a, (char **)&a, 10), y = strtoul(b, (char **)&b, 10);

			if (x != y)
				return x < y ? -1 : 1;
		} else if (*a++ != *b++) {
			return a[-1] < b[-1] ? -1 : 1;
		}
	}
	return *a ? 1 : *b ? -1 : 0;
}

/* What the words of conditions stand for here; NULL: no such word. */
static const char *fact(const struct condition *c, const char *word)
{
	const struct stap_call *call = c->x->script->call;
	const char *release = call->kernel ? call->kernel : "6.1";

	if (!strcmp(word, "kernel_vr"))
		return release;
	if (!strcmp(word, "kernel_v"))
		return arena_strndup(c->x->script->arena, release, strspn(release, "0123456789."));
	if (!strcmp(word, "arch"))
		return call->arch ? call->arch : "x86_64";
	if (!strcmp(word, "runtime"))
		return "bpf";
	if (!strcmp(word, "systemtap_v"))
		return "4.8";
	return !strcmp(word, "systemtap_privilege") ? "stapdev" : NULL;
}

static bool compare_fact(struct condition *c, const struct stap_token *left)
{
	const char *is = fact(c, left->text);
	unsigned mask = take_comparison(c);
	bool by_pattern = mask == 2 || mask == 5, by_version = strstr(left->text, "_v") != NULL;

	if (!mask)
		return false;
	if (c->at >= c->end || c->at->kind != TOK_STRING)
		return complain(c, "expected string literal");
	if (by_pattern)
		return compare(mask, fnmatch((c->at++)->text, is, 0));
	return compare(mask, by_version ? compare_versions(is, c->at++->text) : strcmp(is, c->at++->text));
}

static bool compare_literals(struct condition *c, const struct stap_token *left)
{
	unsigned mask = take_comparison(c);
	int64_t a, b;

	if (!mask)
		return false;
	if (c->at >= c->end || c->at->kind != left->kind)
		return complain(c, "expected a literal of the type on the left");
	if (left->kind == TOK_STRING)
		return compare(mask, strcmp(left->text, c->at++->text));
	if (!stap_number(left, &a) || !stap_number(c->at, &b))
		return complain(c, "number invalid or out of range");
	c->at++;
	return compare(mask, a < b ? -1 : a > b);
}

static bool evaluate_or(struct condition *c);

static bool evaluate_one(struct condition *c)
{
	const struct stap_token *left = c->at;
	bool value;

	if (left >= c->end)
		return complain(c, "expected a condition");
	if (takes(c, "(")) {
		value = evaluate_or(c);
		return takes(c, ")") ? value : complain(c, "expected ')'");
	}
	c->at++;
	if (left->kind == TOK_STRING || left->kind == TOK_NUMBER)
		return compare_literals(c, left);
	if (left->kind == TOK_WORD && !strcmp(left->text, "guru_mode"))
		return take_comparison(c) == (c->at < c->end && !strcmp((c->at++)->text, "1") ? 5u : 2u);
	if (left->kind == TOK_WORD && fact(c, left->text))
		return compare_fact(c, left);
	if (left->kind == TOK_WORD && !strncmp(left->text, "CONFIG_", 7)) {
		c->at--;
		return complain(c, "options of the kernel's configuration are not known here");
	}
	c->at--;
	return complain(c, "expected 'arch', 'kernel_v', 'kernel_vr', 'systemtap_v', 'runtime', 'guru_mode', a string "
			   "or a number");
}

static bool evaluate_and(struct condition *c)
{
	bool value = evaluate_one(c);

	while (c->ok && takes(c, "&&"))
		value &= evaluate_one(c);
	return value;
}

static bool evaluate_or(struct condition *c)
{
	bool value = evaluate_and(c);

	while (c->ok && takes(c, "||"))
		value |= evaluate_and(c);
	return value;
}

/* Expands a part of the input by itself. */
static bool expand_apart(struct expansion *x, const struct stap_token *at, const struct stap_token *end,
			 const struct input *in, struct stap_tokens *tokens)
{
	struct stap_tokens *out = x->out;
	bool ok;

	*tokens = (struct stap_tokens){0};
	x->out = tokens;
	ok = expand(x, (struct input){at, end, in->bindings, in->bindings_len});
	x->out = out;
	return ok;
}

/* in->at is at `%(`. */
static bool expand_conditional(struct expansion *x, struct input *in)
{
	const struct stap_token *open = in->at, *begin = open + 1, *test = find_end(begin, in->end), *middle, *close;
	struct condition c = {.x = x, .ok = true};
	struct stap_tokens tokens;
	bool value;

	if (!test || !stap_token_is(test, "%?")) {
		stap_error(x->diags, test ? test : open, "incomplete condition after '%%('");
		return false;
	}
	middle = close = find_end(test + 1, in->end);
	if (middle && stap_token_is(middle, "%:"))
		close = find_end(middle + 1, in->end);
	if (!close || !stap_token_is(close, "%)")) {
		stap_error(x->diags, open, "incomplete conditional: expected '%%)' at its end");
		return false;
	}
	if (!expand_apart(x, begin, test, in, &tokens) ||
	    !put(&(struct expansion){.script = x->script, .diags = x->diags, .out = &tokens}, test))
		return false;
	c.at = tokens.list;
	c.end = tokens.list + tokens.len - 1;
	value = evaluate_or(&c);
	if (c.ok && c.at < c.end)
		complain(&c, "expected '%?', '&&' or '||'");
	in->at = close + 1;
	if (!c.ok)
		return false;
	if (value)
		return expand(x, (struct input){test + 1, middle, in->bindings, in->bindings_len});
	return middle == close || expand(x, (struct input){middle + 1, close, in->bindings, in->bindings_len});
}

/* ---- macros ---- */

static struct stap_macro *find_macro(const struct stap_script *script, const char *name)
{
	struct stap_macro *macro = script->macros;

	while (macro && strcmp(macro->name, name))
		macro = macro->next;
	return macro;
}

static bool expect(struct expansion *x, struct input *in, const char *word)
{
	if (in->at < in->end && stap_token_is(in->at, word)) {
		in->at++;
		return true;
	}
	stap_error(x->diags, in->at < in->end ? in->at : in->end - 1, "expected '%s'", word);
	return false;
}

static bool read_params(struct expansion *x, struct input *in, struct stap_macro *macro)
{
	do {
		in->at++;
		if (in->at >= in->end || in->at->kind != TOK_WORD) {
			stap_error(x->diags, in->at < in->end ? in->at : in->end - 1, "expected identifier");
			return false;
		}
		*arena_push(x->script->arena, macro->params, macro->params_len) = in->at++->text;
	} while (in->at < in->end && stap_token_is(in->at, ","));
	return expect(x, in, ")");
}

/* in->at is at `@define`. */
static bool define(struct expansion *x, struct input *in)
{
	struct stap_macro *macro = arena_new_one(x->script->arena, struct stap_macro), *old;
	const struct stap_token *name = in->at + 1, *close;

	in->at += 2;
	if (name >= in->end || (name->kind != TOK_WORD && name->kind != TOK_KEYWORD)) {
		stap_error(x->diags, name < in->end ? name : name - 1, "expected identifier");
		return false;
	}
	macro->name = name->text;
	macro->is_library = x->is_library;
	if (in->at < in->end && stap_token_is(in->at, "(") && !read_params(x, in, macro))
		return false;
	if (!expect(x, in, "%("))
		return false;
	close = find_end(in->at, in->end);
	while (close && !stap_token_is(close, "%)"))
		close = find_end(close + 1, in->end);
	if (!close) {
		stap_error(x->diags, name, "incomplete macro definition - missing '%%)'");
		return false;
	}
	old = find_macro(x->script, macro->name);
	if (old && !old->is_library) {
		stap_error(x->diags, name, "attempt to redefine macro '@%s' in the same file", macro->name);
		return false;
	}
	macro->body = (struct stap_tokens){(struct stap_token *)in->at, (unsigned)(close - in->at)};
	macro->next = x->script->macros;
	x->script->macros = macro;
	in->at = close + 1;
	return true;
}

static bool read_macro_args(struct expansion *x, struct input *in, const struct stap_macro *macro,
			    struct binding *bindings)
{
	const struct stap_token *name = in->at++, *begin;
	unsigned n = 0, level = 0;

	if (!expect(x, in, "("))
		return false;
	for (begin = in->at; in->at < in->end; in->at++) {
		bool is_end = !level && stap_token_is(in->at, ")");

		if (is_end || (!level && stap_token_is(in->at, ","))) {
			if (n < macro->params_len) {
				bindings[n].name = macro->params[n];
				if (!expand_apart(x, begin, in->at, in, &bindings[n].tokens))
					return false;
			}
			n++;
			begin = in->at + 1;
		}
		if (is_end)
			break;
		level += stap_token_is(in->at, "(") || stap_token_is(in->at, "[");
		level -= level && (stap_token_is(in->at, ")") || stap_token_is(in->at, "]"));
	}
	if (in->at >= in->end || n != macro->params_len) {
		stap_error(x->diags, name, "%s invocation of macro '@%s': it takes %u argument%s",
			   in->at >= in->end ? "unfinished" : "wrong", macro->name, macro->params_len,
			   macro->params_len == 1 ? "" : "s");
		return false;
	}
	in->at++;
	return true;
}

static bool expand_macro(struct expansion *x, struct input *in, struct stap_macro *macro)
{
	struct binding *bindings = arena_new_array(x->script->arena, struct binding, macro->params_len + 1);
	const struct stap_token *name = in->at;
	bool ok;

	if (macro->is_busy) {
		stap_error(x->diags, name, "recursive invocation of macro '@%s'", macro->name);
		return false;
	}
	if (macro->params_len ? !read_macro_args(x, in, macro, bindings) : !++in->at)
		return false;
	macro->is_busy = true;
	ok = expand(x,
		    (struct input){macro->body.list, macro->body.list + macro->body.len, bindings, macro->params_len});
	macro->is_busy = false;
	return ok;
}

/* A word with @: a parameter, a macro, or an operator that the parser knows. */
static bool expand_at(struct expansion *x, struct input *in)
{
	struct stap_macro *macro;

	for (unsigned i = 0; i < in->bindings_len; i++) {
		if (strcmp(in->bindings[i].name, in->at->text + 1))
			continue;
		in->at++;
		for (unsigned j = 0; j < in->bindings[i].tokens.len; j++)
			if (!put(x, &in->bindings[i].tokens.list[j]))
				return false;
		return true;
	}
	macro = find_macro(x->script, in->at->text + 1);
	return macro ? expand_macro(x, in, macro) : put(x, in->at++);
}

static bool expand(struct expansion *x, struct input in)
{
	bool ok = true;

	if (x->depth >= MACRO_DEPTH_MAX) {
		if (in.at < in.end)
			stap_error(x->diags, in.at, "macros and conditionals are nested more than %d deep",
				   MACRO_DEPTH_MAX);
		return false;
	}
	x->depth++;
	while (ok && in.at < in.end) {
		if (in.at->kind == TOK_ARGUMENTS)
			ok = put_arguments(x, in.at++);
		else if (stap_token_is(in.at, "%("))
			ok = expand_conditional(x, &in);
		else if (stap_token_is(in.at, "@define"))
			ok = define(x, &in);
		else if (in.at->kind == TOK_OPERATOR && in.at->text[0] == '@')
			ok = expand_at(x, &in);
		else
			ok = put(x, in.at++);
	}
	x->depth--;
	return ok;
}

bool stap_preprocess(struct stap_script *script, const struct source *source, bool is_library, struct diags *diags,
		     struct stap_tokens *tokens)
{
	struct stap_lexer lexer = {script->arena, source, script->call, diags, 0, 0};
	struct expansion x = {script, &lexer, diags, tokens, 0, is_library};
	struct stap_tokens raw = {0};
	struct stap_token token;

	do {
		if (!stap_lex(&lexer, &token))
			return false;
		if (raw.len >= STAP_TOKENS_MAX) {
			stap_error(diags, &token, "the script has more than %d tokens", STAP_TOKENS_MAX);
			return false;
		}
		*arena_push(script->arena, raw.list, raw.len) = token;
	} while (token.kind != TOK_END);
	*tokens = (struct stap_tokens){0};
	return expand(&x, (struct input){raw.list, raw.list + raw.len, NULL, 0});
}
