/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs a script: cephtap SCRIPT.d, cephtap -n 'clause'; dtrace's options. */
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run/child.h"
#include "cmd/cmd.h"
#include "cmd/option.h"
#include "cmd/record.h"
#include "cmd/dtrace_diags.h"
#include "cmd/script.h"
#include "cmd/shell.h"
#include "run/target.h"
#include "lib/kernel.h"
#include "lib/shown.h"
#include "probe/host.h"
#include "report/ctf.h"
#include "report/formats.h"
#include "run/tracer.h"

enum { SECONDS_MAX = 1000000000 };

struct run {
	struct arena *arena;
	struct pipeline pipeline;
	struct target_list targets;
	struct pipeline_times times;
	struct option_loop loop;
	const char *command, *wait_for, *output, *dump, *script, *ctf;
	enum report_form form;
	struct buf why;
	uint64_t seconds, every;
	bool timing, check_only, list;
	pid_t child;
	struct record_request *record; /* NULL: no recording is made */
	const char *name;	       /* what messages begin with */
	struct as_dtrace {
		bool is_meant, preprocesses, is_verbose, lists_programs;
		const char *refused; /* why one of the options cannot be */
		const char **cpp_args, **libraries;
		unsigned cpp_args_len, libraries_len;
	} dtrace;
};

static const char usage[] =
	"Usage: cephtap [OPTIONS] SCRIPT.d [ARGUMENTS]\n"
	"       cephtap [OPTIONS] -n 'PROBE /PREDICATE/ { ACTIONS }' [ARGUMENTS]\n"
	"\n"
	"Runs a script of DTrace's D language on the markers of Ceph's daemons, or of any program, while they run.\n"
	"\n";

static const char examples[] =
	"\n"
	"Examples:\n"
	"  cephtap list -v 'ceph_osd:::op-*'\n"
	"  cephtap -n 'ceph_osd:::op-done { @[daemon] = count(); } tick-5s { exit(0); }'\n"
	"  cephtap record -o x.rec -n 'ceph_osd:::op-done { @[daemon] = count(); }' --seconds 9; cephtap replay x.rec\n"
	"  cephtap -n 'python:::gc-start { @[args[0]] = count(); }' -c 'python3.11 x.py'\n"
	"\n";

static const struct command_help help = {usage, examples};

void cmd_run_help(void)
{
	options_print_help(COMMAND_RUN, &help);
}

int cmd_usage(void)
{
	say(stderr, "cephtap: give a script, a clause with -n, or a sub-command; see cephtap --help\n");
	return 2;
}

static bool add_clause(struct run *run, const char *text)
{
	const char *name = arena_printf(run->arena, "-n argument %u", run->pipeline.sources_len + 1);

	script_add_text(&run->pipeline, name, text, strlen(text));
	return true;
}

/*
 * -P sched, -m 'ceph-osd { ... }', -f 'ceph-osd:OSD::enqueue_op /arg0/', -i 7: what follows the description stays, and
 * the description gets the colons that put its last field in the right place.
 */
static bool add_field(struct run *run, const char *text, const char *colons)
{
	size_t size = strcspn(text, "/{ \t\n");
	struct buf clause = {0};
	bool good;

	if (!size) {
		buf_printf(&run->why, "`%s` names no probe", text);
		return false;
	}
	for (size_t i = 0; i < size; i++) {
		if (!strcmp(colons, ":") && i && !strncmp(text + i, "::", 2)) { /* C++: OSD::enqueue_op is one field */
			buf_puts(&clause, "\\:\\:");
			i++;
		} else {
			buf_putc(&clause, text[i]);
		}
	}
	buf_printf(&clause, "%s%s", colons, text + size);
	good = add_clause(run, arena_strdup(run->arena, clause.data));
	buf_free(&clause);
	return good;
}

static bool set_option(struct run *run, const char *text)
{
	char *copy = arena_strdup(run->arena, text), *value = strchr(copy, '=');
	const char *why;

	if (value)
		*value++ = '\0';
	why = options_set(&run->pipeline.options, copy, value, &run->why);
	if (why && !run->why.size)
		buf_puts(&run->why, why);
	return !why;
}

static void print_options(void)
{
	struct buf text = {0};

	options_list(&text);
	say_lines(stdout, text.data);
	buf_free(&text);
}

static enum outcome taken(bool good)
{
	return good ? OUTCOME_GO_ON : OUTCOME_MISUSED;
}

static enum outcome take_clause(struct run *run, enum option_id id, const char *text)
{
	switch (id) {
	case OPTION_PROVIDER:
		return taken(add_field(run, text, ":::"));
	case OPTION_MODULE:
		return taken(add_field(run, text, "::"));
	case OPTION_FUNCTION:
		return taken(add_field(run, text, ":"));
	case OPTION_PROBE_ID:
		return taken(add_field(run, text, ""));
	default:
		return taken(add_clause(run, text));
	}
}

/* What the script's own options can say as well. */
static enum outcome take_set(struct run *run, enum option_id id, const char *text)
{
	switch (id) {
	case OPTION_BUFFER:
		return taken(set_option(run, arena_printf(run->arena, "bufsize=%s", text)));
	case OPTION_QUIET:
		return taken(set_option(run, "quiet"));
	case OPTION_DESTRUCTIVE:
		return taken(set_option(run, "destructive"));
	case OPTION_AWAIT:
		return taken(set_option(run, "zdefs"));
	default:
		if (strcmp(text, "help") != 0)
			return taken(set_option(run, text));
		print_options();
		return OUTCOME_DONE;
	}
}

static enum outcome take_for_cpp(struct run *run, const char *arg)
{
	*arena_push(run->arena, run->dtrace.cpp_args, run->dtrace.cpp_args_len) = arg;
	return OUTCOME_GO_ON;
}

/* How far cpp keeps to the standard is no matter for D: that the mode is one is. */
static enum outcome take_standard(struct run *run, const char *text)
{
	if (strlen(text) == 1 && strchr("acst", text[0]))
		return OUTCOME_GO_ON;
	buf_printf(&run->why, "-X wants a, c, s or t, not `%s`", text);
	return OUTCOME_MISUSED;
}

/* What the command dtrace has beside the rest. */
static enum outcome take_of_dtrace(struct run *run, const struct cmd_option *option, const char *text)
{
	struct as_dtrace *dtrace = &run->dtrace;

	switch (option->id) {
	case OPTION_PREPROCESS:
		dtrace->preprocesses = true;
		return OUTCOME_GO_ON;
	case OPTION_SHOW_INCLUDES:
		return take_for_cpp(run, "-H");
	case OPTION_DEFINE:
	case OPTION_UNDEFINE:
	case OPTION_INCLUDE:
		return take_for_cpp(run, arena_printf(run->arena, "-%c%s", option->letter, text));
	case OPTION_STANDARD:
		return take_standard(run, text);
	case OPTION_LIBRARY:
		*arena_push(run->arena, dtrace->libraries, dtrace->libraries_len) = text;
		return OUTCOME_GO_ON;
	case OPTION_VERBOSE:
		return dtrace->is_verbose = true, OUTCOME_GO_ON;
	case OPTION_LISTING:
		return dtrace->lists_programs = true, OUTCOME_GO_ON;
	case OPTION_INDENT:
		return taken(set_option(run, "flowindent"));
	case OPTION_ANONYMOUS:
		dtrace->refused = "-A and -a: Linux has no anonymous tracing; start the script from a unit of systemd "
				  "that comes first";
		return OUTCOME_GO_ON;
	case OPTION_32:
		dtrace->refused = "-32: scripts have the data model of this host, 64 bits";
		return OUTCOME_GO_ON;
	default: /* -64, -k */
		return OUTCOME_GO_ON;
	}
}

static bool is_of_dtrace(enum option_id id)
{
	return id >= OPTION_PREPROCESS && id <= OPTION_ANONYMOUS;
}

static enum outcome take_option(void *data, const struct cmd_option *option, const char *text)
{
	struct run *run = data;
	const struct option_common common = {&run->pipeline.options, &run->targets, &run->form};

	switch (option->id) {
	case OPTION_CLAUSE:
	case OPTION_PROVIDER:
	case OPTION_MODULE:
	case OPTION_FUNCTION:
	case OPTION_PROBE_ID:
		return take_clause(run, option->id, text);
	case OPTION_VERSION:
		say(stdout, run->dtrace.is_meant ? "dtrace: cephtap %s\n" : "cephtap %s\n", CEPHTAP_VERSION);
		return OUTCOME_DONE;
	case OPTION_BUFFER:
	case OPTION_QUIET:
	case OPTION_DESTRUCTIVE:
	case OPTION_AWAIT:
	case OPTION_SET:
		return take_set(run, option->id, text);
	case OPTION_LIST:
		run->list = true;
		return OUTCOME_GO_ON;
	case OPTION_FILE:
		run->script = text;
		return OUTCOME_GO_ON;
	case OPTION_WAIT_FOR:
		run->wait_for = text;
		return OUTCOME_GO_ON;
	case OPTION_COMMAND:
		run->command = text;
		return OUTCOME_GO_ON;
	case OPTION_OUTPUT:
		run->output = text;
		return OUTCOME_GO_ON;
	case OPTION_CHECK_ONLY:
		run->check_only = true;
		return OUTCOME_GO_ON;
	case OPTION_DUMP:
		run->dump = text;
		return OUTCOME_GO_ON;
	case OPTION_TIMING:
		run->timing = true;
		return OUTCOME_GO_ON;
	case OPTION_NO_MULTI:
		run->pipeline.no_multi = true;
		return OUTCOME_GO_ON;
	case OPTION_CTF:
		run->ctf = text;
		run->pipeline.options.record_time = true;
		return OUTCOME_GO_ON;
	case OPTION_SECONDS:
		return option_take_seconds(option, text, SECONDS_MAX, &run->seconds, &run->why);
	case OPTION_EVERY:
		return option_take_seconds(option, text, SECONDS_MAX, &run->every, &run->why);
	default:
		if (is_of_dtrace(option->id) || option->id == OPTION_VERBOSE)
			return take_of_dtrace(run, option, text);
		return option_take_common(option, text, &common, &run->why);
	}
}

/* ---- the script ---- */

/* With what DTrace defines. */
static bool preprocess_script(struct run *run, const char *text, size_t size)
{
	struct preprocess request = {.arena = run->arena, .name = run->script};
	char *result;
	size_t result_size;

	take_for_cpp(run, "-D__SUNW_D=1");
	take_for_cpp(run, "-D__SUNW_D_VERSION=0x02000000");
	request.args = run->dtrace.cpp_args;
	request.args_len = run->dtrace.cpp_args_len;
	if (!preprocess(&request, text, size, &result, &result_size, &run->why))
		return false;
	script_add_text(&run->pipeline, run->script, result, result_size);
	return true;
}

static bool add_script(struct run *run)
{
	const struct source *source;

	if (!script_add_file(&run->pipeline, run->script, &run->why))
		return false;
	if (!run->dtrace.preprocesses)
		return true;
	source = run->pipeline.sources[--run->pipeline.sources_len];
	return preprocess_script(run, source->text, source->size);
}

static int is_library(const struct dirent *entry)
{
	size_t size = strlen(entry->d_name);

	return size > 2 && !strcmp(entry->d_name + size - 2, ".d");
}

/* Before all else: scripts use what they declare. */
static bool add_libraries(struct run *run)
{
	unsigned folders = run->dtrace.libraries_len;

	run->dtrace.libraries_len = 0;
	for (unsigned i = 0; i < folders; i++) {
		const char *folder = run->dtrace.libraries[i];
		struct dirent **entries;
		int n = scandir(folder, &entries, is_library, alphasort);
		bool good = n >= 0;

		if (!good)
			buf_printf(&run->why, "cannot read the libraries of %s: %s", folder, strerror(errno));
		for (int j = 0; j < n; j++) {
			good = good && script_add_file(&run->pipeline,
						       arena_printf(run->arena, "%s/%s", folder, entries[j]->d_name),
						       &run->why);
			run->dtrace.libraries_len += good;
			free(entries[j]);
		}
		if (n >= 0)
			free(entries);
		if (!good)
			return false;
	}
	return true;
}

/* Those of clauses were taken in before. */
static void move_libraries_first(struct run *run, unsigned clauses)
{
	const struct source **sources = run->pipeline.sources;
	unsigned libraries = run->dtrace.libraries_len;
	const struct source **moved;

	if (!libraries || !clauses)
		return;
	moved = arena_memdup(run->arena, sources, (clauses + libraries) * sizeof(*sources));
	memcpy(sources, moved + clauses, libraries * sizeof(*sources));
	memcpy(sources + libraries, moved, clauses * sizeof(*sources));
}

static enum outcome add_sources(struct run *run)
{
	unsigned clauses = run->pipeline.sources_len;

	if (!add_libraries(run))
		return OUTCOME_FAILED;
	move_libraries_first(run, clauses);
	return !run->script || add_script(run) ? OUTCOME_GO_ON : OUTCOME_FAILED;
}

static enum outcome read_command_line(struct run *run, int argc, char **argv)
{
	enum outcome outcome = options_read(&run->loop, run->dtrace.is_meant ? &dtrace_help : &help, take_option, run);

	if (outcome != OUTCOME_GO_ON)
		return outcome;
	if (run->dtrace.refused) {
		buf_puts(&run->why, run->dtrace.refused);
		return OUTCOME_FAILED;
	}
	if (!run->script && !run->pipeline.sources_len && optind < argc)
		run->script = argv[optind++];
	if (add_sources(run) != OUTCOME_GO_ON)
		return OUTCOME_FAILED;
	if (run->pipeline.sources_len == run->dtrace.libraries_len && run->list)
		add_clause(run, ":::");
	if (run->pipeline.sources_len == run->dtrace.libraries_len) {
		buf_printf(&run->why, "give a script, or a clause with -n; see %s --help", run->loop.name);
		return OUTCOME_MISUSED;
	}
	run->pipeline.front = front_for(run->script);
	run->pipeline.macros.script_name = run->script ? run->script : run->name;
	run->pipeline.macros.args = argv + optind;
	run->pipeline.macros.args_len = (unsigned)(argc - optind);
	return OUTCOME_GO_ON;
}

static void set_own_ids(struct macros *macros)
{
	macros->pid = getpid();
	macros->ppid = getppid();
	macros->pgid = getpgrp();
	macros->sid = getsid(0);
	macros->uid = getuid();
	macros->euid = geteuid();
	macros->gid = getgid();
	macros->egid = getegid();
}

static bool start_child(struct run *run)
{
	if (!run->command)
		return true;
	if (kernel_proc_why()) {
		buf_puts(&run->why, kernel_proc_why());
		return false;
	}
	if (child_start(run->command, &run->child, &run->why))
		return false;
	target_add_process(&run->targets, run->child);
	return true;
}

static bool wait_for_process(struct run *run)
{
	return !run->wait_for || target_wait_for(&run->targets, run->wait_for, tracer_was_interrupted, &run->why);
}

static void set_target(struct run *run)
{
	struct pipeline *pipeline = &run->pipeline;

	target_fill(&run->targets, run->arena, &pipeline->target);
	if (run->child)
		pipeline->target.main_pid = run->child;
	else if (run->wait_for) /* it came last */
		pipeline->target.main_pid = pipeline->target.pids[pipeline->target.pids_len - 1];
	else if (pipeline->target.pids_len)
		pipeline->target.main_pid = pipeline->target.pids[0];
	pipeline->macros.target = pipeline->target.main_pid;
	pipeline->macros.default_args = pipeline->options.defaultargs;
	set_own_ids(&pipeline->macros);
}

static int print_diags(struct run *run)
{
	return pipeline_say(&run->pipeline, stderr) ? 0 : 1;
}

static int dump(struct run *run)
{
	const struct stage *stage = stage_find(run->dump);
	struct buf text = {0};

	if (!strcmp(run->dump, "tokens")) {
		for (unsigned i = 0; i < run->pipeline.sources_len; i++)
			run->pipeline.front->dump_tokens(run->pipeline.sources[i], &text);
	} else if (!strcmp(run->dump, "plan")) {
		if (pipeline_run(&run->pipeline, stage_find("check"), NULL))
			plan_dump(run->pipeline.plan, &text);
	} else if (!strcmp(run->dump, "schema")) {
		if (pipeline_run(&run->pipeline, stage_find("ebpf"), NULL))
			members_print(&schema_members, run->pipeline.image->schema, &text);
	} else if (!stage) {
		say(stderr, "cephtap: --dump wants tokens, ast, check, plan, ebpf or schema, not `%s`\n", run->dump);
		return 2;
	} else if (pipeline_run(&run->pipeline, stage, NULL)) {
		stage->dump(&run->pipeline, &text);
	}
	say_lines(stdout, text.size ? text.data : "");
	buf_free(&text);
	return print_diags(run);
}

static bool say_unused_args(struct run *run)
{
	const struct macros *macros = &run->pipeline.macros;
	struct buf script = {0};

	if (run->dtrace.is_meant && run->script)
		buf_printf(&script, "failed to compile script %s: ", run->script);
	for (unsigned i = 0; i < macros->args_len; i++)
		if (!macros->args_used[i]) {
			say(stderr, "%s: %s%sextraneous argument `%s`: $%u is not used by the script\n", run->name,
			    script.size ? script.data : "", run->pipeline.options.errtags ? "[D_MACRO_UNUSED] " : "",
			    macros->args[i], i + 1);
			buf_free(&script);
			return false;
		}
	buf_free(&script);
	return true;
}

/* How many probes the clauses of a source match: as dtrace counts, a probe is counted for each clause that it is in. */
static unsigned count_matches(const struct plan *plan, const struct source *source)
{
	unsigned n = 0;

	for (unsigned i = 0; i < plan->clauses_len; i++)
		if (plan->clauses[i].loc.source == source)
			n += plan->clauses[i].probes_len;
	return n;
}

/* dtrace's sentence on what was matched, one for each source, on stderr so that the report is clean. */
static void say_matched(const struct run *run)
{
	const struct pipeline *pipeline = &run->pipeline;

	if (pipeline->options.quiet || report_formats[run->form].ops->wants_tables)
		return;
	for (unsigned i = run->dtrace.libraries_len; i < pipeline->sources_len; i++) {
		bool is_script = run->script && i == pipeline->sources_len - 1; /* read after all of -n */
		const char *what = is_script ? run->script : pipeline->sources[i]->text;
		unsigned n = count_matches(pipeline->plan, pipeline->sources[i]);
		struct shown line = {0};

		shown_printf(&line, "%s: %s '", run->name, is_script ? "script" : "description");
		shown_text(&line, is_script ? SHOWN_NAME : SHOWN_SOURCE, what, strlen(what));
		shown_printf(&line, "' matched %u probe%s\n", n, n == 1 ? "" : "s");
		say_shown(stderr, &line);
	}
}

/* What is recorded, or described once, is of the probes that are there now. */
static void say_not_waiting(const struct run *run)
{
	unsigned n = run->pipeline.plan->unmatched_len;

	if (n && (run->record || run->ctf))
		say(stderr, "%s: %u probe description%s no probe now; %s does not wait for probes that come later\n",
		    run->name, n, n == 1 ? " matches" : "s match", run->record ? "a recording" : "--ctf");
}

/* dtrace -lv */
static void list_args(const struct probe *probe)
{
	say(stdout, "\n\tArgument Types\n");
	for (unsigned i = 0; i < probe->args_len; i++)
		say(stdout, "\t\targs[%u]: %s\n", i, cmd_type_of(&probe->args[i]));
	if (!probe->args_len)
		say(stdout, "\t\tNone\n");
	say(stdout, "\n");
}

/* dtrace -l: the probes that the script's clauses match. */
static int list(struct run *run)
{
	if (!pipeline_run(&run->pipeline, stage_find("check"), NULL))
		return print_diags(run);
	say(stdout, "%5s %10s %17s %33s %s\n", "ID", "PROVIDER", "MODULE", "FUNCTION", "NAME");
	for (unsigned i = 0; i < run->pipeline.plan->probes_len; i++) {
		const struct probe *probe = run->pipeline.plan->probes[i];

		say(stdout, "%5u %10s %17s %33s %s\n", probe->id, probe->prov, probe->mod, probe->func, probe->name);
		if (run->dtrace.is_verbose)
			list_args(probe);
	}
	tracer_say_left_out(&run->pipeline, run->name);
	return print_diags(run);
}

/* dtrace -S */
static void say_programs(struct run *run)
{
	struct buf text = {0};

	stage_find("ebpf")->dump(&run->pipeline, &text);
	say_lines(stderr, text.size ? text.data : "");
	buf_free(&text);
}

static bool compile(struct run *run)
{
	const char *why = NULL;

	if (!pipeline_run(&run->pipeline, stage_find("ebpf"), &run->times))
		return false;
	if (!run->pipeline.options.defaultargs && !say_unused_args(run))
		return false;
	if (run->dtrace.lists_programs)
		say_programs(run);
	if (run->check_only)
		return true;
	why = engine_why_not();
	if (why) {
		say(stderr, "%s: %s\n", run->name, why);
		return false;
	}
	return pipeline_load(&run->pipeline, &run->times);
}

static bool open_output(struct run *run, struct tracer_config *config)
{
	if (run->record && !run->output)
		config->out = record_output(run->record);
	else
		config->out = run->output ? formats_open(run->form, run->output, &config->path, &run->why) : stdout;
	config->out_name = run->output;
	if (!config->out && run->output)
		say(stderr, "%s: %s\n", run->name, run->why.data);
	return config->out;
}

static bool open_ctf(struct run *run, struct tracer_config *config)
{
	if (!run->ctf)
		return true;
	config->ctf = ctf_new(run->ctf, config->ops, &run->why);
	if (!config->ctf) {
		say(stderr, "%s: %s\n", run->name, run->why.data);
		return false;
	}
	config->ops = ctf_ops(config->ctf);
	return true;
}

static int print_tables(struct report *report, bool is_last, void *data)
{
	(void)data;
	return is_last ? 0 : report_tables(report); /* the end prints them by itself */
}

/* With the output and the recording open. */
static int trace_into(struct run *run, struct tracer_config *config)
{
	struct fact every = {"every", run->every, ""};
	int status;

	if (run->record && !run->record->tee)
		config->ops = &report_nothing;
	if (!open_ctf(run, config))
		return 1;
	if (run->record) {
		run->record->config.facts = (struct facts){&every, run->every ? 1 : 0};
		config->record = &run->record->config;
	}
	say_matched(run);
	say_not_waiting(run);
	status = tracer_run(config);
	ctf_free(config->ctf);
	run->child = 0;
	return status;
}

static int trace(struct run *run)
{
	struct tracer_config config = {
		.pipeline = &run->pipeline,
		.ops = report_formats[run->form].ops,
		.name = run->record ? "cephtap record" : run->name,
		.teller = run->name,
		.is_bare = run->dtrace.is_meant && getenv("_DTRACE_TESTING"),
		.targets = &run->targets,
		.child = run->child,
		.seconds = run->seconds,
		.timing = run->timing,
		.awaits_markers = true,
		.times = &run->times,
		.interval = run->every ? print_tables : NULL,
		.interval_ns = run->every * 1000000000,
	};
	int status;

	if (run->record && !record_open(run->record))
		return 1;
	status = open_output(run, &config) ? trace_into(run, &config) : 1;
	if (run->record && !record_close(run->record))
		status = 1;
	if (config.out && config.out != stdout && fclose(config.out) && !status) {
		say(stderr, "%s: cannot write to %s: %s\n", run->name, run->output, strerror(errno));
		status = 1;
	}
	return status;
}

static int go(struct run *run)
{
	bool compiled;
	int status;

	run->pipeline.options.record_time |= run->record != NULL;
	run->pipeline.host = probe_host_new(run->arena, &run->pipeline.target);
	run->pipeline.macros.args_used = arena_new_array(run->arena, bool, run->pipeline.macros.args_len + 1);
	if (run->dump)
		return dump(run);
	if (run->list)
		return list(run);
	if (kernel_proc_why() && !run->check_only) { /* nothing would be found, and that is not the script's fault */
		say(stderr, "%s: %s\n", run->name, kernel_proc_why());
		return 1;
	}
	compiled = compile(run);
	if (!compiled || run->check_only)
		tracer_say_left_out(&run->pipeline, run->name);
	status = print_diags(run);
	if (!compiled)
		return 1;
	return run->check_only ? status : trace(run);
}

static void begin_as_dtrace(struct run *run)
{
	run->dtrace.is_meant = true;
	run->pipeline.print_diags = dtrace_diags_print;
	run->pipeline.options.asdtrace = true;
}

static int run_script(int argc, char **argv, struct record_request *record, bool as_dtrace)
{
	struct run run = {.record = record, .name = as_dtrace ? "dtrace" : "cephtap"};
	enum outcome outcome;
	int status = 0, misused;

	tracer_catch_signals();
	pipeline_init(&run.pipeline);
	run.arena = run.targets.arena = run.pipeline.arena;
	if (as_dtrace)
		begin_as_dtrace(&run);
	options_begin(&run.loop, as_dtrace ? COMMAND_DTRACE : COMMAND_RUN, record ? "cephtap record" : run.name, argc,
		      argv);
	outcome = read_command_line(&run, argc, argv);
	if (outcome == OUTCOME_GO_ON && (!start_child(&run) || !wait_for_process(&run)))
		outcome = OUTCOME_FAILED;
	misused = cmd_status(run.name, outcome, &run.why);
	if (outcome == OUTCOME_GO_ON) {
		set_target(&run);
		status = go(&run);
	}
	if (run.child)
		child_kill(run.child);
	options_end(&run.loop);
	buf_free(&run.why);
	pipeline_free(&run.pipeline);
	return status ? status : misused;
}

int cmd_run(int argc, char **argv)
{
	return run_script(argc, argv, NULL, false);
}

int cmd_run_as_dtrace(int argc, char **argv)
{
	return run_script(argc, argv, NULL, true);
}

int cmd_run_record(int argc, char **argv, struct record_request *record)
{
	return run_script(argc, argv, record, false);
}
