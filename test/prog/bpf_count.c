/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cflags: -Isrc */
/*
 * What of a tracer is in the kernel: for tests that nothing stays behind. Finds maps by the start of their names, programs by
 * these maps, links by these programs or, where they are for one process, by the file that they probe.
 * Usage: bpf_count MAP-PREFIX [PART-OF-PATH]   prints "maps N programs N links N"
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/kernel/link_info.h"

enum { IDS_MAX = 4096 };

struct ids {
	uint32_t id[IDS_MAX];
	unsigned len;
};

static long bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static int get_info(int fd, void *info, uint32_t size)
{
	union bpf_attr attr = {.info = {.bpf_fd = (uint32_t)fd, .info_len = size, .info = (uintptr_t)info}};

	return (int)bpf(BPF_OBJ_GET_INFO_BY_FD, &attr);
}

/* Calls `each` with a descriptor of every object of a kind. */
static void walk(int next_command, int open_command, void (*each)(void *data, uint32_t id, int fd), void *data)
{
	union bpf_attr attr = {0};
	uint32_t id = 0;

	for (;;) {
		long fd;

		memset(&attr, 0, sizeof(attr));
		attr.start_id = id;
		if (bpf(next_command, &attr)) {
			if (errno == ENOENT)
				return;
			perror("bpf_count");
			exit(2);
		}
		id = attr.next_id;
		memset(&attr, 0, sizeof(attr));
		attr.map_id = id; /* prog_id and link_id lie at the same place */
		fd = bpf(open_command, &attr);
		if (fd < 0)
			continue; /* it has just gone */
		each(data, id, (int)fd);
		close((int)fd);
	}
}

static void add(struct ids *ids, uint32_t id)
{
	if (ids->len < IDS_MAX)
		ids->id[ids->len++] = id;
}

static int has(const struct ids *ids, uint32_t id)
{
	for (unsigned i = 0; i < ids->len; i++)
		if (ids->id[i] == id)
			return 1;
	return 0;
}

struct count {
	const char *prefix, *path;
	struct ids maps, programs, links;
};

static void each_map(void *data, uint32_t id, int fd)
{
	struct count *count = data;
	struct bpf_map_info info = {0};

	if (!get_info(fd, &info, sizeof(info)) && !strncmp(info.name, count->prefix, strlen(count->prefix)))
		add(&count->maps, id);
}

static void each_program(void *data, uint32_t id, int fd)
{
	struct count *count = data;
	uint32_t maps[512];
	struct bpf_prog_info info = {.nr_map_ids = 512, .map_ids = (uintptr_t)maps};

	if (get_info(fd, &info, sizeof(info)))
		return;
	for (unsigned i = 0; i < info.nr_map_ids && i < 512; i++)
		if (has(&count->maps, maps[i])) {
			add(&count->programs, id);
			return;
		}
}

static int is_on_path(const struct link_info *first, int fd, const char *part)
{
	static char path[4096];
	struct link_info info = {0};

	path[0] = '\0';
	if (first->type == LINK_UPROBE_MULTI) {
		info.multi.path = (uintptr_t)path;
		info.multi.path_size = sizeof(path);
	} else if (first->type == LINK_PERF_EVENT &&
		   (first->perf.type == PERF_IS_UPROBE || first->perf.type == PERF_IS_URETPROBE)) {
		info.perf.path = (uintptr_t)path;
		info.perf.path_size = sizeof(path);
	} else {
		return 0;
	}
	if (get_info(fd, &info, sizeof(info)) || !strstr(path, part))
		return 0;
	return first->type == LINK_PERF_EVENT || info.multi.pid; /* who traces every process of the host is another */
}

static void each_link(void *data, uint32_t id, int fd)
{
	struct count *count = data;
	struct link_info info = {0};

	if (get_info(fd, &info, sizeof(info)))
		return;
	if (has(&count->programs, info.prog_id) || (count->path && is_on_path(&info, fd, count->path)))
		add(&count->links, id);
}

int main(int argc, char **argv)
{
	static struct count count;

	if (argc < 2) {
		fputs("usage: bpf_count MAP-PREFIX [PART-OF-PATH]\n", stderr);
		return 2;
	}
	count.prefix = argv[1];
	count.path = argc > 2 ? argv[2] : NULL;
	walk(BPF_MAP_GET_NEXT_ID, BPF_MAP_GET_FD_BY_ID, each_map, &count);
	walk(BPF_PROG_GET_NEXT_ID, BPF_PROG_GET_FD_BY_ID, each_program, &count);
	walk(BPF_LINK_GET_NEXT_ID, BPF_LINK_GET_FD_BY_ID, each_link, &count);
	printf("maps %u programs %u links %u\n", count.maps.len, count.programs.len, count.links.len);
	return 0;
}
