/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of options, and which of them a command takes. */
#include <string.h>

#include "cmd/option.h"

#define TO(command) (1u << COMMAND_##command)

enum {
	SCRIPTS = TO(RUN) | TO(DTRACE),
	TRACING = SCRIPTS | TO(REPORT) | TO(TOP),
	CHOOSING = TRACING | TO(LIST) | OPTION_GATHERED,
	ALL = (1u << COMMANDS) - 1,
};

const char *const command_names[COMMANDS] = {
	[COMMAND_RUN] = "",
	[COMMAND_LIST] = "list",
	[COMMAND_REPORT] = "report",
	[COMMAND_PICTURE] = "picture",
	[COMMAND_TOP] = "top",
	[COMMAND_RECORD] = "record",
	[COMMAND_REPLAY] = "replay",
	[COMMAND_DOCTOR] = "doctor",
	[COMMAND_DEMO] = "demo",
	[COMMAND_LEARN] = "learn",
	[COMMAND_CARD] = "card",
	[COMMAND_STAMP] = "stamp",
	[COMMAND_WEAVE] = "weave",
	[COMMAND_DTRACE] = "dtrace",
	[COMMAND_CATALOGUE] = "catalogue",
	[COMMAND_STAP] = "stap",
};

const char *const group_names[GROUPS] = {"What", "Which processes", "How long", "What is written, and where", "Other"};

static const struct cmd_option table[] = {
	/* What is run, made, shown. */
	{OPTION_CLAUSE, SCRIPTS, GROUP_WHAT, 'n', NULL, "CLAUSE", "run this clause; may be given several times"},
	{OPTION_PROVIDER, SCRIPTS, GROUP_WHAT, 'P', NULL, "CLAUSE",
	 "the same; what stands before its first blank is a provider: -P sched"},
	{OPTION_MODULE, SCRIPTS, GROUP_WHAT, 'm', NULL, "CLAUSE", "the same, of a module: -m ceph-osd"},
	{OPTION_FUNCTION, SCRIPTS, GROUP_WHAT, 'f', NULL, "CLAUSE",
	 "the same, of a function: -f 'OSD::enqueue_op { @ = count(); }'"},
	{OPTION_PROBE_ID, SCRIPTS, GROUP_WHAT, 'i', NULL, "CLAUSE", "the same, of a probe's number, as -l prints it"},
	{OPTION_FILE, SCRIPTS, GROUP_WHAT, 's', NULL, "FILE", "run this script; - is standard input"},
	{OPTION_LIST, SCRIPTS, GROUP_WHAT, 'l', NULL, NULL, "list the probes that match instead"},
	{OPTION_SET, SCRIPTS, GROUP_WHAT, 'x', NULL, "NAME[=VALUE]",
	 "set an option of scripts (list: cephtap -x help)"},
	{OPTION_BUFFER, SCRIPTS, GROUP_WHAT, 'b', NULL, "SIZE", "memory for records, as -x bufsize=SIZE"},
	{OPTION_DESTRUCTIVE, SCRIPTS, GROUP_WHAT, 'w', NULL, NULL,
	 "allow actions that change the traced system: raise(), stop(), copyout(), copyoutstr(), chill()"},
	{OPTION_AWAIT, SCRIPTS, GROUP_WHAT, 'Z', NULL, NULL,
	 "probes that are not there are no error: markers are waited for"},
	{OPTION_CHECK_ONLY, SCRIPTS, GROUP_WHAT, 'e', NULL, NULL,
	 "check and compile only; exit before anything is attached"},
	{OPTION_HEADER, TO(DTRACE), GROUP_WHAT, 'h', NULL, NULL, "make a C header with a macro for each marker"},
	{OPTION_OBJECT, TO(DTRACE), GROUP_WHAT, 'G', NULL, NULL, "make an object file with the markers' semaphores"},
	{OPTION_PREPROCESS, TO(DTRACE), GROUP_WHAT, 'C', NULL, NULL,
	 "run the C preprocessor on the file of -s first ($CPP, cpp, or $CC -E)"},
	{OPTION_DEFINE, TO(DTRACE), GROUP_WHAT, 'D', NULL, "NAME[=VALUE]", "for the preprocessor"},
	{OPTION_UNDEFINE, TO(DTRACE), GROUP_WHAT, 'U', NULL, "NAME", "for the preprocessor"},
	{OPTION_INCLUDE, TO(DTRACE), GROUP_WHAT, 'I', NULL, "DIR", "for the preprocessor"},
	{OPTION_SHOW_INCLUDES, TO(DTRACE), GROUP_WHAT, 'H', NULL, NULL,
	 "with -C: print the names of included files on standard error"},
	{OPTION_STANDARD, TO(DTRACE), GROUP_WHAT, 'X', NULL, "MODE",
	 "with -C: how far the preprocessor keeps to ISO C: a, c, s or t"},
	{OPTION_LIBRARY, TO(DTRACE), GROUP_WHAT, 'L', NULL, "DIR",
	 "compile the D libraries of this folder (*.d) before the script"},
	{OPTION_VERBOSE, TO(DTRACE), GROUP_WHAT, 'v', NULL, NULL, "with -l: the arguments of each probe as well"},
	{OPTION_LISTING, TO(DTRACE), GROUP_WHAT, 'S', NULL, NULL, "print the compiled programs on standard error"},
	{OPTION_INDENT, TO(DTRACE), GROUP_WHAT, 'F', NULL, NULL, "indent by entry and return, as -x flowindent"},
	{OPTION_ANONYMOUS, TO(DTRACE), GROUP_WHAT, 'A', NULL, NULL,
	 "anonymous tracing: this is refused, as Linux has none"},
	{OPTION_ANONYMOUS, TO(DTRACE), GROUP_WHAT, 'a', NULL, NULL, "the same"},
	{OPTION_IGNORED, TO(DTRACE), GROUP_WHAT, 'k', NULL, NULL, "ignored: builds give it"},
	{OPTION_32, TO(DTRACE), GROUP_WHAT, '3', NULL, "2", "an object of 32 bits: -32"},
	{OPTION_64, TO(DTRACE), GROUP_WHAT, '6', NULL, "4", "an object of 64 bits: -64"},
	{OPTION_CLAUSE, TO(STAP), GROUP_WHAT, 'e', NULL, "SCRIPT", "run this text instead of a file"},
	{OPTION_SCRIPT, TO(STAP), GROUP_WHAT, 'E', NULL, "SCRIPT", "run this text as well; may be given several times"},
	{OPTION_LIST, TO(STAP), GROUP_WHAT, 'l', NULL, "PROBE", "list the probe points that match instead"},
	{OPTION_LIBRARY, TO(STAP), GROUP_WHAT, 'L', NULL, "PROBE", "the same, with their variables"},
	{OPTION_INCLUDE, TO(STAP), GROUP_WHAT, 'I', NULL, "DIR",
	 "read the aliases and functions in this folder (*.stp) too"},
	{OPTION_SET, TO(STAP), GROUP_WHAT, 'G', NULL, "NAME=VALUE", "set a global variable of the script"},
	{OPTION_DEFINE, TO(STAP), GROUP_WHAT, 'D', NULL, "NAME=VALUE",
	 "a limit: MAXACTION, MAXACTION_INTERRUPTIBLE, MAXNESTING, MAXMAPENTRIES, MAXSTRINGLEN, MAXERRORS, MAXSKIPPED"},
	{OPTION_PASS, TO(STAP), GROUP_WHAT, 'p', NULL, "PASS",
	 "end after pass 1 (parse) or 2 (check), and print the result"},
	{OPTION_DESTRUCTIVE, TO(STAP), GROUP_WHAT, 'g', NULL, NULL,
	 "guru mode: is taken; embedded C is refused nevertheless"},
	{OPTION_REFUSED, TO(STAP), GROUP_WHAT, 'F', NULL, NULL,
	 "flight recorder mode: this is refused, as it is not there"},
	{OPTION_REFUSED, TO(STAP), GROUP_WHAT, 'a', NULL, "ARCH",
	 "another architecture: this is refused, as scripts run where they are compiled"},
	{OPTION_REFUSED, TO(STAP), GROUP_WHAT, 'S', NULL, "SIZE[,N]",
	 "several output files: this is refused, as it is not there"},
	{OPTION_ICICLE, TO(PICTURE), GROUP_WHAT, 0, "icicle", NULL, "flame: the root above"},
	{OPTION_DIFF, TO(PICTURE), GROUP_WHAT, 0, "diff", "BEFORE",
	 "flame: compare with these stacks; red is more than before, blue is less, in shares of the whole"},
	{OPTION_TITLE, TO(PICTURE), GROUP_WHAT, 0, "title", "TEXT", "what stands above the picture"},
	{OPTION_UNIT, TO(PICTURE), GROUP_WHAT, 0, "unit", "UNIT",
	 "of the values: ns and bytes are shown as people write them (default: samples; heat: ns)"},
	{OPTION_TEXT, TO(PICTURE), GROUP_WHAT, 0, "text", NULL, "heat: characters for a terminal instead"},
	{OPTION_PANEL, TO(TOP), GROUP_WHAT, 0, "panel", "NAME",
	 "the lower panel at first: stages, objects, clients or slow (default stages)"},
	{OPTION_CLEAN, TO(DOCTOR), GROUP_WHAT, 0, "clean", "PID",
	 "take away breakpoints that were left in this process by a tracer that was killed; status 0: none is left"},
	{OPTION_KEEP, TO(DEMO), GROUP_WHAT, 0, "keep", NULL,
	 "leave the cluster running at the end, and say how to talk to it"},
	{OPTION_CLUSTER_ONLY, TO(DEMO), GROUP_WHAT, 0, "cluster-only", NULL,
	 "only start the cluster, print its folder and environment, and leave it running"},
	{OPTION_DOWN, TO(DEMO), GROUP_WHAT, 0, "down", "DIR",
	 "stop a cluster that was left running, and remove its folder"},
	{OPTION_SECONDS, TO(DEMO), GROUP_WHAT, 0, "seconds", "N", "seconds of each of the four loads (default 6)"},
	{OPTION_CEPH, TO(DEMO), GROUP_WHAT, 0, "ceph", "DIR",
	 "use the Ceph under DIR (DIR/bin, DIR/lib) instead of the host's: one that was built with markers"},
	{OPTION_DEBUG, TO(LEARN), GROUP_WHAT, 0, "debug", "FILE",
	 "debug information, if it is not under /usr/lib/debug, beside BINARY or inside it"},
	{OPTION_FROM, TO(LEARN), GROUP_WHAT, 0, "from", "DIR",
	 "a folder of unpacked packages (RPM or deb), each in its own folder or all in one"},
	{OPTION_PID, TO(LEARN), GROUP_WHAT, 'p', "pid", "PID",
	 "what this process runs, with debug files of its own root folder or of ours"},
	{OPTION_DEBUGINFOD, TO(LEARN), GROUP_WHAT, 0, "debuginfod", "[=URL]",
	 "ask this server for debug information that is not here (debuginfod-find is needed); without URL, those of "
	 "$DEBUGINFOD_URLS. What it says is believed: name one that you trust"},
	{OPTION_RELEASE, TO(LEARN), GROUP_WHAT, 0, "release", "X.Y.Z",
	 "Ceph's release, if the binary does not tell it"},
	{OPTION_RELEASE, TO(CARD), GROUP_WHAT, 0, "release", "X.Y.Z",
	 "show: the card that a build of this release would get"},
	{OPTION_DISTRIBUTION, TO(CARD), GROUP_WHAT, 0, "distribution", "NAME",
	 "show: of this distribution: debian, ubuntu, el8 or el9"},
	{OPTION_LIST, TO(STAMP), GROUP_WHAT, 'l', "list", NULL,
	 "only say which markers and arguments a copy has, and why not others"},
	{OPTION_CHECK, TO(WEAVE), GROUP_WHAT, 0, "check", NULL,
	 "say where each marker would go, or why it has no place; status 1 if one has none"},
	{OPTION_DIFF, TO(WEAVE), GROUP_WHAT, 0, "diff", NULL, "print what weaving changes, as a patch; write nothing"},
	{OPTION_UNDO, TO(WEAVE), GROUP_WHAT, 0, "undo", NULL,
	 "take the markers out again: the tree is byte for byte as it was"},
	{OPTION_PARTIAL, TO(WEAVE), GROUP_WHAT, 0, "partial", NULL,
	 "weave, or print, what this tree can carry, and leave the other markers out"},
	{OPTION_CATALOGUE, TO(WEAVE), GROUP_WHAT, 0, "catalogue", "FILE",
	 "a catalogue to go by instead of the one inside this binary (several: all of them)"},
	{OPTION_CHECK, TO(CATALOGUE), GROUP_WHAT, 0, "check", NULL,
	 "say what is wrong with it; nothing and status 0 when it is sound"},
	{OPTION_MARKDOWN, TO(CATALOGUE), GROUP_WHAT, 0, "markdown", NULL, "print the reference page, doc/markers.md"},
	{OPTION_TAPSET, TO(CATALOGUE), GROUP_WHAT, 0, "tapset", NULL,
	 "print the SystemTap tapset, tools/systemtap/tapset/ceph.stp"},
	{OPTION_BPFTRACE, TO(CATALOGUE), GROUP_WHAT, 0, "bpftrace", "[=NAME]",
	 "print an example script for bpftrace; without NAME, which there are"},
	{OPTION_SYSTEMTAP, TO(CATALOGUE), GROUP_WHAT, 0, "systemtap", "[=NAME]",
	 "the same for SystemTap, with the tapset"},

	/* Which processes. */
	{OPTION_PID, TO(LIST), GROUP_PROCESSES, 'p', "pid", "PID", "this process only; may be given several times"},
	{OPTION_PID, (TO(REPORT) | TO(TOP)) | OPTION_GATHERED, GROUP_PROCESSES, 'p', NULL, "PID",
	 "this process only; may be given several times"},
	{OPTION_PID, SCRIPTS, GROUP_PROCESSES, 'p', NULL, "PID",
	 "this process only; may be given several times; the first one is $target"},
	{OPTION_PID, TO(STAP), GROUP_PROCESSES, 'x', NULL, "PID",
	 "what target() is; the script ends when this process does"},
	{OPTION_COMMAND, TO(STAP), GROUP_PROCESSES, 'c', NULL, "COMMAND",
	 "start this command, which target() is then; the script ends when it does"},
	{OPTION_COMMAND, SCRIPTS, GROUP_PROCESSES, 'c', NULL, "COMMAND",
	 "start this command, trace it, and end with it; it is $target"},
	{OPTION_OSD, CHOOSING, GROUP_PROCESSES, 0, "osd", "ID[,ID]", "these OSDs of this host only"},
	{OPTION_DAEMON, CHOOSING, GROUP_PROCESSES, 0, "daemon", "NAME",
	 "this daemon only: osd.3, mon.a, client.admin, or a glob"},
	{OPTION_CGROUP, CHOOSING, GROUP_PROCESSES, 0, "cgroup", "PATH",
	 "the processes of this control group and those inside it only"},
	{OPTION_CONTAINER, CHOOSING, GROUP_PROCESSES, 0, "container", "ID",
	 "the processes of this container (the beginning of its id), or of a service's unit, only"},
	{OPTION_UNTRUSTED, CHOOSING, GROUP_PROCESSES, 0, "untrusted", NULL,
	 "also processes that only look like Ceph's, such as those of a user who can write their program"},
	{OPTION_WAIT_FOR, SCRIPTS, GROUP_PROCESSES, 'W', NULL, "NAME",
	 "wait until a process of this name starts, and trace it; it is $target"},
	{OPTION_MAX_COST, TRACING | OPTION_GATHERED, GROUP_PROCESSES, 0, "max-cost", "PERCENT",
	 "take probes away, and say so, when they take more of a process's processor time (default: warn at 10)"},

	/* How long. */
	{OPTION_INTERVAL, TO(REPORT) | OPTION_GATHERED, GROUP_TIME, 'i', "interval", "N",
	 "seconds between tables (default 5)"},
	{OPTION_SECONDS, TO(REPORT) | OPTION_GATHERED, GROUP_TIME, 0, "seconds", "N",
	 "gather for N seconds, print once, end"},
	{OPTION_SECONDS, TO(STAP), GROUP_TIME, 'T', NULL, "N", "stop after N seconds"},
	{OPTION_SECONDS, SCRIPTS, GROUP_TIME, 0, "seconds", "N", "stop after N seconds"},
	{OPTION_EVERY, SCRIPTS, GROUP_TIME, 0, "every", "N", "print all aggregations every N seconds, and at the end"},
	{OPTION_INTERVAL, TO(TOP), GROUP_TIME, 'd', "interval", "SECONDS",
	 "how often the screen is drawn anew, from 0.2 to 3600 (default 2)"},
	{OPTION_ONCE, TO(TOP), GROUP_TIME, 0, "once", NULL, "one screen as plain text, 80 columns, after one interval"},

	/* What is written, and where. */
	{OPTION_QUIET, TO(STAP), GROUP_OUTPUT, 'w', NULL, NULL, "no warnings"},
	{OPTION_CHECK, TO(STAP), GROUP_OUTPUT, 'W', NULL, NULL, "warnings are errors"},
	{OPTION_VERBOSE, TO(STAP), GROUP_OUTPUT, 'v', NULL, NULL, "say on standard error which pass has ended"},
	{OPTION_OUTPUT, TO(STAP), GROUP_OUTPUT, 'o', NULL, "FILE", "what the script prints goes into this file"},
	{OPTION_IGNORED, TO(STAP), GROUP_OUTPUT, 'm', NULL, "NAME",
	 "ignored: there is no kernel module that could have a name"},
	{OPTION_IGNORED, TO(STAP), GROUP_OUTPUT, 's', NULL, "MB",
	 "ignored: nothing is lost between handlers and output"},
	{OPTION_IGNORED, TO(STAP), GROUP_OUTPUT, 'b', NULL, NULL, "ignored, as -s"},
	{OPTION_IGNORED, TO(STAP), GROUP_OUTPUT, 'k', NULL, NULL, "ignored: there are no temporary files to keep"},
	{OPTION_IGNORED, TO(STAP), GROUP_OUTPUT, 'u', NULL, NULL, "ignored: nothing is optimised away"},
	{OPTION_IGNORED, TO(STAP), GROUP_OUTPUT, 't', NULL, NULL, "ignored: no times of handlers are measured"},
	{OPTION_IGNORED, TO(STAP), GROUP_OUTPUT, 'q', NULL, NULL,
	 "ignored: there are no tapsets with checks that could be left out"},
	{OPTION_QUIET, SCRIPTS, GROUP_OUTPUT, 'q', NULL, NULL, "print only what the script prints"},
	{OPTION_VERBOSE, TO(LIST), GROUP_OUTPUT, 'v', "verbose", NULL,
	 "meaning, arguments, places; and why a probe cannot be attached"},
	{OPTION_JSON, TO(LIST), GROUP_OUTPUT, 0, "json", NULL, "the same for programs"},
	{OPTION_FUNCTIONS, TO(LIST), GROUP_OUTPUT, 0, "functions", NULL,
	 "what scripts can call and read instead: functions, actions, aggregations, variables"},
	{OPTION_DAEMONS, TO(LIST), GROUP_OUTPUT, 0, "daemons", NULL,
	 "each of Ceph's processes on this host instead, those in containers too: its build, how many markers can be "
	 "used, "
	 "on what evidence, and what to do for the rest"},
	{OPTION_MARKDOWN, TO(LIST), GROUP_OUTPUT, 0, "markdown", NULL, "with --functions: as a page"},
	{OPTION_JSON, TO(DOCTOR), GROUP_OUTPUT, 0, "json", NULL,
	 "one JSON object: `works`, and an array of checks with group, name, status, detail, advice"},
	{OPTION_JSON, TO(CARD), GROUP_OUTPUT, 0, "json", NULL, "list, check: for programs"},
	{OPTION_JSON, TO(WEAVE), GROUP_OUTPUT, 0, "json", NULL, "with --check: for programs"},
	{OPTION_OUTPUT, SCRIPTS | TO(REPORT) | TO(REPLAY), GROUP_OUTPUT, 'o', NULL, "FILE",
	 "append the report to FILE"},
	{OPTION_OUTPUT, TO(RECORD), GROUP_OUTPUT, 'o', "output", "FILE",
	 "write the recording here, for yourself alone (mode 600); what was there is replaced when tracing begins"},
	{OPTION_OUTPUT, TO(PICTURE), GROUP_OUTPUT, 'o', "output", "FILE",
	 "write the page here (default: standard output)"},
	{OPTION_OUTPUT, TO(LEARN), GROUP_OUTPUT, 'o', "output", "CARD",
	 "write there, - for standard output; otherwise to a folder where cephtap looks for cards: the first of "
	 "$CEPHTAP_CARDS, "
	 "/var/lib/cephtap/cards (as root), ~/.cache/cephtap/cards"},
	{OPTION_OUTPUT, TO(STAMP), GROUP_OUTPUT, 'o', "output", "COPY", "where to write it"},
	{OPTION_TEE, TO(RECORD), GROUP_OUTPUT, 0, "tee", NULL, "print the report at the same time"},
	{OPTION_HTML, TO(REPORT) | TO(REPLAY), GROUP_OUTPUT, 0, "html", "FILE", "a picture as well"},
	{OPTION_CTF, SCRIPTS, GROUP_OUTPUT, 0, "ctf", "DIR",
	 "write each record as an event of a CTF trace into the new folder DIR as well (babeltrace2)"},
	{OPTION_CTF, TO(REPLAY), GROUP_OUTPUT, 0, "ctf", "DIR",
	 "of a script: write each record as an event of a CTF trace into the new folder DIR as well"},
	{OPTION_ABOUT, TO(REPLAY), GROUP_OUTPUT, 0, "about", NULL,
	 "print where and when the files were recorded, and of what"},
	{OPTION_SCRIPT, TO(REPLAY), GROUP_OUTPUT, 0, "script", NULL, "print the recorded script"},
	{OPTION_SCRIPT, TO(REPORT) | TO(TOP), GROUP_OUTPUT, 0, "script", NULL,
	 "print the D script behind it, to change it and run it with cephtap SCRIPT.d"},

	/* For who looks into cephtap itself. */
	{OPTION_DUMP, SCRIPTS, GROUP_OTHER, 0, "dump", "STAGE",
	 "print what a stage made (tokens, ast, check, plan, ebpf, schema) and exit"},
	{OPTION_TIMING, SCRIPTS, GROUP_OTHER, 0, "timing", NULL, "say on standard error how long each step took"},
	{OPTION_NO_MULTI, SCRIPTS, GROUP_OTHER, 0, "no-multi", NULL,
	 "attach probe by probe, as on kernels without multi-uprobe links"},
	{OPTION_VERSION, SCRIPTS | TO(STAP), GROUP_OTHER, 'V', "version", NULL, "print the version"},
	{OPTION_HELP, ALL & ~TO(DTRACE), GROUP_OTHER, 'h', "help", NULL, "this text"},
	{OPTION_HELP, TO(DTRACE), GROUP_OTHER, 0, "help", NULL, "this text"},
};

static void add(struct arena *arena, struct option_list *list, struct cmd_option option)
{
	struct cmd_option *copy = arena_new_one(arena, struct cmd_option);

	*copy = option;
	*arena_push(arena, list->rows, list->len) = copy;
}

/* --- Options of views and formats --- */

static struct cmd_option *find_of_view(const struct option_list *list, const struct view_option *option)
{
	for (unsigned i = 0; i < list->len; i++)
		if (list->rows[i]->name ? !strcmp(list->rows[i]->name, option->name)
					: list->rows[i]->letter == option->letter)
			return (struct cmd_option *)list->rows[i];
	return NULL;
}

/* Of several reports: which they are, and what it does where that is the same. */
static const char *help_of_all(struct arena *arena, const struct view_option *option)
{
	const char *names = "", *help = option->help;

	for (unsigned i = 0; views[i]; i++)
		for (unsigned j = 0; j < views[i]->options_len; j++) {
			if (strcmp(views[i]->options[j].name, option->name) != 0)
				continue;
			names = arena_printf(arena, "%s%s%s", names, *names ? ", " : "", views[i]->name);
			if (strcmp(views[i]->options[j].help, help) != 0)
				help = "see cephtap report NAME --help";
		}
	return arena_printf(arena, "of %s: %s", names, help);
}

static void add_view_options(struct arena *arena, struct option_list *list, enum command command,
			     const struct view_ops *view, bool is_one)
{
	for (unsigned i = 0; i < view->options_len; i++) {
		const struct view_option *option = &view->options[i];

		if ((command != COMMAND_REPORT && option->is_gathered) || find_of_view(list, option))
			continue;
		add(arena, list,
		    (struct cmd_option){
			    .id = OPTION_VIEW,
			    .commands = 1u << command | (option->is_gathered ? OPTION_GATHERED : 0),
			    .group = option->kind == VIEW_FILE ? GROUP_OUTPUT : GROUP_WHAT,
			    .letter = option->letter,
			    .name = option->name[1] ? option->name : NULL,
			    .arg = option->arg,
			    .help = is_one ? option->help : help_of_all(arena, option),
		    });
	}
}

static void add_forms(struct arena *arena, struct option_list *list, enum command command, const struct view_ops *view)
{
	for (int form = FORM_TEXT + 1; form < FORMS; form++)
		if (!view || !view->forms || view->forms & 1u << form)
			add(arena, list,
			    (struct cmd_option){
				    .id = (enum option_id)(OPTION_FORM + form),
				    .commands = 1u << command,
				    .group = GROUP_OUTPUT,
				    .name = report_formats[form].name,
				    .arg = report_formats[form].arg,
				    .help = report_formats[form].doc,
			    });
}

/* Does this report have it? */
static bool is_of_view(const struct cmd_option *option, const struct view_ops *view)
{
	if (option->id == OPTION_HTML)
		return view->picture;
	return option->id != OPTION_INTERVAL || view->interval || view->needs & VIEW_INTERVAL;
}

static void add_own(struct arena *arena, struct option_list *list, enum command command, enum option_group group,
		    const struct view_ops *view)
{
	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct cmd_option option = table[i];

		if (option.group != group || !(option.commands & 1u << command) || (view && !is_of_view(&option, view)))
			continue;
		if (view && option.id == OPTION_HTML)
			option.help = arena_printf(arena, "%s, as well", view->picture);
		add(arena, list, option);
	}
}

/* --- A command's --- */

struct option_list options_of(struct arena *arena, enum command command, const struct view_ops *view)
{
	struct option_list own = {0}, list = {0};
	bool has_views = command == COMMAND_REPORT || command == COMMAND_REPLAY;

	for (unsigned i = 0; has_views && views[i]; i++)
		if (!view || view == views[i])
			add_view_options(arena, &own, command, views[i], view);
	for (unsigned group = 0; group < GROUPS; group++) {
		for (unsigned i = 0; i < own.len; i++)
			if (own.rows[i]->group == group)
				*arena_push(arena, list.rows, list.len) = own.rows[i];
		add_own(arena, &list, command, (enum option_group)group, view);
		if (group == GROUP_OUTPUT && (has_views || SCRIPTS & 1u << command))
			add_forms(arena, &list, command, view);
	}
	return list;
}
