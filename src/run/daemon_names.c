/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "run/daemon_names.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ceph/daemons.h"
#include "probe/host.h"

struct daemon_names {
	struct arena *arena;
	const struct pipeline *pipeline; /* NULL: the script asks for no names */
	struct pollfd *fds;		 /* pidfds: readable when the process has ended */
	pid_t *pids;
	unsigned len, pids_len;
};

struct daemon_names *daemon_names_new(struct arena *arena)
{
	struct daemon_names *names = arena_new_one(arena, struct daemon_names);

	names->arena = arena;
	return names;
}

static void add_name(struct daemon_names *names, pid_t pid, const char *name)
{
	const struct pipeline *pipeline = names->pipeline;
	char value[DAEMON_NAME_SIZE] = "";
	uint32_t key = (uint32_t)pid;
	int fd = (int)syscall(SYS_pidfd_open, pid,
			      0); /* fails where it has ended, or in old kernels: then the name stays */

	snprintf(value, sizeof(value), "%s", name);
	engine_map_update(pipeline->engine, pipeline->image->map_daemons, &key, value);
	if (fd < 0)
		return;
	*arena_push(names->arena, names->fds, names->len) = (struct pollfd){.fd = fd, .events = POLLIN};
	*arena_push(names->arena, names->pids, names->pids_len) = pid;
}

static bool is_traced(const struct target *target, pid_t pid)
{
	for (unsigned i = 0; i < target->pids_len; i++)
		if (target->pids[i] == pid)
			return true;
	return !target->pids_len;
}

void daemon_names_fill(struct daemon_names *names, const struct pipeline *pipeline)
{
	struct daemons_request request = {.target = &pipeline->target};
	struct daemon *daemons;
	unsigned len;

	daemon_names_close(names);
	if (pipeline->image->map_daemons == MAP_NONE)
		return;
	names->pipeline = pipeline;
	request.identity = host_identity(pipeline->host);
	if (daemons_look(&request, pipeline->arena, &daemons, &len))
		return;
	for (unsigned i = 0; i < len; i++)
		if (!daemons[i].doubt)
			add_name(names, daemons[i].pid, daemons[i].name);
		else if (is_traced(&pipeline->target, daemons[i].pid))
			daemons_leave_out(request.identity, &daemons[i], 1);
}

void daemon_names_add(struct daemon_names *names, pid_t pid, const char *name)
{
	if (names->pipeline && strchr(name, '.'))
		add_name(names, pid, name);
}

bool daemon_names_are_of_all(const struct daemon_names *names)
{
	return names->pipeline && !names->pipeline->target.pids_len;
}

void daemon_names_again(struct daemon_names *names)
{
	daemon_names_step(names);
	daemon_names_fill(names, names->pipeline);
}

/* Names are given to all anew, as those of two daemons of one name depend on each other. */
void daemon_names_look(struct daemon_names *names, pid_t pid)
{
	const struct pipeline *pipeline = names->pipeline;
	struct daemons_request request = {.target = &pipeline->target, .identity = host_identity(pipeline->host)};

	for (unsigned i = 0; i < names->pids_len; i++)
		if (names->pids[i] == pid)
			return;
	if (daemons_is_one(&request, pid))
		daemon_names_again(names);
}

void daemon_names_step(struct daemon_names *names)
{
	const struct pipeline *pipeline = names->pipeline;
	unsigned n = 0;

	if (!names->len || poll(names->fds, names->len, 0) <= 0)
		return;
	for (unsigned i = 0; i < names->len; i++) {
		uint32_t key = (uint32_t)names->pids[i];

		if (names->fds[i].revents) {
			engine_map_remove(pipeline->engine, pipeline->image->map_daemons, &key);
			close(names->fds[i].fd);
			continue;
		}
		names->fds[n] = names->fds[i];
		names->pids[n++] = names->pids[i];
	}
	names->len = names->pids_len = n;
}

void daemon_names_close(struct daemon_names *names)
{
	for (unsigned i = 0; i < names->len; i++)
		close(names->fds[i].fd);
	names->len = names->pids_len = 0;
	names->pipeline = NULL;
}
