/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `report osd` as OpenMetrics: scripts/osd.d says what its aggregations are. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "report/common.h"
#include "report/openmetrics.h"
#include "report/rows.h"
#include "views/stages.h"

enum { FIRST = 10, LAST = 37, BOUNDS = LAST - FIRST + 1 /* as osd.d asks for: from 2^10 to 2^37 ns */ };

/* "5a build" is a part of stage 5, "0 whole" the sum of all: they may not be added to the stages. */
static void stage_label(const char *text, struct shown *out)
{
	bool is_numbered = isdigit((unsigned char)text[0]);
	const char *blank = strchr(text, ' '), *name = is_numbered && blank ? blank + 1 : text;
	const char *level = text[0] == '0'				     ? "whole"
			    : is_numbered && isalpha((unsigned char)text[1]) ? "part"
									     : "stage";

	metric_label("stage", name, strlen(name), out);
	metric_label("level", level, strlen(level), out);
}

static void label(const struct metric *metric, unsigned key, const char *text, struct shown *out)
{
	static const char *const names[] = {"daemon", "class"};

	(void)metric;
	if (key < 2)
		metric_label(names[key], text, strlen(text), out);
	else
		stage_label(text, out);
}

static void peer_label(const struct metric *metric, unsigned key, const char *text, struct shown *out)
{
	struct buf peer = {0};

	static const char *const names[] = {"daemon", "class", "waited_for"};

	(void)metric;
	if (key == 2 && text[0] != '-')
		buf_puts(&peer, "osd.");
	buf_puts(&peer, key == 2 && text[0] == '-' ? "own store" : text);
	metric_label(names[key], peer.data, peer.size, out);
	buf_free(&peer);
}

static void ended_label(const struct metric *metric, unsigned key, const char *text, struct shown *out)
{
	static const char *const names[] = {"daemon", "client", "result", "last_op", "class"};

	(void)metric;
	metric_label(names[key], text, strlen(text), out);
}

static const struct {
	const char *agg, *sum;
	struct metric metric;
} families[] = {
	{"latency",
	 "total",
	 {.name = "cephtap_osd_stage_seconds",
	  .unit = "seconds",
	  .type = METRIC_HISTOGRAM,
	  .scale = 1e-9,
	  .label = label,
	  .help = "time of ops in each stage; level: whole, stage (they add up to the whole), part (of the stage "
		  "before)"}},
	{"worst",
	 NULL,
	 {.name = "cephtap_osd_stage_max_seconds",
	  .unit = "seconds",
	  .type = METRIC_GAUGE,
	  .scale = 1e-9,
	  .label = label,
	  .help = "the largest of these times"}},
	{"waited",
	 NULL,
	 {.name = "cephtap_osd_waited",
	  .type = METRIC_COUNTER,
	  .scale = 1,
	  .label = peer_label,
	  .help = "ops by which OSD they waited for last"}},
	{"waitedns",
	 NULL,
	 {.name = "cephtap_osd_waited_seconds",
	  .unit = "seconds",
	  .type = METRIC_COUNTER,
	  .scale = 1e-9,
	  .label = peer_label,
	  .help = "how long they waited after the primary's own part"}},
	{"ended",
	 NULL,
	 {.name = "cephtap_osd_not_counted",
	  .type = METRIC_COUNTER,
	  .scale = 1,
	  .label = ended_label,
	  .help = "ops that ended without entering Ceph's counters: with an error, otherwise answered, or dropped"}},
};

static void print_family(struct report *report, unsigned i, const int64_t *bounds)
{
	struct metric metric = families[i].metric;

	metric.agg = rows_find(report, families[i].agg);
	metric.sum = families[i].sum ? rows_find(report, families[i].sum) : METRIC_NO_SUM;
	if (metric.agg == ROWS_NONE)
		return;
	if (metric.type == METRIC_HISTOGRAM) {
		metric.bounds = bounds;
		metric.bounds_len = BOUNDS;
	}
	metric_print(report, &metric, &report->pending);
	reader_agg_mark_printed(report->reader, metric.agg);
	if (metric.sum != METRIC_NO_SUM)
		reader_agg_mark_printed(report->reader, metric.sum);
}

int stages_openmetrics(struct report *report)
{
	int64_t bounds[BOUNDS];
	int error = reader_snapshot(report->reader);

	if (error)
		return error;
	for (unsigned i = 0; i < BOUNDS; i++)
		bounds[i] = (INT64_C(1) << (FIRST + i)) - 1;
	for (unsigned i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		print_family(report, i, bounds);
	shown_puts(&report->pending, "# EOF\n");
	return report_replace(report);
}
