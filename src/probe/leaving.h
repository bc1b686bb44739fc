/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a function is left, for probes on returns. In: its code, and the unwind table that tells its parts. Out: one
 * place for each `ret`, and for each jump to another function (a tail call), also through a pointer. A breakpoint there
 * needs nothing on the process's stack, as a uretprobe does, past which no C++ exception gets, and which coroutines and
 * stack unwinders trip over.
 *
 * The kernel single-steps a `ret`, which is dear (doc/cost-of-a-probe.md). Where the compiler's stack protector stands
 * before it, its branch is taken instead: the kernel executes a branch itself, and nothing follows but the restoring of
 * registers.
 */
#ifndef CEPHTAP_PROBE_LEAVING_H
#define CEPHTAP_PROBE_LEAVING_H

#include "lib/arena.h"
#include "lib/elf.h"
#include "lib/unwind.h"
#include "probe/argloc.h"

struct leave {
	uint64_t vaddr;		/* where the breakpoint goes */
	uint64_t exit;		/* the `ret` or jump */
	bool is_tail_call;	/* what another function will return is not known yet */
	struct argloc entry_sp; /* at vaddr: what the stack pointer was when the function was entered */
	struct argloc result;	/* at vaddr: what %rax will be; n 0 for a tail call */
	uint32_t writes;	/* registers (as bits) that change from vaddr to exit */
};

struct leaving {
	struct leave *list;
	unsigned len;
	const char *why; /* why there are none */
	bool is_unsure;	 /* it may also be left by a jump to anywhere, of which it cannot be told that it leaves */
};

void leaving_find(struct arena *arena, const struct elf_file *elf, const struct unwind *unwind, uint64_t vaddr,
		  uint64_t size, struct leaving *out);
#endif
