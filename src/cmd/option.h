/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The options of all commands. In: a command line. Out: its options one after another, as rows of one table, which also
 * makes --help and the manual's lists (make man). What is wrong with a command line is said here, since getopt would
 * print words as they are.
 *
 * A report's own options are in its row (views/view.h), a format's in its own (report/formats.h); both are rows of this
 * table too.
 */
#ifndef CEPHTAP_CMD_OPTION_H
#define CEPHTAP_CMD_OPTION_H

#include <stdbool.h>
#include <stdio.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "report/formats.h"
#include "views/view.h"

struct options;
struct target_list;

enum command {
	COMMAND_RUN,
	COMMAND_LIST,
	COMMAND_REPORT,
	COMMAND_PICTURE,
	COMMAND_TOP,
	COMMAND_RECORD,
	COMMAND_REPLAY,
	COMMAND_DOCTOR,
	COMMAND_DEMO,
	COMMAND_LEARN,
	COMMAND_CARD,
	COMMAND_STAMP,
	COMMAND_WEAVE,
	COMMAND_DTRACE,
	COMMAND_STAP,
	COMMAND_CATALOGUE,
	COMMANDS
};

/* What an option means; those of views and of formats are told apart by their rows. */
enum option_id {
	OPTION_NONE,
	OPTION_HELP,
	OPTION_VERSION,
	OPTION_VIEW,
	OPTION_CLAUSE,
	OPTION_PROVIDER,
	OPTION_MODULE,
	OPTION_FUNCTION,
	OPTION_PROBE_ID,
	OPTION_FILE,
	OPTION_LIST,
	OPTION_PID,
	OPTION_OSD,
	OPTION_DAEMON,
	OPTION_CGROUP,
	OPTION_CONTAINER,
	OPTION_UNTRUSTED,
	OPTION_COMMAND,
	OPTION_WAIT_FOR,
	OPTION_SET,
	OPTION_BUFFER,
	OPTION_QUIET,
	OPTION_DESTRUCTIVE,
	OPTION_AWAIT,
	OPTION_CHECK_ONLY,
	OPTION_DUMP,
	OPTION_TIMING,
	OPTION_NO_MULTI,
	OPTION_MAX_COST,
	OPTION_SECONDS,
	OPTION_EVERY,
	OPTION_INTERVAL,
	OPTION_OUTPUT,
	OPTION_CTF,
	OPTION_HTML,
	OPTION_SCRIPT,
	OPTION_TEE,
	OPTION_ABOUT,
	OPTION_VERBOSE,
	OPTION_JSON,
	OPTION_ONCE,
	OPTION_PANEL,
	OPTION_ICICLE,
	OPTION_DIFF,
	OPTION_TITLE,
	OPTION_UNIT,
	OPTION_TEXT,
	OPTION_CLEAN,
	OPTION_KEEP,
	OPTION_CLUSTER_ONLY,
	OPTION_DOWN,
	OPTION_CEPH,
	OPTION_DEBUG,
	OPTION_DEBUGINFOD,
	OPTION_FROM,
	OPTION_RELEASE,
	OPTION_DISTRIBUTION,
	OPTION_CHECK,
	OPTION_UNDO,
	OPTION_PARTIAL,
	OPTION_CATALOGUE,
	OPTION_MARKDOWN,
	OPTION_TAPSET,
	OPTION_BPFTRACE,
	OPTION_FUNCTIONS,
	OPTION_DAEMONS,
	OPTION_SYSTEMTAP,
	OPTION_HEADER,
	OPTION_OBJECT,
	OPTION_PREPROCESS,
	OPTION_DEFINE,
	OPTION_UNDEFINE,
	OPTION_INCLUDE,
	OPTION_32,
	OPTION_64,
	OPTION_IGNORED,
	OPTION_SHOW_INCLUDES,
	OPTION_STANDARD,
	OPTION_LIBRARY,
	OPTION_LISTING,
	OPTION_INDENT,
	OPTION_ANONYMOUS,
	OPTION_PASS,
	OPTION_REFUSED,
	OPTION_FORM, /* and the enum report_form added */
	OPTION_FORM_LAST = OPTION_FORM + FORMS
};

/* It says what is gathered: it has no meaning for a recording. */
#define OPTION_GATHERED (1u << COMMANDS)

enum option_group { GROUP_WHAT, GROUP_PROCESSES, GROUP_TIME, GROUP_OUTPUT, GROUP_OTHER, GROUPS };

struct cmd_option {
	enum option_id id;
	unsigned commands; /* a bit 1 << enum command for each that takes it; OPTION_GATHERED */
	enum option_group group;
	char letter;	  /* 0: it has none */
	const char *name; /* NULL: it has a letter alone */
	const char *arg;  /* NULL: it takes no value; "[=NAME]": it may have one */
	const char *help;
};

struct option_list {
	const struct cmd_option **rows;
	unsigned len;
};

extern const char *const command_names[COMMANDS]; /* "report"; "" for COMMAND_RUN */
extern const char *const group_names[GROUPS];

/*
 * All that a command takes, in the order of its --help. `view` is the report that is asked for; NULL: an option of any
 * report is one of the command's, since its name may follow its options.
 */
struct option_list options_of(struct arena *arena, enum command command, const struct view_ops *view);
/* "--hz", or "-p" where there is no longer form. */
const char *option_name(struct arena *arena, const struct cmd_option *option);
/* "-i, --interval N" */
void option_synopsis(const struct cmd_option *option, struct buf *out);

/* The list for --help. */
void options_help(FILE *out, enum command command, const struct view_ops *view);

/* --- A command line --- */

struct option_loop {
	enum command command;
	const char *name; /* what messages begin with: "cephtap report" */
	int argc;
	char **argv;
	struct arena *arena;
	struct option_list list;
	struct option *longs; /* for getopt_long() */
	char *shorts;
};

void options_begin(struct option_loop *loop, enum command command, const char *name, int argc, char **argv);
void options_end(struct option_loop *loop);
/* Is it an option of this command? For those whose command line goes on with another's. */
bool options_has(const struct option_loop *loop, const char *word);

/* --- How commands end ---
 *
 * The exit status of each command: 0: it did what was asked, or a signal ended it in order; 1: that failed; 2: the
 * command line makes no sense. A script's exit(N) is the status N. How the command of -c has ended is said, and is not
 * the status.
 */
enum outcome { OUTCOME_GO_ON, OUTCOME_DONE, OUTCOME_FAILED, OUTCOME_MISUSED };

/* What a command says of itself: the lines above the options' list, and below it. NULL: nothing. */
struct command_help {
	const char *usage, *tail;
};

extern const struct command_help dtrace_help; /* of cephtap dtrace, which is two commands */

void options_print_help(enum command command, const struct command_help *help);

/*
 * Gives each option to `take`, until it says something else than OUTCOME_GO_ON, and answers --help itself (`help` NULL:
 * gives it too). Then optind is where the arguments begin.
 */
enum outcome options_read(struct option_loop *loop, const struct command_help *help,
			  enum outcome (*take)(void *data, const struct cmd_option *option, const char *text),
			  void *data);
/* The next one alone. */
enum outcome options_read_one(struct option_loop *loop, const struct command_help *help,
			      enum outcome (*take)(void *data, const struct cmd_option *option, const char *text),
			      void *data);

/* Says what is wrong, if `why` is not empty, which is freed. OUTCOME_GO_ON and _DONE are 0. */
int cmd_status(const char *name, enum outcome outcome, struct buf *why);

/* --- Options that several commands have --- */

/* What they change. */
struct option_common {
	struct options *options; /* of the script */
	struct target_list *targets;
	enum report_form *form; /* NULL: the command has no formats */
};

/* Any that the command does not take by itself. */
enum outcome option_take_common(const struct cmd_option *option, const char *text, const struct option_common *common,
				struct buf *why);
/* A number of seconds, at most `most`. */
enum outcome option_take_seconds(const struct cmd_option *option, const char *text, uint64_t most, uint64_t *seconds,
				 struct buf *why);

#endif
