/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Provider of system calls: syscall:vmlinux:NAME:entry and :return. All entries are one tracepoint of the kernel
 * (sys_enter), all returns another (sys_exit); programs look at the number of the call.
 */
#include "probe/syscall.h"

#include <string.h>

#include "lib/diag.h"
#include "probe/tracepoint.h"

static const char *const names[] = {"entry", "return"};

struct syscall_index {
	struct probe *probes[2][SYSCALL_NAMES];
};

int syscall_number(const char *name)
{
	int i;

	for (i = 0; i < SYSCALL_NAMES; i++)
		if (syscall_names[i] && !strcmp(syscall_names[i], name))
			return i;
	return -1;
}

/* The registers that the kernel takes arguments in, behind the pointer to them that sys_enter has first. */
static void entry_args(struct arena *arena, struct probe *probe)
{
	unsigned i;

	probe->args_len = ABI_SYSCALL_ARGS;
	probe->args = arena_new_array(arena, struct arg, ABI_SYSCALL_ARGS);
	for (i = 0; i < ABI_SYSCALL_ARGS; i++) {
		probe->args[i] =
			(struct arg){.type = ARGTYPE_INT, .size = 8, .is_signed = true, .loc = tracepoint_arg(0)};
		probe->args[i].loc.steps[1] =
			(struct argstep){.op = STEP_LOAD, .size = 8, .imm = abi_syscall_arg_offset[i]};
		probe->args[i].loc.n = 2;
	}
}

static void return_args(struct arena *arena, struct probe *probe)
{
	static const struct arg result = {.name = "result",
					  .doc = "what the call returns; below 0: the negative errno",
					  .type = ARGTYPE_INT,
					  .size = 8,
					  .is_signed = true,
					  .loc = {.n = 1, .steps = {{.op = STEP_CTX, .imm = ABI_SYSCALL_RESULT}}}};

	probe->args_len = 2; /* twice, as DTrace has it */
	probe->args = arena_new_array(arena, struct arg, 2);
	probe->args[0] = probe->args[1] = result;
}

static struct probe *make_probe(struct probe_host *host, unsigned number, bool is_return)
{
	struct arena *arena = host_arena(host);
	struct probe *probe =
		tracepoint_probe(host, &provider_syscall, "syscall", syscall_names[number], names[is_return]);
	struct site *site = arena_new_one(arena, struct site);

	if (is_return)
		return_args(arena, probe);
	else
		entry_args(arena, probe);
	site->tracepoint = is_return ? "sys_exit" : "sys_enter";
	site->kind = is_return ? SITE_SYSCALL_RETURN : SITE_SYSCALL_ENTRY;
	site->syscall = number;
	site->args = probe->args;
	probe->sites = site;
	probe->sites_len = 1;
	return probe;
}

static int syscall_match(struct probe_host *host, const struct probe_desc *desc, struct probe_list *list,
			 const char **why)
{
	void **slot = host_slot(host, &provider_syscall);
	struct syscall_index *index = *slot;
	unsigned i, r;

	(void)why;
	if (!probe_desc_may_match(desc, "syscall", kernel_module, NULL, NULL) ||
	    (!probe_glob_match(desc->name, names[0]) && !probe_glob_match(desc->name, names[1])))
		return 0;
	if (!index)
		*slot = index = arena_new_one(host_arena(host), struct syscall_index);
	for (i = 0; i < SYSCALL_NAMES; i++) {
		if (!syscall_names[i] || !probe_glob_match(desc->func, syscall_names[i]))
			continue;
		for (r = 0; r < 2; r++) {
			if (!probe_glob_match(desc->name, names[r]))
				continue;
			if (!index->probes[r][i])
				index->probes[r][i] = make_probe(host, i, r);
			probe_list_add(list, index->probes[r][i]);
		}
	}
	return 0;
}

static const char *syscall_why_not(struct probe_host *host, const struct probe_desc *desc)
{
	const char **list = NULL, *near;
	unsigned n = 0, i;

	if (strcmp(desc->prov, "syscall"))
		return NULL;
	if (*desc->name && !probe_glob_match(desc->name, "entry") && !probe_glob_match(desc->name, "return"))
		return arena_printf(host_arena(host),
				    "a system call has the probes `entry` and `return`, not `%s`: write "
				    "`syscall::read:entry`",
				    desc->name);
	for (i = 0; i < SYSCALL_NAMES; i++)
		if (syscall_names[i])
			*arena_push(host_arena(host), list, n) = syscall_names[i];
	near = nearest_name(desc->func, list, n);
	if (near)
		return arena_printf(host_arena(host), "there is no system call `%s`; did you mean `%s`?", desc->func,
				    near);
	return arena_printf(host_arena(host), "there is no system call `%s`; `cephtap list syscall` shows them",
			    desc->func);
}

const struct provider provider_syscall = {
	.name = "syscall",
	.doc = "system calls: entry and return",
	.match = syscall_match,
	.why_not = syscall_why_not,
};
