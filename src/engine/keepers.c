/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/keepers.h"

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

/* Shared with the keepers of one run. */
struct board {
	atomic_uint next;
	atomic_bool is_over;	      /* what is done now comes too late */
	atomic_bool done[KEEPERS_MAX]; /* this keeper is through with its jobs */
	int results[];		      /* of the jobs */
};

struct run {
	struct board *board;
	uint64_t limit_ns;
	unsigned n;
	int (*make)(void *data, unsigned i);
	void *data;
	bool is_left; /* somebody may write to the board yet */
	int done[2]; /* a pipe: its writing end is closed once every keeper is done with its jobs */
};

void keepers_init(struct keepers *keepers)
{
	*keepers = (struct keepers){.hold = {-1, -1}, .other = -1};
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

	if (!limit_ns) {
		wait_for_end(fd);
		return true;
	}
	while ((gone = now_ns() - start) < limit_ns)
		if (poll(&end, 1, (int)((limit_ns - gone) / 1000000) + 1) > 0)
			return true;
	return false;
}

/* A link that comes too late is taken away again, not left to count what nobody reckons with. */
static bool keep(struct run *run, unsigned i, int fd)
{
	if (atomic_load(&run->board->is_over)) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	run->board->results[i] = fd < 0 ? fd : 0;
	return fd >= 0;
}

static void keeper(const struct keepers *keepers, struct run *run, unsigned number)
{
	unsigned i, made = 0;

	setsid();
	prctl(PR_SET_NAME, "ct-links"); /* so that `pkill -9 cephtap` passes it by */
	leave_standard_files();
	close(keepers->hold[1]);
	if (keepers->other >= 0)
		close(keepers->other);
	close(run->done[0]);
	while ((i = atomic_fetch_add(&run->board->next, 1)) < run->n) {
		int fd = run->make(run->data, i);

		made += keep(run, i, fd);
	}
	atomic_store(&run->board->done[number], true);
	close(run->done[1]);
	_exit(made && !wait_for_end(keepers->hold[0]) ? 1 : 0);
}

/* Signals of a terminal and kill by a person's hand are for us, not for keepers: blocked before one can have any. */
static int start_keepers(struct keepers *keepers, struct arena *arena, struct run *run)
{
	sigset_t all, old;
	unsigned started;
	int error = 0;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	for (started = 0; started < run->n && started < KEEPERS_MAX; started++) {
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
static void leave_behind(struct keepers *keepers, struct run *run, unsigned first)
{
	atomic_store(&run->board->is_over, true);
	run->is_left = true;
	for (unsigned i = first; i < keepers->len; i++)
		if (!atomic_load(&run->board->done[i - first]))
			keepers->pids[i] = 0;
	for (unsigned i = 0; i < run->n; i++)
		if (run->board->results[i] == -ECHILD)
			run->board->results[i] = -ETIMEDOUT;
}

static int run_with_pipe(struct keepers *keepers, struct arena *arena, struct run *run)
{
	unsigned first = keepers->len;
	int error;

	if (keepers->hold[1] < 0 && pipe2(keepers->hold, O_CLOEXEC))
		return -errno;
	if (pipe2(run->done, O_CLOEXEC))
		return -errno;
	error = start_keepers(keepers, arena, run);
	close(run->done[1]);
	if (!error && !wait_for_jobs(run->done[0], run->limit_ns))
		leave_behind(keepers, run, first);
	close(run->done[0]);
	return error;
}

int keepers_run(struct keepers *keepers, struct arena *arena, unsigned n, int (*make)(void *data, unsigned i),
		void *data, int *results, uint64_t limit_ns)
{
	size_t size = sizeof(struct board) + n * sizeof(int);
	struct board *board = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct run run = {.board = board, .limit_ns = limit_ns, .n = n, .make = make, .data = data};
	int error;

	if (board == MAP_FAILED)
		return -errno;
	for (unsigned i = 0; i < n; i++)
		board->results[i] = -ECHILD; /* its keeper is no more */
	error = run_with_pipe(keepers, arena, &run);
	memcpy(results, board->results, n * sizeof(int));
	if (!run.is_left)
		munmap(board, size);
	return error;
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
