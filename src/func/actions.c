/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "func/actions.h"

#include <errno.h>
#include <stdlib.h>

#include "func/rows.h"
#include "lib/memory.h"
#include "report/report.h"

static int64_t first_int(const struct record_action *action, const void *record, int64_t otherwise)
{
	if (!action->fields_len || action->fields[0].kind != FIELD_INT)
		return otherwise;
	return (int64_t)field_int(&action->fields[0], (const char *)record + action->fields[0].offset);
}

int report_printf(struct report *report, const struct record_action *action, const void *record)
{
	const struct format *format = reader_format(report->reader, action);

	if (!format)
		return 0;
	shown_clear(&report->text);
	format_print(report, format, action->fields, action->fields_len, record, &report->text);
	return report->ops->text(report, action, report->text.buf.data ? report->text.buf.data : "", report->text.buf.size);
}

static int print_rows(struct report *report, const struct record_action *action, const struct format *format,
		      const unsigned *aggs, unsigned aggs_len)
{
	shown_clear(&report->text);
	rows_print(report, format, aggs, aggs_len);
	return report->text.buf.size ? report->ops->text(report, action, report->text.buf.data, report->text.buf.size) : 0;
}

int report_printa(struct report *report, const struct record_action *action, const void *record)
{
	const struct format *format = reader_format(report->reader, action);
	unsigned i, aggs_len = action->aggs_len;
	unsigned *aggs = calloc(aggs_len + 1, sizeof(*aggs));
	int err = 0;

	(void)record;
	if (!aggs)
		memory_end();
	for (i = 0; i < aggs_len; i++) {
		aggs[i] = action->aggs[i];
		reader_agg_mark_printed(report->reader, aggs[i]);
	}
	if (aggs_len && format)
		err = print_rows(report, action, format, aggs, aggs_len);
	if (aggs_len && !err && (!format || report->ops->wants_tables))
		err = report->ops->table(report, report->reader, aggs, aggs_len);
	free(aggs);
	return err;
}

int report_trace(struct report *report, const struct record_action *action, const void *record)
{
	unsigned i;
	int err = 0;

	if (action->aggs_len)
		return report_printa(report, action, record);
	for (i = 0; i < action->fields_len && !err; i++)
		err = report->ops->value(report, &action->fields[i], (const char *)record + action->fields[i].offset);
	return err;
}

int report_stack(struct report *report, const struct record_action *action, const void *record)
{
	return report_trace(report, action, record);
}

int report_exit(struct report *report, const struct record_action *action, const void *record)
{
	reader_set_exit(report->reader, (int)first_int(action, record, 0));
	return 0;
}

int report_clear(struct report *report, const struct record_action *action, const void *record)
{
	(void)record;
	if (action->aggs_len)
		reader_agg_clear(report->reader, action->aggs[0]);
	return 0;
}

int report_trunc(struct report *report, const struct record_action *action, const void *record)
{
	if (action->aggs_len)
		reader_agg_trunc(report->reader, action->aggs[0], action->fields_len,
				 first_int(action, record, 0));
	return 0;
}

int report_normalize(struct report *report, const struct record_action *action, const void *record)
{
	if (action->aggs_len)
		reader_agg_normalize(report->reader, action->aggs[0],
				     (uint64_t)first_int(action, record, 1));
	return 0;
}

int report_share(struct report *report, const struct record_action *action, const void *record)
{
	if (action->aggs_len)
		reader_agg_set_share(report->reader, action->aggs[0], (uint64_t)first_int(action, record, 0));
	return 0;
}

int report_top(struct report *report, const struct record_action *action, const void *record)
{
	if (action->aggs_len)
		reader_agg_set_top(report->reader, action->aggs[0], (uint64_t)first_int(action, record, 0));
	return 0;
}

int report_denormalize(struct report *report, const struct record_action *action, const void *record)
{
	(void)record;
	if (action->aggs_len)
		reader_agg_normalize(report->reader, action->aggs[0], 1);
	return 0;
}
