/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cephtap picture KIND: one page of HTML from a text file. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "lib/file.h"
#include "report/folded.h"
#include "report/picture.h"

enum { OPT_ICICLE = 256, OPT_DIFF, OPT_TITLE, OPT_UNIT };
enum { INPUT_MAX = 1 << 30 };

static const char help[] =
	"Usage: cephtap picture flame [OPTIONS] [FOLDED]\n"
	"\n"
	"Makes a picture: one page of HTML that needs no network and no other file. Text comes from a file or standard input.\n"
	"\n"
	"  flame      a flame graph of folded stacks: `main;work;read 12` a line, the root first\n"
	"\n"
	"  -o FILE        write the page here (default: standard output)\n"
	"  --title TEXT   what stands above the picture\n"
	"  --unit UNIT    of the values: ns and bytes are shown as people write them (default: samples)\n"
	"  --icicle       flame: the root above\n"
	"  --diff BEFORE  flame: compare with these stacks; red is more than before, blue is less, in shares of the whole\n"
	"\n"
	"Frames that begin with `module`` take their colour from the module.\n";

struct request {
	const char *title, *unit, *out, *before, *input;
	const struct kind *kind;
	bool icicle;
};

/* What one kind of picture does: it reads its input, `draw`s to an open file. */
struct kind {
	const char *name, *title, *unit;
	void *(*read)(struct arena *arena, const struct request *request, struct buf *why);
	int (*draw)(void *data, const struct request *request, FILE *out);
};

static const char *shown_name(const char *path)
{
	return strcmp(path, "-") ? path : "standard input";
}

static bool read_text(struct arena *arena, const char *path, char **text, size_t *size, struct buf *why)
{
	return !file_read(arena, path, INPUT_MAX, text, size, why);
}

/* --- flame --- */

static bool read_folded(struct folded *folded, struct arena *arena, const char *path, struct buf *why)
{
	char *text;
	size_t size;

	folded->arena = arena;
	return read_text(arena, path, &text, &size, why) && folded_read(folded, shown_name(path), text, size, why);
}

static void *flame_read(struct arena *arena, const struct request *request, struct buf *why)
{
	struct folded *folded = arena_new_one(arena, struct folded), *before = arena_new_one(arena, struct folded);

	if (!read_folded(folded, arena, request->input, why))
		return NULL;
	if (!request->before)
		return folded;
	if (!read_folded(before, arena, request->before, why))
		return NULL;
	folded_compare(folded, before);
	return folded;
}

static int flame_draw(void *data, const struct request *request, FILE *out)
{
	const struct folded *folded = data;
	struct picture *picture =
		picture_flame(out, request->title, request->unit, request->icicle ? PICTURE_ICICLE : PICTURE_FLAME);

	for (unsigned i = 0; i < folded->stacks_len; i++) {
		const struct folded_stack *stack = &folded->stacks[i];

		if (folded->has_before)
			picture_stack_diff(picture, stack->frames, stack->frames_len, stack->before, stack->value);
		else
			picture_stack(picture, stack->frames, stack->frames_len, stack->value);
	}
	return picture_end(picture);
}

/* --- The command --- */

static const struct kind kinds[] = {
	{"flame", "Flame graph", "samples", flame_read, flame_draw},
};

enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

static int fail(const char *why)
{
	fprintf(stderr, "cephtap picture: %s\n", why);
	return 1;
}

static int wrong_usage(const char *why)
{
	fprintf(stderr, "cephtap picture: %s; cephtap picture --help says more\n", why);
	return 2;
}

static int cannot_write(const char *path, int error)
{
	fprintf(stderr, "cephtap picture: cannot write %s: %s\n", path ? path : "standard output", strerror(error));
	return 1;
}

static int draw(const struct request *request, void *data)
{
	FILE *out = request->out ? fopen(request->out, "we") : stdout;
	int error;

	if (!out)
		return cannot_write(request->out, errno);
	error = -request->kind->draw(data, request, out);
	if (request->out && fclose(out) && !error)
		error = errno;
	if (!error)
		return 0;
	clearerr(stdout); /* it has been said: main need not */
	return cannot_write(request->out, error);
}

static int run(const struct request *request)
{
	struct arena *arena = arena_new();
	struct buf why = {0};
	void *data = request->kind->read(arena, request, &why);
	int status = data ? draw(request, data) : fail(why.data);

	buf_free(&why);
	arena_free(arena);
	return status;
}

static bool take_option(struct request *request, int c)
{
	switch (c) {
	case 'o':
		request->out = optarg;
		return true;
	case OPT_TITLE:
		request->title = optarg;
		return true;
	case OPT_UNIT:
		request->unit = optarg;
		return true;
	case OPT_ICICLE:
		request->icicle = true;
		return true;
	case OPT_DIFF:
		request->before = optarg;
		return true;
	default:
		return false; /* getopt has said it */
	}
}

static const struct kind *find_kind(const char *name)
{
	for (unsigned i = 0; i < KINDS; i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	return NULL;
}

static const char *check_request(struct request *request, int argc, char **argv)
{
	bool is_flame;

	if (optind == argc)
		return "which kind of picture? flame, heat or timeline was expected";
	request->kind = find_kind(argv[optind]);
	if (!request->kind)
		return "the kinds of pictures are flame, heat and timeline";
	if (argc - optind > 2)
		return "one file at a time";
	request->input = optind + 1 < argc ? argv[optind + 1] : "-";
	is_flame = request->kind->draw == flame_draw;
	if (!is_flame && (request->icicle || request->before))
		return "--icicle and --diff go with flame";
	if (request->before && !strcmp(request->before, request->input))
		return "--diff compares two files, and these are the same";
	if (!request->title)
		request->title = request->before ? "Flame graph, compared with before" : request->kind->title;
	if (!request->unit)
		request->unit = request->kind->unit;
	return NULL;
}

int cmd_picture(int argc, char **argv)
{
	static const struct option options[] = {{"icicle", no_argument, NULL, OPT_ICICLE},
						{"diff", required_argument, NULL, OPT_DIFF},
						{"title", required_argument, NULL, OPT_TITLE},
						{"unit", required_argument, NULL, OPT_UNIT},
						{"output", required_argument, NULL, 'o'},
						{"help", no_argument, NULL, 'h'},
						{0}};
	struct request request = {0};
	const char *wrong;
	int c;

	while ((c = getopt_long(argc, argv, "o:h", options, NULL)) != -1) {
		if (c == 'h') {
			fputs(help, stdout);
			return 0;
		}
		if (!take_option(&request, c))
			return 2;
	}
	wrong = check_request(&request, argc, argv);
	return wrong ? wrong_usage(wrong) : run(&request);
}
