/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/pprof.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "lib/arena.h"
#include "lib/protobuf.h"
#include "report/common.h"

/* Numbers of fields, by message, as profile.proto has them. */
enum {
	PROFILE_SAMPLE_TYPE = 1,
	PROFILE_SAMPLE,
	PROFILE_MAPPING,
	PROFILE_LOCATION,
	PROFILE_FUNCTION,
	PROFILE_STRING,
	PROFILE_TIME_NS = 9,
	PROFILE_DURATION_NS,
	PROFILE_PERIOD_TYPE,
	PROFILE_PERIOD
};
enum { TYPE_NAME = 1, TYPE_UNIT };
enum { SAMPLE_LOCATIONS = 1, SAMPLE_VALUES, SAMPLE_LABEL };
enum { LABEL_KEY = 1, LABEL_TEXT };
enum { MAPPING_ID = 1, MAPPING_START, MAPPING_LIMIT, MAPPING_FILE = 5, MAPPING_BUILD_ID, MAPPING_HAS_FUNCTIONS };
enum { LOCATION_ID = 1, LOCATION_MAPPING, LOCATION_ADDRESS, LOCATION_LINE };
enum { LINE_FUNCTION = 1 };
enum { FUNCTION_ID = 1, FUNCTION_NAME, FUNCTION_SYSTEM_NAME, FUNCTION_FILE };

enum { HEADS = 1 << 12 };

/* Things that are numbered in the order in which they come. */
struct numbered {
	struct numbered *next;
	const void *key;
	size_t size;
	uint64_t number;
};

struct numbers {
	struct numbered *heads[HEADS];
	uint64_t len;
};

/* A file; what its addresses span is known at the end. */
struct mapping {
	uint64_t file, build_id; /* strings */
	uint64_t start, limit;
};

struct pprof {
	struct arena *arena;
	uint64_t period_ns;
	struct numbers strings, functions, locations, mappings;
	struct mapping *mapping_list;
	unsigned mapping_len;
	struct buf body; /* messages that are whole */
	struct buf message, inner, ids;
};

static uint64_t number_of(struct pprof *pprof, struct numbers *numbers, const void *key, size_t size, bool *is_new)
{
	uint64_t hash = 14695981039346656037u;
	struct numbered **head, *at;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ ((const unsigned char *)key)[i]) * 1099511628211u;
	head = &numbers->heads[hash % HEADS];
	for (at = *head; at; at = at->next)
		if (at->size == size && !memcmp(at->key, key, size))
			break;
	*is_new = !at;
	if (at)
		return at->number;
	at = arena_new_one(pprof->arena, struct numbered);
	*at = (struct numbered){*head, arena_memdup(pprof->arena, key, size ? size : 1), size, numbers->len++};
	*head = at;
	return at->number;
}

/* The first string is the empty one, as the format wants it. */
static uint64_t string_of(struct pprof *pprof, const char *text)
{
	bool is_new;
	uint64_t number = number_of(pprof, &pprof->strings, text, strlen(text), &is_new);
	struct buf shown = {0};

	if (is_new) {
		shown_add(&shown, SHOWN_NAME, text, strlen(text));
		protobuf_bytes(&pprof->body, PROFILE_STRING, shown.data, shown.size);
	}
	buf_free(&shown);
	return number;
}

static void end_message(struct pprof *pprof, unsigned field)
{
	protobuf_bytes(&pprof->body, field, pprof->message.data, pprof->message.size);
	buf_clear(&pprof->message);
}

/* Numbers of things begin at 1; 0 is none. */
static uint64_t mapping_of(struct pprof *pprof, const struct stack_frame *frame)
{
	const char *file = frame->path ? frame->path : frame->module;
	uint64_t key[2], number;
	struct mapping *mapping;
	bool is_new;

	if (!file)
		return 0;
	key[0] = string_of(pprof, file);
	key[1] = string_of(pprof, frame->build_id ? frame->build_id : "");
	number = number_of(pprof, &pprof->mappings, key, sizeof(key), &is_new);
	if (is_new)
		*arena_push(pprof->arena, pprof->mapping_list, pprof->mapping_len) =
			(struct mapping){key[0], key[1], frame->address, 0};
	mapping = &pprof->mapping_list[number];
	if (frame->address < mapping->start)
		mapping->start = frame->address;
	if (frame->address >= mapping->limit)
		mapping->limit = frame->address + 1;
	return number + 1;
}

static uint64_t function_of(struct pprof *pprof, const struct stack_frame *frame)
{
	uint64_t key[2], number;
	bool is_new;

	if (!frame->function)
		return 0;
	key[0] = string_of(pprof, frame->function);
	key[1] = string_of(pprof, frame->module ? frame->module : "");
	number = number_of(pprof, &pprof->functions, key, sizeof(key), &is_new) + 1;
	if (!is_new)
		return number;
	protobuf_number(&pprof->message, FUNCTION_ID, number);
	protobuf_number(&pprof->message, FUNCTION_NAME, key[0]);
	protobuf_number(&pprof->message, FUNCTION_SYSTEM_NAME, key[0]);
	end_message(pprof, PROFILE_FUNCTION);
	return number;
}

static uint64_t location_of(struct pprof *pprof, const struct stack_frame *frame)
{
	uint64_t key[3] = {mapping_of(pprof, frame), frame->address, function_of(pprof, frame)}, number;
	bool is_new;

	number = number_of(pprof, &pprof->locations, key, sizeof(key), &is_new) + 1;
	if (!is_new)
		return number;
	protobuf_number(&pprof->message, LOCATION_ID, number);
	protobuf_number(&pprof->message, LOCATION_MAPPING, key[0]);
	protobuf_number(&pprof->message, LOCATION_ADDRESS, key[1]);
	if (key[2]) {
		buf_clear(&pprof->inner);
		protobuf_number(&pprof->inner, LINE_FUNCTION, key[2]);
		protobuf_bytes(&pprof->message, LOCATION_LINE, pprof->inner.data, pprof->inner.size);
	}
	end_message(pprof, PROFILE_LOCATION);
	return number;
}

static void add_label(struct pprof *pprof, const char *key, const char *text)
{
	buf_clear(&pprof->inner);
	protobuf_number(&pprof->inner, LABEL_KEY, string_of(pprof, key));
	protobuf_number(&pprof->inner, LABEL_TEXT, string_of(pprof, text));
	protobuf_bytes(&pprof->message, SAMPLE_LABEL, pprof->inner.data, pprof->inner.size);
}

/* The innermost first, as a stack has them. */
static void take_locations(struct pprof *pprof, const struct stack *stack)
{
	for (unsigned i = 0; stack && i < stack->len; i++)
		protobuf_varint(&pprof->ids, location_of(pprof, &stack->frames[i]));
}

void pprof_add(struct pprof *pprof, const struct pprof_sample *sample)
{
	buf_clear(&pprof->ids);
	take_locations(pprof, sample->kernel);
	take_locations(pprof, sample->user);
	protobuf_bytes(&pprof->message, SAMPLE_LOCATIONS, pprof->ids.data, pprof->ids.size);
	buf_clear(&pprof->ids);
	protobuf_varint(&pprof->ids, sample->count);
	protobuf_varint(&pprof->ids, sample->count * pprof->period_ns);
	protobuf_bytes(&pprof->message, SAMPLE_VALUES, pprof->ids.data, pprof->ids.size);
	add_label(pprof, "process", sample->process);
	add_label(pprof, "thread", sample->thread);
	if (sample->stage)
		add_label(pprof, "stage", sample->stage);
	end_message(pprof, PROFILE_SAMPLE);
}

static void put_type(struct pprof *pprof, unsigned field, const char *name, const char *unit)
{
	protobuf_number(&pprof->message, TYPE_NAME, string_of(pprof, name));
	protobuf_number(&pprof->message, TYPE_UNIT, string_of(pprof, unit));
	end_message(pprof, field);
}

struct pprof *pprof_new(uint64_t period_ns)
{
	struct arena *arena = arena_new();
	struct pprof *pprof = arena_new_one(arena, struct pprof);

	pprof->arena = arena;
	pprof->period_ns = period_ns;
	string_of(pprof, "");
	put_type(pprof, PROFILE_SAMPLE_TYPE, "samples", "count");
	put_type(pprof, PROFILE_SAMPLE_TYPE, "cpu", "nanoseconds");
	put_type(pprof, PROFILE_PERIOD_TYPE, "cpu", "nanoseconds");
	protobuf_number(&pprof->body, PROFILE_PERIOD, period_ns);
	return pprof;
}

static void put_mappings(struct pprof *pprof)
{
	for (unsigned i = 0; i < pprof->mapping_len; i++) {
		const struct mapping *mapping = &pprof->mapping_list[i];

		protobuf_number(&pprof->message, MAPPING_ID, i + 1);
		protobuf_number(&pprof->message, MAPPING_START, mapping->start);
		protobuf_number(&pprof->message, MAPPING_LIMIT, mapping->limit);
		protobuf_number(&pprof->message, MAPPING_FILE, mapping->file);
		protobuf_number(&pprof->message, MAPPING_BUILD_ID, mapping->build_id);
		protobuf_number(&pprof->message, MAPPING_HAS_FUNCTIONS, 1);
		end_message(pprof, PROFILE_MAPPING);
	}
}

static int gzip(const struct buf *in, struct buf *out)
{
	enum { GZIP = 16 /* zlib: with gzip's head and end */ };
	unsigned char part[16384];
	z_stream stream = {.next_in = (unsigned char *)in->data, .avail_in = (unsigned)in->size};
	int result;

	if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + GZIP, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	do {
		stream.next_out = part;
		stream.avail_out = sizeof(part);
		result = deflate(&stream, Z_FINISH);
		buf_add(out, part, sizeof(part) - stream.avail_out);
	} while (result == Z_OK);
	deflateEnd(&stream);
	return result == Z_STREAM_END ? 0 : -EIO;
}

int pprof_end(struct pprof *pprof, int64_t begin_wall_ns, uint64_t duration_ns, struct buf *out)
{
	int error;

	put_mappings(pprof);
	protobuf_number(&pprof->body, PROFILE_TIME_NS, (uint64_t)begin_wall_ns);
	protobuf_number(&pprof->body, PROFILE_DURATION_NS, duration_ns);
	error = pprof->body.size > UINT32_MAX ? -EFBIG : gzip(&pprof->body, out);
	buf_free(&pprof->body);
	buf_free(&pprof->message);
	buf_free(&pprof->inner);
	buf_free(&pprof->ids);
	arena_free(pprof->arena);
	return error;
}
