/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Actions on an aggregation: it comes first, and what they record is the number that follows. The reader does them. */
#include "func/call.h"
#include "func/print.h"
#include "func/tables.h"
#include "report/report.h"

static bool takes_agg(struct call *call, unsigned min, unsigned max)
{
	unsigned len = call_args_len(call);

	if (len < min || len > max) {
		call_wrong(call, CALL_ITSELF, CALL_COUNT, "%s() does not take %u argument%s", call_name(call), len,
			   len == 1 ? "" : "s");
		call_hint_proto(call);
		return false;
	}
	if (call_record_agg(call, 0))
		return true;
	call_break(call);
	return false;
}

static bool takes_agg_number(struct call *call, unsigned min)
{
	if (!takes_agg(call, min, 2))
		return false;
	if (call_args_len(call) < 2 || !call_value(call, 1))
		return true;
	if (call_is_integer(call, 1))
		call_record(call, 1);
	else
		call_wrong(call, 1, CALL_TYPE, "%s() argument #2 must be an integer, not `%s`", call_name(call),
			   call_type_text(call, 1));
	return true;
}

static void check_agg(struct call *call)
{
	takes_agg(call, 1, 1);
}

static void check_agg_number(struct call *call)
{
	takes_agg_number(call, 2);
}

static void check_trunc(struct call *call)
{
	takes_agg_number(call, 1);
}

static void check_normalize(struct call *call)
{
	int64_t divisor;

	if (takes_agg_number(call, 2) && call_constant(call, 1, &divisor) && !divisor)
		call_wrong(call, 1, CALL_ZERO, "normalize() by zero");
}

static int report_clear(struct report *report, const struct record_action *action, const void *record)
{
	(void)record;
	if (action->aggs_len)
		reader_agg_clear(report->reader, action->aggs[0]);
	return 0;
}

static int report_trunc(struct report *report, const struct record_action *action, const void *record)
{
	if (action->aggs_len)
		reader_agg_trunc(report->reader, action->aggs[0], action->fields_len, recorded_int(action, record, 0));
	return 0;
}

static int report_normalize(struct report *report, const struct record_action *action, const void *record)
{
	if (action->aggs_len)
		reader_agg_normalize(report->reader, action->aggs[0], (uint64_t)recorded_int(action, record, 1));
	return 0;
}

static int report_share(struct report *report, const struct record_action *action, const void *record)
{
	if (action->aggs_len)
		reader_agg_set_share(report->reader, action->aggs[0], (uint64_t)recorded_int(action, record, 0));
	return 0;
}

static int report_top(struct report *report, const struct record_action *action, const void *record)
{
	if (action->aggs_len)
		reader_agg_set_top(report->reader, action->aggs[0], (uint64_t)recorded_int(action, record, 0));
	return 0;
}

static int report_denormalize(struct report *report, const struct record_action *action, const void *record)
{
	(void)record;
	if (action->aggs_len)
		reader_agg_normalize(report->reader, action->aggs[0], 1);
	return 0;
}

const struct func funcs_aggregation[] = {
	{
		.name = "clear",
		.proto = {.result = PROTO_VOID, .params = {{PROTO_AGG}}},
		.doc = "sets the values of an aggregation to zero; its keys stay",
		.example = {"BEGIN { @[\"a\"] = sum(5); clear(@); printa(\"%s %@d\\n\", @); exit(0); }", "a 0\n"},
		.flags = FUNC_RECORDS | FUNC_NO_ARGS_CHECK | FUNC_IS_SPECIAL_TIME,
		.check = check_agg,
		.report = report_clear,
	},
	{
		.name = "trunc",
		.proto = {.result = PROTO_VOID, .params = {{PROTO_AGG}, {PROTO_INT64, .is_optional = true}}},
		.doc = "keeps that many rows of an aggregation, those with the largest values (a negative number: the "
		       "smallest; left out: none)",
		.example = {"BEGIN { @[\"a\"] = sum(1); @[\"b\"] = sum(2); @[\"c\"] = sum(3); trunc(@, 2); printa(\"%s "
			    "%@d\\n\", @); exit(0); }",
			    "b 2\nc 3\n"},
		.flags = FUNC_RECORDS | FUNC_NO_ARGS_CHECK | FUNC_IS_SPECIAL_TIME,
		.check = check_trunc,
		.report = report_trunc,
	},
	{
		.name = "normalize",
		.proto = {.result = PROTO_VOID, .params = {{PROTO_AGG}, {PROTO_UINT64}}},
		.doc = "divides the values of an aggregation by a number when they are printed",
		.example = {"BEGIN { @ = sum(8192); normalize(@, 1024); printa(\"%@d KiB\\n\", @); exit(0); }",
			    "8 KiB\n"},
		.flags = FUNC_RECORDS | FUNC_NO_ARGS_CHECK | FUNC_IS_SPECIAL_TIME,
		.check = check_normalize,
		.report = report_normalize,
	},
	{
		.name = "share",
		.proto = {.result = PROTO_VOID, .params = {{PROTO_AGG}, {PROTO_UINT64}}},
		.doc = "where a format prints the aggregation, shows values as shares of the sum of all rows with the "
		       "same first key, that sum being the number given (100: per cent)",
		.example = {"BEGIN { @[\"op\", \"r\"] = sum(1); @[\"op\", \"w\"] = sum(3); share(@, 100); printa(\"%s "
			    "%s %@d %%\\n\", @); exit(0); }",
			    "op r 25 %\nop w 75 %\n"},
		.flags = FUNC_OURS | FUNC_RECORDS | FUNC_NO_ARGS_CHECK | FUNC_IS_SPECIAL_TIME,
		.check = check_agg_number,
		.report = report_share,
	},
	{
		.name = "top",
		.proto = {.result = PROTO_VOID, .params = {{PROTO_AGG}, {PROTO_UINT64}}},
		.doc = "where a format prints this aggregation, alone or before others: only the rows with that many "
		       "largest values (0: all)",
		.example = {"BEGIN { @[\"a\"] = sum(1); @[\"b\"] = sum(2); @[\"c\"] = sum(3); top(@, 1); printa(\"%s "
			    "%@d\\n\", @); exit(0); }",
			    "c 3\n"},
		.flags = FUNC_OURS | FUNC_RECORDS | FUNC_NO_ARGS_CHECK | FUNC_IS_SPECIAL_TIME,
		.check = check_agg_number,
		.report = report_top,
	},
	{
		.name = "denormalize",
		.proto = {.result = PROTO_VOID, .params = {{PROTO_AGG}}},
		.doc = "undoes normalize()",
		.example =
			{"BEGIN { @ = sum(8192); normalize(@, 1024); denormalize(@); printa(\"%@d\\n\", @); exit(0); }",
			 "8192\n"},
		.flags = FUNC_RECORDS | FUNC_NO_ARGS_CHECK | FUNC_IS_SPECIAL_TIME,
		.check = check_agg,
		.report = report_denormalize,
	},
	{0},
};
