/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cephtap picture KIND: one page of HTML from a text file. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "cmd/cmd.h"
#include "cmd/option.h"
#include "lib/csv.h"
#include "lib/file.h"
#include "lib/memory.h"
#include "lib/shown.h"
#include "lib/write.h"
#include "report/folded.h"
#include "report/heat.h"
#include "pictures/picture.h"
#include "report/spark.h"

enum { INPUT_MAX = 1 << 30, HEAT_COLUMNS = 400, HEAT_BUCKETS = 60, TEXT_BUCKETS = 20 };

static const char usage[] =
	"Usage: cephtap picture flame [--icicle] [--diff BEFORE] [OPTIONS] [FOLDED]\n"
	"       cephtap picture heat [--text] [OPTIONS] [CSV]\n"
	"       cephtap picture timeline [OPTIONS] [CSV]\n"
	"\n"
	"Makes a picture: one page of HTML that needs no network and no other file. Text comes from a file or standard "
	"input.\n"
	"\n"
	"  flame          a flame graph of folded stacks: `main;work;read 12` a line, the root first\n"
	"  heat           values over time, of rows time_ns,value_ns[,count]\n"
	"  timeline       what ran when, of rows lane,name,start_ns,end_ns[,detail]; spans inside others are drawn "
	"below them\n"
	"\n";

static const char frames[] = "\n"
			     "Frames that begin with `module`` take their colour from the module.\n";

struct request {
	const char *title, *unit, *out, *before, *input;
	const struct kind *kind;
	bool icicle, text;
};

/* What one kind of picture does: it reads its input, `draw`s to an open file. */
struct kind {
	const char *name, *title, *unit;
	void *(*read)(struct arena *arena, const struct request *request, struct buf *why);
	int (*draw)(void *data, const struct request *request, FILE *out);
};

static const char *input_name(const char *path)
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
	return read_text(arena, path, &text, &size, why) && folded_read(folded, input_name(path), text, size, why);
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

/* --- Rows --- */

/* One row of a table; false: `why` says what is wrong with it. */
typedef bool take_row(void *data, struct arena *arena, char **fields, unsigned len, struct buf *why);

enum { FIELDS_MAX = 5 };

static bool check_is_text(const char *name, const char *text, size_t size, struct buf *why)
{
	const char *nul = memchr(text, '\0', size);
	unsigned line = 1;

	for (const char *at = text; nul && at < nul; at++)
		line += *at == '\n';
	if (nul)
		buf_printf(why, "%s:%u: a NUL byte: this is not text", name, line);
	return !nul;
}

/* `columns` are their names, those from the one in [ on need not be there. A first row that holds just names is left
 * out. */
static bool is_heading(const char *columns, unsigned line, const char *field)
{
	return line == 1 && !strncmp(columns, field, strlen(field)) && strchr(",[", columns[strlen(field)]);
}

static bool read_rows(struct arena *arena, const struct request *request, const char *columns, take_row *take,
		      void *data, struct buf *why)
{
	const char *wrong = NULL, *name = input_name(request->input);
	char *text, *fields[FIELDS_MAX];
	struct buf what = {0};
	struct csv csv;
	size_t size;
	bool is_good = true;
	int len;

	if (!read_text(arena, request->input, &text, &size, why) || !check_is_text(name, text, size, why))
		return false;
	csv_open(&csv, text, size);
	while (is_good && (len = csv_row(&csv, fields, FIELDS_MAX, &wrong)) > 0)
		if (!is_heading(columns, csv.line, fields[0]))
			is_good = take(data, arena, fields, (unsigned)len, &what);
	if (wrong)
		buf_puts(&what, wrong);
	if (what.size)
		buf_printf(why, "%s:%u: %s; %s was expected", name, csv.line, what.data, columns);
	buf_free(&what);
	return !why->size;
}

static bool take_count(const char *text, const char *column, uint64_t *number, struct buf *why)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 10);
	if (*text >= '0' && *text <= '9' && !*end && !errno)
		return true;
	buf_printf(why, "%s is not a whole number below 2^64: `%.40s`", column, text);
	return false;
}

static bool check_len(unsigned len, unsigned least, unsigned most, struct buf *why)
{
	if (len >= least && len <= most)
		return true;
	buf_printf(why, "%u %s", len, len == 1 ? "field" : "fields");
	return false;
}

/* --- heat --- */

struct heat_rows {
	struct heat_row *rows;
	unsigned len;
	struct arena *arena;
};

static bool take_heat_row(void *data, struct arena *arena, char **fields, unsigned len, struct buf *why)
{
	struct heat_rows *all = data;
	struct heat_row row = {.count = 1};

	if (!check_len(len, 2, 3, why) || !take_count(fields[0], "time_ns", &row.time_ns, why) ||
	    !take_count(fields[1], "value_ns", &row.value, why) ||
	    (len > 2 && !take_count(fields[2], "count", &row.count, why)))
		return false;
	*arena_push(arena, all->rows, all->len) = row;
	return true;
}

static void *heat_read(struct arena *arena, const struct request *request, struct buf *why)
{
	struct heat_rows *all = arena_new_one(arena, struct heat_rows);

	all->arena = arena;
	if (!read_rows(arena, request, "time_ns,value_ns[,count]", take_heat_row, all, why))
		return NULL;
	if (all->len)
		return all;
	buf_printf(why, "%s: there is no row in it", input_name(request->input));
	return NULL;
}

static int heat_print(const struct heat_rows *all, const struct request *request, FILE *out)
{
	struct spark_style style = spark_style_of(out);
	struct shown text = {0};
	struct heat heat;

	heat_make(&heat, all->arena, all->rows, all->len, spark_heat_columns(&style), TEXT_BUCKETS);
	spark_heat(&text, &style, &heat, !strcmp(request->unit, "ns"));
	errno = 0;
	say_shown(out, &text);
	return ferror(out) || fflush(out) ? (errno ? -errno : -EIO) : 0;
}

static int heat_draw(void *data, const struct request *request, FILE *out)
{
	const struct heat_rows *all = data;
	struct picture *picture;
	struct heat heat;

	if (request->text)
		return heat_print(all, request, out);
	heat_make(&heat, all->arena, all->rows, all->len, HEAT_COLUMNS, HEAT_BUCKETS);
	picture = picture_heat(out, request->title, request->unit, heat.start_ns, heat.step_ns, heat.buckets,
			       heat.buckets_len);
	for (unsigned i = 0; i < heat.columns_len; i++)
		picture_column(picture, heat_column(&heat, i));
	return picture_end(picture);
}

/* --- timeline --- */

struct span {
	struct span *next;
	const char *name, *detail;
	uint64_t start_ns, end_ns;
};

struct lane {
	UT_hash_handle hh; /* iterates in the order in which lanes were first named */
	const char *name;
	struct span *first, **end;
};

static struct lane *find_lane(struct lane **lanes, struct arena *arena, const char *name)
{
	struct lane *lane;

	HASH_FIND_STR(*lanes, name, lane);
	if (lane)
		return lane;
	lane = arena_new_one(arena, struct lane);
	lane->name = name;
	lane->end = &lane->first;
	HASH_ADD_KEYPTR(hh, *lanes, lane->name, strlen(name), lane);
	return lane;
}

static bool take_span(void *data, struct arena *arena, char **fields, unsigned len, struct buf *why)
{
	struct span *span = arena_new_one(arena, struct span);
	struct lane *lane;

	if (!check_len(len, 4, 5, why) || !take_count(fields[2], "start_ns", &span->start_ns, why) ||
	    !take_count(fields[3], "end_ns", &span->end_ns, why))
		return false;
	if (span->end_ns < span->start_ns) {
		buf_puts(why, "end_ns is before start_ns");
		return false;
	}
	span->name = fields[1];
	span->detail = len > 4 ? fields[4] : NULL;
	lane = find_lane(data, arena, fields[0]);
	*lane->end = span;
	lane->end = &span->next;
	return true;
}

static void *timeline_read(struct arena *arena, const struct request *request, struct buf *why)
{
	struct lane **lanes = arena_new_one(arena, struct lane *);
	bool is_good = read_rows(arena, request, "lane,name,start_ns,end_ns[,detail]", take_span, lanes, why);

	if (is_good && *lanes)
		return lanes;
	if (is_good)
		buf_printf(why, "%s: there is no row in it", input_name(request->input));
	HASH_CLEAR(hh, *lanes);
	return NULL;
}

static int timeline_draw(void *data, const struct request *request, FILE *out)
{
	struct picture *picture = picture_timeline(out, request->title);
	struct lane **lanes = data;

	for (const struct lane *lane = *lanes; lane; lane = lane->hh.next) {
		picture_lane(picture, lane->name);
		for (const struct span *span = lane->first; span; span = span->next)
			picture_span(picture, span->name, span->start_ns, span->end_ns, span->detail);
	}
	HASH_CLEAR(hh, *lanes);
	return picture_end(picture);
}

/* --- The command --- */

static const struct kind kinds[] = {
	{"flame", "Flame graph", "samples", flame_read, flame_draw},
	{"heat", "Heat map", "ns", heat_read, heat_draw},
	{"timeline", "Time line", "ns", timeline_read, timeline_draw},
};

enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

static int fail(const char *why)
{
	say(stderr, "cephtap picture: %s\n", why);
	return 1;
}

static int wrong_usage(const char *why)
{
	say(stderr, "cephtap picture: %s; cephtap picture --help says more\n", why);
	return 2;
}

static int cannot_write(const char *path, int error)
{
	say(stderr, "cephtap picture: cannot write %s: %s\n", path ? path : "standard output", strerror(error));
	return 1;
}

static int draw(const struct request *request, void *data)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = request->out ? open_memstream(&text, &size) : stdout;
	struct buf why = {0};
	int error, status = 0;

	if (!out)
		memory_end();
	error = -request->kind->draw(data, request, out);
	if (request->out && fclose(out) && !error)
		error = errno;
	if (error)
		status = cannot_write(request->out, error);
	else if (request->out && write_whole(request->out, WRITE_RESULT, text, size, &why))
		status = fail(why.data);
	if (error)
		clearerr(stdout); /* it has been said: main need not */
	buf_free(&why);
	free(text);
	return status;
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

static enum outcome take_option(void *data, const struct cmd_option *option, const char *text)
{
	struct request *request = data;

	switch (option->id) {
	case OPTION_OUTPUT:
		request->out = text;
		break;
	case OPTION_TITLE:
		request->title = text;
		break;
	case OPTION_UNIT:
		request->unit = text;
		break;
	case OPTION_ICICLE:
		request->icicle = true;
		break;
	case OPTION_TEXT:
		request->text = true;
		break;
	default: /* --diff */
		request->before = text;
	}
	return OUTCOME_GO_ON;
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
	if (optind == argc)
		return "which kind of picture? flame, heat or timeline was expected";
	request->kind = find_kind(argv[optind]);
	if (!request->kind)
		return "the kinds of pictures are flame, heat and timeline";
	if (argc - optind > 2)
		return "one file at a time";
	request->input = optind + 1 < argc ? argv[optind + 1] : "-";
	if (request->text && request->kind->draw != heat_draw)
		return "--text goes with heat";
	if (request->kind->draw != flame_draw && (request->icicle || request->before))
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
	static const struct command_help help = {usage, frames};
	struct request request = {0};
	struct option_loop loop;
	enum outcome outcome;
	struct buf why = {0};
	const char *wrong;

	options_begin(&loop, COMMAND_PICTURE, "cephtap picture", argc, argv);
	outcome = options_read(&loop, &help, take_option, &request);
	options_end(&loop);
	if (outcome != OUTCOME_GO_ON)
		return cmd_status(loop.name, outcome, &why);
	wrong = check_request(&request, argc, argv);
	return wrong ? wrong_usage(wrong) : run(&request);
}
