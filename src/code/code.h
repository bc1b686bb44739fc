/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a plan to an image: one program for each distinct set of clauses and argument locations. In: a plan.
 * Out: an image. Pure: offsets of the kernel's structures come from an argument.
 */
#ifndef CEPHTAP_CODE_CODE_H
#define CEPHTAP_CODE_CODE_H

#include "code/image.h"

/* What the compiler has to know of the kernel that the programs are for. */
struct ebpf_kernel {
	/* Byte offset of a member of a kernel structure, or a negative errno; asked only for what a script uses. */
	int (*offset)(const char *structure, const char *member);
	bool can_sleep; /* programs on uprobes may wait for memory */
	bool has_cookies; /* tracepoints may have an attach cookie each (Linux 6.10); else each has a program of its own */
	bool can_write; /* programs may write to the memory of processes; asked only for scripts that are destructive */
	bool has_loops; /* a program may call a function of its own in a loop */
	/* What can run programs at the kernel's functions: around one each, at many at a time. */
	bool has_trampolines, has_multi_kprobes;
	uint64_t pid_ns_dev, pid_ns_ino; /* whose numbers processes have in scripts; 0: those of the whole host */
};

struct image *ebpf_compile(struct arena *arena, const struct plan *plan, const struct options *options,
			   const struct ebpf_kernel *kernel, struct diags *diags);

#endif
