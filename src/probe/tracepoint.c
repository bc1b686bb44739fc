/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tracepoints, and the provider `rawtp` with one probe for each. BTF has a type btf_trace_NAME for every tracepoint: a
 * pointer to a function whose first parameter is the tracer's own and whose others are the tracepoint's arguments.
 */
#include "probe/tracepoint.h"

#include <bpf/btf.h>
#include <errno.h>
#include <string.h>

#include "lib/diag.h"
#include "lib/kernel.h"
#include "probe/type_text.h"

static const char prefix[] = "btf_trace_";

enum { ARGS_READABLE = 10 /* arg0 to arg9 */ };

struct tracepoint_index {
	struct arena *arena;
	const struct btf *btf;
	struct tracepoint *list;
	unsigned len;
	struct probe **probes; /* by place in the list; made when first asked for */
};

static void read_tracepoint(struct tracepoint_index *index, const struct btf_type *type)
{
	const struct btf_type *proto = kernel_strip(index->btf, type->type);
	struct tracepoint *tracepoint;
	unsigned i;

	proto = proto && btf_is_ptr(proto) ? kernel_strip(index->btf, proto->type) : NULL;
	if (!proto || !btf_is_func_proto(proto) || !btf_vlen(proto))
		return;
	tracepoint = arena_push(index->arena, index->list, index->len);
	tracepoint->name = btf__name_by_offset(index->btf, type->name_off) + sizeof(prefix) - 1;
	tracepoint->args_len = btf_vlen(proto) - 1u;
	tracepoint->types = arena_new_array(index->arena, const char *, tracepoint->args_len + 1);
	for (i = 0; i < tracepoint->args_len; i++)
		tracepoint->types[i] = kernel_type_text(index->arena, index->btf, btf_params(proto)[i + 1].type);
}

static struct tracepoint_index *index_of(struct probe_host *host)
{
	void **slot = host_slot(host, &provider_rawtp);
	struct tracepoint_index *index = *slot;
	uint32_t id;

	if (index)
		return index;
	*slot = index = arena_new_one(host_arena(host), struct tracepoint_index);
	index->arena = host_arena(host);
	index->btf = kernel_btf();
	for (id = 1; index->btf && id < btf__type_cnt(index->btf); id++) {
		const struct btf_type *type = btf__type_by_id(index->btf, id);

		if (btf_is_typedef(type) &&
		    !strncmp(btf__name_by_offset(index->btf, type->name_off), prefix, sizeof(prefix) - 1))
			read_tracepoint(index, type);
	}
	index->probes = arena_new_array(index->arena, struct probe *, index->len + 1);
	return index;
}

void tracepoint_all(struct probe_host *host, const struct tracepoint **list, unsigned *list_len)
{
	const struct tracepoint_index *index = index_of(host);

	*list = index->list;
	*list_len = index->len;
}

const struct tracepoint *tracepoint_find(struct probe_host *host, const char *name)
{
	const struct tracepoint_index *index = index_of(host);
	unsigned i;

	for (i = 0; i < index->len; i++)
		if (!strcmp(index->list[i].name, name))
			return &index->list[i];
	return NULL;
}

const char *tracepoint_why_none(struct probe_host *host)
{
	return index_of(host)->btf ? NULL : kernel_btf_why();
}

struct argloc tracepoint_arg(unsigned n)
{
	return (struct argloc){.n = 1, .steps = {{.op = STEP_CTX, .imm = 8 * (int64_t)n}}};
}

struct probe *tracepoint_probe(struct probe_host *host, const struct provider *provider, const char *prov,
			       const char *func, const char *name)
{
	struct probe *probe = host_probe_new(host, provider, prov, kernel_module, func, name);

	probe->kind = PROBE_TRACEPOINT;
	probe->ctx = CTX_TRACEPOINT;
	return probe;
}

/* ---- the provider ---- */

static struct probe *make_probe(struct probe_host *host, const struct tracepoint *tracepoint)
{
	struct arena *arena = host_arena(host);
	struct probe *probe = tracepoint_probe(host, &provider_rawtp, "rawtp", "", tracepoint->name);
	struct site *site = arena_new_one(arena, struct site);
	unsigned i;

	probe->args_len = tracepoint->args_len < PROBE_ARGS_MAX ? tracepoint->args_len : PROBE_ARGS_MAX;
	probe->args = arena_new_array(arena, struct arg, probe->args_len + 1);
	for (i = 0; i < probe->args_len; i++) {
		struct arg *arg = &probe->args[i];

		*arg = (struct arg){
			.type = ARGTYPE_D, .d_type = tracepoint->types[i], .size = 8, .loc = tracepoint_arg(i)};
		arg->expr = arena_printf(arena, "(%s)arg%u", arg->d_type, i);
		if (i >= ARGS_READABLE)
			arg->why = "only ten arguments of a tracepoint can be read";
		else if (!strcmp(arg->d_type, "void"))
			arg->why = "it is a structure, or of a type that D does not have";
	}
	site->kind = SITE_TRACEPOINT;
	site->tracepoint = tracepoint->name;
	site->args = probe->args;
	probe->sites = site;
	probe->sites_len = 1;
	return probe;
}

static int rawtp_match(struct probe_host *host, const struct probe_desc *desc, struct probe_list *list,
		       const char **why)
{
	struct tracepoint_index *index;
	unsigned i;

	(void)why;
	if (!probe_desc_may_match(desc, "rawtp", kernel_module, "", NULL))
		return 0;
	index = index_of(host);
	for (i = 0; i < index->len; i++) {
		if (!probe_glob_match(desc->name, index->list[i].name))
			continue;
		if (!index->probes[i])
			index->probes[i] = make_probe(host, &index->list[i]);
		probe_list_add(list, index->probes[i]);
	}
	return 0;
}

static const char *rawtp_why_not(struct probe_host *host, const struct probe_desc *desc)
{
	const struct tracepoint_index *index;
	const char **names = NULL, *near;
	unsigned n = 0, i;

	if (strcmp(desc->prov, "rawtp"))
		return NULL;
	if (tracepoint_why_none(host))
		return tracepoint_why_none(host);
	if (*desc->func)
		return "tracepoints have no function: write `rawtp:::sched_switch`";
	index = index_of(host);
	for (i = 0; i < index->len; i++)
		*arena_push(index->arena, names, n) = index->list[i].name;
	near = nearest_name(desc->name, names, n);
	if (near)
		return arena_printf(index->arena, "this kernel has no tracepoint `%s`; did you mean `%s`?", desc->name,
				    near);
	return arena_printf(index->arena, "this kernel has no tracepoint `%s`; `cephtap list rawtp` shows them",
			    desc->name);
}

const struct provider provider_rawtp = {
	.name = "rawtp",
	.doc = "every tracepoint of the kernel, with its arguments as the kernel has them",
	.match = rawtp_match,
	.why_not = rawtp_why_not,
};
