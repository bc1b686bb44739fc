/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What this kernel lacks and what that means, for `cephtap doctor`: each thing is done rather than asked for. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <string.h>
#include <unistd.h>

#include "code/insn.h"
#include "engine/kernel/bpf.h"
#include "engine/kernel/private.h"
#include "lib/elf.h"
#include "lib/kernel.h"
#include "lib/kernel_can.h"

struct exam {
	struct arena *arena;
	void (*say)(void *data, const struct engine_finding *finding);
	void *data;
	bool works;
};

static void report(struct exam *e, const char *name, enum engine_status status, const char *detail, const char *advice)
{
	e->say(e->data, &(struct engine_finding){name, status, detail, advice});
}

/* Is it there? Else what that means. */
static void report_ability(struct exam *e, const char *name, enum kernel_ability ability, const char *has,
			   const char *without)
{
	const char *since = kernel_ability_since(ability);

	if (kernel_can(ability))
		report(e, name, ENGINE_GOOD, has, NULL);
	else
		report(e, name, ENGINE_POOR,
		       since ? arena_printf(e->arena, "not in this kernel (they came with %s)", since)
			     : "not in this kernel",
		       without);
}

static void check_ebpf(struct exam *e)
{
	const char *why = kernel_engine_why_not();

	e->works = !why;
	report(e, "eBPF programs", why ? ENGINE_MISSING : ENGINE_GOOD, why,
	       why ? "without them nothing can be traced" : NULL);
}

static void check_stacks(struct exam *e)
{
	if (e->works)
		report_ability(e, "user stacks", KERNEL_LOOPS, NULL,
			       "ustack() and jstack() are refused, and with them `report profile` and `offcpu` of "
			       "processes; stack() works");
}

static int load(enum bpf_prog_type type, int attach_type)
{
	static const struct bpf_insn nothing[] = {INSN_MOV_IMM(R0, 0), INSN_EXIT()};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = (enum bpf_attach_type)attach_type);

	return bpf_prog_load(type, "ct_doctor", "GPL", nothing, 2, &opts);
}

/* A breakpoint on a function of this very program, for this process alone, and off again. */
static int try_uprobe(bool is_multi)
{
	struct elf_file *elf;
	struct elf_symbol symbol;
	uint64_t offset = 0, zero = 0;
	int prog, link, error = elf_file_open("/proc/self/exe", &elf);

	if (error)
		return error;
	error = elf_symbol_find(elf, "kernel_engine_examine", &symbol);
	if (!error)
		error = elf_vaddr_to_offset(elf, symbol.vaddr, &offset);
	elf_file_close(elf);
	if (error)
		offset = 0x1000; /* a stripped binary: any place in it answers whether links can be made */
	prog = load(BPF_PROG_TYPE_KPROBE, is_multi ? ATTACH_UPROBE_MULTI : 0);
	if (prog < 0)
		return prog;
	if (is_multi) {
		const struct uprobe_multi multi = {.path = "/proc/self/exe",
						   .offsets = &offset,
						   .refs = &zero,
						   .cookies = &zero,
						   .len = 1,
						   .pid = getpid()};

		link = bpf_uprobe_multi_link(prog, &multi);
	} else {
		const struct perf_uprobe uprobe = {.path = "/proc/self/exe", .offset = offset, .pid = getpid()};
		int event = perf_uprobe_open(&uprobe);

		link = event < 0 ? event : bpf_perf_link(prog, event, 0);
	}
	close(prog);
	if (link >= 0)
		close(link);
	return link < 0 ? link : 0;
}

static void check_uprobes(struct exam *e)
{
	bool has_multi;
	int error;

	if (!e->works) /* for a reason that is said above */
		return;
	has_multi = bpf_has_uprobe_multi(true);
	error = try_uprobe(has_multi);
	if (error) {
		e->works = false;
		report(e, "uprobes", ENGINE_MISSING, strerror(-error),
		       "markers and functions cannot be attached: root or CAP_BPF and CAP_PERFMON are needed, and "
		       "CONFIG_UPROBES");
		return;
	}
	report(e, "uprobes", ENGINE_GOOD, NULL, NULL);
	if (has_multi)
		report(e, "multi-uprobe links", ENGINE_GOOD, "all probes of a file are one link", NULL);
	else
		report(e, "multi-uprobe links", ENGINE_POOR, "not in this kernel",
		       "probes are attached one by one, which takes longer; Linux has them since 6.6, for chosen "
		       "processes since 6.10");
	if (kernel_engine_can_sleep())
		report(e, "sleepable programs", ENGINE_GOOD, NULL, NULL);
	else
		report(e, "sleepable programs", ENGINE_POOR, "not in this kernel",
		       "memory that is swapped out, or was never touched, reads as a bad address; Linux 6.0 has them");
}

static void check_btf(struct exam *e)
{
	if (kernel_btf())
		report(e, "types (BTF)", ENGINE_GOOD, "/sys/kernel/btf/vmlinux", NULL);
	else
		report(e, "types (BTF)", ENGINE_MISSING, kernel_btf_why(),
		       "sched, proc, io, rawtp, what is behind curthread, and ppid are not available");
}

static void check_tracepoints(struct exam *e)
{
	int prog = load(BPF_PROG_TYPE_RAW_TRACEPOINT, 0);
	int link = prog < 0 ? prog : bpf_tracepoint_link(prog, "sched_process_exit", 0, false);

	if (prog >= 0)
		close(prog);
	if (link >= 0)
		close(link);
	report(e, "tracepoints", link < 0 ? ENGINE_MISSING : ENGINE_GOOD, link < 0 ? strerror(-link) : NULL,
	       link < 0 ? "syscall, sched, proc, io and rawtp cannot be attached: CONFIG_TRACEPOINTS, and CAP_PERFMON"
			: NULL);
}

static void check_functions(struct exam *e)
{
	bool around, many, single;

	if (!e->works)
		return;
	around = kernel_can(KERNEL_TRAMPOLINES);
	many = kernel_can(KERNEL_MULTI_KPROBES);
	single = kernel_can(KERNEL_KPROBES);
	if (!around && !many && !single)
		report(e, "kprobes", ENGINE_POOR,
		       "this kernel has none, nor trampolines (CONFIG_KPROBES, CONFIG_DYNAMIC_FTRACE), or does not "
		       "allow them",
		       "there are no fbt probes of the kernel's functions: `cephtap list rawtp` shows its tracepoints");
	else
		report(e, "kprobes", ENGINE_GOOD,
		       arena_printf(e->arena, "fbt: functions of the kernel, by %s%s%s%s%s",
				    around ? "trampolines (fentry, fexit)" : "", around && (many || single) ? ", " : "",
				    many ? "multi-kprobe links" : "", many && single ? ", " : "",
				    single ? "kprobes" : ""),
		       NULL);
	if ((around || single) && !many)
		report(e, "multi-kprobe links", ENGINE_POOR, "not in this kernel",
		       "functions of the kernel (fbt) are attached one by one: choose fewer than some hundred");
	if (!around && (many || single))
		report(e, "trampolines", ENGINE_POOR, "not in this kernel",
		       "returns of the kernel's functions (fbt) may be missed where many calls are under way");
}

static void check_timers(struct exam *e)
{
	int fd = perf_timer_open(1000000000, 0);

	if (fd >= 0)
		close(fd);
	report(e, "timers", fd < 0 ? ENGINE_MISSING : ENGINE_GOOD, fd < 0 ? strerror(-fd) : NULL,
	       fd < 0 ? "profile-N and tick-N need perf events: CAP_PERFMON, or kernel.perf_event_paranoid below 1"
		      : NULL);
}

bool kernel_engine_examine(void (*say)(void *data, const struct engine_finding *finding), void *data)
{
	struct exam exam = {.arena = arena_new(), .say = say, .data = data};

	check_ebpf(&exam);
	check_uprobes(&exam);
	check_stacks(&exam);
	check_btf(&exam);
	check_tracepoints(&exam);
	check_timers(&exam);
	check_functions(&exam);
	arena_free(exam.arena);
	return exam.works;
}
