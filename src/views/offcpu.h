/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The layout of `cephtap report offcpu`. In: the aggregations of scripts/offcpu.d. Out: the stacks with the longest time blocked,
 * what is idle apart from the rest, or all of them as JSON, an object for each interval.
 */
#ifndef CEPHTAP_VIEWS_OFFCPU_H
#define CEPHTAP_VIEWS_OFFCPU_H

#include "report/report.h"
#include "views/stages.h"

struct offcpu_view {
	const struct stages_options *options;
	uint64_t since_ns; /* when the interval began, as report_time_ns() */
};

/* tracer_config::interval; `data` is a struct offcpu_view. */
int offcpu_print(struct report *report, bool is_last, void *data);

#endif
