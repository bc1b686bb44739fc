/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "recording/replay.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/memory.h"
#include "recording/events.h"
#include "recording/store.h"
#include "recording/tokens.h"

struct replay_file {
	struct events events;
	unsigned clauses_first, probes_first, locs_first; /* in the schema of all files */
};

struct replay {
	struct arena *arena;
	struct replay_file *files;
	unsigned files_len;
	struct schema schema;
	/* while it runs */
	const struct replay_config *config;
	struct tokens *tokens;
	struct store *store;
	struct reader *reader;
	struct report report;
	struct buf key;
	uint64_t foreign;
	bool has_started, has_printed_last;
	struct buf *said;
};

enum { NOBODY = 0xfffffff0u /* a clause or probe that no schema has */ };

/* ---- one schema of all files: clauses and probes one after another, aggregations shared ---- */

static void append_clause(struct replay *replay, const struct replay_file *file, const struct record_layout *from)
{
	struct record_layout *to = &replay->schema.clauses[replay->schema.clauses_len++];

	*to = *from;
	to->probes = arena_new_array(replay->arena, uint32_t, from->probes_len + 1);
	for (unsigned i = 0; i < from->probes_len; i++)
		to->probes[i] = from->probes[i] + file->probes_first;
}

static void append_file(struct replay *replay, struct replay_file *file)
{
	const struct schema *from = &file->events.schema;
	struct schema *to = &replay->schema;

	file->clauses_first = to->clauses_len;
	file->probes_first = to->probes_len;
	file->locs_first = to->error_locs_len;
	for (unsigned i = 0; i < from->clauses_len; i++)
		append_clause(replay, file, &from->clauses[i]);
	memcpy(&to->probes[to->probes_len], from->probes, from->probes_len * sizeof(*to->probes));
	memcpy(&to->error_locs[to->error_locs_len], from->error_locs, from->error_locs_len * sizeof(*to->error_locs));
	to->probes_len += from->probes_len;
	to->error_locs_len += from->error_locs_len;
}

static void join_schemas(struct replay *replay)
{
	size_t clauses = 1, probes = 1, locs = 1;

	for (unsigned i = 0; i < replay->files_len; i++) {
		const struct schema *schema = &replay->files[i].events.schema;

		clauses += schema->clauses_len;
		probes += schema->probes_len;
		locs += schema->error_locs_len;
	}
	replay->schema = replay->files[0].events.schema;
	replay->schema.clauses = arena_new_array(replay->arena, struct record_layout, clauses);
	replay->schema.probes = arena_new_array(replay->arena, struct schema_probe, probes);
	replay->schema.error_locs = arena_new_array(replay->arena, struct loc, locs);
	replay->schema.clauses_len = replay->schema.probes_len = replay->schema.error_locs_len = 0;
	for (unsigned i = 0; i < replay->files_len; i++)
		append_file(replay, &replay->files[i]);
}

static bool fits(const struct replay *replay, unsigned i, struct buf *why)
{
	const struct events *first = &replay->files[0].events, *events = &replay->files[i].events;
	const char *reason = schema_why_not_merge(&first->schema, &events->schema);

	if (!reason && strcmp(first->host.report, events->host.report))
		reason = "is a recording of another report";
	if (reason)
		buf_printf(why, "%s and %s cannot be one report: the second %s", first->name, events->name, reason);
	return !reason;
}

struct replay *replay_open(const struct replay_input *inputs, unsigned inputs_len, struct buf *why)
{
	struct replay *replay = calloc(1, sizeof(*replay));

	if (!replay)
		memory_end();
	replay->arena = arena_new();
	replay->files = arena_new_array(replay->arena, struct replay_file, inputs_len);
	for (unsigned i = 0; i < inputs_len; i++) {
		replay->files_len++;
		if (!events_open(&replay->files[i].events, replay->arena, inputs[i].name, inputs[i].file, why) ||
		    !fits(replay, i, why)) {
			replay_free(replay);
			return NULL;
		}
	}
	join_schemas(replay);
	return replay;
}

void replay_free(struct replay *replay)
{
	if (!replay)
		return;
	for (unsigned i = 0; i < replay->files_len; i++)
		events_free(&replay->files[i].events);
	buf_free(&replay->key);
	arena_free(replay->arena);
	free(replay);
}

const struct recorded_host *replay_host(const struct replay *replay, unsigned file)
{
	return &replay->files[file].events.host;
}

const struct schema *replay_schema(const struct replay *replay, unsigned file)
{
	return &replay->files[file].events.schema;
}

uint64_t replay_fact(const struct replay *replay, const char *name, uint64_t otherwise)
{
	return fact_number(&replay_host(replay, 0)->facts, name, otherwise);
}

uint64_t replay_fact_sum(const struct replay *replay, const char *name)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < replay->files_len; i++)
		sum += fact_number(&replay_host(replay, i)->facts, name, 0);
	return sum;
}

/* ---- events that only fill what others look at ---- */

static bool take_row(struct replay *replay, unsigned number, uint32_t agg, struct unpack *body)
{
	uint32_t key_size = store_key_size(&replay->schema, agg), first, len;
	const struct agg_layout *layout = &replay->schema.aggs[agg];
	uint8_t kind = unpack_u8(body);
	uint64_t count;
	const void *key = unpack_raw(body, key_size), *words;

	if (!key)
		return false;
	buf_clear(&replay->key);
	buf_add(&replay->key, key, key_size);
	tokens_renumber(replay->tokens, number, layout->keys, layout->keys_len, replay->key.data);
	if (kind == ROW_REMOVED) {
		store_remove(replay->store, number, agg, replay->key.data);
		return true;
	}
	count = unpack_u64(body);
	first = unpack_u32(body);
	len = unpack_u32(body);
	words = unpack_raw(body, (size_t)len * sizeof(uint64_t));
	return kind == ROW_VALUE && words &&
	       store_set(replay->store, number, agg, replay->key.data, count, first, len, words);
}

static void take_rows(struct replay *replay, unsigned number)
{
	struct events *events = &replay->files[number].events;
	struct event event = events->event;

	for (uint32_t i = 0; i < event.rows.rows_len; i++)
		if (!take_row(replay, number, event.rows.agg, event.body)) {
			events_refuse(events);
			return;
		}
	if (event.rows.is_snapshot)
		store_mark_due(replay->store, event.rows.agg);
}

/* ---- records, with the numbers of the schema of all files ---- */

static uint32_t renumber(uint32_t number, unsigned len, unsigned first)
{
	return number < len ? number + first : NOBODY;
}

static void aim_error(const struct replay_file *file, struct record_error *error)
{
	const struct schema *schema = &file->events.schema;

	error->clause = renumber(error->clause, schema->clauses_len, file->clauses_first);
	error->line = renumber(error->line, schema->error_locs_len, file->locs_first);
}

static void aim_record(struct replay *replay, unsigned number, struct record_head *head, size_t size)
{
	const struct replay_file *file = &replay->files[number];
	const struct schema *schema = &file->events.schema;
	const struct record_layout *layout;

	head->probe = renumber(head->probe, schema->probes_len, file->probes_first);
	if (head->clause == RECORD_ERROR && size >= sizeof(struct record_error))
		aim_error(file, (struct record_error *)head);
	if (head->clause == RECORD_ERROR || head->clause == RECORD_WAKE)
		return;
	head->clause = renumber(head->clause, schema->clauses_len, file->clauses_first);
	if (head->clause == NOBODY)
		return;
	layout = &replay->schema.clauses[head->clause];
	for (unsigned i = 0; size >= layout->size && i < layout->actions_len; i++)
		tokens_renumber(replay->tokens, number, layout->actions[i].fields, layout->actions[i].fields_len, head);
}

static int run_record(struct replay *replay, const struct event *event)
{
	int error = reader_record(replay->reader, event->record, event->record_size);

	if (error != -EBADMSG)
		return error;
	replay->foreign++;
	return 0;
}

static bool is_over(const struct replay *replay)
{
	for (unsigned i = 0; i < replay->files_len; i++)
		if (replay->files[i].events.event.kind != EVENT_NONE)
			return false;
	return true;
}

/* ---- whose turn it is ---- */

/* How long an event waits for the same one of the other files. */
enum patience { WAITS_NOT, WAITS, WAITS_FOR_END };

static enum patience patience_of_record(const struct replay *replay, const struct record_head *head)
{
	const struct record_layout *layout;
	enum probe_moment moment;
	bool has_aggs = false;

	if (head->clause >= replay->schema.clauses_len || head->probe >= replay->schema.probes_len)
		return WAITS_NOT;
	layout = &replay->schema.clauses[head->clause];
	moment = replay->schema.probes[head->probe].moment;
	for (unsigned i = 0; i < layout->actions_len; i++)
		has_aggs |= layout->actions[i].aggs_len > 0;
	if (!has_aggs || moment == MOMENT_EVENT)
		return WAITS_NOT;
	return moment == MOMENT_END ? WAITS_FOR_END : WAITS;
}

static enum patience patience_of(const struct replay *replay, const struct event *event)
{
	if (replay->files_len == 1)
		return WAITS_NOT;
	if (event->kind == EVENT_INTERVAL)
		return event->interval.is_last ? WAITS_FOR_END : WAITS;
	return event->kind == EVENT_RECORD ? patience_of_record(replay, event->record) : WAITS_NOT;
}

/* The earliest of the most impatient ones; files_len: all have ended. */
static unsigned pick(const struct replay *replay, enum patience *patience)
{
	unsigned best = replay->files_len;

	*patience = WAITS_FOR_END;
	for (unsigned i = 0; i < replay->files_len; i++) {
		const struct event *event = &replay->files[i].events.event;
		enum patience own = patience_of(replay, event);

		if (event->kind == EVENT_NONE)
			continue;
		if (best == replay->files_len || own < *patience ||
		    (own == *patience && event->now.wall_ns < replay->files[best].events.event.now.wall_ns)) {
			best = i;
			*patience = own;
		}
	}
	return best;
}

static void advance(struct replay *replay, unsigned number)
{
	struct events *events = &replay->files[number].events;

	events_next(events);
	if (events->event.kind == EVENT_RECORD)
		aim_record(replay, number, events->event.record, events->event.record_size);
}

/* Is it the same clause's record, or the same kind of interval, that the other file waits with? */
static bool is_same(const struct replay *replay, unsigned a, unsigned b)
{
	const struct replay_file *x = &replay->files[a], *y = &replay->files[b];
	const struct event *one = &x->events.event, *other = &y->events.event;

	if (one->kind != other->kind)
		return false;
	if (one->kind == EVENT_INTERVAL)
		return one->interval.is_last == other->interval.is_last;
	return one->record->clause - x->clauses_first == other->record->clause - y->clauses_first;
}

/* What several hosts observed is no fact of one. */
static void set_facts(struct replay *replay, const struct facts *facts)
{
	replay->report.facts = replay->files_len == 1 ? *facts : (struct facts){0};
}

/* The first that starts; the others are at work soon after. */
static void run_start(struct replay *replay, const struct facts *facts)
{
	if (replay->has_started)
		return;
	replay->has_started = true;
	set_facts(replay, facts);
	if (replay->config->on_start)
		replay->config->on_start(&replay->report, replay->config->data);
}

static int run_interval(struct replay *replay, bool is_last)
{
	const struct replay_config *config = replay->config;

	run_start(replay, &(struct facts){0}); /* of a file that is cut before it says so */
	replay->has_printed_last |= is_last;
	return config->interval ? config->interval(&replay->report, is_last, config->data) : 0;
}

static void note_said(const struct replay *replay, const char *name, const char *sentence)
{
	shown_add(replay->said, SHOWN_NAME, name, strlen(name));
	buf_puts(replay->said, ": ");
	shown_add(replay->said, SHOWN_SENTENCE, sentence, strlen(sentence));
	buf_putc(replay->said, '\n');
}

static int run_event(struct replay *replay, unsigned number)
{
	const struct events *events = &replay->files[number].events;
	const struct event *event = &events->event;

	replay->report.now = event->now;
	switch (event->kind) {
	case EVENT_START:
		run_start(replay, &event->start.facts);
		return 0;
	case EVENT_RECORD:
		run_start(replay, &(struct facts){0}); /* of a file that does not say so */
		return run_record(replay, event);
	case EVENT_ROWS:
		take_rows(replay, number);
		return 0;
	case EVENT_STACK:
		tokens_add_stack(replay->tokens, number, &event->stack);
		return 0;
	case EVENT_SYMBOL:
		tokens_add_symbol(replay->tokens, number, &event->symbol);
		return 0;
	case EVENT_DROPS:
		run_start(replay, &(struct facts){0});
		return replay->config->ops->drop(&replay->report, event->drops.cause, event->drops.count);
	case EVENT_SAID:
		note_said(replay, events->name, event->said.text);
		return 0;
	case EVENT_INTERVAL:
		set_facts(replay, &event->interval.facts);
		return run_interval(replay, event->interval.is_last);
	case EVENT_NONE:
		break;
	}
	return 0;
}

static int run_all(struct replay *replay)
{
	enum patience patience;
	int error = 0;

	for (unsigned i = 0; i < replay->files_len; i++)
		advance(replay, i);
	while (!error && !is_over(replay)) {
		unsigned number = pick(replay, &patience);

		error = run_event(replay, number);
		for (unsigned i = 0; patience != WAITS_NOT && i < replay->files_len; i++)
			if (i != number && patience_of(replay, &replay->files[i].events.event) == patience &&
			    is_same(replay, number, i))
				advance(replay, i);
		advance(replay, number);
	}
	return error;
}

/* ---- all of it ---- */

static struct moment last_seen(const struct replay *replay)
{
	struct moment last = replay->files[0].events.seen;

	for (unsigned i = 1; i < replay->files_len; i++)
		if (replay->files[i].events.seen.wall_ns > last.wall_ns)
			last = replay->files[i].events.seen;
	return last;
}

static int finish(struct replay *replay)
{
	int error = 0;

	replay->report.now = last_seen(replay);
	if (!replay->has_printed_last)
		error = run_interval(replay, true);
	return error ? error : reader_finish(replay->reader);
}

static void say_left_out(const struct replay *replay, struct buf *said)
{
	for (unsigned i = 0; i < replay->files_len; i++)
		if (replay->files[i].events.complaint.size) {
			shown_add(said, SHOWN_SENTENCE, replay->files[i].events.complaint.data,
				  replay->files[i].events.complaint.size);
			buf_putc(said, '\n');
		}
	if (replay->foreign)
		buf_printf(said, "%" PRIu64 " record%s could not be read and %s left out\n", replay->foreign,
			   replay->foreign == 1 ? "" : "s", replay->foreign == 1 ? "is" : "are");
}

int replay_run(struct replay *replay, const struct replay_config *config, struct buf *said)
{
	struct stack_source stacks;
	struct symbol_source symbols;
	int error, end_error;

	replay->config = config;
	replay->said = said;
	replay->tokens = tokens_new(replay->arena, replay->files_len);
	replay->store = store_new(&replay->schema, replay->files_len);
	stacks = tokens_stacks(replay->tokens);
	symbols = tokens_symbols(replay->tokens);
	replay->report = (struct report){
		.ops = config->ops,
		.schema = &replay->schema,
		.options = &replay->schema.options,
		.out = config->out,
		.err = config->err,
		.out_name = config->out_name,
		.path = config->path,
		.data = config->report_data,
		.ctf = config->ctf,
		.now = replay->files[0].events.host.now,
		.zone = &replay->files[0].events.host.zone,
		.is_seen = say_is_seen(config->out),
		.has_rows = config->has_rows,
		.is_foreign = true,
		.stacks = &stacks,
		.symbols = &symbols,
	};
	replay->reader = reader_new(&replay->schema, store_source(replay->store), &replay->report);
	error = config->ops->begin(&replay->report);
	if (!error)
		error = run_all(replay);
	if (!error)
		error = finish(replay);
	run_start(replay, &(struct facts){0});
	end_error = config->ops->end(&replay->report);
	say_left_out(replay, said);
	reader_free(replay->reader);
	report_free(&replay->report);
	store_free(replay->store);
	tokens_free(replay->tokens);
	return error ? error : end_error;
}

bool replay_has_failed(const struct replay *replay)
{
	return replay->report.has_failed;
}
