/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of options, for those who need it outside of the binary.
 *   table man COMMAND [REPORT]   a list for the manual (mdoc); of a report what it alone has, and its formats
 *   table list                   a line for each option: command, report, letter, name, value; `-` for what it lacks
 * COMMAND is a sub-command; `cephtap` is the one that runs scripts.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/option.h"

static const char *name_of(enum command command)
{
	return command == COMMAND_RUN ? "cephtap" : command_names[command];
}

/* --- The manual --- */

/* A sentence of its own, where --help has a part of one. */
static void print_sentence(const char *help)
{
	size_t size = strlen(help);

	putchar(toupper((unsigned char)help[0]));
	for (const char *at = help + 1; *at; at++)
		printf(*at == '\\' ? "\\e" : "%c", *at);
	printf("%s\n", size && help[size - 1] == '.' ? "" : ".");
}

static void print_value(const char *arg)
{
	if (arg && !strncmp(arg, "[=", 2))
		printf(" Ns Op = Ns Ar %.*s", (int)strlen(arg) - 3, arg + 2);
	else if (arg)
		printf(" Ar %s", arg);
}

static void print_option(const struct cmd_option *option)
{
	printf(".It");
	if (option->letter)
		printf(" Fl %c", option->letter);
	if (option->letter && option->name)
		printf(" ,");
	if (option->name)
		printf(" Fl -%s", option->name);
	print_value(option->arg);
	printf("\n");
	print_sentence(option->help);
}

static bool is_of_one_report(const struct cmd_option *option)
{
	return option->id == OPTION_VIEW || option->id == OPTION_HTML;
}

static void print_formats(const struct view_ops *view)
{
	unsigned n = 0;

	printf("Formats:");
	for (int form = FORM_TEXT + 1; form < FORMS; form++)
		if (!view->forms || view->forms & 1u << form)
			printf("%s %s", n++ ? "," : "", report_formats[form].name);
	printf(".\n");
}

static void print_man(enum command command, const struct view_ops *view)
{
	struct arena *arena = arena_new();
	struct option_list list = options_of(arena, command, view);
	unsigned n = 0;

	if (view)
		print_formats(view);
	for (unsigned i = 0; i < list.len; i++)
		if (command != COMMAND_REPORT || is_of_one_report(list.rows[i]) == (view != NULL)) {
			if (!n++)
				printf(".Bl -tag -width Ds\n");
			print_option(list.rows[i]);
		}
	if (n)
		printf(".El\n");
	arena_free(arena);
}

/* --- For tests --- */

static void print_list(enum command command, const struct view_ops *view)
{
	struct arena *arena = arena_new();
	struct option_list list = options_of(arena, command, view);

	for (unsigned i = 0; i < list.len; i++) {
		const struct cmd_option *option = list.rows[i];

		printf("%s\t%s\t%c\t%s\t%s\n", name_of(command), view ? view->name : "-",
		       option->letter ? option->letter : '-', option->name ? option->name : "-",
		       option->arg ? option->arg : "-");
	}
	arena_free(arena);
}

static void print_lists(void)
{
	for (int command = 0; command < COMMANDS; command++) {
		print_list((enum command)command, NULL);
		for (unsigned i = 0; command == COMMAND_REPORT && views[i]; i++)
			print_list(COMMAND_REPORT, views[i]);
	}
}

int main(int argc, char **argv)
{
	const struct view_ops *view = argc > 3 ? view_find(argv[3]) : NULL;

	if (argc == 2 && !strcmp(argv[1], "list")) {
		print_lists();
		return 0;
	}
	for (int command = 0; argc > 2 && !strcmp(argv[1], "man") && command < COMMANDS; command++)
		if (!strcmp(argv[2], name_of((enum command)command)) && (argc == 3 || view)) {
			print_man((enum command)command, view);
			return 0;
		}
	fprintf(stderr, "usage: table man COMMAND [REPORT] | table list\n");
	return 2;
}
