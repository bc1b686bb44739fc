/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Records, one by one: checked against the schema, then handed to the functions of their actions between event_begin
 * and event_end of the report.
 */
#include "record/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "func/func.h"
#include "lib/clock.h"
#include "lib/memory.h"

/*
 * clear() and trunc() go by the snapshot that was printed last, so that nothing is lost that nobody has seen, when it
 * was printed by the same probe or a moment ago. Older ones are no longer what the script means.
 */
enum { SAME_MOMENT_NS = 100000000 };

static void clause_init(struct reader *reader, const struct record_layout *layout, struct reader_clause *clause)
{
	unsigned i;

	clause->formats = arena_new_array(reader->arena, const struct format *, layout->actions_len);
	for (i = 0; i < layout->actions_len; i++) {
		const struct record_action *action = &layout->actions[i];

		clause->has_aggs |= action->aggs_len > 0;
		/* The checker has accepted the text, so this cannot fail. */
		if (action->format)
			clause->formats[i] = format_parse(reader->arena, action->format, strlen(action->format), NULL);
	}
}

struct reader *reader_new(const struct schema *schema, struct agg_source source, struct report *report)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	unsigned i;

	if (!reader)
		memory_end();
	reader->schema = schema;
	reader->options = &schema->options;
	reader->source = source;
	reader->report = report;
	reader->arena = arena_new();
	reader->aggs = arena_new_array(reader->arena, struct reader_agg, schema->aggs_len);
	for (i = 0; i < schema->aggs_len; i++) {
		reader->aggs[i].table = agg_table_new(&schema->aggs[i], i, &schema->options, report);
		reader->aggs[i].normal = 1;
	}
	reader->clauses = arena_new_array(reader->arena, struct reader_clause, schema->clauses_len);
	for (i = 0; i < schema->clauses_len; i++)
		clause_init(reader, &schema->clauses[i], &reader->clauses[i]);
	report->reader = reader;
	return reader;
}

void reader_take_over(struct reader *reader, struct reader *before)
{
	unsigned i;

	for (i = 0; i < reader->schema->aggs_len && i < before->schema->aggs_len; i++) {
		struct reader_agg *agg = &reader->aggs[i], *old = &before->aggs[i];

		agg->normal = old->normal;
		agg->whole = old->whole;
		agg->top = old->top;
		agg->is_printed = old->is_printed;
		agg_table_take_over(agg->table, old->table);
	}
	waiting_take_over(reader, before);
	reader->exit_status = before->exit_status;
	reader->has_exited = before->has_exited;
}

void reader_free(struct reader *reader)
{
	unsigned i;

	if (!reader)
		return;
	for (i = 0; i < reader->schema->aggs_len; i++)
		agg_table_free(reader->aggs[i].table);
	waiting_free(reader);
	arena_free(reader->join_arena);
	free(reader->joined);
	arena_free(reader->arena);
	free(reader);
}

static int snapshot(struct reader *reader, struct reader_agg *agg, uint64_t now)
{
	agg->is_shown = false;
	agg->snapshot_ns = now;
	return agg_table_snapshot(agg->table, &reader->source);
}

int reader_snapshot(struct reader *reader)
{
	uint64_t now = now_ns();
	unsigned i;
	int err = 0;

	for (i = 0; i < reader->schema->aggs_len && !err; i++)
		err = snapshot(reader, &reader->aggs[i], now);
	return err;
}

/* Is the last snapshot good enough for an action that prints, or for one that resets? */
static bool is_fresh(const struct reader *reader, const struct reader_agg *agg, bool resets, uint32_t probe,
		     uint64_t now)
{
	uint64_t age = now - agg->snapshot_ns;

	if (reader->source.is_due)
		return !reader->source.is_due(reader->source.data, (unsigned)(agg - reader->aggs));
	if (!agg->snapshot_ns)
		return false;
	if (resets && agg->is_shown && (agg->shown_by == probe || age < SAME_MOMENT_NS))
		return true;
	return age < reader->options->aggrate_ns;
}

static int prepare_action(struct reader *reader, const struct record_action *action, uint32_t probe, uint64_t now)
{
	bool resets = action->func->flags & FUNC_IS_SPECIAL_TIME;
	unsigned i;
	int err;

	for (i = 0; i < action->aggs_len; i++) {
		struct reader_agg *agg = &reader->aggs[action->aggs[i]];

		/* The first action of the record decides: what printa() shows, the clear() after it clears. */
		if (agg->record != reader->record && !is_fresh(reader, agg, resets, probe, now)) {
			err = snapshot(reader, agg, now);
			if (err)
				return err;
		}
		agg->record = reader->record;
		if (!resets) {
			agg->is_shown = true;
			agg->shown_by = probe;
		}
	}
	return 0;
}

static bool is_present(const struct record_action *action, const void *record)
{
	return ((const unsigned char *)record)[action->present] == 1;
}

static int prepare_aggs(struct reader *reader, const struct record_layout *layout, const struct record_head *head)
{
	uint64_t now = now_ns();
	unsigned i;
	int err = 0;

	reader->record++;
	for (i = 0; i < layout->actions_len && !err; i++)
		if (is_present(&layout->actions[i], head))
			err = prepare_action(reader, &layout->actions[i], head->probe, now);
	return err;
}

static int read_event(struct reader *reader, const struct record_head *head, const struct schema_probe *probe)
{
	const struct record_layout *layout = &reader->schema->clauses[head->clause];
	struct report *report = reader->report;
	unsigned i;
	int err = 0;

	reader->layout = layout;
	if (reader->clauses[head->clause].has_aggs)
		err = prepare_aggs(reader, layout, head);
	if (!err)
		err = report->ops->event_begin(report, layout, probe, head);
	for (i = 0; i < layout->actions_len && !err; i++) {
		const struct record_action *action = &layout->actions[i];

		if (is_present(action, head) && action->func->report)
			err = action->func->report(report, action, head);
		if (!err)
			err = reader->error;
	}
	if (!err)
		err = report->ops->event_end(report);
	reader->layout = NULL;
	return err;
}

static int read_error(struct reader *reader, const struct record_error *error, size_t size,
		      const struct schema_probe *probe)
{
	const struct schema *schema = reader->schema;

	if (size < sizeof(*error) || error->clause >= schema->clauses_len)
		return -EBADMSG;
	return reader->report->ops->error(reader->report, error, probe,
					  error->line < schema->error_locs_len ? schema->error_locs[error->line]
									       : (struct loc){0});
}

int reader_record(struct reader *reader, const void *record, size_t size)
{
	const struct schema *schema = reader->schema;
	const struct record_head *head = record;
	int err;

	if (size < sizeof(*head) || head->probe >= schema->probes_len)
		return -EBADMSG;
	if (head->clause == RECORD_WAKE)
		return 0;
	if (head->clause == RECORD_ERROR)
		return read_error(reader, record, size, &schema->probes[head->probe]);
	if (head->clause >= schema->clauses_len || !schema->clauses[head->clause].size ||
	    size < schema->clauses[head->clause].size)
		return -EBADMSG;
	if (head->speculation) {
		waiting_add(reader, head, size);
		return 0;
	}
	err = read_event(reader, head, &schema->probes[head->probe]);
	return err || (!reader->committed.size && !reader->committed_lost) ? err : waiting_play(reader);
}

int reader_finish(struct reader *reader)
{
	struct report *report = reader->report;
	unsigned i, rows_len;
	int err = report->ops->over ? report->ops->over(report) : 0;

	for (i = 0; i < reader->schema->aggs_len && !err; i++) {
		if (reader->aggs[i].is_printed)
			continue;
		err = snapshot(reader, &reader->aggs[i], now_ns());
		reader_agg_rows(reader, i, &rows_len);
		if (!err && rows_len)
			err = report->ops->table(report, reader, &i, 1);
	}
	return err;
}

int reader_exit_status(const struct reader *reader)
{
	return reader->exit_status;
}

bool reader_has_exited(const struct reader *reader)
{
	return reader->has_exited;
}

void reader_set_exit(struct reader *reader, int status)
{
	reader->exit_status = status;
	reader->has_exited = true;
}

const struct format *reader_format(const struct reader *reader, const struct record_action *action)
{
	const struct record_layout *layout = reader->layout;

	return layout ? reader->clauses[layout - reader->schema->clauses].formats[action - layout->actions] : NULL;
}
