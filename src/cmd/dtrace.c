/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `cephtap dtrace`: scripts go to cmd/run.c. With -h or -G it is what builds of programs with markers call. In: a
 * provider file. Out: a header with macros, or an object file with semaphores. Options that mean nothing for these (-x,
 * -X, -k, object files behind -G) are taken and ignored, so that a configure script's trial goes through.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/option.h"
#include "cmd/shell.h"
#include "lib/file.h"
#include "lib/shown.h"
#include "lib/write.h"
#include "provider/provider.h"

enum { PROVIDER_SIZE_MAX = 16 << 20, OBJECT_SIZE_MAX = 64 << 20 };
enum { TEMPORARIES_MAX = 4 };

static const char usage[] = "Usage: cephtap dtrace [OPTIONS] -s SCRIPT.d | -n CLAUSE ... [ARGUMENTS]\n"
			    "       cephtap dtrace -l[v] [-n PROBE ...]\n"
			    "       cephtap dtrace -h -s FILE.d [-o FILE.h]\n"
			    "       cephtap dtrace -G -s FILE.d [-o FILE.o] [OBJECT...]\n"
			    "\n"
			    "The command `dtrace`, as scripts, people and builds call it: it runs scripts, with "
			    "DTrace's options, messages and statuses; or it\n"
			    "makes of a provider file what a program with markers is built with (-h, -G). A link to "
			    "cephtap of the name dtrace is this command.\n"
			    "\n";

const struct command_help dtrace_help = {.usage = usage};

struct dtrace {
	struct arena *arena;
	bool is_header, is_object, is_preprocessed;
	const char *script, *output, *bits;
	const char **cpp_args;
	unsigned cpp_args_len;
};

__attribute__((format(printf, 1, 2))) static int fail(const char *format, ...)
{
	struct buf sentence = {0};
	va_list args;

	va_start(args, format);
	buf_vprintf(&sentence, format, args);
	va_end(args);
	say(stderr, "cephtap dtrace: %s\n", sentence.data);
	buf_free(&sentence);
	return 1;
}

static bool read_text(struct dtrace *run, char **text, struct buf *why)
{
	struct preprocess request = {run->arena, run->script, run->cpp_args, run->cpp_args_len};
	size_t size;

	if (file_read(run->arena, run->script, PROVIDER_SIZE_MAX, text, &size, why))
		return false;
	return !run->is_preprocessed || preprocess(&request, *text, size, text, &size, why);
}

static int read_script(struct dtrace *run, struct provider_file *file)
{
	struct buf why = {0};
	char *text;
	int status = 0;

	if (!read_text(run, &text, &why) || provider_parse(run->arena, run->script, text, file, &why))
		status = fail("%s", why.data);
	buf_free(&why);
	return status;
}

/* Where there is no -o: beside nothing, in the current folder, with the script's name. */
static const char *default_output(struct dtrace *run)
{
	const char *slash = strrchr(run->script, '/'), *base = slash ? slash + 1 : run->script,
		   *dot = strrchr(base, '.');

	return arena_printf(run->arena, "%.*s.%c", dot && dot > base ? (int)(dot - base) : (int)strlen(base), base,
			    run->is_header ? 'h' : 'o');
}

static int write_result(struct dtrace *run, const char *data, size_t size)
{
	struct buf why = {0};
	int status = 0;

	if (write_whole(strcmp(run->output, "-") ? run->output : "/dev/stdout", WRITE_OFTEN, data, size,
			&why)) /* a build makes it again */
		status = fail("%s", why.data);
	buf_free(&why);
	return status;
}

static int write_header(struct dtrace *run, const struct provider_file *file)
{
	struct buf text = {0};
	int status;

	provider_header(file, run->script, &text);
	status = write_result(run, text.data, text.size);
	buf_free(&text);
	return status;
}

/* The compiler writes to a file of ours: it would follow whatever has the output's name. */
static int assemble(struct dtrace *run, const char *source, const char *object)
{
	const char *args[] = {run->bits, "-c", "-o", object, "-x", "assembler", source, NULL};
	struct buf why = {0};
	int status = shell_run("exec ${CC:-cc} \"$@\"", args + !run->bits, 7 - !run->bits, -1, -1, &why);

	buf_free(&why);
	return status ? fail("%s cannot be made: the compiler ($CC) failed", run->output) : 0;
}

/* A temporary file, opened; negative after a sentence. */
static int temporary(struct dtrace *run, const char *suffix, char **path)
{
	struct buf why = {0};
	int fd = shell_temporary(run->arena, suffix, path, &why);

	if (fd < 0)
		fail("%s", why.data);
	buf_free(&why);
	return fd;
}

static int copy_object(struct dtrace *run, const char *object)
{
	struct buf why = {0};
	char *data;
	size_t size;
	int status;

	if (file_read(run->arena, object, OBJECT_SIZE_MAX, &data, &size, &why))
		status = fail("%s", why.data);
	else
		status = write_result(run, data, size);
	buf_free(&why);
	return status;
}

static int write_object(struct dtrace *run, const struct provider_file *file)
{
	struct buf text = {0};
	char *source = NULL, *object = NULL;
	int fd = temporary(run, ".s", &source), out = fd < 0 ? -1 : temporary(run, ".o", &object), status = out < 0;

	provider_semaphores(file, &text);
	if (!status && write_bytes(fd, text.data, text.size, NULL))
		status = fail("%s cannot be written: %s", source, strerror(errno));
	if (!status)
		status = assemble(run, source, object);
	if (!status)
		status = copy_object(run, object);
	if (fd >= 0)
		close(fd), shell_discard(source);
	if (out >= 0)
		close(out), shell_discard(object);
	buf_free(&text);
	return status;
}

/* It says how a script is run. */
static enum outcome refuse_option(const struct cmd_option *option)
{
	struct arena *arena = arena_new();

	fail("%s runs scripts; it does not go with -h and -G, which make files of a provider",
	     option_name(arena, option));
	arena_free(arena);
	return OUTCOME_MISUSED;
}

static enum outcome take_option(void *data, const struct cmd_option *option, const char *text)
{
	struct dtrace *run = data;

	switch (option->id) {
	case OPTION_HEADER:
		run->is_header = true;
		break;
	case OPTION_OBJECT:
		run->is_object = true;
		break;
	case OPTION_FILE:
		run->script = text;
		break;
	case OPTION_OUTPUT:
		run->output = text;
		break;
	case OPTION_PREPROCESS:
		run->is_preprocessed = true;
		break;
	case OPTION_32:
		run->bits = "-m32";
		break;
	case OPTION_64:
		run->bits = "-m64";
		break;
	case OPTION_INCLUDE:
	case OPTION_DEFINE:
	case OPTION_UNDEFINE:
		*arena_push(run->arena, run->cpp_args, run->cpp_args_len) =
			arena_printf(run->arena, "-%c%s", option->letter, text);
		break;
	case OPTION_SET: /* what builds say and nothing depends on */
	case OPTION_STANDARD:
	case OPTION_VERBOSE:
	case OPTION_AWAIT:
	case OPTION_LIBRARY:
	case OPTION_IGNORED:
		break;
	default:
		return refuse_option(option);
	}
	return OUTCOME_GO_ON;
}

/* Options may stand behind objects. */
static enum outcome read_command_line(struct dtrace *run, int argc, char **argv)
{
	struct option_loop loop;
	enum outcome outcome = OUTCOME_GO_ON;

	options_begin(&loop, COMMAND_DTRACE, "cephtap dtrace", argc, argv);
	while (outcome == OUTCOME_GO_ON && optind < argc) {
		outcome = options_read(&loop, &dtrace_help, take_option, run);
		optind += optind < argc;
	}
	options_end(&loop);
	return outcome;
}

static int make(struct dtrace *run)
{
	struct provider_file file;

	if (run->is_header == run->is_object) {
		fail("one of -h and -G was expected; `cephtap dtrace --help` says more");
		return 2;
	}
	if (!run->script) {
		fail("which provider file? Give it with -s");
		return 2;
	}
	if (!run->output)
		run->output = default_output(run);
	if (read_script(run, &file))
		return 1;
	return run->is_header ? write_header(run, &file) : write_object(run, &file);
}

/* Does it make a file of a provider? Else it runs a script. */
static bool is_for_provider(int argc, char **argv)
{
	static const char with_value[] = "sobcpnPmfiWILDUxX36";

	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (argv[i][0] != '-' || argv[i][1] == '-')
			continue;
		for (const char *letter = argv[i] + 1; *letter; letter++) {
			if (*letter == 'h' || *letter == 'G')
				return true;
			if (strchr(with_value, *letter)) {
				i += !letter[1];
				break;
			}
		}
	}
	return false;
}

static int make_file(int argc, char **argv)
{
	struct dtrace run = {.arena = arena_new()};
	struct buf none = {0};
	enum outcome outcome = read_command_line(&run, argc, argv);
	int status = outcome == OUTCOME_GO_ON ? make(&run) : cmd_status("cephtap dtrace", outcome, &none);

	arena_free(run.arena);
	return status;
}

int cmd_dtrace(int argc, char **argv)
{
	return is_for_provider(argc, argv) ? make_file(argc, argv) : cmd_run_as_dtrace(argc, argv);
}
