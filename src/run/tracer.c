/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "run/tracer.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "ceph/identity.h"
#include "run/child.h"
#include "run/daemon_names.h"
#include "run/follow.h"
#include "run/guard.h"
#include "run/late.h"
#include "lib/clock.h"
#include "lib/markers.h"
#include "lib/memory.h"
#include "lib/proc.h"
#include "lib/shown.h"
#include "lib/trouble.h"
#include "lib/write.h"
#include "probe/host.h"
#include "symbols/symbol_text.h"
#include "symbols/symbols.h"
#include "symbols/unwinder.h"

enum {
	POLL_MS_MAX = 100,               /* so that a signal or an ended process is seen soon */
	DROPS_EVERY_NS = 1000 * 1000 * 1000,
};

struct tracer {
	const struct tracer_config *config;
	struct pipeline *pipeline; /* config's, or one that came later */
	struct late *late;	    /* NULL: nothing is waited for */
	struct engine *engine;
	struct reader *reader;
	struct report report;
	uint64_t reported[DROP_CAUSES];
	uint64_t next_drops_ns, next_interval_ns, end_ns;
	int output_error; /* negative errno of the first write that failed */
	int engine_error; /* negative errno of what the kernel refused us last */
	uint64_t foreign; /* records that are none of this script's */
	bool has_lost;    /* what fires from now on: probes, with the process that held them, or memory to read it */
	bool is_asked;    /* to end, by tick() */
	struct follow *follow;
	struct guard *guard;
	struct daemon_names *names;
	struct stack_source stacks;
	struct recorder *recorder; /* NULL: no recording is made */
	int record_error;	   /* negative errno: the recording ends early */
	bool is_said;		   /* why it ended was told already */
	struct symbol_source symbols;
	bool is_dated;		   /* report.now is of this round */
	bool has_said;		   /* what is missing in the report */
};

/* From here on the third signal ends us at once: the output may be a pipe that nobody reads. */
enum { SIGNALS_PATIENT = 2 };

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	if (++interrupted > SIGNALS_PATIENT) {
		signal(number, SIG_DFL);
		raise(number);
	}
}

void tracer_catch_signals(void)
{
	struct sigaction action = {.sa_handler = on_signal}, old;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	if (!sigaction(SIGHUP, NULL, &old) && old.sa_handler != SIG_IGN) /* nohup cephtap ... & */
		sigaction(SIGHUP, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL); /* otherwise nobody could ask how our helpers have ended */
}

bool tracer_was_interrupted(void)
{
	return interrupted;
}

static int recorded(struct tracer *tracer, int error)
{
	if (error && error != tracer->engine_error)
		tracer->record_error = error;
	return error;
}

/* When its file fails, the recording ends there; what is printed beside it goes on to its end. */
static bool is_recording(const struct tracer *tracer)
{
	return tracer->recorder && !tracer->record_error;
}

/* What the report misses, and does not say itself: on stderr, and in the recording, whose readers must know it too. */
static void tell(struct tracer *tracer, const char *text)
{
	struct shown line = {0};

	shown_printf(&line, "%s: ", tracer->config->name);
	shown_text(&line, SHOWN_SENTENCE, text, strlen(text));
	shown_puts(&line, "\n");
	say_shown(stderr, &line);
	if (is_recording(tracer))
		recorded(tracer, recorder_say(tracer->recorder, text));
	else if (tracer->config->record && !tracer->recorder)
		pipeline_note(tracer->pipeline, text);
}

/* With the names of files, which are anybody's. */
static void on_named(void *data, const char *sentence)
{
	struct buf text = {0};

	shown_add(&text, SHOWN_NAME, sentence, strlen(sentence));
	tell(data, text.data);
	buf_free(&text);
}

static void on_said(void *data, const char *text)
{
	tell(data, text);
}

static int engine_said(struct tracer *tracer, int error)
{
	if (error)
		tracer->engine_error = error;
	return error;
}

static int source_each(void *data, unsigned agg, int (*row)(void *, const void *, const void *, unsigned), void *row_data)
{
	struct tracer *tracer = data;

	return engine_said(tracer, engine_agg_each(tracer->engine, agg, row, row_data));
}

static int source_remove(void *data, unsigned agg, const void *key)
{
	struct tracer *tracer = data;

	return engine_said(tracer, engine_agg_delete(tracer->engine, agg, key));
}

static int source_zero(void *data, unsigned agg, const void *key)
{
	struct tracer *tracer = data;

	return engine_said(tracer, engine_agg_zero(tracer->engine, agg, key));
}

/* What is printed from here on is of this moment. */
static void date(struct tracer *tracer)
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
		date(tracer);
	error = reader_record(tracer->reader, record, size);
	if (error == -EBADMSG) {
		tracer->foreign++;
		return 0;
	}
	if (error && !tracer->output_error)
		tracer->output_error = error;
	if (!error && is_recording(tracer))
		error = recorded(tracer, recorder_record(tracer->recorder, record, size));
	return error;
}

static void say_one(void *data, const char *sentence)
{
	say(stderr, "%s: %s\n", (const char *)data, sentence);
}

void tracer_say_left_out(const struct pipeline *pipeline, const char *name)
{
	identity_say(host_identity(pipeline->host), say_one, (void *)name);
}

static void say_strangers(struct tracer *tracer)
{
	identity_say(host_identity(tracer->pipeline->host), on_named, tracer);
}

static void on_new_process(void *data, pid_t pid, const char *label)
{
	struct tracer *tracer = data;

	daemon_names_add(tracer->names, pid, label);
}

static int report_drops(struct tracer *tracer)
{
	uint64_t drops[DROP_CAUSES];
	int error = 0;

	engine_drops(tracer->engine, drops);
	for (unsigned i = 0; i < DROP_CAUSES && !error; i++) {
		if (drops[i] > tracer->reported[i]) {
			mark_events_dropped(drop_name(i), drops[i] - tracer->reported[i]);
			error = tracer->report.ops->drop(&tracer->report, i, drops[i] - tracer->reported[i]);
			if (!error && is_recording(tracer))
				error = recorded(tracer, recorder_drop(tracer->recorder, i, drops[i] - tracer->reported[i]));
		}
		tracer->reported[i] = drops[i];
	}
	return error;
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

	date(tracer);
	observe(tracer);
	error = config->interval(&tracer->report, is_last, config->data);
	if (!error && is_recording(tracer))
		error = recorded(tracer, recorder_interval(tracer->recorder, is_last));
	return error;
}

static int poll_records(struct tracer *tracer, int timeout_ms)
{
	tracer->is_dated = false;
	return engine_poll(tracer->engine, timeout_ms, on_record, tracer);
}

/* One round of reading: records, then what is due by time. */
static int step(struct tracer *tracer, int timeout_ms)
{
	const struct tracer_config *config = tracer->config;
	uint64_t now;
	int n = poll_records(tracer, timeout_ms), error = 0;

	if (n < 0)
		return n;
	if (!tracer->is_dated)
		date(tracer);
	now = tracer->report.now.mono_ns;
	if (now >= tracer->next_drops_ns) {
		error = report_drops(tracer);
		tracer->next_drops_ns = now + DROPS_EVERY_NS;
	}
	unwinder_step(tracer->pipeline->unwinder);
	daemon_names_step(tracer->names);
	guard_step(tracer->guard, &tracer->report.now);
	if (!error && config->interval && config->interval_ns && now >= tracer->next_interval_ns) {
		error = print_interval(tracer, false);
		tracer->next_interval_ns += config->interval_ns;
	}
	if (!error)
		error = tick(tracer);
	if (!error && is_recording(tracer))
		error = recorded(tracer, recorder_step(tracer->recorder));
	return error ? error : report_flush(&tracer->report);
}

/* What comes from here on is not all there is: a report that goes on would be wrong and not say so. */
static bool links_gone(struct tracer *tracer)
{
	if (!tracer->has_lost && engine_has_lost_links(tracer->engine)) {
		tracer->has_lost = true;
		tell(tracer, "a process ct-links, which holds the probes, was killed: what follows was not seen; tracing stopped");
	}
	return tracer->has_lost;
}

/* There was a reserve, for what is left to do: reading and printing what was gathered. */
static bool memory_gone(struct tracer *tracer)
{
	if (!tracer->has_lost && memory_is_short()) {
		tracer->has_lost = true;
		tell(tracer, "memory is short on this host: what follows was not seen; tracing stopped");
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
	if (interrupted)
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

/* `source` is what the reader is to read from then on. */
static void start_recorder(struct tracer *tracer, struct agg_source *source)
{
	const struct tracer_config *config = tracer->config;

	if (!config->record)
		return;
	tracer->recorder = recorder_new(config->record, &tracer->report);
	*source = recorder_source(tracer->recorder, *source);
}

static void say_recorded(const struct tracer *tracer)
{
	struct recorder_counts counts;

	if (!tracer->recorder)
		return;
	counts = recorder_counts(tracer->recorder);
	say(stderr, "%s: recorded %" PRIu64 " record%s, %.1f MB\n", tracer->config->name, counts.records,
	    counts.records == 1 ? "" : "s", (double)counts.bytes / 1e6);
}

/* Symbols without stacks too: %a prints addresses of the kernel. */
static void name_addresses(struct tracer *tracer)
{
	struct pipeline *pipeline = tracer->pipeline;
	struct symbols *symbols = symbols_new(pipeline->arena, pipeline->mappings);

	tracer->stacks = symbols_stacks(symbols, tracer->engine, pipeline->image);
	if (pipeline->mappings)
		tracer->report.stacks = &tracer->stacks;
	tracer->symbols = symbol_texts(pipeline->arena, symbols, tracer->engine, pipeline->image);
	tracer->report.symbols = &tracer->symbols;
}

/* The schema was made before anything was attached. */
static void note_refused(struct pipeline *pipeline)
{
	const struct checked *checked = pipeline->checked;

	for (unsigned i = 0; i < checked->probes_len; i++)
		pipeline->image->schema->probes[i].is_refused = checked->probes[i]->why_not != NULL;
}

static void begin_reading(struct tracer *tracer)
{
	struct agg_source source = {tracer, source_each, source_remove, source_zero, NULL};
	struct pipeline *pipeline = tracer->pipeline;

	tracer->report.schema = pipeline->image->schema;
	note_refused(pipeline);
	date(tracer);
	name_addresses(tracer);
	start_recorder(tracer, &source);
	tracer->reader = reader_new(pipeline->image->schema, source, &tracer->report);
	tracer->report.reader = tracer->reader;
}

/* What was said before there was a recording: of places that could not be probed, of processes that are left out. */
static void record_said(struct tracer *tracer)
{
	const struct pipeline *pipeline = tracer->pipeline;

	for (unsigned i = 0; is_recording(tracer) && i < pipeline->said_len; i++)
		recorded(tracer, recorder_say(tracer->recorder, pipeline->said[i]));
}

static int drain(struct tracer *tracer)
{
	int n;

	do {
		n = poll_records(tracer, 0);
	} while (n > 0);
	return n;
}

/*
 * To the same script with more probes. Both are attached: the one stops firing at the moment at which the other begins, and what
 * it has recorded is read before it goes.
 */
static int go_over(struct tracer *tracer, struct pipeline *next)
{
	struct reader *before = tracer->reader;
	enum image_run old = engine_get_run(tracer->engine);
	int error;

	engine_set_run(tracer->engine, RUN_EXITING);
	engine_set_run(next->engine, old);
	error = drain(tracer);
	if (!error)
		error = report_drops(tracer);
	engine_detach(tracer->engine);
	memset(tracer->reported, 0, sizeof(tracer->reported));
	tracer->pipeline = next;
	tracer->engine = next->engine;
	daemon_names_fill(tracer->names, next);
	guard_go_over(tracer->guard, next->engine);
	begin_reading(tracer);
	reader_take_over(tracer->reader, before);
	if (reader_has_exited(tracer->reader))
		engine_set_run(tracer->engine, RUN_EXITING);
	reader_free(before);
	return error;
}

static int loop(struct tracer *tracer)
{
	const struct pipeline *pipeline = tracer->pipeline;
	struct pipeline *next;
	uint64_t start = now_ns();
	const char *why = NULL;
	int error = 0;

	mark_trace_start(pipeline->checked->probes_len, pipeline->target.pids_len);
	while (!error && !(why = why_stop(tracer))) {
		error = step(tracer, timeout_ms(tracer));
		next = error ? NULL : late_step(tracer->late);
		if (next)
			error = go_over(tracer, next);
	}
	mark_trace_done(error ? "error" : why, error, now_ns() - start);
	return error;
}

static void say_foreign(struct tracer *tracer)
{
	struct buf text = {0};

	buf_printf(&text, "%" PRIu64 " record%s could not be read and %s left out: this is a bug of cephtap", tracer->foreign,
		   tracer->foreign == 1 ? "" : "s", tracer->foreign == 1 ? "is" : "are");
	if (tracer->foreign)
		tell(tracer, text.data);
	buf_free(&text);
}

static void say_left_out(struct tracer *tracer)
{
	unsigned files = unwinder_left_out(tracer->pipeline->unwinder);
	struct buf text = {0};

	buf_printf(&text,
		   "stacks end early in %u file%s: there was no room for more call-frame information; choose fewer processes, e.g. with "
		   "-p",
		   files, files == 1 ? "" : "s");
	if (files)
		tell(tracer, text.data);
	buf_free(&text);
}

/* Scripts that are reports of ours are quiet for the sake of what they print. */
static bool is_told_of_costs(const struct tracer *tracer)
{
	const struct tracer_config *config = tracer->config;

	return (!tracer->pipeline->options.quiet || config->has_rows) && !config->ops->wants_tables;
}

/* Once: before the recording ends, and in any case. */
static void say_missing(struct tracer *tracer)
{
	if (!tracer->has_said)
		say_foreign(tracer);
	if (!tracer->has_said)
		say_left_out(tracer);
	if (!tracer->has_said)
		say_strangers(tracer);
	trouble_tell(on_named, tracer);
	if (!tracer->has_said)
		guard_end(tracer->guard, is_told_of_costs(tracer));
	tracer->has_said = true;
}

static int finish(struct tracer *tracer)
{
	const struct tracer_config *config = tracer->config;
	int error = drain(tracer);

	date(tracer);
	if (!error && config->interval)
		error = print_interval(tracer, true);
	if (!error)
		error = reader_finish(tracer->reader);
	if (!error)
		error = report_drops(tracer);
	if (!error)
		error = tracer->report.ops->end(&tracer->report);
	say_missing(tracer);
	if (!error && is_recording(tracer))
		error = recorded(tracer, recorder_end(tracer->recorder, reader_exit_status(tracer->reader)));
	return error;
}

static void say_timing(struct tracer *tracer)
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

static void say_error(const struct tracer *tracer, int error)
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

/* What had the recording's name before is replaced when there is something to record, and not by what could not begin. */
static int publish(struct tracer *tracer)
{
	struct write_file *file = tracer->config->record ? tracer->config->record->file : NULL;
	struct buf why = {0};
	int error = file ? write_publish(file, &why) : 0;

	if (error)
		say(stderr, "%s: %s\n", tracer->config->name, why.data);
	tracer->is_said = error;
	buf_free(&why);
	return recorded(tracer, error);
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
	tell(tracer, text.data);
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
		error = engine_said(tracer, engine_run_direct(tracer->engine, PROBE_BEGIN));
	if (!error && engine_get_run(tracer->engine) != RUN_EXITING)
		engine_set_run(tracer->engine, RUN_ON);
	if (config->seconds)
		tracer->end_ns = now_ns() + config->seconds * 1000000000u;
	tracer->next_drops_ns = now_ns() + DROPS_EVERY_NS;
	tracer->next_interval_ns = now_ns() + config->interval_ns;
	if (config->child)
		release(tracer);
	date(tracer);
	observe(tracer);
	if (config->on_start)
		config->on_start(&tracer->report, config->data);
	if (!error && is_recording(tracer))
		error = recorded(tracer, recorder_start(tracer->recorder));
	return error;
}

static int run(struct tracer *tracer)
{
	int error = begin(tracer), end_error;

	if (!error)
		error = loop(tracer);
	if (tracer->config->tick)
		tracer->config->tick(&tracer->report, true, tracer->config->data);
	links_gone(tracer);
	guard_close(tracer->guard);
	engine_set_run(tracer->engine, RUN_EXITING);
	end_error = engine_said(tracer, engine_run_direct(tracer->engine, PROBE_END));
	engine_detach(tracer->engine);
	if (!error)
		error = end_error;
	if (!error || (error == tracer->record_error && !tracer->is_said))
		end_error = finish(tracer);
	return error ? error : end_error;
}

/* Processes that are chosen by what they are come and go, which follow.c sees to. */
static bool is_by_rule(const struct target_list *targets)
{
	unsigned i;

	for (i = 0; targets && i < targets->processes_len; i++)
		if (targets->processes[i].by_rule)
			return true;
	return false;
}

/* What nobody could read is not written. */
static bool can_record(const struct tracer_config *config)
{
	struct buf why = {0};
	bool good = !config->record || schema_is_sound(config->pipeline->image->schema, &why);

	if (!good)
		say(stderr, "%s: this script cannot be recorded: %s: this is a bug of cephtap\n", config->name, why.data);
	buf_free(&why);
	return good;
}

int tracer_run(const struct tracer_config *config)
{
	struct pipeline *pipeline = config->pipeline;
	struct tracer tracer = {.config = config, .pipeline = pipeline, .engine = pipeline->engine};
	int error, status;

	if (config->targets)
		target_say(config->targets, on_named, &tracer);
	tracer.names = daemon_names_new(pipeline->arena);
	daemon_names_fill(tracer.names, pipeline);
	if (!config->says_at_end)
		say_strangers(&tracer);
	error = can_record(config) ? engine_attach(tracer.engine, &pipeline->diags) : -EINVAL;
	if (error || !config->names_refused)
		pipeline_say(pipeline, stderr);
	if (error) {
		say_strangers(&tracer);
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
		.say = on_said,
		.on_new = on_new_process,
		.data = &tracer,
	});
	tracer.guard = guard_new(&(struct guard_config){
		.arena = pipeline->arena,
		.engine = tracer.engine,
		.target = &pipeline->target,
		.percent = (unsigned)pipeline->options.maxcost,
		.say = on_said,
		.data = &tracer,
	});
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
	};
	begin_reading(&tracer);
	record_said(&tracer);
	if (config->awaits_markers && !config->record && !config->ctf && !is_by_rule(config->targets))
		tracer.late = late_new(pipeline, config->name, pipeline->options.quiet || config->ops == &report_json);
	error = run(&tracer);
	say_missing(&tracer);
	if (error && !tracer.is_said)
		say_error(&tracer, error);
	say_recorded(&tracer);
	say_timing(&tracer);
	status = error || tracer.has_lost || tracer.report.has_failed ? 1 : reader_exit_status(tracer.reader);
	reader_free(tracer.reader);
	recorder_free(tracer.recorder);
	report_free(&tracer.report);
	daemon_names_close(tracer.names);
	guard_free(tracer.guard);
	late_free(tracer.late);
	return status;
}
