/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "recording/events.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- what the file says of itself ---- */

static bool take_host(struct events *events, struct buf *why)
{
	struct unpack *in = &events->chunk.body;
	uint64_t mono;

	events->version = unpack_text(in, events->arena);
	events->host = unpack_text(in, events->arena);
	mono = unpack_u64(in);
	events->start_wall_ns = events->began_ns = events->seen_ns = unpack_u64(in);
	events->offset_ns = events->start_wall_ns - mono;
	events->report = unpack_text(in, events->arena);
	events->notes_len = unpack_len(in, 12);
	events->notes = arena_new_array(events->arena, struct recording_note, events->notes_len + 1);
	for (unsigned i = 0; i < events->notes_len; i++) {
		events->notes[i].name = unpack_text(in, events->arena);
		events->notes[i].value = unpack_u64(in);
	}
	if (in->is_bad)
		buf_printf(why, "%s is damaged: what it says of its host cannot be read", events->name);
	return !in->is_bad;
}

static bool take_script(struct events *events, struct buf *why)
{
	const char *reason;

	events->schema = schema_unpack(&events->chunk.body, events->arena, &reason);
	if (!events->schema)
		buf_printf(why, "%s cannot be read: %s", events->name, reason);
	return events->schema;
}

static bool take_chunk(struct events *events, enum chunk_type type, struct buf *why)
{
	enum chunk_result result = chunk_next(&events->in, &events->chunk);

	if (result == CHUNK_OK && events->chunk.type == type)
		return true;
	buf_printf(why, "%s %s before it says what was recorded: nothing can be read from it", events->name,
		   result == CHUNK_EOF || result == CHUNK_CUT ? "ends" : "is damaged");
	return false;
}

bool events_open(struct events *events, struct arena *arena, const char *name, FILE *file, struct buf *why)
{
	struct buf reason = {0};
	bool good;

	*events = (struct events){.name = name, .arena = arena};
	good = chunk_in_open(&events->in, file, &reason);
	if (!good)
		buf_printf(why, "%s %s", name, reason.data);
	buf_free(&reason);
	return good && take_chunk(events, CHUNK_HOST, why) && take_host(events, why) && take_chunk(events, CHUNK_SCRIPT, why) &&
	       take_script(events, why);
}

void events_free(struct events *events)
{
	chunk_in_free(&events->in);
	free(events->record);
	buf_free(&events->complaint);
}

/* ---- its end ---- */

static void complain_cut(struct events *events)
{
	time_t seconds = (time_t)(events->seen_ns / 1000000000u);
	struct tm local;
	char text[64] = "an unknown time";

	if (localtime_r(&seconds, &local))
		strftime(text, sizeof(text), "%F %T", &local);
	buf_printf(&events->complaint,
		   "%s ends early, at %s: its recorder was killed, or the disk was full; the report is of what is there",
		   events->name, text);
}

static void complain_damaged(struct events *events)
{
	buf_printf(&events->complaint, "%s is damaged at byte %" PRIu64 ": the report is of what comes before", events->name,
		   events->in.at);
}

static void end(struct events *events)
{
	events->event = (struct event){.kind = EVENT_NONE};
	events->in_records = false;
}

void events_refuse(struct events *events)
{
	complain_damaged(events);
	end(events);
}

/* ---- events ---- */

static uint64_t take_time(struct events *events)
{
	return events->seen_ns = unpack_u64(&events->chunk.body) + events->offset_ns;
}

/* Both clocks: the second one may have been set meanwhile, and is what people compare between hosts. */
static uint64_t take_times(struct events *events)
{
	uint64_t mono = unpack_u64(&events->chunk.body);

	events->seen_ns = unpack_u64(&events->chunk.body);
	events->offset_ns = events->seen_ns - mono;
	return events->seen_ns;
}

static void take_records(struct events *events)
{
	events->records_ns = take_time(events);
	events->in_records = true;
}

static void take_record(struct events *events)
{
	struct unpack *in = &events->chunk.body;
	size_t size = unpack_u32(in);
	const void *bytes = unpack_raw(in, size);

	if (!bytes || size < sizeof(struct record_head)) {
		events_refuse(events);
		return;
	}
	if (size > events->record_room) {
		free(events->record);
		events->record_room = 2 * size;
		events->record = malloc(events->record_room);
		if (!events->record)
			abort();
	}
	memcpy(events->record, bytes, size);
	events->event = (struct event){
		.kind = EVENT_RECORD,
		.wall_ns = events->records_ns,
		.record = (struct record_head *)events->record,
		.record_size = size,
	};
}

static void take_rows(struct events *events)
{
	struct unpack *in = &events->chunk.body;
	struct event *event = &events->event;

	*event = (struct event){.kind = EVENT_ROWS, .wall_ns = take_time(events), .body = in};
	event->agg = unpack_u32(in);
	event->is_snapshot = unpack_u8(in);
	event->rows_len = unpack_len(in, 1);
	if (in->is_bad || event->agg >= events->schema->checked.aggs_len)
		events_refuse(events);
}

static void take_drops(struct events *events)
{
	struct unpack *in = &events->chunk.body;
	uint64_t wall_ns = take_time(events);
	uint32_t cause = unpack_u32(in);

	events->event = (struct event){.kind = EVENT_DROPS, .wall_ns = wall_ns, .count = unpack_u64(in)};
	if (in->is_bad || cause >= DROP_CAUSES)
		events_refuse(events);
	else
		events->event.cause = cause;
}

static void take_interval(struct events *events)
{
	struct unpack *in = &events->chunk.body;

	events->event = (struct event){.kind = EVENT_INTERVAL, .wall_ns = take_times(events)};
	events->event.is_last = unpack_u8(in);
	if (in->is_bad)
		events_refuse(events);
}

/* Returns whether the chunk is an event. */
static bool take(struct events *events)
{
	switch (events->chunk.type) {
	case CHUNK_RECORDS:
		take_records(events);
		return false;
	case CHUNK_ROWS:
		take_rows(events);
		return true;
	case CHUNK_STACK:
		events->event = (struct event){.kind = EVENT_STACK, .wall_ns = events->seen_ns, .body = &events->chunk.body};
		return true;
	case CHUNK_DROPS:
		take_drops(events);
		return true;
	case CHUNK_TIME:
		take_times(events);
		if (events->began_ns == events->start_wall_ns)
			events->began_ns = events->seen_ns;
		return false;
	case CHUNK_INTERVAL:
		take_interval(events);
		return true;
	case CHUNK_END:
		take_times(events);
		events->has_end = true;
		end(events);
		return true;
	default: /* of a later cephtap */
		return false;
	}
}

static bool take_next(struct events *events)
{
	if (events->in_records && events->chunk.body.at < events->chunk.body.size) {
		take_record(events);
		return true;
	}
	events->in_records = false;
	switch (chunk_next(&events->in, &events->chunk)) {
	case CHUNK_OK:
		return take(events);
	case CHUNK_DAMAGED:
		events_refuse(events);
		return true;
	case CHUNK_EOF:
	case CHUNK_CUT:
		complain_cut(events);
		end(events);
		return true;
	}
	return true;
}

void events_next(struct events *events)
{
	if (events->has_end || events->complaint.size) {
		end(events);
		return;
	}
	while (!take_next(events))
		;
}
