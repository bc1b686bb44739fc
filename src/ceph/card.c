/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading and writing layout cards. One line is one fact:
 *
 *   cephtap-card 1
 *   binary ceph-osd
 *   release 16.2.15
 *   build-id fb66b3ce...
 *   architecture aarch64                       where it is another than x86_64
 *   constant 732435 l_bluestore_state_prepare_lat
 *   function 0x92900 _ZN8librados...
 *   type 360 OpRequest
 *     member 240 8 signed reqid.name._num        offset, size, signed|unsigned|object, path
 *   from facts                                   where the lines that follow are from
 *   end
 *
 * A family's card has no build-id but `distribution el9` and, beside `release`, `release-to 18.2.8`; and builds that
 * are known to be of it, `known-build BUILD-ID`, each with its `known-function ADDRESS SYMBOL`. Numbers are checked
 * against what a C++ class can be, so that a wrong card gives wrong values at worst, never a program that the kernel
 * refuses. The last line tells a card that was cut short.
 */
#include "ceph/card.h"

#include <ctype.h>
#include <elf.h>
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
	uint8_t from; /* enum card_from */
	bool is_ended, has_magic;
};

static const char *const from_names[CARD_FROM_COUNT] = {"debug", "family", "facts", "derived"};

const char *card_from_name(enum card_from from)
{
	return from_names[from];
}

bool card_is_of_build(const struct card *card)
{
	return card->build_id;
}

bool card_is_for_here(const struct card *card)
{
	return !card->architecture || !strcmp(card->architecture, "x86_64");
}

const char *card_architecture(struct arena *arena, int machine)
{
	static const struct {
		int machine;
		const char *name;
	} names[] = {{EM_X86_64, "x86_64"}, {EM_AARCH64, "aarch64"}, {EM_386, "i386"},
		     {EM_PPC64, "ppc64"},   {EM_S390, "s390x"},	     {EM_RISCV, "riscv64"}};

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].machine == machine)
			return names[i].name;
	return arena_printf(arena, "machine %d of ELF", machine);
}

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
	type->from = p->from;
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
	*arena_push(p->arena, type->members, type->members_len) =
		(struct card_member){.path = last_words(p), .member = member, .from = p->from};
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
	*arena_push(p->arena, *values, *values_len) = (struct card_value){last_words(p), value, p->from};
}

static void parse_build(struct card_parse *p)
{
	if (*last_words(p))
		arena_push(p->arena, p->card->builds, p->card->builds_len)->build_id = last_words(p);
	else
		line_error(p, "expected a build-id");
}

static void parse_known_function(struct card_parse *p)
{
	struct card_build *build = p->card->builds_len ? &p->card->builds[p->card->builds_len - 1] : NULL;

	if (build)
		parse_value(p, &build->functions, &build->functions_len);
	else
		line_error(p, "a function needs a build before it");
}

static void parse_from(struct card_parse *p)
{
	const char *word = last_words(p);

	for (unsigned i = 0; i < CARD_FROM_COUNT; i++) {
		if (!strcmp(word, from_names[i])) {
			p->from = (uint8_t)i;
			return;
		}
	}
	line_error(p, "expected debug, family, facts or derived");
}

static void parse_line(struct card_parse *p)
{
	char *word = next_word(p);

	if (!*word || *word == '#')
		return;
	if (!p->has_magic) {
		p->has_magic = true;
		if (strcmp(word, "cephtap-card") || strcmp(last_words(p), "1"))
			line_error(p,
				   "this is not a layout card of version 1: it does not start with `cephtap-card 1`");
		return;
	}
	if (p->is_ended)
		line_error(p, "nothing may follow `end`");
	else if (!strcmp(word, "binary"))
		parse_text(p, &p->card->binary);
	else if (!strcmp(word, "release"))
		parse_text(p, &p->card->release);
	else if (!strcmp(word, "release-to"))
		parse_text(p, &p->card->release_to);
	else if (!strcmp(word, "distribution"))
		parse_text(p, &p->card->distribution);
	else if (!strcmp(word, "architecture"))
		parse_text(p, &p->card->architecture);
	else if (!strcmp(word, "build-id"))
		parse_text(p, &p->card->build_id);
	else if (!strcmp(word, "known-build"))
		parse_build(p);
	else if (!strcmp(word, "known-function"))
		parse_known_function(p);
	else if (!strcmp(word, "from"))
		parse_from(p);
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
		line_error(p, "no line of a card begins with this word");
}

int card_parse(struct arena *arena, const struct source *source, struct card *card, struct diags *diags)
{
	struct card_parse p = {.arena = arena, .source = source, .diags = diags, .card = card};
	const char *at = source->text, *end = source->text + source->size, *newline;
	unsigned errors = diags->errors;

	*card = (struct card){.arena = arena};
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
	if (diags->errors == errors && (!card->binary || !card->release || (!card->build_id && !card->distribution)))
		line_error(&p, "a card needs binary, release, and build-id or distribution");
	return diags->errors == errors ? 0 : -EINVAL;
}

static void print_from(struct buf *out, uint8_t from, uint8_t *said)
{
	if (from != *said)
		buf_printf(out, "from %s\n", from_names[from]);
	*said = from;
}

static void print_text(struct buf *out, const char *word, const char *text)
{
	if (text)
		buf_printf(out, "%s %s\n", word, text);
}

static void print_type(struct buf *out, const struct card_type *type, uint8_t *said)
{
	unsigned i;

	print_from(out, type->from, said);
	buf_printf(out, "type %llu %s\n", (unsigned long long)type->size, type->name);
	for (i = 0; i < type->members_len; i++) {
		const struct cat_member *m = &type->members[i].member;

		print_from(out, type->members[i].from, said);
		buf_printf(out, "  member %lld %u %s %s\n", (long long)m->offset, m->size,
			   m->is_object	  ? "object"
			   : m->is_signed ? "signed"
					  : "unsigned",
			   type->members[i].path);
	}
}

static void print_build(struct buf *out, const struct card_build *build)
{
	buf_printf(out, "known-build %s\n", build->build_id);
	for (unsigned i = 0; i < build->functions_len; i++)
		buf_printf(out, "  known-function 0x%llx %s\n", (unsigned long long)build->functions[i].value,
			   build->functions[i].name);
}

void card_print(const struct card *card, struct buf *out)
{
	uint8_t said = CARD_FROM_DEBUG;
	unsigned i;

	buf_puts(out, "cephtap-card 1\n");
	buf_printf(out, "binary %s\nrelease %s\n", card->binary, card->release);
	print_text(out, "release-to", card->release_to);
	print_text(out, "distribution", card->distribution);
	print_text(out, "build-id", card->build_id);
	print_text(out, "architecture", card->architecture);
	for (i = 0; i < card->builds_len; i++)
		print_build(out, &card->builds[i]);
	for (i = 0; i < card->constants_len; i++) {
		print_from(out, card->constants[i].from, &said);
		buf_printf(out, "constant %llu %s\n", (unsigned long long)card->constants[i].value,
			   card->constants[i].name);
	}
	for (i = 0; i < card->functions_len; i++) {
		print_from(out, card->functions[i].from, &said);
		buf_printf(out, "function 0x%llx %s\n", (unsigned long long)card->functions[i].value,
			   card->functions[i].name);
	}
	for (i = 0; i < card->types_len; i++)
		print_type(out, &card->types[i], &said);
	buf_puts(out, "end\n");
}

struct card_type *card_type_find(const struct card *card, const char *name)
{
	unsigned i;

	for (i = 0; i < card->types_len; i++)
		if (!strcmp(card->types[i].name, name))
			return &card->types[i];
	return NULL;
}

struct card_member *card_member_find(const struct card *card, const char *name, const char *path)
{
	struct card_type *type = card_type_find(card, name);
	unsigned i;

	for (i = 0; type && i < type->members_len; i++)
		if (!strcmp(type->members[i].path, path))
			return &type->members[i];
	return NULL;
}

unsigned card_number_members(struct card *card)
{
	unsigned i, j, n = 0;

	for (i = 0; i < card->types_len; i++)
		for (j = 0; j < card->types[i].members_len; j++)
			card->types[i].members[j].number = n++;
	return n;
}

static int resolve_member(void *data, const char *name, const char *path, struct cat_member *out, const char **why)
{
	const struct card *card = data;
	const struct card_member *member = card_member_find(card, name, path);

	if (member) {
		*out = member->member;
		return 0;
	}
	*why = arena_printf(
		card->arena,
		"%s %s has no %s::%s, or its layout card is of an older cephtap: then run `cephtap learn` anew",
		card->binary, card->release, name, path);
	return -ENOENT;
}

static int resolve_size(void *data, const char *name, uint64_t *out, const char **why)
{
	const struct card *card = data;
	const struct card_type *type = card_type_find(card, name);

	*out = type ? type->size : 0;
	if (!*out)
		*why = arena_printf(card->arena,
				    "%s %s has no type %s, or its layout card is of an older cephtap: then run "
				    "`cephtap learn` anew",
				    card->binary, card->release, name);
	return *out ? 0 : -ENOENT;
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
	*why = arena_printf(
		card->arena,
		"%s %s has no constant %s, or its layout card is of an older cephtap: then run `cephtap learn` anew",
		card->binary, card->release, name);
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
