/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/memory.h"
#include "lib/write.h"
#include "report/common.h"
#include "report/ctf_private.h"

struct ctf {
	struct report_ops ops; /* ours, but what the reader looks at is the usual ones' */
	const struct report_ops *usual;
	struct report stream; /* its `out` and `pending` alone: events are written as reports are */
	FILE *metadata;
	/* The record that is being read. */
	const struct record_layout *layout;
	const struct record_head *head;
	struct buf probe;
	uint64_t last_ns; /* of the event before: in a stream time does not go back */
};

/* --- Bytes --- */

static void put_u32(struct ctf *ctf, uint32_t number)
{
	shown_bytes(&ctf->stream.pending, &number, sizeof(number));
}

static void put_u64(struct ctf *ctf, uint64_t number)
{
	shown_bytes(&ctf->stream.pending, &number, sizeof(number));
}

/* Its end is a NUL. */
static void put_string(struct ctf *ctf, enum shown_form form, const char *text, size_t size)
{
	shown_text(&ctf->stream.pending, form, text, size);
	shown_putc(&ctf->stream.pending, '\0');
}

static void put_field(struct ctf *ctf, const struct report *report, const struct field *field, const char *record)
{
	if (field->kind == FIELD_INT || field->kind == FIELD_BYTES) {
		shown_bytes(&ctf->stream.pending, record + field->offset, field->size);
		return;
	}
	report_key_show(report, field, record, SHOWN_LINES, &ctf->stream.pending);
	shown_putc(&ctf->stream.pending, '\0');
}

/* --- Events --- */

/*
 * Records lie in the ring in the order in which room was taken, which may be another one than that of the firings'
 * times, by microseconds: then an event has the time of the one before it.
 */
static void put_head(struct ctf *ctf, uint32_t event, uint64_t time_ns, uint32_t cpu)
{
	if (time_ns > ctf->last_ns)
		ctf->last_ns = time_ns;
	put_u32(ctf, event);
	put_u64(ctf, ctf->last_ns);
	put_u32(ctf, cpu);
	put_string(ctf, SHOWN_LINES, ctf->probe.data ? ctf->probe.data : "", ctf->probe.size);
}

static uint64_t time_of(const struct ctf *ctf)
{
	uint64_t time_ns = ctf->last_ns;

	if (ctf->layout->time)
		memcpy(&time_ns, (const char *)ctf->head + ctf->layout->time, sizeof(time_ns));
	return time_ns;
}

static void put_action(struct report *report, const struct record_action *action, const char *text, size_t size)
{
	struct ctf *ctf = report->ctf;
	unsigned clause = (unsigned)(ctf->layout - report->schema->clauses);

	put_head(ctf, ctf_event_of(report->schema, clause, action), time_of(ctf), ctf->head->cpu);
	if (action && ctf_has_text(action))
		put_string(ctf, SHOWN_SOURCE, text, size); /* values in it may be shown already */
	for (unsigned i = 0; action && i < action->fields_len; i++)
		put_field(ctf, report, &action->fields[i], (const char *)ctf->head);
}

/* Of a value its action: that which it is recorded by. */
static const struct record_action *action_of(const struct record_layout *layout, const struct field *field)
{
	for (unsigned i = 0; i < layout->actions_len; i++)
		if (layout->actions[i].fields_len && layout->actions[i].fields == field)
			return &layout->actions[i];
	return NULL;
}

static int take_value(struct report *report, const struct field *field, const void *data)
{
	const struct record_action *action = action_of(report->ctf->layout, field);

	if (action && ctf_is_event(action))
		put_action(report, action, "", 0);
	return report->ctf->usual->value(report, field, data);
}

static int take_text(struct report *report, const struct record_action *action, const char *text, size_t size)
{
	if (ctf_is_event(action))
		put_action(report, action, text, size);
	return report->ctf->usual->text(report, action, text, size);
}

static int take_event_begin(struct report *report, const struct record_layout *layout, const struct schema_probe *probe,
			    const struct record_head *head)
{
	struct ctf *ctf = report->ctf;

	ctf->layout = layout;
	ctf->head = head;
	buf_clear(&ctf->probe);
	report_probe_name(probe, &ctf->probe);
	if (!layout->actions_len)
		put_action(report, NULL, "", 0);
	return ctf->usual->event_begin(report, layout, probe, head);
}

static int take_event_end(struct report *report)
{
	int error = report_event_done(&report->ctf->stream);

	return error ? error : report->ctf->usual->event_end(report);
}

static int take_error(struct report *report, const struct record_error *error, const struct schema_probe *probe,
		      struct loc loc)
{
	struct ctf *ctf = report->ctf;
	unsigned line = 0, column;

	if (loc.source)
		loc_position(loc, &line, &column);
	buf_clear(&ctf->probe);
	report_probe_name(probe, &ctf->probe);
	put_head(ctf, CTF_ERROR, ctf->last_ns, error->head.cpu);
	put_u32(ctf, error->fault);
	put_u64(ctf, error->address);
	put_u32(ctf, line);
	return ctf->usual->error(report, error, probe, loc);
}

static int take_drop(struct report *report, enum drop_cause cause, uint64_t count)
{
	struct ctf *ctf = report->ctf;

	buf_clear(&ctf->probe);
	put_head(ctf, CTF_LOST, ctf->last_ns, 0);
	put_string(ctf, SHOWN_LINES, drop_name(cause), strlen(drop_name(cause)));
	put_u64(ctf, count);
	return ctf->usual->drop(report, cause, count);
}

/* --- Begin and end --- */

static int take_begin(struct report *report)
{
	struct ctf *ctf = report->ctf;
	struct report metadata = {.out = ctf->metadata};
	int error;

	report_open(&metadata);
	report_open(&ctf->stream);
	ctf->last_ns = report->now.mono_ns;
	ctf_metadata(report->schema, report->now.wall_ns - ctf->last_ns, &metadata.pending);
	error = report_flush(&metadata);
	report_free(&metadata);
	put_u32(ctf, CTF_MAGIC);
	put_u32(ctf, 0);
	return error ? error : ctf->usual->begin(report);
}

static int take_end(struct report *report)
{
	int error = report_flush(&report->ctf->stream), usual = report->ctf->usual->end(report);

	return error ? error : usual;
}

/* Another trace that is there stays. */
static FILE *create(const char *folder, const char *name, struct buf *why)
{
	int fd = write_new_in(folder, name, why);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

	if (fd >= 0 && !file)
		memory_end();
	return file;
}

struct ctf *ctf_new(const char *folder, const struct report_ops *usual, struct buf *why)
{
	struct ctf *ctf = calloc(1, sizeof(*ctf));

	if (!ctf)
		memory_end();
	ctf->usual = usual;
	ctf->ops = *usual;
	ctf->ops.begin = take_begin;
	ctf->ops.event_begin = take_event_begin;
	ctf->ops.event_end = take_event_end;
	ctf->ops.value = take_value;
	ctf->ops.text = take_text;
	ctf->ops.error = take_error;
	ctf->ops.drop = take_drop;
	ctf->ops.end = take_end;
	ctf->metadata = create(folder, "metadata", why);
	ctf->stream.out = ctf->metadata ? create(folder, "stream", why) : NULL;
	if (!ctf->stream.out) {
		ctf_free(ctf);
		return NULL;
	}
	return ctf;
}

const struct report_ops *ctf_ops(const struct ctf *ctf)
{
	return &ctf->ops;
}

void ctf_free(struct ctf *ctf)
{
	if (!ctf)
		return;
	if (ctf->metadata)
		fclose(ctf->metadata);
	if (ctf->stream.out)
		fclose(ctf->stream.out);
	report_free(&ctf->stream);
	buf_free(&ctf->probe);
	free(ctf);
}
