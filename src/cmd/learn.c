/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `cephtap learn`: make layout cards of builds of Ceph's binaries, from their debug information. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ceph/learn.h"
#include "cmd/cmd.h"
#include "cmd/file_markers.h"
#include "cmd/learn_sources.h"
#include "cmd/option.h"
#include "lib/shown.h"

static const char usage[] =
	"Usage: cephtap learn [OPTIONS] BINARY...\n"
	"       cephtap learn [OPTIONS] -p PID\n"
	"       cephtap learn [OPTIONS] --from DIR [NAME...]\n"
	"\n"
	"Read the debug information of BINARY (e.g. /usr/bin/ceph-osd) once and keep what tracing needs of it in a "
	"layout\n"
	"card of a few KB. Wanted only for builds that cephtap has no card of; `cephtap list --daemons` says which "
	"those "
	"are.\n"
	"-p: of what a process runs, in a container too. --from: of the binaries in a folder into which packages and "
	"their\n"
	"debug symbols were unpacked, all of them or those of the names; with BINARY or -p, only their debug files are "
	"looked\n"
	"for there.\n"
	"\n";

struct learn_line {
	struct arena *arena;
	const struct catalogue *cat;
	const char **pids, *from, *url, *debug, *release, *output;
	unsigned pids_len;
	bool asks_server;
};

/* ---- progress, on a terminal ---- */

struct progress {
	struct arena *arena;
	const char *name, *url;
	uint64_t said;
};

static void show_progress(void *data, uint64_t bytes)
{
	enum { STEP = 16 << 20 };
	struct progress *progress = data;

	if (bytes >= progress->said && bytes < progress->said + STEP)
		return;
	progress->said = bytes;
	say(stderr, "\r%s: %llu MB of debug information read", progress->name, (unsigned long long)bytes >> 20);
}

static void end_progress(const struct progress *progress)
{
	if (progress->said)
		say(stderr, "\r%*s\r", (int)strlen(progress->name) + 50, "");
}

static const char *fetch(void *data, const char *build_id, const char **why)
{
	struct progress *progress = data;

	if (isatty(STDERR_FILENO))
		say(stderr, "%s: asking %s for build-id %s\n", progress->name, progress->url, build_id);
	return learn_fetch(progress->arena, progress->url, build_id, why);
}

/* ---- what it has brought ---- */

static const struct file_marker *marker_of(const struct file_markers *markers, const char *name)
{
	for (unsigned i = 0; i < markers->len; i++)
		if (!strcmp(markers->list[i].name, name) && !markers->list[i].why)
			return &markers->list[i];
	return NULL;
}

static void say_gained(FILE *out, const char *base, const struct file_markers *before, const struct file_markers *after)
{
	unsigned gained = 0, fuller = 0;

	for (unsigned i = 0; i < after->len; i++) {
		const struct file_marker *now = &after->list[i], *was = marker_of(before, now->name);

		if (now->why)
			continue;
		if (!was)
			say(out, "%s%s", gained++ ? ", " : "gained: ", now->name);
		else
			fuller += now->missing < was->missing;
	}
	say(out, "%s%s: %u of %u markers can be used, %u more than before", gained ? "\n" : "", base, after->usable,
	    after->len, gained);
	if (fuller)
		say(out, "; %u more have all their arguments, or more of them", fuller);
	say(out, "\n");
}

/* ---- one binary ---- */

static int keep(const struct learn_line *line, const struct learn_source *source, const struct card *card,
		const struct buf *missing)
{
	const char *path = line->output ? line->output : card_default_path(line->arena, card->build_id);
	bool is_stream = !strcmp(path, "-");
	struct file_markers before, after;
	struct buf why = {0};

	file_markers_find(line->arena, source->held, source->binary, &before);
	if (card_store(card, is_stream ? "/dev/stdout" : path, &why)) {
		say(stderr, "cephtap learn: %s\n", why.data);
		buf_free(&why);
		return 1;
	}
	if (!is_stream)
		say(stdout, "%s: %s %s, %u types\n", path, card->binary, card->release, card->types_len);
	if (missing->size)
		say(stderr, "not in this build, so what needs it is left out of markers:\n");
	say_lines(stderr, missing->size ? missing->data : "");
	if (line->output) {
		if (!is_stream)
			say(stdout, "cephtap looks for cards elsewhere: `cephtap card add %s` puts it there\n", path);
		return 0;
	}
	file_markers_find(line->arena, source->held, source->binary, &after);
	say_gained(stdout, card->binary, &before, &after);
	return 0;
}

static int learn(const struct learn_line *line, const struct learn_sources *sources, const struct learn_source *source)
{
	const char *slash = strrchr(source->binary, '/'), *why = NULL;
	struct progress progress = {.arena = line->arena, .name = slash ? slash + 1 : source->binary, .url = line->url};
	struct learn_request request = {
		.binary = source->binary,
		.held = source->path ? source->held : NULL,
		.root = source->root,
		.path = source->path,
		.debug = line->debug,
		.release = line->release,
		.roots = sources->roots,
		.fetch = line->url ? fetch : NULL,
		.progress = isatty(STDERR_FILENO) ? show_progress : NULL,
		.data = &progress,
	};
	struct buf missing = {0};
	struct card card;
	int status = 1, error = learn_card(line->arena, line->cat, &request, &card, &missing, &why);

	end_progress(&progress);
	if (error)
		say(stderr, "cephtap learn: %s\n", why);
	else
		status = keep(line, source, &card, &missing);
	buf_free(&missing);
	return status;
}

/* ---- the command line ---- */

static bool add_sources(const struct learn_line *line, struct learn_sources *sources, char **words, int n,
			struct buf *why)
{
	bool all_found = line->from && !n && !line->pids_len;

	if (line->from && !learn_add_folder(sources, line->from, why))
		return false;
	for (unsigned i = 0; i < line->pids_len; i++)
		if (!learn_add_process(sources, line->pids[i], why))
			return false;
	for (int i = 0; i < n; i++)
		if (line->from && !strchr(words[i], '/') ? !learn_add_found(sources, words[i], why)
							 : !learn_add_path(sources, words[i], why))
			return false;
	return !all_found || learn_add_found(sources, NULL, why);
}

static int run(struct learn_line *line, char **words, int n)
{
	struct learn_sources sources = {.arena = line->arena, .cat = line->cat};
	struct buf why = {0};
	int status = 0;

	if (!add_sources(line, &sources, words, n, &why)) {
		status = 1;
	} else if (sources.len > 1 && (line->output || line->debug)) {
		buf_puts(&why, "-o and --debug are for one binary");
		status = 2;
	}
	if (status)
		say(stderr, "cephtap learn: %s\n", why.data);
	for (unsigned i = 0; !why.size && i < sources.len; i++)
		status |= learn(line, &sources, &sources.list[i]);
	learn_sources_close(&sources);
	buf_free(&why);
	return status;
}

static enum outcome take_option(void *data, const struct cmd_option *option, const char *text)
{
	struct learn_line *line = data;

	if (option->id == OPTION_DEBUG)
		line->debug = text;
	else if (option->id == OPTION_RELEASE)
		line->release = text;
	else if (option->id == OPTION_FROM)
		line->from = text;
	else if (option->id == OPTION_PID)
		*arena_push(line->arena, line->pids, line->pids_len) = text;
	else if (option->id == OPTION_DEBUGINFOD) {
		line->asks_server = true;
		line->url = text ? text : getenv("DEBUGINFOD_URLS");
	} else
		line->output = text;
	return OUTCOME_GO_ON;
}

static enum outcome check_line(const struct learn_line *line, int n, struct buf *why)
{
	if (!n && !line->pids_len && !line->from)
		buf_puts(why, "name one binary, e.g. /usr/bin/ceph-osd, or say -p or --from; see --help");
	else if (line->asks_server && !(line->url && *line->url))
		buf_puts(why, "name the server: --debuginfod=URL, or $DEBUGINFOD_URLS; see --help");
	return why->size ? OUTCOME_MISUSED : OUTCOME_GO_ON;
}

int cmd_learn(int argc, char **argv)
{
	static const struct command_help help = {.usage = usage};
	struct learn_line line = {.arena = arena_new()};
	struct option_loop loop;
	enum outcome outcome;
	struct buf why = {0};
	int status;

	options_begin(&loop, COMMAND_LEARN, "cephtap learn", argc, argv);
	outcome = options_read(&loop, &help, take_option, &line);
	options_end(&loop);
	if (outcome == OUTCOME_GO_ON)
		outcome = check_line(&line, argc - optind, &why);
	status = cmd_status(loop.name, outcome, &why);
	if (outcome == OUTCOME_GO_ON) {
		line.cat = catalogue_builtin(line.arena);
		status = run(&line, argv + optind, argc - optind);
	}
	arena_free(line.arena);
	return status;
}
