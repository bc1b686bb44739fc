/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ceph/admin_socket.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/openat2.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/memory.h"
#include "lib/moment.h"
#include "lib/proc.h"

enum { ANSWER_MAX = 64 << 20, HEAD_SIZE = 4, LISTENS = 0x10000 };

static const char none[] = "it has no admin socket", slow[] = "its admin socket does not answer",
		  other[] = "its admin socket is not its own", broken[] = "its admin socket's answer is cut off",
		  large[] = "its admin socket's answer is too long";

/* --- Which socket: one that the process listens on --- */

static bool has_socket(int fds, uint64_t inode)
{
	char wanted[40], link[40];
	int copy = openat(fds, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	bool found = false;

	snprintf(wanted, sizeof(wanted), "socket:[%" PRIu64 "]", inode);
	for (struct dirent *entry; dir && !found && (entry = readdir(dir));) {
		ssize_t size = readlinkat(fds, entry->d_name, link, sizeof(link) - 1);

		link[size < 0 ? 0 : size] = '\0';
		found = !strcmp(link, wanted);
	}
	if (dir)
		closedir(dir);
	else if (copy >= 0)
		close(copy);
	return found;
}

/* A line of /proc/PID/net/unix, of a stream that somebody listens on: its inode and its name. */
static bool read_line(char *line, uint64_t *inode, const char **path)
{
	unsigned flags, type, state;
	int at = 0;

	line[strcspn(line, "\n")] = '\0';
	if (sscanf(line, "%*s %*s %*s %x %x %x %" SCNu64 " %n", &flags, &type, &state, inode, &at) < 4)
		return false;
	*path = line + at;
	return flags & LISTENS && type == SOCK_STREAM && **path == '/';
}

static bool find_path(pid_t pid, char path[PATH_MAX])
{
	char name[40], *line = NULL;
	size_t room = 0;
	uint64_t inode;
	const char *text;
	bool found = false;
	FILE *file;
	int fds;

	snprintf(name, sizeof(name), "/proc/%d/fd", (int)pid);
	fds = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	snprintf(name, sizeof(name), "/proc/%d/net/unix", (int)pid);
	file = fopen(name, "re");
	while (file && fds >= 0 && !found && getline(&line, &room, file) > 0)
		if (read_line(line, &inode, &text) && has_socket(fds, inode))
			found = snprintf(path, PATH_MAX, "%s", text) < PATH_MAX;
	free(line);
	if (file)
		fclose(file);
	if (fds >= 0)
		close(fds);
	return found;
}

/* A descriptor of the socket's name, -1: there is none, or it is not what it should be. */
static int hold(pid_t pid, const char *path)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC | O_NOFOLLOW,
			       .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
	struct proc_user user;
	struct stat st;
	char name[40];
	int root, fd;

	snprintf(name, sizeof(name), "/proc/%d/root", (int)pid);
	root = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	fd = root < 0 ? -1 : (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
	if (root >= 0)
		close(root);
	if (fd >= 0 && !fstat(fd, &st) && S_ISSOCK(st.st_mode) && !proc_user(pid, &user) &&
	    (!st.st_uid || st.st_uid == user.effective))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool is_behind(int fd, pid_t pid)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) && peer.pid == pid;
}

/* --- Asking --- */

static void give_up(struct admin_question *question, const char *why)
{
	question->why = why;
	if (question->fd >= 0)
		close(question->fd);
	question->fd = -1;
}

static void begin(struct admin_question *question, const char *command)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char path[PATH_MAX], text[128];
	int held, size;

	*question = (struct admin_question){.pid = question->pid, .fd = -1};
	held = find_path(question->pid, path) ? hold(question->pid, path) : -1;
	if (held < 0) {
		question->why = none;
		return;
	}
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d", held);
	question->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	size = snprintf(text, sizeof(text), "{\"prefix\": \"%s\", \"format\": \"json\"}", command) +
	       1; /* with its NUL */
	if (question->fd < 0 || connect(question->fd, (struct sockaddr *)&address, sizeof(address)))
		give_up(question, errno == ECONNREFUSED ? none : slow);
	else if (!is_behind(question->fd, question->pid))
		give_up(question, other);
	else if (send(question->fd, text, (size_t)size, MSG_NOSIGNAL) != size)
		give_up(question, slow);
	close(held);
}

static size_t size_of(const struct buf *text)
{
	uint32_t size;

	if (text->size < HEAD_SIZE)
		return HEAD_SIZE;
	memcpy(&size, text->data, sizeof(size));
	return HEAD_SIZE + (size_t)ntohl(size);
}

/* What has come. At the end the length in front is taken off. */
static void read_some(struct admin_question *question)
{
	char piece[1 << 16];
	struct buf *text = &question->text;
	ssize_t n = recv(question->fd, piece, sizeof(piece), 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		give_up(question, broken);
		return;
	}
	buf_add(text, piece, (size_t)n);
	if (size_of(text) > ANSWER_MAX) {
		give_up(question, large);
	} else if (text->size >= size_of(text) && text->size > HEAD_SIZE) {
		text->size = size_of(text) - HEAD_SIZE;
		memmove(text->data, text->data + HEAD_SIZE, text->size);
		text->data[text->size] = '\0';
		give_up(question, NULL);
	}
}

static unsigned waiting(const struct admin_question *questions, unsigned len, struct pollfd *polls)
{
	unsigned n = 0;

	for (unsigned i = 0; i < len; i++) {
		polls[i] = (struct pollfd){.fd = questions[i].fd, .events = POLLIN};
		n += questions[i].fd >= 0;
	}
	return n;
}

void admin_ask(struct admin_question *questions, unsigned len, const char *command, int limit_ms)
{
	struct arena *arena = arena_new();
	struct pollfd *polls = arena_new_array(arena, struct pollfd, len + 1);
	uint64_t end = moment_now().mono_ns + (uint64_t)limit_ms * 1000000, now;

	for (unsigned i = 0; i < len; i++)
		begin(&questions[i], command);
	while (waiting(questions, len, polls) && (now = moment_now().mono_ns) < end)
		if (poll(polls, len, (int)((end - now) / 1000000) + 1) > 0)
			for (unsigned i = 0; i < len; i++)
				if (polls[i].revents)
					read_some(&questions[i]);
	for (unsigned i = 0; i < len; i++)
		if (questions[i].fd >= 0)
			give_up(&questions[i], slow);
	arena_free(arena);
}
