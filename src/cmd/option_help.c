/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options as --help shows them: a column of names, a column of sentences. */
#include <string.h>

#include "cmd/option.h"
#include "lib/shown.h"

enum { WIDTH = 118, COLUMN_MAX = 26 };

void option_synopsis(const struct cmd_option *option, struct buf *out)
{
	const char *arg = option->arg ? option->arg : "", *blank = !option->arg || option->arg[0] == '[' ? "" : " ";

	if (option->letter)
		buf_printf(out, "-%c", option->letter);
	if (option->letter && option->name)
		buf_puts(out, ", ");
	if (option->name)
		buf_printf(out, "--%s", option->name);
	buf_printf(out, "%s%s", blank, arg);
}

static unsigned column_of(const struct option_list *list)
{
	unsigned column = 0;

	for (unsigned i = 0; i < list->len; i++) {
		struct buf name = {0};

		option_synopsis(list->rows[i], &name);
		if (name.size > column && name.size <= COLUMN_MAX)
			column = (unsigned)name.size;
		buf_free(&name);
	}
	return column + 2;
}

/* Broken between words, and indented. */
static void add_sentence(struct buf *out, const char *text, unsigned indent)
{
	size_t at = indent;

	for (const char *next; *text; text = next) {
		size_t size = strcspn(text, " ");

		next = text + size + strspn(text + size, " ");
		if (at > indent && at + 1 + size > WIDTH) {
			buf_printf(out, "\n%*s", (int)indent, "");
			at = indent;
		}
		buf_printf(out, "%s%.*s", at > indent ? " " : "", (int)size, text);
		at += (at > indent) + size;
	}
	buf_putc(out, '\n');
}

static void add_option(struct buf *out, const struct cmd_option *option, unsigned column)
{
	struct buf name = {0};

	option_synopsis(option, &name);
	buf_printf(out, "  %-*s", (int)column, name.data);
	if (name.size > column - 2)
		buf_printf(out, "\n  %*s", (int)column, "");
	add_sentence(out, option->help, column + 2);
	buf_free(&name);
}

static unsigned groups_of(const struct option_list *list)
{
	unsigned groups = 0;

	for (unsigned i = 0; i < list->len; i++)
		groups |= 1u << list->rows[i]->group;
	return (unsigned)__builtin_popcount(groups);
}

/* A long list is shown in its groups. */
void options_help(FILE *out, enum command command, const struct view_ops *view)
{
	struct arena *arena = arena_new();
	struct option_list list = options_of(arena, command, view);
	bool has_groups = groups_of(&list) > 3;
	struct buf text = {0};

	for (unsigned i = 0; i < list.len; i++) {
		if (has_groups && (!i || list.rows[i]->group != list.rows[i - 1]->group))
			buf_printf(&text, "%s%s:\n", i ? "\n" : "", group_names[list.rows[i]->group]);
		add_option(&text, list.rows[i], column_of(&list));
	}
	say_lines(out, text.data);
	buf_free(&text);
	arena_free(arena);
}
