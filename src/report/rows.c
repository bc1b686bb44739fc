/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/rows.h"

#include <string.h>
#include <time.h>

#include "agg/agg.h"

unsigned rows_find(const struct report *report, const char *name)
{
	const struct checked *checked = report->image->checked;

	for (unsigned i = 0; i < checked->aggs_len; i++)
		if (!strcmp(checked->aggs[i]->name, name))
			return i;
	return ROWS_NONE;
}

const char *rows_text(const struct report *report, struct arena *arena, unsigned agg, const struct agg_row *row, unsigned key)
{
	const struct field *field = &report->image->aggs[agg].keys[key];
	const char *text = (const char *)row->key + field->offset;

	return arena_strndup(arena, text, field_text_size(field, text));
}

const struct stack *rows_stack(const struct report *report, unsigned agg, const struct agg_row *row, unsigned key)
{
	const struct field *field = &report->image->aggs[agg].keys[key];

	return report_stack_of(report, field_int(field, (const char *)row->key + field->offset));
}

double rows_number(const struct report *report, unsigned agg, const struct agg_row *row)
{
	const struct aggvar *var = report->image->aggs[agg].var;

	return (double)var->agg->number(var, row->value, 1);
}

const struct agg_row *rows_join(const struct report *report, const char *const *names, unsigned len, unsigned *aggs,
				unsigned *rows_len)
{
	*rows_len = 0;
	for (unsigned i = 0; i < len; i++) {
		aggs[i] = rows_find(report, names[i]);
		if (aggs[i] == ROWS_NONE)
			return NULL;
	}
	return reader_agg_join(report->reader, aggs, len, rows_len);
}

void rows_restart(struct report *report)
{
	for (unsigned i = 0; i < report->image->checked->aggs_len; i++) {
		reader_agg_mark_printed(report->reader, i);
		reader_agg_trunc(report->reader, i, false, 0);
	}
}

void rows_heading(struct report *report, const struct stages_options *options, double elapsed_ns, bool is_last)
{
	time_t now = (time_t)(report_time_ns(report) / 1000000000);
	struct tm local;
	char text[32];

	if (options->terminal && is_last) /* ^C is pressed to keep what is seen */
		shown_puts(&report->pending, "\n");
	else if (options->terminal)
		shown_puts(&report->pending, SHOWN_CLEAR);
	localtime_r(&now, &local);
	strftime(text, sizeof(text), "%F %T", &local);
	shown_printf(&report->pending, "%s, the last %.1f s%s\n", text, elapsed_ns / 1e9, options->terminal && !is_last ? "; ^C ends" : "");
}
