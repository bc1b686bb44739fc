/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tables that a report's script prints, for programs. In: aggregations, as printa() has them; a description of the
 * table. Out: a JSON object or a row of CSV for each key, with named fields in base units (ns, bytes), whatever units
 * the text has; or families of OpenMetrics, counted from the start.
 */
#ifndef CEPHTAP_VIEWS_TABLES_H
#define CEPHTAP_VIEWS_TABLES_H

#include "report/report.h"

enum { TABLE_KEYS = 4, TABLE_COLUMNS = 5 };

struct view_column {
	const char *agg;
	const char *name; /* ends in its unit: _ns, _bytes. Of a histogram: "latency_ns" makes p50_ns and p99_ns */
	unsigned scale;	  /* what makes base units of the script's; 0: 1 */
};

struct view_table {
	const char *name; /* one row of it: "process" */
	const char *doc;
	const char *keys[TABLE_KEYS]; /* by their place; "": it is nothing but a column of the text */
	struct view_column columns[TABLE_COLUMNS];
	const char *after; /* the script does not print it: it comes with this one; NULL: with its own printa() */
	bool is_top;	   /* the largest rows alone, which do not add up */
};

struct view;

/* The operations of a view whose tables are described, for view->form: not for text. */
struct report_ops tables_ops(const struct view *view);

#endif
