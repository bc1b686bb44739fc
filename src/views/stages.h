/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The layout of reports on stages: where an op's time goes. In: a script's aggregations by their names (scripts/osd.d says which
 * and how they are keyed). Out: a table for each daemon and class of op, or the same data as JSON. What the script itself
 * prints is left out.
 */
#ifndef CEPHTAP_VIEWS_STAGES_H
#define CEPHTAP_VIEWS_STAGES_H

#include <stdbool.h>

#include "report/formats.h"

struct stages_heat;

struct stages_options {
	enum report_form form; /* FORM_TEXT, FORM_JSON, or FORM_CSV where a report has it */
	bool verbose;  /* histograms */
	bool terminal; /* live: each table takes the place of the one before */
	struct stages_heat *heat; /* a heat map of the latencies is made as well; NULL: none is wanted */
	bool only_at_end;	  /* what comes before is for the heat map alone */
	unsigned interval; /* seconds that a table is of; 0: no heading says so */
};

/* tracer_config::interval: reads the aggregations, prints them, and starts them anew. `data` is a struct stages_options. */
int stages_print(struct report *report, bool is_last, void *data);

/*
 * `report osd`: times of stages as histograms, who was waited for. They count from the start of the run, as Prometheus expects.
 */
int stages_openmetrics(struct report *report);
/* "2026-11-25 22:10:02, the last 5.0 s"; on a terminal the table before is wiped away. */
void stages_heading(struct report *report, const struct stages_options *options, double elapsed_ns, bool is_last);

#endif
