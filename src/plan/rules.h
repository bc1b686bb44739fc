/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an engine can do, as data. An engine makes the rules (engine_ops.rules()); code generation is given them and
 * asks nothing else, neither the engine nor the host: so a test compiles for an old kernel, or for an engine that
 * nobody has written.
 */
#ifndef CEPHTAP_PLAN_RULES_H
#define CEPHTAP_PLAN_RULES_H

#include <stdbool.h>
#include <stdint.h>

/* What must be tried on the host, which takes milliseconds: only asked for when the script needs it. */
enum code_needs {
	CODE_NEEDS_LOOPS = 1,	  /* the stacks of processes, functions of texts */
	CODE_NEEDS_FUNCTIONS = 2, /* probes of the kernel's functions */
	CODE_NEEDS_WRITES = 4,	  /* actions that change processes */
};

/* How large a program may be. */
struct code_limits {
	unsigned stack_size; /* bytes, for a program and the functions that it calls, together */
	unsigned insns;	     /* of one program */
	unsigned branches;   /* conditional jumps on its way through, those of functions as often as they are called */
	unsigned looks; /* instructions that are looked at before a program is taken, each as often as it is reached
			   differently */
	unsigned maps;	/* that one program uses */
	unsigned trampolines; /* programs around functions of the kernel, where fewer programs would do */
	unsigned singles;     /* probes of the kernel's functions that are attached one by one */
};

/* The numbers of helpers that programs may call (enum bpf_func_id), one bit each. */
enum { CODE_HELPERS_WORDS = 4 };
struct code_helpers {
	uint64_t words[CODE_HELPERS_WORDS];
};

struct code_rules {
	const char *subject; /* what runs the programs, in sentences: "the kernel" */
	/* Byte offset of a member of a kernel structure, or a negative errno; asked only for what a script uses. */
	int (*offset)(const char *structure, const char *member);
	bool can_sleep;	  /* programs on uprobes may wait for memory */
	bool has_cookies; /* tracepoints may have an attach cookie each (Linux 6.10); otherwise each has a program of
			     its own */
	bool has_loops;	  /* a program may call a function of its own in a loop; tried with CODE_NEEDS_LOOPS */
	bool can_write;	  /* programs may write to the memory of processes; tried with CODE_NEEDS_WRITES */
	/* What can run programs at the kernel's functions, around one each, at many at a time; tried with
	 * CODE_NEEDS_FUNCTIONS. */
	bool has_trampolines, has_multi_kprobes;
	uint64_t pid_ns_dev, pid_ns_ino; /* whose numbers processes have in scripts; 0: those of the whole host */
	struct code_helpers lacks;	 /* helpers that do not exist here */
	struct code_limits limits;
};

/*
 * Those of the kernel, of the oldest one that is supported as of the newest. A verifier looks at up to a million
 * instructions along every path (looks: measured), remembers 8192 branches that are still to be looked at
 * (BPF_COMPLEXITY_LIMIT_JMP_SEQ), and looked at up to 14 times as many instructions as there were (insns: measured). It
 * takes 64 maps a program (MAX_USED_MAPS), of which two are the engine's own. Each probe that is attached by itself
 * takes some milliseconds, and as many again to take away.
 */
#define CODE_LIMITS_KERNEL                                                                                             \
	{                                                                                                              \
		.stack_size = 512, .insns = 60000, .branches = 8000, .looks = 1000000, .maps = 62, .trampolines = 64,  \
		.singles = 500                                                                                         \
	}

static inline bool code_has_helper(const struct code_rules *rules, unsigned helper)
{
	return helper >= 64 * CODE_HELPERS_WORDS || !(rules->lacks.words[helper / 64] >> helper % 64 & 1);
}

static inline void code_forbid_helper(struct code_rules *rules, unsigned helper)
{
	if (helper < 64 * CODE_HELPERS_WORDS)
		rules->lacks.words[helper / 64] |= UINT64_C(1) << helper % 64;
}

#endif
