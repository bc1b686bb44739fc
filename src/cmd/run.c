/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs a script: cephtap SCRIPT.d, cephtap -n 'clause', dtrace. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/dtrace_diags.h"
#include "cmd/run.h"
#include "lib/kernel.h"
#include "lib/shown.h"
#include "probe/host.h"
#include "report/ctf.h"
#include "run/child.h"
#include "run/tracer.h"

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

/* What starts from here on is traced. */
static void say_waiting(const char *name)
{
	say(stderr, "cephtap: waiting for a process `%s` to start\n", name);
}

static bool wait_for_process(struct run *run)
{
	return !run->wait_for ||
	       target_wait_for(&run->targets, run->wait_for, tracer_was_interrupted, say_waiting, &run->why);
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
	if (!run->pipeline.options.defaultargs && !run->pipeline.options.argref && !say_unused_args(run))
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
		.is_json = run->form == FORM_JSON,
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
	outcome = run_read_command_line(&run, argc, argv);
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
