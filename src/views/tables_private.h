/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of these tables share: tables.c reads rows, tables_metrics.c adds them up. */
#ifndef CEPHTAP_VIEWS_TABLES_PRIVATE_H
#define CEPHTAP_VIEWS_TABLES_PRIVATE_H

#include "views/tables.h"
#include "views/view.h"

/* Rows of one table, side by side: column i of row j is rows[j * columns + i]. */
struct table_rows {
	const struct view_table *table;
	unsigned aggs[TABLE_COLUMNS], columns, len;
	const struct agg_row *rows;
};

struct tables_metrics;

struct tables_metrics *tables_metrics_new(const struct view_ops *ops);
void tables_metrics_free(struct tables_metrics *metrics);
void tables_metrics_add(struct tables_metrics *metrics, struct report *report, const struct table_rows *rows);
void tables_metrics_lost(struct tables_metrics *metrics, enum drop_cause cause, uint64_t count);
void tables_metrics_failed(struct tables_metrics *metrics);
/* The exposition, as a whole. */
int tables_metrics_write(struct tables_metrics *metrics, struct report *report);

/* "p50_ns" of "latency_ns": the unit with its underscore; "" if there is none. */
const char *table_unit(const char *name);

#endif
