/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Provider `dtrace`: the tracer's own probes. Their program's context is an array of u64 that the engine fills; ERROR's
 * arguments are its elements, as DTrace documents them.
 */
#include <string.h>

#include "probe/host.h"

static const struct {
	const char *name, *doc;
	enum probe_kind kind;
} own_probes[] = {
	{"BEGIN", "fires once, before any other probe", PROBE_BEGIN},
	{"END", "fires once, after all other probes", PROBE_END},
	{"ERROR", "fires when an action fails, e.g. reads an address that is not there", PROBE_ERROR},
};

static const struct {
	const char *name, *doc;
} error_args[] = {
	{NULL, "not used"},
	{"epid", "the clause that failed, as epid tells it"},
	{"action", "which of its actions"},
	{"offset", "where in the program"},
	{"fault", "what went wrong"},
	{"address", "the address, for a fault that has one"},
};

enum {
	OWN_PROBES = sizeof(own_probes) / sizeof(own_probes[0]),
	ERROR_ARGS = sizeof(error_args) / sizeof(error_args[0])
};

static void add_error_args(struct probe_host *host, struct probe *probe)
{
	unsigned i;

	probe->args_len = ERROR_ARGS;
	probe->args = arena_new_array(host_arena(host), struct arg, ERROR_ARGS);
	for (i = 0; i < ERROR_ARGS; i++) {
		probe->args[i] = (struct arg){
			.name = error_args[i].name,
			.doc = error_args[i].doc,
			.type = ARGTYPE_INT,
			.size = 8,
			.loc = {.n = 1, .steps = {{.op = STEP_CTX, .imm = 8 * (int64_t)i}}},
		};
	}
}

static int dtrace_match(struct probe_host *host, const struct probe_desc *desc, struct probe_list *list,
			const char **why)
{
	struct probe *probe;
	unsigned i;

	(void)why;
	for (i = 0; i < OWN_PROBES; i++) {
		if (!probe_desc_may_match(desc, "dtrace", "", "", own_probes[i].name))
			continue;
		probe = host_probe_new(host, &provider_dtrace, "dtrace", "", "", own_probes[i].name);
		probe->kind = own_probes[i].kind;
		probe->ctx = CTX_DIRECT;
		probe->doc = own_probes[i].doc;
		if (probe->kind == PROBE_ERROR)
			add_error_args(host, probe);
		probe_list_add(list, probe);
	}
	return 0;
}

static const char *dtrace_why_not(struct probe_host *host, const struct probe_desc *desc)
{
	(void)host;
	return strcmp(desc->prov, "dtrace")
		       ? NULL
		       : "provider `dtrace` has only BEGIN, END and ERROR, without module and function";
}

const struct provider provider_dtrace = {
	.name = "dtrace",
	.doc = "the start and the end of tracing, and errors in between",
	.claims = PROVIDER_CLAIMS_NAME,
	.match = dtrace_match,
	.why_not = dtrace_why_not,
};
