/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cephtap record -o FILE: the rest of the command line is that of cephtap report, or of a script. */
#include "cmd/record.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/report.h"
#include "lib/shown.h"
#include "lib/write.h"

static const char help[] =
	"Usage: cephtap record -o FILE [--tee] NAME [OPTIONS of cephtap report]\n"
	"       cephtap record -o FILE [--tee] [OPTIONS of cephtap] -n CLAUSE | -s SCRIPT [ARGUMENTS]\n"
	"\n"
	"Gathers what a report (osd, slow-ops, calls, ...) or a script gathers, into FILE, until ^C or for --seconds N.\n"
	"The report is made from it later, on any host, without root, and is the same as live: cephtap replay FILE...\n"
	"Stacks and addresses are kept with their names. The file is whole up to at most a second ago, whatever happens.\n"
	"\n"
	"  -o FILE   write the recording here, for yourself alone (mode 600); what was there is replaced when tracing begins\n"
	"  --tee     print the report at the same time\n"
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

static int usage(const char *why)
{
	say(stderr, "cephtap record: %s; see cephtap record --help\n", why);
	return 2;
}

/* A report's name may stand behind its options; a script is given by an option, or is a file. */
static bool is_report(int argc, char **argv)
{
	static const char *const scripts[] = {"-n", "-s", "-P", "-m", "-f"}; /* -i is the interval of a report */
	bool found = false;

	if (argv[1][0] != '-')
		return report_kind_find(argv[1]) || !strcmp(argv[1], "calls");
	for (int i = 1; i < argc; i++) {
		found |= report_kind_find(argv[i]) != NULL;
		for (unsigned j = 0; j < sizeof(scripts) / sizeof(scripts[0]); j++)
			if (!strcmp(argv[i], scripts[j]))
				return false;
	}
	return found;
}

/*
 * Our own options come first, and what follows is another command's, with options of its own: so not by getopt(), which would look
 * at those too. Returns where the other's begin.
 */
static int take_options(int argc, char **argv, struct record_request *record, bool *wants_help)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-h") || !strcmp(argv[i], "--help"))
			*wants_help = true;
		else if (!strcmp(argv[i], "--tee"))
			record->tee = true;
		else if (!strncmp(argv[i], "--output=", 9))
			record->path = argv[i] + 9;
		else if (!strcmp(argv[i], "-o") || !strcmp(argv[i], "--output"))
			record->path = argv[++i]; /* argv ends with NULL */
		else if (!strncmp(argv[i], "-o", 2))
			record->path = argv[i] + 2;
		else
			break;
	}
	return i < argc ? i : argc;
}

int cmd_record(int argc, char **argv)
{
	struct record_request record = {.config.fd = -1, .config.report = ""};
	bool wants_help = false;
	int first = take_options(argc, argv, &record, &wants_help);

	if (wants_help) {
		say_lines(stdout, help);
		return 0;
	}
	if (!record.path)
		return usage("say where to: -o FILE comes first");
	if (first >= argc)
		return usage("name a report, or give a script");
	argc -= first - 1;
	argv += first - 1;
	argv[0] = "cephtap record";
	return is_report(argc, argv) ? cmd_report_record(argc, argv, &record) : cmd_run_record(argc, argv, &record);
}
