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
		call_wrong(call, CALL_ITSELF, CALL_COUNT, "%s() takes at least 1 argument, not 0", call_name(call));
	else if (call_is_text(call, 0))
		return true;
	else if (!call_value(call, 0))
		return false;
	else
		call_wrong(call, 0, call_is_integer(call, 0) ? CALL_TYPE : CALL_NOT_FORMAT,
			   "%s() argument #1 must be a format string in quotes", call_name(call));
	call_hint(call, "for example `%s(\"%%d\\n\", arg0)`", call_name(call));
	return false;
}

void check_formatted(struct call *call)
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
	bool has_rows = false;
	int err = 0;

	(void)record;
	if (!aggs)
		memory_end();
	for (i = 0; i < aggs_len; i++) {
		unsigned rows_len;

		aggs[i] = action->aggs[i];
		reader_agg_rows(report->reader, aggs[i], &rows_len);
		has_rows |= rows_len > 0;
	}
	/* What had nothing to print is printed at the end, if something comes yet. */
	for (i = 0; i < aggs_len && has_rows; i++)
		reader_agg_mark_printed(report->reader, aggs[i]);
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
	if (call_args_len(call) != 1) {
		call_wrong(call, CALL_ITSELF, CALL_COUNT, "trace() takes 1 argument, not %u", call_args_len(call));
	} else if (call_recordable_whole(call, 0)) {
		call_record(call, 0);
	}
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
	return report_values(report, action, record);
}

/* --- tracemem: records bytes at an address, of which a third argument may leave some out --- */

enum { TRACEMEM_MAX = 32 * 1024 };

static bool takes_size(struct call *call, int64_t *size)
{
	if (!call_constant(call, 1, size) || !call_is_integer(call, 1))
		return call_wrong(call, 1, CALL_NOT_CONSTANT,
				  "tracemem() argument #2 must be a constant number of bytes");
	if (*size < 1 || *size > TRACEMEM_MAX)
		return call_wrong(call, 1, CALL_RANGE, "tracemem() argument #2 must be 1 to %d bytes", TRACEMEM_MAX);
	return true;
}

static void check_tracemem(struct call *call)
{
	unsigned len = call_args_len(call);
	int64_t size;

	if (len < 2 || len > 3) {
		call_wrong(call, CALL_ITSELF, len < 2 ? CALL_COUNT : CALL_TOO_LARGE,
			   "tracemem() takes 2 or 3 arguments, not %u", len);
		call_hint_proto(call);
		return;
	}
	for (unsigned i = 0; i < len; i++)
		if (!call_value(call, i))
			return;
	if (!call_is_address(call, 0)) {
		call_wrong(call, 0, CALL_TYPE, "tracemem() argument #1 must be an address, not `%s`",
			   call_type_text(call, 0));
	} else if (takes_size(call, &size)) {
		call_record_bytes(call, 0, (uint32_t)size);
		if (len == 3 && !call_is_integer(call, 2))
			call_wrong(call, 2, CALL_TYPE, "tracemem() argument #3 must be a number of bytes, not `%s`",
				   call_type_text(call, 2));
		else if (len == 3)
			call_record(call, 2);
	}
}

/* A limit that is negative, or past what was recorded, is none. */
static int report_tracemem(struct report *report, const struct record_action *action, const void *record)
{
	const char *data = record;
	struct field bytes;

	if (!action->fields_len)
		return 0;
	bytes = action->fields[0];
	if (action->fields_len > 1) {
		const struct field *field = &action->fields[1];
		uint64_t limit = field_int(field, data + field->offset);

		if (limit < bytes.size && (!field->is_signed || (int64_t)limit >= 0))
			bytes.size = (uint32_t)limit;
	}
	return report->ops->value(report, &bytes, data + bytes.offset);
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
		.check = check_formatted,
		.report = report_printf,
	},
	{
		.name = "trace",
		.proto = {.result = PROTO_VOID, .params = {{PROTO_ANY}}},
		.doc = "prints one value: a number, a text, or the bytes of a structure or array",
		.example = {"BEGIN { trace(6 * 7); exit(0); }", "42"},
		.flags = FUNC_RECORDS | FUNC_NO_ARGS_CHECK,
		.check = check_trace,
		.report = report_trace,
	},
	{
		.name = "tracemem",
		.proto = {.result = PROTO_VOID,
			  .params = {{PROTO_ADDRESS}, {PROTO_SIZE}, {PROTO_SIZE, .is_optional = true}}},
		.doc = "prints as many bytes at an address, a constant number, or as many of them as a third argument "
		       "says",
		.example = {"BEGIN { tracemem(curthread->comm, 16, 4); exit(0); }", NULL},
		.flags = FUNC_RECORDS | FUNC_NO_ARGS_CHECK,
		.check = check_tracemem,
		.report = report_tracemem,
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
