/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Providers of what the kernel does with threads, processes and disks: sched, proc and io, with the probes and
 * arguments that DTrace documents. A probe is one or more tracepoints of Linux, each under conditions; which, is in the
 * table.
 */
#include <string.h>

#include "lib/abi.h"
#include "lib/diag.h"
#include "lib/kernel.h"
#include "probe/syscall.h"
#include "probe/tracepoint.h"

enum { SITES_MAX = 4, CONDS_MAX = 3, ARGS_MAX = 4, RAW_MAX = 4, NONE = 0xff };

/* Where a value is: argument `arg` of the tracepoint (or the current thread), or `size` bytes at a member of what it
 * points at. */
struct event_value {
	uint8_t arg; /* CURRENT: the current thread's task_struct */
	const char *structure, *member;
	/* and once more, of what that points at */
	const char *structure2, *member2;
	uint8_t size; /* 0: the argument itself */
};

enum { CURRENT = 0xfe };

struct cond {
	struct event_value from;
	uint8_t op;
	int64_t imm;
};

struct event_place {
	const char *tracepoint;
	const char *syscall; /* sys_enter, sys_exit: of this call */
	struct cond conds[CONDS_MAX];
	unsigned conds_len;
	struct event_value raw[RAW_MAX]; /* what arg0, arg1, ... are here */
	unsigned raw_len;
	bool is_owners; /* which process it concerns tells arg0, not the current thread */
	bool is_next;	/* it is about the thread that sched_switch goes to */
	bool is_spare;	/* only where the kernel has not the tracepoint of the place before */
};

struct event_row {
	const char *prov, *name, *doc;
	bool is_anybodys;
	struct event_place places[SITES_MAX];
	struct {
		const char *type, *expr, *doc;
	} args[ARGS_MAX];
	const char *why_not;
};

/* What the rows below say often. */
#define TASK(n) "((struct task_struct *)arg" #n ")"
#define LWP(n)                                                                                                         \
	{                                                                                                              \
		"lwpsinfo_t *", "xlate <lwpsinfo_t *>(" TASK(n) ")", "the thread"                                      \
	}
#define PS(n)                                                                                                          \
	{                                                                                                              \
		"psinfo_t *", "xlate <psinfo_t *>(" TASK(n) ")", "its process"                                         \
	}
#define CPU(n)                                                                                                         \
	{                                                                                                              \
		"cpuinfo_t *", "xlate <cpuinfo_t *>((processorid_t)" TASK(n) "->thread_info.cpu)",                     \
			"the processor of the queue"                                                                   \
	}
#define BUF                                                                                                            \
	{                                                                                                              \
		"bufinfo_t *", "xlate <bufinfo_t *>((struct request *)arg0)", "the transfer"                           \
	}
#define DEV                                                                                                            \
	{                                                                                                              \
		"devinfo_t *", "xlate <devinfo_t *>((struct request *)arg0)", "the device"                             \
	}
#define FIL                                                                                                            \
	{                                                                                                              \
		"fileinfo_t *", "xlate <fileinfo_t *>((struct request *)arg0)", "the file, where it is known"          \
	}
#define RAW1(a) .raw = {{.arg = (a)}}, .raw_len = 1
#define IS_THREAD(arg_)                                                                                                \
	{                                                                                                              \
		{.arg = (arg_), .structure = "task_struct", .member = "exit_signal", .size = 4}, COND_EQ, -1           \
	}
#define IS_PROCESS(arg_)                                                                                               \
	{                                                                                                              \
		{.arg = (arg_), .structure = "task_struct", .member = "exit_signal", .size = 4}, COND_NE, -1           \
	}
#define CHILD_OF(call, which)                                                                                          \
	{                                                                                                              \
		"sys_exit", (call), .conds = {{{.arg = 1}, COND_EQ, 0}, which(CURRENT)}, .conds_len = 2                \
	}
#define NO_TRACEPOINT "Linux has no tracepoint there"

/* sched_switch: preempted, previous thread, next thread, previous state; states: include/linux/sched.h */
#define PREEMPTED                                                                                                      \
	{                                                                                                              \
		{.arg = 0}, COND_NE, 0                                                                                 \
	}
#define NOT_PREEMPTED                                                                                                  \
	{                                                                                                              \
		{.arg = 0}, COND_EQ, 0                                                                                 \
	}
#define RUNNABLE                                                                                                       \
	{                                                                                                              \
		{.arg = 3}, COND_EQ, 0                                                                                 \
	}
#define ASLEEP                                                                                                         \
	{                                                                                                              \
		{.arg = 3}, COND_MASK, 0x107f                                                                          \
	} /* all but TASK_DEAD and flags */
#define NOT_IDLE(n)                                                                                                    \
	{                                                                                                              \
		{.arg = (n), .structure = "task_struct", .member = "pid", .size = 4}, COND_NE, 0                       \
	}

static const struct event_row rows[] = {
	/* ---- sched ---- */
	{"sched", "change-pri", "a thread gets another priority, because it holds what a more important one waits for",
	 .places = {{"sched_pi_setprio", .raw = {{.arg = 0}, {.arg = 1}}, .raw_len = 2}},
	 .args = {LWP(0),
		  PS(0),
		  {"int", "arg1 ? ((struct task_struct *)arg1)->prio : " TASK(0) "->normal_prio", "the new priority"}}},
	{"sched", "dequeue", "a thread is taken off a run queue, to run",
	 .places = {{"sched_switch", .conds = {NOT_IDLE(2)}, .conds_len = 1, RAW1(2), .is_next = true}},
	 .args = {LWP(0), PS(0), CPU(0)}},
	{"sched", "enqueue", "a thread that can run is put on a run queue",
	 .places = {{"sched_wakeup", RAW1(0), .is_owners = true},
		    {"sched_wakeup_new", RAW1(0), .is_owners = true},
		    {"sched_switch", .conds = {PREEMPTED, NOT_IDLE(1)}, .conds_len = 2, RAW1(1)},
		    {"sched_switch", .conds = {NOT_PREEMPTED, RUNNABLE, NOT_IDLE(1)}, .conds_len = 3, RAW1(1)}},
	 .args = {LWP(0), PS(0), CPU(0)}},
	{"sched", "off-cpu", "the current thread leaves the processor; the arguments are the thread that comes",
	 .places = {{"sched_switch", RAW1(2)}}, .args = {LWP(0), PS(0)}},
	{"sched", "on-cpu", "the current thread begins to run", .places = {{"sched_switch", .is_next = true}}},
	{"sched", "preempt", "the current thread has to leave the processor to another one, though it could run on",
	 .places = {{"sched_switch", .conds = {PREEMPTED}, .conds_len = 1}}},
	{"sched", "remain-cpu", "the scheduler looked for another thread and left the current one running",
	 .places = {{"sched_exit_tp", .conds = {{{.arg = 0}, COND_EQ, 0}}, .conds_len = 1}}},
	{"sched", "sleep", "the current thread waits for something",
	 .places = {{"sched_switch", .conds = {NOT_PREEMPTED, ASLEEP}, .conds_len = 2}}},
	{"sched", "surrender", "the current thread gives the processor away (sched_yield)",
	 .places = {{.tracepoint = "sys_enter", .syscall = "sched_yield"}}},
	{"sched", "wakeup", "the current thread wakes the thread that the arguments tell",
	 .places = {{"sched_waking", RAW1(0)}}, .args = {LWP(0), PS(0)}},
	{"sched", "tick", "the processor's clock interrupts a thread",
	 .why_not = NO_TRACEPOINT ": use `profile:::profile-N`"},

	/* ---- proc ---- */
	{"proc", "create", "a process is made (fork); it does not run yet",
	 .places = {{"sched_process_fork", .conds = {IS_PROCESS(1)}, .conds_len = 1, RAW1(1)}}, .args = {PS(0)}},
	{"proc", "start", "a new process begins to run, as the current one",
	 .places = {CHILD_OF("fork", IS_PROCESS), CHILD_OF("vfork", IS_PROCESS), CHILD_OF("clone", IS_PROCESS),
		    CHILD_OF("clone3", IS_PROCESS)}},
	{"proc", "lwp-create", "a thread is made; it does not run yet",
	 .places = {{"sched_process_fork", .conds = {IS_THREAD(1)}, .conds_len = 1, RAW1(1)}}, .args = {LWP(0), PS(0)}},
	{"proc", "lwp-start", "a new thread begins to run, as the current one",
	 .places = {CHILD_OF("clone", IS_THREAD), CHILD_OF("clone3", IS_THREAD)}},
	{"proc", "lwp-exit", "the current thread ends", .places = {{.tracepoint = "sched_process_exit"}}},
	{"proc", "exec", "the process begins to run another program",
	 .places = {{"sched_prepare_exec", RAW1(1)},
		    {"sys_enter", "execve",
		     .raw = {{.arg = 0, .structure = "pt_regs", .member = ABI_SYSCALL_FIRST, .size = 8}}, .raw_len = 1,
		     .is_spare = true}},
	 .args = {{"char *", "stringof(((struct linux_binprm *)arg0)->filename)", "path of the program"}}},
	{"proc", "exec-success", "the process runs the new program", .places = {{.tracepoint = "sched_process_exec"}}},
	{"proc", "exec-failure", "the program could not be run",
	 .places = {{"sys_exit", "execve", .conds = {{{.arg = 1}, COND_GE, -4095}}, .conds_len = 1, RAW1(1)},
		    {"sys_exit", "execveat", .conds = {{{.arg = 1}, COND_GE, -4095}}, .conds_len = 1, RAW1(1)}},
	 .args = {{"int", "(int)(0 - arg0)", "errno"}}},
	{"proc", "exit", "the last thread of the process ends",
	 .places = {{"sched_process_exit",
		     .conds = {{{.arg = 0,
				 .structure = "task_struct",
				 .member = "signal",
				 .structure2 = "signal_struct",
				 .member2 = "live",
				 .size = 4},
				COND_EQ,
				0}},
		     .conds_len = 1, RAW1(0)}},
	 .args = {{"int", "(" TASK(0) "->exit_code & 0x7f) == 0 ? 1 : " TASK(0) "->exit_code & 0x80 ? 3 : 2",
		   "CLD_EXITED, CLD_KILLED or CLD_DUMPED"}}},
	{"proc", "signal-send", "the current thread sends a signal",
	 .places = {{"signal_generate", .raw = {{.arg = 2}, {.arg = 0}}, .raw_len = 2}},
	 .args = {LWP(0), PS(0), {"int", "(int)arg1", "number of the signal"}}},
	{"proc", "signal-discard", "the signal is thrown away, as the process ignores it",
	 .places = {{"signal_generate", .conds = {{{.arg = 4}, COND_EQ, 1}}, .conds_len = 1,
		     .raw = {{.arg = 2}, {.arg = 0}}, .raw_len = 2}},
	 .args = {LWP(0), PS(0), {"int", "(int)arg1", "number of the signal"}}},
	{"proc", "signal-handle", "the current thread is about to run its handler of a signal",
	 .places = {{"signal_deliver",
		     .conds = {{{.arg = 2, .structure = "k_sigaction", .member = "sa", .size = 8}, COND_GE, 2}},
		     .conds_len = 1,
		     .raw = {{.arg = 0}, {.arg = 1}, {.arg = 2, .structure = "k_sigaction", .member = "sa", .size = 8}},
		     .raw_len = 3}},
	 .args = {{"int", "(int)arg0", "number of the signal"},
		  {"struct kernel_siginfo *", "(struct kernel_siginfo *)arg1", "what came with it"},
		  {"void *", "(void *)arg2", "address of the handler"}}},
	{"proc", "signal-clear", "a signal that the current thread waited for is taken (sigwaitinfo, sigtimedwait)",
	 .places = {{"sys_exit", "rt_sigtimedwait", .conds = {{{.arg = 1}, COND_LT, 128}, {{.arg = 1}, COND_GE, 1}},
		     .conds_len = 2, RAW1(1)}},
	 .args = {{"int", "(int)arg0", "number of the signal"}}},
	{"proc", "fault", "the processor stops a thread at an instruction",
	 .why_not = NO_TRACEPOINT ": a fault that kills shows as a signal, proc:::signal-send"},

	/* ---- io ---- */
	{"io", "start", "a transfer is given to a disk's queue", .is_anybodys = false,
	 .places = {{"block_io_start", RAW1(0)}, {"block_rq_issue", RAW1(0), .is_spare = true}},
	 .args = {BUF, DEV, FIL}},
	{"io", "done", "a disk has finished a transfer; the current thread is not the one that asked for it",
	 .is_anybodys = true,
	 .places = {{"block_rq_complete", .raw = {{.arg = 0}, {.arg = 1}, {.arg = 2}}, .raw_len = 3}},
	 .args = {BUF, DEV, FIL}},
	{"io", "wait-start", "a thread begins to wait for a transfer",
	 .why_not = NO_TRACEPOINT ": use sched:::off-cpu and sched:::on-cpu"},
	{"io", "wait-done", "a thread has waited for a transfer",
	 .why_not = NO_TRACEPOINT ": use sched:::off-cpu and sched:::on-cpu"},
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

struct event_index {
	struct probe *probes[ROWS];
};

/* ---- from a row to a probe ---- */

/* False: the kernel has no such member. */
static bool locate(const struct event_value *from, struct argloc *loc)
{
	int offset;

	if (from->arg == CURRENT)
		*loc = (struct argloc){.n = 1, .steps = {{.op = STEP_TASK}}};
	else
		*loc = tracepoint_arg(from->arg);
	if (!from->size)
		return true;
	offset = kernel_member_offset(from->structure, from->member);
	if (offset < 0)
		return false;
	if (from->structure2) {
		loc->steps[loc->n++] = (struct argstep){.op = STEP_LOAD, .size = 8, .imm = offset};
		offset = kernel_member_offset(from->structure2, from->member2);
	}
	loc->steps[loc->n++] = (struct argstep){.op = STEP_LOAD, .size = from->size, .is_signed = true, .imm = offset};
	return offset >= 0;
}

/* Linux before 5.18 does not hand over the previous state: what the thread says now is nearly always the same. */
static struct event_value of_this_kernel(const struct tracepoint *tracepoint, struct event_value from)
{
	if (!strcmp(tracepoint->name, "sched_switch") && from.arg == 3 && tracepoint->args_len < 4)
		return (struct event_value){.arg = 1, .structure = "task_struct", .member = "__state", .size = 4};
	return from;
}

static const char *lacks(struct arena *arena, const char *what)
{
	return arena_printf(arena, "this kernel has no %s, or does not describe it (BTF)", what);
}

static enum site_kind kind_of(const struct event_place *place)
{
	if (!place->syscall)
		return SITE_TRACEPOINT;
	return strcmp(place->tracepoint, "sys_exit") ? SITE_SYSCALL_ENTRY : SITE_SYSCALL_RETURN;
}

static const char *fill_site(struct probe_host *host, const struct event_row *row, const struct event_place *place,
			     const struct tracepoint *tracepoint, struct site *site)
{
	struct arena *arena = host_arena(host);
	unsigned i;

	*site = (struct site){.kind = kind_of(place), .tracepoint = place->tracepoint};
	if (place->syscall)
		site->syscall = (unsigned)syscall_number(place->syscall);
	if (place->is_next)
		site->task = tracepoint_arg(2);
	if (place->is_owners)
		site->owner = tracepoint_arg(0);
	site->conds = arena_new_array(arena, struct argcond, CONDS_MAX);
	for (i = 0; i < place->conds_len; i++) {
		struct argcond *cond = &site->conds[site->conds_len++];
		struct event_value from = of_this_kernel(tracepoint, place->conds[i].from);

		cond->op = place->conds[i].op;
		cond->imm = place->conds[i].imm;
		if (!locate(&from, &cond->loc))
			return lacks(arena, arena_printf(arena, "%s::%s", from.structure, from.member));
	}
	site->args = arena_new_array(arena, struct arg, ARGS_MAX);
	for (i = 0; i < ARGS_MAX; i++) {
		site->args[i] = (struct arg){
			.type = ARGTYPE_D, .d_type = row->args[i].type, .expr = row->args[i].expr, .size = 8};
		if (i < place->raw_len && !locate(&place->raw[i], &site->args[i].loc))
			return lacks(arena,
				     arena_printf(arena, "%s::%s", place->raw[i].structure, place->raw[i].member));
	}
	return NULL;
}

static unsigned count_args(const struct event_row *row)
{
	unsigned n = 0, p;

	while (n < ARGS_MAX && row->args[n].expr)
		n++;
	for (p = 0; p < SITES_MAX; p++)
		if (row->places[p].raw_len > n)
			n = row->places[p].raw_len; /* arg1 without an args[1] */
	return n;
}

static void add_args(struct arena *arena, struct probe *probe, const struct event_row *row)
{
	unsigned i;

	probe->args_len = count_args(row);
	probe->args = arena_new_array(arena, struct arg, ARGS_MAX);
	for (i = 0; i < probe->args_len; i++) {
		probe->args[i] = (struct arg){.type = ARGTYPE_D, .size = 8, .doc = row->args[i].doc};
		probe->args[i].d_type = row->args[i].expr ? row->args[i].type : "int64_t";
		probe->args[i].expr = row->args[i].expr ? row->args[i].expr : arena_printf(arena, "arg%u", i);
	}
}

static struct probe *make_probe(struct probe_host *host, const struct event_row *row)
{
	struct arena *arena = host_arena(host);
	struct probe *probe = tracepoint_probe(host, &provider_events, row->prov, "", row->name);
	bool has_one = false;
	unsigned i;

	probe->doc = row->doc;
	probe->is_anybodys = row->is_anybodys;
	add_args(arena, probe, row);
	probe->why_not = row->why_not ? row->why_not : tracepoint_why_none(host);
	probe->sites = arena_new_array(arena, struct site, SITES_MAX);
	for (i = 0; i < SITES_MAX && row->places[i].tracepoint && !probe->why_not; i++) {
		const struct event_place *place = &row->places[i];
		const struct tracepoint *tracepoint = tracepoint_find(host, place->tracepoint);

		if (place->is_spare && has_one)
			continue;
		has_one = tracepoint;
		if (tracepoint)
			probe->why_not = fill_site(host, row, place, tracepoint, &probe->sites[probe->sites_len++]);
		else if (i + 1 >= SITES_MAX || !row->places[i + 1].is_spare)
			probe->why_not = lacks(arena, arena_printf(arena, "tracepoint %s", place->tracepoint));
	}
	return probe;
}

static int events_match(struct probe_host *host, const struct probe_desc *desc, struct probe_list *list,
			const char **why)
{
	void **slot = host_slot(host, &provider_events);
	struct event_index *index = *slot;
	unsigned i;

	(void)why;
	for (i = 0; i < ROWS; i++) {
		if (!probe_desc_may_match(desc, rows[i].prov, kernel_module, "", rows[i].name))
			continue;
		if (!index)
			*slot = index = arena_new_one(host_arena(host), struct event_index);
		if (!index->probes[i])
			index->probes[i] = make_probe(host, &rows[i]);
		probe_list_add(list, index->probes[i]);
	}
	return 0;
}

static const char *events_why_not(struct probe_host *host, const struct probe_desc *desc)
{
	const char **names = NULL, *near;
	unsigned n = 0, i;

	for (i = 0; i < ROWS; i++)
		if (!strcmp(desc->prov, rows[i].prov))
			*arena_push(host_arena(host), names, n) = rows[i].name;
	if (!n)
		return NULL;
	if (*desc->func)
		return arena_printf(host_arena(host), "probes of %s have no function: write `%s:::%s`", desc->prov,
				    desc->prov, names[0]);
	near = nearest_name(desc->name, names, n);
	if (near)
		return arena_printf(host_arena(host), "no probe `%s` in %s; did you mean `%s`?", desc->name, desc->prov,
				    near);
	return arena_printf(host_arena(host), "no probe `%s` in %s; `cephtap list %s` shows them", desc->name,
			    desc->prov, desc->prov);
}

const struct provider provider_events = {
	.name = "events",
	.doc = "sched, proc and io: threads, processes and disks in the kernel",
	.match = events_match,
	.why_not = events_why_not,
};
