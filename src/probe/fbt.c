/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Provider of the kernel's functions: fbt:MODULE:FUNCTION:entry and :return. In: the kernel's list of functions that
 * can be traced, with BTF. Out: probes with arguments as registers (argN) and as declared (args[N]). Where a site is
 * attached by which means, is for the compiler and the engine to choose; the provider says what there is.
 *
 * There are some fifty thousand: they are read when a script names the provider, and a probe is made when one matches.
 */
#include <bpf/btf.h>
#include <string.h>

#include "lib/diag.h"
#include "lib/kernel.h"
#include "lib/kernel_can.h"
#include "lib/kernel_functions.h"
#include "probe/host.h"
#include "probe/type_text.h"

enum { ARGS_RAW = 6 /* in registers */, NAMES = 2 };

static const char *const names[NAMES] = {"entry", "return"};

struct fbt_index {
	const struct kernel_functions *functions;
	struct probe **probes[NAMES]; /* by place in the list; made when first asked for */
};

static struct fbt_index *index_of(struct probe_host *host)
{
	void **slot = host_slot(host, &provider_fbt);
	struct fbt_index *index = *slot;

	if (index)
		return index;
	*slot = index = arena_new_one(host_arena(host), struct fbt_index);
	index->functions = kernel_functions_read(host_arena(host));
	for (unsigned i = 0; i < NAMES; i++)
		index->probes[i] = arena_new_array(host_arena(host), struct probe *, index->functions->len + 1);
	return index;
}

/* Why no function can be probed here, or NULL. */
static const char *why_none(void)
{
	if (kernel_is_locked_down())
		return "the kernel is locked down for confidentiality, and lets none of its functions be probed "
		       "(`fbt`): boot without "
		       "lockdown=confidentiality";
	if (kernel_can(KERNEL_TRAMPOLINES) || kernel_can(KERNEL_MULTI_KPROBES) || kernel_can(KERNEL_KPROBES))
		return NULL;
	return "probes of the kernel's functions (`fbt`) need kprobes or trampolines (fentry), which this kernel lacks "
	       "or does not allow; its "
	       "tracepoints are there: `cephtap list rawtp`";
}

/* ---- arguments ---- */

/* A value in a register: the bits above those of its type are left over from something else. */
static void narrow(const struct btf *btf, uint32_t type_id, struct argloc *loc)
{
	const struct btf_type *type = kernel_strip(btf, type_id);
	bool is_enum = type && (btf_is_enum(type) || btf_kind(type) == BTF_KIND_ENUM64);

	if (!type || (!btf_is_int(type) && !is_enum) || type->size >= 8)
		return;
	loc->steps[loc->n++] = (struct argstep){
		.op = STEP_CAST,
		.size = (uint8_t)type->size,
		.is_signed = is_enum ? btf_kflag(type) : btf_int_encoding((struct btf_type *)type) & BTF_INT_SIGNED,
	};
}

static struct arg typed_arg(struct arena *arena, const struct btf *btf, uint32_t type_id, unsigned n, struct argloc loc)
{
	struct arg arg = {.type = ARGTYPE_D, .size = 8, .loc = loc};

	arg.d_type = type_id ? kernel_type_text(arena, btf, type_id) : "void";
	if (!strcmp(arg.d_type, "void"))
		arg.why = type_id ? "it is a structure, or of a type that D lacks" : "the function returns nothing";
	else
		narrow(btf, type_id, &arg.loc);
	arg.expr = arena_printf(arena, "(%s)arg%u", arg.d_type, n);
	return arg;
}

static struct arg raw_arg(struct argloc loc)
{
	return (struct arg){.type = ARGTYPE_INT, .size = 8, .is_signed = true, .loc = loc};
}

static struct argloc argument(unsigned n)
{
	return (struct argloc){.n = 1, .steps = {{.op = STEP_FUNCTION_ARG, .imm = n}}};
}

static const struct btf_type *prototype(const struct btf *btf, const struct kernel_function *function)
{
	return function->btf_id ? btf__type_by_id(btf, btf__type_by_id(btf, function->btf_id)->type) : NULL;
}

static void entry_args(struct arena *arena, const struct btf *btf, const struct kernel_function *function,
		       struct probe *probe)
{
	const struct btf_type *proto = prototype(btf, function);
	bool is_typed = function->is_plain;

	probe->args_len = is_typed ? function->args_len : ARGS_RAW;
	probe->args = arena_new_array(arena, struct arg, probe->args_len + 1);
	for (unsigned i = 0; i < probe->args_len; i++) {
		probe->args[i] = is_typed ? typed_arg(arena, btf, btf_params(proto)[i].type, i, argument(i))
					  : raw_arg(argument(i));
		if (is_typed)
			probe->args[i].name = btf__name_by_offset(btf, btf_params(proto)[i].name_off);
	}
}

/* As DTrace has it: arg0 is where in the function it returns, which is not to be known here; arg1 is what it returns.
 */
static void return_args(struct arena *arena, const struct btf *btf, const struct kernel_function *function,
			struct probe *probe)
{
	static const struct argloc result = {.n = 1, .steps = {{.op = STEP_FUNCTION_RESULT}}};
	const struct btf_type *proto = prototype(btf, function);

	probe->args_len = 2;
	probe->args = arena_new_array(arena, struct arg, 3);
	probe->args[0] = (struct arg){.name = "offset",
				      .type = ARGTYPE_INT,
				      .size = 8,
				      .why = "Linux does not tell by which of its instructions a function returned"};
	probe->args[1] = proto && function->is_plain ? typed_arg(arena, btf, proto->type, 1, result) : raw_arg(result);
	probe->args[1].name = "result";
}

static struct probe *make_probe(struct probe_host *host, const struct kernel_function *function, bool is_return)
{
	struct arena *arena = host_arena(host);
	const struct btf *btf = kernel_module_btf(function->module);
	struct probe *probe =
		host_probe_new(host, &provider_fbt, "fbt", function->module, function->name, names[is_return]);
	unsigned n = function->addresses_len ? function->addresses_len : 1; /* without addresses, by its name */

	probe->kind = PROBE_TRACEPOINT;
	probe->ctx = CTX_FUNCTION;
	if (is_return)
		return_args(arena, btf, function, probe);
	else
		entry_args(arena, btf, function, probe);
	probe->sites = arena_new_array(arena, struct site, n);
	probe->sites_len = n;
	for (unsigned i = 0; i < n; i++) {
		probe->sites[i].kind = is_return ? SITE_KERNEL_RETURN : SITE_KERNEL_ENTRY;
		probe->sites[i].function = function;
		probe->sites[i].vaddr = function->addresses_len ? function->addresses[i] : 0;
		probe->sites[i].args = probe->args;
	}
	return probe;
}

/* ---- the provider ---- */

static int fbt_match(struct probe_host *host, const struct probe_desc *desc, struct probe_list *list, const char **why)
{
	const struct kernel_functions *functions;
	struct fbt_index *index;

	(void)why;
	/* A list of all that there is, or a function of any provider, is not about fifty thousand functions of the
	 * kernel. */
	if (!*desc->prov || !probe_glob_match(desc->prov, "fbt") || !strcmp(desc->prov, "*") || why_none())
		return 0;
	index = index_of(host);
	functions = index->functions;
	for (unsigned i = 0; i < functions->len; i++) {
		const struct kernel_function *function = &functions->list[i];

		if (!probe_glob_match(desc->func, function->name) || !probe_glob_match(desc->mod, function->module))
			continue;
		for (unsigned n = 0; n < NAMES; n++) {
			if (!probe_glob_match(desc->name, names[n]))
				continue;
			if (!index->probes[n][i])
				index->probes[n][i] = make_probe(host, function, n);
			probe_list_add(list, index->probes[n][i]);
		}
	}
	return 0;
}

static bool has_module(const struct kernel_functions *functions, const char *module)
{
	for (unsigned i = 0; i < functions->len; i++)
		if (probe_glob_match(module, functions->list[i].module))
			return true;
	return false;
}

static const char *why_no_function(struct arena *arena, const struct kernel_functions *functions,
				   const struct probe_desc *desc)
{
	const char **list = NULL, *near;
	unsigned n = 0;

	for (unsigned i = 0; i < functions->len; i++) {
		if (!strcmp(functions->list[i].name, desc->func))
			return arena_printf(arena, "`%s` is a function of %s, not of %s", desc->func,
					    functions->list[i].module, desc->mod);
		if (probe_glob_match(desc->mod, functions->list[i].module))
			*arena_push(arena, list, n) = functions->list[i].name;
	}
	if (probe_glob_is_plain(desc->func) && kernel_has_symbol(desc->func))
		return arena_printf(arena,
				    "the kernel does not let its function `%s` be traced (it is marked so, or has no "
				    "room for a probe)",
				    desc->func);
	near = nearest_name(desc->func, list, n);
	if (near)
		return arena_printf(
			arena,
			"this kernel has no function `%s` that can be traced (it may be inlined); did you mean `%s`?",
			desc->func, near);
	return arena_printf(arena,
			    "this kernel has no function `%s` that can be traced (it may be inlined); `cephtap list "
			    "fbt` shows them",
			    desc->func);
}

static const char *fbt_why_not(struct probe_host *host, const struct probe_desc *desc)
{
	struct arena *arena = host_arena(host);
	const struct kernel_functions *functions;

	if (strcmp(desc->prov, "fbt"))
		return NULL;
	if (why_none())
		return why_none();
	functions = index_of(host)->functions;
	if (functions->why)
		return functions->why;
	if (*desc->name && !probe_glob_match(desc->name, names[0]) && !probe_glob_match(desc->name, names[1]))
		return arena_printf(arena,
				    "a function of the kernel has the probes `entry` and `return`, not `%s`: write "
				    "`fbt::vfs_read:entry`",
				    desc->name);
	if (!has_module(functions, desc->mod))
		return arena_printf(arena, "the kernel has no module `%s` loaded; its own functions are in `vmlinux`",
				    desc->mod);
	return why_no_function(arena, functions, desc);
}

const struct provider provider_fbt = {
	.name = "fbt",
	.doc = "functions of the kernel and its modules: entry and return",
	.claims = PROVIDER_CLAIMS_PROV,
	.match = fbt_match,
	.why_not = fbt_why_not,
};
