/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cephtap top: the OSDs of this host, live, on a screen of its own. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ceph/daemons.h"
#include "cmd/cmd.h"
#include "cmd/lacks.h"
#include "cmd/messages.h"
#include "cmd/option.h"
#include "cmd/script.h"
#include "run/target.h"
#include "lib/clock.h"
#include "lib/shown.h"
#include "top/top.h"
#include "top/top_page.h"
#include "top/top_screen.h"
#include "run/tracer.h"

enum { ONCE_LINES = 24, MESSAGE_SIZE = 512 };

static const char usage[] =
	"Usage: cephtap top [OPTIONS]\n"
	"\n"
	"The OSDs of this host, live: ops, bytes, latency, time by stage, the most used objects and clients, the "
	"slowest ops.\n"
	"Needs no restart and no configuration of the daemons. q quits, h says what the other keys are.\n"
	"\n";

static const char no_terminal[] =
	"\nColours are left out when NO_COLOR is set. Where there is no terminal: `cephtap report osd`.\n";

static const struct {
	const char *name;
	char key;
	enum top_view view;
} panels[] = {{"stages", 't', TOP_STAGES},
	      {"objects", 'o', TOP_OBJECTS},
	      {"clients", 'c', TOP_CLIENTS},
	      {"slow", 'l', TOP_SLOW}};

enum { PANELS = sizeof(panels) / sizeof(panels[0]) };

/* What + and - choose from, in seconds. */
static const double intervals[] = {0.5, 1, 2, 5, 10, 30, 60};

struct top_run {
	struct pipeline pipeline;
	struct target_list targets;
	struct buf why;
	struct top_model *model;
	struct top_look look;
	uint64_t began_ns, next_ns; /* of this interval, of the one after it */
	unsigned osds_shown;
	bool once, print_script;
	bool is_open; /* the screen */
	bool has_failed;
	bool is_stale; /* it shows something else than what there is */
	char time[16], message[MESSAGE_SIZE];
};

/* --- Options --- */

static enum outcome take_interval(struct top_run *run, const char *text)
{
	char *end;
	double seconds = strtod(text, &end);

	if (text[0] < '0' || text[0] > '9' || *end || seconds < 0.2 || seconds > 3600) {
		buf_printf(&run->why, "-d wants a number of seconds from 0.2 to 3600, not `%s`", text);
		return OUTCOME_MISUSED;
	}
	run->look.interval = seconds;
	return OUTCOME_GO_ON;
}

static enum outcome take_panel(struct top_run *run, const char *name)
{
	for (unsigned i = 0; i < PANELS; i++)
		if (!strcmp(panels[i].name, name)) {
			run->look.panel = panels[i].view;
			return OUTCOME_GO_ON;
		}
	buf_printf(&run->why, "--panel is stages, objects, clients or slow, not `%s`", name);
	return OUTCOME_MISUSED;
}

static enum outcome take_option(void *data, const struct cmd_option *option, const char *text)
{
	struct top_run *run = data;
	const struct option_common common = {.options = &run->pipeline.options, .targets = &run->targets};

	switch (option->id) {
	case OPTION_INTERVAL:
		return take_interval(run, text);
	case OPTION_PANEL:
		return take_panel(run, text);
	case OPTION_ONCE:
		run->once = true;
		return OUTCOME_GO_ON;
	case OPTION_SCRIPT:
		run->print_script = true;
		return OUTCOME_GO_ON;
	default:
		return option_take_common(option, text, &common, &run->why);
	}
}

static enum outcome read_command_line(struct top_run *run, struct option_loop *loop)
{
	static const struct command_help help = {usage, no_terminal};
	enum outcome outcome = options_read(loop, &help, take_option, run);

	if (outcome != OUTCOME_GO_ON)
		return outcome;
	if (optind < loop->argc)
		buf_printf(&run->why, "there is no option `%s`; see cephtap top --help", loop->argv[optind]);
	else if (!run->once && !run->print_script && (!isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO)))
		buf_puts(&run->why, "this is not a terminal; `cephtap report osd` prints the same OSDs as text, "
				    "`cephtap top --once` one screen");
	return run->why.size ? OUTCOME_MISUSED : OUTCOME_GO_ON;
}

/* --- The page --- */

static const char *without_name(const char *message)
{
	static const char *const names[] = {"cephtap top: ", "cephtap: "};

	for (unsigned i = 0; i < 2; i++)
		if (!strncmp(message, names[i], strlen(names[i])))
			return message + strlen(names[i]);
	return message;
}

static void look_for_message(struct top_run *run)
{
	char line[MESSAGE_SIZE];

	if (!messages_newest(line, sizeof(line)))
		return;
	snprintf(run->message, sizeof(run->message), "%s", without_name(line));
	run->is_stale = true;
}

static void draw(struct top_run *run)
{
	struct arena *arena = arena_new();
	struct top_page page;

	top_screen_size(&run->look.width, &run->look.height);
	top_page_make(arena, run->model, &run->look, &page);
	run->osds_shown = page.osds_shown;
	top_screen_draw(&page);
	arena_free(arena);
	run->is_stale = false;
}

static void print(struct top_run *run)
{
	struct arena *arena = arena_new();
	struct top_page page;

	run->look.width = TOP_WIDTH_MIN;
	run->look.height = ONCE_LINES;
	top_page_make(arena, run->model, &run->look, &page);
	for (unsigned i = 0; i < page.lines_len; i++) {
		say_lines(stdout, page.lines[i].text);
		say(stdout, "\n");
	}
	arena_free(arena);
}

/* --- Keys --- */

static void set_interval(struct top_run *run, double seconds)
{
	run->look.interval = seconds;
	run->next_ns = run->began_ns + (uint64_t)(seconds * 1e9);
}

static void step_interval(struct top_run *run, bool longer)
{
	unsigned n = sizeof(intervals) / sizeof(intervals[0]);

	for (unsigned i = 0; i < n; i++) {
		double seconds = intervals[longer ? i : n - 1 - i];

		if (longer ? seconds > run->look.interval : seconds < run->look.interval) {
			set_interval(run, seconds);
			return;
		}
	}
}

static void next_panel(struct top_run *run)
{
	for (unsigned i = 0; i < PANELS; i++)
		if (panels[i].view == run->look.panel) {
			run->look.panel = panels[(i + 1) % PANELS].view;
			return;
		}
}

static void scroll_osds(struct top_run *run, int step)
{
	unsigned osds = top_table(run->model, TOP_OSDS).rows_len;
	unsigned last = osds > run->osds_shown ? osds - run->osds_shown : 0;

	if (run->look.first > last)
		run->look.first = last;
	if (step < 0 ? run->look.first : run->look.first < last)
		run->look.first += (unsigned)step;
}

static void take_panel_key(struct top_run *run, int key)
{
	for (unsigned i = 0; i < PANELS; i++)
		if (panels[i].key == key)
			run->look.panel = panels[i].view;
}

/* True: it is the one that ends us. */
static bool take_key(struct top_run *run, int key)
{
	switch (key) {
	case 'q':
		return true;
	case 'p':
	case ' ':
		run->look.is_paused = !run->look.is_paused;
		break;
	case 's':
	case '>':
	case TOP_KEY_RIGHT:
		top_sort_step(run->model, TOP_OSDS, 1);
		break;
	case '<':
	case TOP_KEY_LEFT:
		top_sort_step(run->model, TOP_OSDS, -1);
		break;
	case 'r':
		top_sort_reverse(run->model, TOP_OSDS);
		break;
	case 'S':
		top_sort_step(run->model, run->look.panel, 1);
		break;
	case 'R':
		top_sort_reverse(run->model, run->look.panel);
		break;
	case '\t':
		next_panel(run);
		break;
	case 'h':
	case '?':
		run->look.is_help = !run->look.is_help;
		break;
	case '+':
	case '-':
		step_interval(run, key == '+');
		break;
	case TOP_KEY_UP:
	case TOP_KEY_DOWN:
		scroll_osds(run, key == TOP_KEY_UP ? -1 : 1);
		break;
	default:
		take_panel_key(run, key);
	}
	return false;
}

static bool take_keys(struct top_run *run)
{
	int key;

	while ((key = top_screen_key()) != TOP_KEY_NONE) {
		if (take_key(run, key))
			return true;
		run->is_stale = true;
	}
	return false;
}

/* --- The run --- */

/* What is paused is read all the same: what nobody reads fills the kernel's memory, and is no interval's any more. */
static int end_interval(struct top_run *run, struct report *report)
{
	uint64_t now = now_ns();
	time_t day = time(NULL);
	struct tm local;
	int error = top_read(run->look.is_paused ? NULL : run->model, report, (double)(now - run->began_ns) / 1e9);

	run->began_ns = now;
	set_interval(run, run->look.interval);
	if (error || run->look.is_paused)
		return error;
	localtime_r(&day, &local);
	strftime(run->time, sizeof(run->time), "%T", &local);
	run->is_stale = true;
	return 0;
}

static int open_screen(struct top_run *run)
{
	const char *why;

	if (!top_screen_open(messages_say, &why)) {
		say(stderr, "cephtap top: %s\n", why);
		run->has_failed = true;
		return 1;
	}
	run->is_open = run->is_stale = true;
	return 0;
}

static int on_tick_screen(struct top_run *run, struct report *report)
{
	int result = run->is_open ? 0 : open_screen(run);

	if (result)
		return result;
	if (take_keys(run))
		return 1;
	look_for_message(run);
	if (now_ns() >= run->next_ns)
		result = end_interval(run, report);
	if (!result && run->is_stale)
		draw(run);
	return result;
}

static int on_tick_once(struct top_run *run, struct report *report)
{
	int error = 0;

	if (now_ns() < run->next_ns)
		return 0;
	error = end_interval(run, report);
	if (error)
		return error;
	print(run);
	return 1;
}

static int on_tick(struct report *report, bool is_last, void *data)
{
	struct top_run *run = data;

	report->data = run;
	if (!is_last)
		return run->once ? on_tick_once(run, report) : on_tick_screen(run, report);
	top_screen_close(); /* to take the probes out needs a moment: the person has the terminal back before */
	messages_say();
	return 0;
}

static void on_start(const struct report *report, void *data)
{
	struct top_run *run = data;

	(void)report;
	run->began_ns = now_ns();
	set_interval(run, run->look.interval);
}

static int on_drop(struct report *report, enum drop_cause cause, uint64_t count)
{
	struct top_run *run = report->data;

	if (run)
		top_add_lost(run->model, count);
	return report_nothing.drop(report, cause, count);
}

/* Those that have no ops have a row too: that is what one looks for. */
static void add_osds(struct top_run *run)
{
	struct target target = {0};
	struct daemons_request request = {.target = &target};
	struct daemon *daemons = NULL;
	unsigned len = 0;

	target_fill(&run->targets, run->pipeline.arena, &target);
	if (!target.identity)
		run->targets.identity = target.identity = identity_new(run->pipeline.arena);
	request.identity = target.identity;
	daemons_look(&request, run->pipeline.arena, &daemons, &len);
	for (unsigned i = 0; i < len; i++) {
		bool is_chosen = !target.pids_len;

		for (unsigned j = 0; j < target.pids_len; j++)
			is_chosen |= target.pids[j] == daemons[i].pid;
		if (is_chosen && daemons[i].doubt)
			daemons_leave_out(request.identity, &daemons[i], 1);
		else if (is_chosen && !strncmp(daemons[i].name, "osd.", 4))
			top_add_osd(run->model, daemons[i].name);
	}
}

static void say_left_out(void *data, const char *sentence)
{
	(void)data;
	say(stderr, "cephtap top: %s\n", sentence);
}

static bool compile(struct top_run *run)
{
	struct pipeline *pipeline = &run->pipeline;
	const char *why = engine_why_not();

	if (why) {
		say(stderr, "cephtap top: %s\n", why);
		return false;
	}
	if (!top_summary(run->model).osds) {
		identity_say(run->targets.identity, say_left_out, NULL);
		say(stderr, "cephtap top: there is no OSD to look at %s\n",
		    run->targets.processes_len ? "among the chosen processes"
					       : "on this host, or this user may not see it");
		return false;
	}
	target_fill(&run->targets, pipeline->arena, &pipeline->target);
	pipeline->host = probe_host_new(pipeline->arena, &pipeline->target);
	if (!pipeline_run(pipeline, NULL, NULL)) /* that may be why */
		tracer_say_left_out(pipeline, "cephtap top");
	pipeline->options.quiet = false; /* the script is, but that a process has ended is to be said */
	return pipeline_say(pipeline, stderr);
}

static int trace(struct top_run *run)
{
	struct report_ops ops = report_nothing; /* what the script prints is left out */
	struct tracer_config config = {
		.pipeline = &run->pipeline,
		.ops = &ops,
		.out = stdout,
		.name = "cephtap top",
		.targets = &run->targets,
		.tick = on_tick,
		.data = run,
		.on_start = on_start,
	};
	int status;

	ops.drop = on_drop;
	if (!run->once) {
		say(stderr, "cephtap top: attaching ...\n");
		messages_keep();
	}
	status = compile(run) ? tracer_run(&config) : 1;
	if (run->has_failed)
		status = 1;
	top_screen_close();
	messages_say();
	return status;
}

static int go(struct top_run *run)
{
	int status;

	script_add_embedded(&run->pipeline, "top.d");
	run->pipeline.options.may_lack = script_may_lack("top.d");
	if (run->print_script)
		return script_print(&run->pipeline) ? 0 : 1;
	run->look.has_keys = !run->once;
	run->look.time = run->time;
	run->look.message = run->message;
	run->model = top_new();
	add_osds(run);
	top_begin(run->model);
	top_end(run->model, 0); /* a page can be drawn before the first interval is over */
	status = trace(run);
	top_free(run->model);
	return status;
}

int cmd_top(int argc, char **argv)
{
	struct top_run run = {.look = {.panel = TOP_STAGES, .interval = 2}};
	struct option_loop loop;
	enum outcome outcome;
	int status;

	tracer_catch_signals();
	pipeline_init(&run.pipeline);
	run.targets.arena = run.pipeline.arena;
	options_begin(&loop, COMMAND_TOP, "cephtap top", argc, argv);
	outcome = read_command_line(&run, &loop);
	status = cmd_status(loop.name, outcome, &run.why);
	if (outcome == OUTCOME_GO_ON)
		status = go(&run);
	options_end(&loop);
	pipeline_free(&run.pipeline);
	return status;
}
