/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/aside.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"

/*
 * Helpers left behind, at most. Somebody may have many such file systems: after the first few of them the next ones get
 * little time, and behind the last none.
 */
enum { LEFT_MAX = 32, LEFT_PATIENT = 2, ROOM = 1 << 20, PATH_SIZE = 4096, END_LOOKS = 50, END_US = 1000 };
static const uint64_t impatient_ns = 200000000;

enum what { ASK_OPEN, ASK_STAT, ASK_READ, ASK_MAP };

/* With a descriptor beside it: the file, or the folder that the path begins at. */
struct question {
	enum what what;
	uint64_t resolve, offset, size;
	char path[PATH_SIZE];
};

/* With a descriptor beside it, when a file was opened. */
struct answer {
	int64_t result;	       /* of which a negative errno */
	struct proc_file file; /* numbers only */
	struct statx stat;
};

struct helper {
	pid_t pid; /* 0: there is none */
	int fd;
	char *shared; /* what it has read */
};

static struct helper helper;
static pid_t left_behind[LEFT_MAX];

/* ---- what goes over the socket ---- */

union control {
	char room[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

static bool send_all(int socket, const void *data, size_t size, int fd)
{
	union control control = {{0}};
	struct iovec part = {(void *)data, size};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	struct cmsghdr *head;

	if (fd >= 0) {
		message.msg_control = control.room;
		message.msg_controllen = sizeof(control.room);
		head = CMSG_FIRSTHDR(&message);
		*head = (struct cmsghdr){
			.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
		memcpy(CMSG_DATA(head), &fd, sizeof(fd));
	}
	return sendmsg(socket, &message, MSG_NOSIGNAL) == (ssize_t)size;
}

static bool receive_all(int socket, void *data, size_t size, int *fd)
{
	union control control;
	struct iovec part = {data, size};
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof(control.room)};
	struct cmsghdr *head;
	ssize_t got;

	*fd = -1;
	do {
		got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	} while (got < 0 && errno == EINTR);
	head = got > 0 ? CMSG_FIRSTHDR(&message) : NULL;
	if (head && head->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(head), sizeof(*fd));
	return got == (ssize_t)size;
}

/* ---- the helper ---- */

static int open_path(int dir, const struct question *question)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = question->resolve};
	long fd = question->resolve ? syscall(SYS_openat2, dir < 0 ? AT_FDCWD : dir, question->path, &how, sizeof(how))
				    : openat(dir < 0 ? AT_FDCWD : dir, question->path, O_PATH | O_CLOEXEC);

	return fd < 0 ? -errno : (int)fd;
}

/* The caller has seen that it is a plain file. */
static int open_to_read(int fd)
{
	char path[32];
	int opened;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	opened = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	return opened < 0 ? -errno : opened;
}

static int64_t answer_read(int fd, const struct question *question, char *shared)
{
	int opened = open_to_read(fd);
	uint64_t done = 0;
	ssize_t got = 1;

	if (opened < 0)
		return opened;
	while (done < question->size && got > 0) {
		got = pread(opened, shared + done, question->size - done, (off_t)(question->offset + done));
		if (got > 0)
			done += (uint64_t)got;
	}
	if (got < 0)
		done = (uint64_t)-errno;
	close(opened);
	return (int64_t)done;
}

static int64_t answer_map(int fd, struct answer *answer)
{
	int opened = open_to_read(fd), error;

	if (opened < 0)
		return opened;
	error = proc_map_own(opened, false, &answer->file);
	close(opened);
	return error;
}

static void answer_question(int socket, const struct question *question, int fd, char *shared)
{
	struct answer answer = {0};
	int opened = -1;

	switch (question->what) {
	case ASK_OPEN:
		opened = open_path(fd, question);
		answer.result = opened < 0 ? opened : 0;
		break;
	case ASK_STAT:
		answer.result =
			statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_MNT_ID, &answer.stat) ? -errno : 0;
		break;
	case ASK_READ:
		answer.result = answer_read(fd, question, shared);
		break;
	case ASK_MAP:
		answer.result = answer_map(fd, &answer);
		break;
	}
	if (fd >= 0)
		close(fd);
	if (!send_all(socket, &answer, sizeof(answer), opened))
		_exit(1); /* which is seen at once, as no answer would not be */
	if (opened >= 0)
		close(opened);
}

/* Older kernels, and seccomp filters older than the call, have no close_range(2). */
static void close_others(int first)
{
	struct rlimit limit;

	if (!syscall(SYS_close_range, first, ~0u, 0) || getrlimit(RLIMIT_NOFILE, &limit))
		return;
	for (int fd = first; (rlim_t)fd < limit.rlim_cur; fd++)
		close(fd);
}

/*
 * It keeps nothing of ours but its end of the socket: else it would hold probes, pipes and files for as long as it is
 * stuck. Signals of a terminal are for us. It ends when we do.
 */
static void help(int socket, char *shared)
{
	static struct question question;
	sigset_t all;
	int null = open("/dev/null", O_RDWR), fd;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	prctl(PR_SET_NAME, "ct-files");
	for (int i = STDIN_FILENO; null >= 0 && i <= STDERR_FILENO; i++)
		dup2(null, i);
	dup2(socket, STDERR_FILENO + 1);
	close_others(STDERR_FILENO + 2);
	socket = STDERR_FILENO + 1;
	while (receive_all(socket, &question, sizeof(question), &fd))
		answer_question(socket, &question, fd, shared);
	_exit(0);
}

/* ---- asking ---- */

/* A place for one more that is left behind; NULL: there are enough. Those that could end at last are forgotten. */
static pid_t *free_place(unsigned *left)
{
	pid_t *place = NULL;

	*left = 0;
	for (unsigned i = 0; i < LEFT_MAX; i++) {
		if (left_behind[i] && waitpid(left_behind[i], NULL, WNOHANG) == 0)
			++*left;
		else
			left_behind[i] = 0;
		if (!left_behind[i])
			place = &left_behind[i];
	}
	return place;
}

/* It ends when our end of the socket is closed. If it does not, it is stuck, and nobody waits for it. */
static void end_helper(void)
{
	if (!helper.pid)
		return;
	close(helper.fd);
	for (unsigned i = 0; i < END_LOOKS && waitpid(helper.pid, NULL, WNOHANG) == 0; i++)
		usleep(END_US);
}

static int start_helper(void)
{
	static bool is_registered;
	int fds[2];

	if (!helper.shared)
		helper.shared = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (helper.shared == MAP_FAILED) {
		helper.shared = NULL;
		return -ENOMEM;
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		return -errno;
	helper.pid = fork();
	if (helper.pid == 0)
		help(fds[1], helper.shared);
	close(fds[1]);
	if (helper.pid < 0) {
		helper.pid = 0;
		close(fds[0]);
		return -EAGAIN;
	}
	helper.fd = fds[0];
	if (!is_registered)
		atexit(end_helper);
	is_registered = true;
	return 0;
}

/* It may write into the shared memory yet: that goes with it. */
static void leave_helper(pid_t *place)
{
	kill(helper.pid, SIGKILL);
	close(helper.fd);
	munmap(helper.shared, ROOM);
	*place = helper.pid;
	helper = (struct helper){0};
}

static bool wait_for_answer(uint64_t limit_ns)
{
	uint64_t start = now_ns(), gone;
	struct pollfd in = {.fd = helper.fd, .events = POLLIN};

	while ((gone = now_ns() - start) < limit_ns)
		if (poll(&in, 1, (int)((limit_ns - gone) / 1000000) + 1) > 0)
			return true;
	return false;
}

static int64_t exchange(const struct question *question, int fd, pid_t *place, uint64_t limit_ns, struct answer *answer,
			int *opened)
{
	if (!send_all(helper.fd, question, sizeof(*question), fd)) {
		leave_helper(place); /* somebody has killed it */
		return -EIO;
	}
	if (!wait_for_answer(limit_ns)) {
		leave_helper(place);
		return -ETIMEDOUT;
	}
	if (!receive_all(helper.fd, answer, sizeof(*answer), opened)) {
		leave_helper(place);
		return -EIO;
	}
	return answer->result;
}

static int64_t ask(const struct question *question, int fd, uint64_t *patience_ns, struct answer *answer, int *opened)
{
	uint64_t limit_ns, start = now_ns(), gone;
	unsigned left;
	pid_t *place = free_place(&left);
	int64_t result;
	int error = 0;

	limit_ns = left < LEFT_PATIENT || *patience_ns < impatient_ns ? *patience_ns : impatient_ns;
	if (!place || !limit_ns)
		return -ETIMEDOUT;
	if (!helper.pid)
		error = start_helper();
	if (error)
		return error;
	result = exchange(question, fd, place, limit_ns, answer, opened);
	gone = now_ns() - start;
	*patience_ns = result == -ETIMEDOUT || gone > *patience_ns ? 0 : *patience_ns - gone;
	return result;
}

int aside_open(int dir, const char *path, uint64_t resolve, uint64_t *patience_ns)
{
	struct question question = {.what = ASK_OPEN, .resolve = resolve};
	struct answer answer;
	int64_t result;
	int opened = -1;

	if (strlen(path) >= sizeof(question.path))
		return -ENAMETOOLONG;
	strcpy(question.path, path);
	result = ask(&question, dir, patience_ns, &answer, &opened);
	return result < 0   ? (int)result
	       : opened < 0 ? -EMFILE
			    : opened; /* it was sent, but there was no number left for it */
}

int aside_stat(int fd, struct statx *out, uint64_t *patience_ns)
{
	struct question question = {.what = ASK_STAT};
	struct answer answer;
	int opened;
	int result = (int)ask(&question, fd, patience_ns, &answer, &opened);

	if (!result)
		*out = answer.stat;
	return result;
}

ssize_t aside_read(int fd, void *data, size_t size, uint64_t offset, uint64_t *patience_ns)
{
	size_t done = 0;

	while (done < size) {
		size_t part = size - done < ROOM ? size - done : ROOM;
		struct question question = {.what = ASK_READ, .offset = offset + done, .size = part};
		struct answer answer;
		int opened;
		int64_t got = ask(&question, fd, patience_ns, &answer, &opened);

		if (got < 0)
			return got;
		memcpy((char *)data + done, helper.shared, (size_t)got);
		done += (size_t)got;
		if ((size_t)got < part)
			break;
	}
	return (ssize_t)done;
}

int aside_map(int fd, struct proc_file *out, uint64_t *patience_ns)
{
	struct question question = {.what = ASK_MAP};
	struct answer answer;
	int opened;
	int result = (int)ask(&question, fd, patience_ns, &answer, &opened);

	if (!result)
		*out = answer.file;
	return result;
}
