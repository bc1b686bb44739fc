/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/short_name.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum { NESTING_MAX = 256 };

static size_t prefix_size(const char *text, const char *prefix)
{
	size_t size = strlen(prefix);

	return strncmp(text, prefix, size) ? 0 : size;
}

/* "operator" with its sign, where one is; the signs with brackets in them are those that count. 0: it is none. */
static size_t operator_size(const char *name, const char *at)
{
	static const char *const signs[] = {"<=>", "<<=", ">>=", "->*", "()", "[]", "<<",
					    ">>",  "<=",  ">=",	 "->",	"<",  ">"};
	size_t size = prefix_size(at, "operator");

	if (!size || (at > name && (isalnum((unsigned char)at[-1]) || at[-1] == '_')))
		return 0;
	for (unsigned i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (prefix_size(at + size, signs[i]))
			return size + strlen(signs[i]);
	return isalnum((unsigned char)at[size]) || at[size] == '_' ? 0 : size;
}

/*
 * What is behind the bracket that closes the one at `at`; NULL: none does. < and > may be comparisons: such a < is
 * closed by the bracket around it, such a > closes nothing.
 */
static const char *behind_group(const char *name, const char *at)
{
	char open[NESTING_MAX];
	unsigned depth = 0;
	size_t size;

	for (; *at; at++) {
		if ((size = operator_size(name, at))) {
			at += size - 1;
			continue;
		}
		if (strchr("<([{", *at)) {
			if (depth == NESTING_MAX)
				return NULL;
			open[depth++] = *at == '<' ? '>' : *at == '(' ? ')' : *at == '[' ? ']' : '}';
		} else if (*at == '>') {
			if (at[-1] != '-' && depth && open[depth - 1] == '>')
				depth--;
		} else if (strchr(")]}", *at)) {
			while (depth && open[depth - 1] == '>' && open[depth - 1] != *at)
				depth--;
			if (!depth || open[--depth] != *at)
				return NULL;
		}
		if (!depth)
			return at + 1;
	}
	return NULL;
}

/* What may stand behind a parameter list and says nothing of the function. */
static const char *behind_qualifiers(const char *at)
{
	static const char *const words[] = {" const", " volatile", " &&", " &", " noexcept"};

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (prefix_size(at, words[i])) {
			at += strlen(words[i]);
			i = ~0u;
		}
	return at;
}

/* {lambda(int)#1}: {lambda#1}; others as they are. */
static void put_braces(const char *at, const char *end, struct buf *out)
{
	const char *close = memrchr(at, ')', (size_t)(end - at));

	if (prefix_size(at, "{lambda(") && close) {
		buf_puts(out, "{lambda");
		at = close + 1;
	}
	buf_add(out, at, (size_t)(end - at));
}

/* One group of brackets; NULL: it is not closed. */
static const char *put_group(const char *name, const char *at, struct buf *out)
{
	const char *end = behind_group(name, at);

	if (!end)
		return NULL;
	switch (*at) {
	case '<':
		buf_puts(out, prefix_size(at, "<lambda") ? "<lambda>" : "<...>");
		return end;
	case '(':
		return behind_qualifiers(end);
	case '{':
		put_braces(at, end, out);
		return end;
	default:
		if (!prefix_size(at, "[abi:"))
			buf_add(out, at, (size_t)(end - at));
		return end;
	}
}

/* What has a shorter name of its own. Gives `at` where nothing has, NULL where a bracket is not closed. */
static const char *put_known(const char *name, const char *at, struct buf *out)
{
	static const struct {
		const char *is, *becomes;
	} known[] = {{"(anonymous namespace)", "(anon)"},
		     {"(anon)", "(anon)"},
		     {"std::__cxx11::", "std::"},
		     {"[thunk]", "[thunk]"}};
	size_t size = prefix_size(at, "std::__cxx11::basic_string<");

	if (at > name && (isalnum((unsigned char)at[-1]) || strchr("_:", at[-1])) && *at == 's')
		return at;
	if (size) {
		const char *end = behind_group(name, at + size - 1);

		buf_puts(out, end ? "std::string" : "");
		return end;
	}
	for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if ((size = prefix_size(at, known[i].is))) {
			buf_puts(out, known[i].becomes);
			return at + size;
		}
	return at;
}

/* False: brackets are not in order. */
static bool put_short(const char *name, struct buf *out)
{
	const char *at = name, *next;
	size_t size;

	while (*at) {
		next = put_known(name, at, out);
		if (next == at && (size = operator_size(name, at))) {
			buf_add(out, at, size);
			next = at + size;
		} else if (next == at && strchr("<([{", *at)) {
			next = put_group(name, at, out);
		} else if (next == at && strchr(")]}", *at)) {
			next = NULL;
		} else if (next == at) {
			buf_putc(out, *at);
			next = at + 1;
		}
		if (!next)
			return false;
		at = next;
	}
	return true;
}

void short_name(const char *name, struct buf *out)
{
	static const char *const thunks[] = {"non-virtual thunk to ", "virtual thunk to ",
					     "covariant return thunk to "};
	const char *rest = name;
	struct buf text = {0};

	for (unsigned i = 0; i < sizeof(thunks) / sizeof(thunks[0]); i++)
		rest += prefix_size(rest, thunks[i]);
	if (!put_short(rest, &text)) {
		buf_puts(out, name);
	} else {
		buf_puts(out, text.data ? text.data : "");
		buf_puts(out, rest > name ? " [thunk]" : "");
	}
	buf_free(&text);
}
