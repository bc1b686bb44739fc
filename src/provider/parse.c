/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "provider/provider.h"

#include <ctype.h>
#include <errno.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { TYPE_SIZE = 100, MACRO_DEPTH = 8 };

enum token_kind { TOKEN_END, TOKEN_NAME, TOKEN_OTHER };

struct token {
	enum token_kind kind;
	const char *text; /* not NUL-terminated; TOKEN_OTHER: a number, a string, or one character */
	size_t size;
};

struct define {
	const char *name, *text;
};

struct parser {
	struct arena *arena;
	struct buf *why;
	const char *path, *at;
	unsigned line;
	bool is_line_start; /* only blanks before: a # here is a directive */
	struct token token; /* the one that is looked at */
	struct define *defines;
	unsigned defines_len;
	struct provider_file *file;
	jmp_buf failed;
};

__attribute__((noreturn, format(printf, 2, 3))) static void fail(struct parser *p, const char *format, ...)
{
	va_list args;

	buf_printf(p->why, "%s:%u: ", p->path, p->line);
	va_start(args, format);
	buf_vprintf(p->why, format, args);
	va_end(args);
	longjmp(p->failed, 1);
}

/* ---- directives: what the preprocessor leaves, and what is there when it did not run ---- */

/* The line's text without comment and blanks at its end; p->at stands behind it. */
static char *take_line(struct parser *p)
{
	const char *from = p->at, *comment;
	size_t size = strcspn(from, "\n");
	char *line = arena_printf(p->arena, "%.*s", (int)size, from);

	p->at += size;
	comment = strstr(line, "/*");
	if (comment)
		line[comment - line] = '\0';
	for (size = strlen(line); size && isspace((unsigned char)line[size - 1]); size--)
		line[size - 1] = '\0';
	return line;
}

static bool starts_with(const char **text, const char *word)
{
	size_t size = strlen(word);

	if (strncmp(*text, word, size) != 0)
		return false;
	*text += size;
	*text += strspn(*text, " \t");
	return true;
}

static void take_define(struct parser *p, const char *text)
{
	size_t size = 0;

	while (isalnum((unsigned char)text[size]) || text[size] == '_')
		size++;
	if (!size || text[size] == '(')
		return; /* a type is no macro with arguments */
	*arena_push(p->arena, p->defines, p->defines_len) = (struct define){
		.name = arena_printf(p->arena, "%.*s", (int)size, text),
		.text = text + size + strspn(text + size, " \t"),
	};
}

/* `# 12 "file.d"` and `#line 12 "file.d"` say where the next line is from. */
static void take_place(struct parser *p, const char *text)
{
	char *end;
	unsigned long line = strtoul(text, &end, 10);
	const char *quote = strchr(end, '"'), *last = quote ? strchr(quote + 1, '"') : NULL;

	p->line = (unsigned)line - 1; /* the newline is still to come */
	if (last)
		p->path = arena_printf(p->arena, "%.*s", (int)(last - quote - 1), quote + 1);
}

static void take_directive(struct parser *p)
{
	const char *text = take_line(p);

	starts_with(&text, "#");
	if (starts_with(&text, "define"))
		take_define(p, text);
	else if (starts_with(&text, "line") || isdigit((unsigned char)*text))
		take_place(p, text);
}

/* ---- tokens ---- */

static void skip_comment(struct parser *p)
{
	unsigned from = p->line;

	for (p->at += 2; strncmp(p->at, "*/", 2) != 0; p->at++) {
		if (!*p->at) {
			p->line = from;
			fail(p, "this comment does not end");
		}
		p->line += *p->at == '\n';
	}
	p->at += 2;
}

static void skip_blanks(struct parser *p)
{
	for (;;) {
		if (*p->at == '\n') {
			p->line++;
			p->is_line_start = true;
			p->at++;
		} else if (isspace((unsigned char)*p->at)) {
			p->at++;
		} else if (!strncmp(p->at, "/*", 2)) {
			skip_comment(p);
		} else if (!strncmp(p->at, "//", 2)) {
			p->at += strcspn(p->at, "\n");
		} else if (*p->at == '#' && p->is_line_start) {
			take_directive(p);
		} else {
			return;
		}
	}
}

static size_t string_size(struct parser *p)
{
	size_t size = 1;

	while (p->at[size] != *p->at) {
		if (!p->at[size] || p->at[size] == '\n')
			fail(p, "this string does not end");
		size += p->at[size] == '\\' && p->at[size + 1] ? 2 : 1;
	}
	return size + 1;
}

static void next(struct parser *p)
{
	struct token *token = &p->token;

	skip_blanks(p);
	p->is_line_start = false;
	token->text = p->at;
	token->size = 1;
	token->kind = TOKEN_OTHER;
	if (!*p->at) {
		token->kind = TOKEN_END;
		token->size = 0;
	} else if (*p->at == '"' || *p->at == '\'') {
		token->size = string_size(p);
	} else if (isalnum((unsigned char)*p->at) || *p->at == '_') {
		token->kind = isdigit((unsigned char)*p->at) ? TOKEN_OTHER : TOKEN_NAME;
		while (isalnum((unsigned char)p->at[token->size]) || p->at[token->size] == '_')
			token->size++;
	}
	p->at += token->size;
}

static bool is(const struct parser *p, const char *text)
{
	return p->token.size == strlen(text) && !memcmp(p->token.text, text, p->token.size);
}

static bool take(struct parser *p, const char *text)
{
	if (!is(p, text))
		return false;
	next(p);
	return true;
}

static void expect(struct parser *p, const char *text)
{
	if (p->token.kind == TOKEN_END)
		fail(p, "the file ends where `%s` was expected", text);
	if (!take(p, text))
		fail(p, "`%s` was expected, not `%.*s`", text, (int)p->token.size, p->token.text);
}

static const char *take_name(struct parser *p, const char *of)
{
	const char *name;

	if (p->token.kind != TOKEN_NAME)
		fail(p, "the name of a %s was expected, not `%.*s`", of, (int)p->token.size, p->token.text);
	name = arena_printf(p->arena, "%.*s", (int)p->token.size, p->token.text);
	next(p);
	return name;
}

/* ---- arguments ---- */

static bool is_one_of(const char *word, const char *const words[])
{
	for (; *words; words++) {
		if (!strcmp(word, *words))
			return true;
	}
	return false;
}

static const char *const qualifiers[] = {"const", "volatile", "restrict", "__restrict", NULL};
static const char *const tags[] = {"struct", "union", "enum", NULL};
static const char *const base_types[] = {"void",   "char",   "short",	 "int",	  "long",   "float",
					 "double", "signed", "unsigned", "_Bool", "string", NULL};

struct words {
	const char **words;
	unsigned len;
};

/* A macro's text instead of its name, for who did not ask for the preprocessor (-C). */
static const char *expand(const struct parser *p, const char *word)
{
	unsigned depth, i;

	for (depth = 0; depth < MACRO_DEPTH; depth++) {
		for (i = p->defines_len; i && strcmp(p->defines[i - 1].name, word) != 0; i--)
			;
		if (!i)
			break;
		word = p->defines[i - 1].text;
	}
	return word;
}

/* Up to the `,` or `)` behind an argument; what is behind a `:` is what a D script gets to see, of which a note knows
 * nothing. */
static struct words take_words(struct parser *p)
{
	struct words out = {0};
	const char *word;
	bool is_seen = true;
	unsigned depth = 0;

	for (; depth || (!is(p, ",") && !is(p, ")")); next(p)) {
		if (p->token.kind == TOKEN_END || is(p, ";") || is(p, "{"))
			fail(p, "`)` was expected behind a probe's arguments");
		depth += is(p, "(") || is(p, "[");
		depth -= is(p, ")") || is(p, "]");
		is_seen &= depth || !is(p, ":");
		word = expand(p, arena_printf(p->arena, "%.*s", (int)p->token.size, p->token.text));
		if (is_seen && *word)
			*arena_push(p->arena, out.words, out.len) = word;
	}
	return out;
}

/*
 * Which word is the argument's name; words.len when it has none: `int`, `unsigned long`, `struct item *`. It is the
 * last name that is not part of the type, and there is a type before it.
 */
static unsigned name_at(const struct words *words)
{
	unsigned i, last = words->len, types = 0;

	for (i = 0; i < words->len; i++) {
		const char *word = words->words[i];

		if (*word == '[')
			break;
		if ((!isalpha((unsigned char)*word) && *word != '_') || is_one_of(word, qualifiers))
			continue;
		if (types && !is_one_of(word, base_types) && !is_one_of(words->words[i - 1], tags))
			last = i;
		types += !is_one_of(word, tags);
	}
	return last;
}

/* One blank before a name and before the first of several asterisks, none elsewhere. */
static void add_word(struct buf *buf, const char *word)
{
	bool is_apart = true;
	char last;

	for (; *word; word++) {
		last = buf->size ? buf->data[buf->size - 1] : '*';
		if (isspace((unsigned char)*word)) {
			is_apart = true;
			continue;
		}
		if ((is_apart && buf->size && (isalpha((unsigned char)*word) || *word == '_')) ||
		    (*word == '*' && last != '*'))
			buf_putc(buf, ' ');
		buf_putc(buf, *word);
		is_apart = false;
	}
}

/* "" for what marker.h cannot take in its text. */
static const char *type_text(struct parser *p, const struct words *words, unsigned name)
{
	struct buf buf = {0};
	const char *text = "";
	unsigned i;

	for (i = 0; i < words->len; i++) {
		if (i != name)
			add_word(&buf, words->words[i]);
	}
	if (buf.size && buf.size < TYPE_SIZE && !strpbrk(buf.data, "%{|}\\\":"))
		text = arena_strdup(p->arena, buf.data);
	buf_free(&buf);
	return text;
}

/* Not what a macro has made of it. */
static bool is_identifier(const char *word)
{
	while (isalnum((unsigned char)*word) || *word == '_')
		word++;
	return !*word;
}

static void take_args(struct parser *p, struct provider_probe *probe)
{
	struct provider_arg *arg;
	struct words words;
	unsigned name;

	do {
		words = take_words(p);
		if (!words.len || (words.len == 1 && !strcmp(words.words[0], "void"))) {
			if (probe->args_len || is(p, ","))
				fail(p, "an argument of probe `%s` has no type", probe->name);
			break;
		}
		name = name_at(&words);
		arg = arena_push(p->arena, probe->args, probe->args_len);
		arg->name = name < words.len && is_identifier(words.words[name]) ? words.words[name] : "";
		arg->type = type_text(p, &words, name);
	} while (take(p, ","));
	expect(p, ")");
}

/* ---- declarations ---- */

static void take_probe(struct parser *p, struct provider_decl *provider)
{
	struct provider_probe *probe = arena_push(p->arena, provider->probes, provider->probes_len), seen = {0};
	unsigned i;

	probe->name = take_name(p, "probe");
	for (i = 0; i + 1 < provider->probes_len; i++) {
		if (!strcmp(provider->probes[i].name, probe->name))
			fail(p, "provider `%s` has two probes `%s`", provider->name, probe->name);
	}
	if (take(p, "("))
		take_args(p, probe);
	if (take(p, ":")) { /* what scripts see: markers have what the program gives */
		seen.name = probe->name;
		expect(p, "(");
		take_args(p, &seen);
	}
	if (probe->args_len > PROVIDER_ARGS_MAX)
		fail(p, "probe `%s` has %u arguments, and a marker has at most %d", probe->name, probe->args_len,
		     PROVIDER_ARGS_MAX);
	expect(p, ";");
}

static void take_provider(struct parser *p)
{
	struct provider_decl *provider = arena_push(p->arena, p->file->providers, p->file->providers_len);

	provider->name = take_name(p, "provider");
	expect(p, "{");
	while (!take(p, "}")) {
		expect(p, "probe");
		take_probe(p, provider);
	}
	take(p, ";");
}

/* `typedef const char *text;`: what is behind the name is put in its place, as of a macro. Others are left as they are.
 */
static void take_typedef(struct parser *p)
{
	const char *from, *to = p->token.text;
	struct token last = {0};
	bool is_simple = true;

	next(p);
	for (from = p->token.text; !is(p, ";"); next(p)) {
		if (p->token.kind == TOKEN_END || is(p, "{") || is(p, "(") || is(p, "[")) {
			is_simple = false;
			break;
		}
		last = p->token;
		to = last.text;
	}
	if (is_simple && last.kind == TOKEN_NAME && to > from && !memchr(from, '\n', (size_t)(to - from)))
		*arena_push(p->arena, p->defines, p->defines_len) = (struct define){
			.name = arena_printf(p->arena, "%.*s", (int)last.size, last.text),
			.text = arena_printf(p->arena, "%.*s", (int)(to - from), from),
		};
}

/* A type or a translator goes to its `;`, a clause to the `}` that closes it. */
static void skip_other(struct parser *p)
{
	bool is_clause = !is(p, "typedef") && !is(p, "struct") && !is(p, "union") && !is(p, "enum") &&
			 !is(p, "inline") && !is(p, "translator") && !is(p, "extern");
	unsigned depth = 0;

	if (is(p, "typedef"))
		take_typedef(p);
	for (;; next(p)) {
		if (p->token.kind == TOKEN_END)
			fail(p, "the file ends within a declaration");
		if (is(p, "}") && !depth)
			fail(p, "a `}` that closes nothing");
		depth += is(p, "{");
		depth -= is(p, "}");
		if (!depth && (is(p, ";") || (is_clause && is(p, "}"))))
			break;
	}
	next(p);
}

int provider_parse(struct arena *arena, const char *path, const char *text, struct provider_file *out, struct buf *why)
{
	struct parser p = {
		.arena = arena, .why = why, .path = path, .at = text, .line = 1, .is_line_start = true, .file = out};

	*out = (struct provider_file){0};
	if (setjmp(p.failed))
		return -EINVAL;
	next(&p);
	while (p.token.kind != TOKEN_END) {
		if (take(&p, "provider"))
			take_provider(&p);
		else
			skip_other(&p);
	}
	return 0;
}
