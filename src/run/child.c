/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "run/child.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wordexp.h>

#include "lib/abi.h"
#include "lib/limits.h"

/* Tells the parent why exec failed, through a pipe that closes by itself when it succeeds. */
static void exec_child(char **argv, int pipe_fd)
{
	int error;

	signal(SIGPIPE, SIG_DFL); /* the tracer ignores it, and exec would hand that on */
	limits_restore_files();
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	execvp(argv[0], argv);
	error = errno;
	if (write(pipe_fd, &error, sizeof(error)) < 0)
		_exit(126);
	_exit(127);
}

static int read_exec_error(int fd)
{
	int error = 0;
	ssize_t size;

	do {
		size = read(fd, &error, sizeof(error));
	} while (size < 0 && errno == EINTR); /* ^C meanwhile is dealt with later */
	return size == (ssize_t)sizeof(error) ? error : 0;
}

static pid_t wait_for(pid_t pid, int *status)
{
	pid_t ended;

	do {
		ended = waitpid(pid, status, 0);
	} while (ended < 0 && errno == EINTR);
	return ended;
}

static int entry_point(pid_t pid, uint64_t *entry)
{
	Elf64_auxv_t item;
	char path[32];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/auxv", (int)pid);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	while (fread(&item, sizeof(item), 1, file) == 1)
		if (item.a_type == AT_ENTRY) {
			*entry = item.a_un.a_val;
			fclose(file);
			return 0;
		}
	fclose(file);
	return -ENOENT;
}

#if defined(__x86_64__)
/* Runs the stopped child up to its entry point, with a breakpoint that is taken away again. */
static int run_to_entry(pid_t pid, int *status)
{
	struct user_regs_struct regs;
	uint64_t entry = 0;
	int error = entry_point(pid, &entry);
	long word, number = 0;

	if (error)
		return error;
	if (ptrace(PTRACE_SETOPTIONS, pid, NULL,
		   (void *)PTRACE_O_EXITKILL)) /* it must not go on with our breakpoint in it */
		return -errno;
	errno = 0;
	word = ptrace(PTRACE_PEEKTEXT, pid, (void *)entry, NULL);
	if (errno)
		return -errno;
	if (ptrace(PTRACE_POKETEXT, pid, (void *)entry, (void *)((word & ~0xffL) | ABI_BREAKPOINT)))
		return -errno;
	do { /* a signal is passed on: kept back, the dynamic linker of a damaged file would fault for ever */
		if (ptrace(PTRACE_CONT, pid, NULL, (void *)number) || wait_for(pid, status) != pid ||
		    !WIFSTOPPED(*status))
			return -ESRCH;
		number = WSTOPSIG(*status);
	} while (number != SIGTRAP);
	if (ptrace(PTRACE_POKETEXT, pid, (void *)entry, (void *)word) || ptrace(PTRACE_GETREGS, pid, NULL, &regs))
		return -errno;
	regs.rip = entry;
	return ptrace(PTRACE_SETREGS, pid, NULL, &regs) ? -errno : 0;
}
#else
static int run_to_entry(pid_t pid, int *status)
{
	(void)pid;
	(void)status;
	return 0; /* held at exec: libraries are not mapped yet */
}
#endif

/* `error` is what running it up to its entry point has met. A file that the kernel could not map to its end, or the
 * dynamic linker, which has said on stderr what is missing. */
static void say_no_entry(const char *command, int status, int error, struct buf *why)
{
	int number = WIFSIGNALED(status) ? WTERMSIG(status) : WIFSTOPPED(status) ? WSTOPSIG(status) : 0;

	if (WIFSTOPPED(status) && number == SIGTRAP && error)
		buf_printf(why, "`%s` cannot be held at its first instruction, and was not run: %s", command,
			   strerror(-error));
	else if (number)
		buf_printf(
			why,
			"`%s` was killed before its first instruction (%s): is the file whole, and for this machine?",
			command, strsignal(number));
	else
		buf_printf(why, "`%s` ended before its first instruction: a library may be missing", command);
}

static int say_no_start(const char *command, int error, struct buf *why)
{
	buf_printf(why, "cannot start `%s`: %s", command, strerror(-error));
	return error;
}

static int start_held(char **argv, pid_t *pid, struct buf *why)
{
	int fds[2], status = 0, error;

	if (pipe2(fds, O_CLOEXEC)) {
		error = -errno;
		return say_no_start(argv[0], error, why);
	}
	*pid = fork();
	if (*pid == 0)
		exec_child(argv, fds[1]);
	error = *pid < 0 ? -errno : 0;
	close(fds[1]);
	if (error) {
		close(fds[0]);
		return say_no_start(argv[0], error, why);
	}
	error = read_exec_error(fds[0]);
	close(fds[0]);
	wait_for(*pid, &status);
	if (error)
		return say_no_start(argv[0], -error, why);
	if (WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP) {
		error = run_to_entry(*pid, &status);
		if (!error)
			return 0;
	}
	say_no_entry(argv[0], status, error, why);
	if (WIFSTOPPED(status))
		child_kill(*pid);
	return -ESRCH;
}

static int start(char **argv, pid_t *pid, struct buf *why)
{
	int error = start_held(argv, pid, why);

	if (error) /* it is gone, and its number may be another's */
		*pid = 0;
	return error;
}

int child_start(const char *command, pid_t *pid, struct buf *why)
{
	wordexp_t words;
	int error;

	if (wordexp(command, &words, WRDE_NOCMD)) {
		buf_printf(why, "-c cannot split `%s` into words: quote what is special to a shell, or say sh -c '...'",
			   command);
		return -EINVAL;
	}
	error = words.we_wordc ? start(words.we_wordv, pid, why) : -EINVAL;
	if (!words.we_wordc)
		buf_puts(why, "-c wants a command to start and trace");
	wordfree(&words);
	return error;
}

int child_release(pid_t pid)
{
	return ptrace(PTRACE_DETACH, pid, NULL, NULL) ? -errno : 0;
}

bool child_has_ended(pid_t pid, int *status)
{
	pid_t ended = waitpid(pid, status, WNOHANG);

	return ended > 0 || (ended < 0 && errno != EINTR);
}

void child_kill(pid_t pid)
{
	kill(pid, SIGKILL);
	wait_for(pid, NULL);
}
