/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "run/daemon_names.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ceph/daemons.h"
#include "probe/host.h"

struct named {
	pid_t pid; /* 0: it has ended, and the place is free */
	char name[DAEMON_NAME_SIZE];
};

struct daemon_names {
	struct arena *arena;
	const struct pipeline *pipeline; /* NULL: the script asks for no names */
	struct named *list;
	struct pollfd *fds; /* pidfds, as in the list: readable when the process has ended */
	unsigned len, fds_len;
};

struct daemon_names *daemon_names_new(struct arena *arena)
{
	struct daemon_names *names = arena_new_one(arena, struct daemon_names);

	names->arena = arena;
	return names;
}

static struct named *find_named(const struct daemon_names *names, pid_t pid)
{
	for (unsigned i = 0; i < names->len; i++)
		if (names->list[i].pid == pid)
			return &names->list[i];
	return NULL;
}

static void put_name(const struct daemon_names *names, const struct named *named)
{
	uint32_t key = (uint32_t)named->pid;

	engine_map_update(names->pipeline->engine, names->pipeline->image->map_daemons, &key, named->name);
}

static void add_name(struct daemon_names *names, pid_t pid, const char *name)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct named *named;

	if (fd < 0 && errno == ESRCH)
		return;
	named = find_named(names, 0);
	if (!named) {
		named = arena_push(names->arena, names->list, names->len);
		(void)arena_push(names->arena, names->fds, names->fds_len);
	}
	*named = (struct named){.pid = pid};
	snprintf(named->name, sizeof(named->name), "%s", name);
	/* Where there is no descriptor the name stays: poll() passes over -1. */
	names->fds[named - names->list] = (struct pollfd){.fd = fd, .events = POLLIN};
	put_name(names, named);
}

static bool is_traced(const struct target *target, pid_t pid)
{
	for (unsigned i = 0; i < target->pids_len; i++)
		if (target->pids[i] == pid)
			return true;
	return !target->pids_len;
}

static bool is_name_of_another(const struct daemon *daemons, unsigned len, const struct daemon *daemon,
			       const char *name)
{
	for (unsigned i = 0; i < len; i++)
		if (&daemons[i] != daemon && !daemons[i].doubt && !strcmp(daemons[i].name, name))
			return true;
	return false;
}

/*
 * What a process is called depends on which others there are. It keeps the name that it has, as what was counted under
 * two names would be two daemons; but for one that another has more right to.
 */
static void give_name(struct daemon_names *names, const struct daemon *daemons, unsigned len,
		      const struct daemon *daemon)
{
	struct named *named = find_named(names, daemon->pid);

	if (!named) {
		add_name(names, daemon->pid, daemon->name);
	} else if (strcmp(named->name, daemon->name) && is_name_of_another(daemons, len, daemon, named->name)) {
		snprintf(named->name, sizeof(named->name), "%s", daemon->name);
		put_name(names, named);
	}
}

void daemon_names_again(struct daemon_names *names)
{
	const struct pipeline *pipeline = names->pipeline;
	struct daemons_request request = {.target = &pipeline->target, .identity = host_identity(pipeline->host)};
	struct arena *scratch = arena_new();
	struct daemon *daemons;
	unsigned len = 0;

	daemon_names_step(names);
	if (daemons_look(&request, scratch, &daemons, &len))
		len = 0;
	for (unsigned i = 0; i < len; i++)
		if (!daemons[i].doubt)
			give_name(names, daemons, len, &daemons[i]);
		else if (is_traced(&pipeline->target, daemons[i].pid))
			daemons_leave_out(request.identity, &daemons[i], 1);
	arena_free(scratch);
}

void daemon_names_fill(struct daemon_names *names, const struct pipeline *pipeline)
{
	if (pipeline->image->map_daemons == MAP_NONE)
		return;
	names->pipeline = pipeline;
	for (unsigned i = 0; i < names->len; i++)
		if (names->list[i].pid)
			put_name(names, &names->list[i]);
	daemon_names_again(names);
}

void daemon_names_look(struct daemon_names *names, pid_t pid)
{
	const struct pipeline *pipeline = names->pipeline;
	struct daemons_request request;

	if (!pipeline || find_named(names, pid))
		return;
	request = (struct daemons_request){.target = &pipeline->target, .identity = host_identity(pipeline->host)};
	if (daemons_is_one(&request, pid))
		daemon_names_again(names);
}

void daemon_names_add(struct daemon_names *names, pid_t pid, const char *label)
{
	daemon_names_look(names, pid);
	if (names->pipeline && strchr(label, '.') && !find_named(names, pid))
		add_name(names, pid, label);
}

bool daemon_names_are_asked_for(const struct daemon_names *names)
{
	return names->pipeline;
}

void daemon_names_step(struct daemon_names *names)
{
	const struct pipeline *pipeline = names->pipeline;

	if (!names->len || poll(names->fds, names->len, 0) <= 0)
		return;
	for (unsigned i = 0; i < names->len; i++) {
		uint32_t key = (uint32_t)names->list[i].pid;

		if (!names->fds[i].revents)
			continue;
		engine_map_remove(pipeline->engine, pipeline->image->map_daemons, &key);
		close(names->fds[i].fd);
		names->fds[i].fd = -1;
		names->list[i].pid = 0;
	}
}

void daemon_names_close(struct daemon_names *names)
{
	for (unsigned i = 0; i < names->len; i++)
		if (names->fds[i].fd >= 0)
			close(names->fds[i].fd);
	names->len = names->fds_len = 0;
	names->pipeline = NULL;
}
