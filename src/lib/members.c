/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packing, and reading with checks. */
#include "lib/members.h"

#include <stdlib.h>
#include <string.h>

#define uthash_fatal(message) memory_end()
#include <uthash.h>

#include "lib/members_private.h"
#include "lib/memory.h"

enum { NO_TEXT = 0xffffffffu, NO_SOURCE = 0xffffffffu, PLACE_SIZE = 12 };

/* ---- packing ---- */

struct known_text {
	UT_hash_handle hh;
	uint32_t number;
	char text[];
};

/* 0: none; up to the number of those that were packed: that one; the next number: a new one, which follows. */
static void pack_name(struct members_out *out, const char *text)
{
	size_t size = text ? strlen(text) : 0;
	struct known_text *known = NULL;

	if (!text) {
		pack_u32(out->buf, 0);
		return;
	}
	HASH_FIND(hh, out->names, text, size, known);
	if (known) {
		pack_u32(out->buf, known->number);
		return;
	}
	known = calloc(1, sizeof(*known) + size + 1);
	if (!known)
		memory_end();
	memcpy(known->text, text, size);
	known->number = ++out->names_len;
	HASH_ADD_KEYPTR(hh, out->names, known->text, size, known);
	pack_u32(out->buf, known->number);
	pack_text(out->buf, text);
}

void members_out_free(struct members_out *out)
{
	struct known_text *known, *next;

	HASH_ITER(hh, out->names, known, next)
	{
		HASH_DELETE(hh, out->names, known);
		free(known);
	}
}

static void pack_text_or_null(struct buf *out, const char *text)
{
	if (text)
		pack_text(out, text);
	else
		pack_u32(out, NO_TEXT);
}

static void pack_place(struct members_out *out, const struct loc *loc)
{
	uint32_t source = NO_SOURCE;

	for (uint32_t i = 0; i < out->sources_len; i++)
		if (out->sources[i] == loc->source)
			source = i;
	pack_u32(out->buf, source);
	pack_u32(out->buf, loc->offset);
	pack_u32(out->buf, loc->size);
}

static void pack_sources(struct members_out *out, struct list list)
{
	const struct source *const *sources = (const struct source *const *)(void *)list.at;

	for (uint32_t i = 0; i < list.len; i++) {
		pack_text(out->buf, sources[i]->name);
		pack_bytes(out->buf, sources[i]->text, sources[i]->size);
	}
	out->sources = sources;
	out->sources_len = list.len;
}

static void pack_list(struct members_out *out, const struct member *member, struct list list)
{
	pack_u32(out->buf, list.len);
	if (member->kind == MEMBER_SOURCES)
		pack_sources(out, list);
	for (uint32_t i = 0; i < list.len; i++) {
		switch (member->kind) {
		case MEMBER_TEXTS:
			pack_text(out->buf, ((const char *const *)(void *)list.at)[i]);
			break;
		case MEMBER_NUMBERS:
			pack_u32(out->buf, ((const uint32_t *)(void *)list.at)[i]);
			break;
		case MEMBER_PLACES:
			pack_place(out, &((const struct loc *)(void *)list.at)[i]);
			break;
		case MEMBER_LIST:
			members_pack(out, member->of, list.at + i * member->of->size);
			break;
		default:
			break;
		}
	}
}

static void pack_member(struct members_out *out, const struct member *member, const void *object)
{
	const char *at = (const char *)object + member->offset;

	switch (member->kind) {
	case MEMBER_FLAG:
		pack_u8(out->buf, *(const bool *)at);
		break;
	case MEMBER_INT:
	case MEMBER_U32:
		pack_u32(out->buf, number_of(at));
		break;
	case MEMBER_U64:
		pack_u64(out->buf, wide_number_of(at));
		break;
	case MEMBER_I64S:
		for (uint32_t i = 0; i < member->limit; i++)
			pack_u64(out->buf, wide_number_of(at + i * sizeof(int64_t)));
		break;
	case MEMBER_ENUM:
		pack_u8(out->buf, (uint8_t)number_of(at));
		break;
	case MEMBER_TEXT:
		pack_text(out->buf, text_of(member, object));
		break;
	case MEMBER_TEXT_OR_NULL:
		pack_text_or_null(out->buf, text_of(member, object));
		break;
	case MEMBER_NAME:
		pack_name(out, text_of(member, object));
		break;
	case MEMBER_PART:
		members_pack(out, member->of, at);
		break;
	case MEMBER_KNOWN:
		pack_text(out->buf, member->names->name(text_of(member, object)));
		break;
	case MEMBER_PLACE:
		pack_place(out, (const struct loc *)(const void *)at);
		break;
	case MEMBER_TEXTS:
	case MEMBER_NUMBERS:
	case MEMBER_LIST:
	case MEMBER_SOURCES:
	case MEMBER_PLACES:
		pack_list(out, member, list_of(member, object));
		break;
	}
}

void members_pack(struct members_out *out, const struct members *members, const void *object)
{
	for (unsigned i = 0; i < members->len; i++)
		pack_member(out, &members->list[i], object);
}

/* ---- reading ---- */

static bool refuse(struct members_in *in, const struct members *members, const struct member *member)
{
	if (!in->why.size && !in->body->is_bad)
		buf_printf(&in->why, "%s.%s has a value that it cannot have", members->name, member->name);
	return false;
}

static size_t least_size(const struct members *members);

/* As few bytes as one element, or the member itself, can take. */
static size_t least_of(const struct member *member)
{
	switch (member->kind) {
	case MEMBER_FLAG:
	case MEMBER_ENUM:
		return 1;
	case MEMBER_U64:
		return 8;
	case MEMBER_I64S:
		return 8 * member->limit;
	case MEMBER_PART:
		return least_size(member->of);
	case MEMBER_PLACE:
		return PLACE_SIZE;
	default:
		return 4;
	}
}

static size_t least_size(const struct members *members)
{
	size_t size = 0;

	for (unsigned i = 0; i < members->len; i++)
		size += least_of(&members->list[i]);
	return size;
}

static const struct {
	size_t packed, size;
} elements[] = {
	[MEMBER_TEXTS] = {4, sizeof(const char *)},
	[MEMBER_NUMBERS] = {4, sizeof(uint32_t)},
	[MEMBER_SOURCES] = {8, sizeof(const struct source *)},
	[MEMBER_PLACES] = {PLACE_SIZE, sizeof(struct loc)},
};

static bool unpack_name(struct members_in *in, const char **text)
{
	uint32_t number = unpack_u32(in->body);

	*text = NULL;
	if (!number)
		return true;
	if (number > in->names_len + 1)
		return false;
	if (number == in->names_len + 1)
		*arena_push(in->arena, in->names, in->names_len) = unpack_text(in->body, in->arena);
	*text = in->names[number - 1];
	return true;
}

static const char *unpack_text_or_null(struct members_in *in)
{
	struct unpack *body = in->body;
	size_t at = body->at;

	if (unpack_u32(body) == NO_TEXT)
		return NULL;
	body->at = at;
	return unpack_text(body, in->arena);
}

static bool unpack_place(struct members_in *in, struct loc *loc)
{
	uint32_t source = unpack_u32(in->body);

	*loc = (struct loc){.offset = unpack_u32(in->body)};
	loc->size = unpack_u32(in->body);
	if (source == NO_SOURCE)
		return true;
	if (source >= in->sources_len || loc->offset > in->sources[source]->size)
		return false;
	loc->source = in->sources[source];
	return true;
}

static const struct source *unpack_source(struct members_in *in)
{
	struct source *source = arena_new_one(in->arena, struct source);

	source->name = unpack_text(in->body, in->arena);
	source->text = unpack_bytes(in->body, in->arena, &source->size);
	return source;
}

static bool unpack_enum(struct members_in *in, const struct member *member, void *at)
{
	uint32_t number = unpack_u8(in->body);

	if (number >= member->limit)
		return false;
	memcpy(at, &number, sizeof(number));
	return true;
}

static bool unpack_known(struct members_in *in, const struct member *member, void *at)
{
	const char *name = unpack_text(in->body, in->arena);
	const void *thing = member->names->find(name);

	if (!thing && !in->why.size && !in->body->is_bad)
		buf_printf(&in->why, "there is no %s `%s` in this cephtap", member->names->what, name);
	memcpy(at, &thing, sizeof(thing));
	return thing;
}

static bool unpack_element(struct members_in *in, const struct member *member, void *at)
{
	switch (member->kind) {
	case MEMBER_TEXTS:
		*(const char **)at = unpack_text(in->body, in->arena);
		return true;
	case MEMBER_NUMBERS:
		*(uint32_t *)at = unpack_u32(in->body);
		return true;
	case MEMBER_SOURCES:
		*(const struct source **)at = unpack_source(in);
		return true;
	case MEMBER_PLACES:
		return unpack_place(in, at);
	default:
		return members_unpack(in, member->of, at);
	}
}

static bool unpack_list(struct members_in *in, const struct member *member, void *object)
{
	bool of_members = member->kind == MEMBER_LIST, good = true;
	size_t size = of_members ? member->of->size : elements[member->kind].size;
	uint32_t len = unpack_len(in->body, of_members ? least_size(member->of) : elements[member->kind].packed);
	char *list = arena_alloc(in->arena, size * ((size_t)len + 1));

	for (uint32_t i = 0; i < len && good; i++)
		good = unpack_element(in, member, list + i * size) && !in->body->is_bad;
	memcpy((char *)object + member->offset, &list, sizeof(list));
	memcpy((char *)object + member->len_offset, &len, sizeof(len));
	if (member->kind == MEMBER_SOURCES) {
		in->sources = (const struct source **)(void *)list;
		in->sources_len = len;
	}
	return good;
}

static bool unpack_member(struct members_in *in, const struct member *member, void *object)
{
	char *at = (char *)object + member->offset;
	const char *text;

	switch (member->kind) {
	case MEMBER_FLAG:
		*(bool *)at = unpack_u8(in->body);
		return true;
	case MEMBER_INT:
	case MEMBER_U32:
		*(uint32_t *)(void *)at = unpack_u32(in->body);
		return true;
	case MEMBER_U64:
		*(uint64_t *)(void *)at = unpack_u64(in->body);
		return true;
	case MEMBER_I64S:
		for (uint32_t i = 0; i < member->limit; i++)
			((uint64_t *)(void *)at)[i] = unpack_u64(in->body);
		return true;
	case MEMBER_ENUM:
		return unpack_enum(in, member, at);
	case MEMBER_TEXT:
		*(const char **)(void *)at = unpack_text(in->body, in->arena);
		return true;
	case MEMBER_TEXT_OR_NULL:
		*(const char **)(void *)at = unpack_text_or_null(in);
		return true;
	case MEMBER_NAME:
		if (!unpack_name(in, &text))
			return false;
		*(const char **)(void *)at = text;
		return true;
	case MEMBER_PART:
		return members_unpack(in, member->of, at);
	case MEMBER_KNOWN:
		return unpack_known(in, member, at);
	case MEMBER_PLACE:
		return unpack_place(in, (struct loc *)(void *)at);
	case MEMBER_TEXTS:
	case MEMBER_NUMBERS:
	case MEMBER_LIST:
	case MEMBER_SOURCES:
	case MEMBER_PLACES:
		return unpack_list(in, member, object);
	}
	return false;
}

bool members_unpack(struct members_in *in, const struct members *members, void *object)
{
	for (unsigned i = 0; i < members->len; i++)
		if (!unpack_member(in, &members->list[i], object) || in->body->is_bad)
			return refuse(in, members, &members->list[i]);
	return true;
}

void members_in_free(struct members_in *in)
{
	buf_free(&in->why);
}
