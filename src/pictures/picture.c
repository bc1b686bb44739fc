/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pictures/picture.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "lib/arena.h"
#include "lib/embed.h"
#include "lib/shown.h"

static const char data_mark[] = "@DATA@"; /* where in the page the data goes */

/* A name is written once; stacks hold its number. Names of C++ are long, and a page holds thousands of stacks. */
struct name {
	UT_hash_handle hh;
	unsigned number;
	char text[];
};

struct picture {
	FILE *out;
	struct arena *arena;
	struct buf line; /* what is written next */
	struct name *names;
	struct buf names_json, notes_json;
	const char *rest; /* of the page, behind the data */
	size_t rest_size;
	unsigned names_len, buckets_len, rows, spans;
	uint64_t origin_ns;
	int error; /* negative errno */
	bool is_timeline, has_lane, has_origin;
};

/* --- JSON --- */

static void json_string(struct buf *out, const char *text)
{
	shown_add(out, SHOWN_PAGE, text, strlen(text));
}

static void json_number(struct buf *out, double number)
{
	if (!isfinite(number))
		number = 0;
	if (number == floor(number) && fabs(number) < 1e15)
		buf_printf(out, "%.0f", number);
	else
		buf_printf(out, "%.15g", number);
}

/* --- Writing --- */

static void write_all(struct picture *picture, const char *data, size_t size)
{
	if (picture->error || !size)
		return;
	errno = 0;
	if (fwrite(data, 1, size, picture->out) != size)
		picture->error = errno ? -errno : -EIO;
}

static void write_line(struct picture *picture)
{
	write_all(picture, picture->line.data, picture->line.size);
	buf_clear(&picture->line);
}

static void write_string(struct picture *picture, const char *key, const char *text)
{
	buf_printf(&picture->line, ",\"%s\":", key);
	json_string(&picture->line, text);
}

/* The page up to where the data goes, and what every document begins with. */
static struct picture *begin(FILE *out, const char *kind, const char *title, const char *unit)
{
	struct arena *arena = arena_new();
	const struct source *page = embedded_find(arena, embedded_pictures, "page.html");
	const char *mark = page ? strstr(page->text, data_mark) : NULL;
	struct picture *picture = arena_new_one(arena, struct picture);

	assert(mark);
	picture->arena = arena;
	picture->out = out;
	picture->rest = mark + strlen(data_mark);
	picture->rest_size = page->size - (size_t)(picture->rest - page->text);
	write_all(picture, page->text, (size_t)(mark - page->text));
	buf_printf(&picture->line, "{\"kind\":\"%s\"", kind);
	write_string(picture, "title", title);
	write_string(picture, "unit", unit);
	return picture;
}

static void begin_row(struct picture *picture)
{
	buf_puts(&picture->line, picture->rows++ ? ",\n" : "\n");
}

/* --- Flame graphs --- */

struct picture *picture_flame(FILE *out, const char *title, const char *unit, enum picture_flame view)
{
	struct picture *picture = begin(out, "flame", title, unit);

	write_string(picture, "view", view == PICTURE_ICICLE ? "icicle" : "flame");
	buf_puts(&picture->line, ",\"stacks\":[");
	return picture;
}

static unsigned name_number(struct picture *picture, const char *text)
{
	size_t size = strlen(text);
	struct name *name;

	HASH_FIND(hh, picture->names, text, size, name);
	if (name)
		return name->number;
	name = arena_alloc(picture->arena, sizeof(*name) + size + 1);
	memcpy(name->text, text, size);
	name->number = picture->names_len++;
	HASH_ADD_KEYPTR(hh, picture->names, name->text, size, name);
	buf_puts(&picture->names_json, name->number ? ",\n" : "\n");
	json_string(&picture->names_json, text);
	return name->number;
}

static void begin_stack(struct picture *picture, const char *const *frames, unsigned frames_len, double value)
{
	begin_row(picture);
	buf_puts(&picture->line, "{\"frames\":[");
	for (unsigned i = 0; i < frames_len; i++)
		buf_printf(&picture->line, "%s%u", i ? "," : "", name_number(picture, frames[i]));
	buf_puts(&picture->line, "],\"value\":");
	json_number(&picture->line, value);
}

void picture_stack(struct picture *picture, const char *const *frames, unsigned frames_len, double value)
{
	begin_stack(picture, frames, frames_len, value);
	buf_putc(&picture->line, '}');
	write_line(picture);
}

void picture_stack_diff(struct picture *picture, const char *const *frames, unsigned frames_len, double before,
			double after)
{
	begin_stack(picture, frames, frames_len, after);
	buf_puts(&picture->line, ",\"before\":");
	json_number(&picture->line, before);
	buf_putc(&picture->line, '}');
	write_line(picture);
}

/* --- Heat maps --- */

static void write_counts(struct buf *line, const uint64_t *counts, unsigned len)
{
	buf_putc(line, '[');
	for (unsigned i = 0; i < len; i++)
		buf_printf(line, "%s%" PRIu64, i ? "," : "", counts[i]);
	buf_putc(line, ']');
}

/* Times are written from the picture's origin on, which is text: they would not be exact as numbers of JavaScript. */
struct picture *picture_heat(FILE *out, const char *title, const char *unit, uint64_t start_ns, uint64_t step_ns,
			     const uint64_t *buckets, unsigned buckets_len)
{
	struct picture *picture = begin(out, "heat", title, unit);

	picture->buckets_len = buckets_len;
	buf_printf(&picture->line,
		   ",\"origin_ns\":\"%" PRIu64 "\",\"start_ns\":0,\"step_ns\":%" PRIu64 ",\"buckets\":", start_ns,
		   step_ns);
	write_counts(&picture->line, buckets, buckets_len);
	buf_puts(&picture->line, ",\"columns\":[");
	return picture;
}

void picture_column(struct picture *picture, const uint64_t *counts)
{
	begin_row(picture);
	write_counts(&picture->line, counts, picture->buckets_len);
	write_line(picture);
}

/* --- Time lines --- */

struct picture *picture_timeline(FILE *out, const char *title)
{
	struct picture *picture = begin(out, "timeline", title, "ns");

	picture->is_timeline = true;
	buf_puts(&picture->line, ",\"lanes\":[");
	return picture;
}

void picture_lane(struct picture *picture, const char *name)
{
	if (picture->has_lane)
		buf_puts(&picture->line, "]}");
	begin_row(picture);
	buf_puts(&picture->line, "{\"name\":");
	json_string(&picture->line, name);
	buf_puts(&picture->line, ",\"spans\":[");
	picture->has_lane = true;
	picture->spans = 0;
	write_line(picture);
}

void picture_span(struct picture *picture, const char *name, uint64_t start_ns, uint64_t end_ns, const char *detail)
{
	if (!picture->has_lane)
		picture_lane(picture, "");
	if (!picture->has_origin)
		picture->origin_ns = start_ns;
	picture->has_origin = true;
	buf_printf(&picture->line, "%s\n{\"name\":", picture->spans++ ? "," : "");
	json_string(&picture->line, name);
	buf_printf(&picture->line, ",\"start_ns\":%" PRId64 ",\"end_ns\":%" PRId64,
		   (int64_t)(start_ns - picture->origin_ns), (int64_t)(end_ns - picture->origin_ns));
	if (detail && *detail)
		write_string(picture, "detail", detail);
	buf_putc(&picture->line, '}');
	write_line(picture);
}

/* --- The end --- */

void picture_note(struct picture *picture, const char *text)
{
	if (picture->notes_json.size)
		buf_putc(&picture->notes_json, ',');
	json_string(&picture->notes_json, text);
}

static void write_end(struct picture *picture)
{
	buf_puts(&picture->line, picture->has_lane ? "]}]" : "]");
	if (picture->is_timeline)
		buf_printf(&picture->line, ",\"origin_ns\":\"%" PRIu64 "\"", picture->origin_ns);
	if (picture->names_len)
		buf_printf(&picture->line, ",\"names\":[%s]", picture->names_json.data);
	if (picture->notes_json.size)
		buf_printf(&picture->line, ",\"notes\":[%s]", picture->notes_json.data);
	buf_putc(&picture->line, '}');
	write_line(picture);
	write_all(picture, picture->rest, picture->rest_size);
}

int picture_end(struct picture *picture)
{
	int error;

	write_end(picture);
	errno = 0;
	if (!picture->error && fflush(picture->out))
		picture->error = errno ? -errno : -EIO;
	error = picture->error;
	HASH_CLEAR(hh, picture->names);
	buf_free(&picture->line);
	buf_free(&picture->names_json);
	buf_free(&picture->notes_json);
	arena_free(picture->arena);
	return error;
}
