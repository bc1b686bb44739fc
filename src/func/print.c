/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Actions that print: values by a format or one by one, and aggregations. */
#include "func/print.h"

#include <stdlib.h>

#include "func/call.h"
#include "func/rows.h"
#include "func/tables.h"
#include "lib/memory.h"
#include "report/report.h"

/* --- printf: records the values that follow the format --- */

/* A format in quotes; anything else that is text is wrong because it is not known before the script runs. */
static bool has_format(struct call *call)
{
	if (!call_args_len(call))
		call_wrong(call, CALL_ITSELF, CALL_COUNT, "printf() takes at least 1 argument, not 0");
	else if (call_is_text(call, 0))
		return true;
	else if (!call_value(call, 0))
		return false;
	else
		call_wrong(call, 0, call_is_integer(call, 0) ? CALL_TYPE : CALL_NOT_FORMAT,
			   "printf() argument #1 must be a format string in quotes");
	call_hint(call, "for example `printf(\"%%d\\n\", arg0)`");
	return false;
}

static void check_printf(struct call *call)
{
	struct format *format;
	bool ok = true;
	unsigned i;

	if (!has_format(call))
		return;
	format = call_format(call, 0);
	for (i = 1; i < call_args_len(call); i++)
		ok = call_recordable(call, i) && ok;
	if (!format || !ok || !call_values_fit(call, format, 1)) {
		call_break(call);
		return;
	}
	for (i = 1; i < call_args_len(call); i++)
		call_record(call, i);
}

static int report_printf(struct report *report, const struct record_action *action, const void *record)
{
	const struct format *format = reader_format(report->reader, action);

	if (!format)
		return 0;
	shown_clear(&report->text);
	format_print(report, format, action->fields, action->fields_len, record, &report->text);
	return report->ops->text(report, action, report->text.buf.data ? report->text.buf.data : "",
				 report->text.buf.size);
}

/* --- printa: records nothing, but says when; its aggregations are the action's --- */

static void check_printa(struct call *call)
{
	bool has_text = call_args_len(call) && call_is_text(call, 0);
	struct format *format = NULL;

	if (call_args_len(call) < 1u + has_text) {
		call_wrong(call, CALL_ITSELF, has_text ? CALL_FORMAT_ALONE : CALL_COUNT,
			   "printa() needs an aggregation");
		call_hint(call, "for example `printa(@name)` or `printa(\"%%s %%@d\\n\", @name)`");
		return;
	}
	if (has_text)
		format = call_format(call, 0);
	for (unsigned i = has_text; i < call_args_len(call); i++) {
		if (!call_record_agg(call, i)) {
			call_break(call);
			return;
		}
	}
	if (format)
		call_keys_fit(call, format);
}

static int print_rows(struct report *report, const struct record_action *action, const struct format *format,
		      const unsigned *aggs, unsigned aggs_len)
{
	shown_clear(&report->text);
	rows_print(report, format, aggs, aggs_len);
	return report->text.buf.size ? report->ops->text(report, action, report->text.buf.data, report->text.buf.size)
				     : 0;
}

static int report_printa(struct report *report, const struct record_action *action, const void *record)
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

/* --- trace: records its value --- */

static void check_trace(struct call *call)
{
	if (call_args_len(call) != 1)
		call_wrong(call, CALL_ITSELF, CALL_COUNT, "trace() takes 1 argument, not %u", call_args_len(call));
	else if (call_recordable(call, 0))
		call_record(call, 0);
}

int report_values(struct report *report, const struct record_action *action, const void *record)
{
	int err = 0;

	for (unsigned i = 0; i < action->fields_len && !err; i++)
		err = report->ops->value(report, &action->fields[i], (const char *)record + action->fields[i].offset);
	return err;
}

static int report_trace(struct report *report, const struct record_action *action, const void *record)
{
	return action->aggs_len ? report_printa(report, action, record) : report_values(report, action, record);
}

int64_t recorded_int(const struct record_action *action, const void *record, int64_t otherwise)
{
	if (!action->fields_len || action->fields[0].kind != FIELD_INT)
		return otherwise;
	return (int64_t)field_int(&action->fields[0], (const char *)record + action->fields[0].offset);
}

const struct func funcs_print[] = {
	{
		.name = "printf",
		.proto = {.result = PROTO_VOID, .params = {{PROTO_STRING}}, .is_variadic = true},
		.doc = "prints values by a format",
		.example = {"BEGIN { printf(\"%s has %d bytes (0x%04x)\\n\", \"osd.3\", 4096, 4096); exit(0); }",
			    "osd.3 has 4096 bytes (0x1000)\n"},
		.flags = FUNC_RECORDS | FUNC_NO_ARGS_CHECK,
		.check = check_printf,
		.report = report_printf,
	},
	{
		.name = "trace",
		.proto = {.result = PROTO_VOID, .params = {{PROTO_ANY}}},
		.doc = "prints one value, or an aggregation",
		.example = {"BEGIN { trace(6 * 7); exit(0); }", "42"},
		.flags = FUNC_RECORDS | FUNC_NO_ARGS_CHECK,
		.check = check_trace,
		.report = report_trace,
	},
	{
		.name = "printa",
		.proto = {.result = PROTO_VOID,
			  .params = {{PROTO_STRING, .is_optional = true}, {PROTO_AGG}},
			  .is_variadic = true},
		.doc = "prints aggregations with the same keys side by side, as a table or by a format",
		.example = {"BEGIN { @n[\"read\"] = count(); @bytes[\"read\"] = sum(512); printa(\"%s: %@d times, %@d "
			    "bytes\\n\", @n, @bytes); exit(0); }",
			    "read: 1 times, 512 bytes\n"},
		.flags = FUNC_RECORDS | FUNC_NO_ARGS_CHECK,
		.check = check_printa,
		.report = report_printa,
	},
	{0},
};
