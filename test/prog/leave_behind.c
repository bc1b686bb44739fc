/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Leaves breakpoints behind, as a tracer does that is killed with -9 while it closes a multi-uprobe link: puts one on each OFFSET
 * of a process's program, and tries until some are left.
 * Usage: leave_behind PID SEMAPHORE OFFSET...   SEMAPHORE: of the first one, as an offset in the file; 0: none. Exit status 2: none was left.
 */
#include <linux/bpf.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SITES_MAX = 256, TRIES = 300, ATTACH_UPROBE_MULTI = 48 };

/* The part of union bpf_attr that BPF_LINK_CREATE reads, as of Linux 6.6. */
struct link_create {
	uint32_t prog_fd, target_fd, attach_type, flags;
	uint64_t path, offsets, refs, cookies;
	uint32_t len, multi_flags, pid, pad;
};

static int load(void)
{
	const struct bpf_insn nothing[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K}, {.code = BPF_JMP | BPF_EXIT}};
	union bpf_attr attr = {.prog_type = BPF_PROG_TYPE_KPROBE, .insn_cnt = 2, .insns = (uintptr_t)nothing, .license = (uintptr_t)"GPL"};

	attr.expected_attach_type = ATTACH_UPROBE_MULTI;
	return (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
}

/* In a child: makes the link, says so, and closes it. */
static void make_and_close(struct link_create *attr, int said)
{
	long fd = syscall(SYS_bpf, BPF_LINK_CREATE, attr, sizeof(*attr));

	if (fd < 0)
		_exit(1);
	if (write(said, "", 1) != 1)
		_exit(1);
	close((int)fd);
	_exit(0);
}

static int is_left(const char *pid)
{
	char command[4096];
	ssize_t size = readlink("/proc/self/exe", command, sizeof(command) - 64);

	command[size] = '\0';
	strcpy(strrchr(command, '/'), "/text_same ");
	strcat(strcat(command, pid), " >/dev/null");
	return WEXITSTATUS(system(command)) == 1;
}

int main(int argc, char **argv)
{
	static uint64_t offsets[SITES_MAX], refs[SITES_MAX];
	char path[64], byte;
	struct link_create attr = {.attach_type = ATTACH_UPROBE_MULTI, .path = (uintptr_t)path, .offsets = (uintptr_t)offsets, .refs = (uintptr_t)refs};

	if (argc < 4)
		return 1;
	snprintf(path, sizeof(path), "/proc/%s/exe", argv[1]);
	attr.pid = (uint32_t)atoi(argv[1]);
	refs[0] = strtoull(argv[2], NULL, 0);
	for (int i = 3; i < argc && attr.len < SITES_MAX; i++)
		offsets[attr.len++] = strtoull(argv[i], NULL, 0);
	attr.prog_fd = (uint32_t)load();
	for (unsigned i = 0; i < TRIES; i++) {
		int said[2];
		pid_t child;

		if (pipe(said) || (child = fork()) < 0)
			return 1;
		if (!child)
			make_and_close(&attr, said[1]);
		close(said[1]);
		if (read(said[0], &byte, 1) != 1) {
			perror("no link could be made");
			return 1;
		}
		usleep(i % 60);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		close(said[0]);
		if (is_left(argv[1]))
			return 0;
	}
	return 2;
}
