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
#include "lib/shown.h"
#include "recording/replay.h"
#include "views/calls.h"
#include "report/ctf.h"
#include "report/formats.h"

enum { OPT_FOLDED = 256, OPT_BY, OPT_BEFORE, OPT_SCRIPT, OPT_ABOUT, OPT_SLOWEST, OPT_CTF };
enum { SLOWEST_MAX = 1000 };

static const char help[] =
	"Usage: cephtap replay [OPTIONS] FILE...\n"
	"\n"
	"Prints the report that was recorded with cephtap record, on any host, without root.\n"
	"Several files of the same report or script become one: aggregations are summed, records are ordered by time.\n"
	"\n"
	"  --folded       of report profile and calls: one line for each stack, a;b;c COUNT\n"
	"  --by WHAT      of report profile: thread, process, or stage\n"
	"  --before FILE  of report profile: compare with another run's --folded\n"
	"  --slowest N    of report op and calls: the N that took longest\n"
	"  -v             of reports: all there is\n"
	"  --ctf DIR      of a script: write each record as an event of a CTF trace into the new folder DIR as well\n"
	"  -o FILE        append the report to FILE\n"
	"  --about        print where and when the files were recorded, and of what\n"
	"  --script       print the recorded script\n";

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
		abort();
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
	const struct report_kind *kind; /* NULL: a script, or calls */
	bool is_calls;
	struct calls_options calls;
	struct replay_config config;
	struct arena *arena;
};

static void on_start(const struct report *report, void *data)
{
	struct run *run = data;

	report_views_start(&run->request->views, report);
}

static int print_view(struct report *report, bool is_last, void *data)
{
	struct run *run = data;

	return run->kind->print(report, is_last, report_view(run->kind, &run->request->views));
}

/* What --every printed. */
static int print_tables(struct report *report, bool is_last, void *data)
{
	(void)data;
	return is_last ? 0 : report_tables(report);
}

static uint64_t fact(const struct run *run, const char *name, uint64_t otherwise)
{
	return replay_fact(run->replay, name, otherwise);
}

/* Of which op: as it was asked when it was recorded, unless it is asked otherwise now. */
static void take_op_facts(struct run *run)
{
	struct op_view *op = &run->request->views.op;

	if (!run->request->has_slowest)
		op->slowest_asked = fact(run, "slowest", 1);
	if (!op->has_client && fact(run, "has-client", false)) {
		op->has_client = true;
		op->client = fact(run, "client", 0);
	}
	if (!op->has_tid && fact(run, "has-tid", false)) {
		op->has_tid = true;
		op->tid = fact(run, "tid", 0);
	}
}

static void take_facts(struct run *run)
{
	struct replay_request *request = run->request;
	uint64_t by = fact(run, "by", PROFILE_BY_THREAD);

	request->views.layout.interval = (unsigned)fact(run, "interval", 0);
	request->views.layout.only_at_end = fact(run, "at-end", false);
	request->views.profile.hz = (unsigned)fact(run, "hz", 0);
	request->views.profile.cpus = (unsigned)replay_fact_sum(run->replay, "cpus");
	if (!request->has_by && by <= PROFILE_BY_STAGE)
		request->views.profile.by = (enum profile_by)by;
	if (!run->is_calls)
		take_op_facts(run);
	run->calls = (struct calls_options){
		.trigger = fact_text(&replay_host(run->replay, 0)->facts, CALLS_TRIGGER, "?"),
		.form = request->form == FORM_JSON ? CALLS_JSON : request->views.profile.folded ? CALLS_FOLDED : CALLS_TEXT,
		.slowest = (unsigned)(request->has_slowest ? request->views.op.slowest_asked : fact(run, "slowest", 0)),
	};
	if (run->calls.slowest > SLOWEST_MAX)
		run->calls.slowest = SLOWEST_MAX;
	if (request->views.op.slowest_asked > SLOWEST_MAX)
		request->views.op.slowest_asked = SLOWEST_MAX;
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

	run->is_calls = !strcmp(report, "calls");
	run->kind = is_script || run->is_calls ? NULL : report_kind_find(report);
	if (!is_script && !run->is_calls && !run->kind)
		return refuse(run, "%s is a recording of report `%s`, which this cephtap does not have", name, report);
	if (request->report && is_script)
		return refuse(run, "%s is a recording of a script, not of report `%s`: see cephtap replay", name, request->report);
	if (request->report && strcmp(request->report, report))
		return refuse(run, "%s is a recording of report `%s`, not of `%s`", name, report, request->report);
	return true;
}

/* Each form that a report has live, and no other. */
static bool has_form(const struct run *run)
{
	enum report_form form = run->request->form;
	unsigned forms = run->is_calls ? 1u << FORM_JSON : run->kind ? run->kind->forms : 0;

	if (form == FORM_TEXT || !forms || (forms & 1u << form))
		return true;
	return refuse(run, "`%s` cannot be written as --%s", replay_host(run->replay, 0)->report, report_formats[form].name);
}

/* Threads by their numbers, clocks that count from a host's own start: where hosts cannot be told apart, they are not mixed. */
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
	if (request->has_by && request->views.profile.by == PROFILE_BY_STAGE &&
	    fact(run, "by", PROFILE_BY_THREAD) != PROFILE_BY_STAGE)
		return refuse(run, "%s was not recorded with --by stage", request->paths[0]);
	if (run->kind && run->kind->print == profile_print && !fact(run, "hz", 0))
		return refuse(run, "%s does not say how often it has sampled", request->paths[0]);
	if (run->is_calls && !is_of_one_host(run, "report calls"))
		return false;
	if (!request->ctf)
		return true;
	if (run->is_calls || (run->kind && run->kind->print))
		return refuse(run, "--ctf is for recordings of scripts");
	return is_of_one_host(run, "a CTF trace") && has_times(run);
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
	struct replay_request *request = run->request;
	struct replay_config *config = &run->config;

	config->ops = report_formats[request->form].ops;
	if (run->is_calls) {
		config->ops = &report_calls;
		config->report_data = calls_new(&run->calls);
	} else if (run->kind && run->kind->print) {
		config->ops = run->kind->print == op_print ? &report_op : &report_nothing;
		config->report_data = &request->views.op;
		config->interval = print_view;
		config->on_start = on_start;
	} else if (fact(run, "every", 0)) {
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

	op_begin(&request->views.op);
	error = replay_run(run->replay, &run->config, &said);
	op_free(&request->views.op);
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

static int run_report(struct run *run)
{
	struct replay_request *request = run->request;
	bool good;

	if (!fits(run))
		return 1;
	take_facts(run);
	request->views.layout.form = request->views.profile.form = request->views.op.form = request->form;
	run->config = (struct replay_config){.err = stderr, .has_rows = run->kind, .data = run};
	choose_ops(run);
	good = open_output(run) && print_report(run);
	good &= close_output(run);
	if (run->is_calls)
		calls_free(run->config.report_data);
	return good ? 0 : 1;
}

int replay_report(struct replay_request *request)
{
	struct replay_input *inputs;
	struct run run = {.request = request, .replay = open_files(request, &inputs), .arena = arena_new()};
	int status = run.replay ? run_report(&run) : 1;

	replay_free(run.replay);
	arena_free(run.arena);
	close_files(inputs, request->paths_len);
	return status;
}

/* ---- what a recording is of ---- */

static void print_about(const struct replay *replay, const char *name)
{
	const struct recorded_host *host = replay_host(replay, 0);
	struct tm local = zone_time(&host->zone, host->now.wall_ns);

	say(stdout, "%s: host %s, %d-%02d-%02d %02d:%02d:%02d, cephtap %s, %s%s, probes: %u\n", name, host->host, local.tm_year + 1900,
	    local.tm_mon + 1, local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec, host->version,
	    *host->report ? "report " : "a script", host->report, replay_schema(replay, 0)->probes_len);
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
static int answer_one(struct replay_request *request, int what)
{
	struct replay_input *inputs;
	struct replay *replay = open_files(request, &inputs);

	if (replay && what == OPT_ABOUT)
		print_about(replay, request->paths[0]);
	else if (replay)
		print_script(replay);
	replay_free(replay);
	close_files(inputs, request->paths_len);
	return replay ? 0 : 1;
}

static int answer(const struct replay_request *request, int what)
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
	struct replay_request request;
	struct arena *arena;
	struct buf why;
	const char *before;
	int what; /* OPT_ABOUT, OPT_SCRIPT; 0: the report */
};

static bool take_slowest(struct command_line *line, const char *text)
{
	char *end;
	uint64_t number = strtoull(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end || number > SLOWEST_MAX) {
		buf_printf(&line->why, "--slowest wants a number from 0 to %d, not `%s`", SLOWEST_MAX, text);
		return false;
	}
	line->request.views.op.slowest_asked = number;
	return line->request.has_slowest = true;
}

static bool take_option(struct command_line *line, int c)
{
	struct replay_request *request = &line->request;

	switch (c) {
	case OPT_FOLDED:
		return request->views.profile.folded = true;
	case OPT_BY:
		return request->has_by = report_take_by(optarg, &request->views.profile.by, &line->why);
	case OPT_BEFORE:
		return report_read_before(line->arena, optarg, &request->views.profile.before, &line->why);
	case OPT_SLOWEST:
		return take_slowest(line, optarg);
	case OPT_CTF:
		request->ctf = optarg;
		return true;
	case 'o':
		request->output = optarg;
		return true;
	case 'v':
		return request->views.layout.verbose = request->views.profile.verbose = true;
	case OPT_ABOUT:
	case OPT_SCRIPT:
		line->what = c;
		return true;
	default:
		return formats_take(c, &request->form, &line->why) > 0;
	}
}

/* 0: go on, 1: done, 2: wrong usage. */
static int take_options(struct command_line *line, int argc, char **argv)
{
	static const struct option longs[] = {
		{"folded", no_argument, NULL, OPT_FOLDED},
		{"by", required_argument, NULL, OPT_BY},       {"before", required_argument, NULL, OPT_BEFORE},
		{"verbose", no_argument, NULL, 'v'},	       {"script", no_argument, NULL, OPT_SCRIPT},
		{"slowest", required_argument, NULL, OPT_SLOWEST}, {"ctf", required_argument, NULL, OPT_CTF},
		{"about", no_argument, NULL, OPT_ABOUT},       {"help", no_argument, NULL, 'h'},
		{0},
	};
	int c;

	while ((c = cmd_option("cephtap replay", argc, argv, "o:vh", formats_options(line->arena, longs))) != -1) {
		if (c == 'h') {
			say_lines(stdout, help);
			formats_help(stdout);
			return 1;
		}
		if (!take_option(line, c))
			return 2;
	}
	line->request.paths = argv + optind;
	line->request.paths_len = (unsigned)(argc - optind);
	if (line->request.paths_len)
		return 0;
	buf_puts(&line->why, "name a recording; see cephtap replay --help");
	return 2;
}

int cmd_replay(int argc, char **argv)
{
	struct command_line line = {.request.command = "cephtap replay", .arena = arena_new()};
	int status = take_options(&line, argc, argv);

	signal(SIGPIPE, SIG_IGN);
	if (status == 2 && line.why.size)
		say(stderr, "cephtap replay: %s\n", line.why.data);
	else if (status == 1)
		status = 0;
	else if (!status)
		status = line.what ? answer(&line.request, line.what) : replay_report(&line.request);
	buf_free(&line.why);
	arena_free(line.arena);
	return status;
}
