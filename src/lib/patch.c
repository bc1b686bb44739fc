/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/patch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONTEXT = 3 };
static const char no_newline[] = "\\ No newline at end of file\n";

void edits_add(struct arena *arena, struct edits *edits, size_t at, size_t cut, const char *text)
{
	struct edit *edit = arena_push(arena, edits->list, edits->len);

	*edit = (struct edit){at, cut, text, edits->len};
}

static int edit_compare(const void *a, const void *b)
{
	const struct edit *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	if (!x->cut != !y->cut) /* what is only added stands before what is replaced */
		return x->cut ? 1 : -1;
	return (x->order > y->order) - (x->order < y->order);
}

bool edits_apply(struct edits *edits, const char *text, size_t size, struct buf *out)
{
	size_t at = 0;
	unsigned i;

	if (edits->len)
		qsort(edits->list, edits->len, sizeof(*edits->list), edit_compare);
	for (i = 0; i < edits->len; i++) {
		const struct edit *edit = &edits->list[i];

		if (edit->at < at || edit->at > size || edit->cut > size - edit->at)
			return false;
		buf_add(out, text + at, edit->at - at);
		buf_puts(out, edit->text);
		at = edit->at + edit->cut;
	}
	buf_add(out, text + at, size - at);
	return true;
}

/* ---- a diff ---- */

/* Lines [from, to) of the old text become `now`. */
struct change {
	size_t from, to;
	struct buf now;
};

static size_t line_start(const char *text, size_t at)
{
	while (at && text[at - 1] != '\n')
		at--;
	return at;
}

static size_t line_end(const char *text, size_t size, size_t at)
{
	const char *newline = at < size ? memchr(text + at, '\n', size - at) : NULL;

	return newline ? (size_t)(newline - text) + 1 : size;
}

static unsigned count_lines(const char *text, size_t size)
{
	unsigned n = 0;
	size_t i;

	for (i = 0; i < size; i++)
		n += text[i] == '\n';
	return n + (size && text[size - 1] != '\n');
}

/* Takes the edits from `i` on that touch the same lines; returns how many. */
static unsigned take_change(const struct edits *edits, unsigned i, const char *text, size_t size, struct change *out)
{
	unsigned first = i;
	size_t at;

	*out = (struct change){.from = line_start(text, edits->list[i].at)};
	out->to = out->from;
	for (at = out->from; i < edits->len; i++) {
		const struct edit *edit = &edits->list[i];

		if (i > first && line_start(text, edit->at) >= out->to)
			break;
		buf_add(&out->now, text + at, edit->at - at);
		buf_puts(&out->now, edit->text);
		at = edit->at + edit->cut;
		/* Both texts stand at the beginning of a line, or the line goes on. */
		if ((!out->now.size || out->now.data[out->now.size - 1] == '\n') && (!at || text[at - 1] == '\n'))
			out->to = at;
		else
			out->to = line_end(text, size, at);
	}
	buf_add(&out->now, text + at, out->to - at);
	return i - first;
}

/* Lines that stay as they were are no part of the change. */
static void trim(struct change *c, const char *text, size_t *now_at, size_t *now_to)
{
	size_t n, from = 0, to = c->now.size;

	for (;;) {
		n = line_end(text, c->to, c->from) - c->from;
		if (!n || n > to - from || memcmp(text + c->from, c->now.data + from, n) != 0 ||
		    c->now.data[from + n - 1] != '\n')
			break;
		c->from += n;
		from += n;
	}
	while (c->to > c->from && to > from && text[c->to - 1] == '\n' && c->now.data[to - 1] == '\n') {
		size_t last = line_start(text, c->to - 1);

		n = c->to - last;
		if (last < c->from || n > to - from || memcmp(text + last, c->now.data + to - n, n) != 0 ||
		    (to - n > from && c->now.data[to - n - 1] != '\n'))
			break;
		c->to = last;
		to -= n;
	}
	*now_at = from;
	*now_to = to;
}

static void add_lines(struct buf *out, char sign, const char *text, size_t size)
{
	size_t at, end;

	for (at = 0; at < size; at = end) {
		end = line_end(text, size, at);
		buf_putc(out, sign);
		buf_add(out, text + at, end - at);
		if (text[end - 1] != '\n')
			buf_printf(out, "\n%s", no_newline);
	}
}

static size_t lines_back(const char *text, size_t at, size_t limit, unsigned n)
{
	while (n-- && at > limit)
		at = line_start(text, at - 1);
	return at < limit ? limit : at;
}

static size_t lines_on(const char *text, size_t size, size_t at, unsigned n)
{
	while (n-- && at < size)
		at = line_end(text, size, at);
	return at;
}

/* A hunk while it grows: its lines, and how many of the old and the new text they are. */
struct hunk {
	struct buf lines;
	size_t from, to; /* of the old text */
	unsigned before, after;
};

static void put(struct hunk *hunk, char sign, const char *text, size_t size)
{
	unsigned n = count_lines(text, size);

	add_lines(&hunk->lines, sign, text, size);
	hunk->before += sign != '+' ? n : 0;
	hunk->after += sign != '-' ? n : 0;
}

static void end_hunk(struct hunk *hunk, const char *text, size_t size, int *shift, struct buf *out)
{
	size_t end = lines_on(text, size, hunk->to, CONTEXT);
	unsigned line = count_lines(text, hunk->from) + 1;

	put(hunk, ' ', text + hunk->to, end - hunk->to);
	buf_printf(out, "@@ -%u,%u +%u,%u @@\n", line - !hunk->before, hunk->before,
		   (unsigned)((int)line + *shift) - !hunk->after, hunk->after);
	buf_add(out, hunk->lines.data, hunk->lines.size);
	*shift += (int)hunk->after - (int)hunk->before;
	buf_free(&hunk->lines);
	*hunk = (struct hunk){.to = end};
}

void edits_diff(const struct edits *edits, const char *path, const char *text, size_t size, struct buf *out)
{
	struct hunk hunk = {0};
	bool is_open = false;
	int shift = 0;
	unsigned i = 0;

	if (!edits->len)
		return;
	buf_printf(out, "--- a/%s\n+++ b/%s\n", path, path);
	while (i < edits->len) {
		struct change c;
		size_t now_at, now_to;

		i += take_change(edits, i, text, size, &c);
		trim(&c, text, &now_at, &now_to);
		if (is_open && lines_on(text, size, hunk.to, 2 * CONTEXT) < c.from) {
			end_hunk(&hunk, text, size, &shift, out);
			is_open = false;
		}
		if (!is_open)
			hunk.from = hunk.to = lines_back(text, c.from, hunk.to, CONTEXT);
		is_open = true;
		put(&hunk, ' ', text + hunk.to, c.from - hunk.to);
		put(&hunk, '-', text + c.from, c.to - c.from);
		put(&hunk, '+', c.now.data + now_at, now_to - now_at);
		hunk.to = c.to;
		buf_free(&c.now);
	}
	end_hunk(&hunk, text, size, &shift, out);
}

void patch_new_file(const char *path, const char *text, struct buf *out)
{
	buf_printf(out, "--- /dev/null\n+++ b/%s\n@@ -0,0 +1,%u @@\n", path, count_lines(text, strlen(text)));
	add_lines(out, '+', text, strlen(text));
}

/* ---- a diff taken back ---- */

struct reader {
	struct arena *arena;
	const char *at, *end;
	unsigned line;
};

static bool next_line(struct reader *r, const char **line, size_t *size)
{
	const char *newline;

	if (r->at >= r->end)
		return false;
	newline = memchr(r->at, '\n', (size_t)(r->end - r->at));
	*line = r->at;
	*size = (size_t)((newline ? newline + 1 : r->end) - r->at);
	r->at += *size;
	r->line++;
	return true;
}

static bool begins(const char *line, size_t size, const char *word)
{
	return size >= strlen(word) && !memcmp(line, word, strlen(word));
}

static void drop_newline(struct buf *buf)
{
	if (buf->size)
		buf->data[--buf->size] = '\0';
}

/* The lines of a hunk whose head has been read. False: they are not as many as it says. */
static bool read_hunk(struct reader *r, unsigned before_len, unsigned after_len, struct patch_hunk *hunk)
{
	struct buf before = {0}, after = {0};
	const char *line = NULL;
	size_t size = 0;
	char sign = ' ';
	bool good = true;

	while (good && (before_len || after_len || (r->at < r->end && *r->at == '\\')) && next_line(r, &line, &size)) {
		if (*line == '\\') {
			if (sign != '+')
				drop_newline(&before);
			if (sign != '-')
				drop_newline(&after);
			continue;
		}
		sign = *line;
		good = sign == ' ' ? before_len && after_len : sign == '-' ? before_len : sign == '+' && after_len;
		if (good && sign != '+') {
			buf_add(&before, line + 1, size - 1);
			before_len--;
		}
		if (good && sign != '-') {
			buf_add(&after, line + 1, size - 1);
			after_len--;
		}
	}
	hunk->before = arena_memdup(r->arena, before.size ? before.data : "", before.size + 1);
	hunk->before_size = before.size;
	hunk->after = arena_memdup(r->arena, after.size ? after.data : "", after.size + 1);
	hunk->after_size = after.size;
	buf_free(&before);
	buf_free(&after);
	return good && !before_len && !after_len;
}

static const char *path_of(struct arena *arena, const char *line, size_t size)
{
	size_t n = strcspn(line, "\t\n");

	return arena_strndup(arena, line + 6, (n < size ? n : size) - 6);
}

/* A path that leads out of the tree is none. */
static bool is_sane_path(const char *path)
{
	return *path && *path != '/' && strncmp(path, "../", 3) != 0 && !strstr(path, "/../");
}

int patch_parse(struct arena *arena, const char *text, size_t size, struct patch_file **out, unsigned *out_len,
		struct buf *why)
{
	struct reader r = {arena, text, text + size, 0};
	struct patch_file *file = NULL;
	const char *line;
	size_t n;
	bool is_new = false;

	*out = NULL;
	*out_len = 0;
	while (next_line(&r, &line, &n)) {
		unsigned from, before_len, at, after_len;

		if (begins(line, n, "--- ")) {
			is_new = begins(line, n, "--- /dev/null");
		} else if (begins(line, n, "+++ b/")) {
			file = arena_push(arena, *out, *out_len);
			*file = (struct patch_file){.path = path_of(arena, line, n), .is_new = is_new};
			if (!is_sane_path(file->path))
				break;
		} else if (file && sscanf(line, "@@ -%u,%u +%u,%u @@", &from, &before_len, &at, &after_len) == 4) {
			struct patch_hunk *hunk = arena_push(arena, file->hunks, file->hunks_len);

			hunk->line = at;
			if (!read_hunk(&r, before_len, after_len, hunk))
				break;
		} else {
			break;
		}
		line = NULL;
	}
	if (!*out_len || line) {
		buf_printf(why, "line %u is not as a patch has it", r.line);
		return -EINVAL;
	}
	return 0;
}

static bool is_at(const struct patch_hunk *hunk, const char *text, size_t size, size_t at)
{
	return hunk->after_size <= size - at && !memcmp(text + at, hunk->after, hunk->after_size);
}

/* Where the hunk's lines are now, at or behind `from`: nearest to where the patch put them. SIZE_MAX: nowhere. */
static size_t find_hunk(const struct patch_hunk *hunk, const char *text, size_t size, size_t from)
{
	unsigned line = count_lines(text, from) + 1, distance, best = 0;
	size_t at, found = (size_t)-1;

	for (at = from; at <= size; at = line_end(text, size, at), line++) {
		distance = line > hunk->line ? line - hunk->line : hunk->line - line;
		if (is_at(hunk, text, size, at) && (found == (size_t)-1 || distance < best)) {
			found = at;
			best = distance;
		}
		if (at == size || (line > hunk->line && found != (size_t)-1))
			break;
	}
	return found;
}

int patch_reverse(const struct patch_file *file, const char *text, size_t size, struct buf *out, unsigned *line)
{
	size_t at = 0, found;
	unsigned i;

	for (i = 0; i < file->hunks_len; i++) {
		const struct patch_hunk *hunk = &file->hunks[i];

		*line = hunk->line;
		found = find_hunk(hunk, text, size, at);
		if (found == (size_t)-1 || (file->is_new && hunk->after_size != size))
			return -ENOENT;
		buf_add(out, text + at, found - at);
		buf_add(out, hunk->before, hunk->before_size);
		at = found + hunk->after_size;
	}
	buf_add(out, text + at, size - at);
	return 0;
}
