/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/diag.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/shown.h"
#include "lib/utf8.h"

enum {
	EXCERPT_WIDTH = 110, /* bytes of a line that are shown; a script given with -n may be one very long line */
	EXCERPT_BEFORE = 50, /* of these before the place that is meant, when the line is cut */
	NEAREST_MAX = 63,    /* bytes of a name; nobody mistypes longer ones only a little */
};

void diags_init(struct diags *diags, struct arena *arena)
{
	*diags = (struct diags){.arena = arena};
	diags->last = &diags->first;
}

/* Errors and warnings have a limit each, so that many warnings never hide the error. */
static struct diag *diag_new(struct diags *diags, struct loc loc, const char *tag, bool is_warning, const char *format,
			     va_list args)
{
	unsigned *count = is_warning ? &diags->warnings : &diags->errors;
	unsigned limit = diags->limit ? diags->limit : DIAG_LIMIT;
	struct diag *diag;

	if ((*count)++ >= limit)
		return NULL;
	diag = arena_new_one(diags->arena, struct diag);
	diag->loc = loc;
	diag->tag = tag;
	diag->text = arena_vprintf(diags->arena, format, args);
	diag->is_warning = is_warning;
	*diags->last = diag;
	diags->last = &diag->next;
	return diag;
}

struct diag *diag_error(struct diags *diags, struct loc loc, const char *tag, const char *format, ...)
{
	struct diag *diag;
	va_list args;

	va_start(args, format);
	diag = diag_new(diags, loc, tag, false, format, args);
	va_end(args);
	return diag;
}

struct diag *diag_warning(struct diags *diags, struct loc loc, const char *tag, const char *format, ...)
{
	struct diag *diag;
	va_list args;

	va_start(args, format);
	diag = diag_new(diags, loc, tag, true, format, args);
	va_end(args);
	return diag;
}

void diag_hint(struct diags *diags, struct diag *diag, const char *format, ...)
{
	va_list args;

	if (!diag)
		return;
	va_start(args, format);
	diag->hint = arena_vprintf(diags->arena, format, args);
	va_end(args);
}

/* ---- locations ---- */

static size_t loc_offset(struct loc loc)
{
	return loc.offset < loc.source->size ? loc.offset : loc.source->size;
}

/* The line that holds `offset`: [*begin, *end) without the newline. */
static void line_bounds(const struct source *source, size_t offset, size_t *begin, size_t *end)
{
	const char *newline;

	*begin = offset;
	while (*begin && source->text[*begin - 1] != '\n')
		(*begin)--;
	newline = offset < source->size ? memchr(source->text + offset, '\n', source->size - offset) : NULL;
	*end = newline ? (size_t)(newline - source->text) : source->size;
	if (*end > *begin && source->text[*end - 1] == '\r')
		(*end)--;
}

static bool continues_char(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* A column is a character, not a byte: what an editor counts. */
/*
 * A line that a preprocessor leaves: `# 12 "file"` or `#line 12`. The number of the line that follows; 0: it is another
 * line.
 */
static unsigned line_mark(const char *text, size_t size)
{
	size_t i = strspn(text, " \t"), digits;
	bool is_named;

	if (i >= size || text[i++] != '#')
		return 0;
	i += strspn(text + i, " \t");
	is_named = !strncmp(text + i, "line", 4);
	if (is_named)
		i += 4 + strspn(text + i + 4, " \t");
	digits = strspn(text + i, "0123456789");
	if (!digits || digits > 9 || (!is_named && text[i + digits] != ' '))
		return 0;
	if (!is_named && text[i + digits + strspn(text + i + digits, " \t")] != '"')
		return 0;
	return (unsigned)strtoul(text + i, NULL, 10);
}

/* Where the line that the offset is in begins; its number. */
static size_t find_line(const struct source *source, size_t offset, unsigned *line)
{
	size_t from = 0;

	*line = 1;
	for (;;) {
		const char *newline = memchr(source->text + from, '\n', offset - from);
		unsigned mark;

		if (!newline)
			return from;
		mark = line_mark(source->text + from, (size_t)(newline - source->text) - from);
		*line = mark ? mark : *line + 1;
		from = (size_t)(newline - source->text) + 1;
	}
}

void loc_position(struct loc loc, unsigned *line, unsigned *column)
{
	size_t i, offset;

	*line = *column = 1;
	if (!loc.source)
		return;
	offset = loc_offset(loc);
	for (i = find_line(loc.source, offset, line); i < offset; i++)
		*column += !continues_char(loc.source->text[i]);
}

void diag_set_line(struct diag *diag, struct loc loc)
{
	unsigned column;

	if (!diag || !loc.source)
		return;
	if (loc.size)
		loc = (struct loc){loc.source, loc.offset + loc.size - 1, 1};
	loc_position(loc, &diag->line, &column);
}

unsigned diag_line(const struct diag *diag)
{
	unsigned line, column;

	if (!diag->loc.source)
		return 0;
	loc_position(diag->loc, &line, &column);
	return diag->line ? diag->line : line;
}

struct loc loc_span(struct loc from, struct loc to)
{
	uint64_t end = (uint64_t)to.offset + to.size;

	if (!from.source)
		return to;
	if (from.source == to.source && end > (uint64_t)from.offset + from.size)
		from.size = (uint32_t)(end - from.offset);
	return from;
}

/* ---- printing ---- */

/* Under a text as it is shown: a mark for each of its columns, so that the caret stands right under its place. Blank
 * tabs stay tabs. */
static void print_under(const char *text, size_t size, char mark, struct buf *out)
{
	struct buf shown = {0};
	uint32_t code;
	size_t n;

	shown_add(&shown, SHOWN_SOURCE, text, size);
	for (size_t i = 0; i < shown.size; i += n) {
		n = utf8_decode(shown.data + i, shown.size - i, &code);
		if (code == '\t')
			buf_putc(out, mark == ' ' ? '\t' : mark);
		for (int columns = utf8_columns(code); columns > 0; columns--)
			buf_putc(out, mark);
	}
	buf_free(&shown);
}

static void print_caret(const char *text, size_t size, struct buf *out)
{
	size_t at = out->size;

	print_under(text, size, '~', out);
	if (out->size > at)
		out->data[at] = '^';
	else
		buf_putc(out, '^'); /* behind the line's end */
}

static void print_excerpt(struct loc loc, struct buf *out)
{
	const char *text = loc.source->text;
	size_t begin, end, at = loc_offset(loc), meant = loc.size ? loc.size : 1;
	bool is_cut_before = false, is_cut_after;

	line_bounds(loc.source, at, &begin, &end);
	if (at > end)
		at = end;
	if (end - begin > EXCERPT_WIDTH && at - begin > EXCERPT_BEFORE) {
		is_cut_before = true;
		begin = at - EXCERPT_BEFORE;
		while (begin < at && continues_char(text[begin]))
			begin++;
	}
	is_cut_after = end - begin > EXCERPT_WIDTH;
	if (is_cut_after) {
		end = begin + EXCERPT_WIDTH;
		while (end > at && continues_char(text[end]))
			end--;
	}
	buf_puts(out, is_cut_before ? "    ..." : "    ");
	shown_add(out, SHOWN_SOURCE, text + begin, end - begin);
	buf_puts(out, is_cut_after ? "...\n" : "\n");
	buf_puts(out, is_cut_before ? "       " : "    ");
	print_under(text + begin, at - begin, ' ', out);
	if (meant > end - at)
		meant = end - at;
	while (meant && continues_char(text[at + meant - 1]) && at + meant < end && continues_char(text[at + meant]))
		meant++;
	print_caret(text + at, meant, out);
	buf_putc(out, '\n');
}

/* The end of a script: there is nothing to show. */
static bool is_empty_line(struct loc loc)
{
	size_t at = loc_offset(loc);

	return at == loc.source->size && (!at || loc.source->text[at - 1] == '\n');
}

static void print_one(const struct diag *diag, bool with_tags, struct buf *out)
{
	unsigned line, column;

	if (diag->loc.source) {
		loc_position(diag->loc, &line, &column);
		shown_add(out, SHOWN_SENTENCE, diag->loc.source->name, strlen(diag->loc.source->name));
		buf_printf(out, ":%u:%u: ", line, column);
	}
	buf_puts(out, diag->is_warning ? "warning: " : "error: ");
	if (with_tags && diag->tag)
		buf_printf(out, "[%s] ", diag->tag);
	shown_add(out, SHOWN_SENTENCE, diag->text, strlen(diag->text));
	buf_putc(out, '\n');
	if (diag->loc.source && diag->loc.source->text && !is_empty_line(diag->loc))
		print_excerpt(diag->loc, out);
	if (diag->hint) {
		buf_puts(out, "hint: ");
		shown_add(out, SHOWN_SENTENCE, diag->hint, strlen(diag->hint));
		buf_putc(out, '\n');
	}
}

static void print_rest(unsigned n, unsigned shown, const char *what, struct buf *out)
{
	if (n > shown)
		buf_printf(out, "(%u more %s%s not shown)\n", n - shown, what, n - shown == 1 ? "" : "s");
}

void diags_print(const struct diags *diags, bool with_tags, struct buf *out)
{
	unsigned errors = 0, warnings = 0;
	const struct diag *diag;

	for (diag = diags->first; diag; diag = diag->next) {
		print_one(diag, with_tags, out);
		(*(diag->is_warning ? &warnings : &errors))++;
	}
	print_rest(diags->errors, errors, "error", out);
	print_rest(diags->warnings, warnings, "warning", out);
}

/* ---- nearest name ---- */

/* `-` and `_` are the same slip, and so are cases: free here, as long as something else ranks the exact text first. */
static int fold(char c)
{
	return c == '_' ? '-' : tolower((unsigned char)c);
}

/*
 * Edit distance where swapping two neighbours is one step (optimal string alignment). Both names are at most
 * NEAREST_MAX bytes.
 */
static unsigned distance(const char *a, const char *b)
{
	size_t a_size = strlen(a), b_size = strlen(b), i, j;
	unsigned rows[3][NEAREST_MAX + 1], *older = rows[0], *old = rows[1], *now = rows[2], *spare;

	for (j = 0; j <= b_size; j++)
		old[j] = (unsigned)j;
	for (i = 1; i <= a_size; i++) {
		now[0] = (unsigned)i;
		for (j = 1; j <= b_size; j++) {
			unsigned best = old[j - 1] + (fold(a[i - 1]) != fold(b[j - 1]));

			best = old[j] + 1 < best ? old[j] + 1 : best;
			best = now[j - 1] + 1 < best ? now[j - 1] + 1 : best;
			if (i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) && fold(a[i - 2]) == fold(b[j - 1]) &&
			    older[j - 2] + 1 < best)
				best = older[j - 2] + 1;
			now[j] = best;
		}
		spare = older;
		older = old;
		old = now;
		now = spare;
	}
	return old[b_size];
}

const char *nearest_name(const char *wanted, const char *const *names, size_t n)
{
	size_t wanted_size = strlen(wanted), i;
	/* one slip in three bytes, but never so many that nothing of the name remains */
	unsigned best = wanted_size < 3 ? 1 : (unsigned)(wanted_size / 3), d;
	const char *nearest = NULL;

	if (!wanted_size || wanted_size > NEAREST_MAX)
		return NULL;
	for (i = 0; i < n; i++) {
		if (!names[i] || strlen(names[i]) > NEAREST_MAX)
			continue;
		d = distance(wanted, names[i]);
		if (d > best || (d == best && nearest) || d >= wanted_size)
			continue;
		best = d;
		nearest = names[i];
	}
	return nearest;
}
