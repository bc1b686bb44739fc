/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A run from its begin to its end: what is done when, and what ends it. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "lib/arrivals.h"
#include "lib/clock.h"
#include "lib/markers.h"
#include "lib/memory.h"
#include "lib/shown.h"
#include "lib/write.h"
#include "run/child.h"
#include "run/tracer_private.h"
#include "symbols/unwinder.h"

enum {
	POLL_MS_MAX = 100, /* so that a signal or an ended process is seen soon */
	DROPS_EVERY_NS = 1000 * 1000 * 1000,
};

static void on_new_process(void *data, pid_t pid, const char *label)
{
	struct tracer *tracer = data;

	daemon_names_add(tracer->names, pid, label);
}

static int tick(struct tracer *tracer)
{
	const struct tracer_config *config = tracer->config;
	int result = config->tick ? config->tick(&tracer->report, false, config->data) : 0;

	tracer->is_asked |= result > 0;
	return result > 0 ? 0 : result;
}

static void observe(struct tracer *tracer)
{
	const struct tracer_config *config = tracer->config;

	if (config->observe)
		tracer->report.facts = config->observe(config->data);
}

/* A live report prints. */
static int print_interval(struct tracer *tracer, bool is_last)
{
	const struct tracer_config *config = tracer->config;
	int error;

	tracer_date(tracer);
	observe(tracer);
	error = config->interval(&tracer->report, is_last, config->data);
	if (!error && tracer_is_recording(tracer))
		error = tracer_recorded(tracer, recorder_interval(tracer->recorder, is_last));
	return error;
}

/* One round of reading: records, then what is due by time. */
static int do_round(struct tracer *tracer, int timeout_ms)
{
	const struct tracer_config *config = tracer->config;
	uint64_t now;
	int n = tracer_poll(tracer, timeout_ms), error = 0;

	if (n < 0)
		return n;
	if (!tracer->is_dated)
		tracer_date(tracer);
	now = tracer->report.now.mono_ns;
	if (now >= tracer->next_drops_ns) {
		error = tracer_report_drops(tracer);
		doubts_step(&tracer->doubts);
		tracer->next_drops_ns = now + DROPS_EVERY_NS;
	}
	tracer_take_arrivals(tracer);
	unwinder_step(tracer->pipeline->unwinder);
	daemon_names_step(tracer->names);
	guard_step(tracer->guard, &tracer->report.now);
	if (!error && config->interval && config->interval_ns && now >= tracer->next_interval_ns) {
		error = print_interval(tracer, false);
		tracer->next_interval_ns += config->interval_ns;
	}
	if (!error)
		error = tick(tracer);
	if (!error && tracer_is_recording(tracer))
		error = tracer_recorded(tracer, recorder_step(tracer->recorder));
	return error ? error : report_flush(&tracer->report);
}

/* What comes from here on is not all there is: a report that goes on would be wrong and not say so. */
static bool links_gone(struct tracer *tracer)
{
	if (!tracer->has_lost && engine_has_lost_links(tracer->engine)) {
		tracer->has_lost = true;
		tracer_tell(tracer, "a process ct-links, which holds the probes, was killed: what follows was not "
				    "seen; tracing stopped");
	}
	return tracer->has_lost;
}

/* There was a reserve, for what is left to do: reading and printing what was gathered. */
static bool memory_gone(struct tracer *tracer)
{
	if (!tracer->has_lost && memory_is_short()) {
		tracer->has_lost = true;
		tracer_tell(tracer, "memory is short on this host: what follows was not seen; tracing stopped");
	}
	return memory_is_short();
}

static int timeout_ms(const struct tracer *tracer)
{
	uint64_t rate = tracer->pipeline->options.switchrate_ns / 1000000;
	uint64_t now = now_ns(), left;
	int ms = rate < POLL_MS_MAX ? (int)rate : POLL_MS_MAX;

	if (tracer->end_ns) {
		left = tracer->end_ns > now ? (tracer->end_ns - now) / 1000000 : 0;
		if (left < (uint64_t)ms)
			ms = (int)left;
	}
	return ms > 0 ? ms : 1;
}

/* A word for what ends the run now; NULL: nothing does. */
static const char *why_stop(struct tracer *tracer)
{
	if (tracer_was_interrupted())
		return "signal";
	if (tracer->is_asked)
		return "asked";
	if (tracer->report.has_failed)
		return "error";
	if (engine_get_run(tracer->engine) != RUN_ON)
		return "exit";
	if (follow_step(tracer->follow))
		return "target";
	if (links_gone(tracer))
		return "keeper";
	if (memory_gone(tracer))
		return "memory";
	return tracer->end_ns && now_ns() >= tracer->end_ns ? "time" : NULL;
}

static int do_rounds(struct tracer *tracer)
{
	const struct pipeline *pipeline = tracer->pipeline;
	struct pipeline *next;
	uint64_t start = now_ns();
	const char *why = NULL;
	int error = 0;

	mark_trace_start(pipeline->plan->probes_len, pipeline->target.pids_len);
	while (!error && !(why = why_stop(tracer))) {
		error = do_round(tracer, timeout_ms(tracer));
		next = error ? NULL : late_step(tracer->late);
		if (next)
			error = tracer_go_over(tracer, next);
	}
	mark_trace_done(error ? "error" : why, error, now_ns() - start);
	return error;
}

static int finish(struct tracer *tracer)
{
	const struct tracer_config *config = tracer->config;
	int error = tracer_drain(tracer);

	tracer_date(tracer);
	if (!error && config->interval)
		error = print_interval(tracer, true);
	if (!error)
		error = reader_finish(tracer->reader);
	if (!error)
		error = tracer_report_drops(tracer);
	if (!error)
		tracer_put_costs(tracer);
	if (!error)
		error = tracer->report.ops->end(&tracer->report);
	tracer_say_missing(tracer);
	if (!error && tracer_is_recording(tracer))
		error = tracer_recorded(tracer, recorder_end(tracer->recorder, reader_exit_status(tracer->reader)));
	return error;
}

/* What had the recording's name before is replaced when there is something to record, and not by what could not begin.
 */
static int publish(struct tracer *tracer)
{
	struct write_file *file = tracer->config->record ? tracer->config->record->file : NULL;
	struct buf why = {0};
	int error = file ? write_publish(file, &why) : 0;

	if (error)
		say(stderr, "%s: %s\n", tracer->config->name, why.data);
	tracer->is_said = error;
	buf_free(&why);
	return tracer_recorded(tracer, error);
}

/* One that cannot be let go would wait for ever, and we for it. */
static void release(struct tracer *tracer)
{
	pid_t pid = tracer->config->child;
	struct buf text = {0};
	int error = child_release(pid);

	if (!error)
		return;
	kill(pid, SIGKILL); /* what has become of it is told when it has ended */
	buf_printf(&text, "process %d could not be let go on, and was killed: %s", (int)pid, strerror(-error));
	tracer_tell(tracer, text.data);
	buf_free(&text);
	tracer->has_lost = true;
}

static int begin(struct tracer *tracer)
{
	const struct tracer_config *config = tracer->config;
	int error = publish(tracer);

	if (!error)
		error = tracer->report.ops->begin(&tracer->report);
	if (!error)
		error = tracer_engine_said(tracer, engine_run_direct(tracer->engine, PROBE_BEGIN));
	if (!error && engine_get_run(tracer->engine) != RUN_EXITING)
		engine_set_run(tracer->engine, RUN_ON);
	if (config->seconds)
		tracer->end_ns = now_ns() + config->seconds * 1000000000u;
	tracer->next_drops_ns = now_ns() + DROPS_EVERY_NS;
	tracer->next_interval_ns = now_ns() + config->interval_ns;
	if (config->child)
		release(tracer);
	tracer_date(tracer);
	observe(tracer);
	if (config->on_start)
		config->on_start(&tracer->report, config->data);
	if (!error && tracer_is_recording(tracer))
		error = tracer_recorded(tracer, recorder_start(tracer->recorder));
	return error;
}

static int run_script(struct tracer *tracer)
{
	int error = begin(tracer), end_error;

	if (!error)
		error = do_rounds(tracer);
	if (tracer->config->tick)
		tracer->config->tick(&tracer->report, true, tracer->config->data);
	links_gone(tracer);
	guard_close(tracer->guard);
	engine_set_run(tracer->engine, RUN_EXITING);
	end_error = tracer_engine_said(tracer, engine_run_direct(tracer->engine, PROBE_END));
	engine_detach(tracer->engine);
	if (!error)
		error = end_error;
	if (!error || (error == tracer->record_error && !tracer->is_said))
		end_error = finish(tracer);
	return error ? error : end_error;
}

/* What nobody could read is not written. */
static bool can_record(const struct tracer_config *config)
{
	struct buf why = {0};
	bool good = !config->record || schema_is_sound(config->pipeline->image->schema, &why);

	if (!good)
		say(stderr, "%s: this script cannot be recorded: %s: this is a bug of cephtap\n", config->name,
		    why.data);
	buf_free(&why);
	return good;
}

int tracer_run(const struct tracer_config *config)
{
	struct pipeline *pipeline = config->pipeline;
	struct tracer tracer = {.config = config, .pipeline = pipeline, .engine = pipeline->engine};
	int error, status;

	if (config->targets)
		target_say(config->targets, tracer_tell_named, &tracer);
	tracer.names = daemon_names_new(pipeline->arena);
	daemon_names_fill(tracer.names, pipeline);
	if (!config->says_at_end)
		tracer_say_strangers(&tracer);
	error = can_record(config) ? engine_attach(tracer.engine, &pipeline->diags) : -EINVAL;
	if (error || !config->names_refused)
		pipeline_say(pipeline, stderr);
	if (error) {
		tracer_say_strangers(&tracer);
		if (config->child)
			child_kill(config->child);
		daemon_names_close(tracer.names);
		return 1;
	}
	tracer.follow = follow_new(&(struct follow_config){
		.arena = pipeline->arena,
		.targets = config->targets,
		.engine = tracer.engine,
		.name = config->name,
		.child = config->child,
		.quiet = pipeline->options.quiet || config->ops->wants_tables,
		.say = tracer_tell_said,
		.on_new = on_new_process,
		.data = &tracer,
	});
	tracer_expect_arrivals(&tracer);
	tracer.guard = guard_new(&(struct guard_config){
		.arena = pipeline->arena,
		.engine = tracer.engine,
		.target = &pipeline->target,
		.percent = (unsigned)pipeline->options.maxcost,
		.say = tracer_tell_said,
		.data = &tracer,
	});
	tracer.doubts = (struct doubts){.arena = pipeline->arena, .say = tracer_tell_named, .data = &tracer};
	doubts_go_over(&tracer.doubts, tracer.engine, pipeline->image);
	tracer.report = (struct report){
		.ops = config->ops,
		.out = config->out,
		.out_name = config->out_name,
		.path = config->path,
		.ctf = config->ctf,
		.err = stderr,
		.data = config->report_data,
		.is_seen = say_is_seen(config->out),
		.has_rows = config->has_rows,
		.is_bare = config->is_bare,
		.teller = config->teller,
	};
	tracer_begin_reading(&tracer);
	tracer_record_said(&tracer);
	if (config->awaits_markers && !config->record && !config->ctf)
		tracer.late = late_new(&(struct late_config){
			.pipeline = pipeline,
			.follow = tracer.follow,
			.targets = config->targets,
			.name = config->name,
			.quiet = pipeline->options.quiet || config->ops == &report_json,
			.is_told = tracer.arrivals != NULL,
		});
	error = run_script(&tracer);
	tracer_say_missing(&tracer);
	if (error && !tracer.is_said)
		tracer_say_error(&tracer, error);
	tracer_say_recorded(&tracer);
	tracer_say_timing(&tracer);
	status = error || tracer.has_lost || tracer.report.has_failed ? 1 : reader_exit_status(tracer.reader);
	reader_free(tracer.reader);
	recorder_free(tracer.recorder);
	report_free(&tracer.report);
	daemon_names_close(tracer.names);
	arrivals_close(tracer.arrivals);
	guard_free(tracer.guard);
	late_free(tracer.late);
	return status;
}
