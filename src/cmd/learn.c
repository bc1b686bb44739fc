/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `cephtap learn`: make a layout card for one build of a Ceph binary, from its debug information. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceph/learn.h"
#include "cmd/cmd.h"
#include "cmd/option.h"
#include "lib/shown.h"

static const char usage[] =
	"Usage: cephtap learn [--debug FILE] [--release X.Y.Z] [-o CARD] BINARY\n"
	"\n"
	"Read the debug information of BINARY (e.g. /usr/bin/ceph-osd) once and keep what tracing needs of it in a "
	"layout\n"
	"card of a few KB. Wanted only for builds that cephtap has no card of; `cephtap list -v` says which those "
	"are.\n"
	"\n";

static int output(struct arena *arena, const char *path, const struct card *card, const struct buf *missing)
{
	struct buf why = {0};
	int err;

	if (!path)
		path = card_default_path(arena, card->build_id);
	if (!strcmp(path, "-"))
		path = "/dev/stdout";
	err = card_store(card, path, &why);
	if (err)
		say(stderr, "cephtap learn: %s\n", why.data);
	else if (strcmp(path, "/dev/stdout"))
		say(stdout, "%s: %s %s, %u types\n", path, card->binary, card->release, card->types_len);
	if (missing->size)
		say(stderr, "not in this build, so what needs it is left out of markers:\n");
	say_lines(stderr, missing->size ? missing->data : "");
	buf_free(&why);
	return err ? 1 : 0;
}

static int learn(const struct learn_request *request, const char *path)
{
	struct arena *arena = arena_new();
	struct buf missing = {0};
	const char *why = NULL;
	struct card card;
	int status = 1;

	if (learn_card(arena, catalogue_builtin(arena), request, &card, &missing, &why))
		say(stderr, "cephtap learn: %s\n", why);
	else
		status = output(arena, path, &card, &missing);
	buf_free(&missing);
	arena_free(arena);
	return status;
}

struct learn_line {
	struct learn_request request;
	const char *path;
};

static enum outcome take_option(void *data, const struct cmd_option *option, const char *text)
{
	struct learn_line *line = data;

	if (option->id == OPTION_DEBUG)
		line->request.debug = text;
	else if (option->id == OPTION_RELEASE)
		line->request.release = text;
	else
		line->path = text;
	return OUTCOME_GO_ON;
}

int cmd_learn(int argc, char **argv)
{
	static const struct command_help help = {.usage = usage};
	struct learn_line line = {0};
	struct option_loop loop;
	enum outcome outcome;
	struct buf why = {0};

	options_begin(&loop, COMMAND_LEARN, "cephtap learn", argc, argv);
	outcome = options_read(&loop, &help, take_option, &line);
	options_end(&loop);
	if (outcome == OUTCOME_GO_ON && argc - optind != 1) {
		buf_puts(&why, "name one binary, e.g. /usr/bin/ceph-osd; see --help");
		outcome = OUTCOME_MISUSED;
	}
	if (outcome != OUTCOME_GO_ON)
		return cmd_status(loop.name, outcome, &why);
	line.request.binary = argv[optind];
	return learn(&line.request, line.path);
}
