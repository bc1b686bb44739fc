/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Actions of the tracer itself: a command that it runs, the file that its report goes to, its options. */
#include <stdio.h>
#include <string.h>

#include "func/call.h"
#include "func/print.h"
#include "func/tables.h"
#include "lib/by_shell.h"
#include "report/report.h"

/* The text that a format makes of what was recorded; NULL: there is none. */
static const char *recorded_text(struct report *report, const struct record_action *action, const void *record)
{
	const struct format *format = reader_format(report->reader, action);

	if (!format)
		return NULL;
	shown_clear(&report->text);
	format_print(report, format, action->fields, action->fields_len, record, &report->text);
	return report->text.buf.data ? report->text.buf.data : "";
}

/* What was printed before comes before what the command prints. A recording's commands were run when it was made. */
static int report_system(struct report *report, const struct record_action *action, const void *record)
{
	const char *command = recorded_text(report, action, record);
	int error = command && !report->is_foreign ? report_flush(report) : 0;

	if (!command || report->is_foreign || error)
		return error;
	error = by_shell_run(command, report->ops != &report_text);
	if (error)
		say(report->err, "%s: system(): cannot run a command: %s\n",
		    report->teller ? report->teller : "cephtap", strerror(-error));
	return 0;
}

/* "" is no format: nothing is recorded. */
static void check_freopen(struct call *call)
{
	if (call_args_len(call) != 1 || !call_is_empty_text(call, 0))
		check_formatted(call);
}

static int report_freopen(struct report *report, const struct record_action *action, const void *record)
{
	const char *path = recorded_text(report, action, record);

	return report->is_foreign ? 0 : report_redirect(report, path ? path : "");
}

static int report_ftruncate(struct report *report, const struct record_action *action, const void *record)
{
	(void)action;
	(void)record;
	return report->is_foreign ? 0 : report_cut(report);
}

/* ---- setopt() ---- */

static void check_setopt(struct call *call)
{
	for (unsigned i = 0; i < call_args_len(call); i++)
		call_record(call, i);
}

static int report_setopt(struct report *report, const struct record_action *action, const void *record)
{
	const char *data = record, *text[2] = {NULL, NULL};
	struct buf why = {0};

	for (unsigned i = 0; i < action->fields_len && i < 2; i++)
		if (strnlen(data + action->fields[i].offset, action->fields[i].size) < action->fields[i].size)
			text[i] = data + action->fields[i].offset;
	if (text[0] && report->options && !schema_set_option(report->options, text[0], text[1], &why))
		say(report->err, "%s: couldn't set option \"%s\" to \"%s\": %s\n",
		    report->teller ? report->teller : "cephtap", text[0], text[1] ? text[1] : "<unset>", why.data);
	buf_free(&why);
	return 0;
}

#define W "#pragma D option destructive\n"

const struct func funcs_outside[] = {
	{
		.name = "system",
		.proto = {.result = PROTO_VOID, .params = {{PROTO_STRING}}, .is_variadic = true},
		.doc = "runs a command line, which a format makes of values, by the shell when the record is read; "
		       "what is traced may choose such a value, and with it what root runs; needs -w",
		.example = {W "BEGIN { system(\"echo %d\", 6 * 7); exit(0); }", "42\n"},
		.flags = FUNC_RECORDS | FUNC_DESTRUCTIVE | FUNC_NO_ARGS_CHECK,
		.check = check_formatted,
		.report = report_system,
	},
	{
		.name = "freopen",
		.proto = {.result = PROTO_VOID, .params = {{PROTO_STRING}}, .is_variadic = true},
		.doc = "what is printed from now on goes behind what is in this file, whose name a format makes of "
		       "values; "
		       "\"\": to standard output again; needs -w",
		.example = {W "BEGIN { freopen(\"/dev/null\"); trace(1); freopen(\"\"); trace(2); exit(0); }", "2"},
		.flags = FUNC_RECORDS | FUNC_DESTRUCTIVE | FUNC_NO_ARGS_CHECK,
		.check = check_freopen,
		.report = report_freopen,
	},
	{
		.name = "ftruncate",
		.proto = {.result = PROTO_VOID},
		.doc = "empties the file that the report goes to; needs -w",
		.example = {W "BEGIN { freopen(\"/dev/null\"); ftruncate(); freopen(\"\"); trace(1); exit(0); }", "1"},
		.flags = FUNC_RECORDS | FUNC_DESTRUCTIVE,
		.report = report_ftruncate,
	},
	{
		.name = "setopt",
		.proto = {.result = PROTO_VOID, .params = {{PROTO_STRING}, {PROTO_STRING, .is_optional = true}}},
		.doc = "sets an option of the report from here on: quiet, flowindent, rawbytes, stackindent, "
		       "aggsortkey, "
		       "aggsortkeypos, aggsortpos, aggsortrev",
		.example = {"BEGIN { setopt(\"rawbytes\"); setopt(\"rawbytes\", \"no\"); trace(\"x\"); exit(0); }",
			    "x"},
		.flags = FUNC_RECORDS | FUNC_IS_SPECIAL_TIME,
		.check = check_setopt,
		.report = report_setopt,
	},
	{0},
};
