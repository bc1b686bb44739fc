/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "recording/recorder.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define uthash_fatal(message) abort() /* out of memory, as everywhere */
#include <uthash.h>

#include "agg/agg.h"
#include "lib/clock.h"
#include "recording/chunk.h"
#include "recording/schema.h"
#include "recording/store.h"

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

struct seen_stack {
	UT_hash_handle hh;
	uint64_t number;
};

struct recorder {
	struct chunk_out out;
	const struct image *image;
	const struct stack_source *stacks; /* NULL: the script has none */
	struct agg_source inner;
	struct shadow **shadows; /* one hash for each aggregation */
	uint64_t *merged;	 /* room for one value */
	struct seen_stack *seen;
	struct buf records, rows, body;
	uint32_t rows_len;
	uint64_t next_write_ns, next_checkpoint_ns, records_len;
	/* The snapshot that is being taken. */
	unsigned agg;
	int (*row)(void *data, const void *key, const void *values, unsigned values_len); /* NULL: nobody else wants it */
	void *row_data;
};

static void *must(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

/* ---- who, where, when ---- */

static void put_times(struct buf *out)
{
	pack_u64(out, now_ns());
	pack_u64(out, clock_ns(CLOCK_REALTIME));
}

static void put_host(struct recorder *recorder, const struct recorder_config *config)
{
	char name[256] = "";

	gethostname(name, sizeof(name) - 1);
	buf_clear(&recorder->body);
	pack_text(&recorder->body, CEPHTAP_VERSION);
	pack_text(&recorder->body, name);
	put_times(&recorder->body);
	pack_text(&recorder->body, config->report);
	pack_u32(&recorder->body, config->notes_len);
	for (unsigned i = 0; i < config->notes_len; i++) {
		pack_text(&recorder->body, config->notes[i].name);
		pack_u64(&recorder->body, config->notes[i].value);
	}
	chunk_put(&recorder->out, CHUNK_HOST, &recorder->body);
}

struct recorder *recorder_new(const struct recorder_config *config, const struct image *image, const struct stack_source *stacks)
{
	struct recorder *recorder = must(calloc(1, sizeof(*recorder)));
	unsigned words = 1;

	recorder->image = image;
	recorder->stacks = stacks;
	recorder->shadows = must(calloc(image->checked->aggs_len + 1, sizeof(*recorder->shadows)));
	for (unsigned i = 0; i < image->checked->aggs_len; i++) {
		unsigned n = image->aggs[i].var->agg->words(image->aggs[i].var);

		words = n > words ? n : words;
	}
	recorder->merged = must(calloc(words, sizeof(*recorder->merged)));
	chunk_out_open(&recorder->out, config->fd);
	put_host(recorder, config);
	buf_clear(&recorder->body);
	schema_pack(image, config->sources, config->sources_len, config->args, config->args_len, &recorder->body);
	chunk_put(&recorder->out, CHUNK_SCRIPT, &recorder->body);
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
	struct seen_stack *seen, *next_seen;

	if (!recorder)
		return;
	for (unsigned i = 0; i < recorder->image->checked->aggs_len; i++) {
		HASH_ITER(hh, recorder->shadows[i], shadow, next)
		shadow_free(recorder, i, shadow);
	}
	HASH_ITER(hh, recorder->seen, seen, next_seen)
	{
		HASH_DELETE(hh, recorder->seen, seen);
		free(seen);
	}
	free(recorder->shadows);
	free(recorder->merged);
	buf_free(&recorder->records);
	buf_free(&recorder->rows);
	buf_free(&recorder->body);
	chunk_out_free(&recorder->out);
	free(recorder);
}

/* ---- stacks: with names while the process is there to tell them, before what refers to them ---- */

static void put_stack(struct recorder *recorder, uint64_t number, const struct stack *stack)
{
	struct buf *body = &recorder->body;

	buf_clear(body);
	pack_u64(body, number);
	pack_u32(body, stack->pid);
	pack_text(body, stack->note);
	pack_u32(body, stack->len);
	for (unsigned i = 0; i < stack->len; i++) {
		pack_u64(body, stack->frames[i].pc);
		pack_u64(body, stack->frames[i].offset);
		pack_text(body, stack->frames[i].module);
		pack_text(body, stack->frames[i].function);
	}
	chunk_put(&recorder->out, CHUNK_STACK, body);
}

static void see_stack(struct recorder *recorder, uint64_t number)
{
	struct seen_stack *seen;
	const struct stack *stack;

	if (!number || !recorder->stacks)
		return;
	HASH_FIND(hh, recorder->seen, &number, sizeof(number), seen);
	if (seen)
		return;
	seen = must(calloc(1, sizeof(*seen)));
	seen->number = number;
	HASH_ADD(hh, recorder->seen, number, sizeof(seen->number), seen);
	stack = recorder->stacks->find(recorder->stacks->data, number);
	if (stack)
		put_stack(recorder, number, stack);
}

static void see_fields(struct recorder *recorder, const struct field *fields, unsigned len, const void *data)
{
	for (unsigned i = 0; i < len; i++)
		if (fields[i].kind == FIELD_STACK)
			see_stack(recorder, field_int(&fields[i], (const char *)data + fields[i].offset));
}

static void see_record(struct recorder *recorder, const struct record_head *head, size_t size)
{
	const struct record_layout *layout;

	if (!recorder->stacks || head->clause >= recorder->image->checked->clauses_len)
		return;
	layout = &recorder->image->clauses[head->clause];
	for (unsigned i = 0; size >= layout->size && i < layout->actions_len; i++)
		if (((const unsigned char *)head)[layout->actions[i].present] == 1)
			see_fields(recorder, layout->actions[i].fields, layout->actions[i].fields_len, head);
}

/* ---- records ---- */

static void put_records(struct recorder *recorder)
{
	if (!recorder->records.size)
		return;
	chunk_put(&recorder->out, CHUNK_RECORDS, &recorder->records);
	buf_clear(&recorder->records);
}

static int write_if_much(struct recorder *recorder)
{
	return recorder->out.pending.size >= PENDING_SIZE ? chunk_flush(&recorder->out) : recorder->out.error;
}

int recorder_record(struct recorder *recorder, const void *record, size_t size)
{
	const struct record_head *head = record;

	if (size < sizeof(*head) || head->clause == RECORD_WAKE)
		return 0;
	see_record(recorder, head, size);
	if (!recorder->records.size)
		pack_u64(&recorder->records, now_ns());
	pack_bytes(&recorder->records, record, size);
	recorder->records_len++;
	if (recorder->records.size >= BATCH_SIZE)
		put_records(recorder);
	return write_if_much(recorder);
}

/* ---- aggregations: rows that changed ---- */

static void put_rows(struct recorder *recorder, bool is_snapshot)
{
	struct buf *body = &recorder->body;

	if (!recorder->rows_len && !is_snapshot)
		return;
	put_records(recorder); /* which the reader had before */
	buf_clear(body);
	pack_u64(body, now_ns());
	pack_u32(body, recorder->agg);
	pack_u8(body, is_snapshot);
	pack_u32(body, recorder->rows_len);
	if (recorder->rows.size)
		buf_add(body, recorder->rows.data, recorder->rows.size);
	chunk_put(&recorder->out, CHUNK_ROWS, body);
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
	uint32_t key_size = store_key_size(recorder->image, agg);
	struct shadow *shadow = NULL;

	if (!key_size)
		return recorder->shadows[agg];
	HASH_FIND(hh, recorder->shadows[agg], key, key_size, shadow);
	return shadow;
}

static struct shadow *shadow_add(struct recorder *recorder, unsigned agg, const void *key, unsigned words)
{
	uint32_t key_size = store_key_size(recorder->image, agg);
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
	buf_add(&recorder->rows, key, store_key_size(recorder->image, recorder->agg));
	recorder->rows_len++;
}

static void look_at_row(struct recorder *recorder, const void *key, const void *values, unsigned values_len)
{
	const struct agg_layout *layout = &recorder->image->aggs[recorder->agg];
	unsigned words = layout->var->agg->words(layout->var);
	struct shadow *shadow = shadow_find(recorder, recorder->agg, key);
	const char *at = values;

	memset(recorder->merged, 0, words * sizeof(uint64_t));
	for (; values_len; values_len--, at += layout->value_size)
		layout->var->agg->merge(layout->var, recorder->merged, (const uint64_t *)(const void *)at);
	if (!shadow && !layout->keys_len && !recorder->merged[0])
		return; /* an array that nothing was put into */
	if (shadow && !memcmp(shadow->words, recorder->merged, words * sizeof(uint64_t)))
		return;
	if (!shadow)
		shadow = shadow_add(recorder, recorder->agg, key, words);
	memcpy(shadow->words, recorder->merged, words * sizeof(uint64_t));
	see_fields(recorder, layout->keys, layout->keys_len, key);
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

static int source_each(void *data, unsigned agg, int (*row)(void *, const void *, const void *, unsigned), void *row_data)
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

/* Who replays does the same at the same moment. */
static int source_zero(void *data, unsigned agg, const void *key)
{
	struct recorder *recorder = data;
	const struct aggvar *var = recorder->image->aggs[agg].var;
	struct shadow *shadow = shadow_find(recorder, agg, key);

	if (shadow)
		memset(shadow->words, 0, var->agg->words(var) * sizeof(uint64_t));
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

	for (unsigned i = 0; i < recorder->image->checked->aggs_len && !error; i++)
		error = source_each(recorder, i, NULL, NULL);
	took = now_ns() - start;
	recorder->next_checkpoint_ns = start + CHECKPOINT_NS;
	if (took * CHECKPOINT_SHARE > CHECKPOINT_NS)
		recorder->next_checkpoint_ns = start + took * CHECKPOINT_SHARE;
	return error;
}

/* ---- moments ---- */

static void put_moment(struct recorder *recorder, enum chunk_type type)
{
	put_records(recorder);
	chunk_put(&recorder->out, type, &recorder->body);
}

static void put_time(struct recorder *recorder)
{
	buf_clear(&recorder->body);
	put_times(&recorder->body);
	put_moment(recorder, CHUNK_TIME);
}

int recorder_start(struct recorder *recorder)
{
	put_time(recorder);
	recorder->next_write_ns = now_ns() + WRITE_NS;
	recorder->next_checkpoint_ns = now_ns() + CHECKPOINT_NS;
	return chunk_flush(&recorder->out);
}

int recorder_drop(struct recorder *recorder, enum drop_cause cause, uint64_t count)
{
	buf_clear(&recorder->body);
	pack_u64(&recorder->body, now_ns());
	pack_u32(&recorder->body, cause);
	pack_u64(&recorder->body, count);
	put_moment(recorder, CHUNK_DROPS);
	return write_if_much(recorder);
}

int recorder_interval(struct recorder *recorder, uint64_t wall_ns, bool is_last)
{
	buf_clear(&recorder->body);
	pack_u64(&recorder->body, now_ns());
	pack_u64(&recorder->body, wall_ns);
	pack_u8(&recorder->body, is_last);
	put_moment(recorder, CHUNK_INTERVAL);
	return chunk_flush(&recorder->out);
}

int recorder_step(struct recorder *recorder)
{
	uint64_t now = now_ns();
	int error = 0;

	put_records(recorder); /* one chunk for each round, since a chunk has one time */
	if (now >= recorder->next_checkpoint_ns)
		error = checkpoint(recorder);
	if (now >= recorder->next_write_ns && !error) {
		put_time(recorder);
		recorder->next_write_ns = now + WRITE_NS;
		error = chunk_flush(&recorder->out);
	}
	return error ? error : write_if_much(recorder);
}

int recorder_end(struct recorder *recorder, int exit_status)
{
	buf_clear(&recorder->body);
	put_times(&recorder->body);
	pack_u32(&recorder->body, (uint32_t)exit_status);
	put_moment(recorder, CHUNK_END);
	return chunk_flush(&recorder->out);
}

struct recorder_counts recorder_counts(const struct recorder *recorder)
{
	return (struct recorder_counts){recorder->records_len, recorder->out.written};
}
