/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tables as OpenMetrics. A script clears its tables at each interval, and what Prometheus reads has to grow: what each
 * key had is added up here, by its labels. The number of a process is no label: processes come and go for months.
 */
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "agg/agg.h"
#include "lib/memory.h"
#include "report/openmetrics.h"
#include "report/common.h"
#include "views/tables_private.h"

enum { ROWS_MAX = 20000, NAME_SIZE = 96, FIRST = 10, LAST = 37 /* bounds of times: from 2^10 to 2^37 ns */ };

/* All that came of one key. */
struct total {
	UT_hash_handle hh;
	char *labels;
	uint64_t *values[TABLE_COLUMNS];
};

struct family {
	const struct view_table *table;
	struct total *totals;
	unsigned aggs[TABLE_COLUMNS];
};

struct tables_metrics {
	const struct view_ops *ops;
	struct family *families; /* one for each table */
	uint64_t lost[DROP_CAUSES], errors, left_out;
	bool is_new;
};

static unsigned tables_len(const struct view_ops *ops)
{
	unsigned len = 0;

	while (ops->tables[len].name)
		len++;
	return len;
}

static void *allocate(size_t n, size_t size)
{
	void *memory = calloc(n, size);

	if (!memory)
		memory_end();
	return memory;
}

struct tables_metrics *tables_metrics_new(const struct view_ops *ops)
{
	struct tables_metrics *metrics = allocate(1, sizeof(*metrics));

	metrics->ops = ops;
	metrics->is_new = true; /* even if nothing comes: that nothing was lost */
	metrics->families = allocate(tables_len(ops), sizeof(*metrics->families));
	for (unsigned i = 0; ops->tables[i].name; i++)
		metrics->families[i].table = &ops->tables[i];
	return metrics;
}

static void free_total(struct total *total)
{
	for (unsigned i = 0; i < TABLE_COLUMNS; i++)
		free(total->values[i]);
	free(total->labels);
	free(total);
}

void tables_metrics_free(struct tables_metrics *metrics)
{
	for (unsigned i = 0; metrics && i < tables_len(metrics->ops); i++) {
		struct total *total, *next;

		HASH_ITER(hh, metrics->families[i].totals, total, next)
		{
			HASH_DEL(metrics->families[i].totals, total);
			free_total(total);
		}
	}
	if (metrics)
		free(metrics->families);
	free(metrics);
}

/* --- Adding up --- */

static void take_labels(const struct report *report, const struct table_rows *rows, const struct agg_row *row,
			struct shown *labels)
{
	const struct agg_layout *layout = &report->schema->aggs[rows->aggs[0]];
	struct buf text = {0};

	shown_clear(labels);
	shown_puts(labels, "");
	for (unsigned i = 0; i < layout->keys_len; i++) {
		const char *name = rows->table->keys[i];

		if (!*name || !strcmp(name, "pid"))
			continue;
		buf_clear(&text);
		report_key_text(report, &layout->keys[i], row->key, &text);
		metric_label(name, text.data ? text.data : "", text.size, labels);
	}
	buf_free(&text);
}

/* NULL: there are too many, which anybody could make who starts programs of new names. */
static struct total *total_of(struct tables_metrics *metrics, struct family *family, const struct buf *labels)
{
	struct total *total;

	HASH_FIND(hh, family->totals, labels->data, labels->size, total);
	if (total || HASH_COUNT(family->totals) >= ROWS_MAX) {
		metrics->left_out += !total;
		return total;
	}
	total = allocate(1, sizeof(*total));
	total->labels = strndup(labels->data, labels->size);
	if (!total->labels)
		memory_end();
	HASH_ADD_KEYPTR(hh, family->totals, total->labels, labels->size, total);
	return total;
}

static void add_row(struct total *total, const struct report *report, const struct table_rows *rows,
		    const struct agg_row *row)
{
	for (unsigned i = 0; i < rows->columns; i++) {
		const struct agg_layout *layout = &report->schema->aggs[rows->aggs[i]];

		if (!total->values[i])
			total->values[i] = allocate(1, layout->value_size);
		if (row[i].value[0])
			layout->shape.agg->merge(&layout->shape, total->values[i], row[i].value);
	}
}

void tables_metrics_add(struct tables_metrics *metrics, struct report *report, const struct table_rows *rows)
{
	struct family *family = &metrics->families[rows->table - metrics->ops->tables];
	struct shown labels = {0};

	metrics->is_new = true;
	memcpy(family->aggs, rows->aggs, sizeof(family->aggs));
	for (unsigned i = 0; i < rows->len; i++) {
		const struct agg_row *row = &rows->rows[(size_t)i * rows->columns];
		struct total *total;

		take_labels(report, rows, row, &labels);
		total = total_of(metrics, family, &labels.buf);
		if (total)
			add_row(total, report, rows, row);
	}
	shown_free(&labels);
}

void tables_metrics_lost(struct tables_metrics *metrics, enum drop_cause cause, uint64_t count)
{
	if ((unsigned)cause < DROP_CAUSES)
		metrics->lost[cause] += count;
	metrics->is_new = true;
}

void tables_metrics_failed(struct tables_metrics *metrics)
{
	metrics->errors++;
	metrics->is_new = true;
}

/* --- The exposition --- */

static enum metric_type type_of(const struct agg *agg)
{
	if (agg->buckets)
		return METRIC_HISTOGRAM;
	if (!strcmp(agg->name, "avg"))
		return METRIC_SUMMARY;
	return !strcmp(agg->name, "count") || !strcmp(agg->name, "sum") ? METRIC_COUNTER : METRIC_GAUGE;
}

/* "cephtap_client_process_max_seconds" of "max_ns": seconds are OpenMetrics' base unit, ours are ns. A mean is two
 * sums. */
static void name_metric(const struct tables_metrics *metrics, const struct view_table *table, const char *column,
			char name[NAME_SIZE])
{
	const char *unit = table_unit(column);

	if (!strncmp(column, "mean_", 5))
		column += !strcmp(column + 4, unit) ? 4 : 5;
	snprintf(name, NAME_SIZE, "cephtap_%s_%s%s%.*s%s", metrics->ops->name, table->name, column[0] == '_' ? "" : "_",
		 (int)(strlen(column) - strlen(unit)), column, strcmp(unit, "_ns") ? unit : "_seconds");
	for (char *at = name; *at; at++)
		*at = *at == '-' ? '_' : *at;
}

/* The sum that goes with a histogram: the mean of the same times, or their sum. */
static unsigned sum_of(const struct report *report, const struct family *family)
{
	for (unsigned i = 0; i < TABLE_COLUMNS && family->table->columns[i].agg; i++) {
		const char *name = report->schema->aggs[family->aggs[i]].shape.agg->name;

		if (!strcmp(name, "avg") || (!strcmp(name, "sum") && *table_unit(family->table->columns[i].name)))
			return i;
	}
	return METRIC_NO_SUM;
}

static struct metric_row *rows_of(const struct family *family, struct arena *arena, unsigned column, unsigned sum)
{
	struct metric_row *rows = arena_new_array(arena, struct metric_row, HASH_COUNT(family->totals) + 1);
	unsigned len = 0;

	for (const struct total *total = family->totals; total; total = total->hh.next)
		rows[len++] = (struct metric_row){.labels = total->labels,
						  .value = total->values[column],
						  .sum = sum == METRIC_NO_SUM ? NULL : total->values[sum]};
	return rows;
}

static void print_column(const struct tables_metrics *metrics, struct report *report, const struct family *family,
			 unsigned column, struct arena *arena)
{
	const struct view_column *of = &family->table->columns[column];
	enum metric_type type = type_of(report->schema->aggs[family->aggs[column]].shape.agg);
	unsigned sum = type == METRIC_HISTOGRAM ? sum_of(report, family)
		       : type == METRIC_SUMMARY ? column
						: METRIC_NO_SUM;
	bool is_time = !strcmp(table_unit(of->name), "_ns");
	int64_t bounds[LAST - FIRST + 1];
	char name[NAME_SIZE];
	struct metric metric = {
		.name = name,
		.help = family->table->doc,
		.unit = is_time			? "seconds"
			: *table_unit(of->name) ? "bytes"
						: NULL,
		.type = type,
		.agg = family->aggs[column],
		.sum = sum == METRIC_NO_SUM ? METRIC_NO_SUM : family->aggs[sum],
		.scale = (is_time ? 1e-9 : 1) * (of->scale ? of->scale : 1),
		.rows = rows_of(family, arena, column, sum),
		.rows_len = HASH_COUNT(family->totals),
	};

	for (unsigned i = 0; i <= LAST - FIRST; i++)
		bounds[i] = ((INT64_C(1) << (FIRST + i)) / (of->scale ? of->scale : 1)) - 1;
	if (is_time && type == METRIC_HISTOGRAM && !of->scale) {
		metric.bounds = bounds;
		metric.bounds_len = LAST - FIRST + 1;
	}
	name_metric(metrics, family->table, of->name, name);
	metric_print(report, &metric, &report->pending);
}

/* The sum is a line of the histogram's. */
static bool goes_with_histogram(const struct report *report, const struct family *family, unsigned column)
{
	return report->schema->aggs[family->aggs[0]].shape.agg->buckets && column && column == sum_of(report, family);
}

static void print_family(const struct tables_metrics *metrics, struct report *report, const struct family *family)
{
	struct arena *arena = arena_new();

	for (unsigned i = 0; family->totals && i < TABLE_COLUMNS && family->table->columns[i].agg; i++)
		if (!goes_with_histogram(report, family, i) && strcmp(family->table->columns[i].name, "pid") != 0)
			print_column(metrics, report, family, i, arena);
	arena_free(arena);
}

int tables_metrics_write(struct tables_metrics *metrics, struct report *report)
{
	if (!metrics->is_new)
		return 0;
	for (unsigned i = 0; i < tables_len(metrics->ops); i++)
		print_family(metrics, report, &metrics->families[i]);
	metrics->lost[DROP_AGG] += metrics->left_out;
	metrics->left_out = 0;
	metric_losses(metrics->lost, metrics->errors, &report->pending);
	shown_puts(&report->pending, "# EOF\n");
	metrics->is_new = false;
	return report_replace(report);
}
