/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The layout of `cephtap report sched`. In: the aggregations of scripts/sched.d, and facts of the host. Out: tables of who
 * had a processor, waited for one or was blocked, sorted by the waiting; or the same as JSON, an object for each interval.
 */
#ifndef CEPHTAP_VIEWS_SCHED_H
#define CEPHTAP_VIEWS_SCHED_H

#include "report/report.h"
#include "views/stages.h"

/* Facts: sums since the host started. Time of all processors, in ticks; how long some thread could run and had none, in us. Where
 * the kernel does not tell, the first are 0, and the last is no fact. */
#define SCHED_ALL     "processors-all"
#define SCHED_BUSY    "processors-busy"
#define SCHED_STOLEN  "processors-stolen"
#define SCHED_PRESSED "processors-pressed-us"

struct host_load {
	uint64_t busy, stolen, all, pressed_us;
	bool is_known;	   /* not of several hosts; `all` is 0 where these numbers could not be read */
	bool has_pressure; /* that could be read */
};

struct sched_view {
	const struct stages_options *options;
	uint64_t since_ns; /* when the interval began, as report_time_ns() */
	struct host_load before; /* as it was then */
};

/* tracer_config::interval; `data` is a struct sched_view. */
int sched_print(struct report *report, bool is_last, void *data);
/* The first interval begins. */
void sched_start(struct sched_view *view, const struct report *report);

#endif
