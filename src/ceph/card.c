/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading and writing layout cards. One line is one fact:
 *
 *   cephtap-card 1
 *   binary ceph-osd
 *   release 16.2.15
 *   build-id fb66b3ce...
 *   constant 732435 l_bluestore_state_prepare_lat
 *   function 0x92900 _ZN8librados...
 *   type 360 OpRequest
 *     member 240 8 signed reqid.name._num        offset, size, signed|unsigned|object, path
 *   end
 *
 * Numbers are checked against what a C++ class can be, so that a wrong card gives wrong values at worst, never a
 * program that the kernel refuses. The last line tells a card that was cut short.
 */
#include "ceph/card.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { CARD_CLASS_SIZE = 16 * 1024 * 1024 };

struct card_parse {
	struct arena *arena;
	const struct source *source;
	struct diags *diags;
	struct card *card;
	char *line, *rest; /* a copy of the line, cut into words */
	uint32_t offset;
	bool is_ended, has_magic;
};

static void line_error(struct card_parse *p, const char *text)
{
	struct loc loc = {p->source, p->offset, 1};

	diag_error(p->diags, loc, NULL, "%s", text);
}

static char *next_word(struct card_parse *p)
{
	char *word;

	while (isspace((unsigned char)*p->rest))
		p->rest++;
	word = p->rest;
	while (*p->rest && !isspace((unsigned char)*p->rest))
		p->rest++;
	if (*p->rest)
		*p->rest++ = '\0';
	return word;
}

/* All that is left of the line: type names have spaces in them. */
static char *last_words(struct card_parse *p)
{
	while (isspace((unsigned char)*p->rest))
		p->rest++;
	return p->rest;
}

static bool next_number(struct card_parse *p, uint64_t max, uint64_t *out)
{
	char *word = next_word(p), *end;

	errno = 0;
	*out = strtoull(word, &end, 0);
	if (isdigit((unsigned char)*word) && !*end && !errno && *out <= max)
		return true;
	line_error(p, "expected a number in range");
	return false;
}

static void parse_text(struct card_parse *p, const char **field)
{
	char *text = last_words(p);

	if (*field || !*text)
		line_error(p, *field ? "this was said before" : "expected a word here");
	else
		*field = text;
}

static void parse_type(struct card_parse *p)
{
	struct card_type *type;
	uint64_t size;

	if (!next_number(p, CARD_CLASS_SIZE, &size))
		return;
	if (!*last_words(p)) {
		line_error(p, "expected the type's name");
		return;
	}
	type = arena_push(p->arena, p->card->types, p->card->types_len);
	type->size = size;
	type->name = last_words(p);
}

static bool parse_kind(const char *word, struct cat_member *member)
{
	bool is_word = member->size == 1 || member->size == 2 || member->size == 4 || member->size == 8;

	member->is_signed = !strcmp(word, "signed");
	member->is_object = !strcmp(word, "object");
	return member->is_object || (is_word && (member->is_signed || !strcmp(word, "unsigned")));
}

static void parse_member(struct card_parse *p)
{
	struct cat_member member = {0};
	struct card_type *type;
	uint64_t offset, size;

	if (!next_number(p, CARD_CLASS_SIZE, &offset) || !next_number(p, CARD_CLASS_SIZE, &size))
		return;
	member.offset = (int64_t)offset;
	member.size = (uint32_t)size;
	if (!parse_kind(next_word(p), &member)) {
		line_error(p, "expected signed or unsigned (of 1, 2, 4 or 8 bytes) or object");
		return;
	}
	if (!p->card->types_len || !*last_words(p)) {
		line_error(p, "a member needs a type before it, and a name");
		return;
	}
	type = &p->card->types[p->card->types_len - 1];
	*arena_push(p->arena, type->members, type->members_len) = (struct card_member){last_words(p), member};
}

static void parse_value(struct card_parse *p, struct card_value **values, unsigned *values_len)
{
	uint64_t value;

	if (!next_number(p, UINT64_MAX, &value))
		return;
	if (!*last_words(p)) {
		line_error(p, "expected a name after the number");
		return;
	}
	*arena_push(p->arena, *values, *values_len) = (struct card_value){last_words(p), value};
}

static void parse_line(struct card_parse *p)
{
	char *word = next_word(p);

	if (!*word || *word == '#')
		return;
	if (!p->has_magic) {
		p->has_magic = true;
		if (strcmp(word, "cephtap-card") || strcmp(last_words(p), "1"))
			line_error(p, "this is no layout card of version 1: it does not start with `cephtap-card 1`");
		return;
	}
	if (p->is_ended)
		line_error(p, "nothing may follow `end`");
	else if (!strcmp(word, "binary"))
		parse_text(p, &p->card->binary);
	else if (!strcmp(word, "release"))
		parse_text(p, &p->card->release);
	else if (!strcmp(word, "build-id"))
		parse_text(p, &p->card->build_id);
	else if (!strcmp(word, "constant"))
		parse_value(p, &p->card->constants, &p->card->constants_len);
	else if (!strcmp(word, "function"))
		parse_value(p, &p->card->functions, &p->card->functions_len);
	else if (!strcmp(word, "type"))
		parse_type(p);
	else if (!strcmp(word, "member"))
		parse_member(p);
	else if (!strcmp(word, "end"))
		p->is_ended = true;
	else
		line_error(p, "this starts no line of a card");
}

int card_parse(struct arena *arena, const struct source *source, struct card *card, struct diags *diags)
{
	struct card_parse p = {.arena = arena, .source = source, .diags = diags, .card = card};
	const char *at = source->text, *end = source->text + source->size, *newline;
	unsigned errors = diags->errors;

	*card = (struct card){0};
	for (; at < end; at = newline + 1) {
		newline = memchr(at, '\n', (size_t)(end - at));
		if (!newline)
			newline = end;
		p.offset = (uint32_t)(at - source->text);
		p.line = p.rest = arena_strndup(arena, at, (size_t)(newline - at));
		for (char *last = p.line + strlen(p.line); last > p.line && isspace((unsigned char)last[-1]);)
			*--last = '\0';
		parse_line(&p);
	}
	if (diags->errors == errors && !p.is_ended)
		line_error(&p, "the card is cut short: its last line is not `end`");
	if (diags->errors == errors && (!card->binary || !card->release || !card->build_id))
		line_error(&p, "a card needs binary, release and build-id");
	return diags->errors == errors ? 0 : -EINVAL;
}

void card_print(const struct card *card, struct buf *out)
{
	unsigned i, j;

	buf_puts(out, "cephtap-card 1\n");
	buf_printf(out, "binary %s\nrelease %s\nbuild-id %s\n", card->binary, card->release, card->build_id);
	for (i = 0; i < card->constants_len; i++)
		buf_printf(out, "constant %llu %s\n", (unsigned long long)card->constants[i].value,
			   card->constants[i].name);
	for (i = 0; i < card->functions_len; i++)
		buf_printf(out, "function 0x%llx %s\n", (unsigned long long)card->functions[i].value,
			   card->functions[i].name);
	for (i = 0; i < card->types_len; i++) {
		const struct card_type *type = &card->types[i];

		buf_printf(out, "type %llu %s\n", (unsigned long long)type->size, type->name);
		for (j = 0; j < type->members_len; j++) {
			const struct cat_member *m = &type->members[j].member;

			buf_printf(out, "  member %lld %u %s %s\n", (long long)m->offset, m->size,
				   m->is_object	  ? "object"
				   : m->is_signed ? "signed"
						  : "unsigned",
				   type->members[j].path);
		}
	}
	buf_puts(out, "end\n");
}

static const struct card_type *find_type(const struct card *card, const char *name)
{
	unsigned i;

	for (i = 0; i < card->types_len; i++)
		if (!strcmp(card->types[i].name, name))
			return &card->types[i];
	return NULL;
}

static int resolve_member(void *data, const char *name, const char *path, struct cat_member *out, const char **why)
{
	const struct card_type *type = find_type(data, name);
	unsigned i;

	for (i = 0; type && i < type->members_len; i++) {
		if (!strcmp(type->members[i].path, path)) {
			*out = type->members[i].member;
			return 0;
		}
	}
	*why = "the layout card lacks a member of a type that is read here: run `cephtap learn` anew";
	return -ENOENT;
}

static int resolve_size(void *data, const char *name, uint64_t *out, const char **why)
{
	const struct card_type *type = find_type(data, name);

	*why = "the layout card lacks the size of a type: run `cephtap learn` anew";
	*out = type ? type->size : 0;
	return type ? 0 : -ENOENT;
}

static int resolve_constant(void *data, const char *name, int64_t *out, const char **why)
{
	const struct card *card = data;
	unsigned i;

	for (i = 0; i < card->constants_len; i++) {
		if (!strcmp(card->constants[i].name, name)) {
			*out = (int64_t)card->constants[i].value;
			return 0;
		}
	}
	*why = "the layout card lacks a constant: run `cephtap learn` anew";
	return -ENOENT;
}

struct cat_resolver card_resolver(const struct card *card)
{
	return (struct cat_resolver){(void *)card, resolve_member, resolve_size, resolve_constant};
}

bool card_function(const struct card *card, const char *symbol, uint64_t *vaddr)
{
	unsigned i;

	for (i = 0; i < card->functions_len; i++) {
		if (!strcmp(card->functions[i].name, symbol)) {
			*vaddr = card->functions[i].value;
			return true;
		}
	}
	return false;
}
