/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One function of a program: the clauses of a probe, what saves at an entry, or the ERROR clauses. */
#ifndef CEPHTAP_CODE_PROGRAM_H
#define CEPHTAP_CODE_PROGRAM_H

#include "code/gen.h"

enum {
	SCRATCH_HEAD = 8,	 /* first word of a claim: is it taken? */
	SCRATCH_MAX = 32 * 1024, /* an instruction's offset has 16 bits */
	SCRATCH_CLAIMS = 4,	 /* how many threads on one processor may be inside probes at the same time */
};

/* What it is to do. */
struct function {
	enum probe_ctx ctx;
	const struct probe *probe;
	const struct site *site;
	unsigned probe_index;
	const unsigned *clauses;
	unsigned clauses_len;
	bool is_save;
};

/* Generates it, behind what the program has already. */
void function_generate(struct gen *gen, const struct function *fn);
/* Is it for this probe alone, as nothing that it can ask tells which one fired? */
bool function_is_fixed(const struct code_rules *rules, const struct function *fn);
/* Of the function, not of its program: the ERROR clauses behind a program of system calls have no call to look up. */
bool function_is_of_syscalls(const struct function *fn);

/* gate.c: what a firing has to pass before the first clause; it goes to `out` when it does not. */
void gate_running(struct gen *gen, struct label *out);
void gate_self(struct gen *gen, struct label *out);
void gate_scratch(struct gen *gen, struct label *out);
void gate_saved(struct gen *gen, const struct site *site, struct label *out);
void gate_syscall(struct gen *gen, struct label *out);
void gate_process(struct gen *gen, struct label *out);
/* The key under which a function's entry keeps what its return needs: on the stack, at the offset returned. */
int32_t gate_save_key(struct gen *gen, const struct argloc *entry_sp);
void gate_stack_address(struct gen *gen, int reg, int32_t offset);

#endif
