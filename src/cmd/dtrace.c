/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `cephtap dtrace -h` and `-G`: what builds of programs with markers call. In: a provider file. Out: a header with
 * macros, or an object file with semaphores. Takes the options of the command `dtrace` that such builds give; those
 * that mean nothing here
 * (-x, -X, -k, object files behind -G) are taken and ignored, so that a configure script's trial goes through.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/option.h"
#include "lib/file.h"
#include "lib/limits.h"
#include "lib/shown.h"
#include "lib/write.h"
#include "provider/provider.h"

enum { PROVIDER_SIZE_MAX = 16 << 20, OBJECT_SIZE_MAX = 64 << 20 };
enum { TEMPORARIES_MAX = 4 };

static const char usage[] =
	"Usage: cephtap dtrace -h -s FILE.d [-o FILE.h]\n"
	"       cephtap dtrace -G -s FILE.d [-o FILE.o] [OBJECT...]\n"
	"\n"
	"Make of a provider file what a program with markers is built with: the command `dtrace` of such builds. "
	"Installed under\n"
	"the name dtrace, cephtap behaves so when it is given -h or -G.\n"
	"\n";

struct dtrace {
	struct arena *arena;
	bool is_header, is_object, is_preprocessed;
	const char *script, *output, *bits;
	const char **cpp_args;
	unsigned cpp_args_len;
};

extern char **environ;

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

/* `command` is for the shell, as $CC may be several words; "$@" in it is what follows. 0 when it ended well. */
static int run_shell(const char *command, const char *const args[], unsigned args_len, int output)
{
	const char *argv[args_len + 5];
	posix_spawn_file_actions_t actions;
	int status = -1, error;
	pid_t pid;

	argv[0] = "sh";
	argv[1] = "-c";
	argv[2] = command;
	argv[3] = "dtrace";
	memcpy(argv + 4, args, args_len * sizeof(*args));
	argv[args_len + 4] = NULL;
	posix_spawn_file_actions_init(&actions);
	if (output >= 0)
		posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	limits_restore_files();
	error = posix_spawn(&pid, "/bin/sh", &actions, NULL, (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (error)
		return fail("/bin/sh cannot be started: %s", strerror(error));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status ? 1 : 0;
}

/* Files below $TMPDIR that are there now: they go, too, where the command ends in the midst of it (memory_end()). */
static char *temporaries[TEMPORARIES_MAX];

static void discard(char *path)
{
	for (unsigned i = 0; i < TEMPORARIES_MAX; i++)
		if (temporaries[i] == path) {
			unlink(path);
			temporaries[i] = NULL;
		}
}

static void discard_all(void)
{
	for (unsigned i = 0; i < TEMPORARIES_MAX; i++)
		if (temporaries[i])
			unlink(temporaries[i]);
}

static void remember(char *path)
{
	static bool is_registered;
	unsigned i;

	if (!is_registered)
		atexit(discard_all);
	is_registered = true;
	for (i = 0; i < TEMPORARIES_MAX - 1 && temporaries[i];)
		i++;
	assert(!temporaries[i]);
	temporaries[i] = path;
}

/* A file below $TMPDIR, opened; its name, to be discarded, in `path`. */
static int temporary(struct dtrace *run, const char *suffix, char **path)
{
	const char *folder = getenv("TMPDIR");
	int fd;

	*path = arena_printf(run->arena, "%s/cephtap-dtrace-XXXXXX%s", folder && *folder ? folder : "/tmp", suffix);
	fd = mkstemps(*path, (int)strlen(suffix));
	if (fd < 0)
		fail("no temporary file %s: %s", *path, strerror(errno));
	else
		remember(*path);
	return fd;
}

static int preprocess(struct dtrace *run, char **text)
{
	struct buf why = {0};
	char *path;
	size_t size;
	int fd = temporary(run, ".i", &path), status;

	if (fd < 0)
		return 1;
	*arena_push(run->arena, run->cpp_args, run->cpp_args_len) = run->script;
	status = run_shell("exec ${CPP:-${CC:-cc} -E} -x c \"$@\"", run->cpp_args, run->cpp_args_len, fd);
	close(fd);
	if (status)
		fail("the C preprocessor failed on %s", run->script);
	else if (file_read(run->arena, path, PROVIDER_SIZE_MAX, text, &size, &why))
		status = fail("%s", why.data);
	discard(path);
	buf_free(&why);
	return status;
}

static int read_script(struct dtrace *run, struct provider_file *file)
{
	struct buf why = {0};
	char *text;
	size_t size;
	int status = 0;

	if (run->is_preprocessed && preprocess(run, &text))
		return 1;
	if (!run->is_preprocessed && file_read(run->arena, run->script, PROVIDER_SIZE_MAX, &text, &size, &why))
		status = fail("%s", why.data);
	else if (provider_parse(run->arena, run->script, text, file, &why))
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

	if (write_whole(strcmp(run->output, "-") ? run->output : "/dev/stdout", WRITE_OFTEN, data, size, &why)) /* a build makes it again */
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

	if (run_shell("exec ${CC:-cc} \"$@\"", args + !run->bits, 7 - !run->bits, -1))
		return fail("%s cannot be made: the compiler ($CC) failed", run->output);
	return 0;
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
		close(fd), discard(source);
	if (out >= 0)
		close(out), discard(object);
	buf_free(&text);
	return status;
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
		*arena_push(run->arena, run->cpp_args, run->cpp_args_len) = arena_printf(run->arena, "-%c%s", option->letter, text);
		break;
	default: /* what builds say and nothing depends on */
		break;
	}
	return OUTCOME_GO_ON;
}

/* Options may stand behind objects. */
static enum outcome read_command_line(struct dtrace *run, int argc, char **argv)
{
	static const struct command_help help = {.usage = usage};
	struct option_loop loop;
	enum outcome outcome = OUTCOME_GO_ON;

	options_begin(&loop, COMMAND_DTRACE, "cephtap dtrace", argc, argv);
	while (outcome == OUTCOME_GO_ON && optind < argc) {
		outcome = options_read(&loop, &help, take_option, run);
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

int cmd_dtrace(int argc, char **argv)
{
	struct dtrace run = {.arena = arena_new()};
	struct buf none = {0};
	enum outcome outcome = read_command_line(&run, argc, argv);
	int status = outcome == OUTCOME_GO_ON ? make(&run) : cmd_status("cephtap dtrace", outcome, &none);

	arena_free(run.arena);
	return status;
}

/* Letters with a value, of this command and of the one that runs scripts, which has the same name. */
int cmd_dtrace_is_meant(int argc, char **argv)
{
	static const char with_value[] = "sobcpnPmfiILDUxXBL";

	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (argv[i][0] != '-' || argv[i][1] == '-')
			continue;
		for (const char *letter = argv[i] + 1; *letter; letter++) {
			if (*letter == 'h' || *letter == 'G')
				return 1;
			if (strchr(with_value, *letter)) {
				i += !letter[1];
				break;
			}
		}
	}
	return 0;
}
