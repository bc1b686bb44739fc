/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine_child.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ENGINE_TARGET_INCLUDED
#include "../prog/engine_target.c"

struct child child_new(void)
{
	struct child child;
	int to[2], from[2];

	assert_int_equal(pipe(to) | pipe(from), 0);
	child.pid = fork();
	assert_true(child.pid >= 0);
	if (!child.pid) {
		close(to[1]);
		close(from[0]);
		target_loop(to[0], from[1]);
		_exit(0);
	}
	close(to[0]);
	close(from[1]);
	child.to = to[1];
	child.from = from[0];
	return child;
}

uint64_t child_tell(const struct child *child, uint32_t op, uint32_t n)
{
	struct target_command command = {op, n};
	uint64_t answer = 0;

	assert_int_equal(write(child->to, &command, sizeof(command)), sizeof(command));
	assert_int_equal(read(child->from, &answer, sizeof(answer)), sizeof(answer));
	return answer;
}

void child_end(struct child *child)
{
	child_kill(child->pid); /* a later child holds our end of its pipe: closing would not end it */
	close(child->to);
	close(child->from);
}

pid_t child_tracer(void (*run)(void *data), void *data)
{
	int ready[2];
	pid_t pid;
	char byte = 0;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		run(data);
		if (write(ready[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

void child_kill(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
