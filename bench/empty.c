/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The least that a tracer by uprobes can be: one program that returns at once, on one multi-uprobe link (Linux 6.6). What
 * it costs is the kernel's share of what every tracer costs. Ends with SIGINT.
 *
 *   empty FILE OFFSET...
 */
#include <errno.h>
#include <linux/bpf.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { TRACE_UPROBE_MULTI = 48, OFFSETS_MAX = 1000 };

/* bpf_attr of BPF_LINK_CREATE, which the system's header may be too old for. */
struct link_attr {
	uint32_t prog_fd, target_fd, attach_type, flags;
	uint64_t path, offsets, refs, cookies;
	uint32_t len, multi_flags, pid, unused;
};

static int load(void)
{
	static const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr attr = {.prog_type = BPF_PROG_TYPE_KPROBE, .insn_cnt = 2, .expected_attach_type = TRACE_UPROBE_MULTI};

	attr.insns = (uintptr_t)insns;
	attr.license = (uintptr_t)"GPL";
	return (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
}

static int attach(int prog, const char *path, const uint64_t *offsets, unsigned len)
{
	struct link_attr attr = {
		.prog_fd = (uint32_t)prog,
		.attach_type = TRACE_UPROBE_MULTI,
		.path = (uintptr_t)path,
		.offsets = (uintptr_t)offsets,
		.len = len,
	};

	return (int)syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));
}

int main(int argc, char **argv)
{
	static uint64_t offsets[OFFSETS_MAX];
	unsigned len = 0;
	sigset_t interrupt;
	int prog, got;

	for (int i = 2; i < argc && len < OFFSETS_MAX; i++)
		offsets[len++] = strtoull(argv[i], NULL, 0);
	if (!len) {
		fputs("usage: empty FILE OFFSET...\n", stderr);
		return 2;
	}
	sigemptyset(&interrupt);
	sigaddset(&interrupt, SIGINT);
	sigprocmask(SIG_BLOCK, &interrupt, NULL);
	prog = load();
	if (prog < 0 || attach(prog, argv[1], offsets, len) < 0) {
		fprintf(stderr, "empty: %s\n", strerror(errno));
		return 1;
	}
	return sigwait(&interrupt, &got) ? 1 : 0;
}
