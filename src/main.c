/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command: sub-commands by name, everything else is a script to run, as with dtrace. */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *doc;
} commands[] = {
	{"list", cmd_list, "list probes, their arguments and where they are"},
	{"learn", cmd_learn, "make a layout card of a Ceph binary from its debug information"},
	{"catalogue", cmd_catalogue, "check or print the catalogue of Ceph's markers"},
};

enum { COMMANDS = sizeof(commands) / sizeof(*commands) };

static void print_commands(void)
{
	puts("Sub-commands (each has --help):");
	for (unsigned i = 0; i < COMMANDS; i++)
		printf("  %-10s %s\n", commands[i].name, commands[i].doc);
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return cmd_usage();
	for (unsigned i = 0; i < COMMANDS; i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	if (!strcmp(argv[1], "help") || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		cmd_run_help();
		print_commands();
		return 0;
	}
	return cmd_run(argc, argv);
}
