/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "recording/recorder.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define uthash_fatal(message) memory_end()
#include <uthash.h>

#include "agg/agg.h"
#include "lib/clock.h"
#include "lib/memory.h"
#include "recording/chunk.h"
#include "recording/parts.h"
#include "recording/store.h"
#include "recording/watch.h"
#include "report/symbol.h"

enum {
	BATCH_SIZE = 256 * 1024, /* of one chunk, about */
	PENDING_SIZE = 1 << 20,	 /* goes to the file without waiting */
	CHECKPOINT_SHARE = 20,	 /* looking at aggregations takes at most one part in so many of the time */
};
static const uint64_t WRITE_NS = 500000000, CHECKPOINT_NS = 1000000000;

/* What the file says of a key. */
struct shadow {
	UT_hash_handle hh;
	uint64_t *words;
	unsigned char *key;
};

struct recorder {
	struct chunk_out out;
	struct members_out names; /* those that stacks and symbols have in common */
	const struct report *report;
	const struct schema *schema;
	struct agg_source inner;
	struct watch *watch;
	struct shadow **shadows; /* one hash for each aggregation */
	uint64_t *merged;	 /* room for one value */
	struct buf rows, body;
	struct moment records_now; /* of the chunk of records that grows */
	uint32_t rows_len;
	uint64_t next_write_ns, next_checkpoint_ns, records_len;
	/* The snapshot that is being taken. */
	unsigned agg;
	int (*row)(void *data, const void *key, const void *values,
		   unsigned values_len); /* NULL: only the recorder looks */
	void *row_data;
};

static void *must(void *memory)
{
	if (!memory)
		memory_end();
	return memory;
}

static void put_chunk(struct recorder *recorder, enum chunk_type type, const struct members *members, const void *part)
{
	buf_clear(&recorder->body);
	members_pack(&recorder->names, members, part);
	chunk_put(&recorder->out, type, &recorder->body);
}

/* ---- what only this host can tell: with names while the process is there to tell them, before what refers to them
 * ---- */

static void put_stack(struct recorder *recorder, uint64_t number)
{
	const struct stack *stack = report_stack_of(recorder->report, number);

	if (stack)
		put_chunk(recorder, CHUNK_STACK, &recorded_stack_members, &(struct recorded_stack){number, *stack});
}

static void put_symbol(struct recorder *recorder, uint64_t number, enum symbol_form form)
{
	const struct symbol_text *symbol = report_symbol_of(recorder->report, number, form);

	if (!symbol)
		return;
	put_chunk(recorder, CHUNK_SYMBOL, &recorded_symbol_members,
		  &(struct recorded_symbol){number, form, symbol->first, symbol->text});
	watch_number(recorder->watch, symbol->first, form);
}

static void on_token(void *data, uint64_t number, unsigned what)
{
	if (what == WATCH_STACK)
		put_stack(data, number);
	else
		put_symbol(data, number, (enum symbol_form)what);
}

/* ---- the host ---- */

static void put_host(struct recorder *recorder, const struct recorder_config *config)
{
	struct arena *arena = arena_new();
	char name[256] = "";

	gethostname(name, sizeof(name) - 1);
	put_chunk(
		recorder, CHUNK_HOST, &recorded_host_members,
		&(struct recorded_host){.version = CEPHTAP_VERSION,
					.host = name,
					.now = recorder->report->now,
					.zone = recorder->report->zone ? *recorder->report->zone : zone_of_host(arena),
					.report = config->report,
					.facts = config->facts});
	arena_free(arena);
}

struct recorder *recorder_new(const struct recorder_config *config, const struct report *report)
{
	struct recorder *recorder = must(calloc(1, sizeof(*recorder)));
	const struct schema *schema = report->schema;
	unsigned words = 1;

	recorder->report = report;
	recorder->schema = schema;
	recorder->names.buf = &recorder->body;
	recorder->shadows = must(calloc(schema->aggs_len + 1, sizeof(*recorder->shadows)));
	for (unsigned i = 0; i < schema->aggs_len; i++) {
		unsigned n = schema->aggs[i].shape.agg->words(&schema->aggs[i].shape);

		words = n > words ? n : words;
	}
	recorder->merged = must(calloc(words, sizeof(*recorder->merged)));
	recorder->watch = watch_new(&(struct watch_config){schema, on_token, recorder});
	chunk_out_open(&recorder->out, config->fd);
	put_host(recorder, config);
	put_chunk(recorder, CHUNK_SCHEMA, &schema_members, schema);
	return recorder;
}

static void shadow_free(struct recorder *recorder, unsigned agg, struct shadow *shadow)
{
	HASH_DELETE(hh, recorder->shadows[agg], shadow);
	free(shadow);
}

void recorder_free(struct recorder *recorder)
{
	struct shadow *shadow, *next;

	if (!recorder)
		return;
	for (unsigned i = 0; i < recorder->schema->aggs_len; i++) {
		HASH_ITER(hh, recorder->shadows[i], shadow, next)
		shadow_free(recorder, i, shadow);
	}
	free(recorder->shadows);
	free(recorder->merged);
	buf_free(&recorder->rows);
	buf_free(&recorder->body);
	members_out_free(&recorder->names);
	chunk_out_free(&recorder->out);
	watch_free(recorder->watch);
	free(recorder);
}

/* ---- records ---- */

static int write_if_much(struct recorder *recorder)
{
	return recorder->out.pending.size >= PENDING_SIZE ? chunk_flush(&recorder->out) : recorder->out.error;
}

static void begin_records(struct recorder *recorder)
{
	struct members_out out = {.buf = &recorder->out.pending};

	recorder->records_now = recorder->report->now;
	chunk_begin(&recorder->out, CHUNK_RECORDS);
	members_pack(&out, &recorded_records_members, &(struct recorded_records){recorder->records_now});
}

/* One chunk has one time, and is no larger than need be. */
static bool has_room(const struct recorder *recorder)
{
	size_t size = chunk_size(&recorder->out);

	return size && size < BATCH_SIZE &&
	       !memcmp(&recorder->records_now, &recorder->report->now, sizeof(recorder->records_now));
}

int recorder_record(struct recorder *recorder, const void *record, size_t size)
{
	const struct record_head *head = record;

	if (recorder->out.error || size < sizeof(*head) || head->clause == RECORD_WAKE)
		return recorder->out.error;
	watch_record(recorder->watch, head, size);
	if (!has_room(recorder))
		begin_records(recorder);
	pack_bytes(&recorder->out.pending, record, size);
	recorder->records_len++;
	return write_if_much(recorder);
}

/* ---- aggregations: rows that changed ---- */

static void put_rows(struct recorder *recorder, bool is_snapshot)
{
	struct recorded_rows rows = {recorder->report->now, recorder->agg, is_snapshot, recorder->rows_len};

	if (!recorder->rows_len && !is_snapshot)
		return;
	buf_clear(&recorder->body);
	members_pack(&recorder->names, &recorded_rows_members, &rows);
	if (recorder->rows.size)
		buf_add(&recorder->body, recorder->rows.data, recorder->rows.size);
	chunk_put(&recorder->out, CHUNK_ROWS, &recorder->body);
	buf_clear(&recorder->rows);
	recorder->rows_len = 0;
}

/* Most of a histogram is zero at both ends, but for the first word, which counts updates. */
static void pack_words(struct buf *out, const uint64_t *words, unsigned len)
{
	unsigned first = 1;

	pack_u64(out, words[0]);

	while (len > first && !words[len - 1])
		len--;
	while (first < len && !words[first])
		first++;
	pack_u32(out, first);
	pack_u32(out, len - first);
	if (len > first)
		buf_add(out, words + first, (len - first) * sizeof(*words));
}

static struct shadow *shadow_find(struct recorder *recorder, unsigned agg, const void *key)
{
	uint32_t key_size = store_key_size(recorder->schema, agg);
	struct shadow *shadow = NULL;

	if (!key_size)
		return recorder->shadows[agg];
	HASH_FIND(hh, recorder->shadows[agg], key, key_size, shadow);
	return shadow;
}

static struct shadow *shadow_add(struct recorder *recorder, unsigned agg, const void *key, unsigned words)
{
	uint32_t key_size = store_key_size(recorder->schema, agg);
	struct shadow *shadow = must(calloc(1, sizeof(*shadow) + words * sizeof(uint64_t) + key_size + 1));

	shadow->words = (uint64_t *)(shadow + 1);
	shadow->key = (unsigned char *)(shadow->words + words);
	if (key_size)
		memcpy(shadow->key, key, key_size);
	HASH_ADD_KEYPTR(hh, recorder->shadows[agg], shadow->key, key_size ? key_size : 1, shadow);
	return shadow;
}

static void add_row(struct recorder *recorder, enum row_kind kind, const void *key)
{
	pack_u8(&recorder->rows, kind);
	buf_add(&recorder->rows, key, store_key_size(recorder->schema, recorder->agg));
	recorder->rows_len++;
}

static void look_at_row(struct recorder *recorder, const void *key, const void *values, unsigned values_len)
{
	const struct agg_layout *layout = &recorder->schema->aggs[recorder->agg];
	unsigned words = layout->shape.agg->words(&layout->shape);
	struct shadow *shadow = shadow_find(recorder, recorder->agg, key);
	const char *at = values;

	memset(recorder->merged, 0, words * sizeof(uint64_t));
	for (; values_len; values_len--, at += layout->value_size)
		layout->shape.agg->merge(&layout->shape, recorder->merged, (const uint64_t *)(const void *)at);
	if (!shadow && !layout->keys_len && !recorder->merged[0])
		return; /* an array that nothing was put into */
	if (shadow && !memcmp(shadow->words, recorder->merged, words * sizeof(uint64_t)))
		return;
	if (!shadow)
		shadow = shadow_add(recorder, recorder->agg, key, words);
	memcpy(shadow->words, recorder->merged, words * sizeof(uint64_t));
	watch_key(recorder->watch, recorder->agg, key);
	add_row(recorder, ROW_VALUE, key);
	pack_words(&recorder->rows, recorder->merged, words);
	if (recorder->rows.size >= BATCH_SIZE)
		put_rows(recorder, false);
}

static int on_row(void *data, const void *key, const void *values, unsigned values_len)
{
	struct recorder *recorder = data;

	look_at_row(recorder, key, values, values_len);
	return recorder->row ? recorder->row(recorder->row_data, key, values, values_len) : 0;
}

static int source_each(void *data, unsigned agg, int (*row)(void *, const void *, const void *, unsigned),
		       void *row_data)
{
	struct recorder *recorder = data;
	int error;

	recorder->agg = agg;
	recorder->row = row;
	recorder->row_data = row_data;
	error = recorder->inner.each(recorder->inner.data, agg, on_row, recorder);
	put_rows(recorder, row != NULL);
	return error;
}

/* Its next value counts from zero. */
static int source_remove(void *data, unsigned agg, const void *key)
{
	struct recorder *recorder = data;
	struct shadow *shadow = shadow_find(recorder, agg, key);
	int error = recorder->inner.remove(recorder->inner.data, agg, key);

	if (!shadow)
		return error;
	recorder->agg = agg;
	add_row(recorder, ROW_REMOVED, key);
	put_rows(recorder, false);
	shadow_free(recorder, agg, shadow);
	return error;
}

/* A replay does the same at the same moment. */
static int source_zero(void *data, unsigned agg, const void *key)
{
	struct recorder *recorder = data;
	const struct agg_shape *shape = &recorder->schema->aggs[agg].shape;
	struct shadow *shadow = shadow_find(recorder, agg, key);

	if (shadow)
		memset(shadow->words, 0, shape->agg->words(shape) * sizeof(uint64_t));
	return recorder->inner.zero(recorder->inner.data, agg, key);
}

struct agg_source recorder_source(struct recorder *recorder, struct agg_source inner)
{
	recorder->inner = inner;
	return (struct agg_source){recorder, source_each, source_remove, source_zero, NULL};
}

/* So that the file of a recorder that is killed has them too. */
static int checkpoint(struct recorder *recorder)
{
	uint64_t start = now_ns(), took;
	int error = 0;

	for (unsigned i = 0; i < recorder->schema->aggs_len && !error; i++)
		error = source_each(recorder, i, NULL, NULL);
	took = now_ns() - start;
	recorder->next_checkpoint_ns = start + CHECKPOINT_NS;
	if (took * CHECKPOINT_SHARE > CHECKPOINT_NS)
		recorder->next_checkpoint_ns = start + took * CHECKPOINT_SHARE;
	return error;
}

/* ---- moments ---- */

int recorder_start(struct recorder *recorder)
{
	const struct report *report = recorder->report;

	put_chunk(recorder, CHUNK_START, &recorded_start_members, &(struct recorded_start){report->now, report->facts});
	recorder->next_write_ns = now_ns() + WRITE_NS;
	recorder->next_checkpoint_ns = now_ns() + CHECKPOINT_NS;
	return chunk_flush(&recorder->out);
}

int recorder_drop(struct recorder *recorder, enum drop_cause cause, uint64_t count)
{
	put_chunk(recorder, CHUNK_DROPS, &recorded_drops_members,
		  &(struct recorded_drops){recorder->report->now, cause, count});
	return write_if_much(recorder);
}

int recorder_say(struct recorder *recorder, const char *text)
{
	put_chunk(recorder, CHUNK_SAID, &recorded_said_members, &(struct recorded_said){recorder->report->now, text});
	return write_if_much(recorder);
}

int recorder_interval(struct recorder *recorder, bool is_last)
{
	const struct report *report = recorder->report;

	put_chunk(recorder, CHUNK_INTERVAL, &recorded_interval_members,
		  &(struct recorded_interval){report->now, is_last, report->facts});
	return chunk_flush(&recorder->out);
}

int recorder_step(struct recorder *recorder)
{
	uint64_t now = now_ns();
	int error = 0;

	if (now >= recorder->next_checkpoint_ns)
		error = checkpoint(recorder);
	if (now >= recorder->next_write_ns && !error) {
		put_chunk(recorder, CHUNK_TIME, &recorded_time_members, &(struct recorded_time){recorder->report->now});
		recorder->next_write_ns = now + WRITE_NS;
		error = chunk_flush(&recorder->out);
	}
	return error ? error : write_if_much(recorder);
}

int recorder_end(struct recorder *recorder, int exit_status)
{
	put_chunk(recorder, CHUNK_END, &recorded_end_members,
		  &(struct recorded_end){recorder->report->now, exit_status});
	return chunk_flush(&recorder->out);
}

struct recorder_counts recorder_counts(const struct recorder *recorder)
{
	return (struct recorder_counts){recorder->records_len, recorder->out.written};
}
