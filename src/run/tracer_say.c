/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a tracer says on stderr beside its report, and in the recording. */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

#include "ceph/identity.h"
#include "lib/shown.h"
#include "lib/trouble.h"
#include "probe/host.h"
#include "run/tracer_private.h"
#include "symbols/unwinder.h"

void tracer_tell(struct tracer *tracer, const char *text)
{
	struct shown line = {0};

	shown_printf(&line, "%s: ", tracer->config->name);
	shown_text(&line, SHOWN_SENTENCE, text, strlen(text));
	shown_puts(&line, "\n");
	say_shown(stderr, &line);
	if (tracer_is_recording(tracer))
		tracer_recorded(tracer, recorder_say(tracer->recorder, text));
	else if (tracer->config->record && !tracer->recorder)
		pipeline_note(tracer->pipeline, text);
}

void tracer_tell_named(void *data, const char *sentence)
{
	struct buf text = {0};

	shown_add(&text, SHOWN_NAME, sentence, strlen(sentence));
	tracer_tell(data, text.data);
	buf_free(&text);
}

void tracer_tell_said(void *data, const char *text)
{
	tracer_tell(data, text);
}

static void say_one(void *data, const char *sentence)
{
	say(stderr, "%s: %s\n", (const char *)data, sentence);
}

void tracer_say_left_out(const struct pipeline *pipeline, const char *name)
{
	identity_say(host_identity(pipeline->host), say_one, (void *)name);
}

void tracer_say_strangers(struct tracer *tracer)
{
	identity_say(host_identity(tracer->pipeline->host), tracer_tell_named, tracer);
}

void tracer_say_recorded(const struct tracer *tracer)
{
	struct recorder_counts counts;

	if (!tracer->recorder)
		return;
	counts = recorder_counts(tracer->recorder);
	say(stderr, "%s: recorded %" PRIu64 " record%s, %.1f MB\n", tracer->config->name, counts.records,
	    counts.records == 1 ? "" : "s", (double)counts.bytes / 1e6);
}

static void say_foreign(struct tracer *tracer)
{
	struct buf text = {0};

	buf_printf(&text, "%" PRIu64 " record%s could not be read and %s left out: this is a bug of cephtap",
		   tracer->foreign, tracer->foreign == 1 ? "" : "s", tracer->foreign == 1 ? "is" : "are");
	if (tracer->foreign)
		tracer_tell(tracer, text.data);
	buf_free(&text);
}

static void say_left_out(struct tracer *tracer)
{
	unsigned files = unwinder_left_out(tracer->pipeline->unwinder);
	struct buf text = {0};

	buf_printf(&text,
		   "stacks end early in %u file%s: there was no room for more call-frame information; choose fewer "
		   "processes, e.g. with "
		   "-p",
		   files, files == 1 ? "" : "s");
	if (files)
		tracer_tell(tracer, text.data);
	buf_free(&text);
}

static void put_cost(void *data, const struct guard_cost *cost)
{
	struct json_object *line = json_object_new_object();

	json_object_object_add(line, "type", json_object_new_string("cost"));
	json_object_object_add(line, "pid", json_object_new_int64(cost->pid));
	json_object_object_add(line, "process", json_object_new_string(cost->process));
	json_object_object_add(line, "probes_ns", json_object_new_uint64(cost->probes_ns));
	json_object_object_add(line, "processor_ns", json_object_new_uint64(cost->processor_ns));
	json_object_object_add(line, "is_idle", json_object_new_boolean(cost->is_idle));
	json_object_object_add(line, "has_programs", json_object_new_boolean(cost->has_programs));
	report_put_json(data, line);
}

static void put_gone(void *data, const struct guard_gone *gone)
{
	struct json_object *line = json_object_new_object();

	json_object_object_add(line, "type", json_object_new_string("taken_away"));
	json_object_object_add(line, "probes", json_object_new_string(gone->probes));
	json_object_object_add(line, "after_ns", json_object_new_uint64(gone->after_ns));
	json_object_object_add(line, "elapsed_ns", json_object_new_uint64(gone->elapsed_ns));
	report_put_json(data, line);
}

void tracer_put_costs(struct tracer *tracer)
{
	const struct tracer_config *config = tracer->config;

	if (!config->is_json || config->record || !tracer->pipeline->options.maxcost)
		return;
	guard_each_gone(tracer->guard, put_gone, &tracer->report);
	guard_each_cost(tracer->guard, put_cost, &tracer->report);
}

/* Scripts that are reports of ours are quiet for the sake of what they print. */
static bool is_told_of_costs(const struct tracer *tracer)
{
	const struct tracer_config *config = tracer->config;

	return (!tracer->pipeline->options.quiet || config->has_rows) && !config->ops->wants_tables;
}

void tracer_say_missing(struct tracer *tracer)
{
	if (!tracer->has_said)
		say_foreign(tracer);
	if (!tracer->has_said)
		say_left_out(tracer);
	if (!tracer->has_said)
		tracer_say_strangers(tracer);
	trouble_tell(tracer_tell_named, tracer);
	if (!tracer->has_said)
		doubts_end(&tracer->doubts);
	if (!tracer->has_said)
		guard_end(tracer->guard, is_told_of_costs(tracer));
	tracer->has_said = true;
}

void tracer_say_timing(const struct tracer *tracer)
{
	const struct tracer_config *config = tracer->config;
	struct engine_timing timing = engine_timing(tracer->engine);

	if (!config->timing)
		return;
	for (unsigned i = 0; config->times && i < STAGES; i++)
		say(stderr, "%s: %-8s %9.3f ms\n", config->name, stages[i].name, (double)config->times->ns[i] / 1e6);
	say(stderr, "%s: maps     %9.3f ms\n", config->name, (double)timing.maps_ns / 1e6);
	say(stderr, "%s: load     %9.3f ms\n", config->name, (double)timing.load_ns / 1e6);
	say(stderr, "%s: attach   %9.3f ms\n", config->name, (double)timing.attach_ns / 1e6);
	say(stderr, "%s: detach   %9.3f ms\n", config->name, (double)timing.detach_ns / 1e6);
}

void tracer_say_error(const struct tracer *tracer, int error)
{
	const char *name = tracer->config->name;

	if (error == tracer->record_error)
		say(stderr, "%s: %s; tracing stopped; what was recorded before can be read\n", name,
		    error == -ENOSPC ? "the disk is full: the recording ends here" : "the recording cannot be written");
	else if (error == tracer->engine_error)
		say(stderr, "%s: the kernel does not let the script go on: %s; tracing stopped\n", name,
		    strerror(-error));
	else if (error == -EPIPE)
		say(stderr, "%s: the output was closed; tracing stopped\n", name);
	else if (error == -ENOSPC)
		say(stderr, "%s: the disk is full: the report is cut here; tracing stopped\n", name);
	else
		say(stderr, "%s: the report cannot be written: %s; tracing stopped\n", name, strerror(-error));
}
