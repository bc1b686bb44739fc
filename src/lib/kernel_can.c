/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/kernel_can.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/kernel.h"

#define MOV_IMM(dst, value)                                                                                            \
	{                                                                                                              \
		.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = (dst), .imm = (value)                                  \
	}
#define CALL(helper)                                                                                                   \
	{                                                                                                              \
		.code = BPF_JMP | BPF_CALL, .imm = (helper)                                                            \
	}
#define EXIT                                                                                                           \
	{                                                                                                              \
		.code = BPF_JMP | BPF_EXIT                                                                             \
	}

static const struct bpf_insn nothing[] = {MOV_IMM(BPF_REG_0, 0), EXIT};

/* 0, or why there is no descriptor. */
static int closed(int fd)
{
	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

static int load(enum bpf_prog_type type, const struct bpf_insn *insns, size_t len, struct bpf_prog_load_opts *opts)
{
	return bpf_prog_load(type, "ct_can", "GPL", insns, len, opts);
}

static int try_load(const struct bpf_insn *insns, size_t len)
{
	return closed(load(BPF_PROG_TYPE_KPROBE, insns, len, NULL));
}

static int try_rings(void)
{
	return closed(bpf_map_create(BPF_MAP_TYPE_RINGBUF, "ct_can", 0, 0, (uint32_t)sysconf(_SC_PAGESIZE), NULL));
}

static int try_cookies(void)
{
	static const struct bpf_insn asks[] = {CALL(BPF_FUNC_get_attach_cookie), EXIT};

	return try_load(asks, 2);
}

static int try_atomics(void)
{
	static const struct bpf_insn swaps[] = {
		MOV_IMM(BPF_REG_0, 0),
		{.code = BPF_STX | BPF_DW | BPF_MEM, .dst_reg = BPF_REG_10, .src_reg = BPF_REG_0, .off = -8},
		{.code = BPF_STX | BPF_DW | BPF_ATOMIC,
		 .dst_reg = BPF_REG_10,
		 .src_reg = BPF_REG_0,
		 .off = -8,
		 .imm = BPF_XCHG},
		EXIT,
	};

	return try_load(swaps, 4);
}

/* A timer that does not run yet, on whatever processor this is. */
static int try_perf_links(void)
{
	struct perf_event_attr attr = {.size = sizeof(attr),
				       .type = PERF_TYPE_SOFTWARE,
				       .config = PERF_COUNT_SW_CPU_CLOCK,
				       .sample_period = 1000000000,
				       .disabled = 1};
	int event = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	int prog = load(BPF_PROG_TYPE_PERF_EVENT, nothing, 2, NULL), err;

	if (event < 0 || prog < 0)
		err = -EPERM;
	else
		err = closed(bpf_link_create(prog, event, BPF_PERF_EVENT, NULL));
	closed(event);
	closed(prog);
	return err;
}

/* The kernel looks at the helper's number first: an old one does not know it (EINVAL, "invalid func"), a new one goes
 * on. */
static int try_loops(void)
{
	enum { TYPE_INT = 1, TYPE_PROTO, TYPE_FUNCTION };
	static const struct bpf_insn loops[] = {
		MOV_IMM(BPF_REG_1, 1),
		{.code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = BPF_REG_2, .src_reg = BPF_PSEUDO_FUNC, .imm = 6},
		{0},
		MOV_IMM(BPF_REG_3, 0),
		MOV_IMM(BPF_REG_4, 0),
		CALL(BPF_FUNC_loop),
		MOV_IMM(BPF_REG_0, 0),
		EXIT,
		MOV_IMM(BPF_REG_0, 0),
		EXIT,
	};
	const struct bpf_func_info infos[] = {{0, TYPE_FUNCTION}, {8, TYPE_FUNCTION}};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .func_info = infos, .func_info_cnt = 2,
		    .func_info_rec_size = sizeof(*infos));
	struct btf *btf = btf__new_empty();
	int err = -ENOMEM;

	if (btf && btf__add_int(btf, "long", 8, BTF_INT_SIGNED) == TYPE_INT &&
	    btf__add_func_proto(btf, TYPE_INT) == TYPE_PROTO && !btf__add_func_param(btf, "first", TYPE_INT) &&
	    !btf__add_func_param(btf, "second", TYPE_INT) &&
	    btf__add_func(btf, "ct_function", BTF_FUNC_STATIC, TYPE_PROTO) == TYPE_FUNCTION &&
	    !btf__load_into_kernel(btf)) {
		opts.prog_btf_fd = (uint32_t)btf__fd(btf);
		err = closed(load(BPF_PROG_TYPE_KPROBE, loops, sizeof(loops) / sizeof(*loops), &opts));
	}
	btf__free(btf);
	return err;
}

/* On a function that each kernel has. */
static int try_trampolines(void)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FEXIT);
	const struct btf *btf = kernel_btf();
	int id = btf ? btf__find_by_name_kind(btf, "vfs_read", BTF_KIND_FUNC) : -1;

	opts.attach_btf_id = id > 0 ? (uint32_t)id : 0;
	return id > 0 ? closed(load(BPF_PROG_TYPE_TRACING, nothing, 2, &opts)) : -ENOENT;
}

static int try_multi_kprobes(void)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_KPROBE_MULTI);
	LIBBPF_OPTS(bpf_link_create_opts, link);
	const char *const names[] = {"vfs_read"};
	int prog = load(BPF_PROG_TYPE_KPROBE, nothing, 2, &opts);
	int err;

	link.kprobe_multi.syms = (const char **)names;
	link.kprobe_multi.cnt = 1;
	err = prog < 0 ? prog : closed(bpf_link_create(prog, 0, BPF_TRACE_KPROBE_MULTI, &link));
	closed(prog);
	return err;
}

static int try_kprobes(void)
{
	return access("/sys/bus/event_source/devices/kprobe/type", R_OK) ? -errno : 0;
}

/* Not where the kernel is locked down. */
static int try_writes(void)
{
	static const struct bpf_insn writes[] = {
		MOV_IMM(BPF_REG_1, 0),
		MOV_IMM(BPF_REG_0, 0),
		{.code = BPF_STX | BPF_DW | BPF_MEM, .dst_reg = BPF_REG_10, .src_reg = BPF_REG_0, .off = -8},
		{.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_2, .src_reg = BPF_REG_10},
		{.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_2, .imm = -8},
		MOV_IMM(BPF_REG_3, 8),
		CALL(BPF_FUNC_probe_write_user),
		MOV_IMM(BPF_REG_0, 0),
		EXIT,
	};

	return try_load(writes, sizeof(writes) / sizeof(*writes));
}

#define TOO_OLD(what, since)                                                                                           \
	(since), "this kernel is too old: it lacks " what " (" since "), which cephtap cannot do without"

static const struct {
	const char *since, *why;
	int (*ask)(void); /* 0, or a negative errno */
} rows[KERNEL_ABILITIES] = {
	[KERNEL_RINGS] = {TOO_OLD("ring buffers of BPF", "Linux 5.8"), try_rings},
	[KERNEL_COOKIES] = {TOO_OLD("attach cookies of BPF programs", "Linux 5.15"), try_cookies},
	[KERNEL_ATOMICS] = {TOO_OLD("atomic operations of BPF that return a value", "Linux 5.12"), try_atomics},
	[KERNEL_PERF_LINKS] = {TOO_OLD("BPF links on perf events", "Linux 5.15"), try_perf_links},
	[KERNEL_WRITES] = {NULL, NULL, try_writes},
	[KERNEL_LOOPS] = {"Linux 5.17", NULL, try_loops},
	[KERNEL_TRAMPOLINES] = {NULL, NULL, try_trampolines},
	[KERNEL_MULTI_KPROBES] = {NULL, NULL, try_multi_kprobes},
	[KERNEL_KPROBES] = {NULL, NULL, try_kprobes},
};

bool kernel_can(enum kernel_ability ability)
{
	static enum { NOT_ASKED, NO, YES } answers[KERNEL_ABILITIES];

	if (answers[ability] == NOT_ASKED) {
		int err = rows[ability].ask();

		/* What is needed is not there only if the kernel does not know it: any other failure is said where it
		 * matters. */
		answers[ability] = !err || ((int)ability < KERNEL_NEEDED && err != -EINVAL) ? YES : NO;
	}
	return answers[ability] == YES;
}

const char *kernel_ability_since(enum kernel_ability ability)
{
	return rows[ability].since;
}

const char *kernel_ability_why(enum kernel_ability ability)
{
	return rows[ability].why;
}
