/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/kernel/live.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/kernel/link_info.h"
#include "lib/proc.h"

struct live_probe {
	const char *base; /* of the file's name; NULL: not known */
	uint64_t offset;
	pid_t pid; /* 0: any process */
};

/* Perf events keep the name by which they were asked for; through a descriptor (/proc/self/fd/7) it says nothing. */
static void add_live(struct arena *arena, struct live *live, const char *path, uint64_t offset, pid_t pid)
{
	const char *slash = strrchr(path, '/');

	*arena_push(arena, live->probes, live->len) = (struct live_probe){
		strncmp(path, "/proc/", 6) ? arena_strdup(arena, slash ? slash + 1 : path) : NULL, offset, pid};
}

static bool get_info(int fd, struct link_info *info)
{
	uint32_t size = sizeof(*info);

	return !bpf_obj_get_info_by_fd(fd, info, &size);
}

static void add_multi(struct arena *arena, struct live *live, int fd, unsigned count)
{
	char path[PATH_MAX] = "";
	uint64_t *offsets = arena_new_array(arena, uint64_t, count + 1);
	struct link_info info = {.multi = {.path = (uintptr_t)path,
					   .path_size = sizeof(path),
					   .offsets = (uintptr_t)offsets,
					   .count = count}};

	if (!count || !get_info(fd, &info) || !*path) {
		live->is_partial = true;
		return;
	}
	for (unsigned i = 0; i < count; i++)
		add_live(arena, live, path, offsets[i], (pid_t)info.multi.pid);
}

static void add_perf(struct arena *arena, struct live *live, int fd)
{
	char path[PATH_MAX] = "";
	struct link_info info = {.perf = {.path = (uintptr_t)path, .path_size = sizeof(path)}};

	if (!get_info(fd, &info) || !info.perf.type)
		live->is_partial = true;
	else if (info.perf.type == PERF_IS_UPROBE || info.perf.type == PERF_IS_URETPROBE)
		add_live(arena, live, path, info.perf.offset, 0);
}

static void find_links(struct arena *arena, struct live *live)
{
	uint32_t id = 0;

	while (!bpf_link_get_next_id(id, &id)) {
		struct link_info info = {0};
		int fd = bpf_link_get_fd_by_id(id);

		if (fd < 0)
			continue; /* it has just gone */
		if (!get_info(fd, &info))
			live->is_partial = true;
		else if (info.type == LINK_UPROBE_MULTI)
			add_multi(arena, live, fd, info.multi.count);
		else if (info.type == LINK_PERF_EVENT)
			add_perf(arena, live, fd);
		close(fd);
	}
}

/* Programs that were attached by ioctl(2), which is no link. */
static void find_event(struct arena *arena, struct live *live, pid_t pid, int fd)
{
	char path[PATH_MAX] = "";
	uint32_t size = sizeof(path), program, type;
	__u64 offset, address;

	if (!bpf_task_fd_query(pid, fd, 0, path, &size, &program, &type, &offset, &address) &&
	    (type == BPF_FD_TYPE_UPROBE || type == BPF_FD_TYPE_URETPROBE))
		add_live(arena, live, path, offset, 0);
}

static void find_events_of(struct arena *arena, struct live *live, pid_t pid)
{
	char folder[64], target[64];
	struct dirent *entry;
	DIR *dir;

	snprintf(folder, sizeof(folder), "/proc/%d/fd", (int)pid);
	dir = opendir(folder);
	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		ssize_t size = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);

		target[size > 0 ? size : 0] = '\0';
		if (!strcmp(target, "anon_inode:[perf_event]"))
			find_event(arena, live, pid, atoi(entry->d_name));
	}
	closedir(dir);
}

/* "p:group/name /usr/bin/file:0x1234(0x5678) arguments" */
static void find_in_file(struct arena *arena, struct live *live, const char *name)
{
	char *line = NULL, *path, *end;
	size_t room = 0;
	FILE *file = fopen(name, "re");

	if (!file)
		return;
	while (getline(&line, &room, file) > 0) {
		path = strchr(line, ' ');
		end = path ? strstr(path, ":0x") : NULL;
		if (!end)
			continue;
		*end = '\0';
		add_live(arena, live, path + 1, strtoull(end + 1, NULL, 16), 0);
	}
	free(line);
	fclose(file);
}

struct live live_find(struct arena *arena)
{
	struct live live = {0};
	unsigned len = 0;
	pid_t *pids;

	find_links(arena, &live);
	if (!proc_pids(arena, &pids, &len))
		for (unsigned i = 0; i < len; i++)
			find_events_of(arena, &live, pids[i]);
	find_in_file(arena, &live, "/sys/kernel/tracing/uprobe_events");
	find_in_file(arena, &live, "/sys/kernel/debug/tracing/uprobe_events");
	return live;
}

bool live_has(const struct live *live, pid_t pid, const char *path, uint64_t offset)
{
	const char *slash = strrchr(path, '/');

	for (unsigned i = 0; i < live->len; i++) {
		const struct live_probe *probe = &live->probes[i];

		if (probe->offset == offset && (!probe->pid || probe->pid == pid) &&
		    (!probe->base || !strcmp(probe->base, slash ? slash + 1 : path)))
			return true;
	}
	return false;
}
