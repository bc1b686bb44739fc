/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which functions of a process a description means, and what they are called. In: the process's files and a
 * description's module and function. Out: each place in the code once, with a name that no other function of the
 * process has.
 */
#ifndef CEPHTAP_PROBE_FUNCTION_FIND_H
#define CEPHTAP_PROBE_FUNCTION_FIND_H

#include "probe/functions.h"

struct found_function {
	struct host_binary *binary;
	const struct functions *functions; /* of the file */
	const struct function *function;   /* whose name it was found by */
	uint64_t vaddr, size;	/* an indirect function's are those of one that it may choose; size 0: not known */
	const char *mod, *func; /* as a probe shows them */
	bool is_local;		/* it has no name that other files can call it by */
	const char *why_not;	/* NULL: it can be probed */
	const char *caution;	/* NULL, or a sentence: what else is counted with it */
};

/* Of this process. NULL and *len 0: none fits. */
struct found_function *function_find(struct probe_host *host, pid_t pid, const struct probe_desc *desc, unsigned *len);

/* Without a look at the process: may a file of this name be meant? */
bool function_module_may_fit(const char *pattern, const char *name);
/*
 * A module is named by its file, with or without what stands behind `.so`, or by its path; a.out is the program itself.
 * Gives what a probe shows; NULL: the process does not run it, or it is not meant.
 */
const char *function_module_fits(struct probe_host *host, pid_t pid, const char *pattern,
				 const struct host_binary *binary);

#endif
