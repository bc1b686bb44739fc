/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "recording/replay.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "recording/events.h"
#include "recording/stacks.h"
#include "recording/store.h"

struct replay_file {
	struct events events;
	unsigned clauses_first, probes_first, locs_first; /* in the image of all files */
};

struct replay {
	struct arena *arena;
	struct replay_file *files;
	unsigned files_len;
	struct image image;
	struct checked checked;
	/* while it runs */
	const struct replay_config *config;
	struct stacks *stacks;
	struct store *store;
	struct reader *reader;
	struct report report;
	struct buf key;
	uint64_t foreign;
	bool has_printed_last;
};

enum { NOBODY = 0xfffffff0u /* a clause or probe that no image has */ };

/* ---- one image of all files: clauses and probes one after another, aggregations shared ---- */

static void append_file(struct replay *replay, struct replay_file *file)
{
	const struct schema *schema = file->events.schema;
	const struct checked *from = &schema->checked;
	struct checked *to = &replay->checked;
	struct image *image = &replay->image;

	file->clauses_first = to->clauses_len;
	file->probes_first = to->probes_len;
	file->locs_first = image->error_locs_len;
	memcpy(&to->clauses[to->clauses_len], from->clauses, from->clauses_len * sizeof(*to->clauses));
	memcpy(&image->clauses[to->clauses_len], schema->image.clauses, from->clauses_len * sizeof(*image->clauses));
	memcpy(&to->probes[to->probes_len], from->probes, from->probes_len * sizeof(*to->probes));
	memcpy(&image->error_locs[image->error_locs_len], schema->image.error_locs,
	       schema->image.error_locs_len * sizeof(*image->error_locs));
	to->clauses_len += from->clauses_len;
	to->probes_len += from->probes_len;
	image->error_locs_len += schema->image.error_locs_len;
}

static void join_images(struct replay *replay)
{
	const struct schema *first = replay->files[0].events.schema;
	size_t clauses = 1, probes = 1, locs = 1;

	for (unsigned i = 0; i < replay->files_len; i++) {
		const struct schema *schema = replay->files[i].events.schema;

		clauses += schema->checked.clauses_len;
		probes += schema->checked.probes_len;
		locs += schema->image.error_locs_len;
	}
	replay->image = (struct image){.checked = &replay->checked, .options = &first->options, .aggs = first->image.aggs};
	replay->checked = (struct checked){.aggs = first->checked.aggs, .aggs_len = first->checked.aggs_len};
	replay->checked.clauses = arena_new_array(replay->arena, struct checked_clause, clauses);
	replay->checked.probes = arena_new_array(replay->arena, struct probe *, probes);
	replay->image.clauses = arena_new_array(replay->arena, struct record_layout, clauses);
	replay->image.error_locs = arena_new_array(replay->arena, struct loc, locs);
	for (unsigned i = 0; i < replay->files_len; i++)
		append_file(replay, &replay->files[i]);
}

static bool fits(const struct replay *replay, unsigned i, struct buf *why)
{
	const struct events *first = &replay->files[0].events, *events = &replay->files[i].events;
	const char *reason = schema_why_not_merge(first->schema, events->schema);

	if (!reason && strcmp(first->report, events->report))
		reason = "is a recording of another report";
	if (reason)
		buf_printf(why, "%s and %s cannot be one report: the second %s", first->name, events->name, reason);
	return !reason;
}

struct replay *replay_open(const struct replay_input *inputs, unsigned inputs_len, struct buf *why)
{
	struct replay *replay = calloc(1, sizeof(*replay));

	if (!replay)
		abort();
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
	join_images(replay);
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

struct replay_about replay_about(const struct replay *replay, unsigned file)
{
	const struct events *events = &replay->files[file].events;

	return (struct replay_about){events->name,	    events->version, events->host, events->report,
				     events->start_wall_ns, events->schema};
}

uint64_t replay_began(const struct replay *replay)
{
	uint64_t began = replay->files[0].events.began_ns;

	for (unsigned i = 1; i < replay->files_len; i++)
		if (replay->files[i].events.began_ns < began)
			began = replay->files[i].events.began_ns;
	return began;
}

uint64_t replay_note(const struct replay *replay, unsigned file, const char *name, uint64_t otherwise)
{
	const struct events *events = &replay->files[file].events;

	for (unsigned i = 0; i < events->notes_len; i++)
		if (!strcmp(events->notes[i].name, name))
			return events->notes[i].value;
	return otherwise;
}

/* ---- events that only fill what others look at ---- */

static bool take_row(struct replay *replay, unsigned number, uint32_t agg, struct unpack *body)
{
	uint32_t key_size = store_key_size(&replay->image, agg), first, len;
	const struct agg_layout *layout = &replay->image.aggs[agg];
	uint8_t kind = unpack_u8(body);
	uint64_t count;
	const void *key = unpack_raw(body, key_size), *words;

	if (!key)
		return false;
	buf_clear(&replay->key);
	buf_add(&replay->key, key, key_size);
	stacks_renumber(replay->stacks, number, layout->keys, layout->keys_len, replay->key.data);
	if (kind == ROW_REMOVED) {
		store_remove(replay->store, number, agg, replay->key.data);
		return true;
	}
	count = unpack_u64(body);
	first = unpack_u32(body);
	len = unpack_u32(body);
	words = unpack_raw(body, (size_t)len * sizeof(uint64_t));
	return kind == ROW_VALUE && words && store_set(replay->store, number, agg, replay->key.data, count, first, len, words);
}

static void take_rows(struct replay *replay, unsigned number)
{
	struct events *events = &replay->files[number].events;
	struct event event = events->event;

	for (uint32_t i = 0; i < event.rows_len; i++)
		if (!take_row(replay, number, event.agg, event.body)) {
			events_refuse(events);
			return;
		}
	if (event.is_snapshot)
		store_mark_due(replay->store, event.agg);
}

static void take_stack(struct replay *replay, unsigned number)
{
	struct events *events = &replay->files[number].events;

	if (!stacks_add(replay->stacks, number, events->event.body))
		events_refuse(events);
}

/* ---- records, with the numbers of the image of all files ---- */

static uint32_t renumber(uint32_t number, unsigned len, unsigned first)
{
	return number < len ? number + first : NOBODY;
}

static void aim_error(const struct replay_file *file, struct record_error *error)
{
	const struct schema *schema = file->events.schema;

	error->clause = renumber(error->clause, schema->checked.clauses_len, file->clauses_first);
	error->line = renumber(error->line, schema->image.error_locs_len, file->locs_first);
}

static void aim_record(struct replay *replay, unsigned number, struct record_head *head, size_t size)
{
	const struct replay_file *file = &replay->files[number];
	const struct checked *checked = &file->events.schema->checked;
	const struct record_layout *layout;

	head->probe = renumber(head->probe, checked->probes_len, file->probes_first);
	if (head->clause == RECORD_ERROR && size >= sizeof(struct record_error))
		aim_error(file, (struct record_error *)head);
	if (head->clause == RECORD_ERROR || head->clause == RECORD_WAKE)
		return;
	head->clause = renumber(head->clause, checked->clauses_len, file->clauses_first);
	if (head->clause == NOBODY)
		return;
	layout = &replay->image.clauses[head->clause];
	for (unsigned i = 0; size >= layout->size && i < layout->actions_len; i++)
		stacks_renumber(replay->stacks, number, layout->actions[i].fields, layout->actions[i].fields_len, head);
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

static int run_interval(struct replay *replay, bool is_last)
{
	const struct replay_config *config = replay->config;

	replay->has_printed_last |= is_last;
	return config->interval ? config->interval(&replay->report, is_last, config->data) : 0;
}

/* ---- whose turn it is ---- */

/* How long an event waits for the same one of the other files. */
enum patience { WAITS_NOT, WAITS, WAITS_FOR_END };

static enum patience patience_of_record(const struct replay *replay, const struct record_head *head)
{
	const struct record_layout *layout;
	enum probe_kind kind;
	bool has_aggs = false;

	if (head->clause >= replay->checked.clauses_len || head->probe >= replay->checked.probes_len)
		return WAITS_NOT;
	layout = &replay->image.clauses[head->clause];
	kind = replay->checked.probes[head->probe]->kind;
	for (unsigned i = 0; i < layout->actions_len; i++)
		has_aggs |= layout->actions[i].action->aggs_len > 0;
	if (!has_aggs || kind == PROBE_UPROBE || kind == PROBE_TRACEPOINT || kind == PROBE_ERROR)
		return WAITS_NOT;
	return kind == PROBE_END ? WAITS_FOR_END : WAITS;
}

static enum patience patience_of(const struct replay *replay, const struct event *event)
{
	if (replay->files_len == 1)
		return WAITS_NOT;
	if (event->kind == EVENT_INTERVAL)
		return event->is_last ? WAITS_FOR_END : WAITS;
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
		    (own == *patience && event->wall_ns < replay->files[best].events.event.wall_ns)) {
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
		return one->is_last == other->is_last;
	return one->record->clause - x->clauses_first == other->record->clause - y->clauses_first;
}

static int run_event(struct replay *replay, unsigned number)
{
	const struct event *event = &replay->files[number].events.event;

	replay->report.wall_ns = event->wall_ns;
	switch (event->kind) {
	case EVENT_RECORD:
		return run_record(replay, event);
	case EVENT_ROWS:
		take_rows(replay, number);
		return 0;
	case EVENT_STACK:
		take_stack(replay, number);
		return 0;
	case EVENT_DROPS:
		return replay->config->ops->drop(&replay->report, event->cause, event->count);
	case EVENT_INTERVAL:
		return run_interval(replay, event->is_last);
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

static uint64_t last_seen(const struct replay *replay)
{
	uint64_t last = 0;

	for (unsigned i = 0; i < replay->files_len; i++)
		if (replay->files[i].events.seen_ns > last)
			last = replay->files[i].events.seen_ns;
	return last;
}

static int finish(struct replay *replay)
{
	int error = 0;

	if (!replay->has_printed_last) {
		replay->report.wall_ns = last_seen(replay);
		error = run_interval(replay, true);
	}
	return error ? error : reader_finish(replay->reader);
}

static void say_left_out(const struct replay *replay, struct buf *said)
{
	for (unsigned i = 0; i < replay->files_len; i++)
		if (replay->files[i].events.complaint.size) {
			shown_add(said, SHOWN_SENTENCE, replay->files[i].events.complaint.data, replay->files[i].events.complaint.size);
			buf_putc(said, '\n');
		}
	if (replay->foreign)
		buf_printf(said, "%" PRIu64 " record%s could not be read and %s left out\n", replay->foreign,
			   replay->foreign == 1 ? "" : "s", replay->foreign == 1 ? "is" : "are");
}

int replay_run(struct replay *replay, const struct replay_config *config, struct buf *said)
{
	struct stack_source stacks;
	int error, end_error;

	replay->config = config;
	replay->stacks = stacks_new(replay->arena, replay->files_len);
	replay->store = store_new(&replay->image, replay->files_len);
	stacks = stacks_source(replay->stacks);
	replay->report = (struct report){
		.ops = config->ops, .image = &replay->image, .out = config->out, .err = config->err, .data = config->report_data, .stacks = &stacks,
		.is_seen = say_is_seen(config->out), .has_rows = config->has_rows, .is_foreign = true};
	replay->reader = reader_new(&replay->image, store_source(replay->store), &replay->report);
	error = config->ops->begin(&replay->report);
	if (!error)
		error = run_all(replay);
	if (!error)
		error = finish(replay);
	end_error = config->ops->end(&replay->report);
	say_left_out(replay, said);
	reader_free(replay->reader);
	report_free(&replay->report);
	store_free(replay->store);
	stacks_free(replay->stacks);
	return error ? error : end_error;
}
