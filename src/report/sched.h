/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The layout of `cephtap report sched`. In: the aggregations of scripts/sched.d, and what /proc says of the host. Out: tables of who
 * had a processor, waited for one or was blocked, sorted by the waiting; or the same as JSON, an object for each interval.
 */
#ifndef CEPHTAP_REPORT_SCHED_H
#define CEPHTAP_REPORT_SCHED_H

#include "report/report.h"
#include "report/stages.h"

/* Sums since the host started. */
struct host_load {
	uint64_t busy, stolen, all; /* time of all processors, in ticks */
	uint64_t pressed_us;	    /* some thread could run and had no processor */
	bool has_pressure;	    /* that is known; and `all` is not 0 where the others are */
};

struct sched_view {
	const struct stages_options *options;
	uint64_t since_ns; /* when the interval began, as report->wall_ns */
	bool has_host;	   /* false: of a recording, which has not what the host's other processes did */
	struct host_load before; /* as it was then */
};

/* tracer_config::interval; `data` is a struct sched_view. */
int sched_print(struct report *report, bool is_last, void *data);
/* The first interval begins. */
void sched_start(struct sched_view *view);

#endif
