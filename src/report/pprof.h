/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Samples with stacks as pprof's profile (github.com/google/pprof, proto/profile.proto), gzipped. In: stacks with
 * counts. Out: bytes. An address is the file's own, so that processes that run the same file share its locations.
 */
#ifndef CEPHTAP_REPORT_PPROF_H
#define CEPHTAP_REPORT_PPROF_H

#include "lib/buf.h"
#include "report/stack.h"

struct pprof;

struct pprof_sample {
	const char *process, *thread, *stage; /* labels; stage NULL: none */
	const struct stack *user, *kernel;    /* NULL: none */
	uint64_t count;
};

/* `period_ns`: the processor time that a sample stands for. */
struct pprof *pprof_new(uint64_t period_ns);
void pprof_add(struct pprof *pprof, const struct pprof_sample *sample);
/* Appends the whole file to `out` and frees. 0 or a negative errno. */
int pprof_end(struct pprof *pprof, int64_t begin_wall_ns, uint64_t duration_ns, struct buf *out);

#endif
