/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* exit: records the status. */
#include "func/call.h"
#include "func/print.h"
#include "func/tables.h"
#include "report/report.h"

static void check_exit(struct call *call)
{
	call_record(call, 0);
}

static int report_exit(struct report *report, const struct record_action *action, const void *record)
{
	reader_set_exit(report->reader, (int)recorded_int(action, record, 0));
	return 0;
}

const struct func funcs_exit[] = {
	{
		.name = "exit",
		.proto = {.result = PROTO_VOID, .params = {{PROTO_INT}}},
		.doc = "ends tracing: END runs, and this is the status of the command",
		.example = {"BEGIN { exit(0); } END { trace(\"the end\"); }", "the end"},
		.flags = FUNC_RECORDS | FUNC_IS_SPECIAL_TIME | FUNC_ENDS,
		.check = check_exit,
		.report = report_exit,
	},
	{0},
};
