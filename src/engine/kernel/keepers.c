/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/kernel/keepers.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/markers.h"

/* A job whose makers are killed time and again fails. */
enum { TRIES = 5 };

/* -EOWNERDEAD: the job is still to be done, or was done by a keeper that has been killed. */
struct job_state {
	int result;
	unsigned maker; /* the keeper that took it, by its place among all */
};

/* Shared with the keepers of one run. */
struct board {
	atomic_uint next;
	atomic_bool is_over;	       /* what is done now comes too late */
	atomic_bool done[KEEPERS_MAX]; /* this keeper is through with its jobs */
	struct job_state jobs[];
};

struct keeper_batch {
	struct board *board;
	uint64_t limit_ns;
	unsigned n;
	unsigned first, to_do; /* of this try: the keepers from this one on, and how many jobs are left for them */
	int (*make)(void *data, unsigned i);
	void *data;
	bool is_left; /* somebody may write to the board yet */
	int done[2];  /* a pipe: its writing end is closed once every keeper is done with its jobs */
};

void keepers_init(struct keepers *keepers)
{
	*keepers = (struct keepers){.hold = {-1, -1}, .process = -1, .most = KEEPERS_MAX};
}

/* `cephtap | less` must not wait for a keeper to let go of the pipe. */
static void leave_standard_files(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int i = STDIN_FILENO; fd >= 0 && i <= STDERR_FILENO; i++)
		dup2(fd, i);
}

/* False: it cannot be told when the end is. */
static bool wait_for_end(int fd)
{
	char byte;
	ssize_t got;

	do {
		got = read(fd, &byte, 1);
	} while (got < 0 && errno == EINTR);
	return got >= 0;
}

/* False: the time is over. */
static bool wait_for_jobs(int fd, uint64_t limit_ns)
{
	struct pollfd end = {.fd = fd, .events = POLLIN};
	uint64_t start = now_ns(), gone;

	if (!limit_ns) { /* by one or the other: who thinks that they are done too early would wait for one that holds
			    links */
		while (poll(&end, 1, -1) < 0 && errno == EINTR)
			;
		if (!end.revents)
			wait_for_end(fd);
		return true;
	}
	while ((gone = now_ns() - start) < limit_ns)
		if (poll(&end, 1, (int)((limit_ns - gone) / 1000000) + 1) > 0)
			return true;
	return false;
}

/* The one who wants the links has let go, or is no more. */
static bool is_released(const struct keepers *keepers)
{
	struct pollfd hold = {.fd = keepers->hold[0], .events = 0};

	return poll(&hold, 1, 0) > 0;
}

enum release {
	RELEASED,
	PROCESS_ENDED, /* the traced process, before: it has nothing left that links could be taken out of */
	CANNOT_WAIT,
};

static enum release wait_for_release(const struct keepers *keepers)
{
	struct pollfd ends[] = {{.fd = keepers->hold[0]}, {.fd = keepers->process, .events = POLLIN}};
	int got;

	do {
		got = poll(ends, 2, -1);
	} while (!got || (got < 0 && errno == EINTR));
	return got < 0 ? CANNOT_WAIT : ends[0].revents ? RELEASED : PROCESS_ENDED;
}

/*
 * Not exit(2): by the kernel's sources a SIGKILL that comes as that begins stays pending while the links are closed.
 * When a process dies of SIGKILL the kernel takes it off before, and drops every signal that follows.
 */
static void end_with_links(void)
{
	for (;;)
		kill(getpid(), SIGKILL);
}

/* As close(2), but it is a child's end that closes the link. */
static void close_link(const struct keepers *keepers, int fd)
{
	pid_t pid = fork();

	if (pid == 0) {
		wait_for_end(keepers->hold[0]);
		end_with_links();
	}
	close(fd);
	if (pid > 0 && !kill(pid, SIGKILL))
		waitpid(pid, NULL, 0);
}

/* The number of links made. One that comes too late is taken away again, not left to count what nobody reckons with. */
static unsigned do_jobs(const struct keepers *keepers, struct keeper_batch *run, unsigned number)
{
	struct board *board = run->board;
	unsigned made = 0, i;

	while (!is_released(keepers) && (i = atomic_fetch_add(&board->next, 1)) < run->n) {
		int fd;

		if (board->jobs[i].result != -EOWNERDEAD)
			continue;
		board->jobs[i].maker = run->first + number;
		fd = run->make(run->data, i);
		if (atomic_load(&board->is_over)) {
			if (fd >= 0)
				close_link(keepers, fd);
			break;
		}
		made += fd >= 0;
		board->jobs[i].result = fd < 0 ? fd : 0;
	}
	return made;
}

static void keeper(const struct keepers *keepers, struct keeper_batch *run, unsigned number)
{
	unsigned made;

	setsid();
	prctl(PR_SET_NAME, "ct-links"); /* so that `pkill -9 cephtap` passes it by */
	leave_standard_files();
	close(keepers->hold[1]);
	close(run->done[0]);
	made = do_jobs(keepers, run, number);
	atomic_store(&run->board->done[number], true);
	close(run->done[1]);
	if (!made)
		_exit(0);
	switch (wait_for_release(keepers)) {
	case RELEASED:
		end_with_links();
		break;
	case PROCESS_ENDED:
		_exit(0);
	default:
		_exit(1); /* said, as if it had been killed */
	}
}

/* Signals of a terminal and kill by a person's hand are for us, not for keepers: blocked before one can have any. */
static int start_keepers(struct keepers *keepers, struct arena *arena, struct keeper_batch *run)
{
	sigset_t all, old;
	unsigned started;
	int error = 0;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	for (started = 0; started < run->to_do && started < keepers->most; started++) {
		pid_t pid = fork();

		if (pid == 0)
			keeper(keepers, run, started);
		if (pid < 0) {
			error = -errno;
			break;
		}
		*arena_push(arena, keepers->pids, keepers->len) = pid;
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	return started ? 0 : error; /* fewer do as well, only later */
}

/* Whoever is stuck is not waited for, neither now nor at the end. */
static void leave_behind(struct keepers *keepers, struct keeper_batch *run)
{
	atomic_store(&run->board->is_over, true);
	run->is_left = true;
	for (unsigned i = run->first; i < keepers->len; i++)
		if (!atomic_load(&run->board->done[i - run->first]))
			keepers->pids[i] = 0;
	for (unsigned i = 0; i < run->n; i++)
		if (run->board->jobs[i].result == -EOWNERDEAD)
			run->board->jobs[i].result = -ETIMEDOUT;
}

static unsigned count_to_do(const struct keeper_batch *run)
{
	unsigned count = 0;

	for (unsigned i = 0; i < run->n; i++)
		count += run->board->jobs[i].result == -EOWNERDEAD;
	return count;
}

/* Who has ended and is not done has been killed: all of its links are gone, once it is. */
static void bury(struct keepers *keepers, struct keeper_batch *run)
{
	for (unsigned i = run->first; i < keepers->len; i++) {
		int status = 0;

		if (atomic_load(&run->board->done[i - run->first]))
			continue;
		while (waitpid(keepers->pids[i], &status, 0) < 0 && errno == EINTR)
			;
		mark_keeper_lost(keepers->pids[i], WTERMSIG(status));
		keepers->pids[i] = 0;
		keepers->killed++;
		for (unsigned j = 0; j < run->n; j++)
			if (run->board->jobs[j].maker == i && run->board->jobs[j].result == 0)
				run->board->jobs[j].result = -EOWNERDEAD;
	}
}

static int try(struct keepers *keepers, struct arena *arena, struct keeper_batch *run)
{
	int error;

	run->first = keepers->len;
	atomic_store(&run->board->next, 0);
	memset(run->board->done, 0, sizeof(run->board->done));
	if (pipe2(run->done, O_CLOEXEC))
		return -errno;
	error = start_keepers(keepers, arena, run);
	close(run->done[1]);
	if (!error && !wait_for_jobs(run->done[0], run->limit_ns))
		leave_behind(keepers, run);
	else if (!error)
		bury(keepers, run);
	close(run->done[0]);
	return error;
}

/*
 * A process that is killed inside of bpf(2) leaves what it has done of a link behind. That the link is made again is
 * the cure too: the kernel finds its own breakpoints, and takes them away with the new link.
 */
static int try_until_done(struct keepers *keepers, struct arena *arena, struct keeper_batch *run)
{
	int error = 0;

	if (keepers->hold[1] < 0 && pipe2(keepers->hold, O_CLOEXEC))
		return -errno;
	for (unsigned i = 0; i < TRIES && !error && (run->to_do = count_to_do(run)); i++) {
		error = try(keepers, arena, run);
		if (error && i)
			return 0; /* some is made, and each job has its own result */
	}
	return error;
}

int keepers_run(struct keepers *keepers, struct arena *arena, unsigned n, int (*make)(void *data, unsigned i),
		void *data, int *results, uint64_t limit_ns)
{
	size_t size = sizeof(struct board) + n * sizeof(struct job_state);
	struct board *board = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct keeper_batch run = {.board = board, .limit_ns = limit_ns, .n = n, .make = make, .data = data};
	int error;

	if (board == MAP_FAILED)
		return -errno;
	for (unsigned i = 0; i < n; i++)
		board->jobs[i].result = -EOWNERDEAD;
	error = try_until_done(keepers, arena, &run);
	for (unsigned i = 0; i < n; i++)
		results[i] = board->jobs[i].result;
	if (!run.is_left)
		munmap(board, size);
	return error;
}

/* With processes that come and go for hours there are many. */
static void forget_the_reaped(struct keepers *keepers)
{
	unsigned len = 0;

	for (unsigned i = 0; i < keepers->len; i++)
		if (keepers->pids[i])
			keepers->pids[len++] = keepers->pids[i];
	keepers->len = len;
}

bool keepers_have_lost(struct keepers *keepers)
{
	bool have_lost = false;

	for (unsigned i = 0; i < keepers->len; i++) {
		int status = 0;

		if (!keepers->pids[i] || waitpid(keepers->pids[i], &status, WNOHANG) != keepers->pids[i])
			continue;
		if (WIFSIGNALED(status) || WEXITSTATUS(status)) { /* one that could make no link ends with 0 */
			mark_keeper_lost(keepers->pids[i], WIFSIGNALED(status) ? WTERMSIG(status) : 0);
			have_lost = true;
		}
		keepers->pids[i] = 0;
	}
	forget_the_reaped(keepers);
	return have_lost;
}

void keepers_release(struct keepers *keepers)
{
	for (unsigned i = 0; i < 2; i++) {
		if (keepers->hold[i] >= 0)
			close(keepers->hold[i]);
		keepers->hold[i] = -1;
	}
}

void keepers_wait(struct keepers *keepers)
{
	for (unsigned i = 0; i < keepers->len; i++)
		while (keepers->pids[i] && waitpid(keepers->pids[i], NULL, 0) < 0 && errno == EINTR)
			;
	keepers->len = 0;
}
