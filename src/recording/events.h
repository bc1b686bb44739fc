/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One recording as a row of events: what its recorder's reader was given, with the time of each. In: a file. Out:
 * events, whose sizes are checked; what they say is not.
 */
#ifndef CEPHTAP_RECORDING_EVENTS_H
#define CEPHTAP_RECORDING_EVENTS_H

#include "recording/chunk.h"
#include "recording/parts.h"

enum event_kind {
	EVENT_NONE, /* the file has no more */
	EVENT_START,
	EVENT_RECORD,
	EVENT_ROWS,
	EVENT_STACK,
	EVENT_SYMBOL,
	EVENT_DROPS,
	EVENT_SAID,
	EVENT_INTERVAL,
};

struct event {
	enum event_kind kind;
	struct moment now;
	/* EVENT_RECORD: aligned to 8 bytes, to be changed by the caller; at least a struct record_head. */
	struct record_head *record;
	size_t record_size;
	union {
		struct recorded_start start;
		struct recorded_rows rows; /* the rows follow in `body` */
		struct recorded_stack stack;
		struct recorded_symbol symbol;
		struct recorded_drops drops;
		struct recorded_said said;
		struct recorded_interval interval;
	};
	struct unpack *body; /* EVENT_ROWS: from here on */
};

struct events {
	const char *name; /* of the file, for messages */
	struct chunk_in in;
	struct arena *arena;
	struct chunk chunk;
	struct members_in parts; /* of stacks and symbols, which have names in common */
	bool in_records;
	uint64_t *record;
	size_t record_room;
	struct moment records_now;
	struct event event; /* the one that is due */
	/* What the file says of itself. */
	struct recorded_host host;
	struct schema schema;
	struct moment seen; /* the last that is known of it */
	bool has_end;
	struct buf complaint; /* why it ended early; empty: it did not */
};

/* Reads up to where events begin. False: nothing can be read; a sentence in *why. `file` stays open, and the caller's.
 */
bool events_open(struct events *events, struct arena *arena, const char *name, FILE *file, struct buf *why);
void events_free(struct events *events);
/* Makes the next event the one that is due. */
void events_next(struct events *events);
/* What is in the file makes no sense: it ends here. */
void events_refuse(struct events *events);

#endif
