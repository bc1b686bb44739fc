/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command: sub-commands by name, everything else is a script to run, as with dtrace. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "lib/limits.h"
#include "lib/markers.h"
#include "lib/memory.h"
#include "lib/shown.h"
#include "lib/trouble.h"

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *doc;
} commands[] = {
	{"list", cmd_list, "list probes, their arguments and where they are"},
	{"report", cmd_report, "a ready-made report: where an op's time goes"},
	{"picture", cmd_picture, "flame graphs, heat maps and time lines as one page of HTML"},
	{"top", cmd_top, "the OSDs of this host, live: ops, latency, stages, objects, clients, slow ops"},
	{"record", cmd_record, "what a report or a script gathers, into a file"},
	{"replay", cmd_replay, "the report from such files: later, elsewhere, without root"},
	{"doctor", cmd_doctor, "what works on this host, what does not, why, and what to do"},
	{"demo", cmd_demo, "a throw-away Ceph cluster under load, and the report on it"},
	{"learn", cmd_learn, "make a layout card of a Ceph binary from its debug information"},
	{"card", cmd_card, "layout cards: which there are, what a binary gets, add one"},
	{"stamp", cmd_stamp, "a copy of a Ceph binary that bpftrace, perf, gdb and SystemTap see the markers of"},
	{"weave", cmd_weave, "Ceph's markers into a tree of Ceph's source"},
	{"dtrace", cmd_dtrace, "the command dtrace: scripts with its options; provider files to headers and objects"},
	{"stap", cmd_stap, "the command stap: scripts in SystemTap's language, with its options"},
	{"catalogue", cmd_catalogue, "check or print the catalogue of Ceph's markers"},
};

enum { COMMANDS = sizeof(commands) / sizeof(*commands) };

static void print_commands(void)
{
	say(stdout, "Sub-commands (each has --help):\n");
	for (unsigned i = 0; i < COMMANDS; i++)
		say(stdout, "  %-10s %s\n", commands[i].name, commands[i].doc);
}

/* Else what we open next, a map of the kernel's perhaps, takes the number and gets what we print. */
static void open_standard_files(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

/* A list on a full disk must not end as if all were well. A command that failed has said so itself. */
static int close_output(int status)
{
	bool failed = ferror(stdout), is_closed;

	errno = 0;
	failed |= fflush(stdout) != 0;
	is_closed = errno == EPIPE;
	if (status || !failed)
		return status;
	say(stderr, "cephtap: %s\n",
	    is_closed ? "the output was closed" : "the output cannot be written: is the disk full?");
	return 1;
}

static int run(int argc, char **argv)
{
	const char *slash = argc ? strrchr(argv[0], '/') : NULL;

	if (argc && !strcmp(slash ? slash + 1 : argv[0], "dtrace"))
		return cmd_dtrace(argc, argv); /* without sub-commands: `dtrace list` is a script */
	if (argc && !strcmp(slash ? slash + 1 : argv[0], "stap"))
		return cmd_stap(argc, argv);
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

static void say_trouble(void *data, const char *sentence)
{
	(void)data;
	say(stderr, "cephtap: %s\n", sentence);
}

int main(int argc, char **argv)
{
	int status;

	memory_prepare();
	mark_run_start(CEPHTAP_VERSION, argc, argc > 1 ? argv[1] : "");
	open_standard_files();
	limits_raise_files();
	status = run(argc, argv);
	trouble_tell(say_trouble, NULL);
	status = close_output(status);
	mark_run_done(status);
	return status;
}
