/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `cephtap learn`: make a layout card for one build of a Ceph binary, from its debug information. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceph/learn.h"
#include "cmd/cmd.h"
#include "lib/path.h"
#include "lib/shown.h"
#include "lib/write.h"

static const char help[] =
	"Usage: cephtap learn [--debug FILE] [--release X.Y.Z] [-o CARD] BINARY\n"
	"\n"
	"Read the debug information of BINARY (e.g. /usr/bin/ceph-osd) once and keep what tracing needs of it in a "
	"layout\n"
	"card of a few KB. Wanted only for builds that cephtap has no card of; `cephtap list -v` says which those "
	"are.\n"
	"\n"
	"  --debug FILE      debug information, if it is not under /usr/lib/debug, beside BINARY or inside it\n"
	"  --release X.Y.Z   Ceph's release, if the binary does not tell it\n"
	"  -o, --output CARD write there, - for standard output; else to a folder where cephtap looks for cards:\n"
	"                    the first of $CEPHTAP_CARDS, /var/lib/cephtap/cards (as root), ~/.cache/cephtap/cards\n"
	"  --help            this text\n";

/* A card where cephtap looks for it: its folder may not be there yet. */
static int make_folder_of(struct arena *arena, const char *path, struct buf *why)
{
	const char *slash = strrchr(path, '/');
	struct path found;
	int error;

	if (!slash || slash == path)
		return 0;
	error = path_find_folder(arena_strndup(arena, path, (size_t)(slash - path)), true, &found, why);
	path_close(&found);
	return error;
}

static int output(struct arena *arena, const char *path, const struct card *card, const struct buf *missing)
{
	struct buf text = {0}, why = {0};
	int err = 0;

	card_print(card, &text);
	if (!path)
		path = card_default_path(arena, card->build_id);
	if (!strcmp(path, "-"))
		path = "/dev/stdout";
	else
		err = make_folder_of(arena, path, &why);
	if (!err)
		err = write_whole(path, WRITE_RESULT, text.data, text.size, &why);
	if (err)
		say(stderr, "cephtap learn: %s\n", why.data);
	else if (strcmp(path, "/dev/stdout"))
		say(stdout, "%s: %s %s, %u types, %zu bytes\n", path, card->binary, card->release, card->types_len,
		    text.size);
	if (missing->size)
		say(stderr, "not in this build, so what needs it is left out of markers:\n");
	say_lines(stderr, missing->size ? missing->data : "");
	buf_free(&why);
	buf_free(&text);
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

int cmd_learn(int argc, char **argv)
{
	static const struct option options[] = {{"debug", required_argument, NULL, 'd'},
						{"release", required_argument, NULL, 'r'},
						{"output", required_argument, NULL, 'o'},
						{"help", no_argument, NULL, 'h'},
						{0}};
	struct learn_request request = {0};
	const char *path = NULL;
	int c;

	while ((c = cmd_option("cephtap learn", argc, argv, "o:h", options)) != -1) {
		switch (c) {
		case 'd':
			request.debug = optarg;
			break;
		case 'r':
			request.release = optarg;
			break;
		case 'o':
			path = optarg;
			break;
		case 'h':
			say_lines(stdout, help);
			return 0;
		default:
			return 2;
		}
	}
	if (argc - optind != 1) {
		say(stderr, "cephtap learn: name one binary, e.g. /usr/bin/ceph-osd; see --help\n");
		return 2;
	}
	request.binary = argv[optind];
	return learn(&request, path);
}
