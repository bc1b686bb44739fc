/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Actions: what they record is checked in src/front/d/check/action.c, what the reader then does is in actions.c. */
#include "front/d/check/ctx.h"
#include "func/actions.h"
#include "func/tables.h"

const struct func funcs_action[] = {
	{
		.name = "printf",
		.proto = "void printf(string, ...)",
		.doc = "prints values by a format",
		.flags = FUNC_RECORDS | FUNC_NO_ARGS_CHECK,
		.check = check_printf,
		.report = report_printf,
	},
	{
		.name = "trace",
		.proto = "void trace(@)",
		.doc = "prints one value, or an aggregation",
		.flags = FUNC_RECORDS | FUNC_NO_ARGS_CHECK,
		.check = check_trace,
		.report = report_trace,
	},
	{
		.name = "printa",
		.proto = "void printa([string], @, ...)",
		.doc = "prints aggregations with the same keys side by side, as a table or by a format",
		.flags = FUNC_RECORDS | FUNC_NO_ARGS_CHECK,
		.check = check_printa,
		.report = report_printa,
	},
	{
		.name = "exit",
		.proto = "void exit(int)",
		.doc = "ends tracing: END runs, and this is the status of the command",
		.flags = FUNC_RECORDS | FUNC_IS_SPECIAL_TIME,
		.check = check_exit,
		.report = report_exit,
	},
	{
		.name = "clear",
		.proto = "void clear(@)",
		.doc = "sets the values of an aggregation to zero; its keys stay",
		.flags = FUNC_RECORDS | FUNC_NO_ARGS_CHECK | FUNC_IS_SPECIAL_TIME,
		.check = check_clear,
		.report = report_clear,
	},
	{
		.name = "trunc",
		.proto = "void trunc(@, [int64_t])",
		.doc = "keeps the so many largest rows of an aggregation (negative: smallest; left out: none)",
		.flags = FUNC_RECORDS | FUNC_NO_ARGS_CHECK | FUNC_IS_SPECIAL_TIME,
		.check = check_trunc,
		.report = report_trunc,
	},
	{
		.name = "normalize",
		.proto = "void normalize(@, uint64_t)",
		.doc = "divides the values of an aggregation by a number when they are printed",
		.flags = FUNC_RECORDS | FUNC_NO_ARGS_CHECK | FUNC_IS_SPECIAL_TIME,
		.check = check_normalize,
		.report = report_normalize,
	},
	{
		.name = "share",
		.proto = "void share(@, uint64_t)",
		.doc = "shows values as shares of the sum of all rows with the same first key, the whole being a number (100: per cent), where a format prints them",
		.flags = FUNC_RECORDS | FUNC_NO_ARGS_CHECK | FUNC_IS_SPECIAL_TIME,
		.check = check_share,
		.report = report_share,
	},
	{
		.name = "top",
		.proto = "void top(@, uint64_t)",
		.doc = "where a format prints this aggregation, alone or before others: only the rows of its so many largest values (0: all)",
		.flags = FUNC_RECORDS | FUNC_NO_ARGS_CHECK | FUNC_IS_SPECIAL_TIME,
		.check = check_top,
		.report = report_top,
	},
	{
		.name = "denormalize",
		.proto = "void denormalize(@)",
		.doc = "undoes normalize()",
		.flags = FUNC_RECORDS | FUNC_NO_ARGS_CHECK | FUNC_IS_SPECIAL_TIME,
		.check = check_denormalize,
		.report = report_denormalize,
	},
	{0},
};
