/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `report osd`: where an op's time goes. In: a script's aggregations by their names (scripts/osd.d says which and how
 * they are keyed). Out: a table for each daemon and class of op, or the same data as JSON or CSV; a heat map.
 */
#ifndef CEPHTAP_VIEWS_STAGES_H
#define CEPHTAP_VIEWS_STAGES_H

#include "report/report.h"

/* Times of stages as histograms, who was waited for. They count from the start of the run, as Prometheus expects. */
int stages_openmetrics(struct report *report);

#endif
