/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cephtap report calls: what one function calls, as a tree with times. A script is made from the options and run. */
#include "lib/shown.h"
#include "views/calls.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/calls_script.h"
#include "cmd/cmd.h"
#include "cmd/record.h"
#include "cmd/replay.h"
#include "run/target.h"
#include "run/tracer.h"

enum { OPT_TRIGGER = 256, OPT_FUNCTIONS, OPT_SLOWEST, OPT_FOLDED, OPT_JSON, OPT_SECONDS, OPT_SCRIPT, OPT_MAX_COST };
enum { STATUS_FAILED = 1, STATUS_USAGE = 2, SLOWEST_MAX = 1000, SECONDS_MAX = 1000000, BUFSIZE = 32 << 20 };

static const char help[] =
	"Usage: cephtap report calls --trigger FUNCTION -p PID [OPTIONS]\n"
	"       cephtap report calls [--slowest N] [--json | --folded] FILE\n"
	"\n"
	"What a function calls, as a tree with the time in each step: from each entry of FUNCTION to its return, the chosen functions\n"
	"that the same thread calls. With a FILE: from a recording (cephtap record -o FILE calls ...).\n"
	"\n"
	"  --trigger FUNCTION      as people write it (PrimaryLogPG::do_op), with its parameters, or as it is in the file; a glob\n"
	"  --functions GLOB[,...]  the functions to follow, such as 'PrimaryLogPG::*,BlueStore::*' (default: the trigger's class)\n"
	"  -p PID                  this process; several are allowed\n"
	"  --osd ID[,ID]           these OSDs of this host\n"
	"  --daemon NAME           this daemon: osd.3, or a glob\n"
	"  --cgroup PATH           the processes of this control group\n"
	"  --container ID          the processes of this container\n"
	"  --seconds N             gather for N seconds (default: until ^C)\n"
	"  --slowest N             the N slowest calls one at a time, instead of the sum of all\n"
	"  --json                  one JSON object; times in ns\n"
	"  --folded                folded stacks, `a;b;c N` with N ns in c itself, for flame graphs\n"
	"  --max-cost PERCENT      take probes away, and say so, when they take more of a process's processor time (default: warn at 10)\n"
	"  -x bufsize=SIZE         memory for records that wait to be read (default 32m), where some are lost\n"
	"  --script                print the D script behind the report\n"
	"\n"
	"Columns: time in the function and what it calls; in itself alone; how often it was called; total by count.\n"
	"Each probed function adds some microseconds to its callers' time: doc/report-calls.md.\n";

struct calls_run {
	struct arena *arena;
	struct pipeline pipeline;
	struct target_list targets;
	struct calls_options options;
	const char *functions;
	uint64_t seconds;
	struct buf script, why;
	bool print_script;
	char **files; /* a recording to report on */
	unsigned files_len;
	struct record_request *record; /* NULL: no recording is made */
};

/* --- Options --- */

static const struct option long_options[] = {
	{"trigger", required_argument, NULL, OPT_TRIGGER}, {"functions", required_argument, NULL, OPT_FUNCTIONS},
	{"slowest", required_argument, NULL, OPT_SLOWEST}, {"folded", no_argument, NULL, OPT_FOLDED},
	{"json", no_argument, NULL, OPT_JSON},             {"seconds", required_argument, NULL, OPT_SECONDS},
	{"script", no_argument, NULL, OPT_SCRIPT},         {"help", no_argument, NULL, 'h'},
	{"max-cost", required_argument, NULL, OPT_MAX_COST},
	TARGET_OPTIONS,
	{0},
};

static bool take_number(struct calls_run *run, const char *option, const char *text, uint64_t max, uint64_t *number)
{
	char *end;

	*number = strtoull(text, &end, 10);
	if (text[0] >= '0' && text[0] <= '9' && !*end && *number && *number <= max)
		return true;
	buf_printf(&run->why, "%s wants a number from 1 to %llu, not `%s`", option, (unsigned long long)max, text);
	return false;
}

static bool take_slowest(struct calls_run *run, const char *text)
{
	uint64_t number;

	if (!take_number(run, "--slowest", text, SLOWEST_MAX, &number))
		return false;
	run->options.slowest = (unsigned)number;
	return true;
}

/* Any option of scripts, as `cephtap -x` takes it. */
static bool take_x(struct calls_run *run, const char *text)
{
	const char *equal = strchr(text, '='), *wrong;
	const char *name = equal ? arena_strndup(run->arena, text, (size_t)(equal - text)) : text;
	struct buf why = {0};

	wrong = options_set(&run->pipeline.options, name, equal ? equal + 1 : NULL, &why);
	if (wrong)
		buf_printf(&run->why, "-x %s: %s", text, wrong);
	buf_free(&why);
	return !wrong;
}

static bool take_form(struct calls_run *run, enum calls_form form)
{
	if (run->options.form != CALLS_TEXT && run->options.form != form) {
		buf_puts(&run->why, "--json and --folded exclude each other");
		return false;
	}
	run->options.form = form;
	return true;
}

static bool take_option(struct calls_run *run, int c)
{
	switch (c) {
	case OPT_TRIGGER:
		run->options.trigger = optarg;
		return true;
	case OPT_FUNCTIONS:
		run->functions = optarg;
		return true;
	case OPT_SLOWEST:
		return take_slowest(run, optarg);
	case OPT_FOLDED:
		return take_form(run, CALLS_FOLDED);
	case OPT_JSON:
		return take_form(run, CALLS_JSON);
	case OPT_SECONDS:
		return take_number(run, "--seconds", optarg, SECONDS_MAX, &run->seconds);
	case OPT_MAX_COST:
		return cmd_take_max_cost(&run->pipeline.options, optarg, &run->why);
	case 'x':
		return take_x(run, optarg);
	case OPT_SCRIPT:
		return run->print_script = true;
	default:
		return target_take(&run->targets, c, optarg, &run->why) > 0;
	}
}

/* What is missing, or too much; NULL: nothing. */
static const char *misuse(const struct calls_run *run)
{
	if (run->files_len && (run->record || run->options.trigger || run->targets.processes_len || run->seconds || run->functions))
		return "it takes options only, or a recording as it is; cephtap report calls --help lists them";
	if (run->files_len)
		return NULL;
	if (!run->options.trigger || !*run->options.trigger)
		return "--trigger says which function: cephtap report calls --trigger PrimaryLogPG::do_op --osd 0";
	if (!run->targets.processes_len)
		return "-p, --osd or --daemon says in which process";
	return NULL;
}

/* 0: go on; -1: done; else the exit status. */
static int take_options(struct calls_run *run, int argc, char **argv)
{
	const char *wrong;
	int c;

	while ((c = cmd_option("cephtap report calls", argc, argv, "p:x:h", long_options)) != -1) {
		if (c == 'h') {
			say_lines(stdout, help);
			return -1;
		}
		if (!take_option(run, c))
			return (c == 'p' || c >= TARGET_OSD) && !run->targets.is_misused ? STATUS_FAILED : STATUS_USAGE;
	}
	run->files = argv + optind;
	run->files_len = (unsigned)(argc - optind);
	wrong = misuse(run);
	if (wrong)
		buf_puts(&run->why, wrong);
	return wrong ? STATUS_USAGE : 0;
}

/* --- The run --- */

static bool make_script(struct calls_run *run)
{
	struct target *target = &run->pipeline.target;
	struct calls_request request = {.trigger = run->options.trigger, .functions = run->functions,
					.bufsize = run->pipeline.options.bufsize};
	struct probe_source source;

	target_fill(&run->targets, run->arena, target);
	request.pids = target->pids;
	request.pids_len = target->pids_len;
	run->pipeline.host = probe_host_new(run->arena, target);
	source = probe_host_source(run->pipeline.host);
	return calls_script(run->arena, &request, &source, &run->script, &run->why);
}

static bool compile(struct calls_run *run)
{
	struct source *source = arena_new_one(run->arena, struct source);
	const char *why = engine_why_not();

	if (why) {
		buf_puts(&run->why, why);
		return false;
	}
	*source = (struct source){.name = "the script of this report", .text = run->script.data, .size = run->script.size};
	*arena_push(run->arena, run->pipeline.sources, run->pipeline.sources_len) = source;
	pipeline_run(&run->pipeline, NULL, NULL);
	if (!run->pipeline.diags.errors) /* the report says what cannot be probed */
		diags_init(&run->pipeline.diags, run->arena);
	return pipeline_say(&run->pipeline, stderr);
}

static void on_start(const struct report *report, void *data)
{
	(void)report;
	(void)data;
	if (isatty(STDERR_FILENO))
		say(stderr, "gathering; ^C ends\n");
}

static int trace(struct calls_run *run)
{
	struct calls *calls = calls_new(&run->options);
	struct fact facts[] = {{"slowest", run->options.slowest, ""}, {CALLS_TRIGGER, 0, run->options.trigger}};
	struct tracer_config config = {
		.pipeline = &run->pipeline,
		.ops = &report_calls,
		.report_data = calls,
		.out = stdout,
		.name = run->record ? "cephtap record" : "cephtap report",
		.targets = &run->targets,
		.names_refused = true,
		.seconds = run->seconds,
		.on_start = on_start,
	};
	int status = STATUS_FAILED;

	if (run->record) {
		run->record->config.report = "calls";
		run->record->config.facts = (struct facts){facts, sizeof(facts) / sizeof(facts[0])};
		config.record = &run->record->config;
		config.out = record_open(run->record) ? record_output(run->record) : NULL;
		config.ops = run->record->tee ? &report_calls : &report_nothing;
	}
	if (config.out)
		status = tracer_run(&config);
	if (run->record)
		record_close(run->record);
	if (config.out && config.out != stdout)
		fclose(config.out);
	calls_free(calls);
	return status;
}

static int replay(struct calls_run *run)
{
	struct replay_request request = {
		.command = "cephtap report",
		.report = "calls",
		.paths = run->files,
		.paths_len = run->files_len,
		.views.profile.folded = run->options.form == CALLS_FOLDED,
		.views.op.slowest_asked = run->options.slowest,
		.form = run->options.form == CALLS_JSON ? FORM_JSON : FORM_TEXT,
		.has_slowest = run->options.slowest,
	};

	return replay_report(&request);
}

static int go(struct calls_run *run)
{
	if (run->files_len)
		return replay(run);
	if (!make_script(run))
		return STATUS_FAILED;
	if (run->print_script)
		return say_content(stdout, run->script.data, run->script.size) ? 0 : STATUS_FAILED;
	return compile(run) ? trace(run) : STATUS_FAILED;
}

static int report_calls_of(int argc, char **argv, struct record_request *record)
{
	struct calls_run run = {.record = record};
	int status;

	tracer_catch_signals();
	pipeline_init(&run.pipeline);
	run.pipeline.options.bufsize = BUFSIZE;
	run.pipeline.options.record_time = record;
	run.arena = run.targets.arena = run.pipeline.arena;
	status = take_options(&run, argc, argv);
	if (!status)
		status = go(&run);
	if (run.why.size)
		say(stderr, "cephtap report: %s\n", run.why.data);
	buf_free(&run.why);
	buf_free(&run.script);
	pipeline_free(&run.pipeline);
	return status < 0 ? 0 : status;
}

int cmd_report_calls(int argc, char **argv)
{
	return report_calls_of(argc, argv, NULL);
}

int cmd_calls_record(int argc, char **argv, struct record_request *record)
{
	return report_calls_of(argc, argv, record);
}
