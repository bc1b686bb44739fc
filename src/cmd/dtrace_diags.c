/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/dtrace_diags.h"

#include <string.h>

#include "lib/shown.h"

static bool is_of_command_line(const struct source *source)
{
	return !strncmp(source->name, "-n argument ", 12);
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
		buf_printf(out, "line %u: ", diag_line(diag));
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
