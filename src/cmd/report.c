/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cephtap report NAME: a script that is inside the binary, with a layout for its aggregations. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/target.h"
#include "lib/embed.h"
#include "report/stages.h"
#include "tracer.h"

enum { OPT_JSON = 256, OPT_SECONDS, OPT_SCRIPT, OPT_OVER };
enum { INTERVAL_SECONDS = 5, SECONDS_MAX = 1000000, OVER_MS = 30 };

/* What $1 of a report's script is. */
enum first_arg { ARG_NONE, ARG_INTERVAL, ARG_OVER };

static const struct report_kind {
	const char *name, *script, *doc;
	bool has_layout; /* its aggregations are laid out by report/stages.c; else the script prints what there is to see */
	enum first_arg arg;
} kinds[] = {
	{"osd", "osd.d", "for each OSD and class of op (read, write, rw, replica): time in each stage, and who was waited for",
	 true, ARG_NONE},
	{"slow-ops", "slow-ops.d", "a line for each op that takes longer than --over: client, object, stages, the replica that came last",
	 false, ARG_OVER},
	{"client", "client.d", "processes that use librados or librbd: ops by pool and OSD, latency, most used objects", false,
	 ARG_INTERVAL},
	{"bluestore", "bluestore.d", "transactions by state, batches of keys, flushes, deferred writes, the device", false, ARG_INTERVAL},
	{"recovery", "recovery.d", "recovery and backfill: objects by PG, data by peer, clients' ops beside it", false, ARG_INTERVAL},
	{"io", "io.d", "who does the I/O: system calls by thread and file, transfers by thread and device, what each OSD uses its device for",
	 false, ARG_INTERVAL},
};

enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

static const char help[] =
	"Usage: cephtap report NAME [OPTIONS]\n"
	"\n"
	"Reports on running Ceph daemons, without a restart. Live every N seconds until ^C, or once with --seconds.\n"
	"Every time that is shown is of that interval alone.\n"
	"\n"
	"  -i, --interval N   seconds between tables (default 5)\n"
	"  --seconds N        gather for N seconds, print once, end\n"
	"  --osd ID[,ID]      these OSDs of this host only (default: all)\n"
	"  --daemon NAME      this daemon only: osd.3, or a glob\n"
	"  --cgroup PATH      the processes of this control group only\n"
	"  --container ID     the processes of this container only\n"
	"  -p PID             this process only\n"
	"  --over TIME        slow-ops: what is slow, such as 20ms, 1.5s, 800us (default 30ms)\n"
	"  -v                 osd: histograms as well\n"
	"  --json             one JSON object a line; osd: for each daemon and class its stages, times in ns\n"
	"  --script           print the D script behind the report, to change it and run it with cephtap SCRIPT.d\n"
	"\n"
	"Columns of osd: count of ops; mean, median, 99th percentile and largest time; share of the whole time of these ops.\n"
	"Percentiles come from buckets of an eighth of a power of two: they are right to within some percent.\n"
	"\n"
	"Reports:\n";

struct report_run {
	struct arena *arena;
	struct pipeline pipeline;
	struct target_list targets;
	struct stages_options layout;
	const struct report_kind *kind;
	uint64_t seconds, interval, over_ns;
	char *args[1]; /* of the script */
	struct buf why;
	bool print_script;
};

static void print_help(void)
{
	fputs(help, stdout);
	for (unsigned i = 0; i < KINDS; i++)
		printf("  %-8s %s\n", kinds[i].name, kinds[i].doc);
}

static const struct embedded *find_script(const char *name)
{
	for (const struct embedded *script = embedded_scripts; script->name; script++)
		if (!strcmp(script->name, name))
			return script;
	return NULL;
}

static bool take_number(struct report_run *run, const char *option, const char *text, uint64_t *number)
{
	char *end;

	*number = strtoull(text, &end, 10);
	if (text[0] >= '0' && text[0] <= '9' && !*end && *number && *number <= 1000000)
		return true;
	buf_printf(&run->why, "%s wants a number of seconds from 1 to 1000000, not `%s`", option, text);
	return false;
}

/* 20ms, 1.5s, 800us, 5000 (ns) */
static bool take_over(struct report_run *run, const char *text)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"", 1}};
	char *end;
	double number = strtod(text, &end);

	for (unsigned i = 0; text[0] >= '0' && text[0] <= '9' && i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(end, units[i].name) && number * units[i].ns < 1e18) {
			run->over_ns = (uint64_t)(number * units[i].ns);
			return true;
		}
	buf_printf(&run->why, "--over wants a time such as 20ms or 1.5s, not `%s`", text);
	return false;
}

static bool take_option(struct report_run *run, int c)
{
	switch (c) {
	case OPT_OVER:
		return take_over(run, optarg);
	case 'i':
		return take_number(run, "--interval", optarg, &run->interval);
	case OPT_SECONDS:
		return take_number(run, "--seconds", optarg, &run->seconds);
	case 'v':
		run->layout.verbose = true;
		return true;
	case OPT_JSON:
		run->layout.json = true;
		return true;
	case OPT_SCRIPT:
		run->print_script = true;
		return true;
	default:
		return target_take(&run->targets, c, optarg, &run->why) > 0;
	}
}

static bool take_kind(struct report_run *run, const char *name)
{
	for (unsigned i = 0; i < KINDS; i++)
		if (!strcmp(kinds[i].name, name))
			run->kind = &kinds[i];
	if (!run->kind)
		buf_printf(&run->why, "there is no report `%s`; cephtap report --help lists them", name);
	return run->kind;
}

static const struct option long_options[] = {
	{"interval", required_argument, NULL, 'i'},        {"seconds", required_argument, NULL, OPT_SECONDS},
	TARGET_OPTIONS,
	{"json", no_argument, NULL, OPT_JSON},             {"script", no_argument, NULL, OPT_SCRIPT},
	{"over", required_argument, NULL, OPT_OVER},       {"verbose", no_argument, NULL, 'v'},               {"help", no_argument, NULL, 'h'},
	{0},
};

/* 0: go on, 1: done; 2: wrong usage, 3: failed; both are in run->why unless getopt has said it. */
static int take_options(struct report_run *run, int argc, char **argv)
{
	int c;

	while ((c = getopt_long(argc, argv, "i:p:vh", long_options, NULL)) != -1) {
		if (c == 'h') {
			print_help();
			return 1;
		}
		if (!take_option(run, c))
			return (c == 'p' || c >= TARGET_OSD) && !run->targets.is_misused ? 3 : 2;
	}
	if (argc - optind != 1) {
		buf_puts(&run->why, "name one report, e.g. `cephtap report osd`; cephtap report --help lists them");
		return 2;
	}
	return take_kind(run, argv[optind]) ? 0 : 2;
}

static void set_script_args(struct report_run *run)
{
	struct macros *macros = &run->pipeline.macros;
	uint64_t interval = run->seconds ? SECONDS_MAX : run->interval ? run->interval : INTERVAL_SECONDS;

	if (run->kind->arg == ARG_NONE)
		return;
	run->args[0] = arena_printf(run->arena, "%llu",
				    (unsigned long long)(run->kind->arg == ARG_OVER ? run->over_ns : interval));
	macros->args = run->args;
	macros->args_len = 1;
	macros->args_used = arena_new_array(run->arena, bool, 2);
}

static bool compile(struct report_run *run)
{
	const struct embedded *script = find_script(run->kind->script);
	struct source *source = arena_new_one(run->arena, struct source);
	const char *why = engine_why_not();

	if (why) {
		fprintf(stderr, "cephtap report: %s\n", why);
		return false;
	}
	*source = (struct source){.name = script->name, .text = script->data, .size = script->size};
	*arena_push(run->arena, run->pipeline.sources, run->pipeline.sources_len) = source;
	run->pipeline.target.pids = target_pids(&run->targets, run->arena, &run->pipeline.target.pids_len);
	set_script_args(run);
	run->pipeline.host = probe_host_new(run->arena, &run->pipeline.target);
	pipeline_run(&run->pipeline, NULL, NULL);
	return pipeline_say(&run->pipeline, stderr);
}

static void on_start(void *data)
{
	const struct stages_options *layout = data;

	if (layout->terminal)
		fputs("gathering; ^C ends\n", stderr);
}

static int go(struct report_run *run)
{
	struct tracer_config config = {
		.pipeline = &run->pipeline,
		.ops = &report_stages,
		.out = stdout,
		.name = "cephtap report",
		.targets = &run->targets,
		.seconds = run->seconds,
		.interval = stages_print,
		.data = &run->layout,
		.on_start = on_start,
	};

	if (run->print_script) {
		const struct embedded *script = find_script(run->kind->script);

		return fwrite(script->data, 1, script->size, stdout) == script->size && !fflush(stdout) ? 0 : 1;
	}
	if (!run->kind->has_layout) {
		config.ops = run->layout.json ? &report_json : &report_text;
		config.interval = NULL;
		run->layout.terminal = isatty(STDERR_FILENO) && !run->layout.json;
		return compile(run) ? tracer_run(&config) : 1;
	}
	if (run->seconds)
		config.interval_ns = (run->seconds + 1) * 2000000000u; /* only at the end */
	else
		run->layout.interval = (unsigned)(run->interval ? run->interval : INTERVAL_SECONDS);
	if (run->layout.interval)
		config.interval_ns = run->layout.interval * 1000000000ull;
	run->layout.terminal = !run->seconds && !run->layout.json && isatty(STDOUT_FILENO);
	return compile(run) ? tracer_run(&config) : 1;
}

int cmd_report(int argc, char **argv)
{
	struct report_run run = {.over_ns = OVER_MS * 1000000ull};
	int status;

	tracer_catch_signals();
	pipeline_init(&run.pipeline);
	run.arena = run.targets.arena = run.pipeline.arena;
	status = take_options(&run, argc, argv);
	if (!status) {
		status = go(&run);
	} else if (status == 1) {
		status = 0;
	} else {
		if (run.why.size)
			fprintf(stderr, "cephtap report: %s\n", run.why.data);
		status = status == 3 ? 1 : 2;
	}
	buf_free(&run.why);
	pipeline_free(&run.pipeline);
	return status;
}
