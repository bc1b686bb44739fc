/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One recording as a row of events: what its recorder's reader was given, with the time of each. In: a file. Out: events, whose sizes
 * are checked; what they say is not.
 */
#ifndef CEPHTAP_RECORDING_EVENTS_H
#define CEPHTAP_RECORDING_EVENTS_H

#include "recording/chunk.h"
#include "recording/schema.h"
#include "report/stack.h"

enum event_kind {
	EVENT_NONE, /* the file has no more */
	EVENT_RECORD,
	EVENT_ROWS,
	EVENT_STACK,
	EVENT_DROPS,
	EVENT_INTERVAL,
};

struct event {
	enum event_kind kind;
	uint64_t wall_ns;
	/* EVENT_RECORD: aligned to 8 bytes, to be changed by who wants; at least a struct record_head. */
	struct record_head *record;
	size_t record_size;
	/* EVENT_ROWS: the rows follow in `body`. */
	uint32_t agg, rows_len;
	bool is_snapshot;
	/* EVENT_ROWS, EVENT_STACK: from here on. */
	struct unpack *body;
	/* EVENT_DROPS */
	enum drop_cause cause;
	uint64_t count;
	/* EVENT_INTERVAL */
	bool is_last;
};

struct recording_note {
	const char *name;
	uint64_t value;
};

struct events {
	const char *name; /* of the file, for messages */
	struct chunk_in in;
	struct arena *arena;
	struct chunk chunk;
	bool in_records;
	uint64_t *record;
	size_t record_room;
	uint64_t records_ns;
	struct event event; /* the one that is due */
	/* What the file says of itself. */
	struct schema *schema;
	const char *version, *host, *report;
	struct recording_note *notes;
	unsigned notes_len;
	uint64_t start_wall_ns, offset_ns; /* wall time - monotonic time */
	uint64_t began_ns, seen_ns;	   /* wall time: probes fire from, the last that is known of it */
	bool has_end;
	struct buf complaint; /* why it ended early; empty: it did not */
};

/* Reads up to where events begin. False: nothing can be read; a sentence in *why. `file` stays open, and the caller's. */
bool events_open(struct events *events, struct arena *arena, const char *name, FILE *file, struct buf *why);
void events_free(struct events *events);
/* Makes the next event the one that is due. */
void events_next(struct events *events);
/* What is in the file makes no sense: it ends here. */
void events_refuse(struct events *events);

#endif
