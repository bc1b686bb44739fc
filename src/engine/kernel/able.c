/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What this kernel can do: whether programs run at all, and the rules for code generation. Tried, never told by a
 * version. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "code/insn.h"
#include "engine/kernel/bpf.h"
#include "engine/kernel/private.h"
#include "lib/kernel.h"
#include "lib/kernel_can.h"

/* What goes wrong is told by diagnostics and return values; libbpf would print as well. */
static int silent(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

void kernel_engine_silence(void)
{
	libbpf_set_print(silent);
}

/* The sentence is used at once. */
static const char *refusal(int error)
{
	static char text[128];

	if (error == -ENOSYS || error == -EINVAL)
		return "this kernel has no BPF, or too old a one: Linux 5.15 or later is needed";
	if (error != -EPERM && error != -EACCES) {
		snprintf(text, sizeof(text), "the kernel cannot load even the smallest program now: %s",
			 strerror(-error));
		return text;
	}
	if (geteuid())
		return "this needs root (or the capabilities CAP_BPF and CAP_PERFMON)";
	return "root may not use BPF here: a container without privilege, a seccomp filter, or a locked-down kernel";
}

const char *kernel_engine_why_not(void)
{
	const struct bpf_insn nothing[] = {INSN_MOV_IMM(R0, 0), INSN_EXIT()};
	int fd;

	if (kernel_proc_why())
		return kernel_proc_why();
	kernel_engine_silence();
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "ct_why_not", 4, 4, 1, NULL);
	if (fd < 0)
		return refusal(fd);
	close(fd);
	fd = bpf_prog_load(BPF_PROG_TYPE_KPROBE, "ct_why_not", "GPL", nothing, 2, NULL);
	if (fd < 0)
		return refusal(fd);
	close(fd);
	for (int i = 0; i < KERNEL_NEEDED; i++)
		if (!kernel_can((enum kernel_ability)i))
			return kernel_ability_why((enum kernel_ability)i);
	return NULL;
}

bool kernel_engine_can_sleep(void)
{
	static const struct bpf_insn nothing[] = {INSN_MOV_IMM(R0, 0), INSN_EXIT()};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = (enum bpf_attach_type)ATTACH_UPROBE_MULTI,
		    .prog_flags = BPF_F_SLEEPABLE);
	int fd = bpf_prog_load(BPF_PROG_TYPE_KPROBE, "ct_sleep", "GPL", nothing, 2, &opts);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

struct code_rules kernel_engine_rules(unsigned needs, bool no_multi)
{
	struct code_rules rules = {
		.subject = "the kernel",
		.offset = kernel_member_offset,
		.can_sleep = !no_multi && kernel_engine_can_sleep(),
		.has_cookies = !no_multi && bpf_has_tracepoint_cookies(),
		.limits = CODE_LIMITS_KERNEL,
	};

	if (needs & CODE_NEEDS_WRITES)
		rules.can_write = kernel_can(KERNEL_WRITES);
	if (needs & CODE_NEEDS_LOOPS)
		rules.has_loops = kernel_can(KERNEL_LOOPS);
	if (needs & CODE_NEEDS_FUNCTIONS) {
		rules.has_trampolines = kernel_can(KERNEL_TRAMPOLINES);
		rules.has_multi_kprobes = !no_multi && kernel_can(KERNEL_MULTI_KPROBES);
	}
	kernel_pid_namespace(&rules.pid_ns_dev, &rules.pid_ns_ino);
	return rules;
}
