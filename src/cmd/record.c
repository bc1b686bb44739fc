/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cephtap record -o FILE: the rest of the command line is that of cephtap report, or of a script. */
#include "cmd/record.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/option.h"
#include "cmd/report.h"
#include "lib/shown.h"
#include "lib/write.h"

static const char usage[] =
	"Usage: cephtap record -o FILE [--tee] NAME [OPTIONS of cephtap report]\n"
	"       cephtap record -o FILE [--tee] [OPTIONS of cephtap] -n CLAUSE | -s SCRIPT [ARGUMENTS]\n"
	"\n"
	"Gathers what a report (osd, slow-ops, calls, ...) or a script gathers, into FILE, until ^C or for --seconds "
	"N.\n"
	"The report is made from it later, on any host, without root, and is the same as live: cephtap replay FILE...\n"
	"Stacks and addresses are kept with their names. The file is whole up to at most a second ago, whatever "
	"happens.\n"
	"\n";

static const char examples[] =
	"\n"
	"Examples:\n"
	"  cephtap record -o $(hostname).rec osd --seconds 60\n"
	"  cephtap record -o x.rec -n 'ceph_osd:::op-done { @[daemon] = quantize(args[3]); }' --seconds 10\n"
	"  cephtap report osd a.rec b.rec c.rec\n";

bool record_open(struct record_request *record)
{
	struct buf why = {0};

	record->config.file = write_open(record->path, WRITE_RECORDING, &why);
	if (!record->config.file)
		say(stderr, "cephtap record: %s\n", why.data);
	else
		record->config.fd = fcntl(write_fd(record->config.file), F_DUPFD_CLOEXEC, 3); /* the recorder's own */
	buf_free(&why);
	return record->config.file;
}

bool record_close(struct record_request *record)
{
	struct write_file *file = record->config.file;
	struct buf why = {0};
	struct stat about;
	int error = 0;

	record->config.file = NULL;
	if (file && !fstat(write_fd(file), &about) && about.st_size)
		error = write_commit(file, &why);
	else
		write_abandon(file);
	if (error)
		say(stderr, "cephtap record: %s\n", why.data);
	buf_free(&why);
	return !error;
}

FILE *record_output(const struct record_request *record)
{
	FILE *out = record->tee ? stdout : fopen("/dev/null", "we");

	if (!out)
		say(stderr, "cephtap record: cannot open /dev/null: %s\n", strerror(errno));
	return out;
}

/* A report's name may stand behind its options; a script is given by an option, or is a file. */
static bool is_report(int argc, char **argv)
{
	static const char *const scripts[] = {"-n", "-s", "-P", "-m", "-f"}; /* -i is the interval of a report */
	bool found = false;

	if (argv[1][0] != '-')
		return view_find(argv[1]);
	for (int i = 1; i < argc; i++) {
		found |= view_find(argv[i]) != NULL;
		for (unsigned j = 0; j < sizeof(scripts) / sizeof(scripts[0]); j++)
			if (!strcmp(argv[i], scripts[j]))
				return false;
	}
	return found;
}

static enum outcome take_option(void *data, const struct cmd_option *option, const char *text)
{
	struct record_request *record = data;

	if (option->id == OPTION_TEE)
		record->tee = true;
	else
		record->path = text;
	return OUTCOME_GO_ON;
}

/* Our own options come first; what follows is another command's, with options of its own. */
static enum outcome read_command_line(struct option_loop *loop, struct record_request *record, struct buf *why)
{
	static const struct command_help help = {usage, examples};
	enum outcome outcome = OUTCOME_GO_ON;

	while (outcome == OUTCOME_GO_ON && optind < loop->argc && options_has(loop, loop->argv[optind]))
		outcome = options_read_one(loop, &help, take_option, record);
	if (outcome != OUTCOME_GO_ON)
		return outcome;
	if (!record->path)
		buf_puts(why,
			 "-o FILE, which says where the recording goes, must come first; see cephtap record --help");
	else if (optind >= loop->argc)
		buf_puts(why, "name a report, or give a script; see cephtap record --help");
	return why->size ? OUTCOME_MISUSED : OUTCOME_GO_ON;
}

int cmd_record(int argc, char **argv)
{
	struct record_request record = {.config.fd = -1, .config.report = ""};
	struct option_loop loop;
	struct buf why = {0};
	enum outcome outcome;
	int status, first;

	options_begin(&loop, COMMAND_RECORD, "cephtap record", argc, argv);
	outcome = read_command_line(&loop, &record, &why);
	first = optind - 1;
	status = cmd_status(loop.name, outcome, &why);
	options_end(&loop);
	if (outcome != OUTCOME_GO_ON)
		return status;
	argv += first;
	argc -= first;
	argv[0] = "cephtap record";
	return is_report(argc, argv) ? cmd_report_record(argc, argv, &record) : cmd_run_record(argc, argv, &record);
}
