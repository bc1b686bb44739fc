/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tracepoints of the running kernel, as its BTF tells them. In: a name. Out: whether there is one, and its arguments.
 */
#ifndef CEPHTAP_PROBE_TRACEPOINT_H
#define CEPHTAP_PROBE_TRACEPOINT_H

#include "lib/kernel_functions.h"
#include "probe/host.h"

struct tracepoint {
	const char *name;
	const char **types; /* of the arguments, in D: "struct task_struct *", "uint32_t" */
	unsigned args_len;
};

/* NULL: this kernel has no such tracepoint, or does not tell (tracepoint_why_none). */
const struct tracepoint *tracepoint_find(struct probe_host *host, const char *name);
/* All of them, in the order of the kernel's own description. */
void tracepoint_all(struct probe_host *host, const struct tracepoint **list, unsigned *list_len);
/* Why there is none at all, or NULL. */
const char *tracepoint_why_none(struct probe_host *host);

/* A probe on the tracepoint, without sites, in module "vmlinux". */
struct probe *tracepoint_probe(struct probe_host *host, const struct provider *provider, const char *prov,
			       const char *func, const char *name);
/* The tracepoint's own argument n. */
struct argloc tracepoint_arg(unsigned n);

#endif
