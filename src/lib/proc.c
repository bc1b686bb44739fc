/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/proc_private.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/trouble.h"

/* What is looked at of files that a process fills as it likes. */
enum { CMDLINE_MAX = 1 << 20, ENVIRON_MAX = 64 * 1024, LINE_MAX_SIZE = 4096 };

int proc_error(int error)
{
	return error == ENOENT || error == ESRCH ? -ESRCH : -error;
}

/* It may have ended, or not be ours to look at; neither is the host's fault. */
static int failed(pid_t pid, int error)
{
	trouble_note(-error, "process %d cannot be looked at", (int)pid);
	return proc_error(error);
}

int proc_read(pid_t pid, const char *name, size_t max, struct buf *out)
{
	char path[64], chunk[16 * 1024];
	ssize_t size;
	int fd, error = 0;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return failed(pid, errno);
	while (out->size < max && (size = read(fd, chunk, sizeof(chunk))) != 0) {
		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0) {
			error = failed(pid, errno);
			break;
		}
		buf_add(out, chunk, (size_t)size);
	}
	close(fd);
	return error;
}

int proc_read_link(pid_t pid, const char *name, char *out, size_t out_size)
{
	char path[64];
	ssize_t size;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	size = readlink(path, out, out_size - 1);
	out[size > 0 ? size : 0] = '\0';
	return size < 0 ? failed(pid, errno) : 0;
}

static int pid_compare(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}

/* A kernel thread (and a zombie) runs no file. This link is cheaper to read than the flags in /proc/PID/stat. */
static bool runs_a_file(pid_t pid)
{
	char exe[8];

	return proc_read_link(pid, "exe", exe, sizeof(exe)) != -ESRCH;
}

static int unlisted(int error)
{
	trouble_note(error, "not all processes can be listed");
	return error;
}

int proc_pids(struct arena *arena, pid_t **pids, unsigned *pids_len)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	char *end;
	long pid;
	int error;

	*pids = NULL;
	*pids_len = 0;
	if (!dir)
		return unlisted(-errno);
	while (errno = 0, (entry = readdir(dir))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		pid = strtol(entry->d_name, &end, 10);
		if (*end || pid <= 0 || !runs_a_file((pid_t)pid))
			continue;
		*arena_push(arena, *pids, *pids_len) = (pid_t)pid;
	}
	error = -errno;
	closedir(dir);
	if (*pids_len)
		qsort(*pids, *pids_len, sizeof(**pids), pid_compare);
	return error ? unlisted(error) : 0;
}

int proc_argv(struct arena *arena, pid_t pid, char ***argv, unsigned *argc)
{
	struct buf text = {0};
	size_t at, size;
	int error;

	*argv = NULL;
	*argc = 0;
	error = proc_read(pid, "cmdline", CMDLINE_MAX, &text);
	for (at = 0; !error && at < text.size; at += size + 1) {
		size = strlen(text.data + at);
		*arena_push(arena, *argv, *argc) = arena_strndup(arena, text.data + at, size);
	}
	buf_free(&text);
	return error;
}

const char *proc_env(struct arena *arena, pid_t pid, const char *name)
{
	size_t name_size = strlen(name);
	const char *value = NULL;
	struct buf text = {0};

	proc_read(pid, "environ", ENVIRON_MAX, &text);
	for (size_t at = 0; !value && at < text.size; at += strlen(text.data + at) + 1)
		if (!strncmp(text.data + at, name, name_size) && text.data[at + name_size] == '=')
			value = arena_strdup(arena, text.data + at + name_size + 1);
	buf_free(&text);
	return value;
}

int proc_comm(pid_t pid, char comm[16])
{
	struct buf text = {0};
	int error = proc_read(pid, "comm", LINE_MAX_SIZE, &text);

	if (!error)
		snprintf(comm, 16, "%.*s", (int)strcspn(text.data ? text.data : "", "\n"), text.data ? text.data : "");
	buf_free(&text);
	return error;
}

int proc_start_time(pid_t pid, uint64_t *ticks)
{
	struct buf text = {0};
	int error = proc_read(pid, "stat", LINE_MAX_SIZE, &text), field;
	/* field 2 is the name in parentheses and may hold anything, also spaces and parentheses */
	char *at = error || !text.data ? NULL : strrchr(text.data, ')');

	for (field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (at)
		*ticks = strtoull(at + 1, NULL, 10);
	else if (!error)
		error = -EINVAL;
	buf_free(&text);
	return error;
}

/* A line of the status file. The process's name comes first, with newlines in it written as \n: no other line can begin
 * so. */
static const char *find_status(const struct buf *status, const char *name)
{
	return status->data ? strstr(status->data, name) : NULL;
}

int proc_user(pid_t pid, struct proc_user *user)
{
	struct buf status = {0};
	int error = proc_read(pid, "status", LINE_MAX_SIZE, &status);
	const char *line = find_status(&status, "\nUid:");

	if (!error && (!line || sscanf(line, "\nUid: %u %u %u", &user->real, &user->effective, &user->saved) != 3))
		error = -EINVAL;
	buf_free(&status);
	return error;
}

pid_t proc_parent(pid_t pid)
{
	struct buf status = {0};
	int parent = 0;
	const char *line;

	proc_read(pid, "status", LINE_MAX_SIZE, &status);
	line = find_status(&status, "\nPPid:");
	if (line && sscanf(line, "\nPPid: %d", &parent) != 1)
		parent = 0;
	buf_free(&status);
	return parent;
}

bool proc_has_ended(pid_t pid)
{
	struct pollfd poll_fd = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};
	bool has_ended;

	if (poll_fd.fd <
	    0) /* ended; or a thread's id, an old kernel, a seccomp filter: then without knowing of zombies */
		return kill(pid, 0) && errno == ESRCH;
	has_ended = poll(&poll_fd, 1, 0) > 0;
	close(poll_fd.fd);
	return has_ended;
}
