/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the engine to the reader of records, and to the recording beside it. */
#include <errno.h>
#include <string.h>

#include "lib/arrivals.h"
#include "lib/markers.h"
#include "run/stack_store.h"
#include "run/tracer_private.h"
#include "symbols/symbol_text.h"
#include "symbols/symbols.h"

int tracer_recorded(struct tracer *tracer, int error)
{
	if (error && error != tracer->engine_error)
		tracer->record_error = error;
	return error;
}

bool tracer_is_recording(const struct tracer *tracer)
{
	return tracer->recorder && !tracer->record_error;
}

int tracer_engine_said(struct tracer *tracer, int error)
{
	if (error)
		tracer->engine_error = error;
	return error;
}

static int source_each(void *data, unsigned agg, int (*row)(void *, const void *, const void *, unsigned),
		       void *row_data)
{
	struct tracer *tracer = data;

	return tracer_engine_said(tracer, engine_agg_each(tracer->engine, agg, row, row_data));
}

static int source_remove(void *data, unsigned agg, const void *key)
{
	struct tracer *tracer = data;

	return tracer_engine_said(tracer, engine_agg_delete(tracer->engine, agg, key));
}

static int source_zero(void *data, unsigned agg, const void *key)
{
	struct tracer *tracer = data;

	return tracer_engine_said(tracer, engine_agg_zero(tracer->engine, agg, key));
}

void tracer_date(struct tracer *tracer)
{
	tracer->report.now = moment_now();
	tracer->is_dated = true;
}

/* Records of one round are read at one moment. */
static int on_record(void *data, const void *record, size_t size)
{
	struct tracer *tracer = data;
	int error;

	if (!tracer->is_dated)
		tracer_date(tracer);
	error = reader_record(tracer->reader, record, size);
	if (error == -EBADMSG) {
		tracer->foreign++;
		return 0;
	}
	if (error && !tracer->output_error)
		tracer->output_error = error;
	if (!error && tracer_is_recording(tracer))
		error = tracer_recorded(tracer, recorder_record(tracer->recorder, record, size));
	return error;
}

int tracer_report_drops(struct tracer *tracer)
{
	uint64_t drops[DROP_CAUSES];
	int error = 0;

	engine_drops(tracer->engine, drops);
	for (unsigned i = 0; i < DROP_CAUSES && !error; i++) {
		if (drops[i] > tracer->reported[i]) {
			mark_events_dropped(drop_name(i), drops[i] - tracer->reported[i]);
			error = tracer->report.ops->drop(&tracer->report, i, drops[i] - tracer->reported[i]);
			if (!error && tracer_is_recording(tracer))
				error = tracer_recorded(
					tracer, recorder_drop(tracer->recorder, i, drops[i] - tracer->reported[i]));
		}
		tracer->reported[i] = drops[i];
	}
	return error;
}

int tracer_poll(struct tracer *tracer, int timeout_ms)
{
	tracer->is_dated = false;
	return engine_poll(tracer->engine, timeout_ms, on_record, tracer);
}

/* `source` is what the reader is to read from then on. */
static void start_recorder(struct tracer *tracer, struct agg_source *source)
{
	const struct tracer_config *config = tracer->config;

	if (!config->record)
		return;
	tracer->recorder = recorder_new(config->record, &tracer->report);
	*source = recorder_source(tracer->recorder, *source);
}

/* Symbols without stacks too: %a prints addresses of the kernel. */
static void name_addresses(struct tracer *tracer)
{
	struct pipeline *pipeline = tracer->pipeline;
	const struct options *options = &pipeline->options;
	struct symbols *symbols = symbols_new(pipeline->arena, pipeline->mappings,
					      (struct symbol_ways){options->shortnames, options->inlines});
	const struct stack_store store = stack_store_of(tracer->engine);

	tracer->stacks = symbols_stacks(symbols, &store);
	if (pipeline->mappings)
		tracer->report.stacks = &tracer->stacks;
	tracer->symbols = symbol_texts(pipeline->arena, symbols, &store);
	tracer->report.symbols = &tracer->symbols;
}

/* The schema was made before anything was attached. */
static void note_refused(struct pipeline *pipeline)
{
	const struct plan *plan = pipeline->plan;

	for (unsigned i = 0; i < plan->probes_len; i++)
		pipeline->image->schema->probes[i].is_refused = plan->probes[i]->why_not != NULL;
}

void tracer_begin_reading(struct tracer *tracer)
{
	struct agg_source source = {tracer, source_each, source_remove, source_zero, NULL};
	struct pipeline *pipeline = tracer->pipeline;

	tracer->report.schema = pipeline->image->schema;
	tracer->report.options = &pipeline->image->schema->options;
	note_refused(pipeline);
	tracer_date(tracer);
	name_addresses(tracer);
	start_recorder(tracer, &source);
	tracer->reader = reader_new(pipeline->image->schema, source, &tracer->report);
	tracer->report.reader = tracer->reader;
}

void tracer_record_said(struct tracer *tracer)
{
	const struct pipeline *pipeline = tracer->pipeline;

	for (unsigned i = 0; tracer_is_recording(tracer) && i < pipeline->said_len; i++)
		tracer_recorded(tracer, recorder_say(tracer->recorder, pipeline->said[i]));
}

int tracer_drain(struct tracer *tracer)
{
	int n;

	do {
		n = tracer_poll(tracer, 0);
	} while (n > 0);
	return n;
}

int tracer_go_over(struct tracer *tracer, struct pipeline *next)
{
	struct reader *before = tracer->reader;
	enum image_run old = engine_get_run(tracer->engine);
	int error;

	engine_set_run(tracer->engine, RUN_EXITING);
	engine_set_run(next->engine, old);
	error = tracer_drain(tracer);
	if (!error)
		error = tracer_report_drops(tracer);
	engine_detach(tracer->engine);
	memset(tracer->reported, 0, sizeof(tracer->reported));
	next->image->schema->options = tracer->pipeline->image->schema->options; /* as setopt() left them */
	tracer->pipeline = next;
	tracer->engine = next->engine;
	if (tracer->arrivals)
		engine_wait_also(tracer->engine, arrivals_fd(tracer->arrivals));
	daemon_names_fill(tracer->names, next);
	guard_go_over(tracer->guard, next->engine);
	follow_go_over(tracer->follow, next->engine);
	doubts_go_over(&tracer->doubts, next->engine, next->image);
	tracer_begin_reading(tracer);
	reader_take_over(tracer->reader, before);
	if (reader_has_exited(tracer->reader))
		engine_set_run(tracer->engine, RUN_EXITING);
	reader_free(before);
	return error;
}
