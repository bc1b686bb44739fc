/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "recording/events.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/memory.h"

/* ---- what the file says of itself ---- */

static bool take_part(struct events *events, const struct members *members, void *part)
{
	events->parts.body = &events->chunk.body;
	return members_unpack(&events->parts, members, part);
}

static bool take_chunk(struct events *events, enum chunk_type type, struct buf *why)
{
	enum chunk_result result = chunk_next(&events->in, &events->chunk);

	if (result == CHUNK_OK && events->chunk.type == type)
		return true;
	if (result == CHUNK_UNREADABLE) {
		buf_printf(why, "%s cannot be read: %s", events->name, strerror(-events->in.error));
		return false;
	}
	buf_printf(why, "%s %s before it says what was recorded: nothing can be read from it", events->name,
		   result == CHUNK_EOF || result == CHUNK_CUT ? "ends" : "is damaged");
	return false;
}

static bool take_host(struct events *events, struct buf *why)
{
	if (!take_chunk(events, CHUNK_HOST, why))
		return false;
	if (!take_part(events, &recorded_host_members, &events->host)) {
		buf_printf(why, "%s is damaged: what it says of its host cannot be read", events->name);
		return false;
	}
	events->seen = events->host.now;
	return true;
}

static bool take_schema(struct events *events, struct buf *why)
{
	struct buf reason = {0};
	bool good;

	if (!take_chunk(events, CHUNK_SCHEMA, why))
		return false;
	good = take_part(events, &schema_members, &events->schema) && schema_is_sound(&events->schema, &reason);
	if (!good)
		buf_printf(why, "%s cannot be read: %s", events->name,
			   reason.size		    ? reason.data
			   : events->parts.why.size ? events->parts.why.data
						    : "the description of the script ends too early");
	buf_free(&reason);
	return good;
}

bool events_open(struct events *events, struct arena *arena, const char *name, FILE *file, struct buf *why)
{
	struct buf reason = {0};
	bool good;

	*events = (struct events){.name = name, .arena = arena, .parts.arena = arena};
	good = chunk_in_open(&events->in, file, &reason);
	if (!good)
		buf_printf(why, "%s %s", name, reason.data);
	buf_free(&reason);
	return good && take_host(events, why) && take_schema(events, why);
}

void events_free(struct events *events)
{
	chunk_in_free(&events->in);
	members_in_free(&events->parts);
	free(events->record);
	buf_free(&events->complaint);
}

/* ---- its end ---- */

static void complain_cut(struct events *events)
{
	struct tm local = zone_time(&events->host.zone, events->seen.wall_ns);

	buf_printf(&events->complaint,
		   "%s ends early, at %d-%02d-%02d %02d:%02d:%02d: its recorder was killed, or the disk was full; the "
		   "report is of what "
		   "is there",
		   events->name, local.tm_year + 1900, local.tm_mon + 1, local.tm_mday, local.tm_hour, local.tm_min,
		   local.tm_sec);
}

static void complain_unreadable(struct events *events)
{
	buf_printf(&events->complaint,
		   "%s cannot be read behind byte %" PRIu64 ": %s; the report is of what comes before", events->name,
		   events->in.at, strerror(-events->in.error));
}

static void complain_damaged(struct events *events)
{
	buf_printf(&events->complaint, "%s is damaged at byte %" PRIu64 ": the report is of what comes before",
		   events->name, events->in.at);
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

/* ---- records ---- */

static void begin_records(struct events *events)
{
	struct recorded_records records;

	if (!take_part(events, &recorded_records_members, &records)) {
		events_refuse(events);
		return;
	}
	events->records_now = events->seen = records.now;
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
			memory_end();
	}
	memcpy(events->record, bytes, size);
	events->event = (struct event){
		.kind = EVENT_RECORD,
		.now = events->records_now,
		.record = (struct record_head *)events->record,
		.record_size = size,
	};
}

/* ---- events ---- */

/* The chunks that are one event each. */
static const struct {
	enum event_kind kind;
	const struct members *members;
	size_t offset; /* in struct event */
	bool has_now;  /* the chunk begins with its moment; else it is as late as the one before */
} parts[] = {
	[CHUNK_START] = {EVENT_START, &recorded_start_members, offsetof(struct event, start), true},
	[CHUNK_ROWS] = {EVENT_ROWS, &recorded_rows_members, offsetof(struct event, rows), true},
	[CHUNK_STACK] = {EVENT_STACK, &recorded_stack_members, offsetof(struct event, stack), false},
	[CHUNK_SYMBOL] = {EVENT_SYMBOL, &recorded_symbol_members, offsetof(struct event, symbol), false},
	[CHUNK_DROPS] = {EVENT_DROPS, &recorded_drops_members, offsetof(struct event, drops), true},
	[CHUNK_SAID] = {EVENT_SAID, &recorded_said_members, offsetof(struct event, said), true},
	[CHUNK_INTERVAL] = {EVENT_INTERVAL, &recorded_interval_members, offsetof(struct event, interval), true},
};

static void take_event(struct events *events)
{
	uint32_t type = events->chunk.type;
	void *part = (char *)&events->event + parts[type].offset;

	events->event = (struct event){.kind = parts[type].kind, .body = &events->chunk.body};
	if (!take_part(events, parts[type].members, part)) {
		events_refuse(events);
		return;
	}
	if (parts[type].has_now)
		memcpy(&events->seen, part, sizeof(events->seen));
	events->event.now = events->seen;
}

static bool event_is_sound(const struct events *events)
{
	const struct event *event = &events->event;

	if (event->kind == EVENT_ROWS)
		return event->rows.agg < events->schema.aggs_len;
	return event->kind != EVENT_SYMBOL || event->symbol.text;
}

static void take_end(struct events *events)
{
	struct recorded_end last;

	if (!take_part(events, &recorded_end_members, &last)) {
		events_refuse(events);
		return;
	}
	events->seen = last.now;
	events->has_end = true;
	end(events);
}

static void take_time(struct events *events)
{
	struct recorded_time time;

	if (take_part(events, &recorded_time_members, &time))
		events->seen = time.now;
	else
		events_refuse(events);
}

/* Returns whether the chunk is an event, or the end of them. */
static bool take(struct events *events)
{
	uint32_t type = events->chunk.type;

	if (type == CHUNK_RECORDS)
		begin_records(events);
	else if (type == CHUNK_TIME)
		take_time(events);
	else if (type == CHUNK_END)
		take_end(events);
	else if (type < sizeof(parts) / sizeof(parts[0]) && parts[type].members)
		take_event(events);
	else /* of a later cephtap */
		return false;
	if (events->event.kind != EVENT_NONE && !event_is_sound(events))
		events_refuse(events);
	return events->event.kind != EVENT_NONE || events->complaint.size || events->has_end;
}

static bool take_next(struct events *events)
{
	events->event = (struct event){.kind = EVENT_NONE};
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
	case CHUNK_UNREADABLE:
		complain_unreadable(events);
		end(events);
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
