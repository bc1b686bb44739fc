/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bpf(2) and perf_event_open(2) where the C library has no call and libbpf 1.1 none either. Every function returns a
 * descriptor or 0, or a negative errno, and keeps nothing.
 */
#ifndef CEPHTAP_ENGINE_KERNEL_BPF_H
#define CEPHTAP_ENGINE_KERNEL_BPF_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Of <linux/bpf.h> since Linux 6.6; headers of Linux 6.1 have no names for them. */
enum { ATTACH_UPROBE_MULTI = 48 };

/* What the kernel answers for an instruction that it cannot probe: its own number, no errno of <errno.h>. */
enum { KERNEL_ENOTSUPP = 524 };

/* link_create.uprobe_multi of union bpf_attr. Arrays have `len` entries. */
struct uprobe_multi {
	const char *path;
	const uint64_t *offsets, *refs, *cookies;
	uint32_t len;
	pid_t pid; /* 0: every process */
};

int bpf_uprobe_multi_link(int prog_fd, const struct uprobe_multi *multi);
/* Does this kernel have such links, and do they filter by process (not by thread, as Linux before 6.10 did) ? */
bool bpf_has_uprobe_multi(bool by_pid);

/* The kernel's description of a module of its own, for programs around the module's functions. */
int bpf_module_btf_open(const char *module);
/* The program, made for one function of the kernel, there: at its entry or return. */
int bpf_function_link(int prog_fd, bool is_return);

/* link_create.kprobe_multi of union bpf_attr. Arrays have `len` entries. */
struct kprobe_multi {
	const uint64_t *addresses, *cookies;
	uint32_t len;
	bool is_return;
};

int bpf_kprobe_multi_link(int prog_fd, const struct kprobe_multi *multi);
/* One function of the kernel by perf event. */
int perf_kprobe_open(uint64_t address, bool is_return);
/* How often such a link, or a perf event's, did not run its program; the kernel says so since about 6.7. */
uint64_t bpf_link_misses(int link_fd);
bool bpf_counts_missed_kprobes(void);

/* One uprobe by perf event; the program is attached by bpf_perf_link. */
struct perf_uprobe {
	const char *path;
	uint64_t offset, ref;
	pid_t pid;
};

int perf_uprobe_open(const struct perf_uprobe *uprobe);
/* Fires every period_ns on this processor. */
int perf_timer_open(uint64_t period_ns, int cpu);
/* The program on a tracepoint of the kernel; without a cookie on kernels before 6.10, which take none. */
int bpf_tracepoint_link(int prog_fd, const char *name, uint64_t cookie, bool has_cookies);
/* Does this kernel tell such a program which cookie it was attached with? */
bool bpf_has_tracepoint_cookies(void);
/* Takes the event's descriptor over, whatever comes of it. */
int bpf_perf_link(int prog_fd, int perf_fd, uint64_t cookie);

/* How often the kernel did not run this program though it should have. */
uint64_t bpf_prog_misses(int prog_fd);

#endif
