/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/shell.h"

#include <assert.h>
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/limits.h"
#include "lib/write.h"

enum { TEMPORARIES_MAX = 4, RESULT_SIZE_MAX = 64 << 20 };

extern char **environ;

int shell_run(const char *command, const char *const args[], unsigned args_len, int input, int output, struct buf *why)
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
	if (input >= 0)
		posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
	if (output >= 0)
		posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	limits_restore_files();
	error = posix_spawn(&pid, "/bin/sh", &actions, NULL, (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (error) {
		buf_printf(why, "/bin/sh cannot be started: %s", strerror(error));
		return -error;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EINTR;
}

/* --- Temporary files --- */

static char *temporaries[TEMPORARIES_MAX];

void shell_discard(char *path)
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

int shell_temporary(struct arena *arena, const char *suffix, char **path, struct buf *why)
{
	const char *folder = getenv("TMPDIR");
	int fd;

	*path = arena_printf(arena, "%s/cephtap-dtrace-XXXXXX%s", folder && *folder ? folder : "/tmp", suffix);
	fd = mkstemps(*path, (int)strlen(suffix));
	if (fd < 0)
		buf_printf(why, "no temporary file %s: %s", *path, strerror(errno));
	else
		remember(*path);
	return fd;
}

/* --- The C preprocessor --- */

/* With the name that messages and markers of lines have; a first line `#!` stays, empty. */
static bool write_input(const struct preprocess *request, int fd, const char *text, size_t size, struct buf *why)
{
	const char *end = size > 1 && !strncmp(text, "#!", 2) ? memchr(text, '\n', size) : NULL;
	size_t skip = end ? (size_t)(end - text) : 0;
	struct buf input = {0};
	bool good;

	buf_printf(&input, "# 1 \"%s\"\n", request->name);
	buf_add(&input, text + skip, size - skip);
	good = !write_bytes(fd, input.data, input.size, NULL) && lseek(fd, 0, SEEK_SET) == 0;
	if (!good)
		buf_printf(why, "the C preprocessor's input cannot be written: %s", strerror(errno));
	buf_free(&input);
	return good;
}

static bool run_cpp(const struct preprocess *request, int input, int output, struct buf *why)
{
	const char *slash = strrchr(request->name, '/'), **args = NULL;
	unsigned len = 0;
	int status;

	for (unsigned i = 0; i < request->args_len; i++)
		*arena_push(request->arena, args, len) = request->args[i];
	*arena_push(request->arena, args, len) = "-iquote";
	*arena_push(request->arena, args, len) =
		slash ? arena_strndup(request->arena, request->name, (size_t)(slash - request->name) + 1) : ".";
	*arena_push(request->arena, args, len) = "-";
	status = shell_run("[ -z \"$CPP\" ] || exec $CPP -x c \"$@\"; command -v cpp >/dev/null && exec cpp -x c "
			   "\"$@\"; exec ${CC:-cc} -E -x c \"$@\"",
			   args, len, input, output, why);
	if (status == SHELL_NOT_FOUND)
		buf_puts(why, "the C preprocessor is not there: install the package cpp, or name one by $CPP");
	else if (status && !why->size)
		buf_printf(why, "the C preprocessor failed on %s", request->name);
	return !status;
}

bool preprocess(const struct preprocess *request, const char *text, size_t size, char **result, size_t *result_size,
		struct buf *why)
{
	char *in, *out;
	int input = shell_temporary(request->arena, ".d", &in, why);
	int output = input < 0 ? -1 : shell_temporary(request->arena, ".i", &out, why);
	bool good = output >= 0 && write_input(request, input, text, size, why) && run_cpp(request, input, output, why);

	if (good)
		good = !file_read(request->arena, out, RESULT_SIZE_MAX, result, result_size, why);
	if (input >= 0)
		close(input), shell_discard(in);
	if (output >= 0)
		close(output), shell_discard(out);
	return good;
}
