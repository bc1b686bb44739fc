/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/name_normal.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum { NESTING_MAX = 200, ARGS_MAX = 64 };

/* `const` stands behind the type's name in the normal form; what stood before it waits here. */
struct held {
	bool is_const, is_volatile;
	bool has_name; /* the type's name has begun */
};

struct normal {
	const char *at;
	struct buf *out;
	unsigned depth;
};

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

static bool starts(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

static size_t word_size(const char *at)
{
	size_t size = 0;

	while (is_word(at[size]))
		size++;
	return size;
}

static bool is_the_word(const char *at, const char *word)
{
	return starts(at, word) && !is_word(at[strlen(word)]);
}

static const char *behind_blanks(const char *at)
{
	while (*at == ' ' || *at == '\t')
		at++;
	return at;
}

size_t name_operator_size(const char *at)
{
	static const char *const signs[] = {
		"<=>", "<<=", ">>=", "->*", "()", "[]", "<<", ">>", "<=", ">=", "->", "==", "!=",
		"&&",  "||",  "++",  "--",  "+=", "-=", "*=", "/=", "%=", "^=", "&=", "|=", "<",
		">",   "+",   "-",   "*",   "/",  "%",	"^",  "&",  "|",  "~",	"!",  "=",  ","};
	const char *sign = at + strlen("operator");

	if (!is_the_word(at, "operator"))
		return 0;
	for (unsigned i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (starts(sign, signs[i]))
			return strlen("operator") + strlen(signs[i]);
	return strlen("operator");
}

/* Of a sign such as `<` in a name, which opens nothing; 0: none begins here. */
static size_t sign_at(const char *start, const char *at)
{
	return at > start && is_word(at[-1]) ? 0 : name_operator_size(at);
}

const char *name_behind_group(const char *at)
{
	const char *start = at;
	char open[NESTING_MAX];
	unsigned depth = 0;
	size_t size;

	for (; *at; at++) {
		if (*at == '\\' && at[1]) {
			at++;
			continue;
		}
		size = sign_at(start, at);
		if (size) {
			at += size - 1;
		} else if (strchr("<([{", *at)) {
			if (depth == NESTING_MAX)
				return NULL;
			open[depth++] = *at == '<' ? '>' : *at == '(' ? ')' : *at == '[' ? ']' : '}';
		} else if (*at == '>') {
			if (at[-1] != '-' && at[-1] != '=' && depth && open[depth - 1] == '>')
				depth--;
		} else if (strchr(")]}", *at)) {
			while (depth && open[depth - 1] == '>' && open[depth - 1] != *at) /* that was a comparison */
				depth--;
			if (!depth || open[--depth] != *at)
				return NULL;
		}
		if (!depth)
			return at + 1;
	}
	return NULL;
}

/* ---- output ---- */

static void put(struct normal *n, const char *text, size_t size)
{
	struct buf *out = n->out;

	if (out->size && size && is_word(out->data[out->size - 1]) && is_word(*text))
		buf_putc(out, ' ');
	buf_add(out, text, size);
}

static void put_text(struct normal *n, const char *text)
{
	put(n, text, strlen(text));
}

static bool ends(const struct buf *out, const char *with)
{
	size_t size = strlen(with);

	return out->size >= size && !memcmp(out->data + out->size - size, with, size);
}

static void flush(struct normal *n, struct held *held)
{
	if (held->is_const)
		put_text(n, "const");
	if (held->is_volatile)
		put_text(n, "volatile");
	*held = (struct held){0};
}

static bool take_cv(struct normal *n, struct held *held)
{
	bool is_const = is_the_word(n->at, "const");

	if (!is_const && !is_the_word(n->at, "volatile"))
		return false;
	n->at += strlen(is_const ? "const" : "volatile");
	held->is_const |= is_const;
	held->is_volatile |= !is_const;
	return true;
}

/* ---- words ---- */

/* unsigned, long unsigned int, short int ...: C's own types have several names. */
static bool put_number_type(struct normal *n, struct held *held)
{
	static const char *const words[] = {"signed", "unsigned", "long", "short", "int", "char", "double"};
	enum { SIGNED, UNSIGNED, LONG, SHORT, INT, CHAR, DOUBLE, WORDS };
	unsigned has[WORDS] = {0}, i, any = 0;

	for (;; any++) {
		n->at = behind_blanks(n->at);
		if (any && take_cv(n, held))
			continue;
		for (i = 0; i < WORDS && !is_the_word(n->at, words[i]);)
			i++;
		if (i == WORDS)
			break;
		has[i]++;
		n->at += strlen(words[i]);
	}
	if (!any)
		return false;
	if (has[UNSIGNED] || (has[SIGNED] && has[CHAR]))
		put_text(n, has[UNSIGNED] ? "unsigned" : "signed");
	for (i = 0; i < has[LONG]; i++)
		put_text(n, "long");
	put_text(n, has[SHORT] ? "short" : has[CHAR] ? "char" : has[DOUBLE] ? "double" : has[LONG] ? "" : "int");
	return true;
}

/* Namespaces that a standard library puts its names into without saying so: std::__cxx11::. */
static bool skip_inline_namespace(struct normal *n)
{
	static const char *const names[] = {"__cxx11::", "__1::", "_V2::", "__ndk1::"};

	for (unsigned i = 0; ends(n->out, "std::") && i < sizeof(names) / sizeof(names[0]); i++)
		if (starts(n->at, names[i])) {
			n->at += strlen(names[i]);
			return true;
		}
	return false;
}

static void put_list(struct normal *n, char close);

static void put_operator(struct normal *n, struct held *held)
{
	size_t size = name_operator_size(n->at);

	put(n, n->at, size);
	n->at = size > strlen("operator") ? n->at + size : behind_blanks(n->at + size);
	held->has_name = size > strlen("operator");
	if (size == strlen("operator"))
		while (take_cv(n, held)) /* a type follows, as in a list of parameters */
			n->at = behind_blanks(n->at);
}

/* ---- groups ---- */

/* std::basic_string<char> and the like have a name of their own. */
static void shorten_known(struct buf *out, size_t open)
{
	static const char prefix[] = "std::basic_";
	size_t name = open, size = strlen(prefix);

	if (out->size - open != strlen("<char>") || memcmp(out->data + open, "<char>", strlen("<char>")) != 0)
		return;
	while (name && is_word(out->data[name - 1]))
		name--;
	if (name < strlen("std::") || out->size < name + strlen("basic_") ||
	    memcmp(out->data + name - strlen("std::"), prefix, size) != 0)
		return;
	memmove(out->data + name, out->data + name + strlen("basic_"), open - name - strlen("basic_"));
	out->size = open - strlen("basic_");
}

static bool is_default(const char *arg, size_t size)
{
	static const char *const names[] = {"std::allocator<", "std::char_traits<", "std::less<",
					    "std::hash<",      "std::equal_to<",    "std::default_delete<"};

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (size >= strlen(names[i]) && !memcmp(arg, names[i], strlen(names[i])))
			return true;
	return false;
}

/* Template arguments, from `<` at offset `open` of the output on; the last ones go when the library would give the
 * same. */
static void drop_defaults(struct buf *out, size_t open)
{
	size_t commas[ARGS_MAX], end = out->size - 1;
	unsigned n = 0, depth = 0;

	for (size_t i = open + 1; i < end && n < ARGS_MAX; i++) {
		char c = out->data[i];

		depth += strchr("<([{", c) != NULL;
		depth -= depth && strchr(">)]}", c) && !(c == '>' && out->data[i - 1] == '-');
		if (c == ',' && !depth)
			commas[n++] = i;
	}
	if (n == ARGS_MAX)
		return;
	while (n && is_default(out->data + commas[n - 1] + 1, end - commas[n - 1] - 1))
		end = commas[--n];
	out->size = end;
	buf_putc(out, '>');
	shorten_known(out, open);
}

static void put_verbatim(struct normal *n, const char *end)
{
	buf_add(n->out, n->at, (size_t)(end - n->at));
	n->at = end;
}

/* One that is not closed stands for itself. */
static void put_group(struct normal *n)
{
	const char *end = n->depth < NESTING_MAX ? name_behind_group(n->at) : NULL;
	size_t open = n->out->size;
	char kind = *n->at;

	if (!end || kind == '[') {
		put_verbatim(n, end ? end : n->at + 1);
		return;
	}
	if (starts(n->at, "(anonymous namespace)") || starts(n->at, "(anon)")) {
		put_text(n, "(anonymous namespace)");
		n->at = end;
		return;
	}
	if (kind == '<' && ends(n->out, "::") && n->out->size > 2) { /* Rust: gen::<i32> */
		n->out->size -= 2;
		open -= 2;
	}
	buf_putc(n->out, kind);
	n->at++;
	n->depth++;
	put_list(n, kind == '<' ? '>' : kind == '(' ? ')' : '}');
	n->depth--;
	if (kind == '(' && ends(n->out, "(void"))
		n->out->size -= strlen("void");
	n->at = end;
	buf_putc(n->out, end[-1]);
	if (kind == '<')
		drop_defaults(n->out, open);
}

/* ---- the whole ---- */

/* What a type's name consists of; anything else ends it. */
static bool is_in_type_name(const char *at)
{
	return is_word(*at) || *at == ':' || *at == '<' || starts(at, "(anon") || *at == '{' || starts(at, "[abi:");
}

static void put_word(struct normal *n, struct held *held)
{
	size_t size = word_size(n->at);

	if (name_operator_size(n->at)) {
		put_operator(n, held);
		return;
	}
	if (skip_inline_namespace(n))
		return;
	if (n->depth || ends(n->out, "operator")) {
		if (put_number_type(n, held)) {
			held->has_name = true;
			return;
		}
	}
	put(n, n->at, size);
	n->at += size;
	held->has_name = true;
}

/* Up to the bracket that closes it, which stays; `close` 0: the whole. */
static void put_list(struct normal *n, char close)
{
	struct held held = {0};
	bool is_start = n->depth > 0; /* of a type */

	while (*n->at && !(close && *n->at == close && n->at[-1] != '-')) {
		if (*n->at == ' ' || *n->at == '\t') {
			n->at++;
			continue;
		}
		if (is_start && take_cv(n, &held))
			continue;
		is_start = false;
		if (held.has_name && !is_in_type_name(n->at))
			flush(n, &held);
		if (*n->at == '\\' && n->at[1]) {
			put_verbatim(n, n->at + 2);
		} else if (is_word(*n->at)) {
			put_word(n, &held);
		} else if (strchr("<([{", *n->at)) {
			put_group(n);
		} else if (*n->at == ',') {
			put_verbatim(n, n->at + 1);
			held = (struct held){0};
			is_start = true;
		} else {
			put_verbatim(n, n->at + 1);
		}
	}
	flush(n, &held);
}

void name_normal(const char *name, struct buf *out)
{
	struct normal n = {.at = name, .out = out};

	buf_clear(out);
	put_list(&n, 0);
	buf_putc(out, '\0');
	out->size--;
}
