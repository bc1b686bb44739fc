/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cephtap report NAME: a script that is inside the binary, with a layout for its aggregations. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/host_load.h"
#include "cmd/replay.h"
#include "cmd/report.h"
#include "run/target.h"
#include "lib/embed.h"
#include "lib/file.h"
#include "lib/memory.h"
#include "lib/shown.h"
#include "lib/write.h"
#include "report/formats.h"
#include "views/op.h"
#include "views/stages_heat.h"
#include "run/tracer.h"

enum {
	OPT_SECONDS = 256, OPT_SCRIPT, OPT_OVER, OPT_HZ, OPT_BY, OPT_FOLDED, OPT_INLINES, OPT_BEFORE, OPT_HTML, OPT_PPROF, OPT_CHROME,
	OPT_ICICLE, OPT_CLIENT, OPT_TID, OPT_SLOWEST, OPT_MAX_COST
};
enum { INTERVAL_SECONDS = 5, SECONDS_MAX = 1000000, OVER_MS = 30, HZ = 97, HZ_MAX = 5000, BEFORE_MAX = 256 << 20 };

#define FORM(name) (1u << FORM_##name)

static const struct report_kind kinds[] = {
	{"osd", "osd.d", "for each OSD and class of op (read, write, rw, replica): time in each stage, who was waited for, and what takes most of it",
	 stages_print, ARG_NONE, FORM(JSON) | FORM(OPENMETRICS) | FORM(CSV)},
	{"slow-ops", "slow-ops.d", "a line for each op that takes longer than --over: client, object, stages, the replica that came last",
	 NULL, ARG_OVER, 0},
	{"client", "client.d", "processes that use librados or librbd: ops by pool and OSD, latency, most used objects", NULL,
	 ARG_INTERVAL, 0},
	{"bluestore", "bluestore.d", "transactions by state, batches of keys, flushes, deferred writes, the device", NULL, ARG_INTERVAL, 0},
	{"recovery", "recovery.d", "recovery and backfill: objects by PG, data by peer, clients' ops beside it", NULL, ARG_INTERVAL, 0},
	{"profile", "profile.d", "where processors spend their time: by thread and function, with the stacks of kernel and process", profile_print,
	 ARG_HZ, FORM(JSON) | FORM(CSV)},
	{"sched", "sched.d", "who waits for a processor: time on it, waiting for it, blocked and where; who wakes whom", sched_print,
	 ARG_INTERVAL, FORM(JSON) | FORM(CSV)},
	{"op", "op.d", "the slowest ops, or one, from end to end: client, primary, replicas, stores, on one time line", op_print, ARG_NONE, FORM(JSON)},
	{"offcpu", "offcpu.d", "where threads are blocked: time by the stacks of the kernel and of the process", offcpu_print, ARG_INTERVAL, FORM(JSON)},
	{"io", "io.d", "who does the I/O: system calls by thread and file, transfers by thread and device, what each OSD uses its device for",
	 NULL, ARG_INTERVAL, 0},
};

enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

static const char help[] =
	"Usage: cephtap report NAME [OPTIONS]\n"
	"       cephtap report NAME [--json] [-v] [--by WHAT] [--folded] [--before FILE] FILE...\n"
	"\n"
	"Reports on running Ceph daemons, without a restart. Live every N seconds until ^C, or once with --seconds.\n"
	"Every time that is shown is of that interval alone. With FILEs: from recordings (cephtap record), also of several hosts.\n"
	"\n"
	"  -i, --interval N   seconds between tables (default 5)\n"
	"  --seconds N        gather for N seconds, print once, end\n"
	"  --osd ID[,ID]      these OSDs of this host only (default: all)\n"
	"  --daemon NAME      this daemon only: osd.3, or a glob\n"
	"  --cgroup PATH      the processes of this control group only\n"
	"  --container ID     the processes of this container only\n"
	"  -p PID             this process only\n"
	"  --untrusted        also processes that only look like Ceph's, such as those of a user who can write their program\n"
	"  --max-cost PERCENT take probes away, and say so, when they take more of a process's processor time (default: warn at 10)\n"
	"  --over TIME        slow-ops: what is slow, such as 20ms, 1.5s, 800us (default 30ms)\n"
	"  --hz N             profile: samples per second and processor (default 97)\n"
	"  --by WHAT          profile: thread (default), process, or stage: what an OSD's thread works on\n"
	"  --folded           profile: one line for each stack, a;b;c COUNT, as flamegraph.pl and speedscope read them\n"
	"  --inlines          profile, offcpu: functions that were inlined too, where there is debug information\n"
	"  --before FILE      profile: compare with another run's --folded\n"
	"  --html FILE        profile: a flame graph as well (two runs with --before: what has changed); op: a time line;\n"
	"                     osd: a heat map of latencies over time\n"
	"  --pprof FILE       profile: the samples as pprof reads them (gzip'ed profile.proto) as well\n"
	"  --chrome FILE      op: the same ops as trace events of Chrome, for Perfetto or chrome://tracing, as well\n"
	"  --icicle           profile: the graph with its root above\n"
	"  --slowest N        op: the N that took longest (default 1)\n"
	"  --client N         op: only of this client\n"
	"  --tid M            op: only with this transaction id\n"
	"  -v                 osd: histograms as well; profile: all threads and functions, with their whole names; sched, offcpu: say when they begin\n"
	"  -o FILE            append the report to FILE\n"
	"  --script           print the D script behind the report, to change it and run it with cephtap SCRIPT.d\n"
	"\n"
	"Columns of osd: count of ops; mean, median, 99th percentile and largest time; share of the whole time of these ops.\n"
	"Percentiles come from buckets of an eighth of a power of two: they are right to within some percent.\n"
	"\n"
	"Reports:\n";

static const char forms_help[] = "\nThe report is text for people, or (profile, sched: no openmetrics; op, offcpu: json alone):\n";

struct report_run {
	struct arena *arena;
	struct pipeline pipeline;
	struct target_list targets;
	struct report_views views;
	const char *before, *html, *output;
	FILE *picture; /* --html, in memory until it is whole */
	char *picture_text;
	size_t picture_size;
	enum report_form form;
	const struct report_kind *kind;
	uint64_t seconds, interval, over_ns;
	char *args[1]; /* of the script */
	struct buf why;
	bool print_script, says_start, has_by, has_slowest;
	const char *of_record; /* an option that belongs to what is recorded; NULL: none was given */
	struct fact load[HOST_LOAD_FACTS];
	char **files; /* recordings to report on, instead of this host */
	unsigned files_len;
	struct record_request *record; /* NULL: no recording is made */
};

static void print_help(void)
{
	say_lines(stdout, help);
	for (unsigned i = 0; i < KINDS; i++)
		say(stdout, "  %-10s %s\n", kinds[i].name, kinds[i].doc);
	say(stdout, "  calls      what one function calls, as a tree with times; it has options of its own: cephtap report calls --help\n");
	say_lines(stdout, forms_help);
	formats_help(stdout);
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

bool report_take_by(const char *text, enum profile_by *by, struct buf *why)
{
	static const char *const names[] = {[PROFILE_BY_THREAD] = "thread", [PROFILE_BY_PROCESS] = "process", [PROFILE_BY_STAGE] = "stage"};

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i], text)) {
			*by = (enum profile_by)i;
			return true;
		}
	buf_printf(why, "--by wants thread, process or stage, not `%s`", text);
	return false;
}

static bool take_hz(struct report_run *run, const char *text)
{
	char *end;
	unsigned long hz = strtoul(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end || !hz || hz > HZ_MAX) {
		buf_printf(&run->why, "--hz wants a number of samples per second from 1 to %d, not `%s`", HZ_MAX, text);
		return false;
	}
	run->views.profile.hz = (unsigned)hz;
	return true;
}

static bool take_id(struct report_run *run, const char *option, const char *text, uint64_t max, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 10);
	if (text[0] >= '0' && text[0] <= '9' && !*end && !errno && *number <= max)
		return true;
	buf_printf(&run->why, "%s wants a number from 0 to %llu, not `%s`", option, (unsigned long long)max, text);
	return false;
}

static bool take_option(struct report_run *run, int c)
{
	int taken;

	switch (c) {
	case OPT_MAX_COST:
		return cmd_take_max_cost(&run->pipeline.options, optarg, &run->why);
	case OPT_HZ:
		return take_hz(run, optarg);
	case OPT_BY:
		return run->has_by = report_take_by(optarg, &run->views.profile.by, &run->why);
	case OPT_FOLDED:
		run->views.profile.folded = true;
		return true;
	case OPT_INLINES:
		run->pipeline.options.inlines = true;
		return true;
	case OPT_BEFORE:
		run->before = optarg;
		return true;
	case OPT_HTML:
		run->html = optarg;
		return true;
	case OPT_PPROF:
		run->views.profile.pprof = optarg;
		return true;
	case OPT_CHROME:
		run->views.op.chrome = optarg;
		return true;
	case OPT_ICICLE:
		run->views.profile.icicle = true;
		return true;
	case OPT_SLOWEST:
		run->has_slowest = true;
		return take_id(run, "--slowest", optarg, 1000, &run->views.op.slowest_asked);
	case OPT_CLIENT:
		run->views.op.has_client = true;
		return take_id(run, "--client", optarg, INT64_MAX, &run->views.op.client);
	case OPT_TID:
		run->views.op.has_tid = true;
		return take_id(run, "--tid", optarg, INT64_MAX, &run->views.op.tid);
	case OPT_OVER:
		return take_over(run, optarg);
	case 'i':
		return take_number(run, "--interval", optarg, &run->interval);
	case OPT_SECONDS:
		return take_number(run, "--seconds", optarg, &run->seconds);
	case 'v':
		run->views.layout.verbose = run->views.profile.verbose = true;
		return true;
	case 'o':
		run->output = optarg;
		return true;
	case OPT_SCRIPT:
		run->print_script = true;
		return true;
	default:
		taken = formats_take(c, &run->form, &run->why);
		return taken ? taken > 0 : target_take(&run->targets, c, optarg, &run->why) > 0;
	}
}

/* Options that say what is gathered: what was not recorded cannot be reported. */
static const char *name_of_gathering(int c)
{
	static const struct {
		int c;
		const char *name;
	} options[] = {
		{'i', "--interval"},	    {OPT_SECONDS, "--seconds"}, {OPT_HZ, "--hz"},
		{OPT_OVER, "--over"},	    {OPT_INLINES, "--inlines"}, {'p', "-p"},
		{TARGET_OSD, "--osd"},	    {TARGET_DAEMON, "--daemon"}, {TARGET_CGROUP, "--cgroup"},
		{TARGET_CONTAINER, "--container"},  {OPT_MAX_COST, "--max-cost"},
	};

	for (unsigned i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (options[i].c == c)
			return options[i].name;
	return NULL;
}

const struct report_kind *report_kind_find(const char *name)
{
	for (unsigned i = 0; i < KINDS; i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	return NULL;
}

static bool take_kind(struct report_run *run, const char *name)
{
	run->kind = report_kind_find(name);
	if (!strcmp(name, "calls"))
		buf_puts(&run->why, "write `calls` before its options: cephtap report calls --trigger FUNCTION -p PID");
	else if (!run->kind)
		buf_printf(&run->why, "there is no report `%s`; cephtap report --help lists them", name);
	return run->kind;
}

static bool has_form(struct report_run *run)
{
	if (run->form != FORM_TEXT && run->kind->forms && !(run->kind->forms & 1u << run->form)) {
		buf_printf(&run->why, "`%s` cannot be written as --%s", run->kind->name, report_formats[run->form].name);
		return false;
	}
	run->views.layout.form = run->views.profile.form = run->views.op.form = run->form;
	return true;
}

static const struct option long_options[] = {
	{"interval", required_argument, NULL, 'i'},        {"seconds", required_argument, NULL, OPT_SECONDS},
	TARGET_OPTIONS,
	{"max-cost", required_argument, NULL, OPT_MAX_COST},
	{"script", no_argument, NULL, OPT_SCRIPT},
	{"over", required_argument, NULL, OPT_OVER},       {"hz", required_argument, NULL, OPT_HZ},
	{"by", required_argument, NULL, OPT_BY},           {"folded", no_argument, NULL, OPT_FOLDED},
	{"pprof", required_argument, NULL, OPT_PPROF},     {"chrome", required_argument, NULL, OPT_CHROME},
	{"html", required_argument, NULL, OPT_HTML},       {"icicle", no_argument, NULL, OPT_ICICLE},
	{"client", required_argument, NULL, OPT_CLIENT},   {"tid", required_argument, NULL, OPT_TID},
	{"inlines", no_argument, NULL, OPT_INLINES},       {"slowest", required_argument, NULL, OPT_SLOWEST}, {"before", required_argument, NULL, OPT_BEFORE},   {"verbose", no_argument, NULL, 'v'},               {"help", no_argument, NULL, 'h'},
	{0},
};

/* 0: go on, 1: done; 2: wrong usage, 3: failed; both are in run->why unless cmd_option() has said it. */
static int take_options(struct report_run *run, int argc, char **argv)
{
	const struct option *all_options = formats_options(run->arena, long_options);
	int c, failed = 0;

	while ((c = cmd_option(run->record ? "cephtap record" : "cephtap report", argc, argv, "i:o:p:vh", all_options)) != -1) {
		if (c == 'h') {
			print_help();
			return 1;
		}
		if (name_of_gathering(c))
			run->of_record = name_of_gathering(c);
		if ((failed && name_of_gathering(c)) || take_option(run, c))
			continue;
		failed = (c == 'p' || c >= TARGET_OSD) && !run->targets.is_misused ? 3 : 2;
		if (!name_of_gathering(c))
			return failed;
	}
	if (failed && argc - optind < 2) /* else there are files, with which it makes no sense anyway */
		return failed;
	buf_clear(&run->why);
	if (optind == argc || (run->record && argc - optind > 1)) {
		buf_puts(&run->why, "name one report, e.g. `cephtap report osd`; cephtap report --help lists them");
		return 2;
	}
	if (!take_kind(run, argv[optind]) || !has_form(run))
		return 2;
	run->files = argv + optind + 1;
	run->files_len = (unsigned)(argc - optind - 1);
	if (run->files_len && run->of_record) {
		buf_printf(&run->why, "files are reported as they were recorded: %s belongs to cephtap record", run->of_record);
		return 2;
	}
	return 0;
}

static void set_script_args(struct report_run *run)
{
	struct macros *macros = &run->pipeline.macros;
	uint64_t interval = run->seconds ? SECONDS_MAX : run->interval ? run->interval : INTERVAL_SECONDS;

	if (run->kind->arg == ARG_NONE)
		return;
	run->args[0] = arena_printf(run->arena, "%llu",
				    (unsigned long long)(run->kind->arg == ARG_OVER ? run->over_ns
							 : run->kind->arg == ARG_HZ ? run->views.profile.hz
										    : interval));
	macros->args = run->args;
	macros->args_len = 1;
	macros->args_used = arena_new_array(run->arena, bool, 2);
}

static void add_script(struct report_run *run, const char *name)
{
	*arena_push(run->arena, run->pipeline.sources, run->pipeline.sources_len) =
		embedded_find(run->arena, embedded_scripts, name);
}

static bool compile(struct report_run *run)
{
	const char *why = engine_why_not();

	if (why) {
		say(stderr, "cephtap report: %s\n", why);
		return false;
	}
	add_script(run, run->kind->script);
	if (run->views.profile.by == PROFILE_BY_STAGE)
		add_script(run, "profile-stages.d");
	target_fill(&run->targets, run->arena, &run->pipeline.target);
	set_script_args(run);
	run->pipeline.host = probe_host_new(run->arena, &run->pipeline.target);
	if (!pipeline_run(&run->pipeline, NULL, NULL)) /* that may be why */
		tracer_say_left_out(&run->pipeline, run->record ? "cephtap record" : "cephtap report");
	return pipeline_say(&run->pipeline, stderr);
}

static struct facts observe(void *data)
{
	return host_load_now(((struct report_run *)data)->load);
}

static void on_start(const struct report *report, void *data)
{
	struct report_run *run = data;

	report_views_start(&run->views, report);
	if (run->says_start)
		say(stderr, "gathering; ^C ends\n");
}

void *report_view(const struct report_kind *kind, struct report_views *views)
{
	if (kind->print == profile_print)
		return &views->profile;
	if (kind->print == op_print)
		return &views->op;
	if (kind->print == sched_print)
		return &views->sched;
	if (kind->print == offcpu_print)
		return &views->offcpu;
	return &views->layout;
}

void report_views_start(struct report_views *views, const struct report *report)
{
	views->profile.start_wall_ns = views->offcpu.since_ns = report_time_ns(report);
	sched_start(&views->sched, report);
	views->sched.options = views->offcpu.options = &views->layout;
}

static int print_interval(struct report *report, bool is_last, void *data)
{
	struct report_run *run = data;

	return run->kind->print(report, is_last, report_view(run->kind, &run->views));
}

bool report_read_before(struct arena *arena, const char *path, const char **text, struct buf *why)
{
	char *data;
	size_t size;

	if (file_read(arena, path, BEFORE_MAX, &data, &size, why))
		return false;
	*text = data;
	return true;
}

/* A name that cannot be written is known before anything is traced. */
static bool open_html(struct report_run *run)
{
	if (!run->html)
		return true;
	if (run->kind->print != profile_print && run->kind->print != op_print && run->kind->print != stages_print) {
		say(stderr, "cephtap report: `%s` has no picture: --html is for osd, profile and op\n", run->kind->name);
		return false;
	}
	if (write_check(run->html, WRITE_RESULT, &run->why)) {
		say(stderr, "cephtap report: %s\n", run->why.data);
		return false;
	}
	run->picture = open_memstream(&run->picture_text, &run->picture_size);
	if (!run->picture)
		memory_end();
	run->views.profile.html = run->views.op.html = run->picture;
	if (run->kind->print == stages_print) {
		run->views.layout.heat = stages_heat_new(run->arena, run->picture);
		run->views.layout.only_at_end = run->seconds;
	}
	return true;
}

static int close_html(struct report_run *run)
{
	int status = 0;

	if (!run->picture)
		return 0;
	fclose(run->picture);
	if (run->picture_size && write_gathered(run->html, run->picture_text, run->picture_size, &run->why)) {
		say(stderr, "cephtap report: %s\n", run->why.data);
		status = 1;
	}
	free(run->picture_text);
	return status;
}

static bool read_before(struct report_run *run)
{
	if (!run->before || report_read_before(run->arena, run->before, &run->views.profile.before, &run->why))
		return true;
	say(stderr, "cephtap report: %s\n", run->why.data);
	return false;
}

static int replay(struct report_run *run)
{
	struct replay_request request = {
		.command = "cephtap report",
		.report = run->kind->name,
		.paths = run->files,
		.paths_len = run->files_len,
		.views = run->views,
		.form = run->form,
		.has_by = run->has_by,
		.has_slowest = run->has_slowest,
		.output = run->output,
	};

	return replay_report(&request);
}

static bool open_output(struct report_run *run, struct tracer_config *config)
{
	if (run->output)
		config->out = formats_open(run->form, run->output, &config->path, &run->why);
	config->out_name = run->output;
	if (!config->out)
		say(stderr, "cephtap report: %s\n", run->why.data);
	return config->out;
}

/* A file that only one report writes, and only at the end: that it can be written is known at once. */
static bool may_write(struct report_run *run, const char *option, const char *path, int (*print)(struct report *, bool, void *))
{
	if (!path)
		return true;
	if (run->kind->print != print) {
		say(stderr, "cephtap report: `%s` has no --%s\n", run->kind->name, option);
		return false;
	}
	if (write_check(path, WRITE_RESULT, &run->why)) {
		say(stderr, "cephtap report: %s\n", run->why.data);
		return false;
	}
	return true;
}

/* Gathers, and prints or records. */
static int gather(struct report_run *run, struct tracer_config *config)
{
	const struct op_view *op = &run->views.op;
	struct fact facts[] = {
		{"interval", run->views.layout.interval, ""}, {"at-end", run->views.layout.only_at_end, ""},
		{"hz", run->views.profile.hz, ""},	      {"by", run->views.profile.by, ""},
		{"cpus", run->views.profile.cpus, ""},	      {"slowest", op->slowest_asked, ""},
		{"has-client", op->has_client, ""},	      {"client", op->client, ""},
		{"has-tid", op->has_tid, ""},		      {"tid", op->tid, ""}};
	int status;

	run->pipeline.options.record_time = run->record;
	if (!compile(run))
		return 1;
	if (!run->record)
		return tracer_run(config);
	run->record->config.report = run->kind->name;
	run->record->config.facts = (struct facts){facts, sizeof(facts) / sizeof(facts[0])};
	config->record = &run->record->config;
	config->out = record_open(run->record) ? record_output(run->record) : NULL;
	if (!config->out) {
		record_close(run->record);
		return 1;
	}
	if (!run->record->tee && !run->kind->print)
		config->ops = &report_nothing;
	status = tracer_run(config);
	if (!record_close(run->record))
		status = 1;
	if (config->out != stdout)
		fclose(config->out);
	return status;
}

static int trace(struct report_run *run, struct tracer_config *config)
{
	int status;

	op_begin(&run->views.op);
	status = gather(run, config);
	op_free(&run->views.op);
	return status;
}

static int go(struct report_run *run)
{
	struct tracer_config config = {
		.pipeline = &run->pipeline,
		.ops = run->kind->print == op_print ? &report_op : &report_nothing,
		.report_data = &run->views.op,
		.out = stdout,
		.has_rows = true,
		.name = run->record ? "cephtap record" : "cephtap report",
		.targets = &run->targets,
		.seconds = run->seconds,
		.says_at_end = run->seconds && !run->record,
		.interval = print_interval,
		.data = run,
		.on_start = on_start,
	};

	if (run->print_script) {
		const struct source *script = embedded_find(run->arena, embedded_scripts, run->kind->script);

		return say_content(stdout, script->text, script->size) ? 0 : 1;
	}
	if (!read_before(run) || !open_html(run) || (!run->files_len && !open_output(run, &config)) ||
	    !may_write(run, "pprof", run->views.profile.pprof, profile_print) || !may_write(run, "chrome", run->views.op.chrome, op_print))
		return 1;
	/* with -v also for who waits for it with a program */
	run->says_start = (isatty(STDERR_FILENO) && !run->form) ||
			  (run->views.layout.verbose && (run->kind->print == sched_print || run->kind->print == offcpu_print));
	if (run->files_len)
		return replay(run);
	if (run->kind->print == sched_print)
		config.observe = observe;
	if (run->record && run->kind->print == stages_print)
		run->views.layout.only_at_end = run->seconds; /* looked at all the while: for a heat map */
	run->views.profile.cpus = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
	if (!run->kind->print) {
		config.ops = report_formats[run->form].ops;
		config.interval = NULL;
	}
	if (!run->kind->print || run->kind->print == profile_print || run->kind->print == op_print) {
		config.interval_ns = (SECONDS_MAX + 1) * 1000000000ull; /* only at the end */
		return trace(run, &config);
	}
	if (run->seconds)
		config.interval_ns = run->views.layout.only_at_end ? 1000000000 : (run->seconds + 1) * 2000000000u; /* only at the end */
	else
		run->views.layout.interval = (unsigned)(run->interval ? run->interval : INTERVAL_SECONDS);
	if (run->views.layout.interval)
		config.interval_ns = run->views.layout.interval * 1000000000ull;
	run->views.layout.terminal = !run->seconds && !run->form && !run->output && isatty(STDOUT_FILENO) && (!run->record || run->record->tee);
	return trace(run, &config);
}

static int report(int argc, char **argv, struct record_request *record)
{
	struct report_run run = {.over_ns = OVER_MS * 1000000ull, .views.profile.hz = HZ, .views.op.slowest_asked = 1, .record = record};
	int status;

	if (argc > 1 && !strcmp(argv[1], "calls"))
		return record ? cmd_calls_record(argc - 1, argv + 1, record) : cmd_report_calls(argc - 1, argv + 1);
	tracer_catch_signals();
	pipeline_init(&run.pipeline);
	run.arena = run.targets.arena = run.pipeline.arena;
	status = take_options(&run, argc, argv);
	if (!status) {
		status = go(&run);
		if (close_html(&run) && !status)
			status = 1;
	} else if (status == 1) {
		status = 0;
	} else {
		if (run.why.size)
			say(stderr, "cephtap report: %s\n", run.why.data);
		status = status == 3 ? 1 : 2;
	}
	buf_free(&run.why);
	pipeline_free(&run.pipeline);
	return status;
}

int cmd_report(int argc, char **argv)
{
	return report(argc, argv, NULL);
}

int cmd_report_record(int argc, char **argv, struct record_request *record)
{
	return report(argc, argv, record);
}
