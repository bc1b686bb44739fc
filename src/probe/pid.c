/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Provider of functions: pidN:MODULE:FUNCTION:entry, :return and :OFFSET, in process N. A return is each instruction
 * that leaves the function, a `ret` or a jump to another function: so the place of the return is known, and nothing is
 * put onto the process's stack, as a uretprobe would do (C++ exceptions do not get past one).
 */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/diag.h"
#include "lib/dwarf.h"
#include "lib/x86.h"
#include "probe/function_find.h"
#include "probe/leaving.h"
#include "probe/params.h"

static const char is_tail_call[] =
	"in a place where the function ends by calling another one, what that returns is not seen";

enum { RAW_ARGS = 10, EXTRA_MAX = UINT16_MAX, PROLOGUE_SIZE = 4096 /* is looked at of a function of unknown size */ };

/* What one description asks for, and where. */
struct pid_request {
	struct probe_host *host;
	const struct probe_desc *desc;
	struct probe_list *list;
	pid_t pid;
	const char *prov;
	/* of the function that is looked at */
	struct host_binary *binary;
	struct elf_file *elf;
};

/* For load_args(): a probe's function. */
struct origin {
	struct probe probe; /* first, so that one is the other */
	struct host_binary *binary;
	const char *debug_path;
	uint64_t entry, size;
	bool is_clone, is_local;
};

/* ---- the description ---- */

/* The process of `pid123`; 0: it is none. */
static pid_t pid_of(const char *prov)
{
	char *end;
	long pid;

	if (strncmp(prov, "pid", 3) || prov[3] < '0' || prov[3] > '9')
		return 0;
	pid = strtol(prov + 3, &end, 10);
	return *end || pid <= 0 || pid > INT32_MAX ? 0 : (pid_t)pid;
}

static bool is_offset(const char *name)
{
	return *name && !name[strspn(name, "0123456789abcdef")];
}

/* ---- sites ---- */

static void raw_args(struct arena *arena, struct site *site)
{
	unsigned i;

	site->args = arena_new_array(arena, struct arg, RAW_ARGS);
	for (i = 0; i < RAW_ARGS; i++) {
		struct arg *arg = &site->args[i];

		*arg = (struct arg){.type = ARGTYPE_INT, .size = 8, .is_signed = true, .loc = {.n = 1}};
		if (i < ABI_ARG_REGS) {
			arg->loc.steps[0] = (struct argstep){.op = STEP_REG, .reg = abi_arg_regs[i]};
			continue;
		}
		arg->loc.n = 2;
		arg->loc.steps[0] = (struct argstep){.op = STEP_REG, .reg = ABI_REG_SP};
		arg->loc.steps[1] = (struct argstep){
			.op = STEP_LOAD, .size = 8, .imm = ABI_STACK_ARGS + 8 * (int64_t)(i - ABI_ARG_REGS)};
	}
}

static void return_args(struct arena *arena, struct site *site)
{
	site->args = arena_new_array(arena, struct arg, 2);
	site->args[0] = (struct arg){.name = "offset",
				     .doc = "bytes from the function's entry to the instruction that leaves it",
				     .type = ARGTYPE_INT,
				     .size = 8,
				     .is_signed = true,
				     .loc = {.n = 1, .steps = {{.op = STEP_EXTRA}}}};
	site->args[1] = (struct arg){.name = "result",
				     .type = ARGTYPE_INT,
				     .size = 8,
				     .is_signed = true,
				     .loc = {.n = 1, .steps = {{.op = STEP_REG, .reg = ABI_REG_RESULT}}}};
}

static bool site_init(const struct pid_request *asked, uint64_t vaddr, struct site *site)
{
	*site = host_binary_site(asked->binary, vaddr);
	site->may_be_absent = true;
	site->is_ours = host_binary_has_pid(asked->binary, getpid());
	return !elf_code_offset(asked->elf, vaddr, &site->offset);
}

static const uint8_t *code_of(const struct pid_request *asked, const struct found_function *function, uint64_t *size)
{
	const uint8_t *code = elf_code(asked->elf, function->vaddr, function->size, size);

	return function->size && elf_file_machine(asked->elf) == ABI_MACHINE ? code : NULL;
}

/* ---- return ---- */

/* Another program for each place in memory that a result is loaded from would be too many of them. */
static bool is_simple(const struct argloc *result)
{
	for (unsigned i = 0; i < result->n; i++)
		if (result->steps[i].op == STEP_LOAD)
			return false;
	return true;
}

static void add_return(struct pid_request *asked, const struct found_function *function, const struct leave *leave,
		       struct probe *probe)
{
	struct arena *arena = host_arena(asked->host);
	bool is_cheap = is_simple(&leave->result);
	struct site site;

	if (!site_init(asked, is_cheap ? leave->vaddr : leave->exit, &site))
		return;
	site.kind = SITE_RETURN;
	site.extra = leave->exit >= function->vaddr && leave->exit - function->vaddr < EXTRA_MAX
			     ? (uint16_t)(leave->exit - function->vaddr)
			     : EXTRA_MAX;
	return_args(arena, &site);
	site.result = is_cheap ? leave->result : site.args[1].loc;
	site.changes_rdx = is_cheap && leave->writes >> ABI_REG_RESULT_HIGH & 1;
	site.args[1].loc = site.result;
	if (leave->is_tail_call)
		site.args[1].why = is_tail_call;
	*arena_push(arena, probe->sites, probe->sites_len) = site;
}

static void add_returns(struct pid_request *asked, const struct found_function *function, struct probe *probe)
{
	struct leaving leaving;
	uint64_t size = 0;

	if (!code_of(asked, function, &size)) {
		probe->why_not = "its size is not known: what leaves it is not known";
		return;
	}
	leaving_find(host_arena(asked->host), asked->elf, host_binary_unwind(asked->host, asked->binary),
		     function->vaddr, size, &leaving);
	probe->why_not = leaving.why;
	if (leaving.is_unsure)
		probe->caution = arena_printf(host_arena(asked->host),
					      "%s may also be left by a jump of which cephtap cannot tell where it "
					      "goes: such returns are not seen",
					      function->func);
	for (unsigned i = 0; i < leaving.len; i++)
		add_return(asked, function, &leaving.list[i], probe);
	probe->args_len = 2;
}

/* ---- entry, offsets ---- */

static void add_entry(struct pid_request *asked, const struct found_function *function, struct probe *probe)
{
	struct arena *arena = host_arena(asked->host);
	struct site site;

	if (!site_init(asked, function->vaddr, &site)) {
		probe->why_not = "its address is not in the file's code";
		return;
	}
	site.kind = SITE_ENTRY;
	raw_args(arena, &site);
	*arena_push(arena, probe->sites, probe->sites_len) = site;
	probe->args_len = RAW_ARGS;
}

/* Does an instruction begin there, if they are read from the function's first byte on? */
static bool begins_at(const uint8_t *code, uint64_t size, uint64_t offset)
{
	struct x86_insn insn;
	uint64_t at = 0;

	while (at < offset && x86_decode(code + at, size - at, 0, &insn))
		at += insn.size;
	return at == offset && x86_decode(code + at, size - at, 0, &insn);
}

static void add_offset(struct pid_request *asked, const struct found_function *function, const char *name,
		       struct probe *probe)
{
	uint64_t offset = strtoull(name, NULL, 16), size = 0;
	struct arena *arena = host_arena(asked->host);
	const uint8_t *code = code_of(asked, function, &size);
	struct site site;

	if (!code || offset >= size) {
		probe->why_not =
			arena_printf(arena, "the function has 0x%llx bytes", (unsigned long long)function->size);
	} else if (!begins_at(code, size, offset)) {
		probe->why_not =
			arena_printf(arena, "no instruction begins at its byte 0x%llx", (unsigned long long)offset);
	} else if (site_init(asked, function->vaddr + offset, &site)) {
		*arena_push(arena, probe->sites, probe->sites_len) = site;
	}
}

/* ---- probes ---- */

static void add_probe(struct pid_request *asked, const struct found_function *function, const char *name)
{
	struct arena *arena = host_arena(asked->host);
	struct origin *origin = arena_new_one(arena, struct origin);
	struct probe *probe = &origin->probe;

	probe->provider = &provider_pid;
	probe->prov = asked->prov;
	probe->mod = function->mod;
	probe->func = function->func;
	probe->name = arena_strdup(arena, name);
	probe->kind = PROBE_UPROBE;
	probe->ctx = CTX_UPROBE;
	probe->pid = asked->pid;
	probe->binary = asked->binary;
	probe->function = function->vaddr;
	probe->caution = function->caution;
	origin->binary = asked->binary;
	origin->debug_path = function->functions->debug_path;
	origin->entry = function->vaddr;
	origin->size = function->size;
	origin->is_local = function->is_local;
	origin->is_clone = function->function->kind == FUNCTION_CLONE || function->function->kind == FUNCTION_PIECE;
	if (function->why_not) {
		probe->why_not = function->why_not;
	} else if (!strcmp(name, "entry")) {
		add_entry(asked, function, probe);
		probe->has_typed = true;
	} else if (!strcmp(name, "return")) {
		add_returns(asked, function, probe);
		probe->has_typed = true;
	} else {
		add_offset(asked, function, name, probe);
	}
	probe->args = probe->sites_len ? probe->sites[0].args : NULL;
	probe_list_add(asked->list, probe);
}

static void take_function(struct pid_request *asked, const struct found_function *function)
{
	static const char *const names[] = {"entry", "return"};
	const char *name = asked->desc->name;
	unsigned i;

	for (i = 0; i < 2; i++)
		if (probe_glob_match(name, names[i]))
			add_probe(asked, function, names[i]);
	if (is_offset(name))
		add_probe(asked, function, name);
}

static int pid_match(struct probe_host *host, const struct probe_desc *desc, struct probe_list *list, const char **why)
{
	pid_t pid = pid_of(desc->prov);
	struct pid_request asked = {.host = host, .desc = desc, .list = list, .pid = pid};
	struct arena *arena = host_arena(host);
	struct found_function *found;
	unsigned len, i;

	(void)why;
	if (!pid)
		return 0;
	asked.prov = arena_printf(arena, "pid%d", (int)pid);
	found = function_find(host, pid, desc, &len);
	for (i = 0; i < len; i++) {
		asked.binary = found[i].binary;
		asked.elf = host_binary_elf(host, found[i].binary);
		take_function(&asked, &found[i]);
	}
	return 0;
}

/* ---- why not ---- */

/* A function that the name is the end of, as of PrimaryLogPG::do_op, else one that is spelt alike; NULL: there is none.
 */
static const char *near_function(struct arena *arena, const char *wanted, const struct functions *functions)
{
	struct name_pattern *pattern = name_pattern_new(arena, wanted);
	const char **names = arena_new_array(arena, const char *, functions->len + 1), *near = NULL;
	unsigned i;

	for (i = 0; i < functions->len && !near; i++) {
		struct name name = function_as_name(&functions->list[i]);

		names[i] = function_name(arena, &functions->list[i], false);
		if (name_pattern_is_end(pattern, &name))
			near = names[i];
	}
	name_pattern_free(pattern);
	if (!near)
		near = nearest_name(wanted, names, functions->len);
	return near ? name_quoted(arena, near) : NULL;
}

static const char *no_function(struct probe_host *host, const struct probe_desc *desc, struct host_binary *binary,
			       const struct functions *functions)
{
	struct arena *arena = host_arena(host);
	const char *near;

	if (functions->why)
		return functions->why;
	near = strpbrk(desc->func, "*?") ? NULL : near_function(arena, desc->func, functions);
	return arena_printf(arena, "%s has no function `%s`%s%s%s%s", binary->name, desc->func,
			    near ? "; did you mean `" : "", near ? near : "", near ? "`?" : "",
			    !near && functions->is_stripped ? ": it is stripped to what its libraries call; its "
							      "package of debug symbols would name the others"
							    : "");
}

static const char *pid_why_not(struct probe_host *host, const struct probe_desc *desc)
{
	struct arena *arena = host_arena(host);
	pid_t pid = pid_of(desc->prov);
	struct host_binary **binaries, *found = NULL;
	bool is_there = false;
	unsigned len, i;

	if (!strncmp(desc->prov, "pid", 3) && !pid && (!desc->prov[3] || !probe_glob_is_plain(desc->prov)))
		return "functions are probed in one process: write its number, as in pid123:libc:malloc:entry, or "
		       "pid$target";
	if (!pid)
		return NULL;
	host_binaries(host, &binaries, &len);
	for (i = 0; i < len; i++) {
		if (!host_binary_has_pid(binaries[i], pid))
			continue;
		is_there = true;
		if (!found && function_module_fits(host, pid, desc->mod, binaries[i]))
			found = binaries[i];
	}
	if (!is_there)
		return arena_printf(arena, "there is no process %d among the chosen ones, or it cannot be looked at",
				    (int)pid);
	if (!found)
		return arena_printf(arena, "process %d runs no code of a file `%s`", (int)pid, desc->mod);
	if (*desc->name && !probe_glob_match(desc->name, "entry") && !probe_glob_match(desc->name, "return") &&
	    !is_offset(desc->name))
		return arena_printf(arena,
				    "a function has the probes `entry`, `return` and hexadecimal offsets, not `%s`",
				    desc->name);
	return no_function(host, desc, found, functions_of(host, found, pid));
}

/* ---- parameters ---- */

/* A location of what rax and rdx are when the function returns, at this site. False: it cannot be had here. */
static bool move_result(struct argloc *loc, const struct site *site)
{
	bool is_rdx = loc->n && loc->steps[0].op == STEP_REG && loc->steps[0].reg == ABI_REG_RESULT_HIGH;

	return argloc_replace(loc, ABI_REG_RESULT, &site->result) && !(is_rdx && site->changes_rdx);
}

/* The same arguments where this site has the result. */
static struct arg *typed_at_return(struct arena *arena, const struct probe *probe, const struct site *site)
{
	const char *is_not_here =
		site->result.n ? "in a place where the function is left, it cannot be reached" : is_tail_call;
	struct arg *args = arena_memdup(arena, probe->typed, probe->typed_len * sizeof(*args));

	for (unsigned i = 0; i < probe->typed_len; i++) {
		struct arg *arg = &args[i];

		if (!move_result(&arg->loc, site)) {
			arg->loc.n = 0;
			arg->why = is_not_here;
		}
		arg->pieces = arena_memdup(arena, arg->pieces, arg->pieces_len * sizeof(*arg->pieces));
		for (unsigned j = 0; j < arg->pieces_len; j++)
			if (!move_result(&arg->pieces[j].loc, site))
				arg->pieces[j] = (struct arg_piece){
					arg->pieces[j].offset, arg->pieces[j].size, {0}, is_not_here};
	}
	return args;
}

static bool describe(struct probe_host *host, const struct origin *origin, struct dwarf_function *function,
		     struct params_function *from, const char **why)
{
	const struct elf_file *elf = host_binary_elf(host, origin->binary);
	struct dwarf_file *file;
	uint64_t size = 0;

	if (!origin->debug_path) {
		*why = arena_printf(host_arena(host), "%s has no debug information here", origin->binary->name);
		return false;
	}
	file = functions_dwarf(host, origin->binary, why);
	if (!file || !dwarf_function_at(file, origin->entry, function, why))
		return false;
	*from = (struct params_function){.file = file,
					 .function = function,
					 .vaddr = origin->entry,
					 .is_local = origin->is_local,
					 .is_clone = origin->is_clone};
	from->code = elf_code(elf, origin->entry, origin->size ? origin->size : PROLOGUE_SIZE, &size);
	from->size = size;
	return true;
}

static void pid_load_args(struct probe_host *host, struct probe *probe)
{
	struct origin *origin = (struct origin *)probe;
	struct arena *arena = host_arena(host);
	struct dwarf_function function;
	struct params_function from;
	unsigned i;

	if (!describe(host, origin, &function, &from, &probe->typed_why))
		return;
	if (!strcmp(probe->name, "entry"))
		params_of(arena, &from, &probe->typed, &probe->typed_len);
	else
		params_return(arena, &from, &probe->typed, &probe->typed_len);
	for (i = 0; i < probe->sites_len; i++)
		probe->sites[i].typed = site_is_return(&probe->sites[i])
						? typed_at_return(arena, probe, &probe->sites[i])
						: probe->typed;
	if (!probe->typed_len)
		probe->typed_why = "the function has no parameters";
}

const struct provider provider_pid = {
	.name = "pid",
	.doc = "functions of one process: pid123:libc:malloc:entry",
	.match = pid_match,
	.why_not = pid_why_not,
	.is_exact = true,
	.load_args = pid_load_args,
	.forget = functions_forget,
};
