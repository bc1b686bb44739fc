/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/chrome.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"

enum { TRACKS_APART = 10000000 /* more than any thread's number: the kernel's limit is 2^22 */ };

struct span {
	struct chrome_span what;
	unsigned number, track;
};

/* Of one thread, or one beside it. */
struct track {
	int32_t pid, tid;
	unsigned beside; /* 0: the thread's own */
	const char *process, *thread;
	int64_t end_ns;
};

struct arrow {
	const char *name;
	unsigned from, to;
};

struct chrome {
	struct arena *arena;
	struct span *spans;
	unsigned spans_len;
	struct track *tracks;
	unsigned tracks_len;
	struct arrow *arrows;
	unsigned arrows_len;
	int64_t begin_ns; /* times are from here on: microseconds since 1970 with a fraction are more than a double
			     holds */
	bool has_event;
	struct shown *out;
};

struct chrome *chrome_new(void)
{
	struct arena *arena = arena_new();
	struct chrome *chrome = arena_new_one(arena, struct chrome);

	chrome->arena = arena;
	return chrome;
}

unsigned chrome_add(struct chrome *chrome, const struct chrome_span *span)
{
	struct span *added = arena_push(chrome->arena, chrome->spans, chrome->spans_len);

	*added = (struct span){.what = *span, .number = chrome->spans_len - 1};
	added->what.process = arena_strdup(chrome->arena, span->process);
	added->what.thread = arena_strdup(chrome->arena, span->thread);
	added->what.name = arena_strdup(chrome->arena, span->name);
	return added->number;
}

void chrome_arrow(struct chrome *chrome, const char *name, unsigned from, unsigned to)
{
	*arena_push(chrome->arena, chrome->arrows, chrome->arrows_len) =
		(struct arrow){arena_strdup(chrome->arena, name), from, to};
}

/* --- Tracks --- */

static int compare_begin(const void *left, const void *right)
{
	const struct span *a = left, *b = right;

	if (a->what.begin_ns != b->what.begin_ns)
		return a->what.begin_ns < b->what.begin_ns ? -1 : 1;
	return a->number < b->number ? -1 : 1;
}

static int compare_number(const void *left, const void *right)
{
	const struct span *a = left, *b = right;

	return a->number < b->number ? -1 : 1;
}

/* The first track of its thread that is free when it begins. */
static unsigned track_of(struct chrome *chrome, const struct chrome_span *span)
{
	struct track *track;
	unsigned beside = 0;

	for (unsigned i = 0; i < chrome->tracks_len; i++) {
		track = &chrome->tracks[i];
		if (track->pid != span->pid || track->tid != span->tid)
			continue;
		if (track->end_ns <= span->begin_ns)
			return i;
		beside++;
	}
	track = arena_push(chrome->arena, chrome->tracks, chrome->tracks_len);
	*track = (struct track){
		.pid = span->pid, .tid = span->tid, .beside = beside, .process = span->process, .thread = span->thread};
	return chrome->tracks_len - 1;
}

static void place_spans(struct chrome *chrome)
{
	if (!chrome->spans_len)
		return;
	qsort(chrome->spans, chrome->spans_len, sizeof(*chrome->spans), compare_begin);
	chrome->begin_ns = chrome->spans[0].what.begin_ns;
	for (unsigned i = 0; i < chrome->spans_len; i++) {
		struct span *span = &chrome->spans[i];

		span->track = track_of(chrome, &span->what);
		chrome->tracks[span->track].end_ns = span->what.end_ns;
	}
	qsort(chrome->spans, chrome->spans_len, sizeof(*chrome->spans), compare_number); /* arrows know them by it */
}

/* --- Events --- */

static void add_text(struct json_object *object, const char *name, const char *text)
{
	json_object_object_add(object, name, json_object_new_string(text));
}

/* Microseconds, exactly. */
static void add_us(struct json_object *object, const char *name, int64_t ns)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRId64 ".%03" PRId64, ns / 1000, ns % 1000);
	json_object_object_add(object, name, json_object_new_double_s((double)ns / 1000, text));
}

static struct json_object *new_event(const char *kind, const char *name, const struct track *track)
{
	struct json_object *event = json_object_new_object();

	add_text(event, "ph", kind);
	add_text(event, "name", name);
	json_object_object_add(event, "pid", json_object_new_int(track->pid));
	json_object_object_add(event, "tid", json_object_new_int64(track->tid + (int64_t)track->beside * TRACKS_APART));
	return event;
}

static void put(struct chrome *chrome, struct json_object *event)
{
	if (chrome->has_event)
		shown_putc(chrome->out, ',');
	shown_putc(chrome->out, '\n');
	shown_json(chrome->out, event, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	chrome->has_event = true;
	json_object_put(event);
}

static void put_name(struct chrome *chrome, const char *kind, const struct track *track, const char *name)
{
	struct json_object *event = new_event("M", kind, track), *args = json_object_new_object();

	add_text(args, "name", name);
	json_object_object_add(event, "args", args);
	put(chrome, event);
}

static void put_names(struct chrome *chrome)
{
	for (unsigned i = 0; i < chrome->tracks_len; i++) {
		const struct track *track = &chrome->tracks[i];
		const char *name = track->beside
					   ? arena_printf(chrome->arena, "%s (%u)", track->thread, track->beside + 1)
					   : track->thread;
		bool is_new = true;

		for (unsigned j = 0; j < i && is_new; j++)
			is_new = chrome->tracks[j].pid != track->pid;
		if (is_new)
			put_name(chrome, "process_name", track, track->process);
		put_name(chrome, "thread_name", track, name);
	}
}

static void put_span(struct chrome *chrome, const struct span *span)
{
	struct json_object *event = new_event("X", span->what.name, &chrome->tracks[span->track]);

	add_us(event, "ts", span->what.begin_ns - chrome->begin_ns);
	add_us(event, "dur", span->what.end_ns - span->what.begin_ns);
	add_text(event, "cat", "op");
	if (span->what.args)
		json_object_object_add(event, "args", span->what.args);
	put(chrome, event);
}

/* Two events of one number: at its begin, and at its end, where "bp" says that the span around it is meant. */
static void put_arrow(struct chrome *chrome, unsigned number)
{
	const struct arrow *arrow = &chrome->arrows[number];
	const unsigned ends[] = {arrow->from, arrow->to};

	for (unsigned i = 0; i < 2; i++) {
		const struct span *span = &chrome->spans[ends[i]];
		struct json_object *event = new_event(i ? "f" : "s", arrow->name, &chrome->tracks[span->track]);

		add_us(event, "ts", span->what.begin_ns - chrome->begin_ns);
		add_text(event, "cat", "flow");
		json_object_object_add(event, "id", json_object_new_int64(number + 1));
		if (i)
			add_text(event, "bp", "e");
		put(chrome, event);
	}
}

void chrome_end(struct chrome *chrome, struct shown *out)
{
	chrome->out = out;
	place_spans(chrome);
	shown_printf(out,
		     "{\"displayTimeUnit\":\"ns\",\"otherData\":{\"begin_wall_ns\":\"%" PRId64 "\"},\"traceEvents\":[",
		     chrome->begin_ns);
	put_names(chrome);
	for (unsigned i = 0; i < chrome->spans_len; i++)
		put_span(chrome, &chrome->spans[i]);
	for (unsigned i = 0; i < chrome->arrows_len; i++)
		put_arrow(chrome, i);
	shown_puts(out, "\n]}\n");
	arena_free(chrome->arena);
}
