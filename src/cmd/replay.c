/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cephtap replay FILE...: the report that a recording was made of. */
#include "cmd/replay.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/cmd.h"
#include "lib/memory.h"
#include "lib/shown.h"
#include "recording/replay.h"
#include "report/ctf.h"
#include "report/formats.h"

static const char usage[] =
	"Usage: cephtap replay [OPTIONS] FILE...\n"
	"\n"
	"Prints the report that was recorded with cephtap record, on any host, without root.\n"
	"Several files of the same report or script become one: aggregations are summed, records are ordered by time.\n"
	"Options that only some reports have are those of `cephtap report NAME --help`.\n"
	"\n";

/* ---- files ---- */

static FILE *open_file(const char *command, const char *path)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	struct stat about;

	if (file && !fstat(fileno(file), &about) && S_ISDIR(about.st_mode)) {
		fclose(file);
		file = NULL;
		errno = EISDIR;
	}
	if (!file)
		say(stderr, "%s: cannot read %s: %s\n", command, path, strerror(errno));
	return file;
}

static void close_files(struct replay_input *inputs, unsigned len)
{
	for (unsigned i = 0; i < len; i++)
		if (inputs[i].file && inputs[i].file != stdin)
			fclose(inputs[i].file);
	free(inputs);
}

/* NULL: said on stderr. */
static struct replay *open_files(const struct replay_request *request, struct replay_input **inputs)
{
	struct replay *replay = NULL;
	struct buf why = {0};
	bool good = true;

	*inputs = calloc(request->paths_len + 1, sizeof(**inputs));
	if (!*inputs)
		memory_end();
	for (unsigned i = 0; i < request->paths_len && good; i++) {
		(*inputs)[i] = (struct replay_input){request->paths[i], open_file(request->command, request->paths[i])};
		good = (*inputs)[i].file;
	}
	if (good)
		replay = replay_open(*inputs, request->paths_len, &why);
	if (good && !replay)
		say(stderr, "%s: %s\n", request->command, why.data);
	buf_free(&why);
	return replay;
}

/* ---- the report ---- */

struct run {
	struct replay_request *request;
	struct replay *replay;
	const struct view_ops *ops; /* of the report; NULL: a script was recorded */
	struct view_setup setup;
	struct replay_config config;
	struct arena *arena;
};

static void on_start(const struct report *report, void *data)
{
	struct view *view = ((struct run *)data)->setup.view;

	if (view->ops->begin)
		view->ops->begin(view, report);
}

static int on_interval(struct report *report, bool is_last, void *data)
{
	return view_tables(((struct run *)data)->setup.view, report, is_last);
}

/* What --every printed. */
static int print_tables(struct report *report, bool is_last, void *data)
{
	(void)data;
	return is_last ? 0 : report_tables(report);
}

/* False, after a sentence: `...` is what is wrong. */
static bool refuse(const struct run *run, const char *format, ...)
{
	struct shown why = {0};
	va_list args;

	shown_printf(&why, "%s: ", run->request->command);
	va_start(args, format);
	shown_vprintf(&why, format, args);
	va_end(args);
	shown_puts(&why, "\n");
	say_shown(stderr, &why);
	return false;
}

/* Is it a recording that this report can be made from? */
static bool is_of_report(struct run *run)
{
	const struct replay_request *request = run->request;
	const char *report = replay_host(run->replay, 0)->report, *name = request->paths[0];
	bool is_script = !*report;

	run->ops = is_script ? NULL : view_find(report);
	if (!is_script && !run->ops)
		return refuse(run, "%s is a recording of report `%s`, which this cephtap does not have", name, report);
	if (request->report && is_script)
		return refuse(run, "%s is a recording of a script, not of report `%s`: see cephtap replay", name,
			      request->report);
	if (request->report && strcmp(request->report, report))
		return refuse(run, "%s is a recording of report `%s`, not of `%s`", name, report, request->report);
	return true;
}

/* Each form that a report has live, and no other. */
static bool has_form(const struct run *run)
{
	enum report_form form = run->request->form;
	unsigned forms = run->ops ? run->ops->forms : 0;

	if (form == FORM_TEXT || !forms || (forms & 1u << form))
		return true;
	return refuse(run, "`%s` cannot be written as --%s", run->ops->name, report_formats[form].name);
}

/* Threads by their numbers, clocks that count from a host's own start: where hosts cannot be told apart, they are not
 * mixed. */
static bool is_of_one_host(const struct run *run, const char *what)
{
	return run->request->paths_len == 1 || refuse(run, "%s can be made of one recording at a time", what);
}

static bool has_times(const struct run *run)
{
	const struct schema *schema = replay_schema(run->replay, 0);

	for (unsigned i = 0; i < schema->clauses_len; i++)
		if (schema->clauses[i].size && !schema->clauses[i].time)
			return refuse(run, "%s has no times of its records, which --ctf needs", run->request->paths[0]);
	return true;
}

static bool fits(struct run *run)
{
	const struct replay_request *request = run->request;

	if (!is_of_report(run) || !has_form(run))
		return false;
	if (run->ops && run->ops->needs & VIEW_ONE_HOST &&
	    !is_of_one_host(run, arena_printf(run->arena, "report %s", run->ops->name)))
		return false;
	if (!request->ctf)
		return true;
	if (run->ops && run->ops->end)
		return refuse(run, "--ctf is for recordings of scripts");
	return is_of_one_host(run, "a CTF trace") && has_times(run);
}

/* A script has none of the options that reports have. */
static enum outcome refuse_options(const struct run *run, struct buf *why)
{
	for (unsigned i = 0; i < run->request->given->len; i++) {
		const struct cmd_option *option = run->request->given->list[i].option;

		if (option->id != OPTION_VIEW && option->id != OPTION_HTML)
			continue;
		buf_printf(why, "%s is for recordings of reports, and %s is of a script",
			   option_name(run->arena, option), run->request->paths[0]);
		return OUTCOME_MISUSED;
	}
	return OUTCOME_GO_ON;
}

/* The report as it was asked for when it was recorded, but for what is asked otherwise now. */
static enum outcome set_up(struct run *run, struct buf *why)
{
	const struct facts *facts = &replay_host(run->replay, 0)->facts;
	struct view *view;
	enum outcome outcome;
	struct buf reason = {0};

	if (!run->ops)
		return refuse_options(run, why);
	view = run->setup.view = view_new(run->ops, run->arena);
	view->form = run->request->form;
	outcome = view_setup(&run->setup, run->request->given, why);
	if (outcome != OUTCOME_GO_ON)
		return outcome;
	if (run->ops->check && !run->ops->check(view, facts, &reason)) {
		buf_printf(why, "%s %s", run->request->paths[0], reason.data);
		outcome = OUTCOME_FAILED;
	}
	buf_free(&reason);
	view_take_facts(view, facts);
	view->processors = (unsigned)replay_fact_sum(run->replay, "cpus");
	return outcome;
}

static void say_each_line(const char *command, char *lines)
{
	for (char *line = lines, *next; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		say(stderr, "%s: ", command);
		say_lines(stderr, line);
		say(stderr, "\n");
	}
}

static void choose_ops(struct run *run)
{
	struct replay_config *config = &run->config;
	struct view *view = run->setup.view;

	config->ops = view ? view_reader(view, &config->report_data) : report_formats[run->request->form].ops;
	if (view && view->ops->end) {
		config->interval = view_has_tables(view) ? on_interval : NULL;
		config->on_start = on_start;
	} else if (replay_fact(run->replay, "every", 0)) {
		config->interval = print_tables;
	}
}

static bool open_output(struct run *run)
{
	const struct replay_request *request = run->request;
	struct replay_config *config = &run->config;
	struct buf why = {0};

	config->out = request->output ? formats_open(request->form, request->output, &config->path, &why) : stdout;
	config->out_name = request->output;
	if (config->out && request->ctf) {
		config->ctf = ctf_new(request->ctf, config->ops, &why);
		config->ops = config->ctf ? ctf_ops(config->ctf) : NULL;
	}
	if (why.size)
		refuse(run, "%s", why.data);
	buf_free(&why);
	return config->out && config->ops;
}

static bool close_output(struct run *run)
{
	FILE *out = run->config.out;

	ctf_free(run->config.ctf);
	if (!out || out == stdout || !fclose(out) || replay_has_failed(run->replay))
		return true;
	return refuse(run, "%s cannot be written: %s", run->request->output, strerror(errno));
}

static bool print_report(struct run *run)
{
	struct replay_request *request = run->request;
	struct buf said = {0};
	int error;

	error = replay_run(run->replay, &run->config, &said);
	say_each_line(request->command, said.data);
	buf_free(&said);
	if (error == -EINVAL)
		return refuse(run, "the recording lacks what the report is made of");
	if (error == -EPIPE)
		return refuse(run, "the output was closed");
	if (error)
		return refuse(run, "the report cannot be written: %s", strerror(-error));
	return !replay_has_failed(run->replay);
}

static enum outcome run_report(struct run *run)
{
	bool good;

	run->config = (struct replay_config){.err = stderr, .has_rows = run->ops, .data = run};
	choose_ops(run);
	good = open_output(run) && print_report(run);
	good &= close_output(run);
	return good ? OUTCOME_DONE : OUTCOME_FAILED;
}

static enum outcome make_report(struct run *run, struct buf *why)
{
	enum outcome outcome = run->replay && fits(run) ? set_up(run, why) : OUTCOME_FAILED;

	return outcome == OUTCOME_GO_ON ? run_report(run) : outcome;
}

int replay_report(struct replay_request *request)
{
	struct replay_input *inputs;
	struct run run = {.request = request, .replay = open_files(request, &inputs), .arena = arena_new()};
	struct buf why = {0};
	enum outcome outcome = make_report(&run, &why);

	if (!view_finish(&run.setup, &why))
		outcome = OUTCOME_FAILED;
	view_free(run.setup.view);
	replay_free(run.replay);
	arena_free(run.arena);
	close_files(inputs, request->paths_len);
	return cmd_status(request->command, outcome, &why);
}

/* ---- what a recording is of ---- */

static void print_about(const struct replay *replay, const char *name)
{
	const struct recorded_host *host = replay_host(replay, 0);
	struct tm local = zone_time(&host->zone, host->now.wall_ns);

	say(stdout, "%s: host %s, %d-%02d-%02d %02d:%02d:%02d, cephtap %s, %s%s, probes: %u\n", name, host->host,
	    local.tm_year + 1900, local.tm_mon + 1, local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec,
	    host->version, *host->report ? "report " : "a script", host->report, replay_schema(replay, 0)->probes_len);
}

static void print_script(const struct replay *replay)
{
	const struct schema *schema = replay_schema(replay, 0);

	for (unsigned i = 0; i < schema->scripts_len; i++) {
		const struct source *source = schema->sources[i];

		say_content(stdout, source->text, source->size);
		if (source->size && source->text[source->size - 1] != '\n')
			say(stdout, "\n");
	}
}

/* File by file: they need not go together. */
static int answer_one(struct replay_request *request, enum option_id what)
{
	struct replay_input *inputs;
	struct replay *replay = open_files(request, &inputs);

	if (replay && what == OPTION_ABOUT)
		print_about(replay, request->paths[0]);
	else if (replay)
		print_script(replay);
	replay_free(replay);
	close_files(inputs, request->paths_len);
	return replay ? 0 : 1;
}

static int answer(const struct replay_request *request, enum option_id what)
{
	int status = 0;

	for (unsigned i = 0; i < request->paths_len; i++) {
		struct replay_request one = *request;

		one.paths = &request->paths[i];
		one.paths_len = 1;
		status |= answer_one(&one, what);
	}
	return status;
}

/* ---- the command line ---- */

struct command_line {
	struct option_loop loop;
	struct replay_request request;
	struct given_options given;
	struct buf why;
	enum option_id what; /* OPTION_ABOUT, OPTION_SCRIPT; else the report */
};

static enum outcome take_option(void *data, const struct cmd_option *option, const char *text)
{
	struct command_line *line = data;
	const struct option_common common = {.form = &line->request.form};

	switch (option->id) {
	case OPTION_CTF:
		line->request.ctf = text;
		return OUTCOME_GO_ON;
	case OPTION_OUTPUT:
		line->request.output = text;
		return OUTCOME_GO_ON;
	case OPTION_ABOUT:
	case OPTION_SCRIPT:
		line->what = option->id;
		return OUTCOME_GO_ON;
	case OPTION_VIEW:
	case OPTION_HTML:
		*arena_push(line->loop.arena, line->given.list, line->given.len) = (struct given_option){option, text};
		return OUTCOME_GO_ON;
	default:
		return option_take_common(option, text, &common, &line->why);
	}
}

static enum outcome read_command_line(struct command_line *line)
{
	static const struct command_help help = {.usage = usage};
	enum outcome outcome = options_read(&line->loop, &help, take_option, line);

	if (outcome != OUTCOME_GO_ON)
		return outcome;
	line->request.paths = line->loop.argv + optind;
	line->request.paths_len = (unsigned)(line->loop.argc - optind);
	if (line->request.paths_len)
		return OUTCOME_GO_ON;
	buf_puts(&line->why, "name a recording; see cephtap replay --help");
	return OUTCOME_MISUSED;
}

int cmd_replay(int argc, char **argv)
{
	struct command_line line = {.request.command = "cephtap replay"};
	enum outcome outcome;
	int status;

	signal(SIGPIPE, SIG_IGN);
	options_begin(&line.loop, COMMAND_REPLAY, line.request.command, argc, argv);
	line.request.given = &line.given;
	outcome = read_command_line(&line);
	status = cmd_status(line.request.command, outcome, &line.why);
	if (outcome == OUTCOME_GO_ON)
		status = line.what ? answer(&line.request, line.what) : replay_report(&line.request);
	options_end(&line.loop);
	return status;
}
