/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line of a script: options, dtrace's too, where its text comes from, and its arguments. */
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/run.h"
#include "cmd/script.h"
#include "cmd/shell.h"
#include "lib/shown.h"

enum { SECONDS_MAX = 1000000000 };

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

static void take_for_cpp(struct run *run, const char *arg)
{
	*arena_push(run->arena, run->dtrace.cpp_args, run->dtrace.cpp_args_len) = arg;
}

/* How far cpp keeps to the standard is no matter for D: that the mode is one is. */
static bool is_standard(struct run *run, const char *text)
{
	if (strlen(text) == 1 && strchr("acst", text[0]))
		return true;
	buf_printf(&run->why, "-X wants a, c, s or t, not `%s`", text);
	return false;
}

/* What the command dtrace has as options of its own, too: 1: taken, 0: it is none of these, -1: wrong. */
static int take_like_dtrace(struct run *run, const char *name, const char *value)
{
	static const struct {
		const char *name, *option;
	} of_cpp[] = {{"define", "-D"}, {"undef", "-U"}, {"incdir", "-I"}, {"cpphdrs", "-H"}};
	char *rest, *word;

	if (!run->dtrace.is_meant)
		return 0;
	for (unsigned i = 0; i < sizeof(of_cpp) / sizeof(*of_cpp); i++)
		if (!strcmp(name, of_cpp[i].name) && !value == (i == 3)) {
			take_for_cpp(run, arena_printf(run->arena, "%s%s", of_cpp[i].option, value ? value : ""));
			return 1;
		}
	if (!strcmp(name, "cpp") && !value)
		return run->dtrace.preprocesses = true;
	if (!value)
		return 0;
	if (!strcmp(name, "stdc"))
		return is_standard(run, value) ? 1 : -1;
	if (!strcmp(name, "libdir"))
		*arena_push(run->arena, run->dtrace.libraries, run->dtrace.libraries_len) = value;
	else if (strcmp(name, "cppargs"))
		return 0;
	for (rest = arena_strdup(run->arena, value); !strcmp(name, "cppargs") && (word = strsep(&rest, " \t\n"));)
		if (*word)
			take_for_cpp(run, word);
	return 1;
}

static bool set_option(struct run *run, const char *text)
{
	char *copy = arena_strdup(run->arena, text), *value = strchr(copy, '=');
	const char *why;
	int like;

	if (value)
		*value++ = '\0';
	like = take_like_dtrace(run, copy, value);
	if (like)
		return like > 0;
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

/* As there, it is no wrong usage. */
static enum outcome set_as_dtrace(struct run *run, const char *text)
{
	const char *why;

	if (set_option(run, text))
		return OUTCOME_GO_ON;
	why = arena_strdup(run->arena, run->why.data);
	buf_clear(&run->why);
	buf_printf(&run->why, "failed to set -x %s: %s", text, why);
	return OUTCOME_FAILED;
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
		if (strcmp(text, "help") != 0 && run->dtrace.is_meant)
			return set_as_dtrace(run, text);
		if (strcmp(text, "help") != 0)
			return taken(set_option(run, text));
		print_options();
		return OUTCOME_DONE;
	}
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
		return take_for_cpp(run, "-H"), OUTCOME_GO_ON;
	case OPTION_DEFINE:
	case OPTION_UNDEFINE:
	case OPTION_INCLUDE:
		return take_for_cpp(run, arena_printf(run->arena, "-%c%s", option->letter, text)), OUTCOME_GO_ON;
	case OPTION_STANDARD:
		return taken(is_standard(run, text));
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

enum outcome run_read_command_line(struct run *run, int argc, char **argv)
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
