/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The layout of `report profile`: samples with stacks, by thread and by function, as folded stacks or as JSON. In: the aggregation
 * @samples of scripts/profile.d, keyed by process, thread, stage, kernel's stack, process's stack.
 */
#ifndef CEPHTAP_VIEWS_PROFILE_H
#define CEPHTAP_VIEWS_PROFILE_H

#include "report/formats.h"

enum profile_by { PROFILE_BY_THREAD, PROFILE_BY_PROCESS, PROFILE_BY_STAGE };

struct profile_options {
	enum report_form form; /* FORM_TEXT, FORM_JSON or FORM_CSV */
	bool folded, verbose, icicle;
	enum profile_by by;
	unsigned hz, cpus;
	const char *pprof;  /* the file for pprof's profile of the same samples; NULL: none is wanted */
	FILE *html;	    /* a flame graph of the same samples; NULL: none is wanted */
	uint64_t start_wall_ns; /* in ns since 1970 */
	const char *before; /* folded stacks of another run, to compare with; NULL: none */
};

/* tracer_config::interval; prints at the end only. `data` is a struct profile_options. */
int profile_print(struct report *report, bool is_last, void *data);

#endif
