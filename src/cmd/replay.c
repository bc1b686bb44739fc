/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cephtap replay FILE...: the report that a recording was made of. */
#include "cmd/replay.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "cmd/cmd.h"
#include "lib/shown.h"
#include "recording/replay.h"
#include "report/formats.h"

enum { OPT_FOLDED = 256, OPT_BY, OPT_BEFORE, OPT_SCRIPT, OPT_ABOUT, OPT_SLOWEST };

static const char help[] =
	"Usage: cephtap replay [OPTIONS] FILE...\n"
	"\n"
	"Prints the report that was recorded with cephtap record, on any host, without root.\n"
	"Several files of the same report or script become one: aggregations are summed, records are ordered by time.\n"
	"\n"
	"  --folded       of report profile: one line for each stack, a;b;c COUNT\n"
	"  --by WHAT      of report profile: thread, process, or stage\n"
	"  --before FILE  of report profile: compare with another run's --folded\n"
	"  --slowest N    of report op: so many of those that took longest (default 1)\n"
	"  -v             of reports: all there is\n"
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
	const struct report_kind *kind; /* NULL: a script */
	struct replay_config config;
	bool has_begun;
};

static int print_interval(struct report *report, bool is_last, void *data)
{
	struct run *run = data;
	struct replay_request *request = run->request;

	if (!run->has_begun)
		report_views_start(&request->views, replay_began(run->replay));
	run->has_begun = true;
	return run->kind->print(report, is_last, report_view(run->kind, &request->views));
}

static void take_notes(struct run *run)
{
	struct replay_request *request = run->request;
	uint64_t by = replay_note(run->replay, 0, "by", PROFILE_BY_THREAD);

	request->views.layout.interval = (unsigned)replay_note(run->replay, 0, "interval", 0);
	request->views.profile.hz = (unsigned)replay_note(run->replay, 0, "hz", 0);
	for (unsigned i = 0; i < request->paths_len; i++)
		request->views.profile.cpus += (unsigned)replay_note(run->replay, i, "cpus", 0);
	if (!request->has_by && by <= PROFILE_BY_STAGE)
		request->views.profile.by = (enum profile_by)by;
}

/* Is it a recording that this report can be made from? */
static bool fits(struct run *run)
{
	const struct replay_request *request = run->request;
	struct replay_about about = replay_about(run->replay, 0);
	bool is_script = !*about.report;

	run->kind = is_script ? NULL : report_kind_find(about.report);
	if (!is_script && !run->kind) {
		say(stderr, "%s: %s is a recording of report `%s`, which this cephtap does not have\n", request->command,
		    about.name, about.report);
		return false;
	}
	if (request->report && strcmp(request->report, about.report)) {
		if (is_script)
			say(stderr, "%s: %s is a recording of a script, not of report `%s`: see cephtap replay\n",
			    request->command, about.name, request->report);
		else
			say(stderr, "%s: %s is a recording of report `%s`, not of `%s`\n", request->command, about.name,
			    about.report, request->report);
		return false;
	}
	if (request->has_by && request->views.profile.by == PROFILE_BY_STAGE &&
	    replay_note(run->replay, 0, "by", PROFILE_BY_THREAD) != PROFILE_BY_STAGE) {
		say(stderr, "%s: %s was not recorded with --by stage\n", request->command, about.name);
		return false;
	}
	return true;
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

static int run_report(struct run *run)
{
	struct replay_request *request = run->request;
	struct buf said = {0};
	int error;

	if (!fits(run))
		return 1;
	take_notes(run);
	request->views.layout.form = request->views.profile.form = request->views.op.form = request->form;
	run->config = (struct replay_config){.out = stdout, .err = stderr, .has_rows = run->kind, .data = run};
	run->config.ops = report_formats[request->form].ops;
	if (run->kind && run->kind->print) {
		run->config.ops = run->kind->print == op_print ? &report_op : &report_stages;
		run->config.report_data = &request->views.op;
		run->config.interval = print_interval;
	}
	op_begin(&request->views.op);
	error = replay_run(run->replay, &run->config, &said);
	op_free(&request->views.op);
	say_each_line(request->command, said.data);
	buf_free(&said);
	if (error == -EINVAL)
		say(stderr, "%s: the recording lacks what the report is made of\n", request->command);
	else if (error == -EPIPE)
		say(stderr, "%s: the output was closed\n", request->command);
	else if (error)
		say(stderr, "%s: the report cannot be written: %s\n", request->command, strerror(-error));
	return error ? 1 : 0;
}

int replay_report(struct replay_request *request)
{
	struct replay_input *inputs;
	struct run run = {.request = request, .replay = open_files(request, &inputs)};
	int status = run.replay ? run_report(&run) : 1;

	replay_free(run.replay);
	close_files(inputs, request->paths_len);
	return status;
}

/* ---- what a recording is of ---- */

static void print_about(const struct replay *replay)
{
	struct replay_about about = replay_about(replay, 0);
	time_t seconds = (time_t)(about.start_ns / 1000000000u);
	struct tm local;
	char when[32] = "?";

	if (localtime_r(&seconds, &local))
		strftime(when, sizeof(when), "%F %T", &local);
	say(stdout, "%s: host %s, %s, cephtap %s, %s%s, probes: %u\n", about.name, about.host, when, about.version,
	    *about.report ? "report " : "a script", about.report, about.schema->checked.probes_len);
}

static void print_script(const struct replay *replay)
{
	const struct schema *schema = replay_about(replay, 0).schema;

	for (unsigned i = 0; i < schema->sources_len; i++) {
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
		print_about(replay);
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
		request->views.op.slowest_asked = strtoull(optarg, NULL, 10);
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
		{"slowest", required_argument, NULL, OPT_SLOWEST},
		{"about", no_argument, NULL, OPT_ABOUT},       {"help", no_argument, NULL, 'h'},
		{0},
	};
	int c;

	while ((c = cmd_option("cephtap replay", argc, argv, "vh", formats_options(line->arena, longs))) != -1) {
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
	struct command_line line = {.request.command = "cephtap replay", .request.views.op.slowest_asked = 1, .arena = arena_new()};
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
