/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel tells of processes that begin a program: of one that we start. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/arrivals.h"

struct seen {
	pid_t pid;
	unsigned times;
};

static void see(void *data, pid_t pid)
{
	struct seen *seen = data;

	seen->times += pid == seen->pid;
}

static void tells(void **state)
{
	struct arrivals *arrivals = arrivals_open();
	struct seen seen = {0};
	int status;

	(void)state;
	if (!arrivals && (errno == EACCES || errno == EPERM))
		skip();
	assert_non_null(arrivals);
	seen.pid = fork();
	if (!seen.pid) {
		execl("/bin/true", "true", (char *)NULL);
		_exit(127);
	}
	while (seen.times < 2) { /* to begin the program, and to map its files */
		struct pollfd ready = {.fd = arrivals_fd(arrivals), .events = POLLIN};

		assert_int_equal(poll(&ready, 1, 20000), 1);
		assert_int_equal(arrivals_read(arrivals, see, &seen), 0);
	}
	assert_int_equal(waitpid(seen.pid, &status, 0), seen.pid);
	assert_int_equal(status, 0);
	arrivals_close(arrivals);
}

static void start_and_end(void)
{
	pid_t pid = fork();

	if (!pid) {
		execl("/bin/true", "true", (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* More than the rings hold, unread: what is lost is told, by the next message that has room. */
static void loses(void **state)
{
	struct arrivals *arrivals = arrivals_open();
	struct seen seen = {.pid = -1};
	unsigned long lost = 0;
	enum { MANY = 3000 };

	(void)state;
	if (!arrivals)
		skip();
	for (unsigned i = 0; i < MANY; i++)
		start_and_end();
	arrivals_read(arrivals, see, &seen);
	for (unsigned i = 0; i < MANY && !lost; i++) {
		start_and_end();
		lost = arrivals_read(arrivals, see, &seen);
	}
	assert_true(lost > 0);
	arrivals_close(arrivals);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(tells), cmocka_unit_test(loses)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
