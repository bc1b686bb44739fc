/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `cephtap stap`, or cephtap called as stap: scripts in SystemTap's language, with its options, messages and statuses.
 * Handlers of begin, end, error and timers run in this process.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/option.h"
#include "front/stap/check.h"
#include "lib/embed.h"
#include "lib/file.h"
#include "lib/shown.h"
#include "lib/write.h"
#include "run/child.h"
#include "run/tracer.h"
#include "stap/run.h"

enum { SCRIPT_SIZE_MAX = 16 << 20, LOOK_MS = 20, DIAGS_SHOWN = 20 };

static const char usage[] =
	"Usage: cephtap stap [OPTIONS] FILE.stp [ARGUMENTS]\n"
	"       cephtap stap [OPTIONS] -e SCRIPT [ARGUMENTS]\n"
	"       cephtap stap -l PROBE | -L PROBE\n"
	"\n"
	"Scripts in SystemTap's language, with the options, messages and statuses of the command stap; - is standard "
	"input.\n"
	"A link to cephtap of the name stap is this command. Handlers of begin, end, error, never and timers run so "
	"far:\n"
	"doc/systemtap-scripts.md says what is the same, what differs and what is refused.\n"
	"\n";

struct names {
	const char **list;
	unsigned len;
};

struct stap {
	struct arena *arena;
	struct stap_call call;
	struct stap_script script;
	struct diags diags;
	struct stap_limits limits;
	const char *text, *output, *command, *listed;
	struct names more, folders, sets;
	unsigned pass, verbose;
	uint64_t seconds;
	int64_t target;
	bool no_warnings, warnings_fail, lists_variables;
	const struct cmd_option *refused; /* one that cannot be */
	struct buf why;
	struct write_file *file;
	pid_t child;
	bool is_released;
	uint64_t ends_ns;
	struct stap_run run;
};

/* ---- options ---- */

static const struct {
	const char *name;
	size_t at;
	int64_t least, most;
} limits[] = {
	{"MAXACTION", offsetof(struct stap_limits, actions), 1, INT64_MAX / 16},
	{"MAXACTION_INTERRUPTIBLE", offsetof(struct stap_limits, long_actions), 1, INT64_MAX},
	{"MAXNESTING", offsetof(struct stap_limits, nesting), 1, 1000},
	{"MAXMAPENTRIES", offsetof(struct stap_limits, entries), 1, 100000000},
	{"MAXSTRINGLEN", offsetof(struct stap_limits, string_size), 2, 65536},
	{"MAXERRORS", offsetof(struct stap_limits, errors), 0, INT64_MAX},
	{"MAXSKIPPED", offsetof(struct stap_limits, skipped), 0, INT64_MAX},
};

static enum outcome set_limit(struct stap *stap, const char *text)
{
	size_t size = strcspn(text, "=");
	char *end;
	int64_t value;

	for (unsigned i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		if (strlen(limits[i].name) != size || memcmp(limits[i].name, text, size))
			continue;
		value = strtoll(text[size] ? text + size + 1 : "", &end, 10);
		if (!text[size] || !text[size + 1] || *end || value < limits[i].least || value > limits[i].most) {
			buf_printf(&stap->why, "-D %s is a number from %lld to %lld", limits[i].name,
				   (long long)limits[i].least, (long long)limits[i].most);
			return OUTCOME_MISUSED;
		}
		*(int64_t *)((char *)&stap->limits + limits[i].at) = value;
		return OUTCOME_GO_ON;
	}
	diag_warning(&stap->diags, (struct loc){0}, "semantic", "-D %.*s means nothing to cephtap", (int)size, text);
	return OUTCOME_GO_ON;
}

static void add_name(struct stap *stap, struct names *names, const char *name)
{
	*arena_push(stap->arena, names->list, names->len) = name;
}

static enum outcome take_number(struct stap *stap, const char *option, const char *text, int64_t least, int64_t most,
				int64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoll(text, &end, 10);
	if (*text && !*end && !errno && *number >= least && *number <= most)
		return OUTCOME_GO_ON;
	buf_printf(&stap->why, "%s is a number from %lld to %lld, not `%s`", option, (long long)least, (long long)most,
		   text);
	return OUTCOME_MISUSED;
}

static enum outcome take_pass(struct stap *stap, const char *text)
{
	int64_t pass = 0;
	enum outcome outcome = take_number(stap, "-p", text, 1, 5, &pass);

	stap->pass = (unsigned)pass;
	if (outcome != OUTCOME_GO_ON || (pass != 3 && pass != 4))
		return outcome;
	buf_printf(&stap->why,
		   "-p %s ends after making a kernel module, and cephtap makes none: -p 2 checks the script", text);
	return OUTCOME_FAILED;
}

static enum outcome take_option(void *data, const struct cmd_option *option, const char *text)
{
	struct stap *stap = data;
	int64_t number = 0;
	enum outcome outcome = OUTCOME_GO_ON;

	switch (option->id) {
	case OPTION_CLAUSE:
		stap->text = text;
		break;
	case OPTION_SCRIPT:
		add_name(stap, &stap->more, text);
		break;
	case OPTION_PID:
		outcome = take_number(stap, "-x", text, 1, INT32_MAX, &stap->target);
		break;
	case OPTION_COMMAND:
		stap->command = text;
		break;
	case OPTION_SET:
		add_name(stap, &stap->sets, text);
		break;
	case OPTION_OUTPUT:
		stap->output = text;
		break;
	case OPTION_PASS:
		outcome = take_pass(stap, text);
		break;
	case OPTION_LIST:
	case OPTION_LIBRARY:
		stap->listed = text;
		stap->lists_variables = option->id == OPTION_LIBRARY;
		break;
	case OPTION_INCLUDE:
		add_name(stap, &stap->folders, text);
		break;
	case OPTION_DEFINE:
		outcome = set_limit(stap, text);
		break;
	case OPTION_SECONDS:
		outcome = take_number(stap, "-T", text, 1, 1000000000, &number);
		stap->seconds = (uint64_t)number;
		break;
	case OPTION_DESTRUCTIVE:
		stap->call.is_guru = true;
		break;
	case OPTION_QUIET:
		stap->no_warnings = true;
		break;
	case OPTION_CHECK:
		stap->warnings_fail = true;
		break;
	case OPTION_VERBOSE:
		stap->verbose++;
		break;
	case OPTION_REFUSED:
		stap->refused = option; /* --help may follow */
		break;
	case OPTION_VERSION:
		say(stdout, "cephtap %s, scripts of SystemTap's language as version 4.8 has it\n", CEPHTAP_VERSION);
		outcome = OUTCOME_DONE;
		break;
	default:
		break;
	}
	return outcome;
}

/* ---- scripts ---- */

static bool parse_file(struct stap *stap, const char *path, bool is_library)
{
	struct source *source = arena_new_one(stap->arena, struct source);
	char *text;

	if (file_read(stap->arena, path, SCRIPT_SIZE_MAX, &text, &source->size, &stap->why))
		return false;
	source->name = strcmp(path, "-") ? path : "<input>";
	source->text = text;
	stap_parse(&stap->script, source, is_library, &stap->diags);
	return true;
}

static bool parse_text(struct stap *stap, const char *text)
{
	struct source *source = arena_new_one(stap->arena, struct source);

	*source = (struct source){"<input>", text, strlen(text)};
	return stap_parse(&stap->script, source, false, &stap->diags);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The .stp files of a folder of -I, in the order of their names. */
static bool parse_folder(struct stap *stap, const char *folder)
{
	DIR *dir = opendir(folder);
	struct names files = {0};
	const struct dirent *entry;

	if (!dir) {
		buf_printf(&stap->why, "-I: cannot read %s: %s", folder, strerror(errno));
		return false;
	}
	while ((entry = readdir(dir))) {
		const char *dot = strrchr(entry->d_name, '.');

		if (dot && dot > entry->d_name && !strcmp(dot, ".stp"))
			add_name(stap, &files, arena_printf(stap->arena, "%s/%s", folder, entry->d_name));
	}
	closedir(dir);
	if (files.len)
		qsort(files.list, files.len, sizeof(*files.list), compare_names);
	for (unsigned i = 0; i < files.len; i++)
		if (!parse_file(stap, files.list[i], true))
			return false;
	return true;
}

static bool parse_all(struct stap *stap, const char *path)
{
	stap_parse(&stap->script, embedded_find(stap->arena, embedded_library, "library.stp"), true, &stap->diags);
	for (unsigned i = 0; i < stap->folders.len; i++)
		if (!parse_folder(stap, stap->folders.list[i]))
			return false;
	if (stap->listed)
		parse_text(stap, arena_printf(stap->arena, "probe %s { }", stap->listed));
	else if (stap->text)
		parse_text(stap, stap->text);
	else if (!parse_file(stap, path, false))
		return false;
	for (unsigned i = 0; i < stap->more.len; i++)
		parse_text(stap, stap->more.list[i]);
	return true;
}

/* -G NAME=VALUE */
static bool set_global(struct stap *stap, const char *text)
{
	size_t size = strcspn(text, "=");
	struct stap_node *value = arena_new_one(stap->arena, struct stap_node);
	char *end;

	for (unsigned i = 0; i < stap->script.globals_len; i++) {
		struct stap_var *var = stap->script.globals[i];

		if (var->is_library || strlen(var->name) != size || memcmp(var->name, text, size) || !text[size])
			continue;
		*value = (struct stap_node){.kind = S_TEXT, .loc = var->loc, .name = text + size + 1};
		value->size = strlen(value->name);
		value->number = strtoll(value->name, &end, 0);
		if (var->type != STAP_STRING && *value->name && !*end)
			value->kind = S_NUMBER;
		if (var->is_array || (var->type == STAP_LONG && value->kind == S_TEXT))
			break;
		var->init = value;
		var->type = value->kind == S_TEXT ? STAP_STRING : STAP_LONG;
		var->type_loc = var->loc;
		return true;
	}
	buf_printf(&stap->why, "-G %s: the script has no such global that takes this value; it is given as NAME=VALUE",
		   text);
	return false;
}

/* ---- messages ---- */

static void say_diags(struct stap *stap)
{
	struct diag **diag = &stap->diags.first;
	struct buf text = {0};

	while (stap->no_warnings && *diag) {
		if ((*diag)->is_warning)
			*diag = (*diag)->next;
		else
			diag = &(*diag)->next;
	}
	stap_print_diags(&stap->diags, &text);
	say_lines(stderr, text.data ? text.data : "");
	buf_free(&text);
	stap->diags.first = NULL;
	stap->diags.last = &stap->diags.first;
	stap->diags.warnings = 0;
}

static enum outcome fail_pass(struct stap *stap, unsigned pass)
{
	unsigned errors = stap->diags.errors;

	say_diags(stap);
	if (pass == 1)
		say(stderr, "%u parse error%s.\n", errors, errors == 1 ? "" : "s");
	say(stderr, "Pass %u: %s failed.\n", pass, pass == 1 ? "parse" : "analysis");
	return OUTCOME_FAILED;
}

static void say_progress(const struct stap *stap, const char *text)
{
	if (stap->verbose)
		say(stderr, "%s\n", text);
}

static void warn_unused(struct stap *stap)
{
	for (unsigned i = 0; i < stap->call.args_len; i++)
		if (!stap->call.args_used[i])
			diag_warning(&stap->diags, (struct loc){0}, "semantic", "unused command line option $%u/@%u",
				     i + 1, i + 1);
}

static void dump(struct stap *stap, void (*print)(const struct stap_script *, struct buf *))
{
	struct buf text = {0};

	print(&stap->script, &text);
	say_lines(stdout, text.data ? text.data : "");
	buf_free(&text);
}

static void list_sites(const struct stap *stap)
{
	for (const struct stap_site *site = stap->script.sites; site; site = site->next)
		say(stdout, "%s\n", site->name);
}

/* ---- the run ---- */

static uint64_t now_ns(void *data)
{
	struct timespec now;

	(void)data;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* What the script prints is its own: it goes out as it is, but not to a terminal. */
static void put_text(void *data, const char *text, size_t size)
{
	struct stap *stap = data;

	if (stap->file) {
		if (write_data(stap->file, text, size, &stap->why))
			stap->run.is_exiting = stap->run.is_failed = true;
		return;
	}
	if (!say_content(stdout, text, size) || fflush(stdout))
		stap->run.is_exiting = true;
}

static void put_message(void *data, const char *sentence)
{
	const struct stap *stap = data;

	if (!stap->no_warnings || strncmp(sentence, "WARNING", 7))
		say_lines(stderr, sentence);
}

static bool child_goes_on(struct stap *stap)
{
	int status;

	if (!stap->child)
		return !stap->target || !kill((pid_t)stap->target, 0) || errno == EPERM;
	if (!stap->is_released && child_release(stap->child))
		return false;
	stap->is_released = true;
	if (!child_has_ended(stap->child, &status))
		return true;
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		say(stderr, "WARNING: Child process %s %d\n",
		    WIFEXITED(status) ? "exited with status" : "was killed by signal",
		    WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	stap->child = 0;
	stap->command = NULL;
	return false;
}

static bool wait_until(void *data, uint64_t deadline_ns)
{
	struct stap *stap = data;

	for (;;) {
		uint64_t now = now_ns(NULL), left, slice = LOOK_MS * 1000000ull;

		if (tracer_was_interrupted() || (stap->ends_ns && now >= stap->ends_ns) || !child_goes_on(stap))
			return false;
		if (now >= deadline_ns)
			return true;
		left = deadline_ns - now;
		slice = left < slice ? left : slice;
		nanosleep(&(struct timespec){0, (long)slice}, NULL);
	}
}

static bool open_output(struct stap *stap)
{
	if (!stap->output)
		return true;
	stap->file = write_open(stap->output, WRITE_RECORDING, &stap->why);
	return stap->file && !write_publish(stap->file, &stap->why);
}

static enum outcome run(struct stap *stap)
{
	struct stap_output output = {put_text, put_message, wait_until, now_ns, stap};
	int status;

	if (!open_output(stap) || (stap->command && child_start(stap->command, &stap->child, &stap->why) < 0))
		return OUTCOME_FAILED;
	tracer_catch_signals();
	stap->run = (struct stap_run){
		.script = &stap->script,
		.limits = stap->limits,
		.target = stap->child ? stap->child : stap->target,
		.seed = now_ns(NULL) ^ (uint64_t)getpid() << 32,
	};
	stap->ends_ns = stap->seconds ? now_ns(NULL) + stap->seconds * 1000000000ull : 0;
	status = stap_session(&stap->run, &output);
	if (stap->child && !stap->is_released)
		child_kill(stap->child);
	if (stap->file && !stap->why.size && write_commit(stap->file, &stap->why))
		status = 1;
	if (status && !stap->why.size)
		say(stderr, "Pass 5: run failed.\n");
	return status ? OUTCOME_FAILED : OUTCOME_GO_ON;
}

static enum outcome go(struct stap *stap, const char *path)
{
	if (!parse_all(stap, path))
		return OUTCOME_FAILED;
	if (stap->diags.errors)
		return fail_pass(stap, 1);
	for (unsigned i = 0; i < stap->sets.len; i++)
		if (!set_global(stap, stap->sets.list[i]))
			return OUTCOME_MISUSED;
	say_progress(stap, "Pass 1: parsed the script.");
	if (stap->pass == 1) {
		dump(stap, stap_dump);
		return OUTCOME_GO_ON;
	}
	stap_check(&stap->script, &stap->diags);
	warn_unused(stap);
	if (stap->diags.errors || (stap->warnings_fail && stap->diags.warnings))
		return fail_pass(stap, 2);
	say_diags(stap);
	say_progress(stap, "Pass 2: checked the script.");
	if (stap->listed) {
		list_sites(stap);
		return OUTCOME_GO_ON;
	}
	if (stap->pass == 2) {
		dump(stap, stap_dump_checked);
		return OUTCOME_GO_ON;
	}
	say_progress(stap, "Pass 5: starting run.");
	return run(stap);
}

static enum outcome misuse(struct stap *stap, int argc, char **argv)
{
	bool has_text = stap->text || stap->listed;

	if (stap->refused) {
		buf_printf(&stap->why, "-%c: %s", stap->refused->letter, stap->refused->help);
		return OUTCOME_FAILED;
	}
	if (!has_text && optind >= argc) {
		buf_puts(&stap->why, "A script must be specified: a file, - or -e; see --help");
		return OUTCOME_MISUSED;
	}
	if (stap->command && stap->target) {
		buf_puts(&stap->why, "-c and -x exclude each other");
		return OUTCOME_MISUSED;
	}
	stap->call.args = argv + optind + !has_text;
	stap->call.args_len = stap->listed ? 0 : (unsigned)(argc - optind - !has_text);
	stap->call.args_used = arena_new_array(stap->arena, bool, stap->call.args_len + 1);
	return OUTCOME_GO_ON;
}

int cmd_stap(int argc, char **argv)
{
	static const struct command_help help = {.usage = usage};
	struct stap stap = {.arena = arena_new()};
	struct option_loop loop;
	struct utsname host;
	enum outcome outcome;
	int status;

	uname(&host);
	stap.call.kernel = host.release;
	stap.call.arch = host.machine;
	diags_init(&stap.diags, stap.arena);
	stap.diags.limit = DIAGS_SHOWN;
	stap_run_limits(&stap.limits);
	stap_begin(&stap.script, stap.arena, &stap.call);
	options_begin(&loop, COMMAND_STAP, "cephtap stap", argc, argv);
	outcome = options_read(&loop, &help, take_option, &stap);
	options_end(&loop);
	if (outcome == OUTCOME_GO_ON)
		outcome = misuse(&stap, argc, argv);
	if (outcome == OUTCOME_GO_ON)
		outcome = go(&stap, argv[optind]);
	status = cmd_status(loop.name, outcome, &stap.why);
	arena_free(stap.arena);
	return status;
}
