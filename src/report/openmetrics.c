/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Aggregations of any script as OpenMetrics text. In: tables, as a script prints them, at the end, or at each interval.
 * Out: one whole exposition, "# EOF" at its end, with every aggregation as it was when it was printed last. Text and
 * values of records have no place in it: how many were left out is said at the end.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agg/agg.h"
#include "report/common.h"
#include "report/openmetrics.h"

struct openmetrics {
	struct shown *families; /* as many as the script has aggregations */
	uint64_t lost[DROP_CAUSES], errors;
	bool is_new; /* something is not written yet */
};

/* --- One family for each aggregation --- */

/* Endings by which OpenMetrics tells a family's lines apart. */
static size_t base_size(const char *name)
{
	static const char *const suffixes[] = {"_total", "_bucket", "_count", "_sum", "_created", "_info"};
	size_t size = strlen(name);

	for (unsigned i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		size_t length = strlen(suffixes[i]);

		if (size > length && !strcmp(name + size - length, suffixes[i]))
			return size - length;
	}
	return size;
}

/* cephtap_NAME; with the aggregation's number where two would have the same. */
static void family_name(const struct schema *schema, unsigned agg, struct buf *out)
{
	const char *name = schema->aggs[agg].name;
	size_t size = base_size(name);
	bool is_taken = false;

	if (!strcmp(name, "_")) {
		buf_puts(out, "cephtap_aggregation");
		return;
	}
	buf_puts(out, "cephtap_");
	metric_name(name, size, out);
	for (unsigned i = 0; i < agg; i++)
		is_taken |= base_size(schema->aggs[i].name) == size && !strncmp(schema->aggs[i].name, name, size);
	if (is_taken)
		buf_printf(out, "_%u", agg + 1);
}

/* What may fall is no counter: a sum of numbers that may be negative. */
static enum metric_type type_of(const struct agg_shape *shape)
{
	if (shape->agg->buckets)
		return METRIC_HISTOGRAM;
	if (!strcmp(shape->agg->name, "count") || (!strcmp(shape->agg->name, "sum") && shape->is_unsigned))
		return METRIC_COUNTER;
	return METRIC_GAUGE;
}

static void make_family(struct report *report, unsigned agg)
{
	struct openmetrics *openmetrics = report->data;
	const struct agg_layout *layout = &report->schema->aggs[agg];
	struct buf name = {0}, help = {0};

	family_name(report->schema, agg, &name);
	buf_printf(&help, "@%s of the script: %s", strcmp(layout->name, "_") ? layout->name : "",
		   layout->shape.agg->doc);
	shown_clear(&openmetrics->families[agg]);
	metric_print(report,
		     &(struct metric){.name = name.data,
				      .help = help.data,
				      .type = type_of(&layout->shape),
				      .agg = agg,
				      .sum = METRIC_NO_SUM,
				      .scale = 1},
		     &openmetrics->families[agg]);
	buf_free(&name);
	buf_free(&help);
}

/* --- The exposition --- */

static int write_all(struct report *report)
{
	struct openmetrics *openmetrics = report->data;

	for (unsigned i = 0; i < report->schema->aggs_len; i++)
		shown_join(&report->pending, &openmetrics->families[i]);
	metric_losses(openmetrics->lost, openmetrics->errors, &report->pending);
	shown_puts(&report->pending, "# EOF\n");
	openmetrics->is_new = false;
	return report_replace(report);
}

static int openmetrics_begin(struct report *report)
{
	struct openmetrics *openmetrics = calloc(1, sizeof(*openmetrics));

	if (!openmetrics)
		return -ENOMEM;
	report_open(report);
	openmetrics->families = calloc(report->schema->aggs_len + 1, sizeof(*openmetrics->families));
	openmetrics->is_new = true; /* even if nothing comes: that nothing was lost */
	report->data = openmetrics;
	return openmetrics->families ? 0 : -ENOMEM;
}

static int openmetrics_event_begin(struct report *report, const struct record_layout *layout,
				   const struct schema_probe *probe, const struct record_head *head)
{
	(void)layout;
	(void)probe;
	(void)head;
	((struct openmetrics *)report->data)->is_new = false;
	return 0;
}

/* printa() was called in it: all tables of the event are of one moment. */
static int openmetrics_event_end(struct report *report)
{
	return ((struct openmetrics *)report->data)->is_new ? write_all(report) : 0;
}

static int openmetrics_value(struct report *report, const struct field *field, const void *data)
{
	(void)field;
	(void)data;
	report->left_out++;
	return 0;
}

static int openmetrics_text(struct report *report, const struct record_action *action, const char *text, size_t size)
{
	(void)text;
	(void)size;
	report->left_out += !action->aggs_len;
	return 0;
}

static int openmetrics_table(struct report *report, struct reader *reader, const unsigned *aggs, unsigned aggs_len)
{
	(void)reader;
	for (unsigned i = 0; i < aggs_len; i++)
		make_family(report, aggs[i]);
	((struct openmetrics *)report->data)->is_new = true;
	return 0;
}

static int openmetrics_error(struct report *report, const struct record_error *error, const struct schema_probe *probe,
			     struct loc loc)
{
	((struct openmetrics *)report->data)->errors++;
	return report_text.error(report, error, probe, loc);
}

static int openmetrics_drop(struct report *report, enum drop_cause cause, uint64_t count)
{
	struct openmetrics *openmetrics = report->data;

	if ((unsigned)cause < DROP_CAUSES)
		openmetrics->lost[cause] += count;
	return report_text.drop(report, cause, count);
}

static int openmetrics_end(struct report *report)
{
	struct openmetrics *openmetrics = report->data;
	int error = write_all(report);

	for (unsigned i = 0; i < report->schema->aggs_len; i++)
		shown_free(&openmetrics->families[i]);
	free(openmetrics->families);
	free(openmetrics);
	report->data = NULL;
	report_say_left_out(report);
	return error;
}

const struct report_ops report_openmetrics = {
	.name = "openmetrics",
	.doc = "aggregations as OpenMetrics text",
	.wants_tables = true,
	.begin = openmetrics_begin,
	.event_begin = openmetrics_event_begin,
	.event_end = openmetrics_event_end,
	.value = openmetrics_value,
	.text = openmetrics_text,
	.table = openmetrics_table,
	.tables_end = write_all,
	.error = openmetrics_error,
	.drop = openmetrics_drop,
	.end = openmetrics_end,
};
