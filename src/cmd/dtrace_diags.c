/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/dtrace_diags.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/shown.h"

static bool is_of_command_line(const struct source *source)
{
	return !strncmp(source->name, "-n argument ", 12);
}

/* `# 12 "x.d"` or `#line 12`: the number of the line behind it; 0: it is no such line. */
static unsigned marked_line(const char *line, const char *end)
{
	const char *at = line + 1;

	if (line == end || *line != '#')
		return 0;
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	if (end - at > 4 && !strncmp(at, "line", 4))
		at += 4;
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	return at < end && isdigit((unsigned char)*at) ? (unsigned)strtoul(at, NULL, 10) : 0;
}

/* As the preprocessor has numbered them. */
static unsigned line_of(struct loc loc)
{
	const char *text = loc.source->text, *end = text + loc.source->size, *place = text + loc.offset, *next;
	unsigned number = 1, marked;

	for (const char *line = text; (next = memchr(line, '\n', (size_t)(end - line))) && next < place;
	     line = next + 1) {
		marked = marked_line(line, next);
		number = marked ? marked : number + 1;
	}
	return number;
}

static void print_source(const struct source *source, struct buf *out)
{
	if (is_of_command_line(source)) {
		buf_puts(out, "invalid probe specifier ");
		shown_add(out, SHOWN_SOURCE, source->text, source->size);
	} else {
		buf_puts(out, "failed to compile script ");
		shown_add(out, SHOWN_NAME, source->name, strlen(source->name));
	}
	buf_puts(out, ": ");
}

static void print_one(const struct diag *diag, bool with_tags, struct buf *out)
{
	buf_puts(out, "dtrace: ");
	if (diag->loc.source && !diag->is_warning)
		print_source(diag->loc.source, out);
	if (with_tags && diag->tag)
		buf_printf(out, "[%s] ", diag->tag);
	if (diag->loc.source)
		buf_printf(out, "line %u: ", line_of(diag->loc));
	shown_add(out, SHOWN_SENTENCE, diag->text, strlen(diag->text));
	buf_putc(out, '\n');
}

void dtrace_diags_print(const struct diags *diags, bool with_tags, struct buf *out)
{
	bool has_error = false;

	for (const struct diag *diag = diags->first; diag; diag = diag->next) {
		if (diag->is_warning || !has_error)
			print_one(diag, with_tags, out);
		has_error |= !diag->is_warning;
	}
}
