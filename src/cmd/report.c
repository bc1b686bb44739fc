/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cephtap report NAME: a script that is inside the binary, with a view that lays out what it gathers. */
#include "cmd/report.h"

#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd/calls_script.h"
#include "cmd/cmd.h"
#include "cmd/host_load.h"
#include "cmd/lacks.h"
#include "cmd/host_ops.h"
#include "cmd/replay.h"
#include "cmd/script.h"
#include "cmd/view_setup.h"
#include "lib/shown.h"
#include "run/target.h"
#include "run/tracer.h"
#include "views/calls.h"

enum { INTERVAL_SECONDS = 5, SECONDS_MAX = 1000000, CALLS_BUFSIZE = 32 << 20 };

static const char usage[] =
	"Usage: cephtap report NAME [OPTIONS]\n"
	"       cephtap report NAME [OPTIONS] FILE...\n"
	"\n"
	"Reports on running Ceph daemons, without a restart. Live every N seconds until ^C, or once with --seconds.\n"
	"Every time that is shown is of that interval alone. With FILEs: from recordings (cephtap record), also of "
	"several hosts.\n"
	"\n"
	"Reports; cephtap report NAME --help has the options of each:\n";

static const char columns_help[] =
	"\n"
	"Columns of osd: count of ops; mean, median, 99th percentile and largest time; share of the whole time of "
	"these ops.\n"
	"Percentiles come from buckets of a sixteenth of a power of two: they are right to 5 %.\n";

struct report_run {
	struct arena *arena;
	struct pipeline pipeline;
	struct target_list targets;
	struct option_loop loop;
	struct given_options given;
	const struct view_ops *ops; /* the report that is asked for */
	struct view_setup setup;
	enum report_form form;
	const char *output;
	uint64_t seconds, interval;
	char *args[1]; /* of the script */
	struct buf script, why;
	bool wants_help, print_script, says_start;
	struct fact load[HOST_LOAD_FACTS];
	struct arena *ops_arena; /* of facts: what OSDs tell of their ops in flight */
	char **files;		 /* recordings to report on, instead of this host */
	unsigned files_len;
	struct record_request *record; /* NULL: no recording is made */
};

/* --- The command line --- */

static void print_help(const struct report_run *run)
{
	const struct view_ops *ops = run->ops;

	if (ops) {
		say(stdout, "Usage: cephtap report %s [OPTIONS] [FILE...]\n\n%s: %s.\n", ops->name, ops->name,
		    ops->doc);
		say(stdout, "With FILEs: from recordings (cephtap record -o FILE %s).\n\n", ops->name);
		options_help(stdout, COMMAND_REPORT, ops);
		return;
	}
	say_lines(stdout, usage);
	for (unsigned i = 0; views[i]; i++)
		say(stdout, "  %-10s %s\n", views[i]->name, views[i]->doc);
	say_lines(stdout, columns_help);
}

/* Which report is meant is known when all have been seen. */
static enum outcome keep_option(void *data, const struct cmd_option *option, const char *text)
{
	struct report_run *run = data;

	run->wants_help |= option->id == OPTION_HELP;
	*arena_push(run->arena, run->given.list, run->given.len) = (struct given_option){option, text};
	return OUTCOME_GO_ON;
}

static enum outcome choose_report(struct report_run *run)
{
	int left = run->loop.argc - optind;
	const char *name = left ? run->loop.argv[optind] : NULL;

	run->ops = name ? view_find(name) : NULL;
	if (run->wants_help && (run->ops || !name)) {
		print_help(run);
		return OUTCOME_DONE;
	}
	if (name && !run->ops)
		buf_printf(&run->why, "there is no report `%s`; cephtap report --help lists them", name);
	else if (!name || (run->record && left > 1))
		buf_puts(&run->why, "name one report, e.g. `cephtap report osd`; cephtap report --help lists them");
	if (run->why.size)
		return OUTCOME_MISUSED;
	run->files = run->loop.argv + optind + 1;
	run->files_len = (unsigned)left - 1;
	return OUTCOME_GO_ON;
}

/* What was not recorded cannot be reported. */
static enum outcome check_files(struct report_run *run)
{
	for (unsigned i = 0; run->files_len && i < run->given.len; i++)
		if (run->given.list[i].option->commands & OPTION_GATHERED) {
			buf_printf(&run->why, "files are reported as they were recorded: %s belongs to cephtap record",
				   option_name(run->arena, run->given.list[i].option));
			return OUTCOME_MISUSED;
		}
	return OUTCOME_GO_ON;
}

static bool has_intervals(const struct view_ops *ops)
{
	return ops->interval || ops->needs & VIEW_INTERVAL;
}

static enum outcome take_interval(struct report_run *run, const struct given_option *given)
{
	if (has_intervals(run->ops))
		return option_take_seconds(given->option, given->text, SECONDS_MAX, &run->interval, &run->why);
	buf_printf(&run->why, "`%s` has no --interval: it is printed at the end", run->ops->name);
	return OUTCOME_MISUSED;
}

static enum outcome take(struct report_run *run, const struct given_option *given)
{
	const struct option_common common = {&run->pipeline.options, &run->targets, &run->form};

	switch (given->option->id) {
	case OPTION_INTERVAL:
		return take_interval(run, given);
	case OPTION_SECONDS:
		return option_take_seconds(given->option, given->text, SECONDS_MAX, &run->seconds, &run->why);
	case OPTION_OUTPUT:
		run->output = given->text;
		return OUTCOME_GO_ON;
	case OPTION_SCRIPT:
		run->print_script = true;
		return OUTCOME_GO_ON;
	case OPTION_VIEW: /* set_up() takes them */
	case OPTION_HTML:
		return OUTCOME_GO_ON;
	default:
		return option_take_common(given->option, given->text, &common, &run->why);
	}
}

static enum outcome check_form(struct report_run *run)
{
	if (run->interval && run->ops->needs & VIEW_LINES && run->form != FORM_OPENMETRICS) {
		buf_printf(&run->why, "`%s` prints lines as they come: --interval is for --openmetrics",
			   run->ops->name);
		return OUTCOME_MISUSED;
	}
	if (run->form == FORM_TEXT || !run->ops->forms || run->ops->forms & 1u << run->form)
		return OUTCOME_GO_ON;
	buf_printf(&run->why, "`%s` cannot be written as --%s", run->ops->name, report_formats[run->form].name);
	return OUTCOME_MISUSED;
}

static enum outcome take_all(struct report_run *run)
{
	enum outcome outcome = OUTCOME_GO_ON;

	for (unsigned i = 0; i < run->given.len && outcome == OUTCOME_GO_ON; i++)
		outcome = take(run, &run->given.list[i]);
	return outcome == OUTCOME_GO_ON ? check_form(run) : outcome;
}

/* What the report itself asks for. */
static enum outcome set_up(struct report_run *run)
{
	struct view *view = view_new(run->ops, run->arena);
	enum outcome outcome;

	view->form = run->form;
	if (!run->ops->script)
		run->pipeline.options.bufsize = CALLS_BUFSIZE;
	run->setup = (struct view_setup){.view = view, .options = &run->pipeline.options};
	outcome = view_setup(&run->setup, &run->given, &run->why);
	if (outcome != OUTCOME_GO_ON)
		return outcome;
	if (run->ops->check)
		run->ops->check(view, NULL, &run->why);
	if (!run->why.size && run->ops->needs & VIEW_PROCESSES && !run->targets.processes_len)
		buf_puts(&run->why, "-p, --osd or --daemon says in which process");
	return run->why.size ? OUTCOME_MISUSED : OUTCOME_GO_ON;
}

/* --- What is run --- */

static void set_script_args(struct report_run *run)
{
	const struct view *view = run->setup.view;
	struct macros *macros = &run->pipeline.macros;
	uint64_t number = 0;

	if (run->ops->needs & VIEW_INTERVAL) /* the script prints at the end in any case */
		number = run->seconds ? SECONDS_MAX : run->interval;
	for (unsigned i = 0; i < run->ops->options_len; i++)
		if (run->ops->options[i].is_argument)
			number = view->values[i].number;
	if (!number)
		return;
	run->args[0] = arena_printf(run->arena, "%llu", (unsigned long long)number);
	macros->args = run->args;
	macros->args_len = 1;
	macros->args_used = arena_new_array(run->arena, bool, 2);
}

/* That of `calls` is made of the functions that the chosen processes have. */
static bool make_script(struct report_run *run)
{
	struct target *target = &run->pipeline.target;
	struct calls_request request = {.trigger = view_value(run->setup.view, CALLS_TRIGGER)->text,
					.functions = view_value(run->setup.view, CALLS_FUNCTIONS)->text,
					.pids = target->pids,
					.pids_len = target->pids_len,
					.bufsize = run->pipeline.options.bufsize};
	struct probe_source source = probe_host_source(run->pipeline.host);

	if (!calls_script(run->arena, &request, &source, &run->script, &run->why))
		return false;
	script_add_text(&run->pipeline, "the script of this report", run->script.data, run->script.size);
	return true;
}

static bool add_scripts(struct report_run *run)
{
	const char *more = run->ops->more ? run->ops->more(run->setup.view) : NULL;

	if (!run->ops->script)
		return make_script(run);
	script_add_embedded(&run->pipeline, run->ops->script);
	run->pipeline.options.may_lack = script_may_lack(run->ops->script);
	if (more && !run->print_script)
		script_add_embedded(&run->pipeline, more);
	return true;
}

static bool compile(struct report_run *run)
{
	const char *why = engine_why_not();

	if (why) {
		buf_puts(&run->why, why);
		return false;
	}
	set_script_args(run);
	if (!pipeline_run(&run->pipeline, NULL, NULL)) /* that may be why */
		tracer_say_left_out(&run->pipeline, run->loop.name);
	else if (run->ops->needs & VIEW_NAMES_REFUSED)
		diags_init(&run->pipeline.diags, run->arena);
	return pipeline_say(&run->pipeline, stderr);
}

/* --- The run --- */

static struct facts observe(void *data)
{
	struct report_run *run = data;

	if (run->ops->needs & VIEW_HOST_OPS)
		return host_ops_now(&run->ops_arena, &run->pipeline.target);
	return host_load_now(run->load);
}

static void on_start(const struct report *report, void *data)
{
	struct report_run *run = data;
	struct view *view = run->setup.view;

	if (view->ops->begin)
		view->ops->begin(view, report);
	if (run->says_start)
		say(stderr, "gathering; ^C ends\n");
}

static int on_interval(struct report *report, bool is_last, void *data)
{
	return view_tables(((struct report_run *)data)->setup.view, report, is_last);
}

static bool open_output(struct report_run *run, struct tracer_config *config)
{
	config->out = stdout;
	if (run->output)
		config->out = formats_open(run->form, run->output, &config->path, &run->why);
	config->out_name = run->output;
	return config->out;
}

static bool is_seen_live(const struct report_run *run)
{
	return !run->seconds && !run->form && !run->output && isatty(STDOUT_FILENO) &&
	       (!run->record || run->record->tee);
}

/* How often the view looks: at the end alone (0), each interval, each second. */
static uint64_t interval_ns(const struct report_run *run)
{
	const struct view *view = run->setup.view;

	if (view->interval)
		return view->interval * 1000000000ull;
	return run->ops->needs & VIEW_LOOKS && (view->picture || run->record) ? 1000000000ull : 0;
}

/* Who reads what the script gathers: the view, or the format that is asked for. */
static void set_reader(struct report_run *run, struct tracer_config *config)
{
	struct view *view = run->setup.view;
	bool is_read = !run->record || run->record->tee;

	config->ops = view_reader(view, &config->report_data);
	if (view_has_tables(view)) {
		config->interval = on_interval;
		config->interval_ns = interval_ns(run);
	} else if (!is_read) {
		config->ops = &report_nothing;
	}
	if (run->ops->needs & (VIEW_HOST_LOAD | VIEW_HOST_OPS))
		config->observe = observe;
}

static void set_times(struct report_run *run)
{
	struct view *view = run->setup.view;

	if (!run->interval)
		run->interval = INTERVAL_SECONDS;
	if (run->ops->interval && !run->seconds)
		view->interval = (unsigned)run->interval;
	view->processors = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
	view->is_on_terminal = view->interval && is_seen_live(run);
	run->says_start = (isatty(STDERR_FILENO) && !run->form) ||
			  (run->ops->needs & VIEW_TELLS_START && view_value(view, "verbose")->is_given);
}

static int record(struct report_run *run, struct tracer_config *config)
{
	int status = 1;

	run->record->config.report = run->ops->name;
	run->record->config.facts = view_facts(run->setup.view);
	config->record = &run->record->config;
	config->out = record_open(run->record) ? record_output(run->record) : NULL;
	if (config->out)
		status = tracer_run(config);
	if (!record_close(run->record))
		status = 1;
	if (config->out && config->out != stdout)
		fclose(config->out);
	return status;
}

static int trace(struct report_run *run)
{
	struct tracer_config config = {
		.pipeline = &run->pipeline,
		.is_json = run->form == FORM_JSON,
		.has_rows = true,
		.name = run->loop.name,
		.targets = &run->targets,
		.seconds = run->seconds,
		.says_at_end = run->seconds && !run->record,
		.names_refused = run->ops->needs & VIEW_NAMES_REFUSED,
		.data = run,
		.on_start = on_start,
	};

	if (!open_output(run, &config))
		return 1;
	set_times(run);
	set_reader(run, &config);
	run->pipeline.options.record_time = run->record;
	if (!compile(run))
		return 1;
	return run->record ? record(run, &config) : tracer_run(&config);
}

static int replay(struct report_run *run)
{
	struct replay_request request = {
		.command = "cephtap report",
		.report = run->ops->name,
		.paths = run->files,
		.paths_len = run->files_len,
		.given = &run->given,
		.form = run->form,
		.output = run->output,
	};

	return replay_report(&request);
}

static enum outcome read_command_line(struct report_run *run)
{
	enum outcome outcome = options_read(&run->loop, NULL, keep_option, run);

	if (outcome == OUTCOME_GO_ON)
		outcome = choose_report(run);
	if (outcome == OUTCOME_GO_ON)
		outcome = check_files(run);
	if (outcome == OUTCOME_GO_ON)
		outcome = take_all(run);
	if (outcome == OUTCOME_GO_ON && !run->files_len)
		outcome = set_up(run);
	return outcome;
}

static int go(struct report_run *run)
{
	if (run->files_len)
		return replay(run);
	target_fill(&run->targets, run->arena, &run->pipeline.target);
	run->pipeline.host = probe_host_new(run->arena, &run->pipeline.target);
	if (!add_scripts(run))
		return 1;
	if (run->print_script)
		return script_print(&run->pipeline) ? 0 : 1;
	return trace(run);
}

static int report(int argc, char **argv, struct record_request *record_request)
{
	struct report_run run = {.record = record_request};
	enum outcome outcome;
	int status = 0, misused;

	tracer_catch_signals();
	pipeline_init(&run.pipeline);
	run.arena = run.targets.arena = run.pipeline.arena;
	options_begin(&run.loop, COMMAND_REPORT, record_request ? "cephtap record" : "cephtap report", argc, argv);
	outcome = read_command_line(&run);
	if (outcome == OUTCOME_GO_ON && (status = go(&run)))
		outcome = OUTCOME_FAILED;
	if (!view_finish(&run.setup, &run.why))
		outcome = OUTCOME_FAILED;
	misused = cmd_status(run.loop.name, outcome, &run.why);
	view_free(run.setup.view);
	options_end(&run.loop);
	arena_free(run.ops_arena);
	buf_free(&run.script);
	pipeline_free(&run.pipeline);
	return status ? status : misused;
}

int cmd_report(int argc, char **argv)
{
	return report(argc, argv, NULL);
}

int cmd_report_record(int argc, char **argv, struct record_request *record_request)
{
	return report(argc, argv, record_request);
}
