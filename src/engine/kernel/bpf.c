/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/kernel/bpf.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/kernel.h"

/* The part of union bpf_attr that BPF_LINK_CREATE reads, as of Linux 6.6. */
struct link_create_attr {
	uint32_t prog_fd, target_fd, attach_type, flags;
	uint64_t path, offsets, refs, cookies;
	uint32_t len, multi_flags, pid, pad;
};

static int link_create(struct link_create_attr *attr)
{
	long fd = syscall(SYS_bpf, BPF_LINK_CREATE, attr, sizeof(*attr));

	return fd < 0 ? -errno : (int)fd;
}

int bpf_uprobe_multi_link(int prog_fd, const struct uprobe_multi *multi)
{
	struct link_create_attr attr = {
		.prog_fd = (uint32_t)prog_fd,
		.attach_type = ATTACH_UPROBE_MULTI,
		.path = (uintptr_t)multi->path,
		.offsets = (uintptr_t)multi->offsets,
		.refs = (uintptr_t)multi->refs,
		.cookies = (uintptr_t)multi->cookies,
		.len = multi->len,
		.pid = (uint32_t)multi->pid,
	};

	return link_create(&attr);
}

/*
 * A link on "/" is never made, and the error tells what the kernel knows: EBADF, not a regular file, says that it got
 * as far as the path. The process id -1 is checked before the path only where the filter is right: EINVAL.
 */
bool bpf_has_uprobe_multi(bool by_pid)
{
	static const struct bpf_insn nothing[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = (enum bpf_attach_type)ATTACH_UPROBE_MULTI);
	const uint64_t offset = 0;
	struct uprobe_multi multi = {.path = "/", .offsets = &offset, .len = 1};
	int prog = bpf_prog_load(BPF_PROG_TYPE_KPROBE, "ct_has_multi", "GPL", nothing, 2, &opts);
	bool has;

	if (prog < 0)
		return false;
	has = bpf_uprobe_multi_link(prog, &multi) == -EBADF;
	if (has && by_pid) {
		multi.pid = -1;
		has = bpf_uprobe_multi_link(prog, &multi) == -EINVAL;
	}
	close(prog);
	return has;
}

int bpf_module_btf_open(const char *module)
{
	uint32_t id = 0;

	while (!bpf_btf_get_next_id(id, &id)) {
		char name[64] = "";
		struct bpf_btf_info info = {.name = (uintptr_t)name, .name_len = sizeof(name)};
		uint32_t size = sizeof(info);
		int fd = bpf_btf_get_fd_by_id(id);

		if (fd < 0)
			continue;
		if (!bpf_obj_get_info_by_fd(fd, &info, &size) && info.kernel_btf && !strcmp(name, module))
			return fd;
		close(fd);
	}
	return -ENOENT;
}

int bpf_function_link(int prog_fd, bool is_return)
{
	return bpf_link_create(prog_fd, 0, is_return ? BPF_TRACE_FEXIT : BPF_TRACE_FENTRY, NULL);
}

int bpf_kprobe_multi_link(int prog_fd, const struct kprobe_multi *multi)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts);

	opts.kprobe_multi.flags = multi->is_return ? BPF_F_KPROBE_MULTI_RETURN : 0;
	opts.kprobe_multi.cnt = multi->len;
	opts.kprobe_multi.addrs = (const unsigned long *)multi->addresses;
	opts.kprobe_multi.cookies = (const __u64 *)multi->cookies;
	return bpf_link_create(prog_fd, 0, BPF_TRACE_KPROBE_MULTI, &opts);
}

/* The part of struct bpf_link_info that is about multi-kprobe links, as of Linux 6.7. */
struct kprobe_multi_info {
	uint32_t type, id, prog_id, pad;
	uint64_t addrs;
	uint32_t count, flags;
	uint64_t missed;
};

static int kprobe_multi_info(int link_fd, struct kprobe_multi_info *info)
{
	uint32_t size = sizeof(*info);
	enum { KPROBE_MULTI = 8 }; /* BPF_LINK_TYPE_KPROBE_MULTI */

	memset(info, 0, sizeof(*info));
	if (bpf_obj_get_info_by_fd(link_fd, info, &size) || info->type != KPROBE_MULTI)
		return -ENOENT;
	return size >= sizeof(*info) ? 0 : -ENOTSUP;
}

/* The type of a member; NULL: there is none. */
static const struct btf_type *member_of(const struct btf *btf, const struct btf_type *type, const char *name)
{
	for (unsigned i = 0; type && btf_is_composite(type) && i < btf_vlen(type); i++)
		if (!strcmp(btf__name_by_offset(btf, btf_members(type)[i].name_off), name))
			return kernel_strip(btf, btf_members(type)[i].type);
	return NULL;
}

/* An older kernel leaves the field as it was: whether there is one, its own description says. */
bool bpf_counts_missed_kprobes(void)
{
	const struct btf *btf = kernel_btf();
	int id = btf ? btf__find_by_name_kind(btf, "bpf_link_info", BTF_KIND_STRUCT) : -1;
	const struct btf_type *type = id > 0 ? btf__type_by_id(btf, (uint32_t)id) : NULL;

	type = member_of(btf, type, ""); /* a union of all kinds of links */
	type = member_of(btf, type, "kprobe_multi");
	return member_of(btf, type, "missed");
}

uint64_t bpf_link_misses(int link_fd)
{
	struct kprobe_multi_info info;

	return kprobe_multi_info(link_fd, &info) ? 0 : info.missed;
}

static int perf_event_open(struct perf_event_attr *attr, pid_t pid, int cpu)
{
	long fd = syscall(SYS_perf_event_open, attr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : (int)fd;
}

/* The number after `prefix` in a small file of sysfs, or a negative errno. */
static int sysfs_number(const char *path, const char *prefix)
{
	char text[64] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t size;

	if (fd < 0)
		return -errno;
	size = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (size <= 0 || strncmp(text, prefix, strlen(prefix)))
		return -ENOENT;
	return atoi(text + strlen(prefix));
}

int perf_uprobe_open(const struct perf_uprobe *uprobe)
{
	int type = sysfs_number("/sys/bus/event_source/devices/uprobe/type", "");
	int ref_bit = sysfs_number("/sys/bus/event_source/devices/uprobe/format/ref_ctr_offset", "config:");
	struct perf_event_attr attr = {.size = sizeof(attr)};

	if (type < 0)
		return -ENXIO; /* told by /sys alone */
	if (uprobe->ref && (ref_bit < 0 || uprobe->ref >> (64 - ref_bit)))
		return -EOVERFLOW;
	attr.type = (uint32_t)type;
	if (uprobe->ref)
		attr.config |= uprobe->ref << ref_bit;
	attr.uprobe_path = (uintptr_t)uprobe->path;
	attr.probe_offset = uprobe->offset;
	/* The processor does not matter: programs run before the kernel looks whose event it is. */
	return perf_event_open(&attr, uprobe->pid ? uprobe->pid : -1, uprobe->pid ? -1 : 0);
}

int perf_kprobe_open(uint64_t address, bool is_return)
{
	int type = sysfs_number("/sys/bus/event_source/devices/kprobe/type", "");
	int return_bit = sysfs_number("/sys/bus/event_source/devices/kprobe/format/retprobe", "config:");
	struct perf_event_attr attr = {.size = sizeof(attr)};

	if (type < 0)
		return -EOPNOTSUPP;
	attr.type = (uint32_t)type;
	if (is_return)
		attr.config |= 1ull << (return_bit < 0 ? 0 : return_bit);
	attr.probe_offset = address; /* kprobe_addr, as there is no name */
	return perf_event_open(&attr, -1, 0);
}

int perf_timer_open(uint64_t period_ns, int cpu)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.sample_period = period_ns,
	};

	return perf_event_open(&attr, -1, cpu);
}

/* The part of union bpf_attr that BPF_RAW_TRACEPOINT_OPEN reads, as of Linux 6.10. */
struct raw_tracepoint_attr {
	uint64_t name;
	uint32_t prog_fd, pad;
	uint64_t cookie;
};

int bpf_tracepoint_link(int prog_fd, const char *name, uint64_t cookie, bool has_cookies)
{
	struct raw_tracepoint_attr attr = {.name = (uintptr_t)name, .prog_fd = (uint32_t)prog_fd, .cookie = cookie};
	size_t size = has_cookies ? sizeof(attr) : offsetof(struct raw_tracepoint_attr, cookie);
	long fd = syscall(SYS_bpf, BPF_RAW_TRACEPOINT_OPEN, &attr, size);

	return fd < 0 ? -errno : (int)fd;
}

bool bpf_has_tracepoint_cookies(void)
{
	static const struct bpf_insn asks[] = {
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_get_attach_cookie},
		{.code = BPF_JMP | BPF_EXIT},
	};
	int prog = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "ct_has_cookies", "GPL", asks, 2, NULL);

	if (prog >= 0)
		close(prog);
	return prog >= 0;
}

int bpf_perf_link(int prog_fd, int perf_fd, uint64_t cookie)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .perf_event.bpf_cookie = cookie);
	int link = bpf_link_create(prog_fd, perf_fd, BPF_PERF_EVENT, &opts);

	close(perf_fd); /* the link holds the event */
	return link;
}

uint64_t bpf_prog_misses(int prog_fd)
{
	struct bpf_prog_info info = {0};
	uint32_t size = sizeof(info);

	return bpf_obj_get_info_by_fd(prog_fd, &info, &size) ? 0 : info.recursion_misses;
}
