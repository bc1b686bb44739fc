/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * OpenMetrics text: families of metrics from aggregations. In: a description of the family and the aggregation. Out:
 * its lines. What is common to any script (report_openmetrics, openmetrics.c) and to reports with names and units of
 * their own.
 */
#ifndef CEPHTAP_REPORT_OPENMETRICS_H
#define CEPHTAP_REPORT_OPENMETRICS_H

#include "report/report.h"

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM, METRIC_SUMMARY /* of avg(): count and sum */ };

/* What somebody else has added up. */
struct metric_row {
	const char *labels;	     /* each with a comma behind it */
	const uint64_t *value, *sum; /* words of the two aggregations; sum: NULL if there is none */
};

struct metric {
	const char *name; /* of the family: without _total, _bucket */
	const char *help;
	const char *unit; /* the name ends in it; NULL: none is known */
	enum metric_type type;
	unsigned agg;
	unsigned sum; /* of a histogram: the aggregation, of the same keys, that is the sum of its values; METRIC_NO_SUM
		       */
	double scale; /* values are multiplied by this; 1: they stay integers */
	/* Labels of key i: `name="value",` with metric_label(); NULL: as the script calls it. */
	void (*label)(const struct metric *metric, unsigned key, const char *text, struct shown *out);
	/* Upper bounds of a histogram's buckets, ascending; NULL: those that are not empty. */
	const int64_t *bounds;
	unsigned bounds_len;
	const struct metric_row *rows; /* instead of what the reader has; NULL: that */
	unsigned rows_len;
};
enum { METRIC_NO_SUM = ~0u };

/* All lines of the family, from the reader's last snapshot. */
void metric_print(struct report *report, const struct metric *metric, struct shown *out);
/* What may stand in a name: of a script it is one already, of a recording it may be anything. */
void metric_name(const char *text, size_t size, struct buf *out);
void metric_label(const char *name, const char *text, size_t size, struct shown *out);
/* "# TYPE", "# UNIT" and "# HELP". */
void metric_heading(const char *name, enum metric_type type, const char *unit, const char *help, struct shown *out);

/* What the tracer lost, by cause, and how many clauses failed. */
void metric_losses(const uint64_t lost[DROP_CAUSES], uint64_t errors, struct shown *out);

#endif
