/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/openmetrics.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "agg/agg.h"
#include "report/common.h"
#include "report/rows.h"

enum { BUCKETS_MAX = 4096 /* more than any function has */ };

struct bucket {
	int64_t high; /* INT64_MAX: no bound */
	int64_t count;
};

/* What one family is printed from. */
struct family {
	struct report *report;
	const struct metric *metric;
	const struct agg_shape *shape;
	const struct agg_layout *layout;
	const struct agg_row *rows; /* rows[i * step] is row i; the sum is behind it; NULL: metric->rows */
	unsigned rows_len, step;
	uint64_t normal;
	struct bucket *buckets; /* of one row, ascending */
	unsigned buckets_len;
	int64_t *bounds;
	unsigned bounds_len;
	struct shown *out, labels;
};

/* --- Names and numbers --- */

void metric_label(const char *name, const char *text, size_t size, struct shown *out)
{
	shown_printf(out, "%s=\"", name);
	shown_text(out, SHOWN_QUOTED, text, size);
	shown_puts(out, "\",");
}

void metric_heading(const char *name, enum metric_type type, const char *unit, const char *help, struct shown *out)
{
	static const char *const types[] = {"counter", "gauge", "histogram", "summary"};

	shown_printf(out, "# TYPE %s %s\n", name, types[type]);
	if (unit)
		shown_printf(out, "# UNIT %s %s\n", name, unit);
	shown_printf(out, "# HELP %s ", name);
	shown_text(out, SHOWN_QUOTED, help, strlen(help));
	shown_putc(out, '\n');
}

static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

void metric_name(const char *text, size_t size, struct buf *out)
{
	for (size_t i = 0; i < size; i++)
		buf_putc(out, is_word(text[i]) ? text[i] : '_');
}

/* A key's name is a label's, unless that is taken: `le` is the buckets', two underscores begin Prometheus's own. */
static void key_label(struct family *family, unsigned key, const struct agg_row *row)
{
	const char *given = family->layout->key_names[key];
	struct buf name = {0};

	if (!strcmp(given, "le") || !strncmp(given, "__", 2))
		buf_printf(&name, "key%u", key + 1);
	else
		metric_name(given, strlen(given), &name);
	shown_printf(&family->labels, "%s=\"", name.data);
	report_key_show(family->report, &family->layout->keys[key], row->key, SHOWN_QUOTED, &family->labels);
	shown_puts(&family->labels, "\",");
	buf_free(&name);
}

static void take_labels(struct family *family, const struct agg_row *row)
{
	struct buf text = {0};

	shown_clear(&family->labels);
	for (unsigned i = 0; i < family->layout->keys_len; i++) {
		if (!family->metric->label) {
			key_label(family, i, row);
			continue;
		}
		buf_clear(&text);
		report_key_text(family->report, &family->layout->keys[i], row->key, &text);
		family->metric->label(family->metric, i, text.data ? text.data : "", &family->labels);
	}
	buf_free(&text);
}

static void set_labels(struct family *family, const char *labels)
{
	shown_clear(&family->labels);
	shown_bytes(&family->labels, labels, strlen(labels));
}

static void put_number(const struct family *family, const struct agg_shape *shape, int64_t number)
{
	if (family->metric->scale < 1)
		shown_printf(family->out, "%.15g", (double)number * family->metric->scale);
	else if (shape->is_unsigned)
		shown_printf(family->out, "%" PRIu64, (uint64_t)number);
	else
		shown_printf(family->out, "%" PRId64, number);
}

/* name{labels,extra} value: labels end in a comma, which the last one may not have. */
static void put_name(const struct family *family, const char *suffix, const char *extra)
{
	const struct buf *labels = &family->labels.buf;
	size_t size = labels->size && !*extra ? labels->size - 1 : labels->size;

	shown_printf(family->out, "%s%s", family->metric->name, suffix);
	if (size || *extra) {
		shown_putc(family->out, '{');
		shown_bytes(family->out, labels->data, size);
		shown_printf(family->out, "%s}", extra);
	}
	shown_putc(family->out, ' ');
}

static struct metric_row row_of(const struct family *family, unsigned i)
{
	const struct agg_row *row = family->rows ? &family->rows[i * family->step] : NULL;

	return row ? (struct metric_row){.value = row->value, .sum = family->step > 1 ? row[1].value : NULL}
		   : family->metric->rows[i];
}

/* --- Histograms --- */

static void take_bucket(void *data, int64_t low, int64_t high, uint64_t count)
{
	struct family *family = data;

	(void)low;
	if (family->buckets_len < BUCKETS_MAX)
		family->buckets[family->buckets_len++] =
			(struct bucket){high, (int64_t)count / (int64_t)family->normal};
}

static void take_buckets(struct family *family, const uint64_t *value)
{
	family->buckets_len = 0;
	family->shape->agg->buckets(family->shape, value, take_bucket, family);
}

static int compare_bounds(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* Each row of a family has the same bounds, those that any has a count at: what adds rows up relies on it. */
static void take_bounds(struct family *family)
{
	unsigned len = 0, n = 0;

	for (unsigned i = 0; i < family->rows_len; i++) {
		take_buckets(family, row_of(family, i).value);
		for (unsigned j = 0; j < family->buckets_len; j++)
			if (family->buckets[j].high != INT64_MAX && len < BUCKETS_MAX)
				family->bounds[len++] = family->buckets[j].high;
		qsort(family->bounds, len, sizeof(*family->bounds), compare_bounds);
		for (unsigned j = n = 0; j < len; j++)
			if (!n || family->bounds[j] != family->bounds[n - 1])
				family->bounds[n++] = family->bounds[j];
		len = n;
	}
	family->bounds_len = n;
}

/* Values are integers, so that a bucket's largest one is its bound. OpenMetrics wants 1.0, and 1e+06 from there on
 * powers of ten. */
static void put_bound(const struct family *family, int64_t bound, char text[48])
{
	int64_t power = 1000000;
	int zeros = 6;

	if (family->metric->scale < 1) {
		snprintf(text, 48, "le=\"%.12g\"", (double)bound * family->metric->scale);
		return;
	}
	for (; power < bound && zeros < 18; zeros++)
		power *= 10;
	if (power == bound)
		snprintf(text, 48, "le=\"1e+%02d\"", zeros);
	else
		snprintf(text, 48, "le=\"%" PRId64 ".0\"", bound);
}

static void print_sum(struct family *family, const struct metric_row *row, int64_t count)
{
	unsigned sum = family->metric->sum;

	if (!row->sum)
		return; /* and then no count either: both or none */
	put_name(family, "_count", "");
	shown_printf(family->out, "%" PRId64 "\n", count);
	put_name(family, "_sum", "");
	put_number(family, &family->report->schema->aggs[sum].shape,
		   (int64_t)rows_word(family->report, sum, &(struct agg_row){.value = row->sum}, 1));
	shown_putc(family->out, '\n');
}

static void print_histogram(struct family *family, const struct metric_row *row)
{
	uint64_t below = 0; /* signed in truth, as counts are; but sums of a recording's may be anything */
	unsigned at = 0;
	char le[48];

	take_buckets(family, row->value);
	for (unsigned i = 0; i < family->bounds_len; i++) {
		for (; at < family->buckets_len && family->buckets[at].high <= family->bounds[i]; at++)
			below += (uint64_t)family->buckets[at].count;
		put_bound(family, family->bounds[i], le);
		put_name(family, "_bucket", le);
		shown_printf(family->out, "%" PRId64 "\n", (int64_t)below);
	}
	for (; at < family->buckets_len; at++)
		below += (uint64_t)family->buckets[at].count;
	put_name(family, "_bucket", "le=\"+Inf\"");
	shown_printf(family->out, "%" PRId64 "\n", (int64_t)below);
	print_sum(family, row, (int64_t)below);
}

/* --- Families --- */

static void print_number(struct family *family, const uint64_t *value)
{
	put_name(family, family->metric->type == METRIC_COUNTER ? "_total" : "", "");
	put_number(family, family->shape, family->shape->agg->number(family->shape, value, family->normal));
	shown_putc(family->out, '\n');
}

static void take_rows(struct family *family)
{
	unsigned aggs[2] = {family->metric->agg, family->metric->sum};

	family->step = family->metric->sum == METRIC_NO_SUM ? 1 : 2;
	if (family->metric->rows)
		family->rows_len = family->metric->rows_len;
	else if (family->step == 1)
		family->rows = reader_agg_rows(family->report->reader, aggs[0], &family->rows_len);
	else
		family->rows = reader_agg_join(family->report->reader, aggs, 2, &family->rows_len);
}

static void print_row(struct family *family, unsigned i)
{
	struct metric_row row = row_of(family, i);

	if (!row.value[0])
		return; /* cleared, and not updated since: there is no smallest or mean value */
	if (family->rows)
		take_labels(family, &family->rows[i * family->step]);
	else
		set_labels(family, row.labels);
	if (family->metric->type == METRIC_HISTOGRAM)
		print_histogram(family, &row);
	else if (family->metric->type == METRIC_SUMMARY)
		print_sum(family, &row, (int64_t)row.value[0]);
	else
		print_number(family, row.value);
}

void metric_print(struct report *report, const struct metric *metric, struct shown *out)
{
	struct arena *arena = arena_new();
	struct family family = {
		.report = report,
		.metric = metric,
		.layout = &report->schema->aggs[metric->agg],
		.shape = &report->schema->aggs[metric->agg].shape,
		.normal = metric->rows ? 1 : reader_agg_normal(report->reader, metric->agg),
		.out = out,
		.bounds = (int64_t *)metric->bounds,
		.bounds_len = metric->bounds_len,
	};

	if (family.normal > INT64_MAX)
		family.normal = INT64_MAX;
	take_rows(&family);
	metric_heading(metric->name, metric->type, metric->unit, metric->help, out);
	if (metric->type == METRIC_HISTOGRAM) {
		family.buckets = arena_new_array(arena, struct bucket, BUCKETS_MAX);
		if (!metric->bounds) {
			family.bounds = arena_new_array(arena, int64_t, 2 * BUCKETS_MAX);
			take_bounds(&family);
		}
	}
	for (unsigned i = 0; i < family.rows_len; i++)
		print_row(&family, i);
	shown_free(&family.labels);
	arena_free(arena);
}

void metric_losses(const uint64_t lost[DROP_CAUSES], uint64_t errors, struct shown *out)
{
	metric_heading("cephtap_tracer_lost", METRIC_COUNTER, NULL, "what was lost, by cause", out);
	for (unsigned i = 0; i < DROP_CAUSES; i++)
		shown_printf(out, "cephtap_tracer_lost_total{cause=\"%s\"} %" PRIu64 "\n", drop_name(i), lost[i]);
	metric_heading("cephtap_tracer_errors", METRIC_COUNTER, NULL, "clauses of the script that failed", out);
	shown_printf(out, "cephtap_tracer_errors_total %" PRIu64 "\n", errors);
}
